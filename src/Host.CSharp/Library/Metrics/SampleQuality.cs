using MathNet.Numerics.Statistics;
using ScoreFunctional.Host.Data;

namespace ScoreFunctional.Host.Metrics;

/// <summary>Statistics of all pixels of all images together.</summary>
/// <param name="Mean">The mean; pixels are in [0, 1].</param>
/// <param name="Variance">The variance.</param>
/// <param name="Zeros">The fraction of pixels that are exactly 0.</param>
internal sealed record PixelStatistics(double Mean, double Variance, double Zeros)
{
    /// <summary>The statistics of images.</summary>
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
/// <param name="Minimum">The minimum.</param>
/// <param name="P1">The 1 % quantile.</param>
/// <param name="P5">The 5 % quantile.</param>
/// <param name="Median">The median.</param>
/// <param name="P95">The 95 % quantile.</param>
/// <param name="P99">The 99 % quantile.</param>
internal sealed record Quantiles(double Minimum, double P1, double P5, double Median, double P95, double P99)
{
    /// <summary>The quantiles of numbers, with linear interpolation.</summary>
    /// <param name="values">At least one number.</param>
    /// <exception cref="ArgumentException">There are no numbers.</exception>
    public static Quantiles Of(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        if (sorted.Length == 0)
        {
            throw new ArgumentException("expected at least one value, found none", nameof(values));
        }

        // R7 is Hyndman and Fan's seventh definition, the linear interpolation.
        double At(double part) => SortedArrayStatistics.QuantileCustom(sorted, part, QuantileDefinition.R7);

        return new Quantiles(sorted[0], At(0.01), At(0.05), At(0.5), At(0.95), At(0.99));
    }
}

/// <summary>A comparison of samples with training and test images.</summary>
/// <param name="Count">Number of samples.</param>
/// <param name="Pixels">Pixels of the samples.</param>
/// <param name="TrainPixels">Pixels of the training images.</param>
/// <param name="Frechet">PCA Fréchet distance between the samples and the training images.</param>
/// <param name="FrechetFloor">
/// The same distance for as many test images, mean over disjoint sets of them: the value of perfect samples.
/// </param>
/// <param name="FrechetFloorSpread">The standard deviation between those sets; 0 for a single set.</param>
/// <param name="FrechetFloorAll">The same distance for all test images.</param>
/// <param name="TestCount">Number of all test images.</param>
/// <param name="Explained">The fraction of the training variance in the components of the distance.</param>
/// <param name="NearestDistance">Distance from each sample to the nearest training image.</param>
/// <param name="NearestRatio">Its ratio to the distance of the second nearest; a copy is far below the test images.</param>
/// <param name="TestNearestDistance">The same distance for as many test images.</param>
/// <param name="TestNearestRatio">The same ratio for as many test images.</param>
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

    /// <summary>Compares samples with a data set of images.</summary>
    /// <param name="samples">Values in [0, 1], shape <c>[n, channels, height, width]</c>, at least two.</param>
    /// <param name="data">The data set of the model.</param>
    /// <param name="progress">Receives the current measurement and the fraction done, in [0, 1].</param>
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

    /// <summary>The Fréchet distance of perfect samples: mean and standard deviation over disjoint sets of test images.</summary>
    /// <param name="frechet">The distance.</param>
    /// <param name="tests">Sets of test images, each as large as that of the samples.</param>
    public static (double Floor, double Spread) FloorOf(PcaFrechet frechet, IReadOnlyList<ImageBlocks> tests)
    {
        var values = tests.Take(FloorSets).Select(frechet.Distance).ToList();
        return (values.Mean(), values.Count < 2 ? 0 : values.StandardDeviation());
    }
}
