namespace ScoreFunctional.Runs

open System
open DiffSharp
open ScoreFunctional

/// Settings of a log-density by the probability flow, with Rademacher probes of the divergence.
type LikelihoodChoice = {
    /// The noise level σ/α at which the flow starts.
    Level: float
    /// Probes per sample.
    Probes: int
    /// Error per step of the ODE solver, relative to the noise.
    Tolerance: float
}

/// Builds what the core needs from a design.
[<RequireQualifiedAccess>]
module Composition =

    /// The shape of one sample inside the model.
    let sampleShape (design: RunDesign) : int[] = design.Dataset.Shape

    /// The class-conditional network of a run with class labels.
    let conditional (design: RunDesign) : ConditionalNetwork option =
        match design.Spec.LabelDropout, design.Network.Conditional with
        | Some _, Some create -> Some(create design.Dataset.Classes design.Dataset.Shape)
        | _ -> None

    /// The network with its table of parameters; for a class-conditional network, its form without a class.
    let network (design: RunDesign) : Network =
        match conditional design with
        | Some conditional -> conditional.Network
        | None -> design.Network.Create design.Dataset.Shape

    /// The parameters in the order of the flat vector.
    let parameters (design: RunDesign) : Parameter[] = (network design).Parameters

    /// The smallest and the largest noise level σ/α at which a run samples.
    let levelRange (design: RunDesign) : struct (float * float) = Sde.levelRange design.Process

    /// The noise levels that the objective draws in training.
    let private trainedLevels (design: RunDesign) =
        match design.Objective with
        | Some objective -> objective.Levels design.Process
        | None -> NoiseLevels.OfProcess

    /// The smallest noise level that a run trains on: the end of its range, or, where ln σ is normal, three standard deviations
    /// below its mean (one draw in 700 is smaller).
    let smallestTrainedLevel (design: RunDesign) : float =
        let struct (smallest, _) = levelRange design

        match trainedLevels design with
        | NoiseLevels.LogNormal(mean, deviation) -> max smallest (exp (mean - 3.0 * deviation))
        | NoiseLevels.Within(least, _) -> max smallest least
        | NoiseLevels.OfProcess -> smallest

    /// The five edges between six noise bins of equal ratio, for the loss by noise level.
    let noiseBinEdges (design: RunDesign) : float[] =
        let struct (smallest, largest) =
            match trainedLevels design with
            | NoiseLevels.Within(least, most) -> struct (least, most)
            | NoiseLevels.LogNormal(mean, deviation) ->
                struct (exp (mean - 2.0 * deviation), exp (mean + 2.0 * deviation))
            | NoiseLevels.OfProcess -> levelRange design

        Array.init 5 (fun i -> smallest * (largest / smallest) ** (float (i + 1) / 6.0))

    /// The score from the output of the network.
    let score (design: RunDesign) (raw: Field) : Score = design.Model.Score design.Process raw

    /// The score from flat parameters.
    let model (design: RunDesign) (network: Network) (parameters: Tensor) : Score =
        network.Apply parameters |> score design

    let private objective (design: RunDesign) : ObjectiveDesign =
        match design.Objective, design.Spec.Script with
        | Some objective, _ -> objective
        | None, Some script ->
            invalidOp
                $"the objective {design.Spec.Objective.Name} is defined by the script {script.Path}, which was not loaded"
        | None, None -> invalidOp $"the objective {design.Spec.Objective.Name} is not in the tables"

    /// The loss that training minimises, from the network's apply function, which may be class-conditional.
    let lossFunction (design: RunDesign) (network: Tensor -> Field) : LossFunction =
        match (objective design).Create, design.Model.Energy with
        | ObjectiveOf.Score create, _ -> LossFunction.ofScore (network >> score design) (create design.Process)
        | ObjectiveOf.Energy create, Some energy ->
            LossFunction.ofEnergy (network >> energy design.Process) (create design.Process)
        | ObjectiveOf.Energy _, None -> invalidOp $"the objective {design.Spec.Objective.Name} needs an energy"

    /// The learning rate of each step, counted from zero, in a run of so many steps.
    let learningRate (design: RunDesign) (steps: int) : LearningRate =
        LearningRate.constant design.Optimiser.Rate |> LearningRate.times (design.LearningRate steps)

    /// The optimiser of a run of so many steps.
    let optimiser (design: RunDesign) (steps: int) : Optimiser =
        design.Optimiser.Create (learningRate design steps) (parameters design)

    /// The key of the random numbers for one purpose.
    let key (seed: int64) (purpose: string) : Key = Key.ofSeed (uint64 seed) |> Key.label purpose

    /// The training configuration of a run of so many steps.
    let trainConfig (design: RunDesign) (steps: int) : TrainConfig = {
        Loss = lossFunction design (network design).Apply
        Optimiser = optimiser design steps
        Ema = design.Ema
        Key = key design.Spec.Seed "training"
    }

    /// Settings of the likelihood.
    let likelihood (choice: LikelihoodChoice) : LikelihoodSettings = {
        Likelihood.estimated choice.Probes with
            Points = choice.Tolerance
            Nats = 5.0 * choice.Tolerance
    }

    /// The references of a run: data, process, objective, model, network, optimiser, sampler.
    let citations (design: RunDesign) : Citation list =
        let tables, spec = design.Tables, design.Spec

        let cited (table: Table<'a>) (choice: Choice) =
            match Table.find choice.Name table with
            | Ok one -> [ one.Citation ]
            | Error _ -> []

        [
            yield! cited tables.Datasets spec.Dataset
            yield! cited tables.Processes spec.Process
            yield! cited tables.Objectives spec.Objective
            yield! cited tables.Models spec.Model
            if design.Model.Energy.IsSome then
                Citations.karras2022
            yield! cited tables.Networks spec.Network
            yield! cited tables.Optimisers spec.Optimiser
            if spec.Optimiser.Name = "muon" then
                Citations.loshchilov2019
            yield! cited tables.LearningRates spec.LearningRate
            yield! cited tables.Emas spec.Ema
            yield! cited tables.Samplers spec.Sampler
            yield! spec.Schedule |> Option.toList |> List.collect (cited tables.Schedules)
            if spec.LabelDropout.IsSome then
                Citations.hoSalimans2022
        ]
        |> List.distinct
