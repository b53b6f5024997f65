/// Limits are checked before a run begins.
module Runs.Tests.MemoryBudgetTests

open System
open System.Globalization
open System.Text.RegularExpressions
open Expecto
open ScoreFunctional
open ScoreFunctional.Runs
open Designs

let private gibibyte = 1073741824.0

/// The number that an error says would do.
let private allowed (result: Result<int, string>) =
    let message = Expect.wantError result "too many"
    Expect.isFalse (message.Contains '\n') "one line"
    let found = Regex.Match(message, "at most ([0-9]+)")
    Expect.isTrue found.Success message
    Int32.Parse(found.Groups[1].Value, CultureInfo.InvariantCulture)

let private designs = [
    for preset in [ "fast"; "ncsn" ] do
        for dataset in [ "strokes"; "rings" ] do
            for network in [ ""; "--network mlp" ] do
                for objective in [ ""; "--objective sliced"; "--objective explicit" ] do
                    designOf $"--preset {preset} --dataset {dataset} {network} {objective}"
]

let private batched count (design: RunDesign) = { design with Spec = { design.Spec with BatchSize = count } }

/// Options, and the MiB that a sample of a batch takes as measured: the peak of resident memory of
/// `score train --steps 3` at one batch size less that at a smaller one, over the difference of the batch sizes.
let private measured = [
    "--preset fast --dataset strokes", 2.33 // (2602 − 1407) / 512
    "--preset ncsn --dataset strokes", 2.45 // (1583 − 330) / 512
    "--preset fast --dataset strokes --network mlp", 0.164 // (3211 − 1200) / 12288
    "--preset fast --dataset rings", 0.0148 // (3372 − 1157) / 150000
    "--preset fast --dataset rings --objective explicit", 0.0427 // (2553 − 420) / 50000
    "--preset fast --dataset rings --objective sliced", 0.0321 // (2025 − 420) / 50000
    "--preset fast --dataset strokes --objective sliced", 3.6 // (1253 − 330) / 256
]

let private needs =
    testList "memory" [
        testCase "the batch size and the number of samples that a refusal names are accepted, and one more is refused"
        <| fun () ->
            for design in designs do
                for memory in [ 4.0; 24.0; 1000.0 ] do
                    let train n = MemoryBudget.trainingIn (memory * gibibyte) (batched n design)
                    let draw n = MemoryBudget.samplesIn (memory * gibibyte) design n

                    for check in [ train; draw ] do
                        let most = allowed (check Int32.MaxValue)
                        Expect.isGreaterThan most 0 "some"
                        Expect.equal (check most) (Ok most) $"{most} of {Int32.MaxValue}"
                        Expect.equal (allowed (check (most + 1))) most "one more"

        testCase "a little memory holds nothing, and a great deal no more than an array does"
        <| fun () ->
            let design = designOf "--dataset strokes"
            Expect.equal (allowed (MemoryBudget.trainingIn 1e8 design)) 0 "less than the program"
            Expect.equal (allowed (MemoryBudget.samplesIn 1e15 design 3_000_000)) (Array.MaxLength / 784) "images"

            Expect.equal (MemoryBudget.samplesIn 1e15 (designOf "--dataset rings") 3_000_000) (Ok 3_000_000) "points"

            Expect.isGreaterThan (MemoryBudget.available ()) 1e8 "this machine's"

        testCase "the estimate of a training step is within twice the measured memory"
        <| fun () ->
            for options, mebibytes in measured do
                let most memory =
                    allowed (MemoryBudget.trainingIn (memory * gibibyte) (batched Int32.MaxValue (designOf options)))

                let each = 12.0 * 1024.0 / float (most 24.0 - most 12.0)
                Expect.isTrue (each > 0.5 * mebibytes && each < 2.0 * mebibytes) $"{each} for {mebibytes} MiB"

        testCase "a run on images that would differentiate in every pixel is told the batch that it may have"
        <| fun () ->
            let design = designOf "--dataset strokes --objective explicit"
            Expect.isError (MemoryBudget.trainingIn (24.0 * gibibyte) design) "124 GiB"
            Expect.isOk (MemoryBudget.trainingIn (24.0 * gibibyte) (batched 4 design)) "a few"
    ]

let private limits =
    testList "limits" [
        testCase "annealed Langevin takes the fewer moves at a level the more levels there are"
        <| fun () ->
            let drawn levels steps =
                described $"--preset ncsn --dataset strokes --sampler annealed-langevin:count={levels},steps={steps}"

            Expect.isOk (drawn 20 100_000) "the most"
            Expect.stringContains (Expect.wantError (drawn 10_000 201) "too many") "2000000 steps" "what would do"
            Expect.isOk (drawn 10_000 200) "that many"

        testCase "numbers of a specification that nobody could wait for are refused"
        <| fun () ->
            let spec = (designOf "--dataset strokes").Spec
            let most = Value.Whole(int64 Int32.MaxValue)

            for what, changed in
                [
                    "steps", { spec with Length = Length.Steps Int32.MaxValue }
                    "minutes", { spec with Length = Length.Minutes 1e12 }
                    "batch", { spec with BatchSize = Int32.MaxValue }
                    "count of levels", { spec with Objective = { Name = "levels"; Settings = [ "count", most ] } }
                    "steps of heun", { spec with Sampler = { Name = "heun"; Settings = [ "steps", most ] } }
                    "steps of rk45", { spec with Sampler = { Name = "rk45"; Settings = [ "steps", most ] } }
                    "iterations", { spec with Optimiser = Choice.set "iterations" most spec.Optimiser }
                ] do
                Expect.stringContains (faultOf changed) what "named"
    ]

[<Tests>]
let tests = testList "before the work" [ needs; limits ]
