using TorchSharp.Utils;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        /// <summary>The elements as .NET values; copied to main memory first if they lie elsewhere.</summary>
        /// <exception cref="ArgumentException">T is not the .NET type of the elements.</exception>
        public TensorAccessor<T> data<T>() where T : unmanaged
        {
            ValidateType(typeof(T));
            return new TensorAccessor<T>(device_type == DeviceType.CPU ? this : cpu());
        }

        /// <summary>The only element.</summary>
        /// <exception cref="ArgumentException">There is not exactly one element, or T is not its .NET type.</exception>
        public T item<T>() where T : unmanaged
        {
            if (NumberOfElements != 1)
            {
                throw new ArgumentException($"Number of elements in the tensor must be 1, found {NumberOfElements} in shape [{string.Join(", ", shape)}].");
            }

            using var accessor = data<T>();
            return accessor[0];
        }

        /// <summary>The only element as a scalar. Raises libtorch's error if there is not exactly one.</summary>
        public Scalar ToScalar()
        {
            Native.Check(Native.st_item(this, out var number));
            return new Scalar(number, dtype);
        }

        /// <summary>Another handle on the same native tensor.</summary>
        public Tensor alias() => Native.st_alias(this);

        /// <summary>A copy with memory of its own, through which derivatives flow.</summary>
        public Tensor clone() => Native.st_clone(this);

        /// <summary>The tensor itself or a copy in row-major order without gaps.</summary>
        public Tensor contiguous() => Native.st_contiguous(this);

        /// <summary>A view through which no derivatives flow.</summary>
        public Tensor detach() => Native.st_detach(this);

        /// <summary>Cuts the tensor off its graph of derivatives.</summary>
        public Tensor detach_() => Done(Native.st_detach_(this));

        /// <summary>Overwrites the elements with those of another tensor, broadcast.</summary>
        public Tensor copy_(Tensor source, bool nonBlocking = false) => Done(Native.st_copy_(this, source, nonBlocking));

        /// <summary>Overwrites every element with one value.</summary>
        public Tensor fill_(Scalar value) => Done(Native.st_fill_(this, value));

        /// <summary>Overwrites every element with zero.</summary>
        public Tensor zero_() => Done(Native.st_zero_(this));

        /// <summary>The tensor with another element type; itself if it has that already and no copy is asked for.</summary>
        public Tensor to_type(ScalarType type, bool copy = false, bool disposeAfter = false, bool non_blocking = false) =>
            To((int)type, -1, -1, copy, disposeAfter, non_blocking);

        /// <summary>The tensor on another device.</summary>
        public Tensor to(DeviceType deviceType, int deviceIndex = -1, bool copy = false, bool disposeAfter = false, bool non_blocking = false)
        {
            InitializeDeviceType(deviceType);
            return To(-1, (int)deviceType, deviceIndex, copy, disposeAfter, non_blocking);
        }

        /// <summary>The tensor with another element type on another device.</summary>
        public Tensor to(ScalarType type, Device device, bool copy = false, bool disposeAfter = false, bool non_blocking = false)
        {
            InitializeDevice(device);
            return To((int)type, (int)device.type, device.index, copy, disposeAfter, non_blocking);
        }

        /// <summary>The tensor with another element type.</summary>
        public Tensor to(ScalarType type, bool copy = false, bool disposeAfter = false, bool non_blocking = false) => to_type(type, copy, disposeAfter, non_blocking);

        /// <summary>The tensor on another device.</summary>
        public Tensor to(string device, bool copy = false, bool disposeAfter = false, bool non_blocking = false) => to(new Device(device), copy, disposeAfter, non_blocking);

        /// <summary>The tensor on another device.</summary>
        public Tensor to(Device device, bool copy = false, bool disposeAfter = false, bool non_blocking = false) => to(device.type, device.index, copy, disposeAfter, non_blocking);

        /// <summary>The tensor with another's element type and device.</summary>
        public Tensor to(Tensor other, bool non_blocking = false) => to(other.dtype, other.device, non_blocking: non_blocking);

        /// <summary>The tensor with another's element type.</summary>
        public Tensor type_as(Tensor tensor) => to_type(tensor.dtype);

        /// <summary>The tensor with another element type.</summary>
        public Tensor type(ScalarType dtype) => to(dtype);

        /// <summary>The tensor in main memory.</summary>
        public Tensor cpu() => To(-1, (int)DeviceType.CPU, -1, false, false, false);

        /// <summary>The tensor on a CUDA device.</summary>
        public Tensor cuda(Device? device = null, bool non_blocking = false) => to(device ?? CUDA, non_blocking: non_blocking);

        /// <summary>The elements as truth values.</summary>
        public Tensor @bool() => to_type(ScalarType.Bool);

        /// <summary>The elements as unsigned 8-bit integers.</summary>
        public Tensor @byte() => to_type(ScalarType.Byte);

        /// <summary>The elements as signed 8-bit integers.</summary>
        public Tensor @char() => to_type(ScalarType.Int8);

        /// <summary>The elements as 16-bit integers.</summary>
        public Tensor @short() => to_type(ScalarType.Int16);

        /// <summary>The elements as 32-bit integers.</summary>
        public Tensor @int() => to_type(ScalarType.Int32);

        /// <summary>The elements as 64-bit integers.</summary>
        public Tensor @long() => to_type(ScalarType.Int64);

        /// <summary>The elements in half precision.</summary>
        public Tensor half() => to_type(ScalarType.Float16);

        /// <summary>The elements as bfloat16.</summary>
        public Tensor bfloat16() => to_type(ScalarType.BFloat16);

        /// <summary>The elements in single precision.</summary>
        public Tensor @float() => to_type(ScalarType.Float32);

        /// <summary>The elements in double precision.</summary>
        public Tensor @double() => to_type(ScalarType.Float64);

        /// <summary>The only element.</summary>
        public static explicit operator float(Tensor value) => value.ToSingle();

        /// <summary>The only element.</summary>
        public static explicit operator double(Tensor value) => value.ToDouble();

        /// <summary>The only element.</summary>
        public static explicit operator sbyte(Tensor value) => value.ToSByte();

        /// <summary>The only element.</summary>
        public static explicit operator byte(Tensor value) => value.ToByte();

        /// <summary>The only element.</summary>
        public static explicit operator short(Tensor value) => value.ToInt16();

        /// <summary>The only element.</summary>
        public static explicit operator int(Tensor value) => value.ToInt32();

        /// <summary>The only element.</summary>
        public static explicit operator long(Tensor value) => value.ToInt64();

        /// <summary>The only element.</summary>
        public static explicit operator bool(Tensor value) => value.ToBoolean();

        /// <summary>A tensor of no dimensions.</summary>
        public static implicit operator Tensor(byte value) => tensor(value);

        /// <summary>A tensor of no dimensions.</summary>
        public static implicit operator Tensor(sbyte value) => tensor(value);

        /// <summary>A tensor of no dimensions.</summary>
        public static implicit operator Tensor(short value) => tensor(value);

        /// <summary>A tensor of no dimensions.</summary>
        public static implicit operator Tensor(int value) => tensor(value);

        /// <summary>A tensor of no dimensions.</summary>
        public static implicit operator Tensor(long value) => tensor(value);

        /// <summary>A tensor of no dimensions.</summary>
        public static implicit operator Tensor(float value) => tensor(value);

        /// <summary>A tensor of no dimensions.</summary>
        public static implicit operator Tensor(double value) => tensor(value);

        /// <summary>A tensor of no dimensions.</summary>
        public static implicit operator Tensor(bool value) => tensor(value);

        /// <summary>A tensor of one dimension.</summary>
        public static implicit operator Tensor(byte[] value) => tensor(value);

        /// <summary>A tensor of one dimension.</summary>
        public static implicit operator Tensor(sbyte[] value) => tensor(value);

        /// <summary>A tensor of one dimension.</summary>
        public static implicit operator Tensor(short[] value) => tensor(value);

        /// <summary>A tensor of one dimension.</summary>
        public static implicit operator Tensor(int[] value) => tensor(value);

        /// <summary>A tensor of one dimension.</summary>
        public static implicit operator Tensor(long[] value) => tensor(value);

        /// <summary>A tensor of one dimension.</summary>
        public static implicit operator Tensor(float[] value) => tensor(value);

        /// <summary>A tensor of one dimension.</summary>
        public static implicit operator Tensor(double[] value) => tensor(value);

        /// <summary>A tensor of one dimension.</summary>
        public static implicit operator Tensor(bool[] value) => tensor(value);

        /// <summary>A tensor of no dimensions with the scalar's element type.</summary>
        public static implicit operator Tensor(Scalar scalar) => full([], scalar, scalar.Type);

        internal void ValidateType(Type dotnetType)
        {
            if (ToScalarType(dotnetType) != dtype)
            {
                throw new ArgumentException($"{dotnetType.Name} is not compatible with {dtype}");
            }
        }

        private Tensor To(int type, int deviceType, int deviceIndex, bool copy, bool disposeAfter, bool nonBlocking)
        {
            var result = Native.st_to(this, type, deviceType, deviceIndex, nonBlocking, copy);
            if (disposeAfter)
            {
                Dispose();
            }

            return result;
        }
    }

    /// <summary>A copy with memory of its own, through which derivatives flow.</summary>
    public static Tensor clone(Tensor input) => input.clone();

    internal static ScalarType ToScalarType(Type type) => Type.GetTypeCode(type) switch
    {
        TypeCode.Boolean => ScalarType.Bool,
        TypeCode.Byte => ScalarType.Byte,
        TypeCode.SByte => ScalarType.Int8,
        TypeCode.Int16 => ScalarType.Int16,
        TypeCode.Int32 => ScalarType.Int32,
        TypeCode.Int64 => ScalarType.Int64,
        TypeCode.Single => ScalarType.Float32,
        TypeCode.Double => ScalarType.Float64,
        _ when type == typeof(Half) => ScalarType.Float16,
        _ => throw new NotSupportedException($"The type {type.FullName} is not supported."),
    };
}

/// <summary>Conversions of tensors of one element to numbers.</summary>
public static class TensorExtensionMethods
{
    /// <summary>The only element.</summary>
    public static float ToSingle(this torch.Tensor value) => value.ToScalar().ToSingle();

    /// <summary>The only element.</summary>
    public static double ToDouble(this torch.Tensor value) => value.ToScalar().ToDouble();

    /// <summary>The only element.</summary>
    public static sbyte ToSByte(this torch.Tensor value) => value.ToScalar().ToSByte();

    /// <summary>The only element.</summary>
    public static byte ToByte(this torch.Tensor value) => value.ToScalar().ToByte();

    /// <summary>The only element.</summary>
    public static short ToInt16(this torch.Tensor value) => value.ToScalar().ToInt16();

    /// <summary>The only element.</summary>
    public static int ToInt32(this torch.Tensor value) => value.ToScalar().ToInt32();

    /// <summary>The only element.</summary>
    public static long ToInt64(this torch.Tensor value) => value.ToScalar().ToInt64();

    /// <summary>Whether the only element is not zero.</summary>
    public static bool ToBoolean(this torch.Tensor value) => value.ToScalar().ToBoolean();
}
