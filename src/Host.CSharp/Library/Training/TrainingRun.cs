using System.Diagnostics;
using ScoreFunctional.Host.Files;
using ScoreFunctional.Host.Sampling;
using ScoreFunctional.Runs;

namespace ScoreFunctional.Host.Training;

/// <summary>Carries out a plan, and leaves the files of a run.</summary>
internal static class TrainingRun
{
    /// <summary>Samples in a grid.</summary>
    private const int GridImages = 16;

    private const int GridPoints = 2048;

    /// <summary>States in a picture of the way from noise to sample.</summary>
    private const int TrajectoryStates = 10;

    /// <summary>Trains to the end, or until it is told to stop.</summary>
    /// <param name="plan">What to train.</param>
    /// <param name="progress">Told after every step how far it is.</param>
    /// <param name="say">Told in one line what stays of interest.</param>
    /// <param name="outputs">Writes the pictures, without which the run goes on.</param>
    /// <param name="cancellation">Stops after the step in hand.</param>
    /// <returns>The model as it is; check <paramref name="cancellation"/> for whether it is finished.</returns>
    /// <exception cref="ScoreException">
    /// The loss stopped being a number, the run's log or checkpoint cannot be written, or another program trains in its folder.
    /// </exception>
    public static TrainResult Execute(
        TrainingPlan plan, Action<TrainProgress>? progress, Action<string>? say, Outputs outputs,
        CancellationToken cancellation)
    {
        using var held = plan.Folder?.Hold();
        plan.Folder?.RequireStill(plan.Checkpoint);
        var clock = Stopwatch.StartNew();
        var samples = TrainingSource.Of(plan.Design, plan.Images);
        Action<Trainer>? milestone = plan is { Folder: { } drawn, Pictures: { } drawing }
            ? trainer => Look(trainer, plan, drawn, drawing, say, outputs)
            : null;
        using var trainer = plan.Checkpoint is { } checkpoint
            ? Trainer.Resume(checkpoint, samples, plan.Folder, plan.Device, progress, milestone)
            : Trainer.Begin(plan.Design, samples, plan.Folder, plan.Device, progress, milestone, cancellation);
        if (plan.Checkpoint is { IsFinished: false })
        {
            say?.Invoke($"going on at step {trainer.Step} of {trainer.Horizon}");
        }
        else if (plan.Checkpoint is null && plan.Spec.Length.IsMinutes)
        {
            say?.Invoke($"{trainer.Horizon} steps fit into the time");
        }

        var before = plan.Checkpoint?.Seconds ?? 0;
        if (plan.Folder is { } folder)
        {
            folder.WriteRunJson(trainer, "running", before);
        }

        var finished = Run(trainer, plan.Folder, before, clock, cancellation);
        var seconds = before + clock.Elapsed.TotalSeconds;
        var model = new ScoreModel(trainer.Checkpoint(seconds), plan.Device);
        if (plan.Folder is { } done)
        {
            done.WriteRunJson(trainer, finished ? "finished" : "stopped", seconds);
            if (finished && plan.Pictures is { } pictures)
            {
                Picture(model, done, pictures, outputs);
            }
        }

        return new TrainResult
        {
            Model = model,
            Steps = trainer.Step,
            Loss = trainer.Loss,
            Elapsed = clock.Elapsed,
            RunFolder = plan.Folder?.Path,
            Missing = [.. outputs.Missing],
        };
    }

    private static bool Run(
        Trainer trainer, RunFolder? folder, double before, Stopwatch clock, CancellationToken cancellation)
    {
        try
        {
            return trainer.Run(cancellation);
        }
        catch (Exception error) when (folder is not null)
        {
            try
            {
                folder.WriteRunJson(
                    trainer, "failed", before + clock.Elapsed.TotalSeconds, AtomicFile.OneLine(error.Message));
            }
            catch (ScoreException)
            {
                // A full disk, for one: the failure itself is the one to report.
            }

            throw;
        }
    }

    private static void Look(
        Trainer trainer, TrainingPlan plan, RunFolder folder, IRunPictures pictures, Action<string>? say, Outputs outputs)
    {
        var written = outputs.Write(folder.Samples, path =>
        {
            using var model = new ScoreModel(trainer.AverageAlone(), plan.Device);
            pictures.SaveSamples(Grid(model), path);
        });
        if (written)
        {
            say?.Invoke($"step {trainer.Step}: samples in {folder.Samples}");
        }
    }

    private static void Picture(ScoreModel model, RunFolder folder, IRunPictures pictures, Outputs outputs)
    {
        var grid = new Lazy<SampleResult>(() => Grid(model));
        outputs.Write(folder.Samples, path => pictures.SaveSamples(grid.Value, path));
        outputs.Write(folder.Trajectory, path => pictures.SaveTrajectory(grid.Value, path));
        outputs.Write(folder.LossChart, path => pictures.SaveLoss(MetricsLog.ReadLosses(folder.Metrics), path));
        outputs.Write(folder.Report, path => pictures.SaveReport(model, folder.Path, path));
    }

    // A model that diverges early in its training shows so in the picture, and goes on training.
    private static SampleResult Grid(ScoreModel model) => model.Sample(
        model.Design.Sampler, null, 1, model.Shape.IsImage ? GridImages : GridPoints, model.Spec.Seed, TrajectoryStates, null,
        CancellationToken.None);
}
