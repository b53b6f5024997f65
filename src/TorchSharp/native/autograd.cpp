// Differentiation and the thread's gradient modes.
#include <ATen/core/grad_mode.h>
#include <c10/core/InferenceMode.h>

#include "common.h"

using namespace st;

namespace {

optional<bool> maybe_flag(int flag) {
    return flag < 0 ? optional<bool>() : optional<bool>(flag != 0);
}

TensorList gather_or_undefined(const Handle* handles, int count) {
    TensorList tensors;
    tensors.reserve(static_cast<size_t>(count));
    for (int i = 0; i < count; ++i) {
        tensors.push_back(handles[i] == nullptr ? at::Tensor() : *handles[i]);
    }
    return tensors;
}

}  // namespace

// Vector-Jacobian products of outputs with respect to inputs. Without cotangents each output must hold one element.
ST_API TensorList* st_grad(const Handle* outputs, int output_count, const Handle* inputs, int input_count,
                           const Handle* cotangents, int cotangent_count, bool retain_graph, bool create_graph,
                           bool allow_unused) {
    return guarded_list([=] {
        TensorList gradients = torch::autograd::grad(gather(outputs, output_count), gather(inputs, input_count),
                                                     gather_or_undefined(cotangents, cotangent_count), retain_graph,
                                                     create_graph, allow_unused);
        // A gradient that is zero throughout may come as a tensor without memory, which could not be read.
        for (at::Tensor& gradient : gradients) {
            if (gradient.defined() && gradient._is_zerotensor()) {
                gradient = at::zeros(gradient.sizes(), gradient.options());
            }
        }
        return gradients;
    });
}

ST_API int st_backward(const Handle* outputs, int output_count, const Handle* cotangents, int cotangent_count,
                       int retain_graph, bool create_graph, const Handle* inputs, int input_count) {
    return guarded_status([=] {
        torch::autograd::backward(gather(outputs, output_count), gather_or_undefined(cotangents, cotangent_count),
                                  maybe_flag(retain_graph), create_graph, gather(inputs, input_count));
    });
}

ST_API bool st_grad_enabled() {
    return at::GradMode::is_enabled();
}

ST_API void st_set_grad_enabled(bool enabled) {
    at::GradMode::set_enabled(enabled);
}

ST_API bool st_inference_mode_enabled() {
    return c10::InferenceMode::is_enabled();
}

ST_API c10::InferenceMode* st_inference_mode_enter(bool enabled) {
    try {
        return new c10::InferenceMode(enabled);
    } catch (...) {
        remember_error();
        return nullptr;
    }
}

ST_API void st_inference_mode_leave(c10::InferenceMode* guard) {
    delete guard;
}
