// A multilayer perceptron as one operation: every layer of a block of rows, then of the next, so that what a block makes stays
// in the caches, and two passes over all threads in place of several a layer.
#include <torch/csrc/autograd/custom_function.h>

#include "modulation.h"
#include "rows.h"

using namespace st;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

namespace {

// Rows that go through all layers together.
constexpr int64_t together = 32;

// What the tensors of a perceptron are, in order: x [n, i]; weight [o, i] and bias [o] of each hidden layer, then of the affine
// map after the last if there is one; then, if the layers are modulated, the condition c [n, e] and the affine map from it to
// all modulations:
//   h_l = silu((W_l h_{l-1} + b_l)(1 + s_l) + t_l),  [s_1, t_1, s_2, …] = W_f c + b_f.
struct Layout {
    const TensorList& parts;
    int64_t hidden;
    // What follows the hidden layers: two tensors for the map, three for the modulations.
    int64_t rest = static_cast<int64_t>(parts.size()) - 1 - 2 * hidden;

    static size_t place(int64_t layer) { return static_cast<size_t>(1 + 2 * layer); }
    size_t condition_place() const { return place(layers()); }
    bool headed() const { return rest == 2 || rest == 5; }
    bool modulated() const { return rest >= 3; }
    int64_t layers() const { return hidden + headed(); }
    const at::Tensor& x() const { return parts[0]; }
    const at::Tensor& weight(int64_t layer) const { return parts[place(layer)]; }
    const at::Tensor& bias(int64_t layer) const { return parts[place(layer) + 1]; }
    const at::Tensor& condition() const { return parts[condition_place()]; }
    const at::Tensor& film() const { return parts[condition_place() + 1]; }
    const at::Tensor& film_bias() const { return parts[condition_place() + 2]; }
    int64_t width(int64_t layer) const { return weight(layer).size(0); }
    int64_t rows() const { return x().size(0); }

    // Multiplications of one row.
    int64_t work() const {
        int64_t sum = modulated() ? film().numel() : 0;
        for (int64_t layer = 0; layer < layers(); ++layer) {
            sum += weight(layer).numel();
        }
        return sum;
    }

    // Where the scale and shift of each layer begin among the modulations, and their end.
    std::vector<int64_t> starts() const {
        std::vector<int64_t> result{0};
        for (int64_t layer = 0; layer < hidden; ++layer) {
            result.push_back(result.back() + 2 * width(layer));
        }
        return result;
    }

