// Vectors of sixteen numbers, and the block of a product of matrices that fits into registers.
#pragma once

#include <immintrin.h>

#include "kernels.h"

namespace st::kernels {

using Vector = __m512;

static inline __mmask16 tail(int64_t count) {
    return count >= lanes ? static_cast<__mmask16>(0xFFFF) : static_cast<__mmask16>((1u << count) - 1);
}

// How many vectors of columns one panel holds, of so many from here on.
static inline int64_t panel_width(int64_t vectors) {
    if (vectors % 4 != 0 && vectors % 3 == 0) {
        return 3;
    }
    return vectors < 4 ? vectors : 4;
}

// c [R, N vectors] (+)= a b, b [k][N vectors] packed.
template <int R, int N>
static inline void block(const float* a, int64_t row, int64_t step, const float* b, int64_t k, float* c, int64_t c_row,
                         bool accumulate, const float* bias, __mmask16 last) {
    Vector sum[R][N];
#pragma GCC unroll 8
    for (int r = 0; r < R; ++r) {
#pragma GCC unroll 4
        for (int v = 0; v < N; ++v) {
            sum[r][v] = bias == nullptr ? _mm512_setzero_ps() : _mm512_maskz_loadu_ps(v == N - 1 ? last : 0xFFFF, bias + v * lanes);
        }
    }
    for (int64_t i = 0; i < k; ++i) {
        Vector right[N];
#pragma GCC unroll 4
        for (int v = 0; v < N; ++v) {
            right[v] = _mm512_loadu_ps(b + v * lanes);
        }
#pragma GCC unroll 8
        for (int r = 0; r < R; ++r) {
            const Vector left = _mm512_set1_ps(a[r * row]);
#pragma GCC unroll 4
            for (int v = 0; v < N; ++v) {
                sum[r][v] = _mm512_fmadd_ps(left, right[v], sum[r][v]);
            }
        }
        a += step;
        b += N * lanes;
    }
#pragma GCC unroll 8
    for (int r = 0; r < R; ++r) {
#pragma GCC unroll 4
        for (int v = 0; v < N; ++v) {
            float* place = c + r * c_row + v * lanes;
            const __mmask16 mask = v == N - 1 ? last : static_cast<__mmask16>(0xFFFF);
            const Vector value = accumulate ? _mm512_add_ps(_mm512_maskz_loadu_ps(mask, place), sum[r][v]) : sum[r][v];
            _mm512_mask_storeu_ps(place, mask, value);
        }
    }
}

// All rows of one panel, as many at a time as registers hold.
template <int N>
static inline void panel(const float* a, int64_t row, int64_t step, const float* b, int64_t m, int64_t k, float* c,
                         int64_t c_row, bool accumulate, const float* bias, __mmask16 last) {
    constexpr int rows = N == 4 ? 6 : 8;
    int64_t i = 0;
    for (; i + rows <= m; i += rows) {
        block<rows, N>(a + i * row, row, step, b, k, c + i * c_row, c_row, accumulate, bias, last);
    }
    a += i * row;
    c += i * c_row;
    switch (m - i) {
        case 1: block<1, N>(a, row, step, b, k, c, c_row, accumulate, bias, last); break;
        case 2: block<2, N>(a, row, step, b, k, c, c_row, accumulate, bias, last); break;
        case 3: block<3, N>(a, row, step, b, k, c, c_row, accumulate, bias, last); break;
        case 4: block<4, N>(a, row, step, b, k, c, c_row, accumulate, bias, last); break;
        case 5: block<5, N>(a, row, step, b, k, c, c_row, accumulate, bias, last); break;
        case 6: block<6, N>(a, row, step, b, k, c, c_row, accumulate, bias, last); break;
        case 7: block<7, N>(a, row, step, b, k, c, c_row, accumulate, bias, last); break;
        default: break;
    }
}

// c [m, n] (+)= a b; columns beyond n are left alone.
static inline void product(const float* a, int64_t row, int64_t step, const float* packed, int64_t m, int64_t n, int64_t k,
                           float* c, int64_t c_row, bool accumulate, const float* bias) {
    const int64_t vectors = padded(n) / lanes;
    for (int64_t v = 0; v < vectors;) {
        const int64_t width = panel_width(vectors - v);
        const float* b = packed + v * lanes * k;
        const float* shift = bias == nullptr ? nullptr : bias + v * lanes;
        const __mmask16 last = tail(n - (v + width - 1) * lanes);
        float* out = c + v * lanes;
        switch (width) {
            case 1: panel<1>(a, row, step, b, m, k, out, c_row, accumulate, shift, last); break;
            case 2: panel<2>(a, row, step, b, m, k, out, c_row, accumulate, shift, last); break;
            case 3: panel<3>(a, row, step, b, m, k, out, c_row, accumulate, shift, last); break;
            default: panel<4>(a, row, step, b, m, k, out, c_row, accumulate, shift, last); break;
        }
        v += width;
    }
}

// Where the vector of columns v of row i lies in a packed matrix of k rows.
static inline int64_t place(int64_t vectors, int64_t v, int64_t i, int64_t k) {
    int64_t start = 0;
    int64_t width = panel_width(vectors);
    while (start + width <= v) {
        start += width;
        width = panel_width(vectors - start);
    }
    return start * lanes * k + (i * width + v - start) * lanes;
}

// exp, to about two units in the last place (the polynomial of Cephes' expf).
static inline Vector exponential(Vector x) {
    x = _mm512_max_ps(_mm512_min_ps(x, _mm512_set1_ps(88.f)), _mm512_set1_ps(-87.f));
    const Vector n = _mm512_roundscale_ps(_mm512_mul_ps(x, _mm512_set1_ps(1.44269504f)), _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    Vector r = _mm512_fnmadd_ps(n, _mm512_set1_ps(0.693359375f), x);
    r = _mm512_fnmadd_ps(n, _mm512_set1_ps(-2.12194440e-4f), r);
    Vector p = _mm512_set1_ps(1.9875691500e-4f);
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(1.3981999507e-3f));
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(8.3334519073e-3f));
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(4.1665795894e-2f));
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(1.6666665459e-1f));
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(5.0000001201e-1f));
    p = _mm512_fmadd_ps(p, _mm512_mul_ps(r, r), _mm512_add_ps(r, _mm512_set1_ps(1.f)));
    return _mm512_scalef_ps(p, n);
}

static inline Vector sigmoid(Vector x) {
    const Vector one = _mm512_set1_ps(1.f);
    return _mm512_div_ps(one, _mm512_add_ps(one, exponential(_mm512_sub_ps(_mm512_setzero_ps(), x))));
}

}  // namespace st::kernels
