using Microsoft.FSharp.Core;
using ScoreFunctional.Host.Files;
using ScoreFunctional.Host.Plotting;
using ScoreFunctional.Host.Plotting.Reports;
using ScoreFunctional.Host.Training;
using ScoreFunctional.Runs;

namespace ScoreFunctional.Host.Commands;

/// <summary><c>score mnist</c>.</summary>
internal static class MnistCommand
{
    /// <summary>Number of samples to evaluate.</summary>
    private const int Count = 1000;

    /// <summary>Trains on MNIST, draws samples, evaluates them and writes a report.</summary>
    /// <param name="request">The options of the command.</param>
    /// <param name="outputs">Writes pictures, results and the report.</param>
    /// <param name="cancellation">Stops after the current step.</param>
    /// <returns>Whether the command finished.</returns>
    public static bool Run(MnistRequest request, Outputs outputs, CancellationToken cancellation)
    {
        var plan = Plan(request, cancellation);
        using var model = TrainCommand.Train(plan, outputs, cancellation);
        var folder = plan.Folder!;
        if (cancellation.IsCancellationRequested)
        {
            System.Console.Out.WriteLine(model.IsFinished
                ? $"stopped after training; continue with: score evaluate --checkpoint {folder.Checkpoint}"
                : Text.Line($"stopped at step {model.Step}; continue with: score train --resume --out {request.Out}"));
            return false;
        }

        var evaluation = EvaluateCommand.Measure(model, plan.Images, Count, cancellation);
        EvaluateCommand.Print(evaluation);
        outputs.Write(folder.Evaluation, evaluation.Save);
        RunReport.Write(folder, model, evaluation, outputs);
        Text.Files(folder);
        return true;
    }

    private static TrainingPlan Plan(MnistRequest request, CancellationToken cancellation)
    {
        try
        {
            return PlanFor("mnist", request, cancellation);
        }
        catch (ScoreException error) when (error.Kind == ScoreErrorKind.DataUnavailable)
        {
            System.Console.Error.WriteLine($"{error.Message}; using the dataset strokes instead, digits that this program draws");
            return PlanFor("strokes", request, cancellation);
        }
    }

    private static TrainingPlan PlanFor(string dataset, MnistRequest request, CancellationToken cancellation)
    {
        var options = new TrainOptions
        {
            Dataset = dataset,
            Minutes = request.Minutes,
            Seed = request.Seed,
            DataFolder = request.Data?.Value,
            RunFolder = request.Out,
        };
        var plan = TrainingPlan.Of(
            options,
            request.Device,
            System.Console.Error.WriteLine,
            cancellation);
        return plan with { Pictures = new RunPictures() };
    }
}
