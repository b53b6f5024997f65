using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace TorchSharp;

// What native/tensor.cpp exports, in its order.
internal static unsafe partial class Native
{
    [LibraryImport(Library)]
    [SuppressGCTransition]
    internal static partial long st_ndim(Tensor? x);

    [LibraryImport(Library)]
    [SuppressGCTransition]
    internal static partial long st_numel(Tensor? x);

    [LibraryImport(Library)]
    [SuppressGCTransition]
    internal static partial long st_element_size(Tensor? x);

    [LibraryImport(Library)]
    [SuppressGCTransition]
    internal static partial int st_dtype(Tensor? x);

    [LibraryImport(Library)]
    [SuppressGCTransition]
    internal static partial int st_device_type(Tensor? x);

    [LibraryImport(Library)]
    [SuppressGCTransition]
    internal static partial int st_device_index(Tensor? x);

    [LibraryImport(Library)]
    [SuppressGCTransition]
    [return: MarshalAs(UnmanagedType.U1)]
    internal static partial bool st_is_contiguous(Tensor? x);

    [LibraryImport(Library)]
    [SuppressGCTransition]
    [return: MarshalAs(UnmanagedType.U1)]
    internal static partial bool st_requires_grad(Tensor? x);

    [LibraryImport(Library)]
    [SuppressGCTransition]
    [return: MarshalAs(UnmanagedType.U1)]
    internal static partial bool st_is_leaf(Tensor? x);

    [LibraryImport(Library)]
    [SuppressGCTransition]
    internal static partial long st_storage_offset(Tensor? x);

    [LibraryImport(Library)]
    [SuppressGCTransition]
    internal static partial void st_sizes(Tensor? x, Span<long> result);

    [LibraryImport(Library)]
    [SuppressGCTransition]
    internal static partial void st_strides(Tensor? x, Span<long> result);

    [LibraryImport(Library)]
    internal static partial int st_data(Tensor? x, out nint result);

    [LibraryImport(Library)]
    internal static partial int st_item(Tensor? x, out Number result);

    [LibraryImport(Library)]
    internal static partial int st_set_requires_grad(Tensor? x, [MarshalAs(UnmanagedType.U1)] bool value);

    [LibraryImport(Library)]
    internal static partial int st_retain_grad(Tensor? x);

    [LibraryImport(Library)]
    internal static partial int st_get_grad(Tensor? x, out nint result);

    [LibraryImport(Library)]
    internal static partial int st_set_grad(Tensor? x, Tensor? grad);

    [LibraryImport(Library)]
    internal static partial Tensor st_alias(Tensor? x);

    [LibraryImport(Library)]
    internal static partial Tensor st_detach(Tensor? x);

    [LibraryImport(Library)]
    internal static partial int st_detach_(Tensor? x);

    [LibraryImport(Library)]
    internal static partial Tensor st_from_memory(nint data, int sourceDtype, ReadOnlySpan<long> sizes, int count, int dtype, int deviceType, int deviceIndex, [MarshalAs(UnmanagedType.U1)] bool requiresGrad);

    [LibraryImport(Library)]
    internal static partial Tensor st_empty(ReadOnlySpan<long> sizes, int count, int dtype, int deviceType, int deviceIndex, [MarshalAs(UnmanagedType.U1)] bool requiresGrad);

    [LibraryImport(Library)]
    internal static partial Tensor st_full(ReadOnlySpan<long> sizes, int count, Scalar? value, int dtype, int deviceType, int deviceIndex, [MarshalAs(UnmanagedType.U1)] bool requiresGrad);

    [LibraryImport(Library)]
    internal static partial Tensor st_zeros(ReadOnlySpan<long> sizes, int count, int dtype, int deviceType, int deviceIndex, [MarshalAs(UnmanagedType.U1)] bool requiresGrad);

    [LibraryImport(Library)]
    internal static partial Tensor st_arange(Scalar? start, Scalar? stop, Scalar? step, int dtype, int deviceType, int deviceIndex, [MarshalAs(UnmanagedType.U1)] bool requiresGrad);

    [LibraryImport(Library)]
    internal static partial Tensor st_linspace(double start, double end, long steps, int dtype, int deviceType, int deviceIndex, [MarshalAs(UnmanagedType.U1)] bool requiresGrad);

    [LibraryImport(Library)]
    internal static partial Tensor st_logspace(double start, double end, long steps, double logBase, int dtype, int deviceType, int deviceIndex, [MarshalAs(UnmanagedType.U1)] bool requiresGrad);

    [LibraryImport(Library)]
    internal static partial Tensor st_eye(long rows, long columns, int dtype, int deviceType, int deviceIndex, [MarshalAs(UnmanagedType.U1)] bool requiresGrad);

    [LibraryImport(Library)]
    internal static partial Tensor st_full_like(Tensor? x, Scalar? value, int dtype, int deviceType, int deviceIndex, [MarshalAs(UnmanagedType.U1)] bool requiresGrad);

    [LibraryImport(Library)]
    internal static partial Tensor st_empty_like(Tensor? x, int dtype, int deviceType, int deviceIndex, [MarshalAs(UnmanagedType.U1)] bool requiresGrad);

    [LibraryImport(Library)]
    internal static partial Tensor st_to(Tensor? x, int dtype, int deviceType, int deviceIndex, [MarshalAs(UnmanagedType.U1)] bool nonBlocking, [MarshalAs(UnmanagedType.U1)] bool copy);

    [LibraryImport(Library)]
    internal static partial Tensor st_clone(Tensor? x);

    [LibraryImport(Library)]
    internal static partial Tensor st_contiguous(Tensor? x);

    [LibraryImport(Library)]
    internal static partial int st_copy_(Tensor? x, Tensor? source, [MarshalAs(UnmanagedType.U1)] bool nonBlocking);

    [LibraryImport(Library)]
    internal static partial int st_fill_(Tensor? x, Scalar? value);

    [LibraryImport(Library)]
    internal static partial int st_zero_(Tensor? x);
}
