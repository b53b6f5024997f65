/// Posterior moments by differentiating a score.
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
    ]
