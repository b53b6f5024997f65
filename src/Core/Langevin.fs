namespace ScoreFunctional

open DiffSharp

/// <summary>The two published conventions for the step size of Langevin dynamics. One at ε is the other at ε/2.</summary>
[<RequireQualifiedAccess>]
type Convention =
    /// <summary><c>x + (ε/2)s + √ε z</c> (Welling and Teh 2011; Song and Ermon 2019, algorithm 1).</summary>
    | Half
    /// <summary><c>x + εs + √(2ε) z</c> (NCSNv2; Song et al. 2021, algorithm 5).</summary>
    | Full

/// <summary>Langevin dynamics and its step sizes over noise levels.</summary>
module Langevin =

    /// <summary>One unadjusted Langevin move at the time a span starts from; the step size is a function of the noise
    /// level σ/α there. The span's end is not looked at.</summary>
    let step (convention: Convention) (size: float -> float) (sde: Sde) (score: Score) : Step =
        fun key span state ->
            let epsilon =
                match convention with
                | Convention.Half -> size (Sde.levelAt sde span.From)
                | Convention.Full -> 2. * size (Sde.levelAt sde span.From)

            let z = Key.normalLike state.X key
            let s = Score.apply score state.X (Batch.fill (Batch.size state.X) span.From)
            state |> State.moved 1 (state.X + s * (0.5 * epsilon) + z * sqrt epsilon)

    /// <summary>The founding rule: <c>α_l = βσ_l²</c>.</summary>
    let founding (beta: float) (sigma: float) = beta * sigma * sigma

    /// <summary>Song and Ermon's rule: <c>α_l = εσ_l²/σ_L²</c>, σ_L the smallest level (2019, algorithm 1; NCSNv2, technique 4).</summary>
    let relative (epsilon: float) (smallest: float) (sigma: float) = epsilon * sigma * sigma / (smallest * smallest)

    /// <summary>The exact stationary variance of the <see cref="T:ScoreFunctional.Convention.Half"/> chain of step ε on
    /// <c>N(μ, v)</c>: <c>v/(1 − ε/(4v))</c>, for ε &lt; 4v.</summary>
    /// <remarks>The move is <c>x ← (1 − ε/(2v))x + √ε z</c>, so the variance solves <c>V = (1 − ε/(2v))²V + ε</c>.</remarks>
    /// <exception cref="T:System.ArgumentException">The chain is unstable.</exception>
    let stationaryVariance (variance: float) (epsilon: float) =
        if not (epsilon > 0. && epsilon < 4. * variance) then
            invalidArg (nameof epsilon) $"expected a step between 0 and {4. * variance}, found {epsilon}"

        variance / (1. - epsilon / (4. * variance))
