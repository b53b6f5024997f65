// Group normalisation with the modulation and activation that follow it.
#pragma once

#include "vectors.h"

namespace st::kernels::SCORE_ISA {

// factor and offset of each channel: z = factor x + offset.
static inline void coefficients(const Normalisation& s, const float* scale, const float* shift, const float* stats, float* factor, float* offset) {
    const int64_t each = s.channels / s.groups;
    for (int64_t c = 0; c < s.channels; ++c) {
        const float mean = stats[2 * (c / each)], inverse = stats[2 * (c / each) + 1];
        const float gain = scale == nullptr ? 1.f : 1.f + scale[c];
        const float weight = (s.weight == nullptr ? 1.f : s.weight[c]) * gain;
        factor[c] = weight * inverse;
        offset[c] = (s.bias == nullptr ? 0.f : s.bias[c] * gain) + (shift == nullptr ? 0.f : shift[c]) - weight * inverse * mean;
    }
}

// Sums of term(pixel) over the pixels, by four sums of every fourth: an addition waits for the one before.
template <class Term>
static inline Vector over_pixels(int64_t pixels, const Term& term) {
    Vector sums[4] = {zero(), zero(), zero(), zero()};
    int64_t i = 0;
    for (; i + 4 <= pixels; i += 4) {
#pragma GCC unroll 4
        for (int j = 0; j < 4; ++j) {
            sums[j] += term(i + j);
        }
    }
    for (; i < pixels; ++i) {
        sums[0] += term(i);
    }
    return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

static inline void statistics(const Normalisation& s, const float* x, float* work, float* stats) {
    const int64_t each = s.channels / s.groups;
    const float count = static_cast<float>(s.pixels * each);
    float* const mean = work + padded(s.channels);
    // Mean, then squares about it: the difference of two sums would lose what a large mean leaves.
    for (int64_t pass = 0; pass < 2; ++pass) {
        for (int64_t c = 0; c < s.channels; c += lanes) {
            const Part part(s.channels - c);
            const float* const at = x + c;
            if (pass == 0) {
                store(work + c, part, over_pixels(s.pixels, [&](int64_t pixel) { return load(at + pixel * s.channels, part); }));
            } else {
                const Vector centre = load(mean + c, part);
                store(work + c, part, over_pixels(s.pixels, [&](int64_t pixel) {
                    const Vector value = load(at + pixel * s.channels, part) - centre;
                    return value * value;
                }));
            }
        }
        for (int64_t g = 0; g < s.groups; ++g) {
            float sum = 0;
            for (int64_t c = g * each; c < (g + 1) * each; ++c) {
                sum += work[c];
            }
            if (pass == 0) {
                stats[2 * g] = sum / count;
                for (int64_t c = g * each; c < (g + 1) * each; ++c) {
                    mean[c] = sum / count;
                }
            } else {
                stats[2 * g + 1] = 1.f / __builtin_sqrtf(sum / count + s.epsilon);
            }
        }
    }
}

static inline void normalise(const Normalisation& s, const float* x, const float* scale, const float* shift, float* stats,
                             float* work, float* y) {
    statistics(s, x, work, stats);
    float *const factor = work, *const offset = work + padded(s.channels);
    coefficients(s, scale, shift, stats, factor, offset);
    for (int64_t c = 0; c < s.channels; c += lanes) {
        const Part part(s.channels - c);
        const Vector gain = load(factor + c, part), start = load(offset + c, part);
        for (int64_t pixel = 0; pixel < s.pixels; ++pixel) {
            const int64_t at = pixel * s.channels + c;
            const Vector z = fma(load(x + at, part), gain, start);
            store(y + at, part, s.activate ? z * sigmoid(z) : z);
        }
    }
}

static inline void normalise_gradient(const Normalisation& s, const float* x, const float* scale, const float* shift,
                                      const float* stats, const float* dy, float* work, float* first, float* second, float* dx) {
    const int64_t each = s.channels / s.groups, stride = padded(s.channels);
    float *const factor = work, *const offset = work + stride, *const mean = work + 2 * stride, *const inverse = work + 3 * stride;
    float *const slope = work + 4 * stride, *const level = work + 5 * stride;
    coefficients(s, scale, shift, stats, factor, offset);
    for (int64_t c = 0; c < s.channels; ++c) {
        mean[c] = stats[2 * (c / each)];
        inverse[c] = stats[2 * (c / each) + 1];
    }
    for (int64_t c = 0; c < s.channels; c += lanes) {
        const Part part(s.channels - c);
        const Vector gain = load(factor + c, part), start = load(offset + c, part);
        const Vector centre = load(mean + c, part), unit = load(inverse + c, part);
        Vector sum = zero(), moment = sum;
        for (int64_t pixel = 0; pixel < s.pixels; ++pixel) {
            const int64_t at = pixel * s.channels + c;
            const Vector value = load(x + at, part);
            Vector dz = load(dy + at, part);
            if (s.activate) {
                const Vector z = fma(value, gain, start);
                dz = dz * silu_slope(z, sigmoid(z));
                store(dx + at, part, dz);
            }
            sum += dz;
            moment = fma(dz, (value - centre) * unit, moment);
        }
        store(first + c, part, sum);
        store(second + c, part, moment);
    }
    // dx = (w dz - mean(w dz) - x̂ mean(w dz x̂)) / deviation = factor dz - slope x - level.
    for (int64_t g = 0; g < s.groups; ++g) {
        float sum = 0, moment = 0;
        for (int64_t c = g * each; c < (g + 1) * each; ++c) {
            const float weight = factor[c] / inverse[c];
            sum += weight * first[c];
            moment += weight * second[c];
        }
        const float count = static_cast<float>(s.pixels * each);
        for (int64_t c = g * each; c < (g + 1) * each; ++c) {
            slope[c] = moment / count * inverse[c] * inverse[c];
            level[c] = sum / count * inverse[c] - slope[c] * mean[c];
        }
    }
    const float* const dz = s.activate ? dx : dy;
    for (int64_t c = 0; c < s.channels; c += lanes) {
        const Part part(s.channels - c);
        const Vector gain = load(factor + c, part), constant = load(level + c, part), tilt = load(slope + c, part);
        for (int64_t pixel = 0; pixel < s.pixels; ++pixel) {
            const int64_t at = pixel * s.channels + c;
            store(dx + at, part, fnma(tilt, load(x + at, part), fms(load(dz + at, part), gain, constant)));
        }
    }
}

}  // namespace st::kernels::SCORE_ISA
