// Element-wise kernels: activations, modulations and fused formulas.
#pragma once

#include "vectors.h"

namespace score::kernels::SCORE_ISA {

static inline void silu(const float* x, int64_t count, float* y) {
    for (int64_t i = 0; i < count; i += lanes) {
        const Part part(count - i);
        const Vector value = load(x + i, part);
        store(y + i, part, value * sigmoid(value));
    }
}

static inline void silu_backward(const float* x, const float* dy, int64_t count, float* dx) {
    for (int64_t i = 0; i < count; i += lanes) {
        const Part part(count - i);
        const Vector value = load(x + i, part);
        store(dx + i, part, load(dy + i, part) * silu_derivative(value, sigmoid(value)));
    }
}

// Calls each(index in x, index in the gradients of scale and shift, part, 1 + scale, shift) for every vector of a modulation.
template <class Each>
static inline void for_each_modulated(const Modulation& m, const Each& each) {
    for (int64_t row = 0; row < m.rows; ++row) {
        for (int64_t j = 0; j < m.columns; j += lanes) {
            const Part part(m.columns - j);
            each(row * m.columns + j, row * m.gradient_stride + j, part, load(m.scale + row * m.scale_stride + j, part) + all(1.f),
                 load(m.shift + row * m.shift_stride + j, part));
        }
    }
}

static inline void modulate(const Modulation& m, const float* x, float* y) {
    for_each_modulated(m, [=](int64_t at, int64_t, Part part, Vector gain, Vector shift) {
        const Vector z = fma(load(x + at, part), gain, shift);
        store(y + at, part, z * sigmoid(z));
    });
}

static inline void modulate_backward(const Modulation& m, const float* x, const float* dy, float* dx, float* dscale, float* dshift) {
    for_each_modulated(m, [=](int64_t at, int64_t to, Part part, Vector gain, Vector shift) {
        const Vector value = load(x + at, part), z = fma(value, gain, shift);
        const Vector dz = load(dy + at, part) * silu_derivative(z, sigmoid(z));
        store(dx + at, part, dz * gain);
        store(dscale + to, part, dz * value);
        store(dshift + to, part, dz);
    });
}

static inline void modulate_vjp(const Modulation& m, const float* x, const float* dy, float* dx) {
    for_each_modulated(m, [=](int64_t at, int64_t, Part part, Vector gain, Vector shift) {
        const Vector z = fma(load(x + at, part), gain, shift);
        store(dx + at, part, load(dy + at, part) * gain * silu_derivative(z, sigmoid(z)));
    });
}

static inline void modulate_double_backward(const Modulation& m, const float* x, const float* dy, const float* c, float* gx,
                                            float* gscale, float* gshift, float* gdy) {
    for_each_modulated(m, [=](int64_t at, int64_t to, Part part, Vector gain, Vector shift) {
        const Vector value = load(x + at, part), z = fma(value, gain, shift), gate = sigmoid(z);
        const Vector derivative = silu_derivative(z, gate), along = load(c + at, part), dz = load(dy + at, part);
        const Vector gz = along * dz * gain * silu_second_derivative(z, gate);
        store(gx + at, part, gz * gain);
        store(gscale + to, part, fma(gz, value, along * dz * derivative));
        store(gshift + to, part, gz);
        store(gdy + at, part, along * gain * derivative);
    });
}

// Cosine and sine of x: x is reduced modulo 2π, the Taylor series of the half angle is summed to float precision, and the
// double-angle formulas follow.
static inline void cos_sin(Vector x, Vector* cosine, Vector* sine) {
    const Vector turns = nearest(x * all(0.159154943f));
    // π is split in two; the first part has few enough digits that its multiples are exact.
    const Vector r = fnma(turns, all(9.67653589793e-4f), fnma(turns, all(3.140625f), x * all(0.5f)));
    const Vector square = r * r;
    Vector s = all(1.6059043837e-10f), c = all(2.0876756988e-9f);
    s = fma(s, square, all(-2.5052108385e-8f));
    s = fma(s, square, all(2.7557319224e-6f));
    s = fma(s, square, all(-1.9841269841e-4f));
    s = fma(s, square, all(8.3333333333e-3f));
    s = fma(s, square, all(-1.6666666667e-1f));
    s = fma(s * square, r, r);
    c = fma(c, square, all(-2.7557319224e-7f));
    c = fma(c, square, all(2.4801587302e-5f));
    c = fma(c, square, all(-1.3888888889e-3f));
    c = fma(c, square, all(4.1666666667e-2f));
    c = fma(c, square, all(-0.5f));
    c = fma(c, square, all(1.f));
    *cosine = fnma(s * all(2.f), s, all(1.f));
    *sine = s * c * all(2.f);
}

static inline void fourier(const float* x, int64_t rows, const float* rates, int64_t count, float* features) {
    for (int64_t i = 0; i < rows; ++i, features += 2 * count) {
        for (int64_t j = 0; j < count; j += lanes) {
            const Part part(count - j);
            Vector cosine, sine;
            cos_sin(load(rates + j, part) * all(x[i]), &cosine, &sine);
            store(features + j, part, cosine);
            store(features + count + j, part, sine);
        }
    }
}

// The operations of a formula; Formula.cs uses the same numbers.
enum Operation : int32_t { sum, difference, product, quotient, square_root, multiple, offset };

template <class Each>
static inline void for_each_vector(int64_t count, float* to, const Each& each) {
    int64_t i = 0;
    for (; i + lanes <= count; i += lanes) {
        store(to + i, each(i, Whole()));
    }
    if (i < count) {
        const Part part(count - i);
        store(to + i, part, each(i, part));
    }
}

// Denormal numbers count as zero. They vanish in the sums of a formula, but each costs a hundred cycles, and the moments of
// parameters that no longer change are full of them.
static inline void formula(const Instruction* instructions, int64_t length, const float* const* inputs, int64_t inputs_count,
                           float* const* results, int64_t count, float* scratch) {
    constexpr unsigned flush_to_zero = 0x8000, denormals_are_zero = 0x40;
    const unsigned before = _mm_getcsr();
    _mm_setcsr(before | flush_to_zero | denormals_are_zero);
    for (int64_t from = 0; from < count; from += formula_block) {
        const int64_t some = smaller(formula_block, count - from);
        const auto made = [&](int64_t instruction) {
            return results[instruction] == nullptr ? scratch + instruction * formula_block : results[instruction] + from;
        };
        const auto operand = [&](int32_t index) -> const float* {
            return index < inputs_count ? inputs[index] + from : made(index - inputs_count);
        };
        for (int64_t i = 0; i < length; ++i) {
            const Instruction& step = instructions[i];
            const float *const a = operand(step.a), *const b = operand(step.b);
            float* const to = made(i);
            const Vector constant = all(step.constant);
            switch (step.operation) {
                case sum: for_each_vector(some, to, [=](int64_t j, auto part) { return load(a + j, part) + load(b + j, part); }); break;
                case difference: for_each_vector(some, to, [=](int64_t j, auto part) { return load(a + j, part) - load(b + j, part); }); break;
                case product: for_each_vector(some, to, [=](int64_t j, auto part) { return load(a + j, part) * load(b + j, part); }); break;
                case quotient: for_each_vector(some, to, [=](int64_t j, auto part) { return load(a + j, part) / load(b + j, part); }); break;
                case square_root: for_each_vector(some, to, [=](int64_t j, auto part) { return root(load(a + j, part)); }); break;
                case multiple: for_each_vector(some, to, [=](int64_t j, auto part) { return load(a + j, part) * constant; }); break;
                default: for_each_vector(some, to, [=](int64_t j, auto part) { return load(a + j, part) + constant; }); break;
            }
        }
    }
    _mm_setcsr(before);
}

static inline void add(const float* x, int64_t count, float* to) {
    for_each_vector(count, to, [=](int64_t i, auto part) { return load(to + i, part) + load(x + i, part); });
}

}  // namespace score::kernels::SCORE_ISA
