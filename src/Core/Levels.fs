namespace ScoreFunctional

/// <summary>Noise levels as float64 arrays, from the largest to the smallest; σ is a standard deviation in data units.</summary>
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

    /// <summary>Equally spaced σ, from σmax to σmin: the comparison that geometric spacing is measured against.</summary>
    /// <exception cref="T:System.ArgumentException">Not 0 &lt; σmin &lt; σmax, or fewer than two levels.</exception>
    let uniform (sigmaMax: float) (sigmaMin: float) (count: int) =
        check sigmaMax sigmaMin count
        interpolate count (fun u -> sigmaMax + u * (sigmaMin - sigmaMax))

    /// <summary>The founding schedule: <c>σ_l = 10^(−1 − 2l/L)</c> for l = 0 … L − 1, from 0.1 to just above 0.001.</summary>
    /// <exception cref="T:System.ArgumentException">Fewer than two levels.</exception>
    let founding (count: int) =
        check 0.1 1e-3 count
        Array.init count (fun l -> 10. ** (-1. - 2. * float l / float count))

    /// <summary><c>σ_i = (σmax^(1/ρ) + i/(N−1)(σmin^(1/ρ) − σmax^(1/ρ)))^ρ</c> (Karras et al. 2022, equation 5; ρ = 7 there).</summary>
    /// <exception cref="T:System.ArgumentException">Not 0 &lt; σmin &lt; σmax, or fewer than two levels.</exception>
    let karras (rho: float) (sigmaMax: float) (sigmaMin: float) (count: int) =
        check sigmaMax sigmaMin count
        let high, low = sigmaMax ** (1. / rho), sigmaMin ** (1. / rho)
        interpolate count (fun u -> (high + u * (low - high)) ** rho)
