/// Objectives from the command line: the library's by name, a researcher's own by script.
module Command.Tests.ScriptsTests

open System.IO
open Expecto
open ScoreFunctional
open ScoreFunctional.Runs
open ScoreFunctional.CommandLine
open ScoreFunctional.Scripting
open ScoreFunctional.Host
open ScoreFunctional.Host.Files
open ScoreFunctional.Host.Training
open Command.Tests.CommandsRunner

let private example = Path.Combine(Checkout.root, "examples", "AntitheticNoise.fsx")

let private train folder steps more =
    words $"train --dataset two-moons --preset fast --network mlp --batch-size 16 --steps {steps}"
    @ [ "--out"; folder ]
    @ more

let private written folder name (text: string) =
    let path = Path.Combine(folder, name)
    File.WriteAllText(path, text)
    path

let private specOf folder = (RunCheckpoint.Load(Path.Combine(folder, "checkpoint.pt"))).Spec

[<Tests>]
let tests =
    testList "scripts" [
        testCase "the example's objective trains through the command, and the run remembers which it was"
        <| fun () ->
            inFolder (fun folder ->
                let run = Path.Combine(folder, "run")
                let script = written folder "objective.fsx" (File.ReadAllText example)
                scoreWell (train run 6 [ "--objective"; script ]) |> ignore

                let spec = specOf run
                Expect.equal spec.Objective.Name "script" "the objective is the script's"
                let known, _ = Expect.wantOk (Scripts.load script) "read"
                Expect.equal spec.Script (Some known) "path and SHA-256"

                // A checkpoint alone runs nothing, and another script is another run.
                let resume more = [ "train"; "--resume"; "--out"; run ] @ more
                refuses 2 "objective.fsx" (resume [])
                let other = written folder "other.fsx" (File.ReadAllText example + "\n")
                refuses 2 "other.fsx" (resume [ "--objective"; other ])
                refuses 2 "sliced" (resume [ "--objective"; "sliced" ])
                // The same text at another place is the same script.
                let moved = written folder "moved.fsx" (File.ReadAllText example)
                File.Delete script
                scoreWell (resume [ "--objective"; moved ]) |> ignore
                let checkpoint, samples = Path.Combine(run, "checkpoint.pt"), Path.Combine(folder, "samples.png")
                scoreWell (words "sample --count 4" @ [ "--checkpoint"; checkpoint; "--out"; samples ]) |> ignore
                Expect.isTrue (File.Exists samples) "sampling needs no script")

        testCase "a script's error is one line with its place, and nothing is written"
        <| fun () ->
            inFolder (fun folder ->
                let run = Path.Combine(folder, "run")

                let wrong =
                    written
                        folder
                        "wrong.fsx"
                        "open ScoreFunctional\nlet objective (sde: Sde) = Objective.continous sde\n"

                refuses 2 "wrong.fsx(2,38)" (train run 2 [ "--objective"; wrong ])
                let empty = written folder "empty.fsx" "let answer = 42\n"
                refuses 2 "expected a value (objective: ScoreFunctional.Sde" (train run 2 [ "--objective"; empty ])

                let raises =
                    written
                        folder
                        "raises.fsx"
                        "let objective: ScoreFunctional.Sde -> ScoreFunctional.Objective = invalidOp \"no idea\"\n"

                refuses 2 "no idea" (train run 2 [ "--objective"; raises ])
                Expect.isFalse (Directory.Exists run) "no folder")

        testCase
            "the example's own members are in lists, help, completion, documents, JSON and the C# listing, and train"
        <| fun () ->
            let script = Path.Combine(Checkout.root, "examples", "OwnMembers.fsx")
            let _, members = Expect.wantOk (Scripts.load script) "read"
            let tables = List.fold Tables.add Tables.standard members

            let before =
                Tables.list Tables.standard |> List.map (fun table -> table.Kind, table.Members) |> Map.ofList

            let own = [
                for table in Tables.list tables do
                    for one in table.Members do
                        if before[table.Kind] |> List.forall (fun known -> known.Name <> one.Name) then
                            table.Kind, one
            ]

            Expect.equal (own |> List.map fst |> List.distinct |> List.length) own.Length "kinds, one of each"
            Expect.equal own.Length members.Length "as many as the script has"

            let printed arguments =
                match CommandLine.parse [| yield! arguments; "--script"; script |] with
                | Ok { Command = Command.Print text } -> text
                | other -> failtest $"{arguments}: {other}"

            let listing = ScoreTables(tables, null)
            // The parser keeps what help said first: a program of its own.
            let help = (scoreWell [ "train"; "--help"; "--script"; script ]).Output

            for kind, one in own do
                for arguments in
                    [
                        [ "list" ]
                        [ "list"; kind ]
                        [ "list"; kind; "--markdown" ]
                        [ "list"; kind; "--json" ]
                        [ "completion"; "bash" ]
                        [ "completion"; "fish" ]
                    ] do
                    let text = printed arguments
                    Expect.stringContains text one.Name $"{arguments}"

                    for setting in one.Settings do
                        Expect.stringContains text setting.Name $"{arguments}: its settings"

                Expect.stringContains help one.Name "help"
                let known = listing[kind] |> Seq.find (fun found -> found.Name = one.Name)
                Expect.equal [ for s in known.Settings -> s.Name ] [ for s in one.Settings -> s.Name ] "C#"

            inFolder (fun folder ->
                let run = Path.Combine(folder, "run")
                let option kind = if kind = "process" then "--sde" else "--" + kind
                let chosen = own |> List.collect (fun (kind, one) -> [ option kind; one.Name ])

                scoreWell (words "train --steps 3 --batch-size 8" @ chosen @ [ "--script"; script; "--out"; run ])
                |> ignore

                let spec = File.ReadAllText(Path.Combine(run, "run.json"))

                for kind, one in own do
                    Expect.stringContains spec $"\"{one.Name}\"" $"the run's {kind}"

                let checkpoint, samples = Path.Combine(run, "checkpoint.pt"), Path.Combine(folder, "samples.npy")

                scoreWell (
                    words "sample --count 3 --steps 4"
                    @ [ "--checkpoint"; checkpoint; "--script"; script; "--npy"; samples; "--out"; samples + ".png" ]
                )
                |> ignore

                let struct (values, _) = Npy.Load samples
                Expect.isTrue (values |> Array.forall System.Single.IsFinite) "samples")

        testCase "every objective by name trains, as a score and as an energy, and is what a resumed run goes on with"
        <| fun () ->
            let objectives, models = Table.names Tables.standard.Objectives, Table.names Tables.standard.Models

            // Every one of either, and energies of all.
            for name, model in
                List.distinct (List.allPairs objectives [ "edm"; "energy" ] @ List.allPairs [ "continuous" ] models) do
                match CommandLine.parse [| yield! train "unused" 2 [ "--objective"; name; "--model"; model ] |] with
                | Ok { Command = Command.Train request } ->
                    let design =
                        Expect.wantOk (Requests.spec None request |> Result.bind (RunDesign.ofSpec request.Tables)) name

                    let spec = design.Spec
                    let saved = SpecJson.read (SpecJson.write spec) |> Result.bind (RunDesign.ofSpec request.Tables)
                    Expect.equal (saved |> Result.map _.Spec) (Ok spec) $"{name}: saved and read"
                    Expect.isEmpty (Resume.conflicts spec request) $"{name}: goes on"
                    let samples = Option.get (Interop.samples design.Dataset 0L "data")
                    use session = new TrainingSession(design, 2, samples)
                    let first = session.Step().Loss
                    let second = session.Step()
                    Expect.isTrue (System.Double.IsFinite(first + second.Loss)) $"{name}, {model}: losses"
                    Expect.isGreaterThan second.GradientNorm 0. $"{name}, {model}: a gradient"
                | Error message when name = "differences-energy" && model <> "energy" ->
                    Expect.stringContains message "--model energy" $"{name}, {model}"
                | other -> failtest $"{name}, {model}: {other}"
    ]
