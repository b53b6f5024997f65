namespace ScoreFunctional

// The table of objectives, with the formula and cost of each.

/// <summary>The expectation of an objective. F is the Fisher divergence <c>E_t λ E‖s − s*‖²</c> to the score s* of the noised data,
/// mean over dimensions; the rest does not depend on s.</summary>
[<RequireQualifiedAccess>]
type Family =
    /// <summary><c>F − E_t λ E‖s*‖²</c>: the objective needs only samples of x_t (Hyvärinen 2005, theorem 1).</summary>
    | Explicit
    /// <summary><c>F + E_t λ (1/σ² − E‖s*‖²)</c>: the objective needs the distribution of x_t given x₀ (Vincent 2011, section
    /// 4.3).</summary>
    | Denoising

/// <summary>The number of vector–Jacobian products of the score in x that an objective takes per sample.</summary>
[<RequireQualifiedAccess>]
type Vjps =
    /// <summary>None: the objective does not differentiate the score in x.</summary>
    | None
    /// <summary>One, for one random probe per sample.</summary>
    | One
    /// <summary>One per dimension, for the exact trace of the Jacobian.</summary>
    | PerDimension

/// <summary>The model that an objective trains.</summary>
[<RequireQualifiedAccess>]
type ObjectiveOf =
    /// <summary>A score, or any model that gives a score.</summary>
    | Score of (Sde -> Objective)
    /// <summary>An energy.</summary>
    | Energy of (Sde -> Energy -> Objective)

/// <summary>The noise levels that an objective draws.</summary>
[<RequireQualifiedAccess>]
type NoiseLevels =
    /// <summary>The whole range of the process.</summary>
    | OfProcess
    /// <summary>The range between two levels.</summary>
    | Within of least: float * most: float
    /// <summary>Log-normal levels, <c>ln σ ~ N(mean, deviation²)</c>.</summary>
    | LogNormal of mean: float * deviation: float

/// <summary>A member of the table of objectives: its formulas, its cost, and its objective as a function of the process.</summary>
type ObjectiveDesign = {
    /// <summary>The loss of one noised sample, with its reduction over dimensions.</summary>
    Formula: string
    /// <summary>The distribution of times and the weighting.</summary>
    Distribution: string
    /// <summary>The expectation.</summary>
    Family: Family
    /// <summary>Evaluations of the score per sample, or of the energy if the objective needs one.</summary>
    Evaluations: int
    /// <summary>Vector–Jacobian products of the score per sample.</summary>
    Vjps: Vjps
    /// <summary>The noise levels drawn under a process.</summary>
    Levels: Sde -> NoiseLevels
    /// <summary>The objective under a process.</summary>
    Create: ObjectiveOf
}

