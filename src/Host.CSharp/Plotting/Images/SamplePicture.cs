using ScoreFunctional.Host.Plotting.Charts;
using ScoreFunctional.Host.Training;
using ScoreFunctional.Runs;

namespace ScoreFunctional.Host.Plotting.Images;

/// <summary>Pictures of samples as PNG files.</summary>
internal static class SamplePicture
{
    private const int Side = 720;
    private const int FrameSide = 320;

    /// <summary>The most samples that one picture shows.</summary>
    /// <param name="shape">The shape of a sample.</param>
    public static int Most(SampleShape shape) => shape.IsImage ? Quantities.pictureImages : Quantities.picturePoints;

    /// <summary>Checks that one picture can show so many samples.</summary>
    /// <param name="count">Number of samples.</param>
    /// <param name="shape">The shape of a sample.</param>
    /// <exception cref="ScoreException">There are too many samples.</exception>
    public static void Require(int count, SampleShape shape)
    {
        if (count > Most(shape))
        {
            throw new ScoreException(
                ScoreErrorKind.Usage,
                FormattableString.Invariant($"one picture shows at most {Most(shape)} samples, not {count}: save them as numbers instead (--npy FILE without --out)"));
        }
    }

    /// <summary>A grid of images, or a scatter of points over their density.</summary>
    /// <param name="values">The samples; pixels are in [0, 1].</param>
    /// <param name="shape">The shape of a sample.</param>
    /// <param name="design">The design of the run.</param>
    /// <exception cref="ScoreException">There are too many samples.</exception>
    public static byte[] Of(ReadOnlySpan<float> values, SampleShape shape, RunDesign design)
    {
        Require(values.Length / shape.Size, shape);
        return shape.IsImage
            ? ImageGrid.Png(values, shape.Inward[0], shape.Inward[1], shape.Inward[2])
            : Plane(design).Png(
                [($"{values.Length / shape.Size} samples (dots) over the density of {design.Spec.Dataset.Name} (shade)", values.ToArray())],
                Side, 1);
    }

    /// <summary>A row of states per image, or frames of points side by side.</summary>
    /// <param name="values">The states, sample by sample.</param>
    /// <param name="shape">The shape of a sample.</param>
    /// <param name="design">The design of the run.</param>
    /// <param name="states">Number of states per sample.</param>
    public static byte[] OfTrajectory(ReadOnlySpan<float> values, SampleShape shape, RunDesign design, int states)
    {
        if (shape.IsImage)
        {
            return ImageGrid.Png(
                values, shape.Inward[0], shape.Inward[1], shape.Inward[2], new GridLayout(Columns: states));
        }

        var frames = new List<(string, float[])>(states);
        var samples = values.Length / (states * shape.Size);
        for (var state = 0; state < states; state++)
        {
            var points = new float[samples * shape.Size];
            for (var sample = 0; sample < samples; sample++)
            {
                values.Slice((sample * states + state) * shape.Size, shape.Size)
                    .CopyTo(points.AsSpan(sample * shape.Size));
            }

            frames.Add((state == 0 ? "noise" : state == states - 1 ? "samples" : $"{state}/{states - 1} of the steps", points));
        }

        return Plane(design).Png(frames, FrameSide, (int)Math.Ceiling(states / 2.0));
    }

    private static PlaneChart Plane(RunDesign design) =>
        new(Interop.extent(design.Dataset), points => Interop.densityAt(design.Dataset, points));
}
