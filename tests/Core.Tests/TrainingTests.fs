module Core.Tests.TrainingTests

open System
open DiffSharp
open Expecto
open ScoreFunctional
open Core.Tests.Support

let private sde = Sde.edm 0.002 80.

let network = Mlp.create { Dimension = 2; Width = 32; Layers = 2; Embedding = 16 }

let private mixture = Mixture.isotropic 0.3 [ [| 1.; 1. |]; [| -1.; -1. |]; [| 1.; -1. |] ]

/// Standard deviation of a coordinate: √(1 − 1/9 + 0.09).
let private sigmaData = 0.99

let private model = Preconditioning.edmScore sde sigmaData network
let private objective = Objective.edmStratified sde -0.5 1. sigmaData

let config steps : TrainConfig = {
    Loss = LossFunction.ofScore model objective
    Optimiser =
        let rate = LearningRate.constant 5e-3 |> LearningRate.times (LearningRate.linear steps)
        Optimiser.chain [ Optimiser.clip 1.; Optimiser.adamW rate 0.9 0.99 1e-8 0.01 ]
    Ema = Ema.exponential 0.99
    Key = Key.label "training" key
}

let batch n step = Mixture.sample mixture Dtype.Float32 [| n; 2 |] (Key.atStep step (Key.label "data" key))

let private same (a: TrainState) (b: TrainState) message =
    Expect.equal a.Step b.Step $"{message}: step"
    Expect.equal (values a.Parameters) (values b.Parameters) $"{message}: parameters"
    Expect.equal (values a.Average) (values b.Average) $"{message}: average"

    for slot, other in Array.zip a.Optimiser b.Optimiser do
        Expect.equal slot.Name other.Name $"{message}: slot"
        Expect.equal (values slot.Value) (values other.Value) $"{message}: {slot.Name}"

