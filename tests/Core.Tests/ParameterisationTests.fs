/// Conversions between score, noise, data, velocity and denoiser.
module Core.Tests.ParameterisationTests

open System
open DiffSharp
open Expecto
open ScoreFunctional
open Core.Tests.Support

/// A score that is neither linear nor symmetric, for conversions.
let private curved = Score(fun x t -> Batch.scale (t + 0.5) ((x * 1.3).sin() - x * 0.4))

let private roundTrips: (string * (Sde -> Score -> Score)) list = [
    "noise", (fun sde -> Score.toNoise sde >> Score.ofNoise sde)
    "data", (fun sde -> Score.toData sde >> Score.ofData sde)
    "velocity", (fun sde -> Score.toVelocity sde >> Score.ofVelocity sde)
    "denoiser", (fun sde -> Score.toDenoiser sde >> Score.ofDenoiser sde)
]

/// Conversions divide by σ² and multiply again: at t = 0.01 four digits go.
let private conversion = { absolute = 1e-9; relative = 1e-8 }

let private times = [| 0.01; 0.2; 0.5; 0.9; 1. |]

[<Tests>]
let tests =
    testList "parameterisation" [
        for sde in Processes.all do
            testList sde.Name [
                for shape in shapes do
                    for name, there in roundTrips do
                        testCase $"score to {name} and back, samples of %A{List.ofArray shape}" (fun () ->
                            let x = normal64 (batchOf times.Length shape) "conversion"
                            let t = Batch.ofArray times
                            allClose conversion (Score.apply (there sde curved) x t) (Score.apply curved x t) name)

                    testCase $"predictions of one model agree, samples of %A{List.ofArray shape}" (fun () ->
                        let x = normal64 (batchOf times.Length shape) "agreement"
                        let t = Batch.ofArray times
                        let struct (alpha, sigma) = Sde.alphaSigma sde t
                        let (Noise noise) = Score.toNoise sde curved
                        let (DataPrediction data) = Score.toData sde curved
                        let (Velocity velocity) = Score.toVelocity sde curved
                        let (Denoiser denoiser) = Score.toDenoiser sde curved
                        let epsilon, x0 = noise x t, data x t
                        allClose conversion (Batch.scale alpha x0 + Batch.scale sigma epsilon) x "x = αx₀ + σε"

                        allClose
                            conversion
                            (velocity x t)
                            (Batch.scale alpha epsilon - Batch.scale sigma x0)
                            "v = αε − σx₀"

                        allClose conversion (denoiser (Batch.divide alpha x) (sigma / alpha)) x0 "D = x₀")

                testCase "another process's exact score converts to this one's" (fun () ->
                    let mixture = mixtureOf 3
                    let x = normal64 [| 5; 3 |] "convert"
                    // Levels that every process of the table has.
                    let ranges = Processes.all |> List.map Sde.levelRange
                    let least = ranges |> List.map (fun struct (least, _) -> least) |> List.max
                    let most = ranges |> List.map (fun struct (_, most) -> most) |> List.min
                    let t = Levels.geometric most least 5 |> Array.map sde.TimeOf |> Batch.ofArray
                    let expected = Score.apply (Mixture.score sde mixture) x t

                    for other in Processes.all do
                        let converted = Mixture.score other mixture |> Score.convert other sde
                        allClose { absolute = 1e-7; relative = 1e-7 } (Score.apply converted x t) expected other.Name)
            ]
    ]
