/// What follows from a score by differentiating it: posterior moments, energies, and whether it is a gradient.
module Core.Tests.TweedieTests

open System
open DiffSharp
open Expecto
open ScoreFunctional
open Core.Tests.Support

/// Mean and covariance of x₀ given αx₀ + σz = x by Bayes' rule, component by component: no score, no derivative.
let private bayes (components: Component list) (alpha: float) (sigma: float) (x: float[]) =
    let d = x.Length

    let posteriors =
        components
        |> List.map (fun c ->
            let marginal i = alpha * alpha * c.Deviation[i] ** 2. + sigma * sigma
            let residue i = x[i] - alpha * c.Mean[i]

            let log =
                log c.Weight
                - 0.5 * Seq.sumBy (fun i -> residue i ** 2. / marginal i + log (marginal i)) [ 0 .. d - 1 ]

            let mean = Array.init d (fun i -> c.Mean[i] + alpha * c.Deviation[i] ** 2. / marginal i * residue i)
            let variance = Array.init d (fun i -> (c.Deviation[i] * sigma) ** 2. / marginal i)
            log, mean, variance)

    let top = posteriors |> List.map (fun (l, _, _) -> l) |> List.max
    let total = posteriors |> List.sumBy (fun (l, _, _) -> exp (l - top))
    let shares = posteriors |> List.map (fun (l, m, v) -> exp (l - top) / total, m, v)
    let mean = Array.init d (fun i -> shares |> List.sumBy (fun (r, m, _) -> r * m[i]))

    let covariance =
        Array.init d (fun i ->
            Array.init d (fun j ->
                (shares |> List.sumBy (fun (r, m, v) -> r * (m[i] * m[j] + if i = j then v[i] else 0.)))
                - mean[i] * mean[j]))

    mean, covariance

let private cases = [
    for sde in Processes.all do
        for shape in shapes do
            sde, shape
]

let private title (sde: Sde, shape: int[]) = $"under {sde.Name}, samples of %A{List.ofArray shape}"

/// Three samples at three noise levels, with the exact score.
let private setting (sde: Sde) (shape: int[]) =
    let d = Array.fold (*) 1 shape
    let mixture = mixtureOf d
    let t = Batch.ofArray ([| 0.1; 0.7; 3. |] |> Array.map sde.TimeOf)
    let x0 = Mixture.sample mixture Dtype.Float64 (batchOf 3 shape) key
    let x = Sde.perturb sde x0 t (normal64 (batchOf 3 shape) "z")
    Mixture.score sde mixture, x, t, d

let private exact (sde: Sde) d (x: Tensor) (t: Tensor) =
    let marginals = Batch.each sde.Marginal t
    let rows = values x |> Array.chunkBySize d
    Array.map2 (fun (m: Marginal) -> bayes (componentsOf d) m.Alpha m.Sigma) marginals rows

/// An energy network over points of the plane, with weights that are not zero.
let private network = Mlp.create { Dimension = 3; Width = 16; Layers = 2; Embedding = 8 }

let private weights = normal64 [| Network.count network |] "weights" * 0.3

