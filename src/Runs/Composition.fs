namespace ScoreFunctional.Runs

open System
open DiffSharp
open ScoreFunctional

/// How the log-density of a sample is found: by the probability flow, with Rademacher probes of the divergence.
type LikelihoodChoice = {
    /// The noise level σ/α at which the flow begins.
    Level: float
    /// Probes of each sample.
    Probes: int
    /// What a step of the solver may err by, in widths of the noise.
    Tolerance: float
}

/// From a design to the core's values.
[<RequireQualifiedAccess>]
module Composition =

    /// The shape of one sample inside the model.
    let sampleShape (design: RunDesign) : int[] = design.Dataset.Shape

    /// The network that is told classes, for a run that tells them.
    let conditional (design: RunDesign) : ConditionalNetwork option =
        match design.Spec.LabelDropout, design.Network.Conditional with
        | Some _, Some told -> Some(told design.Dataset.Classes design.Dataset.Shape)
        | _ -> None

    /// The network with its table of parameters; of a network that is told classes, what it is without any.
    let network (design: RunDesign) : Network =
        match conditional design with
        | Some told -> told.Network
        | None -> design.Network.Create design.Dataset.Shape

    /// The parameters in the order in which they lie in the flat vector.
    let parameters (design: RunDesign) : Parameter[] = (network design).Parameters

    /// The smallest and the largest noise level σ/α that a run samples at.
    let levelRange (design: RunDesign) : struct (float * float) = Sde.levelRange design.Process

    /// The noise levels that the run's objective draws.
    let private drawn (design: RunDesign) =
        match design.Objective with
        | Some objective -> objective.Levels design.Process
        | None -> NoiseLevels.OfProcess

    /// The smallest noise level that a run has learned: three standard deviations below the mean of its draws of ln σ,
    /// where one in 700 lies lower, or the end of its range.
    let smallestLearned (design: RunDesign) : float =
        let struct (smallest, _) = levelRange design

        match drawn design with
        | NoiseLevels.LogNormal(mean, deviation) -> max smallest (exp (mean - 3.0 * deviation))
        | NoiseLevels.Within(least, _) -> max smallest least
        | NoiseLevels.OfProcess -> smallest

    /// Noise levels that part the range of a run into six bins of equal ratio: the edges of a loss by noise level.
    let noiseBins (design: RunDesign) : float[] =
        let struct (smallest, largest) =
            match drawn design with
            | NoiseLevels.Within(least, most) -> struct (least, most)
            | NoiseLevels.LogNormal(mean, deviation) ->
                struct (exp (mean - 2.0 * deviation), exp (mean + 2.0 * deviation))
            | NoiseLevels.OfProcess -> levelRange design

        Array.init 5 (fun i -> smallest * (largest / smallest) ** (float (i + 1) / 6.0))

    /// The raw network as a score.
    let meaning (design: RunDesign) (raw: Field) : Score = design.Model.Score design.Process raw

    /// Flat parameters to the score.
    let model (design: RunDesign) (network: Network) (parameters: Tensor) : Score =
        network.Apply parameters |> meaning design

    let private objective (design: RunDesign) : ObjectiveDesign =
        match design.Objective, design.Spec.Script with
        | Some objective, _ -> objective
        | None, Some script ->
            invalidOp $"the objective {design.Spec.Objective.Name} is of the script {script.Path}, which is not at hand"
        | None, None -> invalidOp $"the objective {design.Spec.Objective.Name} is not at hand"

    /// The loss of the run's network, whose raw form may be told classes: what a training step lowers.
    let lossFunction (design: RunDesign) (network: Tensor -> Field) : LossFunction =
        match (objective design).Create, design.Model.Energy with
        | ObjectiveOf.Score create, _ -> LossFunction.ofScore (network >> meaning design) (create design.Process)
        | ObjectiveOf.Energy create, Some energy ->
            LossFunction.ofEnergy (network >> energy design.Process) (create design.Process)
        | ObjectiveOf.Energy _, None -> invalidOp $"the objective {design.Spec.Objective.Name} needs an energy"

    /// The learning rate at each step, from zero, of a run of so many steps.
    let learningRate (design: RunDesign) (horizon: int) : LearningRate =
        LearningRate.constant design.Optimiser.Rate |> LearningRate.times (design.LearningRate horizon)

    /// The optimiser of a run of so many steps.
    let optimiser (design: RunDesign) (horizon: int) : Optimiser =
        design.Optimiser.Create (learningRate design horizon) (parameters design)

    /// The key of a run's random numbers for a purpose.
    let key (seed: int64) (purpose: string) : Key = Key.ofSeed (uint64 seed) |> Key.label purpose

    /// Everything that training needs to know, for a run of so many steps.
    let trainConfig (design: RunDesign) (horizon: int) : TrainConfig = {
        Loss = lossFunction design (network design).Apply
        Optimiser = optimiser design horizon
        Ema = design.Ema
        Key = key design.Spec.Seed "training"
    }

    /// How log-densities are found.
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
