using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace TorchSharp;

// What native/reduction.cpp exports, in its order.
internal static unsafe partial class Native
{
    [LibraryImport(Library)]
    internal static partial Tensor st_all(Tensor? x);

    [LibraryImport(Library)]
    internal static partial Tensor st_any(Tensor? x);

    [LibraryImport(Library)]
    internal static partial Tensor st_max(Tensor? x);

    [LibraryImport(Library)]
    internal static partial Tensor st_min(Tensor? x);

    [LibraryImport(Library)]
    internal static partial Tensor st_median(Tensor? x);

    [LibraryImport(Library)]
    internal static partial Tensor st_all_dim(Tensor? x, long dim, [MarshalAs(UnmanagedType.U1)] bool keepdim);

    [LibraryImport(Library)]
    internal static partial Tensor st_any_dim(Tensor? x, long dim, [MarshalAs(UnmanagedType.U1)] bool keepdim);

    [LibraryImport(Library)]
    internal static partial Tensor st_logsumexp_dim(Tensor? x, long dim, [MarshalAs(UnmanagedType.U1)] bool keepdim);

    [LibraryImport(Library)]
    internal static partial nint st_max_dim(Tensor? x, long dim, [MarshalAs(UnmanagedType.U1)] bool keepdim);

    [LibraryImport(Library)]
    internal static partial nint st_min_dim(Tensor? x, long dim, [MarshalAs(UnmanagedType.U1)] bool keepdim);

    [LibraryImport(Library)]
    internal static partial Tensor st_std(Tensor? x, [MarshalAs(UnmanagedType.U1)] bool unbiased);

    [LibraryImport(Library)]
    internal static partial Tensor st_std_dims(Tensor? x, ReadOnlySpan<long> dims, int count, [MarshalAs(UnmanagedType.U1)] bool unbiased, [MarshalAs(UnmanagedType.U1)] bool keepdim);

    [LibraryImport(Library)]
    internal static partial Tensor st_var(Tensor? x, [MarshalAs(UnmanagedType.U1)] bool unbiased);

    [LibraryImport(Library)]
    internal static partial Tensor st_var_dims(Tensor? x, ReadOnlySpan<long> dims, int count, [MarshalAs(UnmanagedType.U1)] bool unbiased, [MarshalAs(UnmanagedType.U1)] bool keepdim);

    [LibraryImport(Library)]
    internal static partial Tensor st_amax(Tensor? x, ReadOnlySpan<long> dims, int count, [MarshalAs(UnmanagedType.U1)] bool keepdim);

    [LibraryImport(Library)]
    internal static partial Tensor st_amin(Tensor? x, ReadOnlySpan<long> dims, int count, [MarshalAs(UnmanagedType.U1)] bool keepdim);

    [LibraryImport(Library)]
    internal static partial Tensor st_cumsum(Tensor? x, long dim, int dtype);

    [LibraryImport(Library)]
    internal static partial Tensor st_cumprod(Tensor? x, long dim, int dtype);

    [LibraryImport(Library)]
    internal static partial Tensor st_argmax(Tensor? x, ReadOnlySpan<long> dim, [MarshalAs(UnmanagedType.U1)] bool keepdim);

    [LibraryImport(Library)]
    internal static partial Tensor st_argmin(Tensor? x, ReadOnlySpan<long> dim, [MarshalAs(UnmanagedType.U1)] bool keepdim);

    [LibraryImport(Library)]
    internal static partial Tensor st_sum(Tensor? x, int dtype);

    [LibraryImport(Library)]
    internal static partial Tensor st_sum_dims(Tensor? x, ReadOnlySpan<long> dims, int count, [MarshalAs(UnmanagedType.U1)] bool keepdim, int dtype);

    [LibraryImport(Library)]
    internal static partial Tensor st_mean(Tensor? x);

    [LibraryImport(Library)]
    internal static partial Tensor st_mean_dims(Tensor? x, ReadOnlySpan<long> dims, int count, [MarshalAs(UnmanagedType.U1)] bool keepdim, int dtype);

    [LibraryImport(Library)]
    internal static partial Tensor st_prod(Tensor? x, int dtype);

    [LibraryImport(Library)]
    internal static partial Tensor st_prod_dim(Tensor? x, long dim, [MarshalAs(UnmanagedType.U1)] bool keepdim, int dtype);

    [LibraryImport(Library)]
    internal static partial Tensor st_norm(Tensor? x, double p);

    [LibraryImport(Library)]
    internal static partial Tensor st_norm_dim(Tensor? x, double p, long dim, [MarshalAs(UnmanagedType.U1)] bool keepdim);

    [LibraryImport(Library)]
    internal static partial nint st_sort(Tensor? x, long dim, [MarshalAs(UnmanagedType.U1)] bool descending, [MarshalAs(UnmanagedType.U1)] bool stable);

    [LibraryImport(Library)]
    internal static partial Tensor st_argsort(Tensor? x, long dim, [MarshalAs(UnmanagedType.U1)] bool descending);

    [LibraryImport(Library)]
    internal static partial nint st_topk(Tensor? x, long k, long dim, [MarshalAs(UnmanagedType.U1)] bool largest, [MarshalAs(UnmanagedType.U1)] bool sorted);

    [LibraryImport(Library)]
    internal static partial Tensor st_bincount(Tensor? x, Tensor? weights, long minlength);
}
