namespace ScoreFunctional.CommandLine

open System
open System.Threading
open Argu
open ScoreFunctional
open ScoreFunctional.Runs

/// The lines that `--help` shows beside the options. Numbers arrive as they were typed: `Quantities` reads them all.
module internal Help =
    let private current = AsyncLocal<Tables option>()

    /// The tables whose members help names: the library's, and those of a script that the command line names.
    let tables () = current.Value |> Option.defaultValue Tables.standard

    /// Help that names the members of these tables.
    let withTables (tables: Tables) = current.Value <- Some tables

    let private names (table: Tables -> Table<'a>) = String.Join(", ", Table.names (table (tables ())))

    /// What a choice is, its names, and the place of its settings.
    let choice (table: Tables -> Table<'a>) what =
        $"{what}: {names table} (NAME:key=value,… with the settings of score list {(table (tables ())).Kind})"

    let presets = String.Join(", ", Table.names Recipes.table)

    /// What a setting is, and the samplers that have it, each with the value that it has when nothing is said.
    let setting name what =
        let having =
            (tables ()).Samplers.Members
            |> List.collect (fun one ->
                one.Settings.All
                |> List.filter (fun setting -> setting.Name = name)
                |> List.map (fun setting -> $"{one.Name} ({setting.DefaultText} when not given)"))

        $"""{what}, of {String.Join(" and ", having)}"""

    /// What a number is, with the value that it has when nothing is said.
    let number (quantity: Quantity<'T>) what =
        match quantity.Default with
        | Some standard -> $"{what} ({standard} when not given)"
        | None -> what

    let seed = number Quantities.seed "seed of every random number"

    /// The steps of each sampler when nothing is said.
    let steps () =
        let words (one: Member<Sampler>) = $"{one.Name} {Describe.steps (Member.makeDefault one)}"
        String.Join("; ", (tables ()).Samplers.Members |> List.map words)

    let device =
        "where the network runs: cpu (when not given), cuda, cuda:N, or auto for cuda where there is one"

    let script = "an F# script that adds members of its own to the tables"

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

/// Options of `score train` and `score spec`.
type TrainArgument =
    | [<Unique>] Dataset of name: string
    | [<Unique>] Preset of name: string
    | [<Unique>] Spec of file: string
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
            | Dataset _ -> Help.choice _.Datasets "the data set to learn"
            | Preset _ -> $"the recipe to start from: {Help.presets} ({Recipes.standard.Name} when not given)"
            | Spec _ ->
                "a file with the specification to start from instead of a recipe: what score spec prints, a run.json, or a checkpoint.pt"
            | Network _ -> Help.choice _.Networks "another network than the recipe's"
            | Sde _ -> Help.choice _.Processes "another forward process than the recipe's"
            | Model _ -> Help.choice _.Models "another meaning of the network's output than the recipe's"
            | Objective _ ->
                Help.choice _.Objectives "another objective than the recipe's"
                + "; or an F# script FILE.fsx that defines objective: Sde -> Objective"
            | Optimiser _ -> Help.choice _.Optimisers "another optimiser than the recipe's"
            | Learning_Rate _ -> Help.choice _.LearningRates "another course of the learning rate than the recipe's"
            | Ema _ -> Help.choice _.Emas "another average of the weights than the recipe's"
            | Sampler _ -> Help.choice _.Samplers "another sampler of the run than the recipe's"
            | Schedule _ -> Help.choice _.Schedules "another schedule than the sampler's own"
            | Script _ -> Help.script
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
    | [<Unique>] Sampler of choice: string
    | [<Unique>] Steps of n: string
    | [<Unique>] Schedule of choice: string
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
    | [<Unique>] Script of file: string
    | [<Unique>] Device of name: string

    interface IArgParserTemplate with
        member argument.Usage =
            match argument with
            | Checkpoint _ -> "the checkpoint.pt of a run"
            | Count _ -> Help.number Quantities.samples "how many samples"
            | Sampler _ -> Help.choice _.Samplers "another sampler than the run's"
            | Steps _ ->
                $"steps of the sampler (moves a level for annealed-langevin; parts of the way for rk45 and adaptive-sde); when not given, the run's with its own sampler, with another: {Help.steps ()}"
            | Schedule _ -> Help.choice _.Schedules "another schedule than the sampler's own"
            | Seed _ -> Help.number Quantities.seed "seed of the samples: the same seed gives the same samples"
            | Out _ -> "picture of the samples (samples.png when not given)"
            | Npy _ -> "file for the samples as numbers: float32, [n, 28, 28] in [0, 1], or [n, 2]"
            | Trajectory _ -> "picture of the way from noise to sample"
            | Class _ -> "the class to sample, of a network trained with --conditional"
            | Guidance _ ->
                "with --class: the guidance scale w of s∅ + w(s − s∅); 1, when not given, is the class's own score, more is more typical"
            | Eta _ -> Help.setting "eta" "share of the ancestral sampler's noise, from 0 to 1"
            | Snr _ -> Help.setting "snr" "signal-to-noise ratio of the corrector's move"
            | Tolerance _ -> Help.setting "tolerance" "error of a step"
            | Churn _ -> Help.setting "churn" "total amount of noise put in on the way"
            | Script _ -> Help.script
            | Device _ -> Help.device

/// Options of `score evaluate`.
type EvaluateArgument =
    | [<Unique>] Checkpoint of file: string
    | [<Unique>] Count of n: string
    | [<Unique>] Data of dir: string
    | Sampler of choice: string
    | [<Unique>] Npy of dir: string
    | [<Unique; CustomCommandLine "--bits-per-dim">] Bits_Per_Dim
    | [<Unique>] Probes of k: string
    | [<Unique; CustomCommandLine "--noise-level">] Noise_Level of sigma: string
    | [<Unique>] Tolerance of e: string
    | [<Unique>] Script of file: string
    | [<Unique>] Device of name: string

    interface IArgParserTemplate with
        member argument.Usage =
            match argument with
            | Checkpoint _ -> "the checkpoint.pt of a run"
            | Count _ ->
                Help.number Quantities.measured "how many samples and test images to compare, or test images to score"
            | Data _ -> "folder that holds the four MNIST files; else SCORE_DATA, the cache, or a download"
            | Sampler _ ->
                Help.choice
                    _.Samplers
                    "compare samplers instead of everything else, an option for each, or 'all' that the model takes"
            | Npy _ -> "with --sampler: folder for the samples of each as numbers, NAME.npy"
            | Bits_Per_Dim -> "the likelihood of test images, in bits per dimension, instead of everything else"
            | Probes _ -> Help.number Quantities.probes "with --bits-per-dim: probes of the divergence for each image"
            | Noise_Level _ ->
                "with --bits-per-dim: the noise level at which the flow begins (half a grey value when not given)"
            | Tolerance _ ->
                Help.number
                    Quantities.likelihoodTolerance
                    "with --bits-per-dim: error of a step of the solver, relative to the noise"
            | Script _ -> Help.script
            | Device _ -> Help.device

/// Options of `score datasets`.
type DatasetsArgument =
    | [<Unique>] Names

    interface IArgParserTemplate with
        member argument.Usage =
            match argument with
            | Names -> "their names alone, a line each"

/// Options of `score list`.
type ListArgument =
    | [<MainCommand; Unique>] Kind of kind: string
    | [<Unique>] Json
    | [<Unique>] Markdown
    | [<Unique>] Script of file: string

    interface IArgParserTemplate with
        member argument.Usage =
            match argument with
            | Kind _ ->
                $"""the kind to list: {String.Join(", ", Tables.list (Help.tables ()) |> List.map _.Kind)} (all when not given)"""
            | Json -> "for programs: ranges in the words of JSON Schema"
            | Markdown -> "for documents"
            | Script _ -> Help.script

/// Options of `score completion`.
type CompletionArgument =
    | [<MainCommand; ExactlyOnce>] Shell of name: string

    interface IArgParserTemplate with
        member argument.Usage =
            match argument with
            | Shell _ -> "bash, zsh or fish"

/// Options of `score cite`.
type CiteArgument =
    | [<Unique>] Checkpoint of file: string
    | [<Unique>] Preset of name: string

    interface IArgParserTemplate with
        member argument.Usage =
            match argument with
            | Checkpoint _ -> "the checkpoint.pt of a run whose references to print"
            | Preset _ ->
                $"the recipe whose references to print ({Recipes.standard.Name} when not given): {Help.presets}"

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
            | Mnist _ -> "train on MNIST, sample, evaluate and write the report, in one go"
            | Train _ -> "train a score network"
            | Sample _ -> "draw samples from a checkpoint"
            | Evaluate _ -> "measure a checkpoint against the data it learned from"
            | Spec _ -> "print the specification that options describe, or that a file or checkpoint holds"
            | List _ -> "list the members of the tables, with their settings"
            | Datasets _ -> "list what there is to learn from"
            | Cite _ -> "print the references of a run or a recipe"
            | Completion _ -> "print a script by which a shell completes commands, options and names"
            | Verbose -> "show where an error came from"
            | Version -> "print the version"
