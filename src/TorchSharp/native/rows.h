// Products of rows with matrices, for the files of the layers that are made of them.
#pragma once

#include "layers.h"

namespace st {

// Sums of dy [rows, channels] over rows.
at::Tensor column_sums(const float* dy, int64_t rows, int64_t channels, const at::Tensor& like);

// The transpose of weight [n, k, …], packed; a weight [k, n] as it is, packed.
at::Tensor packed_transpose(const at::Tensor& weight);
at::Tensor packed_rows(const at::Tensor& weight);

// c [m, n] = a [m, k] b, b packed.
void multiply_rows(const float* a, int64_t m, int64_t k, const at::Tensor& b, int64_t n, const float* bias, float* c);

// w [outputs, inputs] = dyᵀ x over all rows.
at::Tensor outer_sum(const float* dy, const float* x, int64_t rows, int64_t outputs, int64_t inputs, const at::Tensor& like);

// x [n, i] times the transpose of weight [o, i], plus bias. What is prepared from weights that are used again is kept under
// those that `weight` is a view of, if `key` is defined.
at::Tensor linear_of(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias, const at::Tensor& key);

// a b, by the kernels where they are the faster way.
at::Tensor product(const at::Tensor& a, const at::Tensor& b);

}  // namespace st
