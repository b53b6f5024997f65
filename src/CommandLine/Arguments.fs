namespace ScoreFunctional.CommandLine

open System
open System.Threading
open Argu
open ScoreFunctional
open ScoreFunctional.Runs

/// The lines that `--help` shows beside the options. Numbers stay text here: `Quantities` reads them.
module internal Help =
    let private current = AsyncLocal<Tables option>()

    /// The tables whose members help names: the built-in ones, or those with the members of a script.
    let tables () = current.Value |> Option.defaultValue Tables.standard

    /// Makes help name the members of these tables.
    let withTables (tables: Tables) = current.Value <- Some tables

    let private names (table: Tables -> Table<'a>) = String.Join(", ", Table.names (table (tables ())))

    /// A choice: its names, and how to set and list its settings.
    let choice (table: Tables -> Table<'a>) what =
        $"{what}: {names table} (settings: NAME:key=value,…; see score list {(table (tables ())).Kind})"

    let presets = String.Join(", ", Table.names Presets.table)

    /// A setting: the samplers that have it, each with its default.
    let setting name what =
        let having =
            (tables ()).Samplers.Members
            |> List.collect (fun one ->
                one.Settings.All
                |> List.filter (fun setting -> setting.Name = name)
                |> List.map (fun setting -> $"{one.Name} (default: {setting.DefaultText})"))

        $"""{what}, for {String.Join(" and ", having)}"""

    /// A number with its default.
    let number (quantity: Quantity<'T>) what =
        match quantity.Default with
        | Some standard -> $"{what} (default: {standard})"
        | None -> what

    let seed = number Quantities.seed "seed of all random numbers"

    let data = "folder with the four MNIST files (default: SCORE_DATA, else the cache, else a download)"

    let device =
        "device of the network: cpu (default), cuda, cuda:N, or auto, which is cuda if there is one"

    let script = "an F# script that adds members to the tables"

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
            | Data _ -> Help.data
            | Out _ -> "folder for the run (default: runs/mnist)"
            | Seed _ -> Help.seed
            | Device _ -> Help.device

/// Options of `score train` and `score spec`.
type TrainArgument =
    | [<Unique>] Dataset of name: string
    | [<Unique>] Preset of name: string
    | [<Unique>] Steps of n: string
    | [<Unique>] Minutes of minutes: string
    | [<Unique; CustomCommandLine "--batch-size">] Batch_Size of b: string
    | [<Unique>] Out of dir: string
    | [<Unique>] Resume
    | [<Unique>] Data of dir: string
    | [<Unique>] Seed of n: string
    | [<Unique>] Device of name: string
    | [<Unique>] Conditional
    | [<Unique>] Network of choice: string
    | [<Unique>] Sde of choice: string
    | [<Unique>] Model of choice: string
    | [<Unique>] Objective of choice: string
    | [<Unique>] Optimiser of choice: string
    | [<Unique; CustomCommandLine "--learning-rate">] Learning_Rate of choice: string
    | [<Unique>] Ema of choice: string
    | [<Unique>] Sampler of choice: string
    | [<Unique>] Schedule of choice: string
    | [<Unique>] Script of file: string
    | [<Unique>] Spec of file: string

    interface IArgParserTemplate with
        member argument.Usage =
            match argument with
            | Dataset _ -> Help.choice _.Datasets "the data set"
            | Preset _ ->
                $"the preset, which sets everything that no option sets: {Help.presets} (default: {Presets.standard.Name})"
            | Steps _ -> "length of the run in optimiser steps"
            | Minutes _ -> "length of the run in minutes; the number of steps that fit is measured once, at the start"
            | Batch_Size _ -> "samples per step"
            | Out _ -> "folder for the run (default: runs/DATASET-PRESET)"
            | Resume -> "continue from the checkpoint in the folder of the run; other options must agree with it"
            | Data _ -> Help.data
            | Seed _ -> Help.seed
            | Device _ -> Help.device
            | Conditional ->
                "train a class-conditional network, for --class and --guidance of score sample; one label in ten is dropped"
            | Network _ -> Help.choice _.Networks "the network"
            | Sde _ -> Help.choice _.Processes "the forward process; objective, model and sampler change with it"
            | Model _ -> Help.choice _.Models "the parameterisation of the network's output"
            | Objective _ ->
                Help.choice _.Objectives "the objective"
                + "; or FILE.fsx, an F# script that defines objective: Sde -> Objective"
            | Optimiser _ -> Help.choice _.Optimisers "the optimiser"
            | Learning_Rate _ -> Help.choice _.LearningRates "the learning-rate schedule"
            | Ema _ -> Help.choice _.Emas "the moving average of the weights"
            | Sampler _ -> Help.choice _.Samplers "the default sampler of the run"
            | Schedule _ -> Help.choice _.Schedules "the noise schedule of the sampler, in place of its own"
            | Script _ -> Help.script
            | Spec _ ->
                "a file with a specification, in place of a preset: output of score spec, a run.json or a checkpoint.pt"

/// Options of `score sample`.
type SampleArgument =
    | [<Unique>] Checkpoint of file: string
    | [<Unique>] Count of n: string
    | [<Unique>] Out of file: string
    | [<Unique>] Npy of file: string
    | [<Unique>] Trajectory of file: string
    | [<Unique>] Seed of n: string
    | [<Unique>] Device of name: string
    | [<Unique>] Class of k: string
    | [<Unique>] Guidance of w: string
    | [<Unique>] Sampler of choice: string
    | [<Unique>] Steps of n: string
    | [<Unique>] Schedule of choice: string
    | [<Unique>] Eta of x: string
    | [<Unique>] Churn of s: string
    | [<Unique>] Snr of r: string
    | [<Unique>] Tolerance of e: string
    | [<Unique>] Script of file: string

    interface IArgParserTemplate with
        member argument.Usage =
            match argument with
            | Checkpoint _ -> "the checkpoint.pt of a run (required)"
            | Count _ -> Help.number Quantities.samples "number of samples"
            | Out _ ->
                $"PNG file for a picture of the samples (default: samples.png), at most {Quantities.pictureImages} images or {Quantities.picturePoints} points; more need --npy"
            | Npy _ -> "NumPy file for the samples: float32, [n, 28, 28] in [0, 1], or [n, 2]"
            | Trajectory _ -> "PNG file for states between noise and sample"
            | Seed _ -> Help.number Quantities.seed "seed of the samples: the same seed gives the same samples"
            | Device _ -> Help.device
            | Class _ -> "the class to sample, for a network trained with --conditional"
            | Guidance _ ->
                Help.number
                    Quantities.guidance
                    "with --class: scale w of classifier-free guidance, s∅ + w(s − s∅); 1 is the class's own score, a larger w is more typical of the class"
            | Sampler _ -> Help.choice _.Samplers "the sampler, in place of the run's"
            | Steps _ ->
                "steps of the sampler; of annealed-langevin, steps per noise level (default: the run's for its own sampler, else that of score list sampler)"
            | Schedule _ -> Help.choice _.Schedules "the noise schedule, in place of the sampler's own"
            | Eta _ -> Help.setting "eta" "fraction of the ancestral sampler's noise, from 0 to 1"
            | Churn _ -> Help.setting "churn" "total amount of noise added during sampling"
            | Snr _ -> Help.setting "snr" "signal-to-noise ratio of the corrector's step"
            | Tolerance _ -> Help.setting "tolerance" "error per step"
            | Script _ -> Help.script

/// Options of `score evaluate`.
type EvaluateArgument =
    | [<Unique>] Checkpoint of file: string
    | [<Unique>] Count of n: string
    | [<Unique>] Data of dir: string
    | [<Unique>] Device of name: string
    | Sampler of choice: string
    | [<Unique>] Npy of dir: string
    | [<Unique; CustomCommandLine "--bits-per-dim">] Bits_Per_Dim
    | [<Unique>] Probes of k: string
    | [<Unique; CustomCommandLine "--noise-level">] Noise_Level of sigma: string
    | [<Unique>] Tolerance of e: string
    | [<Unique>] Script of file: string

    interface IArgParserTemplate with
        member argument.Usage =
            match argument with
            | Checkpoint _ -> "the checkpoint.pt of a run (required)"
            | Count _ -> Help.number Quantities.evaluationSamples "number of samples and of test images"
            | Data _ -> Help.data
            | Device _ -> Help.device
            | Sampler _ ->
                Help.choice _.Samplers "only compare samplers, once per option, or 'all' for those that suit the model"
            | Npy _ -> "with --sampler: folder for the samples of each as NumPy files, NAME.npy"
            | Bits_Per_Dim -> "only measure the likelihood of test images, in bits per dimension"
            | Probes _ ->
                Help.number Quantities.probes "with --bits-per-dim: probes of the divergence estimator per image"
            | Noise_Level _ ->
                "with --bits-per-dim: noise level at which the probability flow starts (default: half a grey value)"
            | Tolerance _ ->
                Help.number
                    Quantities.likelihoodTolerance
                    "with --bits-per-dim: error per step of the ODE solver, relative to the noise"
            | Script _ -> Help.script

/// Options of `score datasets`.
type DatasetsArgument =
    | [<Unique>] Names

    interface IArgParserTemplate with
        member argument.Usage =
            match argument with
            | Names -> "only the names, one per line"

/// Options of `score list`.
type ListArgument =
    | [<MainCommand; Unique>] Kind of kind: string
    | [<Unique>] Json
    | [<Unique>] Markdown
    | [<Unique>] Overview
    | [<Unique>] Script of file: string

    interface IArgParserTemplate with
        member argument.Usage =
            match argument with
            | Kind _ ->
                $"""the kind: {String.Join(", ", Tables.list (Help.tables ()) |> List.map _.Kind)} (default: all)"""
            | Json -> "print JSON, with ranges as JSON Schema"
            | Markdown -> "print Markdown"
            | Overview -> "print a Markdown row per kind, with the names of its members"
            | Script _ -> Help.script

/// Options of `score completion`.
type CompletionArgument =
    | [<MainCommand; ExactlyOnce>] Shell of name: string
    | [<Unique>] Script of file: string

    interface IArgParserTemplate with
        member argument.Usage =
            match argument with
            | Shell _ -> "the shell: bash, zsh or fish"
            | Script _ -> Help.script

/// Options of `score cite`.
type CiteArgument =
    | [<Unique>] Checkpoint of file: string
    | [<Unique>] Preset of name: string

    interface IArgParserTemplate with
        member argument.Usage =
            match argument with
            | Checkpoint _ -> "the checkpoint.pt of a run"
            | Preset _ -> $"a preset: {Help.presets} (default: {Presets.standard.Name})"

/// The commands.
type ScoreArgument =
    | [<CliPrefix(CliPrefix.None)>] Mnist of ParseResults<MnistArgument>
    | [<CliPrefix(CliPrefix.None)>] Train of ParseResults<TrainArgument>
    | [<CliPrefix(CliPrefix.None)>] Sample of ParseResults<SampleArgument>
    | [<CliPrefix(CliPrefix.None)>] Evaluate of ParseResults<EvaluateArgument>
    | [<CliPrefix(CliPrefix.None)>] Spec of ParseResults<TrainArgument>
    | [<CliPrefix(CliPrefix.None)>] List of ParseResults<ListArgument>
    | [<CliPrefix(CliPrefix.None)>] Datasets of ParseResults<DatasetsArgument>
    | [<CliPrefix(CliPrefix.None)>] Cite of ParseResults<CiteArgument>
    | [<CliPrefix(CliPrefix.None)>] Completion of ParseResults<CompletionArgument>
    | [<Inherit>] Verbose
    | Version

    interface IArgParserTemplate with
        member argument.Usage =
            match argument with
            | Mnist _ -> "train on MNIST, draw samples, evaluate them and write a report"
            | Train _ -> "train a score network"
            | Sample _ -> "draw samples from a checkpoint"
            | Evaluate _ -> "evaluate a checkpoint against its data set"
            | Spec _ -> "print the specification of a run from options, a file or a checkpoint"
            | List _ -> "list everything that can be chosen, with its settings"
            | Datasets _ -> "list the data sets"
            | Cite _ -> "print the references of a run or a preset"
            | Completion _ -> "print a completion script for a shell"
            | Verbose -> "print the stack trace of an error"
            | Version -> "print the version"
