// The boundary: kernels of single layers on plain arrays, shared out among threads. Images are [n, h, w, c].
#include "boundary.h"

using namespace score;
using kernels::Images;
using kernels::Window;
using kernels::run;

namespace {

// Values that are worth a thread, in passes that compute little or much with each.
constexpr int64_t passed_at_once = 32768, computed_at_once = 8192;

}  // namespace

// Which kernels this processor has: 0 none, 1 AVX2, 2 AVX-512.
SCORE_API int32_t score_instructions() { return kernels::best() == nullptr ? 0 : run().lanes == 16 ? 2 : 1; }

// ---- convolution of 3 x 3, stride 1, padding 1 ----

SCORE_API int64_t score_filters_size(int64_t outputs, int64_t inputs, bool turned) {
    return kernels::frequencies * (turned ? outputs * kernels::padded(inputs) : inputs * kernels::padded(outputs));
}

SCORE_API void score_filters(const float* weight, int64_t outputs, int64_t inputs, bool turned, float* packed) {
    share(turned ? outputs : inputs, 16, [=](int64_t begin, int64_t end) { run().filters(weight, outputs, inputs, turned, begin, end, packed); });
}

SCORE_API void score_convolution(const float* x, const Images* images, const float* packed, int64_t outputs, const float* bias,
                                 const float* residual, float* y) {
    const int64_t size = run().convolution_scratch(images->channels, outputs), tiles = images->tiles();
    const int64_t chunk = run().tiles_at_once(images->channels, outputs);
    take_turns(tiles, grain(72 * images->channels * outputs), [=](const auto& next) {
        float* const work = scratch(size);
        // A small batch is halved where it would fit at once.
        const int64_t each = std::min(chunk, (tiles + omp_get_num_threads() - 1) / omp_get_num_threads());
        for (auto part = next(each); part.first < part.second; part = next(each)) {
            run().convolution(x, *images, packed, outputs, bias, residual, part.first, part.second, work, y);
        }
    });
}

// The derivative in the weight, from x and the output's derivative. Its parts are added up in one order for one number of threads.
SCORE_API void score_convolution_gradient(const float* x, const Images* images, const float* dy, int64_t outputs, float* dw) {
    const int64_t inputs = images->channels, size = kernels::frequencies * inputs * kernels::padded(outputs), tiles = images->tiles();
    const int64_t copies = std::min<int64_t>(threads(), (tiles + 15) / 16);
    const Floats held = floats(copies * size);
    float* const sums = held.get();
    share(copies, 1, [=](int64_t first, int64_t last) {
        float* const work = scratch(run().gradient_scratch(inputs, outputs));
        for (int64_t copy = first; copy < last; ++copy) {
            run().convolution_gradient(x, *images, dy, outputs, tiles * copy / copies, tiles * (copy + 1) / copies, work, sums + copy * size);
        }
    });
    share(inputs, 8, [=](int64_t begin, int64_t end) { run().filters_gradient(sums, copies, outputs, inputs, begin, end, dw); });
}

// ---- any other convolution: places of the output as rows, inputs of all taps side by side ----

SCORE_API void score_unfold(const float* x, const Images* images, const Window* window, float* columns) {
    const int64_t each = window->places(images->height) * window->places(images->width) * window->size * window->size * images->channels;
    share(images->count, std::max<int64_t>(1, passed_at_once / each), [=](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; ++i) {
            run().unfold(x, *images, *window, i, columns);
        }
    });
}

SCORE_API void score_fold(const float* columns, const Images* images, const Window* window, float* x) {
    const int64_t each = window->places(images->height) * window->places(images->width) * window->size * window->size * images->channels;
    share(images->count, std::max<int64_t>(1, passed_at_once / each), [=](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; ++i) {
            run().fold(columns, *images, *window, i, x);
        }
    });
}

// ---- rows times matrices ----

SCORE_API int64_t score_packed_size(int64_t k, int64_t n) { return k * kernels::padded(n); }

