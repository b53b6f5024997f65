namespace ScoreFunctional.Runs

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
    /// The dataset, which only a resumed run may leave out.
    Dataset: Dataset option
    /// The recipe.
    Preset: Preset option
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
    /// Another sampler than the run's.
    Sampler: string option
    /// Another number of sampler steps.
    Steps: int option
    /// Settings of the sampler, each with its value.
    Settings: (string * float) list
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
    /// Their names; none for all that the model takes.
    Names: string list
    /// Folder for the samples of each as numbers.
    Npy: string option
}

/// What `score evaluate` was asked for.
type EvaluateRequest = {
    /// The checkpoint.
    Checkpoint: string
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
    /// Those of a recipe.
    | CitePreset of preset: Preset
