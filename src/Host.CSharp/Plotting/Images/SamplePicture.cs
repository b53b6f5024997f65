using ScoreFunctional.Host.Plotting.Charts;
using ScoreFunctional.Host.Training;
using ScoreFunctional.Runs;

namespace ScoreFunctional.Host.Plotting.Images;

/// <summary>Pictures of samples as PNG files.</summary>
internal static class SamplePicture
{
    /// <summary>Images in a grid: a hundred rows of a hundred are 6004 pixels on a side.</summary>
    private const int MostImages = 10_000;

    /// <summary>Points in a plot: dots of so many cover all of it.</summary>
    private const int MostPoints = 100_000;

    private const int Side = 720;
    private const int FrameSide = 320;

    /// <summary>The most samples that one picture shows.</summary>
    /// <param name="shape">The shape of a sample.</param>
    public static int Most(SampleShape shape) => shape.IsImage ? MostImages : MostPoints;

    /// <summary>Makes sure that one picture shows so many samples.</summary>
    /// <param name="count">How many.</param>
    /// <param name="shape">The shape of a sample.</param>
    /// <exception cref="ScoreException">It does not.</exception>
    public static void Require(int count, SampleShape shape)
    {
        if (count > Most(shape))
        {
            throw new ScoreException(
                ScoreErrorKind.Usage,
                FormattableString.Invariant($"one picture shows at most {Most(shape)} samples, not {count}: save their numbers instead (--npy FILE without --out)"));
        }
    }

    /// <summary>A grid of images, or a scatter of points over the density that they should follow.</summary>
    /// <param name="values">Samples as they leave the program.</param>
    /// <param name="shape">The shape of a sample.</param>
    /// <param name="design">What the run is.</param>
    /// <exception cref="ScoreException">There are more than a picture shows.</exception>
    public static byte[] Of(ReadOnlySpan<float> values, SampleShape shape, RunDesign design)
    {
        Require(values.Length / shape.Size, shape);
        return shape.IsImage
            ? ImageGrid.Png(values, shape.Inward[0], shape.Inward[1], shape.Inward[2])
            : Plane(design).Png(
                [($"{values.Length / shape.Size} samples (dots) over the density of {design.Spec.Dataset.Name} (shade)", values.ToArray())],
                Side, 1);
    }

    /// <summary>A row of states for each image, or the frames of points side by side.</summary>
    /// <param name="values">Sample by sample, each through all its states.</param>
    /// <param name="shape">The shape of a sample.</param>
    /// <param name="design">What the run is.</param>
    /// <param name="states">States of a sample.</param>
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

            frames.Add((state == 0 ? "noise" : state == states - 1 ? "samples" : $"{state}/{states - 1} of the moves", points));
        }

        return Plane(design).Png(frames, FrameSide, (int)Math.Ceiling(states / 2.0));
    }

    private static PlaneChart Plane(RunDesign design) =>
        new(Plain.extent(design.Dataset), points => Plain.densityAt(design.Dataset, points));
}
