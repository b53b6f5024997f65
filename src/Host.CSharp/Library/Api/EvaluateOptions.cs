namespace ScoreFunctional.Host;

/// <summary>Options of an evaluation.</summary>
public sealed record EvaluateOptions
{
    /// <summary>Number of samples to draw and compare, and number of test samples for the losses; at least 2.</summary>
    public int Count { get; init; } = 1000;

    /// <summary>The seed of the samples and of the noise.</summary>
    public long Seed { get; init; }

    /// <summary>Folder with the four MNIST files; by default <c>SCORE_DATA</c>, else the cache, else a download.</summary>
    public string? DataFolder { get; init; }
}

/// <summary>The denoising loss at one noise level.</summary>
/// <param name="Sigma">The noise level, a standard deviation in data units.</param>
/// <param name="Loss">Mean squared error of the predicted unit noise over test samples and dimensions; 1 for a model that predicts zero.</param>
/// <param name="NoiseNormRatio">Norm of the predicted noise divided by that of the true noise, mean over test samples.</param>
public sealed record LevelResult(double Sigma, double Loss, double NoiseNormRatio);

/// <summary>Results of an evaluation. Results on images are <c>null</c> for points of the plane.</summary>
public sealed record EvaluationResult
{
    /// <summary>Number of samples compared.</summary>
    public required int Count { get; init; }

    /// <summary>Denoising losses, by rising noise level.</summary>
    public required IReadOnlyList<LevelResult> Levels { get; init; }

    /// <summary>Mean of all values of the samples.</summary>
    public required double Mean { get; init; }

    /// <summary>Variance of all values of the samples.</summary>
    public required double Variance { get; init; }

    /// <summary>Mean of all values of the training data.</summary>
    public required double DataMean { get; init; }

    /// <summary>Variance of all values of the training data.</summary>
    public required double DataVariance { get; init; }

    /// <summary>Fréchet distance between samples and training images in the first 64 principal components of the latter.</summary>
    public double? Frechet { get; init; }

    /// <summary>The same distance for as many test images: the value of perfect samples.</summary>
    public double? FrechetFloor { get; init; }

    /// <summary>Median distance from a sample to the nearest training image.</summary>
    public double? NearestDistance { get; init; }

    /// <summary>Median distance from a test image to the nearest training image.</summary>
    public double? TestNearestDistance { get; init; }

    /// <summary>Smallest distance from a sample to a training image; near zero if a sample is a copy.</summary>
    public double? SmallestDistance { get; init; }
}
