using ScoreFunctional.Host.Data;
using ScoreFunctional.Host.Training;
using ScoreFunctional.Runs;

namespace ScoreFunctional.Host.Sampling;

/// <summary>Measures the likelihood of test images in batches.</summary>
internal static class LikelihoodRun
{
    private const int Batch = 64;

    /// <summary>Images that are measured again for each source of error, with one setting changed.</summary>
    private const int Repeats = 64;

    /// <summary>Distance of two grey values in model units: 256 values from −1 to 1.</summary>
    private const double Spacing = 2.0 / 255.0;

    /// <summary>Bits per dimension of a full-covariance Gaussian on the same images, in the same convention.</summary>
    public const double Gaussian = 5.285;

    /// <summary>The convention of bits per dimension.</summary>
    public const string Convention =
        "pixels x = (grey value + u) / 256 in [0, 1) with u uniform (dequantisation); the model gets an affine function of x that "
        + "maps the middle of each grey value's cell to the training value, 2·grey/255 − 1; "
        + "bits/dim = −log2 p(x) / 784 + 8 for x in [0, 1), equal to −log2 p(model) / 784 + log2(127.5); "
        + "p is the density of the probability flow from the prior to the given noise level; below the smallest noise level of "
        + "training, the denoiser is that of this level";

    /// <summary>Measures the likelihood of the first images of a test set.</summary>
    /// <param name="model">The model.</param>
    /// <param name="images">The data set; <c>null</c> for points.</param>
    /// <param name="options">The options.</param>
    /// <param name="progress">Receives the fraction done and the result so far.</param>
    /// <param name="cancellation">Stops between two batches.</param>
    /// <exception cref="ScoreException">An option is out of range, or the model is not one of images.</exception>
    public static LikelihoodResult Measure(
        ScoreModel model, ImageData? images, LikelihoodOptions options, Action<double, string>? progress,
        CancellationToken cancellation)
    {
        var (_, largest) = Composition.levelRange(model.Design);
        var level = options.NoiseLevel ?? Spacing / 2;
        if (images is null)
        {
            throw new ScoreException(
                ScoreErrorKind.Usage, $"expected a model of images for bits per dimension, found one of {model.Dataset}");
        }

        RunChoices.Require(Quantities.evaluationSamples, options.Count);
        RunChoices.Require(Quantities.probes, options.Probes);
        RunChoices.Require(Quantities.seed, options.Seed);
        RunChoices.Require(Quantities.likelihoodTolerance, options.Tolerance);
        RunChoices.Require(Quantities.noiseLevel, level);
        if (level >= largest)
        {
            throw new ScoreException(
                ScoreErrorKind.Usage,
                FormattableString.Invariant($"{Quantities.noiseLevel.Name} must be below {largest}, the largest noise level of the run, not {level}"));
        }

        var choice = new LikelihoodChoice(level, options.Probes, options.Tolerance);
        var count = Math.Min(options.Count, images.Test.Count);
        var repeats = Math.Min(Repeats, count);
        var evaluations = new List<int>();
        var done = 0;

        // The errors by source are measured first, on the first images.
        var probes = Score(repeats, choice, 0, 1);
        var dequantised = Score(repeats, choice, 1, 2);
        var solver = Score(repeats, new LikelihoodChoice(level, options.Probes, options.Tolerance / 10), 0, 0);
        var earlyStop = Score(repeats, new LikelihoodChoice(level / 2, options.Probes, options.Tolerance), 0, 0);
        evaluations.Clear();
        var all = Score(count, choice, 0, 0);
        var budget = BitsPerDimensionModule.budget(
            Spacing, images.Test.Size, new Rescored(all, probes, dequantised, solver, earlyStop));
        return new LikelihoodResult
        {
            BitsPerDimension = budget.Mean,
            Count = budget.Count,
            ImagesError = budget.Images,
            ProbesError = budget.Probes,
            DequantisationError = budget.Dequantisation,
            SolverError = budget.Solver,
            EarlyStop = budget.EarlyStop,
            NoiseLevel = level,
            Evaluations = evaluations.Average(),
            Convention = Convention,
            Images = [.. all.Select(Bits)],
        };

        double[] Score(int wanted, LikelihoodChoice how, int draw, int probe)
        {
            var nats = new List<double>();
            for (var first = 0; first < wanted; first += Batch)
            {
                cancellation.ThrowIfCancellationRequested();
                var values = images.Test.GetRange(first, Math.Min(Batch, wanted - first));
                PixelScale.ToModel(values);
                var found = model.LogDensity(values, Spacing, how, options.Seed, draw, probe, first);
                evaluations.Add(found.Evaluations);
                nats.AddRange(found.Nats);
                done += found.Nats.Length;
                progress?.Invoke(
                    done / (double)(count + 4 * repeats),
                    FormattableString.Invariant($"{done}/{count + 4 * repeats}  {Bits(nats.Average()):0.000} bits/dim"));
            }

            return [.. nats];
        }

        double Bits(double nats) => Likelihood.bitsPerDimension(Spacing, images.Test.Size, nats);
    }
}
