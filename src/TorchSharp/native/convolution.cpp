// Convolutions of images as single operations of the graph: on processors with AVX2 or AVX-512 and in float32 by the kernels of
// kernels.h, elsewhere by libtorch's own operations. The latter also say what each operation is: a derivative that is to
// be differentiated again goes through them.
#include <tuple>

#include <torch/csrc/autograd/custom_function.h>

#include "rows.h"

using namespace st;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

namespace {

// ---- convolution of 3 x 3, stride 1, padding 1 ----

kernels::Images images_of(const at::Tensor& x) { return {x.size(0), x.size(2), x.size(3), x.size(1)}; }

at::Tensor transformed(const at::Tensor& weight, bool turned) {
    const at::Tensor w = weight.contiguous();
    const int64_t outputs = w.size(0), inputs = w.size(1), rows = turned ? outputs : inputs, columns = turned ? inputs : outputs;
    const at::Tensor packed = floats(kernels::frequencies * rows * kernels::padded(columns), w);
    const float* const from = data(w);
    float* const into = packed.data_ptr<float>();
    at::parallel_for(0, rows, 16, [=](int64_t begin, int64_t end) {
        kernels::run().filters(from, outputs, inputs, turned, begin, end, into);
    });
    return packed;
}

at::Tensor convolve(const at::Tensor& x, const at::Tensor& packed, int64_t outputs, const at::Tensor& bias, const at::Tensor& residual) {
    const kernels::Images images = images_of(x);
    const at::Tensor shift = bias.defined() ? bias.contiguous() : bias;
    const at::Tensor added = residual.defined() ? residual.contiguous(channels_last) : residual;
    const at::Tensor y = images_like({x.size(0), outputs, x.size(2), x.size(3)}, x);
    const int64_t size = kernels::run().convolution_scratch(images.channels, outputs), tiles = images.tiles();
    const int64_t chunk = kernels::run().tiles_at_once(images.channels, outputs);
    take_turns(tiles, grain(72 * images.channels * outputs), [&](const auto& next) {
        float* const work = scratch(size);
        // A small batch is halved where it would fit at once.
        const int64_t each = std::min(chunk, (tiles + at::get_num_threads() - 1) / at::get_num_threads());
        for (auto [begin, end] = next(each); begin < end; std::tie(begin, end) = next(each)) {
            kernels::run().convolution(data(x), images, data(packed), outputs, data(shift), data(added), begin, end,
                                       work, y.data_ptr<float>());
        }
    });
    return y;
}

at::Tensor weight_gradient(const at::Tensor& x, const at::Tensor& dy) {
    const kernels::Images images = images_of(x);
    const int64_t outputs = dy.size(1), inputs = images.channels;
    const int64_t size = kernels::frequencies * inputs * kernels::padded(outputs);
    const int64_t copies = std::min<int64_t>(at::get_num_threads(), (images.tiles() + 63) / 64);
    const at::Tensor sums = at::zeros({copies, size}, x.options().requires_grad(false));
    at::parallel_for(0, copies, 1, [&](int64_t first, int64_t last) {
        float* const work = scratch(kernels::run().gradient_scratch(inputs, outputs));
        for (int64_t copy = first; copy < last; ++copy) {
            kernels::run().convolution_gradient(data(x), images, data(dy), outputs, images.tiles() * copy / copies,
                                          images.tiles() * (copy + 1) / copies, work,
                                          sums.data_ptr<float>() + copy * size);
        }
    });
    const at::Tensor dw = at::empty({outputs, inputs, 3, 3}, sums.options());
    at::parallel_for(0, inputs, 8, [&](int64_t begin, int64_t end) {
        kernels::run().filters_gradient(data(sums), copies, outputs, inputs, begin, end, dw.data_ptr<float>());
    });
    return dw;
}

at::Tensor composed_convolution(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias, const at::Tensor& residual) {
    const at::Tensor y = at::conv2d(x, weight, given(bias), 1, 1);
    return residual.defined() ? y + residual : y;
}

// The derivative of a convolution in its input, as a function of the output's derivative and the filters.
struct ConvolutionSlope : torch::autograd::Function<ConvolutionSlope> {
    static at::Tensor forward(AutogradContext* context, const at::Tensor& dy, const at::Tensor& weight) {
        context->save_for_backward({dy, weight});
        return convolve(dy.contiguous(channels_last), transformed(weight, true), weight.size(1), at::Tensor(), at::Tensor());
    }

