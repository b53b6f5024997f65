namespace TorchSharp;

public static partial class torch
{
    /// <summary>The numbers from start up to before stop in steps; integers if all three are, the default type otherwise.</summary>
    public static Tensor arange(Scalar start, Scalar stop, Scalar step, ScalarType? dtype = null, Device? device = null, bool requires_grad = false)
    {
        var target = InitializeDevice(device);
        var type = dtype ?? (start.IsIntegral && stop.IsIntegral && step.IsIntegral ? ScalarType.Int64 : default_dtype);
        return Native.st_arange(start, stop, step, (int)type, (int)target.type, target.index, requires_grad);
    }

    /// <summary>The numbers from start up to before stop in steps of one.</summary>
    public static Tensor arange(Scalar start, Scalar stop, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) => arange(start, stop, One, dtype, device, requires_grad);

    /// <summary>The numbers from zero up to before stop in steps of one.</summary>
    public static Tensor arange(Scalar stop, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) => arange(0, stop, One, dtype, device, requires_grad);

    /// <summary>So many numbers at equal distances from start to end, both included.</summary>
    public static Tensor linspace(double start, double end, long steps, ScalarType? dtype = null, Device? device = null, bool requires_grad = false)
    {
        var target = InitializeDevice(device);
        return Native.st_linspace(start, end, steps, (int)(dtype ?? default_dtype), (int)target.type, target.index, requires_grad);
    }

    /// <summary>Powers of the base whose exponents lie at equal distances from start to end, both included.</summary>
    public static Tensor logspace(double start, double end, long steps, double @base = 10, ScalarType? dtype = null, Device? device = null, bool requires_grad = false)
    {
        var target = InitializeDevice(device);
        return Native.st_logspace(start, end, steps, @base, (int)(dtype ?? default_dtype), (int)target.type, target.index, requires_grad);
    }

    /// <summary>A matrix with ones on its diagonal; square if the number of columns is not given.</summary>
    public static Tensor eye(long rows, long columns = -1L, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null)
    {
        RefuseNames(names);
        var target = InitializeDevice(device);
        return Native.st_eye(rows, columns == -1 ? rows : columns, (int)(dtype ?? default_dtype), (int)target.type, target.index, requires_grad);
    }

    /// <summary>Zeros in the input's shape, and its type and device unless others are given.</summary>
    public static Tensor zeros_like(Tensor input, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null)
    {
        RefuseNames(names);
        return input.zeros_like(dtype, device, requires_grad);
    }

    /// <summary>Ones in the input's shape, and its type and device unless others are given.</summary>
    public static Tensor ones_like(Tensor input, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null)
    {
        RefuseNames(names);
        return input.ones_like(dtype, device, requires_grad);
    }

    /// <summary>An uninitialised tensor in the input's shape, and its type and device unless others are given.</summary>
    public static Tensor empty_like(Tensor input, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null)
    {
        RefuseNames(names);
        return input.empty_like(dtype, device, requires_grad);
    }

    /// <summary>One value in the input's shape, and its type and device unless others are given.</summary>
    public static Tensor full_like(Tensor input, Scalar value, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null)
    {
        RefuseNames(names);
        return input.full_like(value, dtype, device, requires_grad);
    }

    public partial class Tensor
    {
        /// <summary>Zeros in the tensor's shape.</summary>
        public Tensor zeros_like(ScalarType? dtype = null, Device? device = null, bool requires_grad = false) => full_like(0, dtype, device, requires_grad);

        /// <summary>Ones in the tensor's shape.</summary>
        public Tensor ones_like(ScalarType? dtype = null, Device? device = null, bool requires_grad = false) => full_like(One, dtype, device, requires_grad);

        /// <summary>One value in the tensor's shape, and its type and device unless others are given.</summary>
        public Tensor full_like(Scalar value, ScalarType? dtype = null, Device? device = null, bool requires_grad = false)
        {
            var (type, index) = Target(device);
            return Native.st_full_like(this, value, (int)(dtype ?? this.dtype), type, index, requires_grad);
        }

        /// <summary>An uninitialised tensor in the tensor's shape, and its type and device unless others are given.</summary>
        public Tensor empty_like(ScalarType? dtype = null, Device? device = null, bool requires_grad = false)
        {
            var (type, index) = Target(device);
            return Native.st_empty_like(this, (int)(dtype ?? this.dtype), type, index, requires_grad);
        }

        private (int, int) Target(Device? device) =>
            device is null ? ((int)device_type, device_index) : ((int)device.type, device.index);
    }
}
