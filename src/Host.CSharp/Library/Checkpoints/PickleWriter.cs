using System.Buffers.Binary;
using System.Text;

namespace ScoreFunctional.Host.Checkpoints;

/// <summary>
/// Writes a value as a pickle for <c>torch.load</c>, with only the operations that its <c>weights_only</c> reader has known since
/// PyTorch 1.13. Tensors become numbered storages outside the pickle.
/// </summary>
internal sealed class PickleWriter
{
    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    private readonly MemoryStream _bytes = new();
    private readonly List<CheckpointTensor> _storages = [];

    private PickleWriter()
    {
    }

    /// <summary>Encodes a value.</summary>
    /// <param name="value">The value.</param>
    /// <returns>The pickle, and the tensors whose bytes are the storages 0, 1, 2, ….</returns>
    public static (byte[] Pickle, IReadOnlyList<CheckpointTensor> Storages) Encode(CheckpointValue value)
    {
        var writer = new PickleWriter();
        writer.Op(Pickle.Proto);
        writer.Op(Pickle.Protocol);
        writer.Write(value);
        writer.Op(Pickle.Stop);
        return (writer._bytes.ToArray(), writer._storages);
    }

    private void Op(byte code) => _bytes.WriteByte(code);

    private void Write(CheckpointValue value)
    {
        switch (value)
        {
            case CheckpointNone:
                Op(Pickle.None);
                break;
            case CheckpointFlag flag:
                Op(flag.Value ? Pickle.NewTrue : Pickle.NewFalse);
                break;
            case CheckpointInteger integer:
                WriteInteger(integer.Value);
                break;
            case CheckpointNumber number:
                // The reader of PyTorch 1.13 has no opcode for floating-point numbers: they become tensors.
                WriteTensor(CheckpointTensor.Of<double>(new[] { number.Value }));
                break;
            case CheckpointText text:
                WriteText(text.Value);
                break;
            case CheckpointList list:
                Op(Pickle.EmptyList);
                if (list.Items.Count > 0)
                {
                    Op(Pickle.Mark);
                    foreach (var item in list.Items)
                    {
                        Write(item);
                    }

                    Op(Pickle.Appends);
                }

                break;
            case CheckpointDictionary dictionary:
                Op(Pickle.EmptyDict);
                if (dictionary.Count > 0)
                {
                    Op(Pickle.Mark);
                    foreach (var (key, item) in dictionary)
                    {
                        WriteText(key);
                        Write(item);
                    }

                    Op(Pickle.SetItems);
                }

                break;
            case CheckpointTensor tensor:
                WriteTensor(tensor);
                break;
            default:
                throw new ArgumentException($"expected a checkpoint value, found {value.GetType().Name}", nameof(value));
        }
    }

    private void WriteInteger(long value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
        switch (value)
        {
            case >= 0 and <= byte.MaxValue:
                Op(Pickle.BinInt1);
                _bytes.Write(bytes[..1]);
                break;
            case >= int.MinValue and <= int.MaxValue:
                Op(Pickle.BinInt);
                _bytes.Write(bytes[..4]);
                break;
            default:
                Op(Pickle.Long1);
                Op(sizeof(long));
                _bytes.Write(bytes);
                break;
        }
    }

    private void WriteText(string text)
    {
        var encoded = StrictUtf8.GetBytes(text);
        Span<byte> length = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(length, encoded.Length);
        Op(Pickle.BinUnicode);
        _bytes.Write(length);
        _bytes.Write(encoded);
    }

    private void WriteGlobal(string name)
    {
        Op(Pickle.Global);
        _bytes.Write(Encoding.ASCII.GetBytes(name.Replace(' ', '\n')));
        _bytes.WriteByte((byte)'\n');
    }

    // _rebuild_tensor_v2(storage, offset, shape, strides, requires_grad, backward_hooks)
    private void WriteTensor(CheckpointTensor tensor)
    {
        WriteGlobal(Pickle.RebuildTensor);
        Op(Pickle.Mark);

        Op(Pickle.Mark);
        WriteText("storage");
        WriteGlobal(Pickle.TorchPrefix + tensor.Element.Storage);
        WriteText(_storages.Count.ToString(System.Globalization.CultureInfo.InvariantCulture));
        WriteText("cpu");
        WriteInteger(tensor.Bytes.Length / tensor.Element.Size);
        Op(Pickle.Tuple);
        Op(Pickle.BinPersistentId);

        WriteInteger(0);
        WriteTuple(tensor.Shape);
        WriteTuple(Strides(tensor.Shape));
        Op(Pickle.NewFalse);
        WriteGlobal(Pickle.OrderedDict);
        Op(Pickle.EmptyTuple);
        Op(Pickle.Reduce);

        Op(Pickle.Tuple);
        Op(Pickle.Reduce);
        _storages.Add(tensor);
    }

    private void WriteTuple(long[] values)
    {
        if (values.Length == 0)
        {
            Op(Pickle.EmptyTuple);
            return;
        }

        Op(Pickle.Mark);
        foreach (var value in values)
        {
            WriteInteger(value);
        }

        Op(Pickle.Tuple);
    }

    /// <summary>The strides of C order, in elements.</summary>
    /// <param name="shape">The shape.</param>
    internal static long[] Strides(long[] shape)
    {
        var strides = new long[shape.Length];
        var stride = 1L;
        for (var i = shape.Length - 1; i >= 0; i--)
        {
            strides[i] = stride;
            stride *= Math.Max(1, shape[i]);
        }

        return strides;
    }
}
