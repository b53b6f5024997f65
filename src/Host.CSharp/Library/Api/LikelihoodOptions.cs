namespace ScoreFunctional.Host;

/// <summary>Options of a likelihood measurement.</summary>
public sealed record LikelihoodOptions
{
    /// <summary>Number of test images, from the first on; at most all of them are used.</summary>
    public int Count { get; init; } = 1000;

    /// <summary>Probes of the divergence estimator per image, at most 1,000.</summary>
    public int Probes { get; init; } = 1;

    /// <summary>The noise level at which the probability flow starts, a standard deviation in data units; by default half a grey value.</summary>
    public double? NoiseLevel { get; init; }

    /// <summary>Error per step of the ODE solver, relative to the current noise level: from 0.0001 to 1.</summary>
    public double Tolerance { get; init; } = 0.02;

    /// <summary>The seed of the probes and of the dequantisation.</summary>
    public long Seed { get; init; }

    /// <summary>Folder with the four MNIST files; by default <c>SCORE_DATA</c>, else the cache, else a download.</summary>
    public string? DataFolder { get; init; }
}

/// <summary>The likelihood of test images in bits per dimension, with its error by source.</summary>
public sealed record LikelihoodResult
{
    /// <summary>Mean over the images, in bits per pixel.</summary>
    public required double BitsPerDimension { get; init; }

    /// <summary>Number of images.</summary>
    public required int Count { get; init; }

    /// <summary>Standard error as an estimate for all images of this kind; it includes the random errors below.</summary>
    public required double ImagesError { get; init; }

    /// <summary>Standard error of the divergence probes.</summary>
    public required double ProbesError { get; init; }

    /// <summary>Standard error of the dequantisation.</summary>
    public required double DequantisationError { get; init; }

    /// <summary>Change at a tenth of the tolerance, measured on the first images.</summary>
    public required double SolverError { get; init; }

    /// <summary>Change when the flow starts at half of <see cref="NoiseLevel"/>, measured on the first images.</summary>
    public required double EarlyStop { get; init; }

    /// <summary>The noise level at which the flow started.</summary>
    public required double NoiseLevel { get; init; }

    /// <summary>Evaluations of the network and its derivative per image, mean over batches.</summary>
    public required double Evaluations { get; init; }

    /// <summary>The convention of the value: pixel scale, dequantisation, logarithm and offset.</summary>
    public required string Convention { get; init; }

    /// <summary>Bits per dimension of each image.</summary>
    public required IReadOnlyList<double> Images { get; init; }
}
