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

    /// <summary>Number of images in one epoch.</summary>
    public abstract int Count { get; }

    /// <summary>Values per image: channels × rows × columns.</summary>
    public int Size => Shape.Channels * Shape.Height * Shape.Width;

    /// <summary>Reads one image as values in [0, 1].</summary>
    /// <param name="index">The index of the image.</param>
    /// <param name="pixels">Receives <see cref="Size"/> values, <c>[channels, height, width]</c> in C order.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such image.</exception>
    public abstract void Read(int index, Span<float> pixels);

    /// <summary>The class of one image.</summary>
    /// <param name="index">The index of the image.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such image.</exception>
    public abstract int Label(int index);

    /// <summary>The images as training samples, with values in [−1, 1].</summary>
    /// <param name="classes">Number of classes of the labels.</param>
    public virtual Samples ToSamples(int classes)
    {
        // Batches have one size: the array is reused.
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
    /// <param name="indices">The indices of the images, in this order; repeats are allowed.</param>
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
    /// <param name="count">Number of images.</param>
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

/// <summary>A named data set of training and test images.</summary>
/// <param name="Name">The name on the command line.</param>
/// <param name="Train">The training images.</param>
/// <param name="Test">The test images.</param>
internal sealed record ImageData(string Name, ImageDataset Train, ImageDataset Test);
