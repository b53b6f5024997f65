using ScoreFunctional.Runs;

namespace ScoreFunctional.Host.Metrics;

/// <summary>The mean and the covariance of images as vectors of pixels.</summary>
/// <param name="Count">Number of images.</param>
/// <param name="Mean">The mean, <c>[d]</c>.</param>
/// <param name="Covariance">The unbiased covariance (divided by n - 1), <c>[d, d]</c>.</param>
internal sealed record Moments(int Count, double[] Mean, double[,] Covariance)
{
    /// <summary>The moments of images.</summary>
    /// <param name="images">At least two images.</param>
    /// <exception cref="ArgumentException">There are fewer than two images.</exception>
    public static Moments Of(ImageBlocks images)
    {
        if (images.Count < 2)
        {
            throw new ArgumentException($"expected at least 2 images, found {images.Count}", nameof(images));
        }

        var mean = MeanOf(images);
        var sums = new double[images.Size * images.Size];
        foreach (var (_, count, values) in images.Blocks())
        {
            var rows = Centre(values.Span, count, mean);
            var products = Interop.products(count, rows, rows);
            for (var k = 0; k < products.Length; k++)
            {
                sums[k] += products[k];
            }
        }

        var covariance = new double[images.Size, images.Size];
        for (var k = 0; k < sums.Length; k++)
        {
            covariance[k / images.Size, k % images.Size] = sums[k] / (images.Count - 1);
        }

        return new Moments(images.Count, mean, covariance);
    }

    private static double[] MeanOf(ImageBlocks images)
    {
        var mean = new double[images.Size];
        foreach (var (_, count, block) in images.Blocks())
        {
            var values = block.Span;
            for (var i = 0; i < count; i++)
            {
                var image = values.Slice(i * images.Size, images.Size);
                for (var k = 0; k < image.Length; k++)
                {
                    mean[k] += image[k];
                }
            }
        }

        for (var k = 0; k < mean.Length; k++)
        {
            mean[k] /= images.Count;
        }

        return mean;
    }

    // One row per pixel. Centring before the product keeps the precision of float32.
    private static float[] Centre(ReadOnlySpan<float> block, int count, double[] mean)
    {
        var rows = new float[block.Length];
        for (var i = 0; i < count; i++)
        {
            for (var k = 0; k < mean.Length; k++)
            {
                rows[k * count + i] = (float)(block[i * mean.Length + k] - mean[k]);
            }
        }

        return rows;
    }
}
