// SiLU, and rows that are modulated before it: silu(x (1 + scale) + shift).
#include <torch/csrc/autograd/custom_function.h>

#include "modulation.h"

using namespace st;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

namespace st {

at::Tensor slope_of_silu(const at::Tensor& z) {
    const at::Tensor gate = z.sigmoid();
    return gate * (1 + z * (1 - gate));
}

}  // namespace st

namespace {

at::Tensor each_silu(const at::Tensor& x) {
    const at::Tensor y = at::empty_like(x);
    at::parallel_for(0, x.numel(), 8192, [&](int64_t begin, int64_t end) {
        kernels::run().silu(data(x) + begin, end - begin, y.data_ptr<float>() + begin);
    });
    return y;
}

// Dense in some order of dimensions: element by element, the order does not matter.
bool dense(const at::Tensor& x) { return x.is_non_overlapping_and_dense(); }

struct Silu : torch::autograd::Function<Silu> {
    static at::Tensor forward(AutogradContext* context, const at::Tensor& x) {
        context->save_for_backward({x});
        return each_silu(x);
    }

    static variable_list backward(AutogradContext* context, variable_list gradients) {
        const at::Tensor x = context->get_saved_variables()[0];
        if (at::GradMode::is_enabled() || !on_kernels(gradients[0])) {
            return {slope_of_silu(x) * gradients[0]};
        }
        const at::Tensor dx = at::empty_like(x);
        const at::Tensor dy = gradients[0].strides() == x.strides() ? gradients[0] : at::empty_like(x).copy_(gradients[0]);
        at::parallel_for(0, x.numel(), 8192, [&](int64_t begin, int64_t end) {
            kernels::run().silu_gradient(data(x) + begin, data(dy) + begin, end - begin, dx.data_ptr<float>() + begin);
        });
        return {dx};
    }
};

// Rows [begin, end) of a modulation.
kernels::Modulation rows_between(const at::Tensor& scale, const at::Tensor& shift, int64_t begin, int64_t end) {
    return {end - begin, scale.size(1), row(scale, begin), scale.stride(0), row(shift, begin), shift.stride(0), scale.size(1)};
}

// Rows of x and of its modulation shared out among threads: work is told the first element and the rows.
template <class Work>
void share_rows(const at::Tensor& scale, const at::Tensor& shift, const Work& work) {
    const at::Tensor s = rows_of(scale), t = rows_of(shift);
    at::parallel_for(0, s.size(0), std::max<int64_t>(1, 8192 / s.size(1)), [&](int64_t begin, int64_t end) {
        work(begin * s.size(1), rows_between(s, t, begin, end));
    });
}

at::Tensor modulated(const at::Tensor& x, const at::Tensor& scale, const at::Tensor& shift) {
    const at::Tensor y = at::empty(x.sizes(), x.options().requires_grad(false)), a = x.contiguous();
    share_rows(scale, shift, [&](int64_t at, const kernels::Modulation& rows) {
        kernels::run().modulate(rows, data(a) + at, y.data_ptr<float>() + at);
    });
    return y;
}

at::Tensor composed_modulation(const at::Tensor& x, const at::Tensor& scale, const at::Tensor& shift) {
    return at::silu(x * (scale + 1) + shift);
}

// (silu(x (1 + scale) + shift))' in x, times dy, as part of the graph.
at::Tensor composed_slope(const at::Tensor& dy, const at::Tensor& x, const at::Tensor& scale, const at::Tensor& shift) {
    const at::Tensor gain = scale + 1;
    return slope_of_silu(x * gain + shift) * dy * gain;
}

// The derivative of a modulation in x, as a function of the output's derivative and of all that it depends on.
struct ModulationSlope : torch::autograd::Function<ModulationSlope> {
    static at::Tensor forward(AutogradContext* context, const at::Tensor& dy, const at::Tensor& x, const at::Tensor& scale, const at::Tensor& shift) {
        context->save_for_backward({dy, x, scale, shift});
        const at::Tensor a = x.contiguous(), from = dy.contiguous(), dx = at::empty(x.sizes(), a.options().requires_grad(false));
        share_rows(scale, shift, [&](int64_t at, const kernels::Modulation& rows) {
            kernels::run().modulate_slope(rows, data(a) + at, data(from) + at, dx.data_ptr<float>() + at);
        });
        return dx;
    }