    bool fits() const {
        const auto rows_of = [](const at::Tensor& a, int64_t columns) { return on_kernels(a) && a.dim() == 2 && a.size(1) == columns; };
        const auto shift_of = [](const at::Tensor& a, const at::Tensor& w) { return on_kernels(a) && a.dim() == 1 && a.size(0) == w.size(0); };
        if (!on_kernels(x()) || x().dim() != 2) {
            return false;
        }
        int64_t columns = x().size(1);
        for (int64_t layer = 0; layer < layers(); ++layer) {
            if (!rows_of(weight(layer), columns) || !shift_of(bias(layer), weight(layer))) {
                return false;
            }
            columns = width(layer);
        }
        return !modulated() || (on_kernels(condition()) && condition().dim() == 2 && condition().size(0) == rows() &&
                                rows_of(film(), condition().size(1)) && shift_of(film_bias(), film()) && film().size(0) == starts().back());
    }
};

TensorList split_films(const at::Tensor& films, const Layout& of) {
    std::vector<int64_t> sizes;
    for (int64_t layer = 0; layer < of.hidden; ++layer) {
        sizes.insert(sizes.end(), 2, of.width(layer));
    }
    return films.split_with_sizes(sizes, 1);
}

// The result, z of every layer, and the modulations if there are any.
TensorList composed(const Layout& of) {
    TensorList films, made{at::Tensor()};
    at::Tensor all;
    if (of.modulated()) {
        all = at::linear(of.condition(), of.film(), of.film_bias());
        films = split_films(all, of);
    }
    at::Tensor h = of.x();
    for (int64_t layer = 0; layer < of.hidden; ++layer) {
        const at::Tensor z = at::linear(h, of.weight(layer), of.bias(layer));
        made.push_back(z);
        h = at::silu(films.empty() ? z : z * (films[2 * layer] + 1) + films[2 * layer + 1]);
    }
    made[0] = of.headed() ? at::linear(h, of.weight(of.hidden), of.bias(of.hidden)) : h;
    if (all.defined()) {
        made.push_back(all);
    }
    return made;
}

at::Tensor matrix_of(int64_t rows, int64_t columns, const at::Tensor& like) {
    return at::empty({rows, columns}, like.options().requires_grad(false));
}

// What the layers of a perceptron make: before the modulation (z), after the activation (h), all modulations, and the result.
struct Made {
    TensorList z, h;
    at::Tensor films, result;
};

Made forwards(const Layout& of, bool keep) {
    const at::Tensor x = of.x().contiguous();
    const int64_t n = of.rows();
    const auto prepared = [&](const at::Tensor& weight) {
        return keep ? packed_transpose(weight) : prepared_once(weight, Form::transposed, [&] { return packed_transpose(weight); });
    };
    const std::vector<int64_t> starts = of.starts();
    const int64_t modulations = starts.back();
    Made made;
    TensorList weights, shifts;
    for (int64_t layer = 0; layer < of.layers(); ++layer) {
        weights.push_back(prepared(of.weight(layer)));
        shifts.push_back(of.bias(layer).contiguous());
        made.h.push_back(matrix_of(n, of.width(layer), x));
        if (layer < of.hidden) {
            made.z.push_back(matrix_of(n, of.width(layer), x));
        }
    }
    at::Tensor condition, film, film_bias;
    if (of.modulated()) {
        condition = of.condition().contiguous();
        film = prepared(of.film());
        film_bias = of.film_bias().contiguous();
        made.films = matrix_of(n, modulations, x);
    }
    const int64_t blocks = (n + together - 1) / together;
    take_turns(blocks, grain(2 * together * of.work()), [&](const auto& next) {
        const kernels::Kernels& run = kernels::run();
        for (int64_t block = next(1).first; block < blocks; block = next(1).first) {
            const int64_t row = block * together, rows = std::min(together, n - row);
            if (of.modulated()) {
                const int64_t inside = condition.size(1);
                run.multiply(data(condition) + row * inside, inside, 1, data(film), 0, rows, modulations, inside,
                             made.films.data_ptr<float>() + row * modulations, modulations, false, data(film_bias));
            }
            const float* from = data(x) + row * x.size(1);
            int64_t inside = x.size(1);
            for (int64_t layer = 0; layer < of.layers(); ++layer) {
                const int64_t width = of.width(layer);
                float* const h = made.h[layer].data_ptr<float>() + row * width;
                float* const z = layer < of.hidden ? made.z[layer].data_ptr<float>() + row * width : h;
                run.multiply(from, inside, 1, data(weights[layer]), 0, rows, width, inside, z, width, false, data(shifts[layer]));
                if (layer < of.hidden && of.modulated()) {
                    const float* const scale = data(made.films) + row * modulations + starts[layer];
                    run.modulate({rows, width, scale, modulations, scale + width, modulations, modulations}, z, h);
                } else if (layer < of.hidden) {
                    run.silu(z, rows * width, h);
                }
                from = h;
                inside = width;
            }
        }
    });
    made.result = made.h.back();
    made.h.pop_back();
    return made;
}

// The sum of dyᵀ x over rows for several pairs: what is left of a perceptron's derivative once every row has been gone through.
struct Pair {
    const float *dy, *x;
    int64_t outputs, inputs;
    at::Tensor sum;
};

void outer_sums(const std::vector<Pair>& pairs, int64_t rows) {
    constexpr int64_t at_once = 12;
    struct Piece {
        const Pair* pair;
        int64_t from, count;
    };
    std::vector<Piece> pieces;
    // Right sides that the kernels cannot read as they are.
    std::vector<at::Tensor> packed;
    int64_t work = 0;
    for (const Pair& pair : pairs) {
        const bool as_it_is = pair.inputs % kernels::granule == 0;
        packed.push_back(as_it_is ? at::Tensor() : floats(rows * kernels::padded(pair.inputs), pair.sum));
        if (!as_it_is) {
            kernels::run().pack(pair.x, rows, pair.inputs, pair.inputs, 1, packed.back().data_ptr<float>());
        }
        for (int64_t from = 0; from < pair.outputs; from += at_once) {
            pieces.push_back({&pair, from, std::min(at_once, pair.outputs - from)});
        }
        work += 2 * rows * pair.outputs * pair.inputs;
    }
    const int64_t count = static_cast<int64_t>(pieces.size());
    take_turns(count, grain(work / std::max<int64_t>(1, count)), [&](const auto& next) {
        for (int64_t i = next(1).first; i < count; i = next(1).first) {
            const Piece& piece = pieces[static_cast<size_t>(i)];
            const Pair& pair = *piece.pair;
            const at::Tensor& other = packed[static_cast<size_t>(&pair - pairs.data())];
            kernels::run().multiply(pair.dy + piece.from, 1, pair.outputs, other.defined() ? data(other) : pair.x,
                                    other.defined() ? 0 : pair.inputs, piece.count, pair.inputs, rows,
                                    pair.sum.data_ptr<float>() + piece.from * pair.inputs, pair.inputs, false, nullptr);
        }
    });
}

// Derivatives in all parts along dy; dz and dfilms (each or undefined) are what comes from elsewhere.
TensorList backwards(const Layout& of, const Made& made, const at::Tensor& dy_, const TensorList& dz_also,
                     const at::Tensor& dfilms_also, const std::vector<bool>& wanted) {
    const at::Tensor x = of.x().contiguous(), dy = dy_.contiguous();
    const size_t place = of.condition_place();
    const int64_t n = of.rows();
    const std::vector<int64_t> starts = of.starts();
    const int64_t modulations = starts.back();
    TensorList result(of.parts.size()), dz;
    std::vector<Right> weights;
    int64_t widest = 0, sums = of.modulated() ? modulations : 0;
    for (int64_t layer = 0; layer < of.layers(); ++layer) {
        weights.push_back(right_side(of.weight(layer)));
        widest = std::max(widest, of.width(layer));
        sums += of.width(layer);
        if (layer < of.hidden) {
            dz.push_back(matrix_of(n, of.width(layer), x));
        }
    }
    if (of.headed()) {
        dz.push_back(dy);
    }
    if (wanted[0]) {
        result[0] = matrix_of(n, x.size(1), x);
    }
    at::Tensor condition, dfilms;
    const Right film = of.modulated() ? right_side(of.film()) : Right(at::Tensor());
    if (of.modulated()) {
        condition = of.condition().contiguous();
        dfilms = matrix_of(n, modulations, x);
        if (wanted[place]) {
            result[place] = matrix_of(n, condition.size(1), x);
        }
    }
    // Sums over rows, those of one block of rows after those of another: the same with any number of threads.
    const int64_t blocks = (n + together - 1) / together;
    const at::Tensor biases = at::zeros({blocks, sums}, x.options().requires_grad(false));
    take_turns(blocks, grain(2 * together * of.work()), [&](const auto& next) {
        const kernels::Kernels& run = kernels::run();
        const at::Tensor scratch = floats(2 * together * widest, x);
        for (int64_t block = next(1).first; block < blocks; block = next(1).first) {
            const int64_t row = block * together, rows = std::min(together, n - row);
            const auto add = [&](const at::Tensor& also, int64_t columns, float* to) {
                if (also.defined()) {
                    run.mix(to, data(also) + row * columns, 1.f, 1.f, 0, rows * columns, to);
                }
            };
            float* sum = biases.data_ptr<float>() + (block + 1) * sums;
            const float* dh = data(dy) + row * dy.size(1);
            for (int64_t layer = of.layers() - 1; layer >= 0; --layer) {
                const int64_t width = of.width(layer), inside = of.weight(layer).size(1);
                const float* slope = dh;
                if (layer < of.hidden) {
                    float* const to = dz[layer].data_ptr<float>() + row * width;
                    const float* const z = data(made.z[layer]) + row * width;
                    if (of.modulated()) {
                        const float* const scale = data(made.films) + row * modulations + starts[layer];
                        float* const dscale = dfilms.data_ptr<float>() + row * modulations + starts[layer];
                        run.modulate_gradient({rows, width, scale, modulations, scale + width, modulations, modulations}, z, dh, to, dscale,
                                              dscale + width);
                    } else {
                        run.silu_gradient(z, dh, rows * width, to);
                    }
                    add(dz_also[layer], width, to);
                    slope = to;
                }
                sum -= width;
                run.column_sums(slope, rows, width, sum);
                if (layer > 0 || wanted[0]) {
                    float* const to = layer > 0 ? scratch.data_ptr<float>() + (layer % 2) * together * widest : result[0].data_ptr<float>() + row * inside;
                    run.multiply(slope, width, 1, data(weights[layer].held), weights[layer].row, rows, inside, width, to, inside, false, nullptr);
                    dh = to;
                }
            }
            if (of.modulated()) {
                float* const slopes = dfilms.data_ptr<float>() + row * modulations;
                add(dfilms_also, modulations, slopes);
                run.column_sums(slopes, rows, modulations, sum - modulations);
                if (wanted[place]) {
                    const int64_t inside = condition.size(1);
                    run.multiply(slopes, modulations, 1, data(film.held), film.row, rows, inside, modulations,
                                 result[place].data_ptr<float>() + row * inside, inside, false, nullptr);
                }
            }
        }
    });
    std::vector<Pair> pairs;
    const auto outer = [&](size_t part, const at::Tensor& slope, const at::Tensor& from) {
        if (wanted[part]) {
            result[part] = matrix_of(slope.size(1), from.size(1), x);
            pairs.push_back({data(slope), data(from), slope.size(1), from.size(1), result[part]});
        }
    };
    const at::Tensor bias = at::zeros({sums}, biases.options());
    kernels::run().column_sums(data(biases), blocks, sums, bias.data_ptr<float>());
    int64_t begin = 0;
    if (of.modulated()) {
        outer(place + 1, dfilms, condition);
        result[place + 2] = bias.narrow(0, 0, modulations);
        begin = modulations;
    }
    for (int64_t layer = 0; layer < of.layers(); ++layer) {
        outer(Layout::place(layer), dz[layer], layer == 0 ? x : made.h[layer - 1]);
        result[Layout::place(layer) + 1] = bias.narrow(0, begin, of.width(layer));
        begin += of.width(layer);
    }
    outer_sums(pairs, n);
    return result;
}

// The derivative in x as part of the graph, by the operations that have kernels for its own derivatives.
at::Tensor slope_in_x(const Layout& of, const TensorList& z, const at::Tensor& films, const at::Tensor& dy) {
    const TensorList parts = of.modulated() ? split_films(films, of) : TensorList();
    at::Tensor slope = of.headed() ? affine_slope(dy, of.weight(of.hidden)) : dy;
    for (int64_t layer = of.hidden - 1; layer >= 0; --layer) {
        slope = parts.empty() ? slope_of_silu(z[layer]) * slope : modulation_slope(slope, z[layer], parts[2 * layer], parts[2 * layer + 1]);
        slope = affine_slope(slope, of.weight(layer));
    }
    return slope;
}

struct Perceptron : torch::autograd::Function<Perceptron> {
    // The result, then z of every layer and the modulations: whoever differentiates the derivative in x does so through them.
    static variable_list forward(AutogradContext* context, at::TensorList parts_, int64_t hidden) {
        const TensorList parts = parts_.vec();
        const Made made = forwards({parts, hidden}, true);
        variable_list outputs{made.result};
        outputs.insert(outputs.end(), made.z.begin(), made.z.end());
        if (made.films.defined()) {
            outputs.push_back(made.films);
        }
        variable_list saved = parts;
        saved.insert(saved.end(), outputs.begin() + 1, outputs.end());
        saved.insert(saved.end(), made.h.begin(), made.h.end());
        context->save_for_backward(saved);
        context->saved_data["parts"] = static_cast<int64_t>(parts.size());
        context->saved_data["hidden"] = hidden;
        context->set_materialize_grads(false);
        return outputs;
    }

