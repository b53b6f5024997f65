// A new objective on a new process, end to end: train, sample, check. Build first, then: build/sdk fsi examples/NewObjective.fsx
#I "../artifacts/bin/ScoreFunctional.Host/release"
#r "TorchSharp.dll"
#r "DiffSharp.dll"
#r "ScoreFunctional.Core.dll"

open DiffSharp
open ScoreFunctional

// The cosine process, α = cos 1.5t and σ = sin 1.5t: dx = −1.5 tan(1.5t) x dt + √(3 tan 1.5t) dw.
let rate (t: Tensor) = (t * 1.5).tan() * 1.5
let marginal (t: Tensor) = { Alpha = (t * 1.5).cos(); Sigma = (t * 1.5).sin() }
let drift (x: Tensor) t = Batch.scale (rate t * -1.) x
let diffusion t = (rate t * 2.).sqrt()

let sde = {
    Sde.vp 0.1 20. with
        Name = "cosine"
        Drift = drift
        Diffusion = diffusion
        Marginal = marginal
}

let cosine = { sde with TimeOf = fun ratio -> ratio.atan () / 1.5 }

// The objective: the error of the v-prediction, at each noise and at its opposite, in strata of uniform times.
let paired: Loss =
    fun score noised ->
        let other = {
            noised with
                X = noised.X - Batch.scale (noised.Sigma * 2.) noised.Z
                Z = noised.Z * -1.
        }

        let there, back = Loss.denoising score noised, Loss.denoising score other
        { there with Value = (there.Value + back.Value) * 0.5 }

let times, weight = Times.uniform 0.005 |> Times.stratified, Weighting.velocity cosine
let objective = Objective.ofLoss "paired v" Citations.vincent2011 cosine times weight paired
let data, key, network = Densities.eightGaussians, Key.ofSeed 1UL, Mlp.create Mlp.plane
let model = Preconditioning.edmScore cosine 1.4 network
let adam = Optimiser.adamW (Rate.times (Rate.constant 2e-3) (Rate.cosine 1500)) 0.9 0.999 1e-8 0.

let recipe = {
    Model = model
    Objective = objective
    Optimiser = adam
    Averaging = Averaging.exponential 0.99
    Key = key
}

let batches = Seq.init 1500 (fun i -> data.Sample (Key.atStep i key) 256)
let state, _ = Training.run recipe (Network.init network key) batches
let score = model state.Average

let drawn =
    Sampler.draw Samplers.heun cosine score 24 Sampler.quiet [| 4000; 2 |] (Key.label "draw" key)

let inside x = data.LogDensity x |> Batch.toArray |> Array.averageBy (fun p -> if p > -5. then 100. else 0.)
printfn "%.1f %% lie at a mode (promised: 95), of data %.1f %%" (inside drawn.X) (inside (data.Sample key 4000))

if inside drawn.X < 95. then
    failwith "the samples are not the data's"
