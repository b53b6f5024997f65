module Command.Tests.ProgramTests

open System
open System.IO
open System.Threading
open Expecto
open ScoreFunctional
open ScoreFunctional.Runs
open ScoreFunctional.Host
open ScoreFunctional.Host.Data
open ScoreFunctional.Host.Files
open ScoreFunctional.Host.Plotting
open ScoreFunctional.Host.Sampling
open ScoreFunctional.Host.Training
open Designs
open Command.Tests.CommandsRunner

/// Seconds matter here: a network a fiftieth of the usual one.
let private small (steps: int) (dataset: string) : RunDesign =
    designOf
        $"--dataset {dataset} --network unet:widths=16/16,middle=1,group-size=8,embedding=32 --optimiser muon --batch-size 16 --steps {steps} --sampler heun:steps=6"

let private part (set: ImageDataset) count : ImageDataset = {
    new ImageDataset() with
        override _.Name = set.Name
        override _.Shape = set.Shape
        override _.Count = min count set.Count
        override _.Read(index, pixels) = set.Read(index, pixels)
        override _.Label index = set.Label index
}

/// Trains, samples and evaluates a small network, and checks each.
let private endToEnd (dataset: string) (images: ImageData) =
    inFolder (fun folder ->
        let few = ImageData(images.Name, part images.Train 2000, part images.Test 200)
        let steps = 60

        let plan =
            TrainingPlan(small steps dataset, null, RunFolder folder, few, Placements.cpu, Pictures = RunPictures())

        let result = TrainingRun.Execute(plan, null, null, Files.Outputs null, CancellationToken.None)
        use model = result.Model

        let losses =
            MetricsLog.ReadLosses(RunFolder(folder).Metrics)
            |> Seq.map (fun entry -> entry.ToTuple() |> snd)
            |> Array.ofSeq

        Expect.equal losses.Length steps "a line for each step"
        let first, last = Array.average losses[..9], Array.average losses[steps - 10 ..]
        // An untrained network has a loss near 1; sixty steps of this one bring it down by a third and more.
        Expect.isLessThan last (0.8 * first) "the loss falls"

        let samples = model.Sample(SampleOptions(Count = 5))
        Expect.sequenceEqual samples.Shape [ 5; 28; 28 ] "shape"

        for value in samples.Values.ToArray() do
            Expect.isTrue (value >= 0f && value <= 1f) "pixels in [0, 1]"

        let evaluation =
            ModelEvaluation.Measure(model, few, EvaluateOptions(Count = 24), null, CancellationToken.None)

        Expect.isTrue (evaluation.Result.Levels |> Seq.forall (fun level -> Double.IsFinite level.Loss)) "losses"
        Expect.isTrue (evaluation.Result.Frechet.Value > 0.0) "a distance"

        let compared =
            SamplerComparison.Measure(
                model,
                few,
                [|
                    for text in [ "unipc:steps=4"; "heun:steps=3" ] ->
                        RunChoices.Sampler(plan.Design, text, Nullable(), null)
                |],
                24,
                (fun _ _ -> ()),
                (fun _ _ -> ()),
                CancellationToken.None
            )

        Expect.equal
            [ for row in compared.Samplers -> row.Name, row.Steps, row.Evaluations ]
            [ "unipc", 4, 5; "heun", 3, 5 ]
            "a row each"

        Expect.isTrue (compared.Samplers |> Seq.forall (fun row -> row.Frechet.Value > 0.0)) "distances"
        Expect.equal compared.FrechetFloor evaluation.Result.FrechetFloor "one floor"

        for file in
            [
                "run.json"
                "metrics.csv"
                "checkpoint.pt"
                "samples.png"
                "trajectory.png"
                "loss.svg"
                "report.html"
            ] do
            Expect.isTrue (File.Exists(Path.Combine(folder, file))) file)

let private train folder (steps: int) = [
    "train"
    "--dataset"
    "two-moons"
    "--preset"
    "fast"
    "--batch-size"
    "32"
    "--steps"
    string steps
    "--out"
    folder
]

let private checkpoint folder = Path.Combine(folder, "checkpoint.pt")

/// Step, weights, average and optimiser memory: all that must agree between two runs, but for the clock.
let private state folder =
    let checkpoint = RunCheckpoint.Load(checkpoint folder)
    checkpoint.State, checkpoint.TotalSteps

let private losses folder = MetricsLog.ReadLosses(RunFolder(folder).Metrics) |> Seq.map _.ToTuple() |> List.ofSeq

