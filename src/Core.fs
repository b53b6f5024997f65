namespace ScoreFunctional

open DiffSharp

// Models: the score, and the other predictions that a network may make. Conversions: Parameterisation.fs.

/// <summary>A function of points <c>x [n; …]</c> and of one number per point, <c>[n]</c> (float64).</summary>
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

// The forward process, from data at t = 0 to noise at t = 1. Members: Sde.fs.

/// <summary>A diffusion <c>dx = f(x, t)dt + g(t)dw</c> on t in [0, 1], known by its drift and diffusion alone. The marginal of a
/// researcher's own is simulated (<c>Process.simulate</c>), and an objective that needs no transition density trains its score.</summary>
type Process = {
    /// <summary>Name, as a person would type it.</summary>
    Name: string
    /// <summary>Where it is defined.</summary>
    Citation: Citation
    /// <summary>Drift <c>f: x [n; …], t [n] → [n; …]</c>, of any form. <c>Process.linear</c> makes one of a rate.</summary>
    Drift: Field
    /// <summary>Diffusion coefficient <c>g(t)</c>.</summary>
    Diffusion: float -> float
    /// <summary>The prior at t = 1 is taken to be <c>N(0, PriorSigma² I)</c>.</summary>
    PriorSigma: float
    /// <summary>Earliest time of a training draw.</summary>
    TrainFrom: float
    /// <summary>Time at which a sampler stops (then denoises, if it does).</summary>
    SampleTo: float
}

/// <summary>The distribution of <c>x_t</c> given <c>x₀</c> at one time: <c>N(αx₀, σ²I)</c>.</summary>
[<Struct>]
type Marginal = {
    /// <summary>Scale of the data, α.</summary>
    Alpha: float
    /// <summary>Standard deviation of the noise, σ, in data units.</summary>
    Sigma: float
} with

    /// <summary>The noise level <c>σ/α</c>, in data units: the noise-to-signal ratio.</summary>
    member m.Level = m.Sigma / m.Alpha

/// <summary>A process with a Gaussian marginal. Times and functions of time alone are float64.</summary>
type Sde = {
    /// <summary>Its drift and diffusion, which are enough for methods that need no marginal.</summary>
    Process: Process
    /// <summary>The marginal <c>t → α, σ</c>.</summary>
    Marginal: float -> Marginal
    /// <summary>The inverse of the noise level: <c>σ/α → t</c>.</summary>
    TimeOf: float -> float
} with

    /// <summary>The noise level at a time: <c>t → σ/α</c>.</summary>
    member sde.Level: float -> float = fun t -> (sde.Marginal t).Level

    /// <summary>The process's name.</summary>
    member sde.Name = sde.Process.Name

    /// <summary>Where the process is defined.</summary>
    member sde.Citation = sde.Process.Citation

    /// <summary>Drift <c>f: x [n; …], t [n] → [n; …]</c>.</summary>
    member sde.Drift = sde.Process.Drift

    /// <summary>Diffusion coefficient <c>g(t)</c>.</summary>
    member sde.Diffusion = sde.Process.Diffusion

    /// <summary>Standard deviation of the prior <c>N(0, PriorSigma² I)</c> at t = 1.</summary>
    member sde.PriorSigma = sde.Process.PriorSigma

    /// <summary>Earliest time of a training draw.</summary>
    member sde.TrainFrom = sde.Process.TrainFrom

    /// <summary>Time at which a sampler stops.</summary>
    member sde.SampleTo = sde.Process.SampleTo

// The objective: times, a weight and a loss at noised data, added up. Members: Objective.fs.

/// <summary>A distribution of training times: a quantile function, so that every distribution can be drawn in every design.</summary>
type Times = {
    /// <summary>The time at a probability, <c>u → t</c> for u in [0, 1).</summary>
    Quantile: float -> float
    /// <summary>The weight of a time: one, or p(t)/q(t) for draws from q that stand for a distribution p.</summary>
    ImportanceWeight: float -> float
    /// <summary>How the probabilities of a batch are drawn.</summary>
    Design: Design
}

/// <summary>The weight λ(t) of the squared score error at a time, zero or positive.</summary>
type Weighting = float -> float

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
    /// <summary>The key of the loss's own draws: its probes.</summary>
    Key: Key
}

/// <summary>How data are brought to a time.</summary>
type Perturbation = {
    /// <summary>Data <c>x₀ [n; …]</c> at times <c>t [n]</c>, drawn with a key.</summary>
    Draw: Tensor -> Tensor -> Key -> NoisedBatch
    /// <summary>The noise level at a time, <c>t → σ/α</c>.</summary>
    Level: float -> float
}

/// <summary>The values of a loss on a noised batch.</summary>
type LossResult = {
    /// <summary>The loss of each sample, <c>[n]</c>, in units of the squared score: mean over dimensions, no ½, no weight.</summary>
    Value: Tensor
    /// <summary>The score at the noised samples, <c>[n; …]</c>, evaluated on the way to the loss.</summary>
    Score: Tensor
}

/// <summary>The loss of a score at noised samples, before any weight.</summary>
type Loss = Score -> NoisedBatch -> LossResult

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
    /// <summary>Mean or sum over dimensions, with or without ½.</summary>
    Scaling: Scaling
}

/// <summary>A sum of terms, which training minimises. <c>objective.Evaluate score batch key</c> is its value on a
/// batch <c>[n; …]</c>; equal keys give equal values.</summary>
type Objective = {
    /// <summary>Name, with the process and weighting it stands for.</summary>
    Name: string
    /// <summary>Where it is defined.</summary>
    Citation: Citation
    /// <summary>The terms, each on the same batch with randomness of its own.</summary>
    Terms: Term list
}

// Sampling: a step folded over a schedule. Members: Solvers.fs and Samplers.fs.

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

/// <summary>A prediction of the model at an earlier time, for methods that look back.</summary>
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

// Networks and their training. Members: Unet.fs, Mlp.fs, Optimiser.fs and Training.fs.

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
    /// <summary>Step number (from zero), parameters, gradient (or the updates of the optimiser before) and memory,
    /// to the change that is added to the parameters and the memory after.</summary>
    Update: int -> Tensor -> Tensor -> OptimiserState[] -> OptimiserResult
}

/// <summary>The result of an optimiser's update.</summary>
and OptimiserResult = {
    /// <summary>The transformed gradient; at the end of a chain, the change of the parameters, <c>[p]</c>.</summary>
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
    /// <summary>Their exponential moving average <c>[p]</c>, with which samples are drawn.</summary>
    Average: Tensor
    /// <summary>The optimiser's memory.</summary>
    Optimiser: OptimiserState[]
}
