using Microsoft.FSharp.Collections;
using Microsoft.FSharp.Core;
using ScoreFunctional.Host.Training;
using ScoreFunctional.Runs;

namespace ScoreFunctional.Host;

/// <summary>Converts the options of the API to choices of the specification.</summary>
internal static class RunChoices
{
    /// <summary>The sampler of a run, or another.</summary>
    /// <param name="design">The design of the run.</param>
    /// <param name="sampler">The sampler as <c>NAME:key=value</c>; <c>null</c> for the run's.</param>
    /// <param name="steps">The number of steps; <c>null</c> for the default.</param>
    /// <param name="schedule">The schedule; <c>null</c> for the sampler's.</param>
    /// <exception cref="ScoreException">The sampler does not suit the process, the steps or the settings.</exception>
    public static Sampler Sampler(RunDesign design, string? sampler, int? steps, string? schedule) => Sampler(
        design,
        new SamplerRequest(
            Read(design.Tables.Samplers, sampler),
            steps is { } count ? ListModule.OfSeq([Tuple.Create("steps", Value.NewWhole(count))]) : ListModule.Empty<Tuple<string, Value>>(),
            Read(design.Tables.Schedules, schedule)));

    /// <summary>The sampler of a choice.</summary>
    /// <param name="design">The design of the run.</param>
    /// <param name="choice">The sampler.</param>
    /// <exception cref="ScoreException">The sampler does not suit the process.</exception>
    public static Sampler Sampler(RunDesign design, Choice choice) =>
        Sampler(design, new SamplerRequest(choice, ListModule.Empty<Tuple<string, Value>>(), null));

    /// <summary>The sampler of a request.</summary>
    /// <param name="design">The design of the run.</param>
    /// <param name="request">The sampler and its settings, where they differ from the run's.</param>
    /// <exception cref="ScoreException">The sampler does not suit the process, the steps or the settings.</exception>
    public static Sampler Sampler(RunDesign design, SamplerRequest request) =>
        ValueOrThrow(RunDesignModule.sampler(request, design)).Item2;

    /// <summary>Parses a choice, or <c>null</c>.</summary>
    /// <typeparam name="T">The type of the table's values.</typeparam>
    /// <param name="table">The table.</param>
    /// <param name="text">The choice, or <c>null</c>.</param>
    /// <exception cref="ScoreException">The table has no such member or setting.</exception>
    public static FSharpOption<Choice>? Read<T>(Table<T> table, string? text) =>
        text is null ? null : FSharpOption<Choice>.Some(ValueOrThrow(TableModule.read(text, table)));

    /// <summary>The value of a result.</summary>
    /// <typeparam name="T">The type of the value.</typeparam>
    /// <param name="result">The value, or an error in one line.</param>
    /// <exception cref="ScoreException">The result is an error.</exception>
    public static T ValueOrThrow<T>(FSharpResult<T, string> result) =>
        result.IsOk ? result.ResultValue : throw new ScoreException(ScoreErrorKind.Usage, result.ErrorValue);

    /// <summary>Checks the range of a number.</summary>
    /// <typeparam name="T">The type of the number.</typeparam>
    /// <param name="quantity">The quantity, with its range.</param>
    /// <param name="value">The number.</param>
    /// <exception cref="ScoreException">The number is out of range.</exception>
    public static void Require<T>(Quantity<T> quantity, T value) => ValueOrThrow(Quantities.check(quantity, value));

    /// <summary>Finds a device of this machine.</summary>
    /// <param name="device">The device.</param>
    /// <exception cref="ScoreException">This machine has no such device.</exception>
    public static Placement Placement(ComputeDevice device) => ValueOrThrow(Placements.find(device.ToString()));

    /// <summary>A nullable value as an F# option.</summary>
    /// <typeparam name="T">The type of the value.</typeparam>
    /// <param name="value">The value, or <c>null</c>.</param>
    public static FSharpOption<T>? Option<T>(T? value)
        where T : struct => value is { } some ? FSharpOption<T>.Some(some) : null;

    /// <summary>The shape of a run's samples.</summary>
    /// <param name="design">The design of the run.</param>
    public static SampleShape SampleShape(this RunDesign design) => Training.SampleShape.Of(design.Dataset.Shape);
}
