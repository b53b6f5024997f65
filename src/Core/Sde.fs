namespace ScoreFunctional

// Forward processes: drift, diffusion, simulation, and the closed-form marginals of VE, VP, sub-VP, EDM and discrete chains.

open System
open DiffSharp

/// Elementary functions that stay accurate near zero; .NET lacks them.
module internal ScalarMath =

    /// ln(1 + x), corrected for the rounding of 1 + x (Kahan; Goldberg 1991, theorem 4).
    let log1p (x: float) =
        let u = 1. + x

        if abs x > 0.5 then log u
        elif u = 1. then x
        else log u * x / (u - 1.)

    /// 1 − e^(−b) for b ≥ 0: 2τ/(1 + τ) with τ = tanh(b/2).
    let oneMinusExp (b: float) =
        let tau = tanh (0.5 * b)
        2. * tau / (1. + tau)

/// <summary>Processes given by drift and diffusion alone: time reversal and simulation.</summary>
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Process =

    /// <summary>A custom process on [0.001, 1]: name, drift, diffusion, and the standard deviation of the prior.</summary>
    let create (name: string) (drift: Field) (diffusion: float -> float) (priorSigma: float) : Process = {
        Name = name
        Citation = Citations.unpublished name
        Drift = drift
        Diffusion = diffusion
        PriorSigma = priorSigma
        TrainFrom = 1e-3
        SampleTo = 1e-3
    }

    /// <summary>The linear drift <c>f(x, t) = a(t)x</c>, which every process with a Gaussian marginal has.</summary>
    let linear (rate: float -> float) : Field = fun x t -> Batch.scale (Batch.map rate t) x

    /// <summary>The zero drift.</summary>
    let driftless: Field = fun x _ -> x.zerosLike ()

    /// f − factor·g²·s.
    let private reversed factor (proc: Process) (Score score) : Field =
        let weight t =
            let g = proc.Diffusion t
            factor * g * g

        fun x t -> proc.Drift x t - Batch.scale (Batch.map weight t) (score x t)

    /// <summary>The drift of the reverse-time SDE, <c>f(x, t) − g(t)²s(x, t)</c>, time running backwards (Anderson 1982;
    /// Song et al. 2021, equation 6).</summary>
    let reverse (proc: Process) (score: Score) : Field = reversed 1. proc score

    /// <summary>The velocity of the probability flow, <c>f(x, t) − ½g(t)²s(x, t)</c>: an ODE with the process's marginals
    /// (Song et al. 2021, equation 13).</summary>
    let flow (proc: Process) (score: Score) : Field = reversed 0.5 proc score

    /// <summary>Draws <c>x_t</c> given <c>x₀ [n; …]</c>, each sample at its own time <c>t [n]</c>, for a marginal without a closed form:
    /// Euler–Maruyama in <c>steps</c> equal steps of [0, t]. Weak order 1, and strong order 1 since the noise is additive.</summary>
    /// <exception cref="T:System.ArgumentException">Fewer than one step.</exception>
    let simulate (steps: int) (proc: Process) (x0: Tensor) (t: Tensor) (key: Key) : Tensor =
        if steps < 1 then
            invalidArg (nameof steps) $"expected at least one step, found {steps}"

        let h = t / float steps

        Seq.init steps id
        |> Seq.fold
            (fun (x: Tensor) i ->
                let now = h * float i
                let spread = h |> Batch.map (fun h -> proc.Diffusion(h * float i) * sqrt h)
                let z = Key.normalLike x0 (Key.child i key)
                x + Batch.scale h (proc.Drift x now) + Batch.scale spread z)
            x0

    /// <summary>A draw from the prior, float32 of a batch shape <c>[n; …]</c>.</summary>
    let prior (proc: Process) (shape: int[]) (key: Key) = Key.normal Dtype.Float32 shape key * proc.PriorSigma

