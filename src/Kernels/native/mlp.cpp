// A multilayer perceptron (MLP) as one operation. Each block of rows goes through all layers, so that its activations stay in the
// caches and threads synchronise twice per call instead of several times per layer.
//   h_l = silu((W_l h_{l-1} + b_l)(1 + s_l) + t_l),  [s_1, t_1, s_2, …] = W_f c + b_f,
// then an affine head if there is one. Without a condition c there are no modulations s and t.
#include <vector>

#include "boundary.h"

using namespace score;
using kernels::active;

namespace {

// Rows per block.
constexpr int64_t block_rows = 32;

}  // namespace

namespace score {

// An affine map: weight [outputs, inputs], bias [outputs], and packed, the transposed weight as score_pack writes it.
// z [rows, outputs] is the map's result, h the same after modulation and activation. For the backward pass: dz, the gradient in z;
// dz_extra, a second gradient to add to it, or null; dweight and dbias, the gradients in weight and bias, or null.
struct Layer {
    int64_t outputs, inputs;
    const float *weight, *bias, *packed;
    float *z, *h;
    float* dz;
    const float* dz_extra;
    float *dweight, *dbias;
};

// `hidden` of the `count` layers are hidden; the last one is an affine head if hidden = count - 1. film maps the condition to all
// modulations, which are its z; there are none where condition is null. dx and dcondition may be null.
struct Mlp {
    int64_t rows, hidden, count;
    const Layer* layers;
    const float* x;
    const float* condition;
    const Layer* film;
    const float* dy;
    float *dx, *dcondition;
};

}  // namespace score

namespace {

struct Shape {
    const Mlp& of;
    // The first column of each layer's scale and shift among the modulations.
    std::vector<int64_t> starts{0};
    int64_t work = 0;

    explicit Shape(const Mlp& p) : of(p) {
        for (int64_t i = 0; i < p.count; ++i) {
            work += p.layers[i].outputs * p.layers[i].inputs;
            if (i < p.hidden) {
                starts.push_back(starts.back() + 2 * p.layers[i].outputs);
            }
        }
        work += modulated() ? p.film->outputs * p.film->inputs : 0;
    }

    bool modulated() const { return of.condition != nullptr; }
    int64_t blocks() const { return (of.rows + block_rows - 1) / block_rows; }

    // The modulation of a layer for `rows` rows from `row` on; its gradients have the same strides.
    kernels::Modulation modulation(int64_t layer, int64_t row, int64_t rows) const {
        const int64_t width = of.layers[layer].outputs, stride = of.film->outputs;
        const float* const scale = of.film->z + row * stride + starts[static_cast<size_t>(layer)];
        return {rows, width, scale, stride, scale + width, stride, stride};
    }

    template <class Work>
    void for_each_block(const Work& each) const {
        const int64_t all = blocks();
        parallel_dynamic(all, grain_size(2 * block_rows * work), [&](const auto& next) {
            for (int64_t block = next(1).first; block < all; block = next(1).first) {
                const int64_t row = block * block_rows;
                each(block, row, std::min(block_rows, of.rows - row));
            }
        });
    }
};

// z = x Wᵀ + b for some rows.
void linear(const Layer& layer, const float* x, int64_t row, int64_t rows) {
    active().multiply(x, layer.inputs, 1, layer.packed, 0, rows, layer.outputs, layer.inputs, layer.z + row * layer.outputs,
                      layer.outputs, false, layer.bias);
}

// A weight [outputs, inputs] as the right factor of a product, packed where its inputs are no multiple of channel_multiple.
struct RightFactor {
    Floats packed;
    const float* start;
    int64_t row;

    explicit RightFactor(const Layer& layer) : start(layer.weight), row(layer.inputs) {
        if (layer.inputs % kernels::channel_multiple != 0) {
            packed = floats(layer.outputs * kernels::padded(layer.inputs));
            active().pack(layer.weight, layer.outputs, layer.inputs, layer.inputs, 1, packed.get());
            start = packed.get();
            row = 0;
        }
    }

    void multiply(const Layer& layer, const float* dz, int64_t rows, float* dx) const {
        active().multiply(dz, layer.outputs, 1, start, row, rows, layer.inputs, layer.outputs, dx, layer.inputs, false, nullptr);
    }
};

// A weight gradient: dyᵀ x, summed over rows.
struct OuterSum {
    const float *dy, *x;
    int64_t outputs, inputs;
    float* sum;
};

// Computes all weight gradients, after the gradients of all rows.
void outer_sums(const std::vector<OuterSum>& pairs, int64_t rows) {
    constexpr int64_t at_once = 12;
    struct Piece {
        const OuterSum* pair;
        const float* right;
        int64_t from, count;
    };
    std::vector<Piece> pieces;
    std::vector<Floats> packed;
    int64_t work = 0;
    for (const OuterSum& pair : pairs) {
        const float* right = pair.x;
        if (pair.inputs % kernels::channel_multiple != 0) {
            packed.push_back(floats(rows * kernels::padded(pair.inputs)));
            active().pack(pair.x, rows, pair.inputs, pair.inputs, 1, packed.back().get());
            right = packed.back().get();
        }
        for (int64_t from = 0; from < pair.outputs; from += at_once) {
            pieces.push_back({&pair, right, from, std::min(at_once, pair.outputs - from)});
        }
        work += 2 * rows * pair.outputs * pair.inputs;
    }
    const int64_t count = static_cast<int64_t>(pieces.size());
    parallel_dynamic(count, grain_size(work / std::max<int64_t>(1, count)), [&](const auto& next) {
        for (int64_t i = next(1).first; i < count; i = next(1).first) {
            const Piece& piece = pieces[static_cast<size_t>(i)];
            const OuterSum& pair = *piece.pair;
            active().multiply(pair.dy + piece.from, 1, pair.outputs, piece.right, piece.right == pair.x ? pair.inputs : 0, piece.count,
                              pair.inputs, rows, pair.sum + piece.from * pair.inputs, pair.inputs, false, nullptr);
        }
    });
}

}  // namespace

