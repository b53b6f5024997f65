/// Energies, and whether a score is a gradient.
module Core.Tests.EnergyTests

open System
open DiffSharp
open Expecto
open ScoreFunctional
open Core.Tests.Support

/// An energy network over points of the plane, with weights that are not zero.
let private network = Mlp.create { Dimension = 3; Width = 16; Layers = 2; Embedding = 8 }

let private weights = normal64 [| Network.count network |] "weights" * 0.3

[<Tests>]
let tests =
    testList "energy" [
        testCase "a network of zeros is the energy of normal data, at every noise level of every process" (fun () ->
            for sde in Processes.all do
                let zero = Energy.edmScore sde 0.8 network (weights * 0.)
                let x, t = normal64 [| 4; 3 |] "x", Batch.ofArray ([| 0.05; 0.5; 2.; 7. |] |> Array.map sde.TimeOf)
                let exact = Mixture.score sde (Mixture.gaussian 0. 0.8 3)
                allClose derived64 (Score.apply zero x t) (Score.apply exact x t) sde.Name)

        testCase "its denoiser is EDM's with the network's symmetrised derivative" (fun () ->
            let sde, s = Sde.edm 0.002 80., 0.8
            let y, r = normal64 [| 4; 3 |] "x", Batch.ofArray [| 0.05; 0.5; 2.; 7. |]
            let raw = network.Apply weights
            let (Denoiser denoise) = Energy.edmScore sde s network weights |> Score.toDenoiser sde
            let total = r * r + s * s
            let scaled = Batch.divide (total.sqrt ()) y
            let struct (f, pull) = Divergence.vjp (fun u -> raw u (r.log () * 0.25)) scaled

            let expected =
                Batch.scale (r * 0. + s * s) (Batch.divide total y)
                + Batch.scale (r * s / total.sqrt ()) (f + pull scaled)

            allClose derived64 (denoise y r) expected "denoiser")

        testCase "differences of log-density are line integrals of the score" (fun () ->
            let sde = Sde.vp 0.1 20.
            let energy = network.Apply weights |> Energy.edm sde 0.8
            let score = Score.ofEnergy energy
            let a, b, t = normal64 [| 2; 3 |] "a", normal64 [| 2; 3 |] "b", Batch.ofArray [| 0.2; 0.7 |]
            // Simpson's rule in 200 parts: a fourth-order error below 1e-9 for a network this smooth.
            let parts = 200

            let integral =
                Seq.init (parts + 1) (fun i ->
                    let weight =
                        if i = 0 || i = parts then 1.
                        elif i % 2 = 1 then 4.
                        else 2.

                    Batch.dot (Score.apply score (a + (b - a) * (float i / float parts)) t) (b - a) * weight)
                |> Seq.reduce (+)
                |> fun sum -> sum / (3. * float parts)

            allClose
                { absolute = 1e-6; relative = 1e-6 }
                (Energy.logDensity energy b t - Energy.logDensity energy a t)
                integral
                "difference")

        testCase "an energy's score is conservative, a linear field's ratio is the one of its matrix" (fun () ->
            let sde = Sde.ve 0.01 50.
            let x0, levels = normal64 [| 2000; 3 |] "x", [| 0.1; 1. |]
            let energy = Conservativity.measure levels key sde (Energy.edmScore sde 0.8 network weights) x0

            for found in energy do
                Expect.isLessThan found.Ratio 1e-10 $"energy at {found.Level}"

            let free = Conservativity.measure levels key sde (Preconditioning.edmScore sde 0.8 network weights) x0
            Expect.isTrue (free |> Array.forall (fun f -> f.Ratio > 1e-3)) "a free network is not"
            let a = normal64 [| 3; 3 |] "matrix"
            let size (m: Tensor) = single ((m * m).sum())
            let exact = sqrt (size (a - a.transpose ()) / size a)

            for found in Conservativity.measure levels key sde (Score(fun x _ -> x.matmul a)) x0 do
                Expect.isLessThan (abs (found.Ratio - exact)) (standardErrors * found.StandardError) "linear")

        testCase "any objective trains an energy: gradients reach its weights" (fun () ->
            let sde = Sde.edm 0.002 80.
            let x0 = Mixture.sample (mixtureOf 3) Dtype.Float64 [| 4; 3 |] key

            for row in Objectives.table.Members do
                let loss parameters =
                    let energy = network.Apply parameters |> Energy.edm sde 0.8

                    let objective =
                        match (Member.makeDefault row).Create with
                        | ObjectiveOf.Score create -> create sde
                        | ObjectiveOf.Energy create -> create sde energy

                    (Objective.evaluate objective (Score.ofEnergy energy) x0 key).Loss

                let v = normal64 weights.shape "along"
                let slope = single ((dsharp.grad loss weights * v).sum())
                let central = slopeAlong 1e-5 loss weights v
                Expect.floatClose { absolute = 1e-5; relative = 1e-5 } slope central row.Name)
    ]
