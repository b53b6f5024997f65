// Elementwise functions. Each table row exports a function that returns a new tensor and, where marked, its in-place form.
#include "common.h"

using namespace st;

#define UNARY_FUNCTIONS(X) \
    X(abs) X(neg) X(sign) X(floor) X(ceil) X(trunc) X(frac) \
    X(exp) X(exp2) X(expm1) X(log) X(log2) X(log10) X(log1p) X(sqrt) X(rsqrt) X(reciprocal) \
    X(sin) X(cos) X(tan) X(asin) X(acos) X(atan) X(sinh) X(cosh) X(tanh) X(asinh) X(acosh) X(atanh) \
    X(erf) X(erfc) X(erfinv) X(lgamma) X(digamma) X(sigmoid) X(relu) X(logical_not)

#define UNARY_TESTS(X) X(isnan) X(isinf) X(isfinite) X(isposinf) X(isneginf) X(silu) X(log_sigmoid) X(square) X(gelu)

#define BINARY_FUNCTIONS(X) \
    X(maximum) X(minimum) X(fmax) X(fmin) X(logaddexp) X(hypot)

// Both tensor-tensor and tensor-scalar forms, each with an in-place form.
#define MIXED_FUNCTIONS(X) X(mul) X(pow) X(fmod) X(remainder) X(eq) X(ne) X(lt) X(le) X(gt) X(ge)

#define BINARY_WITH_IN_PLACE(X) X(atan2) X(logical_and) X(logical_or) X(logical_xor) X(bitwise_and) X(bitwise_or) X(bitwise_xor)

#define EXPORT_UNARY(name) \
    ST_API Handle st_##name(const at::Tensor* x) { \
        return guarded([=] { return at::name(get(x)); }); \
    }
#define EXPORT_UNARY_IN_PLACE(name) \
    EXPORT_UNARY(name) \
    ST_API int st_##name##_(const at::Tensor* x) { \
        return guarded_status([=] { get(x).name##_(); }); \
    }
#define EXPORT_BINARY(name) \
    ST_API Handle st_##name(const at::Tensor* x, const at::Tensor* y) { \
        return guarded([=] { return at::name(get(x), get(y)); }); \
    }
