namespace ScoreFunctional.Host;

/// <summary>What a model learns from.</summary>
public enum DatasetKind
{
    /// <summary>The MNIST digits, 28 × 28.</summary>
    Mnist,

    /// <summary>Digits that the project draws itself, 28 × 28: needs no files.</summary>
    Strokes,

    /// <summary>Points of the plane: one Gaussian.</summary>
    Gaussian,

    /// <summary>Points of the plane: eight Gaussians on a circle.</summary>
    EightGaussians,

    /// <summary>Points of the plane: two interleaved half circles.</summary>
    TwoMoons,

    /// <summary>Points of the plane: two concentric rings.</summary>
    Rings,

    /// <summary>Points of the plane: a spiral.</summary>
    SwissRoll,

    /// <summary>Points of the plane: a bent Gaussian.</summary>
    Banana,

    /// <summary>Points of the plane: the dark squares of a board.</summary>
    Checkerboard,
}

/// <summary>The recipe that a training run starts from.</summary>
public enum PresetKind
{
    /// <summary>This project's own recipe: the best digits that ten minutes on two cores give.</summary>
    Fast,

    /// <summary>The NCSN recipe, to the letter.</summary>
    Ncsn,
}

/// <summary>The networks.</summary>
public enum NetworkKind
{
    /// <summary>The convolutional encoder–decoder: images only.</summary>
    Unet,

    /// <summary>Three fully connected layers: images and points.</summary>
    Mlp,
}

/// <summary>The forward processes.</summary>
public enum SdeKind
{
    /// <summary>Variance exploding.</summary>
    Ve,

    /// <summary>Variance preserving.</summary>
    Vp,

    /// <summary>Sub-variance preserving.</summary>
    SubVp,

    /// <summary>Noise of standard deviation t added to the data (Karras et al. 2022).</summary>
    Edm,
}

/// <summary>The objectives: what each optimiser step lowers.</summary>
public enum ObjectiveKind
{
    /// <summary>Denoising at a table of noise levels.</summary>
    Levels,

    /// <summary>Denoising over continuous time, every noise level alike.</summary>
    Continuous,

    /// <summary>The same with times in antithetic pairs.</summary>
    Antithetic,

    /// <summary>Denoising over continuous time, weighted so as to bound the likelihood.</summary>
    Likelihood,

    /// <summary>The same with times drawn where they count.</summary>
    ImportanceSampled,

    /// <summary>Denoising over continuous time with min-SNR weights.</summary>
    MinSnr,

    /// <summary>Denoising at log-normal noise levels, in strata (Karras et al. 2022).</summary>
    LogNormal,

    /// <summary>Denoising with a control variate at small noise.</summary>
    Controlled,

    /// <summary>Explicit score matching: a derivative a dimension.</summary>
    Explicit,

    /// <summary>Explicit score matching with Hutchinson's estimate of the divergence.</summary>
    Hutchinson,

    /// <summary>Sliced score matching.</summary>
    Sliced,

    /// <summary>Sliced score matching with reduced variance.</summary>
    SlicedReduced,

    /// <summary>Sliced score matching by finite differences.</summary>
    Differences,

    /// <summary>Sliced score matching with reduced variance by finite differences.</summary>
    DifferencesReduced,
}

/// <summary>What a network stands for.</summary>
public enum ModelKind
{
    /// <summary>A score, by way of a denoiser.</summary>
    Score,

    /// <summary>An energy, whose negative gradient is the score.</summary>
    Energy,
}

/// <summary>The samplers.</summary>
public enum SamplerKind
{
    /// <summary>First-order deterministic: one evaluation a step.</summary>
    Euler,

    /// <summary>Second-order deterministic: few steps, two evaluations each.</summary>
    Heun,

    /// <summary>Heun's method with fresh noise put in before each step.</summary>
    HeunChurn,

    /// <summary>First-order deterministic exponential integrator.</summary>
    Ddim,

    /// <summary>Second-order deterministic multistep: few steps, one evaluation each.</summary>
    DpmSolver2m,

    /// <summary>Third-order deterministic multistep with corrector: few steps, one evaluation each.</summary>
    Unipc,

    /// <summary>Fifth-order deterministic with steps that a tolerance chooses.</summary>
    Rk45,

    /// <summary>First-order stochastic: one evaluation a step, many steps.</summary>
    EulerMaruyama,

    /// <summary>The forward chain turned round: one evaluation a step, many steps.</summary>
    ReverseDiffusion,

    /// <summary>Ancestral sampling with the posterior's variance: one evaluation a step.</summary>
    Ancestral,

    /// <summary>Ancestral sampling with the transition's variance: one evaluation a step, many steps.</summary>
    Ddpm,

    /// <summary>Reverse diffusion with a Langevin move before each step: two evaluations a step.</summary>
    PredictorCorrector,

    /// <summary>Second-order stochastic multistep: one evaluation a step.</summary>
    DpmSolver2mSde,

    /// <summary>Stochastic with steps that a tolerance chooses.</summary>
    AdaptiveSde,

    /// <summary>Annealed Langevin dynamics: some moves at each of many noise levels.</summary>
    AnnealedLangevin,
}
