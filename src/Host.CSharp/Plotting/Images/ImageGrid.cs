using SkiaSharp;

namespace ScoreFunctional.Host.Plotting.Images;

/// <summary>Layout of a grid of images.</summary>
/// <param name="Columns">Images per row; 0 makes the grid nearly square.</param>
/// <param name="Scale">Side in pixels of the square for each image pixel.</param>
/// <param name="Padding">Pixels between images and around them.</param>
/// <param name="Background">The grey value of the padding.</param>
internal sealed record GridLayout(int Columns = 0, int Scale = 2, int Padding = 4, byte Background = 40);

/// <summary>Arranges small images in a grid.</summary>
internal static class ImageGrid
{
    /// <summary>Arranges images with values in [0, 1]; values outside are clipped, NaN becomes 0.</summary>
    /// <param name="images">Shape <c>[n, channels, height, width]</c> in C order.</param>
    /// <param name="channels">1 (grey) or 3 (RGB).</param>
    /// <param name="height">Rows of an image.</param>
    /// <param name="width">Columns of an image.</param>
    /// <param name="layout">The layout; by default a nearly square grid at twice the size.</param>
    /// <returns>A PNG file.</returns>
    /// <exception cref="ArgumentException">The number of values is not a multiple of the image size, or the number of channels is another.</exception>
    public static byte[] Png(ReadOnlySpan<float> images, int channels, int height, int width, GridLayout? layout = null)
    {
        layout ??= new GridLayout();
        var size = checked(channels * height * width);
        if (channels is not (1 or 3) || size == 0 || images.Length == 0 || images.Length % size != 0)
        {
            throw new ArgumentException(
                $"expected a multiple of {channels}x{height}x{width} values of 1 or 3 channels, found {images.Length}", nameof(images));
        }

        var count = images.Length / size;
        var columns = Math.Min(layout.Columns > 0 ? layout.Columns : (int)Math.Ceiling(Math.Sqrt(count)), count);
        var rows = (count + columns - 1) / columns;
        var (cellWidth, cellHeight) = (width * layout.Scale + layout.Padding, height * layout.Scale + layout.Padding);
        using var picture = new SKBitmap(
            columns * cellWidth + layout.Padding, rows * cellHeight + layout.Padding,
            channels == 1 ? SKColorType.Gray8 : SKColorType.Rgb888x, SKAlphaType.Opaque);
        picture.Erase(new SKColor(layout.Background, layout.Background, layout.Background));
        for (var i = 0; i < count; i++)
        {
            var left = layout.Padding + i % columns * cellWidth;
            var top = layout.Padding + i / columns * cellHeight;
            Paint(picture, images.Slice(i * size, size), height, width, left, top, layout.Scale);
        }

        return picture.Encode(SKEncodedImageFormat.Png, 100).ToArray();
    }

    private static void Paint(SKBitmap picture, ReadOnlySpan<float> image, int height, int width, int left, int top, int scale)
    {
        var pixels = picture.GetPixelSpan();
        var colours = image.Length / (height * width);
        for (var y = 0; y < height * scale; y++)
        {
            for (var x = 0; x < width * scale; x++)
            {
                var source = y / scale * width + x / scale;
                var target = (top + y) * picture.RowBytes + (left + x) * picture.BytesPerPixel;
                for (var c = 0; c < colours; c++)
                {
                    pixels[target + c] = ToByte(image[c * height * width + source]);
                }
            }
        }
    }

    // The comparison is false for NaN, which becomes black.
    private static byte ToByte(float value) => value > 0 ? (byte)(Math.Min(value, 1f) * 255f + 0.5f) : (byte)0;
}
