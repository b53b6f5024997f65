using System.Text.Json;
using ScoreFunctional.Host.Data;
using ScoreFunctional.Host.Files;
using ScoreFunctional.Host.Metrics;
using ScoreFunctional.Runs;

namespace ScoreFunctional.Host.Sampling;

/// <summary>Results of one sampler.</summary>
/// <param name="Name">The name of the sampler.</param>
/// <param name="Steps">Number of steps.</param>
/// <param name="Evaluations">Evaluations of the network per sample; for adaptive samplers the mean.</param>
/// <param name="Seconds">Time for all samples, in seconds.</param>
/// <param name="Diverged">Number of samples with values that are not finite; if there are any, the next two are <c>null</c>.</param>
/// <param name="Variance">Variance of all values of the samples.</param>
/// <param name="Frechet">PCA Fréchet distance to the training images; <c>null</c> for points.</param>
internal sealed record SamplerFigures(
    string Name, int Steps, int Evaluations, double Seconds, int Diverged, double? Variance, double? Frechet);

/// <summary>A comparison of samplers on one model.</summary>
/// <param name="Count">Samples per sampler.</param>
/// <param name="DataVariance">Variance of all values of the training data.</param>
/// <param name="FrechetFloor">The Fréchet distance of as many test images, mean over disjoint sets; <c>null</c> for points.</param>
/// <param name="FrechetFloorSpread">The standard deviation between those sets.</param>
/// <param name="Samplers">The results, one per sampler.</param>
internal sealed record SamplerComparison(
    int Count, double DataVariance, double? FrechetFloor, double? FrechetFloorSpread, IReadOnlyList<SamplerFigures> Samplers)
{
    private const int DataPoints = 100_000;

    private static readonly JsonSerializerOptions Json = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
    };

    /// <summary>Draws samples with each sampler and evaluates them.</summary>
    /// <param name="model">The model.</param>
    /// <param name="images">The images that it was trained on; <c>null</c> for points.</param>
    /// <param name="samplers">The samplers, which must suit the model.</param>
    /// <param name="count">Samples per sampler, at least two.</param>
    /// <param name="drawn">Called after each sampler with the comparison so far and the samples.</param>
    /// <param name="progress">Receives the current task and the fraction done.</param>
    /// <param name="cancellation">Stops between two steps of the sampler.</param>
    /// <exception cref="OperationCanceledException">The call was cancelled.</exception>
    public static SamplerComparison Measure(
        ScoreModel model, ImageData? images, IReadOnlyList<Sampler> samplers, int count,
        Action<SamplerComparison, SampleResult> drawn, Action<string, double> progress, CancellationToken cancellation)
    {
        progress("principal components", 0);
        var train = images is null ? null : ImageBlocks.Of(images.Train);
        var frechet = train is null ? null : PcaFrechet.Fit(train, Math.Min(PcaFrechet.DefaultComponents, train.Size));
        (double Floor, double Spread)? floor =
            frechet is null ? null : SampleQuality.FloorOf(frechet, ImageBlocks.Spread(images!.Test, count));

        var data = train ?? ImageBlocks.Of(
            Interop.points(model.Design.Dataset, 0, "evaluation", 0, DataPoints), model.Shape.Size);
        var comparison = new SamplerComparison(count, PixelStatistics.Of(data).Variance, floor?.Floor, floor?.Spread, []);

        // The first steps of a process take longer: a short run keeps that out of the time of the first sampler.
        _ = Draw(RunChoices.Sampler(model.Design, "euler:steps=2", null, null), 1, _ => { });

        foreach (var sampler in samplers)
        {
            var name = sampler.Name;
            var done = comparison.Samplers.Count;
            var samples = Draw(sampler, count, part => progress(
                $"{name} {part.Done}/{count}", (done + part.Fraction) / samplers.Count));
            var diverged = samples.CountDiverged();
            var values = ImageBlocks.Of(samples.Values, model.Shape.Size);
            var figures = new SamplerFigures(
                name, sampler.DefaultSteps.Invoke(model.Design.Process), samples.Nfe, samples.Elapsed.TotalSeconds, diverged,
                diverged > 0 ? null : PixelStatistics.Of(values).Variance,
                diverged > 0 ? null : frechet?.Distance(values));
            comparison = comparison with { Samplers = [.. comparison.Samplers, figures] };
            drawn(comparison, samples);
        }

        return comparison;

        SampleResult Draw(Sampler sampler, int many, Action<SampleProgress> report) =>
            model.Sample(sampler, null, 1, many, 0, 0, report, cancellation);
    }

    /// <summary>Writes the results as JSON.</summary>
    /// <param name="path">Path of the file.</param>
    /// <exception cref="ScoreException">The file cannot be written.</exception>
    public void Save(string path) => AtomicFile.WriteText(path, JsonSerializer.Serialize(this, Json) + "\n");
}
