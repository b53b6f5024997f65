module Core.Tests.GuidanceTests

open System
open DiffSharp
open Expecto
open ScoreFunctional
open Core.Tests.Support

/// A mixture of two labelled components in d coordinates, and each alone.
let private labelled d = mixtureOf d, [| for part in componentsOf d -> Mixture.create [ part ] |]

[<Tests>]
let tests =
    testList "guidance" [
        for sde in Processes.all do
            for shape in shapes do
                let where = $"under {sde.Name} on %A{List.ofArray shape}"
                let d = Array.fold (*) 1 shape
                let whole, parts = labelled d
                let x () = normal64 (batchOf 5 shape) "guidance"
                let times level = Batch.fill 5 (sde.TimeOf level)

                testCase $"classifier-free guidance is the gradient of the tilted density {where}" (fun () ->
                    for w in [ 0.; 1.; 2.5; -1. ] do
                        let guided =
                            Guidance.classifierFree
                                (GuidanceWeight.Scale w)
                                (Mixture.score sde parts[0])
                                (Mixture.score sde whole)

                        for level in [ 0.2; 2. ] do
                            let t = times level

                            let tilted x =
                                (logDensityUnder sde whole x t * (1. - w) + logDensityUnder sde parts[0] x t * w).sum()

                            let _, pull = dsharp.evalReverseDiff tilted (x ())
                            let expected = pull (Batch.ofArray([| 1. |]).view [||])
                            allClose derived64 (Score.apply guided (x ()) t) expected $"scale {w} at {level}")

                testCase
                    $"classifier guidance with the exact classifier is the exact conditional score {where}"
                    (fun () ->
                        // log p(c | x) = log w_c + log p_t(x | c) − log p_t(x).
                        let logProbability: Field =
                            fun x t -> logDensityUnder sde parts[1] x t - logDensityUnder sde whole x t + log 0.7

                        let guided = Guidance.classifier 1. logProbability (Mixture.score sde whole)

                        for level in [ 0.2; 2. ] do
                            allClose
                                derived64
                                (Score.apply guided (x ()) (times level))
                                (Score.apply (Mixture.score sde parts[1]) (x ()) (times level))
                                $"at {level}")

        testCase "the two conventions differ by one" (fun () ->
            let sde = Sde.vp 0.1 20.
            let whole, parts = labelled 2
            let x, t = normal64 [| 4; 2 |] "guidance", Batch.fill 4 0.3

            let at weight =
                Score.apply (Guidance.classifierFree weight (Mixture.score sde parts[0]) (Mixture.score sde whole)) x t

            allClose rounding64 (at (GuidanceWeight.Strength 1.5)) (at (GuidanceWeight.Scale 2.5)) "1.5 and 2.5"

            allClose
                rounding64
                (at (GuidanceWeight.Strength 0.))
                (Score.apply (Mixture.score sde parts[0]) x t)
                "the condition"

            allClose
                rounding64
                (at (GuidanceWeight.Scale 0.))
                (Score.apply (Mixture.score sde whole) x t)
                "no condition")

        testCase
            "samples given a class are that class's, and tilted ones of a Gaussian are the tilted Gaussian's"
            (fun () ->
                // Of p_∅ = N(0, 1) and p_c = N(m, 1) the tilted density of scale w at each level is N(w α m, α² + σ²): that of
                // the data N(w m, 1), so that even the guided flow has an exact answer.
                let sde, n, m, w = Sde.vp 0.1 20., 20000, 0.7, 3.
                let gaussian mean = Mixture.score sde (Mixture.gaussian mean 1. 2)
                let guided = Guidance.classifierFree (GuidanceWeight.Scale w) (gaussian m) (gaussian 0.)
                let timeSteps = Schedule.karras 7. 80. 0.002 sde 40

                let start =
                    Key.normal Dtype.Float64 [| n; 2 |] (Key.label "prior" key)
                    * Samplers.heun.InitialSigma sde timeSteps
                // The prior is short of the marginal's mean by e^(−B/2)·2.1 = 0.014.
                let x = values (Sampler.fold (Step.heun sde guided) timeSteps Callbacks.none key start).X
                let error = sqrt (1. / float x.Length)
                Expect.isLessThan (abs (mean x - w * m)) (standardErrors * error + 0.02) $"mean {mean x}"
                Expect.floatClose { absolute = 0.04; relative = 0. } (variance x) 1. "variance")

        testCase "labels are forgotten as often as is said, each by its own draw" (fun () ->
            let n = 20000
            let labels = Array.init n (fun i -> Some(i % 10))
            let dropped = Labels.drop 0.2 key labels
            let share = dropped |> Array.averageBy (fun label -> if label.IsNone then 1. else 0.)
            Expect.floatClose { absolute = standardErrors * sqrt (0.16 / float n); relative = 0. } share 0.2 "share"

            Array.iter2
                (fun d l ->
                    if Option.isSome d then
                        Expect.equal d l "kept as it was")
                dropped
                labels

            Expect.equal (Labels.drop 0.2 (Key.fromSample 100L key) labels[100..199]) dropped[100..199] "by the sample"
            Expect.equal (Labels.drop 0. key labels) labels "never"
            Expect.isTrue (Labels.drop 1. key labels |> Array.forall Option.isNone) "always"
            throwsArgument (fun () -> Labels.drop 1.5 key labels) "probability")

        testCase
            "a small network learns the score of each class and of all, from labels that are sometimes forgotten"
            (fun () ->
                let sde = Sde.edm 0.05 20.

                let parts = [|
                    Mixture.isotropic 0.3 [ [| -1.; 0. |] ]
                    Mixture.isotropic 0.3 [ [| 1.; 0.5 |] ]
                    Mixture.isotropic 0.3 [ [| 0.; -1. |] ]
                |]

                let whole = Mixture.isotropic 0.3 [ [| -1.; 0. |]; [| 1.; 0.5 |]; [| 0.; -1. |] ]
                let network = Mlp.conditional 3 { Dimension = 2; Width = 96; Layers = 2; Embedding = 32 }
                let model raw flat = raw flat |> Preconditioning.edm 0.9 |> Score.ofDenoiser sde
                let steps, n = 2000, 192

                let loss raw = LossFunction.ofScore (model raw) (Objective.edmStratified sde -0.5 1.3 0.9)

                let config = {
                    Loss = loss network.Network.Apply
                    Optimiser =
                        Optimiser.chain [
                            Optimiser.clip 1.
                            Optimiser.adamW
                                (LearningRate.times (LearningRate.constant 5e-3) (LearningRate.cosine steps))
                                0.9
                                0.99
                                1e-8
                                0.
                        ]
                    Ema = Ema.exponential 0.99
                    Key = Key.label "conditional" key
                }

                let labels = Array.init n (fun i -> Some(i % 3))

                // A batch whose row i belongs to class i mod 3.
                let batch step =
                    let key = key |> Key.label "data" |> Key.atStep step
                    let draws = parts |> Array.map (fun part -> Mixture.sample part Dtype.Float32 [| n / 3; 2 |] key)
                    (dsharp.stack (draws, dim = 1)).view [| n; 2 |]

                let final =
                    Seq.init steps id
                    |> Seq.fold
                        (fun state step ->
                            let told = Conditional.config network loss 0.35 config step labels
                            fst (Training.step told state (batch step)))
                        (Training.start config (Network.init network.Network key))

                let error (learned: Score) (exact: Mixture) (level: float) =
                    let m = 2000
                    let t = Batch.fill m (sde.TimeOf level)
                    let clean = Mixture.sample exact Dtype.Float32 [| m; 2 |] (Key.label "check" key)
                    let x = Sde.perturb sde clean t (Key.normal Dtype.Float32 [| m; 2 |] (Key.label "noise" key))
                    let truth = Score.apply (Mixture.score sde exact) x t
                    let difference = Score.apply learned x t - truth
                    single ((Batch.dot difference difference).mean()) / single ((Batch.dot truth truth).mean())

                let told label = model (fun flat -> network.ApplyLabelled flat (Labels.all label 2000)) final.Average

                for level in [ 0.2; 1. ] do
                    // Below 5 % of the score's square, as the project's example of a plain network reaches in as many steps. A
                    // network that ignored its labels would be wrong by the difference between classes, several times the score.
                    for label in 0..2 do
                        let found = error (told label) parts[label] level
                        Expect.isLessThan found 0.05 $"class {label} at {level}"
                        let ignorant = error (told ((label + 1) % 3)) parts[label] level
                        Expect.isGreaterThan ignorant 0.3 $"another class's score is not it, at {level}"

                    Expect.isLessThan
                        (error (model network.Network.Apply final.Average) whole level)
                        0.05
                        $"no class at {level}")
    ]
