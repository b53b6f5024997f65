// Rows times a matrix: fully connected layers, convolutions of 1 x 1, and products of matrices.
#include <torch/csrc/autograd/custom_function.h>

#include "rows.h"

using namespace st;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

namespace st {

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

// b(i, j) at b[i * row + j * column] of [k, n], packed. Where all panels are alike, threads share them: one lies behind another.
at::Tensor packed(const float* b, int64_t k, int64_t n, int64_t row, int64_t column, const at::Tensor& like) {
    constexpr int64_t panel = 4 * kernels::granule, numbers_at_once = 8192;
    const at::Tensor result = floats(k * kernels::padded(n), like);
    const int64_t width = n % panel == 0 ? panel : n;
    at::parallel_for(0, n / width, std::max<int64_t>(1, numbers_at_once / (k * width)), [&](int64_t first, int64_t last) {
        const int64_t from = first * width;
        kernels::run().pack(b + from * column, k, (last - first) * width, row, column, result.data_ptr<float>() + from * k);
    });
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

// A matrix [k, n] as the right side of a product.
Right right_side(const at::Tensor& b) {
    const at::Tensor w = matrix(b);
    if (w.stride(1) == 1 && w.size(1) % kernels::granule == 0 && w.stride(0) > 0) {
        return {w, w.stride(0)};
    }
    return packed(data(w), w.size(0), w.size(1), w.stride(0), w.stride(1), w);
}

// c [m, n] = a [m, k] b.
void multiply_rows(const float* a, int64_t m, int64_t k, const Right& b, int64_t n, const float* bias, float* c) {
    at::parallel_for(0, m, std::max<int64_t>(12, grain(2 * k * n)), [&](int64_t begin, int64_t end) {
        kernels::run().multiply(a + begin * k, k, 1, data(b.held), b.row, end - begin, n, k, c + begin * n, n, false, bias);
    });
}

// w [outputs, inputs] = dyᵀ x over all rows: a thread takes some of the outputs, so that nothing is added up between threads.
at::Tensor outer_sum(const float* dy, const float* x, int64_t rows, int64_t outputs, int64_t inputs, const at::Tensor& like) {
    constexpr int64_t at_once = 256, together = 6;
    const at::Tensor w = at::empty({outputs, inputs}, like.options().requires_grad(false));
    const int64_t blocks = (outputs + together - 1) / together;
    const bool as_it_is = inputs % kernels::granule == 0;
    at::parallel_for(0, blocks, grain(2 * together * rows * inputs), [&](int64_t first, int64_t last) {
        const at::Tensor packed = floats(as_it_is ? 0 : std::min(at_once, rows) * kernels::padded(inputs), w);
        const int64_t from = first * together, count = std::min(outputs, last * together) - from;
        for (int64_t row = 0; row < rows; row += at_once) {
            const int64_t some = std::min(at_once, rows - row);
            const float* right = x + row * inputs;
            if (!as_it_is) {
                kernels::run().pack(right, some, inputs, inputs, 1, packed.data_ptr<float>());
                right = data(packed);
            }
            kernels::run().multiply(dy + row * outputs + from, 1, outputs, right, as_it_is ? inputs : 0, count, inputs, some,
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
    multiply_rows(data(from), dy.size(0), dy.size(1), right_side(weight), weight.size(1), nullptr, dx.data_ptr<float>());
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

at::Tensor affine_slope(const at::Tensor& dy, const at::Tensor& weight) {
    return on_kernels(dy) ? AffineSlope::apply(dy, weight) : at::matmul(dy, weight);
}

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
            return {wanted[0] ? affine_slope(dy, weight) : none,
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

at::Tensor product(const at::Tensor& a, const at::Tensor& b) {
    // Beyond this much, blocks that fit into caches pay, which libtorch's library has.
    constexpr int64_t most = int64_t{1} << 26, longest = 2048;
    const bool fits = a.dim() == 2 && b.dim() == 2 && a.size(1) == b.size(0) && on_kernels(a) && on_kernels(b) && !recorded({a, b}) &&
        a.size(1) <= longest && a.size(0) * a.size(1) * b.size(1) <= most;
    return fits ? times(a, b) : at::matmul(a, b);
}

}  // namespace st

ST_API Handle st_affine(const at::Tensor* x, const at::Tensor* weight, const at::Tensor* bias) {
    return guarded([=] { return linear_of(get(x), get(weight), or_undefined(bias), get(weight)); });
}
