namespace ScoreFunctional

open DiffSharp

/// <summary>Where a definition was published. Every process, objective and sampler carries its own.</summary>
type Citation = {
    /// <summary>A short handle, for instance <c>song2021sde</c>.</summary>
    Id: string
    /// <summary>Family names of the authors, in the order of the paper.</summary>
    Authors: string
    /// <summary>Title of the paper.</summary>
    Title: string
    /// <summary>Journal, conference or preprint number.</summary>
    Venue: string
    /// <summary>Year of publication.</summary>
    Year: int
    /// <summary>The place inside it: an equation, algorithm, section or table.</summary>
    Place: string
}

/// <summary>The address of random numbers (Philox4x32-10, Salmon et al. 2011). The 64-bit key is the run and the
/// purpose; step and sample are parts of the counter, so that a sample sees the same numbers in any batch.</summary>
[<Struct>]
type Key = {
    /// <summary>Low half of the Philox key.</summary>
    Word0: uint32
    /// <summary>High half of the Philox key.</summary>
    Word1: uint32
    /// <summary>Step of the run (a training step, a sampler's move).</summary>
    Step: uint32
    /// <summary>Index of the first sample of a batch: row <c>k</c> of a draw belongs to sample <c>First + k</c>.</summary>
    First: uint64
}

/// <summary>A function of points <c>x [n; …]</c> and of one number a point, <c>[n]</c> (float64).</summary>
type Field = Tensor -> Tensor -> Tensor

/// <summary>The score <c>x [n; …], t [n] → ∇ₓ log p_t(x) [n; …]</c> of the marginal of a process at time t in [0, 1].</summary>
type Score = Score of Field

/// <summary>The posterior mean <c>x [n; …], σ [n] → E[x₀ | x₀ + σz = x]</c>, σ in data units: the same for every process.</summary>
type Denoiser = Denoiser of Field

/// <summary>The posterior mean <c>x_t [n; …], t [n] → E[x₀ | x_t]</c> in the coordinates of a process.</summary>
type DataPrediction = DataPrediction of Field

/// <summary>The predicted noise <c>x_t, t → E[ε | x_t]</c> of <c>x_t = αx₀ + σε</c>; <c>ε = −σs</c>.</summary>
type Noise = Noise of Field

/// <summary>The v-prediction <c>x_t, t → E[αε − σx₀ | x_t]</c> (Salimans and Ho 2022, section 4).</summary>
type Velocity = Velocity of Field

/// <summary>An energy <c>x [n; …], t [n] → E [n]</c>, the negative log-density up to a constant; <c>s = −∇ₓE</c>.</summary>
type Energy = Energy of Field

/// <summary>The distribution of <c>x_t</c> given <c>x₀</c>: <c>N(αx₀, σ²I)</c>, a pair for each time (<c>[n]</c> each).</summary>
type Marginal = {
    /// <summary>Scale of the data, α(t).</summary>
    Alpha: Tensor
    /// <summary>Standard deviation of the noise, σ(t), in data units.</summary>
    Sigma: Tensor
}

/// <summary>A diffusion <c>dx = f(x, t)dt + g(t)dw</c> on t in [0, 1] of which nothing is known but its drift and diffusion:
/// a researcher's own. Its marginal is simulated (<c>Process.simulate</c>), and an objective that needs no transition
/// density trains its score. Times are float64 <c>[n]</c>.</summary>
type Process = {
    /// <summary>Name, as a person would type it.</summary>
    Name: string
    /// <summary>Where it is defined.</summary>
    Citation: Citation
    /// <summary>Drift <c>f: x [n; …], t [n] → [n; …]</c>, of any form.</summary>
    Drift: Tensor -> Tensor -> Tensor
    /// <summary>Diffusion coefficient <c>g: t [n] → [n]</c>.</summary>
    Diffusion: Tensor -> Tensor
    /// <summary>The prior at t = 1 is taken to be <c>N(0, PriorSigma² I)</c>.</summary>
    PriorSigma: float
    /// <summary>Earliest time of a training draw.</summary>
    TrainFrom: float
    /// <summary>Time at which a sampler stops.</summary>
    SampleTo: float
}

