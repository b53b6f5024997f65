namespace ScoreFunctional

open DiffSharp

/// <summary>Schedules: the spans that a step is folded over.</summary>
module Schedule =

    /// <summary>The moves between consecutive times.</summary>
    /// <exception cref="T:System.ArgumentException">Fewer than two times.</exception>
    let between (times: float[]) : Span[] =
        if times.Length < 2 then
            invalidArg (nameof times) $"expected at least two times, found {times.Length}"

        let count = times.Length - 1
        Array.init count (fun i -> { From = times[i]; To = times[i + 1]; Index = i; Count = count })

    /// <summary>So many moves at each of these times, in their order.</summary>
    let staying (moves: int) (times: float[]) : Span[] =
        let count = moves * times.Length

        Array.init count (fun i -> { From = times[i / moves]; To = times[i / moves]; Index = i; Count = count })

    /// <summary>Equal steps of time from 1 to an end.</summary>
    let uniform (until: float) (steps: int) =
        Array.init (steps + 1) (fun i -> 1. + float i / float steps * (until - 1.)) |> between

    /// <summary>Karras et al.'s noise levels, as many as steps, from σmax to σmin (as far as the process has them), then a
    /// last move to time 0. Times follow from the levels.</summary>
    let karras (rho: float) (sigmaMax: float) (sigmaMin: float) (sde: Sde) (steps: int) =
        let high = min sigmaMax (Sde.levelAt sde 1.)
        let low = max sigmaMin (Sde.levelAt sde 0.)

        if steps < 2 then
            [| Sde.timeAt sde high; 0. |] |> between
        else
            let times = Levels.karras rho high low steps |> Sde.timesAt sde
            Array.append times [| 0. |] |> between

/// <summary>What a caller wants while samples are drawn.</summary>
type Watch = {
    /// <summary>How many states the trace keeps, evenly spread and with the first and the last; 0 for none.</summary>
    Trace: int
    /// <summary>Called after every move with the span just made and the evaluations so far. An exception from it ends the run.</summary>
    Progress: Span -> int -> unit
}

/// <summary>Drawing samples: a schedule folded over a step.</summary>
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Sampler =

    /// <summary>No trace, no progress.</summary>
    let quiet: Watch = { Trace = 0; Progress = fun _ _ -> () }

    /// Which of 0 … moves are kept when so many are asked for.
    let private kept moves wanted =
        if wanted <= 0 then
            Set.empty
        else
            let gaps = max 1 (wanted - 1)
            Set.ofList [ for i in 0..gaps -> (2 * i * moves + gaps) / (2 * gaps) ]

    /// <summary>Folds a step over spans, from a start <c>x [n; …]</c>. Move i draws from the key at step i, so that a sample
    /// does not depend on its batch. Native memory of a move is freed when it ends.</summary>
    let fold (step: Step) (spans: Span[]) (watch: Watch) (key: Key) (start: Tensor) : Sampled =
        let wanted = kept spans.Length watch.Trace
        let isKept index = Set.contains index wanted

        let move (state: State, trace) (span: Span) =
            let next =
                Primitives.scope
                    (fun () -> Primitives.noGrad (fun () -> step (Key.atStep span.Index key) span state))
                    State.tensors

            // The start belongs to the caller, kept points to the trace, and what the method looks back on to the next
            // state; anything else has served.
            let held = start :: trace @ State.tensors next
            let isHeld tensor = held |> List.exists (fun other -> obj.ReferenceEquals(other, tensor))
            State.tensors state |> List.filter (isHeld >> not) |> Primitives.release

            watch.Progress span next.Nfe
            next, (if isKept (span.Index + 1) then next.X :: trace else trace)

        let final, trace = Array.fold move (State.start start, (if isKept 0 then [ start ] else [])) spans

        final.Past
        |> List.map _.Data
        |> List.filter (fun data -> not (obj.ReferenceEquals(data, final.X)))
        |> Primitives.release

        { X = final.X; Nfe = final.Nfe; Trace = trace |> List.rev |> Array.ofList }

    /// <summary>Draws samples of a batch shape <c>[n; …]</c>, float32, from the sampler's start. The samples depend on the
    /// key and their own index alone.</summary>
    /// <exception cref="T:System.ArgumentException">Fewer than one step.</exception>
    let draw
        (sampler: Sampler)
        (sde: Sde)
        (score: Score)
        (steps: int)
        (watch: Watch)
        (shape: int[])
        (key: Key)
        : Sampled =
        if steps < 1 then
            invalidArg (nameof steps) $"expected at least one step, found {steps}"

        let spans = sampler.Schedule sde steps

        Key.normal Dtype.Float32 shape (Key.label "prior" key) * sampler.Start sde spans
        |> fold (sampler.Step sde score) spans watch (Key.label "moves" key)

