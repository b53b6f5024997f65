using ScottPlot;
using SkiaSharp;

namespace ScoreFunctional.Host.Plotting.Charts;

/// <summary>Points of the plane as dots over a shade of their density.</summary>
/// <param name="extent">Half the side of the shown square around the origin, in data units.</param>
/// <param name="density">The density at points <c>[n, 2]</c> in C order, in any unit.</param>
internal sealed class PlaneChart(double extent, Func<float[], double[]> density)
{
    private const int Cells = 160;

    // The square root makes the tails visible.
    private readonly double[,] _shades = Shades(density(Lattice(extent, Cells)));

    /// <summary>The centres of the cells of the square.</summary>
    /// <param name="extent">Half the side.</param>
    /// <param name="cells">Cells per side.</param>
    /// <returns>Shape <c>[cells * cells, 2]</c>, rows from top to bottom.</returns>
    public static float[] Lattice(double extent, int cells)
    {
        var points = new float[cells * cells * 2];
        for (var i = 0; i < cells * cells; i++)
        {
            points[2 * i] = (float)(extent * (2 * (i % cells + 0.5) / cells - 1));
            points[2 * i + 1] = (float)(extent * (1 - 2 * (i / cells + 0.5) / cells));
        }

        return points;
    }

    /// <summary>Pictures side by side.</summary>
    /// <param name="frames">
    /// Title and points of each picture, shape <c>[n, 2]</c> in C order; points outside the square are left out.
    /// </param>
    /// <param name="side">Width and height of a picture in pixels.</param>
    /// <param name="columns">Pictures per row.</param>
    /// <returns>A PNG file.</returns>
    public byte[] Png(IReadOnlyList<(string Title, float[] Points)> frames, int side, int columns)
    {
        var rows = (frames.Count + columns - 1) / columns;
        using var surface = SKSurface.Create(new SKImageInfo(columns * side, rows * side));
        surface.Canvas.Clear(SKColors.White);
        for (var i = 0; i < frames.Count; i++)
        {
            using var plot = Draw(frames[i].Title, frames[i].Points, side);
            var (left, top) = (i % columns * side, i / columns * side);
            // A plot clears its canvas: the clip protects the others.
            surface.Canvas.Save();
            surface.Canvas.ClipRect(SKRect.Create(left, top, side, side));
            plot.Render(surface.Canvas, new PixelRect(left, left + side, top + side, top));
            surface.Canvas.Restore();
        }

        using var image = surface.Snapshot();
        return image.Encode(SKEncodedImageFormat.Png, 100).ToArray();
    }

    private static double[,] Shades(double[] values)
    {
        var shades = new double[Cells, Cells];
        for (var i = 0; i < values.Length; i++)
        {
            shades[i / Cells, i % Cells] = Math.Sqrt(values[i]);
        }

        return shades;
    }

    private Plot Draw(string title, float[] points, int side)
    {
        var plot = Chart.Create(title, "x₁ (data units)", "x₂ (data units)");
        var shade = plot.Add.Heatmap(_shades);
        shade.Extent = new CoordinateRect(-extent, extent, -extent, extent);
        shade.Colormap = new Shade();
        shade.ManualRange = new ScottPlot.Range(0, Math.Max(1e-300, _shades.Cast<double>().Where(double.IsFinite).DefaultIfEmpty().Max()));
        shade.Smooth = true;
        shade.NaNCellColor = Colors.White;

        var shown = new List<Coordinates>(points.Length / 2);
        for (var i = 0; i + 1 < points.Length; i += 2)
        {
            if (Math.Abs(points[i]) <= extent && Math.Abs(points[i + 1]) <= extent)
            {
                shown.Add(new Coordinates(points[i], points[i + 1]));
            }
        }

        // Dots are smaller and paler the more there are.
        var crowd = Math.Sqrt(Math.Max(1, shown.Count)) * 640 / side;
        plot.Add.Markers(
            shown, MarkerShape.FilledCircle, (float)Math.Clamp(120 / crowd, 2.6, 7),
            Color.FromHex("#d04808").WithAlpha(Math.Clamp(20 / crowd, 0.45, 0.9)));
        plot.Axes.SetLimits(-extent, extent, -extent, extent);
        plot.HideGrid();
        // Equal margins on both axes make the plotted area a square.
        plot.Layout.Fixed(new PixelPadding(66, 20, 46, 40));
        plot.Axes.Top.FrameLineStyle.IsVisible = plot.Axes.Right.FrameLineStyle.IsVisible = true;
        return plot;
    }

    // From white, where the density is 0, to blue.
    private sealed class Shade : IColormap
    {
        public string Name => nameof(Shade);

        public Color GetColor(double position) =>
            new(At(0x5c, position), At(0x85, position), At(0xb8, position));

        private static byte At(int darkest, double position) => (byte)Math.Round(255 - position * (255 - darkest));
    }
}
