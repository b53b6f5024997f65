// Group normalisation with the modulation and activation that follow it: one pass over memory each way.
#include <torch/csrc/autograd/custom_function.h>

#include "modulation.h"

using namespace st;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

namespace {

struct Options {
    int64_t groups;
    double epsilon;
    bool activate;
};

// Values that are worth a thread.
constexpr int64_t normalised_at_once = 8192;

kernels::Normalisation shape_of(const at::Tensor& x, const Options& options, const at::Tensor& weight, const at::Tensor& bias) {
    return {x.numel() / x.size(0) / x.size(1), x.size(1), options.groups, static_cast<float>(options.epsilon), options.activate,
            data(weight), data(bias)};
}

at::Tensor laid_out(const at::Tensor& x) { return x.dim() == 4 ? x.contiguous(channels_last) : x.contiguous(); }

std::pair<at::Tensor, at::Tensor> normalise(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                                            const at::Tensor& scale, const at::Tensor& shift, const Options& options) {
    const int64_t count = x.size(0), each = x.numel() / count;
    const at::Tensor w = contiguous(weight), b = contiguous(bias), factor = rows_of(scale), offset = rows_of(shift);
    const at::Tensor y = x.dim() == 4 ? images_like(x.sizes(), x) : at::empty(x.sizes(), x.options().requires_grad(false));
    const at::Tensor stats = floats(count * options.groups * 2, x);
    const kernels::Normalisation shape = shape_of(x, options, w, b);
    take_turns(count, normalised_at_once / each, [&](const auto& next) {
        const at::Tensor work = floats(2 * kernels::padded(shape.channels), x);
        for (int64_t i = next(1).first; i < count; i = next(1).first) {
            kernels::run().normalise(shape, data(x) + i * each, row(factor, i), row(offset, i), stats.data_ptr<float>() + i * options.groups * 2,
                               work.data_ptr<float>(), y.data_ptr<float>() + i * each);
        }
    });
    return {y, stats};
}

at::Tensor composed(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias, const at::Tensor& scale,
                    const at::Tensor& shift, const Options& options) {
    at::Tensor y = at::group_norm(x, options.groups, given(weight), given(bias), options.epsilon);
    std::vector<int64_t> each(static_cast<size_t>(x.dim()), 1);
    each[0] = x.size(0);
    each[1] = x.size(1);
    if (scale.defined()) {
        y = y * (scale.reshape(each) + 1);
    }
    if (shift.defined()) {
        y = y + shift.reshape(each);
    }
    return options.activate ? at::silu(y) : y;
}

// The derivatives in the parts of z = (w x̂ + b)(1 + scale) + shift, from the sums of dz and dz x̂ of each sample and channel.
struct Parts {
    at::Tensor weight, bias, scale, shift;
};

Parts of_parts(const at::Tensor& first, const at::Tensor& second, const at::Tensor& weight, const at::Tensor& bias,
               const at::Tensor& scale, const at::Tensor& shift) {
    const auto modulated = [&](const at::Tensor& sums) { return scale.defined() ? sums * (scale + 1) : sums; };
    Parts result;
    if (weight.defined()) {
        result.weight = modulated(second).sum(0);
    }
    if (bias.defined()) {
        result.bias = modulated(first).sum(0);
    }
    if (scale.defined()) {
        const at::Tensor factor = weight.defined() ? second * weight : second;
        result.scale = bias.defined() ? factor + first * bias : factor;
    }
    if (shift.defined()) {
        result.shift = first;
    }
    return result;
}

// What the derivatives of a normalisation are computed from, sample by sample.
struct Samples {
    at::Tensor x, weight, bias, scale, shift, stats;
    kernels::Normalisation shape;

    Samples(const at::Tensor& x_, const at::Tensor& weight_, const at::Tensor& bias_, const at::Tensor& scale_,
            const at::Tensor& shift_, const at::Tensor& stats_, const Options& options)
        : x(laid_out(x_)), weight(contiguous(weight_)), bias(contiguous(bias_)), scale(rows_of(scale_)), shift(rows_of(shift_)),
          stats(stats_), shape(shape_of(x, options, weight, bias)) {}

    int64_t each() const { return x.numel() / x.size(0); }