/// <summary>Processes with closed-form marginals, and functions of the marginals.
/// Definitions and defaults: Song et al. 2021 (ICLR), section 3.4 and appendix C; Karras et al. 2022, table 1.</summary>
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Sde =

    let private positive name value =
        if not (value > 0.) then
            invalidArg name $"expected a positive number, found {value}"

    let private increasing name low high =
        if not (high > low) then
            invalidArg name $"expected more than {low}, found {high}"

    /// <summary>The variance-exploding process: drift 0, <c>α = 1</c>, <c>σ(t) = σmin(σmax/σmin)^t</c>,
    /// <c>g = σ√(2 ln(σmax/σmin))</c>, prior <c>N(0, σmax²)</c>.</summary>
    /// <remarks>The marginal at t = 0 has standard deviation σmin, not 0, as in the authors' implementation.</remarks>
    /// <exception cref="T:System.ArgumentException">Not 0 &lt; σmin &lt; σmax.</exception>
    let ve (sigmaMin: float) (sigmaMax: float) : Sde =
        positive (nameof sigmaMin) sigmaMin
        increasing (nameof sigmaMax) sigmaMin sigmaMax
        let rate = log (sigmaMax / sigmaMin)
        let sigma t = exp (t * rate + log sigmaMin)

        {
            Process = {
                Name = "ve"
                Citation = Citations.song2021 |> Citations.at "Equation 9 and appendix C"
                Drift = Process.driftless
                Diffusion = fun t -> sigma t * sqrt (2. * rate)
                PriorSigma = sigmaMax
                TrainFrom = 1e-5
                SampleTo = 1e-5
            }
            Marginal = fun t -> { Alpha = 1.; Sigma = sigma t }
            TimeOf = fun level -> (log level - log sigmaMin) / rate
        }

    /// β(t) = βmin + (βmax − βmin)t, its integral B, and the inverse of B.
    let private linearBeta (betaMin: float) (betaMax: float) =
        let slope = betaMax - betaMin
        let beta t = t * slope + betaMin
        let integral t = t * betaMin + t * t * (0.5 * slope)
        // The root of ½·slope·t² + βmin·t = B, in a form without cancellation near zero.
        let timeOf b = b * 2. / (sqrt (b * (2. * slope) + betaMin * betaMin) + betaMin)
        beta, integral, timeOf

    /// The variance-preserving process with a rate β, its integral B and the inverse of B.
    let private preserving (beta: float -> float, integral: float -> float, timeOf: float -> float) : Sde = {
        Process = {
            Name = "vp"
            Citation = Citations.song2021 |> Citations.at "Equation 11 and appendix C"
            Drift = Process.linear (fun t -> -0.5 * beta t)
            Diffusion = beta >> sqrt
            PriorSigma = 1.
            TrainFrom = 1e-5
            SampleTo = 1e-3
        }
        Marginal =
            fun t ->
                let b = integral t
                { Alpha = exp (-0.5 * b); Sigma = sqrt (ScalarMath.oneMinusExp b) }
        TimeOf = fun level -> timeOf (ScalarMath.log1p (level * level))
    }

    /// <summary>The variance-preserving process: <c>β(t) = βmin + (βmax − βmin)t</c>, <c>B = ∫β</c>, drift <c>−½βx</c>,
    /// <c>g = √β</c>, <c>α = e^(−B/2)</c>, <c>σ = √(1 − e^(−B))</c>, prior <c>N(0, 1)</c>.</summary>
    /// <exception cref="T:System.ArgumentException">Not 0 &lt; βmin &lt; βmax.</exception>
    let vp (betaMin: float) (betaMax: float) : Sde =
        positive (nameof betaMin) betaMin
        increasing (nameof betaMax) betaMin betaMax
        preserving (linearBeta betaMin betaMax)

    /// <summary>The sub-variance-preserving process: the drift and α of <see cref="M:ScoreFunctional.SdeModule.vp(System.Double,System.Double)"/>,
    /// <c>σ = 1 − e^(−B)</c>, <c>g = √(β(1 − e^(−2B)))</c>, prior <c>N(0, 1)</c>.</summary>
    /// <exception cref="T:System.ArgumentException">Not 0 &lt; βmin &lt; βmax.</exception>
    let subVp (betaMin: float) (betaMax: float) : Sde =
        positive (nameof betaMin) betaMin
        increasing (nameof betaMax) betaMin betaMax
        let beta, integral, timeOf = linearBeta betaMin betaMax

        {
            Process = {
                (preserving (beta, integral, timeOf)).Process with
                    Name = "sub-vp"
                    Citation = Citations.song2021 |> Citations.at "Equation 12 and appendix C"
                    Diffusion = fun t -> sqrt (beta t * ScalarMath.oneMinusExp (2. * integral t))
            }
            Marginal =
                fun t ->
                    let b = integral t
                    { Alpha = exp (-0.5 * b); Sigma = ScalarMath.oneMinusExp b }
            // σ/α = 2 sinh(B/2), so B = 2 arsinh(level/2), in a form without cancellation near zero.
            TimeOf =
                fun level ->
                    let h = 0.5 * level
                    timeOf (2. * ScalarMath.log1p (h + h * h / (sqrt (h * h + 1.) + 1.)))
        }

    /// <summary>The process of EDM with its time scaled to [0, 1]: drift 0, <c>α = 1</c>, <c>σ(t) = σmax t</c>,
    /// <c>g = σmax√(2t)</c>, prior <c>N(0, σmax²)</c>. Every noise level from 0 to σmax has a time, as methods that are stated in
    /// noise levels require.</summary>
    /// <exception cref="T:System.ArgumentException">Not 0 &lt; σmin &lt; σmax.</exception>
    let edm (sigmaMin: float) (sigmaMax: float) : Sde =
        positive (nameof sigmaMin) sigmaMin
        increasing (nameof sigmaMax) sigmaMin sigmaMax

        {
            Process = {
                Name = "edm"
                Citation = Citations.karras2022
                Drift = Process.driftless
                Diffusion = fun t -> sigmaMax * sqrt (2. * t)
                PriorSigma = sigmaMax
                TrainFrom = sigmaMin / sigmaMax
                SampleTo = sigmaMin / sigmaMax
            }
            Marginal = fun t -> { Alpha = 1.; Sigma = sigmaMax * t }
            TimeOf = fun level -> level / sigmaMax
        }

    /// <summary>A discrete chain <c>x_i = √(1 − β_i) x_{i−1} + √β_i z</c> of N steps as a variance-preserving process with
    /// <c>β(t) = −N ln(1 − β_i)</c> on <c>((i−1)/N, i/N]</c>. At the times i/N its marginals and transitions equal the chain's
    /// exactly. DDPM's chain has β from 1e-4 to 0.02 in 1000 steps (Ho et al. 2020, section 4).</summary>
    /// <exception cref="T:System.ArgumentException">No step, or a β outside (0, 1).</exception>
    let discrete (betas: float[]) : Sde =
        if betas.Length = 0 || betas |> Array.exists (fun beta -> not (beta > 0. && beta < 1.)) then
            invalidArg (nameof betas) "expected at least one β, each between 0 and 1"

        let n = betas.Length
        let rates = betas |> Array.map (fun beta -> -float n * ScalarMath.log1p -beta)
        // The integral of β(t) at the times i/N.
        let integrals = rates |> Array.scan (fun sum rate -> sum + rate / float n) 0.
        let within i = max 0 (min (n - 1) i)

        // The rate of the chain's step that contains t; a time of the grid belongs to the step that ends there.
        let beta t = rates[within (Count.ceiling (t * float n) - 1)]

        let integral t =
            let i = within (int (t * float n))
            integrals[i] + (t - float i / float n) * rates[i]

        let timeOf b =
            let found = Array.BinarySearch(integrals, b)
            let i = within ((if found >= 0 then found else ~~~found) - 1)
            float i / float n + (b - integrals[i]) / rates[i]

        let chain = preserving (beta, integral, timeOf)

        {
            chain with
                Process = {
                    chain.Process with
                        Name = "ddpm"
                        Citation = Citations.ho2020 |> Citations.at "Section 4"
                        TrainFrom = 1. / float n
                        SampleTo = 1. / float n
                }
        }

    /// <summary>A function of the marginal at the time of each sample: <c>t [n] → f(α, σ) [n]</c>, float64.</summary>
    let coefficient (sde: Sde) (t: Tensor) (f: Marginal -> float) : Tensor = Batch.map (sde.Marginal >> f) t

    /// <summary>Two functions of the marginal at the time of each sample: <c>t [n] → [n]</c> each, float64.</summary>
    let coefficients (sde: Sde) (t: Tensor) (f: Marginal -> struct (float * float)) : struct (Tensor * Tensor) =
        Batch.mapPair (sde.Marginal >> f) t

    /// <summary>The smallest and the largest noise level of the process. If its noise level at t = 0 is zero, the smallest is the
    /// level at which a sampler stops.</summary>
    let levelRange (sde: Sde) : struct (float * float) =
        let least = sde.Level 0.
        struct ((if least > 0. then least else sde.Level sde.SampleTo), sde.Level 1.)

    /// <summary>The marginal at the time of each sample: <c>t [n] → α [n], σ [n]</c>, float64.</summary>
    let alphaSigma (sde: Sde) (t: Tensor) : struct (Tensor * Tensor) =
        coefficients sde t (fun m -> struct (m.Alpha, m.Sigma))

    /// <summary>The noised data <c>x_t = α(t)x₀ + σ(t)z</c>, for <c>x₀, z [n; …]</c> and <c>t [n]</c>.</summary>
    let perturb (sde: Sde) (x0: Tensor) (t: Tensor) (z: Tensor) =
        let struct (alpha, sigma) = alphaSigma sde t
        Batch.combine alpha x0 sigma z

    /// <summary>A draw from the marginal: <c>x₀ [n; …], t [n], key → x_t</c>. <c>Process.simulate steps</c> has the same type, for a
    /// process without a closed-form marginal.</summary>
    let draw (sde: Sde) (x0: Tensor) (t: Tensor) (key: Key) = perturb sde x0 t (Key.normalLike x0 key)

    /// <summary>A draw from the prior, float32 of a batch shape <c>[n; …]</c>.</summary>
    let prior (sde: Sde) (shape: int[]) (key: Key) = Process.prior sde.Process shape key
