using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;

namespace ScoreFunctional.Host.Checkpoints;

/// <summary>
/// Reads zip archives of uncompressed entries. Sizes, bounds, overlaps, names and checksums are checked: any damage is a
/// <see cref="ScoreException"/>, and reading takes no more memory than the file has bytes.
/// </summary>
internal sealed class StoredZipReader
{
    private const int LocalHeader = 30;
    private const int DirectoryHeader = 46;
    private const int EndHeader = 22;

    private readonly Stream _stream;
    private readonly string _path;
    private readonly Dictionary<string, Entry> _entries = new(StringComparer.Ordinal);
    private readonly byte[] _part = new byte[1 << 16];

    /// <summary>Reads the directory of an archive.</summary>
    /// <param name="stream">The archive; must be seekable.</param>
    /// <param name="path">The file, for messages.</param>
    /// <exception cref="ScoreException">The stream is not a zip archive of uncompressed entries, or is damaged.</exception>
    public StoredZipReader(Stream stream, string path)
    {
        (_stream, _path) = (stream, path);
        var (start, size, count) = FindDirectory();
        var directory = ReadAt(start, (int)size);
        var position = 0;
        var ranges = new List<(long Start, long End)>(count);
        for (var i = 0; i < count; i++)
        {
            var entry = ReadEntry(directory, ref position, start);
            ranges.Add((entry.Header, entry.Start + entry.Length));
            if (!_entries.TryAdd(entry.Name, entry))
            {
                throw Damaged($"each name once, found {entry.Name} twice");
            }
        }

        if (position != directory.Length)
        {
            throw Damaged($"a directory of {position} bytes, found {directory.Length}");
        }

        ranges.Sort();
        for (var i = 1; i < ranges.Count; i++)
        {
            if (ranges[i].Start < ranges[i - 1].End)
            {
                throw Damaged("entries one after another, found two that overlap");
            }
        }
    }

    /// <summary>The names of all entries.</summary>
    public IReadOnlyCollection<string> Names => _entries.Keys;

    /// <summary>The length of an entry in bytes, or <c>null</c> if there is no such entry.</summary>
    /// <param name="name">Path inside the archive.</param>
    public long? Length(string name) => _entries.TryGetValue(name, out var entry) ? entry.Length : null;

    /// <summary>Reads an entry and verifies its checksum.</summary>
    /// <param name="name">Path inside the archive.</param>
    /// <param name="target">Receives the contents; has the length of the entry.</param>
    /// <exception cref="ScoreException">The contents are damaged.</exception>
    public void Read(string name, Span<byte> target)
    {
        var entry = _entries[name];
        if (target.Length != entry.Length)
        {
            throw Damaged($"{target.Length} bytes in {name}, found {entry.Length}");
        }

        _stream.Position = entry.Start;
        _stream.ReadExactly(target);
        Check(entry, Crc32.HashToUInt32(target));
    }

    /// <summary>Verifies the checksum of an entry without keeping its contents.</summary>
    /// <param name="name">Path inside the archive.</param>
    /// <exception cref="ScoreException">The contents are damaged.</exception>
    public void Verify(string name)
    {
        var entry = _entries[name];
        var crc = new Crc32();
        _stream.Position = entry.Start;
        for (var left = entry.Length; left > 0;)
        {
            var part = _part.AsSpan(0, (int)Math.Min(left, _part.Length));
            _stream.ReadExactly(part);
            crc.Append(part);
            left -= part.Length;
        }

        Check(entry, crc.GetCurrentHashAsUInt32());
    }

    private void Check(Entry entry, uint crc)
    {
        if (crc != entry.Crc)
        {
            throw Damaged($"checksum {entry.Crc:x8} for {entry.Name}, found {crc:x8}");
        }
    }

