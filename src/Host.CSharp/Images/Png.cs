using System.Buffers.Binary;
using System.IO.Compression;
using ScoreFunctional.Host.Files;

namespace ScoreFunctional.Host.Images;

/// <summary>Writes PNG files (ISO/IEC 15948): 8-bit grey or RGB, not interlaced.</summary>
internal static class Png
{
    private static ReadOnlySpan<byte> Signature => [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A];

    /// <summary>Encodes a picture.</summary>
    /// <param name="image">The picture.</param>
    /// <returns>The bytes of a PNG file.</returns>
    public static byte[] Encode(Raster image)
    {
        using var file = new MemoryStream();
        file.Write(Signature);

        Span<byte> header = stackalloc byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, image.Width);
        BinaryPrimitives.WriteInt32BigEndian(header[4..], image.Height);
        header[8] = 8;
        header[9] = image.Channels == 1 ? (byte)0 : (byte)2;
        header[10..].Clear();
        WriteChunk(file, "IHDR"u8, header);
        WriteChunk(file, "IDAT"u8, Compress(image));
        WriteChunk(file, "IEND"u8, []);
        return file.ToArray();
    }

    /// <summary>Writes a picture to a file, whole or not at all.</summary>
    /// <param name="path">Where to write.</param>
    /// <param name="image">The picture.</param>
    /// <exception cref="ScoreException">The file cannot be written.</exception>
    public static void Save(string path, Raster image)
    {
        var bytes = Encode(image);
        AtomicFile.Write(path, stream => stream.Write(bytes));
    }

    private static byte[] Compress(Raster image)
    {
        using var packed = new MemoryStream();
        using (var zlib = new ZLibStream(packed, CompressionLevel.SmallestSize))
        {
            var stride = image.Width * image.Channels;
            var line = new byte[stride + 1];
            // Filter 2 ("up") suits both repeated rows and smooth shading.
            line[0] = 2;
            Span<byte> above = new byte[stride];
            for (var y = 0; y < image.Height; y++)
            {
                var row = image.Row(y);
                for (var i = 0; i < stride; i++)
                {
                    line[i + 1] = (byte)(row[i] - above[i]);
                }

                zlib.Write(line);
                above = row;
            }
        }

        return packed.ToArray();
    }

    private static void WriteChunk(Stream file, ReadOnlySpan<byte> type, ReadOnlySpan<byte> data)
    {
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, data.Length);
        file.Write(number);
        file.Write(type);
        file.Write(data);
        BinaryPrimitives.WriteUInt32BigEndian(number, Crc32.Append(data, Crc32.Append(type)));
        file.Write(number);
    }
}
