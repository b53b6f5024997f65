namespace ScoreFunctional.Host.Metrics;

/// <summary>The mean and the covariance of images as vectors of pixels.</summary>
/// <param name="Count">Images.</param>
/// <param name="Mean">The mean, <c>[d]</c>.</param>
/// <param name="Covariance">The unbiased covariance (divided by n - 1), <c>[d, d]</c>.</param>
internal sealed record Moments(int Count, double[] Mean, double[,] Covariance)
{
    /// <summary>Measures images.</summary>
    /// <param name="images">At least two images.</param>
    /// <exception cref="ArgumentException">There are fewer than two images.</exception>
    public static Moments Of(ImageBlocks images)
    {
        if (images.Count < 2)
        {
            throw new ArgumentException($"expected at least 2 images, found {images.Count}", nameof(images));
        }

        var mean = MeanOf(images);
        var sums = new double[images.Size, images.Size];
        foreach (var (_, count, values) in images.Blocks())
        {
            AddProducts(Centre(values, count, mean), sums);
        }

        for (var i = 0; i < images.Size; i++)
        {
            for (var j = 0; j <= i; j++)
            {
                sums[i, j] = sums[j, i] = sums[j, i] / (images.Count - 1);
            }
        }

        return new Moments(images.Count, mean, sums);
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

    // One row for each pixel, centred before it becomes an inner product: float32 then loses nothing that matters.
    private static PaddedRows Centre(ReadOnlyMemory<float> block, int count, double[] mean)
    {
        var rows = new PaddedRows(mean.Length, count);
        Parallel.For(0, mean.Length, k =>
        {
            var values = block.Span;
            var row = rows[k];
            for (var i = 0; i < count; i++)
            {
                row[i] = (float)(values[i * mean.Length + k] - mean[k]);
            }
        });
        return rows;
    }

    // The upper triangle of the sums of products, tile by tile; tiles of different rows never meet.
    private static void AddProducts(PaddedRows rows, double[,] sums)
    {
        var tiles = (rows.Rows + PaddedRows.TileRows - 1) / PaddedRows.TileRows;
        Parallel.For(0, tiles, tile =>
        {
            Span<float> products = stackalloc float[PaddedRows.TileRows * PaddedRows.TileColumns];
            var top = tile * PaddedRows.TileRows;
            for (var left = top; left < rows.Rows; left += PaddedRows.TileColumns)
            {
                PaddedRows.InnerProducts(rows, top, rows, left, products);
                for (var r = 0; r < PaddedRows.TileRows && top + r < rows.Rows; r++)
                {
                    for (var c = 0; c < PaddedRows.TileColumns && left + c < rows.Rows; c++)
                    {
                        if (left + c >= top + r)
                        {
                            sums[top + r, left + c] += products[r * PaddedRows.TileColumns + c];
                        }
                    }
                }
            }
        });
    }
}
