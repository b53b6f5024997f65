// 3 x 3 convolutions with padding 1 by Winograd's minimal filtering (Lavin and Gray 2016). Tiles have 4 x 4 outputs, F(4, 3) in each
// direction; those at the bottom and right edges of an image may have 3 or 2, by F(3, 3) and F(2, 3).
//
// The evaluation points of a direction are 0, 1, -1, infinity, 2 and -2; smaller tiles use the first five or four. Filters are
// transformed for all six with the factors of F(4, 3), and the input transforms of smaller tiles make up for the difference of
// factors. So one matrix product per frequency (i, j) serves all tiles that have it, whatever their size.
#pragma once

#include "products.h"

namespace score::kernels::SCORE_ISA {

// b + factor * a.
static inline Vector add(Vector b, float factor, Vector a) { return fma(all(factor), a, b); }

// The one-dimensional transforms for K points. `step` is the distance between results.
// K inputs to K frequencies.
template <int K>
static inline void input_transform(const Vector* d, Vector* t, int step) {
    if constexpr (K == 6) {
        const Vector a = add(d[4], -4.f, d[2]), b = add(d[3], -4.f, d[1]);
        const Vector c = d[4] - d[2], e = all(2.f) * (d[3] - d[1]);
        t[0] = add(add(d[4], 4.f, d[0]), -5.f, d[2]);
        t[step] = a + b;
        t[2 * step] = a - b;
        t[3 * step] = add(add(d[5], 4.f, d[1]), -5.f, d[3]);
        t[4 * step] = c + e;
        t[5 * step] = c - e;
    } else if constexpr (K == 5) {
        const Vector a = d[3] - d[1];
        t[0] = add(all(2.f) * a, 4.f, d[0] - d[2]);
        t[step] = all(3.f) * add(d[3] - d[2], -2.f, d[1]);
        t[2 * step] = add(add(d[3], -3.f, d[2]), 2.f, d[1]);
        t[3 * step] = add(d[4] - d[2], -2.f, a);
        t[4 * step] = all(4.f) * a;
    } else {
        t[0] = all(4.f) * (d[0] - d[2]);
        t[step] = all(-3.f) * (d[1] + d[2]);
        t[2 * step] = all(3.f) * (d[1] - d[2]);
        t[3 * step] = d[3] - d[1];
    }
}

// K frequencies to K - 2 outputs.
template <int K>
static inline void output_transform(const Vector* m, Vector* y, int step) {
    const Vector a = m[1] + m[2], b = m[1] - m[2];
    if constexpr (K == 6) {
        const Vector c = m[4] + m[5], d = m[4] - m[5];
        y[0] = m[0] + a + c;
        y[step] = add(b, 2.f, d);
        y[2 * step] = add(a, 4.f, c);
        y[3 * step] = add(b, 8.f, d) + m[3];
    } else if constexpr (K == 5) {
        y[0] = m[0] + a + m[4];
        y[step] = add(b, 2.f, m[4]);
        y[2 * step] = add(a, 4.f, m[4]) + m[3];
    } else {
        y[0] = m[0] + a;
        y[step] = b + m[3];
    }
}

// The gradients of K - 2 outputs to K frequencies.
template <int K>
static inline void output_gradient_transform(const Vector* y, Vector* m, int step) {
    m[0] = y[0];
    m[3 * step] = y[K - 3];
    if constexpr (K == 6) {
        const Vector a = y[0] + y[2], b = y[1] + y[3];
        const Vector c = add(y[0], 4.f, y[2]), d = add(all(2.f) * y[1], 8.f, y[3]);
        m[step] = a + b;
        m[2 * step] = a - b;
        m[4 * step] = c + d;
        m[5 * step] = c - d;
    } else if constexpr (K == 5) {
        const Vector a = y[0] + y[2];
        m[step] = a + y[1];
        m[2 * step] = a - y[1];
        m[4 * step] = add(add(y[0], 2.f, y[1]), 4.f, y[2]);
    } else {
        m[step] = y[0] + y[1];
        m[2 * step] = y[0] - y[1];
    }
}

// Three taps at distance `step` to six frequencies.
static inline void filter_transform(const Vector* g, int step, Vector* u, int u_step) {
    const Vector a = all(-1.f / 6) * (g[0] + g[2 * step]), b = all(-1.f / 6) * g[step];
    const Vector c = add(all(1.f / 24) * g[0], 1.f / 6, g[2 * step]), d = all(1.f / 12) * g[step];
    u[0] = all(0.25f) * g[0];
    u[u_step] = a + b;
    u[2 * u_step] = a - b;
    u[3 * u_step] = g[2 * step];
    u[4 * u_step] = c + d;
    u[5 * u_step] = c - d;
}

// The gradients of six frequencies at distance `step` to three taps.
static inline void filter_gradient_transform(const Vector* u, int step, Vector* g, int g_step) {
    const Vector a = all(1.f / 6) * (u[step] + u[2 * step]), b = u[4 * step] + u[5 * step];
    g[0] = add(all(0.25f) * u[0] - a, 1.f / 24, b);
    g[g_step] = add(all(1.f / 12) * (u[4 * step] - u[5 * step]), 1.f / 6, u[2 * step] - u[step]);
    g[2 * g_step] = all(1.f / 6) * b - a + u[3 * step];
}

// The position of a tile, and its number of points in each direction.
struct Tile {
    int64_t image, row, column;
    int rows, columns;
};

static inline int points(int64_t outputs_left) { return outputs_left >= 4 ? 6 : outputs_left == 3 ? 5 : 4; }

static inline Tile tile(const Images& images, int64_t index) {
    const int64_t across = images.columns(), each = images.rows() * across, within = index % each;
    const int64_t row = 4 * (within / across), column = 4 * (within % across);
    return {index / each, row, column, points(images.height - row), points(images.width - column)};
}

// The number of tiles that have each frequency. All tiles have the first four of a direction.
struct FrequencyCounts {
    int64_t counts[3][3] = {};

