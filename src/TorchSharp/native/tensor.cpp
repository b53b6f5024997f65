// A tensor's properties, creation, conversion and contents.
#include <cstring>

#include <torch/csrc/autograd/variable.h>

#include "common.h"

using namespace st;

namespace {

// The scalar type code of an array element in the caller's memory equals c10::ScalarType's.
at::Tensor with_grad(at::Tensor tensor, bool requires_grad) {
    if (requires_grad) {
        tensor.set_requires_grad(true);
    }
    return tensor;
}

}  // namespace

// Properties: none of these can fail on a live handle.
ST_API int64_t st_ndim(const at::Tensor* x) { return x->dim(); }
ST_API int64_t st_numel(const at::Tensor* x) { return x->numel(); }
ST_API int64_t st_element_size(const at::Tensor* x) { return static_cast<int64_t>(x->element_size()); }
ST_API int st_dtype(const at::Tensor* x) { return static_cast<int>(x->scalar_type()); }
ST_API int st_device_type(const at::Tensor* x) { return static_cast<int>(x->device().type()); }
ST_API int st_device_index(const at::Tensor* x) { return x->device().index(); }
ST_API bool st_is_contiguous(const at::Tensor* x) { return x->is_contiguous(); }
ST_API bool st_requires_grad(const at::Tensor* x) { return x->requires_grad(); }
ST_API bool st_is_leaf(const at::Tensor* x) { return x->is_leaf(); }
ST_API int64_t st_storage_offset(const at::Tensor* x) { return x->storage_offset(); }

ST_API void st_sizes(const at::Tensor* x, int64_t* out) {
    std::memcpy(out, x->sizes().data(), x->sizes().size() * sizeof(int64_t));
}

ST_API void st_strides(const at::Tensor* x, int64_t* out) {
    std::memcpy(out, x->strides().data(), x->strides().size() * sizeof(int64_t));
}

ST_API int st_data(const at::Tensor* x, void** out) {
    return guarded_status([=] { *out = get(x).data_ptr(); });
}

ST_API int st_item(const at::Tensor* x, Number* out) {
    return guarded_status([=] {
        const at::Scalar value = get(x).item();
        if (value.isFloatingPoint()) {
            out->kind = 0;
            out->real = value.toDouble();
        } else if (value.isBoolean()) {
            out->kind = 2;
            out->integer = value.toBool() ? 1 : 0;
        } else {
            out->kind = 1;
            out->integer = value.toLong();
        }
    });
}

// Gradient state.
ST_API int st_set_requires_grad(const at::Tensor* x, bool value) {
    return guarded_status([=] { get(x).set_requires_grad(value); });
}

ST_API int st_retain_grad(const at::Tensor* x) {
    return guarded_status([=] { get(x).retain_grad(); });
}

ST_API int st_get_grad(const at::Tensor* x, Handle* out) {
    return guarded_status([=] {
        at::Tensor grad = get(x).grad();
        *out = grad.defined() ? own(std::move(grad)) : nullptr;
    });
}

ST_API int st_set_grad(const at::Tensor* x, const at::Tensor* grad) {
    return guarded_status([=] { get(x).mutable_grad() = grad == nullptr ? at::Tensor() : *grad; });
}

ST_API Handle st_alias(const at::Tensor* x) {
    return guarded([=] { return get(x); });
}

ST_API Handle st_detach(const at::Tensor* x) {
    return guarded([=] { return get(x).detach(); });
}

ST_API int st_detach_(const at::Tensor* x) {
    return guarded_status([=] { get(x).detach_(); });
}

// Creation.
ST_API Handle st_from_memory(const void* data, int source_dtype, const int64_t* sizes, int count, int dtype,
                             int device_type, int device_index, bool requires_grad) {
    return guarded([=] {
        at::Tensor view = at::from_blob(const_cast<void*>(data), ints(sizes, count),
                                        at::TensorOptions().dtype(static_cast<at::ScalarType>(source_dtype)));
        at::Tensor copy = view.to(options(dtype, device_type, device_index), false, true);
        return with_grad(std::move(copy), requires_grad);
    });
}

