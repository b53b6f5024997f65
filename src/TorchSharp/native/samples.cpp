// Numbers that meet samples, and one vector that is many tensors.
#include <cstring>

#include <torch/csrc/autograd/custom_function.h>

#include "layers.h"

using namespace st;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

namespace {

// a [n] so that it broadcasts over x [n, …], in its type and place.
at::Tensor over(const at::Tensor& a, const at::Tensor& x) {
    std::vector<int64_t> shape(static_cast<size_t>(x.dim()), 1);
    shape[0] = a.size(0);
    return a.to(x.options().requires_grad(false)).reshape(shape);
}

// Each sample is a block of memory of its own.
bool in_blocks(const at::Tensor& x) {
    return x.device().is_cpu() && x.dim() > 0 && x.numel() > 0 && x.is_non_overlapping_and_dense() &&
        (x.size(0) == 1 || x.stride(0) == x.numel() / x.size(0));
}

template <class Factor, class T>
void scale_blocks(const at::Tensor& a, const at::Tensor& x, bool divide, const at::Tensor& y) {
    const Factor* const factors = a.data_ptr<Factor>();
    const T* const from = x.data_ptr<T>();
    T* const to = y.data_ptr<T>();
    const int64_t each = x.numel() / x.size(0);
    at::parallel_for(0, x.size(0), std::max<int64_t>(1, 32768 / each), [&](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; ++i) {
            const T factor = static_cast<T>(factors[i]);
            for (int64_t j = i * each; j < (i + 1) * each; ++j) {
                to[j] = divide ? from[j] / factor : from[j] * factor;
            }
        }
    });
}

bool floating(const at::Tensor& x) { return x.scalar_type() == at::kFloat || x.scalar_type() == at::kDouble; }

at::Tensor scaled(const at::Tensor& a, const at::Tensor& x, bool divide) {
    if (!floating(a) || !floating(x) || !in_blocks(x) || !a.device().is_cpu()) {
        return divide ? x / over(a, x) : x * over(a, x);
    }
    const at::Tensor factors = a.contiguous(), y = at::empty_like(x, x.options().requires_grad(false));
    const bool narrow = x.scalar_type() == at::kFloat;
    if (a.scalar_type() == at::kFloat) {
        narrow ? scale_blocks<float, float>(factors, x, divide, y) : scale_blocks<float, double>(factors, x, divide, y);
    } else {
        narrow ? scale_blocks<double, float>(factors, x, divide, y) : scale_blocks<double, double>(factors, x, divide, y);
    }
    return y;
}

at::Tensor scale_each(const at::Tensor& a, const at::Tensor& x, bool divide);
at::Tensor dot_each(const at::Tensor& a, const at::Tensor& b);

struct Scaled : torch::autograd::Function<Scaled> {
    static at::Tensor forward(AutogradContext* context, const at::Tensor& a, const at::Tensor& x, bool divide) {
        context->save_for_backward({a, x});
        context->saved_data["divide"] = divide;
        return scaled(a, x, divide);
    }

    static variable_list backward(AutogradContext* context, variable_list gradients) {
        const variable_list saved = context->get_saved_variables();
        const at::Tensor &a = saved[0], &x = saved[1], &dy = gradients[0];
        const bool divide = context->saved_data["divide"].toBool();
        const std::vector<bool> wanted = asked(context, saved);
        at::Tensor da, dx;
        if (wanted[0]) {
            const at::Tensor along = dot_each(dy, x).to(a.options().requires_grad(false));
            da = divide ? -along / (a * a) : along;
        }
        if (wanted[1]) {
            dx = scale_each(a, dy, divide);
        }
        return {da, dx, at::Tensor()};
    }
};

at::Tensor scale_each(const at::Tensor& a, const at::Tensor& x, bool divide) {
    return recorded({a, x}) ? Scaled::apply(a, x, divide) : scaled(a, x, divide);
}

