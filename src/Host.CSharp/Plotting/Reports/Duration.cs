using System.Globalization;

namespace ScoreFunctional.Host.Plotting.Reports;

/// <summary>Durations as text.</summary>
internal static class Duration
{
    /// <summary>A duration as text: 42 s, 3:05, 1:02:03, 3 d 11:58:23.</summary>
    /// <param name="time">The duration.</param>
    public static string Text(TimeSpan time) =>
        time.TotalSeconds < 100 ? time.TotalSeconds.ToString("0", CultureInfo.InvariantCulture) + " s"
        : time.TotalHours < 1 ? time.ToString(@"m\:ss", CultureInfo.InvariantCulture)
        : time.TotalDays < 1 ? time.ToString(@"h\:mm\:ss", CultureInfo.InvariantCulture)
        : time.ToString(@"d\ \d\ h\:mm\:ss", CultureInfo.InvariantCulture);
}
