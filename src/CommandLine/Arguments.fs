namespace ScoreFunctional.CommandLine

open System
open Argu
open ScoreFunctional.Runs

/// The lines that `--help` shows beside the options. Numbers arrive as they were typed: `Quantities` reads them all.
module private Help =
    let samplers () = String.Join(", ", SamplerNames.all)

    /// What a setting is, and the samplers that have it, each with the value that it has when nothing is said.
    let setting name what =
        let words (known: ScoreFunctional.Setting) = $"{known.Sampler} ({known.Default} when not given)"

        let names =
            ScoreFunctional.Samplers.settings
            |> Array.filter (fun known -> known.Name = name)
            |> Array.map words

        $"""{what}, of {String.Join(" and ", names)}"""

    /// What a number is, with the value that it has when nothing is said.
    let number (quantity: Quantity<'T>) what =
        match quantity.Default with
        | Some standard -> $"{what} ({standard} when not given)"
        | None -> what

    let seed = number Quantities.seed "seed of every random number"

    /// The steps of each sampler when nothing is said.
    let steps () =
        let words (sampler: ScoreFunctional.Sampler) = $"{sampler.Name} {ScoreFunctional.Describe.steps sampler}"
        String.Join("; ", ScoreFunctional.Samplers.table |> Array.map words)

    let choices<'T> () = String.Join(", ", Names.all<'T>())

    let device =
        "where the network runs: cpu (when not given), cuda, cuda:N, or auto for cuda where there is one"

/// Options of `score mnist`.
type MnistArgument =
    | [<Unique>] Minutes of minutes: string
    | [<Unique>] Data of dir: string
    | [<Unique>] Out of dir: string
    | [<Unique>] Seed of n: string
    | [<Unique>] Device of name: string

    interface IArgParserTemplate with
        member argument.Usage =
            match argument with
            | Minutes _ -> Help.number Quantities.minutes "minutes of training"
            | Data _ -> "folder that holds the four MNIST files; else SCORE_DATA, the cache, or a download"
            | Out _ -> "folder for the run (runs/mnist when not given)"
            | Seed _ -> Help.seed
            | Device _ -> Help.device

/// Options of `score train`.
type TrainArgument =
    | [<Unique>] Dataset of name: string
    | [<Unique>] Preset of name: string
    | [<Unique>] Network of name: string
    | [<Unique>] Sde of name: string
    | [<Unique>] Objective of name: string
    | [<Unique>] Model of name: string
    | [<Unique>] Steps of n: string
    | [<Unique>] Minutes of minutes: string
    | [<Unique; CustomCommandLine "--batch-size">] Batch_Size of b: string
    | [<Unique>] Seed of n: string
    | [<Unique>] Data of dir: string
    | [<Unique>] Out of dir: string
    | [<Unique>] Resume
    | [<Unique>] Conditional
    | [<Unique>] Device of name: string

    interface IArgParserTemplate with
        member argument.Usage =
            match argument with
            | Dataset _ -> $"what to learn: {Help.choices<Dataset>()}"
            | Preset _ -> $"the recipe to start from: {Help.choices<Preset>()}"
            | Network _ -> $"another network than the recipe's: {Help.choices<NetworkName>()}"
            | Sde _ -> $"another forward process than the recipe's: {Help.choices<SdeName>()}"
            | Objective _ ->
                $"another objective than the recipe's: {Help.choices<ObjectiveName>()}, or an F# script FILE.fsx that defines objective: Sde -> Objective"
            | Model _ -> $"what the network stands for: {Help.choices<ModelName>()} (score when not given)"
            | Steps _ -> "length of the run in optimiser steps"
            | Minutes _ -> "length of the run in minutes: the number of steps is measured at the start and kept"
            | Batch_Size _ -> "samples in one step"
            | Seed _ -> Help.seed
            | Data _ -> "folder that holds the four MNIST files; else SCORE_DATA, the cache, or a download"
            | Out _ -> "folder for the run (runs/DATASET-PRESET when not given)"
            | Conditional -> "tell the network the class of each image, nine times in ten: for --class and --guidance"
            | Device _ -> Help.device
            | Resume -> "go on from the checkpoint in the run's folder; other options must agree with it"

