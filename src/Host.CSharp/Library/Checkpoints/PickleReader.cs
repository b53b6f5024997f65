using System.Buffers.Binary;
using System.Text;

namespace ScoreFunctional.Host.Checkpoints;

/// <summary>
/// A pickle reader for plain data and tensors. Any other function, object or opcode is refused by name, so that no code runs.
/// Containers cannot contain themselves, and nesting is bounded.
/// </summary>
internal ref struct PickleReader
{
    private const int DeepestNesting = 64;
    private const int MaximumRank = 16;

    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    private readonly ReadOnlySpan<byte> _bytes;
    private readonly TensorStorages _storages;
    private readonly string _path;
    private readonly PickleStack _stack;
    private readonly Dictionary<uint, object> _memo = [];
    private readonly long _operations;
    private int _position;

    private PickleReader(ReadOnlySpan<byte> bytes, TensorStorages storages, long operations, string path)
    {
        _bytes = bytes;
        _storages = storages;
        _operations = operations;
        _path = path;
        _stack = new PickleStack(path);
    }

    /// <summary>Decodes a pickle.</summary>
    /// <param name="bytes">The pickle.</param>
    /// <param name="storages">The storages of the tensors.</param>
    /// <param name="operations">The largest number of operations; each makes at most one value.</param>
    /// <param name="path">The file, for messages.</param>
    /// <returns>The value.</returns>
    /// <exception cref="ScoreException">The pickle is damaged, too long, or holds anything but plain data and tensors.</exception>
    public static CheckpointValue Decode(ReadOnlySpan<byte> bytes, TensorStorages storages, long operations, string path)
    {
        var reader = new PickleReader(bytes, storages, operations, path);
        return reader.Run();
    }

    private CheckpointValue Run()
    {
        if (Byte() != Pickle.Proto || Byte() != Pickle.Protocol)
        {
            throw Refused("a pickle of protocol 2", "other bytes at its start");
        }

        var operations = 0L;
        for (var code = Byte(); code != Pickle.Stop; code = Byte())
        {
            if (++operations > _operations)
            {
                throw Refused($"at most {_operations} operations in the pickle of a file of this size", "more");
            }

            Execute(code);
        }

        if (_position != _bytes.Length || _stack.Count != 1)
        {
            throw Refused("one value", "more after it");
        }

        return Plain(_stack.Pop());
    }

    private void Execute(byte code)
    {
        switch (code)
        {
            case Pickle.None:
                _stack.Push(CheckpointNone.Instance);
                break;
            case Pickle.NewTrue:
                _stack.Push(new CheckpointFlag(true));
                break;
            case Pickle.NewFalse:
                _stack.Push(new CheckpointFlag(false));
                break;
            case Pickle.BinInt1:
                _stack.Push(new CheckpointInteger(Byte()));
                break;
            case Pickle.BinInt2:
                _stack.Push(new CheckpointInteger(BinaryPrimitives.ReadUInt16LittleEndian(Take(2))));
                break;
            case Pickle.BinInt:
                _stack.Push(new CheckpointInteger(BinaryPrimitives.ReadInt32LittleEndian(Take(4))));
                break;
            case Pickle.Long1:
                _stack.Push(new CheckpointInteger(LongInteger(Take(Byte()))));
                break;
            case Pickle.BinFloat:
                _stack.Push(new CheckpointNumber(BinaryPrimitives.ReadDoubleBigEndian(Take(8))));
                break;
            case Pickle.BinUnicode:
                _stack.Push(new CheckpointText(Text(Take(BinaryPrimitives.ReadUInt32LittleEndian(Take(4))))));
                break;
            case Pickle.EmptyList:
                _stack.Push(new CheckpointList());
                break;
            case Pickle.EmptyDict:
                _stack.Push(new CheckpointDictionary { Place = _path });
                break;
            case Pickle.EmptyTuple:
                _stack.Push(new PickleTuple([]));
                break;
            case Pickle.Mark:
                _stack.Mark();
                break;
            case Pickle.Tuple:
                PushTuple(_stack.PopToMark());
                break;
            case Pickle.Tuple1 or Pickle.Tuple2 or Pickle.Tuple3:
                PushTuple(_stack.Pop(code - Pickle.Tuple1 + 1));
                break;
            case Pickle.Append or Pickle.Appends:
                AppendItems(code == Pickle.Append ? [_stack.Pop()] : _stack.PopToMark());
                break;
            case Pickle.SetItem:
                var value = _stack.Pop();
                SetItems([_stack.Pop(), value]);
                break;
            case Pickle.SetItems:
                SetItems(_stack.PopToMark());
                break;
            case Pickle.BinPut:
                _memo[Byte()] = _stack.Peek();
                break;
            case Pickle.LongBinPut:
                _memo[BinaryPrimitives.ReadUInt32LittleEndian(Take(4))] = _stack.Peek();
                break;
            case Pickle.BinGet:
                _stack.Push(FromMemo(Byte()));
                break;
            case Pickle.LongBinGet:
                _stack.Push(FromMemo(BinaryPrimitives.ReadUInt32LittleEndian(Take(4))));
                break;
            case Pickle.Global:
                _stack.Push(Function());
                break;
            case Pickle.BinPersistentId:
                _stack.Push(Storage(_stack.Pop()));
                break;
            case Pickle.Reduce:
                var arguments = _stack.Pop();
                _stack.Push(Call(_stack.Pop(), arguments));
                break;
            case Pickle.Build:
                BuildObject(_stack.Pop());
                break;
            default:
                throw Refused("plain data and tensors", $"the opcode 0x{code:X2} at byte {_position - 1}");
        }
    }

    private readonly void PushTuple(object[] items)
    {
        var tuple = new PickleTuple(items);
        CheckDepth(tuple.Depth);
        _stack.Push(tuple);
    }

    private readonly void AppendItems(object[] items)
    {
        if (_stack.Peek() is not CheckpointList list)
        {
            throw Refused("a list to append to", Describe(_stack.Peek()));
        }

        foreach (var item in items)
        {
            list.Add(Plain(item));
        }

        CheckDepth(list.Depth);
    }

    private readonly void SetItems(object[] items)
    {
        if (_stack.Peek() is not CheckpointDictionary dictionary || items.Length % 2 != 0)
        {
            throw Refused("a dictionary and pairs to put in it", Describe(_stack.Peek()));
        }

        for (var i = 0; i < items.Length; i += 2)
        {
            if (items[i] is not CheckpointText key)
            {
                throw Refused("text as the key of a dictionary", Describe(items[i]));
            }

            dictionary[key.Value] = Plain(items[i + 1]);
        }

        CheckDepth(dictionary.Depth);
    }

    private readonly void CheckDepth(int depth)
    {
        if (depth > DeepestNesting)
        {
            throw Refused($"at most {DeepestNesting} levels of containers", "more");
        }
    }

    // A container in the memo could contain itself, or double in size with every use: only flat, finished values may be used twice.
    private readonly object FromMemo(uint index)
    {
        if (!_memo.TryGetValue(index, out var value))
        {
            throw Refused("a value in the memo", $"number {index}, which is not there");
        }

        return value is CheckpointList or CheckpointDictionary
            || value is PickleTuple { IsFlat: false }
            ? throw Refused("every container once", $"{Describe(value)} used again")
            : value;
    }

    private PickleFunction Function()
    {
        var module = Line();
        var name = $"{module} {Line()}";
        return name is Pickle.RebuildTensor or Pickle.OrderedDict
            || name.StartsWith(Pickle.TorchPrefix, StringComparison.Ordinal)
                && TensorStorages.IsKnown(name[Pickle.TorchPrefix.Length..])
            ? new PickleFunction(name)
            : throw Refused("plain data and tensors", $"the Python object '{Printable(name.Replace(' ', '.'))}'");
    }

    private readonly object Storage(object id) =>
        id is PickleTuple
        {
            Items: [CheckpointText { Value: "storage" }, PickleFunction type, CheckpointText key, CheckpointText,
                CheckpointInteger count],
        } && type.Name.StartsWith(Pickle.TorchPrefix, StringComparison.Ordinal)
            ? _storages.Get(type.Name[Pickle.TorchPrefix.Length..], key.Value, count.Value)
            : throw Refused("the description of a tensor's storage", Describe(id));

    private readonly object Call(object function, object arguments) => (function, arguments) switch
    {
        (PickleFunction { Name: Pickle.OrderedDict }, PickleTuple { Items: [] }) => new CheckpointDictionary { Place = _path },
        (PickleFunction { Name: Pickle.RebuildTensor }, PickleTuple
        {
            Items: [TensorStorage storage, CheckpointInteger offset, PickleTuple shape, PickleTuple strides,
                CheckpointFlag, CheckpointDictionary { Count: 0 }],
        }) => storage.View(offset.Value, Lengths(shape.Items), Lengths(strides.Items)),
        (PickleFunction named, _) => throw Refused("plain data and tensors", $"another call of {named.Name.Replace(' ', '.')}"),
        _ => throw Refused("plain data and tensors", $"a call of {Describe(function)}"),
    };

    // PyTorch adds the versions of its modules to the dictionary of state_dict() as the attribute _metadata; it holds no data.
    private readonly void BuildObject(object state)
    {
        if (_stack.Peek() is not CheckpointDictionary || state is not CheckpointDictionary { Count: 1 } attributes
            || attributes.Keys.Single() != "_metadata")
        {
            throw Refused("plain data and tensors", "an object with a state of its own");
        }
    }

    private readonly long[] Lengths(object[] items)
    {
        if (items.Length > MaximumRank)
        {
            throw Refused($"tensors of at most {MaximumRank} dimensions", $"{items.Length}");
        }

        var lengths = new long[items.Length];
        for (var i = 0; i < items.Length; i++)
        {
            lengths[i] = items[i] is CheckpointInteger { Value: >= 0 } length
                ? length.Value
                : throw Refused("whole numbers as a shape and strides", Describe(items[i]));
        }

        return lengths;
    }

    private readonly CheckpointValue Plain(object value) => value switch
    {
        CheckpointValue plain => plain,
        PickleTuple tuple => tuple.List ??= TupleAsList(tuple.Items),
        _ => throw Refused("plain data and tensors", Describe(value)),
    };

    private readonly CheckpointList TupleAsList(object[] tuple)
    {
        var list = new CheckpointList();
        foreach (var item in tuple)
        {
            list.Add(Plain(item));
        }

        return list;
    }

    private static string Describe(object value) => value switch
    {
        CheckpointValue plain => plain.Kind,
        PickleTuple => "a tuple",
        PickleFunction function => function.Name.Replace(' ', '.'),
        _ => "a storage",
    };

    private byte Byte() => Take(1)[0];

    private ReadOnlySpan<byte> Take(uint count)
    {
        if (count > _bytes.Length - _position)
        {
            throw Refused("more of the pickle", $"its end at byte {_bytes.Length}");
        }

        var taken = _bytes.Slice(_position, (int)count);
        _position += (int)count;
        return taken;
    }

    private string Line()
    {
        var length = _bytes[_position..].IndexOf((byte)'\n');
        if (length < 0)
        {
            throw Refused("the name of a Python object", "the end of the pickle");
        }

        var line = Text(_bytes.Slice(_position, length));
        _position += length + 1;
        return line;
    }

    private readonly string Text(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return StrictUtf8.GetString(bytes);
        }
        catch (DecoderFallbackException error)
        {
            throw new ScoreException($"{_path}: expected text in UTF-8, found other bytes", error);
        }
    }

    private readonly long LongInteger(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > sizeof(long))
        {
            throw Refused("integers of 64 bits", $"one of {8 * bytes.Length} bits");
        }

        var value = 0L;
        for (var i = 0; i < bytes.Length; i++)
        {
            value |= (long)bytes[i] << (8 * i);
        }

        // Two's complement: the last byte has the sign.
        var unused = 64 - 8 * bytes.Length;
        return bytes.Length == 0 ? 0 : value << unused >> unused;
    }

    private static string Printable(string name) => string.Concat(name.Take(80).Select(c => char.IsControl(c) ? '?' : c));

    private readonly ScoreException Refused(string expected, string found) =>
        new($"{_path}: expected {expected}, found {found}");
}
