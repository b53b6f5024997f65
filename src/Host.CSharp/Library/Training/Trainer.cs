using System.Diagnostics;
using ScoreFunctional.Runs;

namespace ScoreFunctional.Host.Training;

/// <summary>Trains: the loop around the core's step, with the clock, the log and the checkpoints that it needs.</summary>
internal sealed class Trainer : IDisposable
{
    /// <summary>Steps over which the figures of the moment are averaged.</summary>
    private const int Window = 100;

    private readonly RunDesign _design;
    private readonly RunFolder? _folder;
    private readonly TrainingSession _session;
    private readonly double _secondsBefore;
    private readonly double[] _bands;
    private readonly Queue<(double Loss, double Ratio)> _recent = new();
    private readonly TimeSpan _checkpointEvery = ReadCheckpointEvery();

    private Trainer(RunDesign design, RunFolder? folder, TrainingSession session, double secondsBefore)
    {
        (_design, _folder, _session, _secondsBefore) = (design, folder, session, secondsBefore);
        _bands = Composition.noiseBins(design);
        Finished = session.Done;
    }

    /// <summary>Called between two steps, for whatever the caller wants to show or draw.</summary>
    public Action<TrainProgress>? Progress { get; init; }

    /// <summary>Called when a part of the run is done after which a look at samples is worth its time.</summary>
    public Action<Trainer>? Milestone { get; init; }

    /// <summary>Steps done.</summary>
    public int Step => _session.Done;

    /// <summary>Steps done that are known to be good.</summary>
    public int Finished { get; private set; }

    /// <summary>Steps in all.</summary>
    public int Horizon => _session.Horizon;

    /// <summary>Loss, averaged over the last steps; NaN where none is known.</summary>
    public double Loss => _recent.Count == 0 ? double.NaN : _recent.Average(entry => entry.Loss);

    /// <summary>What the run is.</summary>
    public RunSpec Spec => _design.Spec;

    /// <summary>The time between two checkpoints: 30 s, or what an environment variable says.</summary>
    /// <exception cref="ScoreException">It says something else than such a number.</exception>
    public static TimeSpan ReadCheckpointEvery()
    {
        var seconds = Quantities.checkpointSeconds;
        return TimeSpan.FromSeconds(
            Environment.GetEnvironmentVariable(seconds.Name) is { Length: > 0 } text
                ? RunChoices.Required(Quantities.readReal(seconds.Name, seconds, text))
                : Quantities.standard(seconds));
    }

    /// <summary>Begins a run.</summary>
    /// <param name="design">What the run is.</param>
    /// <param name="samples">What it learns from.</param>
    /// <param name="folder">Where its files go; <c>null</c> writes none.</param>
    /// <param name="device">Where the network runs.</param>
    /// <param name="progress">Called between two steps.</param>
    /// <param name="milestone">Called when a look at samples is worth its time.</param>
    /// <param name="cancellation">Stops the measurement that fixes the horizon of a run of so many minutes.</param>
    public static Trainer Begin(
        RunDesign design, Samples samples, RunFolder? folder, Placement device, Action<TrainProgress>? progress,
        Action<Trainer>? milestone, CancellationToken cancellation)
    {
        var horizon = design.Spec.Length is Length.Steps steps
            ? steps.count
            : StepBudget.Of(design, samples, ((Length.Minutes)design.Spec.Length).minutes, device, cancellation);
        return new Trainer(design, folder, new TrainingSession(design, horizon, device, samples), 0)
        {
            Progress = progress,
            Milestone = milestone,
        };
    }

    /// <summary>Goes on with a run.</summary>
    /// <param name="checkpoint">Where it stood.</param>
    /// <param name="samples">What it learns from.</param>
    /// <param name="folder">Where its files are; <c>null</c> writes none.</param>
    /// <param name="device">Where the network runs from here on.</param>
    /// <param name="progress">Called between two steps.</param>
    /// <param name="milestone">Called when a look at samples is worth its time.</param>
    public static Trainer Resume(
        RunCheckpoint checkpoint, Samples samples, RunFolder? folder, Placement device,
        Action<TrainProgress>? progress, Action<Trainer>? milestone)
    {
        var session = new TrainingSession(checkpoint.Design, checkpoint.Horizon, device, samples);
        session.Restore(checkpoint.State);
        var trainer = new Trainer(checkpoint.Design, folder, session, checkpoint.Seconds)
        {
            Progress = progress,
            Milestone = milestone,
        };
        // The figures of the moment go on where they were.
        if (folder is not null && File.Exists(folder.Metrics))
        {
            foreach (var (_, loss, ratio) in MetricsLog.ReadSteps(folder.Metrics).Where(row => row.Step <= trainer.Step).TakeLast(Window))
            {
                trainer._recent.Enqueue((loss, ratio));
            }
        }

        return trainer;
    }

