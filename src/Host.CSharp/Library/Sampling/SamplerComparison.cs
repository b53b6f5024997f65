using System.Text.Json;
using ScoreFunctional.Host.Data;
using ScoreFunctional.Host.Files;
using ScoreFunctional.Host.Metrics;
using ScoreFunctional.Runs;

namespace ScoreFunctional.Host.Sampling;

/// <summary>What one sampler gave.</summary>
/// <param name="Name">Its name in the core's table.</param>
/// <param name="Steps">Its number of steps.</param>
/// <param name="Evaluations">Evaluations of the network that each sample took; where a tolerance chooses them, the mean.</param>
/// <param name="Seconds">Time that all samples took.</param>
/// <param name="Diverged">Samples with values that are not numbers; the figures below are then missing.</param>
/// <param name="Variance">Variance of all values of the samples.</param>
/// <param name="Frechet">Fréchet distance to the training images in their leading principal components; <c>null</c> for points.</param>
internal sealed record SamplerFigures(
    string Name, int Steps, int Evaluations, double Seconds, int Diverged, double? Variance, double? Frechet);

/// <summary>Samplers of one model side by side.</summary>
/// <param name="Count">Samples that each drew.</param>
/// <param name="DataVariance">Variance of all values of the training data.</param>
/// <param name="FrechetFloor">The Fréchet distance of as many test images, the mean over disjoint sets; <c>null</c> for points.</param>
/// <param name="FrechetFloorSpread">The standard deviation between those sets.</param>
/// <param name="Samplers">A row for each sampler.</param>
internal sealed record SamplerComparison(
    int Count, double DataVariance, double? FrechetFloor, double? FrechetFloorSpread, IReadOnlyList<SamplerFigures> Samplers)
{
    private const int DataPoints = 100_000;

    private static readonly JsonSerializerOptions Json = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
    };

    /// <summary>Draws samples with each sampler and measures them.</summary>
    /// <param name="model">The model.</param>
    /// <param name="images">The images that it learned from, if it learned from images.</param>
    /// <param name="samplers">The samplers, known to fit the model.</param>
    /// <param name="count">Samples of each, at least two.</param>
    /// <param name="drawn">After each sampler, given the comparison so far and what that sampler drew.</param>
    /// <param name="progress">Told what is being done and the part done.</param>
    /// <param name="cancellation">Stops between two moves.</param>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
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
            Plain.points(model.Design.Dataset, 0, "evaluation", 0, DataPoints), model.Shape.Size);
        var comparison = new SamplerComparison(count, PixelStatistics.Of(data).Variance, floor?.Floor, floor?.Spread, []);

        // The first moves of a process find nothing in place: they are not the first sampler's to pay for.
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

    /// <summary>Writes the figures as JSON.</summary>
    /// <param name="path">Where to write.</param>
    /// <exception cref="ScoreException">The file cannot be written.</exception>
    public void Save(string path) => AtomicFile.WriteText(path, JsonSerializer.Serialize(this, Json) + "\n");
}
