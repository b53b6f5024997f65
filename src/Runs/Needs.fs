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

    let private size (design: RunDesign) = Composition.sampleShape design |> Array.fold (*) 1

    // Each evaluation and each derivative of the score keeps a pass of its own, since the loss is differentiated through it.
    let private passes (design: RunDesign) =
        let ofObjective =
            match design.Objective with
            | None -> 1
            | Some objective ->
                match objective.Vjps with
                | Vjps.None -> objective.Evaluations
                | Vjps.One -> objective.Evaluations + 1
                | Vjps.PerDimension -> objective.Evaluations + size design

        float ofObjective * (if design.Model.Energy.IsSome then 2.0 else 1.0)

    // Weights, average, gradient and two moments, with what a step makes of them and the copy of a checkpoint.
    let private weights (design: RunDesign) =
        let count =
            Composition.parameters design
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
    let trainingIn (memory: float) (design: RunDesign) : Result<int, string> =
        let each =
            float32s
            * (passes design * design.Network.Activations(Composition.sampleShape design)
               + 2.0 * float (size design))

        room "the batch size" (size design) memory (program + weights design) each design.Spec.BatchSize

    /// A number of samples that fit into so many bytes, which are drawn in parts and held together; `Error` is one line with the
    /// number that would do.
    let samplesIn (memory: float) (design: RunDesign) (count: int) : Result<int, string> =
        room "the number of samples" (size design) memory (2.0 * program) (float32s * float (size design)) count

    /// `trainingIn` this machine, where its processor does the work: a device says itself when it is full.
    let training (design: RunDesign) (place: Placement) : Result<int, string> =
        trainingIn (if place = Placements.cpu then memory () else infinity) design

    /// `samplesIn` this machine.
    let samples (design: RunDesign) (count: int) : Result<int, string> = samplesIn (memory ()) design count
