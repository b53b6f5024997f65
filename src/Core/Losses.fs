namespace ScoreFunctional

open DiffSharp

/// <summary>Losses of a score. All are means over dimensions without ½, in units of the squared score, and,
/// but for finite differences, have the same expected gradient: that of the Fisher divergence to the score of x_t's distribution.
/// With <c>s = s(x_t, t)</c>, D dimensions and <c>E[vvᵀ] = I</c>.</summary>
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Loss =

    let private at (score: Score) (noised: NoisedBatch) = fun x -> Score.apply score x noised.T

    let private square (x: Tensor) = Batch.meanSquare x

    let private dimension (noised: NoisedBatch) = float (Batch.dimension noised.X)

    let private probe distribution (noised: NoisedBatch) =
        Divergence.probe distribution noised.X (Key.label "probe" noised.Key)

    /// <summary>The Fisher divergence to a known score: <c>(1/D)‖s − s*‖²</c>. Zero at it, and nowhere else.</summary>
    let fisher (exact: Score) : Loss =
        fun score noised ->
            let s = at score noised noised.X
            { Value = square (s - at exact noised noised.X); Score = s }

    /// <summary>Explicit score matching (Hyvärinen 2005, theorem 1): <c>(1/D)(‖s‖² + 2∇·s)</c> with the exact divergence. The
    /// Fisher divergence less <c>E‖s*‖²/D</c>.</summary>
    let explicit: Loss =
        fun score noised ->
            let struct (s, trace) = Divergence.exact (at score noised) noised.X
            { Value = square s + trace * (2. / dimension noised); Score = s }

    /// <summary>Explicit score matching with the divergence estimated along one probe (Hutchinson 1989), which is sliced
    /// score matching with reduced variance (SSM-VR of Song, Garg, Shi and Ermon 2019): <c>(1/D)(‖s‖² + 2vᵀJv)</c>.</summary>
    let slicedReduced (distribution: Probe) : Loss =
        fun score noised ->
            let struct (s, trace) = Divergence.along (at score noised) noised.X (probe distribution noised)
            { Value = square s + trace * (2. / dimension noised); Score = s }

    /// <summary>Sliced score matching (Song, Garg, Shi and Ermon 2019): <c>(1/D)((vᵀs)² + 2vᵀJv)</c>.</summary>
    let sliced (distribution: Probe) : Loss =
        fun score noised ->
            let v = probe distribution noised
            let struct (s, trace) = Divergence.along (at score noised) noised.X v
            let slice = Batch.dot s v
            { Value = (slice * slice + trace * 2.) / dimension noised; Score = s }

    /// The scores at x ± hσv, their mean, and their difference over the way along v: s and vᵀJv up to O(h²).
    let private differences (step: float) distribution score (noised: NoisedBatch) : struct (Tensor * Tensor * Tensor) =
        let v = probe distribution noised
        let h = noised.Sigma * step
        let way = Batch.scale h v
        let up, down = at score noised (noised.X + way), at score noised (noised.X - way)
        let slope = Batch.divide (h * 2.) (Batch.dot (up - down) v)
        struct (v, (up + down) * 0.5, slope)

    /// <summary>Sliced score matching with reduced variance and no second derivative (Pang et al. 2020, section 4): with
    /// <c>s± = s(x ± hv)</c>, <c>(1/D)(‖(s₊ + s₋)/2‖² + vᵀ(s₊ − s₋)/h)</c>. Two evaluations; biased by O(h²). The step h
    /// is in units of the noise σ, the scale on which the score of noised data may bend.</summary>
    let slicedReducedDifferences (step: float) (distribution: Probe) : Loss =
        fun score noised ->
            let struct (_, s, slope) = differences step distribution score noised
            { Value = square s + slope * (2. / dimension noised); Score = s }

    /// <summary>Sliced score matching with no second derivative (Pang et al. 2020): <c>(1/D)((vᵀ(s₊ + s₋)/2)² +
    /// vᵀ(s₊ − s₋)/h)</c>. Two evaluations; biased by O(h²). The step h is in units of the noise σ.</summary>
    let slicedDifferences (step: float) (distribution: Probe) : Loss =
        fun score noised ->
            let struct (v, s, slope) = differences step distribution score noised
            let slice = Batch.dot s v
            { Value = (slice * slice + slope * 2.) / dimension noised; Score = s }

    /// <summary>Sliced score matching of an energy with no derivative in x at all (Pang et al. 2020, finite-difference SSM):
    /// with <c>E± = E(x ± hv)</c>, <c>(1/D)(((E₋ − E₊)/2h)² + 2(2E − E₊ − E₋)/h²)</c>, which is <c>(vᵀs)² + 2vᵀJv</c> for
    /// <c>s = −∇E</c>. Three evaluations of the energy; biased by O(h²). The step h is in units of the noise σ. The score
    /// it is given is not looked at; the one it reports is the slice <c>(vᵀs)v/√D</c>, of the score's mean square.</summary>
    let energyDifferences (step: float) (distribution: Probe) (Energy energy) : Loss =
        fun _ noised ->
            let v = probe distribution noised
            let h = noised.Sigma * step
            let way = Batch.scale h v
            let at x = energy x noised.T
            let up, here, down = at (noised.X + way), at noised.X, at (noised.X - way)
            let slice = Batch.divide (h * 2.) (down - up)
            let bend = Batch.divide (h * h) (here * 2. - up - down)

            {
                Value = (slice * slice + bend * 2.) / dimension noised
                Score = Batch.scale (slice / sqrt (dimension noised)) v
            }

    /// <summary>Denoising score matching (Vincent 2011, section 4.3): <c>(1/D)‖s + z/σ‖²</c>. Explicit score matching plus
    /// <c>1/σ²</c>, in expectation.</summary>
    let denoising: Loss =
        fun score noised ->
            let s = at score noised noised.X
            { Value = square (s + Batch.divide noised.Sigma noised.Z); Score = s }

    /// <summary>Denoising score matching with a control variate where the noise is small: <c>(1/D)(D/σ² − ‖z‖²/σ² −
    /// (2/σ)zᵀs(αx₀))</c>, of mean zero, is added at noise levels σ/α below a bound. It takes away the part of the variance that grows as 1/σ², for
    /// one more evaluation (Wang et al. 2020, "A Wasserstein minimum velocity approach to learning unnormalized models";
    /// as in sbi's <c>VEScoreEstimator</c>, whose bound is 0.3).</summary>
    let denoisingControlled (below: float) : Loss =
        fun score noised ->
            let plain = denoising score noised
            let s = at score noised (Batch.scale noised.Alpha noised.X0)
            let inside = noised.Sigma / noised.Alpha |> Batch.map (fun r -> if r < below then 1. else 0.)
            let sigma = noised.Sigma
            let noise = Batch.divide (sigma * sigma) (square noised.Z * -1. + 1.)
            let cross = Batch.divide (sigma * -0.5) (Batch.mean (noised.Z * s))
            { plain with Value = plain.Value + Batch.scale inside (noise + cross) }

    /// <summary>A loss averaged over so many independent draws of its probes, at the same noised samples.</summary>
    /// <exception cref="T:System.ArgumentException">Fewer than one draw.</exception>
    let averaged (count: int) (loss: Loss) : Loss =
        if count < 1 then
            invalidArg (nameof count) $"expected at least one draw, found {count}"

        fun score noised ->
            let found = List.init count (fun i -> loss score { noised with Key = Key.child i noised.Key })

            {
                found.Head with
                    Value = (found |> List.map _.Value |> List.reduce (+)) / float count
            }