template <class Factor, class T>
void combine_blocks(const at::Tensor& a, const at::Tensor& x, const at::Tensor& b, const at::Tensor& y, const at::Tensor& sum) {
    const Factor *const first = a.data_ptr<Factor>(), *const second = b.data_ptr<Factor>();
    const T *const left = x.data_ptr<T>(), *const right = y.data_ptr<T>();
    T* const to = sum.data_ptr<T>();
    const int64_t each = x.numel() / x.size(0);
    at::parallel_for(0, x.size(0), std::max<int64_t>(1, 32768 / each), [&](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; ++i) {
            for (int64_t j = i * each; j < (i + 1) * each; ++j) {
                to[j] = static_cast<T>(first[i] * left[j] + second[i] * right[j]);
            }
        }
    });
}

// Products and sum in the wider of the two types: by factors in double the result is rounded once, where the parts nearly
// cancel too.
at::Tensor combined(const at::Tensor& a, const at::Tensor& x, const at::Tensor& b, const at::Tensor& y) {
    const bool plain = floating(a) && floating(x) && a.scalar_type() == b.scalar_type() && x.scalar_type() == y.scalar_type() &&
        a.device().is_cpu() && b.device().is_cpu() && in_blocks(x) && in_blocks(y) && x.strides() == y.strides();
    if (!plain) {
        return scaled(a, x, false) + scaled(b, y, false);
    }
    const at::Tensor first = a.contiguous(), second = b.contiguous(), sum = at::empty_like(x, x.options().requires_grad(false));
    const bool narrow = x.scalar_type() == at::kFloat;
    if (a.scalar_type() == at::kFloat) {
        narrow ? combine_blocks<float, float>(first, x, second, y, sum) : combine_blocks<float, double>(first, x, second, y, sum);
    } else {
        narrow ? combine_blocks<double, float>(first, x, second, y, sum) : combine_blocks<double, double>(first, x, second, y, sum);
    }
    return sum;
}

struct Combined : torch::autograd::Function<Combined> {
    static at::Tensor forward(AutogradContext* context, const at::Tensor& a, const at::Tensor& x, const at::Tensor& b, const at::Tensor& y) {
        context->save_for_backward({a, x, b, y});
        return combined(a, x, b, y);
    }

    static variable_list backward(AutogradContext* context, variable_list gradients) {
        const variable_list saved = context->get_saved_variables();
        const std::vector<bool> wanted = asked(context, saved);
        const at::Tensor& dy = gradients[0];
        variable_list result(saved.size());
        for (size_t of = 0; of < saved.size(); of += 2) {
            const at::Tensor &factor = saved[of], &samples = saved[of + 1];
            if (wanted[of]) {
                result[of] = dot_each(dy, samples).to(factor.options().requires_grad(false));
            }
            if (wanted[of + 1]) {
                result[of + 1] = scale_each(factor, dy, false);
            }
        }
        return result;
    }
};

template <class T>
void dot_blocks(const at::Tensor& a, const at::Tensor& b, const at::Tensor& sums) {
    const T *const left = a.data_ptr<T>(), *const right = b.data_ptr<T>();
    T* const to = sums.data_ptr<T>();
    const int64_t each = a.numel() / a.size(0);
    at::parallel_for(0, a.size(0), std::max<int64_t>(1, 32768 / each), [&](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; ++i) {
            // As many sums as keep the additions from waiting for one another.
            double sum[4] = {};
            const T *const x = left + i * each, *const y = right + i * each;
            int64_t j = 0;
            for (; j + 4 <= each; j += 4) {
                for (int k = 0; k < 4; ++k) {
                    sum[k] += static_cast<double>(x[j + k]) * y[j + k];
                }
            }
            for (; j < each; ++j) {
                sum[0] += static_cast<double>(x[j]) * y[j];
            }
            to[i] = static_cast<T>((sum[0] + sum[1]) + (sum[2] + sum[3]));
        }
    });
}

