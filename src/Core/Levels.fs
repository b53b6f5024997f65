namespace ScoreFunctional

// Sequences of noise levels, and NCSNv2's rules to choose them.

open MathNet.Numerics.Distributions
open DiffSharp

/// <summary>A schedule of noise levels and Langevin steps by NCSNv2's rules (Song and Ermon 2020).</summary>
type Ncsnv2 = {
    /// <summary>Largest level σ₁: the largest distance between two data points (technique 1).</summary>
    SigmaMax: float
    /// <summary>Smallest level σ_L.</summary>
    SigmaMin: float
    /// <summary>Number of levels L (technique 2).</summary>
    Count: int
    /// <summary>Langevin steps per level, T.</summary>
    Moves: int
    /// <summary>Step size ε at the smallest level, in the convention <c>x + εs + √(2ε) z</c> (technique 4).</summary>
    Step: float
}

/// <summary>Sequences of noise levels for training and sampling: float64 arrays from the largest to the smallest. σ is a standard
/// deviation in data units.</summary>
module Levels =

    let private check sigmaMax sigmaMin count =
        if not (sigmaMin > 0. && sigmaMax > sigmaMin) then
            invalidArg (nameof sigmaMax) $"expected 0 < smallest < largest, found {sigmaMin} and {sigmaMax}"

        if count < 2 then
            invalidArg (nameof count) $"expected at least two levels, found {count}"

    let private interpolate (count: int) f = Array.init count (fun i -> f (float i / float (count - 1)))

    /// <summary><c>σ_i = σmax(σmin/σmax)^(i/(L−1))</c> (Song and Ermon 2019, section 4.2; NCSNv2, technique 2).</summary>
    /// <exception cref="T:System.ArgumentException">Not 0 &lt; σmin &lt; σmax, or fewer than two levels.</exception>
    let geometric (sigmaMax: float) (sigmaMin: float) (count: int) =
        check sigmaMax sigmaMin count
        interpolate count (fun u -> sigmaMax * (sigmaMin / sigmaMax) ** u)

    /// <summary>Equally spaced σ, from σmax to σmin.</summary>
    /// <exception cref="T:System.ArgumentException">Not 0 &lt; σmin &lt; σmax, or fewer than two levels.</exception>
    let uniform (sigmaMax: float) (sigmaMin: float) (count: int) =
        check sigmaMax sigmaMin count
        interpolate count (fun u -> sigmaMax + u * (sigmaMin - sigmaMax))

    /// <summary>The levels of this project's NCSN recipe: <c>σ_l = 10^(−1 − 2l/L)</c> for l = 0 … L − 1, from 0.1 to just above 0.001.</summary>
    /// <exception cref="T:System.ArgumentException">Fewer than two levels.</exception>
    let ncsn (count: int) =
        check 0.1 1e-3 count
        Array.init count (fun l -> 10. ** (-1. - 2. * float l / float count))

    /// <summary><c>σ_i = (σmax^(1/ρ) + i/(N−1)(σmin^(1/ρ) − σmax^(1/ρ)))^ρ</c> (Karras et al. 2022, equation 5; ρ = 7 there).</summary>
    /// <exception cref="T:System.ArgumentException">Not 0 &lt; σmin &lt; σmax, or fewer than two levels.</exception>
    let karras (rho: float) (sigmaMax: float) (sigmaMin: float) (count: int) =
        check sigmaMax sigmaMin count
        let high, low = sigmaMax ** (1. / rho), sigmaMin ** (1. / rho)
        interpolate count (fun u -> (high + u * (low - high)) ** rho)

    /// <summary>The setting for the spacing of levels between the largest and the smallest.</summary>
    let spacing: Settings<float -> float -> int -> float[]> =
        Setting.word "spacing" "spacing of the noise levels: equal ratios or equal differences" [
            "geometric", geometric
            "uniform", uniform
        ]

    let rec private bisect f low high steps =
        let middle = 0.5 * (low + high)

        if steps = 0 then middle
        elif f middle > 0. then bisect f low middle (steps - 1)
        else bisect f middle high (steps - 1)

    /// <summary>The ratio γ of neighbouring levels in D dimensions: the solution of <c>Φ(√(2D)(γ−1) + 3γ) − Φ(√(2D)(γ−1) − 3γ) = ½</c>
    /// (Song and Ermon 2020, technique 2).</summary>
    /// <exception cref="T:System.ArgumentException">Fewer than five dimensions: the equation then has no solution.</exception>
    let ratio (dimension: int) =
        if dimension < 1 then
            invalidArg (nameof dimension) $"expected at least one dimension, found {dimension}"

        let root = sqrt (2. * float dimension)
        let normal x = Normal.CDF(0., 1., x)
        let overlap gamma = normal (root * (gamma - 1.) + 3. * gamma) - normal (root * (gamma - 1.) - 3. * gamma)
        // The overlap falls from Φ(3) − Φ(−3) at γ = 1. In fewer than five dimensions it never reaches ½.
        if root <= 3. then
            invalidArg
                (nameof dimension)
                $"expected at least five dimensions for the rule to have a solution, found {dimension}"

        bisect (fun gamma -> 0.5 - overlap gamma) 1. (2. * root / (root - 3.)) 200

    /// <summary>The smallest number of geometric levels from σ₁ to σ_L with a ratio of at most γ (<c>ratio</c>):
    /// <c>⌈ln(σ₁/σ_L)/ln γ⌉ + 1</c>.</summary>
    let count (dimension: int) (sigmaMax: float) (sigmaMin: float) =
        check sigmaMax sigmaMin 2
        1 + Count.ceiling (log (sigmaMax / sigmaMin) / log (ratio dimension))

    /// <summary>The Langevin step size ε at the smallest of L geometric levels with T steps each. It brings the ratio of the final
    /// variance to the stationary one, <c>(1 − ε/σ_L²)^(2T)(γ² − A) + A</c> with <c>A = 2ε/(σ_L² − σ_L²(1 − ε/σ_L²)²)</c>, closest to
    /// 1 (Song and Ermon 2020, technique 4).</summary>
    /// <exception cref="T:System.ArgumentException">Not 0 &lt; σ_L &lt; σ₁, fewer than two levels, or fewer than one step.</exception>
    let langevinStep (sigmaMax: float) (sigmaMin: float) (count: int) (moves: int) =
        check sigmaMax sigmaMin count

        if moves < 1 then
            invalidArg (nameof moves) $"expected at least one step per level, found {moves}"

        let gamma = (sigmaMax / sigmaMin) ** (1. / float (count - 1))

        // With u = ε/σ_L², A = 1/(1 − u/2) > 1. The whole is above 1 too, so its minimum is the closest to 1.
        let variance u =
            let a = 1. / (1. - 0.5 * u)
            (1. - u) ** (2. * float moves) * (gamma * gamma - a) + a

        let slope u =
            let h = 1e-6 * u
            variance (u + h) - variance (u - h)

        sigmaMin * sigmaMin * bisect slope 1e-9 1. 200

    /// <summary>The largest Euclidean distance between two of the samples <c>[n; …]</c> (Song and Ermon 2020, technique 1). It compares
    /// all pairs in float64, in blocks of rows.</summary>
    let largestDistance (data: Tensor) : float =
        let n = Batch.size data
        let block = 256

        let rows first =
            // DiffSharp's slice of a single row drops its first dimension.
            (Batch.rows data).[first .. min n (first + block) - 1].view([| -1; Batch.dimension data |]).cast
                Dtype.Float64

        let farthest largest (first, second) =
            let a, b = rows first, rows second
            let squares = (a * a).sum(1).unsqueeze(1) - a.matmul (b.transpose ()) * 2. + (b * b).sum(1)
            squares.max().view [| 1 |] |> Batch.toArray |> Array.head |> max largest

        let starts = [ 0..block .. n - 1 ]
        let pairs = List.allPairs starts starts |> List.filter (fun (first, second) -> second >= first)
        Loop.fold (fun _ -> []) farthest 0. pairs |> sqrt

    /// <summary>NCSNv2's schedule for data <c>[n; …]</c>, a smallest level and a number of Langevin steps per level. The largest level
    /// follows from the data; the number of levels and the step size follow from both levels.</summary>
    /// <exception cref="T:System.ArgumentException">The largest distance is not above the smallest level, or the data have fewer
    /// than five dimensions.</exception>
    let ncsnv2 (data: Tensor) (sigmaMin: float) (moves: int) : Ncsnv2 =
        let sigmaMax = largestDistance data
        let levels = count (Batch.dimension data) sigmaMax sigmaMin

        {
            SigmaMax = sigmaMax
            SigmaMin = sigmaMin
            Count = levels
            Moves = moves
            Step = langevinStep sigmaMax sigmaMin levels moves
        }
