namespace ScoreFunctional.Runs

open ScoreFunctional

/// The tables of everything that can be chosen for a run. Adding a member makes a new value.
[<ReferenceEquality>]
type Tables = {
    /// Data sets.
    Datasets: Table<Dataset>
    /// Networks.
    Networks: Table<NetworkDesign>
    /// Forward processes.
    Processes: Table<Sde>
    /// Parameterisations and preconditionings of the network.
    Models: Table<ModelDesign>
    /// Objectives.
    Objectives: Table<ObjectiveDesign>
    /// Optimisers.
    Optimisers: Table<OptimiserDesign>
    /// Learning-rate schedules.
    LearningRates: Table<int -> LearningRate>
    /// Moving averages of the weights.
    Emas: Table<Ema>
    /// Samplers.
    Samplers: Table<Sampler>
    /// Schedules of samplers.
    Schedules: Table<Sde -> int -> TimeStep[]>
}

/// A member that a script adds to the tables.
[<RequireQualifiedAccess>]
type Extension =
    /// A data set.
    | Dataset of Member<Dataset>
    /// A network.
    | Network of Member<NetworkDesign>
    /// A forward process.
    | Process of Member<Sde>
    /// A parameterisation or preconditioning.
    | Model of Member<ModelDesign>
    /// An objective.
    | Objective of Member<ObjectiveDesign>
    /// An optimiser.
    | Optimiser of Member<OptimiserDesign>
    /// A sampler.
    | Sampler of Member<Sampler>
    /// A schedule.
    | Schedule of Member<Sde -> int -> TimeStep[]>

/// The built-in tables, and how members are added.
[<RequireQualifiedAccess>]
module Tables =
    let private images name summary citation : Member<Dataset> =
        Member.create
            name
            summary
            citation
            (settings { return { Shape = [| 1; 28; 28 |]; Classes = 10; Draw = None; Density = None } })

    let private strokes: Citation = {
        Id = "strokes"
        Authors = "ScoreFunctional"
        Title = "Digits drawn from pen strokes"
        Venue = "This program"
        Year = 2026
        Place = "The data set strokes"
    }

    /// The built-in members.
    let standard: Tables = {
        Datasets = {
            Datasets.table with
                Members =
                    images
                        "mnist"
                        "Handwritten digits, 28 × 28: 60,000 training and 10,000 test images"
                        Citations.lecun1998
                    :: images
                        "strokes"
                        "Digits drawn by this program from pen strokes, 28 × 28: endless, needs no files"
                        strokes
                    :: Datasets.table.Members
        }
        Networks = Networks.table
        Processes = Processes.table
        Models = Models.table
        Objectives = Objectives.table
        Optimisers = Optimisers.table
        LearningRates = Optimisers.learningRates
        Emas = Optimisers.emas
        Samplers = Samplers.table
        Schedules = Schedules.table
    }

    /// Adds a member, or replaces the one of the same name.
    let add (tables: Tables) (extension: Extension) : Tables =
        match extension with
        | Extension.Dataset one -> { tables with Datasets = Table.add one tables.Datasets }
        | Extension.Network one -> { tables with Networks = Table.add one tables.Networks }
        | Extension.Process one -> { tables with Processes = Table.add one tables.Processes }
        | Extension.Model one -> { tables with Models = Table.add one tables.Models }
        | Extension.Objective one -> { tables with Objectives = Table.add one tables.Objectives }
        | Extension.Optimiser one -> { tables with Optimisers = Table.add one tables.Optimisers }
        | Extension.Sampler one -> { tables with Samplers = Table.add one tables.Samplers }
        | Extension.Schedule one -> { tables with Schedules = Table.add one tables.Schedules }

    /// Every table with its members and their settings.
    let list (tables: Tables) : TableInfo list = [
        Table.info tables.Datasets
        Table.info tables.Networks
        Table.info tables.Processes
        Table.info tables.Models
        Table.info tables.Objectives
        Table.info tables.Optimisers
        Table.info tables.LearningRates
        Table.info tables.Emas
        Table.info tables.Samplers
        Table.info tables.Schedules
    ]
