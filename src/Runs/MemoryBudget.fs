namespace ScoreFunctional.Runs

open System
open System.Globalization
open ScoreFunctional

/// Estimates of memory from the sizes of a run, so that work that cannot fit is refused before it starts.
[<RequireQualifiedAccess>]
module MemoryBudget =
    let private float32s = 4.0

    /// Bytes of the runtime, libtorch and a data set of bytes.
    let private program = 300.0 * 1048576.0

    /// Bytes that this process may use: nine tenths of the memory of the machine or container.
    let available () : float = 0.9 * float (GC.GetGCMemoryInfo().TotalAvailableMemoryBytes)

    let private size (design: RunDesign) = Composition.sampleShape design |> Array.fold (*) 1

    // The loss is differentiated through every evaluation and every derivative of the score: each keeps its activations.
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

    // Weights, their average, the gradient and two moments; their updated values during a step; the copy for a checkpoint.
    let private weights (design: RunDesign) =
        let count =
            Composition.parameters design
            |> Array.sumBy (fun p -> p.Shape |> Array.fold (fun n d -> n * float d) 1.0)

        10.0 * float32s * count

    let private gibibytes (bytes: float) =
        (bytes / 1073741824.0).ToString("#,0.#", CultureInfo.InvariantCulture) + " GiB"

    /// Checks a count of things that share one array. Each has so many values and takes so many bytes; `constant` bytes are
    /// needed whatever the count.
    let private check name (values: int) (memory: float) (constant: float) (each: float) (count: int) =
        let inArray = Array.MaxLength / values
        let inMemory = Math.Clamp((memory - constant) / each, 0.0, 2e9) |> int
        let most = min inArray inMemory

        if count <= most then
            Ok count
        else
            let why =
                if count > inMemory then
                    $"it would take {gibibytes (constant + each * float count)} of memory, and {gibibytes memory} are available"
                else
                    "it would take more values than an array holds"

            Error $"{name} must be at most {most} here, not {count}: {why}"

    /// Checks that training steps fit into so many bytes; `Error` is one line with the largest batch size.
    let trainingIn (memory: float) (design: RunDesign) : Result<int, string> =
        let each =
            float32s
            * (passes design * design.Network.Activations(Composition.sampleShape design)
               + 2.0 * float (size design))

        check "the batch size" (size design) memory (program + weights design) each design.Spec.BatchSize

    /// Checks that a number of samples fits into so many bytes. They are drawn in parts and held together; `Error` is one line
    /// with the largest number.
    let samplesIn (memory: float) (design: RunDesign) (count: int) : Result<int, string> =
        check "the number of samples" (size design) memory (2.0 * program) (float32s * float (size design)) count

    /// `trainingIn` the memory of this machine. Not checked for a GPU, which reports itself that its memory is full.
    let training (design: RunDesign) (place: Placement) : Result<int, string> =
        trainingIn (if place = Placements.cpu then available () else infinity) design

    /// `samplesIn` the memory of this machine.
    let samples (design: RunDesign) (count: int) : Result<int, string> = samplesIn (available ()) design count
