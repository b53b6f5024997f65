namespace ScoreFunctional

// The closed unions that the types of Core.fs refer to.

/// <summary>The sampling design of the times of one batch. The distribution of each single time is the same in all.</summary>
[<RequireQualifiedAccess>]
type Design =
    /// <summary>Independent draws.</summary>
    | Independent
    /// <summary>Row i of n takes the probability (i + u)/n, with one u per batch: the batch covers the distribution evenly.</summary>
    | Stratified
    /// <summary>Samples 2k and 2k + 1 take the probabilities u and 1 − u.</summary>
    | Antithetic

/// <summary>How a loss reduces over the dimensions of a sample. The choice changes the scale of the loss, and so the learning rate
/// to use with it, but not the minimiser.</summary>
[<RequireQualifiedAccess>]
type Reduction =
    /// <summary>Mean over dimensions, no ½: <c>(1/D)(‖s‖² + 2∇·s)</c>. The default.</summary>
    | Mean
    /// <summary>Mean over dimensions, with ½.</summary>
    | HalfMean
    /// <summary>Sum over dimensions, no ½, as in the Fisher divergence.</summary>
    | Sum
    /// <summary>Sum over dimensions, with ½: <c>½‖s‖² + ∇·s</c> (Hyvärinen 2005; Song and Ermon 2019).</summary>
    | HalfSum

/// <summary>How a sampler's error falls with its step size.</summary>
[<RequireQualifiedAccess>]
type Order =
    /// <summary>An ODE method of this order.</summary>
    | Deterministic of int
    /// <summary>An SDE method of these strong and weak orders.</summary>
    | Stochastic of strong: float * weak: float
    /// <summary>A Markov chain whose stationary distribution is biased, with a bias of this order in the size of its moves. That size
    /// is a constant of the sampler: more steps alone do not reduce the bias.</summary>
    | Stationary of bias: int

/// <summary>The number of evaluations of the score (NFE) that a sampler needs.</summary>
[<RequireQualifiedAccess>]
type Evaluations =
    /// <summary>A function of the number of steps: its formula as text, and the function.</summary>
    | Counted of formula: string * count: (int -> int)
    /// <summary>Determined by a tolerance. The number of steps is then the number of intervals into which the time range is
    /// divided.</summary>
    | Adaptive of tolerance: string

/// <summary>The models that a sampler accepts.</summary>
[<RequireQualifiedAccess>]
type Requires =
    /// <summary>A score under any process with a Gaussian marginal.</summary>
    | AnySde
    /// <summary>A score under a process that leaves the data unscaled, <c>α = 1</c>: VE and EDM.</summary>
    | UnscaledData

/// <summary>The initial value of a parameter.</summary>
[<RequireQualifiedAccess>]
type Initial =
    /// <summary>Independent normal draws of this standard deviation.</summary>
    | Normal of float
    /// <summary>Independent uniform draws on [−bound, bound].</summary>
    | Uniform of float
    /// <summary>One value everywhere.</summary>
    | Constant of float
