using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace TorchSharp;

// What native/pointwise.cpp exports first: functions of one tensor, in its order.
internal static unsafe partial class Native
{
    [LibraryImport(Library)]
    internal static partial Tensor st_abs(Tensor? x);

    [LibraryImport(Library)]
    internal static partial int st_abs_(Tensor? x);

    [LibraryImport(Library)]
    internal static partial Tensor st_neg(Tensor? x);

    [LibraryImport(Library)]
    internal static partial int st_neg_(Tensor? x);

    [LibraryImport(Library)]
    internal static partial Tensor st_sign(Tensor? x);

    [LibraryImport(Library)]
    internal static partial int st_sign_(Tensor? x);

    [LibraryImport(Library)]
    internal static partial Tensor st_floor(Tensor? x);

    [LibraryImport(Library)]
    internal static partial int st_floor_(Tensor? x);

    [LibraryImport(Library)]
    internal static partial Tensor st_ceil(Tensor? x);

    [LibraryImport(Library)]
    internal static partial int st_ceil_(Tensor? x);

    [LibraryImport(Library)]
    internal static partial Tensor st_trunc(Tensor? x);

    [LibraryImport(Library)]
    internal static partial int st_trunc_(Tensor? x);

    [LibraryImport(Library)]
    internal static partial Tensor st_frac(Tensor? x);

    [LibraryImport(Library)]
    internal static partial int st_frac_(Tensor? x);

    [LibraryImport(Library)]
    internal static partial Tensor st_exp(Tensor? x);

    [LibraryImport(Library)]
    internal static partial int st_exp_(Tensor? x);

    [LibraryImport(Library)]
    internal static partial Tensor st_exp2(Tensor? x);

    [LibraryImport(Library)]
    internal static partial int st_exp2_(Tensor? x);

    [LibraryImport(Library)]
    internal static partial Tensor st_expm1(Tensor? x);

    [LibraryImport(Library)]
    internal static partial int st_expm1_(Tensor? x);

    [LibraryImport(Library)]
    internal static partial Tensor st_log(Tensor? x);

    [LibraryImport(Library)]
    internal static partial int st_log_(Tensor? x);

    [LibraryImport(Library)]
    internal static partial Tensor st_log2(Tensor? x);

    [LibraryImport(Library)]
    internal static partial int st_log2_(Tensor? x);

    [LibraryImport(Library)]
    internal static partial Tensor st_log10(Tensor? x);

    [LibraryImport(Library)]
    internal static partial int st_log10_(Tensor? x);

    [LibraryImport(Library)]
    internal static partial Tensor st_log1p(Tensor? x);

    [LibraryImport(Library)]
    internal static partial int st_log1p_(Tensor? x);

    [LibraryImport(Library)]
    internal static partial Tensor st_sqrt(Tensor? x);

    [LibraryImport(Library)]
    internal static partial int st_sqrt_(Tensor? x);

    [LibraryImport(Library)]
    internal static partial Tensor st_rsqrt(Tensor? x);

    [LibraryImport(Library)]
    internal static partial int st_rsqrt_(Tensor? x);

    [LibraryImport(Library)]
    internal static partial Tensor st_reciprocal(Tensor? x);

    [LibraryImport(Library)]
    internal static partial int st_reciprocal_(Tensor? x);

    [LibraryImport(Library)]
    internal static partial Tensor st_sin(Tensor? x);

    [LibraryImport(Library)]
    internal static partial int st_sin_(Tensor? x);

    [LibraryImport(Library)]
    internal static partial Tensor st_cos(Tensor? x);

    [LibraryImport(Library)]
    internal static partial int st_cos_(Tensor? x);

    [LibraryImport(Library)]
    internal static partial Tensor st_tan(Tensor? x);

    [LibraryImport(Library)]
    internal static partial int st_tan_(Tensor? x);

    [LibraryImport(Library)]
    internal static partial Tensor st_asin(Tensor? x);