// b(i, j) at b[i * row + j * column] of [k, n], packed. Where all panels are alike, threads share them: one lies behind another.
SCORE_API void score_pack(const float* b, int64_t k, int64_t n, int64_t row, int64_t column, float* packed) {
    constexpr int64_t panel = 4 * kernels::granule;
    const int64_t width = n % panel == 0 ? panel : n;
    share(n / width, std::max<int64_t>(1, computed_at_once / (k * width)), [=](int64_t first, int64_t last) {
        const int64_t from = first * width;
        run().pack(b + from * column, k, (last - first) * width, row, column, packed + from * k);
    });
}

// c [m, n] = a [m, k] b + bias; b packed, or rows b_row apart. Threads share the rows, or where panels of columns are more, those.
SCORE_API void score_multiply(const float* a, int64_t m, int64_t k, const float* b, int64_t b_row, int64_t n, const float* bias, float* c) {
    constexpr int64_t rows_at_once = 12;
    constexpr int64_t panel = 4 * kernels::granule;
    if (m < rows_at_once * threads() && n / panel > m / rows_at_once) {
        share(n, grain(2 * m * k), [=](int64_t begin, int64_t end) {
            run().multiply_panels(a, k, 1, b, b_row, m, n, k, c, n, false, bias, begin, end);
        });
        return;
    }
    share(m, std::max(rows_at_once, grain(2 * k * n)), [=](int64_t begin, int64_t end) {
        run().multiply(a + begin * k, k, 1, b, b_row, end - begin, n, k, c + begin * n, n, false, bias);
    });
}

