namespace ScoreFunctional.Runs

open System
open System.Globalization
open ScoreFunctional

/// What work takes in memory, known from its sizes before it begins.
[<RequireQualifiedAccess>]
module Needs =
    let private float32s = 4.0

    /// The runtime, libtorch and what they load, with data in bytes.
    let private program = 300.0 * 1048576.0

    /// Bytes that this process may use: nine tenths of the machine's memory, or of what its container has.
    let memory () : float = 0.9 * float (GC.GetGCMemoryInfo().TotalAvailableMemoryBytes)

    let private size (spec: RunSpec) = Composition.sampleShape spec |> Array.fold (*) 1

    // What a layer gives for a sample stays until its derivative is taken, and is there as input, normalised, activated,
    // transformed for the product and as gradient: measured on batches of 64 to 200,000, 15 to 19 times over in convolutions and
    // 10 to 11 times in a perceptron.
    let private kept (spec: RunSpec) =
        match spec.Network with
        | Unet choice ->
            let resolutions = choice.Widths.Length

            choice.Widths
            |> List.mapi (fun i width ->
                let side = 28.0 / float choice.Patch / 2.0 ** float i
                let blocks = if i = resolutions - 1 then choice.Middle else 2 * choice.Blocks
                20.0 * float blocks * float width * side * side)
            |> List.sum
        | Mlp choice -> 12.0 * (float choice.Layers * float choice.Width + float (size spec))

    // Each derivative of the score keeps a pass of its own, since the loss is differentiated through it.
    let private passes (spec: RunSpec) =
        let derivatives =
            match spec.Objective with
            | Explicit -> size spec
            | Hutchinson
            | Sliced
            | SlicedReduced
            | Differences _
            | DifferencesReduced _ -> 1
            | Levels _
            | Continuous
            | Antithetic
            | Likelihood
            | ImportanceSampled
            | MinSnr _
            | LogNormal _
            | Controlled _
            | Script _ -> 0

        float (1 + derivatives) * (if spec.Preconditioning = KarrasEnergy then 2.0 else 1.0)

    // Weights, average, gradient and two moments, with what a step makes of them and the copy of a checkpoint.
    let private weights (spec: RunSpec) =
        let count =
            Composition.parameters spec
            |> Array.sumBy (fun p -> p.Shape |> Array.fold (fun n d -> n * float d) 1.0)

        10.0 * float32s * count

    let private gibibytes (bytes: float) =
        (bytes / 1073741824.0).ToString("#,0.#", CultureInfo.InvariantCulture) + " GiB"

    /// So many things of so many values each, all in one array, with their bytes and those of all else.
    let private room name (values: int) (memory: float) (standing: float) (each: float) (count: int) =
        let held = Array.MaxLength / values
        let fit = Math.Clamp((memory - standing) / each, 0.0, 2e9) |> int
        let most = min held fit

        if count <= most then
            Ok count
        else
            let why =
                if count > fit then
                    $"that would take {gibibytes (standing + each * float count)} of memory, and there are {gibibytes memory} to use"
                else
                    "that would be more values than an array holds"

            Error $"{name} must be at most {most} here, not {count}: {why}"

    /// A run whose training steps fit into so many bytes; `Error` is one line with the batch size that would do.
    let trainingIn (memory: float) (spec: RunSpec) : Result<int, string> =
        let each = float32s * (passes spec * kept spec + 2.0 * float (size spec))
        room "the batch size" (size spec) memory (program + weights spec) each spec.BatchSize

    /// A number of samples that fit into so many bytes, which are drawn in parts and held together; `Error` is one line with the
    /// number that would do.
    let samplesIn (memory: float) (spec: RunSpec) (count: int) : Result<int, string> =
        room "the number of samples" (size spec) memory (2.0 * program) (float32s * float (size spec)) count

    /// `trainingIn` this machine, where its processor does the work: a device says itself when it is full.
    let training (spec: RunSpec) (place: Placement) : Result<int, string> =
        trainingIn (if place = Placements.cpu then memory () else infinity) spec

    /// `samplesIn` this machine.
    let samples (spec: RunSpec) (count: int) : Result<int, string> = samplesIn (memory ()) spec count
