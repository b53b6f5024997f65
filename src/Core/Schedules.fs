namespace ScoreFunctional

/// <summary>The table of schedules: where the moves of a sampler begin and end.</summary>
module Schedules =

    let private level name standard otherwise meaning =
        Setting.number name standard (Range.above 0.) meaning
        |> Setting.inUnit "data units"
        |> Setting.optional otherwise

    /// <summary>The schedules, each for a process and a number of steps.</summary>
    let table: Table<Sde -> int -> TimeStep[]> = {
        Kind = "schedule"
        Members = [
            Member.create
                "karras"
                "Noise levels equally spaced in σ^(1/ρ), then a move to no noise"
                (Citations.karras2022 |> Citations.at "Equation 5")
                (settings {
                    let! rho =
                        Setting.number "rho" 7. (Range.above 0.) "exponent ρ: larger puts more moves at small noise"

                    and! most = level "max" 80. "the process's largest" "largest noise level"
                    and! least = level "min" 0.002 "that at which the process stops" "smallest noise level"

                    return
                        fun sde steps ->
                            let most = most |> Option.defaultWith (fun () -> sde.Level 1.)
                            let least = least |> Option.defaultWith (fun () -> sde.Level sde.SampleTo)
                            Schedule.karras rho most least sde steps
                })
            Member.create
                "log-snr"
                "Equal steps of the log-SNR, then a move to no noise"
                (Citations.lu2022 |> Citations.at "Section 3")
                (settings { return Schedule.logSnr })
            Member.create
                "uniform"
                "Equal steps of time"
                (Citations.song2021 |> Citations.at "Appendix C")
                (settings { return fun sde steps -> Schedule.uniform sde.SampleTo steps })
        ]
    }