ST_API Handle st_empty(const int64_t* sizes, int count, int dtype, int device_type, int device_index,
                       bool requires_grad) {
    return guarded([=] {
        return with_grad(at::empty(ints(sizes, count), options(dtype, device_type, device_index)), requires_grad);
    });
}

ST_API Handle st_full(const int64_t* sizes, int count, Number value, int dtype, int device_type, int device_index,
                      bool requires_grad) {
    return guarded([=] {
        return with_grad(at::full(ints(sizes, count), scalar(value), options(dtype, device_type, device_index)),
                         requires_grad);
    });
}

ST_API Handle st_zeros(const int64_t* sizes, int count, int dtype, int device_type, int device_index,
                       bool requires_grad) {
    return guarded([=] {
        return with_grad(at::zeros(ints(sizes, count), options(dtype, device_type, device_index)), requires_grad);
    });
}

ST_API Handle st_arange(Number start, Number stop, Number step, int dtype, int device_type, int device_index,
                        bool requires_grad) {
    return guarded([=] {
        return with_grad(
            at::arange(scalar(start), scalar(stop), scalar(step), options(dtype, device_type, device_index)),
            requires_grad);
    });
}

ST_API Handle st_linspace(double start, double end, int64_t steps, int dtype, int device_type, int device_index,
                          bool requires_grad) {
    return guarded([=] {
        return with_grad(at::linspace(start, end, steps, options(dtype, device_type, device_index)), requires_grad);
    });
}

ST_API Handle st_logspace(double start, double end, int64_t steps, double base, int dtype, int device_type,
                          int device_index, bool requires_grad) {
    return guarded([=] {
        return with_grad(at::logspace(start, end, steps, base, options(dtype, device_type, device_index)),
                         requires_grad);
    });
}

ST_API Handle st_eye(int64_t rows, int64_t columns, int dtype, int device_type, int device_index, bool requires_grad) {
    return guarded([=] {
        return with_grad(at::eye(rows, columns, options(dtype, device_type, device_index)), requires_grad);
    });
}

ST_API Handle st_full_like(const at::Tensor* x, Number value, int dtype, int device_type, int device_index,
                           bool requires_grad) {
    return guarded([=] {
        return with_grad(at::full_like(get(x), scalar(value), options(dtype, device_type, device_index)),
                         requires_grad);
    });
}

ST_API Handle st_empty_like(const at::Tensor* x, int dtype, int device_type, int device_index, bool requires_grad) {
    return guarded([=] {
        return with_grad(at::empty_like(get(x), options(dtype, device_type, device_index)), requires_grad);
    });
}

// Conversion. A negative dtype or device type keeps the tensor's own.
ST_API Handle st_to(const at::Tensor* x, int dtype, int device_type, int device_index, bool non_blocking, bool copy) {
    return guarded([=] {
        const at::Tensor& tensor = get(x);
        at::TensorOptions target = tensor.options();
        if (dtype >= 0) {
            target = target.dtype(static_cast<at::ScalarType>(dtype));
        }
        if (device_type >= 0) {
            target = target.device(device(device_type, device_index));
        }
        return tensor.to(target, non_blocking, copy);
    });
}

ST_API Handle st_clone(const at::Tensor* x) {
    return guarded([=] { return at::clone(get(x)); });
}

ST_API Handle st_contiguous(const at::Tensor* x) {
    return guarded([=] { return get(x).contiguous(); });
}

// In-place writes.
ST_API int st_copy_(const at::Tensor* x, const at::Tensor* source, bool non_blocking) {
    return guarded_status([=] { get(x).copy_(get(source), non_blocking); });
}

ST_API int st_fill_(const at::Tensor* x, Number value) {
    return guarded_status([=] { get(x).fill_(scalar(value)); });
}

ST_API int st_zero_(const at::Tensor* x) {
    return guarded_status([=] { get(x).zero_(); });
}
