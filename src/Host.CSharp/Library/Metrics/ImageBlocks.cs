using ScoreFunctional.Host.Data;

namespace ScoreFunctional.Host.Metrics;

/// <summary>Images that are read in blocks, so that a large set is never in memory as floats.</summary>
/// <param name="Count">Number of images.</param>
/// <param name="Size">Values per image.</param>
/// <param name="Read">Reads <c>count</c> images from <c>start</c> as <c>[count, size]</c>.</param>
internal sealed record ImageBlocks(int Count, int Size, Func<int, int, ReadOnlyMemory<float>> Read)
{
    /// <summary>Images per block.</summary>
    public const int BlockLength = 512;

    /// <summary>Images in memory.</summary>
    /// <param name="values">Shape <c>[n, size]</c> in C order.</param>
    /// <param name="size">Values per image.</param>
    /// <exception cref="ArgumentException">The number of values is not a whole, positive number of images.</exception>
    public static ImageBlocks Of(ReadOnlyMemory<float> values, int size)
    {
        if (size < 1 || values.Length == 0 || values.Length % size != 0)
        {
            throw new ArgumentException($"expected a multiple of {size} values, found {values.Length}", nameof(values));
        }

        return new ImageBlocks(
            values.Length / size, size, (start, count) => values.Slice(start * size, count * size));
    }

    /// <summary>All images of a dataset.</summary>
    /// <param name="dataset">The dataset.</param>
    public static ImageBlocks Of(ImageDataset dataset) =>
        new(dataset.Count, dataset.Size, (start, count) => dataset.GetRange(start, count));

    /// <summary>
    /// As many disjoint sets as fit into a dataset, each spread evenly over it. MNIST's test set is sorted: the writers of its first
    /// half have a cleaner hand, so that the first images would be a biased set.
    /// </summary>
    /// <param name="dataset">The dataset.</param>
    /// <param name="count">Images per set; if the dataset has fewer, the only set is all of it.</param>
    public static IReadOnlyList<ImageBlocks> Spread(ImageDataset dataset, int count)
    {
        var n = Math.Min(count, dataset.Count);
        var sets = dataset.Count / n;
        return [.. Enumerable.Range(0, sets).Select(set => new ImageBlocks(n, dataset.Size, (start, length) =>
            dataset.GetBatch([.. Enumerable.Range(start, length).Select(
                i => (int)(((long)i * sets + set) * dataset.Count / ((long)n * sets)))])))];
    }

    /// <summary>The blocks in order, each with the index of its first image, the number of images and the values.</summary>
    public IEnumerable<(int Start, int Count, ReadOnlyMemory<float> Values)> Blocks()
    {
        for (var start = 0; start < Count; start += BlockLength)
        {
            var count = Math.Min(BlockLength, Count - start);
            yield return (start, count, Read(start, count));
        }
    }
}
