using System.Globalization;
using System.Net;
using System.Text;
using ScoreFunctional.Host.Files;

namespace ScoreFunctional.Host.Charts;

/// <summary>
/// Draws charts as SVG. Colours are written as attributes for every viewer; a style sheet changes them where a dark
/// background is preferred, and names its own class so that it stays inside the chart when a page embeds it.
/// </summary>
internal static class Svg
{
    private const int Width = 800;
    private const int Height = 400;
    private const int Left = 76;
    private const int Right = 20;
    private const int Top = 58;
    private const int Bottom = 54;

    // Points beyond this many cannot be told apart at this width; each bucket keeps its smallest and largest.
    private const int MostPoints = 1600;

    // Okabe and Ito's palette, which colour-blind readers can tell apart.
    private static readonly string[] Colours = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"];

    /// <summary>Writes a chart to a file, whole or not at all.</summary>
    /// <param name="path">Where to write.</param>
    /// <param name="chart">The chart.</param>
    /// <exception cref="ScoreException">The file cannot be written.</exception>
    public static void Save(string path, LineChart chart) => AtomicFile.WriteText(path, Render(chart));

    /// <summary>Draws a chart.</summary>
    /// <param name="chart">The chart.</param>
    /// <returns>The text of an SVG document.</returns>
    /// <exception cref="ArgumentException">A series has not as many horizontal as vertical values.</exception>
    public static string Render(LineChart chart)
    {
        foreach (var series in chart.Series)
        {
            if (series.X.Count != series.Y.Count)
            {
                throw new ArgumentException(
                    $"expected as many values on both axes, found {series.X.Count} and {series.Y.Count}", nameof(chart));
            }
        }

        var x = Axis.For(chart.Series.SelectMany(series => series.X), chart.LogX, 8, widen: chart.LogX);
        var y = Axis.For(Vertical(chart), chart.LogY, 6, widen: true);
        var svg = new StringBuilder();
        Open(svg, chart);
        Axes(svg, chart, x, y);
        var coloured = Colour(chart.Series);
        foreach (var (series, colour) in coloured)
        {
            Draw(svg, series, x, y, colour, ClipId(chart));
        }

        Legend(svg, coloured);
        svg.Append("</svg>\n");
        return svg.ToString();
    }

    private static List<(Series Series, string Colour)> Colour(IReadOnlyList<Series> all)
    {
        var (coloured, used) = (new List<(Series, string)>(), 0);
        for (var i = 0; i < all.Count; i++)
        {
            coloured.Add((all[i], Colours[used % Colours.Length]));
            used += all[i].Style == SeriesStyle.Faint ? 0 : 1;
        }

        return coloured;
    }

    // Charts of different titles may share a page, where identifiers are to be unique.
    private static string ClipId(LineChart chart) =>
        "sf-plot-" + string.Concat(chart.Title.Select(c => char.IsAsciiLetterOrDigit(c) ? char.ToLowerInvariant(c) : '-'));

    // A few wild values of a noisy series must not flatten the rest: they leave the picture at its upper edge.
    private static IEnumerable<double> Vertical(LineChart chart)
    {
        foreach (var series in chart.Series)
        {
            var finite = series.Y.Where(double.IsFinite).Order().ToList();
            var keep = series.Style == SeriesStyle.Faint && finite.Count >= 100 ? finite.Count * 99 / 100 : finite.Count;
            foreach (var value in finite.Take(keep))
            {
                yield return value;
            }
        }
    }

    private static void Open(StringBuilder svg, LineChart chart)
    {
        svg.Append(CultureInfo.InvariantCulture, $"""
            <svg xmlns="http://www.w3.org/2000/svg" class="sf-chart" viewBox="0 0 {Width} {Height}" width="{Width}" height="{Height}" role="img" font-family="system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif" font-size="13">
            <title>{Encode(chart.Title)}</title>
            <style>
            .sf-chart {"{"} max-width: 100%; height: auto; {"}"}
            @media (prefers-color-scheme: dark) {"{"}
            .sf-chart .sf-paper {"{"} fill: #171a21; {"}"}
            .sf-chart .sf-ink {"{"} fill: #e4e7ee; {"}"}
            .sf-chart .sf-grid {"{"} stroke: #343b49; {"}"}
            {"}"}
            </style>
            <clipPath id="{ClipId(chart)}"><rect x="{Left}" y="{Top}" width="{Width - Left - Right}" height="{Height - Top - Bottom}"/></clipPath>
            <rect class="sf-paper" width="{Width}" height="{Height}" fill="#ffffff" rx="6"/>
            <text class="sf-ink" x="{Left}" y="26" font-size="16" font-weight="600" fill="#1d2230">{Encode(chart.Title)}</text>

            """);
    }

