(**
# A process given by drift and diffusion alone

`dx = tanh(x)dt + dw` has marginals that are not Gaussian, so that denoising score matching has nothing to aim at. The process is simulated
instead, a score is trained by sliced score matching, which needs samples of `x_t` and no density, and held to the exact score, which this
process happens to have: tanh(x) − x/(v + t) in each coordinate, for data of variance v about two points.

Build once (`./test`), then `dotnet fsi examples/NewSde.fsx` runs the page.
*)
#I "../artifacts/bin/ScoreFunctional.Host/release"
#r "TorchSharp.dll"
#r "DiffSharp.dll"
#r "ScoreFunctional.Core.dll"

open DiffSharp
open ScoreFunctional

(**
## The process and its perturbation

`Process.create` takes drift, diffusion and the prior's standard deviation. `Perturbation.simulated 20` brings data to a time in 20 steps.
*)
let benes = Process.create "benes" (fun x _ -> x.tanh ()) (fun _ -> 1.) 1.5
let forward, times = Perturbation.simulated 20 benes, Times.uniform 0.02
let loss = Loss.slicedReduced Probe.Rademacher

(**
## Training

The data have a density in proportion to cosh(x)N(x; 0, v) in each coordinate: half of it about v, half about −v.
*)
let v, key = 0.5, Key.ofSeed 1UL
let data = Mixture.isotropic (sqrt v) [ [| v; v |]; [| v; -v |]; [| -v; v |]; [| -v; -v |] ]
let draw purpose n = Mixture.sample data Dtype.Float32 [| n; 2 |] (Key.label purpose key)
let network = Mlp.create { Mlp.plane with Width = 64; Layers = 2 }

let model weights = Score(fun x t -> network.Apply weights x (t.log () * 0.25))

let objective =
    Objective.ofPerturbation "sliced" benes.Citation forward times (Weighting.constant 1.) loss

let config = {
    Loss = LossFunction.ofScore model objective
    Optimiser =
        Optimiser.adamW (LearningRate.times (LearningRate.constant 3e-3) (LearningRate.cosine 1000)) 0.9 0.999 1e-8 0.
    Ema = Ema.exponential 0.99
    Key = Key.label "training" key
}

let batches = Seq.init 1000 (fun i -> draw $"batch {i}" 256)
let state, _ = Training.run config (Network.init network key) batches
(**
## Against the exact score

The promise: a relative squared error below 5 % over all times.
*)
let t = Key.uniform Dtype.Float64 [| 4000 |] (Key.label "times" key) * 0.98 + 0.02
let x = Process.simulate 20 benes (draw "check" 4000) t (Key.label "paths" key)
let exact = x.tanh () - Batch.divide (t + v) x
let difference = Score.apply (model state.Average) x t - exact
let error = float ((difference * difference).mean()) / float ((exact * exact).mean())
printfn "relative squared error of the score over all times: %.4f (promised: below 0.05)" error

if not (error < 0.05) then
    exit 1
(*** include-output ***)