    static int level(int i) { return i < 4 ? 0 : i - 3; }

    int64_t of(int i, int j) const { return counts[level(i)][level(j)]; }

    void add(const Tile& tile) {
        for (int i = 0; i <= tile.rows - 4; ++i) {
            for (int j = 0; j <= tile.columns - 4; ++j) {
                ++counts[i][j];
            }
        }
    }
};

static inline FrequencyCounts count_frequencies(const Images& images, int64_t from, int64_t tiles) {
    FrequencyCounts result;
    for (int64_t t = 0; t < tiles; ++t) {
        result.add(tile(images, from + t));
    }
    return result;
}

// Calls work.run<R, C>() with a tile's numbers of points.
template <int R, class Work>
static inline void dispatch_columns(int columns, const Work& work) {
    switch (columns) {
        case 4: work.template run<R, 4>(); break;
        case 5: work.template run<R, 5>(); break;
        default: work.template run<R, 6>(); break;
    }
}

template <class Work>
static inline void dispatch_points(const Tile& tile, const Work& work) {
    switch (tile.rows) {
        case 4: dispatch_columns<4>(tile.columns, work); break;
        case 5: dispatch_columns<5>(tile.columns, work); break;
        default: dispatch_columns<6>(tile.columns, work); break;
    }
}

// Transforms one tile to frequencies: its inputs to [frequency][tiles that have it][padded channels], or the gradients of its
// outputs to [frequency][packed matrix with a row per tile that has it]. `before` counts the tiles that precede this one, all_tiles
// those of the block.
template <bool inputs>
struct TileTransform {
    const float* x;
    const Images& images;
    int64_t channels;
    const Tile& at;
    const FrequencyCounts &before, &all_tiles;
    const float* zeros;
    float* transformed;
    int64_t frequency_stride;

