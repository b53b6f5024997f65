using Microsoft.FSharp.Collections;
using Microsoft.FSharp.Core;
using ScoreFunctional.Host.Training;
using ScoreFunctional.Runs;

namespace ScoreFunctional.Host;

/// <summary>Between the text of the API's options and the choices of the specification.</summary>
internal static class RunChoices
{
    /// <summary>The sampler of a run, or another one.</summary>
    /// <param name="design">What the run is.</param>
    /// <param name="sampler">Another sampler or other settings, as <c>NAME:key=value</c>.</param>
    /// <param name="steps">Another number of steps.</param>
    /// <param name="schedule">Another schedule.</param>
    /// <exception cref="ScoreException">The sampler does not go with the run's process, the steps or the settings.</exception>
    public static Sampler Sampler(RunDesign design, string? sampler, int? steps, string? schedule) => Sampler(
        design,
        new SamplerRequest(
            Read(design.Tables.Samplers, sampler),
            steps is { } count ? ListModule.OfSeq([Tuple.Create("steps", Value.NewWhole(count))]) : ListModule.Empty<Tuple<string, Value>>(),
            Read(design.Tables.Schedules, schedule)));

    /// <summary>The sampler that is asked for by name.</summary>
    /// <param name="design">What the run is.</param>
    /// <param name="choice">The sampler.</param>
    /// <exception cref="ScoreException">The sampler does not go with the run's process.</exception>
    public static Sampler Sampler(RunDesign design, Choice choice) =>
        Sampler(design, new SamplerRequest(choice, ListModule.Empty<Tuple<string, Value>>(), null));

    /// <summary>The sampler that is asked for.</summary>
    /// <param name="design">What the run is.</param>
    /// <param name="request">Another sampler, or other settings of the run's.</param>
    /// <exception cref="ScoreException">The sampler does not go with the run's process, the steps or the settings.</exception>
    public static Sampler Sampler(RunDesign design, SamplerRequest request) =>
        Required(RunDesignModule.sampler(request, design)).Item2;

    /// <summary>A choice as it is typed, or none.</summary>
    /// <typeparam name="T">What the members of the table make.</typeparam>
    /// <param name="table">The table.</param>
    /// <param name="text">The choice, or <c>null</c>.</param>
    /// <exception cref="ScoreException">The table has no such member or setting.</exception>
    public static FSharpOption<Choice>? Read<T>(Table<T> table, string? text) =>
        text is null ? null : FSharpOption<Choice>.Some(Required(TableModule.read(text, table)));

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
    /// <param name="design">What the run is.</param>
    public static SampleShape SampleShape(this RunDesign design) => Training.SampleShape.Of(design.Dataset.Shape);
}
