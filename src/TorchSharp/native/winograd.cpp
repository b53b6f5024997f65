// Convolutions of 3 x 3 with padding 1 by Winograd's minimal filtering (Lavin and Gray 2016, F(4 x 4, 3 x 3)).
#include "vectors.h"

namespace st::kernels {

namespace {

Vector times(float factor, Vector x) { return _mm512_mul_ps(_mm512_set1_ps(factor), x); }
Vector plus(Vector a, Vector b) { return _mm512_add_ps(a, b); }
Vector minus(Vector a, Vector b) { return _mm512_sub_ps(a, b); }
// b + factor a.
Vector add(Vector b, float factor, Vector a) { return _mm512_fmadd_ps(_mm512_set1_ps(factor), a, b); }

// The one-dimensional transforms; in and out lie `step` apart.
// Bᵀ: six inputs to six frequencies.
inline void input_transform(const Vector* d, int step, Vector* t, int t_step) {
    const Vector a = add(d[4 * step], -4.f, d[2 * step]), b = add(d[3 * step], -4.f, d[step]);
    const Vector c = minus(d[4 * step], d[2 * step]), e = times(2.f, minus(d[3 * step], d[step]));
    t[0] = add(add(d[4 * step], 4.f, d[0]), -5.f, d[2 * step]);
    t[t_step] = plus(a, b);
    t[2 * t_step] = minus(a, b);
    t[3 * t_step] = plus(c, e);
    t[4 * t_step] = minus(c, e);
    t[5 * t_step] = add(add(d[5 * step], 4.f, d[step]), -5.f, d[3 * step]);
}

// Aᵀ: six frequencies to four outputs.
inline void output_transform(const Vector* m, int step, Vector* y, int y_step) {
    const Vector a = plus(m[step], m[2 * step]), b = minus(m[step], m[2 * step]);
    const Vector c = plus(m[3 * step], m[4 * step]), d = minus(m[3 * step], m[4 * step]);
    y[0] = plus(plus(m[0], a), c);
    y[y_step] = add(b, 2.f, d);
    y[2 * y_step] = add(a, 4.f, c);
    y[3 * y_step] = plus(add(b, 8.f, d), m[5 * step]);
}

// A: four outputs' derivatives to six frequencies.
inline void output_gradient_transform(const Vector* y, int step, Vector* m, int m_step) {
    const Vector a = plus(y[0], y[2 * step]), b = plus(y[step], y[3 * step]);
    const Vector c = add(y[0], 4.f, y[2 * step]), d = add(times(2.f, y[step]), 8.f, y[3 * step]);
    m[0] = y[0];
    m[m_step] = plus(a, b);
    m[2 * m_step] = minus(a, b);
    m[3 * m_step] = plus(c, d);
    m[4 * m_step] = minus(c, d);
    m[5 * m_step] = y[3 * step];
}

// G: three taps to six frequencies.
inline void filter_transform(const Vector* g, int step, Vector* u, int u_step) {
    const Vector a = times(-1.f / 6, plus(g[0], g[2 * step])), b = times(-1.f / 6, g[step]);
    const Vector c = add(times(1.f / 24, g[0]), 1.f / 6, g[2 * step]), d = times(1.f / 12, g[step]);
    u[0] = times(0.25f, g[0]);
    u[u_step] = plus(a, b);
    u[2 * u_step] = minus(a, b);
    u[3 * u_step] = plus(c, d);
    u[4 * u_step] = minus(c, d);
    u[5 * u_step] = g[2 * step];
}

// Gᵀ: six frequencies' derivatives to three taps.
inline void filter_gradient_transform(const Vector* u, int step, Vector* g, int g_step) {
    const Vector a = times(1.f / 6, plus(u[step], u[2 * step])), b = plus(u[3 * step], u[4 * step]);
    g[0] = add(minus(times(0.25f, u[0]), a), 1.f / 24, b);
    g[g_step] = add(times(1.f / 12, minus(u[3 * step], u[4 * step])), 1.f / 6, minus(u[2 * step], u[step]));
    g[2 * g_step] = plus(minus(times(1.f / 6, b), a), u[5 * step]);
}

struct Tile {
    int64_t image, row, column;
};

Tile tile(const Images& images, int64_t index) {
    const int64_t columns = images.columns();
    const int64_t each = images.rows() * columns;
    const int64_t within = index % each;
    return {index / each, 4 * (within / columns), 4 * (within % columns)};
}

// [frequency][tiles][padded channels] of the tiles from one on: squares of a side that begin so far before their tile.
template <int side, int before, void (*transform)(const Vector*, int, Vector*, int)>
void transform_tiles(const float* x, const Images& images, int64_t channels, int64_t from, int64_t tiles, float* transformed) {
    const int64_t stride = padded(channels);
    for (int64_t t = 0; t < tiles; ++t) {
        const Tile at = tile(images, from + t);
        const float* image = x + at.image * images.height * images.width * channels;
        for (int64_t k = 0; k < channels; k += lanes) {
            const __mmask16 mask = tail(channels - k);
            Vector square[side * side], half[6 * side], out[36];
            for (int i = 0; i < side; ++i) {
                const int64_t row = at.row + i - before;
                const bool inside = row >= 0 && row < images.height;
                for (int j = 0; j < side; ++j) {
                    const int64_t column = at.column + j - before;
                    square[side * i + j] = inside && column >= 0 && column < images.width
                        ? _mm512_maskz_loadu_ps(mask, image + (row * images.width + column) * channels + k)
                        : _mm512_setzero_ps();
                }
            }
            for (int j = 0; j < side; ++j) {
                transform(square + j, side, half + j, side);
            }
            for (int i = 0; i < 6; ++i) {
                transform(half + side * i, 1, out + 6 * i, 1);
            }
            float* place = transformed + t * stride + k;
            for (int f = 0; f < 36; ++f) {
                _mm512_storeu_ps(place + f * tiles * stride, out[f]);
            }
        }
    }
}

void transform_inputs(const float* x, const Images& images, int64_t from, int64_t tiles, float* v) {
    transform_tiles<6, 1, input_transform>(x, images, images.channels, from, tiles, v);
}

void transform_output_gradients(const float* dy, const Images& images, int64_t channels, int64_t from, int64_t tiles, float* m) {
    transform_tiles<4, 0, output_gradient_transform>(dy, images, channels, from, tiles, m);
}

void transform_outputs(const float* m, const Images& images, int64_t channels, const float* bias, const float* residual,
                       int64_t from, int64_t tiles, float* y) {
    const int64_t stride = padded(channels);
    for (int64_t t = 0; t < tiles; ++t) {
        const Tile at = tile(images, from + t);
        const int64_t start = at.image * images.height * images.width * channels;
        for (int64_t k = 0; k < channels; k += lanes) {
            const __mmask16 mask = tail(channels - k);
            const Vector shift = bias == nullptr ? _mm512_setzero_ps() : _mm512_maskz_loadu_ps(mask, bias + k);
            Vector in[36], half[24], out[16];
            const float* place = m + t * stride + k;
            for (int f = 0; f < 36; ++f) {
                in[f] = _mm512_loadu_ps(place + f * tiles * stride);
            }
            for (int j = 0; j < 6; ++j) {
                output_transform(in + j, 6, half + j, 6);
            }
            for (int i = 0; i < 4; ++i) {
                output_transform(half + 6 * i, 1, out + 4 * i, 1);
            }
            for (int i = 0; i < 4 && at.row + i < images.height; ++i) {
                for (int j = 0; j < 4 && at.column + j < images.width; ++j) {
                    const int64_t offset = start + ((at.row + i) * images.width + at.column + j) * channels + k;
                    Vector value = plus(out[4 * i + j], shift);
                    if (residual != nullptr) {
                        value = plus(value, _mm512_maskz_loadu_ps(mask, residual + offset));
                    }
                    _mm512_mask_storeu_ps(y + offset, mask, value);
                }
            }
        }
    }
}

// Tiles at a time: transformed inputs and products together stay in the second-level cache; a multiple of 24, so that
// blocks of rows come out even.
int64_t tiles_at_once(int64_t inputs, int64_t outputs) {
    return (padded(inputs) + padded(outputs)) * frequencies * 4 * 48 <= (int64_t{900} << 10) ? 48 : 24;
}

// The derivative in the filters passes over its accumulators once for each group of tiles: larger groups.
constexpr int64_t gradient_tiles = 64;

int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }

}  // namespace

