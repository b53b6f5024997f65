(**
# A new sampler, held to its order

The exponential midpoint method (Lu et al. 2022) for the probability flow, written as if the tables did not have it as
`dpm-solver-2`. On Gaussian data the flow only scales: x goes along with the standard deviation of the marginal, so that the error of
the method is known without noise, and its order is a slope.

Build once (`./test`), then `dotnet fsi examples/NewSampler.fsx` runs the page.
*)
#I "../artifacts/bin/ScoreFunctional.Host/release"
#r "TorchSharp.dll"
#r "DiffSharp.dll"
#r "ScoreFunctional.Core.dll"

open DiffSharp
open ScoreFunctional

(**
## The step

A DDIM move to the middle of the log-SNR, then a whole one from the start with the noise that is predicted there. `State.moved 1` counts one
evaluation of the score; the DDIM move has counted its own.
*)
let midpoint (sde: Sde) (score: Score) : Step =
    fun key timeStep state ->
        let middle = sde.TimeOf(sqrt (sde.Level timeStep.From * sde.Level timeStep.To))
        let half = Step.ddim 0. sde score key { timeStep with To = middle } state
        let (Noise noise) = Score.toNoise sde score
        let m, after = sde.Marginal timeStep.From, sde.Marginal timeStep.To
        let ratio = after.Alpha / m.Alpha
        let change = noise half.X (State.each half middle) * (after.Sigma - m.Sigma * ratio)
        half |> State.moved 1 (state.X * ratio + change)

(**
## The order

The promise: a slope of 2 within 0.1.
*)
let sde, deviation, key = Sde.vp 0.1 20., 0.616, Key.ofSeed 1UL
let step = midpoint sde (Mixture.score sde (Mixture.gaussian 0. deviation 1))

let width t =
    let m = sde.Marginal t
    sqrt ((m.Alpha * deviation) ** 2. + m.Sigma ** 2.)

let error steps =
    let timeSteps = Schedule.logSnr sde (steps + 1) |> Array.truncate steps
    let one = dsharp.ones ([ 1; 1 ], dtype = Dtype.Float64)
    let exact = width timeSteps[steps - 1].To / width 1.
    abs (float (Sampler.fold step timeSteps Callbacks.none key one).X - exact) / exact

let slope = log (error 64 / error 128) / log 2.
printfn "slope of the error from 64 to 128 steps: %.2f (promised: 2)" slope

if not (abs (slope - 2.) < 0.1) then
    exit 1
(*** include-output ***)
