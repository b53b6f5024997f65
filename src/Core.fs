namespace ScoreFunctional

open DiffSharp

// The vocabulary of the library on one page, in the order of a paper. The file that holds each type's functions is named beside it.

// Models: the score, and the other predictions that a network may make. Conversions: Parameterisation.fs.

/// <summary>A function of points <c>x [n; …]</c> and one float64 number per point, <c>[n]</c>.</summary>
type Field = Tensor -> Tensor -> Tensor

/// <summary>The score <c>x [n; …], t [n] → ∇ₓ log p_t(x) [n; …]</c> of the marginal of a process at time t in [0, 1].</summary>
type Score = Score of Field

/// <summary>The posterior mean <c>x [n; …], σ [n] → E[x₀ | x₀ + σz = x]</c>, σ in data units. It does not depend on the process.</summary>
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

/// <summary>A diffusion <c>dx = f(x, t)dt + g(t)dw</c> on t in [0, 1], given by its drift and diffusion alone. Where the marginal has
/// no closed form, <c>Process.simulate</c> draws from it, and objectives that need no transition density train the score.</summary>
type Process = {
    /// <summary>Name, as typed on the command line.</summary>
    Name: string
    /// <summary>The publication that defines it.</summary>
    Citation: Citation
    /// <summary>Drift <c>f: x [n; …], t [n] → [n; …]</c>, of any form. <c>Process.linear</c> makes a linear one.</summary>
    Drift: Field
    /// <summary>Diffusion coefficient <c>g(t)</c>.</summary>
    Diffusion: float -> float
    /// <summary>Standard deviation of the prior <c>N(0, PriorSigma² I)</c>, which stands in for the marginal at t = 1.</summary>
    PriorSigma: float
    /// <summary>Earliest time drawn in training.</summary>
    TrainFrom: float
    /// <summary>Time at which a sampler stops; most samplers then denoise.</summary>
    SampleTo: float
}

/// <summary>The distribution of <c>x_t</c> given <c>x₀</c> at a time t: <c>N(αx₀, σ²I)</c>.</summary>
[<Struct>]
type Marginal = {
    /// <summary>The scale of the data, α.</summary>
    Alpha: float
    /// <summary>The standard deviation of the noise, σ, in data units.</summary>
    Sigma: float
} with

    /// <summary>The noise level <c>σ/α</c>, in data units: the noise-to-signal ratio.</summary>
    member m.Level = m.Sigma / m.Alpha

/// <summary>A process with a Gaussian marginal in closed form. Times and functions of time are float64.</summary>
type Sde = {
    /// <summary>Drift and diffusion, for methods that need no marginal.</summary>
    Process: Process
    /// <summary>The marginal <c>t → α, σ</c>.</summary>
    Marginal: float -> Marginal
    /// <summary>The inverse of the noise level: <c>σ/α → t</c>.</summary>
    TimeOf: float -> float
} with

    /// <summary>The noise level at a time: <c>t → σ/α</c>.</summary>
    member sde.Level: float -> float = fun t -> (sde.Marginal t).Level

    /// <summary>Name, as typed on the command line.</summary>
    member sde.Name = sde.Process.Name

    /// <summary>The publication that defines it.</summary>
    member sde.Citation = sde.Process.Citation

    /// <summary>Drift <c>f: x [n; …], t [n] → [n; …]</c>.</summary>
    member sde.Drift = sde.Process.Drift

    /// <summary>Diffusion coefficient <c>g(t)</c>.</summary>
    member sde.Diffusion = sde.Process.Diffusion

    /// <summary>Standard deviation of the prior <c>N(0, PriorSigma² I)</c> at t = 1.</summary>
    member sde.PriorSigma = sde.Process.PriorSigma

    /// <summary>Earliest time drawn in training.</summary>
    member sde.TrainFrom = sde.Process.TrainFrom

    /// <summary>Time at which a sampler stops.</summary>
    member sde.SampleTo = sde.Process.SampleTo

// The objective: a sum of terms, each a distribution of times, a weight and a loss on noised data. Members: Objective.fs.

