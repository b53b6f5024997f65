using ScoreFunctional.Runs;

namespace ScoreFunctional.Host.Metrics;

/// <summary>The nearest reference image of each image, by Euclidean distance of pixels.</summary>
/// <param name="Indices">The indices of the nearest reference images.</param>
/// <param name="Distances">The distances to them.</param>
/// <param name="Ratios">The distance to the nearest divided by that to the second nearest; small for a copy.</param>
internal sealed record NearestImages(int[] Indices, double[] Distances, double[] Ratios)
{
    // Candidates are found in float32 by |x|² + |y|² − 2xy, which is inexact near 0; the best few are measured again.
    private const int Candidates = 4;

    /// <summary>Searches all reference images for each image.</summary>
    /// <param name="images">The images.</param>
    /// <param name="reference">At least two reference images of the same size.</param>
    /// <param name="progress">Receives the fraction done, in [0, 1].</param>
    /// <param name="cancellation">Stops the search.</param>
    /// <exception cref="ArgumentException">The sizes differ, or there are fewer than two reference images.</exception>
    public static NearestImages Find(
        ImageBlocks images, ImageBlocks reference, Action<double>? progress = null,
        CancellationToken cancellation = default)
    {
        if (images.Size != reference.Size || reference.Count < 2)
        {
            throw new ArgumentException(
                $"expected at least 2 reference images of {images.Size} values, "
                + $"found {reference.Count} of {reference.Size}",
                nameof(reference));
        }

        var queries = images.Read(0, images.Count).ToArray();
        var queryNorms = Norms(queries, images.Size);
        var best = new Best[images.Count];
        for (var i = 0; i < best.Length; i++)
        {
            best[i] = new Best();
        }

        foreach (var (start, count, values) in reference.Blocks())
        {
            cancellation.ThrowIfCancellationRequested();
            var block = values.ToArray();
            var norms = Norms(block, reference.Size);
            var products = Interop.products(images.Size, queries, block);
            Parallel.For(0, images.Count, i =>
            {
                for (var j = 0; j < count; j++)
                {
                    best[i].Offer(queryNorms[i] + norms[j] - 2 * products[i * count + j], start + j);
                }
            });
            progress?.Invoke((double)(start + count) / reference.Count);
        }

        return Measure(images, reference, best);
    }

    private static float[] Norms(float[] images, int size) =>
        [.. images.Chunk(size).Select(image => (float)image.Sum(value => (double)value * value))];

    private static NearestImages Measure(ImageBlocks images, ImageBlocks reference, Best[] best)
    {
        var (indices, distances, ratios) = (new int[best.Length], new double[best.Length], new double[best.Length]);
        Parallel.For(0, best.Length, i =>
        {
            var image = images.Read(i, 1).Span;
            var measured = new List<(double Distance, int Index)>(Candidates);
            foreach (var index in best[i].Indices)
            {
                measured.Add((Distance(image, reference.Read(index, 1).Span), index));
            }

            measured.Sort();
            indices[i] = measured[0].Index;
            distances[i] = measured[0].Distance;
            ratios[i] = measured[1].Distance > 0 ? measured[0].Distance / measured[1].Distance : 1;
        });
        return new NearestImages(indices, distances, ratios);
    }

    private static double Distance(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        var sum = 0.0;
        for (var i = 0; i < a.Length; i++)
        {
            var difference = (double)a[i] - b[i];
            sum += difference * difference;
        }

        return Math.Sqrt(sum);
    }

    // The smallest squared distances so far, in rising order.
    private sealed class Best
    {
        private readonly float[] _squares = [.. Enumerable.Repeat(float.PositiveInfinity, Candidates)];
        private readonly int[] _indices = [.. Enumerable.Repeat(-1, Candidates)];

        public IEnumerable<int> Indices => _indices.Where(index => index >= 0);

        public void Offer(float square, int index)
        {
            if (!(square < _squares[^1]))
            {
                return;
            }

            var place = Candidates - 1;
            for (; place > 0 && square < _squares[place - 1]; place--)
            {
                (_squares[place], _indices[place]) = (_squares[place - 1], _indices[place - 1]);
            }

            (_squares[place], _indices[place]) = (square, index);
        }
    }
}
