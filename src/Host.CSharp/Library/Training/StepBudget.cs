using System.Diagnostics;
using ScoreFunctional.Runs;

namespace ScoreFunctional.Host.Training;

/// <summary>Measures how many steps fit into some minutes, once before the run, with steps that are discarded.</summary>
/// <remarks>
/// The number is then part of the checkpoint. The learning rate depends only on it and on the step, so that a resumed run gives
/// the same result as an uninterrupted one.
/// </remarks>
internal static class StepBudget
{
    /// <summary>Fraction of the time for metrics, checkpoints and sample grids.</summary>
    private const double Overhead = 0.03;

    /// <summary>The number of steps that fit, at the current speed of this machine.</summary>
    /// <param name="design">The design of the run.</param>
    /// <param name="samples">The training samples.</param>
    /// <param name="minutes">The length of the run in minutes.</param>
    /// <param name="device">The device of the network.</param>
    /// <param name="cancellation">Stops the measurement.</param>
    public static int Of(RunDesign design, Samples samples, double minutes, Placement device, CancellationToken cancellation)
    {
        var seconds = minutes * 60;
        var patience = Math.Clamp(seconds * 0.02, 0.5, 10);
        using var session = new TrainingSession(design, 1000, device, samples);
        var times = new List<double>();
        var clock = Stopwatch.StartNew();
        // Only the second half is used: the first steps compile code, recompile hot code and warm up caches.
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
