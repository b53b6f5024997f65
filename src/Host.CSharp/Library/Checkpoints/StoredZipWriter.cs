using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;

namespace ScoreFunctional.Host.Checkpoints;

/// <summary>
/// Writes a zip archive of uncompressed entries whose data start at multiples of 64 bytes, as in PyTorch's files; .NET's own
/// writer cannot align. Dates are constant: equal contents give equal bytes.
/// </summary>
internal sealed class StoredZipWriter(Stream stream)
{
    private const int Alignment = 64;
    private const int LocalHeader = 30;
    private const int FieldHeader = 4;

    // PyTorch's tag for the extra field that holds the padding.
    private const ushort PaddingField = 0x4246;
    private const ushort Version = 20;
    private const ushort NamesAreUtf8 = 1 << 11;

    // 1 January 1980, the first day that zip can express.
    private const uint Date = 0x0021_0000;

    private readonly List<(byte[] Name, uint Crc, uint Size, uint Offset)> _entries = [];

    // Counted here, since a pipe has no position.
    private long _position;

    /// <summary>Adds an entry.</summary>
    /// <param name="name">Path inside the archive.</param>
    /// <param name="data">The contents.</param>
    /// <exception cref="ScoreException">The archive would grow beyond 4 GiB.</exception>
    public void Add(string name, ReadOnlySpan<byte> data)
    {
        var encoded = Encoding.UTF8.GetBytes(name);
        var offset = _position;
        var unpadded = offset + LocalHeader + encoded.Length + FieldHeader;
        var padding = (int)((Alignment - unpadded % Alignment) % Alignment);
        if (unpadded + padding + data.Length >= uint.MaxValue)
        {
            throw new ScoreException(
                $"expected a checkpoint below 4 GiB, found {unpadded + padding + data.Length} bytes with {name}");
        }

        var crc = Crc32.HashToUInt32(data);
        Span<byte> header = stackalloc byte[LocalHeader];
        BinaryPrimitives.WriteUInt32LittleEndian(header, 0x04034B50);
        WriteCommon(header[4..], crc, (uint)data.Length, encoded.Length, FieldHeader + padding);
        Write(header);
        Write(encoded);
        Span<byte> field = stackalloc byte[FieldHeader + Alignment];
        field.Clear();
        BinaryPrimitives.WriteUInt16LittleEndian(field, PaddingField);
        BinaryPrimitives.WriteUInt16LittleEndian(field[2..], (ushort)padding);
        Write(field[..(FieldHeader + padding)]);
        Write(data);
        _entries.Add((encoded, crc, (uint)data.Length, (uint)offset));
    }

    /// <summary>Writes the directory that ends the archive.</summary>
    public void Finish()
    {
        var start = _position;
        Span<byte> header = stackalloc byte[46];
        foreach (var (name, crc, size, offset) in _entries)
        {
            header.Clear();
            BinaryPrimitives.WriteUInt32LittleEndian(header, 0x02014B50);
            BinaryPrimitives.WriteUInt16LittleEndian(header[4..], Version);
            WriteCommon(header[6..], crc, size, name.Length, 0);
            BinaryPrimitives.WriteUInt32LittleEndian(header[42..], offset);
            Write(header);
            Write(name);
        }

        Span<byte> end = stackalloc byte[22];
        end.Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(end, 0x06054B50);
        BinaryPrimitives.WriteUInt16LittleEndian(end[8..], checked((ushort)_entries.Count));
        BinaryPrimitives.WriteUInt16LittleEndian(end[10..], checked((ushort)_entries.Count));
        BinaryPrimitives.WriteUInt32LittleEndian(end[12..], checked((uint)(_position - start)));
        BinaryPrimitives.WriteUInt32LittleEndian(end[16..], checked((uint)start));
        Write(end);
    }

    private void Write(ReadOnlySpan<byte> bytes)
    {
        stream.Write(bytes);
        _position += bytes.Length;
    }

    // The 26 bytes that the local header and the directory record have in common.
    private static void WriteCommon(Span<byte> target, uint crc, uint size, int name, int extra)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(target, Version);
        BinaryPrimitives.WriteUInt16LittleEndian(target[2..], NamesAreUtf8);
        BinaryPrimitives.WriteUInt16LittleEndian(target[4..], 0);
        BinaryPrimitives.WriteUInt32LittleEndian(target[6..], Date);
        BinaryPrimitives.WriteUInt32LittleEndian(target[10..], crc);
        BinaryPrimitives.WriteUInt32LittleEndian(target[14..], size);
        BinaryPrimitives.WriteUInt32LittleEndian(target[18..], size);
        BinaryPrimitives.WriteUInt16LittleEndian(target[22..], (ushort)name);
        BinaryPrimitives.WriteUInt16LittleEndian(target[24..], (ushort)extra);
    }
}
