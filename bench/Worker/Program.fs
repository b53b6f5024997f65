/// Our side of `bench/run`: makes one row ready, then answers each number read with the seconds that as many repetitions took.
module ScoreFunctional.Bench.Program

open System
open System.Diagnostics
open System.IO
open DiffSharp
open ScoreFunctional
open ScoreFunctional.CommandLine

/// What is timed, and how many parameters its network has.
type Row = { Parameters: int; Once: unit -> unit }

/// The same numbers each time, spread over [−1, 1]: what a row computes on does not matter, that it is no constant does.
let private numbers (count: int) =
    Array.init count (fun i -> float32 (((float (i + 1) * 0.6180339887498949) % 1.0) * 2.0 - 1.0))

let private parameters spec = Network.count (Composition.network spec)

let private training (spec: RunSpec) batch : Row =
    let spec = { spec with BatchSize = batch; Length = Steps 100000 }
    let learner = new Learner(spec, 100000)
    let data = numbers (batch * Array.fold (*) 1 (Composition.sampleShape spec))

    {
        Parameters = parameters spec
        Once = fun () -> learner.Advance(data, [||]) |> ignore
    }

/// A step of an objective that asks for derivatives of the score, on the network of the plane.
let private matching (objective: Sde -> Objective) batch : Row =
    let spec = Presets.spec Fast EightGaussians

    let recipe = {
        Composition.recipe spec 100000 with
            Objective = objective (Composition.sde spec.Sde)
    }

    let data = numbers (2 * batch)
    let mutable state = Training.start recipe (Network.init (Composition.network spec) (Key.ofSeed 0UL))

    {
        Parameters = parameters spec
        Once =
            fun () ->
                let batch = (dsharp.tensor data).view [| batch; 2 |]
                state <- fst (Training.advance recipe state batch)
    }

/// Weights that are not zero anywhere, so that nothing is skipped.
let private weights spec = numbers (parameters spec) |> Array.map (fun w -> 0.05f * w)

let private drawing (spec: RunSpec) count steps : Row =
    let generator = new Generator(spec, weights spec)

    let sampler =
        match steps with
        | Some steps -> Presets.withSteps steps spec.Sampler
        | None -> spec.Sampler

    let mutable first = 0L

    {
        Parameters = parameters spec
        Once =
            fun () ->
                generator.Draw(sampler, None, 0.0, 0L, first, count, 0, Action<float>(ignore)) |> ignore
                first <- first + int64 count
    }

let private digits = Presets.spec Fast Mnist
let private founding = Presets.spec Founding Mnist
let private plane = Presets.spec Fast EightGaussians

let private row (words: string list) : Row =
    match words with
    | [ "train"; "fast"; batch ] -> training digits (int batch)
    | [ "train"; "founding"; batch ] -> training founding (int batch)
    | [ "train"; "plane"; batch ] -> training plane (int batch)
    | [ "explicit"; "plane"; batch ] -> matching Objective.explicit (int batch)
    | [ "sliced"; "plane"; batch ] -> matching (Objective.sliced Probe.Rademacher) (int batch)
    | [ "draw"; "fast"; count ] -> drawing digits (int count) None
    | [ "draw"; "fast"; count; steps ] -> drawing digits (int count) (Some(int steps))
    | _ -> invalidArg (nameof words) $"expected the name of a row, found {words}"

/// The greatest resident memory so far, in MiB, as Linux counts it.
let private peak () =
    File.ReadLines "/proc/self/status"
    |> Seq.tryFind (fun line -> line.StartsWith("VmHWM:", StringComparison.Ordinal))
    |> Option.map (fun line -> float (line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]) / 1024.0)
    |> Option.defaultValue nan

let rec private serve row =
    match Console.In.ReadLine() with
    | null
    | "end" -> printfn $"{peak ():F1}"
    | count ->
        let clock = Stopwatch.StartNew()

        for _ in 1 .. int count do
            row.Once()

        printfn $"{clock.Elapsed.TotalSeconds:R}"
        serve row

[<EntryPoint>]
let main arguments =
    let row = row (List.ofArray arguments)
    printfn $"{row.Parameters}"
    serve row
    0
