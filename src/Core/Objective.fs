namespace ScoreFunctional

// Objectives: ways to noise data, evaluation on a batch, combinators, and the published objectives.

open DiffSharp

/// <summary>Ways to noise data: by a closed-form marginal, or by simulation.</summary>
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Perturbation =

    /// <summary>Data <c>[n; …]</c> noised to times <c>[n]</c> of a process with noise z. The loss draws its probes from the key.</summary>
    let noised (sde: Sde) (x0: Tensor) (t: Tensor) (z: Tensor) (key: Key) : NoisedBatch =
        let struct (alpha, sigma) = Sde.alphaSigma sde t

        {
            X0 = x0
            X = Batch.combine alpha x0 sigma z
            Z = z
            T = t
            Alpha = alpha
            Sigma = sigma
            Key = key
        }

    /// <summary>Noises data by the closed-form marginal of a process, <c>x = αx₀ + σz</c>.</summary>
    let ofSde (sde: Sde) : Perturbation = {
        Draw = fun x0 t key -> noised sde x0 t (Key.normalLike x0 (Key.label "noise" key)) key
        Level = sde.Level
    }

    /// The variance ∫₀ᵗg² that a diffusion adds until time t, by the midpoint rule.
    let private added steps (proc: Process) (t: float) =
        let h = t / float steps
        Seq.init steps (fun i -> proc.Diffusion(h * (float i + 0.5)) ** 2. * h) |> Seq.sum

    /// <summary>Noises data by simulation, for a process without a closed-form marginal. Losses that need no transition density train on
    /// it: <c>Loss.explicit</c> and the sliced ones. The noise level is defined by <c>σ² = ∫g²</c> and α = 1, whatever the
    /// drift.</summary>
    /// <exception cref="T:System.ArgumentException">Fewer than one step.</exception>
    let simulated (steps: int) (proc: Process) : Perturbation =
        let level t = sqrt (added steps proc t)

        {
            Draw =
                fun x0 t key -> {
                    X0 = x0
                    X = Process.simulate steps proc x0 t (Key.label "noise" key)
                    Z = x0 * nan
                    T = t
                    Alpha = t.onesLike ()
                    Sigma = Batch.map level t
                    Key = key
                }
            Level = level
        }

