using System.Diagnostics;
using ScoreFunctional.Host.Files;
using ScoreFunctional.Host.Sampling;
using ScoreFunctional.Runs;

namespace ScoreFunctional.Host.Training;

/// <summary>Executes a plan and writes the files of the run.</summary>
internal static class TrainingRun
{
    /// <summary>Images in the grid of samples.</summary>
    private const int GridImages = 16;

    private const int GridPoints = 2048;

    /// <summary>States in the picture of the trajectory.</summary>
    private const int TrajectoryStates = 10;

    /// <summary>Trains until the last step or the cancellation.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="progress">Receives progress after every step.</param>
    /// <param name="say">Receives messages of one line.</param>
    /// <param name="outputs">Writes the pictures; the run continues if one cannot be written.</param>
    /// <param name="cancellation">Stops after the current step.</param>
    /// <returns>The result; <see cref="ScoreModel.IsFinished"/> of its model says whether all steps are done.</returns>
    /// <exception cref="ScoreException">
    /// The loss is not finite, the log or checkpoint cannot be written, or another process trains in the folder.
    /// </exception>
    public static TrainResult Execute(
        TrainingPlan plan, Action<TrainProgress>? progress, Action<string>? say, Outputs outputs,
        CancellationToken cancellation)
    {
        using var held = plan.Folder?.Acquire();
        plan.Folder?.RequireUnchanged(plan.Checkpoint);
        var clock = Stopwatch.StartNew();
        var samples = TrainingSource.Of(plan.Design, plan.Images);
        Action<Trainer>? milestone = plan is { Folder: { } drawn, Pictures: { } drawing }
            ? trainer => SavePreview(trainer, plan, drawn, drawing, say, outputs)
            : null;
        using var trainer = plan.Checkpoint is { } checkpoint
            ? Trainer.Resume(checkpoint, samples, plan.Folder, plan.Device, progress, milestone)
            : Trainer.Begin(plan.Design, samples, plan.Folder, plan.Device, progress, milestone, cancellation);
        if (plan.Checkpoint is { IsFinished: false })
        {
            say?.Invoke($"resuming at step {trainer.Step} of {trainer.TotalSteps}");
        }
        else if (plan.Checkpoint is null && plan.Spec.Length.IsMinutes)
        {
            say?.Invoke($"{trainer.TotalSteps} steps fit into the given minutes");
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
                SavePictures(model, done, pictures, outputs);
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
                // For example on a full disk. The first error is the one to report.
            }

            throw;
        }
    }

    private static void SavePreview(
        Trainer trainer, TrainingPlan plan, RunFolder folder, IRunPictures pictures, Action<string>? say, Outputs outputs)
    {
        var written = outputs.Write(folder.Samples, path =>
        {
            using var model = new ScoreModel(trainer.AverageOnly(), plan.Device);
            pictures.SaveSamples(Grid(model), path);
        });
        if (written)
        {
            say?.Invoke($"step {trainer.Step}: samples in {folder.Samples}");
        }
    }

    private static void SavePictures(ScoreModel model, RunFolder folder, IRunPictures pictures, Outputs outputs)
    {
        var grid = new Lazy<SampleResult>(() => Grid(model));
        outputs.Write(folder.Samples, path => pictures.SaveSamples(grid.Value, path));
        outputs.Write(folder.Trajectory, path => pictures.SaveTrajectory(grid.Value, path));
        outputs.Write(folder.LossChart, path => pictures.SaveLoss(MetricsLog.ReadLosses(folder.Metrics), path));
        outputs.Write(folder.Report, path => pictures.SaveReport(model, folder.Path, path));
    }

    // Not checked for divergence: a model that diverges early in training still gets its picture.
    private static SampleResult Grid(ScoreModel model) => model.Sample(
        model.Design.Sampler, null, 1, model.Shape.IsImage ? GridImages : GridPoints, model.Spec.Seed, TrajectoryStates, null,
        CancellationToken.None);
}
