namespace ScoreFunctional.Host.Data;

/// <summary>Fills a block with independent uniform numbers in [0, 1) that depend only on the index.</summary>
/// <param name="index">The index of the block.</param>
/// <param name="draws">Receives the numbers.</param>
internal delegate void UniformSource(int index, Span<double> draws);

/// <summary>
/// Digits drawn from pen strokes: endless, labelled and deterministic. Image <c>i</c> is a pure function of the uniform numbers of
/// block <c>i</c>. No files are needed.
/// </summary>
internal sealed class StrokeDigits : ImageDataset
{
    /// <summary>The name on the command line.</summary>
    public const string CollectionName = "strokes";

    private readonly UniformSource _uniforms;

    /// <summary>Makes a data set from a source of uniform numbers.</summary>
    /// <param name="name">A short name.</param>
    /// <param name="count">Images per epoch; any index from 0 on can be read.</param>
    /// <param name="uniforms">The uniform numbers of image <c>i</c>; called from several threads.</param>
    public StrokeDigits(string name, int count, UniformSource uniforms) =>
        (Name, Count, _uniforms) = (name, count, uniforms);

    /// <inheritdoc/>
    public override string Name { get; }

    /// <inheritdoc/>
    public override int Count { get; }

    /// <inheritdoc/>
    public override (int Channels, int Height, int Width) Shape => (1, StrokePen.Side, StrokePen.Side);

    /// <summary>Training and test images, as many as in MNIST.</summary>
    /// <param name="train">The uniform numbers of the training images.</param>
    /// <param name="test">The uniform numbers of the test images, independent of the others.</param>
    public static ImageData Create(UniformSource train, UniformSource test) => new(
        CollectionName,
        new StrokeDigits($"{CollectionName}/train", 60_000, train),
        new StrokeDigits($"{CollectionName}/test", 10_000, test));

    /// <inheritdoc/>
    public override void Read(int index, Span<float> pixels) =>
        StrokePen.Draw(DrawsOf(index), pixels[..(StrokePen.Side * StrokePen.Side)]);

    /// <inheritdoc/>
    public override int Label(int index) => StrokePen.Label(DrawsOf(index));

    private double[] DrawsOf(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        var draws = new double[StrokePen.Draws];
        _uniforms(index, draws);
        return draws;
    }
}
