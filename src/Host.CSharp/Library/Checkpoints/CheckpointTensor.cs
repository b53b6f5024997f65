using System.Runtime.InteropServices;

namespace ScoreFunctional.Host.Checkpoints;

/// <summary>An element type of tensors and the class that PyTorch stores it with.</summary>
/// <param name="Name">PyTorch's name of the type.</param>
/// <param name="Storage">The storage class in module <c>torch</c>.</param>
/// <param name="Size">Bytes of an element.</param>
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

    /// <summary>The description of a managed type.</summary>
    /// <typeparam name="T">float, double, long, int or byte.</typeparam>
    /// <exception cref="ArgumentException">It is none of these.</exception>
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

    /// <summary>Wraps values, which are not copied.</summary>
    /// <typeparam name="T">float, double, long, int or byte.</typeparam>
    /// <param name="data">The values in C order.</param>
    /// <param name="shape">The shape.</param>
    /// <returns>The tensor.</returns>
    /// <exception cref="ArgumentException">The shape does not have as many elements as there are values.</exception>
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

    /// <summary>Wraps values, which are not copied.</summary>
    /// <param name="data">The values in C order.</param>
    /// <param name="shape">The shape.</param>
    /// <exception cref="ArgumentException">The shape does not have as many elements as there are values.</exception>
    public CheckpointTensor(ReadOnlyMemory<T> data, long[] shape)
        : this(data.Length, () => data, null, shape)
    {
    }

    /// <summary>A tensor whose values are fetched when they are first looked at.</summary>
    /// <param name="length">The number of values.</param>
    /// <param name="fetch">Gets them, in C order.</param>
    /// <param name="copy">Copies them without keeping them, where that is possible.</param>
    /// <param name="shape">The shape.</param>
    /// <exception cref="ArgumentException">The shape does not have as many elements as there are values.</exception>
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
    /// <param name="target">As many places.</param>
    internal delegate void Copier(Span<T> target);

    /// <summary>The elements in C order.</summary>
    public ReadOnlyMemory<T> Data => _data.Value;

    /// <inheritdoc/>
    public override ReadOnlySpan<byte> Bytes => MemoryMarshal.AsBytes(Data.Span);

    /// <summary>Copies the elements in C order.</summary>
    /// <param name="target">As many places as there are elements.</param>
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