// Fills z and h of every layer and the modulations. The head's h is its z.
SCORE_API void score_mlp(const Mlp* mlp) {
    const Mlp& p = *mlp;
    const Shape shape(p);
    shape.for_each_block([&](int64_t, int64_t row, int64_t rows) {
        if (shape.modulated()) {
            linear(*p.film, p.condition + row * p.film->inputs, row, rows);
        }
        const float* from = p.x + row * p.layers[0].inputs;
        for (int64_t i = 0; i < p.count; ++i) {
            const Layer& layer = p.layers[i];
            linear(layer, from, row, rows);
            const float* const z = layer.z + row * layer.outputs;
            float* const h = layer.h + row * layer.outputs;
            if (i < p.hidden && shape.modulated()) {
                active().modulate(shape.modulation(i, row, rows), z, h);
            } else if (i < p.hidden) {
                active().silu(z, rows * layer.outputs, h);
            }
            from = h;
        }
    });
}

// The backward pass for the cotangent dy. It writes the gradients whose pointers are not null.
SCORE_API void score_mlp_backward(const Mlp* mlp) {
    const Mlp& p = *mlp;
    const Shape shape(p);
    std::vector<RightFactor> weights;
    int64_t widest = 0, sums = shape.modulated() ? p.film->outputs : 0;
    for (int64_t i = 0; i < p.count; ++i) {
        weights.emplace_back(p.layers[i]);
        widest = std::max(widest, std::max(p.layers[i].outputs, p.layers[i].inputs));
        sums += p.layers[i].outputs;
    }
    std::vector<RightFactor> film;
    if (shape.modulated() && p.dcondition != nullptr) {
        film.emplace_back(*p.film);
    }
    // Sums over the rows of each block. Adding them block by block gives the same total with any number of threads.
    const Floats biases = zeros(shape.blocks() * sums);
    shape.for_each_block([&](int64_t block, int64_t row, int64_t rows) {
        float* const work = scratch(2 * block_rows * widest);
        const auto add = [&](const float* extra, int64_t columns, float* to) {
            if (extra != nullptr) {
                active().add(extra + row * columns, rows * columns, to);
            }
        };
        float* sum = biases.get() + (block + 1) * sums;
        const float* dh = p.dy + row * p.layers[p.count - 1].outputs;
        for (int64_t i = p.count - 1; i >= 0; --i) {
            const Layer& layer = p.layers[i];
            const float* dz = dh;
            if (i < p.hidden) {
                float* const to = layer.dz + row * layer.outputs;
                const float* const z = layer.z + row * layer.outputs;
                if (shape.modulated()) {
                    float* const dscale = p.film->dz + row * p.film->outputs + shape.starts[static_cast<size_t>(i)];
                    active().modulate_backward(shape.modulation(i, row, rows), z, dh, to, dscale, dscale + layer.outputs);
                } else {
                    active().silu_backward(z, dh, rows * layer.outputs, to);
                }
                add(layer.dz_extra, layer.outputs, to);
                dz = to;
            }
            sum -= layer.outputs;
            active().column_sums(dz, rows, layer.outputs, sum);
            if (i > 0 || p.dx != nullptr) {
                float* const to = i > 0 ? work + (i % 2) * block_rows * widest : p.dx + row * layer.inputs;
                weights[static_cast<size_t>(i)].multiply(layer, dz, rows, to);
                dh = to;
            }
        }
        if (shape.modulated()) {
            const int64_t modulations = p.film->outputs;
            float* const dfilm = p.film->dz + row * modulations;
            add(p.film->dz_extra, modulations, dfilm);
            active().column_sums(dfilm, rows, modulations, sum - modulations);
            if (p.dcondition != nullptr) {
                film[0].multiply(*p.film, dfilm, rows, p.dcondition + row * p.film->inputs);
            }
        }
    });
    std::vector<OuterSum> pairs;
    const Floats total = zeros(sums);
    active().column_sums(biases.get(), shape.blocks(), sums, total.get());
    const float* bias = total.get();
    const auto finish = [&](const Layer& layer, const float* dz, const float* from) {
        if (layer.dweight != nullptr) {
            pairs.push_back({dz, from, layer.outputs, layer.inputs, layer.dweight});
        }
        if (layer.dbias != nullptr) {
            std::copy_n(bias, layer.outputs, layer.dbias);
        }
        bias += layer.outputs;
    };
    if (shape.modulated()) {
        finish(*p.film, p.film->dz, p.condition);
    }
    for (int64_t i = 0; i < p.count; ++i) {
        finish(p.layers[i], i < p.hidden ? p.layers[i].dz : p.dy, i == 0 ? p.x : p.layers[i - 1].h);
    }
    outer_sums(pairs, p.rows);
}
