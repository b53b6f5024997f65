module Core.Tests.SamplerTests

open System
open DiffSharp
open Expecto
open MathNet.Numerics.Distributions
open ScoreFunctional
open Core.Tests.Support

/// Standard deviation of the one-dimensional Gaussian that orders are measured on (MNIST's pixels, reference values below).
let private s = 0.616

let private gaussian = Mixture.gaussian 0. s 1

/// Where the probability flow carries x from one time to another on Gaussian data: along with the standard deviation.
let private flowed (sde: Sde) from until (x: float) =
    let deviation t =
        let struct (alpha, sigma) = alphaSigma sde t
        sqrt (alpha * alpha * s * s + sigma * sigma)

    x * deviation until / deviation from

let private one (x: float) = (Batch.ofArray [| x |]).view [| 1; 1 |]

/// Relative error of a step on the probability flow over a schedule.
let private flowError (sde: Sde) (step: Sde -> Score -> Step) (timeSteps: TimeStep[]) =
    let start = 1.3 * sde.PriorSigma

    let result =
        Sampler.fold (step sde (Mixture.score sde gaussian)) timeSteps Callbacks.none key (one start)

    let exact = flowed sde timeSteps[0].From timeSteps[timeSteps.Length - 1].To start
    abs (single result.X - exact) / abs exact

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
        testCase "Heun has order 2 on EDM's schedule, with the reference errors" (fun () ->
            // Measured independently: 0.26, 0.052, 0.0115, 2.7e-3, 6.5e-4 at N = 9 … 144.
            let counts = [ 9; 18; 36; 72; 144 ]
            let sde = Sde.edm 0.002 80.

            let errors =
                counts |> List.map (fun n -> flowError sde Samplers.heun.Step (Samplers.heun.Schedule sde n))

            for error, reference in List.zip errors [ 0.26; 0.052; 0.0115; 2.7e-3; 6.5e-4 ] do
                Expect.floatClose { absolute = 0.; relative = 0.1 } error reference "reference error"

            Expect.floatClose { absolute = 0.2; relative = 0. } (order counts.Tail errors.Tail) 2. "slope")

        for sde in Processes.all do
            for name, step, stated in [ "Euler", Step.euler, 1.; "Heun", Step.heun, 2. ] do
                testCase $"{name} has order {stated} under {sde.Name}" (fun () ->
                    // Enough that the leading term is the largest, and equal ratios of noise levels down to 0.05, which are smooth
                    // steps for every process.
                    let counts = [ 512; 1024; 2048; 4096 ]

                    let timeSteps n =
                        Levels.geometric (sde.Level 1.) 0.05 (n + 1) |> Array.map sde.TimeOf |> Schedule.between

                    let errors = counts |> List.map (timeSteps >> flowError sde step)

                    Expect.floatClose
                        { absolute = 0.15; relative = 0. }
                        (order counts errors)
                        stated
                        $"slope of %A{errors}")

        for convention in [ Convention.Half; Convention.Full ] do
            testCase
                $"unadjusted Langevin has its exact stationary variance on a Gaussian, {convention} convention"
                (fun () ->
                    let sde, n = Sde.edm 0.002 80., 20000
                    // At a vanishing noise level the target is the data: variance s². A step of 0.6 s² in Welling and Teh's convention.
                    let epsilon = 0.6 * s * s

                    let size =
                        match convention with
                        | Convention.Half -> epsilon
                        | Convention.Full -> epsilon / 2.

                    let step = Langevin.step convention (fun _ -> size) sde (Mixture.score sde gaussian)
                    let timeSteps = Schedule.repeated 60 [| sde.TimeOf 1e-6 |]
                    let start = Key.normal Dtype.Float64 [| n; 1 |] (Key.label "start" key)
                    let xs = values (Sampler.fold step timeSteps Callbacks.none key start).X
                    let expected = Langevin.stationaryVariance (s * s) epsilon

                    Expect.floatClose
                        { absolute = 0.; relative = standardErrors * sqrt (2. / float n) }
                        (variance xs)
                        expected
                        "variance"

                    meanIs 0. xs "mean")

        testCase "the two Langevin conventions are one at half the step" (fun () ->
            let sde = Sde.edm 0.002 80.
            let score = Mixture.score sde (mixtureOf 2)
            let timeSteps = Schedule.repeated 5 [| sde.TimeOf 0.5 |]
            let start = normal64 [| 3; 2 |] "start"

            let run convention size =
                Sampler.fold (Langevin.step convention (fun _ -> size) sde score) timeSteps Callbacks.none key start

            allClose rounding64 (run Convention.Half 0.02).X (run Convention.Full 0.01).X "states")

        testCase "step sizes: βσ², εσ²/σ_L², and an unstable step is refused" (fun () ->
            Expect.floatClose Accuracy.high (Langevin.proportional 0.1 0.5) 0.025 "proportional to the variance"
            Expect.floatClose Accuracy.high (Langevin.relative 2e-5 0.01 1.) 0.2 "relative"
            throwsArgument (fun () -> Langevin.stationaryVariance 1. 4.) "unstable")

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

        testCase "the trace holds the first state, the last, and as many as asked" (fun () ->
            let sde = Sde.edm 0.002 80.
            let score = Mixture.score sde (mixtureOf 2)

            let run trace =
                Sampler.draw Samplers.heun sde score 10 { Callbacks.none with Trace = trace } [| 3; 2 |] key

            Expect.equal (run 0).Trace.Length 0 "none"
            let kept = run 4
            Expect.equal kept.Trace.Length 4 "four"
            Expect.equal (values kept.Trace[3]) (values kept.X) "last"
            // The start is 80 times a standard normal draw.
            Expect.isGreaterThan (sqrt (variance (values kept.Trace[0]))) 20. "first"
            Expect.equal (values kept.X) (values (run 0).X) "watching changes nothing")

        testCase "progress is told of every move, and an exception from it ends the run" (fun () ->
            let sde = Sde.edm 0.002 80.
            let score = Mixture.score sde (mixtureOf 2)
            let mutable seen = []

            let callbacks = {
                Trace = 0
                Progress =
                    fun timeStep nfe ->
                        seen <- (timeStep.Index, nfe) :: seen

                        if timeStep.Index = 2 then
                            raise (OperationCanceledException())
            }

            Expect.throwsT<OperationCanceledException>
                (fun () -> Sampler.draw Samplers.heun sde score 10 callbacks [| 1; 2 |] key |> ignore)
                "cancelled"

            Expect.equal (List.rev seen) [ 0, 2; 1, 4; 2, 6 ] "moves")

        testCase "churn of nothing is nothing; churn keeps the marginal" (fun () ->
            let sde = Sde.edm 0.002 80.
            let score = Mixture.score sde gaussian
            let none = { Amount = 0.; From = 0.; To = infinity; Noise = 1. }
            let draw sampler n = (Sampler.draw sampler sde score 60 Callbacks.none [| n; 1 |] key).X
            allClose rounding32 (draw (Samplers.heunChurned none) 4) (draw Samplers.heun 4) "no churn"

            let churned =
                values (draw (Samplers.heunChurned { none with Amount = 20.; From = 0.05; To = 50. }) 20000)
            // Heun's own error at 60 steps is 0.4 % of the deviation, and a variance's standard error here 1 %.
            Expect.floatClose { absolute = 0.; relative = 0.05 } (variance churned) (s * s) "variance"
            Expect.floatClose Accuracy.high (Churn.gamma { none with Amount = 40. } 18 1.) (sqrt 2. - 1.) "largest γ"
            Expect.floatClose Accuracy.high (Churn.gamma { none with Amount = 1.8 } 18 1.) 0.1 "shared γ"
            Expect.equal (Churn.gamma { none with Amount = 1.; From = 2. } 18 1.) 0. "outside")

        testCase "denoising gives the posterior mean" (fun () ->
            let sde = Sde.vp 0.1 20.
            let x = normal64 [| 4; 1 |] "x"
            let timeStep = { From = 0.4; To = 0.; Index = 0; Count = 1 }
            let denoised = (Step.denoise sde (Mixture.score sde gaussian) key timeStep (State.start x)).X
            let struct (alpha, sigma) = alphaSigma sde 0.4
            allClose rounding64 denoised (x * (alpha * s * s / (alpha * alpha * s * s + sigma * sigma))) "mean")

        testCase "impossible runs are refused" (fun () ->
            let sde = Sde.edm 0.002 80.

            throwsArgument
                (fun () -> Sampler.draw Samplers.heun sde (Mixture.score sde gaussian) 0 Callbacks.none [| 1; 1 |] key)
                "no step"

            throwsArgument (fun () -> Schedule.between [| 1. |]) "one time")

        testCase "no sampler takes more moves than a schedule has, however many are asked for" (fun () ->
            let sde = Sde.edm 0.002 80.

            for sampler in Samplers.all do
                for steps in [ Schedule.most + 1; Int32.MaxValue - 1; Int32.MaxValue ] do
                    let error = Expect.throwsC (fun () -> sampler.Schedule sde steps |> ignore) id
                    Expect.isTrue (error :? ArgumentException) $"{sampler.Name}, {steps} steps: {error}"
                    Expect.stringContains error.Message (string Schedule.most) "the most"

            Expect.equal
                (Schedule.repeated 100_000 (Array.create 20 1.)).Length
                Schedule.most
                "as many as there may be"

            throwsArgument (fun () -> Schedule.repeated 100_001 (Array.create 20 1.)) "one more at each"

            throwsArgument
                (fun () -> Schedule.repeated 1_073_741_824 (Array.create 4 1.))
                "a product that wraps to zero"

            throwsArgument (fun () -> Schedule.uniform 0. Int32.MaxValue) "equal steps")

        testCase "a trace keeps no more states than there are" (fun () ->
            let sde = Sde.edm 0.002 80.

            let traced wanted =
                let callbacks = { Callbacks.none with Trace = wanted }
                Sampler.draw Samplers.heun sde (Mixture.score sde gaussian) 5 callbacks [| 2; 1 |] key

            let all, more = traced 6, traced Int32.MaxValue
            Expect.equal all.Trace.Length 6 "the start and five moves"
            Expect.equal more.Trace.Length 6 "and no more"

            for one, other in Array.zip all.Trace more.Trace do
                allClose rounding32 one other "the same states"

            Expect.equal (traced 3).Trace.Length 3 "three of them"
            allClose rounding32 (traced 3).Trace[2] all.X "the last is the sample")
    ]
