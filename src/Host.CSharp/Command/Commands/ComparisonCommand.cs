using System.Globalization;
using ScoreFunctional.Host.Data;
using ScoreFunctional.Host.Files;
using ScoreFunctional.Host.Sampling;
using ScoreFunctional.Host.Terminal;
using ScoreFunctional.Host.Training;
using ScoreFunctional.Runs;

namespace ScoreFunctional.Host.Commands;

/// <summary><c>score evaluate --sampler</c>.</summary>
internal static class ComparisonCommand
{
    /// <summary>Compares samplers on a model, prints a row for each and writes <c>samplers.json</c>.</summary>
    /// <param name="model">The model.</param>
    /// <param name="images">The images that it was trained on; <c>null</c> for points.</param>
    /// <param name="count">Samples per sampler.</param>
    /// <param name="asked">The options of the comparison.</param>
    /// <param name="folder">The folder of the run.</param>
    /// <param name="outputs">Writes the files.</param>
    /// <param name="cancellation">Stops between two steps of the sampler.</param>
    public static void Run(
        ScoreModel model, ImageData? images, int count, ComparisonRequest asked, RunFolder folder,
        Outputs outputs, CancellationToken cancellation)
    {
        var choices = asked.Samplers.IsEmpty
            ? RunDesignModule.samplers(model.Design).Select(ChoiceModule.ofName)
            : asked.Samplers;
        // All samplers are checked first, before minutes of work.
        var samplers = choices.Select(choice => RunChoices.Sampler(model.Design, choice)).ToList();
        if (asked.Npy?.Value is { } numbers)
        {
            samplers.ForEach(sampler => OutputPath.Of(Numbers(numbers, sampler.Name)).RequireWritable());
        }

        outputs.Expect(folder.Comparison);
        var comparison = ProgressView.Run("comparing", line => SamplerComparison.Measure(
            model, images, samplers, count, Keep, (what, part) => line.Update(part, what), cancellation));
        Print(comparison);
        if (outputs.Write(folder.Comparison, comparison.Save))
        {
            System.Console.Out.WriteLine(folder.Comparison);
        }

        // Saved after each sampler, since all of them may take minutes.
        void Keep(SamplerComparison soFar, SampleResult samples)
        {
            outputs.Write(folder.Comparison, soFar.Save);
            if (asked.Npy?.Value is { } into)
            {
                outputs.Write(Numbers(into, soFar.Samplers[^1].Name), samples.SaveNpy);
            }
        }

        static string Numbers(string into, string name) => Path.Combine(into, name + ".npy");
    }

    private static void Print(SamplerComparison comparison)
    {
        var output = System.Console.Out;
        var distances = comparison.FrechetFloor is not null;
        output.WriteLine(Text.Line(
            $"{$"{comparison.Count} samples each",-24}{"steps",6}{"evaluations",13}{"time",10}{"variance",10}") +
            (distances ? $"{"PCA-64 Fréchet",16}" : ""));
        foreach (var row in comparison.Samplers)
        {
            output.WriteLine(
                Text.Line($"{row.Name,-24}{row.Steps,6}{row.Evaluations,13}{$"{row.Seconds.ToString("0.0", CultureInfo.InvariantCulture)} s",10}") +
                (row.Diverged > 0
                    ? $"  {row.Diverged} samples diverged"
                    : Text.Line($"{row.Variance,10:0.0000}") + (distances ? Text.Line($"{row.Frechet,16:0.000}") : "")));
        }

        output.WriteLine(
            Text.Line($"{"data",-24}{"",29}{comparison.DataVariance,10:0.0000}") +
            (distances ? Text.Line($"{comparison.FrechetFloor,16:0.000}") : ""));
        if (distances)
        {
            output.WriteLine(Text.Line(
                $"data: variance of the training images, and distance of {comparison.Count} test images ± {comparison.FrechetFloorSpread:0.000}"));
        }
    }
}
