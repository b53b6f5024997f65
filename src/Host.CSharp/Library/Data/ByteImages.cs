namespace ScoreFunctional.Host.Data;

/// <summary>Labelled grey images of one byte per pixel.</summary>
internal sealed class ByteImages : ImageDataset
{
    private readonly byte[] _pixels;
    private readonly byte[] _labels;

    /// <summary>Combines images and labels.</summary>
    /// <param name="name">A short name.</param>
    /// <param name="images">Dimensions <c>[n, height, width]</c>.</param>
    /// <param name="labels">Dimensions <c>[n]</c>.</param>
    /// <exception cref="ScoreException">The numbers of labels and images differ.</exception>
    public ByteImages(string name, IdxFile images, IdxFile labels)
    {
        if (images.Dimensions[0] != labels.Dimensions[0])
        {
            throw new ScoreException(
                $"{name}: expected a label for each of {images.Dimensions[0]} images, found {labels.Dimensions[0]} labels");
        }

        Name = name;
        Count = images.Dimensions[0];
        Shape = (1, images.Dimensions[1], images.Dimensions[2]);
        (_pixels, _labels) = (images.Data, labels.Data);
    }

    /// <inheritdoc/>
    public override string Name { get; }

    /// <inheritdoc/>
    public override (int Channels, int Height, int Width) Shape { get; }

    /// <inheritdoc/>
    public override int Count { get; }

    /// <inheritdoc/>
    public override void Read(int index, Span<float> pixels)
    {
        Check(index);
        var size = Size;
        var bytes = _pixels.AsSpan(index * size, size);
        for (var i = 0; i < size; i++)
        {
            pixels[i] = bytes[i] * (1f / 255f);
        }
    }

    /// <inheritdoc/>
    public override int Label(int index)
    {
        Check(index);
        return _labels[index];
    }

    /// <inheritdoc/>
    public override Samples ToSamples(int classes) =>
        SamplesModule.ofBytes([Shape.Channels, Shape.Height, Shape.Width], classes, _pixels, _labels);

    private void Check(int index)
    {
        if ((uint)index >= (uint)Count)
        {
            throw new ArgumentOutOfRangeException(
                nameof(index), $"{Name}: expected an index from 0 to {Count - 1}, found {index}");
        }
    }
}