bool available() {
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("fma");
}

void filters(const float* w, int64_t outputs, int64_t inputs, bool turned, int64_t from, int64_t to, float* packed) {
    const int64_t k = turned ? outputs : inputs, n = turned ? inputs : outputs;
    const int64_t vectors = padded(n) / lanes, size = k * padded(n);
    for (int64_t i = from; i < to; ++i) {
        for (int64_t v = 0; v < vectors; ++v) {
            alignas(64) float taps[9][lanes] = {};
            for (int64_t lane = 0; lane < smaller(lanes, n - v * lanes); ++lane) {
                const int64_t j = v * lanes + lane;
                const float* filter = w + (turned ? i * inputs + j : j * inputs + i) * 9;
                for (int tap = 0; tap < 9; ++tap) {
                    taps[tap][lane] = filter[turned ? 8 - tap : tap];
                }
            }
            Vector g[9], half[18], u[36];
            for (int tap = 0; tap < 9; ++tap) {
                g[tap] = _mm512_load_ps(taps[tap]);
            }
            for (int j = 0; j < 3; ++j) {
                filter_transform(g + j, 3, half + j, 3);
            }
            for (int f = 0; f < 6; ++f) {
                filter_transform(half + 3 * f, 1, u + 6 * f, 1);
            }
            float* out = packed + place(vectors, v, i, k);
            for (int f = 0; f < 36; ++f) {
                _mm512_storeu_ps(out + f * size, u[f]);
            }
        }
    }
}

