// The network's layers as single operations of the graph: on processors with AVX-512 and in float32 by the kernels of
// kernels.h, elsewhere by libtorch's own operations. The latter also say what each operation is: a derivative that is to
// be differentiated again goes through them.
#include <mutex>
#include <unordered_map>

#include <ATen/Parallel.h>
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

TensorList composed_gradient(const TensorList& inputs, const std::function<at::Tensor()>& composition, const at::Tensor& dy) {
    at::AutoGradMode graph(true);
    TensorList wanted;
    for (const at::Tensor& input : inputs) {
        if (input.defined() && input.requires_grad()) {
            wanted.push_back(input);
        }
    }
    TensorList found = torch::autograd::grad({composition()}, wanted, {dy}, true, true, true);
    TensorList all;
    size_t next = 0;
    for (const at::Tensor& input : inputs) {
        all.push_back(input.defined() && input.requires_grad() ? found[next++] : at::Tensor());
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
        kernels::filters(from, outputs, inputs, turned, begin, end, into);
    });
    return packed;
}

// Transformed filters of weights that are used again and again without a graph, as a sampler does: kept while the weights
// live and are not written to.
at::Tensor transformed_once(const at::Tensor& weight) {
    struct Entry {
        c10::weak_intrusive_ptr<at::TensorImpl> owner;
        int64_t version;
        at::Tensor packed;
    };
    static std::mutex mutex;
    // Never destroyed: threads may outlive static storage.
    static auto& entries = *new std::unordered_map<at::TensorImpl*, Entry>();
    if (weight.is_inference()) {
        return transformed(weight, false);
    }
    std::lock_guard<std::mutex> lock(mutex);
    const auto found = entries.find(weight.unsafeGetTensorImpl());
    if (found != entries.end() && !found->second.owner.expired() && found->second.version == weight._version()) {
        return found->second.packed;
    }
    for (auto entry = entries.begin(); entry != entries.end();) {
        entry = entry->second.owner.expired() ? entries.erase(entry) : std::next(entry);
    }
    at::Tensor packed = transformed(weight, false);
    entries.erase(weight.unsafeGetTensorImpl());
    entries.emplace(weight.unsafeGetTensorImpl(),
                    Entry{c10::weak_intrusive_ptr<at::TensorImpl>(weight.getIntrusivePtr()), weight._version(), packed});
    return packed;
}

at::Tensor convolve(const at::Tensor& x, const at::Tensor& packed, int64_t outputs, const at::Tensor& bias, const at::Tensor& residual) {
    const kernels::Images images = images_of(x);
    const at::Tensor shift = bias.defined() ? bias.contiguous() : bias;
    const at::Tensor added = residual.defined() ? residual.contiguous(channels_last) : residual;
    const at::Tensor y = images_like({x.size(0), outputs, x.size(2), x.size(3)}, x);
    const int64_t size = kernels::convolution_scratch(images.channels, outputs);
    at::parallel_for(0, images.tiles(), 12, [&](int64_t begin, int64_t end) {
        const at::Tensor scratch = floats(size, y);
        kernels::convolution(data(x), images, data(packed), outputs, data(shift), data(added), begin, end,
                             scratch.data_ptr<float>(), y.data_ptr<float>());
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
        const at::Tensor scratch = floats(kernels::gradient_scratch(inputs, outputs), sums);
        for (int64_t copy = first; copy < last; ++copy) {
            kernels::convolution_gradient(data(x), images, data(dy), outputs, images.tiles() * copy / copies,
                                          images.tiles() * (copy + 1) / copies, scratch.data_ptr<float>(),
                                          sums.data_ptr<float>() + copy * size);
        }
    });
    const at::Tensor dw = at::empty({outputs, inputs, 3, 3}, sums.options());
    at::parallel_for(0, inputs, 8, [&](int64_t begin, int64_t end) {
        kernels::filters_gradient(data(sums), copies, outputs, inputs, begin, end, dw.data_ptr<float>());
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
            kernels::column_sums(dy + begin * channels, end - begin, channels, sums.data_ptr<float>() + copy * channels);
        }
    });
    return copies == 1 ? sums.view({channels}) : sums.sum(0);
}

