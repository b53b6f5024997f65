(**
# An objective on a process of its own

A new objective on a new process: train, sample, check. Build once (`./test`), then `dotnet fsi examples/NewObjective.fsx` runs the page.
*)
#I "../artifacts/bin/ScoreFunctional.Host/release"
#r "TorchSharp.dll"
#r "DiffSharp.dll"
#r "ScoreFunctional.Core.dll"

open DiffSharp
open ScoreFunctional
(**
## The process

α = cos 1.5t and σ = sin 1.5t, so that `dx = −1.5 tan(1.5t) x dt + √(3 tan 1.5t) dw`. `TimeOf` is the inverse of the noise level σ/α.
*)
let rate t = 1.5 * tan (1.5 * t)

let cosine: Sde = {
    Process = Process.create "cosine" (Process.linear (fun t -> -rate t)) (fun t -> sqrt (2. * rate t)) 1.
    Marginal = fun t -> { Alpha = cos (1.5 * t); Sigma = sin (1.5 * t) }
    TimeOf = fun level -> atan level / 1.5
}

(**
## The objective

Denoising, the data's error weighted by a soft minimum of the SNR and 20, `λ = 20σ²/(SNR + 20)`, with times drawn in strata.
*)
let soft: Weighting =
    fun t ->
        let m = cosine.Marginal t
        20. * m.Sigma ** 2. / (m.Level ** -2. + 20.)

let times = Times.uniform 0.005 |> Times.stratified
let objective = Objective.denoising "soft min-SNR" Citations.hang2023 cosine times soft
(**
## Training and samples

The promise: 95 % of the samples lie at one of the eight Gaussians.
*)
let data, key, network = Densities.eightGaussians, Key.ofSeed 1UL, Mlp.create Mlp.plane
let model = Preconditioning.edmScore cosine 1.4 network

let config = {
    Loss = LossFunction.ofScore model objective
    Optimiser =
        Optimiser.adamW (LearningRate.times (LearningRate.constant 2e-3) (LearningRate.cosine 2000)) 0.9 0.999 1e-8 0.
    Ema = Ema.exponential 0.99
    Key = key
}

let batches = Seq.init 2000 (fun i -> data.Sample (Key.atStep i key) 256)
let state, _ = Training.run config (Network.init network key) batches
let drawn = Sampler.draw Samplers.heun cosine (model state.Average) 24 Callbacks.none [| 4000; 2 |] key
let inside x = data.LogDensity x |> Batch.toArray |> Array.averageBy (fun p -> if p > -5. then 100. else 0.)
printfn "%.1f %% lie at a mode (promised: 95), of data %.1f %%" (inside drawn.X) (inside (data.Sample key 4000))

if inside drawn.X < 95. then
    exit 1
(*** include-output ***)
