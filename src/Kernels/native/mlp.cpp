// A multilayer perceptron as one operation: every layer of a block of rows, then of the next, so that what a block makes stays
// in the caches, and two passes over all threads in place of several a layer.
//   h_l = silu((W_l h_{l-1} + b_l)(1 + s_l) + t_l),  [s_1, t_1, s_2, …] = W_f c + b_f,
// then an affine map if there is one; without a condition c there are no modulations s and t.
#include <vector>

#include "boundary.h"

using namespace score;
using kernels::run;

namespace {

// Rows that go through all layers together.
constexpr int64_t together = 32;

}  // namespace

namespace score {

// An affine map of rows: weight [width, inside] and bias [width]; packed is the weight's transpose as score_pack leaves it. Then
// what the map makes (z), and after modulation and activation (h), [rows, width]. Backwards: the derivative in z, what is added to
// it from elsewhere (or null), and those in weight (or null) and bias.
struct Layer {
    int64_t width, inside;
    const float *weight, *bias, *packed;
    float *z, *h;
    float* dz;
    const float* dz_also;
    float *dweight, *dbias;
};

// The last layer is an affine map alone where `hidden` is one less than the number of layers. film: the map from the condition to
// all modulations, whose z they are; none where condition is null. dx and dcondition may be null.
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
    // Where the scale and shift of each layer begin among the modulations.
    std::vector<int64_t> starts{0};
    int64_t work = 0;

    explicit Shape(const Mlp& p) : of(p) {
        for (int64_t i = 0; i < p.count; ++i) {
            work += p.layers[i].width * p.layers[i].inside;
            if (i < p.hidden) {
                starts.push_back(starts.back() + 2 * p.layers[i].width);
            }
        }
        work += modulated() ? p.film->width * p.film->inside : 0;
    }

    bool modulated() const { return of.condition != nullptr; }
    int64_t blocks() const { return (of.rows + together - 1) / together; }

    // The modulation of rows from `row` on for a layer, with derivatives that lie as it does.
    kernels::Modulation modulation(int64_t layer, int64_t row, int64_t rows) const {
        const int64_t width = of.layers[layer].width, apart = of.film->width;
        const float* const scale = of.film->z + row * apart + starts[static_cast<size_t>(layer)];
        return {rows, width, scale, apart, scale + width, apart, apart};
    }

    template <class Work>
    void share_out(const Work& each) const {
        const int64_t all = blocks();
        take_turns(all, grain(2 * together * work), [&](const auto& next) {
            for (int64_t block = next(1).first; block < all; block = next(1).first) {
                const int64_t row = block * together;
                each(block, row, std::min(together, of.rows - row));
            }
        });
    }
};

// rows of x times the transpose of a layer's weight, plus its bias.
void map(const Layer& layer, const float* x, int64_t row, int64_t rows) {
    run().multiply(x, layer.inside, 1, layer.packed, 0, rows, layer.width, layer.inside, layer.z + row * layer.width, layer.width, false, layer.bias);
}

// A weight [width, inside] as the right side of a product, packed where the kernels cannot read it as it is.
struct Right {
    Floats packed;
    const float* start;
    int64_t row;

    explicit Right(const Layer& layer) : start(layer.weight), row(layer.inside) {
        if (layer.inside % kernels::granule != 0) {
            packed = floats(layer.width * kernels::padded(layer.inside));
            run().pack(layer.weight, layer.width, layer.inside, layer.inside, 1, packed.get());
            start = packed.get();
            row = 0;
        }
    }

    void multiply(const Layer& layer, const float* slope, int64_t rows, float* to) const {
        run().multiply(slope, layer.width, 1, start, row, rows, layer.inside, layer.width, to, layer.inside, false, nullptr);
    }
};

// The sum of dyᵀ x over rows.
struct Pair {
    const float *dy, *x;
    int64_t outputs, inputs;
    float* sum;
};

// All of these: what is left of a derivative once every row has been gone through.
void outer_sums(const std::vector<Pair>& pairs, int64_t rows) {
    constexpr int64_t at_once = 12;
    struct Piece {
        const Pair* pair;
        const float* right;
        int64_t from, count;
    };
    std::vector<Piece> pieces;
    std::vector<Floats> packed;
    int64_t work = 0;
    for (const Pair& pair : pairs) {
        const float* right = pair.x;
        if (pair.inputs % kernels::granule != 0) {
            packed.push_back(floats(rows * kernels::padded(pair.inputs)));
            run().pack(pair.x, rows, pair.inputs, pair.inputs, 1, packed.back().get());
            right = packed.back().get();
        }
        for (int64_t from = 0; from < pair.outputs; from += at_once) {
            pieces.push_back({&pair, right, from, std::min(at_once, pair.outputs - from)});
        }
        work += 2 * rows * pair.outputs * pair.inputs;
    }
    const int64_t count = static_cast<int64_t>(pieces.size());
    take_turns(count, grain(work / std::max<int64_t>(1, count)), [&](const auto& next) {
        for (int64_t i = next(1).first; i < count; i = next(1).first) {
            const Piece& piece = pieces[static_cast<size_t>(i)];
            const Pair& pair = *piece.pair;
            run().multiply(pair.dy + piece.from, 1, pair.outputs, piece.right, piece.right == pair.x ? pair.inputs : 0, piece.count, pair.inputs, rows,
                           pair.sum + piece.from * pair.inputs, pair.inputs, false, nullptr);
        }
    });
}

}  // namespace