at::Tensor composed_convolution(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias, const at::Tensor& residual) {
    const at::Tensor y = at::conv2d(x, weight, given(bias), 1, 1);
    return residual.defined() ? y + residual : y;
}

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
        if (at::GradMode::is_enabled() || !on_kernels(gradients[0])) {
            return composed_gradient(saved, [&] { return composed_convolution(x, weight, bias, residual); }, gradients[0]);
        }
        const at::Tensor dy = gradients[0].contiguous(channels_last);
        at::Tensor dx, dw, db;
        if (context->needs_input_grad(0)) {
            dx = convolve(dy, transformed(weight, true), x.size(1), at::Tensor(), at::Tensor());
        }
        if (context->needs_input_grad(1)) {
            dw = weight_gradient(x.contiguous(channels_last), dy);
        }
        if (bias.defined() && bias.requires_grad()) {
            db = column_sums(data(dy), dy.numel() / dy.size(1), dy.size(1), dy);
        }
        return {dx, dw, db, residual.defined() ? dy : at::Tensor()};
    }
};

// ---- rows times a matrix: fully connected layers and convolutions of 1 x 1 ----

// c [m, n] = a [m, k] b, b(i, j) at b[i * row + j * column].
void multiply_rows(const float* a, int64_t m, int64_t k, const float* b, int64_t row, int64_t column, int64_t n, const float* bias,
                   float* c, const at::Tensor& like) {
    const at::Tensor packed = floats(k * kernels::padded(n), like);
    kernels::pack(b, k, n, row, column, packed.data_ptr<float>());
    at::parallel_for(0, m, std::max<int64_t>(24, (int64_t{1} << 21) / (k * n)), [&](int64_t begin, int64_t end) {
        kernels::multiply(a + begin * k, k, 1, data(packed), end - begin, n, k, c + begin * n, n, false, bias);
    });
}

// w [outputs, inputs] = dyᵀ x over all rows.
at::Tensor outer_sum(const float* dy, const float* x, int64_t rows, int64_t outputs, int64_t inputs, const at::Tensor& like) {
    constexpr int64_t at_once = 256;
    const int64_t work = rows * outputs * inputs;
    const int64_t copies = std::max<int64_t>(1, std::min<int64_t>(at::get_num_threads(), work >> 22));
    const at::Tensor sums = at::zeros({copies, outputs, inputs}, like.options().requires_grad(false));
    at::parallel_for(0, copies, 1, [&](int64_t first, int64_t last) {
        const at::Tensor packed = floats(at_once * kernels::padded(inputs), sums);
        for (int64_t copy = first; copy < last; ++copy) {
            const int64_t end = rows * (copy + 1) / copies;
            for (int64_t begin = rows * copy / copies; begin < end; begin += at_once) {
                const int64_t count = std::min(at_once, end - begin);
                kernels::pack(x + begin * inputs, count, inputs, inputs, 1, packed.data_ptr<float>());
                kernels::multiply(dy + begin * outputs, 1, outputs, data(packed), outputs, inputs, count,
                                  sums.data_ptr<float>() + copy * outputs * inputs, inputs, true, nullptr);
            }
        }
    });
    return copies == 1 ? sums.view({outputs, inputs}) : sums.sum(0);
}

at::Tensor affine(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) {
    const at::Tensor a = x.contiguous(), w = weight.contiguous(), shift = bias.defined() ? bias.contiguous() : bias;
    const int64_t rows = a.size(0), inputs = w.size(1), outputs = w.size(0);
    const at::Tensor y = at::empty({rows, outputs}, a.options().requires_grad(false));
    multiply_rows(data(a), rows, inputs, data(w), 1, inputs, outputs, data(shift), y.data_ptr<float>(), y);
    return y;
}

