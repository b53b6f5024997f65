using System.Runtime.InteropServices.Marshalling;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>A handle to a native tensor: an n-dimensional array of one element type on one device.</summary>
    /// <remarks>
    /// The native memory goes when the tensor is disposed, by hand or by its dispose scope; a tensor that nobody disposes is
    /// freed by its finaliser. Operations raise <see cref="System.Runtime.InteropServices.ExternalException"/> with
    /// libtorch's message when shapes, types or devices do not fit.
    /// </remarks>
    [NativeMarshalling(typeof(TensorMarshaller))]
    public partial class Tensor : IDisposable
    {
        private nint handle;

        internal Tensor(nint handle)
        {
            this.handle = handle;
            DisposeScopeManager.ThreadSingleton.Register(this);
        }

        /// <summary>Frees the native tensor of a wrapper that nobody disposed.</summary>
        ~Tensor() => Dispose(false);

        internal DisposeScope? OwningDisposeScope { get; set; }

        internal int SlotInScope { get; set; }

        /// <summary>A tensor that takes ownership of a native handle.</summary>
        public static Tensor UnsafeCreateTensor(IntPtr handle) => new(handle);

        /// <summary>The number of tensors alive in the process.</summary>
        public static long TotalCount => Native.st_live_tensors();

        /// <summary>The native handle. Raises InvalidOperationException after disposal.</summary>
        public IntPtr Handle => handle != 0 ? handle : throw new InvalidOperationException("Tensor invalid -- empty handle.");

        /// <summary>Whether the tensor has been disposed.</summary>
        public bool IsInvalid => handle == 0;

        /// <summary>A name for people to read.</summary>
        public string? name { get; set; }

        /// <summary>Frees the native tensor now.</summary>
        public void Dispose()
        {
            Dispose(true);
            GC.SuppressFinalize(this);
        }

        /// <summary>Frees the native tensor.</summary>
        protected virtual void Dispose(bool disposing)
        {
            var native = Interlocked.Exchange(ref handle, 0);
            if (native == 0)
            {
                return;
            }

            // A finaliser must not touch the scope, which belongs to another thread; a tensor that is finalised while a scope
            // lists it is unreachable together with that scope.
            if (disposing)
            {
                DisposeScopeManager.ThreadSingleton.CountDisposal(OwningDisposeScope is not null);
                OwningDisposeScope?.Remove(this);
            }

            Native.st_release(native);
        }

        /// <summary>Disposal by the owning scope, which clears its list itself.</summary>
        internal void DisposeWithScope()
        {
            OwningDisposeScope = null;
            var native = Interlocked.Exchange(ref handle, 0);
            if (native != 0)
            {
                DisposeScopeManager.ThreadSingleton.CountDisposal(inScope: true);
                Native.st_release(native);
            }

            GC.SuppressFinalize(this);
        }

        /// <summary>Hands the tensor to the scope around its own, or to nobody if there is none, and returns it.</summary>
        public Tensor MoveToOuterDisposeScope()
        {
            OwningDisposeScope?.MoveToOuter(this);
            return this;
        }

        /// <summary>Takes the tensor out of its scope, so that it lives until it is disposed by hand, and returns it.</summary>
        public Tensor DetachFromDisposeScope()
        {
            OwningDisposeScope?.Detach(this);
            return this;
        }

        /// <summary>Hands the tensor to the scope that owns another tensor, or to nobody, and returns it.</summary>
        public Tensor MoveToOtherDisposeScope(Tensor other) => MoveToOtherDisposeScope(other.OwningDisposeScope);

        /// <summary>Hands the tensor to a scope, or to nobody, and returns it.</summary>
        public Tensor MoveToOtherDisposeScope(DisposeScope? other)
        {
            if (OwningDisposeScope is null)
            {
                other?.Attach(this);
            }
            else
            {
                OwningDisposeScope.MoveToOther(other, this);
            }

            return this;
        }

        /// <summary>The number of dimensions.</summary>
        public long Dimensions => Native.st_ndim(this);

        /// <summary>The number of dimensions.</summary>
        public long ndim => Native.st_ndim(this);

        /// <summary>The number of elements.</summary>
        public long NumberOfElements => Native.st_numel(this);

        /// <summary>The bytes of one element.</summary>
        public long ElementSize => Native.st_element_size(this);

        /// <summary>The element type.</summary>
        public ScalarType dtype => (ScalarType)Native.st_dtype(this);

        /// <summary>The kind of device.</summary>
        public DeviceType device_type => (DeviceType)Native.st_device_type(this);

        /// <summary>The device's number, -1 for the current one.</summary>
        public int device_index => Native.st_device_index(this);

        /// <summary>The device.</summary>
        public Device device => new(device_type, device_index);

        /// <summary>Whether the data lies on a CUDA device.</summary>
        public bool is_cuda => device_type == DeviceType.CUDA;

        /// <summary>Whether the tensor has no data.</summary>
        public bool is_meta => device_type == DeviceType.META;

        /// <summary>Whether the tensor is a leaf of the graph of derivatives.</summary>
        public bool is_leaf => Native.st_is_leaf(this);

        /// <summary>The number of dimensions.</summary>
        public long dim() => Dimensions;

        /// <summary>The number of elements.</summary>
        public long numel() => NumberOfElements;

        /// <summary>The bytes of one element.</summary>
        public long element_size() => ElementSize;

        /// <summary>Whether the elements are integers or truth values.</summary>
        public bool is_integral() => torch.is_integral(dtype);

        /// <summary>Whether the elements are real floating-point numbers.</summary>
        public bool is_floating_point() => torch.is_floating_point(dtype);

        /// <summary>Whether the elements are complex numbers.</summary>
        public bool is_complex() => torch.is_complex(dtype);

        /// <summary>Whether the data lies in main memory.</summary>
        public bool is_cpu() => device_type == DeviceType.CPU;

        /// <summary>Whether the elements lie in row-major order without gaps.</summary>
        public bool is_contiguous() => Native.st_is_contiguous(this);

        /// <summary>The offset of the first element in the storage, in elements.</summary>
        public long storage_offset() => Native.st_storage_offset(this);

        /// <summary>The sizes of the dimensions.</summary>
        public long[] shape
        {
            get
            {
                var sizes = new long[Native.st_ndim(this)];
                Native.st_sizes(this, sizes);
                return sizes;
            }
        }

        /// <summary>The sizes of the dimensions.</summary>
        public long[] size() => shape;

        /// <summary>The size of a dimension; negative dimensions count from the last.</summary>
        public long size(int dim) => shape[Wrapped(dim)];

        /// <summary>The distances in elements between neighbours along each dimension.</summary>
        public long[] stride()
        {
            var strides = new long[Native.st_ndim(this)];
            Native.st_strides(this, strides);
            return strides;
        }

        /// <summary>The distance in elements between neighbours along a dimension.</summary>
        public long stride(int dim) => stride()[Wrapped(dim)];

        /// <summary>The shape, element type and device.</summary>
        public override string ToString() => $"[{string.Join('x', shape)}], type = {dtype}, device = {device}";

        private int Wrapped(int dim)
        {
            var rank = (int)Dimensions;
            return dim >= -rank && dim < rank
                ? (dim + rank) % rank
                : throw new ArgumentOutOfRangeException(nameof(dim), dim, $"Expected a dimension from {-rank} to {rank - 1} for shape [{string.Join(", ", shape)}].");
        }

        // In-place operations return the tensor itself.
        private Tensor Done(int status)
        {
            Native.Check(status);
            return this;
        }

        private static (Tensor, Tensor) Pair(nint list)
        {
            var tensors = Native.Take(list);
            return (tensors[0], tensors[1]);
        }
    }

    /// <summary>A new innermost dispose scope of the calling thread.</summary>
    public static DisposeScope NewDisposeScope() => DisposeScopeManager.ThreadSingleton.NewDisposeScope();

    /// <summary>The innermost dispose scope of the calling thread.</summary>
    public static DisposeScope? CurrentDisposeScope => DisposeScopeManager.ThreadSingleton.CurrentDisposeScope;

    /// <summary>The number of elements.</summary>
    public static long numel(Tensor input) => input.numel();

    /// <summary>Whether an object is a tensor.</summary>
    public static bool is_tensor(object obj) => obj is Tensor;

    /// <summary>Evaluates an expression in a dispose scope of its own; only its value outlives the scope.</summary>
    public static Tensor WrappedTensorDisposeScope(Func<Tensor> expr)
    {
        using var scope = NewDisposeScope();
        return expr().MoveToOuterDisposeScope();
    }

    private static readonly Scalar One = 1;

    private static int Code(ScalarType? type) => type is { } given ? (int)given : -1;
}
