namespace ScoreFunctional

open DiffSharp

/// <summary>The value of a loss on a batch <c>[n; …]</c> under a key, for flat parameters <c>[p]</c>: what a training step lowers.</summary>
type LossFunction = Tensor -> Tensor -> Key -> Evaluation

/// <summary>What training needs to know and does not change.</summary>
type TrainConfig = {
    /// <summary>The loss: an objective of a model.</summary>
    Loss: LossFunction
    /// <summary>How it is minimised.</summary>
    Optimiser: Optimiser
    /// <summary>How the parameters are averaged.</summary>
    Ema: Ema
    /// <summary>The run's key; step k draws from it at step k.</summary>
    Key: Key
}

/// <summary>The measurements of a training step. Arrays are made where somebody looks.</summary>
type Metrics = {
    /// <summary>Steps done after this one.</summary>
    Step: int
    /// <summary>The objective's loss.</summary>
    Loss: float
    /// <summary>Euclidean norm of the gradient before any clipping.</summary>
    GradientNorm: float
    /// <summary>The loss of each sample, <c>[n]</c>.</summary>
    PerSample: Tensor
    /// <summary>The noise level of each sample, <c>[n]</c>, in data units.</summary>
    Sigma: Tensor
    /// <summary>Predicted over true noise norm, of each sample, <c>[n]</c>.</summary>
    NormRatio: Tensor
}

/// <summary>Loss functions: an objective and a model put together.</summary>
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module LossFunction =

    /// <summary>An objective of a model, flat parameters <c>[p]</c> to a score.</summary>
    let ofScore (model: Tensor -> Score) (objective: Objective) : LossFunction = Objective.through model objective

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

/// <summary>What a training step measured, as numbers.</summary>
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Metrics =

    /// <summary>The tensors that metrics hold.</summary>
    let tensors (metrics: Metrics) : Tensor list = [ metrics.PerSample; metrics.Sigma; metrics.NormRatio ]

    /// <summary>Predicted over true noise norm, mean over the samples.</summary>
    let normRatio (metrics: Metrics) : float = Array.average (Batch.toArray metrics.NormRatio)

    /// <summary>Mean loss by noise level, and the number of samples: <c>NoiseBin.means</c>.</summary>
    /// <exception cref="T:System.ArgumentException">The edges do not increase.</exception>
    let byLevel (edges: float[]) (metrics: Metrics) : struct (float * int)[] =
        NoiseBin.means edges (Batch.toArray metrics.Sigma) (Batch.toArray metrics.PerSample)

/// <summary>Training as a pure function of state and batch.</summary>
module Training =

    /// <summary>The state before the first step, on copies of the parameters <c>[p]</c>.</summary>
    let start (config: TrainConfig) (parameters: Tensor) : TrainState = {
        Step = 0
        Parameters = parameters.clone ()
        Average = parameters.clone ()
        Optimiser = config.Optimiser.Init parameters
    }

    /// <summary>The tensors that a state holds.</summary>
    let tensors (state: TrainState) : Tensor list =
        state.Parameters :: state.Average :: (state.Optimiser |> List.ofArray |> List.map _.Value)

    let private single (x: Tensor) = (Batch.toArray (x.view [| 1 |]))[0]

    /// <summary>One step on a batch <c>[n; …]</c>: gradient of the loss by reverse differentiation, update,
    /// average. Pure: the state given is unchanged, and equal states and batches give equal results.</summary>
    let step (config: TrainConfig) (state: TrainState) (batch: Tensor) : TrainState * Metrics =
        let key = Key.atStep state.Step config.Key

        // What the metrics need comes out of the same forward pass.
        let measured parameters =
            let e = config.Loss parameters batch key
            struct (e.Loss, [ e.Loss; e.PerSample; e.Sigma; e.NormRatio ] |> List.map _.noDiff())

        let gradient () =
            let struct (gradient, found) = Primitives.gradWithAux measured state.Parameters
            { Updates = gradient; State = state.Optimiser }, single (Primitives.norm gradient), found

        let optimise (gradient: OptimiserResult, norm, found) =
            config.Optimiser.Update state.Step state.Parameters gradient.Updates gradient.State, norm, found

        // The gradient, then what the optimiser makes of it.
        let loop = new Loop<_>((fun (change, _, found) -> Optimiser.tensors change @ found), gradient)
        loop.Step optimise
        let change, norm, found = loop.State

        let struct (parameters, average) =
            Primitives.applyUpdates (config.Ema state.Step) state.Parameters change.Updates state.Average

        let next = {
            Step = state.Step + 1
            Parameters = parameters
            Average = average
            Optimiser = change.State
        }

        next,
        {
            Step = next.Step
            Loss = single found[0]
            GradientNorm = norm
            PerSample = found[1]
            Sigma = found[2]
            NormRatio = found[3]
        }

    /// <summary>A whole run: a fold of <c>step</c> over batches, for scripts and tests. The metrics are those of each step.</summary>
    let run (config: TrainConfig) (parameters: Tensor) (batches: seq<Tensor>) : TrainState * Metrics[] =
        Loop.mapFold tensors Metrics.tensors (step config) (fun () -> start config parameters) batches

    /// <summary>The loss of parameters on a batch under a key, without a derivative.</summary>
    let evaluate (config: TrainConfig) (parameters: Tensor) (batch: Tensor) (key: Key) : float =
        Primitives.noGrad (fun () -> single (config.Loss parameters batch key).Loss)
