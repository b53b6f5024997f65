/// Rules for noise levels.
module Core.Tests.LevelsTests

open System
open DiffSharp
open Expecto
open ScoreFunctional
open Core.Tests.Support

let private edm = Sde.edm 0.002 80.

[<Tests>]
let tests =
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
