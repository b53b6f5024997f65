// Layers as functions.
#include "common.h"

using namespace st;

#define EXPORT_CONV(rank) \
    ST_API Handle st_conv##rank##d(const at::Tensor* x, const at::Tensor* weight, const at::Tensor* bias, \
                                   const int64_t* stride, const int64_t* padding, const int64_t* dilation, \
                                   int64_t groups) { \
        return guarded([=] { \
            return at::conv##rank##d(get(x), get(weight), maybe(bias), ints(stride, rank), ints(padding, rank), \
                                     ints(dilation, rank), groups); \
        }); \
    } \
    ST_API Handle st_conv_transpose##rank##d(const at::Tensor* x, const at::Tensor* weight, const at::Tensor* bias, \
                                             const int64_t* stride, const int64_t* padding, \
                                             const int64_t* output_padding, const int64_t* dilation, int64_t groups) { \
        return guarded([=] { \
            return at::conv_transpose##rank##d(get(x), get(weight), maybe(bias), ints(stride, rank), \
                                             ints(padding, rank), ints(output_padding, rank), groups, \
                                             ints(dilation, rank)); \
        }); \
    }

EXPORT_CONV(1)
EXPORT_CONV(2)
EXPORT_CONV(3)

#define EXPORT_MAX_POOL(rank, with_indices) \
    ST_API TensorList* st_max_pool##rank##d_with_indices(const at::Tensor* x, const int64_t* kernel, \
                                                         const int64_t* stride, const int64_t* padding, \
                                                         const int64_t* dilation, bool ceil_mode) { \
        return guarded_list([=] { \
            auto result = at::with_indices(get(x), ints(kernel, rank), ints(stride, rank), ints(padding, rank), \
                                           ints(dilation, rank), ceil_mode); \
            return list(std::get<0>(result), std::get<1>(result)); \
        }); \
    } \
    ST_API Handle st_max_pool##rank##d(const at::Tensor* x, const int64_t* kernel, const int64_t* stride, \
                                       const int64_t* padding, const int64_t* dilation, bool ceil_mode) { \
        return guarded([=] { \
            return at::max_pool##rank##d(get(x), ints(kernel, rank), ints(stride, rank), ints(padding, rank), \
                                         ints(dilation, rank), ceil_mode); \
        }); \
    }

EXPORT_MAX_POOL(1, max_pool1d_with_indices)
EXPORT_MAX_POOL(2, max_pool2d_with_indices)
EXPORT_MAX_POOL(3, max_pool3d_with_indices)

ST_API Handle st_max_unpool2d(const at::Tensor* x, const at::Tensor* indices, const int64_t* output) {
    return guarded([=] { return at::max_unpool2d(get(x), get(indices), ints(output, 2)); });
}

ST_API Handle st_max_unpool3d(const at::Tensor* x, const at::Tensor* indices, const int64_t* output,
                              const int64_t* stride, const int64_t* padding) {
    return guarded([=] {
        return at::max_unpool3d(get(x), get(indices), ints(output, 3), ints(stride, 3), ints(padding, 3));
    });
}

ST_API Handle st_avg_pool1d(const at::Tensor* x, const int64_t* kernel, const int64_t* stride, const int64_t* padding,
                            bool ceil_mode, bool count_include_pad) {
    return guarded([=] {
        return at::avg_pool1d(get(x), ints(kernel, 1), ints(stride, 1), ints(padding, 1), ceil_mode, count_include_pad);
    });
}

#define EXPORT_AVG_POOL(rank) \
    ST_API Handle st_avg_pool##rank##d(const at::Tensor* x, const int64_t* kernel, const int64_t* stride, \
                                       const int64_t* padding, bool ceil_mode, bool count_include_pad, \
                                       const int64_t* divisor) { \
        return guarded([=] { \
            return at::avg_pool##rank##d(get(x), ints(kernel, rank), ints(stride, rank), ints(padding, rank), \
                                         ceil_mode, count_include_pad, \
                                         divisor ? optional<int64_t>(*divisor) : optional<int64_t>()); \
        }); \
    }

