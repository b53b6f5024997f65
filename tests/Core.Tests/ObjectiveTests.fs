module Core.Tests.ObjectiveTests

open System
open DiffSharp
open Expecto
open ScoreFunctional
open Core.Tests.Support

/// Standard deviation of the Gaussian data on which the minima are known.
let private s = 0.8

/// Every objective of every process, with λ/σ² at noise level r and α: the factor of the unweighted error (σs + z)².
let private table: (Objective * Sde * (float -> float -> float)) list = [
    for sde in Processes.all do
        let one _ _ = 1.
        // The level and time at which g is needed come back from r.
        let likelihood r alpha =
            let g = sde.Diffusion(sde.TimeOf r)
            (g / (r * alpha)) ** 2.

        let edm r _ = (r * r + 0.25) / 0.25
        Objective.atLevel sde 0.5, sde, one
        Objective.atLevels sde [| 2.; 0.5; 0.1 |], sde, one
        Objective.continuous sde, sde, one
        Objective.likelihood sde, sde, likelihood
        Objective.edm sde -1.2 1.2 0.5, sde, edm
        Objective.edmStratified sde -1.2 1.2 0.5, sde, edm
]

let private alphaAt (sde: Sde) r = (sde.Marginal(sde.TimeOf r)).Alpha

let private title (objective: Objective, sde: Sde, _: float -> float -> float) = $"{objective.Name}, {sde.Name}"

/// A batch of the Gaussian data, float64.
let private data n d = Key.normal Dtype.Float64 [| n; d |] (Key.label "data" key) * s

[<Tests>]
let tests =
    testList "objective" [
        for (objective, sde, weight) as row in table do
            testList (title row) [
                testCase
                    "the exact score has the loss of theory, a changed one λ times the squared change more"
                    (fun () ->
                        let x0 = data 2000 3
                        let exact = Mixture.score sde (Mixture.gaussian 0. s 3)
                        // A change of the score of constant size c/σ, so that λ times its square is c² λ/σ².
                        let c = 0.5

                        let changed =
                            Score(fun x t ->
                                Score.apply exact x t
                                + Batch.divide (Sde.coefficient sde t _.Sigma) (x.onesLike () * c))

                        let before, after = objective.Evaluate exact x0 key, objective.Evaluate changed x0 key
                        let losses = values before.PerSample
                        let levels = values before.Sigma |> Array.map (fun r -> r, weight r (alphaAt sde r))

                        // The least loss is λ/σ²·s²/(s² + r²): the expectation over noise and data at the levels that were drawn, whose
                        // randomness is left.
                        let surplus = Array.map2 (fun (r, w) loss -> loss - w * s * s / (s * s + r * r)) levels losses
                        meanIs 0. surplus "loss minus its minimum"

                        let rise =
                            Array.map3 (fun (_, w) a b -> b - a - c * c * w) levels losses (values after.PerSample)

                        meanIs 0. rise "rise of the loss"
                        Expect.floatClose rounding64 (single before.Loss) (mean losses) "the loss is the mean"
                        Expect.isGreaterThan (single after.Loss) (single before.Loss) "higher")

                testCase "predicting the noise itself has loss 0 and norm ratio 1" (fun () ->
                    // On data that are all zero, x = σz: the score −x/σ² predicts −z exactly.
                    let x0 = dsharp.zeros ([ 16; 3 ], dtype = Dtype.Float64)

                    let oracle =
                        Score(fun x t ->
                            let sigma = Sde.coefficient sde t _.Sigma
                            -(Batch.divide (sigma * sigma) x))

                    let e = objective.Evaluate oracle x0 key
                    Expect.floatClose { absolute = 1e-12; relative = 0. } (single e.Loss) 0. "loss"

                    for ratio in Batch.toArray e.NormRatio do
                        Expect.floatClose rounding64 ratio 1. "ratio")
            ]

        testCase "EDM's loss is its weight times the denoiser's squared error" (fun () ->
            let sde = Sde.edm 0.002 80.
            let x0 = data 32 3
            let (Denoiser denoise) = Mixture.denoiser (mixtureOf 3)
            let mutable seen = None

            let watched =
                Score(fun x t ->
                    seen <- Some(x, t)
                    Score.apply (Score.ofDenoiser sde (Denoiser denoise)) x t)

            let e = (Objective.edm sde -1.2 1.2 0.5).Evaluate watched x0 key

            match seen with
            | None -> failtest "the score was not evaluated"
            | Some(x, t) ->
                let sigma = Sde.coefficient sde t _.Sigma
                let error = denoise x sigma - x0
                let weight = (sigma * sigma + 0.25) / (sigma * sigma * 0.25)

                let expected = Batch.scale weight (Batch.mean (error * error))
                allClose { absolute = 1e-10; relative = 1e-8 } e.PerSample expected "loss")

        testCase "log-normal noise levels have the stated distribution; stratified ones cover it evenly" (fun () ->
            let sde, n = Sde.edm 0.002 80., 4000
            let logs (times: Times) = Times.draw times key n |> Array.map (sde.Level >> log)
            let free, even = logs (Times.logNormal sde -1.2 1.2), logs (Times.stratifiedLogNormal sde -1.2 1.2)
            meanIs -1.2 free "mean"
            meanIs 1.44 (free |> Array.map (fun x -> (x + 1.2) ** 2.)) "variance"
            // Midpoint-like sums of a smooth quantile: errors of 1/n, but for the tails.
            Expect.floatClose { absolute = 2e-3; relative = 0. } (mean even) -1.2 "stratified mean"
            Expect.floatClose { absolute = 1e-2; relative = 0. } (variance even) 1.44 "stratified variance"
            Expect.isAscending even "stratified levels follow the batch")

        testCase "noise levels: ends, ratios, values of the NCSN recipe, Karras et al.'s values" (fun () ->
            let close = Expect.floatClose Accuracy.high
            let geometric = Levels.geometric 50. 0.01 10
            close geometric[0] 50. "largest"
            close geometric[9] 0.01 "smallest"
            close (geometric[4] / geometric[3]) (geometric[9] / geometric[8]) "constant ratio"
            let uniform = Levels.uniform 1. 0.1 10
            close (uniform[1] - uniform[2]) (uniform[8] - uniform[9]) "constant difference"
            let ncsn = Levels.ncsn 20
            close ncsn[0] 0.1 "ncsn, first"
            close ncsn[10] 0.01 "ncsn, middle"
            close ncsn[19] (10. ** -2.9) "ncsn, last"
            let karras = Levels.karras 7. 80. 0.002 18
            close karras[0] 80. "Karras, first"
            close karras[17] 0.002 "Karras, last"
            // EDM's schedule by hand: i = 9 of 18 is ((80^⅐ + 9/17(0.002^⅐ − 80^⅐))^7.
            let root x = x ** (1. / 7.)
            close karras[9] ((root 80. + 9. / 17. * (root 0.002 - root 80.)) ** 7.) "Karras, inside"
            throwsArgument (fun () -> Levels.geometric 0.1 1. 5) "order"
            throwsArgument (fun () -> Levels.uniform 1. 0.1 1) "count")
    ]
