namespace ScoreFunctional.Host;

/// <summary>How to measure a model.</summary>
public sealed record EvaluateOptions
{
    /// <summary>How many samples are drawn and compared, and how many test samples the losses are measured on.</summary>
    public int Count { get; init; } = 1000;

    /// <summary>The seed of the samples and of the noise.</summary>
    public long Seed { get; init; }

    /// <summary>Folder with the four MNIST files; else <c>SCORE_DATA</c>, the cache, or a download.</summary>
    public string? DataFolder { get; init; }
}

/// <summary>How well a model removes noise of one level.</summary>
/// <param name="Sigma">The noise level, a standard deviation in data units.</param>
/// <param name="Loss">Mean squared error of the predicted unit noise, over test samples and dimensions: 1 for a model that predicts none.</param>
/// <param name="NoiseNormRatio">Norm of the predicted noise over that of the true noise, mean over test samples.</param>
public sealed record LevelResult(double Sigma, double Loss, double NoiseNormRatio);

/// <summary>What a model was measured at. Figures on images are <c>null</c> for points of the plane.</summary>
public sealed record EvaluationResult
{
    /// <summary>Samples drawn and compared.</summary>
    public required int Count { get; init; }

    /// <summary>Denoising loss at noise levels from small to large.</summary>
    public required IReadOnlyList<LevelResult> Levels { get; init; }

    /// <summary>Mean of all values of the samples.</summary>
    public required double Mean { get; init; }

    /// <summary>Variance of all values of the samples.</summary>
    public required double Variance { get; init; }

    /// <summary>Mean of all values of the training data.</summary>
    public required double DataMean { get; init; }

    /// <summary>Variance of all values of the training data.</summary>
    public required double DataVariance { get; init; }

    /// <summary>Fréchet distance to the training images in their first 64 principal components.</summary>
    public double? Frechet { get; init; }

    /// <summary>The same for equally many test images: what perfect samples would get.</summary>
    public double? FrechetFloor { get; init; }

    /// <summary>Median distance of a sample to the nearest training image.</summary>
    public double? NearestDistance { get; init; }

    /// <summary>The same for test images.</summary>
    public double? TestNearestDistance { get; init; }

    /// <summary>Smallest distance of a sample to a training image: near zero for a copy.</summary>
    public double? SmallestDistance { get; init; }
}
