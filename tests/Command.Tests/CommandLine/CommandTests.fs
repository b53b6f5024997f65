module Command.Tests.CommandTests

open System
open System.IO
open Expecto
open ScoreFunctional
open ScoreFunctional.Runs
open ScoreFunctional.CommandLine

let parse (line: string) = CommandLine.parse (line.Split(' ', StringSplitOptions.RemoveEmptyEntries))

let command line =
    match parse line with
    | Ok invocation -> invocation.Command
    | Error message -> failtest $"'{line}' was refused: {message}"

let private train line =
    match command line with
    | Command.Train request -> request
    | other -> failtest $"'{line}' was read as {other}"

/// A line that must be refused, and a word that the refusal must contain.
let private refused = [
    "trian", "trian"
    "train --preset fast", "--dataset"
    "train --dataset cifar --preset fast", "two-moons"
    "train --dataset mnist --preset quick", "ncsn"
    "train --dataset mnist --preset fast --network transformer", "unet"
    "train --dataset mnist --preset fast --sde vpp", "did you mean vp?"
    "train --dataset two-moons --sampler heunn", "did you mean heun?"
    "train --dataset two-moons --sampler heun-churn:chrun=3", "did you mean churn?"
    "train --dataset two-moons --sampler heun-churn:churn=many", "a number from 0 on"
    "train --dataset two-moons --sampler ddim:snr=1", "predictor-corrector"
    "train --dataset two-moons --sampler ddim:eta", "name=value"
    "train --dataset two-moons --spec run.json --preset fast", "exclude"
    "train --spec run.json --preset fast", "exclude"
    "spec", "--dataset"
    "spec --dataset rings --resume", "--resume"
    "list sampelr", "did you mean sampler?"
    "completion tcsh", "bash"
    "train --dataset two-moons --preset fast --network unet", "mlp"
    "train --dataset two-moons --preset fast --objective slice", "sliced-reduced"
    "train --dataset two-moons --preset fast --objective missing.fsx", "missing.fsx"
    "train --dataset two-moons --preset fast --model density", "energy"
    "train --dataset mnist --preset fast --steps 0", "--steps"
    "train --dataset mnist --preset fast --steps many", "--steps"
    "train --dataset mnist --preset fast --steps 10 --minutes 1", "--minutes"
    "train --dataset mnist --preset fast --minutes 0", "--minutes"
    "train --dataset mnist --preset fast --minutes NaN", "--minutes"
    "train --dataset mnist --preset fast --batch-size 0", "--batch-size"
    "train --dataset mnist --preset fast --seed -1", "--seed"
    "train --dataset mnist --preset fast --steps 1 --steps 2", "--steps"
    "train --resume", "--out"
    "sample", "--checkpoint"
    "sample --checkpoint", "--checkpoint"
    "sample --checkpoint a.pt --count 0", "--count"
    "sample --checkpoint a.pt --sampler dddim", "predictor-corrector"
    "sample --checkpoint a.pt --steps -3", "--steps"
    "sample --checkpoint a.pt --steps 100001", "100000"
    "sample --checkpoint a.pt --sampler rk45 --steps 2147483647", "100000"
    "sample --checkpoint a.pt --count 3000000000", "100000000"
    "sample --checkpoint a.pt --sampler rk45 --tolerance 1e-30", "1e-7"
    "sample --checkpoint a.pt --sampler adaptive-sde --tolerance 1e-30", "1e-5"
    "sample --checkpoint a.pt --churn 1,5", "decimal point"
    "sample --checkpoint a.pt --guidance 2", "--class"
    "train --dataset mnist --preset fast --steps 2147483647", "1000000000"
    "train --dataset mnist --preset fast --minutes 1e9", "10000000"
    "mnist --minutes 0,5", "decimal point"
    "evaluate --checkpoint a.pt --bits-per-dim --probes 1000000", "1000"
    "evaluate --checkpoint a.pt --bits-per-dim --tolerance 1e-30", "0.0001"
    "evaluate", "--checkpoint"
    "evaluate --checkpoint a.pt --count 1", "--count"
    "evaluate --checkpoint a.pt --sampler ddim --sampler dimm", "predictor-corrector"
    "evaluate --checkpoint a.pt --sampler all --bits-per-dim", "--bits-per-dim"
    "evaluate --checkpoint a.pt --npy d", "--sampler"
    "mnist --minutes -1", "--minutes"
    "mnist --preset fast", "--preset"
    "datasets mnist", "mnist"
    "cite --preset fast --checkpoint a.pt", "exclude"
]

