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
    /// <param name="request">What was asked for.</param>
    /// <param name="outputs">Writes the pictures and the report.</param>
    /// <param name="cancellation">Stops after the step in hand.</param>
    /// <returns>Whether the run is finished.</returns>
    public static bool Run(TrainRequest request, Outputs outputs, CancellationToken cancellation)
    {
        var plan = TrainingPlan.Of(request, System.Console.Error.WriteLine, cancellation) with { Pictures = new RunPictures() };
        if (request.Preset is null && request.Start is null && !request.Resume)
        {
            System.Console.Out.WriteLine($"recipe: {plan.Spec.Preset}, as no --preset was given");
        }

        using var model = Train(plan, outputs, cancellation);
        if (!model.IsFinished)
        {
            System.Console.Out.WriteLine(Text.Line($"stopped at step {model.Step}; go on with --resume --out {plan.Folder!.Path}"));
            return false;
        }

        Text.Files(plan.Folder!);
        return true;
    }

    /// <summary>Carries out a plan and shows how far it is.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="outputs">Writes the pictures.</param>
    /// <param name="cancellation">Stops after the step in hand.</param>
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
            ? Text.Line($"the run was finished at step {result.Steps}{loss}")
            : Text.Line($"{result.Steps} steps in {Duration.Text(result.Elapsed)}{loss}"));
        return result.Model;
    }

    private static string Figures(TrainProgress progress) => string.Create(
        CultureInfo.InvariantCulture,
        $"{progress.Step}/{progress.Steps}  loss {progress.Loss:0.0000}  noise {progress.NoiseNormRatio:0.000}  {progress.StepsPerSecond:0.0}/s  {Duration.Text(progress.Remaining)} left");
}
