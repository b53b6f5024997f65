// What an optimiser does to the flat vector, a pass over memory each. None of it is recorded for differentiation.
#include <cmath>
#include <numeric>

#include <ATen/Parallel.h>

#include "layers.h"

using namespace st;

namespace {

// Of a pass over memory, and of a sum, whose parts have one size whatever the number of threads: so it is the same with any.
constexpr int64_t pass = 16384;
constexpr int64_t part_size = 16384;

bool flat(const at::Tensor& x) { return on_kernels(x) && x.is_contiguous(); }

double norm_of(const at::Tensor& x) {
    const int64_t parts = (x.numel() + part_size - 1) / part_size;
    std::vector<double> sums(static_cast<size_t>(parts));
    at::parallel_for(0, parts, 2, [&](int64_t first, int64_t last) {
        for (int64_t part = first; part < last; ++part) {
            const int64_t begin = part * part_size;
            sums[static_cast<size_t>(part)] = kernels::run().sum_of_squares(data(x) + begin, std::min(part_size, x.numel() - begin));
        }
    });
    return std::sqrt(std::accumulate(sums.begin(), sums.end(), 0.0));
}

}  // namespace

// The Euclidean norm of all elements, a scalar.
ST_API Handle st_norm_of(const at::Tensor* x_) {
    return guarded([=] {
        at::NoGradGuard constant;
        const at::Tensor& x = get(x_);
        if (!flat(x)) {
            return (x * x).sum().sqrt();
        }
        return at::full({}, norm_of(x), x.options().requires_grad(false));
    });
}

// g min(1, limit / (|g| + 1e-6)): g itself where that is not longer than the limit.
ST_API Handle st_clip(const at::Tensor* g_, double limit) {
    return guarded([=] {
        at::NoGradGuard constant;
        const at::Tensor& g = get(g_);
        if (!flat(g)) {
            return g * (limit / ((g * g).sum().sqrt() + 1e-6)).clamp_max(1);
        }
        const double factor = limit / (norm_of(g) + 1e-6);
        if (factor >= 1) {
            return g;
        }
        const at::Tensor result = at::empty_like(g);
        at::parallel_for(0, g.numel(), pass, [&](int64_t begin, int64_t end) {
            kernels::run().mix(data(g), data(g), static_cast<float>(factor), 0.f, begin, end, result.data_ptr<float>());
        });
        return result;
    });
}

// AdamW's change of the parameters, and the two moments after it.
ST_API TensorList* st_adam(const at::Tensor* parameters_, const at::Tensor* gradient_, const at::Tensor* m_, const at::Tensor* v_,
                           double rate, double beta1, double beta2, double epsilon, double decay, double correction1,
                           double correction2) {
    return guarded_list([=] {
        at::NoGradGuard constant;
        const at::Tensor &p = get(parameters_), &g = get(gradient_), &m = get(m_), &v = get(v_);
        if (!flat(p) || !flat(g) || !flat(m) || !flat(v)) {
            const at::Tensor first = m * beta1 + g * (1 - beta1), second = v * beta2 + g * g * (1 - beta2);
            const at::Tensor direction = first / ((second / correction2).sqrt() + epsilon) / correction1;
            return list((direction + p * decay) * -rate, first, second);
        }
        TORCH_CHECK(p.numel() == g.numel() && p.numel() == m.numel() && p.numel() == v.numel(), "expected vectors of one length, found ",
                    p.numel(), ", ", g.numel(), ", ", m.numel(), " and ", v.numel());
        const kernels::AdamStep step{static_cast<float>(rate), static_cast<float>(decay), static_cast<float>(beta1),
                                     static_cast<float>(1 - beta1), static_cast<float>(beta2), static_cast<float>(1 - beta2),
                                     static_cast<float>(epsilon), static_cast<float>(1 / correction1), static_cast<float>(1 / correction2)};
        const at::Tensor delta = at::empty_like(p), first = at::empty_like(p), second = at::empty_like(p);
        at::parallel_for(0, p.numel(), pass, [&](int64_t begin, int64_t end) {
            kernels::run().adam(step, data(p), data(g), data(m), data(v), begin, end, delta.data_ptr<float>(), first.data_ptr<float>(),
                          second.data_ptr<float>());
        });
        return list(delta, first, second);
    });
}

// a x + b y.
ST_API Handle st_mix(const at::Tensor* x_, const at::Tensor* y_, double a, double b) {
    return guarded([=] {
        at::NoGradGuard constant;
        const at::Tensor &x = get(x_), &y = get(y_);
        if (!flat(x) || !flat(y) || x.numel() != y.numel()) {
            return x * a + y * b;
        }
        const at::Tensor result = at::empty_like(x);
        at::parallel_for(0, x.numel(), pass, [&](int64_t begin, int64_t end) {
            kernels::run().mix(data(x), data(y), static_cast<float>(a), static_cast<float>(b), begin, end, result.data_ptr<float>());
        });
        return result;
    });
}

// x + change, and decay average + (1 - decay) (x + change).
ST_API TensorList* st_advance(const at::Tensor* x_, const at::Tensor* change_, const at::Tensor* average_, double decay) {
    return guarded_list([=] {
        at::NoGradGuard constant;
        const at::Tensor &x = get(x_), &change = get(change_), &average = get(average_);
        if (!flat(x) || !flat(change) || !flat(average) || x.numel() != change.numel() || x.numel() != average.numel()) {
            const at::Tensor next = x + change;
            return list(next, average * decay + next * (1 - decay));
        }
        const at::Tensor next = at::empty_like(x), mean = at::empty_like(x);
        at::parallel_for(0, x.numel(), pass, [&](int64_t begin, int64_t end) {
            // So much at a time that the first result is still in the cache for the second.
            constexpr int64_t some = 4096;
            for (int64_t from = begin; from < end; from += some) {
                const int64_t to = std::min(end, from + some);
                kernels::run().mix(data(x), data(change), 1.f, 1.f, from, to, next.data_ptr<float>());
                kernels::run().mix(data(average), data(next), static_cast<float>(decay), static_cast<float>(1 - decay), from, to, mean.data_ptr<float>());
            }
        });
        return list(next, mean);
    });
}
