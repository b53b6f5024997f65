namespace ScoreFunctional.Host.Charts;

/// <summary>How a series is drawn.</summary>
internal enum SeriesStyle
{
    /// <summary>A thin pale line: raw measurements behind a smoothed line.</summary>
    Faint,

    /// <summary>A line.</summary>
    Line,

    /// <summary>A line with a dot at each value.</summary>
    Dots,
}

/// <summary>Values to draw. Points that are not finite, or not positive on a logarithmic axis, are left out.</summary>
/// <param name="Name">The name in the legend; an empty one has no entry.</param>
/// <param name="X">Horizontal values in rising order.</param>
/// <param name="Y">Vertical values, as many.</param>
/// <param name="Style">How to draw them.</param>
internal sealed record Series(
    string Name, IReadOnlyList<double> X, IReadOnlyList<double> Y, SeriesStyle Style = SeriesStyle.Line);

/// <summary>A chart of lines over two labelled axes.</summary>
/// <param name="Title">What it shows.</param>
/// <param name="XLabel">The horizontal axis, with its unit.</param>
/// <param name="YLabel">The vertical axis, with its unit.</param>
/// <param name="Series">The lines; a faint one and the line after it share a colour.</param>
internal sealed record LineChart(string Title, string XLabel, string YLabel, IReadOnlyList<Series> Series)
{
    /// <summary>Whether the horizontal axis is logarithmic.</summary>
    public bool LogX { get; init; }

    /// <summary>Whether the vertical axis is logarithmic.</summary>
    public bool LogY { get; init; }

    /// <summary>
    /// The loss of a run: each value pale, and their exponential average. The vertical axis is logarithmic when the
    /// average falls by more than a factor of ten.
    /// </summary>
    /// <param name="steps">Training steps in rising order.</param>
    /// <param name="losses">The loss at each.</param>
    /// <exception cref="ArgumentException">There are not as many losses as steps.</exception>
    public static LineChart OfLoss(IReadOnlyList<double> steps, IReadOnlyList<double> losses)
    {
        var smooth = Smooth(losses, Math.Clamp(losses.Count / 50.0, 1, 100));
        var positive = smooth.Where(value => double.IsFinite(value) && value > 0).ToList();
        return new LineChart(
            "Training loss", "step", "loss",
            [
                new Series("each step", steps, losses, SeriesStyle.Faint),
                new Series("moving average", steps, smooth),
            ])
        {
            LogY = positive.Count > 0 && positive.Count == smooth.Length && positive.Max() > 10 * positive.Min(),
        };
    }

    /// <summary>A quantity at each noise level, over a logarithmic axis of σ.</summary>
    /// <param name="title">What it shows.</param>
    /// <param name="label">The vertical axis, with its unit.</param>
    /// <param name="sigmas">Noise levels, standard deviations in data units.</param>
    /// <param name="series">A name and a value for each noise level.</param>
    public static LineChart OfNoiseLevels(
        string title, string label, IReadOnlyList<double> sigmas,
        params IEnumerable<(string Name, IReadOnlyList<double> Values)> series)
    {
        var order = Enumerable.Range(0, sigmas.Count).OrderBy(i => sigmas[i]).ToArray();
        double[] Sorted(IReadOnlyList<double> values) => Array.ConvertAll(order, i => values[i]);
        return new LineChart(
            title, "σ (standard deviation of the noise, data units)", label,
            [.. series.Select(one => new Series(one.Name, Sorted(sigmas), Sorted(one.Values), SeriesStyle.Dots))])
        {
            LogX = true,
        };
    }

    /// <summary>
    /// An exponential average without the pull towards 0 of its first values, and with a shorter memory there, since
    /// a loss falls fastest at the start.
    /// </summary>
    /// <param name="values">The values; those that are not finite are passed over.</param>
    /// <param name="window">The number of values that it mostly remembers, at least 1.</param>
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
}
