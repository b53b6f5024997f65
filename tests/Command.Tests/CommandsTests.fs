module Command.Tests.CommandsTests

open Expecto
open ScoreFunctional.Runs
open ScoreFunctional.CommandLine

let parse (line: string) = CommandLine.parse (line.Split(' ', System.StringSplitOptions.RemoveEmptyEntries))

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
    "train --dataset mnist", "--preset"
    "train --dataset cifar --preset fast", "two-moons"
    "train --dataset mnist --preset quick", "ncsn"
    "train --dataset mnist --preset fast --network transformer", "unet"
    "train --dataset mnist --preset fast --sde ddpm", "sub-vp"
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
                    "train --dataset strokes --preset founding --network mlp --sde vp --objective sliced --model energy --steps 12 --batch-size 3 --seed 9 --data d --out o --resume --conditional"

            Expect.equal
                request
                {
                    Dataset = Some Dataset.Strokes
                    Preset = Some Preset.Ncsn
                    Overrides = {
                        Network = Some NetworkName.Mlp
                        Sde = Some SdeName.Vp
                        Objective = Some(ObjectiveRequest.Named ObjectiveName.Sliced)
                        Model = Some ModelName.Energy
                        Length = Some(Length.Steps 12)
                        BatchSize = Some 3
                        Seed = Some 9L
                        Conditional = true
                    }
                    Data = Some "d"
                    Out = "o"
                    Resume = true
                    Device = Placements.cpu
                }
                "request"

        testCase "every option of sample arrives in the request"
        <| fun () ->
            Expect.equal
                (command
                    "sample --checkpoint c.pt --count 7 --sampler euler-maruyama --steps 20 --seed 4 --out a.png --npy b.npy --trajectory t.png --class 7 --guidance 2.5")
                (Command.Sample {
                    Checkpoint = "c.pt"
                    Count = 7
                    Sampler = Some "euler-maruyama"
                    Steps = Some 20
                    Settings = []
                    Seed = 4L
                    Out = Some "a.png"
                    Npy = Some "b.npy"
                    Trajectory = Some "t.png"
                    Class = Some 7
                    Guidance = 2.5
                    Device = Placements.cpu
                })
                "request"

        testCase "every setting of the core's table is an option of sample, for the samplers that have it and no others"
        <| fun () ->
            let settings = ScoreFunctional.Samplers.settings

            Expect.equal (settings |> Array.distinctBy _.Sampler).Length settings.Length "one a sampler at most"

            for name in settings |> Array.map _.Name |> Array.distinct do
                let having = settings |> Array.filter (fun known -> known.Name = name)

                for sampler in SamplerNames.all do
                    let line = $"sample --checkpoint c.pt --sampler {sampler} --{name} "

                    match having |> Array.tryFind (fun known -> known.Sampler = sampler) with
                    | Some known ->
                        match command (line + "0.5") with
                        | Command.Sample request -> Expect.equal request.Settings [ name, 0.5 ] line
                        | other -> failtest $"read as {other}"

                        Expect.stringContains (Expect.wantError (parse (line + "-1")) line) known.Range line
                        Expect.isTrue (known.Fits known.Default) "the table's own value is one"
                        let choice = Presets.sampler (Presets.sde SdeName.Edm) sampler
                        let changed = Expect.wantOk (Presets.tuned name 0.5 choice) line
                        Expect.equal (Presets.samplerName changed) sampler "the name stays"
                        Expect.equal (Presets.stepsOf changed) (Presets.stepsOf choice) "and the steps"
                        let spec = { Presets.spec Preset.Fast Dataset.Mnist with Sampler = changed }
                        Expect.equal (SpecJson.read (SpecJson.write spec)) (Ok spec) "round trip"
                        Expect.isOk (Validation.spec spec) line
                        let struct (made, _) = Composition.sampler spec changed
                        Expect.equal made.Name sampler "the core's own"
                    | None ->
                        let fault = Expect.wantError (parse (line + "0.5")) line

                        for known in having do
                            Expect.stringContains fault known.Sampler "what takes it is named"

            Expect.equal (Presets.tuned "churn" 3.0 (Heun(18, 8.0))) (Ok(Heun(18, 3.0))) "the run's own churn"
            Expect.isError (Presets.tuned "churn" 3.0 (Heun(18, 0.0))) "Heun's method without churn"

        testCase "every sampler of the core's table can be asked for"
        <| fun () ->
            for sampler in ScoreFunctional.Samplers.table do
                match command $"sample --checkpoint a.pt --sampler {sampler.Name} --steps 3" with
                | Command.Sample request -> Expect.equal request.Sampler (Some sampler.Name) "asked for"
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

        testCase "mnist trains for ten minutes when nothing is said"
        <| fun () ->
            match command "mnist" with
            | Command.Mnist request -> Expect.equal request.Minutes 10.0 "minutes"
            | other -> failtest $"read as {other}"

        testCase "evaluate, datasets, cite and version are understood"
        <| fun () ->
            Expect.equal
                (command "evaluate --checkpoint c.pt --count 500")
                (Command.Evaluate {
                    Checkpoint = "c.pt"
                    Count = 500
                    Data = None
                    Likelihood = None
                    Comparison = None
                    Device = Placements.cpu
                })
                "evaluate"

            Expect.equal
                (command "evaluate --checkpoint c.pt --bits-per-dim --probes 3 --noise-level 0.01 --tolerance 0.1")
                (Command.Evaluate {
                    Checkpoint = "c.pt"
                    Count = 1000
                    Data = None
                    Likelihood = Some { Probes = 3; Level = Some 0.01; Tolerance = 0.1 }
                    Comparison = None
                    Device = Placements.cpu
                })
                "the likelihood"

            for asked, names in
                [
                    "--sampler ddim --sampler heun --sampler ddim", [ "ddim"; "heun" ]
                    "--sampler all", []
                    "--sampler ddim --sampler all", []
                ] do
                Expect.equal
                    (command $"evaluate --checkpoint c.pt {asked} --npy d")
                    (Command.Evaluate {
                        Checkpoint = "c.pt"
                        Count = 1000
                        Data = None
                        Likelihood = None
                        Comparison = Some { Names = names; Npy = Some "d" }
                        Device = Placements.cpu
                    })
                    asked

            Expect.isError (parse "evaluate --checkpoint c.pt --probes 3") "probes of nothing"

            Expect.equal (command "datasets") (Command.Datasets false) "datasets"
            Expect.equal (command "datasets --names") (Command.Datasets true) "their names"
            Expect.equal (command "cite --checkpoint c.pt") (Command.Cite(CiteRun "c.pt")) "cite a run"
            Expect.equal (command "cite --preset founding") (Command.Cite(CitePreset Preset.Ncsn)) "cite a preset"
            Expect.equal (command "--version") Command.Version "version"

        testCase "verbose may stand before or after the command"
        <| fun () ->
            for line in [ "--verbose datasets"; "datasets --verbose"; "sample --checkpoint c --verbose" ] do
                match parse line with
                | Ok invocation -> Expect.isTrue invocation.Verbose line
                | Error message -> failtest $"'{line}' was refused: {message}"

        testCase "help of a command names each of its options, and help of the program each command"
        <| fun () ->
            let help line =
                match command line with
                | Command.Help text -> text
                | other -> failtest $"'{line}' was read as {other}"

            for name in [ "mnist"; "train"; "sample"; "evaluate"; "datasets"; "cite" ] do
                Expect.stringContains (help "--help") name "program"
                Expect.stringContains (help $"{name} --help") $"USAGE: score {name} " "its own help"

            for option in [ "--dataset"; "--preset"; "--network"; "--sde"; "--resume"; "--batch-size" ] do
                Expect.stringContains (help "train --help") option "train"

            for option in [ "--checkpoint"; "--count"; "--npy"; "--trajectory"; "--sampler" ] do
                Expect.stringContains (help "sample --help") option "sample"

            // The terminal's width breaks lines anywhere.
            let words =
                (help "sample --help").Split([| ' '; '\n'; '\r' |], System.StringSplitOptions.RemoveEmptyEntries)

            let said = System.String.Join(" ", words)

            for sampler in ScoreFunctional.Samplers.table do
                Expect.stringContains said $"{sampler.Name} {ScoreFunctional.Describe.steps sampler}" "its steps"

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
