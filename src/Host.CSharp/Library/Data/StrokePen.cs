namespace ScoreFunctional.Host.Data;

/// <summary>
/// Draws one digit from a block of independent uniform numbers: chooses a form, bends and slants it, fits it into the box of MNIST
/// (20 by 20 pixels inside 28 by 28, centred on the mass of the ink), and draws it with a round pen of varying pressure.
/// </summary>
internal sealed class StrokePen
{
    /// <summary>Rows and columns of a picture.</summary>
    public const int Side = 28;

    /// <summary>Uniform numbers per digit.</summary>
    public const int Draws = 32;

    private const int StepsPerSpan = 8;

    // Width of the edge in pixels: scanned ink is blurred.
    private const double Softness = 1.15;

    private readonly double[] _uniforms;
    private int _used;

    private StrokePen(double[] uniforms) => _uniforms = uniforms;

    /// <summary>The class of a block of uniform numbers.</summary>
    /// <param name="uniforms"><see cref="Draws"/> numbers in [0, 1).</param>
    public static int Label(ReadOnlySpan<double> uniforms) => Math.Min(9, (int)(uniforms[0] * 10));

    /// <summary>Draws the digit of a block of uniform numbers.</summary>
    /// <param name="uniforms"><see cref="Draws"/> numbers in [0, 1).</param>
    /// <param name="pixels">Receives 28 by 28 values in [0, 1]; ink is 1.</param>
    public static void Draw(double[] uniforms, Span<float> pixels)
    {
        var pen = new StrokePen(uniforms);
        var digit = Label(uniforms);
        pen._used = 1;
        var ways = StrokeGlyphs.Digits[digit];
        var way = ways[Math.Min(ways.Count - 1, (int)(pen.Next() * ways.Count))];
        var curves = pen.Bend(way);
        var radius = 0.75 + 1.05 * pen.Next() * (0.4 + 0.6 * pen.Next());
        pen.Fit(curves, radius);
        pen.Ink(curves, radius, pixels);
    }

    private double Next() => _uniforms[_used++];

    // Triangular on [−1, 1].
    private double Spread() => Next() + Next() - 1;

    private List<PenPoint[]> Bend(PenPoint[][] strokes)
    {
        var slant = 0.14 + 0.50 * Spread();
        var angle = 0.16 * Spread();
        var width = 0.66 + 0.44 * Next();
        var (sin, cos) = Math.SinCos(angle);

        // A smooth warp of the plane imitates the wobble of a hand. Points that coincide stay together, so that corners and closed
        // loops stay closed.
        var (ax, ay) = (0.085 * Spread(), 0.085 * Spread());
        var (bx, by) = (0.040 * Spread(), 0.040 * Spread());
        var (px, py) = (Math.Tau * Next(), Math.Tau * Next());
        var (qx, qy) = (Math.Tau * Next(), Math.Tau * Next());
        var sag = 0.22 * Spread();

        PenPoint Warp(PenPoint p)
        {
            var x = p.X - 0.5;
            var y = p.Y - 0.5;
            var u = x + ax * Math.Sin(4.2 * y + px) + bx * Math.Sin(8.1 * (x + y) + qx);
            var v = y + ay * Math.Sin(4.6 * x + py) + by * Math.Sin(7.3 * (x - y) + qy);
            // Makes the lower half larger or smaller than the upper one.
            u *= 1 + sag * 2 * y;
            u = u * width - slant * v;
            return new PenPoint(cos * u - sin * v, sin * u + cos * v);
        }

        return [.. strokes.Select(stroke => Array.ConvertAll(Smooth(stroke), Warp))];
    }

    // A Catmull-Rom spline through the points, with straight ends.
    private static PenPoint[] Smooth(PenPoint[] points)
    {
        var curve = new List<PenPoint>((points.Length - 1) * StepsPerSpan + 1) { points[0] };
        for (var i = 0; i + 1 < points.Length; i++)
        {
            var (p1, p2) = (points[i], points[i + 1]);
            var p0 = i > 0 ? points[i - 1] : new PenPoint(2 * p1.X - p2.X, 2 * p1.Y - p2.Y);
            var p3 = i + 2 < points.Length ? points[i + 2] : new PenPoint(2 * p2.X - p1.X, 2 * p2.Y - p1.Y);
            for (var step = 1; step <= StepsPerSpan; step++)
            {
                var t = (double)step / StepsPerSpan;
                curve.Add(new PenPoint(
                    Cubic(p0.X, p1.X, p2.X, p3.X, t),
                    Cubic(p0.Y, p1.Y, p2.Y, p3.Y, t)));
            }
        }

        return [.. curve];
    }

