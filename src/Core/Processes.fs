namespace ScoreFunctional

open System

/// <summary>The table of forward processes.</summary>
module Processes =

    /// <summary>A process as a member of the table, with its own name and citation.</summary>
    let entry (summary: string) (process': Settings<Sde>) : Member<Sde> =
        let standard = process'.Make Map.empty
        Member.create standard.Name summary standard.Citation process'

    let private levels (make: float -> float -> Sde) (least: float) (most: float) =
        settings {
            let! least =
                Setting.number "sigma-min" least (Range.above 0.) "smallest noise level, σmin"
                |> Setting.inUnit "data units"

            and! most =
                Setting.number "sigma-max" most (Range.above 0.) "largest noise level, σmax"
                |> Setting.inUnit "data units"

            return make least most
        }

    let private rates (make: float -> float -> Sde) =
        settings {
            let! least = Setting.number "beta-min" 0.1 (Range.above 0.) "rate β at time 0"
            and! most = Setting.number "beta-max" 20. (Range.above 0.) "rate β at time 1"
            return make least most
        }

    /// <summary>The cosine process of Nichol and Dhariwal in continuous time: <c>α(t) = cos φ(t)/cos φ₀</c>, <c>σ² = 1 − α²</c>,
    /// <c>β = 2φ′ tan φ</c>, prior <c>N(0, 1)</c>. The angle φ is linear in t, from <c>φ₀ = ½πs/(1 + s)</c> with the offset s to the
    /// angle of the largest noise level. That level is finite, since β is infinite at <c>α = 0</c>.</summary>
    /// <exception cref="T:System.ArgumentException">The offset or the largest noise level is not positive.</exception>
    let cosine (offset: float) (levelMax: float) : Sde =
        if not (offset > 0. && levelMax > 0.) then
            invalidArg
                (nameof offset)
                $"expected an offset and a largest level above zero, found {offset} and {levelMax}"

        let first = 0.5 * Math.PI * offset / (1. + offset)
        let slope, width = tan first, cos first
        // tan²φ = tan²φ₀ + (σ/α)²/cos²φ₀; the formula for φ − φ₀ in terms of tangents has no cancellation.
        let angle (level: float) =
            let square = (level / width) ** 2.
            let tangent = sqrt (slope * slope + square)
            atan (square / (tangent + slope) / (1. + tangent * slope))

        let rate = angle levelMax
        let tangent t = tan (first + rate * t)

        {
            Process = {
                Name = "cosine"
                Citation =
                    Citations.paper
                        "nichol2021"
                        "Nichol, Dhariwal"
                        "Improved denoising diffusion probabilistic models"
                        "ICML"
                        2021
                        "Section 3.2"
                Drift = Process.linear (fun t -> -rate * tangent t)
                Diffusion = fun t -> sqrt (2. * rate * tangent t)
                PriorSigma = 1.
                TrainFrom = 1e-4
                SampleTo = 1e-3
            }
            Marginal =
                fun t ->
                    let tangent = tangent t
                    let over = sin (rate * t) / cos (first + rate * t) / width
                    let level = width * sqrt (over * (tangent + slope))
                    let alpha = 1. / sqrt (1. + level * level)
                    { Alpha = alpha; Sigma = level * alpha }
            TimeOf = fun level -> angle level / rate
        }

    /// <summary>The processes with the constants of their papers.</summary>
    let table: Table<Sde> = {
        Kind = "process"
        Members = [
            entry "Variance exploding: α = 1, σ(t) = σmin(σmax/σmin)^t" (levels Sde.ve 0.01 50.)
            entry "Variance preserving: α² = 1 − σ² = exp(−B), B = ∫β, β(t) = βmin + (βmax − βmin)t" (rates Sde.vp)
            entry
                "Sub-variance preserving: α² = 1 − σ = exp(−B), B = ∫β, β(t) = βmin + (βmax − βmin)t"
                (rates Sde.subVp)
            entry
                "Variance preserving: α² = 1 − σ², α(t) = cos φ(t)/cos φ₀, φ linear in t"
                (settings {
                    let! offset =
                        Setting.number "offset" 0.008 (Range.above 0.) "offset s, which adds noise at small times"

                    and! levelMax =
                        Setting.number "level-max" 100. (Range.above 0.) "largest noise level, σ/α at time 1"
                        |> Setting.inUnit "data units"

                    return cosine offset levelMax
                })
            entry "Noise added to unscaled data: α = 1, σ(t) = σmax·t" (levels Sde.edm 0.002 80.)
        ]
    }

    /// <summary>All processes, with their settings at the defaults.</summary>
    let all: Sde list = table.Members |> List.map Member.makeDefault