at::Tensor dots(const at::Tensor& a, const at::Tensor& b) {
    if (!floating(a) || a.scalar_type() != b.scalar_type() || !in_blocks(a) || !in_blocks(b) || a.strides() != b.strides()) {
        return (a * b).reshape({a.size(0), a.numel() / std::max<int64_t>(1, a.size(0))}).sum(1);
    }
    const at::Tensor sums = at::empty({a.size(0)}, a.options().requires_grad(false));
    a.scalar_type() == at::kFloat ? dot_blocks<float>(a, b, sums) : dot_blocks<double>(a, b, sums);
    return sums;
}

struct Dots : torch::autograd::Function<Dots> {
    static at::Tensor forward(AutogradContext* context, const at::Tensor& a, const at::Tensor& b) {
        context->save_for_backward({a, b});
        return dots(a, b);
    }

    static variable_list backward(AutogradContext* context, variable_list gradients) {
        const variable_list saved = context->get_saved_variables();
        const std::vector<bool> wanted = asked(context, saved);
        return {wanted[0] ? scale_each(gradients[0], saved[1], false) : at::Tensor(),
                wanted[1] ? scale_each(gradients[0], saved[0], false) : at::Tensor()};
    }
};

at::Tensor dot_each(const at::Tensor& a, const at::Tensor& b) { return recorded({a, b}) ? Dots::apply(a, b) : dots(a, b); }

// [cos(x_k w), sin(x_k w)] for the number x_k of each sample and all rates w, in the rates' type.
at::Tensor fourier(const at::Tensor& x, const at::Tensor& rates) {
    const at::Tensor labels = x.to(rates.options());
    if (recorded({x}) || !on_kernels(labels) || !on_kernels(rates)) {
        const at::Tensor angles = labels.unsqueeze(1) * rates;
        return at::cat({angles.cos(), angles.sin()}, 1);
    }
    const at::Tensor from = labels.contiguous(), w = rates.contiguous();
    const at::Tensor features = at::empty({x.size(0), 2 * rates.size(0)}, rates.options());
    kernels::run().fourier(data(from), x.size(0), data(w), rates.size(0), features.data_ptr<float>());
    return features;
}

// One vector as tensors of these shapes, views of it; its gradient is put together in one pass.
struct Parts : torch::autograd::Function<Parts> {
    static variable_list views(const at::Tensor& vector, const std::vector<std::vector<int64_t>>& shapes) {
        const at::Tensor flat = vector.contiguous();
        variable_list parts;
        int64_t from = flat.storage_offset();
        for (const std::vector<int64_t>& shape : shapes) {
            parts.push_back(flat.as_strided(shape, c10::TensorType::contiguousStridesOf(shape), from));
            from += c10::multiply_integers(shape);
        }
        return parts;
    }

    static variable_list forward(AutogradContext* context, const at::Tensor& flat, const std::vector<std::vector<int64_t>>& shapes) {
        std::vector<int64_t> counts;
        for (const std::vector<int64_t>& shape : shapes) {
            counts.push_back(c10::multiply_integers(shape));
        }
        context->saved_data["counts"] = counts;
        context->set_materialize_grads(false);
        return views(flat.detach(), shapes);
    }

    static variable_list backward(AutogradContext* context, variable_list gradients) {
        const std::vector<int64_t> counts = context->saved_data["counts"].toIntVector();
        const auto found = std::find_if(gradients.begin(), gradients.end(), [](const at::Tensor& a) { return a.defined(); });
        if (found == gradients.end()) {
            return {at::Tensor(), at::Tensor()};
        }
        const at::TensorOptions options = found->options().requires_grad(false);
        const auto plain = [](const at::Tensor& a) { return !a.defined() || (a.device().is_cpu() && a.scalar_type() == at::kFloat); };
        if (at::GradMode::is_enabled() || !std::all_of(gradients.begin(), gradients.end(), plain)) {
            TensorList all;
            for (size_t i = 0; i < counts.size(); ++i) {
                all.push_back(gradients[i].defined() ? gradients[i].reshape({-1}) : at::zeros({counts[i]}, options));
            }
            return {at::cat(all), at::Tensor()};
        }
        std::vector<int64_t> starts{0};
        TensorList from;
        for (size_t i = 0; i < counts.size(); ++i) {
            starts.push_back(starts.back() + counts[i]);
            from.push_back(contiguous(gradients[i]));
        }
        const at::Tensor all = at::empty({starts.back()}, options);
        at::parallel_for(0, starts.back(), 32768, [&](int64_t begin, int64_t end) {
            for (size_t i = 0; i < counts.size(); ++i) {
                const int64_t first = std::max(begin, starts[i]), last = std::min(end, starts[i + 1]);
                if (first >= last) {
                    continue;
                }
                float* const to = all.data_ptr<float>() + first;
                const size_t bytes = static_cast<size_t>(last - first) * sizeof(float);
                if (from[i].defined()) {
                    std::memcpy(to, data(from[i]) + first - starts[i], bytes);
                } else {
                    std::memset(to, 0, bytes);
                }
            }
        });
        return {all, at::Tensor()};
    }
};

}  // namespace

