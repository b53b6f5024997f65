module Core.Tests.ObservationTests

open System
open DiffSharp
open Expecto
open ScoreFunctional
open Core.Tests.Support

/// The exact distribution of Gaussian data given y = Ax + noise, by small dense matrices: d, means and variances of the
/// data, A row by row.
let private conditional (mean: float[]) (variance: float[]) (a: float[][]) (sigma: float) (y: float[]) =
    let m = a.Length
    // S = A C Aᵀ + σ²I, inverted by Gauss and Jordan.
    let s =
        Array.init m (fun i ->
            Array.init (2 * m) (fun j ->
                if j < m then
                    Array.fold2 (fun sum (u: float, v) c -> sum + u * v * c) 0. (Array.zip a[i] a[j]) variance
                    + (if i = j then sigma * sigma else 0.)
                elif j - m = i then
                    1.
                else
                    0.))

    for i in 0 .. m - 1 do
        let pivot = s[i][i]
        s[i] <- s[i] |> Array.map (fun v -> v / pivot)

        for k in 0 .. m - 1 do
            if k <> i then
                let f = s[k][i]
                s[k] <- Array.map2 (fun u v -> u - f * v) s[k] s[i]

    let inverse i j = s[i][m + j]
    let gain i k = Seq.sum (seq { for l in 0 .. m - 1 -> variance[i] * a[l][i] * inverse l k })

    let residual = Array.init m (fun k -> y[k] - Array.fold2 (fun sum u v -> sum + u * v) 0. a[k] mean)

    let means =
        mean
        |> Array.mapi (fun i mu -> mu + Seq.sum (seq { for k in 0 .. m - 1 -> gain i k * residual[k] }))

    let covariance i j =
        (if i = j then variance[i] else 0.)
        - Seq.sum (seq { for k in 0 .. m - 1 -> gain i k * a[k][j] * variance[j] })

    means, covariance

/// Exact scores given the observation under every noise level: the data's distribution replaced by the conditional one. Only
/// for observations of single values, which keep the distribution's coordinates independent.
let private given (known: Set<int>) sigma (y: float[]) (mean: float[]) (deviation: float[]) =
    let part i =
        if Set.contains i known then
            let v = deviation[i] * deviation[i]
            let gain = v / (v + sigma * sigma)
            mean[i] + gain * (y[i] - mean[i]), sqrt (v * (1. - gain))
        else
            mean[i], deviation[i]

    let parts = Array.init mean.Length part

    Mixture.create [
        {
            Weight = 1.
            Mean = parts |> Array.map fst
            Deviation = parts |> Array.map snd
        }
    ]

let private gaussianOf (mean: float[]) (deviation: float[]) =
    Mixture.create [ { Weight = 1.; Mean = mean; Deviation = deviation } ]

/// Every third value is known.
let private known d = Set.ofList [ 0..3 .. d - 1 ]

let private mask shape =
    let d = Array.fold (*) 1 shape
    (Batch.ofArray (Array.init d (fun i -> if (known d).Contains i then 1. else 0.))).view(batchOf 1 shape)

/// The moments of samples [n; d] against a normal distribution, each within its own standard errors.
let private matches (means: float[]) (covariance: int -> int -> float) (pairs: (int * int) list) (x: Tensor) =
    let n, d = Batch.size x, Batch.dimension x
    let xs = values x
    let column i = Array.init n (fun k -> xs[k * d + i])

    // Of so many checks one may be further out than one alone: five standard errors, one in two million each.
    let close error actual expected what =
        Expect.isTrue
            (abs (actual - expected) <= 5. * error + 2e-3)
            $"{what}: expected {expected}, found {actual} ± {error}"

    for i in 0 .. d - 1 do
        close (sqrt (covariance i i / float n)) (mean (column i)) means[i] $"mean of value {i}"

    for i, j in pairs do
        let products = Array.map2 (fun a b -> (a - means[i]) * (b - means[j])) (column i) (column j)
        let error = sqrt ((covariance i i * covariance j j + covariance i j ** 2.) / float n)
        close error (mean products) (covariance i j) $"covariance of values {i} and {j}"

