namespace ScoreFunctional.Runs

/// The recipes that a run may start from; every other option changes one part of one of them.
type Preset =
    /// This project's own recipe: the best digits that ten minutes on two cores give.
    | Fast
    /// The NCSN recipe, to the letter: twenty geometric noise levels, constant learning rate, annealed Langevin.
    | Ncsn

/// What a run learns from.
type Dataset =
    /// The MNIST digits, 28 × 28.
    | Mnist
    /// Digits that the project draws itself from pen strokes, 28 × 28.
    | Strokes
    /// A two-dimensional density with a known score: one Gaussian.
    | Gaussian
    /// A two-dimensional density with a known score: eight Gaussians on a circle.
    | EightGaussians
    /// A two-dimensional density with a known score: two interleaved half circles.
    | TwoMoons
    /// A two-dimensional density with a known score: two concentric rings.
    | Rings
    /// A two-dimensional density with a known score: a spiral.
    | SwissRoll
    /// A two-dimensional density with a known score: a bent Gaussian.
    | Banana
    /// A two-dimensional density with a known score: the dark squares of a board.
    | Checkerboard

/// A layer between the blocks at the coarsest resolution in which every place of the image sees every other.
type DenseChoice = {
    /// Channels that each place gives to the layer and gets back.
    Channels: int
    /// Units of its hidden layer.
    Hidden: int
}

/// The convolutional encoder–decoder.
type UnetChoice = {
    /// Blocks of so many pixels squared become channels before the first convolution and pixels again after the last.
    Patch: int
    /// Channels at each resolution, from the finest to the coarsest; each further one halves the resolution.
    Widths: int list
    /// Residual blocks at each resolution but the coarsest, on the way down and again on the way up.
    Blocks: int
    /// Residual blocks at the coarsest resolution.
    Middle: int
    /// Channels in a group of the group normalisation; divides every width.
    GroupSize: int
    /// Width of the embedding of the noise level that modulates every block.
    Embedding: int
    /// The dense layers between the blocks at the coarsest resolution; without them places meet in convolutions only.
    Dense: DenseChoice option
}

/// The fully connected network.
type MlpChoice = {
    /// Units in each hidden layer.
    Width: int
    /// Hidden layers.
    Layers: int
    /// Width of the embedding of log σ that modulates every layer.
    Embedding: int
}

/// A network and its sizes.
type NetworkChoice =
    /// The convolutional encoder–decoder: images only.
    | Unet of config: UnetChoice
    /// The fully connected network: images and points.
    | Mlp of config: MlpChoice

/// The forward process that carries data to noise, and its constants.
type SdeChoice =
    /// Variance exploding: σ(t) = σmin (σmax / σmin)^t.
    | Ve of sigmaMin: float * sigmaMax: float
    /// Variance preserving: β(t) = βmin + (βmax − βmin) t.
    | Vp of betaMin: float * betaMax: float
    /// Sub-variance preserving, with the same β(t).
    | SubVp of betaMin: float * betaMax: float
    /// Karras et al. 2022: σ = t up to σmax, α = 1.
    | Edm of sigmaMin: float * sigmaMax: float

/// How the output of the network becomes a denoiser.
type Preconditioning =
    /// Skip, output and input scaled by σ and the standard deviation of the data (Karras et al. 2022).
    | Karras
    /// The score is the output divided by σ, of a network that is told σ as well (Song et al. 2021, NCSN++).
    | OverSigma
    /// Not a denoiser but an energy, whose gradient is the score: EDM's scalings in an inner product of the network's
    /// input and output (Salimans & Ho 2021).
    | KarrasEnergy
    /// The score is the output divided by σ, of a network that is not told σ (Song & Ermon 2020, technique 3).
    | Ncsnv2

/// How discrete noise levels lie between the largest and the smallest.
type Spacing =
    /// A constant ratio between neighbours.
    | Geometric
    /// A constant difference between neighbours.
    | Uniform

/// What each optimiser step lowers.
type ObjectiveChoice =
    /// Denoising score matching over `count` discrete levels σ, weighted by σ² (Song & Ermon 2019).
    | Levels of count: int * sigmaMax: float * sigmaMin: float * spacing: Spacing
    /// Denoising score matching over continuous time, weighted by the variance (Song et al. 2021).
    | Continuous
    /// Continuous time, weighted by g(t)², the bound on the likelihood (Song et al. 2021).
    | Likelihood
    /// ln σ ~ N(pMean, pStd²), weighted by (σ² + σd²) / (σ σd)² (Karras et al. 2022). Stratified draws give each sample
    /// of a batch a share of the distribution of its own.
    | LogNormal of pMean: float * pStd: float * stratified: bool
    /// As `Continuous`, with the times of a batch in antithetic pairs.
    | Antithetic
    /// As `Likelihood`, with times drawn where they count and weighted back (Song et al. 2021).
    | ImportanceSampled
    /// Continuous time, weighted by min(SNR, gamma) of the predicted data's error (Hang et al. 2023).
    | MinSnr of gamma: float
    /// As `Continuous`, with a control variate at noise levels below a bound, for one more evaluation (Wang et al. 2020).
    | Controlled of below: float
    /// Explicit score matching over continuous time, weighted by the variance: a derivative a dimension (Hyvärinen 2005).
    | Explicit
    /// The same with the divergence estimated along random signs (Hutchinson 1989).
    | Hutchinson
    /// Sliced score matching over continuous time, weighted by the variance, along random signs (Song et al. 2019).
    | Sliced
    /// The same with reduced variance, along normal directions.
    | SlicedReduced
    /// Sliced score matching by finite differences, in steps of so many σ (Pang et al. 2020).
    | Differences of step: float
    /// The same with reduced variance.
    | DifferencesReduced of step: float
    /// That of an F# script, known by the SHA-256 of its text.
    | Script of path: string * sha256: string

