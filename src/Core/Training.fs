namespace ScoreFunctional

// The training step.

open DiffSharp

/// <summary>The loss function of a training step: flat parameters <c>[p]</c>, a batch <c>[n; …]</c> and a key to the value.</summary>
type LossFunction = Tensor -> Tensor -> Key -> Evaluation

/// <summary>The configuration of training, constant during a run.</summary>
type TrainConfig = {
    /// <summary>The loss: an objective of a model.</summary>
    Loss: LossFunction
    /// <summary>The optimiser of the loss.</summary>
    Optimiser: Optimiser
    /// <summary>The moving average of the parameters.</summary>
    Ema: Ema
    /// <summary>The key of the run; step k draws from it at step k.</summary>
    Key: Key
}

/// <summary>The metrics of a training step.</summary>
type Metrics = {
    /// <summary>The number of steps done, this one included.</summary>
    Step: int
    /// <summary>The loss.</summary>
    Loss: float
    /// <summary>Euclidean norm of the gradient before any clipping.</summary>
    GradientNorm: float
    /// <summary>The loss of each sample, <c>[n]</c>.</summary>
    PerSample: Tensor
    /// <summary>The noise level of each sample, <c>[n]</c>, in data units.</summary>
    Sigma: Tensor
    /// <summary>The ratio of the norms of predicted and true noise of each sample, <c>[n]</c>.</summary>
    NormRatio: Tensor
}

/// <summary>Loss functions from an objective and a model.</summary>
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module LossFunction =

    /// <summary>The loss function of an objective and a model from flat parameters <c>[p]</c> to a score.</summary>
    let ofScore (model: Tensor -> Score) (objective: Objective) : LossFunction = Objective.through model objective

    /// <summary>The loss function of an objective that needs an energy, such as <c>Objective.energyDifferences step distribution
    /// sde</c>, and a model from flat parameters <c>[p]</c> to an energy.</summary>
    let ofEnergy (model: Tensor -> Energy) (objective: Energy -> Objective) : LossFunction =
        fun parameters x0 key ->
            let energy = model parameters
            Objective.evaluate (objective energy) (Score.ofEnergy energy) x0 key

    /// <summary>L2 regularisation of the parameters: adds <c>κ‖θ‖²</c> to the loss, no ½. Under gradient descent with rate η it
    /// is a weight decay of 2κη. Under Adam it is not, so <c>Optimiser.adamW</c> has a weight decay of its own (Loshchilov and Hutter
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

/// <summary>Functions of the metrics of a training step.</summary>
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Metrics =

    /// <summary>The tensors that metrics hold.</summary>
    let tensors (metrics: Metrics) : Tensor list = [ metrics.PerSample; metrics.Sigma; metrics.NormRatio ]

    /// <summary>The ratio of the norms of predicted and true noise, mean over the samples.</summary>
    let normRatio (metrics: Metrics) : float = Array.average (Batch.toArray metrics.NormRatio)

    /// <summary>The mean loss and the number of samples by noise level (<c>NoiseBin.means</c>).</summary>
    /// <exception cref="T:System.ArgumentException">The edges do not increase.</exception>
    let byLevel (edges: float[]) (metrics: Metrics) : struct (float * int)[] =
        NoiseBin.means edges (Batch.toArray metrics.Sigma) (Batch.toArray metrics.PerSample)

/// <summary>Training as pure functions of state and batch.</summary>
module Training =

    /// <summary>The state before the first step, with copies of the parameters <c>[p]</c>.</summary>
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

    /// <summary>One step on a batch <c>[n; …]</c>: the gradient of the loss by reverse differentiation, the update of the parameters, and
    /// their average. Pure: it leaves the given state unchanged, and equal states and batches give equal results.</summary>
    let step (config: TrainConfig) (state: TrainState) (batch: Tensor) : TrainState * Metrics =
        let key = Key.atStep state.Step config.Key

        // The metrics come from the same forward pass.
        let measured parameters =
            let e = config.Loss parameters batch key
            struct (e.Loss, [ e.Loss; e.PerSample; e.Sigma; e.NormRatio ] |> List.map _.noDiff())

        let gradient () =
            let struct (gradient, found) = Primitives.gradWithAux measured state.Parameters
            { Updates = gradient; State = state.Optimiser }, single (Primitives.norm gradient), found

        let optimise (gradient: OptimiserResult, norm, found) =
            config.Optimiser.Update state.Step state.Parameters gradient.Updates gradient.State, norm, found

        // Two steps of a loop, the gradient and the updates, so that the memory of the first is freed before the second.
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

    /// <summary>A whole run: folds <c>step</c> over batches, and returns the metrics of each step. For scripts and tests.</summary>
    let run (config: TrainConfig) (parameters: Tensor) (batches: seq<Tensor>) : TrainState * Metrics[] =
        Loop.mapFold tensors Metrics.tensors (step config) (fun () -> start config parameters) batches

    /// <summary>The loss of parameters on a batch for a key, without a derivative.</summary>
    let evaluate (config: TrainConfig) (parameters: Tensor) (batch: Tensor) (key: Key) : float =
        Primitives.noGrad (fun () -> single (config.Loss parameters batch key).Loss)
