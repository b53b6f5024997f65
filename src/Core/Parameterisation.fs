namespace ScoreFunctional

open DiffSharp

/// <summary>Conversions between the score and the other predictions of a model. With <c>x_t = αx₀ + σε</c>:
/// <c>ε̂ = −σs</c>, <c>x̂₀ = (x + σ²s)/α</c>, <c>v̂ = αε̂ − σx̂₀</c>, <c>s = −∇E</c>, and by Tweedie's formula (Efron 2011)
/// <c>D(y; r) = x̂₀</c> at <c>y = x/α, r = σ/α</c>.</summary>
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Score =

    /// <summary>The values of a score: <c>x [n; …], t [n] → [n; …]</c>.</summary>
    let apply (Score field) (x: Tensor) (t: Tensor) = field x t

    /// <summary>The score from the predicted noise: <c>s = −ε/σ</c>.</summary>
    let ofNoise (sde: Sde) (Noise field) =
        Score(fun x t -> Batch.scale (Sde.coefficient sde t (fun m -> -1. / m.Sigma)) (field x t))

    /// <summary>The predicted noise from a score: <c>ε = −σs</c>.</summary>
    let toNoise (sde: Sde) (Score field) =
        Noise(fun x t -> Batch.scale (Sde.coefficient sde t (fun m -> -m.Sigma)) (field x t))

    /// The score from a posterior mean: <c>(αx̂₀ − x)/σ²</c>.
    let private ofMean sde t mean x =
        let struct (a, b) =
            Sde.coefficients sde t (fun m ->
                let precision = 1. / (m.Sigma * m.Sigma)
                struct (m.Alpha * precision, -precision))

        Batch.combine a mean b x

    /// <summary>The score from the predicted data: <c>s = (αx̂₀ − x)/σ²</c>.</summary>
    let ofData (sde: Sde) (DataPrediction field) = Score(fun x t -> ofMean sde t (field x t) x)

    /// <summary>The predicted data from a score: <c>x̂₀ = (x + σ²s)/α</c>.</summary>
    let toData (sde: Sde) (Score field) =
        DataPrediction(fun x t ->
            let struct (a, b) = Sde.coefficients sde t (fun m -> struct (1. / m.Alpha, m.Sigma * m.Sigma / m.Alpha))
            Batch.combine a x b (field x t))

    /// α² + σ².
    let private size (m: Marginal) = m.Alpha * m.Alpha + m.Sigma * m.Sigma

    /// <summary>The score from a v-prediction: <c>s = −(αv + σx)/(σ(α² + σ²))</c>, for any α and σ.</summary>
    let ofVelocity (sde: Sde) (Velocity field) =
        Score(fun x t ->
            let struct (a, b) =
                Sde.coefficients sde t (fun m -> struct (-m.Alpha / (m.Sigma * size m), -1. / size m))

            Batch.combine a (field x t) b x)

    /// <summary>The v-prediction from a score: <c>v = αε̂ − σx̂₀ = −(σx + σ(α² + σ²)s)/α</c>.</summary>
    let toVelocity (sde: Sde) (Score field) =
        Velocity(fun x t ->
            let struct (a, b) = Sde.coefficients sde t (fun m -> struct (-m.Level, -m.Level * size m))
            Batch.combine a x b (field x t))

    /// <summary>The score from an energy: <c>s = −∇ₓE</c>, by reverse differentiation. Differentiable again.</summary>
    let ofEnergy (Energy energy) =
        Score(fun x t ->
            let _, vjp = dsharp.evalReverseDiff (fun x -> (energy x t).sum()) x
            -(vjp (x.onesLike [])))

    /// <summary>The score under a process from a denoiser in data units: <c>s(x, t) = (αD(x/α; σ/α) − x)/σ²</c>.</summary>
    let ofDenoiser (sde: Sde) (Denoiser field) =
        Score(fun x t ->
            let struct (scale, level) = Sde.coefficients sde t (fun m -> struct (1. / m.Alpha, m.Level))
            ofMean sde t (field (Batch.scale scale x) level) x)

    /// <summary>The denoiser in data units from a score under a process: <c>D(y; r) = (x + σ²s(x, t))/α</c> with <c>x = αy</c>, at
    /// the time t whose noise level is r.</summary>
    let toDenoiser (sde: Sde) (Score field) =
        Denoiser(fun y level ->
            let t = Batch.map sde.TimeOf level
            let struct (alpha, b) = Sde.coefficients sde t (fun m -> struct (m.Alpha, m.Sigma * m.Sigma / m.Alpha))
            y + Batch.scale b (field (Batch.scale alpha y) t))

    /// <summary>The score under another process, through the denoiser, which does not depend on the process.</summary>
    let convert (from: Sde) (into: Sde) (score: Score) = score |> toDenoiser from |> ofDenoiser into

    /// <summary>Clamps the noise level of the denoiser from below: <c>D(y; max(r, level))</c>. Below the levels of its training a
    /// network would extrapolate; this applies its denoiser of the smallest trained level instead.</summary>
    let clampedBelow (sde: Sde) (level: float) (score: Score) : Score =
        let (Denoiser field) = toDenoiser sde score
        Denoiser(fun y r -> field y (Batch.map (max level) r)) |> ofDenoiser sde

    /// <summary>Evaluates the score in chunks of at most <c>most</c> samples. Memory then does not grow with the batch, and the
    /// intermediate values of a chunk stay in the processor's caches.</summary>
    /// <exception cref="T:System.ArgumentException">Fewer than one sample.</exception>
    let inChunks (most: int) (Score field) : Score =
        if most < 1 then
            invalidArg (nameof most) $"expected at least one sample, found {most}"

        Score(fun x t ->
            let n = Batch.size x

            if n <= most then
                field x t
            else
                let sizes = [ for first in 0..most .. n - 1 -> min most (n - first) ]
                let parts = List.ofArray (Array.zip (x.split sizes) (t.split sizes))
                dsharp.cat (parts |> Loop.map List.singleton (fun (x, t) -> field x t)))
