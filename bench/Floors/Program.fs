/// What one small operation costs on each floor: BenchmarkDotNet's time and allocation, in rows of a table.
///
/// Scopes free the native memory of a hundred operations at a time, as a training step does for its own.
module ScoreFunctional.Floors.Program

open System
open BenchmarkDotNet.Attributes
open BenchmarkDotNet.Columns
open BenchmarkDotNet.Configs
open BenchmarkDotNet.Diagnosers
open BenchmarkDotNet.Jobs
open BenchmarkDotNet.Loggers
open BenchmarkDotNet.Reports
open BenchmarkDotNet.Running
open BenchmarkDotNet.Toolchains.InProcess.Emit
open DiffSharp
open ScoreFunctional
open ScoreFunctional.Runs
open Perfolizer.Horology
open TorchSharp

/// How many operations share a scope.
[<Literal>]
let private Together = 100

/// Numbers without a pattern.
let private numbers count = Array.init count (fun i -> float32 (sin (float (i * i))))

/// The package that all stands on: a call through P/Invoke.
[<MemoryDiagnoser(false)>]
type TorchSharpFloor() =
    let scalar = torch.tensor 1.5f
    let small = torch.tensor(numbers 4).view(2, 2)
    let square = torch.tensor(numbers 1024).view(32, 32)
    let leaf = torch.tensor (numbers 4, requires_grad = true)

    let repeat (operation: unit -> torch.Tensor) =
        use _ = torch.NewDisposeScope()

        for _ in 1..Together do
            operation () |> ignore

    [<Benchmark(Description = "a + b, scalars", OperationsPerInvoke = Together)>]
    member _.AddScalars() = repeat (fun () -> scalar + scalar)

    [<Benchmark(Description = "a + b, 2 × 2", OperationsPerInvoke = Together)>]
    member _.AddSmall() = repeat (fun () -> small + small)

    [<Benchmark(Description = "matrix product, 32 × 32", OperationsPerInvoke = Together)>]
    member _.Product() = repeat (fun () -> square.matmul square)

    [<Benchmark(Description = "gradient of Σ x², four numbers", OperationsPerInvoke = Together)>]
    member _.Gradient() = repeat (fun () -> (torch.autograd.grad ([| (leaf * leaf).sum() |], [| leaf |]))[0])

/// Floor 3: a tensor that nests derivatives.
[<MemoryDiagnoser(false)>]
type DiffSharpFloor() =
    let scalar = dsharp.tensor 1.5f
    let small = dsharp.tensor(numbers 4).view [| 2; 2 |]
    let square = dsharp.tensor(numbers 1024).view [| 32; 32 |]
    let point = dsharp.tensor (numbers 4)

    let repeat (operation: unit -> Tensor) =
        Primitives.scope
            (fun () ->
                for _ in 1..Together do
                    operation () |> ignore)
            (fun () -> [])

    [<Benchmark(Description = "a + b, scalars", OperationsPerInvoke = Together)>]
    member _.AddScalars() = repeat (fun () -> scalar + scalar)

    [<Benchmark(Description = "a + b, 2 × 2", OperationsPerInvoke = Together)>]
    member _.AddSmall() = repeat (fun () -> small + small)

    [<Benchmark(Description = "matrix product, 32 × 32", OperationsPerInvoke = Together)>]
    member _.Product() = repeat (fun () -> square.matmul square)

    [<Benchmark(Description = "gradient of Σ x², four numbers", OperationsPerInvoke = Together)>]
    member _.Gradient() = repeat (fun () -> dsharp.grad (fun x -> (x * x).sum()) point)

/// Floor 4: what a researcher composes, on the network of the plane.
[<MemoryDiagnoser(false)>]
type CoreFloor() =
    let design =
        Overrides.start Tables.standard Presets.standard (Choice.ofName "eight-gaussians") Overrides.none
        |> Result.bind (RunDesign.ofSpec Tables.standard)
        |> function
            | Ok design -> design
            | Error fault -> invalidOp fault

    let sde = design.Process
    let network = Composition.network design
    let config = Composition.trainConfig design 100000
    let parameters = Network.init network (Key.ofSeed 0UL)
    let score = Composition.model design network parameters
    let points = dsharp.tensor(numbers 32).view [| 16; 2 |]
    let times = Batch.fill 16 0.1
    let start = { X = points; Nfe = 0; History = [] }
    let move: TimeStep = { From = 0.2; To = 0.1; Index = 0; Count = 2 }
    let trained = Training.start config parameters

    let freeing (work: unit -> 'a) = Primitives.scope (fun () -> Primitives.noGrad work |> ignore) (fun () -> [])

    [<Benchmark(Description = "score of 16 points")>]
    member _.Score() = freeing (fun () -> Score.apply score points times)

    [<Benchmark(Description = "Heun's step, 16 points")>]
    member _.Heun() = freeing (fun () -> Step.heun sde score (Key.ofSeed 0UL) move start)

    [<Benchmark(Description = "training step, batch 16")>]
    member _.TrainingStep() = Primitives.scope (fun () -> Training.step config trained points |> ignore) (fun () -> [])

/// Benchmarks within this process: the native libraries are those that are built.
let private configuration quick =
    let job =
        if quick then
            Job.Dry
        else
            Job.Default.WithWarmupCount(5).WithIterationCount(15).WithIterationTime(TimeInterval.FromMilliseconds 100.)

    ManualConfig
        .CreateEmpty()
        .AddJob(job.WithToolchain InProcessEmitToolchain.Instance)
        .AddDiagnoser(MemoryDiagnoser.Default)
        .AddColumnProvider(DefaultColumnProviders.Instance)
        .AddLogger(new StreamLogger(new IO.StreamWriter(Console.OpenStandardError())))
        .WithArtifactsPath(IO.Path.Combine(IO.Path.GetTempPath(), "score-floors"))
        .WithOptions(ConfigOptions.DisableLogFile)

/// A row of the table: floor, operation, median and its spread in nanoseconds, bytes of managed memory.
let private row (report: BenchmarkReport) =
    let target = report.BenchmarkCase.Descriptor
    let floor = target.Type.Name.Replace("Floor", "")

    match report.ResultStatistics with
    | null -> failwith $"{floor}, {target.WorkloadMethodDisplayInfo}: not measured"
    | found ->
        let bytes = report.GcStats.GetBytesAllocatedPerOperation report.BenchmarkCase
        let bytes = if bytes.HasValue then string bytes.Value else ""

        $"| {floor} | {target.WorkloadMethodDisplayInfo.Trim '\''} | {found.Median:N0} ({found.Min:N0} – {found.Max:N0}) | {bytes} |"

[<EntryPoint>]
let main arguments =
    let quick = Array.contains "--quick" arguments
    let floors = [| typeof<TorchSharpFloor>; typeof<DiffSharpFloor>; typeof<CoreFloor> |]

    for floor in floors do
        for report in BenchmarkRunner.Run(floor, configuration quick).Reports do
            printfn "%s" (row report)

    0
