using MathNet.Numerics.Statistics;
using ScoreFunctional.Host.Data;

namespace ScoreFunctional.Host.Metrics;

/// <summary>The mean and the variance of all pixels of all images together, and the part that is exactly 0.</summary>
/// <param name="Mean">In units of the pixels, [0, 1].</param>
/// <param name="Variance">In squared units of the pixels.</param>
/// <param name="Zeros">0 to 1.</param>
internal sealed record PixelStatistics(double Mean, double Variance, double Zeros)
{
    /// <summary>Measures images.</summary>
    /// <param name="images">At least one image.</param>
    public static PixelStatistics Of(ImageBlocks images)
    {
        var (sum, squares, zeros) = (0.0, 0.0, 0L);
        foreach (var (_, _, block) in images.Blocks())
        {
            foreach (var value in block.Span)
            {
                sum += value;
                squares += (double)value * value;
                zeros += value == 0 ? 1 : 0;
            }
        }

        var count = (double)images.Count * images.Size;
        return new PixelStatistics(sum / count, squares / count - sum / count * (sum / count), zeros / count);
    }
}

/// <summary>Quantiles of a set of numbers.</summary>
/// <param name="Minimum">The smallest.</param>
/// <param name="P1">1 in 100 is below.</param>
/// <param name="P5">5 in 100 are below.</param>
/// <param name="Median">Half are below.</param>
/// <param name="P95">95 in 100 are below.</param>
/// <param name="P99">99 in 100 are below.</param>
internal sealed record Quantiles(double Minimum, double P1, double P5, double Median, double P95, double P99)
{
    /// <summary>Measures numbers; between two of them the quantile is interpolated.</summary>
    /// <param name="values">At least one.</param>
    /// <exception cref="ArgumentException">There are none.</exception>
    public static Quantiles Of(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        if (sorted.Length == 0)
        {
            throw new ArgumentException("expected at least one value, found none", nameof(values));
        }

        // The seventh of Hyndman and Fan's definitions is the linear one.
        double At(double part) => SortedArrayStatistics.QuantileCustom(sorted, part, QuantileDefinition.R7);

        return new Quantiles(sorted[0], At(0.01), At(0.05), At(0.5), At(0.95), At(0.99));
    }
}

/// <summary>How samples compare with the data that they should resemble.</summary>
/// <param name="Count">Samples measured.</param>
/// <param name="Pixels">Of the samples.</param>
/// <param name="TrainPixels">Of the training images.</param>
/// <param name="Frechet">PCA Fréchet distance between the samples and the training images.</param>
/// <param name="FrechetFloor">
/// The same for equally many test images, averaged over disjoint sets of them: what perfect samples would get.
/// </param>
/// <param name="FrechetFloorSpread">The standard deviation between those sets; 0 when there is only one.</param>
/// <param name="FrechetFloorAll">The same for all test images.</param>
/// <param name="TestCount">The number of all test images.</param>
/// <param name="Explained">The part of the training variance in the components of the distance.</param>
/// <param name="NearestDistance">Distance of each sample to the nearest training image.</param>
/// <param name="NearestRatio">Its ratio to the second-nearest distance; far below the floor is a copy.</param>
/// <param name="TestNearestDistance">The same distance for equally many test images.</param>
/// <param name="TestNearestRatio">The same ratio for equally many test images.</param>
internal sealed record SampleQuality(
    int Count,
    PixelStatistics Pixels,
    PixelStatistics TrainPixels,
    double Frechet,
    double FrechetFloor,
    double FrechetFloorSpread,
    double FrechetFloorAll,
    int TestCount,
    double Explained,
    Quantiles NearestDistance,
    Quantiles NearestRatio,
    Quantiles TestNearestDistance,
    Quantiles TestNearestRatio)
{
    private const int FloorSets = 10;

    /// <summary>Measures samples against a collection of images.</summary>
    /// <param name="samples">Values in [0, 1], shape <c>[n, channels, height, width]</c>, at least two.</param>
    /// <param name="data">The collection that the model learnt from.</param>
    /// <param name="progress">Told what is being measured and the finished part of it all, 0 to 1.</param>
    /// <param name="cancellation">Stops between two measurements.</param>
    /// <exception cref="ArgumentException">There are fewer than two samples, or they have another size.</exception>
    public static SampleQuality Measure(
        ReadOnlyMemory<float> samples, ImageData data, Action<string, double>? progress = null,
        CancellationToken cancellation = default)
    {
        var drawn = ImageBlocks.Of(samples, data.Train.Size);
        var train = ImageBlocks.Of(data.Train);
        var tests = ImageBlocks.Spread(data.Test, drawn.Count);

        progress?.Invoke("pixels", 0);
        var pixels = PixelStatistics.Of(drawn);
        var trainPixels = PixelStatistics.Of(train);
        cancellation.ThrowIfCancellationRequested();

        progress?.Invoke("principal components", 0.1);
        var frechet = PcaFrechet.Fit(train, Math.Min(PcaFrechet.DefaultComponents, train.Size));
        cancellation.ThrowIfCancellationRequested();
        var value = frechet.Distance(drawn);
        var (floor, spread) = FloorOf(frechet, tests);
        var floorAll = frechet.Distance(ImageBlocks.Of(data.Test));

        var nearest = NearestImages.Find(
            drawn, train, part => progress?.Invoke("nearest training images", 0.5 + 0.25 * part), cancellation);
        var nearestOfTest = NearestImages.Find(
            tests[0], train, part => progress?.Invoke("nearest training images", 0.75 + 0.25 * part), cancellation);
        return new SampleQuality(
            drawn.Count, pixels, trainPixels, value, floor, spread, floorAll, data.Test.Count, frechet.Explained,
            Quantiles.Of(nearest.Distances), Quantiles.Of(nearest.Ratios),
            Quantiles.Of(nearestOfTest.Distances), Quantiles.Of(nearestOfTest.Ratios));
    }

    /// <summary>What perfect samples would get: the mean over disjoint sets of test images, and their standard deviation.</summary>
    /// <param name="frechet">The distance.</param>
    /// <param name="tests">Sets of test images, as large as that of the samples.</param>
    public static (double Floor, double Spread) FloorOf(PcaFrechet frechet, IReadOnlyList<ImageBlocks> tests)
    {
        var values = tests.Take(FloorSets).Select(frechet.Distance).ToList();
        return (values.Mean(), values.Count < 2 ? 0 : values.StandardDeviation());
    }
}
