using MathNet.Numerics.Statistics;
using ScottPlot;

namespace ScoreFunctional.Host.Plotting.Charts;

/// <summary>Charts of a loss: over the steps of a run, and over noise levels.</summary>
internal static class LossChart
{
    /// <summary>
    /// The loss of a run: the values in a pale colour, and their exponential average. The vertical axis is logarithmic if the average
    /// falls by more than a factor of ten.
    /// </summary>
    /// <param name="steps">Training steps in rising order.</param>
    /// <param name="losses">The losses; values that are not finite, or not positive on a logarithmic axis, are left out.</param>
    /// <exception cref="ArgumentException">The numbers of losses and steps differ.</exception>
    public static Plot OfSteps(IReadOnlyList<double> steps, IReadOnlyList<double> losses)
    {
        if (steps.Count != losses.Count)
        {
            throw new ArgumentException($"expected as many losses as steps, found {losses.Count} and {steps.Count}", nameof(losses));
        }

        var smooth = Smooth(losses, Math.Clamp(losses.Count / 50.0, 1, 100));
        var finite = smooth.Where(double.IsFinite).ToArray();
        var log = finite.Length > 0 && finite.Min() > 0 && finite.Max() > 10 * finite.Min();
        var plot = Chart.Create("Training loss", "step", "loss");
        var raw = Shown(steps, losses, log, 1);
        // One value per column of pixels is enough for the average.
        var average = Shown(steps, smooth, log, 1 + losses.Count / Chart.Width);
        Draw(plot, raw, "each step", Chart.Line.WithAlpha(0.3), 1);
        Draw(plot, average, "moving average", Chart.Line, 2);
        if (raw.Y.Length > 0 && average.Y.Length > 0)
        {
            // Outliers of a noisy loss are cut off, so that they do not flatten the rest.
            var low = Math.Min(average.Y.Min(), raw.Y.Length < 100 ? raw.Y.Min() : raw.Y.Quantile(0.01));
            var high = Math.Max(average.Y.Max(), raw.Y.Length < 100 ? raw.Y.Max() : raw.Y.Quantile(0.99));
            low = log || low < 0 ? low : 0;
            var height = high > low ? high - low : 1;
            // Room for the legend at the top.
            (low, high) = (low == 0 ? 0 : low - 0.05 * height, high + 0.15 * height);
            plot.Axes.SetLimits(raw.X[0], Math.Max(raw.X[^1], raw.X[0] + 1), low, high);
            if (log)
            {
                plot.Axes.Left.TickGenerator = Chart.Decades(low, high);
            }
        }

        plot.ShowLegend(Alignment.UpperRight);
        return plot;
    }

    /// <summary>A loss by noise level, over a logarithmic axis of σ.</summary>
    /// <param name="title">The title.</param>
    /// <param name="label">The label of the vertical axis, with the unit.</param>
    /// <param name="sigmas">Positive noise levels, standard deviations in data units.</param>
    /// <param name="losses">The losses; values that are not finite are left out.</param>
    public static Plot OfNoiseLevels(string title, string label, IReadOnlyList<double> sigmas, IReadOnlyList<double> losses)
    {
        var points = sigmas.Zip(losses)
            .Where(point => double.IsFinite(point.Second))
            .Select(point => new Coordinates(Math.Log10(point.First), point.Second))
            .OrderBy(point => point.X)
            .ToArray();
        var plot = Chart.Create(title, "σ (standard deviation of the noise, data units)", label);
        var line = plot.Add.Scatter(points, Chart.Line);
        (line.LineWidth, line.MarkerSize) = (2, 7);
        if (points.Length > 0)
        {
            var (left, right) = (points[0].X - 0.1, points[^1].X + 0.1);
            var high = points.Max(point => point.Y) is var largest and > 0 ? 1.1 * largest : 1;
            plot.Axes.SetLimits(left, right, Math.Min(0, points.Min(point => point.Y)) - 0.03 * high, high);
            plot.Axes.Bottom.TickGenerator = Chart.Decades(left, right);
        }

        return plot;
    }

    /// <summary>
    /// A bias-corrected exponential average. Its window is shorter at the start, where a loss falls fastest.
    /// </summary>
    /// <param name="values">The values; those that are not finite are skipped.</param>
    /// <param name="window">The number of values in the average, at least 1.</param>
    internal static double[] Smooth(IReadOnlyList<double> values, double window)
    {
        var (sum, weight) = (0.0, 0.0);
        var smooth = new double[values.Count];
        for (var i = 0; i < smooth.Length; i++)
        {
            if (double.IsFinite(values[i]))
            {
                var keep = 1 - 1 / Math.Min(window, 1 + i / 10.0);
                sum = keep * sum + values[i];
                weight = keep * weight + 1;
            }

            smooth[i] = weight > 0 ? sum / weight : double.NaN;
        }

        return smooth;
    }

    private static (double[] X, double[] Y) Shown(IReadOnlyList<double> x, IReadOnlyList<double> y, bool log, int every)
    {
        var kept = Enumerable.Range(0, x.Count).Where(i => i % every == 0 && double.IsFinite(y[i]) && (!log || y[i] > 0)).ToArray();
        return (Array.ConvertAll(kept, i => x[i]), Array.ConvertAll(kept, i => log ? Math.Log10(y[i]) : y[i]));
    }

    // SignalXY draws the smallest and the largest value of each column of pixels.
    private static void Draw(Plot plot, (double[] X, double[] Y) values, string name, Color colour, float width)
    {
        var line = plot.Add.SignalXY(values.X, values.Y, colour);
        (line.LineWidth, line.LegendText) = (width, name);
    }
}
