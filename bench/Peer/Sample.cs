using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using ICSharpCode.SharpZipLib.Checksum;

namespace Peer;

/// <summary>What <c>score sample</c> does: 16 digits from a checkpoint, as a picture.</summary>
internal static class Sample
{
    private const int Count = 16, Columns = 4, Side = 28;

    /// <summary>Draws and writes.</summary>
    /// <param name="setting">How.</param>
    /// <param name="checkpoint">A checkpoint of ours.</param>
    /// <param name="path">The picture.</param>
    public static void Write(Setting setting, string checkpoint, string path)
    {
        var problem = Problem.Named("fast");
        var model = problem.Create();
        Load(model, checkpoint);
        File.WriteAllBytes(path, Png(new Drawing(problem, setting, model, Count).Once()));
    }

    // A .pt file is a zip archive with an entry for each tensor: the seconds of training, then the weights, then their average.
    private static void Load(Denoiser model, string checkpoint)
    {
        const int seconds = 1;
        using var archive = ZipFile.OpenRead(checkpoint);
        var parameters = model.Network.parameters().ToArray();
        for (var i = 0; i < parameters.Length; i++)
        {
            var name = $"archive/data/{seconds + parameters.Length + i}";
            var entry = archive.GetEntry(name) ?? throw new InvalidDataException($"{checkpoint}: expected {name}");
            var bytes = new byte[parameters[i].numel() * sizeof(float)];
            if (entry.Length != bytes.Length)
            {
                throw new InvalidDataException($"{checkpoint}: expected {bytes.Length} bytes in {name}, found {entry.Length}");
            }

            using var stream = entry.Open();
            stream.ReadExactly(bytes);
            parameters[i].bytes = bytes;
        }
    }

    // A grid of grey images of values from −1 to 1.
    private static byte[] Png(float[] images)
    {
        const int width = Columns * Side, height = Count / Columns * Side;
        var rows = new byte[height * (1 + width)];
        for (var i = 0; i < images.Length; i++)
        {
            var (image, y, x) = (i / (Side * Side), i / Side % Side, i % Side);
            rows[(image / Columns * Side + y) * (1 + width) + 1 + image % Columns * Side + x] =
                (byte)MathF.Round((Math.Clamp(images[i], -1, 1) + 1) * 127.5f);
        }

        using var packed = new MemoryStream();
        using (var zlib = new ZLibStream(packed, CompressionLevel.Optimal))
        {
            zlib.Write(rows);
        }

        var header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), height);
        header[8] = 8;
        return [0x89, .. "PNG\r\n\x1a\n"u8, .. Chunk("IHDR", header), .. Chunk("IDAT", packed.ToArray()), .. Chunk("IEND", [])];
    }

    private static byte[] Chunk(string kind, byte[] body)
    {
        byte[] chunk = [0, 0, 0, 0, .. Encoding.ASCII.GetBytes(kind), .. body, 0, 0, 0, 0];
        var sum = new Crc32();
        sum.Update(new ArraySegment<byte>(chunk, 4, chunk.Length - 8));
        BinaryPrimitives.WriteInt32BigEndian(chunk, body.Length);
        BinaryPrimitives.WriteUInt32BigEndian(chunk.AsSpan(chunk.Length - 4), (uint)sum.Value);
        return chunk;
    }
}
