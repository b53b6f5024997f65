module Core.Tests.SamplersTests

open System
open DiffSharp
open Expecto
open MathNet.Numerics.Distributions
open ScoreFunctional
open Core.Tests.Support

/// A schedule and process on which a sampler of the table is at home, and a number of steps that leaves little error.
let private home (sampler: Sampler) : Sde * Sampler * int =
    let edm = Sde.edm 0.002 80.

    match sampler.Name, sampler.Evaluations, sampler.Order with
    // The mixture's components are 0.5 to 0.7 wide: levels from well above to well below, steps well inside stability.
    | "annealed-langevin", _, _ ->
        edm, Samplers.annealedLangevin Convention.Half (Langevin.proportional 0.2) (Levels.geometric 4. 0.03 20) 4., 30
    // A corrector of half the usual ratio, so that its bias is below what is tested for.
    | "predictor-corrector", _, _ -> edm, Samplers.predictorCorrector 0.08, 200
    | "adaptive-sde", _, _ -> edm, Samplers.adaptiveSde { Absolute = 0.02; Relative = 0.02 }, 2
    | _, Evaluations.Adaptive _, _ -> edm, sampler, 2
    | _, _, Order.Stochastic(_, weak) when weak < 2. -> edm, sampler, 250
    | _, _, Order.Deterministic 1 -> edm, sampler, 200
    | _ -> edm, sampler, 60

/// DDPM's chain: β from 1e-4 to 0.02 in a thousand steps.
let private ddpmChain = Sde.discrete (Array.init 1000 (fun i -> 1e-4 + float i / 999. * (0.02 - 1e-4)))