/// <summary>The table of objectives.</summary>
module Objectives =

    let private probe =
        Setting.word "probe" "distribution of the random probes" [
            "rademacher", Probe.Rademacher
            "gaussian", Probe.Gaussian
            "sphere", Probe.Sphere
        ]

    // The bias is the square of the step: one percent.
    let private step =
        Setting.number "step" 0.1 (Range.above 0.) "step of the finite differences, in units of the noise"

    let private sigmaData =
        Setting.number "sigma-data" 0.5 (Range.above 0.) "standard deviation of the data, assumed by the weighting"
        |> Setting.inUnit "data units"

    let private level name standard otherwise meaning =
        Setting.number name standard (Range.above 0.) meaning
        |> Setting.inUnit "data units"
        |> Setting.optional otherwise

    /// <summary>A denoising objective for the table: its distribution of times and weighting as text, and its objective as a function of
    /// the process.</summary>
    let denoising (distribution: string) (create: Sde -> Objective) : ObjectiveDesign = {
        Formula = "‖s + z/σ‖²/D"
        Distribution = distribution
        Family = Family.Denoising
        Evaluations = 1
        Vjps = Vjps.None
        Levels = fun _ -> NoiseLevels.OfProcess
        Create = ObjectiveOf.Score create
    }

    let private explicit' formula evaluations vjps create = {
        Formula = formula
        Distribution = "t uniform, λ = σ²"
        Family = Family.Explicit
        Evaluations = evaluations
        Vjps = vjps
        Levels = fun _ -> NoiseLevels.OfProcess
        Create = ObjectiveOf.Score create
    }

    let private row = Member.create

    let private just (design: ObjectiveDesign) : Settings<ObjectiveDesign> = settings { return design }

    let private p2 =
        Citations.paper
            "choi2022"
            "Choi, Lee, Shin, Kim, Kim, Yoon"
            "Perception prioritized training of diffusion models"
            "CVPR"
            2022
            "Equation 8"

    let private antithetic (sde: Sde) =
        { Objective.continuous sde with Name = $"denoising, antithetic {sde.Name}" }
        |> Objective.mapTimes Times.antithetic

    /// <summary>The objectives that train from samples, with the constants of their papers.</summary>
    let table: Table<ObjectiveDesign> = {
        Kind = "objective"
        Members = [
            row
                "continuous"
                "Denoising at continuous times, with equal weight of the predicted noise"
                (Citations.song2021 |> Citations.at "Equation 7")
                (just (denoising "t uniform, λ = σ²" Objective.continuous))
            row
                "antithetic"
                "As continuous, with times in antithetic pairs"
                (Citations.song2021 |> Citations.at "Equation 7")
                (just (denoising "t uniform in pairs, λ = σ²" antithetic))
            row
                "likelihood"
                "Denoising at continuous times, weighted to bound the likelihood"
                Citations.songDurkan2021
                (just (denoising "t uniform, λ = g²" Objective.likelihood))
            row
                "importance-sampled"
                "As likelihood, with importance-sampled times"
                Citations.songDurkan2021
                (just (denoising "t uniform by importance sampling from g²/σ², λ = g²" Objective.likelihoodSampled))
            row
                "levels"
                "Denoising at a fixed set of noise levels"
                Citations.songErmon2019
                (settings {
                    let! count = Setting.whole "count" 20 (1, 10_000) "number of noise levels"
                    and! spacing = Levels.spacing
                    and! most = level "max" 50. "the process's largest" "largest noise level"
                    and! least = level "min" 0.01 "the process's smallest" "smallest noise level"

                    let ends sde =
                        let struct (low, high) = Sde.levelRange sde
                        struct (Option.defaultValue low least, Option.defaultValue high most)

                    let create sde =
                        let struct (low, high) = ends sde
                        Objective.atLevels sde (if count = 1 then [| high |] else spacing high low count)

                    return {
                        denoising $"{count} noise levels, λ = σ²" create with
                            Levels = fun sde -> let struct (low, high) = ends sde in NoiseLevels.Within(low, high)
                    }
                })
            row
                "min-snr"
                "Denoising at continuous times with min-SNR weights"
                Citations.hang2023
                (settings {
                    let! gamma =
                        Setting.number "gamma" 5. (Range.above 0.) "largest weight of the predicted data's error, γ"

                    return denoising $"t uniform, λ = min(α²/σ², {gamma})σ⁴/α²" (fun sde -> Objective.minSnr sde gamma)
                })
            row
                "p2"
                "Denoising at continuous times with P2 weights: less weight at small noise"
                p2
                (settings {
                    let! gamma = Setting.number "gamma" 1. (Range.from 0.) "exponent γ of the weighting"
                    and! offset = Setting.number "offset" 1. (Range.above 0.) "constant k added to the SNR"

                    let objective (sde: Sde) =
                        let weighting: Weighting =
                            fun t ->
                                let m = sde.Marginal t
                                m.Sigma ** 2. / (offset + m.Level ** -2.) ** gamma

                        Objective.denoising $"denoising, P2 {sde.Name}" p2 sde (Times.uniform sde.TrainFrom) weighting

                    return denoising $"t uniform, λ = σ²/({offset} + α²/σ²)^{gamma}" objective
                })
            row
                "log-normal"
                "Denoising at log-normal noise levels"
                Citations.karras2022
                (settings {
                    let! mean = Setting.number "mean" -1.2 Range.any "mean of ln σ"
                    and! deviation = Setting.number "deviation" 1.2 (Range.above 0.) "standard deviation of ln σ"
                    and! data = sigmaData

                    and! stratified = Setting.flag "stratified" true "stratify the noise levels of a batch"

                    let strata = if stratified then ", stratified" else ""
                    let make = if stratified then Objective.edmStratified else Objective.edm

                    return {
                        denoising $"ln σ ~ N({mean}, {deviation}²){strata}, λ = σ²(r² + {data}²)/{data}²" (fun sde ->
                            make sde mean deviation data) with
                            Levels = fun _ -> NoiseLevels.LogNormal(mean, deviation)
                    }
                })
            row
                "controlled"
                "Denoising at continuous times with a control variate at small noise"
                Citations.wang2020
                (settings {
                    let! below =
                        Setting.number
                            "below"
                            0.3
                            (Range.above 0.)
                            "noise level below which the control variate is added"
                        |> Setting.inUnit "data units"

                    return {
                        denoising "t uniform, λ = σ²" (Objective.controlled below) with
                            Formula = $"‖s + z/σ‖²/D + [r < {below}]·(1/σ² − ‖z‖²/Dσ² − 2zᵀs(αx₀)/Dσ)"
                            Evaluations = 2
                    }
                })
            row
                "explicit"
                "Hyvärinen's score matching with the exact divergence"
                Citations.hyvarinen2005
                (just (explicit' "(‖s‖² + 2∇·s)/D" 1 Vjps.PerDimension Objective.explicit))
            row
                "hyvarinen"
                "Hyvärinen's score matching, ½ and summed over dimensions as in the paper"
                Citations.hyvarinen2005
                (just (explicit' "½‖s‖² + ∇·s" 1 Vjps.PerDimension Objective.hyvarinen))
            row
                "hutchinson"
                "Score matching with Hutchinson's estimate of the divergence"
                Citations.hutchinson1989
                (settings {
                    let! probe = probe
                    return explicit' "(‖s‖² + 2vᵀJv)/D" 1 Vjps.One (Objective.hutchinson probe)
                })
            row
                "sliced"
                "Sliced score matching"
                Citations.songGarg2019
                (settings {
                    let! probe = probe
                    return explicit' "((vᵀs)² + 2vᵀJv)/D" 1 Vjps.One (Objective.sliced probe)
                })
            row
                "sliced-reduced"
                "Sliced score matching with reduced variance"
                (Citations.songGarg2019 |> Citations.at "SSM-VR")
                (settings {
                    let! probe =
                        Setting.word "probe" "distribution of the random probes" [
                            "gaussian", Probe.Gaussian
                            "rademacher", Probe.Rademacher
                            "sphere", Probe.Sphere
                        ]

                    return explicit' "(‖s‖² + 2vᵀJv)/D" 1 Vjps.One (Objective.slicedReduced probe)
                })
            row
                "differences"
                "Sliced score matching by finite differences"
                Citations.pang2020
                (settings {
                    let! step = step
                    and! probe = probe

                    return
                        explicit'
                            "((vᵀ(s₊ + s₋)/2)² + vᵀ(s₊ − s₋)/h)/D"
                            2
                            Vjps.None
                            (Objective.slicedDifferences step probe)
                })
            row
                "differences-reduced"
                "Sliced score matching by finite differences with reduced variance"
                Citations.pang2020
                (settings {
                    let! step = step
                    and! probe = probe

                    return
                        explicit'
                            "(‖(s₊ + s₋)/2‖² + vᵀ(s₊ − s₋)/h)/D"
                            2
                            Vjps.None
                            (Objective.slicedReducedDifferences step probe)
                })
            row
                "differences-energy"
                "Sliced score matching of an energy by finite differences"
                Citations.pang2020
                (settings {
                    let! step = step
                    and! probe = probe

                    return {
                        explicit' "(((E₋ − E₊)/2h)² + 2(2E − E₊ − E₋)/h²)/D" 3 Vjps.None Objective.continuous with
                            Create = ObjectiveOf.Energy(Objective.energyDifferences step probe)
                    }
                })
        ]
    }

    /// <summary>The cost per sample as text: evaluations of the score, and vector–Jacobian products (VJPs).</summary>
    let cost (design: ObjectiveDesign) : string =
        let evaluations =
            match design.Create with
            | ObjectiveOf.Score _ -> $"{design.Evaluations}"
            | ObjectiveOf.Energy _ -> $"{design.Evaluations} of the energy"

        match design.Vjps with
        | Vjps.None -> evaluations
        | Vjps.One -> $"{evaluations} and 1 VJP"
        | Vjps.PerDimension -> $"{evaluations} and D VJPs"
