namespace ScoreFunctional

open System
open DiffSharp

/// <summary>How the times of a batch are drawn: a key and n to <c>t [n]</c>, float64.</summary>
type Times = Key -> int -> Tensor

/// <summary>A positive weight λ(t) of the squared score error at each time, <c>t [n] → λ [n]</c>.</summary>
type Weighting = Tensor -> Tensor

/// <summary>Distributions of training times.</summary>
module Times =

    /// <summary>The same time for all.</summary>
    let constant (t: float) : Times = fun _ n -> Batch.fill n t

    /// <summary>Uniform on [from, 1] (Song et al. 2021).</summary>
    let uniform (from: float) : Times = fun key n -> Key.uniform Dtype.Float64 [| n |] key * (1. - from) + from

    /// <summary>Uniform over a table of times.</summary>
    /// <exception cref="T:System.ArgumentException">The table is empty.</exception>
    let oneOf (times: float[]) : Times =
        if times.Length = 0 then
            invalidArg (nameof times) "expected at least one time, found none"

        fun key n -> Key.integers 0 times.Length n key |> Array.map (fun i -> times[i]) |> Batch.ofArray

    /// <summary>Noise levels with <c>ln σ ~ N(mean, deviation²)</c>, kept at or below the process's largest (Karras et al. 2022).</summary>
    let logNormal (sde: Sde) (mean: float) (deviation: float) : Times =
        let largest = log (Sde.levelAt sde 1.)

        fun key n ->
            let logs = Key.normal Dtype.Float64 [| n |] key * deviation + mean
            sde.TimeOf((logs.clamp (high = largest)).exp())

    /// The quantile function of the standard normal law: Acklam's rational approximation, relative error below 1.2e-9.
    let private quantile p =
        let horner (coefficients: float list) x = coefficients |> List.fold (fun y c -> y * x + c) 0.

        let tail q =
            horner
                [
                    -7.784894002430293e-03
                    -3.223964580411365e-01
                    -2.400758277161838
                    -2.549732539343734
                    4.374664141464968
                    2.938163982698783
                ]
                q
            / horner [ 7.784695709041462e-03; 3.224671290700398e-01; 2.445134137142996; 3.754408661907416; 1. ] q

        if p < 0.02425 then
            tail (sqrt (-2. * log p))
        elif p > 1. - 0.02425 then
            -(tail (sqrt (-2. * log (1. - p))))
        else
            let q = p - 0.5
            let r = q * q

            q
            * horner
                [
                    -3.969683028665376e+01
                    2.209460984245205e+02
                    -2.759285104469687e+02
                    1.383577518672690e+02
                    -3.066479806614716e+01
                    2.506628277459239
                ]
                r
            / horner
                [
                    -5.447609879822406e+01
                    1.615858368580409e+02
                    -1.556989798598866e+02
                    6.680131188771972e+01
                    -1.328068155288572e+01
                    1.
                ]
                r

    /// <summary>As <c>logNormal</c>, but stratified: sample i takes the quantile (i + u)/n, with one uniform u for the
    /// batch. The law of a sample is unchanged, the batch covers it evenly, and the loss varies less.</summary>
    /// <remarks>Here a sample's level depends on its place in the batch: a batch is one draw.</remarks>
    let stratifiedLogNormal (sde: Sde) (mean: float) (deviation: float) : Times =
        let largest = log (Sde.levelAt sde 1.)

        fun key n ->
            let u = (Key.uniform Dtype.Float64 [| 1 |] key |> Batch.toArray)[0]

            Array.init n (fun i ->
                let p = Math.Clamp((float i + u) / float n, 1e-12, 1. - 1e-12)
                exp (min largest (mean + deviation * quantile p)))
            |> Batch.ofArray
            |> sde.TimeOf

/// <summary>Weights λ(t) of the squared score error.</summary>
module Weighting =

    /// <summary><c>λ = σ²</c>: every level of noise predicted equally well (Song and Ermon 2019, equation 6).</summary>
    let variance (sde: Sde) : Weighting =
        fun t ->
            let m = sde.Marginal t
            m.Sigma * m.Sigma

    /// <summary><c>λ = g²</c>: the weighted loss bounds the negative log-likelihood (Song, Durkan, Murray and Ermon 2021).</summary>
    let likelihood (sde: Sde) : Weighting =
        fun t ->
            let g = sde.Diffusion t
            g * g

    /// <summary>EDM's weight <c>(r² + σd²)/(rσd)²</c> of the denoiser's error at noise level r = σ/α, as a weight of the
    /// score's: <c>λ = (r²/α²)(σ² + α²σd²)/σd²</c>; for α = 1, <c>σ²(σ² + σd²)/σd²</c>.</summary>
    let edm (sde: Sde) (sigmaData: float) : Weighting =
        fun t ->
            let m = sde.Marginal t
            let r = m.Sigma / m.Alpha
            m.Sigma * m.Sigma * (r * r + sigmaData * sigmaData) / (sigmaData * sigmaData)

    /// <summary>A constant.</summary>
    let constant (value: float) : Weighting = fun t -> t.onesLike () * value

