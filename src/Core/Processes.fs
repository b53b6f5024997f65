namespace ScoreFunctional

/// <summary>The table of forward processes.</summary>
module Processes =

    /// <summary>A process as a member of a table, under its own name and source.</summary>
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

    /// <summary>The processes with the constants of their papers.</summary>
    let table: Table<Sde> = {
        Kind = "process"
        Members = [
            entry "Variance exploding: α = 1, σ(t) = σmin(σmax/σmin)^t" (levels Sde.ve 0.01 50.)
            entry "Variance preserving: α² = 1 − σ² = exp(−B), B = ∫β, β(t) = βmin + (βmax − βmin)t" (rates Sde.vp)
            entry
                "Sub-variance preserving: α² = 1 − σ = exp(−B), B = ∫β, β(t) = βmin + (βmax − βmin)t"
                (rates Sde.subVp)
            entry "Noise added to unscaled data: α = 1, σ(t) = σmax·t" (levels Sde.edm 0.002 80.)
        ]
    }

    /// <summary>All of them, with nothing said of their settings.</summary>
    let all: Sde list = table.Members |> List.map Member.standard
