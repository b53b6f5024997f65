namespace ScoreFunctional

// Losses of a score per sample, and penalties.

open DiffSharp

/// <summary>Losses of a score, one number per sample. All are means over dimensions without ½, in units of the squared score. Except
/// for those by finite differences, all have the same expected gradient: that of the Fisher divergence to the marginal score of x_t.
/// In the formulas <c>s = s(x_t, t)</c>, D is the number of dimensions, and <c>E[vvᵀ] = I</c>.</summary>
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Loss =

    let private at (score: Score) (noised: NoisedBatch) = fun x -> Score.apply score x noised.T

    let private square (x: Tensor) = Batch.meanSquare x

    let private dimension (noised: NoisedBatch) = float (Batch.dimension noised.X)

    let private probe distribution (noised: NoisedBatch) =
        Divergence.probe distribution noised.X (Key.label "probe" noised.Key)

    /// <summary>The Fisher divergence to a known score: <c>(1/D)‖s − s*‖²</c>. Zero only at that score.</summary>
    let fisher (exact: Score) : Loss =
        fun score noised ->
            let s = at score noised noised.X
            { Value = square (s - at exact noised noised.X); Score = s }

    /// <summary>Hyvärinen's score matching (2005, theorem 1) with the exact divergence: <c>(1/D)(‖s‖² + 2∇·s)</c>. In expectation it is
    /// the Fisher divergence minus <c>E‖s*‖²/D</c>. Vincent (2011) calls it implicit score matching.</summary>
    let explicit: Loss =
        fun score noised ->
            let struct (s, trace) = Divergence.exact (at score noised) noised.X
            { Value = square s + trace * (2. / dimension noised); Score = s }

    /// <summary>Score matching with the divergence estimated from one probe (Hutchinson 1989): <c>(1/D)(‖s‖² + 2vᵀJv)</c>. It is also
    /// sliced score matching with reduced variance (SSM-VR of Song, Garg, Shi and Ermon 2019).</summary>
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

    /// The probe v, and central differences at x ± hσv: the mean of the scores and the slope along v, equal to s and vᵀJv up to O(h²).
    let private differences (step: float) distribution score (noised: NoisedBatch) : struct (Tensor * Tensor * Tensor) =
        let v = probe distribution noised
        let h = noised.Sigma * step
        let way = Batch.scale h v
        let up, down = at score noised (noised.X + way), at score noised (noised.X - way)
        let slope = Batch.divide (h * 2.) (Batch.dot (up - down) v)
        struct (v, (up + down) * 0.5, slope)

    /// <summary>Sliced score matching with reduced variance and no second derivative (Pang et al. 2020, section 4): with
    /// <c>s± = s(x ± hv)</c>, <c>(1/D)(‖(s₊ + s₋)/2‖² + vᵀ(s₊ − s₋)/h)</c>. Two evaluations; bias O(h²). The step h
    /// is in units of the noise σ, the length scale of the score of noised data.</summary>
    let slicedReducedDifferences (step: float) (distribution: Probe) : Loss =
        fun score noised ->
            let struct (_, s, slope) = differences step distribution score noised
            { Value = square s + slope * (2. / dimension noised); Score = s }

    /// <summary>Sliced score matching with no second derivative (Pang et al. 2020): <c>(1/D)((vᵀ(s₊ + s₋)/2)² +
    /// vᵀ(s₊ − s₋)/h)</c>. Two evaluations; bias O(h²). The step h is in units of the noise σ.</summary>
    let slicedDifferences (step: float) (distribution: Probe) : Loss =
        fun score noised ->
            let struct (v, s, slope) = differences step distribution score noised
            let slice = Batch.dot s v
            { Value = (slice * slice + slope * 2.) / dimension noised; Score = s }

    /// <summary>Sliced score matching of an energy with no derivative in x at all (Pang et al. 2020, finite-difference SSM):
    /// with <c>E± = E(x ± hv)</c>, <c>(1/D)(((E₋ − E₊)/2h)² + 2(2E − E₊ − E₋)/h²)</c>, an approximation of
    /// <c>(1/D)((vᵀs)² + 2vᵀJv)</c> for <c>s = −∇E</c>. Three evaluations of the energy; bias O(h²). The step h is in units of the noise
    /// σ. The loss ignores its argument <c>score</c>. In place of the score it returns the slice <c>(vᵀs)v/√D</c>, whose expected squared
    /// norm is that of the score.</summary>
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

    /// <summary>Denoising score matching (Vincent 2011, section 4.3): <c>(1/D)‖s + z/σ‖²</c>. In expectation it is <c>explicit</c>
    /// plus <c>1/σ²</c>.</summary>
    let denoising: Loss =
        fun score noised ->
            let s = at score noised noised.X
            { Value = square (s + Batch.divide noised.Sigma noised.Z); Score = s }

    /// <summary>Denoising score matching with a control variate at small noise. At noise levels σ/α below a bound it adds
    /// <c>(1/D)(D/σ² − ‖z‖²/σ² − (2/σ)zᵀs(αx₀))</c>, of mean zero. This removes the part of the variance that grows as 1/σ², for
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

    /// <summary>The average of a loss over <c>count</c> independent draws of its probes, at the same noised samples.</summary>
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

/// <summary>A penalty that training adds to a loss: <c>[n]</c>, in units of the squared score.</summary>
type Penalty = Score -> NoisedBatch -> LossResult -> Tensor

/// <summary>Penalties. Each shifts the minimiser away from the exact score.</summary>
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Penalty =

    let private probe (distribution: Probe) (noised: NoisedBatch) =
        Divergence.probe distribution noised.X (Key.label "penalty" noised.Key)

    /// <summary>L2 regularisation of the field: <c>(1/D)‖s‖²</c>. At strength κ the minimiser is <c>s*/(1 + κ)</c>, a field 1 + κ
    /// times less stiff. It takes no further evaluation.</summary>
    let magnitude: Penalty = fun _ _ found -> Batch.meanSquare found.Score

    /// <summary>Jacobian regularisation, against stiffness: <c>(σ²/D)‖Jᵀv‖²</c>, whose mean is σ²/D times the squared Frobenius norm of
    /// the Jacobian (Hoffman, Roberts and Yaida 2019).</summary>
    let stiffness (distribution: Probe) : Penalty =
        fun score noised _ ->
            let struct (_, vjp) = Divergence.vjp (fun x -> Score.apply score x noised.T) noised.X
            let pulled = vjp (probe distribution noised)
            Batch.scale (noised.Sigma * noised.Sigma) (Batch.meanSquare pulled)

    /// <summary>The asymmetry of the Jacobian, zero for a gradient field: <c>(σ²/D)‖(J − Jᵀ)v‖²</c> (Chao et al. 2023, section
    /// 4).</summary>
    let asymmetry (distribution: Probe) : Penalty =
        fun score noised _ ->
            let field x = Score.apply score x noised.T
            let v = probe distribution noised
            let struct (_, jv) = Divergence.jvp field noised.X v
            let struct (_, vjp) = Divergence.vjp field noised.X
            let turn = jv - vjp v
            Batch.scale (noised.Sigma * noised.Sigma) (Batch.meanSquare turn)
