using Microsoft.FSharp.Core;
using ScoreFunctional.Host.Training;

namespace ScoreFunctional.Host.Data;

/// <summary>Labelled images of one shape, read by index in any order.</summary>
internal abstract class ImageDataset
{
    /// <summary>A short name, for instance <c>mnist/train</c>.</summary>
    public abstract string Name { get; }

    /// <summary>Channels, rows, columns.</summary>
    public abstract (int Channels, int Height, int Width) Shape { get; }

    /// <summary>Images in one epoch.</summary>
    public abstract int Count { get; }

    /// <summary>Values in one image: channels times rows times columns.</summary>
    public int Size => Shape.Channels * Shape.Height * Shape.Width;

    /// <summary>Reads one image as values in [0, 1].</summary>
    /// <param name="index">Which image.</param>
    /// <param name="pixels">Receives <see cref="Size"/> values, <c>[channels, height, width]</c> in C order.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such image.</exception>
    public abstract void Read(int index, Span<float> pixels);

    /// <summary>The class of one image.</summary>
    /// <param name="index">Which image.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such image.</exception>
    public abstract int Label(int index);

    /// <summary>The images as a run learns from them: values in [−1, 1], by index.</summary>
    /// <param name="classes">How many classes the labels have.</param>
    public virtual Samples ToSamples(int classes)
    {
        // One batch after another, all of one size: the next is read where the last one was.
        float[] values = [];
        return SamplesModule.ofFunction(
            [Shape.Channels, Shape.Height, Shape.Width],
            FSharpOption<int>.Some(Count),
            classes,
            FSharpFunc<long[], float[]>.FromConverter(indices =>
            {
                if (values.Length != indices.Length * Size)
                {
                    values = new float[indices.Length * Size];
                }

                for (var i = 0; i < indices.Length; i++)
                {
                    Read((int)indices[i], values.AsSpan(i * Size, Size));
                }

                PixelScale.ToModel(values);
                return values;
            }),
            FSharpFunc<long[], int[]>.FromConverter(indices => Array.ConvertAll(indices, index => Label((int)index))));
    }

    /// <summary>Reads a batch as values in [0, 1].</summary>
    /// <param name="indices">Which images, in this order; repeats are allowed.</param>
    /// <returns>Shape <c>[n, channels, height, width]</c> in C order.</returns>
    /// <exception cref="ArgumentOutOfRangeException">An index is out of range.</exception>
    public float[] GetBatch(ReadOnlySpan<int> indices)
    {
        var size = Size;
        var batch = new float[checked(indices.Length * size)];
        for (var i = 0; i < indices.Length; i++)
        {
            Read(indices[i], batch.AsSpan(i * size, size));
        }

        return batch;
    }

    /// <summary>Reads consecutive images as values in [0, 1], on all cores.</summary>
    /// <param name="start">The first index.</param>
    /// <param name="count">How many.</param>
    /// <returns>Shape <c>[count, channels, height, width]</c> in C order.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The range is not inside the dataset.</exception>
    public float[] GetRange(int start, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan((long)start + count, Count, nameof(count));
        var size = Size;
        var values = new float[checked(count * size)];
        Parallel.For(0, count, i => Read(start + i, values.AsSpan(i * size, size)));
        return values;
    }
}

/// <summary>A named collection of images with a part to learn from and a part to judge by.</summary>
/// <param name="Name">The name on the command line.</param>
/// <param name="Train">The images to learn from.</param>
/// <param name="Test">Images never trained on.</param>
internal sealed record ImageData(string Name, ImageDataset Train, ImageDataset Test);
