module Core.Tests.InteropTests

open System
open Expecto
open ScoreFunctional
open ScoreFunctional.Interop
open Core.Tests.Support

let private model = Model(Build.Mlp(2, 16, 2, 8), Build.Edm(0.002, 80.), 1., [| 2 |])

let private objective = Build.LogNormal(model.Process, -0.5, 1., 1., true)

let private options () =
    TrainerOptions(LearningRate = 5e-3, WarmUpSteps = 3, Decay = DecayKind.Linear, Horizon = 20, Seed = 5L)

let private density = Catalogue.Densities |> Array.find (fun d -> d.Name = "two-moons")

let private points step = Catalogue.Points(density, 1L, int64 (16 * step), 16)

let private train (trainer: Trainer) from until =
    for step in from .. until - 1 do
        trainer.Advance(points step) |> ignore

[<Tests>]
let tests =
    testList "interop" [
        testCase "weights by name and flat are the same numbers, in any order" (fun () ->
            let flat = model.Initialise 3L
            Expect.equal flat.Length model.ParameterCount "length"
            Expect.equal (model.Flatten(model.Name flat)) flat "there and back"
            Expect.equal (model.Flatten(Array.rev (model.Name flat))) flat "reversed"
            Expect.equal (model.Initialise 3L) flat "the seed decides"
            Expect.notEqual (model.Initialise 4L) flat "another seed")

        testCase "weights that do not fit are refused by name" (fun () ->
            let named = model.Name(model.Initialise 3L)

            let message (tensors: NamedArray[]) =
                try
                    model.Flatten tensors |> ignore
                    failtest "expected an ArgumentException"
                with :? ArgumentException as error ->
                    error.Message

            Expect.stringContains (message named[1..]) named[0].Name "missing"
            Expect.stringContains (message (Array.append named [| named[0] |])) "2 times" "twice"

            Expect.stringContains
                (message (Array.append named [| NamedArray("other", [| 1 |], [| 0f |]) |]))
                "other"
                "unknown"

            let wrong = Array.copy named
            wrong[0] <- NamedArray(named[0].Name, [| 3; 5 |], Array.zeroCreate 15)
            Expect.stringContains (message wrong) "3 × 5" "shape")

        testCase "sample k is the same in any request, and its trace with it" (fun () ->
            let weights = model.Initialise 3L |> Array.map (fun w -> w + 0.05f)
            let sampler = Build.Heun(7., 80., 0.002)

            let draw count first batch =
                model.Sample(
                    weights,
                    sampler,
                    SampleRequest(Count = count, First = first, BatchSize = batch, Steps = 6, Trace = 3),
                    ignore
                )

            let whole, parts, later = draw 12 0L 64, draw 12 0L 5, draw 2 7L 64
            Expect.equal whole.Evaluations 11 "evaluations"
            Expect.equal whole.Trace.Length 3 "states"
            Expect.equal whole.Trace[2] whole.Values "last state"

            for i in 0..23 do
                Expect.floatClose
                    { absolute = 1e-4; relative = 1e-4 }
                    (float parts.Values[i])
                    (float whole.Values[i])
                    $"value {i}"

                Expect.floatClose
                    { absolute = 1e-3; relative = 1e-4 }
                    (float parts.Trace[0].[i])
                    (float whole.Trace[0].[i])
                    $"start {i}"

            for i in 0..3 do
                Expect.floatClose
                    { absolute = 1e-4; relative = 1e-4 }
                    (float later.Values[i])
                    (float whole.Values[14 + i])
                    $"later {i}"

            Expect.equal (draw 12 0L 64).Values whole.Values "equal bits twice")

        testCase "progress counts all moves; an exception from it ends the drawing" (fun () ->
            let weights = model.Initialise 3L
            let mutable seen = []
            let request = SampleRequest(Count = 4, BatchSize = 2, Steps = 3)

            model.Sample(weights, Build.Euler(), request, (fun p -> seen <- (p.Done, p.Total) :: seen))
            |> ignore

            Expect.equal (List.rev seen) [ for i in 1..6 -> i, 6 ] "moves"

            Expect.throwsT<OperationCanceledException>
                (fun () ->
                    model.Sample(weights, Build.Euler(), request, (fun _ -> raise (OperationCanceledException())))
                    |> ignore)
                "cancelled")

        testCase "a trainer that goes on from what it told is the trainer that never stopped" (fun () ->
            use whole = Trainer.Start(model, objective, options (), model.Initialise 3L)
            train whole 0 20
            use first = Trainer.Start(model, objective, options (), model.Initialise 3L)
            train first 0 8

            use second =
                Trainer.Resume(
                    model,
                    objective,
                    options (),
                    first.Step,
                    first.Weights(),
                    first.Average(),
                    first.Memory()
                )

            train second 8 20
            Expect.equal second.Step 20 "step"
            Expect.equal (second.Weights()) (whole.Weights()) "weights"
            Expect.equal (second.Average()) (whole.Average()) "average"

            for a, b in Array.zip (second.Memory()) (whole.Memory()) do
                Expect.equal a.Name b.Name "name"
                Expect.equal a.Values b.Values a.Name)

        testCase "the learning rate rises, falls and follows a horizon that is fixed later" (fun () ->
            let settings = options ()
            settings.Horizon <- 0
            use trainer = Trainer.Start(model, objective, settings, model.Initialise 3L)
            let rates = [ for step in 0..4 -> (trainer.Advance(points step)).LearningRate ]
            let close = Expect.floatClose Accuracy.high
            List.iter2 (fun (a: float) b -> close a b "before") rates [ 5e-3 / 3.; 1e-2 / 3.; 5e-3; 5e-3; 5e-3 ]
            trainer.SetHorizon 10
            close (trainer.Advance(points 5)).LearningRate (5e-3 * 0.5) "after")

        testCase "losses by level are those of the objective" (fun () ->
            let weights = model.Initialise 3L
            let data = Catalogue.Points(density, 2L, 0L, 50)
            let levels = [| 0.1; 1.; 10. |]
            let whole = model.Losses(weights, data, levels, 9L, 50)
            let parts = model.Losses(weights, data, levels, 9L, 7)

            for i in 0..2 do
                Expect.floatClose rounding32 parts[i] whole[i] "batches do not matter"

            // Untrained, D = c_skip x: the loss is σ²-weighted, near zero for small noise and near one for large only if the
            // network predicts the data; here D/x₀ is a shrinkage, so all lie between 0 and 2.
            Expect.isTrue (whole |> Array.forall (fun l -> l > 0. && l < 2.)) $"%A{whole}")

        testCase "an epoch's order holds every sample once and differs between epochs" (fun () ->
            let a, b = Catalogue.Order(1L, 0, 100), Catalogue.Order(1L, 1, 100)
            Expect.sequenceEqual (Array.sort a) [| 0..99 |] "all"
            Expect.notEqual a b "epochs"
            Expect.equal (Catalogue.Order(1L, 0, 100)) a "again")

        testCase "requests that make no sense are refused" (fun () ->
            let weights = model.Initialise 3L

            throwsArgument
                (fun () -> model.Sample(weights, Build.Euler(), SampleRequest(Count = 0), ignore))
                "no sample"

            throwsArgument (fun () -> model.Sample(weights[1..], Build.Euler(), SampleRequest(), ignore)) "weights"
            use trainer = Trainer.Start(model, objective, options (), weights)
            throwsArgument (fun () -> trainer.Advance [| 1f; 2f; 3f |]) "half a sample"
            throwsArgument (fun () -> Trainer.Start(model, objective, options (), weights[1..])) "weights"
            throwsArgument (fun () -> Trainer.Resume(model, objective, options (), 3, weights, weights, [||])) "memory")

        testCase "the catalogue names everything once" (fun () ->
            let unique (names: string[]) = Expect.equal (Array.distinct names).Length names.Length "names"
            unique (Catalogue.Samplers |> Array.map _.Name)
            unique (Catalogue.Processes |> Array.map _.Name)
            unique (Catalogue.Densities |> Array.map _.Name)

            for sampler in Catalogue.Samplers do
                Expect.stringContains (Catalogue.Print sampler.Citation) (string sampler.Citation.Year) sampler.Name

            let x = Catalogue.Points(density, 1L, 0L, 5)
            Expect.equal (Catalogue.LogDensity(density, x)).Length 5 "log-densities")
    ]
