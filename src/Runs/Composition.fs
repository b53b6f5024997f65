namespace ScoreFunctional.Runs

open System
open DiffSharp
open ScoreFunctional

/// From a specification to the core's values: every choice becomes the function it names.
[<RequireQualifiedAccess>]
module Composition =

    /// The shape of one sample inside the model.
    let sampleShape (spec: RunSpec) : int[] = if Presets.isImages spec.Dataset then [| 1; 28; 28 |] else [| 2 |]

    let private unetSize (spec: RunSpec) (choice: UnetChoice) : UnetSize = {
        Channels = (sampleShape spec)[0]
        Patch = choice.Patch
        Widths = choice.Widths
        Blocks = choice.Blocks
        Middle = choice.Middle
        GroupSize = choice.GroupSize
        Embedding = choice.Embedding
        Dense =
            choice.Dense
            |> Option.map (fun dense -> {
                Side = (sampleShape spec)[1]
                Channels = dense.Channels
                Hidden = dense.Hidden
            })
    }

    let private mlpSize (spec: RunSpec) (choice: MlpChoice) : MlpSize = {
        Dimension = Array.fold (*) 1 (sampleShape spec)
        Width = choice.Width
        Layers = choice.Layers
        Embedding = choice.Embedding
    }

    /// The network that is told classes, for a run that tells them.
    let conditional (spec: RunSpec) : ConditionalNetwork option =
        let classes = Presets.classes spec.Dataset

        match spec.Labels, spec.Network with
        | None, _ -> None
        | Some _, Unet choice -> Some(Unet.conditional classes (unetSize spec choice))
        | Some _, Mlp choice -> Some(Mlp.conditional classes (mlpSize spec choice))

    /// The network with its table of parameters; of a network that is told classes, what it is without any.
    let network (spec: RunSpec) : Network =
        match conditional spec, spec.Network with
        | Some told, _ -> told.Network
        | None, Unet choice -> Unet.create (unetSize spec choice)
        | None, Mlp choice -> Mlp.create (mlpSize spec choice)

    /// The parameters in the order in which they lie in the flat vector.
    let parameters (spec: RunSpec) : Parameter[] = (network spec).Parameters

    /// The forward process.
    let sde (choice: SdeChoice) : Sde = Presets.forward choice

    /// The smallest and the largest noise level σ/α that a run learns or samples at.
    let levelRange (spec: RunSpec) : struct (float * float) = Presets.levelRange spec.Sde

    /// The smallest noise level that a run has learned: three standard deviations below the mean of its draws of ln σ,
    /// where one in 700 lies lower, or the end of its range.
    let smallestLearned (spec: RunSpec) : float =
        let struct (smallest, _) = levelRange spec

        match spec.Objective with
        | LogNormal(mean, deviation, _) -> max smallest (exp (mean - 3.0 * deviation))
        | Levels(_, _, lowest, _) -> max smallest lowest
        | _ -> smallest

    let private levels (count, largest, smallest, spacing) =
        match spacing with
        | _ when count < 2 -> [| largest |]
        | Geometric -> Levels.geometric largest smallest count
        | Uniform -> Levels.uniform largest smallest count

    /// The loss.
    let objective (spec: RunSpec) : Objective =
        let sde = sde spec.Sde

        match spec.Objective with
        | Levels(count, largest, smallest, spacing) ->
            Objective.atLevels sde (levels (count, largest, smallest, spacing))
        | Continuous -> Objective.continuous sde
        | Likelihood -> Objective.likelihood sde
        | LogNormal(mean, deviation, stratified) ->
            let choice = if stratified then Objective.edmStratified else Objective.edm
            choice sde mean deviation spec.SigmaData
        | Antithetic ->
            { Objective.continuous sde with Name = $"denoising, antithetic {sde.Name}" }
            |> Objective.mapTimes Times.antithetic
        | ImportanceSampled -> Objective.likelihoodSampled sde
        | MinSnr gamma -> Objective.minSnr sde gamma
        | Controlled below -> Objective.controlled below sde
        | Explicit -> Objective.explicit sde
        | Hutchinson -> Objective.hutchinson Probe.Rademacher sde
        | Sliced -> Objective.sliced Probe.Rademacher sde
        | SlicedReduced -> Objective.slicedReduced Probe.Gaussian sde
        | Differences step -> Objective.slicedDifferences step Probe.Rademacher sde
        | DifferencesReduced step -> Objective.slicedReducedDifferences step Probe.Rademacher sde
        | Script(path, sha256) -> Scripts.objective path sha256 sde

    /// The raw network as a score.
    let meaning (spec: RunSpec) (raw: Field) : Score =
        let sde = sde spec.Sde

        match spec.Preconditioning with
        | Karras -> Preconditioning.edm spec.SigmaData raw |> Score.ofDenoiser sde
        | OverSigma -> Preconditioning.overSigma raw |> Score.ofDenoiser sde
        | Ncsnv2 -> Preconditioning.ncsnv2 raw |> Score.ofDenoiser sde
        | KarrasEnergy -> Energy.edm sde spec.SigmaData raw |> Score.ofEnergy

    /// Flat parameters to the score.
    let model (spec: RunSpec) (network: Network) (parameters: Tensor) : Score = network.Apply parameters |> meaning spec

    /// The learning rate at each step, from zero, of a run of so many steps.
    let rate (spec: RunSpec) (horizon: int) : LearningRate =
        let course =
            match spec.Optimiser.Decay with
            | Constant -> LearningRate.constant 1.0
            | Linear -> LearningRate.linear horizon
            | Cosine -> LearningRate.cosine horizon

        LearningRate.constant spec.Optimiser.LearningRate
        |> LearningRate.times (LearningRate.warmUp (min spec.Optimiser.WarmUp horizon))
        |> LearningRate.times course

    // The convolutions inside: offset, outputs, and inputs with their taps. Data, noise labels and classes enter through
    // rows of their own, which are no directions of one space, what leaves is the answer itself, and the dense layers are
    // large enough that making them orthogonal costs more time than it saves.
    let private innerConvolutions (network: Network) =
        let inner (p: Parameter) =
            p.Shape.Length = 4
            && not (p.Name.StartsWith("stem", StringComparison.Ordinal))
            && not (p.Name.StartsWith("head", StringComparison.Ordinal))

        let sizes = network.Parameters |> Array.map (fun p -> Array.fold (*) 1 p.Shape)

        Array.zip3 network.Parameters sizes (Array.scan (+) 0 sizes |> Array.truncate sizes.Length)
        |> Array.filter (fun (p, _, _) -> inner p)
        |> Array.map (fun (p, size, offset) -> struct (offset, p.Shape[0], size / p.Shape[0]))

    /// The optimiser of a run of so many steps.
    let optimiser (spec: RunSpec) (horizon: int) : Optimiser =
        let choice = spec.Optimiser
        let rate = rate spec horizon
        let adamW = Optimiser.adamW rate choice.Beta1 choice.Beta2 choice.Epsilon choice.WeightDecay

        Optimiser.chain [
            Optimiser.clip choice.Clip
            match choice.Orthogonal with
            | None -> adamW
            | Some { Momentum = momentum; Scale = scale; Iterations = iterations } ->
                let matrices = innerConvolutions (network spec)
                Optimiser.muon rate momentum scale iterations choice.WeightDecay matrices adamW
        ]

    /// The key of a run's random numbers for a purpose.
    let key (seed: int64) (purpose: string) : Key = Key.ofSeed (uint64 seed) |> Key.label purpose

    /// Everything that training needs to know, for a run of so many steps.
    let trainConfig (spec: RunSpec) (horizon: int) : TrainConfig =
        let network = network spec

        {
            Model = model spec network
            Objective = objective spec
            Optimiser = optimiser spec horizon
            Ema =
                match spec.Optimiser.Average with
                | Exponential decay -> Ema.exponentialFromZero decay
                | Warmed decay -> Ema.exponential decay
                | Power gamma -> Ema.power gamma
            Key = key spec.Seed "training"
        }

    /// A sampler and its number of steps.
    let sampler (spec: RunSpec) (choice: SamplerChoice) : struct (Sampler * int) =
        match choice with
        | Heun(steps, churn) ->
            // The levels between which noise goes in, and its width, are those of the paper's ImageNet settings.
            let heun =
                if churn = 0.0 then
                    Samplers.heun
                else
                    Samplers.heunChurned { Amount = churn; From = 0.05; To = 50.0; Noise = 1.0 }

            struct (heun, steps)
        | Euler steps -> struct (Samplers.euler, steps)
        | EulerMaruyama steps -> struct (Samplers.eulerMaruyama, steps)
        | AnnealedLangevin(moves, beta, start) ->
            let ladder =
                match spec.Objective with
                | Levels(count, largest, smallest, spacing) -> levels (count, largest, smallest, spacing)
                | _ ->
                    let struct (smallest, largest) = levelRange spec
                    Levels.geometric largest smallest 20

            struct (Samplers.annealedLangevin Convention.Half (Langevin.proportional beta) ladder start, moves)
        | Named(name, steps) ->
            match Samplers.tryFind name with
            | Some sampler -> struct (sampler, steps)
            | None -> invalidArg (nameof choice) $"expected a sampler of the table, found {name}"
        | Tuned(name, steps, setting, value) ->
            Samplers.settings
            |> Array.tryFind (fun known -> known.Sampler = name && known.Name = setting)
            |> function
                | Some known -> struct (known.Create value, steps)
                | None -> invalidArg (nameof choice) $"expected a setting of {name}, found {setting}"

    /// How log-densities are found.
    let likelihood (choice: LikelihoodChoice) : LikelihoodSettings = {
        Likelihood.estimated choice.Probes with
            Points = choice.Tolerance
            Nats = 5.0 * choice.Tolerance
    }

    /// The density that a two-dimensional dataset names.
    let density (dataset: Dataset) : Density option =
        match dataset with
        | Mnist
        | Strokes -> None
        | Gaussian -> Some Densities.gaussian
        | EightGaussians -> Some Densities.eightGaussians
        | TwoMoons -> Some Densities.twoMoons
        | Rings -> Some Densities.rings
        | SwissRoll -> Some Densities.swissRoll
        | Banana -> Some Densities.banana
        | Checkerboard -> Some Densities.checkerboard

    /// Noise levels that part the range of a run into six bands of equal ratio: what a per-level loss is grouped by.
    let noiseBands (spec: RunSpec) : float[] =
        let struct (smallest, largest) =
            match spec.Objective with
            | Levels(_, largest, smallest, _) -> struct (smallest, largest)
            | LogNormal(mean, deviation, _) -> struct (exp (mean - 2.0 * deviation), exp (mean + 2.0 * deviation))
            | _ -> levelRange spec

        Array.init 5 (fun i -> smallest * (largest / smallest) ** (float (i + 1) / 6.0))

    /// The references of a run: process, objective, network, optimiser, sampler.
    let citations (spec: RunSpec) : Citation list =
        let struct (sampler, _) = sampler spec spec.Sampler

        [
            (sde spec.Sde).Citation
            match spec.Objective with
            // A script speaks for itself while it is at work; what it leaves behind does not run it again.
            | Script(_, sha256) ->
                yield! Scripts.evaluated sha256 (sde spec.Sde) |> Option.toList |> List.map _.Citation
            | _ -> (objective spec).Citation
            match spec.Preconditioning with
            | Karras -> Citations.karras2022
            | OverSigma -> Citations.song2021 |> Citations.at "Appendix H, NCSN++"
            | Ncsnv2 -> Citations.songErmon2020 |> Citations.at "Technique 3"
            | KarrasEnergy ->
                Citations.karras2022
                Citations.salimansHo2021
            (network spec).Citation
            Citations.loshchilov2019
            if spec.Optimiser.Orthogonal.IsSome then
                Citations.jordan2024
            sampler.Citation
            if spec.Labels.IsSome then
                Citations.hoSalimans2022
        ]
        |> List.distinct
