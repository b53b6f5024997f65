/// Langevin dynamics, the rules for its levels, and what wraps a step or a score.
module Core.Tests.SamplerPartsTests

open System
open DiffSharp
open Expecto
open ScoreFunctional
open Core.Tests.Support

let private edm = Sde.edm 0.002 80.

/// The energy of a Gaussian of standard deviation s, the same at every time.
let private quadratic (s: float) = Energy(fun x _ -> Batch.dot x x / (2. * s * s))

/// Chains at a vanishing noise level, where the target is the data.
let private chains (step: Step) moves start =
    Sampler.fold step (Schedule.repeated moves [| edm.TimeOf 1e-6 |]) Callbacks.none key start

let private langevin =
    testList "adjusted Langevin" [
        for convention in [ Convention.Half; Convention.Full ] do
            testCase $"has the target's variance where the unadjusted has not, {convention} convention" (fun () ->
                let s, n = 0.616, 20000
                // 1.2 s² in Welling and Teh's convention: unadjusted, the variance is 1.43 times the target's.
                let size = if convention = Convention.Half then 1.2 * s * s else 0.6 * s * s
                let step = Langevin.mala convention (fun _ -> size) edm (quadratic s)
                let xs = values (chains step 60 (Key.normal Dtype.Float64 [| n; 1 |] key)).X
                let spread = standardErrors * sqrt (2. / float n)
                Expect.floatClose { absolute = 0.; relative = spread } (variance xs) (s * s) "variance"
                Expect.isGreaterThan (Langevin.stationaryVariance (s * s) (1.2 * s * s)) (1.4 * s * s) "unadjusted"
                meanIs 0. xs "mean")

        for shape in shapes do
            testCase $"keeps a mixture's distribution on samples %A{List.ofArray shape}" (fun () ->
                let d = Array.fold (*) 1 shape
                let mixture, n = mixtureOf d, 600
                let energy = Energy(fun x _ -> -(Mixture.logDensity mixture x))
                let start = Mixture.sample mixture Dtype.Float64 (batchOf n shape) key
                // A step that is refused about as often as taken: D^(−1/3) keeps that the same in all dimensions.
                let size = 0.6 * float d ** (-1. / 3.)
                let result = chains (Langevin.mala Convention.Half (fun _ -> size) edm energy) 40 start
                let density x = values (Mixture.logDensity mixture x)

                let truth =
                    density (Mixture.sample mixture Dtype.Float64 (batchOf 20000 shape) (Key.label "other" key))

                Expect.isLessThan (twoSample (density result.X) truth) (critical 0.0001 n 20000) "log-density"
                Expect.equal result.Nfe 80 "two evaluations a move"
                let moved = Array.map2 (<>) (values result.X) (values start) |> Array.filter id
                Expect.isGreaterThan moved.Length (n * d / 2) "most have moved")

        testCase "stays where the unadjusted explodes: e^(−x⁴/4) with a step of 1" (fun () ->
            let energy = Energy(fun x _ -> Batch.dot (x * x) (x * x) * 0.25)
            let n = 20000
            // Far out, where the drift throws a chain beyond what is ever accepted, none begins.
            let start = Key.normal Dtype.Float64 [| n; 1 |] key * 0.4
            let xs = values (chains (Langevin.mala Convention.Half (fun _ -> 1.) edm energy) 60 start).X
            // E x² = 2Γ(3/4)/Γ(1/4), and E x⁴ = 1, so that the variance of x² is 1 − 0.457.
            let error = standardErrors * sqrt (0.543 / float n)
            Expect.floatClose { absolute = error; relative = 0. } (variance xs) 0.67598 "variance")

        testCase "does not depend on the batch" (fun () ->
            let step = Langevin.mala Convention.Half (fun _ -> 0.5) edm (quadratic 0.6)
            let start = normal64 [| 4; 2 |] "start"
            let all = values (chains step 10 start).X
            let timeSteps = Schedule.repeated 10 [| edm.TimeOf 1e-6 |]
            let one = Sampler.fold step timeSteps Callbacks.none (Key.fromSample 2L key) (sampleOf start 2)
            Expect.equal (values one.X) all[4..5] "the third sample")
    ]

