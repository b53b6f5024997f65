using System.Buffers.Binary;
using System.IO.Compression;
using System.Security.Cryptography;
using ScoreFunctional.Host.Files;

namespace ScoreFunctional.Host.Data;

/// <summary>
/// An array of bytes in the IDX format of the MNIST files: two zero bytes, the element type (8: unsigned byte), the
/// number of dimensions, each dimension as a big-endian 32-bit number, the data.
/// </summary>
/// <param name="Dimensions">The lengths of the dimensions, the outermost first.</param>
/// <param name="Data">The bytes in C order.</param>
internal sealed record IdxFile(int[] Dimensions, byte[] Data)
{
    private const int UnsignedByte = 0x08;

    /// <summary>Reads a file, compressed with gzip or not; the first bytes decide, not the name.</summary>
    /// <param name="path">The file.</param>
    /// <param name="dimensions">The expected dimensions; no more is read.</param>
    /// <param name="md5">The MD5 sum of the decompressed contents in hexadecimal, if known.</param>
    /// <returns>The checked contents.</returns>
    /// <exception cref="ScoreException">
    /// The file is missing, is not IDX, has other dimensions, is shorter or longer than its header says, or has another MD5 sum.
    /// </exception>
    public static IdxFile Read(string path, int[] dimensions, string? md5 = null) => InputFile.Read(path, file =>
    {
        Span<byte> start = stackalloc byte[2];
        var zipped = file.ReadAtLeast(start, 2, throwOnEndOfStream: false) == 2 && start is [0x1F, 0x8B];
        file.Position = 0;
        using var stream = zipped ? new GZipStream(file, CompressionMode.Decompress) : (Stream)file;
        return Parse(stream, path, dimensions, md5);
    });

    private static IdxFile Parse(Stream stream, string path, int[] dimensions, string? md5)
    {
        var header = new byte[4 + 4 * dimensions.Length];
        var found = stream.ReadAtLeast(header, header.Length, throwOnEndOfStream: false);
        var magic = found >= 4 ? BinaryPrimitives.ReadUInt32BigEndian(header) : 0;
        var expected = (uint)(UnsignedByte << 8 | dimensions.Length);
        if (found >= 4 && magic != expected)
        {
            throw new ScoreException($"{path}: expected the IDX magic number 0x{expected:X8}, found 0x{magic:X8}");
        }

        if (found < header.Length)
        {
            throw new ScoreException($"{path}: expected an IDX header of {header.Length} bytes, found {found} bytes");
        }

        var stated = Enumerable.Range(1, dimensions.Length).Select(i => BinaryPrimitives.ReadUInt32BigEndian(header.AsSpan(4 * i)));
        if (!stated.SequenceEqual(dimensions.Select(length => (uint)length)))
        {
            throw new ScoreException(
                $"{path}: expected the dimensions {string.Join(" × ", dimensions)}, found {string.Join(" × ", stated)}");
        }

        var data = new byte[dimensions.Aggregate(1, (size, length) => checked(size * length))];
        var filled = stream.ReadAtLeast(data, data.Length, throwOnEndOfStream: false);
        if (filled < data.Length || stream.ReadByte() >= 0)
        {
            throw new ScoreException(
                $"{path}: expected {data.Length} bytes of data after the header, found {(filled < data.Length ? filled : "more")}");
        }

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
}
