using System.Globalization;
using ScoreFunctional.Host.Metrics;

namespace ScoreFunctional.Host.Plotting.Reports;

/// <summary>One of the figures at the top of a report.</summary>
/// <param name="Label">What it is.</param>
/// <param name="Value">The figure with its unit.</param>
/// <param name="Note">What to compare it with; may be empty.</param>
internal sealed record Headline(string Label, string Value, string Note = "");

/// <summary>A part of a report.</summary>
/// <param name="Heading">Its heading.</param>
/// <param name="Note">A sentence below the heading; may be empty.</param>
internal abstract record ReportSection(string Heading, string Note);

/// <summary>A picture, kept inside the page.</summary>
/// <param name="Heading">Its heading.</param>
/// <param name="Note">A sentence below the heading.</param>
/// <param name="Media">Its kind: <c>image/png</c> or <c>image/svg+xml</c>.</param>
/// <param name="Bytes">The bytes of the file.</param>
/// <param name="Alternative">What it shows, for readers who cannot see it.</param>
/// <param name="Pixels">Whether its pixels are the data: enlarged, they stay squares, and no scheme of colours changes them.</param>
internal sealed record PictureSection(
    string Heading, string Note, string Media, ReadOnlyMemory<byte> Bytes, string Alternative, bool Pixels = false)
    : ReportSection(Heading, Note);

/// <summary>A table.</summary>
/// <param name="Heading">Its heading.</param>
/// <param name="Note">A sentence below the heading.</param>
/// <param name="Columns">The heads of the columns; all but the first hold figures.</param>
/// <param name="Rows">The cells of each row.</param>
internal sealed record TableSection(
    string Heading, string Note, IReadOnlyList<string> Columns, IReadOnlyList<IReadOnlyList<string>> Rows)
    : ReportSection(Heading, Note)
{
    /// <summary>How samples compare with the data, each figure beside what real images give.</summary>
    /// <param name="quality">The measurements.</param>
    public static TableSection Of(SampleQuality quality)
    {
        var n = quality.Count.ToString("N0", CultureInfo.InvariantCulture);
        return new TableSection(
            "Samples against data",
            "The Fréchet distance falls as the number of images grows, so that only figures of the same number compare: "
            + "beside it stands what equally many unseen real images get. A nearest-image ratio far below that of real "
            + "images would mean copies of training images.",
            ["measure", "samples", "real images", "the real images are"],
            [
                ["pixel mean", Format(quality.Pixels.Mean), Format(quality.TrainPixels.Mean), "the training set"],
                ["pixel variance", Format(quality.Pixels.Variance), Format(quality.TrainPixels.Variance), "the training set"],
                [
                    $"PCA Fréchet distance, n = {n}", Format(quality.Frechet),
                    quality.FrechetFloorSpread > 0
                        ? $"{Format(quality.FrechetFloor)} ± {Format(quality.FrechetFloorSpread)}"
                        : Format(quality.FrechetFloor),
                    "sets of n test images",
                ],
                [
                    "the same for all test images", "", Format(quality.FrechetFloorAll),
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

/// <summary>Text of fixed width, for instance a JSON file.</summary>
/// <param name="Heading">Its heading.</param>
/// <param name="Note">A sentence below the heading.</param>
/// <param name="Text">The text.</param>
internal sealed record TextSection(string Heading, string Note, string Text) : ReportSection(Heading, Note);

/// <summary>A list, for instance of papers.</summary>
/// <param name="Heading">Its heading.</param>
/// <param name="Note">A sentence below the heading.</param>
/// <param name="Items">The entries.</param>
internal sealed record ListSection(string Heading, string Note, IReadOnlyList<string> Items)
    : ReportSection(Heading, Note);

/// <summary>A report: a title, a sentence, a few headline figures, and sections.</summary>
/// <param name="Title">The title.</param>
/// <param name="Summary">What was run, in a sentence.</param>
/// <param name="Headlines">The figures that matter most.</param>
/// <param name="Sections">The parts in order.</param>
internal sealed record ReportPage(
    string Title, string Summary, IReadOnlyList<Headline> Headlines, IReadOnlyList<ReportSection> Sections);
