(**
# Compose an objective, and a sampler

This tutorial is for a researcher. It writes a weighting, composes an objective with it, trains a small network on points
of the plane, and compares the learned score with the exact one. Then it composes a sampler and draws from the network.

The page is a script, and its figures are those that the script printed when the page was made. Build once (`./test`), then

    [lang=text]
    dotnet fsi examples/ComposeAnObjective.fsx

runs it, and exits with status 1 where a promise of this page does not hold.
*)
#I "../artifacts/bin/ScoreFunctional.Host/release"
#r "TorchSharp.dll"
#r "DiffSharp.dll"
#r "ScoreFunctional.Core.dll"

open DiffSharp
open ScoreFunctional

(**
## Data with a known score

Eight Gaussians on a circle. Noise turns a mixture of Gaussians into another one, so that the score of the noised data is
known at every time: `Mixture.score` is the answer that the network has to find.

## A process

`Sde.vp 0.1 20.` is the variance-preserving process with β from 0.1 to 20. A process is a record of functions: `sde.Marginal t`
gives α and σ of `x_t = αx₀ + σz`. [A script](NewObjective.fsx) writes a process of its own in five lines, and
[another](NewSde.fsx) one that has no marginal in closed form.
*)
let density = Densities.eightGaussians
// <compose-an-objective>
let sde = Sde.vp 0.1 20.
// </compose-an-objective>
let exact = Mixture.score sde density.Mixture.Value

(**
## An objective

A denoising objective is a process, a distribution of training times and a weighting λ(t) of the score's squared error.
Min-SNR weighting (Hang et al. 2023, section 3.4) counts the squared error of the *predicted data* min(SNR, γ) times, with
SNR = α²/σ². That error is (σ²/α)² times the score's, which makes the weighting four lines:
*)
// <compose-an-objective>
let minSnr (gamma: float) : Weighting =
    fun t ->
        let m = sde.Marginal t
        let snr = m.Alpha ** 2. / m.Sigma ** 2.
        let ofData = m.Sigma ** 2. / m.Alpha
        min snr gamma * ofData ** 2.
// </compose-an-objective>

(**
Citations are data: `score cite` prints those of a run, and every objective carries its own.
*)
let hang2023 = {
    Id = "hang2023minsnr"
    Authors = "Hang, Gu, Li, Bao, Chen, Hu, Geng and Guo"
    Title = "Efficient Diffusion Training via Min-SNR Weighting Strategy"
    Venue = "ICCV"
    Year = 2023
    Place = "Section 3.4"
}

// <compose-an-objective>
let objective =
    Objective.denoising "denoising, min-SNR" hang2023 sde (Times.uniform sde.TrainFrom) (minSnr 5.)
// </compose-an-objective>

(**
Objectives add. A tenth of the likelihood-weighted one keeps the smallest noise levels honest:
*)
// <compose-an-objective>
let composed = Objective.add objective (Objective.scale 0.1 (Objective.likelihood sde))
// </compose-an-objective>

(**
## Training

A model is a function from parameters to a score; `Preconditioning.edmScore` makes one of a network. An optimiser is a chain
of pure functions, and training is a fold over batches. Every draw is addressed by a key, so that equal keys give equal runs.
*)
let key = Key.ofSeed 1UL
let network = Mlp.create Mlp.plane
let steps = 1500

let model = Preconditioning.edmScore sde 1. network

let config = {
    Loss = LossFunction.ofScore model composed
    Optimiser =
        Optimiser.chain [
            Optimiser.clip 1.
            Optimiser.adamW
                (LearningRate.times (LearningRate.constant 2e-3) (LearningRate.cosine steps))
                0.9
                0.999
                1e-8
                0.
        ]
    Ema = Ema.exponential 0.99
    Key = Key.label "training" key
}

let batches =
    Seq.init steps (fun step -> density.Sample (key |> Key.label "data" |> Key.atStep step) 256)

let state, metrics = Training.run config (Network.init network key) batches
printfn "%s: loss %.3f at first, %.3f at the end" composed.Name metrics[0].Loss (Array.last metrics).Loss
(*** include-output ***)

(**
## Against the exact score

How far is the learned score from the exact one, relative to its size? The promise: below 5 % at each of three noise levels.
*)
let learned = model state.Average