/// <summary>Objectives and their combinators.</summary>
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Objective =

    let private factor reduction (x: Tensor) =
        match reduction with
        | Reduction.Mean -> 1.
        | Reduction.HalfMean -> 0.5
        | Reduction.Sum -> float (Batch.dimension x)
        | Reduction.HalfSum -> 0.5 * float (Batch.dimension x)

    let private evaluateTerm (score: Score) (x0: Tensor) (key: Key) (term: Term) : Evaluation =
        let t = Times.draw term.Times (Key.label "time" key) (Batch.size x0)
        let noised = term.Perturbation.Draw x0 (Batch.ofArray t) key
        let found = term.Loss score noised
        let factor = term.Factor * factor term.Reduction x0
        let weight = t |> Array.map (fun t -> term.Weighting t * term.Times.ImportanceWeight t * factor)
        let perSample = Batch.scale (Batch.ofArray weight) found.Value

        {
            Loss = perSample.mean ()
            PerSample = perSample
            Sigma = noised.Sigma / noised.Alpha
            // Not differentiated: at a network that starts at zero the norm has no derivative.
            NormRatio = Batch.scale noised.Sigma (Batch.norm (found.Score.noDiff ())) / Batch.norm noised.Z
            Design = term.Times.Design
        }

    /// <summary>The value of each term on a batch <c>[n; …]</c>. A single term draws from the key itself, several from its
    /// children.</summary>
    let evaluateTerms (objective: Objective) (score: Score) (x0: Tensor) (key: Key) : Evaluation list =
        match objective.Terms with
        | [] -> invalidArg (nameof objective) $"expected at least one term, found none in {objective.Name}"
        | [ term ] -> [ evaluateTerm score x0 key term ]
        | terms -> terms |> List.mapi (fun i -> evaluateTerm score x0 (Key.child i key))

    let private together (a: Evaluation) (b: Evaluation) = {
        a with
            Loss = a.Loss + b.Loss
            PerSample = a.PerSample + b.PerSample
            // A sum with an antithetic term has antithetic pairs. Otherwise a stratified term decides.
            Design =
                match a.Design, b.Design with
                | Design.Independent, other -> other
                | Design.Antithetic, _
                | _, Design.Antithetic -> Design.Antithetic
                | Design.Stratified, _ -> Design.Stratified
    }

    /// <summary>The value on a batch <c>[n; …]</c>: the sum of the terms. Noise levels and norm ratios are those of the first term.</summary>
    let evaluate (objective: Objective) (score: Score) (x0: Tensor) (key: Key) : Evaluation =
        evaluateTerms objective score x0 key |> List.reduce together

    /// <summary>The value on a batch as numbers, with standard errors and the contribution of each noise bin. The edges of the bins are
    /// noise levels σ/α, increasing; one bin lies below the first edge and one above the last.</summary>
    /// <exception cref="T:System.ArgumentException">The edges do not increase.</exception>
    let report (edges: float[]) (objective: Objective) (score: Score) (x0: Tensor) (key: Key) : Report =
        let terms = evaluateTerms objective score x0 key
        let values (e: Evaluation) = Batch.toArray (e.PerSample.noDiff ())
        let sigma, losses = terms |> List.map (fun e -> Batch.toArray e.Sigma, values e) |> List.unzip
        let means = NoiseBin.means edges (Array.concat sigma) (Array.concat losses)
        let all = List.reduce together terms

        let bin index (low, high) : NoiseBin =
            let contributions =
                (terms, sigma, losses)
                |||> List.map3 (fun e sigma y ->
                    let y =
                        Array.map2 (fun found y -> if found = index then y else 0.) (NoiseBin.indices edges sigma) y

                    struct (Array.average y, Evaluation.standardErrorOf e.Design y))

            let struct (mean, count) = means[index]

            {
                From = low
                To = high
                Contribution = contributions |> List.sumBy (fun struct (part, _) -> part)
                StandardError = contributions |> List.sumBy (fun struct (_, error) -> error * error) |> sqrt
                Mean = mean
                Count = count
            }

        {
            Name = objective.Name
            Reductions = objective.Terms |> List.map _.Reduction |> List.distinct
            Value = Array.average (values all)
            StandardError = Evaluation.standardError all
            NoiseBins = Array.concat [ [| 0. |]; edges; [| infinity |] ] |> Array.pairwise |> Array.mapi bin
        }

    /// <summary>An objective of one term, <c>E_t λ(t) E loss</c>, with any way to noise data: mean over batch and dimensions, no
    /// ½.</summary>
    let ofPerturbation
        (name: string)
        (citation: Citation)
        (perturbation: Perturbation)
        (times: Times)
        (weighting: Weighting)
        (loss: Loss)
        : Objective = {
        Name = name
        Citation = citation
        Terms = [
            {
                Factor = 1.
                Perturbation = perturbation
                Times = times
                Weighting = weighting
                Loss = loss
                Reduction = Reduction.Mean
            }
        ]
    }

    /// <summary>An objective of one term under a process with a closed-form marginal: <c>E_t λ(t) E loss</c>, mean over batch
    /// and dimensions, no ½.</summary>
    let ofLoss (name: string) (citation: Citation) (sde: Sde) (times: Times) (weighting: Weighting) (loss: Loss) =
        ofPerturbation name citation (Perturbation.ofSde sde) times weighting loss

    /// <summary>Applies a function to every term.</summary>
    let map (change: Term -> Term) (objective: Objective) : Objective = {
        objective with
            Terms = List.map change objective.Terms
    }

    let private named suffix (objective: Objective) = { objective with Name = $"{objective.Name}, {suffix}" }

    /// <summary>An objective times a factor.</summary>
    let scale (factor: float) (objective: Objective) : Objective = {
        map (fun term -> { term with Factor = factor * term.Factor }) objective with
            Name = $"{factor} · ({objective.Name})"
    }

    /// <summary>The sum of two objectives on the same batch; each term draws its own times and noise. Noise levels and norm ratios are
    /// those of the first.</summary>
    let add (first: Objective) (second: Objective) : Objective = {
        first with
            Name = $"{first.Name} + {second.Name}"
            Terms = first.Terms @ second.Terms
    }

    /// <summary>A weighted sum of objectives.</summary>
    /// <exception cref="T:System.ArgumentException">No objective.</exception>
    let sum (weighted: (float * Objective) list) : Objective =
        match weighted with
        | [] -> invalidArg (nameof weighted) "expected at least one objective, found none"
        | _ -> weighted |> List.map (fun (factor, objective) -> scale factor objective) |> List.reduce add

    /// <summary>Sets the reduction of every term.</summary>
    let withReduction (reduction: Reduction) (objective: Objective) : Objective =
        objective |> map (fun term -> { term with Reduction = reduction }) |> named $"reduction {reduction}"

    /// <summary>Sets the weighting λ(t) of every term.</summary>
    let withWeighting (weighting: Weighting) (objective: Objective) : Objective =
        objective |> map (fun term -> { term with Weighting = weighting })

    /// <summary>Applies a function to the weighting of every term.</summary>
    let mapWeighting (change: Weighting -> Weighting) (objective: Objective) : Objective =
        objective |> map (fun term -> { term with Weighting = change term.Weighting })

    /// <summary>Sets the distribution of times of every term. The expectation changes, unless the importance weights of the new
    /// distribution restore the old one.</summary>
    let withTimes (times: Times) (objective: Objective) : Objective =
        objective |> map (fun term -> { term with Times = times })

    /// <summary>Applies a function to the distribution of times of every term: <c>mapTimes Times.antithetic</c>, <c>mapTimes
    /// Times.stratified</c>.</summary>
    let mapTimes (change: Times -> Times) (objective: Objective) : Objective =
        objective |> map (fun term -> { term with Times = change term.Times })

    /// <summary>The restriction of an objective to noise levels σ/α in [low, high). The restrictions to a partition add up to the
    /// objective.</summary>
    let between (low: float) (high: float) (objective: Objective) : Objective =
        objective
        |> map (fun term -> {
            term with
                Weighting = Weighting.between term.Perturbation.Level low high term.Weighting
        })
        |> named $"σ in [{low}, {high})"

    /// <summary>Adds a penalty to the loss of every term, <c>loss + strength · penalty</c>, under the term's own times and
    /// weighting.</summary>
    let regularised (strength: float) (penalty: Penalty) (objective: Objective) : Objective =
        let add (loss: Loss) : Loss =
            fun score noised ->
                let found = loss score noised
                { found with Value = found.Value + penalty score noised found * strength }

        objective |> map (fun term -> { term with Loss = add term.Loss }) |> named $"regularised {strength}"

    /// <summary>Averages every loss over <c>count</c> independent draws of its probes, at the same noised samples.</summary>
    let averaged (count: int) (objective: Objective) : Objective =
        objective
        |> map (fun term -> { term with Loss = Loss.averaged count term.Loss })
        |> named $"{count} probes"

    /// <summary>The objective of a model in another parameterisation, such as noise, velocity, data or energy:
    /// <c>through (Score.ofNoise sde) objective</c>.</summary>
    let through (toScore: 'model -> Score) (objective: Objective) : 'model -> Tensor -> Key -> Evaluation =
        toScore >> evaluate objective

    /// <summary>Denoising score matching, <c>E_t λ(t) E ‖s(x_t, t) + z/σ‖²</c> with <c>x_t = αx₀ + σz</c> (Vincent 2011): mean over
    /// batch and dimensions, no ½.</summary>
    /// <remarks>The minimiser is the score of the marginal; the minimum is not zero.</remarks>
    let denoising (name: string) (citation: Citation) (sde: Sde) (times: Times) (weighting: Weighting) : Objective =
        ofLoss name citation sde times weighting Loss.denoising

    /// <summary>Denoising at one noise level r = σ/α with <c>λ = σ²</c>: <c>E‖σs + z‖²</c>, mean over batch and dimensions, no ½.</summary>
    let atLevel (sde: Sde) (level: float) =
        denoising
            $"denoising at σ = {level}"
            Citations.vincent2011
            sde
            (Times.constant (sde.TimeOf level))
            (Weighting.variance sde)

    /// <summary>Denoising at noise levels from a list, each equally likely, with <c>λ = σ²</c> (Song and Ermon 2019): mean over batch
    /// and dimensions, no ½.</summary>
    let atLevels (sde: Sde) (levels: float[]) =
        denoising
            $"denoising at {levels.Length} noise levels"
            Citations.songErmon2019
            sde
            (Times.oneOf (levels |> Array.map sde.TimeOf))
            (Weighting.variance sde)

    /// <summary>Denoising at uniform times with <c>λ = σ²</c> (Song et al. 2021, equation 7): mean over batch and dimensions, no ½.</summary>
    let continuous (sde: Sde) =
        denoising
            $"denoising, continuous {sde.Name}"
            (Citations.song2021 |> Citations.at "Equation 7")
            sde
            (Times.uniform sde.TrainFrom)
            (Weighting.variance sde)

    /// <summary>Denoising at uniform times with <c>λ = g²</c> (Song, Durkan, Murray and Ermon 2021, theorem 1): mean over batch and
    /// dimensions, no ½.</summary>
    let likelihood (sde: Sde) =
        denoising
            $"denoising, likelihood-weighted {sde.Name}"
            Citations.songDurkan2021
            sde
            (Times.uniform sde.TrainFrom)
            (Weighting.likelihood sde)

    /// <summary><c>likelihood</c> with importance-sampled times: the same expectation with less variance.</summary>
    let likelihoodSampled (sde: Sde) =
        {
            likelihood sde with
                Name = $"denoising, likelihood-weighted {sde.Name}, importance-sampled"
        }
        |> withTimes (Times.importance sde)

    /// <summary>Denoising at uniform times with min-SNR-γ weights (Hang et al. 2023): mean over batch and dimensions, no ½.</summary>
    let minSnr (sde: Sde) (gamma: float) =
        denoising
            $"denoising, min-SNR-{gamma} {sde.Name}"
            Citations.hang2023
            sde
            (Times.uniform sde.TrainFrom)
            (Weighting.minSnr sde gamma)

    /// <summary>EDM's loss: <c>ln σ ~ N(mean, deviation²)</c>, weight <c>(σ² + σd²)/(σσd)²</c> of the denoiser's squared
    /// error (Karras et al. 2022, table 1; their values −1.2, 1.2, 0.5): mean over batch and dimensions, no ½.</summary>
    let edm (sde: Sde) (mean: float) (deviation: float) (sigmaData: float) =
        denoising
            "denoising, log-normal σ"
            Citations.karras2022
            sde
            (Times.logNormal sde mean deviation)
            (Weighting.edm sde sigmaData)

    /// <summary><c>edm</c> with stratified noise levels: the same expectation with less variance.</summary>
    let edmStratified (sde: Sde) (mean: float) (deviation: float) (sigmaData: float) =
        {
            edm sde mean deviation sigmaData with
                Name = "denoising, stratified log-normal σ"
        }
        |> mapTimes Times.stratified

    /// A loss at uniform times with λ = σ².
    let private overTime name citation (sde: Sde) loss =
        ofLoss $"{name}, {sde.Name}" citation sde (Times.uniform sde.TrainFrom) (Weighting.variance sde) loss

    /// <summary><c>continuous</c> with a control variate at noise levels below a bound (<c>Loss.denoisingControlled</c>): the same
    /// expectation with less variance at small noise.</summary>
    let controlled (below: float) (sde: Sde) =
        overTime $"denoising, control variate below {below}" Citations.wang2020 sde (Loss.denoisingControlled below)

    /// <summary>The Fisher divergence to a known score at uniform times with <c>λ = σ²</c>, for evaluation: mean over batch and
    /// dimensions, no ½.</summary>
    let fisher (exact: Score) (sde: Sde) =
        overTime "Fisher divergence" (Citations.hyvarinen2005 |> Citations.at "Equation 2") sde (Loss.fisher exact)

    /// <summary>Score matching with the exact divergence, <c>‖s‖² + 2∇·s</c>, at uniform times with <c>λ = σ²</c>: mean over batch and
    /// dimensions, no ½.</summary>
    let explicit (sde: Sde) = overTime "explicit" Citations.hyvarinen2005 sde Loss.explicit

    /// <summary><c>explicit</c> with the reduction of its paper (Hyvärinen 2005): <c>½‖s‖² + ∇·s</c>, summed over dimensions.</summary>
    let hyvarinen (sde: Sde) = explicit sde |> withReduction Reduction.HalfSum

    /// <summary>Score matching with Hutchinson's estimate of the divergence, at uniform times with <c>λ = σ²</c>: mean over batch and
    /// dimensions, no ½.</summary>
    let hutchinson (distribution: Probe) (sde: Sde) =
        overTime $"Hutchinson, {distribution} probes" Citations.hutchinson1989 sde (Loss.slicedReduced distribution)

    /// <summary>Sliced score matching at uniform times with <c>λ = σ²</c>: mean over batch and dimensions, no ½.</summary>
    let sliced (distribution: Probe) (sde: Sde) =
        overTime $"sliced, {distribution} probes" Citations.songGarg2019 sde (Loss.sliced distribution)

    /// <summary>Sliced score matching with reduced variance: the same formula as <c>hutchinson</c>, from another paper.</summary>
    let slicedReduced (distribution: Probe) (sde: Sde) =
        overTime
            $"sliced, variance-reduced, {distribution} probes"
            (Citations.songGarg2019 |> Citations.at "SSM-VR")
            sde
            (Loss.slicedReduced distribution)

    /// <summary>Sliced score matching by finite differences, without second derivatives, at uniform times with <c>λ = σ²</c>: mean
    /// over batch and dimensions, no ½. The step is in units of the noise σ.</summary>
    let slicedDifferences (step: float) (distribution: Probe) (sde: Sde) =
        overTime
            $"sliced by differences, {distribution} probes"
            Citations.pang2020
            sde
            (Loss.slicedDifferences step distribution)

    /// <summary><c>slicedDifferences</c> with reduced variance.</summary>
    let slicedReducedDifferences (step: float) (distribution: Probe) (sde: Sde) =
        overTime
            $"sliced by differences, variance-reduced, {distribution} probes"
            Citations.pang2020
            sde
            (Loss.slicedReducedDifferences step distribution)

    /// <summary>Sliced score matching of an energy by finite differences, without derivatives in x, at uniform times with
    /// <c>λ = σ²</c>: mean over batch and dimensions, no ½. The step is in units of the noise σ.</summary>
    let energyDifferences (step: float) (distribution: Probe) (sde: Sde) (energy: Energy) =
        overTime
            $"energy by differences, {distribution} probes"
            Citations.pang2020
            sde
            (Loss.energyDifferences step distribution energy)

/// <summary>Methods of the type <c>Objective</c>.</summary>
[<AutoOpen>]
module ObjectiveMethods =

    type Objective with

        /// <summary>The value on a batch <c>[n; …]</c> for a key. Pure: equal keys give equal values.</summary>
        member objective.Evaluate (score: Score) (x0: Tensor) (key: Key) : Evaluation =
            Objective.evaluate objective score x0 key
