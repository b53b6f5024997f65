using ScoreFunctional.Host.Data;
using ScoreFunctional.Runs;

namespace ScoreFunctional.Host.Training;

/// <summary>An endless order of training samples, addressed by a cursor: the same cursor gives the same sample.</summary>
internal abstract class TrainingSource
{
    /// <summary>The shape of a sample.</summary>
    public abstract SampleShape Shape { get; }

    /// <summary>Fills a batch with consecutive samples in model values.</summary>
    /// <param name="cursor">The first sample.</param>
    /// <param name="batch">Receives whole samples, one after another.</param>
    public abstract void Fill(long cursor, Span<float> batch);

    /// <summary>The classes of consecutive samples.</summary>
    /// <param name="cursor">The first sample.</param>
    /// <param name="count">How many.</param>
    /// <exception cref="InvalidOperationException">The samples have no classes.</exception>
    public virtual int[] Classes(long cursor, int count) =>
        throw new InvalidOperationException("expected samples with classes, found points");

    /// <summary>The source of a specification.</summary>
    /// <param name="spec">What the run is.</param>
    /// <param name="images">The images, for a run on images.</param>
    public static TrainingSource Of(RunSpec spec, ImageData? images) =>
        images is null ? new DensitySource(spec) : new ImageSource(spec.Seed, images.Train);
}

/// <summary>Images in an order that goes through all of them before any comes again, another order each time.</summary>
/// <param name="seed">The seed of the run.</param>
/// <param name="images">The images.</param>
internal sealed class ImageSource(long seed, ImageDataset images) : TrainingSource
{
    private int[] _order = [];
    private long _epoch = -1;

    /// <inheritdoc/>
    public override SampleShape Shape => SampleShape.Image;

    /// <inheritdoc/>
    public override void Fill(long cursor, Span<float> batch)
    {
        for (var i = 0; i < batch.Length / images.Size; i++)
        {
            images.Read(Index(cursor + i), batch.Slice(i * images.Size, images.Size));
        }

        PixelScale.ToModel(batch);
    }

    /// <inheritdoc/>
    public override int[] Classes(long cursor, int count) =>
        [.. Enumerable.Range(0, count).Select(i => images.Label(Index(cursor + i)))];

    /// <summary>The image that stands at a place of the endless order.</summary>
    /// <param name="cursor">The place.</param>
    internal int Index(long cursor)
    {
        var epoch = cursor / images.Count;
        if (epoch != _epoch)
        {
            (_order, _epoch) = (Plain.permutation(seed, checked((int)epoch), images.Count), epoch);
        }

        return _order[cursor % images.Count];
    }
}

/// <summary>Points of a two-dimensional density: no point comes twice.</summary>
/// <param name="spec">What the run is.</param>
internal sealed class DensitySource(RunSpec spec) : TrainingSource
{
    /// <inheritdoc/>
    public override SampleShape Shape => SampleShape.Point;

    /// <inheritdoc/>
    public override void Fill(long cursor, Span<float> batch) =>
        Plain.points(spec.Dataset, spec.Seed, "data", cursor, batch.Length / 2).CopyTo(batch);
}