// w [outputs, inputs] = dyᵀ x over all rows: a thread takes some of the outputs, so that nothing is added up between threads.
SCORE_API void score_outer_sum(const float* dy, const float* x, int64_t rows, int64_t outputs, int64_t inputs, float* w) {
    constexpr int64_t at_once = 256, together = 6;
    const int64_t blocks = (outputs + together - 1) / together;
    const bool as_it_is = inputs % kernels::granule == 0;
    share(blocks, grain(2 * together * rows * inputs), [=](int64_t first, int64_t last) {
        float* const packed = as_it_is ? nullptr : scratch(std::min(at_once, rows) * kernels::padded(inputs));
        const int64_t from = first * together, count = std::min(outputs, last * together) - from;
        for (int64_t row = 0; row < rows; row += at_once) {
            const int64_t some = std::min(at_once, rows - row);
            const float* right = x + row * inputs;
            if (!as_it_is) {
                run().pack(right, some, inputs, inputs, 1, packed);
                right = packed;
            }
            run().multiply(dy + row * outputs + from, 1, outputs, right, as_it_is ? inputs : 0, count, inputs, some, w + from * inputs, inputs,
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
    share(copies, 1, [=](int64_t first, int64_t last) {
        for (int64_t copy = first; copy < last; ++copy) {
            const int64_t begin = rows * copy / copies, end = rows * (copy + 1) / copies;
            run().column_sums(dy + begin * channels, end - begin, channels, copy == 0 ? sum : others + (copy - 1) * channels);
        }
    });
    for (int64_t copy = 1; copy < copies; ++copy) {
        run().add(others + (copy - 1) * channels, channels, sum);
    }
}

// ---- normalisation: x, y and what is like them [n, pixels, channels] ----

namespace {

// Calls work(i, scratch) for each sample, with so many arrays of padded channels.
template <class Work>
void samples(int64_t count, const kernels::Normalisation& shape, int64_t arrays, const Work& work) {
    take_turns(count, computed_at_once / (shape.pixels * shape.channels), [&](const auto& next) {
        float* const own = scratch(arrays * kernels::padded(shape.channels));
        for (int64_t i = next(1).first; i < count; i = next(1).first) {
            work(i, own);
        }
    });
}

const float* row(const Rows& rows, int64_t i) { return rows.start == nullptr ? nullptr : rows.start + i * rows.apart; }

}  // namespace

SCORE_API void score_normalise(const kernels::Normalisation* shape, int64_t count, const float* x, const Rows* scale, const Rows* shift,
                               float* stats, float* y) {
    const int64_t each = shape->pixels * shape->channels;
    samples(count, *shape, 2, [=](int64_t i, float* work) {
        run().normalise(*shape, x + i * each, row(*scale, i), row(*shift, i), stats + i * shape->groups * 2, work, y + i * each);
    });
}

SCORE_API void score_normalise_gradient(const kernels::Normalisation* shape, int64_t count, const float* x, const Rows* scale, const Rows* shift,
                                        const float* stats, const float* dy, float* first, float* second, float* dx) {
    const int64_t each = shape->pixels * shape->channels, channels = shape->channels, stride = kernels::padded(channels);
    samples(count, *shape, 8, [=](int64_t i, float* work) {
        run().normalise_gradient(*shape, x + i * each, row(*scale, i), row(*shift, i), stats + i * shape->groups * 2, dy + i * each, work,
                                 first == nullptr ? work + 6 * stride : first + i * channels,
                                 second == nullptr ? work + 7 * stride : second + i * channels, dx + i * each);
    });
}

SCORE_API void score_normalise_bend(const kernels::Normalisation* shape, int64_t count, const float* x, const Rows* scale, const Rows* shift,
                                    const float* stats, const float* dy, const float* c, float* first, float* second, float* gx, float* gdy) {
    const int64_t each = shape->pixels * shape->channels, channels = shape->channels;
    samples(count, *shape, 11, [=](int64_t i, float* work) {
        run().normalise_bend(*shape, x + i * each, row(*scale, i), row(*shift, i), stats + i * shape->groups * 2, dy + i * each, c + i * each, work,
                             first + i * channels, second + i * channels, gx + i * each, gdy + i * each);
    });
}

// ---- element by element ----

SCORE_API void score_silu(const float* x, int64_t count, float* y) {
    share(count, computed_at_once, [=](int64_t begin, int64_t end) { run().silu(x + begin, end - begin, y + begin); });
}

SCORE_API void score_silu_gradient(const float* x, const float* dy, int64_t count, float* dx) {
    share(count, computed_at_once, [=](int64_t begin, int64_t end) { run().silu_gradient(x + begin, dy + begin, end - begin, dx + begin); });
}

namespace {

// Calls work(first element, rows) for parts of the rows.
template <class Work>
void modulated(int64_t count, int64_t columns, const Rows& scale, const Rows& shift, const Work& work) {
    share(count, std::max<int64_t>(1, computed_at_once / columns), [&](int64_t begin, int64_t end) {
        work(begin * columns, kernels::Modulation{end - begin, columns, row(scale, begin), scale.apart, row(shift, begin), shift.apart, columns});
    });
}

}  // namespace

// The derivative of silu(x (1 + scale) + shift) in x along dy, for x [count, columns].
SCORE_API void score_modulate_slope(int64_t count, int64_t columns, const float* x, const Rows* scale, const Rows* shift, const float* dy, float* dx) {
    modulated(count, columns, *scale, *shift, [=](int64_t at, const kernels::Modulation& rows) { run().modulate_slope(rows, x + at, dy + at, dx + at); });
}

// The derivatives of that along c.
SCORE_API void score_modulate_slope_gradient(int64_t count, int64_t columns, const float* x, const Rows* scale, const Rows* shift, const float* dy,
                                             const float* c, float* gx, float* gscale, float* gshift, float* gdy) {
    modulated(count, columns, *scale, *shift, [=](int64_t at, const kernels::Modulation& rows) {
        run().modulate_slope_gradient(rows, x + at, dy + at, c + at, gx + at, gscale + at, gshift + at, gdy + at);
    });
}

// [cos(x_k w), sin(x_k w)] for each number x_k and all rates w.
SCORE_API void score_fourier(const float* x, int64_t count, const float* rates, int64_t rates_count, float* features) {
    run().fourier(x, count, rates, rates_count, features);
}

// A formula over vectors; see kernels.h.
SCORE_API void score_formula(const kernels::Instruction* instructions, int64_t length, const float* const* inputs, int64_t inputs_count,
                             float* const* results, int64_t count) {
    share(count, passed_at_once / 2, [=](int64_t begin, int64_t end) {
        // Pointers of this part: few, and each thread has its own.
        constexpr int64_t most = 64;
        const float* from[most];
        float* to[most];
        for (int64_t i = 0; i < inputs_count; ++i) {
            from[i] = inputs[i] + begin;
        }
        for (int64_t i = 0; i < length; ++i) {
            to[i] = results[i] == nullptr ? nullptr : results[i] + begin;
        }
        run().formula(instructions, length, from, inputs_count, to, end - begin, scratch(length * kernels::formula_block));
    });
}
