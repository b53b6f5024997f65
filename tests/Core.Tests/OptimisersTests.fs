/// Every optimiser, learning rate and average of the tables is held to the same properties.
module Core.Tests.OptimisersTests

open System
open DiffSharp
open Expecto
open ScoreFunctional
open Core.Tests.Support

/// Parameters of every kind that an optimiser may tell apart: what enters and leaves, a convolution inside, a matrix, a vector.
let private parameters: Parameter[] = [|
    for name, shape in
        [
            "stem.weight", [| 4; 1; 3; 3 |]
            "inner.weight", [| 6; 4; 3; 3 |]
            "dense.weight", [| 3; 4 |]
            "bias", [| 5 |]
            "head.weight", [| 1; 6; 1; 1 |]
        ] do
        { Name = name; Shape = shape; Initial = Initial.Normal 1. }
|]

let private size = parameters |> Array.sumBy (fun p -> Array.fold (*) 1 p.Shape)

let private start = normal64 [| size |] "start"

/// Where the quadratic Σ w(θ − θ*)² is lowest, and its curvatures.
let private goal, curvature =
    normal64 [| size |] "goal" * 0.3, Batch.ofArray (Array.init size (fun i -> 0.5 + float (i % 3)))

let private gradient (theta: Tensor) = (theta - goal) * curvature * 2.

let private loss (theta: Tensor) = single (((theta - goal) * (theta - goal) * curvature).sum())

/// Parameters and memory after steps from one number to another.
let private steps (optimiser: Optimiser) from until state =
    (state, seq { from .. until - 1 })
    ||> Seq.fold (fun (theta: Tensor, memory) step ->
        let change = optimiser.Update step theta (gradient theta) memory
        theta + change.Updates, change.State)

/// A copy of a tensor by its values alone, as a file would keep it.
let private copied (x: Tensor) = (Batch.ofArray (values x)).view x.shape

[<Tests>]
let tests =
    testList "optimisers" [
        for title, design in variants Optimisers.table do
            let create rate = design.Create rate parameters

            testList title [
                testCase "goes down a quadratic to its bottom" (fun () ->
                    let count = 800

                    let optimiser = create (LearningRate.times (LearningRate.constant 0.1) (LearningRate.linear count))

                    let theta, _ = steps optimiser 0 count (start, optimiser.Init start)
                    // Decoupled weight decay, of 1 % and a quarter more, moves the bottom by about as much.
                    Expect.isLessThan (loss theta) (1e-3 * loss start) "loss")

                testCase "goes on from its memory as if it had never stopped, bit for bit" (fun () ->
                    let optimiser = create (LearningRate.constant 0.01)
                    let whole, memory = steps optimiser 0 7 (start, optimiser.Init start)
                    let half, kept = steps optimiser 0 3 (start, optimiser.Init start)

                    let read =
                        kept |> Array.map (fun (slot: OptimiserState) -> { slot with Value = copied slot.Value })

                    let resumed, after = steps optimiser 3 7 (copied half, read)
                    Expect.equal (values resumed) (values whole) "parameters"
                    Expect.equal (after |> Array.map _.Name) (memory |> Array.map _.Name) "names of its memory"

                    for one, other in Array.zip after memory do
                        Expect.equal (values one.Value) (values other.Value) one.Name)

                testCase "its memory has names of its own, and the length of the parameters or one" (fun () ->
                    let optimiser = create (LearningRate.constant 0.01)
                    let names = optimiser.Init start |> Array.map _.Name
                    Expect.equal (Array.distinct names) names "once each"
                    let after = snd (steps optimiser 0 1 (start, optimiser.Init start))
                    Expect.equal (after |> Array.map _.Name) names "the same after a step"

                    for slot in after do
                        Expect.isTrue (slot.Value.nelement = size || slot.Value.nelement = 1) slot.Name)

                testCase "an update changes nothing but what it returns, and is in proportion to the rate" (fun () ->
                    let update rate =
                        let optimiser = create (LearningRate.constant rate)
                        let memory = optimiser.Init start
                        let before = memory |> Array.map (fun (slot: OptimiserState) -> values slot.Value)
                        let change = optimiser.Update 0 start (gradient start) memory
                        Expect.equal (memory |> Array.map (fun slot -> values slot.Value)) before "memory"
                        change.Updates

                    let theta = values start
                    Expect.equal (values (update 0.01)) (values (update 0.01)) "twice the same"
                    allClose rounding64 (update 0.02) (update 0.01 * 2.) "proportion"
                    Expect.equal (values start) theta "parameters")

                testCase "its largest rate is a number above zero" (fun () ->
                    Expect.isTrue (Double.IsFinite design.Rate && design.Rate > 0.) $"{design.Rate}")
            ]

        for title, rate in variants Optimisers.learningRates do
            testCase
                $"the learning rate {title} is a share of the largest, which it reaches, at every length of a run"
                (fun () ->
                    for horizon in [ 1; 2; 10; 1000 ] do
                        let shares = Array.init horizon (rate horizon)

                        for step, share in Array.indexed shares do
                            Expect.isTrue (share > 0. && share <= 1.) $"step {step} of {horizon}: {share}"

                        Expect.floatClose { absolute = 0.; relative = 0.02 } (Array.max shares) 1. $"{horizon} steps"
                        Expect.isTrue (Double.IsFinite(rate horizon (2 * horizon))) "beyond the end")

        for title, ema in variants Optimisers.emas do
            testCase $"the average {title} keeps a constant, forgets its start, and widens" (fun () ->
                let decays = Array.init 20000 ema

                for step, decay in Array.indexed decays do
                    Expect.isTrue (decay >= 0. && decay < 1.) $"step {step}: {decay}"

                for before, after in Array.pairwise decays do
                    Expect.isGreaterThanOrEqual after before "decays rise"

                // The share of the first weights in an average of so many.
                Expect.isLessThan (Array.fold (*) 1. decays) 1e-3 "the start")
    ]