/// <summary>A distribution of training times, given by its quantile function so that every sampling design applies to it.</summary>
type Times = {
    /// <summary>The quantile function, <c>u → t</c> for u in [0, 1).</summary>
    Quantile: float -> float
    /// <summary>The importance weight of a time: p(t)/q(t) where draws from q estimate an expectation under p, otherwise 1.</summary>
    ImportanceWeight: float -> float
    /// <summary>The sampling design of a batch.</summary>
    Design: Design
}

/// <summary>The weight <c>λ(t) ≥ 0</c> of the squared score error at a time.</summary>
type Weighting = float -> float

/// <summary>A noised batch: <c>x = αx₀ + σz</c>, or a simulated x.</summary>
type NoisedBatch = {
    /// <summary>The data <c>[n; …]</c>.</summary>
    X0: Tensor
    /// <summary>The noised data <c>[n; …]</c>.</summary>
    X: Tensor
    /// <summary>Standard normal noise <c>[n; …]</c>. NaN where x is simulated: a loss that needs the transition density is then NaN.</summary>
    Z: Tensor
    /// <summary>The time of each sample, <c>[n]</c>.</summary>
    T: Tensor
    /// <summary>The scale of the data at that time, <c>α [n]</c>.</summary>
    Alpha: Tensor
    /// <summary>The standard deviation of the noise at that time, <c>σ [n]</c>. Where x is simulated, <c>σ² = ∫g²</c>.</summary>
    Sigma: Tensor
    /// <summary>The key from which the loss draws its probes.</summary>
    Key: Key
}

/// <summary>A way to noise data.</summary>
type Perturbation = {
    /// <summary>Noises data <c>x₀ [n; …]</c> to times <c>t [n]</c> with a key.</summary>
    Draw: Tensor -> Tensor -> Key -> NoisedBatch
    /// <summary>The noise level at a time, <c>t → σ/α</c>.</summary>
    Level: float -> float
}

/// <summary>The result of a loss on a noised batch.</summary>
type LossResult = {
    /// <summary>The loss of each sample, <c>[n]</c>, in units of the squared score: mean over dimensions, no ½, no weight.</summary>
    Value: Tensor
    /// <summary>The score at the noised samples, <c>[n; …]</c>.</summary>
    Score: Tensor
}

/// <summary>The unweighted loss of a score on a noised batch.</summary>
type Loss = Score -> NoisedBatch -> LossResult

/// <summary>One term of an objective: <c>factor · E_t λ(t) E loss(s; x_t, t)</c> under a process.</summary>
type Term = {
    /// <summary>The factor of the term in the sum.</summary>
    Factor: float
    /// <summary>The way to noise the data.</summary>
    Perturbation: Perturbation
    /// <summary>The distribution of the times.</summary>
    Times: Times
    /// <summary>The weight λ.</summary>
    Weighting: Weighting
    /// <summary>The loss.</summary>
    Loss: Loss
    /// <summary>The reduction over dimensions: mean or sum, with or without ½.</summary>
    Reduction: Reduction
}

/// <summary>A sum of terms that training minimises. <c>objective.Evaluate score batch key</c> is its value on a
/// batch <c>[n; …]</c>; equal keys give equal values.</summary>
type Objective = {
    /// <summary>Name, with the process and weighting.</summary>
    Name: string
    /// <summary>The publication that defines it.</summary>
    Citation: Citation
    /// <summary>The terms. All see the same batch; each draws its own times and noise.</summary>
    Terms: Term list
}

// Sampling: a step folded over a schedule. Members: Solvers.fs and Samplers.fs.

/// <summary>One step of a schedule, from a time of the process to the next.</summary>
type TimeStep = {
    /// <summary>Time before the step.</summary>
    From: float
    /// <summary>Time after the step.</summary>
    To: float
    /// <summary>Index of the step, from zero.</summary>
    Index: int
    /// <summary>Number of steps in the schedule.</summary>
    Count: int
}

/// <summary>An earlier prediction of the model, for multistep methods.</summary>
type Prediction = {
    /// <summary>The time of the prediction.</summary>
    Time: float
    /// <summary>The predicted data <c>x̂₀ [n; …]</c>.</summary>
    Data: Tensor
}

