using System.Buffers.Binary;
using System.IO.Compression;
using System.Security.Cryptography;
using ScoreFunctional.Host.Files;

namespace ScoreFunctional.Host.Data;

/// <summary>
/// An array of bytes in the IDX format of the MNIST files: two zero bytes, the element type (8: unsigned byte), the
/// number of dimensions, each dimension as a big-endian 32-bit number, the data.
/// </summary>
/// <param name="Dimensions">The lengths, the first one outermost.</param>
/// <param name="Data">The bytes in C order.</param>
internal sealed record IdxFile(int[] Dimensions, byte[] Data)
{
    private const int UnsignedByte = 0x08;

    /// <summary>Reads a file, gzip or plain (told apart by the first bytes, not by the name).</summary>
    /// <param name="path">The file.</param>
    /// <param name="rank">The number of dimensions the caller needs.</param>
    /// <param name="md5">The checksum of the decompressed contents in hexadecimal, where it is known.</param>
    /// <returns>The checked contents.</returns>
    /// <exception cref="ScoreException">
    /// The file is missing, is not IDX, has another rank, is shorter or longer than its header says, or its contents
    /// are not those of the checksum.
    /// </exception>
    public static IdxFile Read(string path, int rank, string? md5 = null)
    {
        try
        {
            using var file = File.OpenRead(path);
            Span<byte> start = stackalloc byte[2];
            var zipped = file.ReadAtLeast(start, 2, throwOnEndOfStream: false) == 2 && start is [0x1F, 0x8B];
            file.Position = 0;
            using var stream = zipped ? new GZipStream(file, CompressionMode.Decompress) : (Stream)file;
            return Parse(stream, path, rank, md5);
        }
        catch (Exception error) when (error is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            throw new ScoreException($"cannot read {path}: {AtomicFile.OneLine(error.Message)}", error);
        }
    }

    private static IdxFile Parse(Stream stream, string path, int rank, string? md5)
    {
        var header = new byte[4 + 4 * rank];
        var found = stream.ReadAtLeast(header, header.Length, throwOnEndOfStream: false);
        var magic = found >= 4 ? BinaryPrimitives.ReadUInt32BigEndian(header) : 0;
        var expected = (uint)(UnsignedByte << 8 | rank);
        if (found >= 4 && magic != expected)
        {
            throw new ScoreException($"{path}: expected the IDX magic number 0x{expected:X8}, found 0x{magic:X8}");
        }

        if (found < header.Length)
        {
            throw new ScoreException($"{path}: expected an IDX header of {header.Length} bytes, found {found} bytes");
        }

        var dimensions = new int[rank];
        var size = 1L;
        for (var i = 0; i < rank; i++)
        {
            var length = BinaryPrimitives.ReadUInt32BigEndian(header.AsSpan(4 + 4 * i));
            // Every factor is below 2^32 and the product is checked each time, so that it cannot wrap.
            if (length == 0 || (size *= length) > Array.MaxLength)
            {
                throw new ScoreException(
                    $"{path}: expected dimensions of 1 to {Array.MaxLength} bytes in all, found {length} as number {i + 1}");
            }

            dimensions[i] = (int)length;
        }

        var data = ReadBody(stream, path, size);
        if (md5 is not null)
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.MD5);
            hash.AppendData(header);
            hash.AppendData(data);
            var sum = Convert.ToHexStringLower(hash.GetHashAndReset());
            if (!sum.Equals(md5, StringComparison.OrdinalIgnoreCase))
            {
                throw new ScoreException($"{path}: expected contents with the MD5 sum {md5}, found {sum}");
            }
        }

        return new IdxFile(dimensions, data);
    }

    // A damaged header may promise gigabytes: the buffer grows with what is really there.
    private static byte[] ReadBody(Stream stream, string path, long size)
    {
        var data = new byte[Math.Min(size, 1 << 20)];
        var filled = 0;
        while (true)
        {
            filled += stream.ReadAtLeast(data.AsSpan(filled), data.Length - filled, throwOnEndOfStream: false);
            if (filled < data.Length)
            {
                throw new ScoreException($"{path}: expected {size} bytes of data after the header, found {filled}");
            }

            if (filled == size)
            {
                break;
            }

            Array.Resize(ref data, (int)Math.Min(size, data.Length * 2L));
        }

        if (stream.ReadByte() >= 0)
        {
            throw new ScoreException($"{path}: expected {size} bytes of data after the header, found more");
        }

        return data;
    }
}
