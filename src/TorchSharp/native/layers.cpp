// The network's layers as single operations of the graph: on processors with AVX2 or AVX-512 and in float32 by the kernels of
// kernels.h, elsewhere by libtorch's own operations. The latter also say what each operation is: a derivative that is to
// be differentiated again goes through them.
#include <mutex>
#include <unordered_map>

#include <torch/csrc/autograd/custom_function.h>

#include "layers.h"

using namespace st;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

namespace st {

bool recorded(const TensorList& inputs) {
    if (!at::GradMode::is_enabled()) {
        return false;
    }
    for (const at::Tensor& input : inputs) {
        if (input.defined() && input.requires_grad()) {
            return true;
        }
    }
    return false;
}

TensorList composed_gradient(const TensorList& inputs, const std::vector<bool>& wanted,
                             const std::function<at::Tensor(const TensorList&)>& composition, const at::Tensor& dy) {
    at::AutoGradMode graph(true);
    // Views have nodes of their own in the graph. The inputs themselves need not: all parameters are parts of one vector
    // and come from one node, to which every earlier layer leads, and the search for it would run through all of them,
    // at every layer anew.
    TensorList views, places;
    for (size_t i = 0; i < inputs.size(); ++i) {
        const at::Tensor& input = inputs[i];
        views.push_back(input.defined() && input.requires_grad() ? input.view_as(input) : input);
        if (wanted[i]) {
            places.push_back(views.back());
        }
    }
    TensorList found = torch::autograd::grad({composition(views)}, places, {dy}, true, true, true);
    TensorList all(inputs.size());
    size_t next = 0;
    for (size_t i = 0; i < inputs.size(); ++i) {
        if (wanted[i]) {
            all[i] = found[next++];
        }
    }
    return all;
}

}  // namespace st

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

// What is prepared from weights that are used again and again without a graph, as a sampler does: kept while the weights
// live and are not written to.
enum class Form : uintptr_t { transformed, transposed, rows };

at::Tensor prepared_once(const at::Tensor& weight, Form form, const std::function<at::Tensor()>& prepare) {
    struct Entry {
        c10::weak_intrusive_ptr<at::TensorImpl> owner;
        int64_t version;
        at::Tensor prepared;
    };
    static std::mutex mutex;
    // Never destroyed: threads may outlive static storage.
    static auto& entries = *new std::unordered_map<uintptr_t, Entry>();
    if (weight.is_inference()) {
        return prepare();
    }
    std::lock_guard<std::mutex> lock(mutex);
    // Addresses are multiples of eight.
    const uintptr_t key = reinterpret_cast<uintptr_t>(weight.unsafeGetTensorImpl()) | static_cast<uintptr_t>(form);
    const auto found = entries.find(key);
    if (found != entries.end() && !found->second.owner.expired() && found->second.version == weight._version()) {
        return found->second.prepared;
    }
    for (auto entry = entries.begin(); entry != entries.end();) {
        entry = entry->first == key || entry->second.owner.expired() ? entries.erase(entry) : std::next(entry);
    }
    at::Tensor prepared = prepare();
    entries.emplace(key, Entry{c10::weak_intrusive_ptr<at::TensorImpl>(weight.getIntrusivePtr()), weight._version(), prepared});
    return prepared;
}

// A thread takes part for half a million operations, not for less: some five microseconds.
int64_t grain(int64_t operations_each) { return std::max<int64_t>(1, (int64_t{1} << 19) / std::max<int64_t>(1, operations_each)); }

