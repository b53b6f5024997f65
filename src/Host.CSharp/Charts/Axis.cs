using System.Globalization;

namespace ScoreFunctional.Host.Charts;

/// <summary>Maps values to a length on paper and chooses legible ticks.</summary>
internal sealed class Axis
{
    // Far from where differences and quotients of doubles overflow.
    private const double Largest = 1e120;

    private readonly double _low;
    private readonly double _high;
    private readonly bool _log;

    private Axis(double low, double high, bool log, IReadOnlyList<double> ticks) =>
        (_low, _high, _log, Ticks) = (low, high, log, ticks);

    /// <summary>The values that get a line and a label.</summary>
    public IReadOnlyList<double> Ticks { get; }

    /// <summary>Chooses an axis for values.</summary>
    /// <param name="values">All values to be shown; those that the axis cannot show are passed over.</param>
    /// <param name="log">Whether it is logarithmic.</param>
    /// <param name="ticks">About how many ticks.</param>
    /// <param name="widen">Whether the ends move outwards to ticks (linear axes) or by a margin (logarithmic ones).</param>
    /// <returns>The axis; one from 0 to 1 (logarithmic: 1 to 10) when there is nothing to show.</returns>
    public static Axis For(IEnumerable<double> values, bool log, int ticks, bool widen)
    {
        var shown = values.Where(value => double.IsFinite(value) && (!log || value > 0))
            .Select(value => Math.Clamp(value, log ? 1 / Largest : -Largest, Largest)).ToList();
        if (shown.Count == 0)
        {
            shown = log ? [1, 10] : [0, 1];
        }

        var (low, high) = (shown.Min(), shown.Max());
        return log ? Logarithmic(low, high, ticks, widen) : Linear(low, high, ticks, widen);
    }

    /// <summary>Whether the axis can show a value at all.</summary>
    /// <param name="value">The value.</param>
    public bool Shows(double value) => double.IsFinite(value) && (!_log || value > 0);

    /// <summary>The position of a value: 0 at the lower end, 1 at the upper.</summary>
    /// <param name="value">A value that the axis shows.</param>
    public double Position(double value) => _log
        ? Math.Log(value / _low) / Math.Log(_high / _low)
        : (value - _low) / (_high - _low);

    /// <summary>A short label.</summary>
    /// <param name="value">The value of a tick.</param>
    public static string Label(double value)
    {
        var size = Math.Abs(value);
        // Twelve digits hide the rounding of sums of ticks; the exponent keeps large and small labels short.
        return size is 0 or >= 1e-3 and < 1e5
            ? Math.Round(value, 10).ToString("0.######", CultureInfo.InvariantCulture)
            : value.ToString("0.###e0", CultureInfo.InvariantCulture);
    }

    private static Axis Linear(double low, double high, int ticks, bool widen)
    {
        if (high - low <= 1e-12 * Math.Max(Math.Abs(low), Math.Abs(high)))
        {
            var margin = low == 0 ? 1 : Math.Abs(low) / 2;
            (low, high) = (low - margin, high + margin);
        }

        var step = NiceStep((high - low) / ticks);
        if (widen)
        {
            (low, high) = (Math.Floor(low / step) * step, Math.Ceiling(high / step) * step);
        }

        var first = (long)Math.Ceiling(low / step - 1e-9);
        var last = (long)Math.Floor(high / step + 1e-9);
        return new Axis(low, high, false, [.. Range(first, last).Select(i => i * step)]);
    }

    private static Axis Logarithmic(double low, double high, int ticks, bool widen)
    {
        if (high / low < 1.5)
        {
            (low, high) = (low / 1.5, high * 1.5);
        }
        else if (widen)
        {
            var margin = Math.Pow(high / low, 0.04);
            (low, high) = (low / margin, high * margin);
        }

        // Powers of ten, thinned when there are many; with few of them also 2 and 5 times each.
        var (first, last) = ((long)Math.Floor(Math.Log10(low)), (long)Math.Ceiling(Math.Log10(high)));
        var every = Math.Max(1, (last - first) / Math.Max(1, ticks));
        double[] factors = Math.Log10(high / low) < 2.5 ? [1, 2, 5] : [1];
        var chosen = Range(first, last)
            .Where(power => power % every == 0)
            .SelectMany(power => factors.Select(factor => factor * Math.Pow(10, power)))
            .Where(tick => tick >= low * (1 - 1e-9) && tick <= high * (1 + 1e-9));
        return new Axis(low, high, true, [.. chosen]);
    }

    private static IEnumerable<long> Range(long first, long last)
    {
        for (var i = first; i <= last; i++)
        {
            yield return i;
        }
    }

    // The next of 1, 2, 5 times a power of ten.
    private static double NiceStep(double raw)
    {
        var power = Math.Pow(10, Math.Floor(Math.Log10(raw)));
        return (raw / power) switch
        {
            <= 1 => power,
            <= 2 => 2 * power,
            <= 5 => 5 * power,
            _ => 10 * power,
        };
    }
}
