// What every file of the native floor shares: the boundary's types, the guard that turns C++ exceptions into
// error messages, and the ownership rule (one heap at::Tensor for each handle handed out, counted).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <ATen/ATen.h>
#include <torch/csrc/autograd/autograd.h>

#if __has_include(<torch/version.h>)
#include <torch/version.h>
#else
#include <torch/csrc/api/include/torch/version.h>
#endif

#define ST_TORCH_VERSION (TORCH_VERSION_MAJOR * 100 + TORCH_VERSION_MINOR)

#if ST_TORCH_VERSION >= 204
#include <optional>
#endif

#if defined(_WIN32)
#define ST_API extern "C" __declspec(dllexport)
#else
#define ST_API extern "C" __attribute__((visibility("default")))
#endif

namespace st {

#if ST_TORCH_VERSION >= 204
template <class T>
using optional = std::optional<T>;
#else
template <class T>
using optional = c10::optional<T>;
#endif

// A number as it crosses the boundary. kind: -1 absent, 0 double, 1 integer, 2 boolean.
struct Number {
    int64_t kind;
    union {
        double real;
        int64_t integer;
    };
};

using Handle = at::Tensor*;
using TensorList = std::vector<at::Tensor>;

Handle own(at::Tensor&& tensor);
void remember_error() noexcept;

inline const at::Tensor& get(const at::Tensor* handle) {
    TORCH_CHECK(handle != nullptr, "a required tensor argument is null");
    return *handle;
}

inline optional<at::Tensor> maybe(const at::Tensor* handle) {
    return handle == nullptr ? optional<at::Tensor>() : optional<at::Tensor>(*handle);
}

inline TensorList gather(const Handle* handles, int count) {
    TensorList tensors;
    tensors.reserve(static_cast<size_t>(count));
    for (int i = 0; i < count; ++i) {
        tensors.push_back(get(handles[i]));
    }
    return tensors;
}

inline at::Scalar scalar(Number number) {
    switch (number.kind) {
        case 0:
            return at::Scalar(number.real);
        case 1:
            return at::Scalar(number.integer);
        case 2:
            return at::Scalar(number.integer != 0);
        default:
            TORCH_CHECK(false, "a required scalar argument is null");
    }
}

inline optional<at::Scalar> maybe(Number number) {
    return number.kind < 0 ? optional<at::Scalar>() : optional<at::Scalar>(scalar(number));
}

inline at::IntArrayRef ints(const int64_t* values, int count) {
    return at::IntArrayRef(values, static_cast<size_t>(count));
}

// dtype codes are those of c10::ScalarType; a negative code means "not given".
inline optional<at::ScalarType> maybe_dtype(int dtype) {
    return dtype < 0 ? optional<at::ScalarType>() : optional<at::ScalarType>(static_cast<at::ScalarType>(dtype));
}

inline at::Device device(int type, int index) {
    return at::Device(static_cast<at::DeviceType>(type), static_cast<c10::DeviceIndex>(index));
}

inline at::TensorOptions options(int dtype, int device_type, int device_index) {
    return at::TensorOptions().dtype(static_cast<at::ScalarType>(dtype)).device(device(device_type, device_index));
}

// Runs body and hands out its tensor; an exception becomes the thread's last error and a null handle.
template <class Body>
Handle guarded(Body&& body) noexcept {
    try {
        return own(body());
    } catch (...) {
        remember_error();
        return nullptr;
    }
}

template <class Body>
TensorList* guarded_list(Body&& body) noexcept {
    try {
        return new TensorList(body());
    } catch (...) {
        remember_error();
        return nullptr;
    }
}

// Runs body; 0 is success and -1 failure.
template <class Body>
int guarded_status(Body&& body) noexcept {
    try {
        body();
        return 0;
    } catch (...) {
        remember_error();
        return -1;
    }
}

template <class... Tensors>
TensorList list(Tensors&&... tensors) {
    return TensorList{std::forward<Tensors>(tensors)...};
}

void register_caching_allocator();

}  // namespace st
