namespace ScoreFunctional.Runs

open System
open ScoreFunctional

/// Values that replace those of a preset; `None` keeps the preset's.
type Overrides = {
    /// The network, or other sizes of the preset's.
    Network: Choice option
    /// The forward process; the objective, the model and the sampler change with it.
    Process: Choice option
    /// The parameterisation or preconditioning.
    Model: Choice option
    /// The objective.
    Objective: Choice option
    /// The optimiser.
    Optimiser: Choice option
    /// The learning-rate schedule.
    LearningRate: Choice option
    /// The moving average of the weights.
    Ema: Choice option
    /// The default sampler of the run.
    Sampler: Choice option
    /// A schedule in place of the sampler's own.
    Schedule: Choice option
    /// The length of the run.
    Length: Length option
    /// The batch size.
    BatchSize: int option
    /// The seed.
    Seed: int64 option
    /// Whether the network is class-conditional.
    Conditional: bool
    /// The script whose members are in the tables.
    Script: ScriptReference option
}

/// Options of drawing samples.
type SamplerRequest = {
    /// The sampler; `None` for the run's.
    Choice: Choice option
    /// Settings of the sampler by name.
    Settings: (string * Value) list
    /// A schedule in place of the sampler's own.
    Schedule: Choice option
}

/// Presets with overrides.
[<RequireQualifiedAccess>]
module Overrides =
    /// No overrides.
    let none: Overrides = {
        Network = None
        Process = None
        Model = None
        Objective = None
        Optimiser = None
        LearningRate = None
        Ema = None
        Sampler = None
        Schedule = None
        Length = None
        BatchSize = None
        Seed = None
        Conditional = false
        Script = None
    }

    /// Replaces a choice. A new member with a setting `sigma-data` gets the value of the run, unless one is given.
    let private withSigmaData (sigmaData: Value) (table: Table<'a>) (current: Choice) (asked: Choice) =
        table
        |> Table.find asked.Name
        |> Result.bind (fun one ->
            let asked =
                if
                    one.Name <> current.Name
                    && one.Settings.All |> List.exists (fun setting -> setting.Name = "sigma-data")
                    && (Choice.tryGet "sigma-data" asked).IsNone
                then
                    asked |> Choice.set "sigma-data" sigmaData
                else
                    asked

            table |> Table.merge current asked)

    // The U-Net's learning rate is too high for the 1024-wide MLP. Muon is for convolutions, which an MLP does not have.
    let private forMlp (optimiser: Choice) : Choice =
        let kept =
            optimiser.Settings
            |> List.filter (fun (name, _) -> not (List.contains name [ "momentum"; "scale"; "iterations" ]))

        let name = if optimiser.Name = "muon" then "adamw" else optimiser.Name

        match kept |> List.tryFind (fun (name, _) -> name = "rate") with
        | Some(_, Value.Number rate) ->
            { Name = name; Settings = kept } |> Choice.set "rate" (Value.Number(min 1e-3 rate))
        | _ -> { Name = name; Settings = kept }

    let private withNetwork (tables: Tables) (dataset: Dataset) (asked: Choice) (spec: RunSpec) =
        let images = Datasets.isImages dataset

        if images && asked.Name = "mlp" && spec.Network.Name <> "mlp" then
            tables.Networks
            |> Table.merge (Presets.mlp images) asked
            |> Result.map (fun network -> { spec with Network = network; Optimiser = forMlp spec.Optimiser })
        else
            tables.Networks
            |> Table.merge spec.Network asked
            |> Result.map (fun network -> { spec with Network = network })

    // The preset's own process keeps its constants; another process comes with the model, objective and sampler of its paper.
    let private withProcess (tables: Tables) (dataset: Dataset) (asked: Choice) (spec: RunSpec) =
        tables.Processes
        |> Table.merge spec.Process asked
        |> Result.map (fun found ->
            if found.Name = spec.Process.Name then
                { spec with Process = found }
            else
                let sigmaData = [ "sigma-data", Presets.sigmaData spec dataset ]

                {
                    spec with
                        Process = found
                        Model = { Name = "edm"; Settings = sigmaData }
                        Objective =
                            if found.Name = "edm" then
                                { Name = "log-normal"; Settings = sigmaData }
                            else
                                Choice.ofName "continuous"
                        Sampler = Choice.ofName "heun"
                        Schedule = None
                })

    /// A specification with overrides; `Error` is one line.
    let apply (tables: Tables) (overrides: Overrides) (spec: RunSpec) : Result<RunSpec, string> =
        let using asked change (spec: Result<RunSpec, string>) =
            match asked with
            | Some asked -> spec |> Result.bind (change asked)
            | None -> spec

        let simple table (get: RunSpec -> Choice) (set: Choice -> RunSpec -> RunSpec) asked spec =
            table |> Table.merge (get spec) asked |> Result.map (fun found -> set found spec)

        tables.Datasets
        |> Table.make spec.Dataset
        |> Result.bind (fun dataset ->
            let assumed table get set asked (spec: RunSpec) =
                withSigmaData (Presets.sigmaData spec dataset) table (get spec) asked
                |> Result.map (fun found -> set found spec)

            Ok {
                spec with
                    Length = defaultArg overrides.Length spec.Length
                    BatchSize = defaultArg overrides.BatchSize spec.BatchSize
                    Seed = defaultArg overrides.Seed spec.Seed
                    LabelDropout = if overrides.Conditional then Some Presets.labelDropout else spec.LabelDropout
                    Script = Option.orElse spec.Script overrides.Script
            }
            |> using overrides.Network (withNetwork tables dataset)
            |> using overrides.Process (withProcess tables dataset)
            |> using
                overrides.Objective
                (assumed tables.Objectives _.Objective (fun found spec -> { spec with Objective = found }))
            |> using overrides.Model (assumed tables.Models _.Model (fun found spec -> { spec with Model = found }))
            |> using
                overrides.Optimiser
                (simple tables.Optimisers _.Optimiser (fun found spec -> { spec with Optimiser = found }))
            |> using
                overrides.LearningRate
                (simple tables.LearningRates _.LearningRate (fun found spec -> { spec with LearningRate = found }))
            |> using overrides.Ema (simple tables.Emas _.Ema (fun found spec -> { spec with Ema = found }))
            |> using
                overrides.Sampler
                (simple tables.Samplers _.Sampler (fun found spec -> { spec with Sampler = found }))
            |> using overrides.Schedule (fun asked spec ->
                tables.Schedules
                |> Table.complete asked
                |> Result.map (fun found -> { spec with Schedule = Some found })))

    /// The specification of a preset for a data set, with overrides; `Error` is one line.
    let start
        (tables: Tables)
        (preset: Member<Preset>)
        (dataset: Choice)
        (overrides: Overrides)
        : Result<RunSpec, string> =
        tables.Datasets
        |> Table.complete dataset
        |> Result.bind (fun dataset ->
            tables.Datasets
            |> Table.make dataset
            |> Result.bind (fun data ->
                { Member.makeDefault preset dataset.Name data with Dataset = dataset } |> apply tables overrides))
