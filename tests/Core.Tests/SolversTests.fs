/// Wrappers of steps and scores, and the adaptive solver.
module Core.Tests.SolversTests

open System
open DiffSharp
open Expecto
open ScoreFunctional
open Core.Tests.Support

let private edm = Sde.edm 0.002 80.

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

let private wrappers =
    let mixture = mixtureOf 192
    let score = Mixture.score edm mixture
    let x = normal64 [| 5; 3; 8; 8 |] "x" * 3.
    let timeStep = { From = edm.TimeOf 3.; To = edm.TimeOf 2.; Index = 0; Count = 2 }

    testList "wrapper" [
        for name, size in [ "the annealed rule", Corrector.annealed 0.16; "the rule of norms", Corrector.norms 0.16 ] do
            testCase $"the corrector's step is a sample's own, {name}" (fun () ->
                let step = Corrector.wrap size 2 edm score (Step.euler edm score)
                let all = step key timeStep (State.start x)
                let one = step (Key.fromSample 3L key) timeStep (State.start (sampleOf x 3))
                Expect.equal all.Nfe 3 "evaluations"
                allClose rounding64 one.X (sampleOf all.X 3) "fourth sample")

        testCase "the corrector's sizes are those of their formulas" (fun () ->
            let z, s = normal64 [| 5; 3; 8; 8 |] "z", normal64 [| 5; 3; 8; 8 |] "s" * 2.
            let norm (x: Tensor) k = sqrt (values x.[k..k] |> Array.sumBy (fun v -> v * v))
            let norms = values (Corrector.norms 0.16 0.9 1. z s)
            let annealed = values (Corrector.annealed 0.16 0.9 2. z s)

            for k in 0..4 do
                Expect.floatClose rounding64 norms[k] (2. * 0.81 * (0.16 * norm z k / norm s k) ** 2.) "norms"
                Expect.floatClose rounding64 annealed[k] (2. * 0.81 * (0.16 * 2.) ** 2.) "annealed")

        testCase "static clamping keeps the predicted data in its bounds and leaves what is inside" (fun () ->
            let t = Batch.fill 5 timeStep.From
            let predict score = let (DataPrediction f) = Score.toData edm score in values (f x t)
            let free, clamped = predict score, predict (Thresholding.fixedTo -0.4 0.4 edm score)
            let expected = free |> Array.map (fun v -> Math.Clamp(v, -0.4, 0.4))
            Expect.isTrue (expected <> free) "something is clamped"

            Array.iter2
                (fun a e -> Expect.floatClose { absolute = 1e-12; relative = 1e-9 } a e "value")
                clamped
                expected)

        testCase "dynamic clamping divides by each sample's own quantile, and only above the bound" (fun () ->
            let t = Batch.fill 5 timeStep.From
            let predict score = let (DataPrediction f) = Score.toData edm score in values (f x t)
            let free = predict score

            for bound in [ 0.3; 100. ] do
                let clamped = predict (Thresholding.dynamic 0.9 bound edm score)

                for k in 0..4 do
                    let sample = free[k * 192 .. k * 192 + 191]
                    let sorted = sample |> Array.map abs |> Array.sort
                    // The quantile 0.9 of 192 values: the 173rd.
                    let s = max bound sorted[172]

                    sample
                    |> Array.iteri (fun i v ->
                        let expected = Math.Clamp(v, -s, s) * bound / s
                        let close = { absolute = 1e-10; relative = 1e-9 }
                        Expect.floatClose close clamped[k * 192 + i] expected $"value {i} of sample {k}"))

        testCase "a callback after a step is called once and changes nothing" (fun () ->
            let mutable told = []

            let step =
                Step.withCallback
                    (fun timeStep state -> told <- (timeStep.Index, state.Nfe) :: told)
                    (Step.heun edm score)

            allClose
                rounding64
                (step key timeStep (State.start x)).X
                (Step.heun edm score key timeStep (State.start x)).X
                "state"

            Expect.equal told [ 0, 2 ] "told once")

        testCase "churn before a step that looks back keeps the method's distribution" (fun () ->
            // Predictions from before the fresh noise are not looked back on.
            let gaussian = Mixture.gaussian 0. 0.616 1
            let churn = { Amount = 10.; From = 0.; To = infinity; Noise = 1. }

            let sampler = {
                Samplers.dpmSolver 0. with
                    Step = fun sde score -> Samplers.uniPc.Step sde score |> Churn.wrap churn sde
            }

            let xs =
                values (Sampler.draw sampler edm (Mixture.score edm gaussian) 120 Callbacks.none [| 20000; 1 |] key).X
            // A variance's standard error is 1 % here; the method's own error the same.
            Expect.floatClose { absolute = 0.; relative = 0.05 } (variance xs) (0.616 * 0.616) "variance")

        testCase "impossible bounds and tolerances are refused" (fun () ->
            throwsArgument (fun () -> Thresholding.fixedTo 1. 1. edm score) "empty"
            throwsArgument (fun () -> Thresholding.dynamic 1.1 1. edm score) "quantile"
            throwsArgument (fun () -> Multistep.dpmSolver 2. edm score) "η"
            throwsArgument (fun () -> AdaptiveSde.step { Absolute = 0.; Relative = 0. } edm score) "no tolerance")
    ]

