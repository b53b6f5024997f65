// The C interface for single layers, parallel over threads. Images are [n, h, w, c].
#include "boundary.h"

using namespace score;
using kernels::Images;
using kernels::Window;
using kernels::active;

namespace {

// Fewest values per thread, in passes that mostly copy and in passes that compute.
constexpr int64_t copy_grain = 32768, compute_grain = 8192;

}  // namespace

// The kernels for this processor: 0 none, 1 AVX2, 2 AVX-512.
SCORE_API int32_t score_instructions() { return kernels::best() == nullptr ? 0 : active().lanes == 16 ? 2 : 1; }

// ---- convolution of 3 x 3, stride 1, padding 1 ----

SCORE_API int64_t score_transformed_filters_size(int64_t outputs, int64_t inputs, bool transposed) {
    return kernels::frequencies * (transposed ? outputs * kernels::padded(inputs) : inputs * kernels::padded(outputs));
}

SCORE_API void score_transform_filters(const float* weight, int64_t outputs, int64_t inputs, bool transposed, float* packed) {
    parallel_for(transposed ? outputs : inputs, 16, [=](int64_t begin, int64_t end) {
        active().transform_filters(weight, outputs, inputs, transposed, begin, end, packed);
    });
}

SCORE_API void score_convolution(const float* x, const Images* images, const float* packed, int64_t outputs, const float* bias,
                                 const float* residual, float* y) {
    const int64_t size = active().convolution_scratch(images->channels, outputs), tiles = images->tiles();
    const int64_t chunk = active().tile_block(images->channels, outputs);
    parallel_dynamic(tiles, grain_size(72 * images->channels * outputs), [=](const auto& next) {
        float* const work = scratch(size);
        // A batch that would fit into one block is split, so that every thread has work.
        const int64_t each = std::min(chunk, (tiles + omp_get_num_threads() - 1) / omp_get_num_threads());
        for (auto part = next(each); part.first < part.second; part = next(each)) {
            active().convolution(x, *images, packed, outputs, bias, residual, part.first, part.second, work, y);
        }
    });
}

// The gradient in the weight, from x and dy. The order of its sums depends on the number of threads, and on nothing else.
SCORE_API void score_convolution_weight_gradient(const float* x, const Images* images, const float* dy, int64_t outputs, float* dw) {
    const int64_t inputs = images->channels, size = kernels::frequencies * inputs * kernels::padded(outputs), tiles = images->tiles();
    const int64_t copies = std::min<int64_t>(threads(), (tiles + 15) / 16);
    const Floats held = floats(copies * size);
    float* const sums = held.get();
    parallel_for(copies, 1, [=](int64_t first, int64_t last) {
        float* const work = scratch(active().weight_gradient_scratch(inputs, outputs));
        for (int64_t copy = first; copy < last; ++copy) {
            active().convolution_weight_gradient(x, *images, dy, outputs, tiles * copy / copies, tiles * (copy + 1) / copies, work,
                                                 sums + copy * size);
        }
    });
    parallel_for(inputs, 8, [=](int64_t begin, int64_t end) { active().transform_filters_backward(sums, copies, outputs, inputs, begin, end, dw); });
}

// ---- any other convolution, by im2col: a row per output pixel, with the inputs of all taps ----

SCORE_API void score_unfold(const float* x, const Images* images, const Window* window, float* columns) {
    const int64_t each = window->output_size(images->height) * window->output_size(images->width) * window->size * window->size * images->channels;
    parallel_for(images->count, std::max<int64_t>(1, copy_grain / each), [=](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; ++i) {
            active().unfold(x, *images, *window, i, columns);
        }
    });
}

SCORE_API void score_fold(const float* columns, const Images* images, const Window* window, float* x) {
    const int64_t each = window->output_size(images->height) * window->output_size(images->width) * window->size * window->size * images->channels;
    parallel_for(images->count, std::max<int64_t>(1, copy_grain / each), [=](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; ++i) {
            active().fold(columns, *images, *window, i, x);
        }
    });
}

// ---- rows times matrices ----

SCORE_API int64_t score_packed_size(int64_t k, int64_t n) { return k * kernels::padded(n); }

// Packs b [k, n], with b(i, j) at b[i * row + j * column]. Threads divide the panels if all have the same width.
SCORE_API void score_pack(const float* b, int64_t k, int64_t n, int64_t row, int64_t column, float* packed) {
    constexpr int64_t panel = 4 * kernels::channel_multiple;
    const int64_t width = n % panel == 0 ? panel : n;
    parallel_for(n / width, std::max<int64_t>(1, compute_grain / (k * width)), [=](int64_t first, int64_t last) {
        const int64_t from = first * width;
        active().pack(b + from * column, k, (last - first) * width, row, column, packed + from * k);
    });
}