let private draw sde score (n: int) shape =
    // Heun's method in fine steps: its error is far below the standard errors.
    let timeSteps = Schedule.karras 7. 40. 0.002 sde 60

    let start =
        Key.normal Dtype.Float64 (batchOf n shape) (Key.label "prior" key)
        * Samplers.heun.InitialSigma sde timeSteps

    (Sampler.fold (Samplers.heun.Step sde score) timeSteps Callbacks.none key start).X

let private edm = Sde.edm 0.002 40.

[<Tests>]
let tests =
    testList "observation" [
        for sde in Processes.all do
            for shape in shapes do
                testCase
                    $"on a Gaussian the posterior-guided scores are exact at every noise level, under {sde.Name} on %A{List.ofArray shape}"
                    (fun () ->
                        let d, n = Array.fold (*) 1 shape, 4
                        let mean = Array.init d (fun i -> 0.3 * sin (float i))
                        let equal = Array.create d 0.7
                        let unequal = Array.init d (fun i -> 0.4 + 0.1 * float (i % 5))
                        let y = Array.init d (fun i -> cos (float i))
                        let value = (Batch.ofArray y).view(batchOf 1 shape)
                        let x = normal64 (batchOf n shape) "observation" * 2.
                        let sigma = 0.3
                        let observation = Observation.masked (mask shape) sigma value
                        // Noise levels where both the data and the noise matter; the smallest amplifies rounding.
                        for level in [ 0.05; 0.5; 5. ] do
                            let t = Batch.fill n (sde.TimeOf level)
                            let accuracy = { absolute = 1e-6; relative = 1e-6 }

                            let exact deviation =
                                Score.apply (Mixture.score sde (given (known d) sigma y mean deviation)) x t

                            let guided form deviation =
                                Score.apply (form sde observation (Mixture.score sde (gaussianOf mean deviation))) x t

                            allClose
                                accuracy
                                (guided (Observation.pseudoinverse 0.7 1) equal)
                                (exact equal)
                                $"pseudoinverse at {level}"

                            // Five different variances: as many conjugate gradients.
                            allClose
                                accuracy
                                (guided (Observation.tweedie 5) unequal)
                                (exact unequal)
                                $"Tweedie's covariance at {level}")

        for sigma in [ 0.; 0.4 ] do
            testCase $"samples given mixed values match the exact conditional, noise {sigma}" (fun () ->
                let mean, deviation = [| 0.5; -0.3; 0.2 |], [| 1.; 0.6; 0.8 |]
                let a = [| [| 1.; 1.; 0. |]; [| 0.; 0.5; -1. |] |]
                let y = [| 1.2; 0.4 |]
                let n = 20000
                let rows = (Batch.ofArray (Array.concat a)).view [| 2; 3 |]
                let value = ((Batch.ofArray y).view [| 1; 2 |]).expand [| n; 2 |]
                let observation = Observation.matrix rows sigma value
                let score = Mixture.score edm (gaussianOf mean deviation) |> Observation.tweedie 2 edm observation
                let variance = deviation |> Array.map (fun s -> s * s)
                let means, covariance = conditional mean variance a sigma y
                let x = draw edm score n [| 3 |]
                matches means covariance [ 0, 0; 1, 1; 2, 2; 0, 1; 0, 2; 1, 2 ] x)

        for shape in shapes do
            testCase $"samples given known values match the exact conditional on %A{List.ofArray shape}" (fun () ->
                let d = Array.fold (*) 1 shape
                let n = 8000
                let mean, deviation = Array.init d (fun i -> 0.3 * sin (float i)), Array.create d 0.7
                let y = Array.init d (fun i -> cos (float i))
                let observation = Observation.masked (mask shape) 0.3 ((Batch.ofArray y).view(batchOf 1 shape))

                let score =
                    Mixture.score edm (gaussianOf mean deviation) |> Observation.pseudoinverse 0.7 1 edm observation

                let variance i = if (known d).Contains i then 1. / (1. / 0.49 + 1. / 0.09) else 0.49

                let means =
                    mean
                    |> Array.mapi (fun i m -> if (known d).Contains i then m + variance i / 0.09 * (y[i] - m) else m)

                let covariance i j = if i = j then variance i else 0.
                matches means covariance [ 0, 0; d - 1, d - 1; 0, d - 1 ] (draw edm score n shape))

        for sde in Processes.all do
            testCase
                $"replacement keeps what is known and leaves the rest its distribution, under {sde.Name}"
                (fun () ->
                    let mean, deviation = [| 0.5; -0.3; 0.2 |], [| 1.; 0.6; 0.8 |]
                    let n = 8000
                    let value = Batch.ofArray([| 0.9; 0.; -1. |]).view [| 1; 3 |]
                    let mask = Batch.ofArray([| 1.; 0.; 1. |]).view [| 1; 3 |]
                    let observation = Observation.masked mask 0. value
                    let score = Mixture.score sde (gaussianOf mean deviation)
                    let timeSteps = Schedule.karras 7. 40. 0.002 sde 60

                    let start =
                        Key.normal Dtype.Float64 [| n; 3 |] (Key.label "prior" key)
                        * Samplers.heun.InitialSigma sde timeSteps

                    let step = Samplers.heun.Step sde score |> Observation.replace sde observation
                    let x = (Sampler.fold step timeSteps Callbacks.none key start).X
                    let columns = (x.split ([ 1; 1; 1 ], dim = 1)) |> Array.map values
                    columns[0] |> Array.iter (fun v -> Expect.equal v 0.9 "the first known value")
                    columns[2] |> Array.iter (fun v -> Expect.equal v -1. "the last known value")
                    meanIs -0.3 columns[1] "the unknown value's mean"

                    Expect.floatClose
                        { absolute = 0.; relative = standardErrors * sqrt (2. / float n) + 0.01 }
                        (variance columns[1])
                        0.36
                        "its variance")

        for sde in Processes.all do
            for sampler in Samplers.all do
                if Sampler.supports sampler sde then
                    testCase
                        $"replacement ends at the known values, to the bit, by {sampler.Name} under {sde.Name}"
                        (fun () ->
                            for shape in [ [| 2 |]; [| 1; 4; 4 |] ] do
                                let d = Array.fold (*) 1 shape
                                let value = normal64 (batchOf 1 shape) "known"
                                let observation = Observation.masked (mask shape) 0. value
                                let score = Mixture.score sde (mixtureOf d)

                                let replaced = {
                                    sampler with
                                        Step =
                                            fun sde score ->
                                                sampler.Step sde score |> Observation.replace sde observation
                                }

                                let drawn = (Sampler.draw replaced sde score 4 Callbacks.none (batchOf 3 shape) key).X

                                Expect.equal drawn.dtype Dtype.Float32 "type"
                                let wanted = values (value.cast Dtype.Float32)

                                values drawn
                                |> Array.iteri (fun i v ->
                                    if (known d).Contains(i % d) then
                                        Expect.equal v wanted[i % d] $"known value {i % d}"
                                    else
                                        Expect.isTrue (Double.IsFinite v) $"value {i % d}"))

        testCase "diffusion posterior sampling brings samples to the observation" (fun () ->
            let m = mixtureOf 4
            let score = Mixture.score edm m
            let n = 500
            let a = Batch.ofArray([| 1.; 1.; 0.; 0.; 0.; 0.5; 0.; 1. |]).view [| 2; 4 |]
            let value = Batch.ofArray([| 0.9; -0.4 |]).view([| 1; 2 |]).expand [| n; 2 |]
            let observation = Observation.matrix a 0. value
            let timeSteps = Schedule.karras 7. 40. 0.002 edm 60
            let start = Key.normal Dtype.Float64 [| n; 4 |] (Key.label "prior" key) * 40.

            let residual step =
                let x = (Sampler.fold step timeSteps Callbacks.none key start).X
                mean (values (Batch.norm (observation.Apply x - observation.Value)))

            let free = residual (Step.heun edm score)
            let guided = residual (Step.heun edm score |> Observation.dps 0.1 edm score observation)
            Expect.isGreaterThan free 0.5 "without, samples are where the data are"
            Expect.isLessThan guided (0.25 * free) "with, the residual is a quarter or less")

        testCase "A's transpose is its transpose" (fun () ->
            let x, v = normal64 [| 3; 2; 4 |] "x", normal64 [| 3; 5 |] "v"
            let a = (normal64 [| 5; 8 |] "a")
            let observation = Observation.matrix a 0. v
            // ⟨Ax, v⟩ = ⟨x, Aᵀv⟩.
            allClose
                rounding64
                (Batch.dot (observation.Apply x) v)
                (Batch.dot x (Observation.transpose observation x v))
                "inner products")
    ]
