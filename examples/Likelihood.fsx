(**
# Likelihood

The log-density of eight Gaussians in the plane by the probability flow, against the truth: first with their exact score, then with the score of a
network that learns it here.

Build once (`./test`), then `dotnet fsi examples/Likelihood.fsx` runs the page.
*)
#I "../artifacts/bin/ScoreFunctional.Host/release"
#r "TorchSharp.dll"
#r "DiffSharp.dll"
#r "ScoreFunctional.Core.dll"

open DiffSharp
open ScoreFunctional

let sde, key, density = Sde.edm 0.01 20., Key.ofSeed 1UL, Densities.eightGaussians
let points = density.Sample (Key.label "points" key) 500
let truth = density.LogDensity points |> Batch.toArray

let errors (settings: LikelihoodSettings) score =
    // From a noise level far below the width of a component, 0.15.
    let found = Likelihood.logDensity settings sde 0.01 score key points
    let nats = Batch.toArray found.LogDensity
    printfn "mean log-density %.4f nats, the truth %.4f" (Array.average nats) (Array.average truth)
    Array.map2 (-) nats truth, found

(**
## With the exact score

Two errors are left at every point: the early stop's noise, which is stated, and the prior's mean, |x·μ|/σ² at σ = 20. The promise: at
most 0.1 nats beyond the stated one.
*)
let exact, found = errors Likelihood.precise (Mixture.score sde density.Mixture.Value)
let stated = Batch.toArray found.EarlyStop
let worst = Array.map2 (fun e s -> abs (e + s)) exact stated |> Array.max
printfn "exact score: the largest error is %.4f nats beyond the stated one (promised: 0.1)" worst

(*** include-output ***)

(**
## With a learned score

The mean of truth − model over draws of the truth is the Kullback–Leibler divergence. The promise: below 0.1 nats.
*)
let network, steps = Mlp.create Mlp.plane, 1500

let model = Preconditioning.edmScore sde 1.4 network

let config = {
    Loss = LossFunction.ofScore model (Objective.edmStratified sde -1.2 1.6 1.4)
    Optimiser =
        Optimiser.chain [
            Optimiser.clip 1.
            Optimiser.adamW
                (LearningRate.times (LearningRate.constant 3e-3) (LearningRate.cosine steps))
                0.9
                0.99
                1e-8
                0.
        ]
    Ema = Ema.exponential 0.99
    Key = Key.label "training" key
}

let batches = Seq.init steps (fun i -> density.Sample (key |> Key.label "data" |> Key.atStep i) 256)

let state, _ = Training.run config (Network.init network key) batches
let learned, _ = errors Likelihood.precise (model state.Average)
let divergence = -(Array.average learned)
printfn "learned score: %.3f nats of divergence from the truth (promised: below 0.1)" divergence

if not (worst < 0.1 && divergence < 0.1 && divergence > -0.05) then
    exit 1
(*** include-output ***)
