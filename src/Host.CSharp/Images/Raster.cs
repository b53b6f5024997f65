namespace ScoreFunctional.Host.Images;

/// <summary>A picture in memory: rows from top to bottom, 8 bits a channel, grey (1 channel) or RGB (3).</summary>
internal sealed class Raster
{
    /// <summary>Creates a picture of one colour.</summary>
    /// <param name="width">Columns, at least 1.</param>
    /// <param name="height">Rows, at least 1.</param>
    /// <param name="channels">1 for grey, 3 for RGB.</param>
    /// <param name="fill">The value of every channel of every pixel.</param>
    public Raster(int width, int height, int channels, byte fill = 0)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        if (channels is not (1 or 3))
        {
            throw new ArgumentException($"expected 1 (grey) or 3 (RGB) channels, found {channels}", nameof(channels));
        }

        (Width, Height, Channels) = (width, height, channels);
        Pixels = new byte[checked(width * height * channels)];
        Array.Fill(Pixels, fill);
    }

    /// <summary>Columns.</summary>
    public int Width { get; }

    /// <summary>Rows.</summary>
    public int Height { get; }

    /// <summary>1 for grey, 3 for RGB.</summary>
    public int Channels { get; }

    /// <summary>The bytes, row after row, the channels of a pixel side by side.</summary>
    public byte[] Pixels { get; }

    /// <summary>One row of bytes.</summary>
    /// <param name="y">The row, from the top.</param>
    public Span<byte> Row(int y) => Pixels.AsSpan(y * Width * Channels, Width * Channels);

    /// <summary>Paints over one pixel of an RGB picture; points outside are left out.</summary>
    /// <param name="x">Column.</param>
    /// <param name="y">Row.</param>
    /// <param name="colour">The colour to lay over what is there.</param>
    /// <param name="opacity">0 leaves the pixel, 1 replaces it.</param>
    public void Blend(int x, int y, Rgb colour, double opacity)
    {
        if (x < 0 || y < 0 || x >= Width || y >= Height || opacity <= 0)
        {
            return;
        }

        var a = Math.Min(1.0, opacity);
        var pixel = Pixels.AsSpan((y * Width + x) * Channels, Channels);
        pixel[0] = Mix(pixel[0], colour.R, a);
        if (Channels == 3)
        {
            pixel[1] = Mix(pixel[1], colour.G, a);
            pixel[2] = Mix(pixel[2], colour.B, a);
        }
    }

    private static byte Mix(byte under, byte over, double a) => (byte)Math.Round(under + (over - under) * a);
}

/// <summary>A colour of 8 bits a channel.</summary>
internal readonly record struct Rgb(byte R, byte G, byte B)
{
    /// <summary>The colour a part of the way to another.</summary>
    /// <param name="other">The colour at 1.</param>
    /// <param name="t">0 to 1.</param>
    public Rgb Towards(Rgb other, double t) => new(
        (byte)Math.Round(R + (other.R - R) * t),
        (byte)Math.Round(G + (other.G - G) * t),
        (byte)Math.Round(B + (other.B - B) * t));
}
