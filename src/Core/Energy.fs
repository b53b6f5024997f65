namespace ScoreFunctional

open DiffSharp

/// <summary>Energies from networks. The score is the negative gradient of a scalar, so it is conservative by construction, and the
/// log-density is known up to a constant that depends only on t. Every objective trains an energy through
/// <c>Score.ofEnergy</c>.</summary>
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Energy =

    /// <summary>The values of an energy: <c>x [n; …], t [n] → [n]</c>.</summary>
    let apply (Energy field) (x: Tensor) (t: Tensor) = field x t

    /// <summary>The log-density up to a constant that depends only on t: <c>−E(x, t)</c>, nats, <c>[n]</c>. Differences between points
    /// at one time are exact.</summary>
    let logDensity (energy: Energy) (x: Tensor) (t: Tensor) = -(apply energy x t)

    /// <summary>The energy under a process from an energy in data units, of <c>y = x/α</c> at noise level <c>r = σ/α</c>.</summary>
    let ofDataUnits (sde: Sde) (field: Field) : Energy =
        Energy(fun x t ->
            let struct (scale, level) = Sde.coefficients sde t (fun m -> struct (1. / m.Alpha, m.Level))
            field (Batch.scale scale x) level)

    /// <summary>The energy of a network with the preconditioning of EDM: with <c>c_in = 1/√(r² + σd²)</c>,
    /// <c>E(y; r) = ½c_in²‖y‖² − (σd/r)⟨c_in y, F(c_in y; ¼ ln r)⟩</c>. Its denoiser is <c>c_skip y + c_out(F + Jᵀc_in y)</c>
    /// with EDM's c_skip and c_out, so at F = 0 it is the energy of N(0, σd²) data at every noise level. The inner product
    /// with the output of the network follows Salimans and Ho (2021).</summary>
    /// <exception cref="T:System.ArgumentException">σd is not positive.</exception>
    let edm (sde: Sde) (sigmaData: float) (raw: Field) : Energy =
        if not (sigmaData > 0.) then
            invalidArg (nameof sigmaData) $"expected a positive standard deviation, found {sigmaData}"

        let into r = struct (1. / sqrt (r * r + sigmaData * sigmaData), 0.25 * log r)

        ofDataUnits sde (fun y level ->
            let struct (into, label) = Batch.mapPair into level
            let scaled = Batch.scale into y
            let inner = Batch.dot scaled (raw scaled label)
            Batch.dot scaled scaled * 0.5 - Batch.scale (Batch.map (fun r -> sigmaData / r) level) inner)

    /// <summary>The score <c>s = −∇ₓE</c> of the energy of a network (<c>Energy.edm</c>): conservative by construction, for one more
    /// derivative than <c>Preconditioning.edmScore</c>.</summary>
    let edmScore (sde: Sde) (sigmaData: float) (network: Network) (parameters: Tensor) : Score =
        network.Apply parameters |> edm sde sigmaData |> Score.ofEnergy

/// <summary>The distance of a field from a gradient field at one noise level.</summary>
type Conservativity = {
    /// <summary>The noise level σ/α, in data units.</summary>
    Level: float
    /// <summary><c>‖(J − Jᵀ)v‖/‖Jv‖</c>, root mean squares over samples and Gaussian directions: 0 for a gradient, √2 for
    /// independent entries.</summary>
    Ratio: float
    /// <summary>Its standard error.</summary>
    StandardError: float
}

/// <summary>Tests whether a score is a gradient field.</summary>
module Conservativity =

    /// <summary>‖(J − Jᵀ)v‖² and ‖Jv‖² of each sample, <c>[n]</c> each, for one Gaussian direction per sample. Their means are the
    /// squared Frobenius norms of J − Jᵀ and J.</summary>
    let squares (key: Key) (score: Score) (x: Tensor) (t: Tensor) : struct (Tensor * Tensor) =
        let field x = Score.apply score x t
        let v = Divergence.probe Probe.Gaussian x key
        let struct (_, jv) = Divergence.jvp field x v
        let struct (_, vjp) = Divergence.vjp field x
        let turn = jv - vjp v
        struct (Batch.dot turn turn, Batch.dot jv jv)

    /// <summary>The ratio <c>‖(J − Jᵀ)v‖/‖Jv‖</c> of a score at each of these noise levels, on data <c>[n; …]</c> noised to that
    /// level.</summary>
    let measure (levels: float[]) (key: Key) (sde: Sde) (score: Score) (x0: Tensor) : Conservativity[] =
        levels
        |> Array.mapi (fun i level ->
            let key = Key.child i key
            let t = Batch.fill (Batch.size x0) (sde.TimeOf level)
            let noised = (Perturbation.ofSde sde).Draw x0 t key
            let struct (turn, whole) = squares (Key.label "probe" key) score noised.X t
            let turn, whole = Batch.toArray turn, Batch.toArray whole
            let a, b = Array.average turn, Array.average whole
            // The standard error of a ratio of means, by the delta method.
            let off = Array.map2 (fun u w -> u - a / b * w) turn whole
            let error = Evaluation.standardErrorOf Design.Independent off / b
            let ratio = sqrt (a / b)

            {
                Level = level
                Ratio = ratio
                StandardError = if ratio > 0. then error / (2. * ratio) else 0.
            })
