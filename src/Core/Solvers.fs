namespace ScoreFunctional

open DiffSharp

/// <summary>States of a sampler.</summary>
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module State =

    /// <summary>Points <c>[n; …]</c> before any move.</summary>
    let start (x: Tensor) : State = { X = x; Nfe = 0; History = [] }

    /// <summary>The tensors that a state holds.</summary>
    let tensors (state: State) = state.X :: (state.History |> List.map _.Data)

    /// <summary>The state after a move to new points, so many evaluations later, without a history.</summary>
    let moved (evaluations: int) (x: Tensor) (state: State) : State = {
        X = x
        Nfe = state.Nfe + evaluations
        History = []
    }

    /// <summary>The same number for every sample of the state, <c>[n]</c>.</summary>
    let each (state: State) (value: float) = Batch.fill (Batch.size state.X) value

/// <summary>A process turned round: right-hand sides, and the two simplest steps, which any process has.</summary>
module Reverse =

    /// <summary>The drift of the reverse-time SDE, <c>f(x, t) − g(t)²s(x, t)</c>, time running backwards (Song et al. 2021,
    /// equation 6).</summary>
    let drift (sde: Sde) (score: Score) : Field = Process.reverse sde.Process score

    /// <summary>The velocity of the probability flow, <c>f(x, t) − ½g(t)²s(x, t)</c> (Song et al. 2021, equation 13).</summary>
    let flow (sde: Sde) (score: Score) : Field = Process.flow sde.Process score

    /// <summary>Euler–Maruyama on the reverse-time SDE of any process: <c>x + h(f − g²s) + g√|h| z</c>, h = To − From &lt; 0.
    /// Strong order ½ (1 here: the noise is additive), weak order 1.</summary>
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

    /// <summary>The improved Euler method on the reverse-time SDE of any process, each sample from its own time
    /// <c>t [n]</c> over its own step <c>h [n]</c> back, with one draw z: Euler–Maruyama's point x′, and
    /// <c>x″ = ½(x′ + x + h·r(x′, t − h) + √h g(t − h)z)</c>, r the reverse drift's negative (Jolicoeur-Martineau et al.
    /// 2021). x″ has strong order 1 and weak order 2; half the difference of the two estimates the error.</summary>
    let improvedEuler (proc: Process) (score: Score) (x: Tensor) (t: Tensor) (h: Tensor) (z: Tensor) =
        let move at time =
            let noise = Batch.scale (Batch.map proc.Diffusion time * h.sqrt ()) z
            x - Batch.scale h (Process.reverse proc score at time) + noise

        let low = move x t
        // A time that rounding carries below zero has no diffusion.
        struct (low, (low + move low ((t - h).clamp(low = 0.))) * 0.5)

/// <summary>The distribution of a process at one time given its value at an earlier one: <c>x_t = ratio·x_s + √variance·z</c>.</summary>
[<Struct>]
type Kernel = {
    /// <summary>Scale of the earlier value, <c>α_t/α_s</c>.</summary>
    Ratio: float
    /// <summary>Variance of the added noise, <c>σ_t² − (α_t/α_s)²σ_s²</c>.</summary>
    Variance: float
}

/// <summary>Exact transitions between two times.</summary>
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Kernel =

    /// <summary>From an earlier time (less noise) to a later one, of any process with a Gaussian marginal.</summary>
    let between (sde: Sde) (earlier: float) (later: float) : Kernel =
        let s, t = sde.Marginal earlier, sde.Marginal later
        let ratio = t.Alpha / s.Alpha

        {
            Ratio = ratio
            Variance = max 0. (t.Sigma * t.Sigma - ratio * ratio * s.Sigma * s.Sigma)
        }

