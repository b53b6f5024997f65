module Core.Tests.SdeTests

open System
open DiffSharp
open Expecto
open FsCheck
open ScoreFunctional
open Core.Tests.Support

/// The slope a(t) of the drift, which is a(t)x for the four processes.
let private slope (sde: Sde) t = single (sde.Drift (Batch.fill 1 1.) (Batch.fill 1 t))

/// Chains as processes: DDPM's, and one of a hundred steps up to β = 0.2.
let private chains =
    [ 1000, 0.02; 100, 0.2 ]
    |> List.map (fun (n, last) ->
        let chain = Sde.discrete (Array.init n (fun i -> 1e-4 + float i / float (n - 1) * (last - 1e-4)))
        { chain with Process = { chain.Process with Name = $"a chain of {n} steps" } })

/// A number between two, in the ratio that any number stands for.
let private between (low: float) (high: float) (NormalFloat u) =
    low * (high / low) ** (0.5 + atan u / Math.PI) |> min high

let private often = { FsCheckConfig.defaultConfig with maxTest = 500 }

[<Tests>]
let tests =
    testList "sde" [
        for title, sde in variants Processes.table do
            testList title [
                // <check-the-mathematics> README.md shows these lines.
                testProperty "at any time the marginal follows from drift and diffusion" (fun u ->
                    let t, h = between 0.01 0.99 u, 1e-5
                    let rate f = (f (sde.Marginal(t + h)) - f (sde.Marginal(t - h))) / (2. * h)
                    let m, a, g = sde.Marginal t, slope sde t, sde.Diffusion t

                    // dx = a(t)x dt + g(t)dw has moments with α' = aα and (σ²)' = 2aσ² + g².
                    let close = Expect.floatClose { absolute = 1e-8; relative = 1e-6 }
                    close (rate _.Alpha) (a * m.Alpha) $"mean at {t}"
                    close (rate (fun m -> m.Sigma ** 2.)) (2. * a * m.Sigma ** 2. + g ** 2.) $"variance at {t}")
                // </check-the-mathematics>

                testCase "a simulation of drift and diffusion has the marginal's moments" (fun () ->
                    let n, steps, until = 8000, 200, 0.6
                    let h = until / float steps
                    let struct (_, atZero) = alphaSigma sde 0.
                    let start = Batch.fill n 1.5 + normal64 [| n |] "start" * atZero

                    let x =
                        Seq.init steps id
                        |> Seq.fold
                            (fun (x: Tensor) i ->
                                let t = Batch.fill n (float i * h)
                                let z = Key.normal Dtype.Float64 [| n |] (Key.atStep i key)
                                x + sde.Drift x t * h + z * (sde.Diffusion(float i * h) * sqrt h))
                            start
                        |> values

                    let struct (alpha, sigma) = alphaSigma sde until
                    // Euler–Maruyama's own error is h times the fastest rate: 17 for VE, so 2.6 % of the variance.
                    Expect.floatClose
                        { absolute = standardErrors * sigma / sqrt (float n) + 0.01; relative = 0. }
                        (mean x)
                        (1.5 * alpha)
                        "mean"

                    Expect.floatClose
                        { absolute = 0.; relative = standardErrors * sqrt (2. / float n) + 0.04 }
                        (variance x)
                        (sigma * sigma)
                        "variance")

                testCase "the prior is the marginal of small data at t = 1" (fun () ->
                    let struct (alpha, sigma) = alphaSigma sde 1.
                    // VP: α(1) = e^−5, so that the prior is off by 5e-5 of a standard deviation.
                    Expect.floatClose { absolute = 0.; relative = 1e-4 } sigma sde.PriorSigma "standard deviation"
                    Expect.isTrue (alpha = 1. || alpha < 0.01) "the data are drowned or forgotten")
            ]

        for title, sde in variants Processes.table @ [ for chain in chains -> chain.Name, chain ] do
            // VE begins at a level of its own. The others begin at none, and squares of 1e-150 are still numbers.
            let first = sde.Level 0.

            testPropertyWithConfig often $"a level is that of its time, over the whole range, under {title}" (fun u ->
                let level = between (max first 1e-150) (sde.Level 1.) u
                let back = sde.Level(sde.TimeOf level)
                Expect.floatClose { absolute = 0.; relative = 1e-12 } back level "level")

            testPropertyWithConfig often $"a time is that of its level, over the whole range, under {title}" (fun u ->
                let t = between 1e-300 1. u
                // Of a time near 0 a level of VE, which adds to the first, has no digits.
                let absolute = if first > 0. then 1e-12 else 0.
                let back = sde.TimeOf(sde.Level t)
                Expect.floatClose { absolute = absolute; relative = 1e-12 } back t "time")

        testCase "the times of the smallest levels are those of their series" (fun () ->
            // VP: r² = B + B²/2 + …, B = βmin t + ½(βmax − βmin)t²; sub-VP: r = B + B³/24 + ….
            let time b = b / 0.1 * (1. - 19.9 * b / (2. * 0.01))

            for level in [ 1e-8; 1e-12; 1e-100 ] do
                let close actual expected name =
                    Expect.floatClose { absolute = 0.; relative = 1e-11 } actual expected $"{name} at {level}"

                close ((Sde.vp 0.1 20.).TimeOf level) (time (level * level)) "variance preserving"
                // The series' next term, in (1e3·r)², is below rounding from 1e-9 on.
                if level < 1e-9 then
                    close ((Sde.subVp 0.1 20.).TimeOf level) (time level) "sub-variance preserving")

        testCase "variance-exploding is variance-preserving in units of the signal" (fun () ->
            let vp, ve = Sde.vp 0.1 20., Sde.ve 0.001 100.
            let x0, z = normal64 [| 4; 3 |] "x0", normal64 [| 4; 3 |] "z"
            let t = Batch.ofArray [| 0.05; 0.3; 0.6; 0.9 |]
            let struct (alpha, sigma) = Sde.alphaSigma vp t
            let rescaled = Batch.divide alpha (Sde.perturb vp x0 t z)
            allClose rounding64 rescaled (Sde.perturb ve x0 (Batch.map ve.TimeOf (sigma / alpha)) z) "x/α")

        testCase "σ keeps its digits at the earliest times" (fun () ->
            // 1 − e^−B by its series, B = 1e-5·0.1 + ½·19.9·1e-10.
            let b = 1e-6 + 9.95e-10
            let exact = b - b * b / 2. + b ** 3. / 6.
            let struct (_, vp) = alphaSigma (Sde.vp 0.1 20.) 1e-5
            let struct (_, sub) = alphaSigma (Sde.subVp 0.1 20.) 1e-5
            Expect.floatClose Accuracy.veryHigh (vp * vp) exact "variance preserving"
            Expect.floatClose Accuracy.veryHigh sub exact "sub-variance preserving")

        testCase "published values: VP at t = 1e-5 and 1e-3, VE at its ends" (fun () ->
            // score_sde: σ(1e-5) ≈ 1.0e-3 and σ(1e-3) ≈ 1.05e-2 for VP 0.1 … 20; VE runs from σmin to σmax.
            let at sde t =
                let struct (_, sigma) = alphaSigma sde t
                sigma

            Expect.floatClose { absolute = 0.; relative = 5e-3 } (at (Sde.vp 0.1 20.) 1e-5) 1.0e-3 "1e-5"
            Expect.floatClose { absolute = 0.; relative = 5e-3 } (at (Sde.vp 0.1 20.) 1e-3) 1.05e-2 "1e-3"
            Expect.floatClose Accuracy.veryHigh (at (Sde.ve 0.01 50.) 0.) 0.01 "0"
            Expect.floatClose Accuracy.veryHigh (at (Sde.ve 0.01 50.) 1.) 50. "1")

        testCase "impossible constants are refused" (fun () ->
            throwsArgument (fun () -> Sde.ve 0. 1.) "σmin = 0"
            throwsArgument (fun () -> Sde.ve 2. 1.) "σmax < σmin"
            throwsArgument (fun () -> Sde.vp 0.1 0.1) "βmax = βmin"
            throwsArgument (fun () -> Sde.subVp -1. 1.) "βmin < 0"
            throwsArgument (fun () -> Sde.edm nan 1.) "not a number")

        testCase "a schedule refuses times to differentiate by" (fun () ->
            let slope f = dsharp.evalForwardDiff f (Batch.fill 2 0.5) (Batch.fill 2 1.)
            throwsArgument (fun () -> slope (Batch.map exp)) "forward"
            throwsArgument (fun () -> dsharp.grad (fun t -> (Batch.map exp t).sum()) (Batch.fill 2 0.5)) "reverse")

        testCase "one number per sample must be one for each sample" (fun () ->
            throwsArgument (fun () -> Batch.scale (Batch.fill 3 1.) (normal64 [| 2; 2 |] "x")) "three for two"
            throwsArgument (fun () -> Batch.size (single (normal64 [| 1 |] "x") |> dsharp.tensor)) "a scalar")
    ]
