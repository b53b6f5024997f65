namespace ScoreFunctional.Host;

/// <summary>How to measure the likelihood of test images.</summary>
public sealed record LikelihoodOptions
{
    /// <summary>How many test images are scored, from the first on; all of them where there are fewer.</summary>
    public int Count { get; init; } = 1000;

    /// <summary>Probes of the divergence for each image, at most 1,000.</summary>
    public int Probes { get; init; } = 1;

    /// <summary>The noise level at which the flow begins, a standard deviation in data units; half a grey value when left out.</summary>
    public double? NoiseLevel { get; init; }

    /// <summary>What a step of the solver may err by, relative to the noise of the moment: from 0.0001 to 1.</summary>
    public double Tolerance { get; init; } = 0.02;

    /// <summary>The seed of probes and dequantisation.</summary>
    public long Seed { get; init; }

    /// <summary>Folder with the four MNIST files; else <c>SCORE_DATA</c>, the cache, or a download.</summary>
    public string? DataFolder { get; init; }
}

/// <summary>The likelihood of test images in bits per dimension, and what is not known about it, by source.</summary>
public sealed record LikelihoodResult
{
    /// <summary>Mean over the images, in bits for each pixel.</summary>
    public required double BitsPerDimension { get; init; }

    /// <summary>Images scored.</summary>
    public required int Count { get; init; }

    /// <summary>Standard error as an estimate for all images of this kind: the spread over images, and all that is random below.</summary>
    public required double ImagesError { get; init; }

    /// <summary>Standard error from the probes of the divergence.</summary>
    public required double ProbesError { get; init; }

    /// <summary>Standard error from the draw of the dequantisation.</summary>
    public required double DequantisationError { get; init; }

    /// <summary>What a tenth of the tolerance changes, measured on the first images.</summary>
    public required double SolverError { get; init; }

    /// <summary>What changes when the flow begins at half of <see cref="NoiseLevel"/>, measured on the first images.</summary>
    public required double EarlyStop { get; init; }

    /// <summary>The noise level at which the flow began.</summary>
    public required double NoiseLevel { get; init; }

    /// <summary>Evaluations of the network with its derivative, mean over batches.</summary>
    public required double Evaluations { get; init; }

    /// <summary>What the figure means: pixel scale, dequantisation, logarithm and offset.</summary>
    public required string Convention { get; init; }

    /// <summary>Bits per dimension of each image.</summary>
    public required IReadOnlyList<double> Images { get; init; }
}
