// SIMD vectors: sixteen floats with AVX-512, eight with AVX2. Their sums, products and quotients are the compiler's operators.
#pragma once

#include <immintrin.h>

#include "../kernels.h"

namespace score::kernels::SCORE_ISA {

#if defined(__AVX512F__)

constexpr int64_t lanes = 16;
constexpr int registers = 32;

using Vector = __m512;

// Selects the first `count` lanes.
struct Part {
    __mmask16 mask;

    explicit Part(int64_t count)
        : mask(count >= lanes ? static_cast<__mmask16>(0xFFFF) : count <= 0 ? __mmask16{0} : static_cast<__mmask16>((1u << count) - 1)) {}
};

// The numbers at p[i * stride], and zero beyond the part.
static inline Vector gather(const float* p, int stride, Part part) {
    const __m512i places = _mm512_mullo_epi32(_mm512_set1_epi32(stride), _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15));
    return _mm512_mask_i32gather_ps(_mm512_setzero_ps(), part.mask, places, p, 4);
}

static inline Vector zero() { return _mm512_setzero_ps(); }
static inline Vector all(float x) { return _mm512_set1_ps(x); }
static inline Vector load(const float* p) { return _mm512_loadu_ps(p); }
static inline Vector load(const float* p, Part part) { return _mm512_maskz_loadu_ps(part.mask, p); }
static inline void store(float* p, Vector x) { _mm512_storeu_ps(p, x); }
static inline void store(float* p, Part part, Vector x) { _mm512_mask_storeu_ps(p, part.mask, x); }
// a b + c, a b - c and c - a b.
static inline Vector fma(Vector a, Vector b, Vector c) { return _mm512_fmadd_ps(a, b, c); }
static inline Vector fms(Vector a, Vector b, Vector c) { return _mm512_fmsub_ps(a, b, c); }
static inline Vector fnma(Vector a, Vector b, Vector c) { return _mm512_fnmadd_ps(a, b, c); }
static inline Vector least(Vector a, Vector b) { return _mm512_min_ps(a, b); }
static inline Vector greatest(Vector a, Vector b) { return _mm512_max_ps(a, b); }
static inline Vector root(Vector x) { return _mm512_sqrt_ps(x); }
static inline Vector nearest(Vector x) { return _mm512_roundscale_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }
// x 2ⁿ for whole n.
static inline Vector scale(Vector x, Vector n) { return _mm512_scalef_ps(x, n); }
// 1 / x to within two units in the last place: an estimate of 14 bits and a step of Newton's method, in a third of a division's time.
static inline Vector reciprocal(Vector x) {
    const Vector r = _mm512_rcp14_ps(x);
    return fma(fnma(x, r, all(1.f)), r, r);
}

#else

constexpr int64_t lanes = 8;
constexpr int registers = 16;

using Vector = __m256;

alignas(64) static const int32_t ones_then_zeros[16] = {-1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0};

// Selects the first `count` lanes. Whole vectors use no mask, because masked stores are slow.
struct Part {
    int64_t count;

    explicit Part(int64_t n) : count(n < 0 ? 0 : n) {}

    bool whole() const { return count >= lanes; }
    __m256i mask() const { return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(ones_then_zeros + lanes - count)); }
};

// The numbers at p[i * stride], and zero beyond the part.
static inline Vector gather(const float* p, int stride, Part part) {
    const __m256i places = _mm256_mullo_epi32(_mm256_set1_epi32(stride), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
    const __m256i mask = part.whole() ? _mm256_set1_epi32(-1) : part.mask();
    return _mm256_mask_i32gather_ps(_mm256_setzero_ps(), p, places, _mm256_castsi256_ps(mask), 4);
}

static inline Vector zero() { return _mm256_setzero_ps(); }
static inline Vector all(float x) { return _mm256_set1_ps(x); }
static inline Vector load(const float* p) { return _mm256_loadu_ps(p); }
static inline Vector load(const float* p, Part part) { return part.whole() ? _mm256_loadu_ps(p) : _mm256_maskload_ps(p, part.mask()); }
static inline void store(float* p, Vector x) { _mm256_storeu_ps(p, x); }
static inline void store(float* p, Part part, Vector x) {
    if (part.whole()) {
        _mm256_storeu_ps(p, x);
    } else {
        _mm256_maskstore_ps(p, part.mask(), x);
    }
}
// a b + c, a b - c and c - a b.
static inline Vector fma(Vector a, Vector b, Vector c) { return _mm256_fmadd_ps(a, b, c); }
static inline Vector fms(Vector a, Vector b, Vector c) { return _mm256_fmsub_ps(a, b, c); }
static inline Vector fnma(Vector a, Vector b, Vector c) { return _mm256_fnmadd_ps(a, b, c); }
static inline Vector least(Vector a, Vector b) { return _mm256_min_ps(a, b); }
static inline Vector greatest(Vector a, Vector b) { return _mm256_max_ps(a, b); }
static inline Vector root(Vector x) { return _mm256_sqrt_ps(x); }
static inline Vector nearest(Vector x) { return _mm256_round_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }
// x 2ⁿ for whole n, where x and the result are normal numbers.
static inline Vector scale(Vector x, Vector n) {
    return x * _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_add_epi32(_mm256_cvtps_epi32(n), _mm256_set1_epi32(127)), 23));
}

static inline Vector reciprocal(Vector x) { return all(1.f) / x; }

#endif

// Selects all lanes, without a mask.
struct Whole {};

static inline Vector load(const float* p, Whole) { return load(p); }
static inline void store(float* p, Whole, Vector x) { store(p, x); }

static inline int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }

// exp(x) to about two units in the last place, with the polynomial of Cephes' expf.
static inline Vector exponential(Vector x) {
    x = greatest(least(x, all(88.f)), all(-87.f));
    const Vector n = nearest(x * all(1.44269504f));
    Vector r = fnma(n, all(0.693359375f), x);
    r = fnma(n, all(-2.12194440e-4f), r);
    Vector p = all(1.9875691500e-4f);
    p = fma(p, r, all(1.3981999507e-3f));
    p = fma(p, r, all(8.3334519073e-3f));
    p = fma(p, r, all(4.1665795894e-2f));
    p = fma(p, r, all(1.6666665459e-1f));
    p = fma(p, r, all(5.0000001201e-1f));
    p = fma(p, r * r, r + all(1.f));
    return scale(p, n);
}

static inline Vector sigmoid(Vector x) {
    return reciprocal(all(1.f) + exponential(zero() - x));
}

// The derivative of x sigmoid(x), where gate = sigmoid(x).
static inline Vector silu_derivative(Vector x, Vector gate) { return gate * fma(x, all(1.f) - gate, all(1.f)); }

// The second derivative, g (1 - g) (2 + x (1 - 2 g)) for g = gate.
static inline Vector silu_second_derivative(Vector x, Vector gate) {
    const Vector rest = all(1.f) - gate;
    return gate * rest * fma(x, rest - gate, all(2.f));
}

}  // namespace score::kernels::SCORE_ISA