[<Tests>]
let tests =
    testList "training" [
        testCase "an MLP learns a mixture to near the least loss there is" (fun () ->
            let steps = 400
            let config = config steps
            let state, metrics = Training.run config (Network.init network key) (Seq.init steps (batch 128))
            let held = batch 4000 1000000

            let exact = {
                config with
                    Loss = LossFunction.ofScore (fun _ -> Mixture.score sde mixture) objective
            }

            let least = Training.evaluate exact state.Average held key
            let reached = Training.evaluate config state.Average held key
            let before = Training.evaluate config (Network.init network key) held key
            // Untrained 1.0 by construction of the preconditioning; 5 % above the least after 400 small batches.
            Expect.isGreaterThan before (least + 0.2) $"before {before}, least {least}"
            Expect.isLessThan reached (least * 1.05) $"reached {reached}, least {least}"
            Expect.isGreaterThan reached (least * 0.99) "nothing is below the least"
            Expect.isTrue (metrics |> Array.forall (fun m -> Double.IsFinite m.Loss && m.GradientNorm > 0.)) "metrics"

            // The model's predicted noise is about as long as the best prediction: never longer than the noise by much.
            let late = metrics[steps - 1]
            Expect.isLessThan (Metrics.normRatio late) 1.1 "norm ratio"

            // And it samples: blurred by what 400 steps leave, so a little less dense than the data.
            let score = model state.Average
            let drawn = (Sampler.draw Samplers.heun sde score 18 Callbacks.none [| 500; 2 |] key).X
            let density x = mean (values (Mixture.logDensity mixture x))
            Expect.floatClose { absolute = 0.4; relative = 0. } (density drawn) (density held) "log-density of samples")

        testCase "equal runs give equal bits, and a run that stops and goes on is the run that did not" (fun () ->
            let config = config 20
            let start = Network.init network key
            let whole, _ = Training.run config start (Seq.init 20 (batch 16))
            let again, _ = Training.run config start (Seq.init 20 (batch 16))
            same whole again "twice"
            let first, _ = Training.run config start (Seq.init 9 (batch 16))

            let resumed =
                Seq.init 11 (fun i -> batch 16 (9 + i))
                |> Seq.fold (fun state x -> Training.step config state x |> fst) first

            same resumed whole "resumed")

        testCase "a step changes nothing but what it returns" (fun () ->
            let config = config 20
            let state = Training.start config (Network.init network key)
            let before = values state.Parameters
            let one, metrics = Training.step config state (batch 16 0)
            let other, _ = Training.step config state (batch 16 0)
            Expect.equal (values state.Parameters) before "the state given"
            same one other "equal steps"
            Expect.notEqual (values one.Parameters) before "the state returned"
            Expect.equal one.Step 1 "step"
            Expect.equal metrics.PerSample.shape [| 16 |] "a loss a sample"
            Expect.floatClose rounding32 metrics.Loss (mean (values metrics.PerSample)) "mean"

            Expect.floatClose
                rounding32
                metrics.Loss
                (single (objective.Evaluate (model state.Parameters) (batch 16 0) (Key.atStep 0 config.Key)).Loss)
                "the objective's loss")

        testCase "a model that predicts nothing yet has a finite gradient" (fun () ->
            // The last layer starts at zero, and a norm has no derivative there: measured norms stay out of the gradient.
            let config = {
                config 20 with
                    Loss =
                        LossFunction.ofScore
                            (network.Apply >> Preconditioning.overSigma >> Score.ofDenoiser sde)
                            objective
            }

            let state, metrics = Training.run config (Network.init network key) (Seq.init 2 (batch 16))
            Expect.equal (Metrics.normRatio metrics[0]) 0. "nothing is predicted"
            Expect.isTrue (Double.IsFinite metrics[0].GradientNorm && metrics[0].GradientNorm > 0.) "gradient"
            Expect.isTrue (values state.Parameters |> Array.forall Double.IsFinite) "parameters")

        testCase "an energy learns by differences, with no derivative in x" (fun () ->
            let steps = 400

            let judged = {
                config steps with
                    Loss = LossFunction.ofScore (Energy.edmScore sde sigmaData network) objective
            }

            let energy parameters = network.Apply parameters |> Energy.edm sde sigmaData

            // At the noise levels of the recipe, in its weights: else the largest levels would take most of the batch.
            let lossFunction =
                LossFunction.ofEnergy energy (fun energy ->
                    let term = objective.Terms.Head
                    let loss = Loss.energyDifferences 0.1 Probe.Rademacher energy
                    Objective.ofLoss "differences" Citations.pang2020 sde term.Times term.Weighting loss)

            let start = Network.init network key
            let state, _ = Training.run { judged with Loss = lossFunction } start (Seq.init steps (batch 256))
            let held = batch 4000 1000000

            let exact = {
                judged with
                    Loss = LossFunction.ofScore (fun _ -> Mixture.score sde mixture) objective
            }

            let loss config parameters = Training.evaluate config parameters held key
            let least, before, after = loss exact start, loss judged start, loss judged state.Average
            // Judged by the denoising loss, which it was not trained on: four fifths of the way to the least there is.
            Expect.isLessThan (after - least) (0.2 * (before - least)) $"before {before}, after {after}, least {least}")

        testCase "L2 regularisation adds its gradient, 2κθ, to that of the config" (fun () ->
            let config = { config 20 with Optimiser = Optimiser.sgd (LearningRate.constant 1.) }
            let state = Training.start config (Network.init network key)
            let plain, before = Training.step config state (batch 16 0)
            let regularised = { config with Loss = LossFunction.regularised 0.01 config.Loss }
            let regular, after = Training.step regularised state (batch 16 0)
            let size = values state.Parameters |> Array.sumBy (fun w -> w * w)
            Expect.floatClose rounding32 (after.Loss - before.Loss) (0.01 * size) "the loss"

            Array.map3
                (fun w a b -> a - b, 0.02 * w)
                (values state.Parameters)
                (values plain.Parameters)
                (values regular.Parameters)
            |> Array.iter (fun (found, expected) ->
                Expect.floatClose { absolute = 1e-6; relative = 1e-4 } found expected "a parameter"))

        testCase "losses by noise level, a level on an edge in the bin above it" (fun () ->
            let metrics: Metrics = {
                Step = 1
                Loss = 0.
                GradientNorm = 0.
                PerSample = Batch.ofArray [| 1.; 3.; 10.; 7. |]
                Sigma = Batch.ofArray [| 0.1; 0.2; 1.; 20. |]
                NormRatio = Batch.ofArray [| 1.; 1.; 1.; 1. |]
            }

            match Metrics.byLevel [| 0.01; 1.; 5.; 10. |] metrics with
            | [| struct (below, 0); struct (low, 2); struct (middle, 1); struct (high, 0); struct (above, 1) |] ->
                Expect.isNaN below "none below"
                Expect.equal low 2. "low"
                Expect.equal middle 10. "middle"
                Expect.isNaN high "empty"
                Expect.equal above 7. "above"
            | other -> failtestf "unexpected %A" other

            match Metrics.byLevel [||] metrics with
            | [| struct (all, 4) |] -> Expect.equal all 5.25 "without edges"
            | other -> failtestf "unexpected %A" other

            throwsArgument (fun () -> Metrics.byLevel [| 1.; 1. |] metrics) "edges that do not increase")

        testCase "training holds no more native memory after more steps" (fun () ->
            let config = config 1000

            let after steps =
                let state, metrics =
                    Training.run config (Network.init network key) (Seq.init steps (fun i -> batch 8 i))

                collect ()
                // Three tensors of each step are what its metrics hold.
                Primitives.live () - 3L * int64 metrics.Length, state.Step

            let few, _ = after 5
            let many, _ = after 60
            // A state has four tensors; a leak of one a step would be 55.
            Expect.isLessThan (many - few) 10L $"live tensors: {few} after 5 steps, {many} after 60"

            // Without the collector's help: batches, and what the metrics hold, are the caller's.
            let grown steps =
                Primitives.scope
                    (fun () ->
                        let batches = List.init steps (batch 8)
                        let parameters = Network.init network key
                        let before = Primitives.live ()
                        let _, metrics = Training.run config parameters batches
                        Primitives.live () - before - 3L * int64 metrics.Length)
                    (fun _ -> [])

            Expect.equal (grown 20) (grown 3) "live tensors beside the metrics'"
            // Parameters, average, two moments.
            Expect.equal (grown 3) 4L "live tensors beside the metrics'")
    ]
