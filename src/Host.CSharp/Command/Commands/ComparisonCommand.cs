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
    /// <summary>Compares samplers of a model, prints a row for each and writes <c>samplers.json</c>.</summary>
    /// <param name="model">The model.</param>
    /// <param name="images">The images that it learned from, if it learned from images.</param>
    /// <param name="count">Samples of each.</param>
    /// <param name="asked">Which.</param>
    /// <param name="folder">Where the file goes.</param>
    /// <param name="outputs">Writes it, and the numbers of each sampler.</param>
    /// <param name="cancellation">Stops between two moves.</param>
    public static void Run(
        ScoreModel model, ImageData? images, int count, ComparisonRequest asked, RunFolder folder,
        Outputs outputs, CancellationToken cancellation)
    {
        var choices = asked.Samplers.IsEmpty
            ? RunDesignModule.samplers(model.Design).Select(ChoiceModule.ofName)
            : asked.Samplers;
        // All of them first: a name that does not fit is better found before minutes of work.
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

        // Many evaluations may be minutes: what is done stays, whatever becomes of the rest.
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
                $"data: the variance of the training images, and the distance of {comparison.Count} test images ± {comparison.FrechetFloorSpread:0.000}"));
        }
    }
}
