namespace ScoreFunctional

/// <summary>The table of schedules: the times of a sampler's steps.</summary>
module Schedules =

    let private level name standard otherwise meaning =
        Setting.number name standard (Range.above 0.) meaning
        |> Setting.inUnit "data units"
        |> Setting.optional otherwise

    /// <summary>The schedules, as functions of the process and the number of steps.</summary>
    let table: Table<Sde -> int -> TimeStep[]> = {
        Kind = "schedule"
        Members = [
            Member.create
                "karras"
                "Noise levels equally spaced in σ^(1/ρ), then a step to zero noise"
                (Citations.karras2022 |> Citations.at "Equation 5")
                (settings {
                    let! rho =
                        Setting.number
                            "rho"
                            7.
                            (Range.above 0.)
                            "exponent ρ (a larger one puts more steps at small noise)"

                    and! most = level "max" 80. "the process's largest" "largest noise level"
                    and! least = level "min" 0.002 "the level at which sampling stops" "smallest noise level"

                    return
                        fun sde steps ->
                            let most = most |> Option.defaultWith (fun () -> sde.Level 1.)
                            let least = least |> Option.defaultWith (fun () -> sde.Level sde.SampleTo)
                            Schedule.karras rho most least sde steps
                })
            Member.create
                "log-snr"
                "Equal steps of the log-SNR, then a step to zero noise"
                (Citations.lu2022 |> Citations.at "Section 3")
                (settings { return Schedule.logSnr })
            Member.create
                "uniform"
                "Equal steps of time"
                (Citations.song2021 |> Citations.at "Appendix C")
                (settings { return fun sde steps -> Schedule.uniform sde.SampleTo steps })
        ]
    }