let private adaptive =
    testList "adaptive SDE solver" [
        testCase "an increment that is split keeps its sum and its distribution" (fun () ->
            let n = 20000
            let normals purpose = values (normal64 [| n; 1 |] purpose)
            let whole, first, second = normals "whole", normals "first", normals "second"

            let parts =
                Array.init n (fun k ->
                    let struct (struct (_, w), known) = Brownian.ahead 2. [| whole[k] |] []
                    Expect.isEmpty known "all of it used"
                    // Refused: the same stretch, a quarter of it first, then all that is left of it, whatever is wanted.
                    let struct (struct (_, a), known) = Brownian.ahead 0.5 [| first[k] |] [ struct (2., w) ]
                    let struct (struct (rest, b), known) = Brownian.ahead 9. [| second[k] |] known
                    Expect.floatClose rounding64 rest 1.5 "length"
                    Expect.isEmpty known "nothing left"
                    Expect.floatClose rounding64 (a[0] + b[0]) w[0] "sum"
                    a[0], b[0])

            let a, b = Array.map fst parts, Array.map snd parts
            let spread = { absolute = 0.; relative = standardErrors * sqrt (2. / float n) }
            Expect.floatClose spread (variance a) 0.5 "variance of the first part"
            Expect.floatClose spread (variance b) 1.5 "variance of the second part"
            meanIs 0. (Array.map2 (fun a b -> a * b) a b) "independence")

        testCase "with a tenth of the tolerance the samples are the data's, and more evaluations are spent" (fun () ->
            let sde, mixture, n = Sde.vp 0.1 20., mixtureOf 2, 1500

            let run tolerance =
                let sampler = Samplers.adaptiveSde { Absolute = tolerance; Relative = tolerance }
                Sampler.draw sampler sde (Mixture.score sde mixture) 3 Callbacks.none [| n; 2 |] key

            let coarse, fine = run 0.1, run 0.01
            Expect.isGreaterThan fine.Nfe (2 * coarse.Nfe) "evaluations"
            let density x = values (Mixture.logDensity mixture x)
            let truth = density (Mixture.sample mixture Dtype.Float64 [| 20000; 2 |] (Key.label "other" key))
            Expect.isLessThan (twoSample (density fine.X) truth) (critical 0.0001 n 20000) "log-density")

        testCase "a tolerance that no step can meet is refused by name, soon" (fun () ->
            let mutable evaluations = 0

            let draw tolerance (field: Field) =
                evaluations <- 0

                let score =
                    Score(fun x t ->
                        evaluations <- evaluations + 1
                        field x t)

                (fun () ->
                    Sampler.draw (Samplers.adaptiveSde tolerance) edm score 3 Callbacks.none [| 2; 2 |] key |> ignore)

            let exact = Score.apply (Mixture.score edm (mixtureOf 2))
            let refused = Expect.throwsC (draw { Absolute = 1e-30; Relative = 1e-30 } exact) id
            Expect.isTrue (refused :? ArgumentException) $"{refused}"
            Expect.stringContains refused.Message "1E-30" "the tolerance"
            Expect.equal evaluations 0 "before the first evaluation"

            let missed = Expect.throwsC (draw { Absolute = 0.01; Relative = 0.01 } (fun x _ -> x * nan)) id
            Expect.isTrue (missed :? InvalidOperationException) $"{missed}"
            Expect.stringContains missed.Message "relative 0.01" "the tolerance"
            Expect.isLessThan evaluations 200 "evaluations")
    ]

let private steps =
    testList "step" [
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

        testCase "churn of amount zero changes nothing, and any churn keeps the marginal" (fun () ->
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
    ]

[<Tests>]
let tests = testList "solvers" [ steps; wrappers; adaptive ]