    template <class Work>
    void share_out(int64_t arrays, const Work& work) const {
        take_turns(x.size(0), normalised_at_once / each(), [&](const auto& next) {
            const at::Tensor scratch = floats(arrays * kernels::padded(shape.channels), x);
            const auto i = [&] { return next(1).first; };
            for (int64_t sample = i(); sample < x.size(0); sample = i()) {
                work(sample, data(stats) + sample * shape.groups * 2, scratch.data_ptr<float>());
            }
        });
    }
};

struct Saved {
    static void save(AutogradContext* context, const Options& options, const at::Tensor& stats) {
        context->saved_data["stats"] = stats;
        context->saved_data["groups"] = options.groups;
        context->saved_data["epsilon"] = options.epsilon;
        context->saved_data["activate"] = options.activate;
    }

    static Options options(AutogradContext* context) {
        return {context->saved_data["groups"].toInt(), context->saved_data["epsilon"].toDouble(), context->saved_data["activate"].toBool()};
    }

    static at::Tensor stats(AutogradContext* context) { return context->saved_data["stats"].toTensor(); }
};

at::Tensor in_x(const TensorList& in, const at::Tensor& dy, const Options& options) {
    at::AutoGradMode graph(true);
    const at::Tensor x = in[0].requires_grad() ? in[0].view_as(in[0]) : in[0].detach().requires_grad_();
    return torch::autograd::grad({composed(x, in[1], in[2], in[3], in[4], options)}, {x}, {dy}, true, true)[0];
}

// The derivative of a normalisation in x, as a function of the output's derivative and of all that it depends on.
struct GroupNormalisationSlope : torch::autograd::Function<GroupNormalisationSlope> {
    static at::Tensor forward(AutogradContext* context, const at::Tensor& dy, const at::Tensor& x, const optional<at::Tensor>& weight_,
                              const optional<at::Tensor>& bias_, const optional<at::Tensor>& scale_, const optional<at::Tensor>& shift_,
                              const at::Tensor& stats, int64_t groups, double epsilon, bool activate) {
        const at::Tensor weight = weight_.value_or(at::Tensor()), bias = bias_.value_or(at::Tensor());
        const at::Tensor scale = scale_.value_or(at::Tensor()), shift = shift_.value_or(at::Tensor());
        const Options options{groups, epsilon, activate};
        context->save_for_backward({dy, x, weight, bias, scale, shift});
        Saved::save(context, options, stats);
        const Samples samples(x, weight, bias, scale, shift, stats, options);
        const at::Tensor from = laid_out(dy), dx = at::empty_like(samples.x);
        const int64_t each = samples.each(), channels = samples.shape.channels;
        samples.share_out(8, [&](int64_t i, const float* statistics, float* work) {
            kernels::run().normalise_gradient(samples.shape, data(samples.x) + i * each, row(samples.scale, i), row(samples.shift, i),
                                              statistics, data(from) + i * each, work, work + 6 * kernels::padded(channels),
                                              work + 7 * kernels::padded(channels), dx.data_ptr<float>() + i * each);
        });
        return dx;
    }

    static variable_list backward(AutogradContext* context, variable_list gradients) {
        const variable_list saved = context->get_saved_variables();
        const at::Tensor &dy = saved[0], &x = saved[1], &weight = saved[2], &bias = saved[3], &scale = saved[4], &shift = saved[5];
        const Options options = Saved::options(context);
        variable_list result;
        if (at::GradMode::is_enabled() || !on_kernels(gradients[0])) {
            result = composed_gradient(
                saved, asked(context, saved),
                [&](const TensorList& in) { return in_x({in[1], in[2], in[3], in[4], in[5]}, in[0], options); }, gradients[0]);
        } else {
            const Samples samples(x, weight, bias, scale, shift, Saved::stats(context), options);
            const at::Tensor from = laid_out(dy), c = laid_out(gradients[0]);
            const at::Tensor gx = at::empty_like(samples.x), gdy = at::empty_like(samples.x);
            const int64_t each = samples.each(), channels = samples.shape.channels;
            const at::Tensor first = at::empty({x.size(0), channels}, samples.stats.options()), second = at::empty_like(first);
            samples.share_out(11, [&](int64_t i, const float* statistics, float* work) {
                kernels::run().normalise_bend(samples.shape, data(samples.x) + i * each, row(samples.scale, i), row(samples.shift, i),
                                              statistics, data(from) + i * each, data(c) + i * each, work,
                                              first.data_ptr<float>() + i * channels, second.data_ptr<float>() + i * channels,
                                              gx.data_ptr<float>() + i * each, gdy.data_ptr<float>() + i * each);
            });
            const Parts parts = of_parts(first, second, weight, bias, scale, shift);
            result = {gdy, gx, parts.weight, parts.bias, parts.scale, parts.shift};
        }
        result.resize(10);
        return result;
    }
};

struct GroupNormalisation : torch::autograd::Function<GroupNormalisation> {
    static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const optional<at::Tensor>& weight_,
                              const optional<at::Tensor>& bias_, const optional<at::Tensor>& scale_, const optional<at::Tensor>& shift_,
                              int64_t groups, double epsilon, bool activate) {
        const at::Tensor input = laid_out(x), weight = weight_.value_or(at::Tensor()), bias = bias_.value_or(at::Tensor());
        const at::Tensor scale = scale_.value_or(at::Tensor()), shift = shift_.value_or(at::Tensor());
        const Options options{groups, epsilon, activate};
        auto [y, stats] = normalise(input, weight, bias, scale, shift, options);
        context->save_for_backward({x, weight, bias, scale, shift});
        Saved::save(context, options, stats);
        return y;
    }

