// What the files of the network's layers share.
#pragma once

#include <atomic>
#include <functional>

#include <ATen/Parallel.h>

#include "common.h"
#include "kernels.h"

namespace st {

constexpr auto channels_last = at::MemoryFormat::ChannelsLast;

// Whether the kernels can compute on a tensor: float32 in main memory, on a processor that runs them.
inline bool on_kernels(const at::Tensor& x) {
    return kernels::best() != nullptr && x.device().is_cpu() && x.scalar_type() == at::kFloat && x.numel() > 0;
}

inline const float* data(const at::Tensor& x) { return x.defined() ? x.data_ptr<float>() : nullptr; }

inline at::Tensor floats(int64_t count, const at::Tensor& like) { return at::empty({count}, like.options().requires_grad(false)); }

// So many floats that a thread computes in and keeps, in large pages (a training step takes 1 to 3 % less than with small ones).
float* scratch(int64_t count);

inline at::Tensor images_like(at::IntArrayRef sizes, const at::Tensor& like) {
    return at::empty(sizes, like.options().requires_grad(false).memory_format(channels_last));
}

inline at::Tensor contiguous(const at::Tensor& x) { return x.defined() ? x.contiguous() : x; }

inline at::Tensor or_undefined(const at::Tensor* handle) { return handle == nullptr ? at::Tensor() : *handle; }

inline optional<at::Tensor> given(const at::Tensor& x) { return x.defined() ? optional<at::Tensor>(x) : optional<at::Tensor>(); }

// Calls work(next) in each of the threads that [0, count) is worth, with grain at least for each; next(chunk) takes the
// following part of it, empty at the end. Threads that get on faster take more: nothing may depend on who does what.
template <class Work>
void take_turns(int64_t count, int64_t grain, const Work& work) {
    std::atomic<int64_t> taken{0};
    const auto next = [&](int64_t chunk) {
        const int64_t from = taken.fetch_add(chunk, std::memory_order_relaxed);
        return std::pair<int64_t, int64_t>(from, std::min(count, from + chunk));
    };
    const int64_t threads = std::max<int64_t>(1, std::min<int64_t>(at::get_num_threads(), count / std::max<int64_t>(1, grain)));
    at::parallel_for(0, threads, 1, [&](int64_t begin, int64_t end) {
        if (begin < end) {
            work(next);
        }
    });
}

// What is prepared from weights that are used again and again without a graph, as a sampler does: kept while the weights
// live and are not written to.
enum class Form : uintptr_t { transformed, transposed, rows };

at::Tensor prepared_once(const at::Tensor& weight, Form form, const std::function<at::Tensor()>& prepare);

// A thread takes part for half a million operations, not for less: some five microseconds.
inline int64_t grain(int64_t operations_each) { return std::max<int64_t>(1, (int64_t{1} << 19) / std::max<int64_t>(1, operations_each)); }

// Whether an operation on these is recorded for differentiation.
bool recorded(const TensorList& inputs);

// Which of a function's inputs, in order, a derivative is asked for; those left out have no place in the graph. While a graph
// of derivatives is made, most are not: the field is differentiated in x, and the parameters later.
template <class Context>
std::vector<bool> asked(Context* context, const TensorList& inputs) {
    std::vector<bool> result;
    size_t edge = 0;
    for (const at::Tensor& input : inputs) {
        result.push_back(input.defined() && context->needs_input_grad(edge++));
    }
    return result;
}

// The derivatives of a composition in those of its inputs that one is asked for, as part of the graph, along dy (of several
// results; undefined for none).
TensorList composed_gradient(const TensorList& inputs, const std::vector<bool>& wanted,
                             const std::function<TensorList(const TensorList&)>& composition, const TensorList& dy);

template <class Composition>
TensorList composed_gradient(const TensorList& inputs, const std::vector<bool>& wanted, const Composition& composition, const at::Tensor& dy) {
    return composed_gradient(
        inputs, wanted, [&](const TensorList& in) -> TensorList { return {composition(in)}; }, TensorList{dy});
}

}  // namespace st