void filters_gradient(const float* u, int64_t copies, int64_t outputs, int64_t inputs, int64_t from, int64_t to, float* w) {
    const int64_t stride = padded(outputs), size = inputs * stride;
    for (int64_t i = from; i < to; ++i) {
        for (int64_t j = 0; j < outputs; j += lanes) {
            Vector in[36], half[18], g[9];
            for (int f = 0; f < 36; ++f) {
                const float* place = u + f * size + i * stride + j;
                in[f] = _mm512_loadu_ps(place);
                for (int64_t copy = 1; copy < copies; ++copy) {
                    in[f] = plus(in[f], _mm512_loadu_ps(place + copy * frequencies * size));
                }
            }
            for (int f = 0; f < 6; ++f) {
                filter_gradient_transform(in + f, 6, half + f, 6);
            }
            for (int tap = 0; tap < 3; ++tap) {
                filter_gradient_transform(half + 6 * tap, 1, g + 3 * tap, 1);
            }
            alignas(64) float taps[9][lanes];
            for (int tap = 0; tap < 9; ++tap) {
                _mm512_store_ps(taps[tap], g[tap]);
            }
            for (int64_t lane = 0; lane < smaller(lanes, outputs - j); ++lane) {
                for (int tap = 0; tap < 9; ++tap) {
                    w[((j + lane) * inputs + i) * 9 + tap] = taps[tap][lane];
                }
            }
        }
    }
}

int64_t convolution_scratch(int64_t inputs, int64_t outputs) {
    return frequencies * tiles_at_once(inputs, outputs) * (padded(inputs) + padded(outputs));
}

void convolution(const float* x, const Images& images, const float* packed, int64_t outputs, const float* bias,
                 const float* residual, int64_t from, int64_t to, float* scratch, float* y) {
    const int64_t inputs = images.channels, group = tiles_at_once(inputs, outputs);
    float* const m = scratch + frequencies * group * padded(inputs);
    for (int64_t start = from; start < to; start += group) {
        const int64_t tiles = smaller(group, to - start);
        transform_inputs(x, images, start, tiles, scratch);
        for (int64_t f = 0; f < frequencies; ++f) {
            product(scratch + f * tiles * padded(inputs), padded(inputs), 1, packed + f * inputs * padded(outputs), tiles,
                    padded(outputs), inputs, m + f * tiles * padded(outputs), padded(outputs), false, nullptr);
        }
        transform_outputs(m, images, outputs, bias, residual, start, tiles, y);
    }
}

int64_t gradient_scratch(int64_t inputs, int64_t outputs) {
    return frequencies * gradient_tiles * (padded(inputs) + padded(outputs)) + gradient_tiles * padded(outputs);
}

void convolution_gradient(const float* x, const Images& images, const float* dy, int64_t outputs, int64_t from, int64_t to,
                          float* scratch, float* u) {
    const int64_t inputs = images.channels, rows = padded(inputs), columns = padded(outputs), vectors = columns / lanes;
    float* const m = scratch + frequencies * gradient_tiles * rows;
    float* const packed = m + frequencies * gradient_tiles * columns;
    for (int64_t start = from; start < to; start += gradient_tiles) {
        const int64_t tiles = smaller(gradient_tiles, to - start);
        transform_inputs(x, images, start, tiles, scratch);
        transform_output_gradients(dy, images, outputs, start, tiles, m);
        for (int64_t f = 0; f < frequencies; ++f) {
            const float* right = m + f * tiles * columns;
            if (panel_width(vectors) != vectors) {
                for (int64_t t = 0; t < tiles; ++t) {
                    for (int64_t v = 0; v < vectors; ++v) {
                        _mm512_storeu_ps(packed + place(vectors, v, t, tiles), _mm512_loadu_ps(right + t * columns + v * lanes));
                    }
                }
                right = packed;
            }
            product(scratch + f * tiles * rows, 1, rows, right, inputs, columns, tiles, u + f * inputs * columns, columns, true, nullptr);
        }
    }
}

}  // namespace st::kernels
