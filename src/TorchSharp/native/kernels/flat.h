// Passes over flat vectors: activations, modulations and the optimiser's step.
#pragma once

#include "vectors.h"

namespace st::kernels::SCORE_ISA {

static inline void silu(const float* x, int64_t count, float* y) {
    for (int64_t i = 0; i < count; i += lanes) {
        const Part part(count - i);
        const Vector value = load(x + i, part);
        store(y + i, part, value * sigmoid(value));
    }
}

static inline void silu_gradient(const float* x, const float* dy, int64_t count, float* dx) {
    for (int64_t i = 0; i < count; i += lanes) {
        const Part part(count - i);
        const Vector value = load(x + i, part);
        store(dx + i, part, load(dy + i, part) * silu_slope(value, sigmoid(value)));
    }
}

static inline void modulate(const float* x, const float* scale, const float* shift, int64_t count, float* y) {
    for (int64_t i = 0; i < count; i += lanes) {
        const Part part(count - i);
        const Vector value = load(x + i, part);
        const Vector z = fma(value, load(scale + i, part), value) + load(shift + i, part);
        store(y + i, part, z * sigmoid(z));
    }
}

static inline void modulate_gradient(const float* x, const float* scale, const float* shift, const float* dy, int64_t count,
                                     float* dx, float* dscale, float* dshift) {
    for (int64_t i = 0; i < count; i += lanes) {
        const Part part(count - i);
        const Vector value = load(x + i, part), gain = load(scale + i, part) + all(1.f);
        const Vector z = fma(value, gain, load(shift + i, part));
        const Vector dz = load(dy + i, part) * silu_slope(z, sigmoid(z));
        store(dx + i, part, dz * gain);
        store(dscale + i, part, dz * value);
        store(dshift + i, part, dz);
    }
}

static inline void modulate_slope(const float* x, const float* scale, const float* shift, const float* dy, int64_t count, float* dx) {
    for (int64_t i = 0; i < count; i += lanes) {
        const Part part(count - i);
        const Vector gain = load(scale + i, part) + all(1.f);
        const Vector z = fma(load(x + i, part), gain, load(shift + i, part));
        store(dx + i, part, load(dy + i, part) * gain * silu_slope(z, sigmoid(z)));
    }
}

static inline void modulate_slope_gradient(const float* x, const float* scale, const float* shift, const float* dy, const float* c,
                                           int64_t count, float* gx, float* gscale, float* gshift, float* gdy) {
    for (int64_t i = 0; i < count; i += lanes) {
        const Part part(count - i);
        const Vector value = load(x + i, part), gain = load(scale + i, part) + all(1.f);
        const Vector z = fma(value, gain, load(shift + i, part)), gate = sigmoid(z);
        const Vector slope = silu_slope(z, gate), along = load(c + i, part), dz = load(dy + i, part);
        const Vector bend = along * dz * gain * silu_bend(z, gate);
        store(gx + i, part, bend * gain);
        store(gscale + i, part, fma(bend, value, along * dz * slope));
        store(gshift + i, part, bend);
        store(gdy + i, part, along * gain * slope);
    }
}

static inline double sum_of_squares(const float* x, int64_t count) {
    double sums[4] = {0, 0, 0, 0};
    int64_t i = 0;
    for (; i + 4 <= count; i += 4) {
        for (int j = 0; j < 4; ++j) {
            sums[j] += static_cast<double>(x[i + j]) * x[i + j];
        }
    }
    for (; i < count; ++i) {
        sums[0] += static_cast<double>(x[i]) * x[i];
    }
    return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

static inline void adam(const AdamStep& s, const float* parameters, const float* gradient, const float* m, const float* v,
                        int64_t from, int64_t to, float* delta, float* m_out, float* v_out) {
    for (int64_t i = from; i < to; i += lanes) {
        const Part part(to - i);
        const Vector g = load(gradient + i, part);
        const Vector first = fma(load(m + i, part), all(s.beta1), g * all(s.rest1));
        const Vector second = fma(load(v + i, part), all(s.beta2), g * g * all(s.rest2));
        const Vector deviation = root(second * all(s.correction2)) + all(s.epsilon);
        const Vector direction = first / deviation * all(s.correction1);
        store(delta + i, part, fma(load(parameters + i, part), all(s.decay), direction) * all(-s.rate));
        store(m_out + i, part, first);
        store(v_out + i, part, second);
    }
}

static inline void mix(const float* x, const float* y, float a, float b, int64_t from, int64_t to, float* sum) {
    for (int64_t i = from; i < to; i += lanes) {
        const Part part(to - i);
        store(sum + i, part, fma(load(x + i, part), all(a), load(y + i, part) * all(b)));
    }
}

}  // namespace st::kernels::SCORE_ISA
