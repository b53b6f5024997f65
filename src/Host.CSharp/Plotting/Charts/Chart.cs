using System.Net;
using System.Text.RegularExpressions;
using ScottPlot;
using ScottPlot.TickGenerators;
using SkiaSharp;

namespace ScoreFunctional.Host.Plotting.Charts;

/// <summary>Common parts of all charts: colours, the bundled font, logarithmic ticks, SVG.</summary>
internal static partial class Chart
{
    /// <summary>Width of a chart in pixels.</summary>
    public const int Width = 800;

    /// <summary>Height of a chart in pixels.</summary>
    public const int Height = 400;

    private const string FontName = "Arimo";

    // Fonts with the widths of Arimo, for a browser without it.
    private const string FontFamily = FontName + ", Liberation Sans, Arial, Helvetica, sans-serif";

    static Chart() => Fonts.FontResolvers.Insert(0, new BundledFont());

    /// <summary>An empty chart.</summary>
    /// <param name="title">The title.</param>
    /// <param name="x">The label of the horizontal axis, with the unit.</param>
    /// <param name="y">The label of the vertical axis, with the unit.</param>
    public static Plot Create(string title, string x, string y)
    {
        var plot = new Plot();
        plot.Font.Set(FontName);
        plot.Title(title, 17);
        plot.XLabel(x, 14);
        plot.YLabel(y, 14);
        foreach (var label in (LabelStyle[])[plot.Axes.Title.Label, plot.Axes.Bottom.Label, plot.Axes.Left.Label])
        {
            label.Bold = false;
        }

        // Fewer ticks than ScottPlot's default.
        static NumericAutomatic Ticks() => new() { TickDensity = 0.7, MinorTickGenerator = new EvenlySpacedMinorTickGenerator(2) };
        plot.Axes.Left.TickGenerator = Ticks();
        plot.Axes.Bottom.TickGenerator = Ticks();
        plot.Axes.Color(Color.FromHex("#1d2230"));
        plot.Axes.Bottom.TickLabelStyle.FontSize = plot.Axes.Left.TickLabelStyle.FontSize = 13;
        plot.Axes.Top.FrameLineStyle.IsVisible = plot.Axes.Right.FrameLineStyle.IsVisible = false;
        plot.Grid.MajorLineColor = Color.FromHex("#dfe3ea");
        plot.Legend.FontSize = 13;
        plot.Legend.Orientation = Orientation.Horizontal;
        plot.Legend.OutlineColor = plot.Legend.ShadowColor = Colors.Transparent;
        return plot;
    }

    /// <summary>The colour of lines: the blue of Okabe and Ito's palette.</summary>
    public static Color Line { get; } = Color.FromHex("#0072b2");

    /// <summary>Ticks of an axis of decimal logarithms: powers of ten, and on a short axis also 2 and 5 times each.</summary>
    /// <param name="low">The logarithm at the lower end.</param>
    /// <param name="high">The logarithm at the upper end.</param>
    public static NumericManual Decades(double low, double high)
    {
        var ticks = new NumericManual();
        for (var power = Math.Floor(low); power <= high; power++)
        {
            for (var factor = 1; factor < 10; factor++)
            {
                var at = power + Math.Log10(factor);
                if (at < low || at > high)
                {
                    continue;
                }

                if (factor == 1 || (high - low < 2.5 && factor is 2 or 5))
                {
                    ticks.AddMajor(at, Label(factor * Math.Pow(10, power)));
                }
                else
                {
                    ticks.AddMinor(at);
                }
            }
        }

        return ticks;
    }

    /// <summary>The chart as an SVG document. Text stays text, in any font with the widths of Arimo.</summary>
    /// <param name="plot">The chart.</param>
    public static string Svg(Plot plot)
    {
        // Skia writes a position per letter, with seven digits. The first position of a text, in tenths of pixels, is enough.
        var svg = LetterPlaces().Replace(plot.GetSvgXml(Width, Height), "$1\"");
        svg = Paths().Replace(svg, path => Decimals().Replace(path.Value, "$1"));
        return svg.Replace($"font-family=\"{FontName}\"", $"font-family=\"{FontFamily}\"").Replace(
            $"width=\"{Width}\" height=\"{Height}\">\n\t<rect",
            $"viewBox=\"0 0 {Width} {Height}\" width=\"{Width}\" height=\"{Height}\" role=\"img\">\n"
            + $"\t<title>{WebUtility.HtmlEncode(plot.Axes.Title.Label.Text)}</title>\n\t<rect");
    }

    private static string Label(double value) => value is >= 1e-3 and < 1e5 ? $"{value:0.###}" : $"{value:0e0}";

    [GeneratedRegex("( [xy]=\"[^,\"]*),[^\"]*\"")]
    private static partial Regex LetterPlaces();

    [GeneratedRegex(" d=\"[^\"]*\"")]
    private static partial Regex Paths();

    [GeneratedRegex(@"(\.\d)\d+")]
    private static partial Regex Decimals();

    // Text looks the same on every machine, with or without installed fonts.
    private sealed class BundledFont : IFontResolver
    {
        private readonly SKTypeface _face = SKTypeface.FromStream(
            typeof(BundledFont).Assembly.GetManifestResourceStream("Arimo.ttf"));

        public SKTypeface? CreateTypeface(string fontName, FontWeight weight, FontSlant slant, FontSpacing spacing) =>
            fontName == FontName ? _face : null;

        public SKTypeface? CreateTypeface(string fontName, bool bold, bool italic) =>
            fontName == FontName ? _face : null;
    }
}
