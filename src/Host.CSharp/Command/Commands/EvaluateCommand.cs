using ScoreFunctional.Host.Data;
using ScoreFunctional.Host.Files;
using ScoreFunctional.Host.Plotting.Reports;
using ScoreFunctional.Host.Sampling;
using ScoreFunctional.Host.Terminal;
using ScoreFunctional.Host.Training;
using ScoreFunctional.Runs;

namespace ScoreFunctional.Host.Commands;

/// <summary><c>score evaluate</c>.</summary>
internal static class EvaluateCommand
{
    /// <summary>Evaluates a checkpoint, prints the results and writes <c>evaluation.json</c> and the report beside it.</summary>
    /// <param name="request">The options of the command.</param>
    /// <param name="outputs">Writes the files; if that fails, the results are still printed.</param>
    /// <param name="cancellation">Stops between two measurements.</param>
    public static void Run(EvaluateRequest request, Outputs outputs, CancellationToken cancellation)
    {
        using var model = ScoreModel.LoadAverage(request.Checkpoint, request.Device, request.Tables);
        var images = TrainingPlan.LoadImages(model.Spec, request.Data?.Value, System.Console.Error.WriteLine, cancellation);
        var folder = new RunFolder(Path.GetDirectoryName(request.Checkpoint) is { Length: > 0 } path ? path : ".");
        if (request.Likelihood is { Value: var asked })
        {
            LikelihoodCommand.Run(model, images, request.Count, asked, folder, outputs, cancellation);
            return;
        }

        if (request.Comparison is { Value: var compared })
        {
            ComparisonCommand.Run(model, images, request.Count, compared, folder, outputs, cancellation);
            return;
        }

        var reports = File.Exists(folder.Metrics);
        foreach (var file in (string[])[folder.Evaluation, .. reports ? [folder.LossChart, folder.Report] : (string[])[]])
        {
            outputs.Expect(file);
        }

        var evaluation = Measure(model, images, request.Count, cancellation);
        Print(evaluation);
        if (outputs.Write(folder.Evaluation, evaluation.Save))
        {
            System.Console.Out.WriteLine(folder.Evaluation);
        }

        if (reports)
        {
            RunReport.Write(folder, model, evaluation, outputs);
        }
    }

    /// <summary>Evaluates a model and shows progress.</summary>
    /// <param name="model">The model.</param>
    /// <param name="images">The images that it was trained on; <c>null</c> for points.</param>
    /// <param name="count">Number of samples.</param>
    /// <param name="cancellation">Stops between two measurements.</param>
    public static ModelEvaluation Measure(ScoreModel model, ImageData? images, int count, CancellationToken cancellation) =>
        ProgressView.Run("evaluating", line => ModelEvaluation.Measure(
            model, images, new EvaluateOptions { Count = count }, (what, part) => line.Update(part, what), cancellation));

    /// <summary>Prints the results.</summary>
    /// <param name="evaluation">The results.</param>
    public static void Print(ModelEvaluation evaluation)
    {
        var result = evaluation.Result;
        var output = System.Console.Out;
        output.WriteLine(Text.Line($"{"noise level",-24}{"loss",10}{"noise norm",14}"));
        foreach (var level in result.Levels)
        {
            output.WriteLine(Text.Line($"{level.Sigma,-24:0.####}{level.Loss,10:0.0000}{level.NoiseNormRatio,14:0.0000}"));
        }

        output.WriteLine(Text.Line($"{$"{result.Count} samples",-24}{"samples",10}{"data",14}"));
        Row("mean", result.Mean, result.DataMean);
        Row("variance", result.Variance, result.DataVariance);
        if (evaluation.Quality is { } quality)
        {
            Row("zero pixels", quality.Pixels.Zeros, quality.TrainPixels.Zeros);
            Row("PCA-64 Fréchet", quality.Frechet, quality.FrechetFloor);
            Row("nearest distance, min", quality.NearestDistance.Minimum, quality.TestNearestDistance.Minimum);
            Row("nearest distance, median", quality.NearestDistance.Median, quality.TestNearestDistance.Median);
            Row("nearest ratio, min", quality.NearestRatio.Minimum, quality.TestNearestRatio.Minimum);
            output.WriteLine(Text.Line(
                $"data: training images for mean, variance and zero pixels, {quality.Count} test images for the rest; PCA-64 Fréchet of all {quality.TestCount} test images: {quality.FrechetFloorAll:0.000}"));
        }

        void Row(string name, double value, double data) =>
            output.WriteLine(Text.Line($"{name,-24}{value,10:0.0000}{data,14:0.0000}"));
    }
}
