module Runs.Tests.PlacementTests

open System
open Expecto
open ScoreFunctional
open ScoreFunctional.Runs
open DiffSharp
open Designs

let private two = [ Device.CPU; Device(DeviceType.CUDA, 0); Device(DeviceType.CUDA, 1) ]

let private among devices name = Placements.among devices name |> Result.map string

let private design = designOf "--dataset two-moons --steps 4 --batch-size 16"

/// A few operations in float32, on either device.
let private close = { absolute = 1e-4; relative = 1e-3 }

[<Tests>]
let tests =
    testList "device" [
        testCase "a device has a name, and what is asked for is one of those that are there" (fun () ->
            for name, device in [ "cpu", "cpu"; "cuda", "cuda:0"; "cuda:1", "cuda:1"; "auto", "cuda:0" ] do
                Expect.equal (among two name) (Ok device) name

            for name in [ "cpu"; "auto" ] do
                Expect.equal (among [ Device.CPU ] name) (Ok "cpu") $"{name} without an accelerator")

        testCase "a device that is not there is refused with what was asked for and what there is" (fun () ->
            Expect.equal
                (among [ Device.CPU ] "cuda")
                (Error "no device 'cuda' here: expected one of cpu, auto")
                "none"

            Expect.equal
                (among two "cuda:2")
                (Error "no device 'cuda:2' here: expected one of cpu, cuda:0, cuda:1, auto")
                "two")

        testCase "a word that is no device is refused with those that are" (fun () ->
            for name in [ "gpu"; "CUDA"; "cuda:"; "cuda:-1"; "cuda: 1"; "cuda:1:2"; "cuda1"; "cpu:0"; "" ] do
                let line = $"unknown device '{name}': expected one of cpu, cuda, cuda:N, auto"
                Expect.equal (among two name) (Error line) name)

        testCase "a device is no part of the specification" (fun () ->
            Expect.isFalse
                ((SpecJson.write design.Spec).Contains("device", StringComparison.OrdinalIgnoreCase))
                "specification")

        testCase "a run goes on from one device to the other, and its samples agree" (fun () ->
            let there =
                match Environment.GetEnvironmentVariable "SCORE_DEVICE" with
                | null
                | "" -> skiptest "SCORE_DEVICE names no device to go to"
                | name ->
                    match Placements.find name with
                    | Ok place -> place
                    | Error fault -> skiptest $"SCORE_DEVICE: {fault}"

            let losses (places: Placement list) =
                ((None, []), places)
                ||> List.fold (fun (before, losses) place ->
                    use session = new TrainingSession(design, 4, place, samplesOf design)
                    before |> Option.iter session.Restore
                    let metrics = session.Step()
                    Some(session.Snapshot()), metrics.Loss :: losses)

            let here, expected = losses [ Placements.cpu; Placements.cpu; Placements.cpu; Placements.cpu ]
            let moved, found = losses [ there; Placements.cpu; there; there ]
            List.iter2 (fun found expected -> Expect.floatClose close found expected "loss") found expected

            let draw place (snapshot: Snapshot) =
                use generator = new Generator(design, snapshot.Average, place)

                generator
                    .Draw(
                        { ScoreFunctional.Samplers.heun with DefaultSteps = fun _ -> 8 },
                        None,
                        1.0,
                        0L,
                        0L,
                        10,
                        0,
                        ignore
                    )
                    .Values

            let samples = draw there here.Value
            Expect.equal moved.Value.Step 4 "steps"

            for found, expected in Array.zip samples (draw Placements.cpu here.Value) do
                Expect.floatClose close (float found) (float expected) "sample")
    ]