[<Tests>]
let tests =
    testList "command line" [
        testCase "every option of train arrives in the request"
        <| fun () ->
            let request =
                train
                    "train --dataset strokes --preset ncsn --network mlp:width=32 --sde vp --objective sliced:probe=sphere --model energy --optimiser adamw:rate=1e-3 --learning-rate cosine:warm-up=5 --ema power --sampler ddim:eta=0.5,steps=7 --schedule karras:rho=5 --steps 12 --batch-size 3 --seed 9 --data d --out o --resume --conditional"

            let choice name settings = Some { Name = name; Settings = settings }

            Expect.equal
                request.Overrides
                {
                    Network = choice "mlp" [ "width", Value.Whole 32L ]
                    Process = choice "vp" []
                    Model = choice "energy" []
                    Objective = choice "sliced" [ "probe", Value.Word "sphere" ]
                    Optimiser = choice "adamw" [ "rate", Value.Number 1e-3 ]
                    LearningRate = choice "cosine" [ "warm-up", Value.Whole 5L ]
                    Ema = choice "power" []
                    Sampler = choice "ddim" [ "eta", Value.Number 0.5; "steps", Value.Whole 7L ]
                    Schedule = choice "karras" [ "rho", Value.Number 5.0 ]
                    Length = Some(Length.Steps 12)
                    BatchSize = Some 3
                    Seed = Some 9L
                    Conditional = true
                    Script = None
                }
                "what differs from the preset"

            Expect.equal
                (request.Dataset, request.Preset, request.SpecFile, request.Data, request.Out, request.Resume)
                (choice "strokes" [], Some "ncsn", None, Some "d", "o", true)
                "all else"

            Expect.equal request.Device Placements.cpu "device"

        testCase "a dataset is enough, and the preset is then the first"
        <| fun () ->
            let request = train "train --dataset two-moons"
            Expect.equal request.Preset None "no preset named"
            Expect.equal request.Out $"runs/two-moons-{Presets.standard.Name}" "where the run goes"
            let spec = Expect.wantOk (Requests.spec None request) "a specification"
            Expect.equal spec.Preset Presets.standard.Name "the preset"

        testCase "every option of sample arrives in the request"
        <| fun () ->
            match
                command
                    "sample --checkpoint c.pt --count 7 --sampler euler-maruyama --steps 20 --seed 4 --out a.png --npy b.npy --trajectory t.png --class 7 --guidance 2.5"
            with
            | Command.Sample request ->
                Expect.equal
                    { request with Tables = Tables.standard }
                    {
                        Checkpoint = "c.pt"
                        Tables = Tables.standard
                        Count = 7
                        Sampler = {
                            Choice = Some(Choice.ofName "euler-maruyama")
                            Settings = [ "steps", Value.Whole 20L ]
                            Schedule = None
                        }
                        Seed = 4L
                        Out = Some "a.png"
                        Npy = Some "b.npy"
                        Trajectory = Some "t.png"
                        Class = Some 7
                        Guidance = 2.5
                        Device = Placements.cpu
                    }
                    "request"
            | other -> failtest $"read as {other}"

        testCase "every sampler of the core's table can be asked for"
        <| fun () ->
            for sampler in Samplers.all do
                match command $"sample --checkpoint a.pt --sampler {sampler.Name} --steps 3" with
                | Command.Sample request ->
                    Expect.equal request.Sampler.Choice (Some(Choice.ofName sampler.Name)) "asked for"
                | other -> failtest $"read as {other}"

        testCase "every option of mnist arrives in the request"
        <| fun () ->
            Expect.equal
                (command "mnist --minutes 0.5 --data d --out o --seed 3")
                (Command.Mnist {
                    Minutes = 0.5
                    Data = Some "d"
                    Out = "o"
                    Seed = 3L
                    Device = Placements.cpu
                })
                "request"

        testCase "mnist trains for ten minutes by default"
        <| fun () ->
            match command "mnist" with
            | Command.Mnist request -> Expect.equal request.Minutes 10.0 "minutes"
            | other -> failtest $"read as {other}"

        testCase "evaluate, datasets, cite and version are understood"
        <| fun () ->
            let evaluate line =
                match command line with
                | Command.Evaluate request -> request
                | other -> failtest $"'{line}' was read as {other}"

            let plain = evaluate "evaluate --checkpoint c.pt --count 500"
            Expect.equal (plain.Checkpoint, plain.Count, plain.Data) ("c.pt", 500, None) "evaluate"
            Expect.equal (plain.Likelihood, plain.Comparison) (None, None) "everything"

            let scored =
                evaluate "evaluate --checkpoint c.pt --bits-per-dim --probes 3 --noise-level 0.01 --tolerance 0.1"

            Expect.equal scored.Count 1000 "count"
            Expect.equal scored.Likelihood (Some { Probes = 3; Level = Some 0.01; Tolerance = 0.1 }) "the likelihood"

            for asked, names in
                [
                    "--sampler ddim --sampler heun --sampler ddim", [ "ddim"; "heun" ]
                    "--sampler ddim:eta=1 --sampler ddim", [ "ddim:eta=1"; "ddim" ]
                    "--sampler all", []
                    "--sampler ddim --sampler all", []
                ] do
                let compared = (evaluate $"evaluate --checkpoint c.pt {asked} --npy d").Comparison
                Expect.equal (compared |> Option.map (fun c -> c.Samplers |> List.map Choice.print)) (Some names) asked
                Expect.equal (compared |> Option.bind _.Npy) (Some "d") asked

            Expect.isError (parse "evaluate --checkpoint c.pt --probes 3") "probes of nothing"
            Expect.equal (command "datasets") (Command.Datasets false) "datasets"
            Expect.equal (command "datasets --names") (Command.Datasets true) "their names"
            Expect.equal (command "cite --checkpoint c.pt") (Command.Cite(CiteRun "c.pt")) "cite a run"
            Expect.equal (command "cite --preset founding") (Command.Cite(CitePreset "ncsn")) "by a name of before"
            Expect.equal (command "--version") Command.Version "version"

        testCase "verbose may stand before or after the command"
        <| fun () ->
            for line in [ "--verbose datasets"; "datasets --verbose"; "sample --checkpoint c --verbose" ] do
                match parse line with
                | Ok invocation -> Expect.isTrue invocation.Verbose line
                | Error message -> failtest $"'{line}' was refused: {message}"

        testCase "README's commands are those of help" (fun () ->
            let words (lines: string seq) =
                String.Join(
                    " ",
                    String.Join(" ", lines).Split([| ' '; '\n'; '\r' |], StringSplitOptions.RemoveEmptyEntries)
                )

            let block =
                File.ReadAllLines(Path.Combine(Checkout.root, "README.md"))
                |> Array.skipWhile (fun line -> line <> "<!-- commands: begin -->")
                |> Array.takeWhile (fun line -> line <> "<!-- commands: end -->")
                |> Array.skip 1
                |> Array.filter (fun line -> not (line.StartsWith "```"))

            match command "--help" with
            | Command.Print help ->
                Expect.stringContains
                    (words [ help ])
                    $"SUBCOMMANDS: {words block} Use 'score"
                    "README.md differs: bash docs/update.sh puts its commands in"
            | other -> failtest $"help was read as {other}")

        testCase "help of a command names each of its options, and help of the program each command"
        <| fun () ->
            let help line =
                match command line with
                | Command.Print text -> text
                | other -> failtest $"'{line}' was read as {other}"

            for name in [ "mnist"; "train"; "sample"; "evaluate"; "spec"; "list"; "datasets"; "cite"; "completion" ] do
                Expect.stringContains (help "--help") name "program"
                Expect.stringContains (help $"{name} --help") $"USAGE: score {name} " "its own help"

            for option in [ "--dataset"; "--preset"; "--network"; "--sde"; "--resume"; "--batch-size" ] do
                Expect.stringContains (help "train --help") option "train"

            for option in [ "--checkpoint"; "--count"; "--npy"; "--trajectory"; "--sampler" ] do
                Expect.stringContains (help "sample --help") option "sample"

            // The help of --steps refers to this list.
            let listed = (help "list sampler").ReplaceLineEndings("\n").Split("\n")

            for sampler in Samplers.all do
                let at = listed |> Array.findIndex _.StartsWith($"  {sampler.Name} ")

                Expect.isTrue
                    (listed[at + 1 ..]
                     |> Array.takeWhile (fun line -> line.StartsWith "    ")
                     |> Array.exists (fun line ->
                         line.Contains " steps: " && line.EndsWith $"default: {Describe.steps sampler}"))
                    $"the steps of {sampler.Name}"

        testList "what cannot be understood is refused in one line that says why" [
            for line, word in refused ->
                testCase (if line = "" then "nothing" else line)
                <| fun () ->
                    match parse line with
                    | Ok invocation -> failtest $"read as {invocation.Command}"
                    | Error message ->
                        Expect.stringContains message word "the fault is named"
                        Expect.isFalse (message.Contains '\n') "one line"
        ]
    ]
