// Products of rows with matrices, for the files of the layers that are made of them.
#pragma once

#include "layers.h"

namespace st {

// Sums of dy [rows, channels] over rows.
at::Tensor column_sums(const float* dy, int64_t rows, int64_t channels, const at::Tensor& like);

// The right side of a product, packed or, where that is as fast, as it is with rows so far apart.
struct Right {
    at::Tensor held;
    int64_t row;

    Right(at::Tensor packed) : held(std::move(packed)), row(0) {}
    Right(at::Tensor rows, int64_t apart) : held(std::move(rows)), row(apart) {}
};

// The transpose of weight [n, k, …], packed; a matrix [k, n] as the right side.
at::Tensor packed_transpose(const at::Tensor& weight);
Right right_side(const at::Tensor& matrix);

// c [m, n] = a [m, k] b.
void multiply_rows(const float* a, int64_t m, int64_t k, const Right& b, int64_t n, const float* bias, float* c);

// w [outputs, inputs] = dyᵀ x over all rows.
at::Tensor outer_sum(const float* dy, const float* x, int64_t rows, int64_t outputs, int64_t inputs, const at::Tensor& like);

// x [n, i] times the transpose of weight [o, i], plus bias. What is prepared from weights that are used again is kept under
// those that `weight` is a view of, if `key` is defined.
at::Tensor linear_of(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias, const at::Tensor& key);

// The derivative of `linear` in x along dy [n, o], as part of the graph.
at::Tensor affine_slope(const at::Tensor& dy, const at::Tensor& weight);

// a b, by the kernels where they are the faster way.
at::Tensor product(const at::Tensor& a, const at::Tensor& b);

}  // namespace st
