namespace ScoreFunctional

open DiffSharp

/// <summary>What training needs to know and does not change.</summary>
type TrainConfig = {
    /// <summary>Flat parameters <c>[p]</c> to the score.</summary>
    Model: Tensor -> Score
    /// <summary>What is minimised.</summary>
    Objective: Objective
    /// <summary>How it is minimised.</summary>
    Optimiser: Optimiser
    /// <summary>How the parameters are averaged.</summary>
    Ema: Ema
    /// <summary>The run's key; step k draws from it at step k.</summary>
    Key: Key
}

/// <summary>The measurements of a training step.</summary>
type Metrics = {
    /// <summary>Steps done after this one.</summary>
    Step: int
    /// <summary>The objective's loss.</summary>
    Loss: float
    /// <summary>Euclidean norm of the gradient before any clipping.</summary>
    GradientNorm: float
    /// <summary>The loss of each sample.</summary>
    PerSample: float[]
    /// <summary>The noise level of each sample, in data units.</summary>
    Sigma: float[]
    /// <summary>Predicted over true noise norm, of each sample.</summary>
    NormRatio: float[]
}

/// <summary>What a step lowers: the value of an objective on a batch <c>[n; …]</c> under a key, for flat parameters <c>[p]</c>.</summary>
type LossFunction = Tensor -> Tensor -> Key -> Evaluation

/// <summary>Charges: an objective and a model put together.</summary>
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module LossFunction =

    /// <summary>The objective of a configuration, of its model.</summary>
    let ofConfig (config: TrainConfig) : LossFunction = Objective.through config.Model config.Objective

    /// <summary>An objective that is one of an energy, <c>Objective.energyDifferences step distribution sde</c>, and a model that makes one of
    /// the parameters.</summary>
    let ofEnergy (model: Tensor -> Energy) (objective: Energy -> Objective) : LossFunction =
        fun parameters x0 key ->
            let energy = model parameters
            Objective.evaluate (objective energy) (Score.ofEnergy energy) x0 key

    /// <summary>L2 regularisation of the parameters: <c>κ‖θ‖²</c> is added to the loss, no ½. Under a plain gradient step of rate η it
    /// is a weight decay of 2κη; under Adam it is not, which is why <c>Optimiser.adamW</c> has one of its own (Loshchilov and Hutter
    /// 2019).</summary>
    let regularised (strength: float) (lossFunction: LossFunction) : LossFunction =
        fun parameters x0 key ->
            let found = lossFunction parameters x0 key
            let penalty = ((parameters * parameters).sum() * strength).cast found.Loss.dtype

            {
                found with
                    Loss = found.Loss + penalty
                    PerSample = found.PerSample + penalty
            }

