using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace TorchSharp;

// What native/pointwise.cpp exports next: functions of several tensors, in its order.
internal static unsafe partial class Native
{
    [LibraryImport(Library)]
    internal static partial Tensor st_maximum(Tensor? x, Tensor? y);

    [LibraryImport(Library)]
    internal static partial Tensor st_minimum(Tensor? x, Tensor? y);

    [LibraryImport(Library)]
    internal static partial Tensor st_fmax(Tensor? x, Tensor? y);

    [LibraryImport(Library)]
    internal static partial Tensor st_fmin(Tensor? x, Tensor? y);

    [LibraryImport(Library)]
    internal static partial Tensor st_logaddexp(Tensor? x, Tensor? y);

    [LibraryImport(Library)]
    internal static partial Tensor st_hypot(Tensor? x, Tensor? y);

    [LibraryImport(Library)]
    internal static partial Tensor st_atan2(Tensor? x, Tensor? y);

    [LibraryImport(Library)]
    internal static partial int st_atan2_(Tensor? x, Tensor? y);

    [LibraryImport(Library)]
    internal static partial Tensor st_logical_and(Tensor? x, Tensor? y);

    [LibraryImport(Library)]
    internal static partial int st_logical_and_(Tensor? x, Tensor? y);

    [LibraryImport(Library)]
    internal static partial Tensor st_logical_or(Tensor? x, Tensor? y);

    [LibraryImport(Library)]
    internal static partial int st_logical_or_(Tensor? x, Tensor? y);

    [LibraryImport(Library)]
    internal static partial Tensor st_logical_xor(Tensor? x, Tensor? y);

    [LibraryImport(Library)]
    internal static partial int st_logical_xor_(Tensor? x, Tensor? y);

    [LibraryImport(Library)]
    internal static partial Tensor st_bitwise_and(Tensor? x, Tensor? y);

    [LibraryImport(Library)]
    internal static partial int st_bitwise_and_(Tensor? x, Tensor? y);

    [LibraryImport(Library)]
    internal static partial Tensor st_bitwise_or(Tensor? x, Tensor? y);

    [LibraryImport(Library)]
    internal static partial int st_bitwise_or_(Tensor? x, Tensor? y);

    [LibraryImport(Library)]
    internal static partial Tensor st_bitwise_xor(Tensor? x, Tensor? y);

    [LibraryImport(Library)]
    internal static partial int st_bitwise_xor_(Tensor? x, Tensor? y);

    [LibraryImport(Library)]
    internal static partial Tensor st_mul(Tensor? x, Tensor? y);

    [LibraryImport(Library)]
    internal static partial int st_mul_(Tensor? x, Tensor? y);

    [LibraryImport(Library)]
    internal static partial Tensor st_mul_scalar(Tensor? x, Scalar? y);

    [LibraryImport(Library)]
    internal static partial int st_mul_scalar_(Tensor? x, Scalar? y);

    [LibraryImport(Library)]
    internal static partial Tensor st_pow(Tensor? x, Tensor? y);

    [LibraryImport(Library)]
    internal static partial int st_pow_(Tensor? x, Tensor? y);

    [LibraryImport(Library)]
    internal static partial Tensor st_pow_scalar(Tensor? x, Scalar? y);

    [LibraryImport(Library)]
    internal static partial int st_pow_scalar_(Tensor? x, Scalar? y);

    [LibraryImport(Library)]
    internal static partial Tensor st_fmod(Tensor? x, Tensor? y);

    [LibraryImport(Library)]
    internal static partial int st_fmod_(Tensor? x, Tensor? y);

    [LibraryImport(Library)]
    internal static partial Tensor st_fmod_scalar(Tensor? x, Scalar? y);

    [LibraryImport(Library)]
    internal static partial int st_fmod_scalar_(Tensor? x, Scalar? y);

    [LibraryImport(Library)]
    internal static partial Tensor st_remainder(Tensor? x, Tensor? y);

    [LibraryImport(Library)]
    internal static partial int st_remainder_(Tensor? x, Tensor? y);

    [LibraryImport(Library)]
    internal static partial Tensor st_remainder_scalar(Tensor? x, Scalar? y);

    [LibraryImport(Library)]
    internal static partial int st_remainder_scalar_(Tensor? x, Scalar? y);

    [LibraryImport(Library)]
    internal static partial Tensor st_eq(Tensor? x, Tensor? y);

    [LibraryImport(Library)]
    internal static partial int st_eq_(Tensor? x, Tensor? y);

    [LibraryImport(Library)]
    internal static partial Tensor st_eq_scalar(Tensor? x, Scalar? y);

    [LibraryImport(Library)]
    internal static partial int st_eq_scalar_(Tensor? x, Scalar? y);

    [LibraryImport(Library)]
    internal static partial Tensor st_ne(Tensor? x, Tensor? y);

    [LibraryImport(Library)]
    internal static partial int st_ne_(Tensor? x, Tensor? y);

    [LibraryImport(Library)]
    internal static partial Tensor st_ne_scalar(Tensor? x, Scalar? y);

    [LibraryImport(Library)]
    internal static partial int st_ne_scalar_(Tensor? x, Scalar? y);

    [LibraryImport(Library)]
    internal static partial Tensor st_lt(Tensor? x, Tensor? y);

    [LibraryImport(Library)]
    internal static partial int st_lt_(Tensor? x, Tensor? y);

    [LibraryImport(Library)]
    internal static partial Tensor st_lt_scalar(Tensor? x, Scalar? y);

    [LibraryImport(Library)]
    internal static partial int st_lt_scalar_(Tensor? x, Scalar? y);

