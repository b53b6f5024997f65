using ScoreFunctional.Host.Files;
using ScoreFunctional.Host.Training;
using ScoreFunctional.Runs;

namespace ScoreFunctional.Host;

/// <summary>Options of sampling. The run decides what is left out.</summary>
public sealed record SampleOptions
{
    /// <summary>Number of samples.</summary>
    public int Count { get; init; } = 16;

    /// <summary>The sampler with its settings, in place of the run's: <c>ddim:eta=0.5</c>; <see cref="ScoreTables"/> lists them.</summary>
    public string? Sampler { get; init; }

    /// <summary>
    /// Number of sampler steps, at most 100,000; for annealed Langevin dynamics, steps per noise level. By default the run's for its own
    /// sampler, else the default of <see cref="Sampler"/>, which <c>score list sampler</c> prints.
    /// </summary>
    public int? Steps { get; init; }

    /// <summary>The noise schedule, in place of the sampler's own: <c>karras:rho=5</c>.</summary>
    public string? Schedule { get; init; }

    /// <summary>The class to sample, counted from 0, of a model trained with <see cref="TrainOptions.Conditional"/>; by default samples are of any class.</summary>
    public int? Class { get; init; }

    /// <summary>
    /// Scale w of classifier-free guidance, <c>s∅ + w(s − s∅)</c>, with <see cref="Class"/>: 1 is the class's own score, a larger w
    /// is more typical of the class. In the convention (1 + w)s − w s∅ the scale is one less.
    /// </summary>
    public double Guidance { get; init; } = 1;

    /// <summary>The seed. Sample k of a seed is always the same, whatever <see cref="Count"/>.</summary>
    public long Seed { get; init; }

    /// <summary>Number of states between noise and sample to keep of the first samples, at most 100; 0 keeps none.</summary>
    public int TrajectoryLength { get; init; }
}

/// <summary>Progress of sampling.</summary>
public sealed record SampleProgress
{
    /// <summary>Fraction done, in [0, 1].</summary>
    public required double Fraction { get; init; }

    /// <summary>Number of finished samples.</summary>
    public required int Done { get; init; }

    /// <summary>Total number of samples.</summary>
    public required int Count { get; init; }
}

/// <summary>Drawn samples.</summary>
public sealed class SampleResult
{
    private readonly float[] _values;
    private readonly SampleShape _shape;

    internal SampleResult(
        float[] values, SampleShape shape, RunDesign design, int nfe, TimeSpan elapsed, float[] trajectory,
        int trajectoryLength)
    {
        (_values, _shape, Design, Nfe, Elapsed) = (values, shape, design, nfe, elapsed);
        (Trajectory, TrajectoryLength) = (trajectory, trajectoryLength);
        Count = values.Length / shape.Size;
        Shape = Array.AsReadOnly<int>([Count, .. shape.Outward]);
    }

    /// <summary>Number of samples.</summary>
    public int Count { get; }

    /// <summary>Shape of <see cref="Values"/>: <c>[n, 28, 28]</c> for images, <c>[n, 2]</c> for points.</summary>
    public IReadOnlyList<int> Shape { get; }

    /// <summary>All samples in C order: pixels in [0, 1], points in data units.</summary>
    public ReadOnlyMemory<float> Values => _values;

    /// <summary>Evaluations of the network per sample; for adaptive samplers the mean.</summary>
    public int Nfe { get; }

    /// <summary>Time of sampling.</summary>
    public TimeSpan Elapsed { get; }

    /// <summary>Number of kept states from noise to sample; the first is the noise.</summary>
    public int TrajectoryLength { get; }

    /// <summary>The kept states of the first samples, sample by sample, scaled to the width of the data for display.</summary>
    internal ReadOnlyMemory<float> Trajectory { get; }

    /// <summary>The shape of one sample.</summary>
    internal SampleShape SampleShape => _shape;

    /// <summary>The run that the samples were drawn from.</summary>
    internal RunDesign Design { get; }

    /// <summary>One sample.</summary>
    /// <param name="index">The index of the sample, from 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such sample.</exception>
    public ReadOnlySpan<float> this[int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfNegative(index);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
            return _values.AsSpan(index * _shape.Size, _shape.Size);
        }
    }

    /// <summary>Number of samples with values that are not finite: a model with little training may diverge.</summary>
    internal int CountDiverged() => Enumerable.Range(0, Count).Count(index =>
    {
        foreach (var value in this[index])
        {
            if (!float.IsFinite(value))
            {
                return true;
            }
        }

        return false;
    });

    /// <summary>Checks that every value is finite.</summary>
    /// <exception cref="ScoreException">Some values are not.</exception>
    internal SampleResult RequireFinite() => CountDiverged() is var diverged and > 0
        ? throw new ScoreException(
            $"{diverged} of {Count} samples diverged to values that are not finite: train the model longer, or use another sampler")
        : this;

    /// <summary>Writes the samples as a NumPy file of float32 with shape <see cref="Shape"/>.</summary>
    /// <param name="path">Path of the file; an existing file is replaced atomically.</param>
    /// <exception cref="ScoreException">The file cannot be written.</exception>
    public void SaveNpy(string path) => Npy.Save(path, _values, [.. Shape]);
}
