using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Serialization;
using ScoreFunctional.Host.Data;
using ScoreFunctional.Host.Files;
using ScoreFunctional.Host.Plotting.Reports;
using ScoreFunctional.Host.Sampling;
using ScoreFunctional.Host.Terminal;
using ScoreFunctional.Host.Training;
using ScoreFunctional.Runs;

namespace ScoreFunctional.Host.Commands;

/// <summary><c>score evaluate --bits-per-dim</c>.</summary>
internal static class LikelihoodCommand
{
    private static readonly JsonSerializerOptions Json = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    /// <summary>Measures the likelihood of test images, prints it with its error by source and writes <c>likelihood.json</c>.</summary>
    /// <param name="model">The model.</param>
    /// <param name="images">The images that it was trained on; <c>null</c> for points.</param>
    /// <param name="count">Number of test images.</param>
    /// <param name="asked">The options of the likelihood.</param>
    /// <param name="folder">The folder of the run.</param>
    /// <param name="outputs">Writes the file.</param>
    /// <param name="cancellation">Stops between two batches.</param>
    public static void Run(
        ScoreModel model, ImageData? images, int count, LikelihoodRequest asked, RunFolder folder,
        Outputs outputs, CancellationToken cancellation)
    {
        var options = new LikelihoodOptions
        {
            Count = count,
            Probes = asked.Probes,
            NoiseLevel = asked.Level?.Value,
            Tolerance = asked.Tolerance,
        };
        outputs.Expect(folder.Likelihood);
        var clock = Stopwatch.StartNew();
        var result = ProgressView.Run("evaluating", line => LikelihoodRun.Measure(
            model, images, options, line.Update, cancellation));
        Print(result, options, clock.Elapsed);
        if (outputs.Write(folder.Likelihood, path => AtomicFile.WriteText(path, JsonSerializer.Serialize(result, Json) + "\n")))
        {
            System.Console.Out.WriteLine(folder.Likelihood);
        }
    }

    private static void Print(LikelihoodResult result, LikelihoodOptions options, TimeSpan elapsed)
    {
        var output = System.Console.Out;
        output.WriteLine(Text.Line(
            $"{result.BitsPerDimension:0.0000} bits/dim on {result.Count} test images, {result.Evaluations:0} evaluations each, in {Duration.Text(elapsed)}"));
        Row("images", result.ImagesError, "standard error as an estimate for all images of this kind");
        Row("probes", result.ProbesError, $"standard error of {options.Probes} Rademacher probe(s) per image");
        Row("dequantisation", result.DequantisationError, "standard error of the uniform noise");
        Row("solver", result.SolverError, FormattableString.Invariant(
            $"change at a tenth of the tolerance of {options.Tolerance}"));
        Row("early stop", result.EarlyStop, FormattableString.Invariant(
            $"change when the flow starts at half the noise level of {result.NoiseLevel:0.#####}"));
        output.WriteLine(Text.Line(
            $"a full-covariance Gaussian has {LikelihoodRun.Gaussian} bits/dim in this convention: {result.Convention}"));

        void Row(string source, double bits, string what) =>
            output.WriteLine(Text.Line($"  {source,-16}{bits,9:0.0000}  {what}"));
    }
}
