using System.Runtime.InteropServices;

namespace ScoreFunctional.Host.Checkpoints;

/// <summary>An element type of tensors and its storage class in PyTorch.</summary>
/// <param name="Name">PyTorch's name of the type.</param>
/// <param name="Storage">The storage class in module <c>torch</c>.</param>
/// <param name="Size">Bytes per element.</param>
internal sealed record TensorElement(string Name, string Storage, int Size)
{
    private static readonly Dictionary<Type, TensorElement> ByType = new()
    {
        [typeof(float)] = new("float32", "FloatStorage", sizeof(float)),
        [typeof(double)] = new("float64", "DoubleStorage", sizeof(double)),
        [typeof(long)] = new("int64", "LongStorage", sizeof(long)),
        [typeof(int)] = new("int32", "IntStorage", sizeof(int)),
        [typeof(byte)] = new("uint8", "ByteStorage", sizeof(byte)),
    };

    /// <summary>The element type of a .NET type.</summary>
    /// <typeparam name="T">float, double, long, int or byte.</typeparam>
    /// <exception cref="ArgumentException">The type is another.</exception>
    public static TensorElement Of<T>() => ByType.TryGetValue(typeof(T), out var element)
        ? element
        : throw new ArgumentException($"expected float, double, long, int or byte elements, found {typeof(T).Name}");
}

/// <summary>A dense tensor in C order.</summary>
internal abstract class CheckpointTensor : CheckpointValue
{
    private protected CheckpointTensor(TensorElement element, long[] shape) => (Element, Shape) = (element, shape);

    /// <summary>The element type.</summary>
    public TensorElement Element { get; }

    /// <summary>The length of each dimension; empty for a scalar.</summary>
    public long[] Shape { get; }

    /// <summary>The elements as bytes, little-endian.</summary>
    public abstract ReadOnlySpan<byte> Bytes { get; }

    /// <inheritdoc/>
    public override string Kind => Describe(Element, Shape);

    /// <summary>A tensor of values, which are not copied.</summary>
    /// <typeparam name="T">float, double, long, int or byte.</typeparam>
    /// <param name="data">The values in C order.</param>
    /// <param name="shape">The shape.</param>
    /// <returns>The tensor.</returns>
    /// <exception cref="ArgumentException">The number of values does not match the shape.</exception>
    public static CheckpointTensor<T> Of<T>(ReadOnlyMemory<T> data, params ReadOnlySpan<long> shape)
        where T : unmanaged => new(data, shape.ToArray());

    /// <summary>A type and a shape in words.</summary>
    /// <param name="element">The element type.</param>
    /// <param name="shape">The shape.</param>
    internal static string Describe(TensorElement element, ReadOnlySpan<long> shape) =>
        $"a {element.Name} tensor of shape [{string.Join(", ", shape.ToArray())}]";
}

/// <summary>A dense tensor of one element type.</summary>
/// <typeparam name="T">float, double, long, int or byte.</typeparam>
internal sealed class CheckpointTensor<T> : CheckpointTensor
    where T : unmanaged
{
    private readonly Lazy<ReadOnlyMemory<T>> _data;
    private readonly Copier? _copy;

    /// <summary>A tensor of values, which are not copied.</summary>
    /// <param name="data">The values in C order.</param>
    /// <param name="shape">The shape.</param>
    /// <exception cref="ArgumentException">The number of values does not match the shape.</exception>
    public CheckpointTensor(ReadOnlyMemory<T> data, long[] shape)
        : this(data.Length, () => data, null, shape)
    {
    }

    /// <summary>A tensor whose values are read at first use.</summary>
    /// <param name="length">The number of values.</param>
    /// <param name="fetch">Reads the values in C order.</param>
    /// <param name="copy">Copies the values without keeping them; <c>null</c> if that is not possible.</param>
    /// <param name="shape">The shape.</param>
    /// <exception cref="ArgumentException">The number of values does not match the shape.</exception>
    public CheckpointTensor(long length, Func<ReadOnlyMemory<T>> fetch, Copier? copy, long[] shape)
        : base(TensorElement.Of<T>(), shape)
    {
        var count = shape.Aggregate(1L, (product, size) => checked(product * size));
        if (count != length)
        {
            throw new ArgumentException(
                $"expected {count} values for shape [{string.Join(", ", shape)}], found {length}", nameof(length));
        }

        _data = new Lazy<ReadOnlyMemory<T>>(fetch);
        _copy = copy;
    }

    /// <summary>Copies the elements in C order.</summary>
    /// <param name="target">Receives the elements; has their length.</param>
    internal delegate void Copier(Span<T> target);

    /// <summary>The elements in C order.</summary>
    public ReadOnlyMemory<T> Data => _data.Value;

    /// <inheritdoc/>
    public override ReadOnlySpan<byte> Bytes => MemoryMarshal.AsBytes(Data.Span);

    /// <summary>Copies the elements in C order.</summary>
    /// <param name="target">Receives the elements; has their length.</param>
    public void CopyTo(Span<T> target)
    {
        if (_copy is null)
        {
            Data.Span.CopyTo(target);
        }
        else
        {
            _copy(target);
        }
    }
}
