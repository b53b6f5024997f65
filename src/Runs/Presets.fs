namespace ScoreFunctional.Runs

open System

/// The networks by name.
[<RequireQualifiedAccess>]
type NetworkName =
    /// `NetworkChoice.Unet`.
    | Unet
    /// `NetworkChoice.Mlp`.
    | Mlp

/// The forward processes by name.
[<RequireQualifiedAccess>]
type SdeName =
    /// `SdeChoice.Ve`.
    | Ve
    /// `SdeChoice.Vp`.
    | Vp
    /// `SdeChoice.SubVp`.
    | SubVp
    /// `SdeChoice.Edm`.
    | Edm

/// The objectives by name.
[<RequireQualifiedAccess>]
type ObjectiveName =
    /// `ObjectiveChoice.Levels`, geometric over the run's range of noise levels.
    | Levels
    /// `ObjectiveChoice.Continuous`.
    | Continuous
    /// `ObjectiveChoice.Antithetic`.
    | Antithetic
    /// `ObjectiveChoice.Likelihood`.
    | Likelihood
    /// `ObjectiveChoice.ImportanceSampled`.
    | ImportanceSampled
    /// `ObjectiveChoice.MinSnr`.
    | MinSnr
    /// `ObjectiveChoice.LogNormal`, stratified.
    | LogNormal
    /// `ObjectiveChoice.Controlled`.
    | Controlled
    /// `ObjectiveChoice.Explicit`.
    | Explicit
    /// `ObjectiveChoice.Hutchinson`.
    | Hutchinson
    /// `ObjectiveChoice.Sliced`.
    | Sliced
    /// `ObjectiveChoice.SlicedReduced`.
    | SlicedReduced
    /// `ObjectiveChoice.Differences`.
    | Differences
    /// `ObjectiveChoice.DifferencesReduced`.
    | DifferencesReduced

/// What the network stands for, by name.
[<RequireQualifiedAccess>]
type ModelName =
    /// A score, by way of a denoiser.
    | Score
    /// An energy, whose negative gradient is the score.
    | Energy

/// An objective as a person asks for it.
[<RequireQualifiedAccess>]
type ObjectiveRequest =
    /// One of the library's.
    | Named of name: ObjectiveName
    /// That of an F# script, with the SHA-256 of its text.
    | Scripted of path: string * sha256: string

/// The samplers by name: those of the core's table.
[<RequireQualifiedAccess>]
module SamplerNames =
    /// The names, in the table's order.
    let all: string list = [ for sampler in ScoreFunctional.Samplers.table -> sampler.Name ]

    /// A name of the table; `Error` lists them.
    let tryParse (name: string) : Result<string, string> =
        if List.contains name all then
            Ok name
        else
            Error $"""unknown sampler '{name}': expected one of {String.Join(", ", all)}"""

/// What a person asked for beyond the recipe; `None` leaves the recipe's own value.
type Overrides = {
    /// Another network, with the preset's sizes for it.
    Network: NetworkName option
    /// Another forward process, with the objective and the sampler that go with it.
    Sde: SdeName option
    /// Another objective.
    Objective: ObjectiveRequest option
    /// Whether the network is an energy.
    Model: ModelName option
    /// Another length.
    Length: Length option
    /// Another batch size.
    BatchSize: int option
    /// Another seed.
    Seed: int64 option
    /// Whether the network is told the class of each image.
    Conditional: bool
}

