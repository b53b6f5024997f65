namespace ScoreFunctional

open System
open MathNet.Numerics.Distributions
open DiffSharp

/// <summary>Distributions of training times, and their sampling designs.</summary>
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Times =

    /// <summary>The distribution with this quantile function <c>u → t</c>; independent draws.</summary>
    let ofQuantile (quantile: float -> float) : Times = {
        Quantile = quantile
        ImportanceWeight = fun _ -> 1.
        Design = Design.Independent
    }

    let private uniforms (n: int) (key: Key) = Key.uniform Dtype.Float64 [| n |] key |> Batch.toArray

    /// The probabilities of n samples under a design.
    let private probabilities design (key: Key) (n: int) : float[] =
        match design with
        | Design.Independent -> uniforms n key
        | Design.Stratified ->
            let u = (uniforms 1 key)[0]
            Array.init n (fun i -> (float i + u) / float n)
        | Design.Antithetic ->
            // Both samples of a pair use the number of the even one, so a sample does not depend on its batch.
            let odd = int (key.First % 2UL)
            let u = uniforms (n + odd) { key with First = key.First - uint64 odd }

            Array.init n (fun k ->
                let i = k + odd
                if i % 2 = 0 then u[i] else 1. - u[i - 1])

    /// <summary>Draws the times of n samples.</summary>
    let draw (times: Times) (key: Key) (n: int) : float[] = probabilities times.Design key n |> Array.map times.Quantile

    /// <summary>The same distribution, stratified over the batch: sample i of n takes the quantile at (i + u)/n, with one uniform u
    /// (the low-discrepancy sampler of Kingma et al. 2021). The expectation is unchanged; the variance of the loss is
    /// smaller.</summary>
    /// <remarks>The time of a sample depends on its position in the batch.</remarks>
    let stratified (times: Times) : Times = { times with Design = Design.Stratified }

    /// <summary>The same distribution in antithetic pairs: samples 2k and 2k + 1 take the quantiles at u and 1 − u
    /// (Hammersley and Morton 1956). The expectation is unchanged.</summary>
    let antithetic (times: Times) : Times = { times with Design = Design.Antithetic }

    /// <summary>One fixed time.</summary>
    let constant (t: float) : Times = ofQuantile (fun _ -> t)

    /// <summary>Uniform on [from, 1] (Song et al. 2021).</summary>
    let uniform (from: float) : Times = ofQuantile (fun u -> u * (1. - from) + from)

    /// <summary>Uniform over a list of times.</summary>
    /// <exception cref="T:System.ArgumentException">The list is empty.</exception>
    let oneOf (times: float[]) : Times =
        if times.Length = 0 then
            invalidArg (nameof times) "expected at least one time, found none"

        ofQuantile (fun u -> times[min (times.Length - 1) (int (u * float times.Length))])

    /// <summary>Log-normal noise levels, <c>ln σ ~ N(mean, deviation²)</c>, clamped to the largest of the process (Karras et al.
    /// 2022).</summary>
    let logNormal (sde: Sde) (mean: float) (deviation: float) : Times =
        let largest = log (sde.Level 1.)

        ofQuantile (fun u ->
            let logLevel = Normal.InvCDF(mean, deviation, Math.Clamp(u, 1e-12, 1. - 1e-12))
            sde.TimeOf(exp (min largest logLevel)))

    /// <summary>As <c>logNormal</c>, stratified.</summary>
    let stratifiedLogNormal (sde: Sde) (mean: float) (deviation: float) : Times =
        logNormal sde mean deviation |> stratified

    /// <summary>Importance sampling of times uniform on [TrainFrom, 1], for likelihood weighting: the density is <c>q ∝ g²/σ²</c>, so
    /// <c>λ = g²</c> times the importance weight is σ² up to a constant (Song, Durkan, Murray and Ermon 2021, variance
    /// reduction). Weighted expectations are those under the uniform distribution.</summary>
    /// <remarks>Every process with a Gaussian marginal has <c>d ln((σ/α)²)/dt = g²/σ²</c>, so the logarithm of the noise level is
    /// uniform.</remarks>
    let importance (sde: Sde) : Times =
        let least, most = log (sde.Level sde.TrainFrom), log (sde.Level 1.)

        {
            Quantile = fun u -> min 1. (sde.TimeOf(exp (least + u * (most - least))))
            ImportanceWeight =
                fun t ->
                    let density = (sde.Diffusion t / (sde.Marginal t).Sigma) ** 2. / (2. * (most - least))
                    1. / (density * (1. - sde.TrainFrom))
            Design = Design.Independent
        }

/// <summary>Weightings λ(t) of the squared score error.</summary>
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Weighting =

    /// <summary><c>λ = σ²</c>: the squared error of the predicted noise, the same at every noise level (Song and Ermon 2019, equation
    /// 6).</summary>
    let variance (sde: Sde) : Weighting = fun t -> (sde.Marginal t).Sigma ** 2.

    /// <summary><c>λ = g²</c>: the weighted loss bounds the negative log-likelihood (Song, Durkan, Murray and Ermon 2021).</summary>
    let likelihood (sde: Sde) : Weighting = fun t -> sde.Diffusion t ** 2.

    /// <summary>The squared error of the predicted data, <c>λ = σ⁴/α²</c>.</summary>
    let data (sde: Sde) : Weighting =
        fun t ->
            let m = sde.Marginal t
            (m.Sigma * m.Sigma / m.Alpha) ** 2.

    /// <summary>The squared error of the v-prediction, <c>λ = σ²(α² + σ²)²/α²</c> (Salimans and Ho 2022, section 4).</summary>
    let velocity (sde: Sde) : Weighting =
        fun t ->
            let m = sde.Marginal t
            (m.Sigma * (m.Alpha * m.Alpha + m.Sigma * m.Sigma) / m.Alpha) ** 2.

    /// <summary>EDM's weight <c>(r² + σd²)/(rσd)²</c> of the denoiser's squared error at noise level r = σ/α, as a weight of the
    /// score's: <c>λ = σ²(r² + σd²)/σd²</c>.</summary>
    let edm (sde: Sde) (sigmaData: float) : Weighting =
        fun t ->
            let m = sde.Marginal t
            m.Sigma * m.Sigma * (m.Level * m.Level + sigmaData * sigmaData) / (sigmaData * sigmaData)

    /// <summary>Min-SNR-γ (Hang et al. 2023, section 3.4; their γ is 5): the squared error of the predicted data has the weight
    /// <c>min(α²/σ², γ)</c>, so <c>λ = min(SNR, γ)σ⁴/α²</c>.</summary>
    let minSnr (sde: Sde) (gamma: float) : Weighting = fun t -> min ((sde.Level t) ** -2.) gamma * data sde t

    /// <summary>A constant weight.</summary>
    let constant (value: float) : Weighting = fun _ -> value

    /// <summary>The weighting at times with a noise level <c>t → σ/α</c> in [low, high), and zero elsewhere.</summary>
    let between (level: float -> float) (low: float) (high: float) (weighting: Weighting) : Weighting =
        fun t ->
            let r = level t
            if r >= low && r < high then weighting t else 0.