// Fills z and h of every layer, whose h is its z where nothing follows the map, and the modulations.
SCORE_API void score_mlp(const Mlp* mlp) {
    const Mlp& p = *mlp;
    const Shape shape(p);
    shape.share_out([&](int64_t, int64_t row, int64_t rows) {
        if (shape.modulated()) {
            map(*p.film, p.condition + row * p.film->inside, row, rows);
        }
        const float* from = p.x + row * p.layers[0].inside;
        for (int64_t i = 0; i < p.count; ++i) {
            const Layer& layer = p.layers[i];
            map(layer, from, row, rows);
            const float* const z = layer.z + row * layer.width;
            float* const h = layer.h + row * layer.width;
            if (i < p.hidden && shape.modulated()) {
                run().modulate(shape.modulation(i, row, rows), z, h);
            } else if (i < p.hidden) {
                run().silu(z, rows * layer.width, h);
            }
            from = h;
        }
    });
}

// Derivatives along dy in whatever has a place for it.
SCORE_API void score_mlp_gradient(const Mlp* mlp) {
    const Mlp& p = *mlp;
    const Shape shape(p);
    std::vector<Right> weights;
    int64_t widest = 0, sums = shape.modulated() ? p.film->width : 0;
    for (int64_t i = 0; i < p.count; ++i) {
        weights.emplace_back(p.layers[i]);
        widest = std::max(widest, std::max(p.layers[i].width, p.layers[i].inside));
        sums += p.layers[i].width;
    }
    std::vector<Right> film;
    if (shape.modulated() && p.dcondition != nullptr) {
        film.emplace_back(*p.film);
    }
    // Sums over rows, those of one block of rows after those of another: the same with any number of threads.
    const Floats biases = zeros(shape.blocks() * sums);
    shape.share_out([&](int64_t block, int64_t row, int64_t rows) {
        float* const work = scratch(2 * together * widest);
        const auto add = [&](const float* also, int64_t columns, float* to) {
            if (also != nullptr) {
                run().add(also + row * columns, rows * columns, to);
            }
        };
        float* sum = biases.get() + (block + 1) * sums;
        const float* dh = p.dy + row * p.layers[p.count - 1].width;
        for (int64_t i = p.count - 1; i >= 0; --i) {
            const Layer& layer = p.layers[i];
            const float* slope = dh;
            if (i < p.hidden) {
                float* const to = layer.dz + row * layer.width;
                const float* const z = layer.z + row * layer.width;
                if (shape.modulated()) {
                    float* const dscale = p.film->dz + row * p.film->width + shape.starts[static_cast<size_t>(i)];
                    run().modulate_gradient(shape.modulation(i, row, rows), z, dh, to, dscale, dscale + layer.width);
                } else {
                    run().silu_gradient(z, dh, rows * layer.width, to);
                }
                add(layer.dz_also, layer.width, to);
                slope = to;
            }
            sum -= layer.width;
            run().column_sums(slope, rows, layer.width, sum);
            if (i > 0 || p.dx != nullptr) {
                float* const to = i > 0 ? work + (i % 2) * together * widest : p.dx + row * layer.inside;
                weights[static_cast<size_t>(i)].multiply(layer, slope, rows, to);
                dh = to;
            }
        }
        if (shape.modulated()) {
            const int64_t modulations = p.film->width;
            float* const slopes = p.film->dz + row * modulations;
            add(p.film->dz_also, modulations, slopes);
            run().column_sums(slopes, rows, modulations, sum - modulations);
            if (p.dcondition != nullptr) {
                film[0].multiply(*p.film, slopes, rows, p.dcondition + row * p.film->inside);
            }
        }
    });
    std::vector<Pair> pairs;
    const Floats total = zeros(sums);
    run().column_sums(biases.get(), shape.blocks(), sums, total.get());
    const float* bias = total.get();
    const auto finish = [&](const Layer& layer, const float* slope, const float* from) {
        if (layer.dweight != nullptr) {
            pairs.push_back({slope, from, layer.width, layer.inside, layer.dweight});
        }
        if (layer.dbias != nullptr) {
            std::copy_n(bias, layer.width, layer.dbias);
        }
        bias += layer.width;
    };
    if (shape.modulated()) {
        finish(*p.film, p.film->dz, p.condition);
    }
    for (int64_t i = 0; i < p.count; ++i) {
        finish(p.layers[i], i < p.hidden ? p.layers[i].dz : p.dy, i == 0 ? p.x : p.layers[i - 1].h);
    }
    outer_sums(pairs, p.rows);
}