[<Tests>]
let tests =
    testList "tweedie" [
        for sde, shape in cases do
            testCase $"posterior mean and covariance are those of Bayes' rule, {title (sde, shape)}" (fun () ->
                let score, x, t, d = setting sde shape
                let expected = exact sde d x t
                let mean = values (Tweedie.mean sde score x t) |> Array.chunkBySize d
                let covariance = values (Tweedie.covariance sde score x t) |> Array.chunkBySize (d * d)
                let variances = values (Tweedie.variances sde score x t) |> Array.chunkBySize d
                let v = normal64 x.shape "v"
                let product = values (Tweedie.product sde score x t v) |> Array.chunkBySize d
                let v = values v |> Array.chunkBySize d

                expected
                |> Array.iteri (fun k (m, c) ->
                    let close a e name =
                        Array.iter2 (fun a e -> Expect.floatClose derived64 a e $"{name}, sample {k}") a e

                    close mean[k] m "mean"
                    close covariance[k] (Array.concat c) "covariance"
                    close variances[k] (Array.init d (fun i -> c[i][i])) "variances"
                    close product[k] (c |> Array.map (fun row -> Array.map2 (*) row v[k] |> Array.sum)) "product"))

        testCase "the variances' estimate has them as its mean" (fun () ->
            let sde = Sde.vp 0.1 20.
            let score, x, t, d = setting sde [| 2 |]
            let n = 4000
            // One sample many times, each with probes of its own.
            let one = x.split([ 1; 2 ]).[0].expand [ n; d ]
            let t = Batch.fill n (single t)
            let exact = values (Tweedie.variances sde score one t)
            let estimate = values (Tweedie.variancesEstimated 2 key sde score one t)

            for i in 0 .. d - 1 do
                meanIs exact[i] (Array.init n (fun k -> estimate[k * d + i])) $"variance {i}"

            throwsArgument (fun () -> Tweedie.variancesEstimated 0 key sde score one t) "no probe")

        for shape in shapes do
            testCase
                $"principal parts rebuild the covariance and are in order, samples of %A{List.ofArray shape}"
                (fun () ->
                    let sde = Sde.edm 0.002 80.
                    let score, x, t, d = setting sde shape
                    let covariance = Tweedie.covariance sde score x t

                    // All ranks rebuild it; and the trace of a few is the sum of the largest.
                    if d = 2 then
                        let all = Tweedie.principalComponents d 2 key sde score x t

                        let rebuilt =
                            all
                            |> List.map (fun (variance, v) ->
                                let v = Batch.rows v
                                Batch.scale variance ((v.unsqueeze 2).matmul(v.unsqueeze 1)))
                            |> List.reduce (+)

                        allClose derived64 rebuilt covariance "sum over ranks"

                    let parts = Tweedie.principalComponents 2 60 key sde score x t

                    let first, second = Batch.toArray (fst parts[0]), Batch.toArray (fst parts[1])
                    Array.iter2 (fun a b -> Expect.isGreaterThanOrEqual a b "decreasing") first second

                    let variance, v = parts.Head
                    let image = Tweedie.product sde score x t v
                    let off = values (Batch.norm (image - Batch.scale variance v))
                    // An eigenvector to the square root of what the iteration leaves; the eigenvalue is better by a square.
                    Array.iter2
                        (fun o l -> Expect.isLessThan (o / l) 0.05 "an eigenvector")
                        off
                        (Batch.toArray variance)

                    allClose { absolute = 1e-9; relative = 0. } (Batch.norm v) (Batch.fill 3 1.) "unit"
                    throwsArgument (fun () -> Tweedie.principalComponents (d + 1) 1 key sde score x t) "rank"
                    throwsArgument (fun () -> Tweedie.principalComponents 1 0 key sde score x t) "iterations")

        testList "energy" [
            testCase "a network of zeros is the energy of normal data, at every noise level of every process" (fun () ->
                for sde in Processes.all do
                    let zero = Energy.edmScore sde 0.8 network (weights * 0.)
                    let x, t = normal64 [| 4; 3 |] "x", Batch.ofArray ([| 0.05; 0.5; 2.; 7. |] |> Array.map sde.TimeOf)
                    let exact = Mixture.score sde (Mixture.gaussian 0. 0.8 3)
                    allClose derived64 (Score.apply zero x t) (Score.apply exact x t) sde.Name)

            testCase "its denoiser is EDM's with the network's symmetrised derivative" (fun () ->
                let sde, s = Sde.edm 0.002 80., 0.8
                let y, r = normal64 [| 4; 3 |] "x", Batch.ofArray [| 0.05; 0.5; 2.; 7. |]
                let raw = network.Apply weights
                let (Denoiser denoise) = Energy.edmScore sde s network weights |> Score.toDenoiser sde
                let total = r * r + s * s
                let scaled = Batch.divide (total.sqrt ()) y
                let struct (f, pull) = Divergence.vjp (fun u -> raw u (r.log () * 0.25)) scaled

                let expected =
                    Batch.scale (r * 0. + s * s) (Batch.divide total y)
                    + Batch.scale (r * s / total.sqrt ()) (f + pull scaled)

                allClose derived64 (denoise y r) expected "denoiser")

            testCase "differences of log-density are line integrals of the score" (fun () ->
                let sde = Sde.vp 0.1 20.
                let energy = network.Apply weights |> Energy.edm sde 0.8
                let score = Score.ofEnergy energy
                let a, b, t = normal64 [| 2; 3 |] "a", normal64 [| 2; 3 |] "b", Batch.ofArray [| 0.2; 0.7 |]
                // Simpson's rule in 200 parts: a fourth-order error below 1e-9 for a network this smooth.
                let parts = 200

                let integral =
                    Seq.init (parts + 1) (fun i ->
                        let weight =
                            if i = 0 || i = parts then 1.
                            elif i % 2 = 1 then 4.
                            else 2.

                        Batch.dot (Score.apply score (a + (b - a) * (float i / float parts)) t) (b - a) * weight)
                    |> Seq.reduce (+)
                    |> fun sum -> sum / (3. * float parts)

                allClose
                    { absolute = 1e-6; relative = 1e-6 }
                    (Energy.logDensity energy b t - Energy.logDensity energy a t)
                    integral
                    "difference")

            testCase "an energy's score is conservative, a linear field's ratio is the one of its matrix" (fun () ->
                let sde = Sde.ve 0.01 50.
                let x0, levels = normal64 [| 2000; 3 |] "x", [| 0.1; 1. |]
                let energy = Conservativity.measure levels key sde (Energy.edmScore sde 0.8 network weights) x0

                for found in energy do
                    Expect.isLessThan found.Ratio 1e-10 $"energy at {found.Level}"

                let free = Conservativity.measure levels key sde (Preconditioning.edmScore sde 0.8 network weights) x0
                Expect.isTrue (free |> Array.forall (fun f -> f.Ratio > 1e-3)) "a free network is not"
                let a = normal64 [| 3; 3 |] "matrix"
                let size (m: Tensor) = single ((m * m).sum())
                let exact = sqrt (size (a - a.transpose ()) / size a)

                for found in Conservativity.measure levels key sde (Score(fun x _ -> x.matmul a)) x0 do
                    Expect.isLessThan (abs (found.Ratio - exact)) (standardErrors * found.StandardError) "linear")

            testCase "any objective trains an energy: gradients reach its weights" (fun () ->
                let sde = Sde.edm 0.002 80.
                let x0 = Mixture.sample (mixtureOf 3) Dtype.Float64 [| 4; 3 |] key

                for row in Objectives.table.Members do
                    let loss parameters =
                        let energy = network.Apply parameters |> Energy.edm sde 0.8

                        let objective =
                            match (Member.makeDefault row).Create with
                            | ObjectiveOf.Score create -> create sde
                            | ObjectiveOf.Energy create -> create sde energy

                        (Objective.evaluate objective (Score.ofEnergy energy) x0 key).Loss

                    let v = normal64 weights.shape "along"
                    let slope = single ((dsharp.grad loss weights * v).sum())
                    let central = slopeAlong 1e-5 loss weights v
                    Expect.floatClose { absolute = 1e-5; relative = 1e-5 } slope central row.Name)
        ]
    ]
