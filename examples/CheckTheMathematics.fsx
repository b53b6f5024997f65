(**
# Check the mathematics

This tutorial is for whoever wants to check the formulas rather than to believe them. It states three claims as properties:
the marginal of a process, the order of a sampler, the minimum of an objective. FsCheck draws the cases, Expecto runs them,
and closed forms of Gaussian mixtures are what they are compared with.

Build once (`./test`), then

    [lang=text]
    dotnet fsi examples/CheckTheMathematics.fsx

runs the page as a script, and exits with status 1 where a property fails.
*)
#I "../artifacts/bin/Core.Tests/release"
#r "TorchSharp.dll"
#r "DiffSharp.dll"
#r "ScoreFunctional.Core.dll"
#r "FsCheck.dll"
#r "Expecto.dll"
#r "Expecto.FsCheck3.dll"

open System
open DiffSharp
open Expecto
open FsCheck
open ScoreFunctional

let key = Key.ofSeed 20261127UL

/// A number from low to high that a number of FsCheck's stands for.
let between low high (NormalFloat u) = low + (high - low) * (0.5 + atan u / Math.PI)

/// The one value of a tensor.
let value (x: Tensor) = (Batch.toArray (x.view [| 1 |]))[0]

(**
## A marginal

A process is written down twice: as drift f(x, t) = a(t)x and diffusion g(t), and as the marginal α(t), σ(t) that follows from
them. The two agree where the moment equations hold,

    [lang=text]
    α′ = aα        (σ²)′ = 2aσ² + g²

which central differences check at whatever time FsCheck comes up with, for every process of the table, and for one that this
script adds.
*)
let circle: Sde =
    let rate t = 1.5 * tan (1.5 * t)

    {
        Process = Process.create "circle" (Process.linear (fun t -> -rate t)) (fun t -> sqrt (2. * rate t)) 1.
        Marginal = fun t -> { Alpha = cos (1.5 * t); Sigma = sin (1.5 * t) }
        TimeOf = fun level -> atan level / 1.5
    }

let marginals =
    testList "marginals" [
        for sde in circle :: Processes.all do
            testProperty $"drift and diffusion of {sde.Name} have its marginal" (fun u ->
                let t, h = between 0.05 0.95 u, 1e-5
                let drift = sde.Drift (Batch.fill 1 1.) (Batch.fill 1 t) |> value
                let now, before, after = sde.Marginal t, sde.Marginal(t - h), sde.Marginal(t + h)
                let slope (f: Marginal -> float) = (f after - f before) / (2. * h)
                let accuracy = { absolute = 1e-8; relative = 1e-6 }
                Expect.floatClose accuracy (slope _.Alpha) (drift * now.Alpha) "mean"

                Expect.floatClose
                    accuracy
                    (slope (fun m -> m.Sigma ** 2.))
                    (2. * drift * now.Sigma ** 2. + sde.Diffusion t ** 2.)
                    "variance")
    ]

(**
## An order

A method of order p makes an error in proportion to N^(−p) with N moves: on a logarithmic scale a line of slope −p. Data with one
Gaussian coordinate have a probability flow that only scales x, along with the standard deviation of the marginal, so that the
end of the way is known exactly and the error has no noise. Every deterministic sampler of the table is held to the order that it
states, for data of any width that FsCheck draws.
*)
let sde = Sde.vp 0.1 20.

/// The relative error of a sampler after so many moves over equal steps of the log-SNR.
let error (sampler: Sampler) deviation count =
    let width t =
        let m = sde.Marginal t
        sqrt ((m.Alpha * deviation) ** 2. + m.Sigma ** 2.)

    // The last move of the schedule, to no noise at all, gives the posterior mean rather than a sample.
    let moves = Schedule.logSnr sde (count + 1) |> Array.truncate count
    let score = Mixture.score sde (Mixture.gaussian 0. deviation 1)
    let one = dsharp.ones ([ 1; 1 ], dtype = Dtype.Float64)
    let found = Sampler.fold (sampler.Step sde score) moves Callbacks.none key one
    let truth = width moves[count - 1].To / width 1.
    abs (value found.X - truth) / truth

/// The order between 64 and 128 moves.
let order sampler deviation = log (error sampler deviation 64 / error sampler deviation 128) / log 2.

/// The samplers of the table that draw no noise and take as many moves as they are told, each with the order that it states.
let deterministic = [
    for sampler in Samplers.all do
        match sampler.Order, sampler.Evaluations with
        | Order.Deterministic p, Evaluations.Counted _ -> sampler, float p
        | _ -> ()
]

for sampler, stated in deterministic do
    printfn "%-14s states %.0f, measured %.2f" sampler.Name stated (order sampler 0.6)
(*** include-output ***)

let orders =
    testList "orders" [
        for sampler, stated in deterministic do
            testPropertyWithConfig
                { FsCheckConfig.defaultConfig with maxTest = 4 }
                $"{sampler.Name} has the order that it states"
                (fun u ->
                    // A sampler whose leading error vanishes at one width of the data does better there.
                    let measured = order sampler (between 0.3 0.8 u)
                    Expect.isGreaterThan measured (stated - 0.25) "order")
    ]

(**
## A minimum

Denoising score matching never sees the score that it is after. Its claim (Vincent 2011): the loss of any model exceeds the loss of the
exact score by the squared distance between the two,

    [lang=text]
    E‖model + z/σ‖² = E‖exact + z/σ‖² + E‖model − exact‖²

so that the exact score is the minimum. For a mixture of Gaussians it is known. FsCheck draws a mixture and a noise level; the model is
the exact score and a bounded field δ beside it. Sample by sample the two sides differ by a product of δ and the error of the exact
score, whose mean is zero: it has to be so within four standard errors.
*)
let mixture (means: float list) =
    Mixture.isotropic 0.3 [ for k, mean in List.indexed means -> [| mean; 0.5 * float k |] ]

let minima =
    testPropertyWithConfig
        { FsCheckConfig.defaultConfig with maxTest = 20 }
        "the loss of denoising rises by the squared distance to the exact score"
        (fun (u, a, b) ->
            let n, data = 4000, mixture [ between -2. 2. a; 0.; between -2. 2. b ]
            let t = Batch.fill n (sde.TimeOf(exp (between -1. 1. u)))
            let x0 = Mixture.sample data Dtype.Float64 [| n; 2 |] (Key.label "data" key)
            let noised = (Perturbation.ofSde sde).Draw x0 t (Key.label "noise" key)
            let exact = Mixture.score sde data
            let delta (x: Tensor) = (x * 1.7 + 0.4).sin() * 0.3
            let model = Score(fun x t -> Score.apply exact x t + delta x)
            let loss score = (Loss.denoising score noised).Value
            let rest = Batch.toArray (loss model - loss exact - Batch.meanSquare (delta noised.X))
            let mean = Array.average rest
            let variance = rest |> Array.averageBy (fun r -> (r - mean) ** 2.)
            Expect.isLessThan (abs mean) (4. * sqrt (variance / float n)) "mean of what the claim leaves")

(**
## The verdict

A property that fails prints the case and the seed that replays it. The same properties, for every member of every table, are
in `tests/Core.Tests`; what they measure is on the page of [theory](../docs/theory.md).
*)
let result =
    runTestsWithCLIArgs
        [ Colours 0; No_Spinner; Sequenced; Verbosity Logging.Warn ]
        [||]
        (testList "claims" [ marginals; orders; minima ])

printfn "%s" (if result = 0 then "every claim holds" else "a claim does not hold")

if result <> 0 then
    exit 1
(*** include-output ***)
