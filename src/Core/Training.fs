namespace ScoreFunctional

open DiffSharp

/// <summary>What training needs to know and does not change.</summary>
type Recipe = {
    /// <summary>Flat parameters <c>[p]</c> to the score.</summary>
    Model: Tensor -> Score
    /// <summary>What is minimised.</summary>
    Objective: Objective
    /// <summary>How it is minimised.</summary>
    Optimiser: Optimiser
    /// <summary>How the parameters are averaged.</summary>
    Averaging: Averaging
    /// <summary>The run's key; step k draws from it at step k.</summary>
    Key: Key
}

/// <summary>What a step lowers: the value of an objective on a batch <c>[n; …]</c> under a key, for flat parameters <c>[p]</c>.</summary>
type Charge = Tensor -> Tensor -> Key -> Evaluation

/// <summary>Charges: an objective and a model put together.</summary>
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Charge =

    /// <summary>A recipe's objective of its model.</summary>
    let ofRecipe (recipe: Recipe) : Charge = Objective.through recipe.Model recipe.Objective

    /// <summary>An objective that is one of an energy, <c>Objective.energyDifferences step law sde</c>, and a model that makes one of
    /// the parameters.</summary>
    let ofEnergy (model: Tensor -> Energy) (objective: Energy -> Objective) : Charge =
        fun parameters x0 key ->
            let energy = model parameters
            Objective.evaluate (objective energy) (Score.ofEnergy energy) x0 key

    /// <summary>L2 regularisation of the parameters: <c>κ‖θ‖²</c> is added to the loss, no ½. Under a plain gradient step of rate η it
    /// is a weight decay of 2κη; under Adam it is not, which is why <c>Optimiser.adamW</c> has one of its own (Loshchilov and Hutter
    /// 2019).</summary>
    let regularised (strength: float) (charge: Charge) : Charge =
        fun parameters x0 key ->
            let found = charge parameters x0 key
            let penalty = ((parameters * parameters).sum() * strength).cast found.Loss.dtype

            {
                found with
                    Loss = found.Loss + penalty
                    PerSample = found.PerSample + penalty
            }

/// <summary>Training as a pure function of state and batch.</summary>
module Training =

    /// <summary>The state before the first step, on copies of the parameters <c>[p]</c>: advancing it leaves the caller's own alone.</summary>
    let start (recipe: Recipe) (parameters: Tensor) : TrainState = {
        Step = 0
        Parameters = parameters.clone ()
        Average = parameters.clone ()
        Optimiser = recipe.Optimiser.Init parameters
    }

    let private slots (memory: Slot[]) = memory |> List.ofArray |> List.map _.Value

    /// The tensors of a state.
    let private tensors (state: TrainState) = state.Parameters :: state.Average :: slots state.Optimiser

    let private single (x: Tensor) = (Batch.toArray (x.view [| 1 |]))[0]

    /// Frees what was made on the way and is not kept: nobody looks at it again, and what comes next takes its memory.
    let private drop (kept: Tensor list) (passed: Tensor list) =
        passed
        |> List.filter (fun t -> kept |> List.forall (fun k -> not (obj.ReferenceEquals(k, t))))
        |> Primitives.release

    /// A step, after which the state before it is freed or still there.
    let private stepThrough (ended: bool) (charge: Charge) (recipe: Recipe) (state: TrainState) (batch: Tensor) =
        let key = Key.atStep state.Step recipe.Key

        let dropOld kept old =
            if ended then
                drop kept old

        Primitives.scope
            (fun () ->
                // What the metrics need comes out of the same forward pass.
                let measured parameters =
                    let e = charge parameters batch key

                    struct (e.Loss,
                            List.map (fun (x: Tensor) -> x.noDiff ()) [ e.Loss; e.PerSample; e.Sigma; e.NormRatio ])

                let struct (gradient, found) =
                    Primitives.scope
                        (fun () -> Primitives.gradientBeside measured state.Parameters)
                        (fun struct (gradient, found) -> gradient :: found)

                let norm = single (Primitives.norm gradient)
                let change = recipe.Optimiser.Update state.Step state.Parameters gradient state.Optimiser
                let kept = slots change.Slots
                drop (change.Delta :: kept) [ gradient ]
                dropOld (change.Delta :: kept) (slots state.Optimiser)

                let struct (parameters, average) =
                    Primitives.advance (recipe.Averaging state.Step) state.Parameters change.Delta state.Average

                drop kept [ change.Delta ]
                dropOld kept [ state.Parameters; state.Average ]
                let numbers = found |> List.map (fun x -> Batch.toArray (x.view [| -1 |]))

                let next = {
                    Step = state.Step + 1
                    Parameters = parameters
                    Average = average
                    Optimiser = change.Slots
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
    let stepOn (charge: Charge) (recipe: Recipe) (state: TrainState) (batch: Tensor) : TrainState * Metrics =
        stepThrough false charge recipe state batch

    /// <summary>One step on a batch <c>[n; …]</c>: gradient of the objective's loss by reverse differentiation, update,
    /// average. Pure: the state given is unchanged, and equal states and batches give equal results.</summary>
    let step (recipe: Recipe) (state: TrainState) (batch: Tensor) : TrainState * Metrics =
        stepOn (Charge.ofRecipe recipe) recipe state batch

    let private advanceOn charge recipe state batch = stepThrough true charge recipe state batch

    /// <summary>A step that ends the state before it: its native memory is freed. For loops that look forward only.</summary>
    let advance (recipe: Recipe) (state: TrainState) (batch: Tensor) : TrainState * Metrics =
        advanceOn (Charge.ofRecipe recipe) recipe state batch

    /// <summary><c>run</c> with another charge than the recipe's own.</summary>
    let runOn (charge: Charge) (recipe: Recipe) (parameters: Tensor) (batches: seq<Tensor>) : TrainState * Metrics[] =
        let state, metrics =
            batches
            |> Seq.fold
                (fun (state, all) batch ->
                    let next, metrics = advanceOn charge recipe state batch
                    next, metrics :: all)
                (start recipe parameters, [])

        state, metrics |> List.rev |> Array.ofList

    /// <summary>A whole run: a fold of <c>advance</c> over batches, for scripts and tests. The metrics are those of each step.</summary>
    let run (recipe: Recipe) (parameters: Tensor) (batches: seq<Tensor>) : TrainState * Metrics[] =
        runOn (Charge.ofRecipe recipe) recipe parameters batches

    /// <summary>The loss of parameters on a batch under a key, without a derivative.</summary>
    let evaluate (recipe: Recipe) (parameters: Tensor) (batch: Tensor) (key: Key) : float =
        let work () =
            Primitives.noGrad (fun () -> single (recipe.Objective.Evaluate (recipe.Model parameters) batch key).Loss)

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
