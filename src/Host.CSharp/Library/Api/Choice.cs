using System.Text;
using Microsoft.FSharp.Collections;
using Microsoft.FSharp.Core;
using ScoreFunctional.Host.Training;
using ScoreFunctional.Runs;

namespace ScoreFunctional.Host;

/// <summary>Between the enumerations of the API and the unions of the specification, which have the same names.</summary>
internal static class Choice
{
    /// <summary>The case of a union that an enumeration value names.</summary>
    /// <typeparam name="T">The union.</typeparam>
    /// <param name="value">The value.</param>
    /// <exception cref="ScoreException">The value is not one of its enumeration.</exception>
    public static T To<T>(Enum value) =>
        Required(Names.tryParse<T>(value.GetType().Name, Hyphenate(value.ToString())));

    /// <summary>The enumeration value that bears the name of a case.</summary>
    /// <typeparam name="T">The enumeration.</typeparam>
    /// <param name="name">The name, with hyphens.</param>
    public static T Of<T>(string name)
        where T : struct, Enum => Enum.Parse<T>(name.Replace("-", "", StringComparison.Ordinal), ignoreCase: true);

    /// <summary>The name in the core's table of a sampler of the API.</summary>
    /// <param name="kind">The sampler.</param>
    /// <exception cref="ScoreException">The value is not one of its enumeration.</exception>
    public static string SamplerName(SamplerKind kind) =>
        SamplerNames.all.FirstOrDefault(name => Enum.IsDefined(kind) && Of<SamplerKind>(name) == kind)
            ?? throw new ScoreException(
                ScoreErrorKind.Usage, $"unknown sampler {kind}: expected one of {string.Join(", ", SamplerNames.all)}");

    /// <summary>The sampler of a run, or another one, in the run's number of steps, or another one.</summary>
    /// <param name="spec">What the run is.</param>
    /// <param name="name">Another sampler.</param>
    /// <param name="steps">Another number of steps.</param>
    /// <param name="settings">Settings of the sampler, each with its value.</param>
    /// <exception cref="ScoreException">The sampler does not go with the run's process, the steps or the settings.</exception>
    public static SamplerChoice Sampler(
        RunSpec spec, string? name, int? steps, params IEnumerable<Tuple<string, double>> settings)
    {
        var sampler = name is null || name == Presets.samplerName(spec.Sampler)
            ? spec.Sampler
            : Presets.sampler(spec.Sde, name);
        var counted = steps is { } count ? Presets.withSteps(count, sampler) : sampler;
        return Required(Validation.withSampler(spec, Required(Presets.withSettings(ListModule.OfSeq(settings), counted))));
    }

    /// <summary>What a check let through.</summary>
    /// <typeparam name="T">The type of the value.</typeparam>
    /// <param name="result">The value, or one line that says what is wrong with it.</param>
    /// <exception cref="ScoreException">Something is.</exception>
    public static T Required<T>(FSharpResult<T, string> result) =>
        result.IsOk ? result.ResultValue : throw new ScoreException(ScoreErrorKind.Usage, result.ErrorValue);

    /// <summary>Makes sure that a number is one that its table takes.</summary>
    /// <typeparam name="T">The type of the number.</typeparam>
    /// <param name="quantity">What the number is.</param>
    /// <param name="value">The number.</param>
    /// <exception cref="ScoreException">It is not.</exception>
    public static void Require<T>(Quantity<T> quantity, T value) => Required(Quantities.check(quantity, value));

    /// <summary>The device that is asked for.</summary>
    /// <param name="device">Which.</param>
    /// <exception cref="ScoreException">It is not there.</exception>
    public static Placement Placement(ComputeDevice device) => Required(Placements.find(device.ToString()));

    /// <summary>An F# option of a value that may be missing.</summary>
    /// <typeparam name="T">The type of the value.</typeparam>
    /// <param name="value">The value, or <c>null</c>.</param>
    public static FSharpOption<T>? Option<T>(T? value)
        where T : struct => value is { } some ? FSharpOption<T>.Some(some) : null;

    /// <summary>The shape of a run's samples.</summary>
    /// <param name="spec">What the run is.</param>
    public static SampleShape SampleShape(this RunSpec spec) =>
        Presets.isImages(spec.Dataset) ? Training.SampleShape.Image : Training.SampleShape.Point;

    private static string Hyphenate(string name)
    {
        var text = new StringBuilder();
        foreach (var letter in name)
        {
            if (char.IsUpper(letter) && text.Length > 0)
            {
                text.Append('-');
            }

            text.Append(char.ToLowerInvariant(letter));
        }

        return text.ToString();
    }
}