    template <int R, int C>
    void run() const {
        constexpr int height = inputs ? R : R - 2, width = inputs ? C : C - 2, margin = inputs ? 1 : 0;
        const float* const image = x + at.image * images.height * images.width * channels;
        const float* places[height * width];
        for (int i = 0; i < height; ++i) {
            const int64_t row = at.row + i - margin;
            const bool inside = row >= 0 && row < images.height;
            for (int j = 0; j < width; ++j) {
                const int64_t column = at.column + j - margin;
                places[width * i + j] = inside && column >= 0 && column < images.width ? image + (row * images.width + column) * channels : zeros;
            }
        }
        const int64_t stride = padded(channels), vectors = stride / lanes;
        int64_t panel = 0, panel_vectors = panel_width(vectors);
        for (int64_t v = 0; v * lanes < channels; ++v) {
            const Part part(channels - v * lanes);
            Vector half[R * width];
#pragma GCC unroll 6
            for (int j = 0; j < width; ++j) {
                Vector line[height];
#pragma GCC unroll 6
                for (int i = 0; i < height; ++i) {
                    line[i] = load(places[width * i + j] + v * lanes, part);
                }
                if constexpr (inputs) {
                    input_transform<R>(line, half + j, width);
                } else {
                    output_gradient_transform<R>(line, half + j, width);
                }
            }
            if (v == panel + panel_vectors) {
                panel = v;
                panel_vectors = panel_width(vectors - v);
            }
            float* to[3][3];
            for (int i = 0; i < 3; ++i) {
                for (int j = 0; j < 3; ++j) {
                    const int64_t row = before.counts[i][j];
                    to[i][j] = transformed + (inputs ? row * stride + v * lanes
                                                     : (panel * all_tiles.counts[i][j] + row * panel_vectors + v - panel) * lanes);
                }
            }
#pragma GCC unroll 6
            for (int i = 0; i < R; ++i) {
                Vector out[C];
                if constexpr (inputs) {
                    input_transform<C>(half + width * i, out, 1);
                } else {
                    output_gradient_transform<C>(half + width * i, out, 1);
                }
#pragma GCC unroll 6
                for (int j = 0; j < C; ++j) {
                    store(to[FrequencyCounts::level(i)][FrequencyCounts::level(j)] + (6 * i + j) * frequency_stride, out[j]);
                }
            }
        }
    }
};

template <bool inputs>
static inline void transform_tiles(const float* x, const Images& images, int64_t channels, const FrequencyCounts& all_tiles, int64_t from,
                                   int64_t tiles, const float* zeros, float* transformed) {
    FrequencyCounts before;
    for (int64_t t = 0; t < tiles; ++t) {
        const Tile at = tile(images, from + t);
        dispatch_points(at, TileTransform<inputs>{x, images, channels, at, before, all_tiles, zeros, transformed, tiles * padded(channels)});
        before.add(at);
    }
}

// Transforms [frequency][tiles that have it][padded channels] to the outputs of one tile, which `before` tiles precede.
struct OutputTransform {
    const float* m;
    int64_t frequency_stride;
    const Images& images;
    int64_t channels;
    const Tile& at;
    const FrequencyCounts& before;
    const float *bias, *residual;
    float* y;