/// <summary>A forward process <c>dx = f(x, t)dt + g(t)dw</c> on t in [0, 1] with a Gaussian marginal. Times and what
/// is computed of them alone are float64 <c>[n]</c>.</summary>
type Sde = {
    /// <summary>Name, as a person would type it.</summary>
    Name: string
    /// <summary>Where it is defined.</summary>
    Citation: Citation
    /// <summary>Drift <c>f: x [n; …], t [n] → [n; …]</c>.</summary>
    Drift: Tensor -> Tensor -> Tensor
    /// <summary>Diffusion coefficient <c>g: t [n] → [n]</c>.</summary>
    Diffusion: Tensor -> Tensor
    /// <summary>Marginal <c>t [n] → α, σ</c>.</summary>
    Marginal: Tensor -> Marginal
    /// <summary>The inverse of the noise-to-signal ratio: <c>σ/α [n] → t [n]</c>.</summary>
    TimeOf: Tensor -> Tensor
    /// <summary>The prior at t = 1 is <c>N(0, PriorSigma² I)</c>.</summary>
    PriorSigma: float
    /// <summary>Earliest time of a training draw.</summary>
    TrainFrom: float
    /// <summary>Time at which a sampler stops (then denoises, if it does).</summary>
    SampleTo: float
} with

    /// <summary>Its drift and diffusion alone: for what needs no marginal.</summary>
    member sde.Process: Process = {
        Name = sde.Name
        Citation = sde.Citation
        Drift = sde.Drift
        Diffusion = sde.Diffusion
        PriorSigma = sde.PriorSigma
        TrainFrom = sde.TrainFrom
        SampleTo = sde.SampleTo
    }

/// <summary>One move of a schedule, from one time to the next. Times are those of the sampler's process.</summary>
type TimeStep = {
    /// <summary>Time before the move.</summary>
    From: float
    /// <summary>Time after the move.</summary>
    To: float
    /// <summary>Index of the move, from zero.</summary>
    Index: int
    /// <summary>Number of moves in the schedule.</summary>
    Count: int
}

/// <summary>What the model predicted at an earlier time of the way, for methods that look back.</summary>
type Prediction = {
    /// <summary>The time of the prediction.</summary>
    Time: float
    /// <summary>The predicted data <c>x̂₀ [n; …]</c>.</summary>
    Data: Tensor
}

/// <summary>Where a sampler stands.</summary>
type State = {
    /// <summary>The points <c>[n; …]</c>.</summary>
    X: Tensor
    /// <summary>Evaluations of the score so far.</summary>
    Nfe: int
    /// <summary>Earlier predictions, the latest first; as many as the step looks back on, and none for most. A wrapper
    /// that carries X far from where they were made may empty it: the method then starts anew.</summary>
    History: Prediction list
}

/// <summary>One move of a sampler. Churn, correctors, guidance and observation are functions from step to step.</summary>
type Step = Key -> TimeStep -> State -> State

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

/// <summary>A sampler: a schedule and the step that is folded over it.</summary>
type Sampler = {
    /// <summary>Name, as a person would type it.</summary>
    Name: string
    /// <summary>Where it is defined.</summary>
    Citation: Citation
    /// <summary>Stated order; tests measure it.</summary>
    Order: Order
    /// <summary>Which models it takes.</summary>
    Requires: Requires
    /// <summary>Steps under a process when nobody says otherwise. With them the standard deviation of samples of an exact score is
    /// within 5 % of the data's, on data about as wide as images in [−1, 1].</summary>
    DefaultSteps: Sde -> int
    /// <summary>Evaluations of the score.</summary>
    Evaluations: Evaluations
    /// <summary>The schedule for a process and a number of steps.</summary>
    Schedule: Sde -> int -> TimeStep[]
    /// <summary>The standard deviation of the normal distribution that a schedule starts from.</summary>
    Start: Sde -> TimeStep[] -> float
    /// <summary>The step for a process and a score.</summary>
    Step: Sde -> Score -> Step
}

/// <summary>What a sampler returns.</summary>
type SampleResult = {
    /// <summary>The samples <c>[n; …]</c>.</summary>
    X: Tensor
    /// <summary>Evaluations of the score, each on the whole batch.</summary>
    Nfe: int
    /// <summary>The states that were asked for, the first before any move, the last after all.</summary>
    Trace: Tensor[]
}