struct Affine : torch::autograd::Function<Affine> {
    static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& weight,
                              const optional<at::Tensor>& bias) {
        const at::Tensor shift = bias.value_or(at::Tensor());
        context->save_for_backward({x, weight, shift});
        return affine(x, weight, shift);
    }

    static variable_list backward(AutogradContext* context, variable_list gradients) {
        const variable_list saved = context->get_saved_variables();
        const at::Tensor &x = saved[0], &weight = saved[1], &bias = saved[2];
        if (at::GradMode::is_enabled() || !on_kernels(gradients[0])) {
            return composed_gradient(saved, [&] { return at::linear(x, weight, given(bias)); }, gradients[0]);
        }
        const at::Tensor dy = gradients[0].contiguous();
        const int64_t rows = dy.size(0), outputs = dy.size(1), inputs = x.size(1);
        at::Tensor dx, dw, db;
        if (context->needs_input_grad(0)) {
            const at::Tensor w = weight.contiguous();
            dx = at::empty({rows, inputs}, dy.options());
            multiply_rows(data(dy), rows, outputs, data(w), inputs, 1, inputs, nullptr, dx.data_ptr<float>(), dx);
        }
        if (context->needs_input_grad(1)) {
            dw = outer_sum(data(dy), data(x.contiguous()), rows, outputs, inputs, dy);
        }
        if (bias.defined() && bias.requires_grad()) {
            db = column_sums(data(dy), rows, outputs, dy);
        }
        return {dx, dw, db};
    }
};

at::Tensor linear(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) {
    if (x.dim() != 2 || weight.dim() != 2 || x.size(1) != weight.size(1) || !on_kernels(x) || !on_kernels(weight)) {
        return at::linear(x, weight, given(bias));
    }
    return recorded({x, weight, bias}) ? Affine::apply(x, weight, given(bias)) : affine(x, weight, bias);
}

}  // namespace

// Convolution of images with odd square filters of such a stride and padding, plus bias, plus a tensor of the result's shape.
ST_API Handle st_convolution(const at::Tensor* x_, const at::Tensor* weight_, const at::Tensor* bias_, const at::Tensor* residual_,
                             int64_t stride, int64_t padding) {
    return guarded([=] {
        const at::Tensor &x = get(x_), &weight = get(weight_);
        const at::Tensor bias = or_undefined(bias_), residual = or_undefined(residual_);
        const bool fits = x.dim() == 4 && weight.dim() == 4 && x.size(1) == weight.size(1) && stride == 1 && on_kernels(x) && on_kernels(weight) &&
            (!residual.defined() || residual.scalar_type() == at::kFloat);
        if (fits && weight.size(2) == 3 && weight.size(3) == 3 && padding == 1) {
            if (recorded({x, weight, bias, residual})) {
                return Convolution::apply(x, weight, given(bias), given(residual));
            }
            return convolve(x.contiguous(channels_last), transformed_once(weight), weight.size(0), bias, residual);
        }
        at::Tensor y;
        if (fits && weight.size(2) == 1 && weight.size(3) == 1 && padding == 0) {
            const int64_t n = x.size(0), h = x.size(2), w = x.size(3);
            y = linear(x.permute({0, 2, 3, 1}).reshape({n * h * w, x.size(1)}), weight.reshape({weight.size(0), weight.size(1)}), bias);
            y = y.view({n, h, w, weight.size(0)}).permute({0, 3, 1, 2});
        } else {
            y = at::conv2d(fits ? x.contiguous(channels_last) : x, weight, given(bias), stride, padding);
        }
        return residual.defined() ? y + residual : y;
    });
}

ST_API Handle st_affine(const at::Tensor* x, const at::Tensor* weight, const at::Tensor* bias) {
    return guarded([=] { return linear(get(x), get(weight), or_undefined(bias)); });
}
