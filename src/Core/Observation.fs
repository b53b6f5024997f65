namespace ScoreFunctional

open DiffSharp

/// <summary>A linear observation <c>y = Ax + noise</c> of each sample, its noise normal with one standard deviation.</summary>
type Observation = {
    /// <summary>A: samples <c>[n; …]</c> to the observation of each, <c>[n; …]</c> of any shape. Linear, differentiable, and no
    /// mixing of samples; its transpose is found by differentiation.</summary>
    Apply: Tensor -> Tensor
    /// <summary>The observed values y, in the shape that A gives.</summary>
    Value: Tensor
    /// <summary>Standard deviation of the noise, in the units of y; 0 for none.</summary>
    Sigma: float
}

/// <summary>Sampling given a linear observation: each form a <c>Score → Score</c> or a <c>Step → Step</c>.</summary>
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Observation =

    /// <summary>Observed and missing values: the mask <c>[n; …]</c> or <c>[1; …]</c> is 1 where a value is known and 0 elsewhere.</summary>
    let masked (mask: Tensor) (sigma: float) (known: Tensor) : Observation =
        let each (x: Tensor) = x * mask.cast x.dtype
        { Apply = each; Value = each known; Sigma = sigma }

    /// <summary>A matrix <c>A [m; d]</c> on samples of d values in any shape; observed are <c>y [n; m]</c>.</summary>
    let matrix (a: Tensor) (sigma: float) (y: Tensor) : Observation = {
        Apply = fun x -> (Batch.rows x).matmul((a.cast x.dtype).transpose())
        Value = y
        Sigma = sigma
    }

    /// <summary>Aᵀ on <c>v</c>, in the shape of <c>x</c>.</summary>
    let transpose (observation: Observation) (x: Tensor) (v: Tensor) =
        let _, vjp = dsharp.evalReverseDiff observation.Apply (x.zerosLike ())
        vjp v

    /// <c>M⁻¹b</c> of each sample by so many conjugate gradients, M symmetric and not negative. A direction that has
    /// no length left adds nothing.
    let private conjugateGradients iterations (m: Tensor -> Tensor) (b: Tensor) =
        let quotient (a: Tensor) (b: Tensor) =
            let positive = b.gt (b.zerosLike ())
            Primitives.where positive (a / Primitives.where positive b (b.onesLike ())) (b.zerosLike ())

        let step (x: Tensor, r: Tensor, p: Tensor, size: Tensor) _ =
            let q = m p
            let along = quotient size (Batch.dot p q)
            let x, r' = x + Batch.scale along p, r - Batch.scale along q
            let size' = Batch.dot r' r'
            x, r', r' + Batch.scale (quotient size' size) p, size'

        let x, _, _, _ = Seq.init iterations id |> Seq.fold step (b.zerosLike (), b, b, Batch.dot b b)
        x

    /// Tweedie's mean with the pullback of x̂₀(x): value, and v ↦ (∂x̂₀/∂x)ᵀv.
    let private posterior (sde: Sde) (score: Score) (x: Tensor) (t: Tensor) =
        let (DataPrediction mean) = Score.toData sde score
        dsharp.evalReverseDiff (fun x -> mean x t) x

    /// <summary>ΠGDM (Song, Vahdat, Mardani and Kautz 2023, section 3): the posterior of x₀ taken as
    /// <c>N(x̂₀, r²I)</c>, <c>s + (∂x̂₀/∂x)ᵀAᵀ(r²AAᵀ + σ_y²I)⁻¹(y − Ax̂₀)</c> with <c>r² = σ²s²/(α²s² + σ²)</c>, s the standard deviation of
    /// the data. Exact for data <c>N(μ, s²I)</c>. The inverse by so many conjugate gradients: one is enough where AAᵀ is
    /// a multiple of I, as for known pixels.</summary>
    let pseudoinverse
        (sigmaData: float)
        (iterations: int)
        (sde: Sde)
        (observation: Observation)
        (score: Score)
        : Score =
        let spread (m: Marginal) =
            let a2, s2, d2 = m.Alpha * m.Alpha, m.Sigma * m.Sigma, sigmaData * sigmaData
            s2 * d2 / (a2 * d2 + s2)

        Score(fun x t ->
            let mean, vjp = posterior sde score x t
            let r2 = Sde.coefficient sde t spread

            let covariance v =
                Batch.scale r2 (observation.Apply(transpose observation x v))
                + v * (observation.Sigma * observation.Sigma)

            let residual = observation.Value - observation.Apply mean
            let v = conjugateGradients iterations covariance residual
            Score.apply score x t + vjp (transpose observation x v))

    /// <summary>The posterior of x₀ taken as normal with Tweedie's own covariance <c>C = (σ²/α)∂x̂₀/∂x</c>:
    /// <c>s + (∂x̂₀/∂x)ᵀAᵀ(ACAᵀ + σ_y²I)⁻¹(y − Ax̂₀)</c> (Boys et al. 2023; Finzi et al. 2023). Exact for any normal data
    /// with as many conjugate gradients as ACAᵀ has different eigenvalues; each is one pullback.</summary>
    let tweedie (iterations: int) (sde: Sde) (observation: Observation) (score: Score) : Score =
        Score(fun x t ->
            let mean, vjp = posterior sde score x t
            let ratio = Sde.coefficient sde t (fun m -> m.Sigma * m.Sigma / m.Alpha)

            let covariance v =
                Batch.scale ratio (observation.Apply(vjp (transpose observation x v)))
                |> fun inside -> inside + v * (observation.Sigma * observation.Sigma)

            let residual = observation.Value - observation.Apply mean
            let v = conjugateGradients iterations covariance residual
            Score.apply score x t + vjp (transpose observation x v))

    /// <summary>Diffusion posterior sampling (Chung et al. 2023, algorithm 1): after a step, <c>x ← x − (ζ/‖y − Ax̂₀‖)∇ₓ‖y − Ax̂₀‖²</c>,
    /// x̂₀ Tweedie's mean before the step. Not exact on any data: the length of the move does not shrink with the residual, of
    /// which about ζ‖AᵀA‖ remains, so that ζ is small where A is large or samples are to be near.</summary>
    let gradient (zeta: float) (sde: Sde) (score: Score) (observation: Observation) (step: Step) : Step =
        fun key timeStep state ->
            let x, t = state.X, Batch.fill (Batch.size state.X) timeStep.From
            let mean, vjp = posterior sde score x t
            let residual = observation.Value - observation.Apply mean
            let norm = (Batch.norm residual).clamp(low = 1e-12)
            let toward = Batch.scale (2. * zeta / norm) (vjp (transpose observation x residual))
            let moved = step key timeStep state
            { moved with X = moved.X + toward; Nfe = moved.Nfe + 1 }

    /// <summary>Replacement (Song et al. 2021, appendix I.2): after a step, the observed part is set to a draw of its
    /// own noisy marginal: <c>x ← x + A⁺(αy + σAz − Ax)</c>, with A⁺ = Aᵀ for known values and any A with orthonormal rows.
    /// After the last step, which ends at data, it is set to the observation itself, whatever noise the process has at time 0:
    /// known values are met to the bit. The rest is drawn given the observed part, as far as the
    /// score knows it; the distribution is exact where both are independent, and otherwise nears it with correctors between.</summary>
    /// <remarks>Every draw has noise of its time, the start's included: observed values are never left without
    /// (score_sde issue 39).</remarks>
    let replace (sde: Sde) (observation: Observation) (step: Step) : Step =
        let fixedTo key (m: Marginal) (x: Tensor) =
            let z = Key.normalLike x (Key.label "observation" key)
            let wanted = observation.Value.cast (x.dtype) * m.Alpha + observation.Apply z * m.Sigma
            // In this order the observed part is gone before the observation comes, and nothing of it is rounded.
            x - transpose observation x (observation.Apply x) + transpose observation x wanted

        fun key timeStep state ->
            let state =
                if timeStep.Index = 0 then
                    {
                        state with
                            X = fixedTo (Key.label "start" key) (sde.Marginal timeStep.From) state.X
                    }
                else
                    state

            let moved = step key timeStep state

            let distribution =
                if timeStep.Index = timeStep.Count - 1 then
                    { Alpha = 1.; Sigma = 0. }
                else
                    sde.Marginal timeStep.To

            { moved with X = fixedTo key distribution moved.X }
