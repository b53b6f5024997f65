// Kernels of network layers on plain float arrays, channels last ([n, h, w, c]). kernels/kernels.cpp is compiled once for AVX-512
// and once for AVX2, on any x86-64 machine. It calls no inline function of the standard library: the linker keeps one copy of each,
// and that could be one with AVX-512 instructions. The files of this folder divide the work among threads.
//
// The result for a sample depends neither on the rest of the batch nor on the number of threads: all sums of a sample have a fixed
// order.
#pragma once

#include <cstdint>

namespace score::kernels {

// Arrays that only the kernels read have their channels padded to a multiple of this.
constexpr int64_t channel_multiple = 16;

constexpr int64_t padded(int64_t channels) { return (channels + channel_multiple - 1) / channel_multiple * channel_multiple; }

// Winograd's minimal filtering F(4 x 4, 3 x 3) (Lavin and Gray 2016): 4 x 4 outputs from 6 x 6 inputs in 36 multiplications per
// pair of channels instead of 144.
constexpr int64_t frequencies = 36;

struct Images {
    int64_t count, height, width, channels;

    int64_t rows() const { return (height + 3) / 4; }
    int64_t columns() const { return (width + 3) / 4; }
    int64_t tiles() const { return count * rows() * columns(); }
};

// Group normalisation of one sample x [pixels, channels], then x̂ weight (1 + scale) + bias (1 + scale) + shift per channel, then
// SiLU if activate. Absent tensors are null. stats: mean and 1/deviation of each group.
struct Normalisation {
    int64_t pixels, channels, groups;
    float epsilon;
    bool activate;
    const float *weight, *bias;
};

// FiLM modulation of the rows of x. scale, shift and their gradients may be columns of a wider matrix, so each has its row stride.
struct Modulation {
    int64_t rows, columns;
    const float* scale;
    int64_t scale_stride;
    const float* shift;
    int64_t shift_stride;
    int64_t gradient_stride;
};

// One operation of a fused formula over vectors. a and b index the inputs, then the results of earlier instructions. The
// operations are in flat.h.
struct Instruction {
    int32_t operation, a, b;
    float constant;
};

// The receptive field of a convolution: size x size, with stride and zero padding.
struct Window {
    int64_t size, stride, padding;

    int64_t output_size(int64_t length) const { return (length + 2 * padding - size) / stride + 1; }
};

struct Kernels {
    // Floats per vector register.
    int64_t lanes;

    // G g Gᵀ of filters w [outputs, inputs, 3, 3], rows [from, to) of `inputs` (of `outputs` when transposed): packed
    // [frequency][panel of columns][row][column in panel]. Transposed filters are rotated by 180°, for the gradient in the input.
    void (*transform_filters)(const float* w, int64_t outputs, int64_t inputs, bool transposed, int64_t from, int64_t to, float* packed);

    // The gradient in w: Gᵀ u G for u [copies][frequency][inputs][padded outputs], summed over copies, for input rows [from, to).
    void (*transform_filters_backward)(const float* u, int64_t copies, int64_t outputs, int64_t inputs, int64_t from, int64_t to, float* w);

    // y = x * w + bias (+ residual) for tiles [from, to), in blocks of tile_block. scratch: convolution_scratch floats.
    int64_t (*tile_block)(int64_t inputs, int64_t outputs);
    int64_t (*convolution_scratch)(int64_t inputs, int64_t outputs);
    void (*convolution)(const float* x, const Images& images, const float* packed, int64_t outputs, const float* bias,
                        const float* residual, int64_t from, int64_t to, float* scratch, float* y);

    // Writes u [frequency][inputs][padded outputs], the gradient in the transformed filters from tiles [from, to), at least one.
    int64_t (*weight_gradient_scratch)(int64_t inputs, int64_t outputs);
    void (*convolution_weight_gradient)(const float* x, const Images& images, const float* dy, int64_t outputs, int64_t from, int64_t to,
                                        float* scratch, float* u);

    // Adds the sums over rows of dy [rows, channels] to sum [channels].
    void (*column_sums)(const float* dy, int64_t rows, int64_t channels, float* sum);

