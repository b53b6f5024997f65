/// Specifications of runs: presets, what is written and read back, what version 1 wrote, and what it means.
module Runs.Tests.SpecTests

open System.IO
open System.Text.Json.Nodes
open DiffSharp
open Expecto
open ScoreFunctional
open ScoreFunctional.Runs
open Designs

let private tables = Tables.standard

let private specs = [
    for preset in Table.names Presets.table do
        for dataset in Table.names tables.Datasets do
            for sde in "" :: (Table.names tables.Processes |> List.map (fun name -> $"--sde {name}")) ->
                (designOf $"--preset {preset} --dataset {dataset} {sde}").Spec
]

/// Specifications that version 1 of the record wrote, with the options that asked for them.
let private earlier = [
    let text = File.ReadAllText(Path.Combine(__SOURCE_DIRECTORY__, "version1.json"))

    match JsonNode.Parse text with
    | :? JsonArray as rows ->
        for row in rows do
            match row with
            | null -> ()
            | row -> string row["options"], (string row["spec"])
    | _ -> ()
]

let private read json = SpecJson.read json |> Result.bind (RunDesign.ofSpec tables) |> Result.map _.Spec

[<Tests>]
let tests =
    testList "run specification" [
        testCase "what is written is read back, for every preset, dataset and process"
        <| fun () ->
            for spec in specs do
                Expect.equal (read (SpecJson.write spec)) (Ok spec) "round trip"

        testCase "every sampler of the table is written and read back, and runs where it may"
        <| fun () ->
            for one in tables.Samplers.Members do
                let sampler = Member.makeDefault one

                for name in Table.names tables.Processes do
                    let asked = described $"--dataset rings --sde {name} --sampler {one.Name}"
                    let sde = Expect.wantOk (Table.make (Choice.ofName name) tables.Processes) name

                    match asked with
                    | Ok design ->
                        let steps = Value.Whole(int64 (sampler.DefaultSteps sde))
                        // The preset's own sampler keeps the preset's number.
                        if (one.Name, name) <> ("heun", "edm") then
                            Expect.equal (Choice.tryGet "steps" design.Spec.Sampler) (Some steps) "the table's steps"

                        Expect.equal (read (SpecJson.write design.Spec)) (Ok design.Spec) "round trip"
                    | Error fault ->
                        Expect.isFalse (Sampler.supports sampler sde) "cannot run"
                        Expect.stringContains fault "needs a process that adds noise" "why"

            let all = Table.names tables.Samplers
            Expect.equal (RunDesign.samplers (designOf "--dataset rings")) all "all of them under edm"

            Expect.equal
                (RunDesign.samplers (designOf "--dataset rings --sde vp"))
                (all |> List.filter (fun name -> name <> "annealed-langevin"))
                "those that take a process which scales"

        testCase "another sampler starts from its own defaults, and the run's own keeps what the run has"
        <| fun () ->
            let design = designOf "--dataset strokes"

            let asked text settings =
                let request = {
                    Choice = text |> Option.map Choice.ofName
                    Settings = settings
                    Schedule = None
                }

                fst (Expect.wantOk (RunDesign.sampler request design) "a sampler")

            Expect.equal (asked None []) design.Spec.Sampler "the run's own"
            Expect.equal (asked (Some "heun-churn") []) design.Spec.Sampler "by its name"

            Expect.equal
                (asked None [ "churn", Value.Number 3.0 ])
                (Choice.set "churn" (Value.Number 3.0) design.Spec.Sampler)
                "with another churn"

            Expect.equal (Choice.tryGet "steps" (asked (Some "heun") [])) (Some(Value.Whole 24L)) "the table's"

        testCase "what version 1 wrote is what the same options describe today"
        <| fun () ->
            Expect.isGreaterThan earlier.Length 10 "specifications of version 1"

            for options, json in earlier do
                let found = Expect.wantOk (read json) options
                let expected = (designOf options).Spec
                Expect.equal (SpecJson.differences expected found) [] options

        testCase "samplers and averages of version 1 are read as they were"
        <| fun () ->
            let _, json = earlier |> List.find (fun (options, _) -> options.Contains "--dataset rings")

            let changed (key: string) (value: string) =
                match JsonNode.Parse json with
                | :? JsonObject as fields ->
                    match key with
                    | "average" ->
                        match fields["optimiser"] with
                        | :? JsonObject as optimiser -> optimiser["average"] <- JsonNode.Parse value
                        | _ -> ()
                    | key -> fields[key] <- JsonNode.Parse value

                    Expect.wantOk (read (fields.ToJsonString())) value
                | _ -> failtest "an object"

            let sampler value = Choice.print (changed "sampler" value).Sampler

            for value, expected in
                [
                    """{ "kind": "heun", "steps": 18, "churn": 8 }""",
                    "heun-churn:churn=8,from=0.05,to=50,noise=1,steps=18"
                    """{ "kind": "heun", "steps": 18, "churn": 0 }""", "heun:steps=18"
                    """{ "kind": "euler", "steps": 50 }""", "euler:steps=50"
                    """{ "kind": "named", "name": "unipc", "steps": 9 }""", "unipc:steps=9"
                    """{ "kind": "tuned", "name": "ddim", "steps": 9, "setting": "eta", "value": 0.5 }""",
                    "ddim:eta=0.5,steps=9"
                ] do
                Expect.equal (sampler value) expected value

            for value, expected in
                [
                    """{ "kind": "exponential", "decay": 0.99 }""", "exponential-from-zero:decay=0.99"
                    """{ "kind": "warmed", "decay": 0.99 }""", "exponential:decay=0.99"
                ] do
                Expect.equal (Choice.print (changed "average" value).Ema) expected value

            let decays text =
                let ema = Expect.wantOk (Table.make (Expect.wantOk (Table.read text tables.Emas) text) tables.Emas) text
                [ ema 0; ema 1 ]

            Expect.equal (decays "exponential") [ 2.0 / 11.0; 3.0 / 12.0 ] "Song's warm-up"
            Expect.equal (decays "exponential-from-zero") [ 1.0 / 10.0; 2.0 / 11.0 ] "that of the first runs"

        testCase "every model is the core's own, with its paper"
        <| fun () ->
            let raw: Field = fun x c -> Batch.scale c x + x
            let x = dsharp.tensor ([ [ 1.0; 2.0 ] ], dtype = Dtype.Float64)
            let apply score = Score.apply score x (Batch.fill 1 0.7)

            for name, paper, form in
                [
                    "edm:sigma-data=0.7", "karras2022", (fun sde -> Preconditioning.edm 0.7 >> Score.ofDenoiser sde)
                    "over-sigma", "song2021sde", (fun sde -> Preconditioning.overSigma >> Score.ofDenoiser sde)
                    "ncsnv2", "song2020improved", (fun sde -> Preconditioning.ncsnv2 >> Score.ofDenoiser sde)
                    "energy:sigma-data=0.7", "salimans2021", (fun sde -> Energy.edm sde 0.7 >> Score.ofEnergy)
                ] do
                let design = designOf $"--preset ncsn --dataset rings --model {name}"
                Expect.contains (Composition.citations design |> List.map _.Id) paper name
                Expect.equal (apply (Composition.score design raw)) (apply (form design.Process raw)) name

            // Told σ/α, at x_t itself.
            let design = designOf "--dataset rings --sde vp --model noise"
            let m = design.Process.Marginal 0.7
            let predicted = raw x (Batch.fill 1 (0.25 * log m.Level))
            let difference = apply (Composition.score design raw) + predicted / m.Sigma
            Expect.isLessThan (float (difference.abs().max())) 1e-12 "s = −ε/σ"

        testCase "a key that is unknown, missing or of another type is refused, at any depth"
        <| fun () ->
            let json = SpecJson.write (designOf "--dataset mnist").Spec

            for from, into in
                [
                    "\"seed\"", "\"sead\""
                    "\"beta1\"", "\"beta3\""
                    "\"mean\"", "\"median\""
                    "\"name\": \"edm\"", "\"name\": \"edn\""
                    "\"name\": \"mnist\"", "\"name\": 3"
                    "\"version\": 2", "\"version\": 3"
                    "\"seed\": 0", "\"seed\": 0, \"more\": 1"
                    "\"seed\": 0", "\"seed\": null"
                    "{", "["
                ] do
                Expect.isTrue (json.Contains from) $"{from} occurs"

                match read (json.Replace(from, into)) with
                | Ok _ -> failtest $"{into} was read"
                | Error message -> Expect.isFalse (message.Contains '\n') "one line"

        testCase "a specification with a decimal comma, or with a number in quotes, is refused"
        <| fun () ->
            let json = SpecJson.write (designOf "--dataset strokes --sampler heun-churn:churn=8.5").Spec
            Expect.stringContains json "\"churn\": 8.5" "as written"

            for text in [ "8,5"; "\"8.5\""; "\"8,5\""; "NaN"; "\"NaN\""; "1e400" ] do
                let changed = json.Replace("\"churn\": 8.5", $"\"churn\": {text}")
                Expect.isFalse ((Expect.wantError (read changed) text).Contains '\n') "one line"

        testCase "differences name the path and both values"
        <| fun () ->
            let spec = (designOf "--dataset mnist").Spec
            let optimiser = Choice.set "clip" (Value.Number 2.0) spec.Optimiser

            Expect.equal
                (SpecJson.differences spec { spec with Seed = 5L; Optimiser = optimiser })
                [ "optimiser.clip", "1", "2"; "seed", "0", "5" ]
                "differences"

            Expect.isEmpty (SpecJson.differences spec spec) "no differences"

        testCase "classes are an option of a run: told, refused where there are none, and absent as before"
        <| fun () ->
            let plain, told = designOf "--dataset mnist", designOf "--dataset mnist --conditional"
            Expect.equal (read (SpecJson.write told.Spec)) (Ok told.Spec) "round trip"
            Expect.isError (described "--dataset rings --conditional") "points have none"

            Expect.stringContains
                (faultOf { plain.Spec with LabelDropout = Some 1.5 })
                "label dropout"
                "a share above one"

            Expect.isFalse ((SpecJson.write plain.Spec).Contains "label") "a run without classes says nothing of them"

            Expect.equal
                [ for p in Composition.parameters told -> p.Name ]
                [
                    for p in Composition.parameters plain do
                        p.Name

                        if p.Name = "embedding.2.bias" then
                            "embedding.class"
                ]
                "one more parameter"

        testCase "the NCSN preset is the one that the project began with"
        <| fun () ->
            let spec = (designOf "--preset ncsn --dataset mnist").Spec

            let number name (choice: Choice) =
                match Choice.tryGet name choice with
                | Some(Value.Number number) -> number
                | other -> failtest $"{name} is {other}"

            Expect.equal spec.Objective.Name "levels" "objective"
            Expect.equal (Choice.tryGet "count" spec.Objective) (Some(Value.Whole 20L)) "levels"

            Expect.floatClose
                Accuracy.high
                (number "max" spec.Objective)
                (10.0 ** -1.1)
                "the first level is 10^(-1 - 2 * 1 / 20)"

            Expect.floatClose Accuracy.high (number "min" spec.Objective) 1e-3 "the last level is 10^(-1 - 2 * 20 / 20)"

            Expect.equal (number "rate" spec.Optimiser) 1e-4 "learning rate"
            Expect.equal (number "clip" spec.Optimiser) 1.0 "clip"
            Expect.equal (Choice.print spec.LearningRate) "constant:warm-up=0" "no decay"
            Expect.equal spec.BatchSize 128 "batch"
            Expect.equal spec.Length (Length.Steps 40000) "steps"
            Expect.equal spec.Sampler.Name "annealed-langevin" "sampler"
            Expect.equal (number "beta" spec.Sampler, number "start" spec.Sampler) (0.1, 1.0) "its moves"
    ]