// c [m, n] = a [m, k] b + bias; ldb is the leading dimension of b, or 0 where b is packed. Threads divide the rows, or the panels of
// columns where those are more.
SCORE_API void score_multiply(const float* a, int64_t m, int64_t k, const float* b, int64_t ldb, int64_t n, const float* bias, float* c) {
    constexpr int64_t row_block = 12;
    constexpr int64_t panel = 4 * kernels::channel_multiple;
    if (m < row_block * threads() && n / panel > m / row_block) {
        parallel_for(n, grain_size(2 * m * k), [=](int64_t begin, int64_t end) {
            active().multiply_panels(a, k, 1, b, ldb, m, n, k, c, n, false, bias, begin, end);
        });
        return;
    }
    parallel_for(m, std::max(row_block, grain_size(2 * k * n)), [=](int64_t begin, int64_t end) {
        active().multiply(a + begin * k, k, 1, b, ldb, end - begin, n, k, c + begin * n, n, false, bias);
    });
}

// w [outputs, inputs] = dyᵀ x. Threads divide the outputs, so that no sum crosses threads.
SCORE_API void score_outer_sum(const float* dy, const float* x, int64_t rows, int64_t outputs, int64_t inputs, float* w) {
    constexpr int64_t row_block = 256, output_block = 6;
    const int64_t blocks = (outputs + output_block - 1) / output_block;
    const bool unpacked = inputs % kernels::channel_multiple == 0;
    parallel_for(blocks, grain_size(2 * output_block * rows * inputs), [=](int64_t first, int64_t last) {
        float* const packed = unpacked ? nullptr : scratch(std::min(row_block, rows) * kernels::padded(inputs));
        const int64_t from = first * output_block, count = std::min(outputs, last * output_block) - from;
        for (int64_t row = 0; row < rows; row += row_block) {
            const int64_t some = std::min(row_block, rows - row);
            const float* right = x + row * inputs;
            if (!unpacked) {
                active().pack(right, some, inputs, inputs, 1, packed);
                right = packed;
            }
            active().multiply(dy + row * outputs + from, 1, outputs, right, unpacked ? inputs : 0, count, inputs, some, w + from * inputs, inputs,
                              row > 0, nullptr);
        }
    });
}

// Sums of dy [rows, channels] over rows.
SCORE_API void score_column_sums(const float* dy, int64_t rows, int64_t channels, float* sum) {
    const int64_t copies = std::max<int64_t>(1, std::min<int64_t>(threads(), rows * channels / 65536));
    const Floats held = zeros((copies - 1) * channels);
    std::fill_n(sum, channels, 0.f);
    float* const others = held.get();
    parallel_for(copies, 1, [=](int64_t first, int64_t last) {
        for (int64_t copy = first; copy < last; ++copy) {
            const int64_t begin = rows * copy / copies, end = rows * (copy + 1) / copies;
            active().column_sums(dy + begin * channels, end - begin, channels, copy == 0 ? sum : others + (copy - 1) * channels);
        }
    });
    for (int64_t copy = 1; copy < copies; ++copy) {
        active().add(others + (copy - 1) * channels, channels, sum);
    }
}

// ---- group normalisation: x, y and their gradients [n, pixels, channels] ----

namespace {

// Calls work(i, scratch) for each sample; scratch holds `arrays` arrays of padded channels.
template <class Work>
void parallel_for_samples(int64_t count, const kernels::Normalisation& shape, int64_t arrays, const Work& work) {
    parallel_dynamic(count, compute_grain / (shape.pixels * shape.channels), [&](const auto& next) {
        float* const own = scratch(arrays * kernels::padded(shape.channels));
        for (int64_t i = next(1).first; i < count; i = next(1).first) {
            work(i, own);
        }
    });
}

const float* row(const Rows& rows, int64_t i) { return rows.start == nullptr ? nullptr : rows.start + i * rows.stride; }

}  // namespace

SCORE_API void score_normalise(const kernels::Normalisation* shape, int64_t count, const float* x, const Rows* scale, const Rows* shift,
                               float* stats, float* y) {
    const int64_t each = shape->pixels * shape->channels;
    parallel_for_samples(count, *shape, 2, [=](int64_t i, float* work) {
        active().normalise(*shape, x + i * each, row(*scale, i), row(*shift, i), stats + i * shape->groups * 2, work, y + i * each);
    });
}

