// Group normalisation fused with modulation and activation.
#pragma once

#include "vectors.h"

namespace score::kernels::SCORE_ISA {

// The factor and offset of each channel in z = factor x + offset.
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

// The sum of term(pixel) over the pixels, in four independent sums: a single one would wait for each addition.
template <class Term>
static inline Vector sum_over_pixels(int64_t pixels, const Term& term) {
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
    // Two passes, mean then squared deviations: E[x²] - E[x]² would lose precision where the mean is large.
    for (int64_t pass = 0; pass < 2; ++pass) {
        for (int64_t c = 0; c < s.channels; c += lanes) {
            const Part part(s.channels - c);
            const float* const at = x + c;
            if (pass == 0) {
                store(work + c, part, sum_over_pixels(s.pixels, [&](int64_t pixel) { return load(at + pixel * s.channels, part); }));
            } else {
                const Vector centre = load(mean + c, part);
                store(work + c, part, sum_over_pixels(s.pixels, [&](int64_t pixel) {
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

static inline void normalise_backward(const Normalisation& s, const float* x, const float* scale, const float* shift,
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
                dz = dz * silu_derivative(z, sigmoid(z));
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

// Let x̂ be the normalised x, z = a x̂ + b the input of the activation φ, e = a φ'(z) dy, r = 1/deviation and m the mean over a
// group. Then dx = r (e - m(e) - x̂ m(e x̂)), and a cotangent c of dx propagates to
//   e:               f = r (c - m(c) - x̂ m(c x̂)),
//   z, through φ':   h = f a dy φ''(z),
//   x̂:               k = a h - r (c m(e x̂) + e m(c x̂)),
//   x:               r (k - m(k) - x̂ (m(k x̂) + r (m(c e) - m(c) m(e) - m(c x̂) m(e x̂)))).
static inline void normalise_double_backward(const Normalisation& s, const float* x, const float* scale, const float* shift, const float* stats,
                                             const float* dy, const float* c, float* work, float* first, float* second, float* gx, float* gdy) {
    const int64_t each = s.channels / s.groups, stride = padded(s.channels);
    const float count = static_cast<float>(s.pixels * each);
    float *const factor = work, *const offset = work + stride, *const mean = work + 2 * stride, *const inverse = work + 3 * stride;
    // Sums of c, e, c x̂, e x̂ and c e per channel, then their means per group.
    float* const sums = work + 4 * stride;
    coefficients(s, scale, shift, stats, factor, offset);
    for (int64_t channel = 0; channel < s.channels; ++channel) {
        mean[channel] = stats[2 * (channel / each)];
        inverse[channel] = stats[2 * (channel / each) + 1];
    }
    for (int64_t v = 0; v < s.channels; v += lanes) {
        const Part part(s.channels - v);
        const Vector gain = load(factor + v, part), start = load(offset + v, part), weight = gain / load(inverse + v, part);
        const Vector centre = load(mean + v, part), unit = load(inverse + v, part);
        Vector total[5] = {zero(), zero(), zero(), zero(), zero()};
        for (int64_t pixel = 0; pixel < s.pixels; ++pixel) {
            const int64_t at = pixel * s.channels + v;
            const Vector value = load(x + at, part), along = load(c + at, part), normal = (value - centre) * unit;
            Vector e = load(dy + at, part) * weight;
            if (s.activate) {
                const Vector z = fma(value, gain, start);
                e = e * silu_derivative(z, sigmoid(z));
            }
            total[0] += along;
            total[1] += e;
            total[2] = fma(along, normal, total[2]);
            total[3] = fma(e, normal, total[3]);
            total[4] = fma(along, e, total[4]);
        }
        for (int i = 0; i < 5; ++i) {
            store(sums + i * stride + v, part, total[i]);
        }
    }
    for (int64_t g = 0; g < s.groups; ++g) {
        float means[5] = {0, 0, 0, 0, 0};
        for (int i = 0; i < 5; ++i) {
            for (int64_t channel = g * each; channel < (g + 1) * each; ++channel) {
                means[i] += sums[i * stride + channel] / count;
            }
        }
        // The last becomes r (m(c e) - m(c) m(e) - m(c x̂) m(e x̂)), which is added to m(k x̂).
        means[4] = inverse[g * each] * (means[4] - means[0] * means[1] - means[2] * means[3]);
        for (int i = 0; i < 5; ++i) {
            for (int64_t channel = g * each; channel < (g + 1) * each; ++channel) {
                sums[i * stride + channel] = means[i];
            }
        }
    }
    float *const middle = work + 9 * stride, *const moment = work + 10 * stride;
    for (int64_t v = 0; v < s.channels; v += lanes) {
        const Part part(s.channels - v);
        const Vector gain = load(factor + v, part), start = load(offset + v, part), weight = gain / load(inverse + v, part);
        const Vector centre = load(mean + v, part), unit = load(inverse + v, part);
        const Vector mc = load(sums + v, part), mcx = load(sums + 2 * stride + v, part), mex = load(sums + 3 * stride + v, part);
        Vector da = zero(), db = zero(), mk = zero(), mkx = zero();
        for (int64_t pixel = 0; pixel < s.pixels; ++pixel) {
            const int64_t at = pixel * s.channels + v;
            const Vector value = load(x + at, part), along = load(c + at, part), normal = (value - centre) * unit;
            const Vector dz = load(dy + at, part);
            const Vector f = unit * (along - mc - normal * mcx);
            Vector derivative = all(1.f), h = zero();
            if (s.activate) {
                const Vector z = fma(value, gain, start), gate = sigmoid(z);
                derivative = silu_derivative(z, gate);
                h = f * weight * dz * silu_second_derivative(z, gate);
            }
            const Vector k = weight * h - unit * (along * mex + weight * derivative * dz * mcx);
            da += fma(h, normal, f * derivative * dz);
            db += h;
            mk += k;
            mkx = fma(k, normal, mkx);
            store(gx + at, part, k);
            store(gdy + at, part, f * weight * derivative);
        }
        store(first + v, part, db);
        store(second + v, part, da);
        store(middle + v, part, mk);
        store(moment + v, part, mkx);
    }
    for (int64_t g = 0; g < s.groups; ++g) {
        float mk = 0, mkx = 0;
        for (int64_t channel = g * each; channel < (g + 1) * each; ++channel) {
            mk += middle[channel] / count;
            mkx += moment[channel] / count;
        }
        for (int64_t channel = g * each; channel < (g + 1) * each; ++channel) {
            middle[channel] = mk;
            moment[channel] = mkx + sums[4 * stride + channel];
        }
    }
    for (int64_t v = 0; v < s.channels; v += lanes) {
        const Part part(s.channels - v);
        const Vector centre = load(mean + v, part), unit = load(inverse + v, part);
        const Vector mk = load(middle + v, part), mkx = load(moment + v, part);
        for (int64_t pixel = 0; pixel < s.pixels; ++pixel) {
            const int64_t at = pixel * s.channels + v;
            const Vector normal = (load(x + at, part) - centre) * unit;
            store(gx + at, part, unit * (load(gx + at, part) - mk - normal * mkx));
        }
    }
}

}  // namespace score::kernels::SCORE_ISA
