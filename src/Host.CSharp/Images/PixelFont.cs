namespace ScoreFunctional.Host.Images;

/// <summary>Digits and signs of 5 by 7 dots, enough to label the axes of a raster plot.</summary>
internal static class PixelFont
{
    /// <summary>Rows of a character.</summary>
    public const int Height = 7;

    private const int Width = 5;

    // Seven rows of five dots each, the leftmost dot in the highest of five bits.
    private static readonly Dictionary<char, byte[]> Glyphs = new()
    {
        ['0'] = [0x0E, 0x11, 0x13, 0x15, 0x19, 0x11, 0x0E],
        ['1'] = [0x04, 0x0C, 0x04, 0x04, 0x04, 0x04, 0x0E],
        ['2'] = [0x0E, 0x11, 0x01, 0x02, 0x04, 0x08, 0x1F],
        ['3'] = [0x0E, 0x11, 0x01, 0x06, 0x01, 0x11, 0x0E],
        ['4'] = [0x02, 0x06, 0x0A, 0x12, 0x1F, 0x02, 0x02],
        ['5'] = [0x1F, 0x10, 0x1E, 0x01, 0x01, 0x11, 0x0E],
        ['6'] = [0x06, 0x08, 0x10, 0x1E, 0x11, 0x11, 0x0E],
        ['7'] = [0x1F, 0x01, 0x02, 0x04, 0x08, 0x08, 0x08],
        ['8'] = [0x0E, 0x11, 0x11, 0x0E, 0x11, 0x11, 0x0E],
        ['9'] = [0x0E, 0x11, 0x11, 0x0F, 0x01, 0x02, 0x0C],
        ['-'] = [0x00, 0x00, 0x00, 0x0E, 0x00, 0x00, 0x00],
        ['.'] = [0x00, 0x00, 0x00, 0x00, 0x00, 0x0C, 0x0C],
        ['e'] = [0x00, 0x00, 0x0E, 0x11, 0x1F, 0x10, 0x0E],
    };

    /// <summary>The width of a text in pixels.</summary>
    /// <param name="text">The text.</param>
    /// <param name="scale">Pixels of a dot.</param>
    public static int Measure(string text, int scale) => Math.Max(0, text.Length * (Width + 1) - 1) * scale;

    /// <summary>Writes text into a picture; a character without a glyph leaves a space.</summary>
    /// <param name="picture">The picture.</param>
    /// <param name="text">The text.</param>
    /// <param name="left">The left edge.</param>
    /// <param name="top">The upper edge.</param>
    /// <param name="colour">The colour.</param>
    /// <param name="scale">Pixels of a dot.</param>
    public static void Write(Raster picture, string text, int left, int top, Rgb colour, int scale)
    {
        foreach (var character in text)
        {
            if (Glyphs.TryGetValue(character, out var rows))
            {
                for (var y = 0; y < Height * scale; y++)
                {
                    for (var x = 0; x < Width * scale; x++)
                    {
                        if ((rows[y / scale] >> (Width - 1 - x / scale) & 1) != 0)
                        {
                            picture.Blend(left + x, top + y, colour, 1);
                        }
                    }
                }
            }

            left += (Width + 1) * scale;
        }
    }
}
