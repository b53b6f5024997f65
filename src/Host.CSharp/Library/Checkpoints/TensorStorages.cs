using System.Runtime.InteropServices;

namespace ScoreFunctional.Host.Checkpoints;

/// <summary>The storages of a checkpoint. Each is read at first use, directly into an array of its type, while the file is open.</summary>
/// <param name="archive">The archive.</param>
/// <param name="folder">The folder inside the archive, with a slash at its end.</param>
/// <param name="path">The file, for messages.</param>
/// <param name="budget">The largest number of bytes of all tensors together; tensors that share a storage each count.</param>
internal sealed class TensorStorages(StoredZipReader archive, string folder, string path, long budget)
{
    private readonly Dictionary<string, TensorStorage> _loaded = new(StringComparer.Ordinal);
    private long _reserved;

    /// <summary>Whether a class of the module <c>torch</c> is a supported storage.</summary>
    /// <param name="storage">The name of the class.</param>
    public static bool IsKnown(string storage) =>
        storage is "FloatStorage" or "DoubleStorage" or "LongStorage" or "IntStorage" or "ByteStorage";

    /// <summary>The name of a storage's entry in the archive.</summary>
    /// <param name="key">The key of the storage.</param>
    public string EntryOf(string key) => $"{folder}data/{key}";

    /// <summary>The entries that were read, and whose checksums are correct.</summary>
    public IEnumerable<string> Read => _loaded.Where(pair => pair.Value.IsRead).Select(pair => EntryOf(pair.Key));

    /// <summary>Gets a storage.</summary>
    /// <param name="type">The class of the storage.</param>
    /// <param name="key">The key of the storage.</param>
    /// <param name="count">The number of elements according to the pickle.</param>
    /// <exception cref="ScoreException">The storage is missing, or of another size or type.</exception>
    public TensorStorage Get(string type, string key, long count)
    {
        if (!_loaded.TryGetValue(key, out var storage))
        {
            storage = type switch
            {
                "FloatStorage" => Find<float>(key, count),
                "DoubleStorage" => Find<double>(key, count),
                "LongStorage" => Find<long>(key, count),
                "IntStorage" => Find<int>(key, count),
                "ByteStorage" => Find<byte>(key, count),
                _ => throw Error($"a storage of numbers, found {type}"),
            };
            _loaded.Add(key, storage);
        }

        return storage.Element.Storage == type && storage.Count == count
            ? storage
            : throw Error($"storage {key} of {storage.Count} values as {storage.Element.Storage}, found {count} as {type}");
    }

    /// <summary>Takes the bytes of a tensor from the budget.</summary>
    /// <param name="bytes">The size of the tensor.</param>
    /// <exception cref="ScoreException">The budget is used up.</exception>
    internal void Reserve(long bytes)
    {
        _reserved += bytes;
        if (_reserved > budget)
        {
            throw Error($"tensors of at most {budget} bytes in total, found more, with shared values");
        }
    }

    /// <summary>An error in this file.</summary>
    /// <param name="expectation">The expected and the found.</param>
    internal ScoreException Error(string expectation) => new($"{path}: expected {expectation}");

    private TensorStorage<T> Find<T>(string key, long count)
        where T : unmanaged
    {
        var entry = EntryOf(key);
        var element = TensorElement.Of<T>();
        var length = archive.Length(entry) ?? throw Error($"an entry {entry}, found none");
        if (count < 0 || count > Array.MaxLength || length != count * element.Size)
        {
            throw Error($"{count} values of {element.Size} bytes in {entry}, found {length} bytes");
        }

        return new TensorStorage<T>(this, element, count, archive, entry);
    }
}

/// <summary>The elements of one or more tensors.</summary>
internal abstract class TensorStorage(TensorElement element, long count)
{
    /// <summary>The element type.</summary>
    public TensorElement Element { get; } = element;

    /// <summary>The number of elements.</summary>
    public long Count { get; } = count;

    /// <summary>Whether the elements were read, and the checksum is correct.</summary>
    public abstract bool IsRead { get; }

