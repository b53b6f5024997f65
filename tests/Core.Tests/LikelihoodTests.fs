module Core.Tests.LikelihoodTests

open System
open DiffSharp
open Expecto
open ScoreFunctional
open Core.Tests.Support

/// The bound that the purpose of this code states, in nats.
let private nats = { absolute = 1e-3; relative = 0. }

/// A noise level at which the density of the mixtures here differs from the one without noise by less than 1e-4 nats
/// (½σ²(‖s‖² + ∇·s), with ‖s‖² at most some hundreds).
let private lowest = 5e-4

/// The distribution at the end of the exact flow: the mixture's own marginal at t = 1.
let private exactPrior (sde: Sde) (m: Mixture) (x: Tensor) = logDensityUnder sde m x (Batch.fill (Batch.size x) 1.)

let private clockOf (sde: Sde) = Likelihood.logNoiseLevel sde (max lowest (sde.Level 0. * 1.0001))

/// The density at the clock's start, exactly.
let private truth (sde: Sde) (timeChange: TimeChange) (m: Mixture) (x: Tensor) =
    logDensityUnder sde m x (Batch.fill (Batch.size x) (timeChange.Time timeChange.From))
    |> Batch.toArray

let private foundFrom timeChange settings sde (m: Mixture) key x =
    Likelihood.along settings timeChange (exactPrior sde m) sde.Process (Mixture.score sde m) key x

let private found settings sde m key x = foundFrom (clockOf sde) settings sde m key x

/// Correlated Gaussian data in d coordinates: the Jacobian of its score has off-diagonal entries everywhere, so that
/// probes err. The covariance is 0.4 I + 0.6/d · 11ᵀ.
let private correlated d : Sde -> Score =
    fun sde ->
        Score(fun x t ->
            let n = Batch.size x
            let inner = Sde.coefficient sde t (fun m -> 0.4 * m.Alpha * m.Alpha + m.Sigma * m.Sigma)
            let outer = Sde.coefficient sde t (fun m -> m.Alpha * m.Alpha + m.Sigma * m.Sigma)
            // Along 11ᵀ the variance is 1, across it 0.4.
            let rows = Batch.rows x
            let along = (rows.mean (1, keepDim = true)).expand [ n; d ]
            -(Batch.divide inner (rows - along) + Batch.divide outer along).view x.shape)

/// P(X ≤ k) for X of the binomial distribution of n trials with chance p; terms by their logarithms, which do not underflow.
let private binomialTail n p k =
    let next i term = term + log (float (n - i) / float (i + 1)) + log (p / (1. - p))

    Seq.init k id |> Seq.scan (fun term i -> next i term) (float n * log (1. - p)) |> Seq.sumBy exp

