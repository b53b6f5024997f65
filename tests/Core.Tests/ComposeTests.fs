/// Combinators, distributions of times, and the parts that objectives are made of.
module Core.Tests.ComposeTests

open System
open DiffSharp
open Expecto
open FsCheck
open ScoreFunctional
open Core.Tests.Support

let private sde = Sde.vp 0.1 20.
let private data n = Mixture.sample (mixtureOf 2) Dtype.Float64 [| n; 2 |] key
let private score = Mixture.score sde (mixtureOf 2)
let private number (value: float) = dsharp.tensor (value, dtype = Dtype.Float64)
let private value (objective: Objective) score x0 key = single (objective.Evaluate score x0 key).Loss

/// A score that is not the exact one.
let private other = Score(fun x t -> Score.apply score x t * 1.3)

/// A linear field x ↦ Ax on rows, and A.
let private matrixField (d: int) =
    let a = normal64 [| d; d |] "matrix"
    (fun (x: Tensor) -> ((Batch.rows x).matmul(a.transpose ())).view x.shape), a

[<Tests>]
let tests =
    testList "compose" [
        testList "divergence" [
            for shape in shapes do
                testCase $"exact and along unit vectors it is the trace, samples of %A{List.ofArray shape}" (fun () ->
                    let d = Array.fold (*) 1 shape
                    let field, a = matrixField d
                    let x = normal64 (batchOf 3 shape) "x"
                    let trace = single (a.trace ())
                    let struct (fx, exact) = Divergence.exact field x
                    allClose rounding64 fx (field x) "value"

                    for found in values exact do
                        Expect.floatClose rounding64 found trace "trace"

                    let sum =
                        Seq.init d (fun i -> (let struct (_, e) = Divergence.along field x (Divergence.unit x i) in e))
                        |> Seq.reduce (+)

                    allClose rounding64 sum exact "sum over unit vectors")

            for distribution in [ Probe.Rademacher; Probe.Gaussian; Probe.Sphere ] do
                testCase
                    $"{distribution} probes have the identity as second moment, and their estimate the trace as mean"
                    (fun () ->
                        let n, d = 6000, 3
                        let x = normal64 [| n; d |] "x"
                        let v = values (Divergence.probe distribution x key)

                        for i in 0 .. d - 1 do
                            for j in i .. d - 1 do
                                let products = Array.init n (fun k -> v[k * d + i] * v[k * d + j])
                                meanIs (if i = j then 1. else 0.) products $"E v{i} v{j}"

                        let field, a = matrixField d
                        let struct (_, estimate) = Divergence.hutchinson distribution key field x
                        meanIs (single (a.trace ())) (values estimate) "trace"

                        let alone =
                            Divergence.probe distribution (x.split([ 5; 1; n - 6 ]).[1]) (Key.fromSample 5L key)

                        Expect.equal (values alone) v[5 * d .. 6 * d - 1] "a sample's own")

            testCase "Rademacher probes vary least for a symmetric Jacobian (Hutchinson 1989)" (fun () ->
                let x = normal64 [| 4000; 3 |] "x"
                let _, a = matrixField 3
                let symmetric = a + a.transpose ()

                let spread distribution =
                    let struct (_, e) =
                        Divergence.hutchinson distribution key (fun (x: Tensor) -> x.matmul symmetric) x

                    variance (values e)

                Expect.isLessThan (spread Probe.Rademacher) (0.9 * spread Probe.Gaussian) "variance")

            testCase "pushes and pullbacks are the Jacobian's and its transpose's" (fun () ->
                let field, a = matrixField 4
                let x, v = normal64 [| 5; 4 |] "x", normal64 [| 5; 4 |] "v"
                let struct (_, jv) = Divergence.jvp field x v
                let struct (_, pull) = Divergence.vjp field x
                allClose rounding64 jv (v.matmul (a.transpose ())) "Jv"
                allClose rounding64 (pull v) (v.matmul a) "vJ")
        ]

        testList "differences" [
            for name, loss, exact in
                [
                    "sliced", Loss.slicedDifferences, Loss.sliced Probe.Rademacher
                    "reduced", Loss.slicedReducedDifferences, Loss.slicedReduced Probe.Rademacher
                ] do
                testCase $"the {name} form is off by the square of its step" (fun () ->
                    let x0 = data 200
                    let noised = Perturbation.noised sde x0 (Batch.fill 200 0.2) (normal64 [| 200; 2 |] "z") key
                    let target = (exact other noised).Value

                    let errors = [
                        for step in [ 0.4; 0.2; 0.1; 0.05 ] do
                            let off = (loss step Probe.Rademacher other noised).Value - target
                            single ((off * off).mean().sqrt())
                    ]

                    let slope = order [ 1; 2; 4; 8 ] errors
                    // Three halvings of a smooth function: the next term of the expansion is below a tenth of the order.
                    Expect.isLessThan (abs (slope - 2.)) 0.1 $"order {slope}")
        ]

        testList "times" [
            for name, times in
                [
                    "uniform", Times.uniform 1e-3
                    "log-normal", Times.logNormal sde -1. 1.
                    "importance", Times.importance sde
                ] do
                for design in [ "independent", id; "stratified", Times.stratified; "antithetic", Times.antithetic ] do
                    testCase $"{name}, {fst design}: the distribution of a sample is its quantile function's" (fun () ->
                        let drawn = snd design times
                        let n = 4000
                        let t = Times.draw drawn key n
                        // Its own distribution function at its quartiles, by its quantile function.
                        for p in [ 0.25; 0.5; 0.75 ] do
                            let q = times.Quantile p
                            let share = (t |> Array.filter (fun x -> x < q) |> Array.length |> float) / float n
                            let error = sqrt (p * (1. - p) / float n)
                            Expect.isLessThan (abs (share - p)) (standardErrors * error) $"share below quantile {p}")

            testCase "importance-sampled times stand for uniform ones, and count one in the mean" (fun () ->
                for sde in Processes.all do
                    let times = Times.importance sde
                    let t = Times.draw times key 20000
                    let weight = t |> Array.map times.ImportanceWeight
                    meanIs 1. weight $"{sde.Name}: weights"
                    meanIs (0.5 * (1. + sde.TrainFrom)) (Array.map2 (*) weight t) $"{sde.Name}: E t"
                    // λ = g² times the weight of a time is σ² up to a constant.
                    let density = t |> Array.map (fun t -> (sde.Diffusion t / (sde.Marginal t).Sigma) ** 2.)
                    let flat = Array.map2 (*) weight density
                    Expect.isLessThan (Array.max flat / Array.min flat) (1. + 1e-9) $"{sde.Name}: constant")

            testCase "importance sampling lowers the variance of the likelihood-weighted loss" (fun () ->
                let spread (objective: Objective) =
                    variance (Batch.toArray (objective.Evaluate score (data 4000) key).PerSample)

                Expect.isLessThan
                    (spread (Objective.likelihoodSampled sde))
                    (0.2 * spread (Objective.likelihood sde))
                    "variance")

            testCase
                "antithetic and stratified times lower the standard error of a loss that is monotone in time"
                (fun () ->
                    // A loss that is σ(t), which is concave: pairs take away its slope, strata all of it.
                    let none = Score(fun x _ -> x * 0.)

                    let noiseless =
                        Objective.ofLoss
                            "level"
                            Citations.vincent2011
                            sde
                            (Times.uniform 1e-3)
                            (Weighting.constant 1.)
                            (fun score noised -> { Value = noised.Sigma; Score = Score.apply score noised.X noised.T })

                    let error change =
                        Evaluation.standardError ((Objective.mapTimes change noiseless).Evaluate none (data 512) key)

                    Expect.isLessThan (error Times.antithetic) (0.8 * error id) "antithetic"
                    Expect.isLessThan (error Times.stratified) (0.1 * error id) "stratified")

            testCase "a distribution of no times is refused" (fun () ->
                throwsArgument (fun () -> Times.oneOf [||]) "no time")
        ]

        testList "combinators" [
            testProperty "scalings differ by ½ and by the number of dimensions" (fun (PositiveInt d) (seed: uint32) ->
                let d = 1 + d % 5
                let key = Key.ofSeed (uint64 seed)
                let x0 = Key.normal Dtype.Float64 [| 3; d |] key
                let model = Score(fun x _ -> x * -0.7)
                let at reduction = value (Objective.continuous sde |> Objective.withReduction reduction) model x0 key
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

            testCase "an objective charges a noise or an energy model through its score" (fun () ->
                let x0, objective = data 8, Objective.continuous sde

                let check (found: Evaluation) name =
                    let accuracy = { absolute = 1e-9; relative = 1e-9 }
                    Expect.floatClose accuracy (single found.Loss) (value objective score x0 key) name

                check (Objective.through (Score.ofNoise sde) objective (Score.toNoise sde score) x0 key) "noise"
                check (Objective.through Score.ofEnergy objective (energyUnder sde (mixtureOf 2)) x0 key) "energy")

            testCase "a report's bands add up to its value, and its scaling is named" (fun () ->
                let objective = Objective.add (Objective.continuous sde) (Objective.hyvarinen sde)
                let report = Objective.report [| 0.1; 1. |] objective score (data 64) key
                Expect.equal report.Reductions [ Reduction.Mean; Reduction.HalfSum ] "reductions"

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

        testList "regularisation" [
            testCase "a penalty on the field's size shrinks the minimiser by 1 + κ, and every rate with it" (fun () ->
                let s, t, kappa = 0.8, sde.TimeOf 0.5, 0.3
                let noised = moments sde s t
                let objective = Objective.explicit sde |> Objective.regularised kappa Penalty.magnitude
                let loss = objective.Terms.Head.Loss
                let f (theta: float) = single ((loss (Score(fun x _ -> x * -theta)) noised).Value.mean())
                let lowest = 1. + lowest (fun u -> f (1. + u))
                let struct (alpha, sigma) = alphaSigma sde t
                let exact = 1. / ((alpha * alpha * s * s + sigma * sigma) * (1. + kappa))
                Expect.floatClose { absolute = 0.; relative = 1e-9 } lowest exact "minimiser")

            testCase "stiffness is the Jacobian's Frobenius norm, asymmetry that of J − Jᵀ" (fun () ->
                let field, a = matrixField 3
                let n = 6000

                let noised =
                    Perturbation.noised sde (normal64 [| n; 3 |] "x") (Batch.fill n 0.3) (normal64 [| n; 3 |] "z") key

                let score = Score(fun x _ -> field x)
                let struct (_, sigma) = alphaSigma sde 0.3
                let frobenius (m: Tensor) = single ((m * m).sum()) * sigma * sigma / 3.

                let found (penalty: Penalty) =
                    values (penalty score noised { Value = noised.T; Score = field noised.X })

                meanIs (frobenius a) (found (Penalty.stiffness Probe.Gaussian)) "stiffness"
                meanIs (frobenius (a - a.transpose ())) (found (Penalty.asymmetry Probe.Rademacher)) "asymmetry")
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
