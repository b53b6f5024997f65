using System.Diagnostics;
using ScoreFunctional.Runs;

namespace ScoreFunctional.Host.Training;

/// <summary>The training loop, with time, metrics log and checkpoints.</summary>
internal sealed class Trainer : IDisposable
{
    /// <summary>Number of steps over which loss and noise ratio are averaged.</summary>
    private const int Window = 100;

    private readonly RunDesign _design;
    private readonly RunFolder? _folder;
    private readonly TrainingSession _session;
    private readonly double _secondsBefore;
    private readonly double[] _binEdges;
    private readonly Queue<(double Loss, double Ratio)> _recent = new();
    private readonly TimeSpan _checkpointEvery = ReadCheckpointEvery();

    private Trainer(RunDesign design, RunFolder? folder, TrainingSession session, double secondsBefore)
    {
        (_design, _folder, _session, _secondsBefore) = (design, folder, session, secondsBefore);
        _binEdges = Composition.noiseBinEdges(design);
        RecordedSteps = session.StepsDone;
    }

    /// <summary>Called after each step.</summary>
    public Action<TrainProgress>? Progress { get; init; }

    /// <summary>Called a few times during the run, to draw samples.</summary>
    public Action<Trainer>? Milestone { get; init; }

    /// <summary>Number of steps done.</summary>
    public int Step => _session.StepsDone;

    /// <summary>Number of steps done with a finite loss.</summary>
    public int RecordedSteps { get; private set; }

    /// <summary>Total number of steps.</summary>
    public int TotalSteps => _session.TotalSteps;

    /// <summary>Loss, mean of the last steps; NaN if none is known.</summary>
    public double Loss => _recent.Count == 0 ? double.NaN : _recent.Average(entry => entry.Loss);

    /// <summary>The specification of the run.</summary>
    public RunSpec Spec => _design.Spec;

    /// <summary>The time between two checkpoints: 30 s, or the value of the environment variable SCORE_CHECKPOINT_SECONDS.</summary>
    /// <exception cref="ScoreException">The variable is not a number in the range.</exception>
    public static TimeSpan ReadCheckpointEvery()
    {
        var seconds = Quantities.checkpointSeconds;
        return TimeSpan.FromSeconds(
            Environment.GetEnvironmentVariable(seconds.Name) is { Length: > 0 } text
                ? RunChoices.ValueOrThrow(Quantities.readReal(seconds.Name, seconds, text))
                : Quantities.defaultValue(seconds));
    }

    /// <summary>Starts a run.</summary>
    /// <param name="design">The design of the run.</param>
    /// <param name="samples">The training samples.</param>
    /// <param name="folder">The folder of the run; <c>null</c> writes no files.</param>
    /// <param name="device">The device of the network.</param>
    /// <param name="progress">Called after each step.</param>
    /// <param name="milestone">Called a few times during the run.</param>
    /// <param name="cancellation">Stops the measurement of how many steps fit into the minutes of a run.</param>
    public static Trainer Begin(
        RunDesign design, Samples samples, RunFolder? folder, Placement device, Action<TrainProgress>? progress,
        Action<Trainer>? milestone, CancellationToken cancellation)
    {
        var totalSteps = design.Spec.Length is Length.Steps steps
            ? steps.count
            : StepBudget.Of(design, samples, ((Length.Minutes)design.Spec.Length).minutes, device, cancellation);
        return new Trainer(design, folder, new TrainingSession(design, totalSteps, device, samples), 0)
        {
            Progress = progress,
            Milestone = milestone,
        };
    }

    /// <summary>Resumes a run.</summary>
    /// <param name="checkpoint">The checkpoint.</param>
    /// <param name="samples">The training samples.</param>
    /// <param name="folder">The folder of the run; <c>null</c> writes no files.</param>
    /// <param name="device">The device of the network from now on.</param>
    /// <param name="progress">Called after each step.</param>
    /// <param name="milestone">Called a few times during the run.</param>
    public static Trainer Resume(
        RunCheckpoint checkpoint, Samples samples, RunFolder? folder, Placement device,
        Action<TrainProgress>? progress, Action<Trainer>? milestone)
    {
        var session = new TrainingSession(checkpoint.Design, checkpoint.TotalSteps, device, samples);
        session.Restore(checkpoint.State);
        var trainer = new Trainer(checkpoint.Design, folder, session, checkpoint.Seconds)
        {
            Progress = progress,
            Milestone = milestone,
        };
        // The averages continue from the log.
        if (folder is not null && File.Exists(folder.Metrics))
        {
            foreach (var (_, loss, ratio) in MetricsLog.ReadSteps(folder.Metrics).Where(row => row.Step <= trainer.Step).TakeLast(Window))
            {
                trainer._recent.Enqueue((loss, ratio));
            }
        }

        return trainer;
    }

