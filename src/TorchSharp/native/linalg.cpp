// Products and linear algebra.
#include "rows.h"

using namespace st;

#define EXPORT_PRODUCT(name, call) \
    ST_API Handle st_##name(const at::Tensor* x, const at::Tensor* y) { \
        return guarded([=] { return at::call(get(x), get(y)); }); \
    }
#define EXPORT_FACTOR(name, call) \
    ST_API Handle st_##name(const at::Tensor* x) { \
        return guarded([=] { return at::call(get(x)); }); \
    }


ST_API Handle st_matmul(const at::Tensor* x, const at::Tensor* y) {
    return guarded([=] { return product(get(x), get(y)); });
}

EXPORT_PRODUCT(mm, mm)
EXPORT_PRODUCT(mv, mv)
EXPORT_PRODUCT(bmm, bmm)
EXPORT_PRODUCT(dot, dot)
EXPORT_PRODUCT(outer, outer)
EXPORT_FACTOR(trace, trace)
EXPORT_FACTOR(det, linalg_det)
EXPORT_FACTOR(inv, linalg_inv)
EXPORT_FACTOR(cholesky, linalg_cholesky)

ST_API Handle st_addmm(const at::Tensor* x, const at::Tensor* a, const at::Tensor* b, double beta, double alpha) {
    return guarded([=] { return at::addmm(get(x), get(a), get(b), beta, alpha); });
}

ST_API Handle st_baddbmm(const at::Tensor* x, const at::Tensor* a, const at::Tensor* b, double beta, double alpha) {
    return guarded([=] { return at::baddbmm(get(x), get(a), get(b), beta, alpha); });
}

ST_API Handle st_solve(const at::Tensor* a, const at::Tensor* b, bool left) {
    return guarded([=] { return at::linalg_solve(get(a), get(b), left); });
}

ST_API TensorList* st_slogdet(const at::Tensor* x) {
    return guarded_list([=] {
        auto result = at::linalg_slogdet(get(x));
        return list(std::get<0>(result), std::get<1>(result));
    });
}

ST_API TensorList* st_eigh(const at::Tensor* x, bool upper) {
    return guarded_list([=] {
        auto result = at::linalg_eigh(get(x), upper ? "U" : "L");
        return list(std::get<0>(result), std::get<1>(result));
    });
}

ST_API Handle st_eigvalsh(const at::Tensor* x, bool upper) {
    return guarded([=] { return at::linalg_eigvalsh(get(x), upper ? "U" : "L"); });
}

ST_API TensorList* st_svd(const at::Tensor* x, bool full_matrices) {
    return guarded_list([=] {
        auto result = at::linalg_svd(get(x), full_matrices);
        return list(std::get<0>(result), std::get<1>(result), std::get<2>(result));
    });
}

ST_API TensorList* st_qr(const at::Tensor* x, int mode) {
    return guarded_list([=] {
        auto result = at::linalg_qr(get(x), mode == 0 ? "reduced" : mode == 1 ? "complete" : "r");
        return list(std::get<0>(result), std::get<1>(result));
    });
}
