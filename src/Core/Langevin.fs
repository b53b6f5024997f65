namespace ScoreFunctional

// Langevin dynamics, unadjusted and Metropolis-adjusted.

open DiffSharp

/// <summary>The two published conventions for the step size of Langevin dynamics. <c>Full</c> at ε equals <c>Half</c> at
/// 2ε.</summary>
[<RequireQualifiedAccess>]
type Convention =
    /// <summary><c>x + (ε/2)s + √ε z</c> (Welling and Teh 2011; Song and Ermon 2019, algorithm 1).</summary>
    | Half
    /// <summary><c>x + εs + √(2ε) z</c> (NCSNv2; Song et al. 2021, algorithm 5).</summary>
    | Full

/// <summary>Langevin dynamics, and rules for its step size at each noise level.</summary>
module Langevin =

    /// The step size in Welling and Teh's convention.
    let private stepSize convention (size: float -> float) (sde: Sde) t =
        match convention with
        | Convention.Half -> size (sde.Level t)
        | Convention.Full -> 2. * size (sde.Level t)

    /// <summary>One unadjusted Langevin step at the time <c>From</c>, with a step size that depends on the noise level σ/α there. It
    /// ignores the time <c>To</c>.</summary>
    let step (convention: Convention) (size: float -> float) (sde: Sde) (score: Score) : Step =
        fun key timeStep state ->
            let epsilon = stepSize convention size sde timeStep.From
            let z = Key.normalLike state.X key
            let s = Score.apply score state.X (State.each state timeStep.From)
            state |> State.moved 1 (state.X + s * (0.5 * epsilon) + z * sqrt epsilon)

    /// <summary>One Metropolis-adjusted Langevin step (MALA; Roberts and Tweedie 1996) at the time <c>From</c>. Each sample accepts
    /// the unadjusted step with probability <c>min(1, p(x′)q(x|x′)/(p(x)q(x′|x)))</c>, where p = e^(−E) up to a constant and
    /// <c>q(y|x) = N(y; x + (ε/2)s(x), εI)</c>. The stationary distribution is p for every ε. Two evaluations of the energy and its
    /// gradient.</summary>
    let mala (convention: Convention) (size: float -> float) (sde: Sde) (Energy energy) : Step =
        fun key timeStep state ->
            let epsilon = stepSize convention size sde timeStep.From
            let t = State.each state timeStep.From

            let both x =
                let e, vjp = dsharp.evalReverseDiff (fun x -> energy x t) x
                struct (e, -(vjp (e.onesLike ())))

            // ln q(y|x) up to a constant.
            let transition (y: Tensor) (x: Tensor) (s: Tensor) =
                let d = y - x - s * (0.5 * epsilon)
                Batch.dot d d * (-0.5 / epsilon)

            let struct (e, s) = both state.X
            let proposal = state.X + s * (0.5 * epsilon) + Key.normalLike state.X key * sqrt epsilon
            let struct (e', s') = both proposal
            let odds = e - e' + transition state.X proposal s' - transition proposal state.X s
            let u = Key.uniform Dtype.Float64 [| Batch.size state.X |] (Key.label "accept" key)

            // A NaN energy compares as false, so the proposal is rejected.
            let accepted =
                Array.map2 (fun u odds -> if log u <= odds then 1. else 0.) (Batch.toArray u) (Batch.toArray odds)
                |> Batch.ofArray
                |> Batch.over state.X

            let mask = accepted.expand state.X.shape

            state |> State.moved 2 (Primitives.where (mask.gt (mask.zerosLike ())) proposal state.X)

    /// <summary>Step sizes proportional to the variance: <c>α_l = βσ_l²</c>.</summary>
    let proportional (beta: float) (sigma: float) = beta * sigma * sigma

    /// <summary>Song and Ermon's rule: <c>α_l = εσ_l²/σ_L²</c>, where σ_L is the smallest level (2019, algorithm 1; NCSNv2, technique
    /// 4).</summary>
    let relative (epsilon: float) (smallest: float) (sigma: float) = epsilon * sigma * sigma / (smallest * smallest)

    /// <summary>The exact stationary variance of the <see cref="T:ScoreFunctional.Convention.Half"/> chain with step size ε on
    /// <c>N(μ, v)</c>: <c>v/(1 − ε/(4v))</c>, for ε &lt; 4v.</summary>
    /// <remarks>For μ = 0 the step is <c>x ← (1 − ε/(2v))x + √ε z</c>, so the variance solves <c>V = (1 − ε/(2v))²V + ε</c>.</remarks>
    /// <exception cref="T:System.ArgumentException">The chain is unstable.</exception>
    let stationaryVariance (variance: float) (epsilon: float) =
        if not (epsilon > 0. && epsilon < 4. * variance) then
            invalidArg (nameof epsilon) $"expected a step between 0 and {4. * variance}, found {epsilon}"

        variance / (1. - epsilon / (4. * variance))
