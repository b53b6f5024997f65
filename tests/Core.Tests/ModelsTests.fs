/// Every parameterisation of the table is held to the same properties, under every process.
module Core.Tests.ModelsTests

open System
open DiffSharp
open Expecto
open ScoreFunctional
open Core.Tests.Support

let private network = Mlp.create { Dimension = 3; Width = 8; Layers = 2; Embedding = 6 }

let private weights = normal64 [| Network.count network |] "weights" * 0.3

let private raw = network.Apply weights

/// Times from the first of training to the last, one per sample.
let private times (sde: Sde) = Batch.ofArray [| max sde.TrainFrom 1e-3; 0.05; 0.3; 0.7; 1. |]

[<Tests>]
let tests =
    testList "model" [
        for title, design in variants Models.table do
            testList title [
                for sde in Processes.all do
                    let x = normal64 [| 5; 3 |] "x" * 2.
                    let score = design.Score sde raw

                    testCase $"gives finite scores that do not depend on the batch, under {sde.Name}" (fun () ->
                        let all = Score.apply score x (times sde)
                        Expect.equal all.shape x.shape "shape"
                        Expect.isTrue (values all |> Array.forall Double.IsFinite) "finite"

                        for k in 0..4 do
                            let alone = Score.apply score (sampleOf x k) (sampleOf (times sde) k)
                            allClose derived64 alone (sampleOf all k) $"sample {k}")

                    testCase $"hands the derivative of a loss on to the network's weights, under {sde.Name}" (fun () ->
                        let t = Batch.ofArray [| 0.1; 0.2; 0.4; 0.7; 1. |]
                        let sigma = Sde.coefficient sde t _.Sigma
                        let v = normal64 weights.shape "along"

                        // σs is of the size of the noise, at every level.
                        let f parameters =
                            let s = Score.apply (design.Score sde (network.Apply parameters)) x t
                            Batch.scale sigma s |> fun s -> (s * s).sum()

                        let slope = single ((dsharp.grad f weights * v).sum())
                        let central = slopeAlong 1e-5 f weights v
                        Expect.floatClose { absolute = 1e-5; relative = 1e-5 } slope central "slope"
                        Expect.isGreaterThan (abs slope) 1e-6 "the network matters")

                    match design.Energy with
                    | None -> ()
                    | Some create ->
                        testCase $"is the negative gradient of its energy, under {sde.Name}" (fun () ->
                            let energy, t = create sde raw, Batch.ofArray [| 0.1; 0.2; 0.4; 0.7; 1. |]
                            let v = normal64 [| 5; 3 |] "direction"
                            let size = Sde.coefficient sde t (fun m -> sqrt (m.Alpha * m.Alpha + m.Sigma * m.Sigma))
                            // Steps in proportion to the width of the data and noise, which the energy varies over.
                            let step = Batch.scale size v * 1e-5
                            let change = Energy.apply energy (x + step) t - Energy.apply energy (x - step) t
                            let expected = -(Batch.dot (Score.apply score x t) (step * 2.))
                            allClose { absolute = 1e-9; relative = 1e-5 } change expected "change of energy")
            ]
    ]
