using System.Globalization;
using System.Text;

namespace ScoreFunctional.Host.Training;

/// <summary>The metrics of one training step, a line of <c>metrics.csv</c>.</summary>
/// <param name="Step">Number of steps done, including this one.</param>
/// <param name="Loss">The loss of the objective.</param>
/// <param name="LearningRate">The learning rate of the step.</param>
/// <param name="GradientNorm">Norm of the gradient before clipping.</param>
/// <param name="NoiseRatio">Norm of the predicted noise divided by that of the true noise, mean over the batch.</param>
/// <param name="Seconds">Seconds of training so far.</param>
/// <param name="LossByLevel">Mean loss of the samples in each noise bin; NaN for an empty bin.</param>
internal sealed record StepRecord(
    int Step, double Loss, double LearningRate, double GradientNorm, double NoiseRatio, double Seconds,
    double[] LossByLevel);

/// <summary>The file <c>metrics.csv</c>: a header and one line per step.</summary>
internal sealed class MetricsLog : IDisposable
{
    private readonly FileStream _file;
    private readonly StringBuilder _pending = new();
    private readonly string _path;

    private MetricsLog(string path, FileStream file) => (_path, _file) = (path, file);

    /// <summary>Starts an empty log.</summary>
    /// <param name="path">The file.</param>
    /// <param name="edges">The edges between the noise bins of <see cref="StepRecord.LossByLevel"/>, ascending.</param>
    /// <exception cref="ScoreException">The file cannot be written.</exception>
    public static MetricsLog Create(string path, double[] edges) => Guard(path, () =>
    {
        var log = new MetricsLog(path, new FileStream(path, FileMode.Create, FileAccess.ReadWrite, FileShare.Read, bufferSize: 0));
        log._pending.AppendJoin(
            ',', ["step", "loss", "learning_rate", "gradient_norm", "noise_ratio", "seconds", .. BinNames(edges)]).Append('\n');
        log.Flush();
        return log;
    });

    /// <summary>Opens the log of a resumed run and removes the lines after its checkpoint.</summary>
    /// <param name="path">The file.</param>
    /// <param name="edges">The edges between the noise bins, ascending.</param>
    /// <param name="step">Number of steps done at the checkpoint.</param>
    /// <exception cref="ScoreException">The file cannot be read or written.</exception>
    public static MetricsLog Resume(string path, double[] edges, int step)
    {
        if (!File.Exists(path))
        {
            return Create(path, edges);
        }

        return Guard(path, () =>
        {
            var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.Read, bufferSize: 0);
            file.SetLength(LengthUpTo(file, step));
            file.Seek(0, SeekOrigin.End);
            return new MetricsLog(path, file);
        });
    }

    /// <summary>Reads steps, losses and noise ratios.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="ScoreException">The file cannot be read.</exception>
    public static IReadOnlyList<(int Step, double Loss, double NoiseRatio)> ReadSteps(string path) => Guard(path, () =>
    {
        var steps = new List<(int, double, double)>();
        foreach (var line in File.ReadLines(path).Skip(1))
        {
            var cells = line.Split(',');
            if (cells.Length > 4
                && int.TryParse(cells[0], NumberStyles.Integer, CultureInfo.InvariantCulture, out var step)
                && double.TryParse(cells[1], NumberStyles.Float, CultureInfo.InvariantCulture, out var loss)
                && double.TryParse(cells[4], NumberStyles.Float, CultureInfo.InvariantCulture, out var ratio))
            {
                steps.Add((step, loss, ratio));
            }
        }

        return steps;
    });

    /// <summary>Reads steps and losses.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="ScoreException">The file cannot be read.</exception>
    public static IReadOnlyList<(int Step, double Loss)> ReadLosses(string path) =>
        [.. ReadSteps(path).Select(row => (row.Step, row.Loss))];

    /// <summary>Adds a line; <see cref="Flush"/> writes it.</summary>
    /// <param name="record">The metrics of the step.</param>
    public void Add(StepRecord record)
    {
        _pending.Append(CultureInfo.InvariantCulture, $"{record.Step},{record.Loss:G9},{record.LearningRate:G6},{record.GradientNorm:G6},{record.NoiseRatio:G6},{record.Seconds:0.###}");
        foreach (var loss in record.LossByLevel)
        {
            _pending.Append(',');
            if (!double.IsNaN(loss))
            {
                _pending.Append(CultureInfo.InvariantCulture, $"{loss:G6}");
            }
        }

        _pending.Append('\n');
    }

    /// <summary>Writes the added lines.</summary>
    /// <exception cref="ScoreException">The file cannot be written.</exception>
    public void Flush() => Guard(_path, () =>
    {
        var end = _file.Position;
        try
        {
            _file.Write(Encoding.UTF8.GetBytes(_pending.ToString()));
        }
        catch (Exception)
        {
            // A full disk may take half a line, with a wrong number: it is removed.
            _file.SetLength(end);
            throw;
        }

        _pending.Clear();
        return true;
    });

    /// <summary>Writes the added lines; ignores errors.</summary>
    public void TryFlush()
    {
        try
        {
            Flush();
        }
        catch (ScoreException)
        {
            // Called after another error, which is the one to report.
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private static IEnumerable<string> BinNames(double[] edges)
    {
        var names = edges.Select(edge => edge.ToString("0.####", CultureInfo.InvariantCulture)).ToArray();
        for (var i = 0; i <= names.Length; i++)
        {
            yield return names.Length == 0 ? "loss_all"
                : i == 0 ? $"loss_below_{names[0]}"
                : i == names.Length ? $"loss_above_{names[^1]}"
                : $"loss_{names[i - 1]}_{names[i]}";
        }
    }

    // A killed process may have left half a line, which is removed as well.
    private static long LengthUpTo(FileStream file, int step)
    {
        var bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        long kept = 0;
        for (var start = 0; start < bytes.Length;)
        {
            var end = Array.IndexOf(bytes, (byte)'\n', start);
            if (end < 0)
            {
                break;
            }

            var line = Encoding.UTF8.GetString(bytes, start, end - start);
            var isHeader = start == 0;
            if (!isHeader && !(int.TryParse(line.Split(',')[0], NumberStyles.None, CultureInfo.InvariantCulture, out var found) && found <= step))
            {
                break;
            }

            start = end + 1;
            kept = start;
        }

        return kept;
    }

    private static T Guard<T>(string path, Func<T> work)
    {
        try
        {
            return work();
        }
        catch (Exception error) when (Files.OutputPath.IsRefusal(error))
        {
            throw new ScoreException($"cannot use {path}: {Files.AtomicFile.OneLine(error.Message)}", error);
        }
    }
}