/// <summary>The samplers by name. The command line and the tests read this table.</summary>
module Samplers =

    /// The standard deviation of the marginal's noise where the schedule starts: the prior, at t = 1.
    let private marginal (sde: Sde) (spans: Span[]) =
        let struct (_, sigma) = Sde.at sde spans[0].From
        sigma

    /// EDM's noise levels from 80 to 0.002 with ρ = 7.
    let private levels = Schedule.karras 7. 80. 0.002

    /// The last move of each sampler gives Tweedie's mean. Under EDM that is what Euler's move to zero noise gives.
    let private denoised (step: Sde -> Score -> Step) sde score = step sde score |> Step.last (Step.denoise sde score)

    /// <summary>Heun's method on the probability flow over Karras et al.'s noise levels: 2N − 1 evaluations under EDM.</summary>
    let heun: Sampler = {
        Name = "heun"
        Citation = Citations.karras2022 |> Citations.at "Algorithm 1"
        Order = Order.Deterministic 2
        Takes = Takes.AnySde
        DefaultSteps = 18
        Evaluations = Evaluations.Counted("2N − 1", (fun steps -> 2 * steps - 1))
        Schedule = levels
        Start = marginal
        Step = denoised Step.heun
    }

    /// <summary>Heun's method with another range of noise levels and other exponent.</summary>
    let heunOver (rho: float) (sigmaMax: float) (sigmaMin: float) : Sampler = {
        heun with
            Schedule = Schedule.karras rho sigmaMax sigmaMin
    }

    /// <summary>Heun's method with churn; the last move, from the smallest level, adds none.</summary>
    let heunChurned (churn: Churn) : Sampler = {
        heun with
            Name = "heun-churn"
            Citation = Citations.karras2022 |> Citations.at "Algorithm 2"
            Step = denoised (fun sde score -> Churn.wrap churn sde (Step.heun sde score))
    }

    /// <summary>Euler's method on the probability flow over Karras et al.'s noise levels.</summary>
    let euler: Sampler = {
        heun with
            Name = "euler"
            Citation = Citations.song2021 |> Citations.at "Equation 13"
            Order = Order.Deterministic 1
            DefaultSteps = 50
            Evaluations = Evaluations.Counted("N", id)
            Step = denoised Step.euler
    }

    /// <summary>Euler–Maruyama on the reverse-time SDE over Karras et al.'s noise levels.</summary>
    let eulerMaruyama: Sampler = {
        Name = "euler-maruyama"
        Citation = Citations.song2021 |> Citations.at "Equation 6"
        Order = Order.Stochastic(strong = 1., weak = 1.)
        Takes = Takes.AnySde
        DefaultSteps = 500
        Evaluations = Evaluations.Counted("N", id)
        Schedule = levels
        Start = marginal
        Step = denoised Step.eulerMaruyama
    }

    /// <summary>Annealed Langevin dynamics over given noise levels with a rule for the step size, from <c>N(0, start²)</c>; the
    /// number of steps is that of the moves at each level. The last move is the final denoising.</summary>
    let annealedLangevin (convention: Convention) (size: float -> float) (levels: float[]) (start: float) : Sampler = {
        Name = "annealed-langevin"
        Citation = Citations.songErmon2019 |> Citations.at "Algorithm 1"
        Order = Order.Stationary 1
        Takes = Takes.AddedNoise
        DefaultSteps = 20
        Evaluations = Evaluations.Counted($"{levels.Length}N + 1", (fun steps -> steps * levels.Length + 1))
        Schedule =
            fun sde steps ->
                let times = Sde.timesAt sde levels
                let moves = Schedule.staying steps times
                let final = times[times.Length - 1]
                let count = moves.Length + 1

                Array.append moves [| { From = final; To = 0.; Index = moves.Length; Count = count } |]
                |> Array.map (fun span -> { span with Count = count })
        Start = fun _ _ -> start
        Step = denoised (Langevin.step convention size)
    }

    /// <summary>The founding sampler: L = 20 levels <c>10^(−1 − 2l/L)</c>, <c>α_l = βσ_l²</c> with β = 0.1, 20 moves a level, from
    /// <c>N(0, I)</c>.</summary>
    let founding = annealedLangevin Convention.Half (Langevin.founding 0.1) (Levels.founding 20) 1.

    /// <summary>All of them, with their defaults.</summary>
    let table: Sampler[] = [| heun; euler; eulerMaruyama; founding |]
