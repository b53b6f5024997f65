using ScoreFunctional.Host.Charts;

namespace ScoreFunctional.Host.Images;

/// <summary>The part of the plane that a plot shows.</summary>
/// <param name="Left">Smallest x.</param>
/// <param name="Right">Largest x.</param>
/// <param name="Bottom">Smallest y.</param>
/// <param name="Top">Largest y.</param>
internal sealed record PlaneWindow(double Left, double Right, double Bottom, double Top)
{
    /// <summary>A square window around points, with a margin; 1 percent of them on each side may lie outside.</summary>
    /// <param name="points">Shape <c>[n, 2]</c> in C order.</param>
    public static PlaneWindow Around(ReadOnlySpan<float> points)
    {
        var (x, y) = (new List<float>(), new List<float>());
        for (var i = 0; i + 1 < points.Length; i += 2)
        {
            if (float.IsFinite(points[i]) && float.IsFinite(points[i + 1]))
            {
                x.Add(points[i]);
                y.Add(points[i + 1]);
            }
        }

        if (x.Count == 0)
        {
            return new PlaneWindow(-1, 1, -1, 1);
        }

        var (left, right) = Middle(x);
        var (bottom, top) = Middle(y);
        var half = Math.Max(1e-6, Math.Max(right - left, top - bottom) * 0.6);
        var (centreX, centreY) = ((left + right) / 2, (bottom + top) / 2);
        return new PlaneWindow(centreX - half, centreX + half, centreY - half, centreY + half);
    }

    private static (double Low, double High) Middle(List<float> values)
    {
        values.Sort();
        var cut = values.Count / 100;
        return (values[cut], values[values.Count - 1 - cut]);
    }
}

/// <summary>Plots of the plane as pictures: a density as shades, samples as dots, a field as arrows, two axes.</summary>
internal sealed class PlanePlot
{
    private const int Margin = 56;
    private const int Edge = 16;
    private const int FontScale = 2;

    private static readonly Rgb Paper = new(255, 255, 255);
    private static readonly Rgb Ink = new(40, 46, 60);
    private static readonly Rgb Shade = new(38, 92, 160);
    private static readonly Rgb Dot = new(208, 72, 8);

    private readonly PlaneWindow _window;
    private readonly int _side;

    /// <summary>Starts an empty plot.</summary>
    /// <param name="window">The part of the plane.</param>
    /// <param name="side">Pixels of the plotted square.</param>
    public PlanePlot(PlaneWindow window, int side = 640)
    {
        (_window, _side) = (window, side);
        Picture = new Raster(Margin + side + Edge, Edge + side + Margin, 3, 255);
    }

    /// <summary>The picture so far; <see cref="Axes"/> comes last.</summary>
    public Raster Picture { get; }

    /// <summary>Samples over the density that they should follow, with axes.</summary>
    /// <param name="points">Shape <c>[n, 2]</c> in C order.</param>
    /// <param name="density">The density at x and y, in any unit; <c>null</c> leaves the paper white.</param>
    /// <param name="window">The part of the plane; around the samples when <c>null</c>.</param>
    /// <returns>The picture.</returns>
    public static Raster Scatter(
        ReadOnlySpan<float> points, Func<double, double, double>? density = null, PlaneWindow? window = null)
    {
        var plot = new PlanePlot(window ?? PlaneWindow.Around(points));
        if (density is not null)
        {
            plot.Density(density);
        }

        plot.Points(points);
        plot.Axes();
        return plot.Picture;
    }

    /// <summary>The centres of the pixels of the plotted square, for callers that evaluate a density in one batch.</summary>
    /// <param name="window">The part of the plane.</param>
    /// <param name="cells">Cells on a side.</param>
    /// <returns>Shape <c>[cells * cells, 2]</c>, rows from top to bottom.</returns>
    public static float[] Lattice(PlaneWindow window, int cells)
    {
        var points = new float[cells * cells * 2];
        for (var i = 0; i < cells * cells; i++)
        {
            points[2 * i] = (float)(window.Left + (window.Right - window.Left) * (i % cells + 0.5) / cells);
            points[2 * i + 1] = (float)(window.Top - (window.Top - window.Bottom) * (i / cells + 0.5) / cells);
        }

        return points;
    }

    /// <summary>Shades the square by a density.</summary>
    /// <param name="density">The density at x and y; values that are not finite stay white.</param>
    public void Density(Func<double, double, double> density)
    {
        var values = new double[_side * _side];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = density(
                _window.Left + (_window.Right - _window.Left) * (i % _side + 0.5) / _side,
                _window.Top - (_window.Top - _window.Bottom) * (i / _side + 0.5) / _side);
        }