/// The recipes, as data.
[<RequireQualifiedAccess>]
module Presets =
    /// Nothing asked for beyond the recipe.
    let noOverrides: Overrides = {
        Network = None
        Sde = None
        Objective = None
        Model = None
        Length = None
        BatchSize = None
        Seed = None
        Conditional = false
    }

    /// One label in ten is forgotten: the share that Ho and Salimans 2022 found best among 0.1, 0.2 and 0.5.
    let labels: LabelChoice = { Dropout = 0.1 }

    /// The number of classes of a dataset; 0 where its samples have none.
    let classes (dataset: Dataset) : int =
        match dataset with
        | Mnist
        | Strokes -> 10
        | Gaussian
        | EightGaussians
        | TwoMoons
        | Rings
        | SwissRoll
        | Banana
        | Checkerboard -> 0

    /// Whether the samples of a dataset are images; otherwise they are points of the plane.
    let isImages (dataset: Dataset) : bool =
        match dataset with
        | Mnist
        | Strokes -> true
        | Gaussian
        | EightGaussians
        | TwoMoons
        | Rings
        | SwissRoll
        | Banana
        | Checkerboard -> false

    /// Standard deviation of the pixels of MNIST in [−1, 1].
    let private mnistStd = 0.6162

    let private ncsnUnet: UnetChoice = {
        Patch = 2
        Widths = [ 64; 128 ]
        Blocks = 1
        Middle = 3
        GroupSize = 16
        Embedding = 128
        Dense = None
    }

    let private fastUnet: UnetChoice = {
        ncsnUnet with
            Widths = [ 48; 96 ]
            Dense = Some { Channels = 16; Hidden = 256 }
    }

    let private imageMlp: MlpChoice = { Width = 1024; Layers = 3; Embedding = 128 }

    let private pointMlp: MlpChoice = { Width = 128; Layers = 3; Embedding = 64 }

    let private network preset images (name: NetworkName) =
        match name, preset with
        | NetworkName.Unet, Fast -> Unet fastUnet
        | NetworkName.Unet, Ncsn -> Unet ncsnUnet
        | NetworkName.Mlp, _ -> Mlp(if images then imageMlp else pointMlp)

    let private adamW: OptimiserChoice = {
        LearningRate = 1e-4
        Beta1 = 0.9
        Beta2 = 0.999
        Epsilon = 1e-8
        WeightDecay = 0.01
        Clip = 1.0
        WarmUp = 0
        Decay = Constant
        Average = Warmed 0.999
        Orthogonal = None
    }

    /// The forward process of a name with the constants of its paper.
    let sde (name: SdeName) : SdeChoice =
        match name with
        | SdeName.Ve -> Ve(0.01, 50.0)
        | SdeName.Vp -> Vp(0.1, 20.0)
        | SdeName.SubVp -> SubVp(0.1, 20.0)
        | SdeName.Edm -> SdeChoice.Edm(0.002, 80.0)

    /// The core's process of a choice.
    let forward (choice: SdeChoice) : ScoreFunctional.Sde =
        match choice with
        | Ve(smallest, largest) -> ScoreFunctional.Sde.ve smallest largest
        | Vp(smallest, largest) -> ScoreFunctional.Sde.vp smallest largest
        | SubVp(smallest, largest) -> ScoreFunctional.Sde.subVp smallest largest
        | SdeChoice.Edm(smallest, largest) -> ScoreFunctional.Sde.edm smallest largest

    /// The sampler of a name in its usual number of steps under a process.
    let sampler (sde: SdeChoice) (name: string) : SamplerChoice =
        match ScoreFunctional.Samplers.tryFind name with
        | Some sampler -> Named(name, sampler.DefaultSteps(forward sde))
        // Validation refuses it with the names there are.
        | None -> Named(name, 1)

    /// The sampler in another number of steps (moves a level for annealed Langevin).
    let withSteps (steps: int) (sampler: SamplerChoice) : SamplerChoice =
        match sampler with
        | Heun(_, churn) -> Heun(steps, churn)
        | Euler _ -> Euler steps
        | EulerMaruyama _ -> EulerMaruyama steps
        | AnnealedLangevin(_, beta, start) -> AnnealedLangevin(steps, beta, start)
        | Named(name, _) -> Named(name, steps)
        | Tuned(name, _, setting, value) -> Tuned(name, steps, setting, value)

    /// The name of a sampler in the core's table.
    let samplerName (sampler: SamplerChoice) : string =
        match sampler with
        | Heun(_, 0.0) -> "heun"
        | Heun _ -> "heun-churn"
        | Euler _ -> "euler"
        | EulerMaruyama _ -> "euler-maruyama"
        | AnnealedLangevin _ -> "annealed-langevin"
        | Named(name, _)
        | Tuned(name, _, _, _) -> name

    /// The number of steps of a sampler (moves a level for annealed Langevin).
    let stepsOf (sampler: SamplerChoice) : int =
        match sampler with
        | Heun(steps, _)
        | Euler steps
        | EulerMaruyama steps
        | AnnealedLangevin(steps, _, _)
        | Named(_, steps)
        | Tuned(_, steps, _, _) -> steps

    /// The sampler with a setting at a value; `Error` is one line that names the samplers that have it, or the values.
    let tuned (setting: string) (value: float) (sampler: SamplerChoice) : Result<SamplerChoice, string> =
        let name = samplerName sampler

        let having = ScoreFunctional.Samplers.settings |> Array.filter (fun known -> known.Name = setting)

        match having |> Array.tryFind (fun known -> known.Sampler = name), sampler with
        | None, _ when Array.isEmpty having -> Error $"unknown setting '{setting}' of a sampler"
        | None, _ ->
            let names = String.Join(" and ", having |> Array.map _.Sampler)
            Error $"{setting} is a setting of {names}, not of {name}"
        | Some known, _ when not (known.Fits value) -> Error $"{setting} must be {known.Range}, not {value}"
        | Some _, Heun(steps, _) -> Ok(Heun(steps, value))
        | Some _, sampler -> Ok(Tuned(name, stepsOf sampler, setting, value))

    /// The sampler with several settings, as `tuned` has one.
    let withSettings (settings: (string * float) list) (sampler: SamplerChoice) : Result<SamplerChoice, string> =
        (Ok sampler, settings)
        ||> List.fold (fun found (name, value) -> found |> Result.bind (tuned name value))

    let private fast dataset : RunSpec =
        let images = isImages dataset
        let smallest, largest = if images then 0.02, 40.0 else 0.005, 40.0

        {
            Version = SpecJson.version
            Dataset = dataset
            Preset = Fast
            Network = network Fast images (if images then NetworkName.Unet else NetworkName.Mlp)
            Sde = SdeChoice.Edm(smallest, largest)
            Preconditioning = Karras
            SigmaData = if images then 0.5 else 1.0
            Objective = if images then LogNormal(-0.1, 1.1, true) else LogNormal(-1.2, 1.6, true)
            Optimiser = {
                adamW with
                    LearningRate = if images then 4e-3 else 2e-3
                    Beta2 = 0.99
                    WarmUp = if images then 200 else 100
                    Decay = Linear
                    Average = Power 16.97
                    Orthogonal = if images then Some { Momentum = 0.95; Scale = 0.25; Iterations = 3 } else None
            }
            BatchSize = if images then 64 else 256
            Length = if images then Minutes 10.0 else Steps 3000
            Seed = 0L
            Sampler = if images then Heun(24, 8.0) else Heun(18, 0.0)
            Labels = None
        }

    // σ_l = 10^(−1 − 2 l / L) with l = 1 … L and L = 20: from 10^−1.1 down to 10^−3.
    let private ncsn dataset : RunSpec =
        let images = isImages dataset
        let largest, smallest = Math.Pow(10.0, -1.1), 1e-3

        {
            Version = SpecJson.version
            Dataset = dataset
            Preset = Ncsn
            Network = network Ncsn images (if images then NetworkName.Unet else NetworkName.Mlp)
            Sde = Ve(smallest, largest)
            Preconditioning = OverSigma
            SigmaData = if images then mnistStd else 1.0
            Objective = Levels(20, largest, smallest, Geometric)
            Optimiser = adamW
            BatchSize = 128
            Length = Steps 40000
            Seed = 0L
            Sampler = AnnealedLangevin(20, 0.1, 1.0)
            Labels = None
        }

    /// The recipe of a preset for a dataset.
    let spec (preset: Preset) (dataset: Dataset) : RunSpec =
        match preset with
        | Fast -> fast dataset
        | Ncsn -> ncsn dataset

    /// The name of a forward process.
    let sdeName (sde: SdeChoice) : SdeName =
        match sde with
        | Ve _ -> SdeName.Ve
        | Vp _ -> SdeName.Vp
        | SubVp _ -> SdeName.SubVp
        | SdeChoice.Edm _ -> SdeName.Edm

    // The recipe's own process keeps the recipe's constants; another one brings its paper's objective along.
    let private withSde (name: SdeName) (spec: RunSpec) =
        if sdeName spec.Sde = name then
            spec
        else
            {
                spec with
                    Sde = sde name
                    Preconditioning = Karras
                    Objective =
                        match name with
                        | SdeName.Edm -> LogNormal(-1.2, 1.2, true)
                        | SdeName.Ve
                        | SdeName.Vp
                        | SdeName.SubVp -> Continuous
                    Sampler = Heun(stepsOf (sampler (sde name) "heun"), 0.0)
            }

    /// The objective of a name with the constants of its paper, for runs at noise levels of this range.
    let objective (struct (smallest, largest): struct (float * float)) (name: ObjectiveName) : ObjectiveChoice =
        match name with
        | ObjectiveName.Levels -> Levels(20, largest, smallest, Geometric)
        | ObjectiveName.Continuous -> Continuous
        | ObjectiveName.Antithetic -> Antithetic
        | ObjectiveName.Likelihood -> Likelihood
        | ObjectiveName.ImportanceSampled -> ImportanceSampled
        | ObjectiveName.MinSnr -> MinSnr ScoreFunctional.Objectives.gamma
        | ObjectiveName.LogNormal -> LogNormal(-1.2, 1.2, true)
        | ObjectiveName.Controlled -> Controlled ScoreFunctional.Objectives.below
        | ObjectiveName.Explicit -> Explicit
        | ObjectiveName.Hutchinson -> Hutchinson
        | ObjectiveName.Sliced -> Sliced
        | ObjectiveName.SlicedReduced -> SlicedReduced
        | ObjectiveName.Differences -> Differences ScoreFunctional.Objectives.step
        | ObjectiveName.DifferencesReduced -> DifferencesReduced ScoreFunctional.Objectives.step

    /// The name of an objective; a script has none.
    let objectiveName (choice: ObjectiveChoice) : ObjectiveName option =
        match choice with
        | Levels _ -> Some ObjectiveName.Levels
        | Continuous -> Some ObjectiveName.Continuous
        | Antithetic -> Some ObjectiveName.Antithetic
        | Likelihood -> Some ObjectiveName.Likelihood
        | ImportanceSampled -> Some ObjectiveName.ImportanceSampled
        | MinSnr _ -> Some ObjectiveName.MinSnr
        | LogNormal _ -> Some ObjectiveName.LogNormal
        | Controlled _ -> Some ObjectiveName.Controlled
        | Explicit -> Some ObjectiveName.Explicit
        | Hutchinson -> Some ObjectiveName.Hutchinson
        | Sliced -> Some ObjectiveName.Sliced
        | SlicedReduced -> Some ObjectiveName.SlicedReduced
        | Differences _ -> Some ObjectiveName.Differences
        | DifferencesReduced _ -> Some ObjectiveName.DifferencesReduced
        | Script _ -> None

    /// The smallest and the largest noise level σ/α that a process is learned or sampled at.
    let levelRange (choice: SdeChoice) : struct (float * float) =
        match choice with
        | Ve(smallest, largest)
        | SdeChoice.Edm(smallest, largest) -> struct (smallest, largest)
        | Vp _
        | SubVp _ ->
            let sde = forward choice
            struct (sde.Level sde.SampleTo, sde.Level 1.0)

    // The recipe's own objective keeps the recipe's constants.
    let private withObjective (request: ObjectiveRequest) (spec: RunSpec) =
        match request with
        | ObjectiveRequest.Scripted(path, sha256) -> { spec with Objective = Script(path, sha256) }
        | ObjectiveRequest.Named name when objectiveName spec.Objective = Some name -> spec
        | ObjectiveRequest.Named name -> { spec with Objective = objective (levelRange spec.Sde) name }

    let private withModel (name: ModelName) (spec: RunSpec) =
        match name, spec.Preconditioning with
        | ModelName.Energy, _ -> { spec with Preconditioning = KarrasEnergy }
        | ModelName.Score, KarrasEnergy -> { spec with Preconditioning = Karras }
        | ModelName.Score, _ -> spec

    // What a convolution bears sends a thousand-wide layer astray: the fully connected network on images learns slower.
    let private withNetwork (name: NetworkName) (spec: RunSpec) =
        let images = isImages spec.Dataset
        let spec = { spec with Network = network spec.Preset images name }

        match name with
        | NetworkName.Mlp when images -> {
            spec with
                Optimiser = {
                    spec.Optimiser with
                        LearningRate = min 1e-3 spec.Optimiser.LearningRate
                        Orthogonal = None
                }
          }
        | NetworkName.Mlp
        | NetworkName.Unet -> spec

    /// A specification with what was asked for in place of the recipe's values.
    let apply (overrides: Overrides) (spec: RunSpec) : RunSpec =
        let using change choice spec =
            match choice with
            | Some value -> change value spec
            | None -> spec

        spec
        |> using withNetwork overrides.Network
        |> using withSde overrides.Sde
        |> using withObjective overrides.Objective
        |> using withModel overrides.Model
        |> using (fun length spec -> { spec with Length = length }) overrides.Length
        |> using (fun size spec -> { spec with BatchSize = size }) overrides.BatchSize
        |> using (fun seed spec -> { spec with Seed = seed }) overrides.Seed
        |> fun spec -> if overrides.Conditional then { spec with Labels = Some labels } else spec
