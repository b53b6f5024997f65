namespace ScoreFunctional.Host.Training;

/// <summary>The shape of one sample.</summary>
/// <param name="Inward">The shape in the model: <c>[channels, height, width]</c> or <c>[2]</c>.</param>
/// <param name="Outward">The shape in the API and in files: <c>[height, width]</c> or <c>[2]</c>.</param>
/// <param name="IsImage">Whether the values are pixels.</param>
internal sealed record SampleShape(int[] Inward, int[] Outward, bool IsImage)
{
    /// <summary>Grey images of 28 × 28 pixels.</summary>
    public static SampleShape Image { get; } = Of([1, 28, 28]);

    /// <summary>Points of the plane.</summary>
    public static SampleShape Point { get; } = Of([2]);

    /// <summary>The shape of samples of a data set. Images have three dimensions in the model; grey ones have two in the API.</summary>
    /// <param name="inward">The shape in the model.</param>
    public static SampleShape Of(int[] inward) =>
        new(inward, inward is [1, var height, var width] ? [height, width] : inward, inward.Length == 3);

    /// <summary>Values per sample.</summary>
    public int Size { get; } = Inward.Aggregate(1, (product, length) => product * length);
}

/// <summary>Conversion between pixels in [0, 1] and model values in [−1, 1].</summary>
internal static class PixelScale
{
    /// <summary>Pixels to model values, in place: 2p − 1.</summary>
    /// <param name="values">The pixels.</param>
    public static void ToModel(Span<float> values)
    {
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = values[i] * 2f - 1f;
        }
    }

    /// <summary>Model values to pixels, in place: (v + 1) / 2, clipped to [0, 1].</summary>
    /// <param name="values">The model values.</param>
    public static void ToPixels(Span<float> values)
    {
        for (var i = 0; i < values.Length; i++)
        {
            // The comparisons are false for NaN, which stays NaN.
            var pixel = values[i] * 0.5f + 0.5f;
            values[i] = pixel < 0f ? 0f : pixel > 1f ? 1f : pixel;
        }
    }
}