/// The learning rate over the run, after the warm-up.
type Decay =
    /// Stays where the warm-up ended.
    | Constant
    /// Falls in a straight line to zero at the horizon.
    | Linear
    /// Falls along half a cosine to zero at the horizon.
    | Cosine

/// The average of the weights that samples are drawn from.
type AverageChoice =
    /// Exponential, with a decay that warms up as (1 + n) / (10 + n), n from 0: the rule of this project's first runs, in which
    /// their checkpoints go on.
    | Exponential of decay: float
    /// The same with n from 1, as in Song et al. 2021's code.
    | Warmed of decay: float
    /// β = (1 − 1 / n)^(1 + γ) at step n: as wide at every point of a run, relative to its length (Karras et al. 2024).
    | Power of gamma: float

/// Muon for the inner convolutions (Jordan et al. 2024), at the learning rate and weight decay of the others.
type OrthogonalChoice = {
    /// Decay of the mean of the gradient.
    Momentum: float
    /// Size of a change: 0.2 is that of AdamW's.
    Scale: float
    /// Iterations of Newton and Schulz.
    Iterations: int
}

/// AdamW with clipping, warm-up, decay and an average of the weights; Muon for convolutions if asked.
type OptimiserChoice = {
    /// The largest learning rate.
    LearningRate: float
    /// Decay of the mean of the gradient.
    Beta1: float
    /// Decay of the mean of its square.
    Beta2: float
    /// Added to the root of that mean.
    Epsilon: float
    /// Decoupled weight decay, multiplied by the learning rate.
    WeightDecay: float
    /// The largest global norm of a gradient.
    Clip: float
    /// Steps over which the learning rate rises in a straight line from zero; at most the horizon.
    WarmUp: int
    /// The course of the learning rate after that.
    Decay: Decay
    /// The average of the weights.
    Average: AverageChoice
    /// How the inner convolutions are changed, if not as the others.
    Orthogonal: OrthogonalChoice option
}

/// How long a run lasts.
type Length =
    /// This many optimiser steps.
    | Steps of count: int
    /// As many steps as this many minutes hold, measured once at the start of the run and then kept.
    | Minutes of minutes: float

/// How samples are drawn, and in how many steps.
type SamplerChoice =
    /// Second-order sampler over the noise levels of Karras et al. 2022, 2 steps − 1 evaluations: deterministic for a
    /// churn of zero, else with fresh noise, `churn / steps` of each level, put in before each step.
    | Heun of steps: int * churn: float
    /// The probability-flow equation by Euler's method over the same levels: one evaluation a step.
    | Euler of steps: int
    /// The reverse-time stochastic equation by Euler–Maruyama: one evaluation a step.
    | EulerMaruyama of steps: int
    /// Annealed Langevin dynamics from N(0, start²): `steps` moves of size β σ² at each noise level, then one denoising.
    /// The levels are the objective's where it has them, else twenty geometric ones over the process's range.
    | AnnealedLangevin of steps: int * beta: float * start: float
    /// A sampler of the core's table by its name, with the table's settings.
    | Named of name: string * steps: int
    /// The same with one of the settings that the core's table lists at another value.
    | Tuned of name: string * steps: int * setting: string * value: float

/// How the log-density of a sample is found: by the probability flow, with Rademacher probes of the divergence.
type LikelihoodChoice = {
    /// The noise level σ/α at which the flow begins.
    Level: float
    /// Probes of each sample.
    Probes: int
    /// What a step of the solver may err by, in widths of the noise.
    Tolerance: float
}

/// A network that is told the class of each image.
type LabelChoice = {
    /// The share of labels that training forgets, so that the network learns to do without.
    Dropout: float
}

/// Everything that decides the outcome of a run. The command line, the API and a checkpoint all speak of a run in it.
type RunSpec = {
    /// Version of this record; a reader refuses any other.
    Version: int
    /// What the run learns from.
    Dataset: Dataset
    /// The recipe that the run started from.
    Preset: Preset
    /// The network.
    Network: NetworkChoice
    /// The forward process.
    Sde: SdeChoice
    /// How the output of the network becomes a denoiser.
    Preconditioning: Preconditioning
    /// Standard deviation of the data that preconditioning and weighting assume, in data units.
    SigmaData: float
    /// The loss.
    Objective: ObjectiveChoice
    /// The optimiser.
    Optimiser: OptimiserChoice
    /// Samples in one optimiser step.
    BatchSize: int
    /// Length of the run.
    Length: Length
    /// The seed that every random number of the run derives from.
    Seed: int64
    /// How samples are drawn unless the person who samples says otherwise.
    Sampler: SamplerChoice
    /// Classes, for a network that is told them; absent from the specification of one that is not.
    Labels: LabelChoice option
}
