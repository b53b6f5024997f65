namespace ScoreFunctional.Runs

open System
open ScoreFunctional

/// A number that a user may set: on the command line, in a specification, in an environment variable, from C#.
type Quantity<'T> = {
    /// Name, as it is typed.
    Name: string
    /// Default value; `None` where it depends on other choices.
    Default: 'T option
    /// The allowed values.
    Range: Range
    /// Whether a value is allowed.
    Fits: 'T -> bool
}

/// The numbers that a user may set. They are read with a decimal point and without thousands separators, in every culture.
[<RequireQualifiedAccess>]
module Quantities =
    let private whole name standard (least: int64) (most: int64) : Quantity<int64> =
        let range = Range.Wholes(least, most)

        {
            Name = name
            Default = standard
            Range = range
            Fits = fun value -> (Range.fit range (Value.Whole value)).IsSome
        }

    let private real name standard range : Quantity<float> = {
        Name = name
        Default = standard
        Range = range
        Fits = fun value -> (Range.fit range (Value.Number value)).IsSome
    }

    /// The largest number of training steps: a month for the smallest network, a century for a large one.
    let mostSteps = 1_000_000_000

    /// Steps of a training run.
    let trainingSteps = whole "steps" None 1L (int64 mostSteps)

    /// Minutes of a training run, up to nineteen years.
    let minutes = real "minutes" (Some 10.0) (Range.Numbers(Bound.Excluded 0.0, Bound.Included 1e7))

    /// Samples per training step; memory may allow fewer.
    let batchSize = whole "batch-size" None 1L 100_000_000L

    /// The seed of all random numbers.
    let seed = whole "seed" (Some 0L) 0L Int64.MaxValue

    /// Samples to draw; memory may allow fewer.
    let samples = whole "count" (Some 16L) 1L 100_000_000L

    /// Samples to evaluate: a variance takes two.
    let evaluationSamples = whole "count" (Some 1000L) 2L 100_000_000L

    /// Steps of a sampler. Annealed Langevin dynamics makes this many at each noise level, of which it has twenty by default.
    let samplerSteps = whole "steps" None 1L (int64 Schedule.most / 20L)

    /// A class to sample: the data sets with classes have ten.
    let label = whole "class" None 0L 9L

    /// The guidance scale.
    let guidance = real "guidance" (Some 1.0) Range.any

    /// A setting of a member, before its table checks the range.
    let number = real "number" None Range.any

    /// The most images in one picture: a hundred rows of a hundred are 6004 pixels on a side.
    let pictureImages = 10_000

    /// The most points in one picture: the dots of more would cover all of it.
    let picturePoints = 100_000

    /// States kept along the trajectory from noise to sample: as many as a picture shows side by side.
    let trajectory = whole "trajectory" (Some 0L) 0L 100L

    /// Probes of the divergence estimator. The exact divergence takes as many evaluations as a sample has values.
    let probes = whole "probes" (Some 1L) 1L 1000L

    /// The noise level at which the probability flow of a likelihood starts; it must also be below the process's largest.
    let noiseLevel = real "noise-level" None (Range.above 0.0)

    /// Error per step of the likelihood's ODE solver, relative to the noise. A tenth of the smallest, which measures the
    /// solver's own error, is still resolved by float32 at the smallest noise level.
    let likelihoodTolerance = real "tolerance" (Some 0.02) (Range.between 1e-4 1.0)

    /// The probability with which training drops a label.
    let labelDropout = real "label-dropout" None Range.decay

    /// Seconds between two checkpoints.
    let checkpointSeconds = real "SCORE_CHECKPOINT_SECONDS" (Some 30.0) (Range.between 0.0 1e6)

    /// The default of a number that has one.
    let defaultValue (quantity: Quantity<'T>) : 'T = Option.get quantity.Default

    /// An error in one line, with the name under which the user knows the number; `None` for an allowed value.
    let fault (name: string) (quantity: Quantity<'T>) (value: 'T) : string option =
        if quantity.Fits value then
            None
        else
            Some $"{name} must be {Range.words quantity.Range}, not {value}"

    /// The value, or an error in one line that states the range.
    let check (quantity: Quantity<'T>) (value: 'T) : Result<'T, string> =
        match fault quantity.Name quantity value with
        | None -> Ok value
        | Some fault -> Error fault

    let private read (parse: string -> 'T option) (name: string) (quantity: Quantity<'T>) (text: string) =
        let range = Range.words quantity.Range

        match parse text with
        | Some value when quantity.Fits value -> Ok value
        | _ when text.Contains ',' ->
            Error $"{name} must be {range} with a decimal point and without commas, not '{text}'"
        | _ -> Error $"{name} must be {range}, not '{text}'"

    /// Reads a whole number; errors use the given name.
    let readWhole (name: string) (quantity: Quantity<int64>) (text: string) : Result<int64, string> =
        read Value.readWhole name quantity text

    /// Reads a number; errors use the given name.
    let readReal (name: string) (quantity: Quantity<float>) (text: string) : Result<float, string> =
        read Value.readNumber name quantity text