EXPORT_AVG_POOL(2)
EXPORT_AVG_POOL(3)

ST_API Handle st_group_norm(const at::Tensor* x, int64_t groups, const at::Tensor* weight, const at::Tensor* bias,
                            double eps) {
    return guarded([=] { return at::group_norm(get(x), groups, maybe(weight), maybe(bias), eps); });
}

ST_API Handle st_linear(const at::Tensor* x, const at::Tensor* weight, const at::Tensor* bias) {
    return guarded([=] { return at::linear(get(x), get(weight), maybe(bias)); });
}

ST_API Handle st_softplus(const at::Tensor* x, double beta, double threshold) {
    return guarded([=] { return at::softplus(get(x), beta, threshold); });
}

ST_API Handle st_leaky_relu(const at::Tensor* x, double slope) {
    return guarded([=] { return at::leaky_relu(get(x), slope); });
}

ST_API Handle st_elu(const at::Tensor* x, double alpha) {
    return guarded([=] { return at::elu(get(x), alpha); });
}

ST_API Handle st_softmax(const at::Tensor* x, int64_t dim, int dtype) {
    return guarded([=] { return at::softmax(get(x), dim, maybe_dtype(dtype)); });
}

ST_API Handle st_log_softmax(const at::Tensor* x, int64_t dim, int dtype) {
    return guarded([=] { return at::log_softmax(get(x), dim, maybe_dtype(dtype)); });
}

ST_API Handle st_dropout(const at::Tensor* x, double p, bool training) {
    return guarded([=] { return at::dropout(get(x), p, training); });
}

ST_API int st_dropout_(const at::Tensor* x, double p, bool training) {
    return guarded_status([=] {
        at::Tensor tensor = get(x);
        at::dropout_(tensor, p, training);
    });
}

// mode: 0 constant, 1 reflect, 2 replicate, 3 circular.
ST_API Handle st_pad(const at::Tensor* x, const int64_t* pad, int count, int mode, double value) {
    return guarded([=] {
        static const char* const names[] = {"constant", "reflect", "replicate", "circular"};
        TORCH_CHECK(mode >= 0 && mode < 4, "unknown padding mode ", mode);
        return at::pad(get(x), ints(pad, count), names[mode], mode == 0 ? optional<double>(value) : optional<double>());
    });
}

// Nearest-neighbour upsampling of [n, c, ...]; sizes or scales hold one entry for each spatial dimension.
ST_API Handle st_upsample_nearest(const at::Tensor* x, const int64_t* sizes, int size_count, const double* scales,
                                  int scale_count) {
    return guarded([=] {
        const at::Tensor& tensor = get(x);
        const int64_t rank = tensor.dim() - 2;
        at::OptionalIntArrayRef output;
        optional<at::ArrayRef<double>> factors;
        if (size_count > 0) {
            output = ints(sizes, size_count);
        }
        if (scale_count > 0) {
            factors = at::ArrayRef<double>(scales, static_cast<size_t>(scale_count));
        }
        switch (rank) {
            case 1:
                return at::upsample_nearest1d(tensor, output, factors);
            case 2:
                return at::upsample_nearest2d(tensor, output, factors);
            case 3:
                return at::upsample_nearest3d(tensor, output, factors);
            default:
                TORCH_CHECK(false, "nearest upsampling expects 3 to 5 dimensions [n, c, ...], found shape ",
                            tensor.sizes());
        }
    });
}

ST_API Handle st_one_hot(const at::Tensor* x, int64_t classes) {
    return guarded([=] { return at::one_hot(get(x), classes); });
}

// reduction: 0 none, 1 mean, 2 sum.
ST_API Handle st_mse_loss(const at::Tensor* x, const at::Tensor* target, int64_t reduction) {
    return guarded([=] { return at::mse_loss(get(x), get(target), reduction); });
}

ST_API Handle st_nll_loss(const at::Tensor* x, const at::Tensor* target, const at::Tensor* weight, int64_t reduction) {
    return guarded([=] { return at::nll_loss_nd(get(x), get(target), maybe(weight), reduction); });
}
