// Reductions, scans, sorting.
#include "common.h"

using namespace st;

#define EXPORT_REDUCE_ALL(name) \
    ST_API Handle st_##name(const at::Tensor* x) { \
        return guarded([=] { return at::name(get(x)); }); \
    }
#define EXPORT_REDUCE_DIM(name) \
    ST_API Handle st_##name##_dim(const at::Tensor* x, int64_t dim, bool keepdim) { \
        return guarded([=] { return at::name(get(x), dim, keepdim); }); \
    }
#define EXPORT_VALUES_AND_INDICES(name) \
    ST_API TensorList* st_##name##_dim(const at::Tensor* x, int64_t dim, bool keepdim) { \
        return guarded_list([=] { \
            auto result = at::name(get(x), dim, keepdim); \
            return list(std::get<0>(result), std::get<1>(result)); \
        }); \
    }
#define EXPORT_MOMENT(name) \
    ST_API Handle st_##name(const at::Tensor* x, bool unbiased) { \
        return guarded([=] { return at::name(get(x), unbiased); }); \
    } \
    ST_API Handle st_##name##_dims(const at::Tensor* x, const int64_t* dims, int count, bool unbiased, bool keepdim) { \
        return guarded([=] { return at::name(get(x), ints(dims, count), unbiased, keepdim); }); \
    }
#define EXPORT_EXTREME(name) \
    ST_API Handle st_##name(const at::Tensor* x, const int64_t* dims, int count, bool keepdim) { \
        return guarded([=] { return at::name(get(x), ints(dims, count), keepdim); }); \
    }
#define EXPORT_SCAN(name) \
    ST_API Handle st_##name(const at::Tensor* x, int64_t dim, int dtype) { \
        return guarded([=] { return at::name(get(x), dim, maybe_dtype(dtype)); }); \
    }

EXPORT_REDUCE_ALL(all)
EXPORT_REDUCE_ALL(any)
EXPORT_REDUCE_ALL(max)
EXPORT_REDUCE_ALL(min)
EXPORT_REDUCE_ALL(median)
EXPORT_REDUCE_DIM(all)
EXPORT_REDUCE_DIM(any)
EXPORT_REDUCE_DIM(logsumexp)
EXPORT_VALUES_AND_INDICES(max)
EXPORT_VALUES_AND_INDICES(min)
EXPORT_MOMENT(std)
EXPORT_MOMENT(var)
EXPORT_EXTREME(amax)
EXPORT_EXTREME(amin)
EXPORT_SCAN(cumsum)
EXPORT_SCAN(cumprod)

ST_API Handle st_argmax(const at::Tensor* x, const int64_t* dim, bool keepdim) {
    return guarded([=] { return at::argmax(get(x), dim ? optional<int64_t>(*dim) : optional<int64_t>(), keepdim); });
}

ST_API Handle st_argmin(const at::Tensor* x, const int64_t* dim, bool keepdim) {
    return guarded([=] { return at::argmin(get(x), dim ? optional<int64_t>(*dim) : optional<int64_t>(), keepdim); });
}

ST_API Handle st_sum(const at::Tensor* x, int dtype) {
    return guarded([=] { return at::sum(get(x), maybe_dtype(dtype)); });
}

ST_API Handle st_sum_dims(const at::Tensor* x, const int64_t* dims, int count, bool keepdim, int dtype) {
    return guarded([=] { return at::sum(get(x), ints(dims, count), keepdim, maybe_dtype(dtype)); });
}

ST_API Handle st_mean(const at::Tensor* x) {
    return guarded([=] { return at::mean(get(x)); });
}

ST_API Handle st_mean_dims(const at::Tensor* x, const int64_t* dims, int count, bool keepdim, int dtype) {
    return guarded([=] { return at::mean(get(x), ints(dims, count), keepdim, maybe_dtype(dtype)); });
}

ST_API Handle st_prod(const at::Tensor* x, int dtype) {
    return guarded([=] { return at::prod(get(x), maybe_dtype(dtype)); });
}

ST_API Handle st_prod_dim(const at::Tensor* x, int64_t dim, bool keepdim, int dtype) {
    return guarded([=] { return at::prod(get(x), dim, keepdim, maybe_dtype(dtype)); });
}

ST_API Handle st_norm(const at::Tensor* x, double p) {
    return guarded([=] { return at::norm(get(x), p); });
}

ST_API Handle st_norm_dim(const at::Tensor* x, double p, int64_t dim, bool keepdim) {
    return guarded([=] { return at::norm(get(x), optional<at::Scalar>(at::Scalar(p)), ints(&dim, 1), keepdim); });
}

ST_API TensorList* st_sort(const at::Tensor* x, int64_t dim, bool descending, bool stable) {
    return guarded_list([=] {
        auto result = at::sort(get(x), optional<bool>(stable), dim, descending);
        return list(std::get<0>(result), std::get<1>(result));
    });
}

ST_API Handle st_argsort(const at::Tensor* x, int64_t dim, bool descending) {
    return guarded([=] { return at::argsort(get(x), dim, descending); });
}

ST_API TensorList* st_topk(const at::Tensor* x, int64_t k, int64_t dim, bool largest, bool sorted) {
    return guarded_list([=] {
        auto result = at::topk(get(x), k, dim, largest, sorted);
        return list(std::get<0>(result), std::get<1>(result));
    });
}

ST_API Handle st_bincount(const at::Tensor* x, const at::Tensor* weights, int64_t minlength) {
    return guarded([=] { return at::bincount(get(x), maybe(weights), minlength); });
}
