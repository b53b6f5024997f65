namespace ScoreFunctional.Runs

open System
open System.Globalization

/// A number that a person may choose: on the command line, in a specification, in an environment variable, from C#.
type Quantity<'T> = {
    /// Its name, as a person would type it.
    Name: string
    /// Its value when nothing is said; `None` where other choices decide.
    Default: 'T option
    /// The values that it takes, in words.
    Range: string
    /// Whether it takes a value.
    Fits: 'T -> bool
}

/// The numbers that people choose, and how they are read: with a decimal point, without separators of thousands, the same in
/// every country.
[<RequireQualifiedAccess>]
module Quantities =
    let private whole name standard (least: int64) (most: int64) : Quantity<int64> = {
        Name = name
        Default = standard
        Range = $"a whole number from {least} to {most}"
        Fits = fun value -> value >= least && value <= most
    }

    let private real name standard range fits : Quantity<float> = {
        Name = name
        Default = standard
        Range = range
        Fits = fun value -> Double.IsFinite value && fits value
    }

    let private upTo name standard (most: float) =
        real name standard $"a number above 0 and up to {most}" (fun value -> value > 0.0 && value <= most)

    /// The most steps of a training run: a month of the smallest network's, a century of a large one's.
    let mostSteps = 1_000_000_000

    /// Steps of a training run.
    let trainingSteps = whole "steps" None 1L (int64 mostSteps)

    /// Minutes of a training run: up to nineteen years.
    let minutes = upTo "minutes" (Some 10.0) 1e7

    /// Samples in a training step; the machine's memory may hold fewer.
    let batchSize = whole "batch-size" None 1L 100_000_000L

    /// The seed of every random number.
    let seed = whole "seed" (Some 0L) 0L Int64.MaxValue

    /// Samples to draw; the machine's memory may hold fewer.
    let samples = whole "count" (Some 16L) 1L 100_000_000L

    /// Samples to measure: a variance takes two.
    let measured = whole "count" (Some 1000L) 2L 100_000_000L

    /// Steps of a sampler: moves of annealed Langevin at each level, of which there are twenty in the table.
    let samplerSteps = whole "steps" None 1L (int64 ScoreFunctional.Schedule.most / 20L)

    /// A class to sample, of the ten that the datasets with classes have.
    let label = whole "class" None 0L 9L

    /// The guidance scale.
    let guidance = real "guidance" (Some 1.0) "a number" (fun _ -> true)

    /// A setting of a member, whose own table knows the range.
    let number = real "number" None "a number" (fun _ -> true)

    /// States that are kept on the way from noise to sample: as many as a picture shows side by side.
    let trajectory = whole "trajectory" (Some 0L) 0L 100L

    /// Probes of a divergence: with as many as a sample has values, its exact divergence would cost no more.
    let probes = whole "probes" (Some 1L) 1L 1000L

    /// The noise level at which a likelihood's flow begins; the process's largest is a bound of its own.
    let noiseLevel = real "noise-level" None "a number above 0" (fun value -> value > 0.0)

    /// What a step of a likelihood's solver may err by, in widths of the noise. Its tenth, which tells the solver's own error,
    /// is what values of float32 still resolve at the smallest noise.
    let likelihoodTolerance =
        real "tolerance" (Some 0.02) "a number from 0.0001 to 1" (fun value -> value >= 1e-4 && value <= 1.0)

    /// The share of labels that training forgets.
    let labelDropout =
        real "label-dropout" None "a number from 0 and below 1" (fun value -> value >= 0.0 && value < 1.0)

    /// Seconds between two checkpoints.
    let checkpointSeconds =
        real "SCORE_CHECKPOINT_SECONDS" (Some 30.0) "a number from 0 to 1000000" (fun value ->
            value >= 0.0 && value <= 1e6)

    /// The value of a number of which nothing is said.
    let standard (quantity: Quantity<'T>) : 'T = Option.get quantity.Default

    /// A fault in one line under the name that the person knows the number by, or `None`.
    let fault (name: string) (quantity: Quantity<'T>) (value: 'T) : string option =
        if quantity.Fits value then
            None
        else
            Some $"{name} must be {quantity.Range}, not {value}"

    /// A value that fits, or one line that says which do.
    let check (quantity: Quantity<'T>) (value: 'T) : Result<'T, string> =
        match fault quantity.Name quantity value with
        | None -> Ok value
        | Some fault -> Error fault

    let private read (parse: string -> bool * 'T) (name: string) (quantity: Quantity<'T>) (text: string) =
        match parse text with
        | true, value when quantity.Fits value -> Ok value
        | _ when text.Contains ',' ->
            Error $"{name} must be {quantity.Range} with a decimal point and without commas, not '{text}'"
        | _ -> Error $"{name} must be {quantity.Range}, not '{text}'"

    /// Reads a whole number that was written under a name.
    let readWhole (name: string) (quantity: Quantity<int64>) (text: string) : Result<int64, string> =
        let parse (text: string) = Int64.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture)

        read parse name quantity text

    /// Reads a number that was written under a name.
    let readReal (name: string) (quantity: Quantity<float>) (text: string) : Result<float, string> =
        let styles =
            NumberStyles.AllowLeadingSign ||| NumberStyles.AllowDecimalPoint ||| NumberStyles.AllowExponent

        read (fun text -> Double.TryParse(text, styles, CultureInfo.InvariantCulture)) name quantity text
