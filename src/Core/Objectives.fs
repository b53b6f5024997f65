namespace ScoreFunctional

/// <summary>What an objective is, up to a constant that does not depend on the score. F is the Fisher divergence
/// <c>E_t λ E‖s − s*‖²</c> to the score s* of the noised data, mean over dimensions.</summary>
[<RequireQualifiedAccess>]
type Family =
    /// <summary><c>F − E_t λ E‖s*‖²</c>: needs samples of x_t only (Hyvärinen 2005, theorem 1).</summary>
    | Explicit
    /// <summary><c>F + E_t λ (1/σ² − E‖s*‖²)</c>: needs the distribution of x_t given x₀ (Vincent 2011, section 4.3).</summary>
    | Denoising

/// <summary>What an objective is made of.</summary>
[<RequireQualifiedAccess>]
type ObjectiveOf =
    /// <summary>A process: it charges a score, and thereby anything that a score follows from.</summary>
    | Score of (Sde -> Objective)
    /// <summary>A process and the energy that it charges.</summary>
    | Energy of (Sde -> Energy -> Objective)

/// <summary>A row of the table of objectives, which the documentation, the command line and the tests read.</summary>
type ObjectiveRow = {
    /// <summary>Name, as a person would type it.</summary>
    Name: string
    /// <summary>What is charged at a noised sample, in the scaling that it is created in.</summary>
    Formula: string
    /// <summary>The distribution of times and the weight.</summary>
    Distribution: string
    /// <summary>What it is up to a constant.</summary>
    Family: Family
    /// <summary>Evaluations of the score a sample, and derivatives of it, in words.</summary>
    Cost: string
    /// <summary>The objective under a process.</summary>
    Create: ObjectiveOf
}

/// <summary>The table of objectives.</summary>
module Objectives =

    /// <summary>The step of finite differences, in units of the noise: their bias is its square, a percent.</summary>
    let step = 0.1

    /// <summary>γ of min-SNR weights (Hang et al. 2023, section 4).</summary>
    let gamma = 5.

    /// <summary>The noise level below which the control variate is added, that of sbi.</summary>
    let below = 0.3

    let private denoisingFormula = "‖s + z/σ‖²/D"

    let private row name formula distribution family cost create = {
        Name = name
        Formula = formula
        Distribution = distribution
        Family = family
        Cost = cost
        Create = ObjectiveOf.Score create
    }

    /// <summary>Every objective that learns from samples, with the constants of its paper.</summary>
    let table: ObjectiveRow list = [
        row "continuous" denoisingFormula "t uniform, λ = σ²" Family.Denoising "1" Objective.continuous
        row "antithetic" denoisingFormula "t uniform in pairs, λ = σ²" Family.Denoising "1" (fun sde ->
            { Objective.continuous sde with Name = $"denoising, antithetic {sde.Name}" }
            |> Objective.mapTimes Times.antithetic)
        row "likelihood" denoisingFormula "t uniform, λ = g²" Family.Denoising "1" Objective.likelihood
        row
            "importance-sampled"
            denoisingFormula
            "t ∝ g²/σ² for uniform, λ = g²"
            Family.Denoising
            "1"
            Objective.likelihoodSampled
        row "levels" denoisingFormula "σ geometric, 10 levels from 1 to 0.01, λ = σ²" Family.Denoising "1" (fun sde ->
            Objective.atLevels sde (Levels.geometric 1. 0.01 10))
        row "min-snr" denoisingFormula "t uniform, λ = min(α²/σ², 5)σ⁴/α²" Family.Denoising "1" (fun sde ->
            Objective.minSnr sde gamma)
        row "log-normal" denoisingFormula "ln σ ~ N(−1.2, 1.2²), λ = σ²(r² + ¼)/¼" Family.Denoising "1" (fun sde ->
            Objective.edm sde -1.2 1.2 0.5)
        row
            "stratified"
            denoisingFormula
            "ln σ ~ N(−1.2, 1.2²) in strata, λ = σ²(r² + ¼)/¼"
            Family.Denoising
            "1"
            (fun sde -> Objective.edmStratified sde -1.2 1.2 0.5)
        row
            "controlled"
            "‖s + z/σ‖²/D + [r < 0.3](1/σ² − ‖z‖²/Dσ² − 2zᵀs(αx₀)/Dσ)"
            "t uniform, λ = σ²"
            Family.Denoising
            "2"
            (Objective.controlled below)
        row "explicit" "(‖s‖² + 2∇·s)/D" "t uniform, λ = σ²" Family.Explicit "1 and D pullbacks" Objective.explicit
        row "hyvarinen" "½‖s‖² + ∇·s" "t uniform, λ = σ²" Family.Explicit "1 and D pullbacks" Objective.hyvarinen
        row
            "hutchinson"
            "(‖s‖² + 2vᵀJv)/D, v = ±1"
            "t uniform, λ = σ²"
            Family.Explicit
            "1 and a pullback"
            (Objective.hutchinson Probe.Rademacher)
        row
            "sliced"
            "((vᵀs)² + 2vᵀJv)/D, v = ±1"
            "t uniform, λ = σ²"
            Family.Explicit
            "1 and a pullback"
            (Objective.sliced Probe.Rademacher)
        row
            "sliced-reduced"
            "(‖s‖² + 2vᵀJv)/D, v ~ N(0, I)"
            "t uniform, λ = σ²"
            Family.Explicit
            "1 and a pullback"
            (Objective.slicedReduced Probe.Gaussian)
        row
            "differences"
            "((vᵀ(s₊ + s₋)/2)² + vᵀ(s₊ − s₋)/h)/D, v = ±1"
            "t uniform, λ = σ²"
            Family.Explicit
            "2"
            (Objective.slicedDifferences step Probe.Rademacher)
        row
            "differences-reduced"
            "(‖(s₊ + s₋)/2‖² + vᵀ(s₊ − s₋)/h)/D, v = ±1"
            "t uniform, λ = σ²"
            Family.Explicit
            "2"
            (Objective.slicedReducedDifferences step Probe.Rademacher)
        {
            Name = "differences-energy"
            Formula = "(((E₋ − E₊)/2h)² + 2(2E − E₊ − E₋)/h²)/D, v = ±1"
            Distribution = "t uniform, λ = σ²"
            Family = Family.Explicit
            Cost = "3 of the energy"
            Create = ObjectiveOf.Energy(Objective.energyDifferences step Probe.Rademacher)
        }
    ]