SCORE_API void score_normalise_backward(const kernels::Normalisation* shape, int64_t count, const float* x, const Rows* scale, const Rows* shift,
                                        const float* stats, const float* dy, float* first, float* second, float* dx) {
    const int64_t each = shape->pixels * shape->channels, channels = shape->channels, stride = kernels::padded(channels);
    parallel_for_samples(count, *shape, 8, [=](int64_t i, float* work) {
        active().normalise_backward(*shape, x + i * each, row(*scale, i), row(*shift, i), stats + i * shape->groups * 2, dy + i * each, work,
                                    first == nullptr ? work + 6 * stride : first + i * channels,
                                    second == nullptr ? work + 7 * stride : second + i * channels, dx + i * each);
    });
}

SCORE_API void score_normalise_double_backward(const kernels::Normalisation* shape, int64_t count, const float* x, const Rows* scale,
                                               const Rows* shift, const float* stats, const float* dy, const float* c, float* first,
                                               float* second, float* gx, float* gdy) {
    const int64_t each = shape->pixels * shape->channels, channels = shape->channels;
    parallel_for_samples(count, *shape, 11, [=](int64_t i, float* work) {
        active().normalise_double_backward(*shape, x + i * each, row(*scale, i), row(*shift, i), stats + i * shape->groups * 2, dy + i * each,
                                           c + i * each, work, first + i * channels, second + i * channels, gx + i * each, gdy + i * each);
    });
}

// ---- element-wise ----

SCORE_API void score_silu(const float* x, int64_t count, float* y) {
    parallel_for(count, compute_grain, [=](int64_t begin, int64_t end) { active().silu(x + begin, end - begin, y + begin); });
}

SCORE_API void score_silu_backward(const float* x, const float* dy, int64_t count, float* dx) {
    parallel_for(count, compute_grain, [=](int64_t begin, int64_t end) { active().silu_backward(x + begin, dy + begin, end - begin, dx + begin); });
}

namespace {

// Calls work(index of the first element, rows) for ranges of rows.
template <class Work>
void parallel_for_rows(int64_t count, int64_t columns, const Rows& scale, const Rows& shift, const Work& work) {
    parallel_for(count, std::max<int64_t>(1, compute_grain / columns), [&](int64_t begin, int64_t end) {
        work(begin * columns, kernels::Modulation{end - begin, columns, row(scale, begin), scale.stride, row(shift, begin), shift.stride, columns});
    });
}

}  // namespace

// The vector-Jacobian product of silu(x (1 + scale) + shift) in x [count, columns] for the cotangent dy.
SCORE_API void score_modulate_vjp(int64_t count, int64_t columns, const float* x, const Rows* scale, const Rows* shift, const float* dy, float* dx) {
    parallel_for_rows(count, columns, *scale, *shift, [=](int64_t at, const kernels::Modulation& rows) {
        active().modulate_vjp(rows, x + at, dy + at, dx + at);
    });
}

// The backward pass of that for the cotangent c.
SCORE_API void score_modulate_double_backward(int64_t count, int64_t columns, const float* x, const Rows* scale, const Rows* shift, const float* dy,
                                              const float* c, float* gx, float* gscale, float* gshift, float* gdy) {
    parallel_for_rows(count, columns, *scale, *shift, [=](int64_t at, const kernels::Modulation& rows) {
        active().modulate_double_backward(rows, x + at, dy + at, c + at, gx + at, gscale + at, gshift + at, gdy + at);
    });
}

// [cos(x_k rates), sin(x_k rates)] for each x_k.
SCORE_API void score_fourier(const float* x, int64_t count, const float* rates, int64_t rates_count, float* features) {
    active().fourier(x, count, rates, rates_count, features);
}

// A formula over vectors (kernels.h).
SCORE_API void score_formula(const kernels::Instruction* instructions, int64_t length, const float* const* inputs, int64_t inputs_count,
                             float* const* results, int64_t count) {
    parallel_for(count, copy_grain / 2, [=](int64_t begin, int64_t end) {
        // The pointers of this range, on the thread's own stack.
        constexpr int64_t most = 64;
        const float* from[most];
        float* to[most];
        for (int64_t i = 0; i < inputs_count; ++i) {
            from[i] = inputs[i] + begin;
        }
        for (int64_t i = 0; i < length; ++i) {
            to[i] = results[i] == nullptr ? nullptr : results[i] + begin;
        }
        active().formula(instructions, length, from, inputs_count, to, end - begin, scratch(length * kernels::formula_block));
    });
}
