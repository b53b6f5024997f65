namespace ScoreFunctional.Runs

open System
open ScoreFunctional

/// A checked specification with everything that it names: every choice is made into its value, and all of them fit together.
[<ReferenceEquality>]
type RunDesign = {
    /// The tables in which its names were found.
    Tables: Tables
    /// The complete specification: defaults are filled in.
    Spec: RunSpec
    /// The data set.
    Dataset: Dataset
    /// The network, before the shape of a sample is known.
    Network: NetworkDesign
    /// The forward process.
    Process: Sde
    /// The parameterisation or preconditioning of the network.
    Model: ModelDesign
    /// The objective; `None` if it belongs to a script that was not loaded, which sampling does not need.
    Objective: ObjectiveDesign option
    /// The optimiser.
    Optimiser: OptimiserDesign
    /// From the number of steps of a run to its learning-rate schedule.
    LearningRate: int -> LearningRate
    /// The moving average of the weights.
    Ema: Ema
    /// The default sampler.
    Sampler: Sampler
}

/// From specifications to designs.
[<RequireQualifiedAccess>]
module RunDesign =
    let private result = ResultBuilder()

    /// The message of a core function that refused its arguments, without the name of the parameter.
    let private reason (e: ArgumentException) =
        let message = e.Message.ReplaceLineEndings " "

        match e.ParamName with
        | null -> message
        | name -> message.Replace($" (Parameter '{name}')", "")

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

    /// A sampler that suits a process, with its number of steps filled in; `Error` is one line.
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
                    // The schedule itself checks its settings.
                    sampler.Schedule sde steps |> ignore
                    Ok()
                with :? ArgumentException as e ->
                    Error $"sampler {complete.Name}: {reason e}"

            let! one = tables.Samplers |> Table.find complete.Name
            // The number of steps goes into the specification: a later change of the default does not change this run.
            let hasSteps = one.Settings.All |> List.exists (fun setting -> setting.Name = "steps")

            let! choice =
                if hasSteps then
                    // In the order of the member's settings, as in a file that is read again.
                    tables.Samplers |> Table.complete (complete |> Choice.set "steps" (Value.Whole(int64 steps)))
                else
                    Ok complete

            return choice, sampler
        }

    /// The sampler that a request describes: the run's own, or another, with other settings. Returns the choice and the
    /// sampler; `Error` is one line.
    let sampler (asked: SamplerRequest) (design: RunDesign) : Result<Choice * Sampler, string> =
        result {
            let requested = defaultArg asked.Choice (Choice.ofName design.Spec.Sampler.Name)

            // Settings with an option of their own replace those after the name.
            let requested =
                (requested, asked.Settings)
                ||> List.fold (fun choice (name, value) -> choice |> Choice.set name value)

            let! choice = design.Tables.Samplers |> Table.merge design.Spec.Sampler requested

            let schedule =
                match asked.Schedule with
                | Some _ -> asked.Schedule
                // A schedule in the run's specification belongs to the run's sampler.
                | None when choice.Name = design.Spec.Sampler.Name -> design.Spec.Schedule
                | None -> None

            return! samplerUnder design.Tables design.Process schedule choice
        }

    /// The names of the samplers that suit a design, in the table's order.
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
                | Some _, Some conditional -> conditional dataset.Classes dataset.Shape |> ignore
                | Some _, None -> invalidArg "network" "it takes no class labels"

                return design
            with :? ArgumentException as e ->
                let advice = if Datasets.isImages dataset then "" else "; use --network mlp for points"

                return! Error $"the network {choice.Name} does not suit this data set: {reason e}{advice}"
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

    /// Checks a specification and makes everything that it names; `Error` is one line about the first fault.
    let ofSpec (tables: Tables) (spec: RunSpec) : Result<RunDesign, string> =
        result {
            let! preset = Presets.table |> Table.find spec.Preset
            let! dataset = tables.Datasets |> Table.complete spec.Dataset
            let! data = tables.Datasets |> Table.make dataset
            let! networkChoice = tables.Networks |> Table.complete spec.Network

            do!
                fail (
                    match spec.LabelDropout with
                    | Some _ when data.Classes = 0 -> Some $"the data set {dataset.Name} has no class labels"
                    | Some share -> Quantities.fault "the label dropout" Quantities.labelDropout share
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
                        Error $"objective {objectiveChoice.Name}: {reason e}"

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