let private stepOf folder =
    // The file is replaced as a whole, so that it can be read at any moment.
    if File.Exists(checkpoint folder) then
        RunCheckpoint.Load(checkpoint folder).State.Step
    else
        -1

[<Tests>]
let endToEndTests =
    testList "a run from data to figures" [
        testCase "on strokes" (fun () ->
            let spec = (small 1 "strokes").Spec

            match TrainingPlan.LoadImages(spec, null, null, CancellationToken.None) with
            | null -> failtest "expected images"
            | images -> endToEnd "strokes" images)

        testCase "on MNIST, where the data is there" (fun () ->
            match mnistFolder with
            | None -> skiptest "no MNIST files: set SCORE_DATA to their folder"
            | Some folder -> endToEnd "mnist" (Data.Mnist.Load folder))
    ]

[<Tests>]
let commandTests =
    testSequenced
    <| testList "the program" [
        testCase "trains, samples, evaluates and cites, and leaves the files of a run" (fun () ->
            inFolder (fun folder ->
                let run = Path.Combine(folder, "run")
                scoreWell (train run 60) |> ignore

                for file in
                    [
                        "run.json"
                        "metrics.csv"
                        "checkpoint.pt"
                        "samples.png"
                        "trajectory.png"
                        "loss.svg"
                        "report.html"
                    ] do
                    Expect.isTrue (File.Exists(Path.Combine(run, file))) file

                let sample (name: string) (count: int) (options: string list) =
                    let npy = Path.Combine(folder, name + ".npy")

                    let outcome =
                        scoreWell [
                            "sample"
                            yield! options
                            "--checkpoint"
                            checkpoint run
                            "--count"
                            string count
                            "--seed"
                            "3"
                            "--out"
                            Path.Combine(folder, name + ".png")
                            "--npy"
                            npy
                            "--trajectory"
                            Path.Combine(folder, name + "-way.png")
                        ]

                    Expect.stringContains outcome.Output "35 evaluations" "the cost is told"
                    npy

                let once, more = sample "once" 16 [], sample "more" 64 []
                let again = sample "again" 16 [ "--device"; "cpu" ]

                Expect.isTrue
                    (File.ReadAllBytes once = File.ReadAllBytes again)
                    "the same seed and device, the same bytes"

                let struct (few, _), struct (many, shape) = Npy.Load once, Npy.Load more
                Expect.equal shape [| 64; 2 |] "shape"
                Expect.sequenceEqual many[..31] few "sample k does not depend on how many there are"

                scoreWell [ "evaluate"; "--checkpoint"; checkpoint run; "--count"; "200" ] |> ignore
                Expect.isTrue (File.Exists(Path.Combine(run, "evaluation.json"))) "figures"

                let numbers = Path.Combine(folder, "numbers")

                let compared =
                    scoreWell [
                        "evaluate"
                        "--checkpoint"
                        checkpoint run
                        "--count"
                        "20"
                        "--sampler"
                        "unipc"
                        "--sampler"
                        "heun"
                        "--npy"
                        numbers
                    ]

                for sampler in [ "unipc"; "heun" ] do
                    Expect.stringContains compared.Output $"\n{sampler} " "a row"
                    let struct (_, shape) = Npy.Load(Path.Combine(numbers, sampler + ".npy"))
                    Expect.equal shape [| 20; 2 |] sampler

                Expect.isTrue (File.Exists(Path.Combine(run, "samplers.json"))) "the rows as JSON"

                let cited = scoreWell [ "cite"; "--checkpoint"; checkpoint run ]
                Expect.stringContains cited.Output "Karras" "references"))

        testCase "killed at any moment and resumed, ends with the weights of a run that was never stopped" (fun () ->
            inFolder (fun folder ->
                // Enough that a busy machine does not finish before the signal comes.
                let steps = 600
                let whole, broken = Path.Combine(folder, "whole"), Path.Combine(folder, "broken")
                scoreWell (train whole steps) |> ignore

                let killed = scoreUntil "KILL" (fun () -> stepOf broken >= 20) (train broken steps)

                Expect.notEqual killed.Status 0 "the first process was killed"
                let reached = stepOf broken
                Expect.isTrue (reached >= 20 && reached < steps) $"on the way, at step {reached}"

                let resume = [ "train"; "--resume"; "--out"; broken; "--device"; "cpu" ]
                let again = scoreUntil "KILL" (fun () -> stepOf broken >= 60) resume
                Expect.notEqual again.Status 0 "the second process was killed"
                scoreWell resume |> ignore

                Expect.equal (state broken) (state whole) "weights, average, memory, step and horizon, bit for bit"
                Expect.equal (losses broken) (losses whole) "one line for each step, the same loss"))

        testCase "interrupted, stops after the step in hand with a checkpoint, and goes on" (fun () ->
            inFolder (fun folder ->
                let run = Path.Combine(folder, "run")
                // A program that a shell starts in the background ignores Ctrl-C, and so do its children: a polite kill is heard there.
                let signal, status = if ignoresInterrupts () then "TERM", 143 else "INT", 130
                let stopped = scoreUntil signal (fun () -> stepOf run >= 5) (train run 1_000_000)
                Expect.equal stopped.Status status stopped.Errors
                Expect.stringContains stopped.Output "--resume" "the way on is told"
                let reached = stepOf run
                Expect.equal (losses run |> List.map fst) [ 1..reached ] "the log ends where the checkpoint does"))
    ]

