using System.Globalization;
using ScoreFunctional.Host.Metrics;

namespace ScoreFunctional.Host.Plotting.Reports;

/// <summary>A value at the top of a report.</summary>
/// <param name="Label">The name of the value.</param>
/// <param name="Value">The value with its unit.</param>
/// <param name="Note">A value for comparison; may be empty.</param>
internal sealed record Headline(string Label, string Value, string Note = "");

/// <summary>A section of a report.</summary>
/// <param name="Heading">The heading.</param>
/// <param name="Note">A sentence below the heading; may be empty.</param>
internal abstract record ReportSection(string Heading, string Note);

/// <summary>A picture, embedded in the page.</summary>
/// <param name="Heading">The heading.</param>
/// <param name="Note">A sentence below the heading.</param>
/// <param name="Media">The media type: <c>image/png</c> or <c>image/svg+xml</c>.</param>
/// <param name="Bytes">The bytes of the file.</param>
/// <param name="Alternative">The alternative text.</param>
/// <param name="Pixels">Whether the picture shows pixels of data: enlarged pixels stay squares, and a dark scheme does not invert them.</param>
internal sealed record PictureSection(
    string Heading, string Note, string Media, ReadOnlyMemory<byte> Bytes, string Alternative, bool Pixels = false)
    : ReportSection(Heading, Note);

/// <summary>A table.</summary>
/// <param name="Heading">The heading.</param>
/// <param name="Note">A sentence below the heading.</param>
/// <param name="Columns">The heads of the columns; all but the first hold figures.</param>
/// <param name="Rows">The cells of each row.</param>
internal sealed record TableSection(
    string Heading, string Note, IReadOnlyList<string> Columns, IReadOnlyList<IReadOnlyList<string>> Rows)
    : ReportSection(Heading, Note)
{
    /// <summary>Samples compared with real images.</summary>
    /// <param name="quality">The measurements.</param>
    public static TableSection Of(SampleQuality quality)
    {
        var n = quality.Count.ToString("N0", CultureInfo.InvariantCulture);
        return new TableSection(
            "Samples against data",
            "The Fréchet distance falls with the number of images n: compare it only with that of n real images. A ratio of "
            + "nearest to second nearest far below that of real images means copies of training images.",
            ["measure", "samples", "real images", "real images used"],
            [
                ["pixel mean", Format(quality.Pixels.Mean), Format(quality.TrainPixels.Mean), "training set"],
                ["pixel variance", Format(quality.Pixels.Variance), Format(quality.TrainPixels.Variance), "training set"],
                [
                    $"PCA Fréchet distance, n = {n}", Format(quality.Frechet),
                    quality.FrechetFloorSpread > 0
                        ? $"{Format(quality.FrechetFloor)} ± {Format(quality.FrechetFloorSpread)}"
                        : Format(quality.FrechetFloor),
                    "sets of n test images",
                ],
                [
                    "PCA Fréchet distance, all test images", "", Format(quality.FrechetFloorAll),
                    $"{quality.TestCount.ToString("N0", CultureInfo.InvariantCulture)} test images",
                ],
                Row("nearest training image, smallest", quality, q => q.Minimum),
                Row("nearest training image, 1 %", quality, q => q.P1),
                Row("nearest training image, median", quality, q => q.Median),
                Row("nearest training image, 99 %", quality, q => q.P99),
                ["nearest / second nearest, smallest", Format(quality.NearestRatio.Minimum),
                    Format(quality.TestNearestRatio.Minimum), "n test images"],
                ["nearest / second nearest, median", Format(quality.NearestRatio.Median),
                    Format(quality.TestNearestRatio.Median), "n test images"],
            ]);
    }

    private static IReadOnlyList<string> Row(string name, SampleQuality quality, Func<Quantiles, double> part) =>
        [name, Format(part(quality.NearestDistance)), Format(part(quality.TestNearestDistance)), "n test images"];

    private static string Format(double value) => value.ToString("0.####", CultureInfo.InvariantCulture);
}

/// <summary>Monospaced text, for instance JSON.</summary>
/// <param name="Heading">The heading.</param>
/// <param name="Note">A sentence below the heading.</param>
/// <param name="Text">The text.</param>
internal sealed record TextSection(string Heading, string Note, string Text) : ReportSection(Heading, Note);

/// <summary>A list, for instance of papers.</summary>
/// <param name="Heading">The heading.</param>
/// <param name="Note">A sentence below the heading.</param>
/// <param name="Items">The entries.</param>
internal sealed record ListSection(string Heading, string Note, IReadOnlyList<string> Items)
    : ReportSection(Heading, Note);

/// <summary>A report: a title, a summary, a few values and sections.</summary>
/// <param name="Title">The title.</param>
/// <param name="Summary">The run, in one sentence.</param>
/// <param name="Headlines">The most important values.</param>
/// <param name="Sections">The sections in order.</param>
internal sealed record ReportPage(
    string Title, string Summary, IReadOnlyList<Headline> Headlines, IReadOnlyList<ReportSection> Sections);