    /// <summary>Trains until the last step or the cancellation, then writes a checkpoint.</summary>
    /// <param name="cancellation">Stops after the current step.</param>
    /// <returns>Whether all steps are done.</returns>
    /// <exception cref="ScoreException">The loss is not finite, or a file cannot be written.</exception>
    public bool Run(CancellationToken cancellation)
    {
        using var log = OpenLog(Step);
        try
        {
            return Run(log, cancellation);
        }
        catch (Exception)
        {
            // Keeps the metrics of the steps before the error.
            log?.TryFlush();
            throw;
        }
    }

    private bool Run(MetricsLog? log, CancellationToken cancellation)
    {
        var clock = Stopwatch.StartNew();
        var first = Step;
        var sinceCheckpoint = Stopwatch.StartNew();
        while (Step < TotalSteps && !cancellation.IsCancellationRequested)
        {
            var rate = _session.LearningRate(Step);
            Record(_session.Step(), rate, log, _secondsBefore + clock.Elapsed.TotalSeconds);
            if (Progress is { } progress)
            {
                progress(ProgressAt(first, clock.Elapsed));
            }

            if (Milestone is { } milestone && IsMilestone(Step))
            {
                milestone(this);
                CollectGarbage();
            }

            if (sinceCheckpoint.Elapsed >= _checkpointEvery && Step < TotalSteps)
            {
                Save(log, _secondsBefore + clock.Elapsed.TotalSeconds);
                sinceCheckpoint.Restart();
            }
        }

        Save(log, _secondsBefore + clock.Elapsed.TotalSeconds);
        return Step >= TotalSteps;
    }

    /// <summary>The state as a checkpoint.</summary>
    /// <param name="seconds">Seconds of training so far.</param>
    public RunCheckpoint Checkpoint(double seconds) => new(_design, TotalSteps, _session.Snapshot(), seconds);

    /// <summary>A checkpoint of only the averaged weights, to draw samples during training.</summary>
    public RunCheckpoint AverageOnly()
    {
        var average = _session.Average();
        return new(_design, TotalSteps, new Snapshot(Step, average, average, []), 0);
    }

    /// <inheritdoc/>
    public void Dispose() => ((IDisposable)_session).Dispose();

    private MetricsLog? OpenLog(int first)
    {
        if (_folder is null)
        {
            return null;
        }

        Directory.CreateDirectory(_folder.Path);
        if (first > 0)
        {
            return MetricsLog.Resume(_folder.Metrics, _binEdges, first);
        }

        // The first checkpoint: from here on a killed run can be resumed.
        Checkpoint(0).Save(_folder.Checkpoint);
        CollectGarbage();
        return MetricsLog.Create(_folder.Metrics, _binEdges);
    }

    private void Record(global::ScoreFunctional.Metrics metrics, double rate, MetricsLog? log, double seconds)
    {
        var ratio = MetricsModule.normRatio(metrics);
        if (!double.IsFinite(metrics.Loss) || !double.IsFinite(metrics.GradientNorm))
        {
            throw new ScoreException(
                $"the loss is {metrics.Loss} and the gradient norm {metrics.GradientNorm} at step {metrics.Step}: training stops; the last checkpoint is unchanged");
        }

        _recent.Enqueue((metrics.Loss, ratio));
        if (_recent.Count > Window)
        {
            _recent.Dequeue();
        }

        RecordedSteps = metrics.Step;
        log?.Add(new StepRecord(
            metrics.Step, metrics.Loss, rate, metrics.GradientNorm, ratio, seconds,
            Array.ConvertAll(MetricsModule.byLevel(_binEdges, metrics), bin => bin.Item1)));
    }

    private TrainProgress ProgressAt(int first, TimeSpan elapsed)
    {
        var rate = (Step - first) / Math.Max(elapsed.TotalSeconds, 1e-9);
        return new TrainProgress
        {
            Step = Step,
            Steps = TotalSteps,
            Loss = Loss,
            NoiseNormRatio = _recent.Average(entry => entry.Ratio),
            StepsPerSecond = rate,
            // A billion steps of fifteen minutes are more than a TimeSpan can hold.
            Remaining = TimeSpan.FromDays(Math.Min((TotalSteps - Step) / rate / 86400, TimeSpan.MaxValue.Days)),
        };
    }

    // Once early, to see whether the model learns, then after 1/8, 1/4, 1/2 and 3/4 of the steps.
    private bool IsMilestone(int step) =>
        TotalSteps >= 800
        && (step == 100 || step == TotalSteps / 8 || step == TotalSteps / 4 || step == TotalSteps / 2 || step == TotalSteps / 4 * 3);

    // The log is written first, so that it is never behind the checkpoint.
    private void Save(MetricsLog? log, double seconds)
    {
        if (_folder is not null)
        {
            log?.Flush();
            Checkpoint(seconds).Save(_folder.Checkpoint);
            CollectGarbage();
        }
    }

    // A snapshot is as large as the state, and garbage at once. Collecting it here keeps the memory of a run constant. Its pages
    // are kept for the next snapshot: returning them made the memory vary more.
    private static void CollectGarbage() => GC.Collect(2, GCCollectionMode.Forced, blocking: true, compacting: true);
}
