/// What a command needs is known before it begins; what was done before is not done again.
module Runs.Tests.LimitTests

open System
open System.Globalization
open System.Text.RegularExpressions
open Expecto
open ScoreFunctional.Runs

let private gibibyte = 1073741824.0

/// The number that an error says would do.
let private allowed (result: Result<int, string>) =
    let message = Expect.wantError result "too many"
    Expect.isFalse (message.Contains '\n') "one line"
    let found = Regex.Match(message, "at most ([0-9]+)")
    Expect.isTrue found.Success message
    Int32.Parse(found.Groups[1].Value, CultureInfo.InvariantCulture)

let private specs = [
    for preset in [ Preset.Fast; Preset.Ncsn ] do
        for dataset in [ Dataset.Strokes; Dataset.Rings ] do
            for network in [ None; Some NetworkName.Mlp ] do
                for objective in [ None; Some ObjectiveName.Sliced; Some ObjectiveName.Explicit ] do
                    Presets.spec preset dataset
                    |> Presets.apply {
                        Presets.noOverrides with
                            Network = network
                            Objective = objective |> Option.map ObjectiveRequest.Named
                    }
]

/// Preset, dataset, network, objective; and the MiB that a sample of a batch takes as measured: the peak of resident memory of
/// `score train --steps 3` at one batch size less that at a smaller one, over the difference of the batch sizes.
let private measured = [
    Preset.Fast, Dataset.Strokes, None, None, 2.33 // (2602 − 1407) / 512
    Preset.Ncsn, Dataset.Strokes, None, None, 2.45 // (1583 − 330) / 512
    Preset.Fast, Dataset.Strokes, Some NetworkName.Mlp, None, 0.164 // (3211 − 1200) / 12288
    Preset.Fast, Dataset.Rings, None, None, 0.0148 // (3372 − 1157) / 150000
    Preset.Fast, Dataset.Rings, None, Some ObjectiveName.Explicit, 0.0427 // (2553 − 420) / 50000
    Preset.Fast, Dataset.Rings, None, Some ObjectiveName.Sliced, 0.0321 // (2025 − 420) / 50000
    Preset.Fast, Dataset.Strokes, None, Some ObjectiveName.Sliced, 3.6 // (1253 − 330) / 256
]

let private needs =
    testList "memory" [
        testCase "the batch size and the number of samples that would do do, and one more does not"
        <| fun () ->
            for spec in specs do
                for memory in [ 4.0; 24.0; 1000.0 ] do
                    let train n = Needs.trainingIn (memory * gibibyte) { spec with BatchSize = n }
                    let draw n = Needs.samplesIn (memory * gibibyte) spec n

                    for check in [ train; draw ] do
                        let most = allowed (check Int32.MaxValue)
                        Expect.isGreaterThan most 0 "some"
                        Expect.equal (check most) (Ok most) $"{most} of {Int32.MaxValue}"
                        Expect.equal (allowed (check (most + 1))) most "one more"

        testCase "a little memory holds nothing, and a great deal no more than an array does"
        <| fun () ->
            let spec = Presets.spec Preset.Fast Dataset.Strokes
            Expect.equal (allowed (Needs.trainingIn 1e8 spec)) 0 "less than the program"
            Expect.equal (allowed (Needs.samplesIn 1e15 spec 3_000_000)) (Array.MaxLength / 784) "images"

            Expect.equal
                (Needs.samplesIn 1e15 (Presets.spec Preset.Fast Dataset.Rings) 3_000_000)
                (Ok 3_000_000)
                "points"

            Expect.isGreaterThan (Needs.memory ()) 1e8 "this machine's"

        testCase "the estimate of a training step is within twice the measured memory"
        <| fun () ->
            for preset, dataset, network, objective, mebibytes in measured do
                let spec =
                    Presets.spec preset dataset
                    |> Presets.apply {
                        Presets.noOverrides with
                            Network = network
                            Objective = objective |> Option.map ObjectiveRequest.Named
                    }

                let most memory =
                    allowed (Needs.trainingIn (memory * gibibyte) { spec with BatchSize = Int32.MaxValue })

                let each = 12.0 * 1024.0 / float (most 24.0 - most 12.0)
                Expect.isTrue (each > 0.5 * mebibytes && each < 2.0 * mebibytes) $"{each} for {mebibytes} MiB"

        testCase "a run on images that would differentiate in every pixel is told the batch that it may have"
        <| fun () ->
            let spec =
                Presets.spec Preset.Fast Dataset.Strokes
                |> Presets.apply {
                    Presets.noOverrides with
                        Objective = Some(ObjectiveRequest.Named ObjectiveName.Explicit)
                }

            Expect.isError (Needs.trainingIn (24.0 * gibibyte) spec) "124 GiB"
            Expect.isOk (Needs.trainingIn (24.0 * gibibyte) { spec with BatchSize = 4 }) "a few"
    ]

let private limits =
    testList "limits" [
        testCase "annealed Langevin takes the fewer moves at a level the more levels there are"
        <| fun () ->
            let spec = Presets.spec Preset.Ncsn Dataset.Strokes
            let most = int (float ScoreFunctional.Schedule.most / 20.0)
            let steps n = AnnealedLangevin(n, 0.1, 1.0)
            Expect.isOk (Validation.withSampler spec (steps most)) "the most"

            let many = { spec with Objective = Levels(10_000, 1.0, 0.01, Geometric) }
            let fault = Expect.wantError (Validation.withSampler many (steps 201)) "too many"
            Expect.stringContains fault "at most 200 moves" "what would do"
            Expect.isOk (Validation.withSampler many (steps 200)) "that many"
            Expect.isError (Validation.spec { many with Sampler = steps 201 }) "nor as the run's own"

        testCase "numbers of a specification that nobody could wait for are refused"
        <| fun () ->
            let spec = Presets.spec Preset.Fast Dataset.Strokes
            let optimiser = spec.Optimiser

            for what, changed in
                [
                    "steps", { spec with Length = Length.Steps Int32.MaxValue }
                    "minutes", { spec with Length = Length.Minutes 1e12 }
                    "batch", { spec with BatchSize = Int32.MaxValue }
                    "levels", { spec with Objective = Levels(Int32.MaxValue, 1.0, 0.1, Geometric) }
                    "sampler steps", { spec with Sampler = Heun(Int32.MaxValue, 0.0) }
                    "sampler steps", { spec with Sampler = Named("rk45", Int32.MaxValue) }
                    "iterations",
                    {
                        spec with
                            Optimiser = {
                                optimiser with
                                    Orthogonal = Some { Momentum = 0.9; Scale = 1.0; Iterations = 1_000_000_000 }
                            }
                    }
                ] do
                Expect.stringContains (Expect.wantError (Validation.spec changed) what) what "named"
    ]

[<Tests>]
let tests = testList "before the work" [ needs; limits ]