    [LibraryImport(Library)]
    internal static partial Tensor st_le(Tensor? x, Tensor? y);

    [LibraryImport(Library)]
    internal static partial int st_le_(Tensor? x, Tensor? y);

    [LibraryImport(Library)]
    internal static partial Tensor st_le_scalar(Tensor? x, Scalar? y);

    [LibraryImport(Library)]
    internal static partial int st_le_scalar_(Tensor? x, Scalar? y);

    [LibraryImport(Library)]
    internal static partial Tensor st_gt(Tensor? x, Tensor? y);

    [LibraryImport(Library)]
    internal static partial int st_gt_(Tensor? x, Tensor? y);

    [LibraryImport(Library)]
    internal static partial Tensor st_gt_scalar(Tensor? x, Scalar? y);

    [LibraryImport(Library)]
    internal static partial int st_gt_scalar_(Tensor? x, Scalar? y);

    [LibraryImport(Library)]
    internal static partial Tensor st_ge(Tensor? x, Tensor? y);

    [LibraryImport(Library)]
    internal static partial int st_ge_(Tensor? x, Tensor? y);

    [LibraryImport(Library)]
    internal static partial Tensor st_ge_scalar(Tensor? x, Scalar? y);

    [LibraryImport(Library)]
    internal static partial int st_ge_scalar_(Tensor? x, Scalar? y);

    [LibraryImport(Library)]
    internal static partial Tensor st_bitwise_not(Tensor? x);

    [LibraryImport(Library)]
    internal static partial Tensor st_round(Tensor? x, long decimals);

    [LibraryImport(Library)]
    internal static partial int st_round_(Tensor? x, long decimals);

    [LibraryImport(Library)]
    internal static partial Tensor st_add(Tensor? x, Tensor? y, Scalar? alpha);

    [LibraryImport(Library)]
    internal static partial Tensor st_add_scalar(Tensor? x, Scalar? y, Scalar? alpha);

    [LibraryImport(Library)]
    internal static partial int st_add_(Tensor? x, Tensor? y, Scalar? alpha);

    [LibraryImport(Library)]
    internal static partial int st_add_scalar_(Tensor? x, Scalar? y, Scalar? alpha);

    [LibraryImport(Library)]
    internal static partial Tensor st_sub(Tensor? x, Tensor? y);

    [LibraryImport(Library)]
    internal static partial Tensor st_sub_scalar(Tensor? x, Scalar? y);

    [LibraryImport(Library)]
    internal static partial Tensor st_rsub_scalar(Tensor? x, Scalar? y);

    [LibraryImport(Library)]
    internal static partial int st_sub_(Tensor? x, Tensor? y);

    [LibraryImport(Library)]
    internal static partial int st_sub_scalar_(Tensor? x, Scalar? y);

    [LibraryImport(Library)]
    internal static partial Tensor st_div(Tensor? x, Tensor? y, int rounding);

    [LibraryImport(Library)]
    internal static partial Tensor st_div_scalar(Tensor? x, Scalar? y, int rounding);

    [LibraryImport(Library)]
    internal static partial int st_div_(Tensor? x, Tensor? y, int rounding);

    [LibraryImport(Library)]
    internal static partial int st_div_scalar_(Tensor? x, Scalar? y, int rounding);

    [LibraryImport(Library)]
    internal static partial Tensor st_addcmul(Tensor? x, Tensor? a, Tensor? b, Scalar? value);

    [LibraryImport(Library)]
    internal static partial int st_addcmul_(Tensor? x, Tensor? a, Tensor? b, Scalar? value);

    [LibraryImport(Library)]
    internal static partial Tensor st_addcdiv(Tensor? x, Tensor? a, Tensor? b, Scalar? value);

    [LibraryImport(Library)]
    internal static partial int st_addcdiv_(Tensor? x, Tensor? a, Tensor? b, Scalar? value);

    [LibraryImport(Library)]
    internal static partial Tensor st_lerp(Tensor? x, Tensor? end, Tensor? weight);

    [LibraryImport(Library)]
    internal static partial int st_lerp_(Tensor? x, Tensor? end, Tensor? weight);

    [LibraryImport(Library)]
    internal static partial Tensor st_clamp(Tensor? x, Scalar? low, Scalar? high);

    [LibraryImport(Library)]
    internal static partial int st_clamp_(Tensor? x, Scalar? low, Scalar? high);

    [LibraryImport(Library)]
    internal static partial Tensor st_clamp_tensor(Tensor? x, Tensor? low, Tensor? high);

    [LibraryImport(Library)]
    internal static partial int st_clamp_tensor_(Tensor? x, Tensor? low, Tensor? high);

    [LibraryImport(Library)]
    internal static partial Tensor st_where(Tensor? condition, Tensor? x, Tensor? y);

    [LibraryImport(Library)]
    internal static partial Tensor st_nan_to_num(Tensor? x, double nan, ReadOnlySpan<double> positive, ReadOnlySpan<double> negative);

    [LibraryImport(Library)]
    internal static partial Tensor st_isclose(Tensor? x, Tensor? y, double rtol, double atol, [MarshalAs(UnmanagedType.U1)] bool equalNan);

    [LibraryImport(Library)]
    internal static partial int st_allclose(Tensor? x, Tensor? y, double rtol, double atol, [MarshalAs(UnmanagedType.U1)] bool equalNan, [MarshalAs(UnmanagedType.U1)] out bool result);

    [LibraryImport(Library)]
    internal static partial int st_equal(Tensor? x, Tensor? y, [MarshalAs(UnmanagedType.U1)] out bool result);
}
