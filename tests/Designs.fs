/// Runs as tests ask for them: options in the words of `score train`, read by the tables alone.
module Designs

open System
open Expecto
open ScoreFunctional
open ScoreFunctional.Runs

/// The run that options describe; `Error` is one line.
let described (options: string) : Result<RunDesign, string> =
    let tables = Tables.standard
    let choice text table = Table.read text table |> Result.map Some

    let rec read (preset: string) (dataset: Choice option) (asked: Overrides) words =
        let go asked rest = read preset dataset asked rest
        let taking result set rest = result |> Result.bind (fun found -> go (set found) rest)

        match words with
        | [] ->
            match dataset with
            | None -> Error "expected a data set"
            | Some dataset ->
                Table.find preset Presets.table
                |> Result.bind (fun preset -> Overrides.start tables preset dataset asked)
                |> Result.bind (RunDesign.ofSpec tables)
        | "--preset" :: name :: rest -> read name dataset asked rest
        | "--dataset" :: text :: rest ->
            Table.read text tables.Datasets |> Result.bind (fun found -> read preset (Some found) asked rest)
        | "--network" :: text :: rest -> taking (choice text tables.Networks) (fun c -> { asked with Network = c }) rest
        | "--sde" :: text :: rest -> taking (choice text tables.Processes) (fun c -> { asked with Process = c }) rest
        | "--model" :: text :: rest -> taking (choice text tables.Models) (fun c -> { asked with Model = c }) rest
        | "--objective" :: text :: rest ->
            taking (choice text tables.Objectives) (fun c -> { asked with Objective = c }) rest
        | "--optimiser" :: text :: rest ->
            taking (choice text tables.Optimisers) (fun c -> { asked with Optimiser = c }) rest
        | "--sampler" :: text :: rest -> taking (choice text tables.Samplers) (fun c -> { asked with Sampler = c }) rest
        | "--steps" :: count :: rest -> go { asked with Length = Some(Length.Steps(int count)) } rest
        | "--batch-size" :: count :: rest -> go { asked with BatchSize = Some(int count) } rest
        | "--seed" :: seed :: rest -> go { asked with Seed = Some(int64 seed) } rest
        | "--conditional" :: rest -> go { asked with Conditional = true } rest
        | other :: _ -> Error $"expected an option of a run, found {other}"

    options.Split(' ', StringSplitOptions.RemoveEmptyEntries)
    |> List.ofArray
    |> read Presets.standard.Name None Overrides.none

/// The design that options describe, which can run.
let designOf (options: string) : RunDesign = Expect.wantOk (described options) options

/// The fault of a specification that cannot run.
let faultOf (spec: RunSpec) : string = Expect.wantError (RunDesign.ofSpec Tables.standard spec) "a fault"

/// The samples that a design learns from, which need no files.
let samplesOf (design: RunDesign) : Samples = Option.get (Interop.samples design.Dataset design.Spec.Seed "data")