    static variable_list backward(AutogradContext* context, variable_list gradients) {
        const variable_list saved = context->get_saved_variables();
        if (at::GradMode::is_enabled() || !on_kernels(gradients[0])) {
            return composed_gradient(
                saved, asked(context, saved), [](const TensorList& in) { return composed_slope(in[0], in[1], in[2], in[3]); }, gradients[0]);
        }
        const at::Tensor dy = saved[0].contiguous(), a = saved[1].contiguous(), c = gradients[0].contiguous();
        const at::Tensor gx = at::empty(a.sizes(), c.options()), gscale = at::empty_like(gx), gshift = at::empty_like(gx), gdy = at::empty_like(gx);
        share_rows(saved[2], saved[3], [&](int64_t at, const kernels::Modulation& rows) {
            kernels::run().modulate_slope_gradient(rows, data(a) + at, data(dy) + at, data(c) + at, gx.data_ptr<float>() + at,
                                                   gscale.data_ptr<float>() + at, gshift.data_ptr<float>() + at, gdy.data_ptr<float>() + at);
        });
        return {gdy, gx, gscale, gshift};
    }
};

}  // namespace

namespace st {

at::Tensor modulation_slope(const at::Tensor& dy, const at::Tensor& x, const at::Tensor& scale, const at::Tensor& shift) {
    return on_kernels(dy) ? ModulationSlope::apply(dy, x, scale, shift) : composed_slope(dy, x, scale, shift);
}

}  // namespace st

namespace {

struct Modulation : torch::autograd::Function<Modulation> {
    static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& scale, const at::Tensor& shift) {
        context->save_for_backward({x, scale, shift});
        return modulated(x, scale, shift);
    }

    static variable_list backward(AutogradContext* context, variable_list gradients) {
        const variable_list saved = context->get_saved_variables();
        const at::Tensor &x = saved[0], &scale = saved[1], &shift = saved[2];
        const std::vector<bool> wanted = asked(context, saved);
        const bool graph = at::GradMode::is_enabled();
        if (!on_kernels(gradients[0]) || (graph && (wanted[1] || wanted[2]))) {
            const at::Tensor gain = scale + 1, dz = slope_of_silu(x * gain + shift) * gradients[0];
            return {dz * gain, dz * x, dz};
        }
        if (graph) {
            return {modulation_slope(gradients[0], x, scale, shift), at::Tensor(), at::Tensor()};
        }
        const at::Tensor a = x.contiguous(), dy = gradients[0].contiguous();
        const at::Tensor dx = at::empty(x.sizes(), dy.options()), dscale = at::empty_like(dx), dshift = at::empty_like(dx);
        share_rows(scale, shift, [&](int64_t at, const kernels::Modulation& rows) {
            kernels::run().modulate_gradient(rows, data(a) + at, data(dy) + at, dx.data_ptr<float>() + at, dscale.data_ptr<float>() + at,
                                             dshift.data_ptr<float>() + at);
        });
        return {dx, dscale, dshift};
    }
};

}  // namespace

ST_API Handle st_modulate(const at::Tensor* x_, const at::Tensor* scale_, const at::Tensor* shift_) {
    return guarded([=] {
        const at::Tensor &x = get(x_), &scale = get(scale_), &shift = get(shift_);
        if (x.dim() != 2 || !on_kernels(x) || !on_kernels(scale) || !on_kernels(shift) || x.sizes() != scale.sizes() || x.sizes() != shift.sizes()) {
            return composed_modulation(x, scale, shift);
        }
        return recorded({x, scale, shift}) ? Modulation::apply(x, scale, shift) : modulated(x, scale, shift);
    });
}

ST_API Handle st_silu_fused(const at::Tensor* x_) {
    return guarded([=] {
        const at::Tensor& x = get(x_);
        if (!on_kernels(x) || !dense(x)) {
            return at::silu(x);
        }
        return recorded({x}) ? Silu::apply(x) : each_silu(x);
    });
}
