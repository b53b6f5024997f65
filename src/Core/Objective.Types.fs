namespace ScoreFunctional

open DiffSharp

// The words of objectives, as Core.fs has those of everything else.

/// <summary>How the times of one batch are drawn together. The distribution of each single time is the same.</summary>
[<RequireQualifiedAccess>]
type Design =
    /// <summary>Each on its own.</summary>
    | Independent
    /// <summary>Row i of n takes the probability (i + u)/n, one u for the batch: the batch covers the distribution evenly.</summary>
    | Stratified
    /// <summary>Samples 2k and 2k + 1 take the probabilities u and 1 − u.</summary>
    | Antithetic

/// <summary>A distribution of training times: a quantile function, so that every distribution can be drawn in every design.</summary>
type Times = {
    /// <summary>The time at a probability: <c>u [n]</c> in [0, 1) to <c>t [n]</c>, float64.</summary>
    Quantile: Tensor -> Tensor
    /// <summary>What a time counts, <c>t [n] → [n]</c>: one, or p/q for draws from q that stand for a distribution p.</summary>
    ImportanceWeight: Tensor -> Tensor
    /// <summary>How the probabilities of a batch are drawn.</summary>
    Design: Design
}

/// <summary>A weight λ(t) of the squared score error at each time, <c>t [n] → λ [n]</c>, zero or positive.</summary>
type Weighting = Tensor -> Tensor

/// <summary>A batch under noise, as a loss sees it: <c>x = αx₀ + σz</c>, or a simulated x.</summary>
type NoisedBatch = {
    /// <summary>The data <c>[n; …]</c>.</summary>
    X0: Tensor
    /// <summary>The noised data <c>[n; …]</c>.</summary>
    X: Tensor
    /// <summary>Standard normal noise <c>[n; …]</c>; NaN where x was simulated, so that a loss which needs the distribution of x_t
    /// given x₀ cannot pass there unseen.</summary>
    Z: Tensor
    /// <summary>The time of each sample, <c>[n]</c>.</summary>
    T: Tensor
    /// <summary>The scale of the data at that time, <c>α [n]</c>.</summary>
    Alpha: Tensor
    /// <summary>The standard deviation of the noise at that time, <c>σ [n]</c>; of a simulated x, <c>σ² = ∫g²</c>.</summary>
    Sigma: Tensor
    /// <summary>For what else a loss draws: its probes.</summary>
    Key: Key
}

/// <summary>How data are brought to a time.</summary>
type Perturbation = {
    /// <summary>Data <c>x₀ [n; …]</c> at times <c>t [n]</c>, drawn with a key.</summary>
    Draw: Tensor -> Tensor -> Key -> NoisedBatch
    /// <summary>The noise level at a time, <c>t [n] → σ/α [n]</c>.</summary>
    Level: Tensor -> Tensor
}

/// <summary>What a loss found on a noised batch.</summary>
type LossResult = {
    /// <summary>The loss of each sample, <c>[n]</c>, in units of the squared score: mean over dimensions, no ½, no weight.</summary>
    Value: Tensor
    /// <summary>The score at the noised samples, <c>[n; …]</c>, which the loss evaluated on its way.</summary>
    Score: Tensor
}

/// <summary>What a score is charged for at noised samples, before any weight.</summary>
type Loss = Score -> NoisedBatch -> LossResult

/// <summary>How a loss over many dimensions becomes one number. Theory does not care, learning rates do.</summary>
[<RequireQualifiedAccess>]
type Scaling =
    /// <summary>Mean over dimensions, no ½: <c>(1/D)(‖s‖² + 2∇·s)</c>. What this library uses unless told otherwise.</summary>
    | Mean
    /// <summary>Mean over dimensions, with ½.</summary>
    | HalfMean
    /// <summary>Sum over dimensions, no ½: the Fisher divergence's own.</summary>
    | Sum
    /// <summary>Sum over dimensions, with ½: <c>½‖s‖² + ∇·s</c> (Hyvärinen 2005; Song and Ermon 2019).</summary>
    | HalfSum

/// <summary>One term of an objective: <c>factor · E_t λ(t) E loss(s; x_t, t)</c> under a process.</summary>
type Term = {
    /// <summary>A factor.</summary>
    Factor: float
    /// <summary>The process that adds the noise.</summary>
    Perturbation: Perturbation
    /// <summary>The distribution of the times.</summary>
    Times: Times
    /// <summary>The weight λ.</summary>
    Weighting: Weighting
    /// <summary>The loss.</summary>
    Loss: Loss
    /// <summary>What becomes of its dimensions, and whether it is halved.</summary>
    Scaling: Scaling
}

/// <summary>What a model is asked to minimise: a sum of terms. <c>objective.Evaluate score batch key</c> is its value on a
/// batch <c>[n; …]</c>; equal keys give equal values.</summary>
type Objective = {
    /// <summary>Name, with the process and weighting it stands for.</summary>
    Name: string
    /// <summary>Where it is defined.</summary>
    Citation: Citation
    /// <summary>What is added up, each on the same batch with randomness of its own.</summary>
    Terms: Term list
}

/// <summary>What an objective found on a batch. The loss is the mean of the per-sample losses.</summary>
type Evaluation = {
    /// <summary>The scalar that training minimises.</summary>
    Loss: Tensor
    /// <summary>The loss of each sample, <c>[n]</c>.</summary>
    PerSample: Tensor
    /// <summary>The noise level at which each sample was looked at: <c>σ/α [n]</c>, in data units.</summary>
    Sigma: Tensor
    /// <summary>Norm of the predicted noise over that of the true, <c>‖σs‖/‖z‖ [n]</c>.</summary>
    NormRatio: Tensor
    /// <summary>How the times were drawn, which decides the standard error.</summary>
    Design: Design
}

/// <summary>An objective's share of a band of noise levels.</summary>
type NoiseBin = {
    /// <summary>Lower end of the band, σ/α in data units.</summary>
    From: float
    /// <summary>Upper end, which belongs to the next band.</summary>
    To: float
    /// <summary>What the band adds to the objective's value.</summary>
    Contribution: float
    /// <summary>Standard error of the share.</summary>
    StandardError: float
    /// <summary>Mean loss of the samples in the band; NaN where there is none.</summary>
    Mean: float
    /// <summary>Samples in the band, over all terms.</summary>
    Count: int
}

/// <summary>An objective's value on a batch, as numbers.</summary>
type Report = {
    /// <summary>The objective's name.</summary>
    Name: string
    /// <summary>The scalings of its terms, each once.</summary>
    Scaling: Scaling list
    /// <summary>The value.</summary>
    Value: float
    /// <summary>Its standard error over data, times, noise and probes.</summary>
    StandardError: float
    /// <summary>The shares of the bands of noise levels; they add up to the value.</summary>
    NoiseBins: NoiseBin[]
}