/// <summary>The state of a sampler between two steps.</summary>
type State = {
    /// <summary>The points <c>[n; …]</c>.</summary>
    X: Tensor
    /// <summary>Evaluations of the score so far.</summary>
    Nfe: int
    /// <summary>Earlier predictions, the latest first, as many as a multistep method uses; empty for one-step methods. A wrapper
    /// that moves X far from them may empty the list: the method then restarts.</summary>
    History: Prediction list
}

/// <summary>One step of a sampler. Churn, correctors and observations are functions from step to step.</summary>
type Step = Key -> TimeStep -> State -> State

/// <summary>A sampler: a schedule and a step that is folded over it.</summary>
type Sampler = {
    /// <summary>Name, as typed on the command line.</summary>
    Name: string
    /// <summary>The publication that defines it.</summary>
    Citation: Citation
    /// <summary>The order of convergence; tests measure it.</summary>
    Order: Order
    /// <summary>The models that it accepts.</summary>
    Requires: Requires
    /// <summary>The default number of steps under a process. With an exact score, and data about as wide as images in [−1, 1],
    /// the standard deviation of the samples is then within 5 % of the data's.</summary>
    DefaultSteps: Sde -> int
    /// <summary>The number of evaluations of the score.</summary>
    Evaluations: Evaluations
    /// <summary>The schedule for a process and a number of steps.</summary>
    Schedule: Sde -> int -> TimeStep[]
    /// <summary>The standard deviation of the normal distribution from which sampling starts.</summary>
    InitialSigma: Sde -> TimeStep[] -> float
    /// <summary>The step for a process and a score.</summary>
    Step: Sde -> Score -> Step
}

// Networks and their training. Members: Unet.fs, Mlp.fs, Optimiser.fs and Training.fs.

/// <summary>A named parameter: one slice of the flat vector of parameters.</summary>
type Parameter = {
    /// <summary>Dotted name, as in a PyTorch <c>state_dict</c>.</summary>
    Name: string
    /// <summary>Shape of the tensor.</summary>
    Shape: int[]
    /// <summary>The initial value.</summary>
    Initial: Initial
}

/// <summary>A network: a list of parameters and a pure function of their flat vector.</summary>
type Network = {
    /// <summary>Name, with the number of parameters.</summary>
    Name: string
    /// <summary>The publication of its architecture.</summary>
    Citation: Citation
    /// <summary>Parameters, in the order of the flat vector.</summary>
    Parameters: Parameter[]
    /// <summary>Flat parameters <c>[p]</c> to the raw network <c>x [n; …], c [n] → [n; …]</c>, where
    /// <c>c = ¼ ln σ</c> is the noise label. Bind the parameters once and apply the field many times.</summary>
    Apply: Tensor -> Field
}

/// <summary>One named flat tensor of the state of an optimiser.</summary>
type OptimiserState = {
    /// <summary>Name, unique in its optimiser.</summary>
    Name: string
    /// <summary>Value: as long as the parameter vector, or a single number.</summary>
    Value: Tensor
}

/// <summary>An optimiser: a pair of pure functions on the flat vector, as in optax. <c>Optimiser.chain</c> composes them.</summary>
type Optimiser = {
    /// <summary>The state for parameters <c>[p]</c> before the first step.</summary>
    Init: Tensor -> OptimiserState[]
    /// <summary>Step number (from zero), parameters, gradient (or the updates of the previous optimiser in a chain) and state,
    /// to the updates and the next state.</summary>
    Update: int -> Tensor -> Tensor -> OptimiserState[] -> OptimiserResult
}

/// <summary>The result of an optimiser's update.</summary>
and OptimiserResult = {
    /// <summary>The transformed gradient <c>[p]</c>. At the end of a chain, training adds it to the parameters.</summary>
    Updates: Tensor
    /// <summary>The next state.</summary>
    State: OptimiserState[]
}

/// <summary>The state of training between two steps.</summary>
type TrainState = {
    /// <summary>Steps done.</summary>
    Step: int
    /// <summary>Flat parameters <c>[p]</c>.</summary>
    Parameters: Tensor
    /// <summary>The moving average of the parameters <c>[p]</c>, used for sampling.</summary>
    Average: Tensor
    /// <summary>The state of the optimiser.</summary>
    Optimiser: OptimiserState[]
}
