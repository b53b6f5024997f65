namespace TorchSharp;

public static partial class torch
{
    /// <summary>A tensor of no dimensions from a number.</summary>
    public static Tensor tensor(float scalar, Device? device = null, bool requires_grad = false) =>
        FromMemory<float>([scalar], [], null, device, requires_grad, null);

    /// <summary>A tensor of one dimension with the numbers of an array, copied.</summary>
    public static Tensor tensor(float[] rawArray, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        FromMemory<float>(rawArray, [rawArray.LongLength], dtype, device, requires_grad, names);

    /// <summary>A tensor with the numbers of an array in row-major order, copied.</summary>
    public static Tensor tensor(float[] rawArray, ReadOnlySpan<long> dimensions, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        FromMemory<float>(rawArray, dimensions, dtype, device, requires_grad, names);

    /// <summary>A tensor of one dimension with the numbers of a list.</summary>
    public static Tensor tensor(IList<float> rawArray, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        FromMemory<float>(rawArray.ToArray(), [rawArray.Count], dtype, device, requires_grad, names);

    /// <summary>A matrix with the numbers of an array, copied.</summary>
    public static Tensor tensor(float[,] rawArray, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        FromArray<float>(rawArray, dtype, device, requires_grad, names);

    /// <summary>A tensor of three dimensions with the numbers of an array, copied.</summary>
    public static Tensor tensor(float[,,] rawArray, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        FromArray<float>(rawArray, dtype, device, requires_grad, names);

    /// <summary>A tensor of no dimensions from a number.</summary>
    public static Tensor tensor(double scalar, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
        FromMemory<double>([scalar], [], dtype, device, requires_grad, null);

    /// <summary>A tensor of one dimension with the numbers of an array, copied.</summary>
    public static Tensor tensor(double[] rawArray, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        FromMemory<double>(rawArray, [rawArray.LongLength], dtype, device, requires_grad, names);

    /// <summary>A tensor with the numbers of an array in row-major order, copied.</summary>
    public static Tensor tensor(double[] rawArray, ReadOnlySpan<long> dimensions, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        FromMemory<double>(rawArray, dimensions, dtype, device, requires_grad, names);

    /// <summary>A tensor of one dimension with the numbers of a list.</summary>
    public static Tensor tensor(IList<double> rawArray, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        FromMemory<double>(rawArray.ToArray(), [rawArray.Count], dtype, device, requires_grad, names);

    /// <summary>A matrix with the numbers of an array, copied.</summary>
    public static Tensor tensor(double[,] rawArray, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        FromArray<double>(rawArray, dtype, device, requires_grad, names);

    /// <summary>A tensor of three dimensions with the numbers of an array, copied.</summary>
    public static Tensor tensor(double[,,] rawArray, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        FromArray<double>(rawArray, dtype, device, requires_grad, names);

    /// <summary>A tensor of no dimensions from a number.</summary>
    public static Tensor tensor(int scalar, Device? device = null, bool requires_grad = false) =>
        FromMemory<int>([scalar], [], null, device, requires_grad, null);

    /// <summary>A tensor of one dimension with the numbers of an array, copied.</summary>
    public static Tensor tensor(int[] rawArray, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        FromMemory<int>(rawArray, [rawArray.LongLength], dtype, device, requires_grad, names);

    /// <summary>A tensor with the numbers of an array in row-major order, copied.</summary>
    public static Tensor tensor(int[] rawArray, ReadOnlySpan<long> dimensions, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        FromMemory<int>(rawArray, dimensions, dtype, device, requires_grad, names);

    /// <summary>A tensor of one dimension with the numbers of a list.</summary>
    public static Tensor tensor(IList<int> rawArray, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        FromMemory<int>(rawArray.ToArray(), [rawArray.Count], dtype, device, requires_grad, names);

    /// <summary>A matrix with the numbers of an array, copied.</summary>
    public static Tensor tensor(int[,] rawArray, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        FromArray<int>(rawArray, dtype, device, requires_grad, names);

    /// <summary>A tensor of three dimensions with the numbers of an array, copied.</summary>
    public static Tensor tensor(int[,,] rawArray, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        FromArray<int>(rawArray, dtype, device, requires_grad, names);

    /// <summary>A tensor of no dimensions from a number.</summary>
    public static Tensor tensor(long scalar, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
        FromMemory<long>([scalar], [], dtype, device, requires_grad, null);

    /// <summary>A tensor of one dimension with the numbers of an array, copied.</summary>
    public static Tensor tensor(long[] dataArray, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        FromMemory<long>(dataArray, [dataArray.LongLength], dtype, device, requires_grad, names);

    /// <summary>A tensor with the numbers of an array in row-major order, copied.</summary>
    public static Tensor tensor(long[] dataArray, ReadOnlySpan<long> dimensions, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        FromMemory<long>(dataArray, dimensions, dtype, device, requires_grad, names);

    /// <summary>A tensor of one dimension with the numbers of a list.</summary>
    public static Tensor tensor(IList<long> rawArray, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        FromMemory<long>(rawArray.ToArray(), [rawArray.Count], dtype, device, requires_grad, names);

    /// <summary>A matrix with the numbers of an array, copied.</summary>
    public static Tensor tensor(long[,] rawArray, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        FromArray<long>(rawArray, dtype, device, requires_grad, names);

    /// <summary>A tensor of three dimensions with the numbers of an array, copied.</summary>
    public static Tensor tensor(long[,,] rawArray, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        FromArray<long>(rawArray, dtype, device, requires_grad, names);

    /// <summary>A tensor of no dimensions from a number.</summary>
    public static Tensor tensor(short scalar, Device? device = null, bool requires_grad = false) =>
        FromMemory<short>([scalar], [], null, device, requires_grad, null);

    /// <summary>A tensor of one dimension with the numbers of an array, copied.</summary>
    public static Tensor tensor(short[] rawArray, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        FromMemory<short>(rawArray, [rawArray.LongLength], dtype, device, requires_grad, names);

    /// <summary>A tensor with the numbers of an array in row-major order, copied.</summary>
    public static Tensor tensor(short[] rawArray, ReadOnlySpan<long> dimensions, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        FromMemory<short>(rawArray, dimensions, dtype, device, requires_grad, names);

    /// <summary>A tensor of one dimension with the numbers of a list.</summary>
    public static Tensor tensor(IList<short> rawArray, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        FromMemory<short>(rawArray.ToArray(), [rawArray.Count], dtype, device, requires_grad, names);

    /// <summary>A matrix with the numbers of an array, copied.</summary>
    public static Tensor tensor(short[,] rawArray, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        FromArray<short>(rawArray, dtype, device, requires_grad, names);

    /// <summary>A tensor of three dimensions with the numbers of an array, copied.</summary>
    public static Tensor tensor(short[,,] rawArray, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        FromArray<short>(rawArray, dtype, device, requires_grad, names);

    /// <summary>A tensor of no dimensions from a number.</summary>
    public static Tensor tensor(sbyte scalar, Device? device = null, bool requires_grad = false) =>
        FromMemory<sbyte>([scalar], [], null, device, requires_grad, null);

    /// <summary>A tensor of one dimension with the numbers of an array, copied.</summary>
    public static Tensor tensor(sbyte[] rawArray, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        FromMemory<sbyte>(rawArray, [rawArray.LongLength], dtype, device, requires_grad, names);

    /// <summary>A tensor with the numbers of an array in row-major order, copied.</summary>
    public static Tensor tensor(sbyte[] rawArray, ReadOnlySpan<long> dimensions, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        FromMemory<sbyte>(rawArray, dimensions, dtype, device, requires_grad, names);

    /// <summary>A tensor of one dimension with the numbers of a list.</summary>
    public static Tensor tensor(IList<sbyte> rawArray, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        FromMemory<sbyte>(rawArray.ToArray(), [rawArray.Count], dtype, device, requires_grad, names);

    /// <summary>A matrix with the numbers of an array, copied.</summary>
    public static Tensor tensor(sbyte[,] rawArray, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        FromArray<sbyte>(rawArray, dtype, device, requires_grad, names);

    /// <summary>A tensor of three dimensions with the numbers of an array, copied.</summary>
    public static Tensor tensor(sbyte[,,] rawArray, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        FromArray<sbyte>(rawArray, dtype, device, requires_grad, names);

    /// <summary>A tensor of no dimensions from a number.</summary>
    public static Tensor tensor(byte scalar, Device? device = null, bool requires_grad = false) =>
        FromMemory<byte>([scalar], [], null, device, requires_grad, null);

    /// <summary>A tensor of one dimension with the numbers of an array, copied.</summary>
    public static Tensor tensor(byte[] rawArray, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        FromMemory<byte>(rawArray, [rawArray.LongLength], dtype, device, requires_grad, names);

    /// <summary>A tensor with the numbers of an array in row-major order, copied.</summary>
    public static Tensor tensor(byte[] rawArray, ReadOnlySpan<long> dimensions, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        FromMemory<byte>(rawArray, dimensions, dtype, device, requires_grad, names);

    /// <summary>A tensor of one dimension with the numbers of a list.</summary>
    public static Tensor tensor(IList<byte> rawArray, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        FromMemory<byte>(rawArray.ToArray(), [rawArray.Count], dtype, device, requires_grad, names);

    /// <summary>A matrix with the numbers of an array, copied.</summary>
    public static Tensor tensor(byte[,] rawArray, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        FromArray<byte>(rawArray, dtype, device, requires_grad, names);

    /// <summary>A tensor of three dimensions with the numbers of an array, copied.</summary>
    public static Tensor tensor(byte[,,] rawArray, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        FromArray<byte>(rawArray, dtype, device, requires_grad, names);

    /// <summary>A tensor of no dimensions from a number.</summary>
    public static Tensor tensor(bool scalar, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
        FromMemory<bool>([scalar], [], dtype, device, requires_grad, null);

    /// <summary>A tensor of one dimension with the numbers of an array, copied.</summary>
    public static Tensor tensor(bool[] rawArray, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        FromMemory<bool>(rawArray, [rawArray.LongLength], dtype, device, requires_grad, names);

    /// <summary>A tensor with the numbers of an array in row-major order, copied.</summary>
    public static Tensor tensor(bool[] rawArray, ReadOnlySpan<long> dimensions, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        FromMemory<bool>(rawArray, dimensions, dtype, device, requires_grad, names);

    /// <summary>A tensor of one dimension with the numbers of a list.</summary>
    public static Tensor tensor(IList<bool> rawArray, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        FromMemory<bool>(rawArray.ToArray(), [rawArray.Count], dtype, device, requires_grad, names);

    /// <summary>A matrix with the numbers of an array, copied.</summary>
    public static Tensor tensor(bool[,] rawArray, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        FromArray<bool>(rawArray, dtype, device, requires_grad, names);

    /// <summary>A tensor of three dimensions with the numbers of an array, copied.</summary>
    public static Tensor tensor(bool[,,] rawArray, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        FromArray<bool>(rawArray, dtype, device, requires_grad, names);

    /// <summary>A tensor with the shape and the numbers of an array of any rank, copied.</summary>
    public static Tensor from_array(Array rawArray, Device? device = null) => from_array(rawArray, null, device);

    /// <summary>A tensor with the shape and the numbers of an array of any rank, copied.</summary>
    /// <exception cref="NotSupportedException">There is no tensor of the array's element type.</exception>
    public static Tensor from_array(Array rawArray, ScalarType? dtype, Device? device = null, bool requires_grad = false, string[]? names = null) => rawArray.GetType().GetElementType() switch
    {
        var type when type == typeof(float) => FromArray<float>(rawArray, dtype, device, requires_grad, names),
        var type when type == typeof(double) => FromArray<double>(rawArray, dtype, device, requires_grad, names),
        var type when type == typeof(int) => FromArray<int>(rawArray, dtype, device, requires_grad, names),
        var type when type == typeof(long) => FromArray<long>(rawArray, dtype, device, requires_grad, names),
        var type when type == typeof(short) => FromArray<short>(rawArray, dtype, device, requires_grad, names),
        var type when type == typeof(sbyte) => FromArray<sbyte>(rawArray, dtype, device, requires_grad, names),
        var type when type == typeof(byte) => FromArray<byte>(rawArray, dtype, device, requires_grad, names),
        var type when type == typeof(bool) => FromArray<bool>(rawArray, dtype, device, requires_grad, names),
        var type => throw new NotSupportedException($"The type {type?.FullName} is not supported."),
    };

    private static Tensor FromArray<T>(Array array, ScalarType? dtype, Device? device, bool requires_grad, string[]? names) where T : unmanaged
    {
        var shape = new long[array.Rank];
        for (var i = 0; i < shape.Length; i++)
        {
            shape[i] = array.GetLongLength(i);
        }

        ref var first = ref System.Runtime.CompilerServices.Unsafe.As<byte, T>(ref System.Runtime.InteropServices.MemoryMarshal.GetArrayDataReference(array));
        return FromMemory(System.Runtime.InteropServices.MemoryMarshal.CreateReadOnlySpan(ref first, array.Length), shape, dtype, device, requires_grad, names);
    }

    private static unsafe Tensor FromMemory<T>(ReadOnlySpan<T> elements, ReadOnlySpan<long> dimensions, ScalarType? dtype, Device? device, bool requires_grad, string[]? names) where T : unmanaged
    {
        RefuseNames(names);
        var count = 1L;
        foreach (var size in dimensions)
        {
            count *= size;
        }

        if (count > elements.Length)
        {
            throw new ArgumentException($"mismatched total size creating a tensor from an array: {count} vs. {elements.Length}");
        }

        var target = InitializeDevice(device);
        var source = ToScalarType(typeof(T));
        fixed (T* data = elements)
        {
            return Native.st_from_memory((nint)data, (int)source, dimensions, dimensions.Length, (int)(dtype ?? source), (int)target.type, target.index, requires_grad);
        }
    }

    // Named dimensions are an experiment of libtorch that nothing here uses.
    private static void RefuseNames(string[]? names)
    {
        if (names is { Length: > 0 })
        {
            throw new NotSupportedException("Named dimensions are not supported.");
        }
    }
}
