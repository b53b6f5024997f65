// Kernels of the network's layers, on plain float arrays with the channels innermost ([n, h, w, c]). kernels/kernels.cpp is
// compiled once for AVX-512 and once for AVX2, whatever the machine that compiles has, so nothing of the standard library
// is inlined into it; the files of this folder share the work out among threads.
//
// A sample's results depend neither on the samples beside it nor on the number of threads: whatever is added up for a sample is
// added up in one order.
#pragma once

#include <cstdint>

namespace score::kernels {

// Channels are rounded up to whole multiples of this in what only the kernels read.
constexpr int64_t granule = 16;

constexpr int64_t padded(int64_t channels) { return (channels + granule - 1) / granule * granule; }

// Winograd's minimal filtering F(4 x 4, 3 x 3) (Lavin and Gray 2016): tiles of 4 x 4 outputs from 6 x 6 inputs by 36
// products of matrices in place of 144 multiplications a channel pair.
constexpr int64_t frequencies = 36;

struct Images {
    int64_t count, height, width, channels;

    int64_t rows() const { return (height + 3) / 4; }
    int64_t columns() const { return (width + 3) / 4; }
    int64_t tiles() const { return count * rows() * columns(); }
};

// Group normalisation of one sample x [pixels, channels], then per channel the factor weight (1 + scale) and the shift
// bias (1 + scale) + shift, then SiLU if asked. Absent parts are null. stats: mean and 1/deviation of each group.
struct Normalisation {
    int64_t pixels, channels, groups;
    float epsilon;
    bool activate;
    const float *weight, *bias;
};

// Rows of x and what they are modulated by, whose rows may lie further apart, as parts of a wider matrix do. So may those of
// the derivatives in scale and shift.
struct Modulation {
    int64_t rows, columns;
    const float* scale;
    int64_t scale_row;
    const float* shift;
    int64_t shift_row;
    int64_t gradient_row;
};

// One operation of a fused formula over vectors: a and b are inputs, from 0, then results of earlier instructions; number is its
// constant. See flat.h for the operations.
struct Instruction {
    int32_t operation, a, b;
    float number;
};

// Windows of size x size that a convolution sees, so far apart, with so many zeros around the image.
struct Window {
    int64_t size, stride, padding;

    int64_t places(int64_t length) const { return (length + 2 * padding - size) / stride + 1; }
};

struct Kernels {
    // Numbers of a vector.
    int64_t lanes;

    // G g Gᵀ of filters w [outputs, inputs, 3, 3], rows [from, to) of `inputs` (of `outputs` when turned): packed
    // [frequency][panel of columns][row][column in panel]. Turned filters are those of the derivative in the input.
    void (*filters)(const float* w, int64_t outputs, int64_t inputs, bool turned, int64_t from, int64_t to, float* packed);

    // Gᵀ u G for u [frequency][inputs][padded outputs], input rows [from, to), added up over `copies` arrays that follow
    // one another: the derivative in w.
    void (*filters_gradient)(const float* u, int64_t copies, int64_t outputs, int64_t inputs, int64_t from, int64_t to, float* w);

    // y = x * w + bias (+ residual) for tiles [from, to), so many at once. scratch: convolution_scratch floats.
    int64_t (*tiles_at_once)(int64_t inputs, int64_t outputs);
    int64_t (*convolution_scratch)(int64_t inputs, int64_t outputs);
    void (*convolution)(const float* x, const Images& images, const float* packed, int64_t outputs, const float* bias,
                        const float* residual, int64_t from, int64_t to, float* scratch, float* y);

    // u [frequency][inputs][padded outputs] becomes the derivative in the transformed filters from tiles [from, to), one at least.
    int64_t (*gradient_scratch)(int64_t inputs, int64_t outputs);
    void (*convolution_gradient)(const float* x, const Images& images, const float* dy, int64_t outputs, int64_t from, int64_t to,
                                 float* scratch, float* u);

    // Sums over rows of dy [rows, channels], added to sum [channels].
    void (*column_sums)(const float* dy, int64_t rows, int64_t channels, float* sum);

