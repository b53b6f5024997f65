namespace ScoreFunctional

open DiffSharp

/// <summary>Schedules: the spans that a step is folded over.</summary>
module Schedule =

    /// <summary>The most moves of a schedule: the schedule of so many takes about 100 MiB, and each evaluates the score.</summary>
    let most = 2_000_000

    let private bounded (what: string) (moves: int64) =
        if moves < 1L || moves > int64 most then
            invalidArg what $"expected from 1 to {most} moves of a sampler, found {moves}"

    /// <summary>The moves between consecutive times.</summary>
    /// <exception cref="T:System.ArgumentException">Fewer than two times.</exception>
    let between (times: float[]) : TimeStep[] =
        if times.Length < 2 then
            invalidArg (nameof times) $"expected at least two times, found {times.Length}"

        let count = times.Length - 1
        Array.init count (fun i -> { From = times[i]; To = times[i + 1]; Index = i; Count = count })

    /// <summary>So many moves at each of these times, in their order.</summary>
    /// <exception cref="T:System.ArgumentException">No move, or more than <c>most</c>.</exception>
    let staying (moves: int) (times: float[]) : TimeStep[] =
        bounded (nameof moves) (int64 moves * int64 times.Length)
        let count = moves * times.Length

        Array.init count (fun i -> { From = times[i / moves]; To = times[i / moves]; Index = i; Count = count })

    /// <summary>Equal steps of time from 1 to an end.</summary>
    /// <exception cref="T:System.ArgumentException">No step, or more than <c>most</c>.</exception>
    let uniform (until: float) (steps: int) =
        bounded (nameof steps) (int64 steps)
        Array.init (steps + 1) (fun i -> 1. + float i / float steps * (until - 1.)) |> between

    /// <summary>Karras et al.'s noise levels, as many as steps, from σmax to σmin (as far as the process has them), then a
    /// last move to time 0. Times follow from the levels.</summary>
    /// <exception cref="T:System.ArgumentException">No step, or more than <c>most</c>.</exception>
    let karras (rho: float) (sigmaMax: float) (sigmaMin: float) (sde: Sde) (steps: int) =
        bounded (nameof steps) (int64 steps)
        let high = min sigmaMax (sde.Level 1.)
        let low = max sigmaMin (sde.Level 0.)

        if steps < 2 then
            [| sde.TimeOf high; 0. |] |> between
        else
            let times = Levels.karras rho high low steps |> Array.map sde.TimeOf
            Array.append times [| 0. |] |> between

    /// Moves between noise levels of the process, from its largest to that at which it stops, then one to time 0.
    let private over (spacing: float -> float -> int -> float[]) (sde: Sde) (steps: int) =
        bounded (nameof steps) (int64 steps)
        let high = sde.Level 1.

        if steps < 2 then
            [| 1.; 0. |] |> between
        else
            let times = spacing high (sde.Level sde.SampleTo) steps |> Array.map sde.TimeOf
            Array.append times [| 0. |] |> between

    /// <summary>Karras et al.'s noise levels (ρ = 7), as many as steps, over the process's own range, then a last move to time 0.</summary>
    let levels: Sde -> int -> TimeStep[] = over (Levels.karras 7.)

    /// <summary>Equal steps of the log-SNR, as many levels as steps, over the process's own range, then a last move to time 0
    /// (Lu et al. 2022).</summary>
    let logSnr: Sde -> int -> TimeStep[] = over Levels.geometric

/// <summary>The samples that a sampler draws.</summary>
type SampleResult = {
    /// <summary>The samples <c>[n; …]</c>.</summary>
    X: Tensor
    /// <summary>Evaluations of the score, each on the whole batch.</summary>
    Nfe: int
    /// <summary>The states that were asked for, the first before any move, the last after all.</summary>
    Trace: Tensor[]
}

/// <summary>What a caller wants while samples are drawn.</summary>
type Callbacks = {
    /// <summary>How many states the trace keeps, evenly spread and with the first and the last; 0 for none.</summary>
    Trace: int
    /// <summary>Called after every move with the span just made and the evaluations so far. An exception from it ends the run.</summary>
    Progress: TimeStep -> int -> unit
}

/// <summary>Callbacks of a sampler.</summary>
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Callbacks =

    /// <summary>No trace, no progress.</summary>
    let none: Callbacks = { Trace = 0; Progress = fun _ _ -> () }

/// <summary>Drawing samples: a schedule folded over a step.</summary>
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Sampler =

    /// <summary>Whether a sampler runs under a process.</summary>
    let supports (sampler: Sampler) (sde: Sde) : bool =
        match sampler.Requires with
        | Requires.AnySde -> true
        | Requires.UnscaledData -> (sde.Marginal 1.).Alpha = 1.

    /// Which of 0 … moves are kept when so many are asked for.
    let private kept moves wanted =
        if wanted <= 0 then
            Set.empty
        else
            // There are no more states than moves, however many are wanted.
            let gaps = int64 (wanted - 1 |> min moves |> max 1)
            Set.ofList [ for i in 0L .. gaps -> int ((2L * i * int64 moves + gaps) / (2L * gaps)) ]

    /// <summary>Folds a step over spans, from a start <c>x [n; …]</c>. Move i draws from the key at step i, so that a sample
    /// does not depend on its batch.</summary>
    let fold (step: Step) (timeSteps: TimeStep[]) (callbacks: Callbacks) (key: Key) (start: Tensor) : SampleResult =
        let wanted = kept timeSteps.Length callbacks.Trace
        let isKept index = Set.contains index wanted

        let loop = new Loop<State>(State.tensors, (fun () -> State.start start))

        let move (timeStep: TimeStep) =
            loop.Step(fun state -> Primitives.noGrad (fun () -> step (Key.atStep timeStep.Index key) timeStep state))
            callbacks.Progress timeStep loop.State.Nfe

            if isKept (timeStep.Index + 1) then
                loop.Give [ loop.State.X ]
                Some loop.State.X
            else
                None

        let trace = timeSteps |> Array.choose move
        // What the last move left to look back on, nobody will.
        loop.Step(fun state -> { state with History = [] })

        {
            X = loop.State.X
            Nfe = loop.State.Nfe
            Trace = if isKept 0 then Array.append [| start |] trace else trace
        }

    /// <summary><c>draw</c> on a device, where the score's parameters must be. The numbers drawn are the same on all.</summary>
    /// <exception cref="T:System.ArgumentException">Fewer than one step, or more moves than a schedule may have.</exception>
    let drawOn
        (device: Device)
        (sampler: Sampler)
        (sde: Sde)
        (score: Score)
        (steps: int)
        (callbacks: Callbacks)
        (shape: int[])
        (key: Key)
        : SampleResult =
        if steps < 1 then
            invalidArg (nameof steps) $"expected at least one step, found {steps}"

        let timeSteps = sampler.Schedule sde steps

        (Key.normal Dtype.Float32 shape (Key.label "prior" key) * sampler.Start sde timeSteps).move(device = device)
        |> fold (sampler.Step sde score) timeSteps callbacks (Key.label "moves" key)

    /// <summary>Draws samples of a batch shape <c>[n; …]</c>, float32, from the sampler's start. The samples depend on the
    /// key and their own index alone.</summary>
    /// <exception cref="T:System.ArgumentException">Fewer than one step, or more moves than a schedule may have.</exception>
    let draw (sampler: Sampler) sde score steps callbacks shape key : SampleResult =
        drawOn Device.CPU sampler sde score steps callbacks shape key