    static variable_list backward(AutogradContext* context, const variable_list& gradients) {
        variable_list result = derivatives(context, gradients);
        // One more, for the number of layers.
        result.emplace_back();
        return result;
    }

    static variable_list derivatives(AutogradContext* context, const variable_list& gradients) {
        const variable_list saved = context->get_saved_variables();
        const int64_t count = context->saved_data["parts"].toInt();
        const TensorList parts(saved.begin(), saved.begin() + count);
        const Layout of{parts, context->saved_data["hidden"].toInt()};
        auto next = saved.begin() + count;
        Made made;
        made.z = TensorList(next, next + of.hidden);
        next += of.hidden;
        if (of.modulated()) {
            made.films = *next++;
        }
        made.h = TensorList(next, saved.end());
        const std::vector<bool> wanted = asked(context, parts);
        const bool graph = at::GradMode::is_enabled();
        if (!graph && std::all_of(gradients.begin(), gradients.end(), [](const at::Tensor& a) { return !a.defined() || on_kernels(a); })) {
            TensorList also;
            for (int64_t layer = 0; layer < of.hidden; ++layer) {
                also.push_back(contiguous(gradients[static_cast<size_t>(1 + layer)]));
            }
            const at::Tensor dy = gradients[0].defined()
                ? gradients[0]
                : at::zeros({of.rows(), of.width(of.layers() - 1)}, made.z[0].options().requires_grad(false));
            return backwards(of, made, dy, also, of.modulated() ? contiguous(gradients.back()) : at::Tensor(), wanted);
        }
        const bool of_result = gradients[0].defined() && std::none_of(gradients.begin() + 1, gradients.end(), [](const at::Tensor& a) { return a.defined(); });
        if (of_result && on_kernels(gradients[0]) && std::none_of(wanted.begin() + 1, wanted.end(), [](bool each) { return each; })) {
            variable_list result(parts.size());
            result[0] = slope_in_x(of, made.z, made.films, gradients[0]);
            return result;
        }
        return composed_gradient(parts, wanted, [&](const TensorList& in) { return composed({in, of.hidden}); }, gradients);
    }
};

}  // namespace

// x, the weight and bias of each hidden layer, and what follows them (see Layout).
ST_API Handle st_perceptron(const Handle* parts, int count, int64_t hidden) {
    return guarded([=] {
        const TensorList all = gather(parts, count);
        const Layout of{all, hidden};
        TORCH_CHECK(hidden > 0 && (of.rest == 0 || of.rest == 2 || of.rest == 3 || of.rest == 5),
                    "expected x, layers and what follows them, found ", count, " tensors for ", hidden, " layers");
        if (!of.fits()) {
            return composed(of)[0];
        }
        return recorded(all) ? Perceptron::apply(at::TensorList(all), hidden)[0] : forwards(of, false).result;
    });
}
