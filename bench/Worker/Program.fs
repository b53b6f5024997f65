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
type Row = { Spec: RunSpec; Once: unit -> unit; Evaluations: int }

/// The same numbers on both sides: the fractional parts of i²φ on [−1, 1), which look independent.
let private numbers (count: int) =
    Array.init count (fun i ->
        let i = float (i + 1)
        float32 ((i * i * 0.6180339887498949) % 1.0 * 2.0 - 1.0))

let private size spec = Array.fold (*) 1 (Composition.sampleShape spec)

let private samples spec count : Tensor =
    (dsharp.tensor (numbers (count * size spec))).view(Array.append [| count |] (Composition.sampleShape spec))

/// A few batches of images as bytes, as MNIST is held; points are the same in each batch, since the other side draws none either.
let private data (spec: RunSpec) : Samples =
    let shape, count = Composition.sampleShape spec, spec.BatchSize

    if Presets.isImages spec.Dataset then
        let bytes = numbers (4 * count * size spec) |> Array.map (fun x -> byte (127.5f * (x + 1f)))
        Samples.ofBytes shape 10 bytes (Array.zeroCreate (4 * count))
    else
        let points = numbers (count * size spec)
        Samples.ofFunction shape None 0 (fun _ -> points) (fun _ -> [||])

/// Weights that are zero nowhere, the same on both sides.
let private weights scale spec = numbers (Network.count (Composition.network spec)) |> Array.map ((*) scale)

/// A step of `score train`.
let private training (spec: RunSpec) batch : Row =
    let spec = { spec with BatchSize = batch; Length = Steps 100000 }
    let session = new TrainingSession(spec, 100000, data spec)

    {
        Spec = spec
        Once = fun () -> session.Step() |> ignore
        Evaluations = 1
    }

/// Ready to draw, after what made it ready has been given back, as ScoreModel does.
let private generator spec =
    let generator = new Generator(spec, weights 0.05f spec)
    GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive)
    generator

/// What `score sample` draws.
let private drawing (spec: RunSpec) count steps : Row =
    let generator = generator spec
    let sampler = Presets.withSteps steps spec.Sampler
    let mutable seed = 0L

    {
        Spec = spec
        Once =
            fun () ->
                SampleRun.Draw(generator, spec, sampler, None, 0.0, count, seed, 0, null, CancellationToken.None)
                |> ignore

                seed <- seed + 1L
        Evaluations = 2 * steps - 1
    }

/// Log-densities as `score evaluate` finds them, but for a tolerance that keeps the row short.
let private likelihood (spec: RunSpec) count : Row =
    let generator = generator spec
    let data = numbers (count * size spec)
    let choice: LikelihoodChoice = { Level = 1.0 / 255.0; Probes = 1; Tolerance = 0.02 }

    let once () =
        let struct (_, evaluations) = generator.LogDensity(data, 2.0 / 255.0, choice, 0L, 0, 0, 0L)
        evaluations

    { Spec = spec; Once = once >> ignore; Evaluations = once () }

/// Sixteen values of what the network makes of four samples, for the other side to compare. With these weights what comes
/// out of every layer counts.
let private outputs (spec: RunSpec) =
    let sde = Composition.sde spec.Sde

    let (Denoiser denoise) =
        Composition.model spec (Composition.network spec) (dsharp.tensor (weights 1f spec))
        |> Score.toDenoiser sde

    let sigma = dsharp.tensor ([| 0.05; 0.2; 0.8; 3.2 |], dtype = Dtype.Float64)
    let found = Primitives.noGrad (fun () -> (denoise (samples spec 4) sigma).view -1) |> Batch.toArray
    Array.init 16 (fun i -> found[i * (found.Length - 1) / 15])

// The optimiser that both sides have.
let private digits =
    let spec = Presets.spec Fast Mnist
    { spec with Optimiser = { spec.Optimiser with Orthogonal = None } }

let private plane = Presets.spec Fast EightGaussians

let private row (words: string list) : Row =
    let spec, rest =
        match words with
        | kind :: "fast" :: rest -> digits, kind :: rest
        | kind :: "plane" :: rest -> plane, kind :: rest
        | _ -> invalidArg (nameof words) $"expected the network of a row, found {words}"

    match rest with
    | [ "train"; batch ] -> training spec (int batch)
    | [ "explicit"; batch ] -> training { spec with Objective = Explicit } (int batch)
    | [ "sliced"; batch ] -> training { spec with Objective = Sliced } (int batch)
    | [ "draw"; count ] -> drawing spec (int count) 24
    | [ "draw"; count; steps ] -> drawing spec (int count) (int steps)
    | [ "likelihood"; count ] -> likelihood spec (int count)
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
        outputs row.Spec |> Array.map (fun value -> value.ToString "R") |> String.concat " " |> printfn "%s"
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
    printfn $"{Network.count (Composition.network row.Spec)} {row.Evaluations}"
    serve row
    0
