namespace ScoreFunctional

// Wrappers of steps and scores: churn, correctors and thresholding.

open System
open DiffSharp

/// <summary>EDM's stochasticity (Karras et al. 2022, algorithm 2 and table 5).</summary>
type Churn = {
    /// <summary>Total amount S_churn, spread over the steps.</summary>
    Amount: float
    /// <summary>Smallest noise level at which noise is added, S_min.</summary>
    From: float
    /// <summary>Largest noise level at which noise is added, S_max.</summary>
    To: float
    /// <summary>Standard deviation of the added noise, S_noise.</summary>
    Noise: float
}

/// <summary>Churn: raises the noise level a little with fresh noise before each step.</summary>
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Churn =

    /// <summary>The relative rise γ of a noise level, for a schedule with a number of steps.</summary>
    let gamma (churn: Churn) (count: int) (level: float) =
        if level >= churn.From && level <= churn.To then
            min (churn.Amount / float count) (sqrt 2. - 1.)
        else
            0.

    /// <summary>Wraps a step: it starts from the raised noise level σ̂ = σ(1 + γ) (algorithm 2, for any process through
    /// σ/α).</summary>
    let wrap (churn: Churn) (sde: Sde) (step: Step) : Step =
        fun key timeStep state ->
            let level = sde.Level timeStep.From
            let raised = level * (1. + gamma churn timeStep.Count level) |> min (sde.Level 1.)

            if raised <= level then
                step key timeStep state
            else
                let from = sde.TimeOf raised
                let before, after = sde.Marginal timeStep.From, sde.Marginal from
                let z = Key.normalLike state.X (Key.label "churn" key)
                let added = churn.Noise * sqrt (raised * raised - level * level)
                let x = state.X * (after.Alpha / before.Alpha) + z * (after.Alpha * added)
                // Predictions from before the fresh noise are useless to a multistep method.
                step key { timeStep with From = from } (state |> State.moved 0 x)

/// <summary>The rule for the step size of a corrector: the ratio <c>α_t/α_s</c> of the sampler's step, the σ of its start, the noise z
/// and the score s <c>[n; …]</c>, to ε <c>[n]</c>.</summary>
type CorrectorSize = float -> float -> Tensor -> Tensor -> Tensor

/// <summary>Correctors: Langevin steps at the noise level of a step's start, before that step (Song et al. 2021, algorithms 2
/// to 5).</summary>
module Corrector =

    /// <summary>The annealed rule <c>ε = 2a(r·σ)²</c> with <c>a = (α_t/α_s)²</c>, the paper's <c>1 − β</c>, which is 1 under VE. r is the
    /// signal-to-noise ratio. All samples get the same ε, for samples of any dimension.</summary>
    let annealed (snr: float) : CorrectorSize =
        fun ratio sigma z _ -> Batch.fill (Batch.size z) (2. * (ratio * snr * sigma) ** 2.)

    /// <summary>The rule of norms <c>ε = 2a(r·‖z‖/‖s‖)²</c>, with the norms of each sample, not of the batch as in the paper's code. Use it
    /// for samples of many dimensions: in few, ‖s‖ comes near zero and ε has no mean.</summary>
    let norms (snr: float) : CorrectorSize =
        fun ratio _ z s ->
            let quotient = Batch.norm z / Batch.norm s * (ratio * snr)
            quotient * quotient * 2.

    /// <summary>Wraps a step: before it, a number of Langevin steps <c>x + εs + √(2ε) z</c> at the time of its start.</summary>
    let wrap (size: CorrectorSize) (moves: int) (sde: Sde) (score: Score) (step: Step) : Step =
        fun key timeStep state ->
            let ratio = (TransitionKernel.between sde timeStep.To timeStep.From).Ratio
            let sigma = (sde.Marginal timeStep.From).Sigma
            let t = State.each state timeStep.From

            let correct (state: State) i =
                let z = Key.normalLike state.X (key |> Key.label "corrector" |> Key.child i)
                let s = Score.apply score state.X t
                let epsilon = size ratio sigma z s

                state |> State.moved 1 (state.X + Batch.scale epsilon s + Batch.scale ((epsilon * 2.).sqrt()) z)

            Seq.init moves id |> Seq.fold correct state |> step key timeStep

/// <summary>Thresholding: clamps the predicted data <c>x̂₀</c> of a score, and returns the score of the clamped prediction (Saharia et
/// al. 2022, section 2.3).</summary>
module Thresholding =

    let private through (sde: Sde) (clamp: Tensor -> Tensor) (score: Score) =
        let (DataPrediction mean) = Score.toData sde score
        Score.ofData sde (DataPrediction(fun x t -> clamp (mean x t)))

    /// <summary>Static thresholding: clamps x̂₀ to [low, high].</summary>
    /// <exception cref="T:System.ArgumentException">Not low &lt; high.</exception>
    let fixedTo (low: float) (high: float) (sde: Sde) (score: Score) : Score =
        if not (low < high) then
            invalidArg (nameof high) $"expected more than {low}, found {high}"

        through sde (fun x -> x.clamp (low = low, high = high)) score

    /// <summary>Dynamic thresholding: clamps x̂₀ to [−s, s] and multiplies it by bound/s. For each sample, s is the quantile p of |x̂₀|
    /// over its values, or the bound if that is larger.</summary>
    /// <exception cref="T:System.ArgumentException">p is not in (0, 1], or the bound not positive.</exception>
    let dynamic (p: float) (bound: float) (sde: Sde) (score: Score) : Score =
        if not (p > 0. && p <= 1. && bound > 0.) then
            invalidArg (nameof p) $"expected a quantile in (0, 1] and a positive bound, found {p} and {bound}"

        let clamp (x: Tensor) =
            let d = Batch.dimension x
            let sizes = Batch.toArray ((x.abs ()).view [| x.nelement |])

            let largest =
                Array.init (Batch.size x) (fun k ->
                    let sorted = Array.sort sizes[k * d .. (k + 1) * d - 1]
                    max bound sorted[min (d - 1) (Count.ceiling (p * float d) - 1)])
                |> Batch.ofArray

            // Divide first, so one pair of bounds fits every sample.
            (Batch.divide largest x * bound).clamp(low = -bound, high = bound)

        through sde clamp score
