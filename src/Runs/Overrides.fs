namespace ScoreFunctional.Runs

open System
open ScoreFunctional

/// What a person asked for beyond the recipe; `None` leaves the recipe's own value.
type Overrides = {
    /// Another network, or other sizes of the recipe's.
    Network: Choice option
    /// Another forward process, with the objective and the sampler that go with it.
    Process: Choice option
    /// Another meaning of the network's output.
    Model: Choice option
    /// Another objective.
    Objective: Choice option
    /// Another optimiser.
    Optimiser: Choice option
    /// Another course of the learning rate.
    LearningRate: Choice option
    /// Another average of the weights.
    Ema: Choice option
    /// Another sampler of the run.
    Sampler: Choice option
    /// Another schedule of the sampler.
    Schedule: Choice option
    /// Another length.
    Length: Length option
    /// Another batch size.
    BatchSize: int option
    /// Another seed.
    Seed: int64 option
    /// Whether the network is told the class of each image.
    Conditional: bool
    /// The script whose members are in the tables.
    Script: ScriptReference option
}

/// How samples were asked to be drawn.
type SamplerRequest = {
    /// Another sampler than the run's.
    Choice: Choice option
    /// Settings of that sampler, or of the run's own, each with its value.
    Settings: (string * Value) list
    /// Another schedule.
    Schedule: Choice option
}

/// What was asked for in place of a recipe's values.
[<RequireQualifiedAccess>]
module Overrides =
    /// Nothing asked for beyond the recipe.
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

    /// Another member that assumes a standard deviation of the data assumes the run's.
    let private assuming (sigmaData: Value) (table: Table<'a>) (standing: Choice) (asked: Choice) =
        table
        |> Table.find asked.Name
        |> Result.bind (fun one ->
            let asked =
                if
                    one.Name <> standing.Name
                    && one.Settings.All |> List.exists (fun setting -> setting.Name = "sigma-data")
                    && (Choice.tryGet "sigma-data" asked).IsNone
                then
                    asked |> Choice.set "sigma-data" sigmaData
                else
                    asked

            table |> Table.merge standing asked)

    // The U-Net's learning rate is too high for the 1024-wide fully connected network, which has no convolutions for Muon either.
    let private slower (optimiser: Choice) : Choice =
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
            |> Table.merge (Recipes.mlp images) asked
            |> Result.map (fun network -> { spec with Network = network; Optimiser = slower spec.Optimiser })
        else
            tables.Networks
            |> Table.merge spec.Network asked
            |> Result.map (fun network -> { spec with Network = network })

    // The recipe's own process keeps the recipe's constants; another one brings its paper's objective along.
    let private withProcess (tables: Tables) (dataset: Dataset) (asked: Choice) (spec: RunSpec) =
        tables.Processes
        |> Table.merge spec.Process asked
        |> Result.map (fun found ->
            if found.Name = spec.Process.Name then
                { spec with Process = found }
            else
                let sigmaData = [ "sigma-data", Recipes.sigmaData spec dataset ]

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

    /// A specification with what was asked for in place of the recipe's values; `Error` is one line.
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
                assuming (Recipes.sigmaData spec dataset) table (get spec) asked
                |> Result.map (fun found -> set found spec)

            Ok {
                spec with
                    Length = defaultArg overrides.Length spec.Length
                    BatchSize = defaultArg overrides.BatchSize spec.BatchSize
                    Seed = defaultArg overrides.Seed spec.Seed
                    LabelDropout = if overrides.Conditional then Some Recipes.labelDropout else spec.LabelDropout
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

    /// The specification of a recipe for a data set, with what was asked for in its place; `Error` is one line.
    let start
        (tables: Tables)
        (recipe: Member<Recipe>)
        (dataset: Choice)
        (overrides: Overrides)
        : Result<RunSpec, string> =
        tables.Datasets
        |> Table.complete dataset
        |> Result.bind (fun dataset ->
            tables.Datasets
            |> Table.make dataset
            |> Result.bind (fun data ->
                { Member.makeDefault recipe dataset.Name data with Dataset = dataset } |> apply tables overrides))
