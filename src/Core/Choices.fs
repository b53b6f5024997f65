namespace ScoreFunctional

// Closed choices and facts that the words of Core.fs mention.

/// <summary>How the times of one batch are drawn together. The distribution of each single time is the same.</summary>
[<RequireQualifiedAccess>]
type Design =
    /// <summary>Each on its own.</summary>
    | Independent
    /// <summary>Row i of n takes the probability (i + u)/n, one u for the batch: the batch covers the distribution evenly.</summary>
    | Stratified
    /// <summary>Samples 2k and 2k + 1 take the probabilities u and 1 − u.</summary>
    | Antithetic

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

/// <summary>How a sampler's error falls with its step size.</summary>
[<RequireQualifiedAccess>]
type Order =
    /// <summary>An ODE method of this order.</summary>
    | Deterministic of int
    /// <summary>An SDE method of these strong and weak orders.</summary>
    | Stochastic of strong: float * weak: float
    /// <summary>A Markov chain with a stationary distribution of its own; bias of this order in the size of its moves, which is
    /// a constant of the sampler: more steps alone do not make it smaller.</summary>
    | Stationary of bias: int

/// <summary>How many evaluations of the score a sampler takes.</summary>
[<RequireQualifiedAccess>]
type Evaluations =
    /// <summary>As many as follow from the number of steps: the formula in words, and as a function.</summary>
    | Counted of formula: string * count: (int -> int)
    /// <summary>As many as a tolerance asks for; the number of steps is that of the parts of the way.</summary>
    | Adaptive of tolerance: string

/// <summary>Which models a sampler takes.</summary>
[<RequireQualifiedAccess>]
type Requires =
    /// <summary>A score under any process with a Gaussian marginal.</summary>
    | AnySde
    /// <summary>A score under a process that adds noise and leaves the data unscaled, <c>α = 1</c>: VE and EDM.</summary>
    | UnscaledData

/// <summary>How a parameter starts.</summary>
[<RequireQualifiedAccess>]
type Initial =
    /// <summary>Independent normal draws of this standard deviation.</summary>
    | Normal of float
    /// <summary>Independent uniform draws on [−bound, bound].</summary>
    | Uniform of float
    /// <summary>One value everywhere.</summary>
    | Constant of float
