namespace ScoreFunctional.Runs

open System
open ScoreFunctional

/// A specification with all that it names: every choice is the value that it stands for, and all of them go together.
[<ReferenceEquality>]
type RunDesign = {
    /// The tables that it was read by.
    Tables: Tables
    /// The specification, complete: every setting that has a default has a value.
    Spec: RunSpec
    /// What the run learns from.
    Dataset: Dataset
    /// The network, before it has samples to fit.
    Network: NetworkDesign
    /// The forward process.
    Process: Sde
    /// The meaning of the network's output.
    Model: ModelDesign
    /// The objective; none where it is a script's that is not at hand, without which a model still samples.
    Objective: ObjectiveDesign option
    /// The optimiser.
    Optimiser: OptimiserDesign
    /// The course of the learning rate over a run of so many steps.
    LearningRate: int -> LearningRate
    /// The average of the weights.
    Ema: Ema
    /// The run's own sampler.
    Sampler: Sampler
}

/// From specifications to designs.
[<RequireQualifiedAccess>]
module RunDesign =
    let private result = ResultBuilder()

    let private fail (fault: string option) =
        match fault with
        | Some fault -> Error fault
        | None -> Ok()

    /// A sampler with another schedule.
    let private scheduled (tables: Tables) (schedule: Choice option) (sampler: Sampler) =
        match schedule with
        | None -> Ok sampler
        | Some choice ->
            tables.Schedules |> Table.make choice |> Result.map (fun made -> { sampler with Schedule = made })

    /// A sampler that can run under a process, with its number of steps said; `Error` is one line.
    let private samplerUnder (tables: Tables) (sde: Sde) (schedule: Choice option) (choice: Choice) =
        result {
            let! complete = tables.Samplers |> Table.complete choice
            let! sampler = tables.Samplers |> Table.make complete
            let! sampler = scheduled tables schedule sampler

            do!
                fail (
                    if Sampler.supports sampler sde then
                        None
                    else
                        Some
                            $"{complete.Name} needs a process that adds noise without scaling the data, such as ve or edm"
                )

            let steps = sampler.DefaultSteps sde

            do!
                fail (
                    match sampler.Evaluations with
                    | Evaluations.Counted _ when sampler.Requires = Requires.AnySde && steps < 2 ->
                        Some $"the number of sampler steps must be at least 2, not {steps}"
                    | _ -> None
                )

            do!
                try
                    // A schedule says itself what it cannot do.
                    sampler.Schedule sde steps |> ignore
                    Ok()
                with :? ArgumentException as e ->
                    let message = e.Message.ReplaceLineEndings " "
                    Error $"sampler {complete.Name}: {message}"

            let! one = tables.Samplers |> Table.find complete.Name
            // The number that stood in the table when the run began stays the run's.
            let counted = one.Settings.All |> List.exists (fun setting -> setting.Name = "steps")

            return
                (if counted then
                     complete |> Choice.set "steps" (Value.Whole(int64 steps))
                 else
                     complete),
                sampler
        }

    /// Another sampler for a run, or its own with other settings: what it is and how it draws; `Error` is one line.
    let sampler (asked: SamplerRequest) (design: RunDesign) : Result<Choice * Sampler, string> =
        result {
            let over = defaultArg asked.Choice (Choice.ofName design.Spec.Sampler.Name)

            // Settings of their own go over those that stand beside the name.
            let over =
                (over, asked.Settings) ||> List.fold (fun choice (name, value) -> choice |> Choice.set name value)

            let! choice = design.Tables.Samplers |> Table.merge design.Spec.Sampler over

            let schedule =
                match asked.Schedule with
                | Some _ -> asked.Schedule
                // The run's other schedule belongs to its own sampler.
                | None when choice.Name = design.Spec.Sampler.Name -> design.Spec.Schedule
                | None -> None

            return! samplerUnder design.Tables design.Process schedule choice
        }

    /// The names of the samplers that can run on a design, in the table's order.
    let samplers (design: RunDesign) : string list =
        Table.names design.Tables.Samplers
        |> List.filter (fun name ->
            (design |> sampler { Choice = Some(Choice.ofName name); Settings = []; Schedule = None }).IsOk)

    let private network (tables: Tables) (dataset: Dataset) (dropout: float option) (choice: Choice) =
        result {
            let! design = tables.Networks |> Table.make choice

            try
                match dropout, design.Conditional with
                | None, _ -> design.Create dataset.Shape |> ignore
                | Some _, Some told -> told dataset.Classes dataset.Shape |> ignore
                | Some _, None -> invalidArg "network" "it takes no classes"

                return design
            with :? ArgumentException as e ->
                let message = e.Message.ReplaceLineEndings " "

                let advice = if Datasets.isImages dataset then "" else "; points take --network mlp"

                return! Error $"the network {choice.Name} does not take these samples: {message}{advice}"
        }

    let private objective (tables: Tables) (model: ModelDesign) (spec: RunSpec) =
        match tables.Objectives |> Table.find spec.Objective.Name with
        | Error _ when spec.Script.IsSome -> Ok(spec.Objective, None)
        | _ ->
            result {
                let! complete = tables.Objectives |> Table.complete spec.Objective
                let! design = tables.Objectives |> Table.make complete

                do!
                    match design.Create, model.Energy with
                    | ObjectiveOf.Energy _, None ->
                        Error $"the objective {complete.Name} needs an energy: --model energy, not {spec.Model.Name}"
                    | _ -> Ok()

                return complete, Some design
            }

    /// A specification that can run, with all that it names; `Error` is one line about the first thing that cannot.
    let ofSpec (tables: Tables) (spec: RunSpec) : Result<RunDesign, string> =
        result {
            let! preset = Recipes.table |> Table.find spec.Preset
            let! dataset = tables.Datasets |> Table.complete spec.Dataset
            let! data = tables.Datasets |> Table.make dataset
            let! networkChoice = tables.Networks |> Table.complete spec.Network

            do!
                fail (
                    match spec.LabelDropout with
                    | Some _ when data.Classes = 0 ->
                        Some $"the samples of {dataset.Name} have no classes to tell a network"
                    | Some share ->
                        Quantities.fault "the share of labels that are forgotten" Quantities.labelDropout share
                    | None -> None
                )

            let! network = network tables data spec.LabelDropout networkChoice
            let! processChoice = tables.Processes |> Table.complete spec.Process
            let! sde = tables.Processes |> Table.make processChoice
            let! modelChoice = tables.Models |> Table.complete spec.Model
            let! model = tables.Models |> Table.make modelChoice
            let! objectiveChoice, objective = objective tables model spec

            do!
                match objective with
                | None -> Ok()
                | Some design ->
                    try
                        match design.Create with
                        | ObjectiveOf.Score create -> create sde |> ignore
                        | ObjectiveOf.Energy _ -> ()

                        Ok()
                    with :? ArgumentException as e ->
                        let message = e.Message.ReplaceLineEndings " "
                        Error $"objective {objectiveChoice.Name}: {message}"

            let! optimiserChoice = tables.Optimisers |> Table.complete spec.Optimiser
            let! optimiser = tables.Optimisers |> Table.make optimiserChoice
            let! rateChoice = tables.LearningRates |> Table.complete spec.LearningRate
            let! rate = tables.LearningRates |> Table.make rateChoice
            let! emaChoice = tables.Emas |> Table.complete spec.Ema
            let! ema = tables.Emas |> Table.make emaChoice

            let! schedule =
                match spec.Schedule with
                | None -> Ok None
                | Some choice -> tables.Schedules |> Table.complete choice |> Result.map Some

            let! samplerChoice, sampler = samplerUnder tables sde schedule spec.Sampler
            do! fail (Quantities.fault "the batch size" Quantities.batchSize (int64 spec.BatchSize))
            do! fail (Quantities.fault "the seed" Quantities.seed spec.Seed)

            do!
                fail (
                    match spec.Length with
                    | Steps count -> Quantities.fault "the number of steps" Quantities.trainingSteps (int64 count)
                    | Minutes minutes -> Quantities.fault "the number of minutes" Quantities.minutes minutes
                )

            do!
                fail (
                    match spec.Script with
                    | Some script when String.IsNullOrWhiteSpace script.Path -> Some "the script's path is empty"
                    | Some script when script.Sha256.Length <> 64 ->
                        Some $"the script's SHA-256 must have 64 digits, not {script.Sha256.Length}"
                    | _ -> None
                )

            return {
                Tables = tables
                Spec = {
                    spec with
                        Preset = preset.Name
                        Dataset = dataset
                        Network = networkChoice
                        Process = processChoice
                        Model = modelChoice
                        Objective = objectiveChoice
                        Optimiser = optimiserChoice
                        LearningRate = rateChoice
                        Ema = emaChoice
                        Sampler = samplerChoice
                        Schedule = schedule
                }
                Dataset = data
                Network = network
                Process = sde
                Model = model
                Objective = objective
                Optimiser = optimiser
                LearningRate = rate
                Ema = ema
                Sampler = sampler
            }
        }