    /// <summary>Trains to the horizon, or until it is told to stop; the state is in a checkpoint afterwards.</summary>
    /// <param name="cancellation">Stops after the step in hand.</param>
    /// <returns>Whether the horizon was reached.</returns>
    /// <exception cref="ScoreException">The loss stopped being a number, or a file cannot be written.</exception>
    public bool Run(CancellationToken cancellation)
    {
        using var log = OpenLog(Step);
        try
        {
            return Run(log, cancellation);
        }
        catch (Exception)
        {
            // Whatever ends the run, the steps before it are finished.
            log?.TryFlush();
            throw;
        }
    }

    private bool Run(MetricsLog? log, CancellationToken cancellation)
    {
        var clock = Stopwatch.StartNew();
        var first = Step;
        var sinceCheckpoint = Stopwatch.StartNew();
        while (Step < Horizon && !cancellation.IsCancellationRequested)
        {
            var rate = _session.LearningRate(Step);
            Record(_session.Step(), rate, log, _secondsBefore + clock.Elapsed.TotalSeconds);
            if (Progress is { } progress)
            {
                progress(Moment(first, clock.Elapsed));
            }

            if (Milestone is { } milestone && IsMilestone(Step))
            {
                milestone(this);
                Tidy();
            }

            if (sinceCheckpoint.Elapsed >= _checkpointEvery && Step < Horizon)
            {
                Save(log, _secondsBefore + clock.Elapsed.TotalSeconds);
                sinceCheckpoint.Restart();
            }
        }

        Save(log, _secondsBefore + clock.Elapsed.TotalSeconds);
        return Step >= Horizon;
    }

    /// <summary>The state as a checkpoint.</summary>
    /// <param name="seconds">Time that training has taken so far.</param>
    public RunCheckpoint Checkpoint(double seconds) => new(_design, Horizon, _session.Snapshot(), seconds);

    /// <summary>The average weights alone, for a look at samples.</summary>
    public RunCheckpoint AverageAlone()
    {
        var average = _session.Average();
        return new(_design, Horizon, new Snapshot(Step, average, average, []), 0);
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
            return MetricsLog.Resume(_folder.Metrics, _bands, first);
        }

        // The checkpoint comes first: from here on a run that is killed can be resumed.
        Checkpoint(0).Save(_folder.Checkpoint);
        Tidy();
        return MetricsLog.Create(_folder.Metrics, _bands);
    }

    private void Record(global::ScoreFunctional.Metrics metrics, double rate, MetricsLog? log, double seconds)
    {
        var ratio = MetricsModule.normRatio(metrics);
        if (!double.IsFinite(metrics.Loss) || !double.IsFinite(metrics.GradientNorm))
        {
            throw new ScoreException(
                $"the loss is {metrics.Loss} and the gradient's norm {metrics.GradientNorm} at step {metrics.Step}: training cannot go on; the last checkpoint is as it was");
        }

        _recent.Enqueue((metrics.Loss, ratio));
        if (_recent.Count > Window)
        {
            _recent.Dequeue();
        }

        Finished = metrics.Step;
        log?.Add(new StepRecord(
            metrics.Step, metrics.Loss, rate, metrics.GradientNorm, ratio, seconds,
            Array.ConvertAll(MetricsModule.byLevel(_bands, metrics), bin => bin.Item1)));
    }

    private TrainProgress Moment(int first, TimeSpan elapsed)
    {
        var rate = (Step - first) / Math.Max(elapsed.TotalSeconds, 1e-9);
        return new TrainProgress
        {
            Step = Step,
            Steps = Horizon,
            Loss = Loss,
            NoiseNormRatio = _recent.Average(entry => entry.Ratio),
            StepsPerSecond = rate,
            // A billion steps of a quarter of an hour are more than a span of time can say.
            Remaining = TimeSpan.FromDays(Math.Min((Horizon - Step) / rate / 86400, TimeSpan.MaxValue.Days)),
        };
    }

    // Once soon, to see that something is learned, then at an eighth, a quarter, a half and three quarters of the way.
    private bool IsMilestone(int step) =>
        Horizon >= 800
        && (step == 100 || step == Horizon / 8 || step == Horizon / 4 || step == Horizon / 2 || step == Horizon / 4 * 3);

    // The log first: a checkpoint never stands beyond the lines that lead to it.
    private void Save(MetricsLog? log, double seconds)
    {
        if (_folder is not null)
        {
            log?.Flush();
            Checkpoint(seconds).Save(_folder.Checkpoint);
            Tidy();
        }
    }

    // A snapshot is as large as the state itself, and garbage at once: it is free before the next step, so that the memory of
    // a run does not depend on its length. Its pages stay for the next one: giving them back made the memory swing by more.
    private static void Tidy() => GC.Collect(2, GCCollectionMode.Forced, blocking: true, compacting: true);
}
