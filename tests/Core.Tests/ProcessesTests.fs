module Core.Tests.ProcessesTests

open System
open DiffSharp
open Expecto
open FsCheck
open ScoreFunctional
open Core.Tests.Support

/// DDPM's own chain: β from 1e-4 to 0.02 in a thousand steps (Ho et al. 2020, section 4).
let private betas = Array.init 1000 (fun i -> 1e-4 + float i / 999. * (0.02 - 1e-4))

let private chain = Sde.discrete betas

/// A drift that is not linear: dx = sin(x)dt + dw has no Gaussian marginal.
let private curved: Process = {
    Name = "curved"
    Citation = Citations.song2021
    Drift = fun x _ -> x.sin ()
    Diffusion = fun _ -> 1.
    PriorSigma = 1.
    TrainFrom = 1e-3
    SampleTo = 1e-3
}

[<Tests>]
let tests =
    testList "process" [
        for sde in Processes.all @ [ chain ] do
            testCase
                $"simulated, {sde.Name} has the moments of its closed marginal, each sample at its own time"
                (fun () ->
                    let n = 6000
                    let struct (_, atZero) = alphaSigma sde 0.
                    let x0 = Batch.fill n 1.5 + normal64 [| n |] "before" * atZero
                    let times = [| 0.15; 0.6 |]
                    let t = Array.init n (fun k -> times[k % 2]) |> Batch.ofArray
                    let x = values (Process.simulate 200 sde.Process x0 t key)

                    for i, time in Array.indexed times do
                        let xs = x |> Array.indexed |> Array.filter (fun (k, _) -> k % 2 = i) |> Array.map snd
                        let struct (alpha, sigma) = alphaSigma sde time
                        // Euler–Maruyama's own error is the length of a step times the fastest rate: 17 for VE, 5 % here.
                        let error = standardErrors * sigma / sqrt (float xs.Length)
                        Expect.floatClose (within (error + 0.01)) (mean xs) (1.5 * alpha) $"mean at {time}"
                        let spread = standardErrors * sqrt (2. / float xs.Length)
                        let close = withinShare (spread + 0.05)
                        Expect.floatClose close (variance xs) (sigma * sigma) $"variance at {time}")

        testCase "a simulated draw of a sample does not depend on its batch" (fun () ->
            let start, t = normal64 [| 3; 2 |] "x", Batch.ofArray [| 0.2; 0.9; 0.5 |]
            let x = values (Process.simulate 20 curved start t key)
            let alone = Process.simulate 20 curved (sampleOf start 1) (sampleOf t 1) (Key.fromSample 1L key)
            Expect.equal (values alone) x[2..3] "the second sample")

        testCase "a simulation of more steps converges with weak order 1" (fun () ->
            // dx = −x dt + dw from 1 over time 1: variance (1 − e^−2)/2; Euler–Maruyama's is a geometric sum.
            let ou = { curved with Drift = fun x _ -> -x }
            let n = 60000
            let exact = 0.5 * (1. - exp -2.)

            for steps in [ 2; 4; 8 ] do
                let x = Process.simulate steps ou (Batch.fill n 1.) (Batch.fill n 1.) key |> values

                let h = 1. / float steps
                let expected = Seq.sum (seq { for i in 0 .. steps - 1 -> h * (1. - h) ** (2. * float i) })
                let spread = standardErrors * sqrt (2. / float n)
                Expect.floatClose { absolute = 0.; relative = spread } (variance x) expected $"{steps} steps"
                Expect.isLessThan (abs (expected - exact)) (1.2 * exact * h) "order")

        testCase "DDPM's chain and its process have the same marginals at every step of the chain" (fun () ->
            let kept = betas |> Array.scan (fun product beta -> product * (1. - beta)) 1.

            for i in [ 1; 2; 10; 500; 999; 1000 ] do
                let struct (alpha, sigma) = alphaSigma chain (float i / 1000.)
                Expect.floatClose rounding64 (alpha * alpha) kept[i] $"ᾱ at step {i}"
                Expect.floatClose rounding64 (sigma * sigma) (1. - kept[i]) $"variance at step {i}")

        testCase "the transition of DDPM's process between two steps of the chain is the chain's" (fun () ->
            for i in [ 1; 300; 1000 ] do
                let kernel = TransitionKernel.between chain (float (i - 1) / 1000.) (float i / 1000.)
                // The kernel's variance is a difference of marginals near 1.
                let close = { absolute = 1e-12; relative = 1e-9 }
                Expect.floatClose close (kernel.Ratio * kernel.Ratio) (1. - betas[i - 1]) $"√(1 − β) at step {i}"
                Expect.floatClose close kernel.Variance betas[i - 1] $"β at step {i}")

        testCase "a time i/n of a chain belongs to step i, for every n up to ten thousand" (fun () ->
            for n in 1..10000 do
                for i in 1..n do
                    if Count.ceiling (float i / float n * float n) <> i then
                        failtest $"time {i}/{n} is taken for one of step {Count.ceiling (float i / float n * float n)}")

        testCase "at each of its times a chain's drift and diffusion are those of the step that ends there" (fun () ->
            for n in [ 1..100 ] @ [ 1000; 9999; 10000 ] do
                let beta i = 1e-4 + float (i - 1) / float (max 1 (n - 1)) * (0.2 - 1e-4)
                let chain = Sde.discrete (Array.init n (fun i -> beta (i + 1)))
                let t = Batch.ofArray (Array.init n (fun i -> float (i + 1) / float n))
                let drift, diffusion = values (chain.Drift (Batch.fill n 1.) t), Batch.each chain.Diffusion t

                for i in 1..n do
                    let rate = -float n * log (1. - beta i)
                    Expect.floatClose rounding64 drift[i - 1] (-0.5 * rate) $"drift at step {i} of {n}"
                    Expect.floatClose rounding64 diffusion[i - 1] (sqrt rate) $"diffusion at step {i} of {n}"

            // β from 1e-4 to 0.2 in a hundred steps, computed elsewhere.
            let chain = Sde.discrete (Array.init 100 (fun i -> 1e-4 + float i / 99. * (0.2 - 1e-4)))
            let at i = chain.Diffusion(float i / 100.)
            Expect.floatClose { absolute = 1e-6; relative = 0. } (at 7) 1.108619 "step 7")

        testCase "between two of its times a chain's diffusion is that of the step under way" (fun () ->
            for i, part in [ 0, 0.5; 6, 1e-5; 7, 0.001; 55, 0.999 ] do
                let t = (float i + part) / 1000.
                let expected = sqrt (-1000. * log (1. - betas[i]))
                Expect.floatClose rounding64 (chain.Diffusion t) expected $"{part} of step {i + 1}")

        testCase "DDPM's chain is the variance-preserving process 0.1 … 20 to the length of its steps" (fun () ->
            for t in [ 0.1; 0.4; 0.7 ] do
                let struct (a, _) = alphaSigma chain t
                let struct (b, _) = alphaSigma (Sde.vp 0.1 20.) t
                Expect.floatClose { absolute = 0.; relative = 0.02 } a b $"α at {t}")

        testCase "chains with an impossible β are refused" (fun () ->
            throwsArgument (fun () -> Sde.discrete [||]) "no step"
            throwsArgument (fun () -> Sde.discrete [| 0.1; 1. |]) "β = 1"
            throwsArgument (fun () -> Sde.discrete [| 0. |]) "β = 0"

            throwsArgument
                (fun () -> Process.simulate 0 curved (normal64 [| 1; 1 |] "x") (Batch.fill 1 1.) key)
                "no step")

        for sde in Processes.all @ [ chain ] do
            testCase $"what {sde.Name} does to the data, its reverse and its flow undo" (fun () ->
                // From the exact marginal at the start, by the reverse SDE and by the flow: the marginal where they stop.
                let mixture = mixtureOf 2
                let n = 3000
                let x0 = Mixture.sample mixture Dtype.Float64 [| n; 2 |] (Key.label "data" key)
                let x1 = Sde.draw sde x0 (Batch.fill n 1.) (Key.label "forward" key)
                let timeSteps = Schedule.levels sde 81 |> Array.truncate 80
                let score = Mixture.score sde mixture

                for name, step in [ "reverse", Step.improvedEuler; "flow", Step.heun ] do
                    let back = values (Sampler.fold (step sde score) timeSteps Callbacks.none key x1).X

                    let truth =
                        let other = Mixture.sample mixture Dtype.Float64 [| 20000; 2 |] (Key.label "other" key)
                        values (Sde.draw sde other (Batch.fill 20000 timeSteps[79].To) (Key.label "again" key))

                    for i in 0..1 do
                        let column xs = xs |> Array.indexed |> Array.filter (fun (j, _) -> j % 2 = i) |> Array.map snd
                        let back, truth = column back, column truth
                        let error = standardErrors * sqrt (variance truth * (1. / float n + 1. / 20000.))
                        // 1 % for the error of eighty steps.
                        Expect.isLessThan (abs (mean back - mean truth)) (error + 0.01) $"{name}: mean {i}"
                        let spread = standardErrors * sqrt (2. / float n + 2. / 20000.)
                        let close = withinShare (spread + 0.02)
                        Expect.floatClose close (variance back) (variance truth) $"{name}: variance {i}"
                        Expect.isLessThan (twoSample back truth) (critical 0.0001 n 20000) $"{name}: two samples, {i}")

        testCase
            "Beneš's process: a simulation has its marginal, which is no Gaussian, and its reverse the data"
            (fun () ->
                // dx = tanh(x)dt + dw has the transition density cosh(x)/cosh(x₀) e^(−t/2) N(x; x₀, t) (Beneš 1981). From data in
                // proportion to cosh(x)N(x; 0, v), halves about ±v, the marginal is cosh(x)N(x; 0, v + t): halves about ±(v + t).
                let benes = Process.create "benes" (fun x _ -> x.tanh ()) (fun _ -> 1.) 1.5
                let v, n, m = 0.5, 4000, 20000
                let marginal t = Mixture.isotropic (sqrt (v + t)) [ [| v + t |]; [| -(v + t) |] ]

                let draw t count purpose =
                    Mixture.sample (marginal t) Dtype.Float64 [| count; 1 |] (Key.label purpose key)

                let follows (x: Tensor) t name =
                    Expect.isLessThan (twoSample (values x) (values (draw t m "truth"))) (critical 0.0001 n m) name

                // Two hundred steps err by less than a hundredth of a standard deviation, a fifth of what the test can see.
                follows (Process.simulate 200 benes (draw 0. n "data") (Batch.fill n 1.) key) 1. "forward"
                let score = Score(fun x t -> x.tanh () - Batch.divide (t + v) x)
                let timeSteps = Schedule.uniform 0. 200

                for name, step in [ "reverse", Reverse.eulerMaruyama benes score; "flow", Reverse.euler benes score ] do
                    let returned =
                        Sampler.fold step timeSteps Callbacks.none (Key.label "back" key) (draw 1. n "start")

                    follows returned.X 0. name)

        testCase
            "a nonlinear process that stands still does so in reverse: its stationary distribution is kept, sample by sample by the flow"
            (fun () ->
                // dx = −x³dt + √2 dw keeps p ∝ e^(−x⁴/4), so that started there its score is −x³ at every time.
                let quartic = {
                    curved with
                        Drift = fun x _ -> -(x * x * x)
                        Diffusion = fun _ -> sqrt 2.
                }

                let n = 4000
                let score = Score(fun x _ -> -(x * x * x))
                // A long simulation gives a start with that distribution.
                let start = Process.simulate 400 quartic (normal64 [| n; 1 |] "x") (Batch.fill n 4.) key
                let timeSteps = Schedule.uniform 0. 200
                let stepped = Sampler.fold (Reverse.eulerMaruyama quartic score) timeSteps Callbacks.none key start
                // E x² of e^(−x⁴/4) is 2Γ(3/4)/Γ(1/4) = 0.67598; its standard error here 0.01.
                Expect.floatClose { absolute = 0.04; relative = 0. } (variance (values stepped.X)) 0.67598 "variance"
                // The flow of a stationary distribution stands still.
                let flowed = Sampler.fold (Reverse.euler quartic score) timeSteps Callbacks.none key start
                allClose rounding64 flowed.X start "flow")
    ]
