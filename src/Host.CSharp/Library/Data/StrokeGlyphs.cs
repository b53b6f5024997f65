using System.Globalization;

namespace ScoreFunctional.Host.Data;

/// <summary>A point on the paper: x to the right, y downwards.</summary>
internal readonly record struct PenPoint(double X, double Y);

/// <summary>
/// The ten digits, each in several handwritten forms. A form is a few pen strokes; a stroke is a smooth curve through a few points.
/// At a corner one stroke ends and the next begins.
/// </summary>
internal static class StrokeGlyphs
{
    // Points are "x,y" in percent of the box around the digit; "|" begins a new stroke.
    private static readonly string[][] Sources =
    [
        [
            "52,4 28,14 13,48 24,86 50,97 76,86 88,48 76,15 50,3 40,5",
            "70,15 50,3 28,20 17,55 30,90 52,97 75,76 83,40 72,10 48,6",
            "40,8 20,30 14,62 28,92 50,98 72,88 86,58 82,24 62,5 42,4 34,12",
            "60,2 36,10 20,40 22,78 42,98 66,90 80,62 80,28 66,8 50,12",
        ],
        [
            "50,0 50,50 50,100",
            "58,0 51,48 44,100",
            "32,22 54,2 | 54,2 52,50 50,100",
            "30,20 52,2 | 52,2 51,50 50,97 | 26,98 50,97 76,98",
        ],
        [
            "15,26 28,8 54,2 78,16 73,42 46,70 14,95 | 14,95 46,92 88,95",
            "20,20 45,3 74,14 72,42 46,74 20,93 11,83 27,75 52,88 74,96 93,84",
            "12,16 40,2 70,8 78,30 58,60 16,96 | 16,96 40,86 62,92 90,94",
            "18,30 22,10 50,1 76,14 74,38 50,62 22,80 12,94 26,98 40,86 62,95 88,90",
        ],
        [
            "17,15 44,2 72,13 71,34 40,46 | 40,46 69,53 82,73 66,93 38,98 12,87",
            "15,5 45,4 80,6 | 80,6 60,24 42,40 | 42,40 70,46 84,70 66,93 38,98 14,90",
            "20,14 50,2 76,18 64,38 42,47 36,42 50,43 76,58 77,84 50,98 15,89",
            "22,10 52,1 74,14 70,34 38,45 | 38,45 66,48 80,66 74,88 48,99 24,95 14,84",
        ],
        [
            "20,2 15,32 13,55 | 13,55 46,57 86,52 | 74,3 70,50 66,100",
            "64,2 40,34 10,64 | 10,64 50,64 92,62 | 64,2 62,50 60,100",
            "19,5 13,30 20,49 46,53 76,44 | 81,2 73,50 63,100",
            "30,0 20,28 16,50 | 16,50 44,54 74,50 | 76,8 72,40 72,98",
        ],
        [
            "82,4 54,5 28,7 | 28,7 24,26 22,44 | 22,44 46,36 74,46 81,71 61,94 35,98 12,86",
            "86,3 52,6 31,18 30,38 54,48 75,65 66,90 39,98 12,89",
            "30,5 27,24 24,42 | 24,42 50,38 76,52 78,78 56,97 30,96 14,84 | 30,5 56,7 84,2",
            "78,2 50,4 34,6 | 34,6 28,22 24,38 44,38 68,48 76,68 62,90 36,99 16,94",
        ],
        [
            "70,2 42,20 20,50 17,78 38,97 65,92 78,71 60,54 36,60 21,78",
            "48,0 30,34 18,70 28,94 55,98 78,82 70,60 45,56 22,73",
            "60,1 34,24 18,58 24,90 48,99 70,88 70,68 50,60 30,70 22,84",
            "80,6 54,10 28,36 16,70 30,95 58,97 76,80 64,62 40,64 24,78",
        ],
        [
            "12,8 48,8 88,6 | 88,6 62,44 42,100",
            "14,6 50,7 86,5 | 86,5 64,42 46,100 | 30,52 54,50 78,48",
            "12,24 13,8 | 13,8 50,9 86,6 | 86,6 66,36 54,66 50,100",
            "10,18 24,7 50,12 86,5 68,36 48,66 36,100",
        ],
        [
            "73,16 50,2 27,15 31,35 50,47 74,65 76,86 50,98 24,86 28,65 50,48 70,33 75,15",
            "52,2 30,11 30,34 50,45 70,33 70,11 50,2 | 50,45 24,60 22,86 50,98 78,86 75,60 50,45",
            "78,10 52,2 30,14 36,36 60,56 72,78 54,97 30,90 30,70 52,50 72,30 74,12",
            "60,2 36,8 34,28 54,46 72,66 66,90 42,98 24,84 34,62 56,46 70,26 58,3",
        ],
        [
            "75,20 51,3 26,16 21,39 42,52 65,43 76,20 | 76,20 73,56 68,100",
            "77,22 52,3 27,15 22,38 45,50 68,40 77,20 79,50 70,82 46,98 19,88",
            "72,14 48,2 26,18 30,40 54,44 72,24 | 72,14 66,50 52,100",
            "78,10 50,4 26,20 28,40 50,46 72,32 78,10 | 78,10 77,50 78,98",
        ],
    ];

    /// <summary>The strokes by digit, then by form.</summary>
    public static IReadOnlyList<IReadOnlyList<PenPoint[][]>> Digits { get; } =
        [.. Sources.Select(ways => (IReadOnlyList<PenPoint[][]>)[.. ways.Select(ParseStrokes)])];

    private static PenPoint[][] ParseStrokes(string text) => [.. text.Split('|').Select(ParseStroke)];

    private static PenPoint[] ParseStroke(string text) =>
        [.. text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(ParsePoint)];

    private static PenPoint ParsePoint(string text)
    {
        var comma = text.IndexOf(',', StringComparison.Ordinal);
        return new PenPoint(Percent(text.AsSpan(0, comma)), Percent(text.AsSpan(comma + 1)));
    }

    private static double Percent(ReadOnlySpan<char> text) =>
        double.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture) / 100;
}
