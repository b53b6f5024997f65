namespace ScoreFunctional.Runs

open ScoreFunctional

/// Options of `score mnist`.
type MnistRequest = {
    /// Minutes of training.
    Minutes: float
    /// Folder of the MNIST files; `None` for the cache or a download.
    Data: string option
    /// Folder of the run.
    Out: string
    /// The seed.
    Seed: int64
    /// The device that runs the network.
    Device: Placement
}

/// Options of `score train`.
type TrainRequest = {
    /// The tables, with the members of a script if one was named.
    Tables: Tables
    /// A file with a specification to start from instead of a preset: JSON, or a checkpoint.
    SpecFile: string option
    /// The data set; a resumed run, or one that starts from a specification, may leave it out.
    Dataset: Choice option
    /// The preset.
    Preset: string option
    /// The values that replace those of the preset.
    Overrides: Overrides
    /// Folder of the MNIST files.
    Data: string option
    /// Folder of the run.
    Out: string
    /// Whether to continue from the checkpoint in that folder.
    Resume: bool
    /// The device that runs the network; a resumed run may change it.
    Device: Placement
}

/// Options of `score sample`.
type SampleRequest = {
    /// The checkpoint.
    Checkpoint: string
    /// Number of samples.
    Count: int
    /// The tables, with the members of a script if one was named.
    Tables: Tables
    /// The sampler, its settings and its schedule, where they differ from the run's.
    Sampler: SamplerRequest
    /// The seed.
    Seed: int64
    /// PNG file for a picture of the samples; `None` for the default.
    Out: string option
    /// NumPy file for the samples as numbers.
    Npy: string option
    /// PNG file for a picture of the trajectory from noise to sample.
    Trajectory: string option
    /// The class to sample.
    Class: int option
    /// The guidance scale.
    Guidance: float
    /// The device that runs the network.
    Device: Placement
}

/// Options of `score evaluate --bits-per-dim`.
type LikelihoodRequest = {
    /// Probes of the divergence estimator per image.
    Probes: int
    /// The noise level at which the probability flow starts; `None` for the default.
    Level: float option
    /// Error per step of the ODE solver, relative to the noise.
    Tolerance: float
}

/// Options of `score evaluate --sampler`.
type ComparisonRequest = {
    /// The samplers to compare; empty for all that suit the model.
    Samplers: Choice list
    /// Folder for the samples of each, as NumPy files.
    Npy: string option
}

/// Options of `score evaluate`.
type EvaluateRequest = {
    /// The checkpoint.
    Checkpoint: string
    /// The tables, with the members of a script if one was named.
    Tables: Tables
    /// Number of samples and of test images.
    Count: int
    /// Folder of the MNIST files.
    Data: string option
    /// Measures only the likelihood of test images.
    Likelihood: LikelihoodRequest option
    /// Only compares samplers.
    Comparison: ComparisonRequest option
    /// The device that runs the network.
    Device: Placement
}

/// Options of `score cite`.
type CiteRequest =
    /// The references of the run in a checkpoint.
    | CiteRun of checkpoint: string
    /// The references of a preset.
    | CitePreset of preset: string

/// From requests to specifications.
[<RequireQualifiedAccess>]
module Requests =
    /// The specification of a new run: that of a file or a preset, with the overrides of the request; `Error` is one line.
    let spec (fromFile: RunSpec option) (request: TrainRequest) : Result<RunSpec, string> =
        match fromFile, request.Dataset, request.Preset with
        | Some _, _, Some _ -> Error "--spec and --preset exclude each other"
        | Some spec, dataset, None ->
            { spec with Dataset = defaultArg dataset spec.Dataset }
            |> Overrides.apply request.Tables request.Overrides
        | None, None, _ -> Error "expected --dataset NAME or --spec FILE"
        | None, Some dataset, preset ->
            match preset with
            | None -> Ok Presets.standard
            | Some name -> Presets.table |> Table.find name
            |> Result.bind (fun preset -> Overrides.start request.Tables preset dataset request.Overrides)