    private static void Axes(StringBuilder svg, LineChart chart, Axis x, Axis y)
    {
        svg.Append("""<g class="sf-grid" stroke="#dfe3ea" stroke-width="1">""");
        foreach (var tick in x.Ticks)
        {
            svg.Append(CultureInfo.InvariantCulture, $"<path d=\"M{AtX(x, tick)} {Top}V{Height - Bottom}\"/>");
        }

        foreach (var tick in y.Ticks)
        {
            svg.Append(CultureInfo.InvariantCulture, $"<path d=\"M{Left} {AtY(y, tick)}H{Width - Right}\"/>");
        }

        svg.Append("</g>\n<g class=\"sf-ink\" fill=\"#1d2230\">");
        foreach (var tick in x.Ticks)
        {
            svg.Append(
                CultureInfo.InvariantCulture,
                $"<text x=\"{AtX(x, tick)}\" y=\"{Height - Bottom + 18}\" text-anchor=\"middle\">{Axis.Label(tick)}</text>");
        }

        foreach (var tick in y.Ticks)
        {
            svg.Append(
                CultureInfo.InvariantCulture,
                $"<text x=\"{Left - 8}\" y=\"{AtY(y, tick)}\" dy=\"0.34em\" text-anchor=\"end\">{Axis.Label(tick)}</text>");
        }

        var middle = (Top + Height - Bottom) / 2;
        svg.Append(CultureInfo.InvariantCulture, $"""
            <text x="{(Left + Width - Right) / 2}" y="{Height - 12}" text-anchor="middle">{Encode(chart.XLabel)}</text>
            <text transform="translate(18 {middle}) rotate(-90)" text-anchor="middle">{Encode(chart.YLabel)}</text>
            </g>

            """);
    }

    private static void Draw(StringBuilder svg, Series series, Axis x, Axis y, string colour, string clip)
    {
        var faint = series.Style == SeriesStyle.Faint;
        var path = new StringBuilder();
        var drawing = false;
        foreach (var (u, v) in Thin(series))
        {
            if (!x.Shows(u) || !y.Shows(v))
            {
                drawing = false;
                continue;
            }

            path.Append(drawing ? 'L' : 'M').Append(AtX(x, u)).Append(' ').Append(AtY(y, v));
            drawing = true;
        }

        svg.Append(
            CultureInfo.InvariantCulture,
            $"<g clip-path=\"url(#{clip})\" fill=\"none\" stroke=\"{colour}\"><path d=\"{path}\" stroke-width=\"{(faint ? 1 : 2)}\" stroke-opacity=\"{(faint ? "0.3" : "1")}\" stroke-linejoin=\"round\" stroke-linecap=\"round\"/></g>\n");
        if (series.Style == SeriesStyle.Dots)
        {
            svg.Append(CultureInfo.InvariantCulture, $"<g fill=\"{colour}\">");
            for (var i = 0; i < series.X.Count; i++)
            {
                if (x.Shows(series.X[i]) && y.Shows(series.Y[i]))
                {
                    svg.Append($"<circle cx=\"{AtX(x, series.X[i])}\" cy=\"{AtY(y, series.Y[i])}\" r=\"3.5\"/>");
                }
            }

            svg.Append("</g>\n");
        }
    }

    private static void Legend(StringBuilder svg, List<(Series Series, string Colour)> coloured)
    {
        var at = Left;
        foreach (var ((name, _, _, style), colour) in coloured.Where(one => one.Series.Name.Length > 0))
        {
            var faint = style == SeriesStyle.Faint;
            svg.Append(CultureInfo.InvariantCulture, $"""
                <path d="M{at} 42H{at + 22}" stroke="{colour}" stroke-width="{(faint ? 2 : 3)}" stroke-opacity="{(faint ? "0.4" : "1")}"/><text class="sf-ink" x="{at + 28}" y="46" fill="#1d2230">{Encode(name)}</text>

                """);
            at += 28 + 7 * name.Length + 24;
        }
    }

    private static IEnumerable<(double X, double Y)> Thin(Series series)
    {
        var count = series.X.Count;
        if (count <= MostPoints)
        {
            for (var i = 0; i < count; i++)
            {
                yield return (series.X[i], series.Y[i]);
            }

            yield break;
        }

        var buckets = MostPoints / 2;
        for (var bucket = 0; bucket < buckets; bucket++)
        {
            var (start, end) = ((int)((long)bucket * count / buckets), (int)((long)(bucket + 1) * count / buckets));
            var (low, high) = (start, start);
            for (var i = start; i < end; i++)
            {
                // A value that is not finite loses every comparison and does not hide its neighbours.
                low = series.Y[i] < series.Y[low] || !double.IsFinite(series.Y[low]) ? i : low;
                high = series.Y[i] > series.Y[high] || !double.IsFinite(series.Y[high]) ? i : high;
            }

            yield return (series.X[Math.Min(low, high)], series.Y[Math.Min(low, high)]);
            if (low != high)
            {
                yield return (series.X[Math.Max(low, high)], series.Y[Math.Max(low, high)]);
            }
        }
    }

    private static string AtX(Axis axis, double value) => Number(Left + Math.Clamp(axis.Position(value), -2, 3) * (Width - Left - Right));

    private static string AtY(Axis axis, double value) =>
        Number(Height - Bottom - Math.Clamp(axis.Position(value), -2, 3) * (Height - Top - Bottom));

    private static string Number(double value) => value.ToString("0.##", CultureInfo.InvariantCulture);

    private static string Encode(string text) => WebUtility.HtmlEncode(text);
}