    [LibraryImport(Library)]
    internal static partial int st_asin_(Tensor? x);

    [LibraryImport(Library)]
    internal static partial Tensor st_acos(Tensor? x);

    [LibraryImport(Library)]
    internal static partial int st_acos_(Tensor? x);

    [LibraryImport(Library)]
    internal static partial Tensor st_atan(Tensor? x);

    [LibraryImport(Library)]
    internal static partial int st_atan_(Tensor? x);

    [LibraryImport(Library)]
    internal static partial Tensor st_sinh(Tensor? x);

    [LibraryImport(Library)]
    internal static partial int st_sinh_(Tensor? x);

    [LibraryImport(Library)]
    internal static partial Tensor st_cosh(Tensor? x);

    [LibraryImport(Library)]
    internal static partial int st_cosh_(Tensor? x);

    [LibraryImport(Library)]
    internal static partial Tensor st_tanh(Tensor? x);

    [LibraryImport(Library)]
    internal static partial int st_tanh_(Tensor? x);

    [LibraryImport(Library)]
    internal static partial Tensor st_asinh(Tensor? x);

    [LibraryImport(Library)]
    internal static partial int st_asinh_(Tensor? x);

    [LibraryImport(Library)]
    internal static partial Tensor st_acosh(Tensor? x);

    [LibraryImport(Library)]
    internal static partial int st_acosh_(Tensor? x);

    [LibraryImport(Library)]
    internal static partial Tensor st_atanh(Tensor? x);

    [LibraryImport(Library)]
    internal static partial int st_atanh_(Tensor? x);

    [LibraryImport(Library)]
    internal static partial Tensor st_erf(Tensor? x);

    [LibraryImport(Library)]
    internal static partial int st_erf_(Tensor? x);

    [LibraryImport(Library)]
    internal static partial Tensor st_erfc(Tensor? x);

    [LibraryImport(Library)]
    internal static partial int st_erfc_(Tensor? x);

    [LibraryImport(Library)]
    internal static partial Tensor st_erfinv(Tensor? x);

    [LibraryImport(Library)]
    internal static partial int st_erfinv_(Tensor? x);

    [LibraryImport(Library)]
    internal static partial Tensor st_lgamma(Tensor? x);

    [LibraryImport(Library)]
    internal static partial int st_lgamma_(Tensor? x);

    [LibraryImport(Library)]
    internal static partial Tensor st_digamma(Tensor? x);

    [LibraryImport(Library)]
    internal static partial int st_digamma_(Tensor? x);

    [LibraryImport(Library)]
    internal static partial Tensor st_sigmoid(Tensor? x);

    [LibraryImport(Library)]
    internal static partial int st_sigmoid_(Tensor? x);

    [LibraryImport(Library)]
    internal static partial Tensor st_relu(Tensor? x);

    [LibraryImport(Library)]
    internal static partial int st_relu_(Tensor? x);

    [LibraryImport(Library)]
    internal static partial Tensor st_logical_not(Tensor? x);

    [LibraryImport(Library)]
    internal static partial int st_logical_not_(Tensor? x);

    [LibraryImport(Library)]
    internal static partial Tensor st_isnan(Tensor? x);

    [LibraryImport(Library)]
    internal static partial Tensor st_isinf(Tensor? x);

    [LibraryImport(Library)]
    internal static partial Tensor st_isfinite(Tensor? x);

    [LibraryImport(Library)]
    internal static partial Tensor st_isposinf(Tensor? x);

    [LibraryImport(Library)]
    internal static partial Tensor st_isneginf(Tensor? x);

    [LibraryImport(Library)]
    internal static partial Tensor st_silu(Tensor? x);

    [LibraryImport(Library)]
    internal static partial Tensor st_log_sigmoid(Tensor? x);

    [LibraryImport(Library)]
    internal static partial Tensor st_square(Tensor? x);

    [LibraryImport(Library)]
    internal static partial Tensor st_gelu(Tensor? x);
}
