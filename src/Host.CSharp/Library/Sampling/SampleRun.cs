using System.Diagnostics;
using Microsoft.FSharp.Core;
using ScoreFunctional.Host.Training;
using ScoreFunctional.Runs;

namespace ScoreFunctional.Host.Sampling;

/// <summary>Draws samples in blocks, so that the memory of a block does not depend on their number.</summary>
/// <remarks>Each sample is the same, bit for bit, whatever the number of samples.</remarks>
internal static class SampleRun
{
    private const int ImageBlock = 64;
    private const int PointBlock = 1024;

    /// <summary>Number of images whose trajectory is kept.</summary>
    private const int TrajectoryImages = 8;

    /// <summary>Draws samples.</summary>
    /// <param name="generator">The model.</param>
    /// <param name="design">The design of the run.</param>
    /// <param name="sampler">The sampler.</param>
    /// <param name="label">The class to sample; <c>null</c> for any.</param>
    /// <param name="guidance">The guidance scale.</param>
    /// <param name="count">Number of samples.</param>
    /// <param name="seed">The seed.</param>
    /// <param name="states">Number of states of the trajectory to keep; 0 keeps none.</param>
    /// <param name="progress">Receives progress.</param>
    /// <param name="cancellation">Stops between two steps of the sampler.</param>
    /// <exception cref="OperationCanceledException">The call was cancelled.</exception>
    public static SampleResult Draw(
        Generator generator, RunDesign design, Sampler sampler, FSharpOption<int>? label, double guidance, int count,
        long seed, int states,
        Action<SampleProgress>? progress, CancellationToken cancellation)
    {
        var clock = Stopwatch.StartNew();
        var shape = design.SampleShape();
        var block = shape.IsImage ? ImageBlock : PointBlock;
        var values = new float[checked(count * shape.Size)];
        float[] trajectory = [];
        var (evaluations, blocks, kept) = (0.0, 0, 0);
        for (var first = 0; first < count; first += block)
        {
            var (done, wanted) = (first, Math.Min(block, count - first));
            var drawn = generator.Draw(sampler, label, guidance, seed, first, wanted, first == 0 ? states : 0, part =>
            {
                cancellation.ThrowIfCancellationRequested();
                progress?.Invoke(new SampleProgress
                {
                    Fraction = (done + part * wanted) / count,
                    Done = part < 1 ? done : done + wanted,
                    Count = count,
                });
            });
            (evaluations, blocks) = (evaluations + drawn.Nfe, blocks + 1);
            drawn.Values.CopyTo(values.AsSpan(first * shape.Size));
            if (first == 0 && states > 0)
            {
                kept = drawn.Trace.Length;
                trajectory = Trajectory(drawn.Trace, shape, Math.Min(count, shape.IsImage ? TrajectoryImages : block));
            }
        }

        progress?.Invoke(new SampleProgress { Fraction = 1, Done = count, Count = count });
        if (shape.IsImage)
        {
            PixelScale.ToPixels(values);
        }

        var nfe = (int)Math.Round(evaluations / Math.Max(1, blocks));
        return new SampleResult(values, shape, design, nfe, clock.Elapsed, trajectory, kept);
    }

    // Reorders the states: sample by sample, then state by state.
    private static float[] Trajectory(float[][] trace, SampleShape shape, int samples)
    {
        var values = new float[samples * trace.Length * shape.Size];
        for (var state = 0; state < trace.Length; state++)
        {
            var frame = AtDataScale(trace[state], shape);
            for (var sample = 0; sample < samples; sample++)
            {
                frame.AsSpan(sample * shape.Size, shape.Size)
                    .CopyTo(values.AsSpan((sample * trace.Length + state) * shape.Size));
            }
        }

        return values;
    }

    // Early states are much wider than the data: they are scaled to the width of the data for display.
    private static float[] AtDataScale(float[] state, SampleShape shape)
    {
        var mean = state.Average();
        var deviation = MathF.Sqrt(state.Average(value => (value - mean) * (value - mean)));
        var width = shape.IsImage ? 0.6f : 1.5f;
        var scaled = deviation > width ? Array.ConvertAll(state, value => value * width / deviation) : state;
        if (shape.IsImage)
        {
            PixelScale.ToPixels(scaled);
        }

        return scaled;
    }
}