/// <summary>A term added to a loss that makes a field smaller, less stiff or more conservative: <c>[n]</c>, in units
/// of the squared score.</summary>
type Penalty = Score -> NoisedBatch -> LossResult -> Tensor

/// <summary>Penalties. Each shifts the minimiser away from the exact score, knowingly.</summary>
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Penalty =

    let private probe (distribution: Probe) (noised: NoisedBatch) =
        Divergence.probe distribution noised.X (Key.label "penalty" noised.Key)

    /// <summary>L2 regularisation of the field: <c>(1/D)‖s‖²</c>. At strength κ the minimiser is <c>s*/(1 + κ)</c>, and so is
    /// every rate of the flow: a field 1 + κ times less stiff. No further evaluation.</summary>
    let magnitude: Penalty = fun _ _ found -> Batch.meanSquare found.Score

    /// <summary>The stiffness of the field: <c>(σ²/D)‖Jᵀv‖²</c>, whose mean is σ² times the squared Frobenius norm of the
    /// Jacobian over D (Hoffman, Roberts and Yaida 2019).</summary>
    let stiffness (distribution: Probe) : Penalty =
        fun score noised _ ->
            let struct (_, vjp) = Divergence.vjp (fun x -> Score.apply score x noised.T) noised.X
            let pulled = vjp (probe distribution noised)
            Batch.scale (noised.Sigma * noised.Sigma) (Batch.meanSquare pulled)

    /// <summary>How far the field is from a gradient: <c>(σ²/D)‖(J − Jᵀ)v‖²</c> (Chao et al. 2023, section 4).</summary>
    let asymmetry (distribution: Probe) : Penalty =
        fun score noised _ ->
            let field x = Score.apply score x noised.T
            let v = probe distribution noised
            let struct (_, jv) = Divergence.jvp field noised.X v
            let struct (_, vjp) = Divergence.vjp field noised.X
            let turn = jv - vjp v
            Batch.scale (noised.Sigma * noised.Sigma) (Batch.meanSquare turn)