    void (*normalise)(const Normalisation& shape, const float* x, const float* scale, const float* shift, float* stats,
                      float* work, float* y);

    // Its derivatives. first and second [channels] become the sums over pixels of dz and of dz times the normalised x, where
    // dz is the derivative before the activation; work: 6 padded channels.
    void (*normalise_gradient)(const Normalisation& shape, const float* x, const float* scale, const float* shift,
                               const float* stats, const float* dy, float* work, float* first, float* second, float* dx);

    // The derivatives of that dx in x and dy (gx, gdy) and, as above, in the parts of z, along c; work: 11 padded channels.
    void (*normalise_bend)(const Normalisation& shape, const float* x, const float* scale, const float* shift, const float* stats,
                           const float* dy, const float* c, float* work, float* first, float* second, float* gx, float* gdy);

    // y = x sigmoid(x), and dx = dy (x sigmoid(x))'.
    void (*silu)(const float* x, int64_t count, float* y);
    void (*silu_gradient)(const float* x, const float* dy, int64_t count, float* dx);

    // y = silu(x (1 + scale) + shift) for rows of so many columns, scale and shift with rows so far apart; its derivatives;
    // the derivative in x alone, and its derivatives along c.
    void (*modulate)(const Modulation& rows, const float* x, float* y);
    void (*modulate_gradient)(const Modulation& rows, const float* x, const float* dy, float* dx, float* dscale, float* dshift);
    void (*modulate_slope)(const Modulation& rows, const float* x, const float* dy, float* dx);
    void (*modulate_slope_gradient)(const Modulation& rows, const float* x, const float* dy, const float* c, float* gx,
                                    float* gscale, float* gshift, float* gdy);

    // C [m, n] (+)= A B with A(i, k) at a[i * row + k * step] and B packed [panel][k][column in panel] over padded n; or as it
    // is, with rows b_row apart (0: packed), where n is a multiple of the granule. All of C, or its panels that begin in [begin, end).
    void (*pack)(const float* b, int64_t k, int64_t n, int64_t row, int64_t column, float* packed);
    void (*multiply)(const float* a, int64_t row, int64_t step, const float* b, int64_t b_row, int64_t m, int64_t n, int64_t k,
                     float* c, int64_t c_row, bool accumulate, const float* bias);
    void (*multiply_panels)(const float* a, int64_t row, int64_t step, const float* b, int64_t b_row, int64_t m, int64_t n, int64_t k,
                            float* c, int64_t c_row, bool accumulate, const float* bias, int64_t begin, int64_t end);

    // The inputs of each output place of one image side by side, [image][place][tap][channel]; and the sum of such columns
    // back to where they came from.
    void (*unfold)(const float* x, const Images& images, const Window& window, int64_t image, float* columns);
    void (*fold)(const float* columns, const Images& images, const Window& window, int64_t image, float* x);

    // A fused formula over `count` elements of the inputs; results[i] is where that of instruction i goes, or null.
    // scratch: so many floats as instructions times `formula_block`.
    void (*formula)(const Instruction* instructions, int64_t length, const float* const* inputs, int64_t inputs_count,
                    float* const* results, int64_t count, float* scratch);
    // to += x.
    void (*add)(const float* x, int64_t count, float* to);

    // Row i of features [rows, 2 count]: the cosines of x_i times each rate, then the sines.
    void (*fourier)(const float* x, int64_t rows, const float* rates, int64_t count, float* features);
};

// Elements that a formula goes through together: so few that its inputs are read side by side, as the processor's prefetching likes
// them (in blocks of 512 a step of AdamW takes twice as long), and so many that to choose an operation costs little.
constexpr int64_t formula_block = 128;

// Bytes of a core's second-level cache.
extern const int64_t second_level_cache;

// Those of the widest instruction set that this processor has (or SCORE_KERNELS names: avx512, avx2, none), or null.
const Kernels* best();

inline const Kernels& run() { return *best(); }

}  // namespace score::kernels