    static variable_list backward(AutogradContext* context, variable_list gradients) {
        const variable_list saved = context->get_saved_variables();
        const at::Tensor &dy = saved[0], &weight = saved[1];
        const std::vector<bool> wanted = asked(context, saved);
        if (at::GradMode::is_enabled() || !on_kernels(gradients[0])) {
            return composed_gradient(
                saved, wanted, [](const TensorList& in) { return at::conv_transpose2d(in[0], in[1], {}, 1, 1); }, gradients[0]);
        }
        const at::Tensor c = gradients[0].contiguous(channels_last);
        at::Tensor along, filters;
        if (wanted[0]) {
            along = convolve(c, transformed(weight, false), weight.size(0), at::Tensor(), at::Tensor());
        }
        if (wanted[1]) {
            filters = weight_gradient(c, dy.contiguous(channels_last));
        }
        return {along, filters};
    }
};

struct Convolution : torch::autograd::Function<Convolution> {
    static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& weight,
                              const optional<at::Tensor>& bias, const optional<at::Tensor>& residual) {
        const at::Tensor shift = bias.value_or(at::Tensor()), added = residual.value_or(at::Tensor());
        context->save_for_backward({x, weight, shift, added});
        return convolve(x.contiguous(channels_last), transformed(weight, false), weight.size(0), shift, added);
    }

    static variable_list backward(AutogradContext* context, variable_list gradients) {
        const variable_list saved = context->get_saved_variables();
        const at::Tensor &x = saved[0], &weight = saved[1], &bias = saved[2], &residual = saved[3];
        const std::vector<bool> wanted = asked(context, saved);
        if (!on_kernels(gradients[0]) || (at::GradMode::is_enabled() && (wanted[1] || wanted[2]))) {
            return composed_gradient(
                saved, wanted, [](const TensorList& in) { return composed_convolution(in[0], in[1], in[2], in[3]); }, gradients[0]);
        }
        at::Tensor dx, dw, db;
        if (at::GradMode::is_enabled()) {
            if (wanted[0]) {
                dx = ConvolutionSlope::apply(gradients[0], weight);
            }
            return {dx, dw, db, wanted[3] ? gradients[0] : at::Tensor()};
        }
        const at::Tensor dy = gradients[0].contiguous(channels_last);
        if (wanted[0]) {
            dx = convolve(dy, transformed(weight, true), x.size(1), at::Tensor(), at::Tensor());
        }
        if (wanted[1]) {
            dw = weight_gradient(x.contiguous(channels_last), dy);
        }
        if (wanted[2]) {
            db = column_sums(data(dy), dy.numel() / dy.size(1), dy.size(1), dy);
        }
        return {dx, dw, db, wanted[3] ? dy : at::Tensor()};
    }
};

// ---- any other convolution: places of the output as rows, inputs of all taps side by side ----

using kernels::Window;

at::Tensor unfold(const at::Tensor& x, const Window& window, int64_t places) {
    const kernels::Images images = images_of(x);
    const at::Tensor columns = at::empty({images.count * places, window.size * window.size * images.channels}, x.options().requires_grad(false));
    at::parallel_for(0, images.count, std::max<int64_t>(1, 32768 / (columns.numel() / images.count)), [&](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; ++i) {
            kernels::run().unfold(data(x), images, window, i, columns.data_ptr<float>());
        }
    });
    return columns;
}

// Filters [o, i, k, k] as [o, taps * i].
at::Tensor as_rows(const at::Tensor& weight) { return weight.permute({0, 2, 3, 1}).reshape({weight.size(0), -1}).contiguous(); }

at::Tensor unfolded_convolution(const at::Tensor& input, const at::Tensor& b, int64_t outputs, const at::Tensor& bias, const Window& window) {
    const at::Tensor x = input.contiguous(channels_last), shift = contiguous(bias);
    const int64_t height = window.places(x.size(2)), width = window.places(x.size(3));
    const at::Tensor columns = unfold(x, window, height * width);
    const at::Tensor y = images_like({x.size(0), outputs, height, width}, x);
    multiply_rows(data(columns), columns.size(0), columns.size(1), b, outputs, data(shift), y.data_ptr<float>());
    return y;
}