    static variable_list backward(AutogradContext* context, variable_list gradients) {
        const variable_list saved = context->get_saved_variables();
        const at::Tensor &x = saved[0], &weight = saved[1], &bias = saved[2], &scale = saved[3], &shift = saved[4];
        const Options options = Saved::options(context);
        const at::Tensor stats = Saved::stats(context);
        const std::vector<bool> wanted = asked(context, saved);
        const bool graph = at::GradMode::is_enabled();
        variable_list result;
        if (!on_kernels(gradients[0]) || (graph && (wanted[1] || wanted[2] || wanted[3] || wanted[4]))) {
            result = composed_gradient(
                saved, wanted, [&](const TensorList& in) { return composed(in[0], in[1], in[2], in[3], in[4], options); }, gradients[0]);
        } else if (graph) {
            result = {GroupNormalisationSlope::apply(gradients[0], x, given(weight), given(bias), given(scale), given(shift), stats,
                                                     options.groups, options.epsilon, options.activate)};
        } else {
            const Samples samples(x, weight, bias, scale, shift, stats, options);
            const at::Tensor dy = laid_out(gradients[0]), dx = at::empty_like(samples.x);
            const int64_t each = samples.each(), channels = samples.shape.channels;
            const at::Tensor first = at::empty({x.size(0), channels}, stats.options()), second = at::empty_like(first);
            samples.share_out(6, [&](int64_t i, const float* statistics, float* work) {
                kernels::run().normalise_gradient(samples.shape, data(samples.x) + i * each, row(samples.scale, i), row(samples.shift, i),
                                                  statistics, data(dy) + i * each, work, first.data_ptr<float>() + i * channels,
                                                  second.data_ptr<float>() + i * channels, dx.data_ptr<float>() + i * each);
            });
            const Parts parts = of_parts(first, second, weight, bias, scale, shift);
            result = {dx, parts.weight, parts.bias, parts.scale, parts.shift};
        }
        result.resize(8);
        return result;
    }
};

}  // namespace

ST_API Handle st_normalise(const at::Tensor* x_, int64_t groups, const at::Tensor* weight_, const at::Tensor* bias_,
                           const at::Tensor* scale_, const at::Tensor* shift_, double epsilon, bool activate) {
    return guarded([=] {
        const at::Tensor& x = get(x_);
        const at::Tensor weight = or_undefined(weight_), bias = or_undefined(bias_), scale = or_undefined(scale_), shift = or_undefined(shift_);
        const Options options{groups, epsilon, activate};
        const bool channels_inside = x.dim() == 4 || x.dim() == 2;
        const auto modulates = [&](const at::Tensor& a) {
            return !a.defined() || (on_kernels(a) && a.dim() == 2 && a.size(0) == x.size(0) && a.size(1) == x.size(1));
        };
        const auto affine = [&](const at::Tensor& a) { return !a.defined() || (on_kernels(a) && a.dim() == 1 && a.size(0) == x.size(1)); };
        if (!channels_inside || !on_kernels(x) || groups < 1 || x.size(1) % groups != 0 || !affine(weight) || !affine(bias) ||
            !modulates(scale) || !modulates(shift)) {
            return composed(x, weight, bias, scale, shift, options);
        }
        if (recorded({x, weight, bias, scale, shift})) {
            return GroupNormalisation::apply(x, given(weight), given(bias), given(scale), given(shift), groups, epsilon, activate);
        }
        return normalise(laid_out(x), weight, bias, scale, shift, options).first;
    });
}