let private levels =
    testList "noise levels" [
        testCase "NCSNv2's numbers of levels are the rule's for CIFAR-10, CelebA and MNIST" (fun () ->
            // Computed elsewhere from the rule: 219 and 472 (the paper's configurations, 232 and 500, are finer), and 96.
            for dimension, sigmaMax, expected in [ 3072, 50., 219; 12288, 90., 472; 784, 17., 96 ] do
                let found = Levels.count dimension sigmaMax 0.01
                Expect.isLessThanOrEqual (abs (found - expected)) 1 $"{found} levels in {dimension} dimensions"

            Expect.floatClose { absolute = 1e-3; relative = 0. } (Levels.ratio 784) 1.082 "MNIST's ratio"

            for dimension in [ 784; 3072; 12288 ] do
                let root = sqrt (2. * float dimension)
                // The rule's own approximation: the lower of its two bounds alone.
                Expect.floatClose
                    { absolute = 1e-4; relative = 0. }
                    (Levels.ratio dimension)
                    (root / (root - 3.))
                    "√(2D)/(√(2D) − 3)")

        testCase "NCSNv2's steps are the published ones: 6.2e-6 and 3.3e-6" (fun () ->
            let close = { absolute = 0.; relative = 5e-3 }
            Expect.floatClose close (Levels.langevinStep 50. 0.01 232 5) 6.18e-6 "CIFAR-10"
            Expect.floatClose close (Levels.langevinStep 90. 0.01 500 5) 3.34e-6 "CelebA"

            Expect.floatClose
                { absolute = 0.; relative = 1e-2 }
                (Levels.langevinStep 17. 0.01 96 5)
                1.10e-5
                "MNIST, to its digits")

        testCase "the largest distance is that of the two samples furthest apart, over blocks" (fun () ->
            let n = 600
            let x = normal64 [| n; 3 |] "points"
            let points = values x

            let largest =
                seq {
                    for i in 0 .. n - 1 do
                        for j in 0..i do
                            sqrt (Seq.sum (seq { for k in 0..2 -> (points[3 * i + k] - points[3 * j + k]) ** 2. }))
                }
                |> Seq.max

            Expect.floatClose rounding64 (Levels.largestDistance x) largest "distance"
            Expect.floatClose rounding64 (Levels.largestDistance (x.view [| n; 1; 3; 1 |])) largest "any rank")

        testCase "NCSNv2's schedule of data, and the sampler that follows it" (fun () ->
            // Narrow modes, as the rules assume: data that are points against every level.
            let modes = Mixture.isotropic 0.002 [ for i in 0..3 -> Array.init 8 (fun j -> cos (float (i * j))) ]
            let data = Mixture.sample modes Dtype.Float64 [| 300; 8 |] key
            let rules = Levels.ncsnv2 data 0.05 5
            let sampler = Samplers.ncsnv2 rules
            let timeSteps = sampler.Schedule edm (sampler.DefaultSteps edm)
            Expect.equal timeSteps.Length (5 * rules.Count + 1) "moves and the denoising"

            Expect.floatClose Accuracy.high (edm.Level timeSteps[0].From) (Levels.largestDistance data) "first level"

            Expect.floatClose Accuracy.high (edm.Level (Array.last timeSteps).From) 0.05 "last level"
            let n = 1500
            let drawn = (Sampler.draw sampler edm (Mixture.score edm modes) 5 Callbacks.none [| n; 8 |] key).X
            let exact = values (Mixture.sample modes Dtype.Float64 [| 20000; 8 |] key)
            // The rules keep the variance at each level within a tenth, not the distribution exact.
            Expect.floatClose { absolute = 0.; relative = 0.2 } (variance (values drawn)) (variance exact) "variance"

            let before =
                Sampler.fold
                    (sampler.Step edm (Mixture.score edm modes))
                    (Array.truncate (timeSteps.Length - 1) timeSteps)
                    Callbacks.none
                    key
                    (Key.normal Dtype.Float64 [| n; 8 |] key * rules.SigmaMax)

            // Before the denoising, samples lie about a mode with the variance that technique 4 computes, level by level:
            // v ← r^(2T)(γ²v − A) + A in units of the level's, from the prior's 1.
            let u = rules.Step / (rules.SigmaMin * rules.SigmaMin)
            let gamma = (rules.SigmaMax / rules.SigmaMin) ** (1. / float (rules.Count - 1))
            let a = 1. / (1. - 0.5 * u)
            let next v = (1. - u) ** 10. * (gamma * gamma * v - a) + a
            let first = (1. - u) ** 10. * (1. - a) + a
            let computed = Seq.init (rules.Count - 1) id |> Seq.fold (fun v _ -> next v) first
            let (DataPrediction mean) = Score.toData edm (Mixture.score edm modes)
            let off = values (before.X - mean before.X (Batch.fill n (edm.TimeOf 0.05)))
            Expect.floatClose { absolute = 0.; relative = 0.06 } (variance off) (computed * 0.05 * 0.05) "width")

        testCase "rules without an answer are refused" (fun () ->
            throwsArgument (fun () -> Levels.ratio 4) "four dimensions"
            throwsArgument (fun () -> Levels.langevinStep 1. 0.1 5 0) "no move"
            throwsArgument (fun () -> Levels.count 784 0.01 1.) "largest below smallest")
    ]

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

        testCase "a step that tells changes nothing" (fun () ->
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

        testCase "churn before a step that looks back keeps the method's law" (fun () ->
            // What was predicted before the fresh noise is not looked back on.
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

        testCase "clamping takes bounds that are some" (fun () ->
            throwsArgument (fun () -> Thresholding.fixedTo 1. 1. edm score) "empty"
            throwsArgument (fun () -> Thresholding.dynamic 1.1 1. edm score) "quantile"
            throwsArgument (fun () -> Multistep.dpmSolver 2. edm score) "η"
            throwsArgument (fun () -> AdaptiveSde.step { Absolute = 0.; Relative = 0. } edm score) "no tolerance")
    ]

let private adaptive =
    testList "adaptive SDE solver" [
        testCase "an increment that is split keeps its sum and its law" (fun () ->
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

        testCase "a tolerance that no step can keep is named, soon" (fun () ->
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

[<Tests>]
let tests = testList "sampler parts" [ langevin; levels; wrappers; adaptive ]
