/// Specifications of runs: recipes, what is written and read back, and what it means.
module Runs.Tests.SpecTests

open DiffSharp
open Expecto
open ScoreFunctional.Runs

let private choices = [
    for preset in [ Preset.Fast; Preset.Ncsn ] do
        for dataset in
            [
                Dataset.Mnist
                Dataset.Strokes
                Dataset.Gaussian
                Dataset.EightGaussians
                Dataset.TwoMoons
                Dataset.Rings
                Dataset.SwissRoll
                Dataset.Banana
                Dataset.Checkerboard
            ] do
            for sde in None :: List.map Some [ SdeName.Ve; SdeName.Vp; SdeName.SubVp; SdeName.Edm ] do
                Presets.spec preset dataset |> Presets.apply { Presets.noOverrides with Sde = sde }
]

[<Tests>]
let tests =
    testList "run specification" [
        testCase "what is written is read back, for every recipe, dataset and process"
        <| fun () ->
            for spec in choices do
                Expect.equal (SpecJson.read (SpecJson.write spec)) (Ok spec) "round trip"

        testCase "every sampler of the core's table is written and read back, and runs where it may"
        <| fun () ->
            for sampler in ScoreFunctional.Samplers.table do
                for name in [ SdeName.Ve; SdeName.Vp; SdeName.SubVp; SdeName.Edm ] do
                    let sde = Presets.sde name

                    Expect.equal
                        (Presets.sampler sde sampler.Name)
                        (Named(sampler.Name, sampler.DefaultSteps(Composition.sde sde)))
                        "the table's steps"

                let choice = Presets.sampler (Presets.sde SdeName.Ve) sampler.Name
                Expect.equal (Presets.samplerName choice) sampler.Name "name"
                Expect.equal (Presets.withSteps 7 choice) (Named(sampler.Name, 7)) "steps"

                for spec in choices do
                    let spec = { spec with Sampler = choice }
                    Expect.equal (SpecJson.read (SpecJson.write spec)) (Ok spec) "round trip"

                    match sampler.Requires, spec.Sde with
                    | ScoreFunctional.Requires.UnscaledData, (Vp _ | SubVp _) ->
                        Expect.stringContains
                            (Expect.wantError (Validation.spec spec) "refused")
                            "needs a process that adds noise"
                            "why"
                    | _ -> Expect.isOk (Validation.spec spec) sampler.Name

            let all = SamplerNames.all
            Expect.equal (Validation.samplers (Presets.sde SdeName.Edm)) all "all of them add noise"

            Expect.equal
                (Validation.samplers (Presets.sde SdeName.Vp))
                (all |> List.filter (fun name -> name <> "annealed-langevin"))
                "those that take a process which scales"

            let unknown = { choices.Head with Sampler = Named("nosuch", 3) }
            Expect.stringContains (Expect.wantError (Validation.spec unknown) "unknown") "unipc" "the names are listed"

        testCase "a specification from before samplers had names is read as it was"
        <| fun () ->
            let written = SpecJson.write choices.Head
            let before = written.Substring(0, written.IndexOf "\"sampler\"")

            for fields, sampler in
                [
                    "\"heun\", \"steps\": 18, \"churn\": 8", Heun(18, 8.0)
                    "\"euler\", \"steps\": 50", Euler 50
                    "\"euler-maruyama\", \"steps\": 500", EulerMaruyama 500
                    "\"annealed-langevin\", \"steps\": 20, \"beta\": 0.1, \"start\": 1", AnnealedLangevin(20, 0.1, 1.0)
                ] do
                let json = before + "\"sampler\": { \"kind\": " + fields + " } }"
                Expect.equal (SpecJson.read json) (Ok { choices.Head with Sampler = sampler }) fields

        testCase "an average's warm-up is Song's in a new run, and in an old one the rule that it began with"
        <| fun () ->
            let decays spec = [ for step in 0..1 -> (Composition.trainConfig spec 10).Ema step ]
            let spec = Presets.spec Preset.Ncsn Dataset.TwoMoons
            Expect.equal spec.Optimiser.Average (Warmed 0.999) "a new run"
            Expect.equal (decays spec) [ 2.0 / 11.0; 3.0 / 12.0 ] "its first decays"
            let json = (SpecJson.write spec).Replace("\"kind\": \"warmed\"", "\"kind\": \"exponential\"")
            let old = Expect.wantOk (SpecJson.read json) "written before there were two"
            Expect.equal old { spec with Optimiser = { spec.Optimiser with Average = Exponential 0.999 } } "an old run"
            Expect.equal (decays old) [ 1.0 / 10.0; 2.0 / 11.0 ] "its first decays"

        testCase
            "a network that is told σ and one that is not are two choices, each with its paper; the old name keeps its meaning"
        <| fun () ->
            let spec = Presets.spec Preset.Ncsn Dataset.TwoMoons

            for choice, name, paper, form in
                [
                    OverSigma, "over-sigma", "song2021sde", ScoreFunctional.Preconditioning.overSigma
                    Ncsnv2, "ncsnv2", "song2020improved", ScoreFunctional.Preconditioning.ncsnv2
                ] do
                let spec = { spec with Preconditioning = choice }
                Expect.stringContains (SpecJson.write spec) $"\"preconditioning\": \"{name}\"" "its name"
                Expect.equal (SpecJson.read (SpecJson.write spec)) (Ok spec) "round trip"
                Expect.isOk (Validation.spec spec) "it can run"
                // The first reference is the process's.
                let cited = Composition.citations spec |> List.tail |> List.map _.Id
                let ofBoth = List.contains >> (fun isIn -> isIn [ "song2021sde"; "song2020improved" ])
                Expect.equal (cited |> List.filter ofBoth) [ paper ] "its paper"

                let raw: ScoreFunctional.Field = fun x c -> ScoreFunctional.Batch.scale c x + x
                let x = dsharp.tensor ([ [ 1.0; 2.0 ] ], dtype = Dtype.Float64)
                let t = ScoreFunctional.Batch.fill 1 0.7
                let apply score = ScoreFunctional.Score.apply score x t
                let expected = form raw |> ScoreFunctional.Score.ofDenoiser (Composition.sde spec.Sde) |> apply
                Expect.equal (apply (Composition.meaning spec raw)) expected "the core's own"

        testCase "every recipe that a person can ask for can run"
        <| fun () ->
            for spec in choices do
                Expect.isOk (Validation.spec spec) (SpecJson.write spec)

        testCase "a key that is unknown, missing or of another type is refused, at any depth"
        <| fun () ->
            let json = SpecJson.write (Presets.spec Preset.Fast Dataset.Mnist)

            for from, into in
                [
                    "\"seed\"", "\"sead\""
                    "\"beta1\"", "\"beta3\""
                    "\"pMean\"", "\"mean\""
                    "\"kind\": \"edm\"", "\"kind\": \"edn\""
                    "\"dataset\": \"mnist\"", "\"dataset\": 3"
                    "\"version\": 1", "\"version\": 2"
                    "\"seed\": 0", "\"seed\": 0, \"more\": 1"
                    "\"seed\": 0", "\"seed\": null"
                    "{", "["
                ] do
                Expect.isTrue (json.Contains from) $"{from} occurs"

                match SpecJson.read (json.Replace(from, into)) with
                | Ok _ -> failtest $"{into} was read"
                | Error message -> Expect.isFalse (message.Contains '\n') "one line"

        testCase "a specification with a decimal comma, or with a number in quotes, is refused"
        <| fun () ->
            let spec = { Presets.spec Preset.Fast Dataset.Mnist with Sampler = Heun(24, 8.5) }
            let json = SpecJson.write spec
            Expect.stringContains json "\"churn\": 8.5" "as written"

            for text in [ "8,5"; "\"8.5\""; "\"8,5\""; "NaN"; "\"NaN\""; "1e400" ] do
                let changed = json.Replace("\"churn\": 8.5", $"\"churn\": {text}")
                let read = SpecJson.read changed |> Result.bind Validation.spec
                Expect.isFalse ((Expect.wantError read text).Contains '\n') "one line"

        testCase "differences name the path and both values"
        <| fun () ->
            let spec = Presets.spec Preset.Fast Dataset.Mnist

            Expect.equal
                (SpecJson.differences spec { spec with Seed = 5L; Optimiser = { spec.Optimiser with Clip = 2.0 } })
                [ "optimiser.clip", "1", "2"; "seed", "0", "5" ]
                "differences"

            Expect.isEmpty (SpecJson.differences spec spec) "no differences"

        testCase "classes are an option of a run: told, refused where there are none, and absent as before"
        <| fun () ->
            let told = Presets.apply { Presets.noOverrides with Conditional = true }
            let plain = Presets.spec Preset.Fast Dataset.Mnist
            let spec = told plain
            Expect.equal (SpecJson.read (SpecJson.write spec)) (Ok spec) "round trip"
            Expect.isOk (Validation.spec spec) "images have classes"
            Expect.isError (Validation.spec (told (Presets.spec Preset.Fast Dataset.Rings))) "points have none"
            Expect.isError (Validation.spec { plain with Labels = Some { Dropout = 1.5 } }) "a share above one"
            Expect.isFalse ((SpecJson.write plain).Contains "labels") "a run without classes is written as ever"
            Expect.equal (SpecJson.read (SpecJson.write plain)) (Ok plain) "and read"

            Expect.equal
                [ for p in Composition.parameters spec -> p.Name ]
                [
                    for p in Composition.parameters plain do
                        p.Name

                        if p.Name = "embedding.2.bias" then
                            "embedding.class"
                ]
                "one more parameter"

        testCase "the NCSN recipe is the NCSN document's"
        <| fun () ->
            let spec = Presets.spec Preset.Ncsn Dataset.Mnist

            match spec.Objective with
            | Levels(20, largest, smallest, Geometric) ->
                Expect.floatClose Accuracy.high largest (10.0 ** -1.1) "the first level is 10^(-1 - 2 * 1 / 20)"
                Expect.floatClose Accuracy.high smallest 1e-3 "the last level is 10^(-1 - 2 * 20 / 20)"
            | other -> failtest $"objective {other}"

            Expect.equal spec.Optimiser.LearningRate 1e-4 "learning rate"
            Expect.equal spec.Optimiser.Clip 1.0 "clip"
            Expect.equal spec.Optimiser.Decay Decay.Constant "no decay"
            Expect.equal spec.BatchSize 128 "batch"
            Expect.equal spec.Length (Length.Steps 40000) "steps"
            Expect.equal spec.Sampler (AnnealedLangevin(20, 0.1, 1.0)) "sampler"
    ]
