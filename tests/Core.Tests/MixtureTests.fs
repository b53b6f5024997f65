module Core.Tests.MixtureTests

open System
open DiffSharp
open Expecto
open ScoreFunctional
open Core.Tests.Support

/// Gradient of the sum of a function [n; …] → [n].
let private gradient (f: Tensor -> Tensor) (x: Tensor) =
    let _, pull = dsharp.evalReverseDiff (fun x -> (f x).sum()) x
    pull (x.onesLike [])

[<Tests>]
let tests =
    testList "mixture" [
        for sde in Processes.all do
            for shape in shapes do
                testCase
                    $"the score is the gradient of the log-density under {sde.Name}, samples of %A{List.ofArray shape}"
                    (fun () ->
                        let mixture = mixtureOf (Array.fold (*) 1 shape)
                        let x = normal64 (batchOf 4 shape) "point"
                        let t = Batch.ofArray [| 0.05; 0.3; 0.6; 1. |]
                        let byHand = Score.apply (Mixture.score sde mixture) x t
                        let byAutodiff = gradient (fun x -> logDensityUnder sde mixture x t) x
                        allClose rounding64 byHand byAutodiff "score")

        testCase "the score is the slope of the log-density by central differences" (fun () ->
            let mixture = mixtureOf 3
            let x = normal64 [| 5; 3 |] "point"
            let direction = normal64 [| 5; 3 |] "direction"
            let h = 1e-5

            let up, down =
                Mixture.logDensity mixture (x + direction * h), Mixture.logDensity mixture (x - direction * h)

            let alpha, sigma = Batch.fill 5 1., Batch.fill 5 0.
            let exact = Batch.dot (Mixture.scoreAt mixture x alpha sigma) direction
            allClose differences ((up - down) / (2. * h)) exact "slope")

        testCase "the score of an energy is the exact score of the density that it is of" (fun () ->
            let sde, mixture = Sde.vp 0.1 20., mixtureOf 4
            let x, t = normal64 [| 3; 4 |] "energy", Batch.ofArray [| 0.1; 0.4; 0.8 |]

            allClose
                rounding64
                (Score.apply (Score.ofEnergy (energyUnder sde mixture)) x t)
                (Score.apply (Mixture.score sde mixture) x t)
                "score")

        testCase "the log-density of one Gaussian is the textbook's" (fun () ->
            let mixture = Mixture.create [ { Weight = 5.; Mean = [| 1.; -2. |]; Deviation = [| 0.5; 2. |] } ]
            let x = (Batch.ofArray [| 1.5; 1. |]).view [| 1; 2 |]
            // z = (1, 1.5): −½(1 + 2.25) − ln(2π) − ln(0.5·2).
            let expected = -0.5 * 3.25 - log (2. * Math.PI)
            Expect.floatClose Accuracy.veryHigh (single (Mixture.logDensity mixture x)) expected "nats")

        testCase "the denoiser is the posterior mean: on a Gaussian, μ + s²/(s² + σ²)(y − μ)" (fun () ->
            let (Denoiser denoise) = Mixture.denoiser (Mixture.gaussian 0.7 0.5 3)
            let y, sigma = normal64 [| 4; 3 |] "y", [| 0.01; 0.3; 1.; 30. |]
            let share = sigma |> Array.map (fun s -> 0.25 / (0.25 + s * s)) |> Batch.ofArray
            allClose rounding64 (denoise y (Batch.ofArray sigma)) (Batch.scale share (y - 0.7) + 0.7) "mean")

        testCase "far from every component the score stays finite and points back" (fun () ->
            let mixture = mixtureOf 2
            let x = (dsharp.tensor ([| 1e4f; -1e4f |], dtype = Dtype.Float32)).view [| 1; 2 |]
            let s = values (Mixture.scoreAt mixture x (Batch.fill 1 1.) (Batch.fill 1 0.01))
            Expect.isTrue (s |> Array.forall Double.IsFinite) "finite"
            Expect.isTrue (s[0] < 0. && s[1] > 0.) "back")

        for shape in shapes do
            testCase $"samples have the mixture's mean and variance, samples of %A{List.ofArray shape}" (fun () ->
                let d, n = Array.fold (*) 1 shape, 8000
                let xs = values (Mixture.sample (mixtureOf d) Dtype.Float64 (batchOf n shape) key)

                for i in [ 0; d - 1 ] do
                    let column = Array.init n (fun k -> xs[k * d + i])
                    let m1, s1 = 0.8 * cos (float i), 0.5 + 0.1 * float (i % 3)
                    let m2 = -0.5 + 0.2 * sin (float i)
                    let expected = 0.3 * m1 + 0.7 * m2
                    meanIs expected column "mean"

                    let second = 0.3 * (s1 * s1 + m1 * m1) + 0.7 * (0.49 + m2 * m2)
                    meanIs second (column |> Array.map (fun x -> x * x)) "second moment")

        testCase "sample k is the same in any batch" (fun () ->
            let mixture = mixtureOf 3
            let batch = values (Mixture.sample mixture Dtype.Float32 [| 8; 3 |] key)
            let alone = values (Mixture.sample mixture Dtype.Float32 [| 1; 3 |] (Key.fromSample 5L key))
            Expect.equal batch[15..17] alone "sample 5")

        testCase "impossible mixtures are refused" (fun () ->
            throwsArgument (fun () -> Mixture.create []) "no component"

            throwsArgument
                (fun () -> Mixture.create [ { Weight = -1.; Mean = [| 0. |]; Deviation = [| 1. |] } ])
                "weight"

            throwsArgument
                (fun () -> Mixture.create [ { Weight = 1.; Mean = [| 0. |]; Deviation = [| 1.; 1. |] } ])
                "lengths"

            throwsArgument (fun () -> Mixture.logDensity (mixtureOf 2) (normal64 [| 3; 3 |] "x")) "dimension")
    ]