[<Tests>]
let tests =
    testList "likelihood" [
        for sde in Processes.all do
            for shape in shapes do
                testCase $"a mixture's log-density under {sde.Name} to 1e-3 nats on %A{List.ofArray shape}" (fun () ->
                    let d = Array.fold (*) 1 shape
                    let m = mixtureOf d
                    let n = 3
                    let x = Mixture.sample m Dtype.Float64 (batchOf n shape) (Key.label "likelihood" key)

                    // Many dimensions cost as many products; a thirtieth of the bound a step is then tight enough.
                    let settings =
                        if d = 2 then
                            Likelihood.precise
                        else
                            { Likelihood.precise with Points = 3e-5; Nats = 3e-5 }

                    let result = found settings sde m key x
                    let expected = truth sde (clockOf sde) m x
                    let solver = Batch.toArray result.Solver

                    Expect.equal
                        (Batch.toArray result.Probes)
                        (Array.zeroCreate n)
                        "the exact divergence has no probes"

                    Batch.toArray result.LogDensity
                    |> Array.iteri (fun i actual ->
                        Expect.floatClose nats actual expected[i] $"sample {i}"

                        Expect.isLessThan
                            (abs (actual - expected[i]))
                            (solver[i] + 1e-7)
                            $"stated error of sample {i}"))

        testCase
            "from the earliest time on, in time itself, for a process of which only drift and diffusion are known"
            (fun () ->
                let sde = Sde.vp 0.1 20.
                let m = mixtureOf 2
                let x = Mixture.sample m Dtype.Float64 [| 8; 2 |] (Key.label "likelihood" key)
                let proc = sde.Process
                let result = foundFrom (Likelihood.identityTime proc) Likelihood.precise sde m key x
                let expected = logDensityUnder sde m x (Batch.fill 8 proc.TrainFrom) |> Batch.toArray
                Array.iter2 (fun a e -> Expect.floatClose nats a e "sample") (Batch.toArray result.LogDensity) expected)

        for sde in Processes.all do
            testCase
                $"the logarithm of the noise level is a variable whose rate is its slope, under {sde.Name}"
                (fun () ->
                    let change = clockOf sde
                    let h = 1e-5

                    for share in [ 0.01; 0.2; 0.5; 0.8; 0.99 ] do
                        let u = change.From + share * (change.Until - change.From)
                        let slope = (change.Time(u + h) - change.Time(u - h)) / (2. * h)
                        Expect.floatClose differences (change.Rate u) slope $"rate at {share} of the way")

            testCase $"what an early stop leaves out is stated, under {sde.Name}" (fun () ->
                let m = mixtureOf 2
                let x = Mixture.sample m Dtype.Float64 [| 16; 2 |] (Key.label "likelihood" key)
                // A level that matters: the data's deviations are 0.5 to 0.7.
                let level = 0.05
                let result = foundFrom (Likelihood.logNoiseLevel sde level) Likelihood.precise sde m key x
                let without = Mixture.logDensity m x |> Batch.toArray
                let stated = Batch.toArray result.EarlyStop
                let left = Array.map2 (-) without (Batch.toArray result.LogDensity)
                let size = left |> Array.map abs |> Array.max
                Expect.isGreaterThan size 2e-3 "it matters here"

                // The next order is smaller by (σ/s)² = 1 %, with a factor of some tens in the tails.
                Array.iter2
                    (fun (a: float) e -> Expect.isLessThan (abs (a - e)) (0.15 * size) $"stated {a}, left {e}")
                    stated
                    left)

        testCase "the process's own prior is as far from the marginal as the noise lets it be" (fun () ->
            let sde = Sde.edm 0.002 80.
            let m = mixtureOf 2
            let x = Mixture.sample m Dtype.Float64 [| 8; 2 |] (Key.label "likelihood" key)
            let result = Likelihood.logDensity Likelihood.precise sde lowest (Mixture.score sde m) key x
            let expected = Mixture.logDensity m x |> Batch.toArray
            // x·μ/σ² and ½d s²/σ² at σ = 80, |μ| < 1, |x| < 5σ.
            let bound = { absolute = 0.1; relative = 0. }
            Array.iter2 (fun a e -> Expect.floatClose bound a e "sample") (Batch.toArray result.LogDensity) expected)

        for shape in [ [| 1; 8; 8 |]; [| 3; 4; 4 |] ] do
            testCase
                $"the truth lies inside the stated bar 95 times in 100, with probes on %A{List.ofArray shape}"
                (fun () ->
                    let d = Array.fold (*) 1 shape
                    let sde = Sde.vp 0.1 20.
                    let n, probes = 400, 16

                    // Eight components: away from its diagonal the Jacobian has seven directions, and they turn on the way.
                    let mixture =
                        let means = values (normal64 [| 8; d |] "components")

                        Mixture.create [
                            for c in 0..7 ->
                                {
                                    Weight = 1.
                                    Mean = Array.init d (fun i -> 0.5 * means[c * d + i])
                                    Deviation = Array.init d (fun i -> 0.6 + 0.1 * float ((i + c) % 4))
                                }
                        ]

                    let x = Mixture.sample mixture Dtype.Float64 (batchOf n shape) (Key.label "likelihood" key)
                    let settings = { Likelihood.estimated probes with Points = 1e-3; Nats = 1e-3 }
                    let result = found settings sde mixture key x
                    let expected = truth sde (clockOf sde) mixture x
                    let errors = Array.map2 (-) (Batch.toArray result.LogDensity) expected
                    let probe, solver = Batch.toArray result.Probes, Batch.toArray result.Solver
                    // Student's t with fifteen degrees of freedom, 97.5 %.
                    let bars = Array.map2 (fun p s -> 2.1314 * p + s) probe solver

                    let inside =
                        Array.map2 (fun (e: float) b -> abs e <= b) errors bars |> Array.filter id |> Array.length

                    // A bar that holds 95 % holds fewer than this once in 10,000 keys.
                    let least = Seq.init n id |> Seq.find (fun k -> binomialTail n 0.95 k > 1e-4)
                    Expect.isGreaterThanOrEqual inside least $"{inside} of {n} inside"

                    // And it is no wider than it has to be: the mean square of 2.13 standard errors is 4.5 of theirs.
                    let square xs = xs |> Array.averageBy (fun (v: float) -> v * v)
                    Expect.isLessThan (square bars) (2. * 4.5 * square errors) "the bar is of the size of the errors"

                    // Unbiased: the mean error is zero within its own standard error and the solver's.
                    let mean, error = mean errors, sqrt (variance errors / float n)
                    Expect.isLessThan (abs mean) (standardErrors * error + Array.average solver) "mean error")

        testCase "a sample's log-density does not depend on its batch" (fun () ->
            let sde, m = Sde.edm 0.002 80., mixtureOf 6
            let x = Mixture.sample m Dtype.Float64 [| 5; 6 |] (Key.label "likelihood" key)
            let settings = Likelihood.estimated 3
            let all = Batch.toArray (found settings sde m key x).LogDensity

            for i in 0..4 do
                let alone = found settings sde m (Key.fromSample i key) ((x.split (Array.create 5 1))[i])
                Expect.floatClose rounding64 (single alone.LogDensity) all[i] $"sample {i}")

        testCase "other probes, other estimates; one probe has no standard error" (fun () ->
            let sde, x = Sde.edm 0.002 80., normal64 [| 3; 8 |] "likelihood"

            let estimate probes key =
                Likelihood.logDensity (Likelihood.estimated probes) sde 0.05 (correlated 8 sde) key x

            let a, b = estimate 1 key, estimate 1 (Key.label "other" key)
            Expect.notEqual (values a.LogDensity) (values b.LogDensity) "other keys"
            Expect.isTrue (values a.Probes |> Array.forall Double.IsNaN) "one probe"
            Expect.isTrue (values (estimate 4 key).Probes |> Array.forall (fun e -> e > 0.)) "four probes"
            throwsArgument (fun () -> estimate 0 key) "no probe"
            throwsArgument (fun () -> Likelihood.logNoiseLevel sde 100.) "a level above the process's")

        testCase "dequantised values fill their cells evenly, and bits are those of the grid" (fun () ->
            let grid = Key.integers 0 256 2000 key |> Array.map (fun v -> 2. * float v / 255. - 1.)
            let x = (Batch.ofArray grid).view [| 500; 4 |]
            let spacing = 2. / 255.
            let offsets = values (Likelihood.dequantise spacing key x - x) |> Array.map (fun o -> o / spacing + 0.5)
            Expect.isTrue (offsets |> Array.forall (fun u -> u >= -1e-9 && u < 1. + 1e-9)) "inside the cell"
            meanIs 0.5 offsets "uniform: its mean"
            meanIs (1. / 3.) (offsets |> Array.map (fun u -> u * u)) "uniform: its second moment"
            // The uniform density on the 256 cells, (256 · spacing)^(−d), is 8 bits for each value.
            let uniform = -784. * log (256. * spacing)
            Expect.floatClose rounding64 (Likelihood.bitsPerDimension spacing 784 uniform) 8. "eight bits")

        testCase "a budget tells its sources apart" (fun () ->
            // Each sample's nats: a value of its own (deviation 5), dequantisation (2), probes (1).
            let n, d = 4000, 10
            let part (purpose: string) (deviation: float) = values (normal64 [| n |] purpose * deviation)
            let own, first, second = part "own" 5., part "u0" 2., part "u1" 2.
            let sum = Array.map2 (+)
            let all = sum own first |> sum (part "p0" 1.)

            let found =
                BitsPerDimension.budget 1. d {
                    All = all
                    Probes = sum own first |> sum (part "p1" 1.)
                    Dequantised = sum own second |> sum (part "p2" 1.)
                    Solver = all |> Array.map (fun v -> v + 0.25)
                    EarlyStop = all[..99] |> Array.map (fun v -> v - 0.5)
                }

            let bits = 1. / (float d * log 2.)
            // Variances of 4000 draws are known to 2.2 %, so deviations to 1.1 %; four of these, and one for each difference.
            let close = { absolute = 0.; relative = 0.08 }
            let error deviation = deviation / sqrt (float n) * bits
            Expect.floatClose close found.Images (error (sqrt 30.)) "images"
            Expect.floatClose close found.Probes (error 1.) "probes"
            Expect.floatClose close found.Dequantisation (error 2.) "dequantisation"
            Expect.floatClose rounding64 found.Solver (-0.25 * bits) "solver"
            Expect.floatClose rounding64 found.EarlyStop (0.5 * bits) "early stop"
            Expect.equal found.Count n "samples"
            Expect.floatClose rounding64 found.Mean (-(Array.average all) * bits) "mean")

        for sde in Processes.all do
            testCase $"a model held below a noise level is itself above it, under {sde.Name}" (fun () ->
                let m = mixtureOf 2
                let score = Mixture.score sde m
                let level = 0.2
                let x = normal64 [| 4; 2 |] "held"
                let at r = Batch.fill 4 (sde.TimeOf r)
                let held = Score.clampedBelow sde level score
                allClose derived64 (Score.apply held x (at 0.5)) (Score.apply score x (at 0.5)) "above"
                let (Denoiser held) = Score.toDenoiser sde held
                let (Denoiser whole) = Score.toDenoiser sde score
                allClose derived64 (held x (Batch.fill 4 0.05)) (whole x (Batch.fill 4 level)) "below")
    ]
