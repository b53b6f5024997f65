// Activations and modulations, for the layers that are made of them.
#pragma once

#include "layers.h"

namespace st {

// A modulation [n, channels] whose rows may lie apart, as parts of a wider matrix do.
inline at::Tensor rows_of(const at::Tensor& x) { return !x.defined() || (x.stride(1) == 1 || x.size(1) == 1) ? x : x.contiguous(); }

inline const float* row(const at::Tensor& x, int64_t i) { return x.defined() ? x.data_ptr<float>() + i * x.stride(0) : nullptr; }

// (z sigmoid(z))' as part of the graph.
at::Tensor slope_of_silu(const at::Tensor& z);

// (silu(x (1 + scale) + shift))' in x, times dy, as part of the graph.
at::Tensor modulation_slope(const at::Tensor& dy, const at::Tensor& x, const at::Tensor& scale, const at::Tensor& shift);

}  // namespace st
