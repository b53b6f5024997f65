namespace ScoreFunctional

/// <summary>The samplers, and their table.</summary>
module Samplers =

    /// The σ of the marginal at the start of the schedule.
    let private marginal (sde: Sde) (timeSteps: TimeStep[]) = (sde.Marginal timeSteps[0].From).Sigma

    /// The schedule of adaptive samplers: as many intervals as steps, then the last step to time 0.
    let private parts sde steps =
        // steps + 1 must not overflow.
        if steps > Schedule.most then
            invalidArg (nameof steps) $"expected at most {Schedule.most} steps, found {steps}"

        Schedule.levels sde (steps + 1)

    /// Denoises in the last step, to the posterior mean. Under EDM that equals an Euler step to zero noise.
    let private denoised (step: Sde -> Score -> Step) sde score = step sde score |> Step.last (Step.denoise sde score)

    /// The same number of steps under every process.
    let private steps (count: int) : Sde -> int = fun _ -> count

    /// More steps under a process like VE, whose time is the logarithm of its noise level (so its noise level at t = 0 is positive). In
    /// that time the path from pure noise, x ∝ σ, is curved, and methods that step in time have a larger error.
    let private stepsInTime (usual: int) (logarithmic: int) : Sde -> int =
        fun sde -> if sde.Level 0. > 0. then logarithmic else usual

    let private once = Evaluations.Counted("N", id)

    /// <summary>Heun's method on the probability flow over the noise levels of Karras et al.: 2N − 1 evaluations.</summary>
    let heun: Sampler = {
        Name = "heun"
        Citation = Citations.karras2022 |> Citations.at "Algorithm 1"
        Order = Order.Deterministic 2
        Requires = Requires.AnySde
        DefaultSteps = stepsInTime 24 32
        Evaluations = Evaluations.Counted("2N − 1", (fun steps -> 2 * steps - 1))
        Schedule = Schedule.levels
        InitialSigma = marginal
        Step = denoised Step.heun
    }

    /// <summary>Heun's method with another exponent and range of noise levels.</summary>
    let heunOver (rho: float) (sigmaMax: float) (sigmaMin: float) : Sampler = {
        heun with
            Schedule = Schedule.karras rho sigmaMax sigmaMin
    }

    /// <summary>Heun's method with churn in all steps but the last. Churn and the exact flow preserve the marginals, so the weak order is
    /// that of Heun's method. The strong order is 1 with churn at all levels, and ½ if churn starts or stops at some
    /// level.</summary>
    let heunChurned (churn: Churn) : Sampler = {
        heun with
            Name = "heun-churn"
            Citation = Citations.karras2022 |> Citations.at "Algorithm 2"
            Order = Order.Stochastic(strong = 1., weak = 2.)
            DefaultSteps = steps 48
            Step = denoised (fun sde score -> Churn.wrap churn sde (Step.heun sde score))
    }

    /// <summary>Euler's method on the probability flow over the noise levels of Karras et al.</summary>
    let euler: Sampler = {
        heun with
            Name = "euler"
            Citation = Citations.song2021 |> Citations.at "Equation 13"
            Order = Order.Deterministic 1
            DefaultSteps = stepsInTime 80 500
            Evaluations = once
            Step = denoised Step.euler
    }

    /// <summary>DDIM (Song, Meng and Ermon 2021): deterministic at η = 0, the ancestral sampler at η = 1.</summary>
    let ddim (eta: float) : Sampler = {
        euler with
            Name = "ddim"
            Citation = Citations.songMeng2021
            Order =
                if eta = 0. then
                    Order.Deterministic 1
                else
                    Order.Stochastic(strong = 1., weak = 1.)
            DefaultSteps = steps 100
            Step = denoised (Step.ddim eta)
    }

    /// <summary>DPM-Solver++ (2M) over equal steps of the log-SNR; η = 1 is its SDE form (Lu et al. 2022).</summary>
    let dpmSolver (eta: float) : Sampler = {
        euler with
            Name = if eta = 0. then "dpm-solver-2m" else "dpm-solver-2m-sde"
            Citation = Citations.lu2022 |> Citations.at (if eta = 0. then "Algorithm 2" else "SDE-DPM-Solver++(2M)")
            Order =
                if eta = 0. then
                    Order.Deterministic 2
                else
                    Order.Stochastic(strong = 1., weak = 2.)
            DefaultSteps = steps (if eta = 0. then 20 else 50)
            Schedule = Schedule.logSnr
            Step = denoised (Multistep.dpmSolver eta)
    }

    /// <summary>UniPC-2 with corrector over equal steps of the log-SNR (Zhao et al. 2023).</summary>
    let uniPc: Sampler = {
        dpmSolver 0. with
            Name = "unipc"
            Citation = Citations.zhao2023
            Order = Order.Deterministic 3
            // One for the first prediction, one per step but the last, and one to denoise. A single step only denoises.
            Evaluations = Evaluations.Counted("N + 1", (fun steps -> if steps = 1 then 1 else steps + 1))
            Step = denoised Multistep.uniPc
    }

    /// <summary>DPM-Solver-2 over equal steps of the log-SNR (Lu et al. 2022, DPM-Solver, algorithm 1): a DDIM step to the point u at the
    /// middle s of the step in the log-SNR, then the whole step with the noise predicted there,
    /// <c>x₊ = (α₊/α)x + (σ₊ − σα₊/α)ε̂(u, s)</c>.</summary>
    let dpmSolver2: Sampler =
        let step (sde: Sde) (score: Score) : Step =
            let (Noise noise) = Score.toNoise sde score

            fun key timeStep state ->
                let s = sde.TimeOf(sqrt (sde.Level timeStep.From * sde.Level timeStep.To))
                let u = Step.ddim 0. sde score key { timeStep with To = s } state
                let m, after = sde.Marginal timeStep.From, sde.Marginal timeStep.To
                let ratio = after.Alpha / m.Alpha

                u |> State.moved 1 (state.X * ratio + noise u.X (State.each u s) * (after.Sigma - m.Sigma * ratio))

        {
            dpmSolver 0. with
                Name = "dpm-solver-2"
                Citation =
                    Citations.paper
                        "lu2022dpm"
                        "Lu, Zhou, Bao, Chen, Li, Zhu"
                        "DPM-Solver: a fast ODE solver for diffusion probabilistic model sampling in around 10 steps"
                        "NeurIPS"
                        2022
                        "Algorithm 1"
                Evaluations = Evaluations.Counted("2N − 1", (fun steps -> 2 * steps - 1))
                Step = denoised step
        }

    /// <summary>Dormand and Prince's method on the probability flow to a tolerance. The number of steps is the number of intervals,
    /// after each of which progress is reported.</summary>
    let rk45 (tolerance: Tolerance) : Sampler = {
        euler with
            Name = "rk45"
            Citation = Citations.song2021 |> Citations.at "Section 4.3"
            Order = Order.Deterministic 5
            DefaultSteps = steps 4
            Evaluations = Evaluations.Adaptive $"absolute {tolerance.Absolute}, relative {tolerance.Relative} per step"
            Schedule = parts
            Step = denoised (Step.rk45 tolerance)
    }

    /// <summary>Euler–Maruyama on the reverse-time SDE over the noise levels of Karras et al.</summary>
    let eulerMaruyama: Sampler = {
        euler with
            Name = "euler-maruyama"
            Citation = Citations.song2021 |> Citations.at "Equation 6"
            Order = Order.Stochastic(strong = 1., weak = 1.)
            DefaultSteps = steps 500
            Step = denoised Step.eulerMaruyama
    }

    /// <summary>Reverse diffusion over the noise levels of Karras et al.</summary>
    let reverseDiffusion: Sampler = {
        eulerMaruyama with
            Name = "reverse-diffusion"
            Citation = Citations.song2021 |> Citations.at "Algorithms 2 and 3, without corrector"
            Step = denoised Step.reverseDiffusion
    }

    /// <summary>Ancestral sampling with the posterior variance over the noise levels of Karras et al.</summary>
    let ancestral: Sampler = {
        eulerMaruyama with
            Name = "ancestral"
            Citation = Citations.song2021 |> Citations.at "Equation 47"
            DefaultSteps = steps 250
            Step = denoised Step.ancestral
    }

    /// <summary>DDPM: ancestral sampling with the variance of the forward transition, over the noise levels of Karras et al.</summary>
    let ddpm: Sampler = {
        eulerMaruyama with
            Name = "ddpm"
            Citation = Citations.ho2020
            Step = denoised Step.ddpm
    }

    /// <summary>Predictor–corrector: one Langevin step by the annealed rule, then reverse diffusion. The corrector has a bias of order 1
    /// in the square of the signal-to-noise ratio, whatever the number of steps.</summary>
    let predictorCorrector (snr: float) : Sampler = {
        eulerMaruyama with
            Name = "predictor-corrector"
            Citation =
                Citations.song2021
                |> Citations.at "Algorithms 2 and 3, with the corrector of the code's annealed rule"
            Order = Order.Stationary 1
            DefaultSteps = steps 250
            Evaluations = Evaluations.Counted("2N − 1", (fun steps -> 2 * steps - 1))
            Step =
                denoised (fun sde score ->
                    Step.reverseDiffusion sde score |> Corrector.wrap (Corrector.annealed snr) 1 sde score)
    }

    /// <summary>The adaptive SDE solver to a tolerance. The number of steps is the number of intervals, after each of which progress is
    /// reported.</summary>
    let adaptiveSde (tolerance: Tolerance) : Sampler = {
        rk45 tolerance with
            Name = "adaptive-sde"
            Citation = Citations.jolicoeur2021
            Order = Order.Stochastic(strong = 1., weak = 2.)
            Step = denoised (AdaptiveSde.step tolerance)
    }

    /// <summary>Annealed Langevin dynamics over <c>count</c> noise levels of a process, with a rule for the step size, from
    /// <c>N(0, start²)</c>. The number of steps is that of Langevin steps per level. The last step denoises.</summary>
    let annealed convention size (levels: Sde -> float[]) (count: int) (start: Sde -> float) : Sampler = {
        Name = "annealed-langevin"
        Citation = Citations.songErmon2019 |> Citations.at "Algorithm 1"
        Order = Order.Stationary 1
        Requires = Requires.UnscaledData
        DefaultSteps = steps 20
        Evaluations = Evaluations.Counted($"{count}N + 1", (fun steps -> steps * count + 1))
        Schedule =
            fun sde steps ->
                let times = levels sde |> Array.map sde.TimeOf
                let moves = Schedule.repeated steps times
                let final = times[times.Length - 1]
                let count = moves.Length + 1

                Array.append moves [| { From = final; To = 0.; Index = moves.Length; Count = count } |]
                |> Array.map (fun timeStep -> { timeStep with Count = count })
        InitialSigma = fun sde _ -> start sde
        Step = denoised (Langevin.step convention size)
    }

    /// <summary>Annealed Langevin dynamics over given noise levels, with a rule for the step size, from <c>N(0, start²)</c>. The number
    /// of steps is that of Langevin steps per level. The last step denoises.</summary>
    let annealedLangevin (convention: Convention) (size: float -> float) (levels: float[]) (start: float) : Sampler =
        annealed convention size (fun _ -> levels) levels.Length (fun _ -> start)

    /// <summary>Annealed Langevin dynamics with <c>α_l = σ_l²</c> over <c>count</c> geometric levels of the range of the process, from its
    /// prior. With step sizes a tenth of that, twenty steps do not reach the distribution of a level.</summary>
    let annealedOver (count: int) : Sampler =
        let levels (sde: Sde) = Levels.geometric (sde.Level 1.) (sde.Level sde.SampleTo) count
        annealed Convention.Half (Langevin.proportional 1.) levels count _.PriorSigma

    /// <summary>The sampler of this project's NCSN recipe: L = 20 levels <c>10^(−1 − 2l/L)</c>, <c>α_l = βσ_l²</c> with β = 0.1, 20
    /// Langevin steps per level, from <c>N(0, I)</c>.</summary>
    let ncsn = annealedLangevin Convention.Half (Langevin.proportional 0.1) (Levels.ncsn 20) 1.

    /// <summary>Annealed Langevin dynamics by NCSNv2's rules: <c>x + εs + √(2ε) z</c> with <c>ε = Step·σ_l²/σ_L²</c>, from
    /// <c>N(0, σ₁²)</c> (Song and Ermon 2020, techniques 1 to 5).</summary>
    let ncsnv2 (rules: Ncsnv2) : Sampler = {
        annealedLangevin
            Convention.Full
            (Langevin.relative rules.Step rules.SigmaMin)
            (Levels.geometric rules.SigmaMax rules.SigmaMin rules.Count)
            rules.SigmaMax with
            Citation = Citations.songErmon2020
            DefaultSteps = steps rules.Moves
    }

    let private inDataUnits = Setting.inUnit "data units"

    /// <summary>A sampler as a member of the table, with its own name and citation. To its settings it adds <c>steps</c>, with the meaning
    /// of a step.</summary>
    let entry (summary: string) (stepsMean: string) (of': Settings<Sampler>) : Member<Sampler> =
        let standard = of'.Make Map.empty

        let counted =
            Setting.whole "steps" 1 (1, Schedule.most / 20) stepsMean
            |> Setting.optional (Describe.steps standard)

        settings {
            let! sampler = of'
            and! count = counted

            return
                match count with
                | Some count -> { sampler with DefaultSteps = steps count }
                | None -> sampler
        }
        |> Member.create standard.Name summary standard.Citation

    let private plain (sampler: Sampler) : Settings<Sampler> = settings { return sampler }
    let private moves = "steps from noise to data"
    let private parts' = "intervals, after each of which progress is reported"

    /// <summary>The table of samplers.</summary>
    let table: Table<Sampler> = {
        Kind = "sampler"
        Members = [
            entry "Euler's method on the probability flow" moves (plain euler)
            entry "Heun's method on the probability flow" moves (plain heun)
            entry
                "Heun's method with noise added before each step (churn)"
                moves
                (settings {
                    let! amount = Setting.number "churn" 8. (Range.from 0.) "total amount of added noise, S_churn"

                    and! low =
                        Setting.number "from" 0. (Range.from 0.) "smallest noise level at which noise is added, S_min"
                        |> inDataUnits

                    and! high =
                        Setting.number "to" 50. (Range.above 0.) "largest noise level at which noise is added, S_max"
                        |> inDataUnits
                        |> Setting.optional "no limit"

                    and! noise =
                        Setting.number "noise" 1. (Range.above 0.) "standard deviation of the added noise, S_noise"

                    return
                        heunChurned {
                            Amount = amount
                            From = low
                            To = Option.defaultValue infinity high
                            Noise = noise
                        }
                })
            entry
                "DDIM: deterministic at η = 0, ancestral at η = 1"
                moves
                (settings {
                    let! eta =
                        Setting.number
                            "eta"
                            0.
                            (Range.between 0. 1.)
                            "noise as a fraction of the ancestral sampler's, η"

                    return ddim eta
                })
            entry "DPM-Solver++ (2M): second order from two predictions" moves (plain (dpmSolver 0.))
            entry "DPM-Solver-2: second order from the midpoint of each step" moves (plain dpmSolver2)
            entry "UniPC-2 with corrector: third order with one evaluation per step" moves (plain uniPc)
            entry
                "Dormand and Prince's method of order 5 on the probability flow, with adaptive steps"
                parts'
                (settings {
                    // Below this the rounding of float32 dominates; at the largest noise 1e-5 of it is less than half a grey value.
                    let! tolerance =
                        Setting.number "tolerance" 1e-5 (Range.from 1e-7) "error of a step, absolute and relative"

                    return rk45 { Absolute = tolerance; Relative = tolerance }
                })
            entry "Euler–Maruyama on the reverse-time SDE" moves (plain eulerMaruyama)
            entry "Reverse diffusion: the discretised forward process reversed" moves (plain reverseDiffusion)
            entry "Ancestral sampling with the posterior variance" moves (plain ancestral)
            entry "DDPM: ancestral sampling with the variance of the forward transition" moves (plain ddpm)
            entry
                "Reverse diffusion with a Langevin corrector before each step"
                moves
                (settings {
                    let! snr = Setting.number "snr" 0.16 (Range.above 0.) "signal-to-noise ratio of the corrector"

                    return predictorCorrector snr
                })
            entry "DPM-Solver++ (2M) in its SDE form" moves (plain (dpmSolver 1.))
            entry
                "Improved Euler method on the reverse-time SDE, with adaptive steps"
                parts'
                (settings {
                    let! relative = Setting.number "tolerance" 0.01 (Range.from 1e-5) "error of a step, relative"

                    // One grey value of pixels in [−1, 1].
                    and! absolute =
                        Setting.number "absolute" 0.0078 (Range.above 0.) "error of a step, absolute" |> inDataUnits

                    return adaptiveSde { Absolute = absolute; Relative = relative }
                })
            entry
                "Annealed Langevin dynamics: steps at each noise level, then denoising"
                "Langevin steps per noise level"
                (settings {
                    let! beta = Setting.number "beta" 1. (Range.above 0.) "step size at noise level σ, in units of σ²"
                    and! count = Setting.whole "count" 20 (1, 10_000) "number of noise levels"
                    and! spacing = Levels.spacing

                    and! high =
                        Setting.number "max" 50. (Range.above 0.) "largest noise level"
                        |> inDataUnits
                        |> Setting.optional "the process's largest"

                    and! low =
                        Setting.number "min" 0.01 (Range.above 0.) "smallest noise level"
                        |> inDataUnits
                        |> Setting.optional "the level at which sampling stops"

                    and! start =
                        Setting.number "start" 1. (Range.above 0.) "standard deviation of the initial points"
                        |> inDataUnits
                        |> Setting.optional "that of the process's prior"

                    let levels (sde: Sde) =
                        let high = high |> Option.defaultWith (fun () -> sde.Level 1.)
                        let low = low |> Option.defaultWith (fun () -> sde.Level sde.SampleTo)
                        if count = 1 then [| high |] else spacing high low count

                    return
                        annealed Convention.Half (Langevin.proportional beta) levels count (fun sde ->
                            Option.defaultValue sde.PriorSigma start)
                })
        ]
    }

    /// <summary>All samplers, with their settings at the defaults.</summary>
    let all: Sampler list = table.Members |> List.map Member.makeDefault
