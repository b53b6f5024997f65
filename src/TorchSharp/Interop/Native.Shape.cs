using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace TorchSharp;

// What native/shape.cpp exports, in its order.
internal static unsafe partial class Native
{
    [LibraryImport(Library)]
    internal static partial Tensor st_view(Tensor? x, ReadOnlySpan<long> sizes, int count);

    [LibraryImport(Library)]
    internal static partial Tensor st_reshape(Tensor? x, ReadOnlySpan<long> sizes, int count);

    [LibraryImport(Library)]
    internal static partial Tensor st_permute(Tensor? x, ReadOnlySpan<long> sizes, int count);

    [LibraryImport(Library)]
    internal static partial Tensor st_repeat(Tensor? x, ReadOnlySpan<long> sizes, int count);

    [LibraryImport(Library)]
    internal static partial Tensor st_flip(Tensor? x, ReadOnlySpan<long> sizes, int count);

    [LibraryImport(Library)]
    internal static partial Tensor st_broadcast_to(Tensor? x, ReadOnlySpan<long> sizes, int count);

    [LibraryImport(Library)]
    internal static partial Tensor st_transpose(Tensor? x, long first, long second);

    [LibraryImport(Library)]
    internal static partial Tensor st_flatten(Tensor? x, long first, long second);

    [LibraryImport(Library)]
    internal static partial Tensor st_select(Tensor? x, long first, long second);

    [LibraryImport(Library)]
    internal static partial Tensor st_unsqueeze(Tensor? x, long argument);

    [LibraryImport(Library)]
    internal static partial Tensor st_squeeze(Tensor? x, long argument);

    [LibraryImport(Library)]
    internal static partial Tensor st_tril(Tensor? x, long argument);

    [LibraryImport(Library)]
    internal static partial Tensor st_triu(Tensor? x, long argument);

    [LibraryImport(Library)]
    internal static partial Tensor st_diag(Tensor? x, long argument);

    [LibraryImport(Library)]
    internal static partial Tensor st_scatter(Tensor? x, long dim, Tensor? index, Tensor? source);

    [LibraryImport(Library)]
    internal static partial int st_scatter_(Tensor? x, long dim, Tensor? index, Tensor? source);

    [LibraryImport(Library)]
    internal static partial Tensor st_scatter_add(Tensor? x, long dim, Tensor? index, Tensor? source);

    [LibraryImport(Library)]
    internal static partial int st_scatter_add_(Tensor? x, long dim, Tensor? index, Tensor? source);

    [LibraryImport(Library)]
    internal static partial Tensor st_expand(Tensor? x, ReadOnlySpan<long> sizes, int count, [MarshalAs(UnmanagedType.U1)] bool isImplicit);

    [LibraryImport(Library)]
    internal static partial Tensor st_squeeze_all(Tensor? x);

    [LibraryImport(Library)]
    internal static partial Tensor st_unflatten(Tensor? x, long dim, ReadOnlySpan<long> sizes, int count);

    [LibraryImport(Library)]
    internal static partial Tensor st_diagonal(Tensor? x, long offset, long dim1, long dim2);

    [LibraryImport(Library)]
    internal static partial Tensor st_diag_embed(Tensor? x, long offset, long dim1, long dim2);

    [LibraryImport(Library)]
    internal static partial Tensor st_movedim(Tensor? x, ReadOnlySpan<long> source, int sources, ReadOnlySpan<long> target, int targets);

    [LibraryImport(Library)]
    internal static partial Tensor st_roll(Tensor? x, ReadOnlySpan<long> shifts, int count, ReadOnlySpan<long> dims, int dimCount);

    [LibraryImport(Library)]
    internal static partial Tensor st_repeat_interleave(Tensor? x, long repeats, ReadOnlySpan<long> dim);

    [LibraryImport(Library)]
    internal static partial Tensor st_narrow(Tensor? x, long dim, long start, long length);

    [LibraryImport(Library)]
    internal static partial Tensor st_slice(Tensor? x, long dim, long start, long finish, long step);

    [LibraryImport(Library)]
    internal static partial Tensor st_cat(ReadOnlySpan<nint> tensors, int count, long dim);

    [LibraryImport(Library)]
    internal static partial Tensor st_stack(ReadOnlySpan<nint> tensors, int count, long dim);

    [LibraryImport(Library)]
    internal static partial nint st_split(Tensor? x, long size, long dim);

    [LibraryImport(Library)]
    internal static partial nint st_split_with_sizes(Tensor? x, ReadOnlySpan<long> sizes, int count, long dim);

    [LibraryImport(Library)]
    internal static partial nint st_chunk(Tensor? x, long chunks, long dim);

    [LibraryImport(Library)]
    internal static partial nint st_unbind(Tensor? x, long dim);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial nint st_meshgrid(ReadOnlySpan<nint> tensors, int count, string indexing);

    [LibraryImport(Library)]
    internal static partial Tensor st_index(Tensor? x, ReadOnlySpan<Subscript> items, int count);

    [LibraryImport(Library)]
    internal static partial int st_index_put_(Tensor? x, ReadOnlySpan<Subscript> items, int count, Tensor? value, [MarshalAs(UnmanagedType.U1)] bool accumulate);

    [LibraryImport(Library)]
    internal static partial int st_index_put_scalar_(Tensor? x, ReadOnlySpan<Subscript> items, int count, Scalar? value);

    [LibraryImport(Library)]
    internal static partial Tensor st_index_select(Tensor? x, long dim, Tensor? index);

    [LibraryImport(Library)]
    internal static partial Tensor st_index_add(Tensor? x, long dim, Tensor? index, Tensor? source, Scalar? alpha);

    [LibraryImport(Library)]
    internal static partial int st_index_add_(Tensor? x, long dim, Tensor? index, Tensor? source, Scalar? alpha);

    [LibraryImport(Library)]
    internal static partial Tensor st_gather(Tensor? x, long dim, Tensor? index);

    [LibraryImport(Library)]
    internal static partial Tensor st_masked_fill(Tensor? x, Tensor? mask, Scalar? value);

    [LibraryImport(Library)]
    internal static partial int st_masked_fill_(Tensor? x, Tensor? mask, Scalar? value);

    [LibraryImport(Library)]
    internal static partial Tensor st_masked_select(Tensor? x, Tensor? mask);

    [LibraryImport(Library)]
    internal static partial Tensor st_nonzero(Tensor? x);
}