#define EXPORT_BINARY_IN_PLACE(name) \
    EXPORT_BINARY(name) \
    ST_API int st_##name##_(const at::Tensor* x, const at::Tensor* y) { \
        return guarded_status([=] { get(x).name##_(get(y)); }); \
    }
#define EXPORT_MIXED(name) \
    EXPORT_BINARY_IN_PLACE(name) \
    ST_API Handle st_##name##_scalar(const at::Tensor* x, Number y) { \
        return guarded([=] { return at::name(get(x), scalar(y)); }); \
    } \
    ST_API int st_##name##_scalar_(const at::Tensor* x, Number y) { \
        return guarded_status([=] { get(x).name##_(scalar(y)); }); \
    }

UNARY_FUNCTIONS(EXPORT_UNARY_IN_PLACE)
UNARY_TESTS(EXPORT_UNARY)
BINARY_FUNCTIONS(EXPORT_BINARY)
BINARY_WITH_IN_PLACE(EXPORT_BINARY_IN_PLACE)
MIXED_FUNCTIONS(EXPORT_MIXED)
EXPORT_UNARY(bitwise_not)

ST_API Handle st_round(const at::Tensor* x, int64_t decimals) {
    return guarded([=] { return decimals == 0 ? at::round(get(x)) : at::round(get(x), decimals); });
}

ST_API int st_round_(const at::Tensor* x, int64_t decimals) {
    return guarded_status([=] { decimals == 0 ? get(x).round_() : get(x).round_(decimals); });
}

// Sums and differences: x + alpha y.
ST_API Handle st_add(const at::Tensor* x, const at::Tensor* y, Number alpha) {
    return guarded([=] { return at::add(get(x), get(y), scalar(alpha)); });
}

ST_API Handle st_add_scalar(const at::Tensor* x, Number y, Number alpha) {
    return guarded([=] { return at::add(get(x), scalar(y), scalar(alpha)); });
}

ST_API int st_add_(const at::Tensor* x, const at::Tensor* y, Number alpha) {
    return guarded_status([=] { get(x).add_(get(y), scalar(alpha)); });
}

ST_API int st_add_scalar_(const at::Tensor* x, Number y, Number alpha) {
    return guarded_status([=] { get(x).add_(scalar(y), scalar(alpha)); });
}

ST_API Handle st_sub(const at::Tensor* x, const at::Tensor* y) {
    return guarded([=] { return at::sub(get(x), get(y)); });
}

ST_API Handle st_sub_scalar(const at::Tensor* x, Number y) {
    return guarded([=] { return at::sub(get(x), scalar(y)); });
}

// scalar - x in one kernel.
ST_API Handle st_rsub_scalar(const at::Tensor* x, Number y) {
    return guarded([=] { return at::rsub(get(x), scalar(y)); });
}

ST_API int st_sub_(const at::Tensor* x, const at::Tensor* y) {
    return guarded_status([=] { get(x).sub_(get(y)); });
}

ST_API int st_sub_scalar_(const at::Tensor* x, Number y) {
    return guarded_status([=] { get(x).sub_(scalar(y)); });
}

// Division; rounding is 0 for none, 1 for truncation, 2 for floor.
namespace {

// Calls divide with no more arguments, or with the name of a rounding mode, whose string type differs between versions.
template <class Divide>
auto rounded(int rounding, Divide&& divide) {
    return rounding == 0 ? divide() : divide(rounding == 1 ? "trunc" : "floor");
}

}  // namespace

ST_API Handle st_div(const at::Tensor* x, const at::Tensor* y, int rounding) {
    return guarded([=] { return rounded(rounding, [&](auto... mode) { return at::div(get(x), get(y), mode...); }); });
}

ST_API Handle st_div_scalar(const at::Tensor* x, Number y, int rounding) {
    return guarded([=] { return rounded(rounding, [&](auto... mode) { return at::div(get(x), scalar(y), mode...); }); });
}

ST_API int st_div_(const at::Tensor* x, const at::Tensor* y, int rounding) {
    return guarded_status([=] { rounded(rounding, [&](auto... mode) { get(x).div_(get(y), mode...); }); });
}

ST_API int st_div_scalar_(const at::Tensor* x, Number y, int rounding) {
    return guarded_status([=] { rounded(rounding, [&](auto... mode) { get(x).div_(scalar(y), mode...); }); });
}

ST_API Handle st_addcmul(const at::Tensor* x, const at::Tensor* a, const at::Tensor* b, Number value) {
    return guarded([=] { return at::addcmul(get(x), get(a), get(b), scalar(value)); });
}

ST_API int st_addcmul_(const at::Tensor* x, const at::Tensor* a, const at::Tensor* b, Number value) {
    return guarded_status([=] { get(x).addcmul_(get(a), get(b), scalar(value)); });
}

ST_API Handle st_addcdiv(const at::Tensor* x, const at::Tensor* a, const at::Tensor* b, Number value) {
    return guarded([=] { return at::addcdiv(get(x), get(a), get(b), scalar(value)); });
}

ST_API int st_addcdiv_(const at::Tensor* x, const at::Tensor* a, const at::Tensor* b, Number value) {
    return guarded_status([=] { get(x).addcdiv_(get(a), get(b), scalar(value)); });
}

ST_API Handle st_lerp(const at::Tensor* x, const at::Tensor* end, const at::Tensor* weight) {
    return guarded([=] { return at::lerp(get(x), get(end), get(weight)); });
}

ST_API int st_lerp_(const at::Tensor* x, const at::Tensor* end, const at::Tensor* weight) {
    return guarded_status([=] { get(x).lerp_(get(end), get(weight)); });
}

ST_API Handle st_clamp(const at::Tensor* x, Number low, Number high) {
    return guarded([=] { return at::clamp(get(x), maybe(low), maybe(high)); });
}

ST_API int st_clamp_(const at::Tensor* x, Number low, Number high) {
    return guarded_status([=] { get(x).clamp_(maybe(low), maybe(high)); });
}

ST_API Handle st_clamp_tensor(const at::Tensor* x, const at::Tensor* low, const at::Tensor* high) {
    return guarded([=] { return at::clamp(get(x), maybe(low), maybe(high)); });
}

ST_API int st_clamp_tensor_(const at::Tensor* x, const at::Tensor* low, const at::Tensor* high) {
    return guarded_status([=] { get(x).clamp_(maybe(low), maybe(high)); });
}

ST_API Handle st_where(const at::Tensor* condition, const at::Tensor* x, const at::Tensor* y) {
    return guarded([=] { return at::where(get(condition), get(x), get(y)); });
}

ST_API Handle st_nan_to_num(const at::Tensor* x, double nan, const double* positive, const double* negative) {
    return guarded([=] {
        return at::nan_to_num(get(x), nan, positive == nullptr ? optional<double>() : optional<double>(*positive),
                              negative == nullptr ? optional<double>() : optional<double>(*negative));
    });
}

ST_API Handle st_isclose(const at::Tensor* x, const at::Tensor* y, double rtol, double atol, bool equal_nan) {
    return guarded([=] { return at::isclose(get(x), get(y), rtol, atol, equal_nan); });
}

ST_API int st_allclose(const at::Tensor* x, const at::Tensor* y, double rtol, double atol, bool equal_nan, bool* out) {
    return guarded_status([=] { *out = at::allclose(get(x), get(y), rtol, atol, equal_nan); });
}

ST_API int st_equal(const at::Tensor* x, const at::Tensor* y, bool* out) {
    return guarded_status([=] { *out = at::equal(get(x), get(y)); });
}
