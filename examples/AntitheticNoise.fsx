(**
# A loss of your own

Denoising with each noise and its opposite. The training command takes the script as it is,

    [lang=text]
    ./score train --dataset two-moons --preset fast --objective examples/AntitheticNoise.fsx

and calls its function `objective`. Run by itself, `dotnet fsi examples/AntitheticNoise.fsx` after a build (`./test`), it is held
to the loss that it replaces.
*)
#if !SCORE
#I "../artifacts/bin/ScoreFunctional.Host/release"
#r "TorchSharp.dll"
#r "DiffSharp.dll"
#r "ScoreFunctional.Core.dll"
#endif

open DiffSharp
open ScoreFunctional

(**
## The loss

A loss is a function from a score and a noised batch to a number per sample.
*)
/// Denoising with each noise and its opposite, at αx₀ + σz and αx₀ − σz: the odd part of the noise cancels, which is what
/// makes denoising hard at small σ. The expectation, and so the minimiser, is denoising's.
let pairedNoise: Loss =
    fun score noised ->
        let opposite = {
            noised with
                X = noised.X - Batch.scale (noised.Sigma * 2.) noised.Z
                Z = -noised.Z
        }

        let there, back = Loss.denoising score noised, Loss.denoising score opposite
        { there with Value = (there.Value + back.Value) * 0.5 }

(**
## The objective

What `./score train` looks for: a function from a process to an objective.
*)
let hammersley1956 = {
    Id = "hammersley1956"
    Authors = "Hammersley, Morton"
    Title = "A new Monte Carlo technique: antithetic variates"
    Venue = "Mathematical Proceedings of the Cambridge Philosophical Society 52(3)"
    Year = 1956
    Place = "Section 2"
}

let objective (sde: Sde) =
    let times, weighting = Times.uniform sde.TrainFrom |> Times.stratified, Weighting.variance sde
    Objective.ofLoss "denoising, antithetic noise" hammersley1956 sde times weighting pairedNoise

(**
## Held to what it replaces

The promise: the same value as plain denoising, within four standard errors of the difference.
*)
#if !SCORE
let sde = Sde.edm 0.01 5.
let exact = Mixture.score sde Densities.twoMoons.Mixture.Value
let x0, key = Densities.twoMoons.Sample (Key.ofSeed 1UL) 20000, Key.ofSeed 2UL
let plain = objective sde |> Objective.map (fun term -> { term with Loss = Loss.denoising })
let ours, theirs = objective sde, plain
let report (objective: Objective) = Objective.report [||] objective exact x0 key
let a, b = report ours, report theirs
printfn "paired noise %.4f ± %.4f, denoising %.4f ± %.4f" a.Value a.StandardError b.Value b.StandardError

if abs (a.Value - b.Value) >= 4. * (a.StandardError + b.StandardError) then
    exit 1
#endif
(*** include-output ***)