// a_k x_k, or x_k / a_k, of every sample k of x [n, …].
ST_API Handle st_scale_each(const at::Tensor* a_, const at::Tensor* x_, bool divide) {
    return guarded([=] {
        const at::Tensor &a = get(a_), &x = get(x_);
        TORCH_CHECK(a.dim() == 1 && x.dim() > 0 && a.size(0) == x.size(0), "expected a number for each sample, found shapes ", a.sizes(), " and ", x.sizes());
        return scale_each(a, x, divide);
    });
}

// a_k x_k + b_k y_k of every sample k of x and y [n, …].
ST_API Handle st_combine_each(const at::Tensor* a_, const at::Tensor* x_, const at::Tensor* b_, const at::Tensor* y_) {
    return guarded([=] {
        const at::Tensor &a = get(a_), &x = get(x_), &b = get(b_), &y = get(y_);
        TORCH_CHECK(a.dim() == 1 && a.sizes() == b.sizes() && x.dim() > 0 && a.size(0) == x.size(0) && x.sizes() == y.sizes(),
                    "expected two numbers for each sample and samples of one shape, found shapes ", a.sizes(), ", ", x.sizes(), ", ", b.sizes(), " and ", y.sizes());
        return recorded({a, x, b, y}) ? Combined::apply(a, x, b, y) : combined(a, x, b, y);
    });
}

// The inner product of each pair of samples of a and b [n, …].
ST_API Handle st_dot_each(const at::Tensor* a_, const at::Tensor* b_) {
    return guarded([=] {
        const at::Tensor &a = get(a_), &b = get(b_);
        TORCH_CHECK(a.dim() > 0 && a.sizes() == b.sizes(), "expected samples of one shape, found ", a.sizes(), " and ", b.sizes());
        return dot_each(a, b);
    });
}

// The cosines, then the sines, of each x_k of x [n] times each rate: [n, 2 rates].
ST_API Handle st_fourier(const at::Tensor* x_, const at::Tensor* rates_) {
    return guarded([=] {
        const at::Tensor &x = get(x_), &rates = get(rates_);
        TORCH_CHECK(x.dim() == 1 && rates.dim() == 1 && !rates.requires_grad(), "expected numbers and constant rates, found shapes ", x.sizes(), " and ", rates.sizes());
        return fourier(x, rates);
    });
}

// A vector as tensors whose shapes follow one another, each of so many dimensions.
ST_API TensorList* st_parts(const at::Tensor* flat_, const int64_t* ranks, int count, const int64_t* sizes) {
    return guarded_list([=] {
        const at::Tensor& flat = get(flat_);
        std::vector<std::vector<int64_t>> shapes;
        const int64_t* next = sizes;
        for (int i = 0; i < count; ++i) {
            shapes.emplace_back(next, next + ranks[i]);
            next += ranks[i];
        }
        TORCH_CHECK(flat.dim() == 1, "expected a vector, found shape ", flat.sizes());
        return recorded({flat}) ? Parts::apply(flat, shapes) : Parts::views(flat, shapes);
    });
}
