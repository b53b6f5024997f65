using System.Runtime.CompilerServices;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>One subscript of an indexing expression: a number, a slice, an ellipsis, a new axis, a truth value or a tensor.</summary>
    public struct TensorIndex
    {
        private enum Kind
        {
            None,
            Single,
            Null,
            Ellipsis,
            Bool,
            Tensor,
            Slice,
        }

        private Kind kind;
        private long? start;
        private long? stop;
        private long? step;

        internal Tensor? Indices { get; private set; }

        /// <summary>The elements from start up to before stop, every step-th; null is the end of the dimension.</summary>
        public static TensorIndex Slice(long? start = null, long? stop = null, long? step = null) => new() { kind = Kind.Slice, start = start, stop = stop, step = step };

        /// <summary>The elements from start up to before end.</summary>
        public static TensorIndex Slice((int? start, int? end) range) => Slice(range.start, range.end);

        /// <summary>The elements of a range.</summary>
        public static TensorIndex Slice(Range range) => Slice(FromStart(range.Start), ToStop(range.End));

        /// <summary>A truth value: keeps all or nothing along a new axis.</summary>
        public static TensorIndex Bool(bool value) => new() { kind = Kind.Bool, start = value ? 1 : 0 };

        /// <summary>One element; negative numbers count from the last.</summary>
        public static TensorIndex Single(long? index) => new() { kind = Kind.Single, start = index };

        /// <summary>Elements by number, or by truth value.</summary>
        public static TensorIndex Tensor(Tensor tensor) => new() { kind = Kind.Tensor, Indices = tensor };

        /// <summary>All the dimensions that other subscripts leave.</summary>
        public static TensorIndex Ellipsis = new() { kind = Kind.Ellipsis };

        /// <summary>A new axis of size 1.</summary>
        public static TensorIndex None = new() { kind = Kind.None };

        /// <summary>A new axis of size 1.</summary>
        public static TensorIndex Null = new() { kind = Kind.Null };

        /// <summary>The whole dimension.</summary>
        public static TensorIndex Colon = Slice();

        /// <summary>One element.</summary>
        public static implicit operator TensorIndex(long value) => Single(value);

        /// <summary>The elements from start up to before end.</summary>
        public static implicit operator TensorIndex((int? start, int? end) range) => Slice(range);

        /// <summary>The elements of a range.</summary>
        public static implicit operator TensorIndex(Range range) => Slice(range);

        /// <summary>One element.</summary>
        public static implicit operator TensorIndex(Index index) => Single(FromStart(index));

        /// <summary>Raises: it exists so that overload resolution prefers subscripts to tensors where numbers convert to both.</summary>
        /// <exception cref="InvalidOperationException">Always.</exception>
        public static implicit operator Tensor(TensorIndex value) => throw new InvalidOperationException("A subscript is not a tensor.");

        internal readonly Subscript ToSubscript() => new(
            (int)kind,
            (start.HasValue ? 1 : 0) | (stop.HasValue ? 2 : 0) | (step.HasValue ? 4 : 0),
            start ?? 0,
            stop ?? 0,
            step ?? 0,
            Indices is null ? 0 : Indices.Handle);

        private static long FromStart(Index index) => index.IsFromEnd ? -index.Value : index.Value;

        private static long? ToStop(Index index) => index.IsFromEnd ? (index.Value == 0 ? null : -index.Value) : index.Value;
    }

    public partial class Tensor
    {
        /// <summary>The part that subscripts select, or its replacement.</summary>
        [IndexerName("TensorItems")]
        public Tensor this[params TensorIndex[] indices]
        {
            get => index(indices);
            set => index_put_(value, indices);
        }

        /// <summary>The elements that tensors of numbers or truth values select, or their replacement.</summary>
        [IndexerName("TensorItems")]
        public Tensor this[params Tensor[] indices]
        {
            get => index(indices);
            set => index_put_(value, indices);
        }

        /// <summary>The slice at an index of the first dimension, or its replacement.</summary>
        [IndexerName("TensorItems")]
        public Tensor this[long i1]
        {
            get => index(i1);
            set => index_put_(value, i1);
        }

        /// <summary>The slice at indices of the first two dimensions, or its replacement.</summary>
        [IndexerName("TensorItems")]
        public Tensor this[long i1, long i2]
        {
            get => index(i1, i2);
            set => index_put_(value, i1, i2);
        }

        /// <summary>The slice at indices of the first three dimensions, or its replacement.</summary>
        [IndexerName("TensorItems")]
        public Tensor this[long i1, long i2, long i3]
        {
            get => index(i1, i2, i3);
            set => index_put_(value, i1, i2, i3);
        }

        /// <summary>The slice at indices of the first four dimensions, or its replacement.</summary>
        [IndexerName("TensorItems")]
        public Tensor this[long i1, long i2, long i3, long i4]
        {
            get => index(i1, i2, i3, i4);
            set => index_put_(value, i1, i2, i3, i4);
        }

        /// <summary>The part that subscripts select; a view unless a subscript is a tensor.</summary>
        public Tensor index(params TensorIndex[] indices)
        {
            var result = Native.st_index(this, Subscripts(indices), indices.Length);
            GC.KeepAlive(indices);
            return result;
        }

        /// <summary>Overwrites the part that subscripts select with a tensor, broadcast.</summary>
        public Tensor index_put_(Tensor value, params TensorIndex[] indices) => index_put_(value, indices, false);

        /// <summary>Overwrites the part that subscripts select with a tensor, broadcast, or adds to it.</summary>
        public Tensor index_put_(Tensor value, TensorIndex[] indices, bool accumulate = false)
        {
            Native.Check(Native.st_index_put_(this, Subscripts(indices), indices.Length, value, accumulate));
            GC.KeepAlive(indices);
            return this;
        }

        /// <summary>Overwrites the part that subscripts select with a number.</summary>
        public Tensor index_put_(Scalar value, params TensorIndex[] indices)
        {
            Native.Check(Native.st_index_put_scalar_(this, Subscripts(indices), indices.Length, value));
            GC.KeepAlive(indices);
            return this;
        }

        /// <summary>The elements that tensors of numbers or truth values select.</summary>
        public Tensor index(params Tensor[] indices) => index(OfTensors(indices));

        /// <summary>Overwrites the elements that tensors select.</summary>
        public Tensor index_put_(Tensor value, params Tensor[] indices) => index_put_(value, OfTensors(indices), false);

        /// <summary>Overwrites the elements that tensors select, or adds to them.</summary>
        public Tensor index_put_(Tensor value, Tensor[] indices, bool accumulate = false) => index_put_(value, OfTensors(indices), accumulate);

        /// <summary>Overwrites the elements that tensors select with a number.</summary>
        public Tensor index_put_(Scalar value, params Tensor[] indices) => index_put_(value, OfTensors(indices));

        /// <summary>The slice at an index of a dimension.</summary>
        public Tensor select(long dim, long index) => Native.st_select(this, dim, index);

        /// <summary>The slices at indices of a dimension.</summary>
        public Tensor index_select(long dim, Tensor index) => Native.st_index_select(this, dim, index);

        /// <summary>With alpha times the source's slices added at indices of a dimension.</summary>
        public Tensor index_add(long dim, Tensor index, Tensor source, Scalar alpha) => Native.st_index_add(this, dim, index, source, alpha);

        /// <summary>Adds alpha times the source's slices at indices of a dimension.</summary>
        public Tensor index_add_(long dim, Tensor index, Tensor source, Scalar alpha) => Done(Native.st_index_add_(this, dim, index, source, alpha));

        /// <summary>Elements picked along a dimension, one for each index.</summary>
        public Tensor gather(long dim, Tensor index) => Native.st_gather(this, dim, index);

        /// <summary>With the source's elements put along a dimension, one at each index.</summary>
        public Tensor scatter(long dim, Tensor index, Tensor src) => Native.st_scatter(this, dim, index, src);

        /// <summary>Puts the source's elements along a dimension, one at each index.</summary>
        public Tensor scatter_(long dim, Tensor index, Tensor src) => Done(Native.st_scatter_(this, dim, index, src));

        /// <summary>With the source's elements added along a dimension, one at each index.</summary>
        public Tensor scatter_add(long dim, Tensor index, Tensor src) => Native.st_scatter_add(this, dim, index, src);

        /// <summary>Adds the source's elements along a dimension, one at each index.</summary>
        public Tensor scatter_add_(long dim, Tensor index, Tensor src) => Done(Native.st_scatter_add_(this, dim, index, src));

        /// <summary>With a number where the mask is true.</summary>
        public Tensor masked_fill(Tensor mask, Scalar value) => Native.st_masked_fill(this, mask, value);

        /// <summary>Puts a number where the mask is true.</summary>
        public Tensor masked_fill_(Tensor mask, Scalar value) => Done(Native.st_masked_fill_(this, mask, value));

        /// <summary>The elements where the mask is true, in one dimension.</summary>
        public Tensor masked_select(Tensor mask) => Native.st_masked_select(this, mask);

        /// <summary>The indices of the elements that are not zero, one row each.</summary>
        public Tensor nonzero() => Native.st_nonzero(this);

        private static Subscript[] Subscripts(TensorIndex[] indices) => Array.ConvertAll(indices, index => index.ToSubscript());

        private static TensorIndex[] OfTensors(Tensor[] indices) => Array.ConvertAll(indices, TensorIndex.Tensor);
    }

    /// <summary>The slice at an index of a dimension.</summary>
    public static Tensor select(Tensor input, long dim, long index) => input.select(dim, index);

    /// <summary>The slices at indices of a dimension.</summary>
    public static Tensor index_select(Tensor input, long dim, Tensor index) => input.index_select(dim, index);

    /// <summary>Elements picked along a dimension, one for each index.</summary>
    public static Tensor gather(Tensor input, long dim, Tensor index) => input.gather(dim, index);

    /// <summary>With the source's elements put along a dimension.</summary>
    public static Tensor scatter(Tensor input, long dim, Tensor index, Tensor src) => input.scatter(dim, index, src);

    /// <summary>With the source's elements added along a dimension.</summary>
    public static Tensor scatter_add(Tensor input, long dim, Tensor index, Tensor src) => input.scatter_add(dim, index, src);

    /// <summary>The elements where the mask is true, in one dimension.</summary>
    public static Tensor masked_select(Tensor input, Tensor mask) => input.masked_select(mask);

    /// <summary>The indices of the elements that are not zero, one row each.</summary>
    public static Tensor nonzero(Tensor input) => input.nonzero();
}