    /// <summary>A tensor of some of the elements. A tensor in C order shares them; others are copied into C order.</summary>
    /// <param name="offset">The first element.</param>
    /// <param name="shape">The shape, at least 0 in each dimension.</param>
    /// <param name="strides">Elements from one index to the next in each dimension.</param>
    /// <exception cref="ScoreException">The view leaves the storage.</exception>
    public abstract CheckpointTensor View(long offset, long[] shape, long[] strides);
}

/// <inheritdoc cref="TensorStorage"/>
internal sealed class TensorStorage<T>(TensorStorages owner, TensorElement element, long length, StoredZipReader archive, string entry)
    : TensorStorage(element, length)
    where T : unmanaged
{
    private T[]? _data;
    private bool _read;

    /// <inheritdoc/>
    public override bool IsRead => _read;

    private T[] Data
    {
        get
        {
            if (_data is null)
            {
                var data = GC.AllocateUninitializedArray<T>((int)Count);
                Read(data);
                _data = data;
            }

            return _data;
        }
    }

    /// <inheritdoc/>
    public override CheckpointTensor View(long offset, long[] shape, long[] strides)
    {
        if (strides.Length != shape.Length)
        {
            throw owner.Error($"a stride for each of {shape.Length} dimensions, found {strides.Length}");
        }

        var count = 1L;
        var last = offset;
        foreach (var length in shape)
        {
            // Compared before the multiplication, which could overflow.
            if (length > 0 && count > Count / length)
            {
                throw Outside(shape);
            }

            count *= length;
        }

        if (offset < 0 || offset > Count)
        {
            throw Outside(shape);
        }

        if (count == 0)
        {
            return new CheckpointTensor<T>(ReadOnlyMemory<T>.Empty, shape);
        }

        for (var i = 0; i < shape.Length; i++)
        {
            if (shape[i] > 1 && strides[i] > (Count - 1 - last) / (shape[i] - 1))
            {
                throw Outside(shape);
            }

            last += (shape[i] - 1) * (shape[i] > 1 ? strides[i] : 0);
        }

        if (last >= Count)
        {
            throw Outside(shape);
        }

        owner.Reserve(count * Element.Size);
        if (IsContiguous(shape, strides))
        {
            return new CheckpointTensor<T>(
                count, () => Data.AsMemory((int)offset, (int)count), target => CopyTo((int)offset, target), shape);
        }

        return new CheckpointTensor<T>(count, () => Gather((int)offset, shape, strides, (int)count), null, shape);
    }

    private static bool IsContiguous(long[] shape, long[] strides)
    {
        var expected = PickleWriter.Strides(shape);
        for (var i = 0; i < shape.Length; i++)
        {
            if (shape[i] > 1 && strides[i] != expected[i])
            {
                return false;
            }
        }

        return true;
    }

    private T[] Gather(int offset, long[] shape, long[] strides, int count)
    {
        var data = Data;
        var gathered = new T[count];
        var index = new long[shape.Length];
        var source = (long)offset;
        for (var i = 0; i < count; i++)
        {
            gathered[i] = data[source];
            for (var d = shape.Length - 1; d >= 0; d--)
            {
                source += strides[d];
                if (++index[d] < shape[d])
                {
                    break;
                }

                source -= strides[d] * shape[d];
                index[d] = 0;
            }
        }

        return gathered;
    }

    // A storage that is copied whole is read directly into the target.
    private void CopyTo(int offset, Span<T> target)
    {
        if (_data is null && target.Length == Count)
        {
            Read(target);
        }
        else
        {
            Data.AsSpan(offset, target.Length).CopyTo(target);
        }
    }

    private void Read(Span<T> target)
    {
        archive.Read(entry, MemoryMarshal.AsBytes(target));
        _read = true;
    }

    private ScoreException Outside(long[] shape) => owner.Error(
        $"a tensor inside its storage of {Count} values, found the shape [{string.Join(", ", shape)}]");
}
