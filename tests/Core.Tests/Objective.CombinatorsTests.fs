/// Sums, restrictions, weightings and reports of objectives.
module Core.Tests.ObjectiveCombinatorsTests

open System
open DiffSharp
open Expecto
open FsCheck
open ScoreFunctional
open Core.Tests.Support
open Core.Tests.ObjectiveSupport

[<Tests>]
let tests =
    testList "compose" [
        testList "combinators" [
            testProperty "scalings differ by ½ and by the number of dimensions" (fun (PositiveInt d) (seed: uint32) ->
                let d = 1 + d % 5
                let key = Key.ofSeed (uint64 seed)
                let x0 = Key.normal Dtype.Float64 [| 3; d |] key
                let model = Score(fun x _ -> x * -0.7)
                let at scaling = value (Objective.continuous sde |> Objective.withReduction scaling) model x0 key
                let mean = at Reduction.Mean
                Expect.floatClose rounding64 (at Reduction.HalfMean) (0.5 * mean) "half mean"
                Expect.floatClose rounding64 (at Reduction.Sum) (float d * mean) "sum"
                Expect.floatClose rounding64 (at Reduction.HalfSum) (0.5 * float d * mean) "half sum")

            testProperty
                "restrictions to a partition of noise levels add up to the objective"
                (fun (seed: uint32) (cut: NormalFloat) ->
                    let key, cut = Key.ofSeed (uint64 seed), exp (float cut)
                    let objective, x0 = Objective.continuous sde, data 8
                    let part low high = value (Objective.between low high objective) score x0 key
                    Expect.floatClose rounding64 (part 0. cut + part cut infinity) (value objective score x0 key) "sum")

            testCase "a weighted sum is the sum of multiples, each with randomness of its own" (fun () ->
                let a, b = Objective.atLevel sde 0.5, Objective.sliced Probe.Rademacher sde
                let x0 = data 8
                let sum = Objective.sum [ 2., a; 0.5, b ]
                Expect.equal sum.Terms.Length 2 "terms"

                Expect.floatClose
                    rounding64
                    (value sum score x0 key)
                    (2. * value a score x0 (Key.child 0 key) + 0.5 * value b score x0 (Key.child 1 key))
                    "value"

                Expect.floatClose
                    rounding64
                    (value (Objective.add a (Objective.scale 3. b)) score x0 key)
                    (value a score x0 (Key.child 0 key) + 3. * value b score x0 (Key.child 1 key))
                    "a + 3b"

                throwsArgument (fun () -> Objective.sum []) "nothing")

            testCase "a change of weighting or of times is one of a term" (fun () ->
                let objective, x0 = Objective.continuous sde, data 8

                Expect.floatClose
                    rounding64
                    (value (Objective.withWeighting (Weighting.likelihood sde) objective) score x0 key)
                    (value (Objective.likelihood sde) score x0 key)
                    "weighting"

                let doubled = objective |> Objective.mapWeighting (fun weight t -> weight t * 2.)
                Expect.floatClose rounding64 (value doubled score x0 key) (2. * value objective score x0 key) "change"

                Expect.floatClose
                    rounding64
                    (value (Objective.withTimes (Times.constant (sde.TimeOf 0.5)) objective) score x0 key)
                    (value (Objective.atLevel sde 0.5) score x0 key)
                    "times")

            testCase "weightings of other predictions are the errors of those predictions" (fun () ->
                let x0, t = data 16, Batch.fill 16 0.4
                let noised = Perturbation.noised sde x0 t (normal64 [| 16; 2 |] "z") key
                let error = values (Loss.denoising other noised).Value
                let square (x: Tensor) = values (Batch.mean (x * x))

                let check name (weighting: Weighting) expected =
                    let found = Array.map2 (fun t e -> weighting t * e) (values t) error
                    Array.iter2 (fun a e -> Expect.floatClose rounding64 a e name) found expected

                let (Noise noise) = Score.toNoise sde other
                check "noise" (Weighting.variance sde) (square (noise noised.X t - noised.Z))
                let (DataPrediction predicted) = Score.toData sde other
                check "data" (Weighting.data sde) (square (predicted noised.X t - x0))
                let (Velocity velocity) = Score.toVelocity sde other
                let truth = Batch.scale noised.Alpha noised.Z - Batch.scale noised.Sigma x0
                check "velocity" (Weighting.velocity sde) (square (velocity noised.X t - truth)))

            testCase "more probes leave the expectation and lower the variance" (fun () ->
                let at count =
                    (Objective.averaged count (Objective.sliced Probe.Gaussian sde)).Evaluate other (data 2000) key

                let one, many = values (at 1).PerSample, values (at 16).PerSample
                meanIs 0. (Array.map2 (-) one many) "expectation"
                Expect.isLessThan (variance many) (0.5 * variance one) "variance"
                throwsArgument (fun () -> Loss.averaged 0 Loss.denoising) "no draw")

            testCase "the control variate lowers the variance at small noise and keeps the mean" (fun () ->
                let look (loss: Loss) =
                    let noised =
                        Perturbation.noised
                            sde
                            (data 4000)
                            (Batch.fill 4000 (sde.TimeOf 0.01))
                            (normal64 [| 4000; 2 |] "z")
                            key

                    values (loss score noised).Value

                let plain, controlled = look Loss.denoising, look (Loss.denoisingControlled 0.3)
                meanIs 0. (Array.map2 (-) plain controlled) "mean"
                Expect.isLessThan (variance controlled) (1e-2 * variance plain) "variance")

            testCase "an objective evaluates a noise or an energy model through its score" (fun () ->
                let x0, objective = data 8, Objective.continuous sde

                let check (found: Evaluation) name =
                    let accuracy = { absolute = 1e-9; relative = 1e-9 }
                    Expect.floatClose accuracy (single found.Loss) (value objective score x0 key) name

                check (Objective.through (Score.ofNoise sde) objective (Score.toNoise sde score) x0 key) "noise"
                check (Objective.through Score.ofEnergy objective (energyUnder sde (mixtureOf 2)) x0 key) "energy")

            testCase "a report's bands add up to its value, and its scaling is named" (fun () ->
                let objective = Objective.add (Objective.continuous sde) (Objective.hyvarinen sde)
                let report = Objective.report [| 0.1; 1. |] objective score (data 64) key
                Expect.equal report.Reductions [ Reduction.Mean; Reduction.HalfSum ] "scalings"

                Expect.floatClose
                    rounding64
                    (report.NoiseBins |> Array.sumBy _.Contribution)
                    report.Value
                    "contributions"

                Expect.equal (report.NoiseBins |> Array.sumBy _.Count) 128 "samples of both terms"
                Expect.equal (report.NoiseBins |> Array.map _.To) [| 0.1; 1.; infinity |] "edges"
                Expect.isTrue (report.NoiseBins |> Array.forall (fun b -> b.StandardError > 0.)) "standard errors"
                throwsArgument (fun () -> Objective.report [| 1.; 0.1 |] objective score (data 2) key) "edges")
        ]

        testCase "a process that is only simulated trains a sliced objective, and not a denoising one" (fun () ->
            // dx = −x dt + √2 dw from N(0, 0.8²): Gaussian at every time, which nobody tells the objective.
            let proc = { sde.Process with Drift = (fun x _ -> -x); Diffusion = (fun _ -> sqrt 2.) }

            let forward, t = Perturbation.simulated 64 proc, 0.4
            let x0 = normal64 [| 4000; 1 |] "data" * 0.8

            let build =
                Objective.ofPerturbation
                    "simulated"
                    Citations.songGarg2019
                    forward
                    (Times.constant t)
                    (Weighting.constant 1.)

            let objective = build (Loss.sliced Probe.Rademacher)
            let f (theta: float) = value objective (Score(fun x _ -> x * -theta)) x0 key
            let lowest = 1. + lowest (fun u -> f (1. + u))
            let exact = 0.64 * exp (-2. * t) + 1. - exp (-2. * t)
            // The variance of 4,000 samples is known to 2.2 %, Euler–Maruyama's in 64 steps to 0.4 %.
            Expect.floatClose { absolute = 0.; relative = 0.1 } (1. / lowest) exact "variance"
            let wrong = value (build Loss.denoising) (Score(fun x _ -> -x)) x0 key
            Expect.isTrue (Double.IsNaN wrong) "denoising has no answer")
    ]