/// <summary>Training as a pure function of state and batch.</summary>
module Training =

    /// <summary>The state before the first step, on copies of the parameters <c>[p]</c>: advancing it leaves the caller's own alone.</summary>
    let start (config: TrainConfig) (parameters: Tensor) : TrainState = {
        Step = 0
        Parameters = parameters.clone ()
        Average = parameters.clone ()
        Optimiser = config.Optimiser.Init parameters
    }

    let private slots (memory: OptimiserState[]) = memory |> List.ofArray |> List.map _.Value

    /// The tensors of a state.
    let private tensors (state: TrainState) = state.Parameters :: state.Average :: slots state.Optimiser

    let private single (x: Tensor) = (Batch.toArray (x.view [| 1 |]))[0]

    /// Frees what was made on the way and is not kept: nobody looks at it again, and what comes next takes its memory.
    let private drop (kept: Tensor list) (passed: Tensor list) =
        passed
        |> List.filter (fun t -> kept |> List.forall (fun k -> not (obj.ReferenceEquals(k, t))))
        |> Primitives.release

    /// A step, after which the state before it is freed or still there.
    let private stepThrough
        (ended: bool)
        (lossFunction: LossFunction)
        (config: TrainConfig)
        (state: TrainState)
        (batch: Tensor)
        =
        let key = Key.atStep state.Step config.Key

        let dropOld kept old =
            if ended then
                drop kept old

        Primitives.scope
            (fun () ->
                // What the metrics need comes out of the same forward pass.
                let measured parameters =
                    let e = lossFunction parameters batch key

                    struct (e.Loss,
                            List.map (fun (x: Tensor) -> x.noDiff ()) [ e.Loss; e.PerSample; e.Sigma; e.NormRatio ])

                let struct (gradient, found) =
                    Primitives.scope
                        (fun () -> Primitives.gradWithAux measured state.Parameters)
                        (fun struct (gradient, found) -> gradient :: found)

                let norm = single (Primitives.norm gradient)
                let change = config.Optimiser.Update state.Step state.Parameters gradient state.Optimiser
                let kept = slots change.State
                drop (change.Updates :: kept) [ gradient ]
                dropOld (change.Updates :: kept) (slots state.Optimiser)

                let struct (parameters, average) =
                    Primitives.applyUpdates (config.Ema state.Step) state.Parameters change.Updates state.Average

                drop kept [ change.Updates ]
                dropOld kept [ state.Parameters; state.Average ]
                let numbers = found |> List.map (fun x -> Batch.toArray (x.view [| -1 |]))

                let next = {
                    Step = state.Step + 1
                    Parameters = parameters
                    Average = average
                    Optimiser = change.State
                }

                next,
                {
                    Step = next.Step
                    Loss = numbers[0][0]
                    GradientNorm = norm
                    PerSample = numbers[1]
                    Sigma = numbers[2]
                    NormRatio = numbers[3]
                })
            (fun (next, _) -> tensors next)

    /// <summary><c>step</c> with another charge than the recipe's own.</summary>
    let stepOn
        (lossFunction: LossFunction)
        (config: TrainConfig)
        (state: TrainState)
        (batch: Tensor)
        : TrainState * Metrics =
        stepThrough false lossFunction config state batch

    /// <summary>One step on a batch <c>[n; …]</c>: gradient of the objective's loss by reverse differentiation, update,
    /// average. Pure: the state given is unchanged, and equal states and batches give equal results.</summary>
    let step (config: TrainConfig) (state: TrainState) (batch: Tensor) : TrainState * Metrics =
        stepOn (LossFunction.ofConfig config) config state batch

    let private advanceOn lossFunction config state batch = stepThrough true lossFunction config state batch

    /// <summary>A step that ends the state before it: its native memory is freed. For loops that look forward only.</summary>
    let advance (config: TrainConfig) (state: TrainState) (batch: Tensor) : TrainState * Metrics =
        advanceOn (LossFunction.ofConfig config) config state batch

    /// <summary><c>run</c> with another charge than the recipe's own.</summary>
    let runOn
        (lossFunction: LossFunction)
        (config: TrainConfig)
        (parameters: Tensor)
        (batches: seq<Tensor>)
        : TrainState * Metrics[] =
        let state, metrics =
            batches
            |> Seq.fold
                (fun (state, all) batch ->
                    let next, metrics = advanceOn lossFunction config state batch
                    next, metrics :: all)
                (start config parameters, [])

        state, metrics |> List.rev |> Array.ofList

    /// <summary>A whole run: a fold of <c>advance</c> over batches, for scripts and tests. The metrics are those of each step.</summary>
    let run (config: TrainConfig) (parameters: Tensor) (batches: seq<Tensor>) : TrainState * Metrics[] =
        runOn (LossFunction.ofConfig config) config parameters batches

    /// <summary>The loss of parameters on a batch under a key, without a derivative.</summary>
    let evaluate (config: TrainConfig) (parameters: Tensor) (batch: Tensor) (key: Key) : float =
        let work () =
            Primitives.noGrad (fun () -> single (config.Objective.Evaluate (config.Model parameters) batch key).Loss)

        Primitives.scope work (fun _ -> [])

    /// <summary>Mean loss over each interval between consecutive noise levels (in increasing order), and the number of
    /// samples in it; an empty interval has a loss of NaN.</summary>
    let perLevel (edges: float[]) (metrics: Metrics) : struct (float * int)[] =
        Array.pairwise edges
        |> Array.map (fun (low, high) ->
            let inside =
                Array.zip metrics.Sigma metrics.PerSample
                |> Array.filter (fun (sigma, _) -> sigma >= low && sigma < high)
                |> Array.map snd

            struct ((if inside.Length = 0 then nan else Array.average inside), inside.Length))
