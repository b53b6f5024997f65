namespace ScoreFunctional

open DiffSharp

/// <summary>Right-hand sides for a process with a closed marginal; <c>Process</c> has them for any.</summary>
module Reverse =

    /// <summary>The drift of the reverse-time SDE, <c>f(x, t) − g(t)²s(x, t)</c>, time running backwards (Song et al. 2021,
    /// equation 6).</summary>
    let drift (sde: Sde) (score: Score) : Field = Process.reverse sde.Process score

    /// <summary>The velocity of the probability flow, <c>f(x, t) − ½g(t)²s(x, t)</c> (Song et al. 2021, equation 13).</summary>
    let flow (sde: Sde) (score: Score) : Field = Process.flow sde.Process score

/// <summary>States of a sampler.</summary>
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module State =

    /// <summary>Points <c>[n; …]</c> before any move.</summary>
    let start (x: Tensor) : State = { X = x; Nfe = 0; Past = [] }

    /// <summary>The tensors that a state holds.</summary>
    let tensors (state: State) = state.X :: (state.Past |> List.map _.Data)

    /// <summary>The state after a move to new points, so many evaluations later; what was looked back on is forgotten.</summary>
    let moved (evaluations: int) (x: Tensor) (state: State) : State = {
        X = x
        Nfe = state.Nfe + evaluations
        Past = []
    }

/// <summary>Steps: one short function each, named after its algorithm.</summary>
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Step =

    let private at (state: State) (t: float) = Batch.fill (Batch.size state.X) t

    /// <summary>Euler–Maruyama on the reverse-time SDE: <c>x + h(f − g²s) + g√|h| z</c>, h = To − From &lt; 0.
    /// Strong order ½ (1 here: the noise is additive), weak order 1.</summary>
    let eulerMaruyama (sde: Sde) (score: Score) : Step =
        fun key span state ->
            let t = at state span.From
            let h = span.To - span.From
            let z = Key.normalLike state.X key
            let noise = Batch.scale (sde.Diffusion t * sqrt -h) z

            state |> State.moved 1 (state.X + Reverse.drift sde score state.X t * h + noise)

    /// <summary>Euler's method on the probability flow. Order 1.</summary>
    let euler (sde: Sde) (score: Score) : Step =
        fun _ span state ->
            let slope = Reverse.flow sde score state.X (at state span.From)
            state |> State.moved 1 (state.X + slope * (span.To - span.From))

    /// <summary>Heun's method on the probability flow, order 2; a move that ends without noise is Euler's, as the score
    /// has no meaning there. Under the EDM process this is algorithm 1 of Karras et al. 2022.</summary>
    let heun (sde: Sde) (score: Score) : Step =
        fun _ span state ->
            let h = span.To - span.From
            let slope = Reverse.flow sde score state.X (at state span.From)
            let euler = state.X + slope * h

            if Sde.levelAt sde span.To = 0. then
                state |> State.moved 1 euler
            else
                let after = Reverse.flow sde score euler (at state span.To)
                state |> State.moved 2 (state.X + (slope + after) * (0.5 * h))

    /// <summary>Tweedie's mean at the time a span starts from: <c>x̂₀ = (x + σ²s)/α</c>. The final denoising of NCSNv2.</summary>
    let denoise (sde: Sde) (score: Score) : Step =
        fun _ span state ->
            let (DataPrediction mean) = Score.toData sde score
            state |> State.moved 1 (mean state.X (at state span.From))

    /// <summary>Another step for the last move of a schedule.</summary>
    let last (final: Step) (step: Step) : Step =
        fun key span state ->
            if span.Index = span.Count - 1 then
                final key span state
            else
                step key span state

/// <summary>EDM's stochasticity (Karras et al. 2022, algorithm 2 and table 5).</summary>
type Churn = {
    /// <summary>Total amount S_churn, spread over the steps.</summary>
    Amount: float
    /// <summary>Smallest noise level at which noise is added, S_min.</summary>
    From: float
    /// <summary>Largest noise level at which noise is added, S_max.</summary>
    To: float
    /// <summary>Standard deviation of the added noise, S_noise.</summary>
    Noise: float
}

/// <summary>Churn: raise the noise level a little with fresh noise, then make the move from there.</summary>
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Churn =

    /// <summary>The factor γ by which a schedule of so many moves raises a noise level.</summary>
    let gamma (churn: Churn) (count: int) (level: float) =
        if level >= churn.From && level <= churn.To then
            min (churn.Amount / float count) (sqrt 2. - 1.)
        else
            0.

    /// <summary>A step from the raised level σ̂ = σ(1 + γ): algorithm 2, stated for any process through σ/α.</summary>
    let wrap (churn: Churn) (sde: Sde) (step: Step) : Step =
        fun key span state ->
            let level = Sde.levelAt sde span.From
            let raised = level * (1. + gamma churn span.Count level) |> min (Sde.levelAt sde 1.)

            if raised <= level then
                step key span state
            else
                let from = Sde.timeAt sde raised
                let struct (alphaBefore, _) = Sde.at sde span.From
                let struct (alpha, _) = Sde.at sde from
                let z = Key.normalLike state.X (Key.label "churn" key)
                let added = churn.Noise * sqrt (raised * raised - level * level)
                let x = state.X * (alpha / alphaBefore) + z * (alpha * added)
                step key { span with From = from } { state with X = x }
