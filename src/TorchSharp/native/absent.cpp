// Where the kernels cannot be compiled, none is available and none is called.
#include <cstdlib>

#include "kernels.h"

namespace st::kernels {

bool available() { return false; }

void filters(const float*, int64_t, int64_t, bool, int64_t, int64_t, float*) { std::abort(); }
void filters_gradient(const float*, int64_t, int64_t, int64_t, int64_t, int64_t, float*) { std::abort(); }
int64_t convolution_scratch(int64_t, int64_t) { std::abort(); }
void convolution(const float*, const Images&, const float*, int64_t, const float*, const float*, int64_t, int64_t, float*, float*) { std::abort(); }
int64_t gradient_scratch(int64_t, int64_t) { std::abort(); }
void convolution_gradient(const float*, const Images&, const float*, int64_t, int64_t, int64_t, float*, float*) { std::abort(); }
void column_sums(const float*, int64_t, int64_t, float*) { std::abort(); }
void normalise(const Normalisation&, const float*, const float*, const float*, float*, float*, float*) { std::abort(); }
void normalise_gradient(const Normalisation&, const float*, const float*, const float*, const float*, const float*, float*, float*, float*, float*) { std::abort(); }
void silu(const float*, int64_t, float*) { std::abort(); }
void silu_gradient(const float*, const float*, int64_t, float*) { std::abort(); }
void modulate(const float*, const float*, const float*, int64_t, float*) { std::abort(); }
void modulate_gradient(const float*, const float*, const float*, const float*, int64_t, float*, float*, float*) { std::abort(); }
void pack(const float*, int64_t, int64_t, int64_t, int64_t, float*) { std::abort(); }
void multiply(const float*, int64_t, int64_t, const float*, int64_t, int64_t, int64_t, float*, int64_t, bool, const float*) { std::abort(); }
void unfold(const float*, const Images&, int64_t, int64_t, int64_t, int64_t, float*) { std::abort(); }
void fold(const float*, const Images&, int64_t, int64_t, int64_t, int64_t, float*) { std::abort(); }
void adam(const AdamStep&, const float*, const float*, const float*, const float*, int64_t, int64_t, float*, float*, float*) { std::abort(); }
void mix(const float*, const float*, float, float, int64_t, int64_t, float*) { std::abort(); }
double sum_of_squares(const float*, int64_t) { std::abort(); }

}  // namespace st::kernels
