using System.Collections;

namespace TorchSharp.Utils;

/// <summary>The elements of a tensor in main memory, in row-major order of the tensor's shape, as .NET values.</summary>
/// <typeparam name="T">The .NET type of the elements.</typeparam>
public sealed unsafe class TensorAccessor<T> : IDisposable, IEnumerable<T> where T : unmanaged
{
    private readonly long[] shape;
    private readonly long[] strides;
    private readonly bool contiguous;
    private torch.Tensor? tensor;
    private T* elements;

    internal TensorAccessor(torch.Tensor tensor)
    {
        this.tensor = tensor;
        shape = tensor.shape;
        strides = tensor.stride();
        contiguous = tensor.is_contiguous();
        Native.Check(Native.st_data(tensor, out var pointer));
        elements = (T*)pointer;
    }

    /// <summary>The number of elements.</summary>
    public long Count => tensor?.NumberOfElements ?? 0;

    /// <summary>The element at a row-major position, or at an index along each dimension.</summary>
    /// <exception cref="IndexOutOfRangeException">There is no such element.</exception>
    public T this[params long[] indices]
    {
        get => Live()[Offset(indices)];
        set => Live()[Offset(indices)] = value;
    }

    /// <summary>The elements in a new array.</summary>
    public T[] ToArray()
    {
        var result = new T[Count];
        CopyTo(result);
        return result;
    }

    /// <summary>Copies elements from a row-major position on into an array, as many as there are or as fit.</summary>
    public void CopyTo(T[] array, int arrayIndex = 0, long tensorIndex = 0) => CopyTo(array.AsSpan(), arrayIndex, tensorIndex);

    /// <summary>Copies elements from a row-major position on into a span, as many as there are or as fit.</summary>
    public void CopyTo(Span<T> array, int arrayIndex = 0, long tensorIndex = 0)
    {
        var target = array[arrayIndex..];
        var count = (int)Math.Min(target.Length, Count - tensorIndex);
        if (contiguous)
        {
            new ReadOnlySpan<T>(Live() + tensorIndex, count).CopyTo(target);
        }
        else
        {
            using var packed = new TensorAccessor<T>(Packed());
            packed.CopyTo(target, 0, tensorIndex);
            packed.tensor!.Dispose();
        }

        GC.KeepAlive(tensor);
    }

    /// <summary>Overwrites elements from a row-major position on with those of an array.</summary>
    public void CopyFrom(T[] array, int arrayIndex = 0, long tensorIndex = 0) => CopyFrom((ReadOnlySpan<T>)array, arrayIndex, tensorIndex);

    /// <summary>Overwrites elements from a row-major position on with those of a span.</summary>
    public void CopyFrom(ReadOnlySpan<T> array, int arrayIndex = 0, long tensorIndex = 0)
    {
        var source = array[arrayIndex..];
        var count = (int)Math.Min(source.Length, Count - tensorIndex);
        if (contiguous)
        {
            source[..count].CopyTo(new Span<T>(Live() + tensorIndex, count));
        }
        else
        {
            for (var i = 0; i < count; i++)
            {
                Live()[Strided(tensorIndex + i)] = source[i];
            }
        }

        GC.KeepAlive(tensor);
    }

    /// <inheritdoc/>
    public IEnumerator<T> GetEnumerator()
    {
        for (long i = 0, count = Count; i < count; i++)
        {
            yield return this[i];
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Lets go of the tensor, which lives on.</summary>
    public void Dispose()
    {
        tensor = null;
        elements = null;
    }

    private T* Live()
    {
        ObjectDisposedException.ThrowIf(tensor is null, this);
        return elements;
    }

    // A copy in row-major order that no dispose scope sees.
    private torch.Tensor Packed()
    {
        ObjectDisposedException.ThrowIf(tensor is null, this);
        return tensor.contiguous().DetachFromDisposeScope();
    }

    private long Offset(long[] indices)
    {
        if (indices.Length == 1)
        {
            var position = indices[0];
            return position >= 0 && position < Count
                ? (contiguous ? position : Strided(position))
                : throw new IndexOutOfRangeException($"There is no element {position} among {Count}.");
        }

        if (indices.Length != shape.Length)
        {
            throw new IndexOutOfRangeException($"Expected {shape.Length} indices, found {indices.Length}.");
        }

        var offset = 0L;
        for (var i = 0; i < shape.Length; i++)
        {
            offset += indices[i] >= 0 && indices[i] < shape[i]
                ? indices[i] * strides[i]
                : throw new IndexOutOfRangeException($"There is no index {indices[i]} in dimension {i} of size {shape[i]}.");
        }

        return offset;
    }

    private long Strided(long position)
    {
        var offset = 0L;
        for (var i = shape.Length - 1; i >= 0; i--)
        {
            (position, var index) = Math.DivRem(position, shape[i]);
            offset += index * strides[i];
        }

        return offset;
    }
}