    template <int R, int C>
    void run() const {
        const int64_t start = ((at.image * images.height + at.row) * images.width + at.column) * channels;
        const int64_t rows = smaller(R - 2, images.height - at.row), columns = smaller(C - 2, images.width - at.column);
        const float* from[3][3];
        for (int i = 0; i < 3; ++i) {
            for (int j = 0; j < 3; ++j) {
                from[i][j] = m + before.counts[i][j] * padded(channels);
            }
        }
        for (int64_t k = 0; k < channels; k += lanes) {
            const Part part(channels - k);
            const Vector shift = bias == nullptr ? zero() : load(bias + k, part);
            Vector half[(R - 2) * C];
#pragma GCC unroll 6
            for (int j = 0; j < C; ++j) {
                Vector line[R];
#pragma GCC unroll 6
                for (int i = 0; i < R; ++i) {
                    line[i] = load(from[FrequencyCounts::level(i)][FrequencyCounts::level(j)] + (6 * i + j) * frequency_stride + k);
                }
                output_transform<R>(line, half + j, C);
            }
            for (int64_t i = 0; i < rows; ++i) {
                Vector out[C - 2];
                output_transform<C>(half + C * i, out, 1);
                const int64_t offset = start + i * images.width * channels + k;
                for (int64_t j = 0; j < columns; ++j) {
                    const Vector value = out[j] + shift;
                    store(y + offset + j * channels, part, residual == nullptr ? value : value + load(residual + offset + j * channels, part));
                }
            }
        }
    }
};

static inline void transform_outputs(const float* m, const Images& images, int64_t channels, const float* bias, const float* residual,
                                     int64_t from, int64_t tiles, float* y) {
    FrequencyCounts before;
    for (int64_t t = 0; t < tiles; ++t) {
        const Tile at = tile(images, from + t);
        dispatch_points(at, OutputTransform{m, tiles * padded(channels), images, channels, at, before, bias, residual, y});
        before.add(at);
    }
}

// Tiles per block: their transformed inputs and products fit into the second-level cache.
static inline int64_t tile_block(int64_t inputs, int64_t outputs) {
    const int64_t each = (padded(inputs) + padded(outputs)) * frequencies * static_cast<int64_t>(sizeof(float));
    const int64_t fit = l2_cache_bytes / 10 * 9 / each / 6 * 6;
    return fit < 12 ? 12 : fit > 48 ? 48 : fit;
}

static inline void transform_filters(const float* w, int64_t outputs, int64_t inputs, bool transposed, int64_t from, int64_t to, float* packed) {
    const int64_t k = transposed ? outputs : inputs, n = transposed ? inputs : outputs;
    const int64_t vectors = padded(n) / lanes, size = k * padded(n);
    for (int64_t i = from; i < to; ++i) {
        for (int64_t v = 0; v < vectors; ++v) {
            const int64_t first = v * lanes;
            const float* const filter = w + (transposed ? i * inputs + first : first * inputs + i) * 9;
            Vector g[9], half[18], u[36];
            for (int tap = 0; tap < 9; ++tap) {
                g[tap] = gather(filter + (transposed ? 8 - tap : tap), static_cast<int>(transposed ? 9 : 9 * inputs), Part(n - first));
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

static inline void transform_filters_backward(const float* u, int64_t copies, int64_t outputs, int64_t inputs, int64_t from, int64_t to, float* w) {
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
    return frequencies * tile_block(inputs, outputs) * (padded(inputs) + padded(outputs)) + padded(inputs);
}

static inline void convolution(const float* x, const Images& images, const float* packed, int64_t outputs, const float* bias,
                               const float* residual, int64_t from, int64_t to, float* scratch, float* y) {
    const int64_t inputs = images.channels, rows = padded(inputs), columns = padded(outputs), group = tile_block(inputs, outputs);
    float *const zeros = scratch, *const v = zeros + rows, *const m = v + frequencies * group * rows;
    clear(zeros, rows);
    for (int64_t start = from; start < to; start += group) {
        const int64_t tiles = smaller(group, to - start);
        const FrequencyCounts counts = count_frequencies(images, start, tiles);
        transform_tiles<true>(x, images, inputs, counts, start, tiles, zeros, v);
        for (int f = 0; f < frequencies; ++f) {
            multiply(v + f * tiles * rows, rows, 1, packed + f * inputs * columns, 0, counts.of(f / 6, f % 6), columns, inputs,
                     m + f * tiles * columns, columns, false, nullptr);
        }
        transform_outputs(m, images, outputs, bias, residual, start, tiles, y);
    }
}

static inline int64_t weight_gradient_scratch(int64_t inputs, int64_t outputs) {
    const int64_t channels = padded(inputs) + padded(outputs);
    return frequencies * tile_block(inputs, outputs) * channels + channels;
}

static inline void convolution_weight_gradient(const float* x, const Images& images, const float* dy, int64_t outputs, int64_t from, int64_t to,
                                               float* scratch, float* u) {
    const int64_t inputs = images.channels, rows = padded(inputs), columns = padded(outputs), group = tile_block(inputs, outputs);
    float *const zeros = scratch, *const v = zeros + rows + columns, *const m = v + frequencies * group * rows;
    clear(zeros, rows + columns);
    for (int64_t start = from; start < to; start += group) {
        const int64_t tiles = smaller(group, to - start);
        const FrequencyCounts counts = count_frequencies(images, start, tiles);
        transform_tiles<true>(x, images, inputs, counts, start, tiles, zeros, v);
        transform_tiles<false>(dy, images, outputs, counts, start, tiles, zeros, m);
        for (int f = 0; f < frequencies; ++f) {
            multiply(v + f * tiles * rows, 1, rows, m + f * tiles * columns, 0, inputs, columns, counts.of(f / 6, f % 6), u + f * inputs * columns,
                     columns, start > from, nullptr);
        }
    }
}

}  // namespace score::kernels::SCORE_ISA
