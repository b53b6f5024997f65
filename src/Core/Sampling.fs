namespace ScoreFunctional

// Schedules, the loop that draws samples with a sampler, and the properties of a sampler as text.

open DiffSharp

/// <summary>Schedules: the time steps of a sampler.</summary>
module Schedule =

    /// <summary>The largest number of steps of a schedule. Such a schedule takes about 100 MiB.</summary>
    let most = 2_000_000

    let private bounded (what: string) (moves: int64) =
        if moves < 1L || moves > int64 most then
            invalidArg what $"expected from 1 to {most} steps of a sampler, found {moves}"

    /// <summary>The steps between consecutive times.</summary>
    /// <exception cref="T:System.ArgumentException">Fewer than two times.</exception>
    let between (times: float[]) : TimeStep[] =
        if times.Length < 2 then
            invalidArg (nameof times) $"expected at least two times, found {times.Length}"

        let count = times.Length - 1
        Array.init count (fun i -> { From = times[i]; To = times[i + 1]; Index = i; Count = count })

    /// <summary>A number of steps at each of these times, in their order, for Langevin dynamics.</summary>
    /// <exception cref="T:System.ArgumentException">No step, or more than <c>most</c>.</exception>
    let repeated (moves: int) (times: float[]) : TimeStep[] =
        bounded (nameof moves) (int64 moves * int64 times.Length)
        let count = moves * times.Length

        Array.init count (fun i -> { From = times[i / moves]; To = times[i / moves]; Index = i; Count = count })

    /// <summary>Equal steps of time from 1 to <c>until</c>.</summary>
    /// <exception cref="T:System.ArgumentException">No step, or more than <c>most</c>.</exception>
    let uniform (until: float) (steps: int) =
        bounded (nameof steps) (int64 steps)
        Array.init (steps + 1) (fun i -> 1. + float i / float steps * (until - 1.)) |> between

    /// <summary>The noise levels of Karras et al. (<c>Levels.karras</c>) from σmax to σmin, both clamped to the range of the process, then
    /// time 0. There are as many levels as steps.</summary>
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

    /// Noise levels from the largest of the process to that at which a sampler stops, then time 0.
    let private over (spacing: float -> float -> int -> float[]) (sde: Sde) (steps: int) =
        bounded (nameof steps) (int64 steps)
        let high = sde.Level 1.

        if steps < 2 then
            [| 1.; 0. |] |> between
        else
            let times = spacing high (sde.Level sde.SampleTo) steps |> Array.map sde.TimeOf
            Array.append times [| 0. |] |> between

    /// <summary>The noise levels of Karras et al. with ρ = 7 over the range of the process, then time 0. There are as many levels as
    /// steps.</summary>
    let levels: Sde -> int -> TimeStep[] = over (Levels.karras 7.)

    /// <summary>Noise levels at equal steps of the log-SNR over the range of the process, then time 0 (Lu et al. 2022). There are as many
    /// levels as steps.</summary>
    let logSnr: Sde -> int -> TimeStep[] = over Levels.geometric

/// <summary>The result of sampling.</summary>
type SampleResult = {
    /// <summary>The samples <c>[n; …]</c>.</summary>
    X: Tensor
    /// <summary>Evaluations of the score, each on the whole batch.</summary>
    Nfe: int
    /// <summary>The recorded states, from before the first step to after the last.</summary>
    Trace: Tensor[]
}

/// <summary>What a caller observes during sampling.</summary>
type Callbacks = {
    /// <summary>The number of states to record, evenly spaced, including the first and the last; 0 for none.</summary>
    Trace: int
    /// <summary>Called after every step with the step and the number of evaluations so far. An exception from it ends the
    /// sampling.</summary>
    Progress: TimeStep -> int -> unit
}

/// <summary>Callbacks of a sampler.</summary>
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Callbacks =

    /// <summary>No trace, no progress.</summary>
    let none: Callbacks = { Trace = 0; Progress = fun _ _ -> () }

/// <summary>Sampling: folds a step over a schedule.</summary>
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Sampler =

    /// <summary>Whether a sampler runs under a process.</summary>
    let supports (sampler: Sampler) (sde: Sde) : bool =
        match sampler.Requires with
        | Requires.AnySde -> true
        | Requires.UnscaledData -> (sde.Marginal 1.).Alpha = 1.

    /// The indices of the recorded states, out of 0 … moves.
    let private kept moves wanted =
        if wanted <= 0 then
            Set.empty
        else
            // At most moves + 1 states exist.
            let gaps = int64 (wanted - 1 |> min moves |> max 1)
            Set.ofList [ for i in 0L .. gaps -> int ((2L * i * int64 moves + gaps) / (2L * gaps)) ]

    /// <summary>Folds a step over a schedule, from initial points <c>[n; …]</c>. Step i draws from the key at step i, so a sample does
    /// not depend on the batch.</summary>
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
        // Frees the history of the last step.
        loop.Step(fun state -> { state with History = [] })

        {
            X = loop.State.X
            Nfe = loop.State.Nfe
            Trace = if isKept 0 then Array.append [| start |] trace else trace
        }

    /// <summary><c>draw</c> on the device of the score's parameters. The random numbers are the same on every device.</summary>
    /// <exception cref="T:System.ArgumentException">Fewer than one step, or more than <c>Schedule.most</c>.</exception>
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

        (Key.normal Dtype.Float32 shape (Key.label "prior" key) * sampler.InitialSigma sde timeSteps)
            .move(device = device)
        |> fold (sampler.Step sde score) timeSteps callbacks (Key.label "moves" key)

    /// <summary>Draws samples of a batch shape <c>[n; …]</c>, float32. A sample depends only on the key and its index.</summary>
    /// <exception cref="T:System.ArgumentException">Fewer than one step, or more than <c>Schedule.most</c>.</exception>
    let draw (sampler: Sampler) sde score steps callbacks shape key : SampleResult =
        drawOn Device.CPU sampler sde score steps callbacks shape key

/// <summary>The properties of a sampler as text.</summary>
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Describe =

    /// <summary>An order of convergence, for instance <c>weak 1, strong 1</c>.</summary>
    let order (order: Order) =
        match order with
        | Order.Deterministic p -> $"{p}"
        | Order.Stochastic(strong, weak) -> $"weak {weak}, strong {strong}"
        | Order.Stationary p -> $"bias {p}"

    /// <summary>The default number of steps, and those of the processes for which it differs.</summary>
    let steps (sampler: Sampler) =
        let counts = [
            for sde in Processes.all do
                if Sampler.supports sampler sde then
                    sde.Name, sampler.DefaultSteps sde
        ]

        let usual, _ = counts |> List.countBy snd |> List.maxBy snd

        let others = [
            for name, count in counts do
                if count <> usual then
                    $", {count} under {name}"
        ]

        $"""{usual}{String.concat "" others}"""

    /// <summary>The number of evaluations of the score for N steps.</summary>
    let evaluations (evaluations: Evaluations) =
        match evaluations with
        | Evaluations.Counted(formula, _) -> formula
        | Evaluations.Adaptive tolerance -> $"by tolerance: {tolerance}"

    /// <summary>The models that it accepts.</summary>
    let requires (requires: Requires) =
        match requires with
        | Requires.AnySde -> "any process"
        | Requires.UnscaledData -> "VE, EDM"
