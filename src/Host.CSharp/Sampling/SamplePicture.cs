using ScoreFunctional.CommandLine;
using ScoreFunctional.Host.Images;
using ScoreFunctional.Host.Training;

namespace ScoreFunctional.Host.Sampling;

/// <summary>Pictures of samples.</summary>
internal static class SamplePicture
{
    private const int DensityCells = 160;
    private const int FrameSide = 240;

    /// <summary>A grid of images, or a scatter of points over the density that they should follow.</summary>
    /// <param name="values">Samples as they leave the program.</param>
    /// <param name="shape">The shape of a sample.</param>
    /// <param name="dataset">What the model learned from.</param>
    public static Raster Of(ReadOnlySpan<float> values, SampleShape shape, Dataset dataset) => shape.IsImage
        ? ImageGrid.Compose(values, shape.Inward[0], shape.Inward[1], shape.Inward[2])
        : new Ground(dataset).Scatter(values, 640);

    /// <summary>A row of states for each image, or the frames of points side by side.</summary>
    /// <param name="values">Sample by sample, each through all its states.</param>
    /// <param name="shape">The shape of a sample.</param>
    /// <param name="dataset">What the model learned from.</param>
    /// <param name="states">States of a sample.</param>
    public static Raster OfTrajectory(ReadOnlySpan<float> values, SampleShape shape, Dataset dataset, int states)
    {
        if (shape.IsImage)
        {
            return ImageGrid.Compose(
                values, shape.Inward[0], shape.Inward[1], shape.Inward[2], new GridLayout(Columns: states));
        }

        var ground = new Ground(dataset);
        var frames = new Raster[states];
        var samples = values.Length / (states * shape.Size);
        var points = new float[samples * shape.Size];
        for (var state = 0; state < states; state++)
        {
            for (var sample = 0; sample < samples; sample++)
            {
                values.Slice((sample * states + state) * shape.Size, shape.Size)
                    .CopyTo(points.AsSpan(sample * shape.Size));
            }

            frames[state] = ground.Scatter(points, FrameSide);
        }

        return SideBySide(frames, (int)Math.Ceiling(states / 2.0));
    }

    private static Raster SideBySide(Raster[] frames, int columns)
    {
        var (width, height) = (frames[0].Width, frames[0].Height);
        var rows = (frames.Length + columns - 1) / columns;
        var picture = new Raster(columns * width, rows * height, frames[0].Channels, 255);
        for (var i = 0; i < frames.Length; i++)
        {
            for (var y = 0; y < height; y++)
            {
                frames[i].Row(y).CopyTo(picture.Row(i / columns * height + y)[(i % columns * width * picture.Channels)..]);
            }
        }

        return picture;
    }

    // The density, evaluated once for however many frames.
    private sealed class Ground
    {
        private readonly PlaneWindow _window;
        private readonly double[] _density;

        public Ground(Dataset dataset)
        {
            var extent = Plain.extent(dataset);
            _window = new PlaneWindow(-extent, extent, -extent, extent);
            _density = Plain.densityAt(dataset, PlanePlot.Lattice(_window, DensityCells));
        }

        public Raster Scatter(ReadOnlySpan<float> points, int side)
        {
            var plot = new PlanePlot(_window, side);
            plot.Density(_density, DensityCells);
            plot.Points(points);
            plot.Axes();
            return plot.Picture;
        }
    }
}
