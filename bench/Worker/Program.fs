/// Our side of `bench/run`: makes one row ready, then answers each number read with the seconds that as many repetitions
/// took, `check` with outputs of its network, and `end` with the greatest resident memory in MiB.
module ScoreFunctional.Bench.Program

open System
open System.Diagnostics
open System.IO
open System.Threading
open DiffSharp
open ScoreFunctional
open ScoreFunctional.Runs
open ScoreFunctional.Host
open ScoreFunctional.Host.Sampling

/// What is timed on which network, and how many evaluations of it a repetition takes.
type Row = { Design: RunDesign; Once: unit -> unit; Evaluations: int }

/// The same numbers on both sides: the fractional parts of i²φ on [−1, 1), which look independent.
let private numbers (count: int) =
    Array.init count (fun i ->
        let i = float (i + 1)
        float32 ((i * i * 0.6180339887498949) % 1.0 * 2.0 - 1.0))

let private size design = Array.fold (*) 1 (Composition.sampleShape design)

let private samples design count : Tensor =
    (dsharp.tensor (numbers (count * size design))).view(Array.append [| count |] (Composition.sampleShape design))

/// A few batches of images as bytes, as MNIST is held; points are the same in each batch, since the other side draws none either.
let private data (design: RunDesign) : Samples =
    let shape, count = Composition.sampleShape design, design.Spec.BatchSize

    if Datasets.isImages design.Dataset then
        let bytes = numbers (4 * count * size design) |> Array.map (fun x -> byte (127.5f * (x + 1f)))
        Samples.ofBytes shape 10 bytes (Array.zeroCreate (4 * count))
    else
        let points = numbers (count * size design)
        Samples.ofFunction shape None 0 (fun _ -> points) (fun _ -> [||])

/// Weights that are zero nowhere, the same on both sides.
let private weights scale design = numbers (Network.count (Composition.network design)) |> Array.map ((*) scale)

/// A step of `score train`.
let private training (design: RunDesign) batch : Row =
    let design = {
        design with
            Spec = { design.Spec with BatchSize = batch; Length = Steps 100000 }
    }

    let session = new TrainingSession(design, 100000, data design)

    {
        Design = design
        Once = fun () -> session.Step() |> ignore
        Evaluations = 1
    }

/// Ready to draw, after what made it ready has been given back, as ScoreModel does.
let private generator design =
    let generator = new Generator(design, weights 0.05f design)
    GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive)
    generator

/// What `score sample` draws.
let private drawing (design: RunDesign) count steps : Row =
    let generator = generator design
    let sampler = { design.Sampler with DefaultSteps = fun _ -> steps }
    let mutable seed = 0L

    {
        Design = design
        Once =
            fun () ->
                SampleRun.Draw(generator, design, sampler, None, 0.0, count, seed, 0, null, CancellationToken.None)
                |> ignore

                seed <- seed + 1L
        Evaluations = 2 * steps - 1
    }

/// Log-densities as `score evaluate` finds them, but for a tolerance that keeps the row short.
let private likelihood (design: RunDesign) count : Row =
    let generator = generator design
    let data = numbers (count * size design)
    let choice: LikelihoodChoice = { Level = 1.0 / 255.0; Probes = 1; Tolerance = 0.02 }

    let once () =
        let struct (_, evaluations) = generator.LogDensity(data, 2.0 / 255.0, choice, 0L, 0, 0, 0L)
        evaluations

    { Design = design; Once = once >> ignore; Evaluations = once () }

/// Sixteen values of what the network makes of four samples, for the other side to compare. With these weights what comes
/// out of every layer counts.
let private outputs (design: RunDesign) =
    let sde = design.Process

    let (Denoiser denoise) =
        Composition.model design (Composition.network design) (dsharp.tensor (weights 1f design))
        |> Score.toDenoiser sde

    let sigma = dsharp.tensor ([| 0.05; 0.2; 0.8; 3.2 |], dtype = Dtype.Float64)
    let found = Primitives.noGrad (fun () -> (denoise (samples design 4) sigma).view -1) |> Batch.toArray
    Array.init 16 (fun i -> found[i * (found.Length - 1) / 15])

/// A recipe on a data set, with an optimiser that both sides have, and the objective of the row.
let private design (dataset: string) (objective: string option) : RunDesign =
    let tables = Tables.standard

    let adamw = {
        Name = "adamw"
        Settings = [ "rate", Value.Number 4e-3; "beta2", Value.Number 0.99 ]
    }

    let overrides = {
        Overrides.none with
            Optimiser = (if dataset = "mnist" then Some adamw else None)
            Objective = objective |> Option.map Choice.ofName
    }

    Overrides.start tables Presets.standard (Choice.ofName dataset) overrides
    |> Result.bind (RunDesign.ofSpec tables)
    |> function
        | Ok design -> design
        | Error fault -> invalidOp fault

let private row (words: string list) : Row =
    let dataset, rest =
        match words with
        | kind :: "fast" :: rest -> "mnist", kind :: rest
        | kind :: "plane" :: rest -> "eight-gaussians", kind :: rest
        | _ -> invalidArg (nameof words) $"expected the network of a row, found {words}"

    match rest with
    | [ "train"; batch ] -> training (design dataset None) (int batch)
    | [ "explicit"; batch ] -> training (design dataset (Some "explicit")) (int batch)
    | [ "sliced"; batch ] -> training (design dataset (Some "sliced")) (int batch)
    | [ "draw"; count ] -> drawing (design dataset None) (int count) 24
    | [ "draw"; count; steps ] -> drawing (design dataset None) (int count) (int steps)
    | [ "likelihood"; count ] -> likelihood (design dataset None) (int count)
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
    | "check" ->
        outputs row.Design
        |> Array.map (fun value -> value.ToString "R")
        |> String.concat " "
        |> printfn "%s"

        serve row
    | count ->
        let clock = Stopwatch.StartNew()

        for _ in 1 .. int count do
            row.Once()

        printfn $"{clock.Elapsed.TotalSeconds:R}"
        serve row

[<EntryPoint>]
let main arguments =
    NativeSettings.Apply()
    let row = row (List.ofArray arguments)
    printfn $"{Network.count (Composition.network row.Design)} {row.Evaluations}"
    serve row
    0