/// <summary>How a parameter starts.</summary>
[<RequireQualifiedAccess>]
type Initial =
    /// <summary>Independent normal draws of this standard deviation.</summary>
    | Normal of float
    /// <summary>Independent uniform draws on [−bound, bound].</summary>
    | Uniform of float
    /// <summary>One value everywhere.</summary>
    | Constant of float

/// <summary>A named parameter: one slice of the flat vector.</summary>
type Parameter = {
    /// <summary>Dotted name, as a PyTorch <c>state_dict</c> has it.</summary>
    Name: string
    /// <summary>Shape of the tensor.</summary>
    Shape: int[]
    /// <summary>How it starts.</summary>
    Initial: Initial
}

/// <summary>A network: a table of shapes and a pure function of one flat parameter vector.</summary>
type Network = {
    /// <summary>Name, with its size.</summary>
    Name: string
    /// <summary>Where its architecture comes from.</summary>
    Citation: Citation
    /// <summary>Parameters in the order in which they lie in the flat vector.</summary>
    Parameters: Parameter[]
    /// <summary>Flat parameters <c>[p]</c> to the raw network <c>x [n; …], c [n] → [n; …]</c>, where
    /// <c>c = ¼ ln σ</c> is the noise label. Bind once, apply many times.</summary>
    Apply: Tensor -> Field
}

/// <summary>The class of each sample of a batch, counted from zero, or none.</summary>
type Labels = int option[]

/// <summary>A network that is told the class of each sample, or none.</summary>
type ConditionalNetwork = {
    /// <summary>How many classes there are.</summary>
    Classes: int
    /// <summary>The same network when no sample has a class; its table of parameters is that of both.</summary>
    Network: Network
    /// <summary>Flat parameters <c>[p]</c> and a label for each sample to the raw network, as <c>Network.Apply</c>.</summary>
    ApplyLabelled: Tensor -> Labels -> Field
}

/// <summary>A named flat tensor of an optimiser's memory, as a checkpoint holds it.</summary>
type OptimiserState = {
    /// <summary>Name, unique in its optimiser.</summary>
    Name: string
    /// <summary>Value, as long as the parameter vector or a single number.</summary>
    Value: Tensor
}

/// <summary>An optimiser: a pair of pure functions on the flat vector. Optimisers compose by a fold.</summary>
type Optimiser = {
    /// <summary>Memory for parameters <c>[p]</c> before the first step.</summary>
    Init: Tensor -> OptimiserState[]
    /// <summary>Step number (from zero), parameters, gradient (or what the optimiser before made of it) and memory,
    /// to the change that is added to the parameters and the memory after.</summary>
    Update: int -> Tensor -> Tensor -> OptimiserState[] -> OptimiserResult
}

/// <summary>What an optimiser answers.</summary>
and OptimiserResult = {
    /// <summary>The transformed gradient, and at the end of a chain what is added to the parameters, <c>[p]</c>.</summary>
    Updates: Tensor
    /// <summary>The memory after the step.</summary>
    State: OptimiserState[]
}

/// <summary>Everything that training knows between two steps.</summary>
type TrainState = {
    /// <summary>Steps done.</summary>
    Step: int
    /// <summary>Flat parameters <c>[p]</c>.</summary>
    Parameters: Tensor
    /// <summary>Their exponential moving average <c>[p]</c>; what samples are drawn with.</summary>
    Average: Tensor
    /// <summary>The optimiser's memory.</summary>
    Optimiser: OptimiserState[]
}

/// <summary>What a training step measured.</summary>
type Metrics = {
    /// <summary>Steps done after this one.</summary>
    Step: int
    /// <summary>The objective's loss.</summary>
    Loss: float
    /// <summary>Euclidean norm of the gradient before any clipping.</summary>
    GradientNorm: float
    /// <summary>The loss of each sample.</summary>
    PerSample: float[]
    /// <summary>The noise level of each sample, in data units.</summary>
    Sigma: float[]
    /// <summary>Predicted over true noise norm, of each sample.</summary>
    NormRatio: float[]
}