/// <summary>Denoising score matching (Vincent 2011) and its weighted forms: values of one function of a process, a
/// distribution of times and a weighting.</summary>
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Objective =

    /// <summary><c>E_t λ(t) E ‖s(x_t, t) + z/σ‖²</c> with <c>x_t = αx₀ + σz</c>: mean over batch and dimensions, no ½.</summary>
    /// <remarks>Computed as <c>λ/σ² · (σs + z)²</c>, which loses nothing at small σ. Its minimiser is the score of the
    /// marginal; its minimum is not zero.</remarks>
    let denoising (name: string) (citation: Citation) (sde: Sde) (times: Times) (weighting: Weighting) : Objective = {
        Name = name
        Citation = citation
        Evaluate =
            fun score x0 key ->
                let t = times (Key.label "time" key) (Batch.size x0)
                let z = Key.normalLike x0 (Key.label "noise" key)
                let m = sde.Marginal t
                let x = Batch.scale m.Alpha x0 + Batch.scale m.Sigma z
                let predicted = Batch.scale m.Sigma (Score.apply score x t)
                let error = predicted + z
                let weight = weighting t / (m.Sigma * m.Sigma)
                let perSample = Batch.mean (error * error) |> Batch.scale weight

                {
                    Loss = perSample.mean ()
                    PerSample = perSample
                    Sigma = m.Sigma / m.Alpha
                    // A measurement: at a network that starts at zero the norm has no derivative.
                    NormRatio = Batch.norm (predicted.noDiff ()) / Batch.norm z
                }
    }

    /// <summary>At one noise level r = σ/α, with <c>λ = σ²</c>: <c>E‖σs + z‖²</c>, mean over batch and dimensions, no ½.</summary>
    let atLevel (sde: Sde) (level: float) =
        denoising
            $"denoising at σ = {level}"
            Citations.vincent2011
            sde
            (Times.constant (Sde.timeAt sde level))
            (Weighting.variance sde)

    /// <summary>Over a table of noise levels, each equally often, with <c>λ = σ²</c> (Song and Ermon 2019): mean over batch
    /// and dimensions, no ½.</summary>
    let atLevels (sde: Sde) (levels: float[]) =
        denoising
            $"denoising at {levels.Length} noise levels"
            Citations.songErmon2019
            sde
            (Times.oneOf (Sde.timesAt sde levels))
            (Weighting.variance sde)

    /// <summary>Over uniform times with <c>λ = σ²</c> (Song et al. 2021, equation 7): mean over batch and dimensions, no ½.</summary>
    let continuous (sde: Sde) =
        denoising
            $"denoising, continuous {sde.Name}"
            (Citations.song2021 |> Citations.at "Equation 7")
            sde
            (Times.uniform sde.TrainFrom)
            (Weighting.variance sde)

    /// <summary>Over uniform times with <c>λ = g²</c> (Song, Durkan, Murray and Ermon 2021, theorem 1): mean over batch and
    /// dimensions, no ½.</summary>
    let likelihood (sde: Sde) =
        denoising
            $"denoising, likelihood-weighted {sde.Name}"
            Citations.songDurkan2021
            sde
            (Times.uniform sde.TrainFrom)
            (Weighting.likelihood sde)

    /// <summary>EDM's loss: <c>ln σ ~ N(mean, deviation²)</c>, weight <c>(σ² + σd²)/(σσd)²</c> of the denoiser's squared
    /// error (Karras et al. 2022, table 1; their values −1.2, 1.2, 0.5): mean over batch and dimensions, no ½.</summary>
    let edm (sde: Sde) (mean: float) (deviation: float) (sigmaData: float) =
        denoising
            "denoising, log-normal σ"
            Citations.karras2022
            sde
            (Times.logNormal sde mean deviation)
            (Weighting.edm sde sigmaData)

    /// <summary><c>edm</c> with the batch's noise levels stratified: the same expectation, less variance.</summary>
    let edmStratified (sde: Sde) (mean: float) (deviation: float) (sigmaData: float) =
        denoising
            "denoising, stratified log-normal σ"
            Citations.karras2022
            sde
            (Times.stratifiedLogNormal sde mean deviation)
            (Weighting.edm sde sigmaData)

    /// <summary>A multiple of an objective.</summary>
    let scale (factor: float) (objective: Objective) : Objective = {
        objective with
            Name = $"{factor} · ({objective.Name})"
            Evaluate =
                fun score x key ->
                    let e = objective.Evaluate score x key
                    { e with Loss = e.Loss * factor; PerSample = e.PerSample * factor }
    }

    /// <summary>The sum of two objectives on the same batch, each with its own randomness; noise levels and norm ratios
    /// are those of the first.</summary>
    let add (first: Objective) (second: Objective) : Objective = {
        first with
            Name = $"{first.Name} + {second.Name}"
            Evaluate =
                fun score x key ->
                    let a = first.Evaluate score x (Key.child 0 key)
                    let b = second.Evaluate score x (Key.child 1 key)
                    { a with Loss = a.Loss + b.Loss; PerSample = a.PerSample + b.PerSample }
    }