let errors = [
    for level in [ 0.3; 1.; 3. ] do
        let n = 4000
        let t = Batch.fill n (sde.TimeOf level)
        let z = Key.normal Dtype.Float32 [| n; 2 |] (Key.label "noise" key)
        let x = Sde.perturb sde (density.Sample (Key.label "check" key) n) t z
        let truth = Score.apply exact x t
        let difference = Score.apply learned x t - truth
        let error = float ((Batch.dot difference difference).mean()) / float ((Batch.dot truth truth).mean())
        printfn "relative squared error of the score at noise level %-3g: %.4f (promised: 0.05)" level error
        error
]

if List.max errors >= 0.05 then
    exit 1
(*** include-output ***)

(**
## A sampler

A sampler is a schedule of times and a step that is folded over it. A step is a function from state to state, and churn,
correctors, guidance and observation are functions from step to step. Here Heun's move follows a Langevin move at the same
noise level, which makes a predictor–corrector method of it; the last move gives the posterior mean. A record copied
`with` another step is the new sampler:
*)
let corrected: Sampler = {
    Samplers.heun with
        Name = "corrected-heun"
        Order = Order.Stationary 1
        Evaluations = Evaluations.Counted("3N − 1", (fun steps -> 3 * steps - 1))
        Step =
            fun sde score ->
                Step.heun sde score
                |> Corrector.wrap (Corrector.annealed 0.1) 1 sde score
                |> Step.last (Step.denoise sde score)
}

(**
It draws from the learned score. The promise: 90 % of the samples lie within three standard deviations of a mode, where 98.9 %
of the data do.
*)
let draw (sampler: Sampler) = Sampler.draw sampler sde learned 24 Callbacks.none [| 2000; 2 |] (Key.label "samples" key)

/// The share of points, in per cent, within 0.45 of the nearest mode.
let near (points: Tensor) =
    let values = Batch.toArray (points.view [| points.nelement |])

    values
    |> Array.chunkBySize 2
    |> Array.averageBy (fun p ->
        let distance k = sqrt ((p[0] - 2. * cos k) ** 2. + (p[1] - 2. * sin k) ** 2.)
        let angles = [ for i in 0..7 -> System.Math.PI * (float i + 0.5) / 4. ]
        if angles |> List.map distance |> List.min < 0.45 then 100. else 0.)

let data = density.Sample (Key.label "look" key) 2000
let heun, ours = draw Samplers.heun, draw corrected
printfn "near a mode: %.1f %% of the data" (near data)
printfn "near a mode: %.1f %% of heun's samples, %d evaluations" (near heun.X) heun.Nfe
printfn "near a mode: %.1f %% of corrected-heun's, %d evaluations (promised: 90)" (near ours.X) ours.Nfe

if near ours.X < 90. then
    exit 1
(*** include-output ***)
(*** hide ***)
/// Points as an inline picture, a panel for each set.
let picture (sets: (string * Tensor) list) =
    let panel i (name: string, points: Tensor) =
        let values = Batch.toArray (points.view [| points.nelement |]) |> Array.chunkBySize 2

        let dots = [
            for p in Array.truncate 1000 values do
                $"<circle cx='{100. + 33. * p[0]:F1}' cy='{100. - 33. * p[1]:F1}' r='1'/>"
        ]

        let dots = String.concat "" dots
        $"<g transform='translate({220 * i}, 0)'>{dots}<text x='100' y='218' text-anchor='middle'>{name}</text></g>"

    let panels = sets |> List.mapi panel |> String.concat ""
    $"<svg viewBox='0 0 640 225' fill='currentColor' font-size='14'>{panels}</svg>"

picture [ "data", data; "heun", heun.X; "corrected-heun", ours.X ]
(*** include-it-raw ***)

(**
## From here

* The objective as a member of the tables, with its settings on the command line: [how to add a member](OwnMembers.fsx).
* A new loss rather than a new weighting, and its variance: [antithetic noise](AntitheticNoise.fsx).
* A new step, held to the order that it states: [the exponential midpoint method](NewSampler.fsx).
* What each objective and sampler of the library is held to: [theory](../docs/theory.md).
*)