/// <summary>Steps: one short function each, named after its algorithm.</summary>
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Step =

    /// <summary>Euler–Maruyama on the reverse-time SDE: <c>x + h(f − g²s) + g√|h| z</c>, h = To − From &lt; 0.
    /// Strong order ½ (1 here: the noise is additive), weak order 1.</summary>
    let eulerMaruyama (sde: Sde) (score: Score) : Step = Reverse.eulerMaruyama sde.Process score

    /// <summary>Euler's method on the probability flow. Order 1.</summary>
    let euler (sde: Sde) (score: Score) : Step = Reverse.euler sde.Process score

    /// <summary>Heun's method on the probability flow, order 2; a move that ends without noise is Euler's, as the score
    /// has no meaning there. Under the EDM process this is algorithm 1 of Karras et al. 2022.</summary>
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

    /// <summary>The improved Euler method on the reverse-time SDE with the span as its step: two evaluations, strong order 1,
    /// weak order 2. <see cref="M:ScoreFunctional.Reverse.improvedEuler(ScoreFunctional.Process,ScoreFunctional.Score,DiffSharp.Tensor,DiffSharp.Tensor,DiffSharp.Tensor,DiffSharp.Tensor)"/>.</summary>
    let improvedEuler (sde: Sde) (score: Score) : Step =
        fun key timeStep state ->
            let t, h = State.each state timeStep.From, State.each state (timeStep.From - timeStep.To)
            let struct (_, x) = Reverse.improvedEuler sde.Process score state.X t h (Key.normalLike state.X key)
            state |> State.moved 2 x

    /// <summary>Dormand and Prince's method of order 5 on the probability flow, with as many steps between the ends of the
    /// span as the tolerance asks for, and each sample with steps of its own (Song et al. 2021, section 4.3).</summary>
    /// <exception cref="T:System.InvalidOperationException">A sample does not arrive.</exception>
    let rk45 (tolerance: Tolerance) (sde: Sde) (score: Score) : Step =
        // A tenth of the span, not a hundredth: a schedule has several, and each begins anew.
        let adaptive = { Tolerances = [ tolerance ]; InitialStep = 0.1; MaxSteps = 10000 }
        let slope: OdeFunction = fun y t -> y |> List.map (fun x -> Reverse.flow sde score x t)

        fun _ timeStep state ->
            let found = Ode.dormandPrince adaptive slope timeStep.From timeStep.To [ state.X ]
            state |> State.moved found.Nfe found.Y.Head

    /// The mean of a reverse transition and its kernel: <c>(x + variance·s)/ratio</c>, the posterior mean of x_s given x_t
    /// and the x₀ that the score predicts.
    let private posterior (sde: Sde) (score: Score) (timeStep: TimeStep) (state: State) =
        let kernel = Kernel.between sde timeStep.To timeStep.From
        let s = Score.apply score state.X (State.each state timeStep.From)
        struct (kernel, (state.X + s * kernel.Variance) * (1. / kernel.Ratio))

    /// <summary>Reverse diffusion: the forward transition's own discretisation <c>f = (ratio − 1)x, G = √variance</c> turned
    /// round, <c>x − f + G²s + Gz</c> (Song et al. 2021, algorithms 2 and 3: <c>(2 − √(1−β))x + βs + √β z</c> under VP).
    /// Strong and weak order 1.</summary>
    let reverseDiffusion (sde: Sde) (score: Score) : Step =
        fun key timeStep state ->
            let kernel = Kernel.between sde timeStep.To timeStep.From
            let s = Score.apply score state.X (State.each state timeStep.From)
            let z = Key.normalLike state.X key

            state
            |> State.moved 1 (state.X * (2. - kernel.Ratio) + s * kernel.Variance + z * sqrt kernel.Variance)

    /// <summary>Ancestral sampling with the variance of the posterior <c>σ_s²·variance/σ_t²</c>: VE's ancestral sampler (Song et
    /// al. 2021, equation 47) and DDPM's with the smaller of its two variances, for any process. Strong and weak order 1.</summary>
    let ancestral (sde: Sde) (score: Score) : Step =
        fun key timeStep state ->
            let struct (kernel, mean) = posterior sde score timeStep state
            let s, t = sde.Marginal timeStep.To, sde.Marginal timeStep.From
            let z = Key.normalLike state.X key
            state |> State.moved 1 (mean + z * (s.Sigma * sqrt kernel.Variance / t.Sigma))

    /// <summary>Ancestral sampling with the variance of the forward transition, <c>(x + βs)/√(1−β) + √β z</c> under VP: DDPM's
    /// sampler with the larger of its two variances (Ho et al. 2020, algorithm 2), for any process. Strong and weak order 1.</summary>
    let ddpm (sde: Sde) (score: Score) : Step =
        fun key timeStep state ->
            let struct (kernel, mean) = posterior sde score timeStep state
            state |> State.moved 1 (mean + Key.normalLike state.X key * sqrt kernel.Variance)

    /// <summary>DDIM: <c>x ← α₊x̂₀ + √(σ₊² − ς²) ε̂ + ςz</c> with <c>ς = η·σ₊√variance/σ</c> (Song, Meng and Ermon 2021, equations
    /// 12 and 16). η = 0 is the exponential integrator of order 1 of the probability flow and draws nothing; η = 1 is
    /// <c>ancestral</c>.</summary>
    let ddim (eta: float) (sde: Sde) (score: Score) : Step =
        fun key timeStep state ->
            let m, after = sde.Marginal timeStep.From, sde.Marginal timeStep.To
            let ratio = after.Alpha / m.Alpha
            let noise = eta * after.Sigma * sqrt (Kernel.between sde timeStep.To timeStep.From).Variance / m.Sigma
            let kept = sqrt (max 0. (after.Sigma * after.Sigma - noise * noise))
            let s = Score.apply score state.X (State.each state timeStep.From)
            // α₊x̂₀ + kept·ε̂ with x̂₀ = (x + σ²s)/α and ε̂ = −σs, in one pass over each.
            let mean = state.X * ratio + s * (m.Sigma * (m.Sigma * ratio - kept))

            state |> State.moved 1 (if noise = 0. then mean else mean + Key.normalLike state.X key * noise)

    /// <summary>Tweedie's mean at the time a span starts from: <c>x̂₀ = (x + σ²s)/α</c>. The final denoising of NCSNv2.</summary>
    let denoise (sde: Sde) (score: Score) : Step =
        fun _ timeStep state ->
            let (DataPrediction mean) = Score.toData sde score
            state |> State.moved 1 (mean state.X (State.each state timeStep.From))

    /// <summary>Another step for the last move of a schedule.</summary>
    let last (final: Step) (step: Step) : Step =
        fun key timeStep state ->
            if timeStep.Index = timeStep.Count - 1 then
                final key timeStep state
            else
                step key timeStep state

    /// <summary>A step that tells of every move: its span and the state after it. The state is the fold's: a copy outlives the
    /// move.</summary>
    let tell (watcher: TimeStep -> State -> unit) (step: Step) : Step =
        fun key timeStep state ->
            let next = step key timeStep state
            watcher timeStep next
            next
