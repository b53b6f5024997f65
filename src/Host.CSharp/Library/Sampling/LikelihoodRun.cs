using ScoreFunctional.Host.Data;
using ScoreFunctional.Host.Training;
using ScoreFunctional.Runs;

namespace ScoreFunctional.Host.Sampling;

/// <summary>Scores test images in batches: every image asked for, the last batch as small as it is.</summary>
internal static class LikelihoodRun
{
    private const int Batch = 64;

    /// <summary>Images that are scored once more with one thing changed, for each source of error.</summary>
    private const int Again = 64;

    /// <summary>Distance of two grey values in the units of the model, whose pixels run from −1 to 1 in 256 values.</summary>
    private const double Spacing = 2.0 / 255.0;

    /// <summary>The figure of a full-covariance Gaussian on the same images in the same convention.</summary>
    public const double Gaussian = 5.285;

    /// <summary>What the figure means.</summary>
    public const string Convention =
        "pixels x = (grey value + u) / 256 in [0, 1), u uniform (dequantised); the model sees the affine image of x that "
        + "carries the middle of each grey value's cell to the value it was trained on, 2·grey/255 − 1; "
        + "bits/dim = −log2 p(x) / 784 + 8 for x in [0, 1), which is −log2 p(model) / 784 + log2(127.5); "
        + "p is the density that the probability flow carries from the prior to the noise level given, with the "
        + "denoiser held below the smallest level that the run has learned";

    /// <summary>Scores the first images of a test set.</summary>
    /// <param name="model">The model.</param>
    /// <param name="images">The images.</param>
    /// <param name="options">How.</param>
    /// <param name="progress">Told the part done and the figure so far.</param>
    /// <param name="cancellation">Stops between two batches.</param>
    /// <exception cref="ScoreException">The options are not possible.</exception>
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

        RunChoices.Require(Quantities.measured, options.Count);
        RunChoices.Require(Quantities.probes, options.Probes);
        RunChoices.Require(Quantities.seed, options.Seed);
        RunChoices.Require(Quantities.likelihoodTolerance, options.Tolerance);
        RunChoices.Require(Quantities.noiseLevel, level);
        if (level >= largest)
        {
            throw new ScoreException(
                ScoreErrorKind.Usage,
                FormattableString.Invariant($"{Quantities.noiseLevel.Name} must be below {largest}, the largest of the run, not {level}"));
        }

        var choice = new LikelihoodChoice(level, options.Probes, options.Tolerance);
        var count = Math.Min(options.Count, images.Test.Count);
        var again = Math.Min(Again, count);
        var evaluations = new List<int>();
        var done = 0;

        // The few that tell the sources of error apart come first: the figure grows on the screen with all of them known.
        var probes = Score(again, choice, 0, 1);
        var dequantised = Score(again, choice, 1, 2);
        var solver = Score(again, new LikelihoodChoice(level, options.Probes, options.Tolerance / 10), 0, 0);
        var earlyStop = Score(again, new LikelihoodChoice(level / 2, options.Probes, options.Tolerance), 0, 0);
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
                    done / (double)(count + 4 * again),
                    FormattableString.Invariant($"{done}/{count + 4 * again}  {Bits(nats.Average()):0.000} bits/dim"));
            }

            return [.. nats];
        }

        double Bits(double nats) => Likelihood.bitsPerDimension(Spacing, images.Test.Size, nats);
    }
}
