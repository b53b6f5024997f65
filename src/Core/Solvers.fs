namespace ScoreFunctional

// One-step methods of samplers.

open DiffSharp

/// <summary>Functions of the state of a sampler.</summary>
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module State =

    /// <summary>The state at points <c>[n; …]</c> before any step.</summary>
    let start (x: Tensor) : State = { X = x; Nfe = 0; History = [] }

    /// <summary>The tensors that a state holds.</summary>
    let tensors (state: State) = state.X :: (state.History |> List.map _.Data)

    /// <summary>The state after a step to new points with a number of evaluations, without a history.</summary>
    let moved (evaluations: int) (x: Tensor) (state: State) : State = {
        X = x
        Nfe = state.Nfe + evaluations
        History = []
    }

    /// <summary>The same value for every sample of the state, <c>[n]</c>.</summary>
    let each (state: State) (value: float) = Batch.fill (Batch.size state.X) value

/// <summary>The time reversal of a process: right-hand sides, and steps that need only drift and diffusion.</summary>
module Reverse =

    /// <summary>The drift of the reverse-time SDE, <c>f(x, t) − g(t)²s(x, t)</c>, time running backwards (Song et al. 2021,
    /// equation 6).</summary>
    let drift (sde: Sde) (score: Score) : Field = Process.reverse sde.Process score

    /// <summary>The velocity of the probability flow ODE, <c>f(x, t) − ½g(t)²s(x, t)</c> (Song et al. 2021, equation 13).</summary>
    let flow (sde: Sde) (score: Score) : Field = Process.flow sde.Process score

    /// <summary>Euler–Maruyama on the reverse-time SDE of any process: <c>x + h(f − g²s) + g√|h| z</c>, h = To − From &lt; 0.
    /// Weak order 1, and strong order 1 since the noise is additive.</summary>
    let eulerMaruyama (proc: Process) (score: Score) : Step =
        fun key timeStep state ->
            let h = timeStep.To - timeStep.From
            let drift = Process.reverse proc score state.X (State.each state timeStep.From)
            let noise = Key.normalLike state.X key * (proc.Diffusion timeStep.From * sqrt -h)
            state |> State.moved 1 (state.X + drift * h + noise)

    /// <summary>Euler's method on the probability flow of any process. Order 1.</summary>
    let euler (proc: Process) (score: Score) : Step =
        fun _ timeStep state ->
            let slope = Process.flow proc score state.X (State.each state timeStep.From)
            state |> State.moved 1 (state.X + slope * (timeStep.To - timeStep.From))

    /// <summary>The improved Euler method on the reverse-time SDE of any process. Each sample steps back from its own time
    /// <c>t [n]</c> by its own step <c>h [n]</c>, with one draw z. The results are the point x′ of Euler–Maruyama and
    /// <c>x″ = ½(x′ + x + h·r(x′, t − h) + √h g(t − h)z)</c>, where r is the negative of the reverse drift (Jolicoeur-Martineau et
    /// al. 2021). x″ has strong order 1 and weak order 2; their difference measures the error.</summary>
    let improvedEuler (proc: Process) (score: Score) (x: Tensor) (t: Tensor) (h: Tensor) (z: Tensor) =
        let move at time =
            let noise = Batch.scale (Batch.map proc.Diffusion time * h.sqrt ()) z
            x - Batch.scale h (Process.reverse proc score at time) + noise

        let low = move x t
        // Rounding can make t − h negative, where the diffusion is undefined.
        struct (low, (low + move low ((t - h).clamp(low = 0.))) * 0.5)

/// <summary>The transition kernel of a process from an earlier time s to a later time t: <c>x_t = ratio·x_s + √variance·z</c>.</summary>
[<Struct>]
type TransitionKernel = {
    /// <summary>Scale of the earlier value, <c>α_t/α_s</c>.</summary>
    Ratio: float
    /// <summary>Variance of the added noise, <c>σ_t² − (α_t/α_s)²σ_s²</c>.</summary>
    Variance: float
}

