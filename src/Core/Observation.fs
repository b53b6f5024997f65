namespace ScoreFunctional

open DiffSharp

/// <summary>A linear observation <c>y = Ax + noise</c> of each sample, with normal noise of one standard deviation.</summary>
type Observation = {
    /// <summary>The operator A: samples <c>[n; …]</c> to their observations, <c>[n; …]</c> of any shape. It has to be linear and
    /// differentiable, and treat each sample alone. Differentiation gives its transpose.</summary>
    Apply: Tensor -> Tensor
    /// <summary>The observed values y, in the shape of Ax.</summary>
    Value: Tensor
    /// <summary>Standard deviation of the noise, in the units of y; 0 for none.</summary>
    Sigma: float
}

/// <summary>Posterior sampling given a linear observation (inverse problems). Each method is a <c>Score → Score</c> or a
/// <c>Step → Step</c>.</summary>
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Observation =

    /// <summary>Inpainting: the mask <c>[n; …]</c> or <c>[1; …]</c> is 1 where a value is known and 0 elsewhere.</summary>
    let masked (mask: Tensor) (sigma: float) (known: Tensor) : Observation =
        let each (x: Tensor) = x * mask.cast x.dtype
        { Apply = each; Value = each known; Sigma = sigma }

    /// <summary>A matrix <c>A [m; d]</c> on samples of d values of any shape, with observed values <c>y [n; m]</c>.</summary>
    let matrix (a: Tensor) (sigma: float) (y: Tensor) : Observation = {
        Apply = fun x -> (Batch.rows x).matmul((a.cast x.dtype).transpose())
        Value = y
        Sigma = sigma
    }

    /// <summary><c>Aᵀv</c>, in the shape of <c>x</c>.</summary>
    let transpose (observation: Observation) (x: Tensor) (v: Tensor) =
        let _, vjp = dsharp.evalReverseDiff observation.Apply (x.zerosLike ())
        vjp v

    /// M⁻¹b of each sample by iterations of conjugate gradients, for M symmetric and positive semidefinite. A zero direction adds
    /// nothing.
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

    /// The posterior mean x̂₀(x), and its vector–Jacobian product v ↦ (∂x̂₀/∂x)ᵀv.
    let private posterior (sde: Sde) (score: Score) (x: Tensor) (t: Tensor) =
        let (DataPrediction mean) = Score.toData sde score
        dsharp.evalReverseDiff (fun x -> mean x t) x

    /// <summary>ΠGDM, pseudoinverse-guided diffusion (Song, Vahdat, Mardani and Kautz 2023, section 3). With the posterior of x₀
    /// approximated by <c>N(x̂₀, r²I)</c>, the score is <c>s + (∂x̂₀/∂x)ᵀAᵀ(r²AAᵀ + σ_y²I)⁻¹(y − Ax̂₀)</c>, where
    /// <c>r² = σ²d²/(α²d² + σ²)</c> and d is the standard deviation of the data. Exact for data <c>N(μ, d²I)</c>. Conjugate gradients
    /// compute the inverse; one iteration is enough if AAᵀ is a multiple of I, as in inpainting.</summary>
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

    /// <summary>Tweedie moment projection (Boys et al. 2023; Finzi et al. 2023). With the posterior of x₀ approximated by a normal
    /// distribution with covariance <c>C = (σ²/α)∂x̂₀/∂x</c>, the score is <c>s + (∂x̂₀/∂x)ᵀAᵀ(ACAᵀ + σ_y²I)⁻¹(y − Ax̂₀)</c>. Exact for
    /// any normal data, with as many iterations of conjugate gradients as ACAᵀ has distinct eigenvalues. An iteration takes one
    /// vector–Jacobian product.</summary>
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

    /// <summary>Diffusion posterior sampling, DPS (Chung et al. 2023, algorithm 1): after a step,
    /// <c>x ← x − (ζ/‖y − Ax̂₀‖)∇ₓ‖y − Ax̂₀‖²</c>, where x̂₀ is the posterior mean before the step. Not exact on any data: the length of
    /// the correction does not shrink with the residual, so a residual of about ζ‖AᵀA‖ remains. Choose a small ζ for a large A, or for
    /// samples close to the observation.</summary>
    let dps (zeta: float) (sde: Sde) (score: Score) (observation: Observation) (step: Step) : Step =
        fun key timeStep state ->
            let x, t = state.X, Batch.fill (Batch.size state.X) timeStep.From
            let mean, vjp = posterior sde score x t
            let residual = observation.Value - observation.Apply mean
            let norm = (Batch.norm residual).clamp(low = 1e-12)
            let toward = Batch.scale (2. * zeta / norm) (vjp (transpose observation x residual))
            let moved = step key timeStep state
            { moved with X = moved.X + toward; Nfe = moved.Nfe + 1 }

    /// <summary>Replacement (Song et al. 2021, appendix I.2): after a step, sets the observed part to a draw from its noisy marginal,
    /// <c>x ← x + A⁺(αy + σAz − Ax)</c>. Here A⁺ = Aᵀ, which holds for inpainting and for any A with orthonormal rows. After the last
    /// step it sets the observed part to the observation itself, so known values match bit for bit. The distribution of the rest is
    /// exact if it is independent of the observed part; otherwise correctors between the steps bring it closer.</summary>
    /// <remarks>The observed part always has the noise of its time, from the start on (score_sde issue 39).</remarks>
    let replace (sde: Sde) (observation: Observation) (step: Step) : Step =
        let fixedTo key (m: Marginal) (x: Tensor) =
            let z = Key.normalLike x (Key.label "observation" key)
            let wanted = observation.Value.cast (x.dtype) * m.Alpha + observation.Apply z * m.Sigma
            // In this order the observed part is zero before the observation is added, so the addition does not round.
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