    private static double Cubic(double a, double b, double c, double d, double t) =>
        0.5 * (2 * b + t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a))));

    private void Fit(List<PenPoint[]> curves, double radius)
    {
        var all = curves.SelectMany(curve => curve);
        var (left, right) = (all.Min(p => p.X), all.Max(p => p.X));
        var (top, bottom) = (all.Min(p => p.Y), all.Max(p => p.Y));
        var box = 20 - 2 * radius - 0.8 * Next();
        var scale = box / Math.Max(right - left, bottom - top);

        // The centre of mass of the line, each segment weighted by its length.
        var (mass, sumX, sumY) = (1e-9, 0.0, 0.0);
        foreach (var curve in curves)
        {
            for (var i = 0; i + 1 < curve.Length; i++)
            {
                var length = Math.Sqrt(Squared(curve[i], curve[i + 1]));
                mass += length;
                sumX += length * (curve[i].X + curve[i + 1].X) / 2;
                sumY += length * (curve[i].Y + curve[i + 1].Y) / 2;
            }
        }

        const double centre = (Side - 1) / 2.0;
        var (shiftX, shiftY) = (centre + 0.5 * Spread(), centre + 0.5 * Spread());
        foreach (var curve in curves)
        {
            for (var i = 0; i < curve.Length; i++)
            {
                curve[i] = new PenPoint(
                    shiftX + (curve[i].X - sumX / mass) * scale, shiftY + (curve[i].Y - sumY / mass) * scale);
            }
        }
    }

    private void Ink(List<PenPoint[]> curves, double radius, Span<float> pixels)
    {
        pixels.Clear();
        var swell = 0.22 * Next();
        var phase = Math.Tau * Next();
        var rhythm = 0.12 + 0.2 * Next();
        var distanceWritten = 0.0;
        foreach (var curve in curves)
        {
            for (var i = 0; i + 1 < curve.Length; i++)
            {
                distanceWritten += Math.Sqrt(Squared(curve[i], curve[i + 1]));
                var pressure = radius * (1 + swell * Math.Sin(rhythm * distanceWritten + phase));
                InkSegment(curve[i], curve[i + 1], pressure, pixels);
            }
        }
    }

    private static void InkSegment(PenPoint a, PenPoint b, double radius, Span<float> pixels)
    {
        var reach = radius + Softness;
        var (left, right) = Clip(Math.Min(a.X, b.X) - reach, Math.Max(a.X, b.X) + reach);
        var (top, bottom) = Clip(Math.Min(a.Y, b.Y) - reach, Math.Max(a.Y, b.Y) + reach);
        var (dx, dy) = (b.X - a.X, b.Y - a.Y);
        var squared = Math.Max(1e-12, dx * dx + dy * dy);
        for (var y = top; y <= bottom; y++)
        {
            for (var x = left; x <= right; x++)
            {
                var t = Math.Clamp(((x - a.X) * dx + (y - a.Y) * dy) / squared, 0, 1);
                var distance = Math.Sqrt(Squared(new PenPoint(x, y), new PenPoint(a.X + t * dx, a.Y + t * dy)));
                var cover = Math.Clamp((radius - distance) / Softness + 0.5, 0, 1);
                ref var pixel = ref pixels[y * Side + x];
                pixel = Math.Max(pixel, (float)(cover * cover * (3 - 2 * cover)));
            }
        }
    }

    private static (int Low, int High) Clip(double low, double high) =>
        (Math.Max(0, (int)Math.Floor(low)), Math.Min(Side - 1, (int)Math.Ceiling(high)));

    private static double Squared(PenPoint p, PenPoint q) =>
        (p.X - q.X) * (p.X - q.X) + (p.Y - q.Y) * (p.Y - q.Y);
}
