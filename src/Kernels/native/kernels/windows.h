// im2col and col2im.
#pragma once

#include "vectors.h"

namespace score::kernels::SCORE_ISA {

static inline void unfold(const float* x, const Images& images, const Window& window, int64_t image, float* columns) {
    const int64_t c = images.channels, taps = window.size * window.size;
    const int64_t height = window.output_size(images.height), width = window.output_size(images.width);
    x += image * images.height * images.width * c;
    columns += image * height * width * taps * c;
    for (int64_t place = 0; place < height * width * taps; ++place) {
        const int64_t tap = place % taps, at = place / taps;
        const int64_t row = at / width * window.stride + tap / window.size - window.padding;
        const int64_t column = at % width * window.stride + tap % window.size - window.padding;
        const bool inside = row >= 0 && row < images.height && column >= 0 && column < images.width;
        for (int64_t k = 0; k < c; k += lanes) {
            const Part part(c - k);
            store(columns + place * c + k, part, inside ? load(x + (row * images.width + column) * c + k, part) : zero());
        }
    }
}

static inline void fold(const float* columns, const Images& images, const Window& window, int64_t image, float* x) {
    const int64_t c = images.channels, taps = window.size * window.size, count = images.height * images.width * c;
    const int64_t height = window.output_size(images.height), width = window.output_size(images.width);
    x += image * count;
    columns += image * height * width * taps * c;
    for (int64_t i = 0; i < count; i += lanes) {
        store(x + i, Part(count - i), zero());
    }
    for (int64_t place = 0; place < height * width * taps; ++place) {
        const int64_t tap = place % taps, at = place / taps;
        const int64_t row = at / width * window.stride + tap / window.size - window.padding;
        const int64_t column = at % width * window.stride + tap % window.size - window.padding;
        if (row < 0 || row >= images.height || column < 0 || column >= images.width) {
            continue;
        }
        float* const out = x + (row * images.width + column) * c;
        for (int64_t k = 0; k < c; k += lanes) {
            const Part part(c - k);
            store(out + k, part, load(out + k, part) + load(columns + place * c + k, part));
        }
    }
}

}  // namespace score::kernels::SCORE_ISA
