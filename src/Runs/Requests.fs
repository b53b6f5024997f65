namespace ScoreFunctional.Runs

open ScoreFunctional

/// What `score mnist` was asked for; `None` leaves the choice to the host.
type MnistRequest = {
    /// Minutes of training.
    Minutes: float
    /// Folder of the MNIST files.
    Data: string option
    /// Folder of the run.
    Out: string
    /// The seed.
    Seed: int64
    /// Where the network runs.
    Device: Placement
}

/// What `score train` was asked for.
type TrainRequest = {
    /// The tables, with the members of a script where there is one.
    Tables: Tables
    /// A file with the specification to start from instead of a recipe: JSON, or a checkpoint.
    Start: string option
    /// The dataset, which a resumed run and one that starts from a specification may leave out.
    Dataset: Choice option
    /// The recipe.
    Preset: string option
    /// What differs from the recipe.
    Overrides: Overrides
    /// Folder of the MNIST files.
    Data: string option
    /// Folder of the run.
    Out: string
    /// Whether to go on from the checkpoint in that folder.
    Resume: bool
    /// Where the network runs, which may be elsewhere than before.
    Device: Placement
}

/// What `score sample` was asked for.
type SampleRequest = {
    /// The checkpoint.
    Checkpoint: string
    /// How many samples.
    Count: int
    /// The tables, with the members of a script where there is one.
    Tables: Tables
    /// Another sampler than the run's, or other settings of it.
    Sampler: SamplerRequest
    /// The seed.
    Seed: int64
    /// Picture of the samples; `None` leaves it to the host.
    Out: string option
    /// The samples as numbers.
    Npy: string option
    /// Picture of the way from noise to sample.
    Trajectory: string option
    /// The class to sample.
    Class: int option
    /// The guidance scale.
    Guidance: float
    /// Where the network runs.
    Device: Placement
}

/// How `score evaluate --bits-per-dim` was asked to score images.
type LikelihoodRequest = {
    /// Probes for each image.
    Probes: int
    /// The noise level at which the flow begins; `None` leaves it to the run.
    Level: float option
    /// What a step of the solver may err by.
    Tolerance: float
}

/// Which samplers `score evaluate --sampler` was asked to compare.
type ComparisonRequest = {
    /// The samplers; none for all that the model takes.
    Samplers: Choice list
    /// Folder for the samples of each as numbers.
    Npy: string option
}

/// What `score evaluate` was asked for.
type EvaluateRequest = {
    /// The checkpoint.
    Checkpoint: string
    /// The tables, with the members of a script where there is one.
    Tables: Tables
    /// How many samples and test images.
    Count: int
    /// Folder of the MNIST files.
    Data: string option
    /// The likelihood of test images instead of everything else.
    Likelihood: LikelihoodRequest option
    /// A comparison of samplers instead of everything else.
    Comparison: ComparisonRequest option
    /// Where the network runs.
    Device: Placement
}

/// Whose references `score cite` was asked for.
type CiteRequest =
    /// Those of the run that a checkpoint belongs to.
    | CiteRun of checkpoint: string
    /// Those of a recipe, by its name.
    | CitePreset of preset: string

/// What requests describe.
[<RequireQualifiedAccess>]
module Requests =
    /// The specification that a new run was asked for, over the one that a file holds or over a recipe; `Error` is one line.
    let spec (start: RunSpec option) (request: TrainRequest) : Result<RunSpec, string> =
        match start, request.Dataset, request.Preset with
        | Some _, _, Some _ -> Error "--spec and --preset exclude each other"
        | Some start, dataset, None ->
            { start with Dataset = defaultArg dataset start.Dataset }
            |> Overrides.apply request.Tables request.Overrides
        | None, None, _ -> Error "--dataset is needed"
        | None, Some dataset, preset ->
            match preset with
            | None -> Ok Recipes.standard
            | Some name -> Recipes.table |> Table.find name
            |> Result.bind (fun recipe -> Overrides.start request.Tables recipe dataset request.Overrides)
