/// Distributions of training times.
module Core.Tests.TimesTests

open System
open DiffSharp
open Expecto
open ScoreFunctional
open Core.Tests.Support
open Core.Tests.ObjectiveSupport

[<Tests>]
let tests =
    testList "times" [
        for name, times in
            [
                "uniform", Times.uniform 1e-3
                "log-normal", Times.logNormal sde -1. 1.
                "importance", Times.importance sde
            ] do
            for design in [ "independent", id; "stratified", Times.stratified; "antithetic", Times.antithetic ] do
                testCase $"{name}, {fst design}: the distribution of a sample is its quantile function's" (fun () ->
                    let drawn = snd design times
                    let n = 4000
                    let t = Times.draw drawn key n
                    // Its own distribution function at its quartiles, by its quantile function.
                    for p in [ 0.25; 0.5; 0.75 ] do
                        let q = times.Quantile p
                        let share = (t |> Array.filter (fun x -> x < q) |> Array.length |> float) / float n
                        let error = sqrt (p * (1. - p) / float n)
                        Expect.isLessThan (abs (share - p)) (standardErrors * error) $"share below quantile {p}")

        testCase "importance-sampled times stand for uniform ones, and count one in the mean" (fun () ->
            for sde in Processes.all do
                let times = Times.importance sde
                let t = Times.draw times key 20000
                let weight = t |> Array.map times.ImportanceWeight
                meanIs 1. weight $"{sde.Name}: weights"
                meanIs (0.5 * (1. + sde.TrainFrom)) (Array.map2 (*) weight t) $"{sde.Name}: E t"
                // λ = g² times the weight of a time is σ² up to a constant.
                let density = t |> Array.map (fun t -> (sde.Diffusion t / (sde.Marginal t).Sigma) ** 2.)
                let flat = Array.map2 (*) weight density
                Expect.isLessThan (Array.max flat / Array.min flat) (1. + 1e-9) $"{sde.Name}: constant")

        testCase "importance sampling lowers the variance of the likelihood-weighted loss" (fun () ->
            let spread (objective: Objective) =
                variance (Batch.toArray (objective.Evaluate score (data 4000) key).PerSample)

            Expect.isLessThan
                (spread (Objective.likelihoodSampled sde))
                (0.2 * spread (Objective.likelihood sde))
                "variance")

        testCase
            "antithetic and stratified times lower the standard error of a loss that is monotone in time"
            (fun () ->
                // A loss that is σ(t), which is concave: pairs take away its slope, strata all of it.
                let none = Score(fun x _ -> x * 0.)

                let noiseless =
                    Objective.ofLoss
                        "level"
                        Citations.vincent2011
                        sde
                        (Times.uniform 1e-3)
                        (Weighting.constant 1.)
                        (fun score noised -> { Value = noised.Sigma; Score = Score.apply score noised.X noised.T })

                let error change =
                    Evaluation.standardError ((Objective.mapTimes change noiseless).Evaluate none (data 512) key)

                Expect.isLessThan (error Times.antithetic) (0.8 * error id) "antithetic"
                Expect.isLessThan (error Times.stratified) (0.1 * error id) "stratified")

        testCase "a distribution of no times is refused" (fun () ->
            throwsArgument (fun () -> Times.oneOf [||]) "no time")
    ]