/// <summary>Exact transition kernels.</summary>
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module TransitionKernel =

    /// <summary>The transition kernel from an earlier time (less noise) to a later one, for any process with a Gaussian marginal.</summary>
    let between (sde: Sde) (earlier: float) (later: float) : TransitionKernel =
        let s, t = sde.Marginal earlier, sde.Marginal later
        let ratio = t.Alpha / s.Alpha

        {
            Ratio = ratio
            Variance = max 0. (t.Sigma * t.Sigma - ratio * ratio * s.Sigma * s.Sigma)
        }

/// <summary>The steps of one-step samplers, each named after its algorithm.</summary>
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Step =

    /// <summary>Euler–Maruyama on the reverse-time SDE: <c>x + h(f − g²s) + g√|h| z</c>, h = To − From &lt; 0.
    /// Weak order 1, and strong order 1 since the noise is additive.</summary>
    let eulerMaruyama (sde: Sde) (score: Score) : Step = Reverse.eulerMaruyama sde.Process score

    /// <summary>Euler's method on the probability flow. Order 1.</summary>
    let euler (sde: Sde) (score: Score) : Step = Reverse.euler sde.Process score

    /// <summary>Heun's method on the probability flow. Order 2. A step that ends at zero noise is an Euler step, since the score is
    /// undefined there. Under the EDM process this is algorithm 1 of Karras et al. 2022.</summary>
    let heun (sde: Sde) (score: Score) : Step =
        fun _ timeStep state ->
            let h = timeStep.To - timeStep.From
            let slope = Reverse.flow sde score state.X (State.each state timeStep.From)
            let euler = state.X + slope * h

            if sde.Level timeStep.To = 0. then
                state |> State.moved 1 euler
            else
                let after = Reverse.flow sde score euler (State.each state timeStep.To)
                state |> State.moved 2 (state.X + (slope + after) * (0.5 * h))

    /// <summary>The improved Euler method on the reverse-time SDE: two evaluations, strong order 1, weak order 2.
    /// <see cref="M:ScoreFunctional.Reverse.improvedEuler(ScoreFunctional.Process,ScoreFunctional.Score,DiffSharp.Tensor,DiffSharp.Tensor,DiffSharp.Tensor,DiffSharp.Tensor)"/>.</summary>
    let improvedEuler (sde: Sde) (score: Score) : Step =
        fun key timeStep state ->
            let t, h = State.each state timeStep.From, State.each state (timeStep.From - timeStep.To)
            let struct (_, x) = Reverse.improvedEuler sde.Process score state.X t h (Key.normalLike state.X key)
            state |> State.moved 2 x

    /// <summary>Dormand and Prince's method of order 5 on the probability flow (Song et al. 2021, section 4.3). The tolerance
    /// determines the number of substeps; each sample has its own.</summary>
    /// <exception cref="T:System.InvalidOperationException">A sample cannot keep the tolerance.</exception>
    let rk45 (tolerance: Tolerance) (sde: Sde) (score: Score) : Step =
        // A tenth of the interval, not a hundredth: a schedule has several intervals, and the solver restarts in each.
        let adaptive = { Tolerances = [ tolerance ]; InitialStep = 0.1; MaxSteps = 10000 }
        let slope: OdeFunction = fun y t -> y |> List.map (fun x -> Reverse.flow sde score x t)

        fun _ timeStep state ->
            let found = Ode.dormandPrince adaptive slope timeStep.From timeStep.To [ state.X ]
            state |> State.moved found.Nfe found.Y.Head

    /// The transition kernel and the mean of the reverse transition, <c>(x + variance·s)/ratio</c>: the posterior mean of x_s given
    /// x_t and the x₀ that the score predicts.
    let private posterior (sde: Sde) (score: Score) (timeStep: TimeStep) (state: State) =
        let kernel = TransitionKernel.between sde timeStep.To timeStep.From
        let s = Score.apply score state.X (State.each state timeStep.From)
        struct (kernel, (state.X + s * kernel.Variance) * (1. / kernel.Ratio))

    /// <summary>Reverse diffusion: the forward transition <c>f = (ratio − 1)x, G = √variance</c> reversed with the same discretisation,
    /// <c>x − f + G²s + Gz</c> (Song et al. 2021, algorithms 2 and 3: <c>(2 − √(1−β))x + βs + √β z</c> under VP).
    /// Strong and weak order 1.</summary>
    let reverseDiffusion (sde: Sde) (score: Score) : Step =
        fun key timeStep state ->
            let kernel = TransitionKernel.between sde timeStep.To timeStep.From
            let s = Score.apply score state.X (State.each state timeStep.From)
            let z = Key.normalLike state.X key

            state
            |> State.moved 1 (state.X * (2. - kernel.Ratio) + s * kernel.Variance + z * sqrt kernel.Variance)

    /// <summary>Ancestral sampling with the posterior variance <c>σ_s²·variance/σ_t²</c>, for any process: under VE the ancestral
    /// sampler of Song et al. 2021 (equation 47), under VP DDPM with the smaller of its two variances. Strong and weak order
    /// 1.</summary>
    let ancestral (sde: Sde) (score: Score) : Step =
        fun key timeStep state ->
            let struct (kernel, mean) = posterior sde score timeStep state
            let s, t = sde.Marginal timeStep.To, sde.Marginal timeStep.From
            let z = Key.normalLike state.X key
            state |> State.moved 1 (mean + z * (s.Sigma * sqrt kernel.Variance / t.Sigma))

    /// <summary>Ancestral sampling with the variance of the forward transition, for any process: under VP DDPM with the larger of its two
    /// variances, <c>(x + βs)/√(1−β) + √β z</c> (Ho et al. 2020, algorithm 2). Strong and weak order 1.</summary>
    let ddpm (sde: Sde) (score: Score) : Step =
        fun key timeStep state ->
            let struct (kernel, mean) = posterior sde score timeStep state
            state |> State.moved 1 (mean + Key.normalLike state.X key * sqrt kernel.Variance)

    /// <summary>DDIM: <c>x ← α₊x̂₀ + √(σ₊² − ς²) ε̂ + ςz</c> with <c>ς = η·σ₊√variance/σ</c> (Song, Meng and Ermon 2021, equations
    /// 12 and 16). η = 0 is the exponential integrator of order 1 of the probability flow, without noise; η = 1 is
    /// <c>ancestral</c>.</summary>
    let ddim (eta: float) (sde: Sde) (score: Score) : Step =
        fun key timeStep state ->
            let m, after = sde.Marginal timeStep.From, sde.Marginal timeStep.To
            let ratio = after.Alpha / m.Alpha

            let noise =
                eta * after.Sigma * sqrt (TransitionKernel.between sde timeStep.To timeStep.From).Variance / m.Sigma

            let kept = sqrt (max 0. (after.Sigma * after.Sigma - noise * noise))
            let s = Score.apply score state.X (State.each state timeStep.From)
            // α₊x̂₀ + kept·ε̂ with x̂₀ = (x + σ²s)/α and ε̂ = −σs substituted.
            let mean = state.X * ratio + s * (m.Sigma * (m.Sigma * ratio - kept))

            state |> State.moved 1 (if noise = 0. then mean else mean + Key.normalLike state.X key * noise)

    /// <summary>The posterior mean at the start of the step (Tweedie): <c>x̂₀ = (x + σ²s)/α</c>. The final denoising of NCSNv2.</summary>
    let denoise (sde: Sde) (score: Score) : Step =
        fun _ timeStep state ->
            let (DataPrediction mean) = Score.toData sde score
            state |> State.moved 1 (mean state.X (State.each state timeStep.From))

    /// <summary>Replaces the last step of a schedule by another step.</summary>
    let last (final: Step) (step: Step) : Step =
        fun key timeStep state ->
            if timeStep.Index = timeStep.Count - 1 then
                final key timeStep state
            else
                step key timeStep state

    /// <summary>Calls a function after every step with the time step and the new state. The loop frees the tensors of the state later; a
    /// function that keeps them has to copy them.</summary>
    let withCallback (callback: TimeStep -> State -> unit) (step: Step) : Step =
        fun key timeStep state ->
            let next = step key timeStep state
            callback timeStep next
            next
