using System.Diagnostics;
using ScoreFunctional.Runs;

namespace ScoreFunctional.Host.Training;

/// <summary>How many steps fit into some minutes: measured once, before the run, on steps that are thrown away.</summary>
/// <remarks>
/// The number is then a constant of the run and part of its checkpoint: the learning rate depends on the step and on
/// it alone, and a resumed run goes where the uninterrupted one would have gone.
/// </remarks>
internal static class StepBudget
{
    /// <summary>Part of the time that goes into measuring, checkpoints and sample grids.</summary>
    private const double Overhead = 0.03;

    /// <summary>The number of steps of a run of so many minutes on this machine as it is now.</summary>
    /// <param name="design">What the run is.</param>
    /// <param name="samples">What it learns from.</param>
    /// <param name="minutes">The time.</param>
    /// <param name="device">Where the network runs.</param>
    /// <param name="cancellation">Stops the measurement.</param>
    public static int Of(RunDesign design, Samples samples, double minutes, Placement device, CancellationToken cancellation)
    {
        var seconds = minutes * 60;
        var patience = Math.Clamp(seconds * 0.02, 0.5, 10);
        using var session = new TrainingSession(design, 1000, device, samples);
        var times = new List<double>();
        var clock = Stopwatch.StartNew();
        // The first steps compile code, again when it has been called often, and warm up caches: the second half counts.
        while (times.Count < 8 || clock.Elapsed.TotalSeconds < patience)
        {
            cancellation.ThrowIfCancellationRequested();
            var start = clock.Elapsed.TotalSeconds;
            session.Step();
            times.Add(clock.Elapsed.TotalSeconds - start);
            if (times.Count >= 4 && clock.Elapsed.TotalSeconds > seconds)
            {
                break;
            }
        }

        var steps = (seconds * (1 - Overhead) - clock.Elapsed.TotalSeconds) / times.Skip(times.Count / 2).Average();
        return (int)Math.Clamp(steps, 1, Quantities.mostSteps);
    }
}