    void (*normalise)(const Normalisation& shape, const float* x, const float* scale, const float* shift, float* stats,
                      float* work, float* y);

    // Its backward pass. first and second [channels] become the sums over pixels of dz and of dz x̂, where dz is the gradient
    // before the activation and x̂ the normalised x. work: 6 padded channels.
    void (*normalise_backward)(const Normalisation& shape, const float* x, const float* scale, const float* shift,
                               const float* stats, const float* dy, float* work, float* first, float* second, float* dx);

    // The double backward pass: the gradients of that dx, for its cotangent c, in x (gx), in dy (gdy) and, through first and second
    // as above, in weight, bias, scale and shift. work: 11 padded channels.
    void (*normalise_double_backward)(const Normalisation& shape, const float* x, const float* scale, const float* shift, const float* stats,
                                      const float* dy, const float* c, float* work, float* first, float* second, float* gx, float* gdy);

    // y = x sigmoid(x), and dx = dy (x sigmoid(x))'.
    void (*silu)(const float* x, int64_t count, float* y);
    void (*silu_backward)(const float* x, const float* dy, int64_t count, float* dx);

    // y = silu(x (1 + scale) + shift); its backward pass; its vector-Jacobian product in x alone, and the backward pass of that for
    // the cotangent c.
    void (*modulate)(const Modulation& rows, const float* x, float* y);
    void (*modulate_backward)(const Modulation& rows, const float* x, const float* dy, float* dx, float* dscale, float* dshift);
    void (*modulate_vjp)(const Modulation& rows, const float* x, const float* dy, float* dx);
    void (*modulate_double_backward)(const Modulation& rows, const float* x, const float* dy, const float* c, float* gx,
                                     float* gscale, float* gshift, float* gdy);

    // C [m, n] (+)= A B (+ bias), with A(i, k) at a[i * row + k * step]. ldb is the leading dimension of B, or 0 where B is packed
    // [panel][k][column in panel] over padded n; an unpacked B needs n to be a multiple of channel_multiple. multiply_panels
    // computes only the panels that begin in columns [begin, end).
    void (*pack)(const float* b, int64_t k, int64_t n, int64_t row, int64_t column, float* packed);
    void (*multiply)(const float* a, int64_t row, int64_t step, const float* b, int64_t ldb, int64_t m, int64_t n, int64_t k,
                     float* c, int64_t ldc, bool accumulate, const float* bias);
    void (*multiply_panels)(const float* a, int64_t row, int64_t step, const float* b, int64_t ldb, int64_t m, int64_t n, int64_t k,
                            float* c, int64_t ldc, bool accumulate, const float* bias, int64_t begin, int64_t end);

    // im2col of one image, to [image][output pixel][tap][channel], and its transpose, which sums the columns back (col2im).
    void (*unfold)(const float* x, const Images& images, const Window& window, int64_t image, float* columns);
    void (*fold)(const float* columns, const Images& images, const Window& window, int64_t image, float* x);

    // A fused formula over `count` elements of the inputs. results[i] receives the result of instruction i unless it is null.
    // scratch: length * formula_block floats.
    void (*formula)(const Instruction* instructions, int64_t length, const float* const* inputs, int64_t inputs_count,
                    float* const* results, int64_t count, float* scratch);
    // to += x.
    void (*add)(const float* x, int64_t count, float* to);

    // Row i of features [rows, 2 count] is cos(x_i rates), then sin(x_i rates).
    void (*fourier)(const float* x, int64_t rows, const float* rates, int64_t count, float* features);
};

// Elements per block of a formula. Small blocks keep the reads of all inputs close together, which hardware prefetching needs: with
// 512 elements a step of AdamW takes twice as long. Large blocks spread the cost of choosing an operation.
constexpr int64_t formula_block = 128;

// Size of a core's second-level cache.
extern const int64_t l2_cache_bytes;

// The kernels of the widest instruction set of this processor, or of the one that SCORE_KERNELS names (avx512, avx2, none), or null.
const Kernels* best();

inline const Kernels& active() { return *best(); }

}  // namespace score::kernels
