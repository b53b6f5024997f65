using System.Runtime.InteropServices;
using System.Text.Json;
using ScoreFunctional.Host.Data;
using ScoreFunctional.Host.Files;
using ScoreFunctional.Host.Metrics;
using ScoreFunctional.Host.Training;
using ScoreFunctional.Runs;

namespace ScoreFunctional.Host.Sampling;

/// <summary>An evaluated model.</summary>
/// <param name="Result">The results of the API.</param>
/// <param name="Quality">All measurements on images; <c>null</c> for points.</param>
/// <param name="Samples">The samples that were evaluated.</param>
internal sealed record ModelEvaluation(EvaluationResult Result, SampleQuality? Quality, SampleResult Samples)
{
    /// <summary>Number of noise levels for the loss.</summary>
    private const int Levels = 8;

    private const int Batch = 64;

    private static readonly JsonSerializerOptions Json = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        NumberHandling = System.Text.Json.Serialization.JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    /// <summary>Evaluates a model.</summary>
    /// <param name="model">The model.</param>
    /// <param name="images">The images that it was trained on; <c>null</c> for points.</param>
    /// <param name="options">The options.</param>
    /// <param name="progress">Receives the current measurement and the fraction done.</param>
    /// <param name="cancellation">Stops between two measurements.</param>
    /// <exception cref="ScoreException">An option is out of range, or samples diverge.</exception>
    public static ModelEvaluation Measure(
        ScoreModel model, ImageData? images, EvaluateOptions options, Action<string, double>? progress,
        CancellationToken cancellation)
    {
        RunChoices.Require(Quantities.evaluationSamples, options.Count);
        RunChoices.Require(Quantities.seed, options.Seed);
        // Checked before the losses, which take long.
        RunChoices.ValueOrThrow(MemoryBudget.samples(model.Design, options.Count));
        var levels = MeasureLevels(model, images, options, part => progress?.Invoke("loss by noise level", 0.2 * part), cancellation);
        var samples = model.Sample(
            new SampleOptions { Count = options.Count, Seed = options.Seed },
            new Relay(part => progress?.Invoke("samples", 0.2 + 0.5 * part)),
            cancellation);
        if (images is null)
        {
            var data = Interop.points(model.Design.Dataset, options.Seed, "evaluation", 0, 100_000);
            return new ModelEvaluation(Figures(samples, levels, Moments(data)), null, samples);
        }

        var quality = SampleQuality.Measure(
            samples.Values, images, (what, part) => progress?.Invoke(what, 0.7 + 0.3 * part), cancellation);
        var result = Figures(samples, levels, (quality.TrainPixels.Mean, quality.TrainPixels.Variance)) with
        {
            Frechet = quality.Frechet,
            FrechetFloor = quality.FrechetFloor,
            NearestDistance = quality.NearestDistance.Median,
            TestNearestDistance = quality.TestNearestDistance.Median,
            SmallestDistance = quality.NearestDistance.Minimum,
        };
        return new ModelEvaluation(result, quality, samples);
    }

    /// <summary>Writes the results as JSON.</summary>
    /// <param name="path">Path of the file.</param>
    /// <exception cref="ScoreException">The file cannot be written.</exception>
    public void Save(string path) => AtomicFile.WriteText(
        path, JsonSerializer.Serialize(new { result = Result, nfe = Samples.Nfe, images = Quality }, Json) + "\n");

    private static EvaluationResult Figures(
        SampleResult samples, IReadOnlyList<LevelResult> levels, (double Mean, double Variance) data)
    {
        var (mean, variance) = Moments(samples.Values);
        return new EvaluationResult
        {
            Count = samples.Count,
            Levels = levels,
            Mean = mean,
            Variance = variance,
            DataMean = data.Mean,
            DataVariance = data.Variance,
        };
    }

    private static (double Mean, double Variance) Moments(ReadOnlyMemory<float> memory)
    {
        var values = MemoryMarshal.ToEnumerable(memory);
        var mean = values.Average(value => (double)value);
        return (mean, values.Average(value => (value - mean) * (value - mean)));
    }

    private static List<LevelResult> MeasureLevels(
        ScoreModel model, ImageData? images, EvaluateOptions options, Action<double> progress,
        CancellationToken cancellation)
    {
        var (smallest, largest) = Composition.levelRange(model.Design);
        var count = images is null ? options.Count : Math.Min(options.Count, images.Test.Count);
        var results = new List<LevelResult>();
        for (var level = 0; level < Levels; level++)
        {
            var sigma = smallest * Math.Pow(largest / smallest, level / (Levels - 1.0));
            var (loss, ratio) = (0.0, 0.0);
            for (var first = 0; first < count; first += Batch)
            {
                cancellation.ThrowIfCancellationRequested();
                var found = model.LossAt(
                    sigma, TestSamples(model, images, first, Math.Min(Batch, count - first), options.Seed), options.Seed, first);
                var share = (double)Math.Min(Batch, count - first) / count;
                (loss, ratio) = (loss + share * found.Loss, ratio + share * found.NoiseRatio);
                progress((level + (first + Batch) / (double)(count + Batch)) / Levels);
            }

            results.Add(new LevelResult(sigma, loss, ratio));
        }

        return results;
    }

    private static float[] TestSamples(ScoreModel model, ImageData? images, int first, int count, long seed)
    {
        if (images is null)
        {
            return Interop.points(model.Design.Dataset, seed, "test", first, count);
        }

        var values = images.Test.GetRange(first, count);
        PixelScale.ToModel(values);
        return values;
    }

    private sealed class Relay(Action<double> report) : IProgress<SampleProgress>
    {
        public void Report(SampleProgress value) => report(value.Fraction);
    }
}
