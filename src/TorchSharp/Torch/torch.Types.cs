namespace TorchSharp;

/// <summary>Kinds of device, with libtorch's numbers.</summary>
public enum DeviceType
{
    /// <summary>The processor.</summary>
    CPU = 0,

    /// <summary>An NVIDIA GPU.</summary>
    CUDA = 1,

    /// <summary>An Apple GPU.</summary>
    MPS = 13,

    /// <summary>No storage: shapes and types only.</summary>
    META = 14,
}

/// <summary>libtorch's functions under the names that PyTorch and TorchSharp give them.</summary>
public static partial class torch
{
    /// <summary>Element types, with libtorch's numbers.</summary>
    public enum ScalarType : sbyte
    {
        /// <summary>Unsigned 8-bit integer.</summary>
        Byte = 0,

        /// <summary>Signed 8-bit integer.</summary>
        Int8 = 1,

        /// <summary>Signed 16-bit integer.</summary>
        Int16 = 2,

        /// <summary>Signed 32-bit integer.</summary>
        Int32 = 3,

        /// <summary>Signed 64-bit integer.</summary>
        Int64 = 4,

        /// <summary>IEEE half precision.</summary>
        Float16 = 5,

        /// <summary>IEEE single precision.</summary>
        Float32 = 6,

        /// <summary>IEEE double precision.</summary>
        Float64 = 7,

        /// <summary>Complex number of two single-precision parts.</summary>
        ComplexFloat32 = 9,

        /// <summary>Complex number of two double-precision parts.</summary>
        ComplexFloat64 = 10,

        /// <summary>Truth value.</summary>
        Bool = 11,

        /// <summary>Half-width float with the exponent of single precision.</summary>
        BFloat16 = 15,
    }

    /// <summary>How <c>div</c> rounds its quotient.</summary>
    public enum RoundingMode
    {
        /// <summary>True division.</summary>
        None,

        /// <summary>Towards zero.</summary>
        trunc,

        /// <summary>Towards minus infinity.</summary>
        floor,
    }

    /// <summary>Truth value.</summary>
    public static ScalarType @bool = ScalarType.Bool;

    /// <summary>Unsigned 8-bit integer.</summary>
    public static ScalarType uint8 = ScalarType.Byte;

    /// <summary>Signed 8-bit integer.</summary>
    public static ScalarType int8 = ScalarType.Int8;

    /// <summary>Signed 16-bit integer.</summary>
    public static ScalarType int16 = ScalarType.Int16;

    /// <summary>Signed 32-bit integer.</summary>
    public static ScalarType int32 = ScalarType.Int32;

    /// <summary>Signed 64-bit integer.</summary>
    public static ScalarType int64 = ScalarType.Int64;

    /// <summary>Half-width float with the exponent of single precision.</summary>
    public static ScalarType bfloat16 = ScalarType.BFloat16;

    /// <summary>Half precision.</summary>
    public static ScalarType float16 = ScalarType.Float16;

    /// <summary>Single precision.</summary>
    public static ScalarType float32 = ScalarType.Float32;

    /// <summary>Double precision.</summary>
    public static ScalarType float64 = ScalarType.Float64;

    /// <summary>Signed 16-bit integer.</summary>
    public static ScalarType @short = ScalarType.Int16;

    /// <summary>Signed 32-bit integer.</summary>
    public static ScalarType @int = ScalarType.Int32;

    /// <summary>Signed 64-bit integer.</summary>
    public static ScalarType @long = ScalarType.Int64;

    /// <summary>Half precision.</summary>
    public static ScalarType half = ScalarType.Float16;

    /// <summary>Single precision.</summary>
    public static ScalarType @float = ScalarType.Float32;

    /// <summary>Double precision.</summary>
    public static ScalarType @double = ScalarType.Float64;

    /// <summary>Whether a type holds integers or truth values.</summary>
    public static bool is_integral(ScalarType type) => type <= ScalarType.Int64 || type == ScalarType.Bool;

    /// <summary>Whether a tensor holds integers or truth values.</summary>
    public static bool is_integral(Tensor t) => is_integral(t.dtype);

    /// <summary>Whether a type is a real floating-point type.</summary>
    public static bool is_floating_point(ScalarType type) => type is ScalarType.Float16 or ScalarType.Float32 or ScalarType.Float64 or ScalarType.BFloat16;

    /// <summary>Whether a tensor holds real floating-point numbers.</summary>
    public static bool is_floating_point(Tensor input) => is_floating_point(input.dtype);

    /// <summary>Whether a type is complex.</summary>
    public static bool is_complex(ScalarType type) => type is ScalarType.ComplexFloat32 or ScalarType.ComplexFloat64;

    /// <summary>Whether a tensor holds complex numbers.</summary>
    public static bool is_complex(Tensor input) => is_complex(input.dtype);

    /// <summary>The element type of factories that are given none.</summary>
    public static ScalarType get_default_dtype() => default_dtype;

    /// <summary>Sets the element type of factories that are given none. Raises ArgumentException for a type that is not floating point.</summary>
    public static void set_default_dtype(ScalarType dtype) => default_dtype = is_floating_point(dtype) ? dtype : throw new ArgumentException($"Only floating point types are supported as the default type, found {dtype}.", nameof(dtype));

    /// <summary>The device of factories that are given none.</summary>
    public static Device get_default_device() => default_device;

    /// <summary>Sets the device of factories that are given none.</summary>
    public static void set_default_device(Device device) => default_device = InitializeDevice(device);

    /// <summary>Sets the device of factories that are given none.</summary>
    public static void set_default_device(string device) => set_default_device(new Device(device));

    private static ScalarType default_dtype = ScalarType.Float32;

    private static Device default_device = new(DeviceType.CPU);
}