    private (long Start, long Size, int Count) FindDirectory()
    {
        var length = _stream.Length;
        // The end record may be followed by a comment of at most 65,535 bytes.
        var tail = ReadAt(Math.Max(0, length - EndHeader - ushort.MaxValue), (int)Math.Min(length, EndHeader + ushort.MaxValue));
        for (var i = tail.Length - EndHeader; i >= 0; i--)
        {
            var end = tail.AsSpan(i);
            if (BinaryPrimitives.ReadUInt32LittleEndian(end) != 0x06054B50
                || BinaryPrimitives.ReadUInt16LittleEndian(end[20..]) != end.Length - EndHeader)
            {
                continue;
            }

            var count = BinaryPrimitives.ReadUInt16LittleEndian(end[10..]);
            var size = BinaryPrimitives.ReadUInt32LittleEndian(end[12..]);
            var start = BinaryPrimitives.ReadUInt32LittleEndian(end[16..]);
            if (count == ushort.MaxValue || size == uint.MaxValue || start == uint.MaxValue)
            {
                throw Damaged("an archive below 4 GiB, found a larger one");
            }

            if (start + (long)size > length - tail.Length + i || size > Array.MaxLength)
            {
                throw Damaged($"a directory inside {length} bytes, found one up to byte {start + (long)size}");
            }

            return (start, size, count);
        }

        throw Damaged("a zip archive, found no directory at its end (the file may be cut short)");
    }

    private Entry ReadEntry(byte[] directory, ref int position, long limit)
    {
        if (directory.Length - position < DirectoryHeader)
        {
            throw Damaged("a directory record per entry, found an incomplete one");
        }

        var line = directory.AsSpan(position);
        if (BinaryPrimitives.ReadUInt32LittleEndian(line) != 0x02014B50)
        {
            throw Damaged("a directory record per entry, found other bytes");
        }

        var flags = BinaryPrimitives.ReadUInt16LittleEndian(line[8..]);
        var method = BinaryPrimitives.ReadUInt16LittleEndian(line[10..]);
        var crc = BinaryPrimitives.ReadUInt32LittleEndian(line[16..]);
        var packed = BinaryPrimitives.ReadUInt32LittleEndian(line[20..]);
        var length = BinaryPrimitives.ReadUInt32LittleEndian(line[24..]);
        var nameLength = BinaryPrimitives.ReadUInt16LittleEndian(line[28..]);
        var rest = BinaryPrimitives.ReadUInt16LittleEndian(line[30..]) + BinaryPrimitives.ReadUInt16LittleEndian(line[32..]);
        var header = BinaryPrimitives.ReadUInt32LittleEndian(line[42..]);
        if (line.Length < DirectoryHeader + nameLength + rest)
        {
            throw Damaged("a directory record per entry, found an incomplete one");
        }

        var rawName = line.Slice(DirectoryHeader, nameLength);
        var name = Encoding.UTF8.GetString(rawName);
        position += DirectoryHeader + nameLength + rest;
        if (!IsPlain(name))
        {
            throw Damaged($"plain relative names, found '{Printable(name)}'");
        }

        if (method != 0 || packed != length || (flags & 1) != 0)
        {
            throw Damaged($"uncompressed entries, found {name} compressed or encrypted");
        }

        var start = header + (long)LocalHeader;
        if (start <= limit)
        {
            var local = ReadAt(header, LocalHeader).AsSpan();
            var localName = BinaryPrimitives.ReadUInt16LittleEndian(local[26..]);
            start += localName + BinaryPrimitives.ReadUInt16LittleEndian(local[28..]);
            if (BinaryPrimitives.ReadUInt32LittleEndian(local) != 0x04034B50
                || start > limit
                || !ReadAt(header + LocalHeader, localName).AsSpan().SequenceEqual(rawName))
            {
                throw Damaged($"the beginning of {name} at byte {header}, found other bytes");
            }
        }

        if (start + length > limit)
        {
            throw Damaged($"{length} bytes of {name}, found fewer before the directory");
        }

        return new Entry(name, crc, header, start, length);
    }

    // Nothing is unpacked to disk, but a name that leaves its folder is a sign of a file that is not a checkpoint.
    private static bool IsPlain(string name) =>
        name.Length > 0 && !name.StartsWith('/') && !name.Contains('\\') && !name.Contains(':')
        && !name.Any(char.IsControl) && !$"/{name}/".Contains("/../", StringComparison.Ordinal);

    private static string Printable(string name) => string.Concat(name.Take(80).Select(c => char.IsControl(c) ? '?' : c));

    private byte[] ReadAt(long position, int count)
    {
        var bytes = new byte[count];
        _stream.Position = position;
        _stream.ReadExactly(bytes);
        return bytes;
    }

    private ScoreException Damaged(string expectation) => new($"{_path}: expected {expectation}");

    private sealed record Entry(string Name, uint Crc, long Header, long Start, long Length);
}