[<Tests>]
let refusalTests =
    testSequenced
    <| testList "what cannot be done gives one line and changes nothing" [
        testCase "unknown words and options" (fun () ->
            refuses 2 "trian" [ "trian" ]
            refuses 2 "--count" [ "sample"; "--checkpoint"; "x.pt"; "--count"; "none" ])

        testCase "checkpoints that are missing, damaged or of another shape" (fun () ->
            inFolder (fun folder ->
                let run = Path.Combine(folder, "run")
                scoreWell (train run 3) |> ignore
                let good = File.ReadAllBytes(checkpoint run)
                let picture = Path.Combine(folder, "samples.png")
                let bad = Path.Combine(folder, "bad.pt")
                let sample = [ "sample"; "--checkpoint"; bad; "--out"; picture ]

                refuses 2 "bad.pt" sample
                File.WriteAllBytes(bad, good[.. good.Length / 2])
                refuses 1 "bad.pt" sample
                File.WriteAllBytes(bad, Array.mapi (fun i b -> if i = good.Length / 2 then b ^^^ 1uy else b) good)
                refuses 1 "bad.pt" sample
                File.WriteAllText(bad, "not a checkpoint")
                refuses 1 "bad.pt" sample

                let wide = RunCheckpoint.Load(checkpoint run)

                let spec = {
                    wide.Spec with
                        Network = Choice.set "width" (Value.Whole 64L) wide.Spec.Network
                }

                let other = Checkpoints.CheckpointFile.Load(checkpoint run)

                other["spec"] <- Checkpoints.CheckpointText(SpecJson.write spec)
                Checkpoints.CheckpointFile.Save(bad, other)
                refuses 1 "shape" sample
                Expect.isFalse (File.Exists picture) "no picture"))

        testCase "a folder that holds a run, another seed, nothing to resume" (fun () ->
            inFolder (fun folder ->
                let run = Path.Combine(folder, "run")
                scoreWell (train run 3) |> ignore

                let files () = [
                    for file in Directory.GetFiles run |> Array.sort ->
                        file, Convert.ToHexString(File.ReadAllBytes file)
                ]

                let before = files ()
                refuses 2 "--resume" (train run 3)
                refuses 2 "--seed 0" [ "train"; "--resume"; "--out"; run; "--seed"; "5" ]
                refuses 2 "--dataset two-moons" [ "train"; "--resume"; "--out"; run; "--dataset"; "rings" ]
                Expect.equal (files ()) before "nothing changed"

                let empty = Path.Combine(folder, "empty")
                refuses 2 "checkpoint" [ "train"; "--resume"; "--out"; empty ]
                Expect.isFalse (Directory.Exists empty) "nothing made"))

        testCase "data that is missing or damaged" (fun () ->
            inFolder (fun folder ->
                let data, run = Path.Combine(folder, "data"), Path.Combine(folder, "run")
                Directory.CreateDirectory data |> ignore
                let command = [ "mnist"; "--data"; data; "--out"; run; "--minutes"; "1" ]
                refuses 2 "train-images" command
                File.WriteAllBytes(Path.Combine(data, "train-images-idx3-ubyte"), [| 0uy; 0uy; 8uy; 3uy; 0uy |])
                let outcome = score command
                Expect.isTrue (outcome.Status = 1 || outcome.Status = 2) "an error"
                Expect.isFalse (outcome.Errors.TrimEnd('\n').Contains '\n') "one line"
                Expect.isFalse (Directory.Exists run) "nothing made"))
    ]
