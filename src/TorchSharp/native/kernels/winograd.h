// Convolutions of 3 x 3 with padding 1 by Winograd's minimal filtering (Lavin and Gray 2016, F(4 x 4, 3 x 3)).
#pragma once

#include "products.h"

namespace st::kernels::SCORE_ISA {

// b + factor a.
static inline Vector add(Vector b, float factor, Vector a) { return fma(all(factor), a, b); }

// The one-dimensional transforms; in and out lie `step` apart.
// Bᵀ: six inputs to six frequencies.
static inline void input_transform(const Vector* d, int step, Vector* t, int t_step) {
    const Vector a = add(d[4 * step], -4.f, d[2 * step]), b = add(d[3 * step], -4.f, d[step]);
    const Vector c = d[4 * step] - d[2 * step], e = all(2.f) * (d[3 * step] - d[step]);
    t[0] = add(add(d[4 * step], 4.f, d[0]), -5.f, d[2 * step]);
    t[t_step] = a + b;
    t[2 * t_step] = a - b;
    t[3 * t_step] = c + e;
    t[4 * t_step] = c - e;
    t[5 * t_step] = add(add(d[5 * step], 4.f, d[step]), -5.f, d[3 * step]);
}

// Aᵀ: six frequencies to four outputs.
static inline void output_transform(const Vector* m, int step, Vector* y, int y_step) {
    const Vector a = m[step] + m[2 * step], b = m[step] - m[2 * step];
    const Vector c = m[3 * step] + m[4 * step], d = m[3 * step] - m[4 * step];
    y[0] = m[0] + a + c;
    y[y_step] = add(b, 2.f, d);
    y[2 * y_step] = add(a, 4.f, c);
    y[3 * y_step] = add(b, 8.f, d) + m[5 * step];
}

// A: four outputs' derivatives to six frequencies.
static inline void output_gradient_transform(const Vector* y, int step, Vector* m, int m_step) {
    const Vector a = y[0] + y[2 * step], b = y[step] + y[3 * step];
    const Vector c = add(y[0], 4.f, y[2 * step]), d = add(all(2.f) * y[step], 8.f, y[3 * step]);
    m[0] = y[0];
    m[m_step] = a + b;
    m[2 * m_step] = a - b;
    m[3 * m_step] = c + d;
    m[4 * m_step] = c - d;
    m[5 * m_step] = y[3 * step];
}

// G: three taps to six frequencies.
static inline void filter_transform(const Vector* g, int step, Vector* u, int u_step) {
    const Vector a = all(-1.f / 6) * (g[0] + g[2 * step]), b = all(-1.f / 6) * g[step];
    const Vector c = add(all(1.f / 24) * g[0], 1.f / 6, g[2 * step]), d = all(1.f / 12) * g[step];
    u[0] = all(0.25f) * g[0];
    u[u_step] = a + b;
    u[2 * u_step] = a - b;
    u[3 * u_step] = c + d;
    u[4 * u_step] = c - d;
    u[5 * u_step] = g[2 * step];
}

// Gᵀ: six frequencies' derivatives to three taps.
static inline void filter_gradient_transform(const Vector* u, int step, Vector* g, int g_step) {
    const Vector a = all(1.f / 6) * (u[step] + u[2 * step]), b = u[3 * step] + u[4 * step];
    g[0] = add(all(0.25f) * u[0] - a, 1.f / 24, b);
    g[g_step] = add(all(1.f / 12) * (u[3 * step] - u[4 * step]), 1.f / 6, u[2 * step] - u[step]);
    g[2 * g_step] = all(1.f / 6) * b - a + u[5 * step];
}

struct Tile {
    int64_t image, row, column;
};

static inline Tile tile(const Images& images, int64_t index) {
    const int64_t columns = images.columns();
    const int64_t each = images.rows() * columns;
    const int64_t within = index % each;
    return {index / each, 4 * (within / columns), 4 * (within % columns)};
}

// The 36 frequencies of the tiles from one on: squares of a side that begin so far before their tile. Frequency f of the
// vector v of channels of tile t goes to transformed + f * apart + where(v, t).
template <int side, int before, void (*transform)(const Vector*, int, Vector*, int), class Where>
static inline void transform_tiles(const float* x, const Images& images, int64_t channels, int64_t from, int64_t tiles,
                                   const float* zeros, float* transformed, int64_t apart, const Where& where) {
    for (int64_t t = 0; t < tiles; ++t) {
        const Tile at = tile(images, from + t);
        const float* const image = x + at.image * images.height * images.width * channels;
        const float* places[side * side];
        for (int i = 0; i < side; ++i) {
            const int64_t row = at.row + i - before;
            const bool inside = row >= 0 && row < images.height;
            for (int j = 0; j < side; ++j) {
                const int64_t column = at.column + j - before;
                places[side * i + j] = inside && column >= 0 && column < images.width ? image + (row * images.width + column) * channels : zeros;
            }
        }
        for (int64_t k = 0; k < channels; k += lanes) {
            const Part part(channels - k);
            Vector half[6 * side], out[6];
            for (int j = 0; j < side; ++j) {
                Vector line[side];
                for (int i = 0; i < side; ++i) {
                    line[i] = load(places[side * i + j] + k, part);
                }
                transform(line, 1, half + j, side);
            }
            float* const place = transformed + where(k / lanes, t);
            for (int i = 0; i < 6; ++i) {
                transform(half + side * i, 1, out, 1);
                for (int j = 0; j < 6; ++j) {
                    store(place + (6 * i + j) * apart, out[j]);
                }
            }
        }
    }
}

// [frequency][tiles][padded channels].
static inline void transform_inputs(const float* x, const Images& images, int64_t from, int64_t tiles, const float* zeros, float* v) {
    const int64_t stride = padded(images.channels);
    transform_tiles<6, 1, input_transform>(x, images, images.channels, from, tiles, zeros, v, tiles * stride,
                                           [=](int64_t vector, int64_t t) { return t * stride + vector * lanes; });
}

// [frequency], packed with a row a tile.
static inline void transform_output_gradients(const float* dy, const Images& images, int64_t channels, int64_t from, int64_t tiles,
                                              const float* zeros, float* m) {
    const int64_t stride = padded(channels), vectors = stride / lanes;
    transform_tiles<4, 0, output_gradient_transform>(dy, images, channels, from, tiles, zeros, m, tiles * stride,
                                                     [=](int64_t vector, int64_t t) { return place(vectors, vector, t, tiles); });
}

static inline void transform_outputs(const float* m, const Images& images, int64_t channels, const float* bias, const float* residual,
                       int64_t from, int64_t tiles, float* y) {
    const int64_t stride = padded(channels);
    for (int64_t t = 0; t < tiles; ++t) {
        const Tile at = tile(images, from + t);
        const int64_t start = ((at.image * images.height + at.row) * images.width + at.column) * channels;
        const int64_t rows = smaller(4, images.height - at.row), columns = smaller(4, images.width - at.column);
        for (int64_t k = 0; k < channels; k += lanes) {
            const Part part(channels - k);
            const Vector shift = bias == nullptr ? zero() : load(bias + k, part);
            Vector half[24];
            const float* const place = m + t * stride + k;
            for (int j = 0; j < 6; ++j) {
                Vector line[6];
                for (int i = 0; i < 6; ++i) {
                    line[i] = load(place + (6 * i + j) * tiles * stride);
                }
                output_transform(line, 1, half + j, 6);
            }
            for (int64_t i = 0; i < rows; ++i) {
                Vector out[4];
                output_transform(half + 6 * i, 1, out, 1);
                const int64_t offset = start + i * images.width * channels + k;
                for (int64_t j = 0; j < columns; ++j) {
                    const Vector value = out[j] + shift;
                    store(y + offset + j * channels, part, residual == nullptr ? value : value + load(residual + offset + j * channels, part));
                }
            }
        }
    }
}

// Tiles at a time: their transformed inputs and products together are to stay in the second-level cache. A multiple of six,
// so that blocks of rows come out even.
static inline int64_t tiles_at_once(int64_t inputs, int64_t outputs) {
    const int64_t each = (padded(inputs) + padded(outputs)) * frequencies * static_cast<int64_t>(sizeof(float));
    const int64_t fit = second_level_cache / 10 * 9 / each / 6 * 6;
    return fit < 12 ? 12 : fit > 48 ? 48 : fit;
}

static inline void filters(const float* w, int64_t outputs, int64_t inputs, bool turned, int64_t from, int64_t to, float* packed) {
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
                g[tap] = load(taps[tap]);
            }
            for (int j = 0; j < 3; ++j) {
                filter_transform(g + j, 3, half + j, 3);
            }
            for (int f = 0; f < 6; ++f) {
                filter_transform(half + 3 * f, 1, u + 6 * f, 1);
            }
            float* out = packed + place(vectors, v, i, k);
            for (int f = 0; f < 36; ++f) {
                store(out + f * size, u[f]);
            }
        }
    }
}