at::Tensor convolve(const at::Tensor& x, const at::Tensor& packed, int64_t outputs, const at::Tensor& bias, const at::Tensor& residual) {
    const kernels::Images images = images_of(x);
    const at::Tensor shift = bias.defined() ? bias.contiguous() : bias;
    const at::Tensor added = residual.defined() ? residual.contiguous(channels_last) : residual;
    const at::Tensor y = images_like({x.size(0), outputs, x.size(2), x.size(3)}, x);
    const int64_t size = kernels::run().convolution_scratch(images.channels, outputs), tiles = images.tiles();
    const int64_t chunk = kernels::run().tiles_at_once(images.channels, outputs);
    take_turns(tiles, grain(72 * images.channels * outputs), [&](const auto& next) {
        const at::Tensor scratch = floats(size, y);
        // A small batch is halved where it would fit at once.
        const int64_t each = std::min(chunk, (tiles + at::get_num_threads() - 1) / at::get_num_threads());
        for (auto [begin, end] = next(each); begin < end; std::tie(begin, end) = next(each)) {
            kernels::run().convolution(data(x), images, data(packed), outputs, data(shift), data(added), begin, end,
                                       scratch.data_ptr<float>(), y.data_ptr<float>());
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
        const at::Tensor scratch = floats(kernels::run().gradient_scratch(inputs, outputs), sums);
        for (int64_t copy = first; copy < last; ++copy) {
            kernels::run().convolution_gradient(data(x), images, data(dy), outputs, images.tiles() * copy / copies,
                                          images.tiles() * (copy + 1) / copies, scratch.data_ptr<float>(),
                                          sums.data_ptr<float>() + copy * size);
        }
    });
    const at::Tensor dw = at::empty({outputs, inputs, 3, 3}, sums.options());
    at::parallel_for(0, inputs, 8, [&](int64_t begin, int64_t end) {
        kernels::run().filters_gradient(data(sums), copies, outputs, inputs, begin, end, dw.data_ptr<float>());
    });
    return dw;
}

// Sums of dy [rows, channels] over rows.
at::Tensor column_sums(const float* dy, int64_t rows, int64_t channels, const at::Tensor& like) {
    const int64_t copies = std::max<int64_t>(1, std::min<int64_t>(at::get_num_threads(), rows * channels / 65536));
    const at::Tensor sums = at::zeros({copies, channels}, like.options().requires_grad(false));
    at::parallel_for(0, copies, 1, [&](int64_t first, int64_t last) {
        for (int64_t copy = first; copy < last; ++copy) {
            const int64_t begin = rows * copy / copies, end = rows * (copy + 1) / copies;
            kernels::run().column_sums(dy + begin * channels, end - begin, channels, sums.data_ptr<float>() + copy * channels);
        }
    });
    return copies == 1 ? sums.view({channels}) : sums.sum(0);
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

// ---- rows times a matrix: fully connected layers and convolutions of 1 x 1 ----

// b(i, j) at b[i * row + j * column] of [k, n], packed.
at::Tensor packed(const float* b, int64_t k, int64_t n, int64_t row, int64_t column, const at::Tensor& like) {
    const at::Tensor result = floats(k * kernels::padded(n), like);
    kernels::run().pack(b, k, n, row, column, result.data_ptr<float>());
    return result;
}

// A matrix [n, k] however it lies in memory, as rows or as columns of the right side of a product.
at::Tensor matrix(const at::Tensor& weight) {
    const at::Tensor w = weight.dim() == 2 ? weight : weight.reshape({weight.size(0), -1});
    return w.stride(0) == 1 || w.stride(1) == 1 ? w : w.contiguous();
}

// The transpose of weight [n, k], packed.
at::Tensor packed_transpose(const at::Tensor& weight) {
    const at::Tensor w = matrix(weight);
    return packed(data(w), w.size(1), w.size(0), w.stride(1), w.stride(0), w);
}

// A weight [k, n] as it is, packed.
at::Tensor packed_rows(const at::Tensor& weight) {
    const at::Tensor w = matrix(weight);
    return packed(data(w), w.size(0), w.size(1), w.stride(0), w.stride(1), w);
}

// c [m, n] = a [m, k] b.
void multiply_rows(const float* a, int64_t m, int64_t k, const at::Tensor& b, int64_t n, const float* bias, float* c) {
    at::parallel_for(0, m, std::max<int64_t>(12, grain(2 * k * n)), [&](int64_t begin, int64_t end) {
        kernels::run().multiply(a + begin * k, k, 1, data(b), end - begin, n, k, c + begin * n, n, false, bias);
    });
}

// w [outputs, inputs] = dyᵀ x over all rows: a thread takes some of the outputs, so that nothing is added up between threads.
at::Tensor outer_sum(const float* dy, const float* x, int64_t rows, int64_t outputs, int64_t inputs, const at::Tensor& like) {
    constexpr int64_t at_once = 256, together = 6;
    const at::Tensor w = at::empty({outputs, inputs}, like.options().requires_grad(false));
    const int64_t blocks = (outputs + together - 1) / together;
    at::parallel_for(0, blocks, grain(2 * together * rows * inputs), [&](int64_t first, int64_t last) {
        const at::Tensor packed = floats(std::min(at_once, rows) * kernels::padded(inputs), w);
        const int64_t from = first * together, count = std::min(outputs, last * together) - from;
        for (int64_t row = 0; row < rows; row += at_once) {
            const int64_t some = std::min(at_once, rows - row);
            kernels::run().pack(x + row * inputs, some, inputs, inputs, 1, packed.data_ptr<float>());
            kernels::run().multiply(dy + row * outputs + from, 1, outputs, data(packed), count, inputs, some,
                                    w.data_ptr<float>() + from * inputs, inputs, row > 0, nullptr);
        }
    });
    return w;
}

at::Tensor affine(const at::Tensor& x, const at::Tensor& b, int64_t outputs, const at::Tensor& bias) {
    const at::Tensor a = x.contiguous(), shift = contiguous(bias);
    const at::Tensor y = at::empty({a.size(0), outputs}, a.options().requires_grad(false));
    multiply_rows(data(a), a.size(0), a.size(1), b, outputs, data(shift), y.data_ptr<float>());
    return y;
}

at::Tensor linear(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias);

// dy [n, o] times weight [o, i].
at::Tensor times(const at::Tensor& dy, const at::Tensor& weight) {
    const at::Tensor from = dy.contiguous(), dx = at::empty({dy.size(0), weight.size(1)}, from.options().requires_grad(false));
    multiply_rows(data(from), dy.size(0), dy.size(1), packed_rows(weight), weight.size(1), nullptr, dx.data_ptr<float>());
    return dx;
}

// The derivative of an affine map in its input, as a function of the output's derivative and the weight.
struct AffineSlope : torch::autograd::Function<AffineSlope> {
    static at::Tensor forward(AutogradContext* context, const at::Tensor& dy, const at::Tensor& weight) {
        context->save_for_backward({dy, weight});
        return times(dy, weight);
    }

    static variable_list backward(AutogradContext* context, variable_list gradients) {
        const variable_list saved = context->get_saved_variables();
        const at::Tensor &dy = saved[0], &weight = saved[1], none;
        const std::vector<bool> wanted = asked(context, saved);
        if (at::GradMode::is_enabled() || !on_kernels(gradients[0])) {
            const at::Tensor& c = gradients[0];
            return {wanted[0] ? linear(c, weight, none) : none, wanted[1] ? linear(dy.t(), c.t(), none) : none};
        }
        const at::Tensor c = gradients[0].contiguous();
        at::Tensor along, dw;
        if (wanted[0]) {
            along = affine(c, packed_transpose(weight), weight.size(0), none);
        }
        if (wanted[1]) {
            dw = outer_sum(data(dy.contiguous()), data(c), c.size(0), weight.size(0), weight.size(1), c);
        }
        return {along, dw};
    }
};

struct Affine : torch::autograd::Function<Affine> {
    static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& weight,
                              const optional<at::Tensor>& bias) {
        const at::Tensor shift = bias.value_or(at::Tensor());
        context->save_for_backward({x, weight, shift});
        return affine(x, packed_transpose(weight), weight.size(0), shift);
    }

    static variable_list backward(AutogradContext* context, variable_list gradients) {
        const variable_list saved = context->get_saved_variables();
        const at::Tensor &x = saved[0], &weight = saved[1], &bias = saved[2];
        const std::vector<bool> wanted = asked(context, saved);
        if (at::GradMode::is_enabled() || !on_kernels(gradients[0])) {
            // Products of the same kind, part of the graph themselves.
            const at::Tensor &dy = gradients[0], none;
            const bool kernels = on_kernels(dy);
            return {!wanted[0] ? none : kernels ? AffineSlope::apply(dy, weight) : at::matmul(dy, weight),
                    wanted[1] ? linear(dy.t(), x.t(), none) : none,
                    wanted[2] ? dy.sum(0) : none};
        }
        const at::Tensor dy = gradients[0].contiguous();
        const int64_t rows = dy.size(0), outputs = dy.size(1), inputs = x.size(1);
        at::Tensor dx, dw, db;
        if (wanted[0]) {
            dx = times(dy, weight);
        }
        if (wanted[1]) {
            dw = outer_sum(data(dy), data(x.contiguous()), rows, outputs, inputs, dy);
        }
        if (wanted[2]) {
            db = column_sums(data(dy), rows, outputs, dy);
        }
        return {dx, dw, db};
    }
};

// As weights are multiplied again and again; key: those that `weight` is a view of.
at::Tensor linear_of(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias, const at::Tensor& key) {
    if (x.dim() != 2 || weight.dim() != 2 || x.size(1) != weight.size(1) || !on_kernels(x) || !on_kernels(weight)) {
        return at::linear(x, weight, given(bias));
    }
    if (recorded({x, weight, bias})) {
        return Affine::apply(x, weight, given(bias));
    }
    if (!key.defined()) {
        return affine(x, packed_transpose(weight), weight.size(0), bias);
    }
    return affine(x, prepared_once(key, Form::transposed, [&] { return packed_transpose(weight); }), weight.size(0), bias);
}

at::Tensor linear(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) {
    return linear_of(x, weight, bias, at::Tensor());
}

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
            const at::Tensor w = as_rows(weight), columns = at::empty({rows, inside}, dy.options());
            multiply_rows(data(dy), rows, outputs, packed(data(w), outputs, inside, inside, 1, w), inside, nullptr, columns.data_ptr<float>());
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

ST_API Handle st_affine(const at::Tensor* x, const at::Tensor* weight, const at::Tensor* bias) {
    return guarded([=] { return linear_of(get(x), get(weight), or_undefined(bias), get(weight)); });
}
