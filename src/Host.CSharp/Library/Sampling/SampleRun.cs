using System.Diagnostics;
using Microsoft.FSharp.Core;
using ScoreFunctional.Host.Training;
using ScoreFunctional.Runs;

namespace ScoreFunctional.Host.Sampling;

/// <summary>Draws any number of samples in blocks, so that memory is flat in their number.</summary>
/// <remarks>Every sample is the same, bit for bit, however many are drawn with it.</remarks>
internal static class SampleRun
{
    private const int ImageBlock = 64;
    private const int PointBlock = 1024;

    /// <summary>Images whose way from noise is kept.</summary>
    private const int TrajectoryImages = 8;

    /// <summary>Draws samples.</summary>
    /// <param name="generator">The model.</param>
    /// <param name="design">What the run is.</param>
    /// <param name="sampler">How.</param>
    /// <param name="label">The class to sample, if one was asked for.</param>
    /// <param name="guidance">The guidance scale.</param>
    /// <param name="count">How many.</param>
    /// <param name="seed">The seed.</param>
    /// <param name="states">States to keep on the way; 0 keeps none.</param>
    /// <param name="progress">Told how far it is.</param>
    /// <param name="cancellation">Stops between two moves.</param>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
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

    // Sample by sample, each through all its states.
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

    // Early states are noise many times as wide as the data: they are shown at the width of the data.
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