[<Tests>]
let tests =
    testList "sampler" [
        for sampler in Samplers.all do
            testList sampler.Name [
                testCase "costs the evaluations that it states" (fun () ->
                    let sde = Sde.edm 0.002 80.
                    let mutable count = 0

                    let counted =
                        Score(fun x t ->
                            count <- count + 1
                            Score.apply (Mixture.score sde (mixtureOf 2)) x t)

                    for steps in [ 1; 2; 7 ] do
                        count <- 0
                        let result = Sampler.draw sampler sde counted steps Callbacks.none [| 2; 2 |] key
                        Expect.equal result.Nfe count "stated by the result"

                        match sampler.Evaluations with
                        | Evaluations.Counted(_, evaluations) ->
                            Expect.equal count (evaluations steps) $"{steps} steps"
                        | Evaluations.Adaptive _ -> Expect.isGreaterThan count 5 "calls")

                testCase
                    "with the exact score, samples are the data's: moments, and a two-sample test at level 0.0001"
                    (fun () ->
                        let sde, sampler, steps = home sampler
                        let n, m = 2500, 20000
                        let mixture = mixtureOf 2

                        let result =
                            Sampler.draw sampler sde (Mixture.score sde mixture) steps Callbacks.none [| n; 2 |] key

                        let truth = Mixture.sample mixture Dtype.Float32 [| m; 2 |] key

                        let column i (x: Tensor) =
                            values x |> Array.indexed |> Array.filter (fun (j, _) -> j % 2 = i) |> Array.map snd

                        let density x = values (Mixture.logDensity mixture x)

                        for name, project in [ "first", column 0; "second", column 1; "log-density", density ] do
                            let drawn, exact = project result.X, project truth
                            // Four standard errors of both samples, and the samplers' own errors at these steps.
                            let error = standardErrors * sqrt (variance exact * (1. / float n + 1. / float m))
                            Expect.isLessThan (abs (mean drawn - mean exact)) (error + 0.02) $"mean of {name}"
                            Expect.isLessThan (twoSample drawn exact) (critical 0.0001 n m) $"distance of {name}"

                        for i in 0..1 do
                            let spread = standardErrors * sqrt (2. / float n + 2. / float m)

                            Expect.floatClose
                                { absolute = 0.; relative = spread + 0.03 }
                                (variance (column i result.X))
                                (variance (column i truth))
                                $"variance of coordinate {i}")

                for shape in shapes do
                    testCase
                        $"on samples %A{List.ofArray shape}: the data's moments, whatever the batch, twice the same bits"
                        (fun () ->
                            let sde, sampler, steps = home sampler
                            let d = Array.fold (*) 1 shape
                            let mixture = mixtureOf d
                            let score = Mixture.score sde mixture

                            let draw n steps key =
                                (Sampler.draw sampler sde score steps Callbacks.none (batchOf n shape) key).X

                            let n = if d = 2 then 1000 else 200
                            let drawn = values (draw n steps key)
                            let exact = values (Mixture.sample mixture Dtype.Float64 (batchOf 20000 [| d |]) key)
                            // The component moves all coordinates of a sample together: n draws of it, not nd.
                            let error = standardErrors * sqrt (1. / float n)
                            Expect.isLessThan (abs (mean drawn - mean exact)) (error * sqrt (variance exact)) "mean"

                            Expect.floatClose
                                { absolute = 0.; relative = error }
                                (variance drawn)
                                (variance exact)
                                "variance"

                            let batch = values (draw 8 3 key)
                            Expect.equal (values (draw 8 3 key)) batch "twice the same"
                            let alone = values (draw 1 3 (Key.fromSample 5L key))

                            for i in 0 .. d - 1 do
                                Expect.floatClose
                                    rounding32
                                    alone[i]
                                    batch[5 * d + i]
                                    $"coordinate {i} alone and in a batch")

                testCase "runs under every process that it takes" (fun () ->
                    for sde in Processes.all do
                        if Sampler.supports sampler sde then
                            let result =
                                Sampler.draw
                                    sampler
                                    sde
                                    (Mixture.score sde (mixtureOf 2))
                                    5
                                    Callbacks.none
                                    [| 3; 2 |]
                                    key

                            Expect.isTrue (values result.X |> Array.forall Double.IsFinite) sde.Name)

                testCase "holds no more native memory after more steps" (fun () ->
                    let sde = Sde.edm 0.002 80.
                    let score = Mixture.score sde (mixtureOf 2)
                    let alive = Collections.Generic.List<int64>()
                    let callbacks = { Trace = 0; Progress = fun _ _ -> alive.Add(Primitives.live ()) }
                    collect ()
                    let before = Primitives.live ()

                    let drawn =
                        Primitives.scope
                            (fun () -> Sampler.draw sampler sde score 20 callbacks [| 4; 2 |] key)
                            (fun drawn -> [ drawn.X ])

                    // From the third move on, the start and what a state holds; a leak of one tensor a move would be 15.
                    Expect.isLessThanOrEqual alive[18] alive[3] $"live tensors after each move: %A{List.ofSeq alive}"
                    Expect.isLessThanOrEqual (Primitives.live ()) (before + 1L) "after the run"
                    Expect.equal drawn.X.shape [| 4; 2 |] "shape")
            ]

        for sampler in Samplers.all do
            for sde in Processes.all @ [ ddpmChain ] do
                if Sampler.supports sampler sde then
                    testCase
                        $"{sampler.Name} under {sde.Name}, in the steps of its table, gives the data's standard deviation within 5 %%"
                        (fun () ->
                            let n = 4000
                            // A Gaussian of 0.5, and two components of mixtures: unlike in weight and width, and far apart.
                            let data =
                                Mixture.create [
                                    { Weight = 0.3; Mean = [| 0.; 0.8; -1. |]; Deviation = [| 0.5; 0.5; 0.25 |] }
                                    { Weight = 0.7; Mean = [| 0.; -0.5; 1. |]; Deviation = [| 0.5; 0.2; 0.25 |] }
                                ]

                            let exact = [|
                                0.5
                                sqrt (0.3 * (0.5 ** 2. + 0.91 ** 2.) + 0.7 * (0.2 ** 2. + 0.39 ** 2.))
                                sqrt (0.25 ** 2. + 0.3 * 1.4 ** 2. + 0.7 * 0.6 ** 2.)
                            |]

                            // A start of quantiles, in an order of its own for each coordinate, has a normal distribution's deviation to 0.03 %: of
                            // methods that draw nothing, all that is off is their own error.
                            let quantile i = Normal.InvCDF(0., 1., (float i + 0.5) / float n)
                            let orders = Array.init 3 (fun j -> Key.permutation n (Key.child j key))
                            let start = Array.init (3 * n) (fun k -> quantile (orders[k % 3][k / 3]))
                            let timeSteps = sampler.Schedule sde (sampler.DefaultSteps sde)
                            let x = (Batch.ofArray start).view [| n; 3 |] * sampler.InitialSigma sde timeSteps

                            let drawn =
                                Sampler.fold (sampler.Step sde (Mixture.score sde data)) timeSteps Callbacks.none key x

                            let xs = values drawn.X

                            for j in 0..2 do
                                let found = sqrt (variance (Array.init n (fun i -> xs[3 * i + j])))
                                Expect.floatClose { absolute = 0.; relative = 0.05 } found exact[j] $"coordinate {j}")

        testCase "the NCSN sampler is 20 moves of βσ² at 20 levels from N(0, I), then a denoising" (fun () ->
            let sde = Sde.edm 0.0005 1.
            let timeSteps = Samplers.ncsn.Schedule sde (Samplers.ncsn.DefaultSteps sde)
            Expect.equal timeSteps.Length 401 "moves"
            Expect.equal (Samplers.ncsn.InitialSigma sde timeSteps) 1. "start"
            Expect.isTrue (timeSteps |> Array.forall (fun timeStep -> timeStep.Count = 401)) "count"

            for i, level in [ 0, 0.1; 19, 0.1; 20, 10. ** -1.1; 399, 10. ** -2.9; 400, 10. ** -2.9 ] do
                Expect.floatClose Accuracy.high (sde.Level timeSteps[i].From) level $"level of move {i}")

        testCase "every member of the tables has its own name and says where it is from" (fun () ->
            let named = [
                yield! Samplers.all |> List.map (fun s -> s.Name, s.Citation)
                yield! Processes.all |> List.map (fun s -> s.Name, s.Citation)
            ]

            Expect.equal (List.distinctBy fst named).Length named.Length "names"

            for name, citation in named do
                Expect.stringContains (Citations.print citation) $"({citation.Year})" name
                Expect.isNotEmpty citation.Place name)

    ]