        Density(values, _side);
    }

    /// <summary>Shades the square by a density that was evaluated on a lattice.</summary>
    /// <param name="values">One value for each point of <see cref="Lattice"/>.</param>
    /// <param name="cells">Cells on a side.</param>
    /// <exception cref="ArgumentException">There is not one value for each cell.</exception>
    public void Density(ReadOnlySpan<double> values, int cells)
    {
        if (values.Length != cells * cells)
        {
            throw new ArgumentException($"expected {cells * cells} densities, found {values.Length}", nameof(values));
        }

        var largest = 0.0;
        foreach (var value in values)
        {
            largest = double.IsFinite(value) ? Math.Max(largest, value) : largest;
        }

        for (var y = 0; y < _side && largest > 0; y++)
        {
            for (var x = 0; x < _side; x++)
            {
                var value = values[y * cells / _side * cells + x * cells / _side];
                // The square root lifts the tails, which a linear scale would hide.
                var shade = value > 0 && double.IsFinite(value) ? 0.75 * Math.Sqrt(value / largest) : 0;
                Picture.Blend(Margin + x, Edge + y, Paper.Towards(Shade, shade), 1);
            }
        }
    }

    /// <summary>Draws samples as dots; the more there are, the smaller and paler.</summary>
    /// <param name="points">Shape <c>[n, 2]</c> in C order.</param>
    public void Points(ReadOnlySpan<float> points)
    {
        var count = points.Length / 2;
        var radius = Math.Clamp(60 / Math.Sqrt(Math.Max(1, count)), 1.2, 3.5);
        var opacity = Math.Clamp(20 / Math.Sqrt(Math.Max(1, count)), 0.35, 0.9);
        for (var i = 0; i < count; i++)
        {
            var (x, y) = (ToX(points[2 * i]), ToY(points[2 * i + 1]));
            if (Inside(x, y))
            {
                Disc(x, y, radius, Dot, opacity);
            }
        }
    }

    /// <summary>Draws a vector field as arrows; the longest becomes as long as the distance between two of them.</summary>
    /// <param name="positions">Where the arrows begin, <c>[n, 2]</c> in C order.</param>
    /// <param name="vectors">Their directions and relative lengths, <c>[n, 2]</c> in C order.</param>
    /// <param name="spacing">The distance between neighbouring positions, in units of the plane.</param>
    /// <exception cref="ArgumentException">There is not one vector for each position.</exception>
    public void Arrows(ReadOnlySpan<float> positions, ReadOnlySpan<float> vectors, double spacing)
    {
        if (positions.Length != vectors.Length)
        {
            throw new ArgumentException(
                $"expected as many vectors as positions, found {vectors.Length / 2} and {positions.Length / 2}",
                nameof(vectors));
        }

        var longest = 1e-30;
        for (var i = 0; i + 1 < vectors.Length; i += 2)
        {
            longest = Math.Max(longest, Length(vectors[i], vectors[i + 1]));
        }

        var reach = spacing * _side / (_window.Right - _window.Left);
        for (var i = 0; i + 1 < positions.Length; i += 2)
        {
            var length = Length(vectors[i], vectors[i + 1]);
            if (length > 0 && double.IsFinite(length))
            {
                // Long arrows would bury short ones: lengths are shown by their square root.
                var drawn = reach * Math.Sqrt(length / longest) / length;
                Arrow(ToX(positions[i]), ToY(positions[i + 1]), vectors[i] * drawn, -vectors[i + 1] * drawn);
            }
        }
    }

    /// <summary>Frames the square and labels its axes.</summary>
    public void Axes()
    {
        for (var i = -1; i <= _side; i++)
        {
            Picture.Blend(Margin + i, Edge - 1, Ink, 0.5);
            Picture.Blend(Margin + i, Edge + _side, Ink, 0.5);
            Picture.Blend(Margin - 1, Edge + i, Ink, 0.5);
            Picture.Blend(Margin + _side, Edge + i, Ink, 0.5);
        }

        foreach (var tick in Axis.For([_window.Left, _window.Right], false, 6, widen: false).Ticks)
        {
            var (x, label) = ((int)ToX(tick), Axis.Label(tick));
            for (var i = 0; i < 6; i++)
            {
                Picture.Blend(x, Edge + _side + i, Ink, 0.5);
            }

            PixelFont.Write(
                Picture, label, x - PixelFont.Measure(label, FontScale) / 2, Edge + _side + 12, Ink, FontScale);
        }

        foreach (var tick in Axis.For([_window.Bottom, _window.Top], false, 6, widen: false).Ticks)
        {
            var (y, label) = ((int)ToY(tick), Axis.Label(tick));
            for (var i = 0; i < 6; i++)
            {
                Picture.Blend(Margin - 1 - i, y, Ink, 0.5);
            }

            PixelFont.Write(
                Picture, label, Margin - 10 - PixelFont.Measure(label, FontScale), y - PixelFont.Height, Ink, FontScale);
        }
    }

    private double ToX(double x) => Margin + (x - _window.Left) / (_window.Right - _window.Left) * _side;

    private double ToY(double y) => Edge + (_window.Top - y) / (_window.Top - _window.Bottom) * _side;

    private bool Inside(double x, double y) =>
        x >= Margin && x < Margin + _side && y >= Edge && y < Edge + _side;

    private static double Length(double x, double y) => Math.Sqrt(x * x + y * y);

    private void Arrow(double x, double y, double dx, double dy)
    {
        var (endX, endY) = (x + dx, y + dy);
        Line(x, y, endX, endY);
        Line(endX, endY, endX - 0.3 * dx - 0.18 * dy, endY - 0.3 * dy + 0.18 * dx);
        Line(endX, endY, endX - 0.3 * dx + 0.18 * dy, endY - 0.3 * dy - 0.18 * dx);
    }

    private void Line(double x0, double y0, double x1, double y1)
    {
        var steps = Math.Max(1, (int)Math.Ceiling(2 * Math.Max(Math.Abs(x1 - x0), Math.Abs(y1 - y0))));
        for (var i = 0; i <= steps; i++)
        {
            var t = (double)i / steps;
            var (x, y) = (x0 + t * (x1 - x0), y0 + t * (y1 - y0));
            if (Inside(x, y))
            {
                Disc(x, y, 0.7, Ink, 0.45);
            }
        }
    }

    private void Disc(double x, double y, double radius, Rgb colour, double opacity)
    {
        for (var row = (int)Math.Floor(y - radius - 1); row <= y + radius + 1; row++)
        {
            for (var column = (int)Math.Floor(x - radius - 1); column <= x + radius + 1; column++)
            {
                var cover = Math.Clamp(radius + 0.5 - Length(column + 0.5 - x, row + 0.5 - y), 0, 1);
                Picture.Blend(column, row, colour, cover * opacity);
            }
        }
    }
}