static inline void filters_gradient(const float* u, int64_t copies, int64_t outputs, int64_t inputs, int64_t from, int64_t to, float* w) {
    const int64_t stride = padded(outputs), size = inputs * stride;
    for (int64_t i = from; i < to; ++i) {
        for (int64_t j = 0; j < outputs; j += lanes) {
            Vector in[36], half[18], g[9];
            for (int f = 0; f < 36; ++f) {
                const float* place = u + f * size + i * stride + j;
                in[f] = load(place);
                for (int64_t copy = 1; copy < copies; ++copy) {
                    in[f] = in[f] + load(place + copy * frequencies * size);
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
                store(taps[tap], g[tap]);
            }
            for (int64_t lane = 0; lane < smaller(lanes, outputs - j); ++lane) {
                for (int tap = 0; tap < 9; ++tap) {
                    w[((j + lane) * inputs + i) * 9 + tap] = taps[tap][lane];
                }
            }
        }
    }
}

static inline void clear(float* x, int64_t count) {
    for (int64_t i = 0; i < count; i += lanes) {
        store(x + i, zero());
    }
}

static inline int64_t convolution_scratch(int64_t inputs, int64_t outputs) {
    return frequencies * tiles_at_once(inputs, outputs) * (padded(inputs) + padded(outputs)) + padded(inputs);
}

static inline void convolution(const float* x, const Images& images, const float* packed, int64_t outputs, const float* bias,
                               const float* residual, int64_t from, int64_t to, float* scratch, float* y) {
    const int64_t inputs = images.channels, group = tiles_at_once(inputs, outputs);
    float *const zeros = scratch, *const v = zeros + padded(inputs), *const m = v + frequencies * group * padded(inputs);
    clear(zeros, padded(inputs));
    for (int64_t start = from; start < to; start += group) {
        const int64_t tiles = smaller(group, to - start);
        transform_inputs(x, images, start, tiles, zeros, v);
        for (int64_t f = 0; f < frequencies; ++f) {
            multiply(v + f * tiles * padded(inputs), padded(inputs), 1, packed + f * inputs * padded(outputs), tiles,
                     padded(outputs), inputs, m + f * tiles * padded(outputs), padded(outputs), false, nullptr);
        }
        transform_outputs(m, images, outputs, bias, residual, start, tiles, y);
    }
}

static inline int64_t gradient_scratch(int64_t inputs, int64_t outputs) {
    const int64_t channels = padded(inputs) + padded(outputs);
    return frequencies * tiles_at_once(inputs, outputs) * channels + channels;
}

static inline void convolution_gradient(const float* x, const Images& images, const float* dy, int64_t outputs, int64_t from, int64_t to,
                                        float* scratch, float* u) {
    const int64_t inputs = images.channels, rows = padded(inputs), columns = padded(outputs), group = tiles_at_once(inputs, outputs);
    float *const zeros = scratch, *const v = zeros + rows + columns, *const m = v + frequencies * group * rows;
    clear(zeros, rows + columns);
    for (int64_t start = from; start < to; start += group) {
        const int64_t tiles = smaller(group, to - start);
        transform_inputs(x, images, start, tiles, zeros, v);
        transform_output_gradients(dy, images, outputs, start, tiles, zeros, m);
        for (int64_t f = 0; f < frequencies; ++f) {
            multiply(v + f * tiles * rows, 1, rows, m + f * tiles * columns, inputs, columns, tiles, u + f * inputs * columns, columns,
                     true, nullptr);
        }
    }
}

}  // namespace st::kernels::SCORE_ISA
