using System.Runtime.InteropServices.Marshalling;

namespace TorchSharp;

/// <summary>A single number with a type, as tensor operations take it.</summary>
[NativeMarshalling(typeof(ScalarMarshaller))]
public sealed class Scalar : IDisposable
{
    internal readonly Number Number;

    internal Scalar(Number number, torch.ScalarType type)
    {
        Number = number;
        Type = type;
    }

    private Scalar(double value, torch.ScalarType type)
        : this(new Number(0, BitConverter.DoubleToInt64Bits(value)), type)
    {
    }

    private Scalar(long value, torch.ScalarType type)
        : this(new Number(type == torch.ScalarType.Bool ? 2 : 1, value), type)
    {
    }

    /// <summary>The element type of the number.</summary>
    public torch.ScalarType Type { get; }

    internal bool IsIntegral => Number.Kind != 0;

    internal double AsDouble => Number.Kind == 0 ? BitConverter.Int64BitsToDouble(Number.Bits) : Number.Bits;

    internal long AsInt64 => Number.Kind == 0 ? (long)BitConverter.Int64BitsToDouble(Number.Bits) : Number.Bits;

    /// <summary>A scalar of type Byte.</summary>
    public static implicit operator Scalar(byte value) => new((long)value, torch.ScalarType.Byte);

    /// <summary>A scalar of type Int8.</summary>
    public static implicit operator Scalar(sbyte value) => new((long)value, torch.ScalarType.Int8);

    /// <summary>A scalar of type Int16.</summary>
    public static implicit operator Scalar(short value) => new((long)value, torch.ScalarType.Int16);

    /// <summary>A scalar of type Int32.</summary>
    public static implicit operator Scalar(int value) => new((long)value, torch.ScalarType.Int32);

    /// <summary>A scalar of type Int64.</summary>
    public static implicit operator Scalar(long value) => new(value, torch.ScalarType.Int64);

    /// <summary>A scalar of type Float32.</summary>
    public static implicit operator Scalar(float value) => new((double)value, torch.ScalarType.Float32);

    /// <summary>A scalar of type Float64.</summary>
    public static implicit operator Scalar(double value) => new(value, torch.ScalarType.Float64);

    /// <summary>A scalar of type Bool.</summary>
    public static implicit operator Scalar(bool value) => new(value ? 1L : 0L, torch.ScalarType.Bool);

    /// <summary>Does nothing: the number lives in managed memory.</summary>
    public void Dispose()

    {
    }
}

/// <summary>Conversions between numbers and <see cref="Scalar"/>.</summary>
public static class ScalarExtensionMethods
{
    /// <summary>The number as a scalar.</summary>
    public static Scalar ToScalar(this byte value) => value;

    /// <summary>The number as a scalar.</summary>
    public static Scalar ToScalar(this sbyte value) => value;

    /// <summary>The number as a scalar.</summary>
    public static Scalar ToScalar(this short value) => value;

    /// <summary>The number as a scalar.</summary>
    public static Scalar ToScalar(this int value) => value;

    /// <summary>The number as a scalar.</summary>
    public static Scalar ToScalar(this long value) => value;

    /// <summary>The number as a scalar.</summary>
    public static Scalar ToScalar(this float value) => value;

    /// <summary>The number as a scalar.</summary>
    public static Scalar ToScalar(this double value) => value;

    /// <summary>The number as a scalar.</summary>
    public static Scalar ToScalar(this bool value) => value;

    /// <summary>The scalar as a number.</summary>
    public static float ToSingle(this Scalar value) => (float)value.AsDouble;

    /// <summary>The scalar as a number.</summary>
    public static double ToDouble(this Scalar value) => value.AsDouble;

    /// <summary>The scalar as a number.</summary>
    public static sbyte ToSByte(this Scalar value) => (sbyte)value.AsInt64;

    /// <summary>The scalar as a number.</summary>
    public static byte ToByte(this Scalar value) => (byte)value.AsInt64;

    /// <summary>The scalar as a number.</summary>
    public static short ToInt16(this Scalar value) => (short)value.AsInt64;

    /// <summary>The scalar as a number.</summary>
    public static int ToInt32(this Scalar value) => (int)value.AsInt64;

    /// <summary>The scalar as a number.</summary>
    public static long ToInt64(this Scalar value) => value.AsInt64;

    /// <summary>Whether the scalar is not zero.</summary>
    public static bool ToBoolean(this Scalar value) => value.AsDouble != 0;
}
