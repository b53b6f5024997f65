using System.Globalization;
using ScoreFunctional.Host.Training;

namespace ScoreFunctional.Host.Commands;

/// <summary>Output of commands.</summary>
internal static class Text
{
    /// <summary>A line with numbers in the invariant culture.</summary>
    /// <param name="line">The line.</param>
    public static string Line(FormattableString line) => line.ToString(CultureInfo.InvariantCulture);

    /// <summary>Prints the paths of the files of a run.</summary>
    /// <param name="folder">The folder of the run.</param>
    public static void Files(RunFolder folder)
    {
        foreach (var (what, file) in ((string, string)[])
        [
            ("report", folder.Report), ("samples", folder.Samples), ("trajectory", folder.Trajectory),
            ("loss", folder.LossChart), ("metrics", folder.Metrics), ("evaluation", folder.Evaluation),
            ("checkpoint", folder.Checkpoint),
        ])
        {
            if (File.Exists(file))
            {
                System.Console.Out.WriteLine($"{what,-11} {file}");
            }
        }
    }
}
