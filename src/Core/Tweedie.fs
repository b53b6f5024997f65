namespace ScoreFunctional

open DiffSharp

/// <summary>The mean and covariance of the data x₀ given a noised sample <c>x_t = αx₀ + σz</c>, from the score. The mean is Tweedie's
/// formula (Efron 2011). The covariance is <c>Cov[x₀ | x_t] = (σ²/α²)(I + σ²J)</c> with the Jacobian <c>J = ∇s(x_t, t)</c> (Efron
/// 2011, equation 2.8; Meng et al. 2021, theorem 1). Shapes: <c>x [n; …]</c>, <c>t [n]</c>.</summary>
module Tweedie =

    /// <summary>The posterior mean <c>E[x₀ | x_t] = (x + σ²s)/α</c>, <c>[n; …]</c>.</summary>
    let mean (sde: Sde) (score: Score) (x: Tensor) (t: Tensor) : Tensor =
        let (DataPrediction field) = Score.toData sde score
        field x t

    /// σ²/α² and σ², [n] each.
    let private factors (sde: Sde) t = Sde.coefficients sde t (fun m -> struct (m.Level * m.Level, m.Sigma * m.Sigma))

    let private field score t = fun x -> Score.apply score x t

    /// <summary>The posterior covariance times one vector per sample, <c>v [n; …] → [n; …]</c>: one Jacobian–vector product.</summary>
    let product (sde: Sde) (score: Score) (x: Tensor) (t: Tensor) (v: Tensor) : Tensor =
        let struct (outer, variance) = factors sde t
        let struct (_, jv) = Divergence.jvp (field score t) x v
        Batch.scale outer (v + Batch.scale variance jv)

    /// <summary>The posterior variances, the diagonal of the covariance, <c>[n; …]</c>: one vector–Jacobian product per
    /// dimension.</summary>
    let variances (sde: Sde) (score: Score) (x: Tensor) (t: Tensor) : Tensor =
        let struct (outer, variance) = factors sde t
        let struct (_, vjp) = Divergence.vjp (field score t) x

        let diagonal =
            Seq.init (Batch.dimension x) (fun i ->
                let e = Divergence.unit x i
                vjp e * e)
            |> Seq.reduce (+)

        Batch.scale outer (x.onesLike () + Batch.scale variance diagonal)

    /// <summary>An unbiased estimate of the posterior variances, <c>[n; …]</c>, from a number of Rademacher probes per sample:
    /// <c>E[v ∘ Cv]</c> is the diagonal of C (Bekas, Kokiopoulou and Saad 2007).</summary>
    /// <exception cref="T:System.ArgumentException">Fewer than one probe.</exception>
    let variancesEstimated (probes: int) (key: Key) (sde: Sde) (score: Score) (x: Tensor) (t: Tensor) : Tensor =
        if probes < 1 then
            invalidArg (nameof probes) $"expected at least one probe, found {probes}"

        Seq.init probes (fun i ->
            let v = Divergence.probe Probe.Rademacher x (Key.child i key)
            v * product sde score x t v)
        |> Seq.reduce (+)
        |> fun total -> total / float probes

    /// <summary>The full posterior covariance of each sample, <c>[n; d; d]</c> for samples of d numbers: d Jacobian–vector products.
    /// Symmetric if the score is a gradient.</summary>
    let covariance (sde: Sde) (score: Score) (x: Tensor) (t: Tensor) : Tensor =
        List.init (Batch.dimension x) (fun i -> Batch.rows (product sde score x t (Divergence.unit x i)))
        |> fun columns -> dsharp.stack (columns, dim = 2)

    /// Orthonormalises the vectors of each sample (modified Gram–Schmidt, twice for precision).
    let private orthonormal (vectors: Tensor list) =
        let remove (v: Tensor) (q: Tensor) = v - Batch.scale (Batch.dot q v) q

        vectors
        |> List.fold
            (fun found v ->
                let rest = List.fold remove (List.fold remove v found) found
                found @ [ Batch.divide (Batch.norm rest) rest ])
            []

    /// <summary>The leading principal components of the posterior covariance, which is assumed symmetric: <c>rank</c> pairs of a variance
    /// <c>[n]</c>, in decreasing order, and a unit direction <c>[n; …]</c>. Subspace iteration from normal directions (Halko,
    /// Martinsson and Tropp 2011, algorithm 4.4); an iteration takes <c>rank</c> Jacobian–vector products.</summary>
    /// <remarks>The sum of <c>variance · direction directionᵀ</c> is the best approximation of that rank. The error
    /// falls by (next variance/last kept variance)² per iteration.</remarks>
    /// <exception cref="T:System.ArgumentException">A rank above the dimension, or fewer than one iteration.</exception>
    let principalComponents
        (rank: int)
        (iterations: int)
        (key: Key)
        (sde: Sde)
        (score: Score)
        (x: Tensor)
        (t: Tensor)
        : (Tensor * Tensor) list =
        let d = Batch.dimension x

        if rank < 1 || rank > d then
            invalidArg (nameof rank) $"expected a rank from 1 to {d}, found {rank}"

        if iterations < 1 then
            invalidArg (nameof iterations) $"expected at least one iteration, found {iterations}"

        let apply = product sde score x t
        let start = List.init rank (fun i -> Key.normalLike x (Key.child i key)) |> orthonormal

        let basis =
            Seq.init iterations id |> Seq.fold (fun vectors _ -> vectors |> List.map apply |> orthonormal) start

        // Rayleigh–Ritz in the subspace: a small symmetric eigenproblem per sample, by Jacobi rotations.
        let images = basis |> List.map apply

        let rotate (columns: (Tensor * Tensor) list) (p, q) =
            let vectors, images = columns |> List.map fst |> Array.ofList, columns |> List.map snd |> Array.ofList
            let dot (a: Tensor) b = Batch.dot a b
            let pp, qq = dot vectors[p] images[p], dot vectors[q] images[q]
            let pq = (dot vectors[p] images[q] + dot vectors[q] images[p]) * 0.5

            let angle =
                Array.map3
                    (fun pp qq pq -> 0.5 * atan2 (2. * pq) (pp - qq))
                    (Batch.toArray pp)
                    (Batch.toArray qq)
                    (Batch.toArray pq)

            let c, s = angle |> Array.map cos |> Batch.ofArray, angle |> Array.map sin |> Batch.ofArray
            let turn (a: Tensor) b = Batch.combine c a s b, Batch.combine c b -s a

            columns
            |> List.mapi (fun i column ->
                let (vp, vq), (ip, iq) = turn vectors[p] vectors[q], turn images[p] images[q]

                if i = p then vp, ip
                elif i = q then vq, iq
                else column)

        let pairs = [
            for p in 0 .. rank - 2 do
                for q in p + 1 .. rank - 1 -> p, q
        ]

        // Jacobi sweeps converge quadratically; five are enough for matrices this small.
        let columns = List.replicate 5 pairs |> List.concat |> List.fold rotate (List.zip basis images)

        let values = columns |> List.map (fun (v, image) -> Batch.dot v image)

        // A rotation puts the larger of its pair first, so the order is decreasing in every sample.
        List.zip values (columns |> List.map fst)
