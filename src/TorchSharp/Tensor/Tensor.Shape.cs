namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        /// <summary>The same memory in another shape; one size may be -1.</summary>
        public Tensor view(params long[] shape) => Native.st_view(this, shape, shape.Length);

        /// <summary>The same memory in another tensor's shape.</summary>
        public Tensor view_as(Tensor other) => view(other.shape);

        /// <summary>Another shape, by a view where strides allow; one size may be -1.</summary>
        public Tensor reshape(params long[] shape) => Native.st_reshape(this, shape, shape.Length);

        /// <summary>Dimensions from start to end joined into one.</summary>
        public Tensor flatten(long start_dim = 0, long end_dim = -1) => Native.st_flatten(this, start_dim, end_dim);

        /// <summary>All dimensions joined into one.</summary>
        public Tensor ravel() => flatten();

        /// <summary>A dimension split into several; one size may be -1.</summary>
        public Tensor unflatten(long dim, params long[] sizes) => Native.st_unflatten(this, dim, sizes, sizes.Length);

        /// <summary>Dimensions of size 1 repeated without copying; -1 keeps a size.</summary>
        public Tensor expand(ReadOnlySpan<long> sizes, bool isImplicit = false) => Native.st_expand(this, sizes, sizes.Length, isImplicit);

        /// <summary>Dimensions of size 1 repeated without copying; -1 keeps a size.</summary>
        public Tensor expand(long[] sizes, bool isImplicit = false) => expand((ReadOnlySpan<long>)sizes, isImplicit);

        /// <summary>Dimensions of size 1 repeated without copying; -1 keeps a size.</summary>
        public Tensor expand(params long[] sizes) => expand((ReadOnlySpan<long>)sizes, false);

        /// <summary>Dimensions of size 1 repeated to another tensor's shape.</summary>
        public Tensor expand_as(Tensor other) => expand(other.shape);

        /// <summary>The tensor broadcast to a shape without copying.</summary>
        public Tensor broadcast_to(params long[] shape) => Native.st_broadcast_to(this, shape, shape.Length);

        /// <summary>The dimensions in another order.</summary>
        public Tensor permute(params long[] permutation) => Native.st_permute(this, permutation, permutation.Length);

        /// <summary>The dimensions in another order.</summary>
        public Tensor permute(IEnumerable<long> permutation) => permute(permutation.ToArray());

        /// <summary>Two dimensions swapped.</summary>
        public Tensor transpose(long dim0, long dim1) => Native.st_transpose(this, dim0, dim1);

        /// <summary>Two dimensions swapped.</summary>
        public Tensor swapaxes(long dim0, long dim1) => transpose(dim0, dim1);

        /// <summary>Two dimensions swapped.</summary>
        public Tensor swapdims(long dim0, long dim1) => transpose(dim0, dim1);

        /// <summary>Dimensions moved to other places.</summary>
        public Tensor movedim(long[] source, long[] destination) => Native.st_movedim(this, source, source.Length, destination, destination.Length);

        /// <summary>Dimensions moved to other places.</summary>
        public Tensor moveaxis(long[] source, long[] destination) => movedim(source, destination);

        /// <summary>The transpose of a matrix.</summary>
        public Tensor t() => Dimensions < 2 ? alias() : transpose(0, 1);

        /// <summary>The dimensions in reverse order.</summary>
        public Tensor T => Dimensions < 2 ? alias() : permute(Enumerable.Range(0, (int)Dimensions).Reverse().Select(i => (long)i));

        /// <summary>The last two dimensions swapped.</summary>
        public Tensor mT => transpose(-2, -1);

        /// <summary>Without one dimension of size 1, or without all of them.</summary>
        public Tensor squeeze(long? dim = null) => dim is { } given ? Native.st_squeeze(this, given) : Native.st_squeeze_all(this);

        /// <summary>With a dimension of size 1 put in.</summary>
        public Tensor unsqueeze(long dim) => Native.st_unsqueeze(this, dim);

        /// <summary>Copies side by side, so many along each dimension.</summary>
        public Tensor repeat(params long[] sizes) => Native.st_repeat(this, sizes, sizes.Length);

        /// <summary>Each element repeated in place, along a dimension or flattened.</summary>
        public Tensor repeat_interleave(long repeats, long? dim = null, long? output_size = null) => Native.st_repeat_interleave(this, repeats, dim is { } given ? [given] : default);

        /// <summary>Dimensions in reverse.</summary>
        public Tensor flip(params long[] dims) => Native.st_flip(this, dims, dims.Length);

        /// <summary>Elements shifted around, along a dimension or flattened.</summary>
        public Tensor roll(long shifts, long? dims = null) => Native.st_roll(this, [shifts], 1, dims is { } given ? [given] : default, dims is null ? 0 : 1);

        /// <summary>Elements shifted around along dimensions.</summary>
        public Tensor roll(long[] shifts, long[] dims) => Native.st_roll(this, shifts, shifts.Length, dims, dims.Length);

        /// <summary>The lower triangle, zero elsewhere.</summary>
        public Tensor tril(long diagonal = 0) => Native.st_tril(this, diagonal);

        /// <summary>The upper triangle, zero elsewhere.</summary>
        public Tensor triu(long diagonal = 0) => Native.st_triu(this, diagonal);

        /// <summary>The diagonal of a matrix, or the matrix with a diagonal.</summary>
        public Tensor diag(long diagonal = 0) => Native.st_diag(this, diagonal);

        /// <summary>The diagonal over two dimensions.</summary>
        public Tensor diagonal(long offset = 0L, long dim1 = 0L, long dim2 = 1L) => Native.st_diagonal(this, offset, dim1, dim2);

        /// <summary>Matrices with the last dimension as diagonal.</summary>
        public Tensor diag_embed(long offset = 0L, long dim1 = -2L, long dim2 = -1L) => Native.st_diag_embed(this, offset, dim1, dim2);

        /// <summary>The sum of the diagonal of a matrix.</summary>
        public Tensor trace() => Native.st_trace(this);

        /// <summary>A range of a dimension.</summary>
        public Tensor narrow(long dim, long start, long length) => Native.st_narrow(this, dim, start, length);

        /// <summary>Every step-th element of a range of a dimension.</summary>
        public Tensor slice(long dim, long start, long finish, long step) => Native.st_slice(this, dim, start, finish, step);

        /// <summary>Parts of one size along a dimension; the last may be smaller.</summary>
        public Tensor[] split(long size, int dim = 0) => Native.Take(Native.st_split(this, size, dim));

        /// <summary>Parts of given sizes along a dimension.</summary>
        public Tensor[] split(ReadOnlySpan<long> sizes, long dim = 0) => Native.Take(Native.st_split_with_sizes(this, sizes, sizes.Length, dim));

        /// <summary>Parts of given sizes along a dimension.</summary>
        public Tensor[] split(long[] sizes, long dim = 0) => split((ReadOnlySpan<long>)sizes, dim);

        /// <summary>Parts of given sizes along the first dimension.</summary>
        public Tensor[] split(params long[] sizes) => split((ReadOnlySpan<long>)sizes, 0);

        /// <summary>So many equal parts along a dimension; the last may be smaller.</summary>
        public Tensor[] chunk(long chunks, long dim = 0L) => Native.Take(Native.st_chunk(this, chunks, dim));

        /// <summary>The slices along a dimension.</summary>
        public Tensor[] unbind(long dimension = 0L) => Native.Take(Native.st_unbind(this, dimension));
    }

    /// <summary>Tensors joined along a dimension.</summary>
    public static Tensor cat(ReadOnlySpan<Tensor> tensors, long dim = 0)
    {
        var result = Native.st_cat(Native.Handles(tensors), tensors.Length, dim);
        KeepAlive(tensors);
        return result;
    }

    /// <summary>Tensors joined along a dimension.</summary>
    public static Tensor cat(Tensor[] tensors, long dim = 0) => cat((ReadOnlySpan<Tensor>)tensors, dim);

    /// <summary>Tensors joined along a dimension.</summary>
    public static Tensor cat(IList<Tensor> tensors, long dim = 0) => cat((ReadOnlySpan<Tensor>)tensors.ToArray(), dim);

    /// <summary>Tensors joined along a dimension.</summary>
    public static Tensor concat(Tensor[] tensors, long dim = 0) => cat(tensors, dim);

    /// <summary>Tensors joined along a dimension.</summary>
    public static Tensor concat(IList<Tensor> tensors, long dim = 0) => cat(tensors, dim);

    /// <summary>Tensors of one shape joined along a new dimension.</summary>
    public static Tensor stack(IEnumerable<Tensor> tensors, long dim = 0)
    {
        var parts = tensors as Tensor[] ?? tensors.ToArray();
        var result = Native.st_stack(Native.Handles(parts), parts.Length, dim);
        GC.KeepAlive(parts);
        return result;
    }

    /// <summary>The coordinates of a grid over tensors of one dimension; "ij" or "xy" orders the first two.</summary>
    public static Tensor[] meshgrid(IEnumerable<Tensor> tensors, string indexing = "ij")
    {
        var axes = tensors.ToArray();
        var result = Native.Take(Native.st_meshgrid(Native.Handles(axes), axes.Length, indexing));
        GC.KeepAlive(axes);
        return result;
    }

    /// <summary>Another shape, by a view where strides allow.</summary>
    public static Tensor reshape(Tensor input, params long[] shape) => input.reshape(shape);

    /// <summary>Dimensions from start to end joined into one.</summary>
    public static Tensor flatten(Tensor input, long start_dim = 0, long end_dim = -1) => input.flatten(start_dim, end_dim);

    /// <summary>A dimension split into several.</summary>
    public static Tensor unflatten(Tensor input, long dim, params long[] sizes) => input.unflatten(dim, sizes);

    /// <summary>The tensor broadcast to a shape without copying.</summary>
    public static Tensor broadcast_to(Tensor input, params long[] shape) => input.broadcast_to(shape);

    /// <summary>The dimensions in another order.</summary>
    public static Tensor permute(Tensor input, params long[] permutation) => input.permute(permutation);

    /// <summary>Two dimensions swapped.</summary>
    public static Tensor transpose(Tensor input, long dim0, long dim1) => input.transpose(dim0, dim1);

    /// <summary>The transpose of a matrix.</summary>
    public static Tensor t(Tensor input) => input.t();

    /// <summary>Dimensions moved to other places.</summary>
    public static Tensor movedim(Tensor input, long[] source, long[] destination) => input.movedim(source, destination);

    /// <summary>Without one dimension of size 1, or without all of them.</summary>
    public static Tensor squeeze(Tensor input, long? dim = null) => input.squeeze(dim);

    /// <summary>With a dimension of size 1 put in.</summary>
    public static Tensor unsqueeze(Tensor input, long dim) => input.unsqueeze(dim);

    /// <summary>Each element repeated in place.</summary>
    public static Tensor repeat_interleave(Tensor input, long repeats, long? dim = null, long? output_size = null) => input.repeat_interleave(repeats, dim, output_size);

    /// <summary>Dimensions in reverse.</summary>
    public static Tensor flip(Tensor input, params long[] dims) => input.flip(dims);

    /// <summary>Elements shifted around.</summary>
    public static Tensor roll(Tensor input, long shifts, long? dims = null) => input.roll(shifts, dims);

    /// <summary>Elements shifted around along dimensions.</summary>
    public static Tensor roll(Tensor input, long[] shifts, long[] dims) => input.roll(shifts, dims);

    /// <summary>The lower triangle, zero elsewhere.</summary>
    public static Tensor tril(Tensor input, long diagonal = 0) => input.tril(diagonal);

    /// <summary>The upper triangle, zero elsewhere.</summary>
    public static Tensor triu(Tensor input, long diagonal = 0L) => input.triu(diagonal);

    /// <summary>The diagonal of a matrix, or the matrix with a diagonal.</summary>
    public static Tensor diag(Tensor input, long diagonal = 0) => input.diag(diagonal);

    /// <summary>The diagonal over two dimensions.</summary>
    public static Tensor diagonal(Tensor input, long offset = 0L, long dim1 = 0L, long dim2 = 1L) => input.diagonal(offset, dim1, dim2);

    /// <summary>Matrices with the last dimension as diagonal.</summary>
    public static Tensor diag_embed(Tensor input, long offset = 0L, long dim1 = -2L, long dim2 = -1L) => input.diag_embed(offset, dim1, dim2);

    /// <summary>The sum of the diagonal of a matrix.</summary>
    public static Tensor trace(Tensor input) => input.trace();

    /// <summary>A range of a dimension.</summary>
    public static Tensor narrow(Tensor input, long dim, long start, long length) => input.narrow(dim, start, length);

    /// <summary>Parts of given sizes along a dimension.</summary>
    public static Tensor[] split(Tensor tensor, long[] split_size_or_sections, long dim = 0L) => tensor.split(split_size_or_sections, dim);

    /// <summary>So many equal parts along a dimension.</summary>
    public static Tensor[] chunk(Tensor input, long chunks, long dim = 0L) => input.chunk(chunks, dim);

    /// <summary>The slices along a dimension.</summary>
    public static Tensor[] unbind(Tensor input, long dim = 0L) => input.unbind(dim);

    private static void KeepAlive(ReadOnlySpan<Tensor> tensors)
    {
        foreach (var tensor in tensors)
        {
            GC.KeepAlive(tensor);
        }
    }
}
