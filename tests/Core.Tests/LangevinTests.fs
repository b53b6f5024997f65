/// Langevin dynamics, unadjusted and adjusted.
module Core.Tests.LangevinTests

open System
open DiffSharp
open Expecto
open ScoreFunctional
open Core.Tests.Support

let private edm = Sde.edm 0.002 80.

/// Standard deviation of the one-dimensional Gaussian that orders are measured on (MNIST's pixels, reference values below).
let private s = 0.616

let private gaussian = Mixture.gaussian 0. s 1

/// The energy of a Gaussian of standard deviation s, the same at every time.
let private quadratic (s: float) = Energy(fun x _ -> Batch.dot x x / (2. * s * s))

/// Chains at a vanishing noise level, where the target is the data.
let private chains (step: Step) moves start =
    Sampler.fold step (Schedule.repeated moves [| edm.TimeOf 1e-6 |]) Callbacks.none key start

[<Tests>]
let tests =
    testList "langevin" [
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
    ]
