using System.Globalization;
using ScoreFunctional.Host.Files;
using ScoreFunctional.Host.Plotting;
using ScoreFunctional.Host.Plotting.Reports;
using ScoreFunctional.Host.Terminal;
using ScoreFunctional.Host.Training;
using ScoreFunctional.Runs;

namespace ScoreFunctional.Host.Commands;

/// <summary><c>score train</c>.</summary>
internal static class TrainCommand
{
    /// <summary>Trains.</summary>
    /// <param name="request">The options of the command.</param>
    /// <param name="outputs">Writes the pictures and the report.</param>
    /// <param name="cancellation">Stops after the current step.</param>
    /// <returns>Whether all steps are done.</returns>
    public static bool Run(TrainRequest request, Outputs outputs, CancellationToken cancellation)
    {
        var plan = TrainingPlan.Of(request, System.Console.Error.WriteLine, cancellation) with { Pictures = new RunPictures() };
        if (request.Preset is null && request.SpecFile is null && !request.Resume)
        {
            System.Console.Out.WriteLine($"no --preset given: using {plan.Spec.Preset}");
        }

        using var model = Train(plan, outputs, cancellation);
        if (!model.IsFinished)
        {
            System.Console.Out.WriteLine(Text.Line($"stopped at step {model.Step}; continue with: score train --resume --out {plan.Folder!.Path}"));
            return false;
        }

        Text.Files(plan.Folder!);
        return true;
    }

    /// <summary>Executes a plan and shows progress.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="outputs">Writes the pictures.</param>
    /// <param name="cancellation">Stops after the current step.</param>
    public static ScoreModel Train(TrainingPlan plan, Outputs outputs, CancellationToken cancellation)
    {
        System.Console.Out.WriteLine(Text.Line(
            $"{plan.Spec.Dataset.Name}, {plan.Spec.Preset}: {Composition.network(plan.Design).Name}, batch {plan.Spec.BatchSize}, seed {plan.Spec.Seed}, on {plan.Device}"));
        var result = ProgressView.Run("training", line => TrainingRun.Execute(
            plan,
            progress => line.Update((double)progress.Step / progress.Steps, Figures(progress)),
            line.Say,
            outputs,
            cancellation));
        var loss = double.IsNaN(result.Loss) ? "" : Text.Line($", loss {result.Loss:0.0000}");
        System.Console.Out.WriteLine(plan.Checkpoint is { IsFinished: true }
            ? Text.Line($"the run was already finished at step {result.Steps}{loss}")
            : Text.Line($"{result.Steps} steps in {Duration.Text(result.Elapsed)}{loss}"));
        return result.Model;
    }

    private static string Figures(TrainProgress progress) => string.Create(
        CultureInfo.InvariantCulture,
        $"{progress.Step}/{progress.Steps}  loss {progress.Loss:0.0000}  noise ratio {progress.NoiseNormRatio:0.000}  {progress.StepsPerSecond:0.0} steps/s  {Duration.Text(progress.Remaining)} left");
}
