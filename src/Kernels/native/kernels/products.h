// Matrix products, in blocks that fit into registers.
#pragma once

#include "vectors.h"

namespace score::kernels::SCORE_ISA {

// The width of the next panel in vectors, where `vectors` are left.
static inline int64_t panel_width(int64_t vectors) {
    if (registers < 32) {
        return vectors < 2 ? vectors : 2;
    }
    if (vectors % 4 != 0 && vectors % 3 == 0) {
        return 3;
    }
    return vectors < 4 ? vectors : 4;
}

// c [R, N vectors] (+)= a b, with b [k][N vectors] of leading dimension ldb. Writes only the first `columns` columns.
template <int R, int N>
static inline void block(const float* a, int64_t row, int64_t step, const float* b, int64_t ldb, int64_t k, float* c, int64_t ldc,
                         bool accumulate, const float* bias, int64_t columns) {
    Vector sum[R][N];
#pragma GCC unroll 8
    for (int r = 0; r < R; ++r) {
        if (accumulate) {
            __builtin_prefetch(c + r * ldc, 1);
        }
#pragma GCC unroll 4
        for (int v = 0; v < N; ++v) {
            sum[r][v] = bias == nullptr ? zero() : load(bias + v * lanes, Part(columns - v * lanes));
        }
    }
    for (int64_t i = 0; i < k; ++i) {
        Vector right[N];
#pragma GCC unroll 4
        for (int v = 0; v < N; ++v) {
            right[v] = load(b + v * lanes);
        }
#pragma GCC unroll 8
        for (int r = 0; r < R; ++r) {
            const Vector left = all(a[r * row]);
#pragma GCC unroll 4
            for (int v = 0; v < N; ++v) {
                sum[r][v] = fma(left, right[v], sum[r][v]);
            }
        }
        a += step;
        b += ldb;
    }
#pragma GCC unroll 4
    for (int v = 0; v < N; ++v) {
        const Part part(columns - v * lanes);
#pragma GCC unroll 8
        for (int r = 0; r < R; ++r) {
            float* const place = c + r * ldc + v * lanes;
            store(place, part, accumulate ? load(place, part) + sum[r][v] : sum[r][v]);
        }
    }
}

// All rows of one panel, in blocks of about equal size that fit into registers. A small block would wait for each fused
// multiply-add.
template <int N>
static inline void panel(const float* a, int64_t row, int64_t step, const float* b, int64_t ldb, int64_t m, int64_t k, float* c,
                         int64_t ldc, bool accumulate, const float* bias, int64_t columns) {
    constexpr int64_t most = registers < 32 || N == 4 ? 6 : 8;
    for (int64_t blocks = (m + most - 1) / most; blocks > 0; --blocks) {
        const int64_t rows = (m + blocks - 1) / blocks;
        switch (rows) {
            case 1: block<1, N>(a, row, step, b, ldb, k, c, ldc, accumulate, bias, columns); break;
            case 2: block<2, N>(a, row, step, b, ldb, k, c, ldc, accumulate, bias, columns); break;
            case 3: block<3, N>(a, row, step, b, ldb, k, c, ldc, accumulate, bias, columns); break;
            case 4: block<4, N>(a, row, step, b, ldb, k, c, ldc, accumulate, bias, columns); break;
            case 5: block<5, N>(a, row, step, b, ldb, k, c, ldc, accumulate, bias, columns); break;
            case 6: block<6, N>(a, row, step, b, ldb, k, c, ldc, accumulate, bias, columns); break;
            case 7: block<most == 8 ? 7 : 1, N>(a, row, step, b, ldb, k, c, ldc, accumulate, bias, columns); break;
            default: block<most == 8 ? 8 : 1, N>(a, row, step, b, ldb, k, c, ldc, accumulate, bias, columns); break;
        }
        a += rows * row;
        c += rows * ldc;
        m -= rows;
    }
}

// The panels of c [m, n] (+)= a b that begin in columns [begin, end). Writes only the first n columns.
static inline void multiply_panels(const float* a, int64_t row, int64_t step, const float* right, int64_t right_ldb, int64_t m, int64_t n,
                                   int64_t k, float* c, int64_t ldc, bool accumulate, const float* bias, int64_t begin, int64_t end) {
    const int64_t vectors = padded(n) / lanes;
    int64_t width = 0;
    for (int64_t v = 0; v * lanes < end; v += width) {
        width = panel_width(vectors - v);
        if (v * lanes < begin) {
            continue;
        }
        const int64_t columns = n - v * lanes;
        const float* const b = right + v * lanes * (right_ldb == 0 ? k : 1);
        const int64_t ldb = right_ldb == 0 ? width * lanes : right_ldb;
        const float* const shift = bias == nullptr ? nullptr : bias + v * lanes;
        float* const out = c + v * lanes;
        switch (width) {
            case 1: panel<1>(a, row, step, b, ldb, m, k, out, ldc, accumulate, shift, columns); break;
            case 2: panel<2>(a, row, step, b, ldb, m, k, out, ldc, accumulate, shift, columns); break;
#if defined(__AVX512F__)
            case 3: panel<3>(a, row, step, b, ldb, m, k, out, ldc, accumulate, shift, columns); break;
            default: panel<4>(a, row, step, b, ldb, m, k, out, ldc, accumulate, shift, columns); break;
#endif
        }
    }
}

// c [m, n] (+)= a b.
static inline void multiply(const float* a, int64_t row, int64_t step, const float* right, int64_t right_ldb, int64_t m, int64_t n,
                            int64_t k, float* c, int64_t ldc, bool accumulate, const float* bias) {
    multiply_panels(a, row, step, right, right_ldb, m, n, k, c, ldc, accumulate, bias, 0, n);
}

// The offset of vector v of row i in a packed matrix of k rows.
static inline int64_t place(int64_t vectors, int64_t v, int64_t i, int64_t k) {
    int64_t start = 0;
    int64_t width = panel_width(vectors);
    while (start + width <= v) {
        start += width;
        width = panel_width(vectors - start);
    }
    return start * lanes * k + (i * width + v - start) * lanes;
}

// Transposes a square of lanes x lanes numbers: row i is at from + i * column, and goes to column i of out, whose rows are `step`
// apart.
static inline void transpose(const float* from, int64_t column, float* out, int64_t step) {
#if defined(__AVX512F__)
    // 4 x 4 blocks are transposed within their quarter of the vectors, then the quarters are exchanged.
    Vector rows[16], pairs[16];
#pragma GCC unroll 16
    for (int i = 0; i < 16; ++i) {
        rows[i] = load(from + i * column);
    }
#pragma GCC unroll 8
    for (int i = 0; i < 16; i += 2) {
        pairs[i] = _mm512_unpacklo_ps(rows[i], rows[i + 1]);
        pairs[i + 1] = _mm512_unpackhi_ps(rows[i], rows[i + 1]);
    }
#pragma GCC unroll 4
    for (int i = 0; i < 16; i += 4) {
        rows[i] = _mm512_shuffle_ps(pairs[i], pairs[i + 2], 0x44);
        rows[i + 1] = _mm512_shuffle_ps(pairs[i], pairs[i + 2], 0xEE);
        rows[i + 2] = _mm512_shuffle_ps(pairs[i + 1], pairs[i + 3], 0x44);
        rows[i + 3] = _mm512_shuffle_ps(pairs[i + 1], pairs[i + 3], 0xEE);
    }
#pragma GCC unroll 4
    for (int i = 0; i < 4; ++i) {
        const Vector even = _mm512_shuffle_f32x4(rows[i], rows[i + 4], 0x88), odd = _mm512_shuffle_f32x4(rows[i], rows[i + 4], 0xDD);
        const Vector even2 = _mm512_shuffle_f32x4(rows[i + 8], rows[i + 12], 0x88), odd2 = _mm512_shuffle_f32x4(rows[i + 8], rows[i + 12], 0xDD);
        store(out + i * step, _mm512_shuffle_f32x4(even, even2, 0x88));
        store(out + (i + 4) * step, _mm512_shuffle_f32x4(odd, odd2, 0x88));
        store(out + (i + 8) * step, _mm512_shuffle_f32x4(even, even2, 0xDD));
        store(out + (i + 12) * step, _mm512_shuffle_f32x4(odd, odd2, 0xDD));
    }
#else
    Vector pairs[8], fours[8];
    for (int i = 0; i < 8; i += 2) {
        const Vector a = load(from + i * column), b = load(from + (i + 1) * column);
        pairs[i] = _mm256_unpacklo_ps(a, b);
        pairs[i + 1] = _mm256_unpackhi_ps(a, b);
    }
    for (int i = 0; i < 8; i += 4) {
        fours[i] = _mm256_shuffle_ps(pairs[i], pairs[i + 2], 0x44);
        fours[i + 1] = _mm256_shuffle_ps(pairs[i], pairs[i + 2], 0xEE);
        fours[i + 2] = _mm256_shuffle_ps(pairs[i + 1], pairs[i + 3], 0x44);
        fours[i + 3] = _mm256_shuffle_ps(pairs[i + 1], pairs[i + 3], 0xEE);
    }
    for (int i = 0; i < 4; ++i) {
        store(out + i * step, _mm256_permute2f128_ps(fours[i], fours[i + 4], 0x20));
        store(out + (i + 4) * step, _mm256_permute2f128_ps(fours[i], fours[i + 4], 0x31));
    }
#endif
}

static inline void pack(const float* b, int64_t k, int64_t n, int64_t row, int64_t column, float* packed) {
    const int64_t vectors = padded(n) / lanes;
    for (int64_t v = 0; v < vectors; ++v) {
        const int64_t count = n - v * lanes;
        const Part part(count);
        const float* const from = b + v * lanes * column;
        float* const out = packed + place(vectors, v, 0, k);
        const int64_t step = k > 1 ? place(vectors, v, 1, k) - place(vectors, v, 0, k) : 0;
        int64_t i = 0;
        if (column == 1) {
            for (; i < k; ++i) {
                store(out + i * step, load(from + i * row, part));
            }
        } else if (row == 1 && count >= lanes) {
            for (; i + lanes <= k; i += lanes) {
                transpose(from + i, column, out + i * step, step);
            }
        }
        for (; i < k; ++i) {
            for (int64_t lane = 0; lane < lanes; ++lane) {
                out[i * step + lane] = lane < count ? from[i * row + lane * column] : 0.f;
            }
        }
    }
}

static inline void column_sums(const float* dy, int64_t rows, int64_t channels, float* sum) {
    for (int64_t c = 0; c < channels; c += lanes) {
        const Part part(channels - c);
        Vector total = load(sum + c, part);
        for (int64_t row = 0; row < rows; ++row) {
            total += load(dy + row * channels + c, part);
        }
        store(sum + c, part, total);
    }
}

}  // namespace score::kernels::SCORE_ISA