struct Unfolded : torch::autograd::Function<Unfolded> {
    static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& weight,
                              const optional<at::Tensor>& bias, int64_t stride, int64_t padding) {
        const at::Tensor shift = bias.value_or(at::Tensor());
        context->save_for_backward({x, weight, shift});
        context->saved_data["stride"] = stride;
        context->saved_data["padding"] = padding;
        return unfolded_convolution(x, packed_transpose(as_rows(weight)), weight.size(0), shift, {weight.size(2), stride, padding});
    }

    static variable_list backward(AutogradContext* context, variable_list gradients) {
        const variable_list saved = context->get_saved_variables();
        const at::Tensor &x = saved[0], &weight = saved[1], &bias = saved[2];
        const std::vector<bool> wanted = asked(context, saved);
        const Window window{weight.size(2), context->saved_data["stride"].toInt(), context->saved_data["padding"].toInt()};
        if (at::GradMode::is_enabled() || !on_kernels(gradients[0])) {
            variable_list result = composed_gradient(
                saved, wanted, [&](const TensorList& in) { return at::conv2d(in[0], in[1], given(in[2]), window.stride, window.padding); },
                gradients[0]);
            result.resize(5);
            return result;
        }
        const at::Tensor dy = gradients[0].contiguous(channels_last);
        const int64_t outputs = dy.size(1), rows = dy.numel() / outputs, inside = window.size * window.size * x.size(1);
        at::Tensor dx, dw, db;
        if (wanted[0]) {
            const at::Tensor columns = at::empty({rows, inside}, dy.options());
            multiply_rows(data(dy), rows, outputs, right_side(as_rows(weight)), inside, nullptr, columns.data_ptr<float>());
            dx = images_like(x.sizes(), x);
            const kernels::Images images = images_of(x);
            at::parallel_for(0, images.count, std::max<int64_t>(1, 32768 / (columns.numel() / images.count)), [&](int64_t begin, int64_t end) {
                for (int64_t i = begin; i < end; ++i) {
                    kernels::run().fold(data(columns), images, window, i, dx.data_ptr<float>());
                }
            });
        }
        if (wanted[1]) {
            const at::Tensor columns = unfold(x.contiguous(channels_last), window, rows / x.size(0));
            dw = outer_sum(data(dy), data(columns), rows, outputs, inside, dy)
                     .view({outputs, window.size, window.size, x.size(1)}).permute({0, 3, 1, 2});
        }
        if (wanted[2]) {
            db = column_sums(data(dy), rows, outputs, dy);
        }
        return {dx, dw, db, at::Tensor(), at::Tensor()};
    }
};

}  // namespace

// Convolution of images with odd square filters of such a stride and padding, plus bias, plus a tensor of the result's shape.
ST_API Handle st_convolution(const at::Tensor* x_, const at::Tensor* weight_, const at::Tensor* bias_, const at::Tensor* residual_,
                             int64_t stride, int64_t padding) {
    return guarded([=] {
        const at::Tensor &x = get(x_), &weight = get(weight_);
        const at::Tensor bias = or_undefined(bias_), residual = or_undefined(residual_);
        const bool fits = x.dim() == 4 && weight.dim() == 4 && x.size(1) == weight.size(1) && weight.size(2) == weight.size(3) && on_kernels(x) && on_kernels(weight) &&
            (!residual.defined() || residual.scalar_type() == at::kFloat);
        if (fits && weight.size(2) == 3 && stride == 1 && padding == 1) {
            if (recorded({x, weight, bias, residual})) {
                return Convolution::apply(x, weight, given(bias), given(residual));
            }
            const at::Tensor ready = prepared_once(weight, Form::transformed, [&] { return transformed(weight, false); });
            return convolve(x.contiguous(channels_last), ready, weight.size(0), bias, residual);
        }
        at::Tensor y;
        if (fits && weight.size(2) == 1 && stride == 1 && padding == 0) {
            const int64_t n = x.size(0), h = x.size(2), w = x.size(3);
            y = linear_of(x.permute({0, 2, 3, 1}).reshape({n * h * w, x.size(1)}), weight.reshape({weight.size(0), weight.size(1)}), bias, weight);
            y = y.view({n, h, w, weight.size(0)}).permute({0, 3, 1, 2});
        } else if (fits && x.size(2) + 2 * padding >= weight.size(2) && x.size(3) + 2 * padding >= weight.size(2)) {
            y = recorded({x, weight, bias})
                ? Unfolded::apply(x, weight, given(bias), stride, padding)
                : unfolded_convolution(x, prepared_once(weight, Form::rows, [&] { return packed_transpose(as_rows(weight)); }), weight.size(0), bias,
                                       {weight.size(2), stride, padding});
        } else {
            y = at::conv2d(x, weight, given(bias), stride, padding);
        }
        return residual.defined() ? y + residual : y;
    });
}
