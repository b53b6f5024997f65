using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.RegularExpressions;

namespace ScoreFunctional.Host.Files;

/// <summary>NumPy files of format 1.0 (NEP 1) with float32 values, little-endian, in C order.</summary>
internal static partial class Npy
{
    private const int Alignment = 64;
    private const int Piece = 1 << 20;
    private static ReadOnlySpan<byte> Magic => [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y', 1, 0];

    /// <summary>Writes an array for <c>numpy.load</c>.</summary>
    /// <param name="path">Path of the file.</param>
    /// <param name="values">The values in C order.</param>
    /// <param name="shape">The shape, for instance <c>[n, 28, 28]</c>.</param>
    /// <exception cref="ArgumentException">The number of values does not match the shape.</exception>
    /// <exception cref="ScoreException">The file cannot be written.</exception>
    public static void Save(string path, ReadOnlyMemory<float> values, params int[] shape)
    {
        var expected = shape.Aggregate(1L, (product, length) => product * length);
        if (expected != values.Length)
        {
            throw new ArgumentException(
                $"expected {expected} values for shape [{string.Join(", ", shape)}], found {values.Length}",
                nameof(values));
        }

        var dimensions = string.Join(", ", shape) + (shape.Length == 1 ? "," : "");
        var text = $"{{'descr': '<f4', 'fortran_order': False, 'shape': ({dimensions}), }}";
        var length = (Magic.Length + 2 + text.Length + 1 + Alignment - 1) / Alignment * Alignment;
        var header = new byte[length];
        Array.Fill(header, (byte)' ');
        Magic.CopyTo(header);
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(Magic.Length), (ushort)(length - Magic.Length - 2));
        Encoding.ASCII.GetBytes(text, header.AsSpan(Magic.Length + 2));
        header[^1] = (byte)'\n';
        AtomicFile.Write(path, stream =>
        {
            stream.Write(header);
            // In pieces: the length in bytes of half a billion values overflows an int.
            for (var rest = values.Span; !rest.IsEmpty; rest = rest[Math.Min(Piece, rest.Length)..])
            {
                stream.Write(MemoryMarshal.AsBytes(rest[..Math.Min(Piece, rest.Length)]));
            }
        });
    }

    /// <summary>Reads a float32 array in C order.</summary>
    /// <param name="path">A file that <see cref="Save"/> or <c>numpy.save</c> wrote.</param>
    /// <returns>The values and the shape.</returns>
    /// <exception cref="ScoreException">The file is missing, damaged, or holds something else.</exception>
    public static (float[] Values, int[] Shape) Load(string path)
    {
        var bytes = InputFile.Read(path, stream =>
        {
            if (stream.Length > Array.MaxLength)
            {
                throw new ScoreException($"{path}: expected a file below 2 GiB, found {stream.Length} bytes");
            }

            var whole = new byte[stream.Length];
            stream.ReadExactly(whole);
            return whole;
        });
        if (bytes.Length < Magic.Length + 2 || !bytes.AsSpan(0, Magic.Length).SequenceEqual(Magic))
        {
            throw new ScoreException($"{path}: expected a NumPy file of format 1.0, found other bytes at its start");
        }

        var start = Magic.Length + 2 + BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(Magic.Length));
        var header = Encoding.ASCII.GetString(bytes, Magic.Length + 2, Math.Min(start, bytes.Length) - Magic.Length - 2);
        var match = Header().Match(header);
        if (!match.Success)
        {
            throw new ScoreException(
                $"{path}: expected float32 values in C order, found the header {header.Trim()}");
        }

        var lengths = match.Groups[1].Value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        var shape = new int[lengths.Length];
        var count = 1L;
        for (var i = 0; i < shape.Length; i++)
        {
            if (!int.TryParse(lengths[i], NumberStyles.None, CultureInfo.InvariantCulture, out shape[i])
                || (count *= shape[i]) > int.MaxValue)
            {
                throw new ScoreException($"{path}: expected a shape below 2^31 values, found ({match.Groups[1].Value})");
            }
        }

        if (bytes.Length - start != count * sizeof(float))
        {
            throw new ScoreException(
                $"{path}: expected {count * sizeof(float)} bytes for shape ({match.Groups[1].Value}), found {bytes.Length - start}");
        }

        return (MemoryMarshal.Cast<byte, float>(bytes.AsSpan(start)).ToArray(), shape);
    }

    [GeneratedRegex(@"^\{'descr': '<f4', 'fortran_order': False, 'shape': \(([0-9, ]*)\),? *\}\s*$")]
    private static partial Regex Header();
}
