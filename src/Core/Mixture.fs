namespace ScoreFunctional

// Gaussian mixtures, whose scores are exact at every noise level.

open System
open DiffSharp

/// <summary>One Gaussian of a mixture, with independent coordinates.</summary>
type Component = {
    /// <summary>Its weight, positive; the weights of a mixture are normalised by their sum.</summary>
    Weight: float
    /// <summary>Its mean, one number per coordinate (of a flattened sample).</summary>
    Mean: float[]
    /// <summary>Its standard deviations, one per coordinate.</summary>
    Deviation: float[]
}

/// <summary>A Gaussian mixture, for exact answers. A mixture convolved with Gaussian noise is again a mixture, so its score, density and
/// denoiser are known exactly at every noise level under every process, for samples of any rank.</summary>
type Mixture = private {
    /// Logarithms of the normalised weights, [k].
    LogWeights: float[]
    /// Means, [k; d], row by row.
    Means: float[]
    /// Variances, [k; d], row by row.
    Variances: float[]
    /// Number of coordinates.
    Dimension: int
}

/// <summary>Exact formulas for Gaussian mixtures <c>Σ w_k N(μ_k, diag s_k²)</c>.</summary>
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Mixture =

    /// <summary>The mixture of these components.</summary>
    /// <exception cref="T:System.ArgumentException">No component, unequal lengths, a weight that is not positive, or a negative
    /// deviation.</exception>
    let create (components: Component list) : Mixture =
        let components = Array.ofList components

        if components.Length = 0 then
            invalidArg (nameof components) "expected at least one component, found none"

        let d = components[0].Mean.Length

        for c in components do
            if c.Mean.Length <> d || c.Deviation.Length <> d then
                invalidArg
                    (nameof components)
                    $"expected {d} coordinates, found a mean of {c.Mean.Length} and deviations of {c.Deviation.Length}"

            if not (c.Weight > 0.) || c.Deviation |> Array.exists (fun s -> not (s >= 0.)) then
                invalidArg (nameof components) "expected positive weights and non-negative deviations"

        let total = components |> Array.sumBy _.Weight

        {
            LogWeights = components |> Array.map (fun c -> log (c.Weight / total))
            Means = components |> Array.collect _.Mean
            Variances = components |> Array.collect (fun c -> c.Deviation |> Array.map (fun s -> s * s))
            Dimension = d
        }

    /// <summary>A mixture with these means, equal weights and one standard deviation for all coordinates.</summary>
    let isotropic (deviation: float) (means: float[] list) =
        means
        |> List.map (fun mean -> { Weight = 1.; Mean = mean; Deviation = Array.create mean.Length deviation })
        |> create

    /// <summary>One Gaussian with the same mean and standard deviation in each of d coordinates.</summary>
    let gaussian (mean: float) (deviation: float) (d: int) = isotropic deviation [ Array.create d mean ]

    /// <summary>Number of coordinates of a sample.</summary>
    let dimension (mixture: Mixture) = mixture.Dimension

    /// <summary>Number of components.</summary>
    let count (mixture: Mixture) = mixture.LogWeights.Length

    let private check (m: Mixture) x =
        if Batch.dimension x <> m.Dimension then
            invalidArg (nameof x) $"expected samples of {m.Dimension} numbers, found %A{List.ofArray x.shape}"

    let private constant (x: Tensor) (shape: int[]) (values: float[]) =
        dsharp.tensor(values, dtype = Dtype.Float64, device = Device.CPU).cast(x.dtype).move(device = x.device).view
            shape

    /// The differences to the scaled means [n; k; d], the variances [n; k; d], the weighted densities of the components [n; k]
    /// divided by the largest of them, and the logarithm of that [n].
    let private parts (m: Mixture) (x: Tensor) (alpha: Tensor) (sigma: Tensor) =
        check m x
        let n, k, d = Batch.size x, count m, m.Dimension
        let rows = x.view [| n; 1; d |]
        // DiffSharp broadcasts only one operand of a pair, so both are expanded here.
        let each (a: Tensor) = (Batch.over rows a).expand [ n; k; d ]
        let alpha, sigma = each alpha, each sigma
        let difference = rows - alpha * constant x [| 1; k; d |] m.Means
        let variance = alpha * alpha * constant x [| 1; k; d |] m.Variances + sigma * sigma

        let logs =
            (difference * difference / variance + variance.log ()).sum 2 * -0.5
            + constant x [| 1; k |] (m.LogWeights |> Array.map (fun w -> w - 0.5 * float d * log (2. * Math.PI)))

        // Subtracting the largest of each row leaves the responsibilities unchanged, and finite far from every component.
        let top = (logs.max (1, keepDim = true)).noDiff()
        let shares = (logs - top).exp()
        struct (difference, variance, shares, top.view -1)

    /// <summary>The log-density in nats, <c>[n]</c>, at <c>x [n; …]</c> of the mixture scaled by <c>α [n]</c> with added noise of
    /// standard deviation <c>σ [n]</c>. Differentiable in x.</summary>
    /// <exception cref="T:System.ArgumentException">Samples of another dimension.</exception>
    let logDensityAt (m: Mixture) (x: Tensor) (alpha: Tensor) (sigma: Tensor) =
        let struct (_, _, shares, top) = parts m x alpha sigma
        (shares.sum 1).log() + top

    /// <summary>The score at <c>x [n; …]</c> of the mixture scaled by <c>α [n]</c> with added noise of standard deviation
    /// <c>σ [n]</c>: <c>−Σ_k r_k(x)(x − αμ_k)/(α²s_k² + σ²)</c>, with the responsibilities r. Differentiable in x.</summary>
    /// <exception cref="T:System.ArgumentException">Samples of another dimension.</exception>
    let scoreAt (m: Mixture) (x: Tensor) (alpha: Tensor) (sigma: Tensor) =
        let struct (difference, variance, shares, _) = parts m x alpha sigma
        let share = (shares / shares.sum (1, keepDim = true)).unsqueeze 2
        -((share * difference / variance).sum 1).view x.shape

    /// <summary>The log-density of the mixture without noise at <c>x [n; …]</c>, in nats: <c>[n]</c>.</summary>
    let logDensity (m: Mixture) (x: Tensor) =
        let n = Batch.size x
        logDensityAt m x (Batch.fill n 1.) (Batch.fill n 0.)

    /// <summary>The exact score of a process with the mixture as its data.</summary>
    let score (sde: Sde) (m: Mixture) =
        Score(fun x t ->
            let struct (alpha, sigma) = Sde.alphaSigma sde t
            scoreAt m x alpha sigma)

    /// <summary>The exact denoiser <c>E[x₀ | x₀ + σz = y] = y + σ²∇log p_σ(y)</c> (Tweedie).</summary>
    let denoiser (m: Mixture) =
        Denoiser(fun y sigma -> y + Batch.scale (sigma * sigma) (scoreAt m y (Batch.fill (Batch.size y) 1.) sigma))

    /// <summary>Draws samples of a batch shape <c>[n; …]</c>. Row k depends only on the key and its index.</summary>
    /// <exception cref="T:System.ArgumentException">A shape of another dimension.</exception>
    let sample (m: Mixture) (dtype: Dtype) (shape: int[]) (key: Key) =
        let n, d = shape[0], m.Dimension

        if Array.fold (*) 1 shape[1..] <> d then
            invalidArg (nameof shape) $"expected samples of {d} numbers, found shape %A{List.ofArray shape}"

        let cumulative = m.LogWeights |> Array.map exp |> Array.scan (+) 0. |> Array.skip 1
        let choice = Key.uniform Dtype.Float64 [| n |] (Key.label "component" key) |> Batch.toArray
        let z = (Key.normal Dtype.Float64 [| n; d |] (Key.label "value" key)).view [| n * d |] |> Batch.toArray

        let values =
            Array.init (n * d) (fun i ->
                let u = choice[i / d]
                let k = cumulative |> Array.tryFindIndex (fun c -> u < c) |> Option.defaultValue (count m - 1)
                let j = k * d + i % d
                m.Means[j] + sqrt m.Variances[j] * z[i])

        dsharp.tensor(values, dtype = Dtype.Float64, device = Device.CPU).cast(dtype).view shape