/// Options of `score sample`.
type SampleArgument =
    | [<Unique>] Checkpoint of file: string
    | [<Unique>] Count of n: string
    | [<Unique>] Sampler of name: string
    | [<Unique>] Steps of n: string
    | [<Unique>] Seed of n: string
    | [<Unique>] Out of file: string
    | [<Unique>] Npy of file: string
    | [<Unique>] Trajectory of file: string
    | [<Unique>] Class of k: string
    | [<Unique>] Guidance of w: string
    | [<Unique>] Eta of x: string
    | [<Unique>] Snr of r: string
    | [<Unique>] Tolerance of e: string
    | [<Unique>] Churn of s: string
    | [<Unique>] Device of name: string

    interface IArgParserTemplate with
        member argument.Usage =
            match argument with
            | Checkpoint _ -> "the checkpoint.pt of a run"
            | Count _ -> Help.number Quantities.samples "how many samples"
            | Sampler _ -> $"another sampler than the run's: {Help.samplers ()}"
            | Steps _ ->
                $"steps of the sampler (moves a level for annealed-langevin; parts of the way for rk45 and adaptive-sde); when not given, the run's with its own sampler, with another: {Help.steps ()}"
            | Seed _ -> Help.number Quantities.seed "seed of the samples: the same seed gives the same samples"
            | Out _ -> "picture of the samples (samples.png when not given)"
            | Npy _ -> "file for the samples as numbers: float32, [n, 28, 28] in [0, 1], or [n, 2]"
            | Trajectory _ -> "picture of the way from noise to sample"
            | Class _ -> "the class to sample, of a network trained with --conditional"
            | Guidance _ ->
                "with --class: the guidance scale w of s∅ + w(s − s∅); 1, when not given, is the class's own score, more is more typical"
            | Eta _ -> Help.setting "eta" "share of the ancestral sampler's noise, from 0 to 1"
            | Snr _ -> Help.setting "snr" "signal-to-noise ratio of the corrector's move"
            | Tolerance _ -> Help.setting "tolerance" "what a step may err by"
            | Churn _ -> Help.setting "churn" "total amount of noise added on the way"
            | Device _ -> Help.device

/// Options of `score evaluate`.
type EvaluateArgument =
    | [<Unique>] Checkpoint of file: string
    | [<Unique>] Count of n: string
    | [<Unique>] Data of dir: string
    | Sampler of name: string
    | [<Unique>] Npy of dir: string
    | [<Unique; CustomCommandLine "--bits-per-dim">] Bits_Per_Dim
    | [<Unique>] Probes of k: string
    | [<Unique; CustomCommandLine "--noise-level">] Noise_Level of sigma: string
    | [<Unique>] Tolerance of e: string
    | [<Unique>] Device of name: string

    interface IArgParserTemplate with
        member argument.Usage =
            match argument with
            | Checkpoint _ -> "the checkpoint.pt of a run"
            | Count _ ->
                Help.number Quantities.measured "how many samples and test images to compare, or test images to score"
            | Data _ -> "folder that holds the four MNIST files; else SCORE_DATA, the cache, or a download"
            | Sampler _ ->
                $"compare samplers instead of everything else, an option for each, or 'all' that the model takes: {Help.samplers ()}"
            | Npy _ -> "with --sampler: folder for the samples of each as numbers, NAME.npy"
            | Bits_Per_Dim -> "the likelihood of test images, in bits per dimension, instead of everything else"
            | Probes _ -> Help.number Quantities.probes "with --bits-per-dim: probes of the divergence for each image"
            | Noise_Level _ ->
                "with --bits-per-dim: the noise level at which the flow begins (half a grey value when not given)"
            | Tolerance _ ->
                Help.number
                    Quantities.likelihoodTolerance
                    "with --bits-per-dim: error of a step of the solver, relative to the noise"
            | Device _ -> Help.device

/// Options of `score datasets`.
type DatasetsArgument =
    | [<Unique>] Names

    interface IArgParserTemplate with
        member argument.Usage =
            match argument with
            | Names -> "their names alone, a line each"

/// Options of `score cite`.
type CiteArgument =
    | [<Unique>] Checkpoint of file: string
    | [<Unique>] Preset of name: string

    interface IArgParserTemplate with
        member argument.Usage =
            match argument with
            | Checkpoint _ -> "the checkpoint.pt of a run whose references to print"
            | Preset _ -> $"the recipe whose references to print (fast when not given): {Help.choices<Preset>()}"

/// The commands.
type ScoreArgument =
    | [<CliPrefix(CliPrefix.None)>] Mnist of ParseResults<MnistArgument>
    | [<CliPrefix(CliPrefix.None)>] Train of ParseResults<TrainArgument>
    | [<CliPrefix(CliPrefix.None)>] Sample of ParseResults<SampleArgument>
    | [<CliPrefix(CliPrefix.None)>] Evaluate of ParseResults<EvaluateArgument>
    | [<CliPrefix(CliPrefix.None)>] Datasets of ParseResults<DatasetsArgument>
    | [<CliPrefix(CliPrefix.None)>] Cite of ParseResults<CiteArgument>
    | [<Inherit>] Verbose
    | Version

    interface IArgParserTemplate with
        member argument.Usage =
            match argument with
            | Mnist _ -> "train on MNIST, sample, evaluate and write the report, in one go"
            | Train _ -> "train a score network"
            | Sample _ -> "draw samples from a checkpoint"
            | Evaluate _ -> "measure a checkpoint against the data it learned from"
            | Datasets _ -> "list what there is to learn from"
            | Cite _ -> "print the references of a run or a recipe"
            | Verbose -> "show where an error came from"
            | Version -> "print the version"
