/// The exact distribution of a sampler on Gaussian data. There the score is affine, and so is the result of a whole run in its
/// start and in each of its draws: x_N = A x₀ + c + Σ b_i z_i. The numbers A, c and b_i are found by solving for them, which
/// gives mean and variance of x_N without sampling noise.
module Core.Tests.AffineRun

open DiffSharp
open Expecto
open MathNet.Numerics.LinearAlgebra
open MathNet.Numerics.LinearRegression
open ScoreFunctional
open Core.Tests.Support

/// Mean and standard deviation of the one-dimensional data (the width of MNIST's pixels).
let dataMean, dataDeviation = 0.3, 0.616

let data = Mixture.gaussian dataMean dataDeviation 1

/// Mean and variance of the exact marginal at a time.
let marginal (sde: Sde) (t: float) =
    let struct (alpha, sigma) = alphaSigma sde t
    struct (alpha * dataMean, alpha * alpha * dataDeviation * dataDeviation + sigma * sigma)

type Affine = {
    /// Response to the start.
    A: float
    /// The constant term.
    C: float
    /// Responses to the draws of each move, a row for each kind of draw.
    B: float[][]
}

let private fill n (value: float) = (Batch.fill n value).view [| n; 1 |]

/// The affine map of a step over spans. `draws` gives the keys of a move's draws, given the move's; that nothing is left
/// over shows that the run is affine, and that these are all its draws.
let ofRun (draws: (Key -> Key) list) (step: Step) (timeSteps: TimeStep[]) : Affine =
    let kinds, moves = draws.Length, timeSteps.Length
    let unknowns = 1 + kinds * moves
    // Twice as many samples as unknowns keep the system well conditioned.
    let n = 2 * unknowns
    let run start = values (Sampler.fold step timeSteps Callbacks.none key start).X
    let origin = run (fill n 0.)
    let a = (run (fill 1 1.))[0] - origin[0]

    // One column of ones, then one for each draw.
    let columns =
        Matrix.Build.DenseOfColumnArrays [|
            Array.create n 1.
            for timeStep in timeSteps do
                for draw in draws do
                    values (Key.normal Dtype.Float64 [| n; 1 |] (draw (Key.atStep timeStep.Index key)))
        |]

    let origin = Vector.Build.Dense origin
    let found = MultipleRegression.NormalEquations(columns, origin)
    // Rounding of the solution of a system of at most some hundred well-conditioned equations.
    Expect.isLessThan ((origin - columns * found).InfinityNorm()) 1e-9 "the part that the listed draws do not explain"

    {
        A = a
        C = found[0]
        B = Array.init kinds (fun j -> Array.init moves (fun i -> found[1 + i * kinds + j]))
    }

/// Mean and variance at the end for a start from the exact marginal.
let distribution (sde: Sde) (timeSteps: TimeStep[]) (run: Affine) =
    let struct (m, v) = marginal sde timeSteps[0].From
    let drawn = run.B |> Array.sumBy (Array.sumBy (fun b -> b * b))
    struct (run.A * m + run.C, run.A * run.A * v + drawn)

/// How far the distribution at the end is from the exact marginal there, in standard deviations and shares of the variance.
let weakError (sde: Sde) (timeSteps: TimeStep[]) (run: Affine) =
    let struct (m, v) = distribution sde timeSteps run
    let struct (mean, variance) = marginal sde timeSteps[timeSteps.Length - 1].To
    abs (m - mean) / sqrt variance + abs (v / variance - 1.)

/// The root mean square distance of a run to one of twice as many moves along the same Brownian paths: each draw of the coarse
/// run is the two draws of the fine one, in proportion to the roots of their lengths.
let strongDistance (sde: Sde) (coarse: TimeStep[], slow: Affine) (fine: TimeStep[], fast: Affine) =
    let struct (m, v) = marginal sde coarse[0].From
    let square x = x * x
    let length (timeStep: TimeStep) = timeStep.From - timeStep.To

    let draws =
        Array.map2
            (fun (slow: float[]) (fast: float[]) ->
                slow
                |> Array.mapi (fun i b ->
                    let first, second = length fine[2 * i], length fine[2 * i + 1]
                    let share h = sqrt (h / (first + second))
                    square (b * share first - fast[2 * i]) + square (b * share second - fast[2 * i + 1]))
                |> Array.sum)
            slow.B
            fast.B

    sqrt (square (slow.A - fast.A) * v + square ((slow.A - fast.A) * m + slow.C - fast.C) + Array.sum draws)
