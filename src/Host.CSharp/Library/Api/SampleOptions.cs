using ScoreFunctional.Host.Files;
using ScoreFunctional.Host.Training;
using ScoreFunctional.Runs;

namespace ScoreFunctional.Host;

/// <summary>How to sample. Whatever is left out is as the run has it.</summary>
public sealed record SampleOptions
{
    /// <summary>How many samples.</summary>
    public int Count { get; init; } = 16;

    /// <summary>Another sampler than the run's, or other settings of it: <c>ddim:eta=0.5</c>; <see cref="ScoreTables"/> lists them.</summary>
    public string? Sampler { get; init; }

    /// <summary>
    /// Another number of sampler steps, at most 100,000; moves a level for annealed Langevin. When left out, the run's for its own sampler, and for
    /// <see cref="Sampler"/> the usual number under the run's process, which <c>score sample --help</c> lists.
    /// </summary>
    public int? Steps { get; init; }

    /// <summary>Another schedule than the sampler's own, as <c>karras:rho=5</c>.</summary>
    public string? Schedule { get; init; }

    /// <summary>The class to sample, counted from 0, of a model trained with <see cref="TrainOptions.Conditional"/>; any when left out.</summary>
    public int? Class { get; init; }

    /// <summary>
    /// The guidance scale w of <c>s∅ + w(s − s∅)</c>, with <see cref="Class"/>: 1 is the class's own score, more is more typical of
    /// the class. The other published convention, (1 + w)s − w s∅, is one less.
    /// </summary>
    public double Guidance { get; init; } = 1;

    /// <summary>The seed: the same seed gives the same samples, and sample k does not depend on <see cref="Count"/>.</summary>
    public long Seed { get; init; }

    /// <summary>How many states on the way from noise to sample to keep of the first samples, at most 100; 0 keeps none.</summary>
    public int TrajectoryLength { get; init; }
}

/// <summary>How far sampling is.</summary>
public sealed record SampleProgress
{
    /// <summary>Part done, in [0, 1].</summary>
    public required double Fraction { get; init; }

    /// <summary>Samples finished.</summary>
    public required int Done { get; init; }

    /// <summary>Samples in all.</summary>
    public required int Count { get; init; }
}

/// <summary>Samples as plain numbers.</summary>
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

    /// <summary>How many samples there are.</summary>
    public int Count { get; }

    /// <summary>Shape of <see cref="Values"/>: <c>[n, 28, 28]</c> for images, <c>[n, 2]</c> for points.</summary>
    public IReadOnlyList<int> Shape { get; }

    /// <summary>All samples one after another in C order: pixels in [0, 1], points in data units.</summary>
    public ReadOnlyMemory<float> Values => _values;

    /// <summary>Evaluations of the network that each sample took; where a tolerance chooses them, the mean.</summary>
    public int Nfe { get; }

    /// <summary>Time that sampling took.</summary>
    public TimeSpan Elapsed { get; }

    /// <summary>States kept on the way from noise to sample, the first before any move.</summary>
    public int TrajectoryLength { get; }

    /// <summary>The states kept of the first samples, each sample through all its states; at the width of the data, to be looked at.</summary>
    internal ReadOnlyMemory<float> Trajectory { get; }

    /// <summary>The shape of one sample.</summary>
    internal SampleShape SampleShape => _shape;

    /// <summary>The run that the samples were drawn from.</summary>
    internal RunDesign Design { get; }

    /// <summary>One sample.</summary>
    /// <param name="index">Which, from 0.</param>
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

    /// <summary>How many samples have values that are not numbers: a model that was hardly trained may diverge.</summary>
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

    /// <summary>Makes sure that every value is a number.</summary>
    /// <exception cref="ScoreException">Some are not.</exception>
    internal SampleResult RequireFinite() => CountDiverged() is var diverged and > 0
        ? throw new ScoreException(
            $"{diverged} of {Count} samples diverged to values that are not numbers: the model needs more training, or another sampler")
        : this;

    /// <summary>Writes the numbers as float32 in the shape of <see cref="Shape"/>, as <c>numpy.load</c> reads them.</summary>
    /// <param name="path">Where to write; an existing file is replaced, whole or not at all.</param>
    /// <exception cref="ScoreException">The file cannot be written.</exception>
    public void SaveNpy(string path) => Npy.Save(path, _values, [.. Shape]);
}
