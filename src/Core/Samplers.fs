namespace ScoreFunctional

/// <summary>What the table says of a sampler, in words.</summary>
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Describe =

    /// <summary>An order, for instance <c>weak 1, strong 1</c>.</summary>
    let order (order: Order) =
        match order with
        | Order.Deterministic p -> $"{p}"
        | Order.Stochastic(strong, weak) -> $"weak {weak}, strong {strong}"
        | Order.Stationary p -> $"bias {p}"

    /// <summary>The numbers of steps when nobody says otherwise: the usual one, and those of processes with another.</summary>
    let steps (sampler: Sampler) =
        let counts = [
            for sde in Processes.all do
                if Sampler.supports sampler sde then
                    sde.Name, sampler.DefaultSteps sde
        ]

        let usual, _ = counts |> List.countBy snd |> List.maxBy snd

        let others = [
            for name, count in counts do
                if count <> usual then
                    $", {count} under {name}"
        ]

        $"""{usual}{String.concat "" others}"""

    /// <summary>Evaluations of the score for N steps.</summary>
    let evaluations (evaluations: Evaluations) =
        match evaluations with
        | Evaluations.Counted(formula, _) -> formula
        | Evaluations.Adaptive tolerance -> $"by tolerance: {tolerance}"

    /// <summary>The models it takes.</summary>
    let requires (requires: Requires) =
        match requires with
        | Requires.AnySde -> "any process"
        | Requires.UnscaledData -> "VE, EDM"

/// <summary>Samplers, and the table of them.</summary>
module Samplers =

    /// The standard deviation of the marginal's noise where the schedule starts: the prior, at t = 1.
    let private marginal (sde: Sde) (timeSteps: TimeStep[]) = (sde.Marginal timeSteps[0].From).Sigma

    /// As many parts of the way as steps, then the last move to time 0.
    let private parts sde steps =
        // One more than the largest number would be a negative one.
        if steps > Schedule.most then
            invalidArg (nameof steps) $"expected at most {Schedule.most} parts of the way, found {steps}"

        Schedule.levels sde (steps + 1)

    /// The last move of each sampler gives Tweedie's mean. Under EDM that is what Euler's move to zero noise gives.
    let private denoised (step: Sde -> Score -> Step) sde score = step sde score |> Step.last (Step.denoise sde score)

    /// The same number of steps under every process.
    let private steps (count: int) : Sde -> int = fun _ -> count

    /// More steps under a process like VE, which begins at a noise level of its own since its time is the level's logarithm. In that
    /// time the way from pure noise, x ∝ σ, is no straight line, and a method that goes by the slope in time errs all along it.
    let private stepsInTime (usual: int) (logarithmic: int) : Sde -> int =
        fun sde -> if sde.Level 0. > 0. then logarithmic else usual

    let private once = Evaluations.Counted("N", id)

    /// <summary>Heun's method on the probability flow over Karras et al.'s noise levels: 2N − 1 evaluations under EDM.</summary>
    let heun: Sampler = {
        Name = "heun"
        Citation = Citations.karras2022 |> Citations.at "Algorithm 1"
        Order = Order.Deterministic 2
        Requires = Requires.AnySde
        DefaultSteps = stepsInTime 24 32
        Evaluations = Evaluations.Counted("2N − 1", (fun steps -> 2 * steps - 1))
        Schedule = Schedule.levels
        Start = marginal
        Step = denoised Step.heun
    }

    /// <summary>Heun's method with another range of noise levels and other exponent.</summary>
    let heunOver (rho: float) (sigmaMax: float) (sigmaMin: float) : Sampler = {
        heun with
            Schedule = Schedule.karras rho sigmaMax sigmaMin
    }

    /// <summary>Heun's method with churn; the last move, from the smallest level, adds none. Each churn and each exact flow
    /// keep the marginal, so that the weak order is Heun's. The strong order is 1 for churn at all levels, and ½ where it begins
    /// or ends at one.</summary>
    let heunChurned (churn: Churn) : Sampler = {
        heun with
            Name = "heun-churn"
            Citation = Citations.karras2022 |> Citations.at "Algorithm 2"
            Order = Order.Stochastic(strong = 1., weak = 2.)
            DefaultSteps = steps 48
            Step = denoised (fun sde score -> Churn.wrap churn sde (Step.heun sde score))
    }

    /// <summary>Euler's method on the probability flow over Karras et al.'s noise levels.</summary>
    let euler: Sampler = {
        heun with
            Name = "euler"
            Citation = Citations.song2021 |> Citations.at "Equation 13"
            Order = Order.Deterministic 1
            DefaultSteps = stepsInTime 80 500
            Evaluations = once
            Step = denoised Step.euler
    }

    /// <summary>DDIM: with η = 0 deterministic, with η = 1 the ancestral sampler (Song, Meng and Ermon 2021).</summary>
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
            // One for the first point, one a move, and one to denoise; a single step only denoises.
            Evaluations = Evaluations.Counted("N + 1", (fun steps -> if steps = 1 then 1 else steps + 1))
            Step = denoised Multistep.uniPc
    }

    /// <summary>DPM-Solver-2 over equal steps of the log-SNR: DDIM to the middle of the move, in the log-SNR, and the whole move with
    /// the noise predicted there, <c>x₊ = (α₊/α)x + (σ₊ − σα₊/α)ε̂(u, s)</c> (Lu et al. 2022, DPM-Solver, algorithm 1).</summary>
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

    /// <summary>Dormand and Prince's method on the probability flow to a tolerance; steps are the parts of the way after which
    /// progress is told.</summary>
    let rk45 (tolerance: Tolerance) : Sampler = {
        euler with
            Name = "rk45"
            Citation = Citations.song2021 |> Citations.at "Section 4.3"
            Order = Order.Deterministic 5
            DefaultSteps = steps 4
            Evaluations = Evaluations.Adaptive $"absolute {tolerance.Absolute}, relative {tolerance.Relative} a step"
            Schedule = parts
            Step = denoised (Step.rk45 tolerance)
    }

    /// <summary>Euler–Maruyama on the reverse-time SDE over Karras et al.'s noise levels.</summary>
    let eulerMaruyama: Sampler = {
        euler with
            Name = "euler-maruyama"
            Citation = Citations.song2021 |> Citations.at "Equation 6"
            Order = Order.Stochastic(strong = 1., weak = 1.)
            DefaultSteps = steps 500
            Step = denoised Step.eulerMaruyama
    }

    /// <summary>Reverse diffusion over Karras et al.'s noise levels.</summary>
    let reverseDiffusion: Sampler = {
        eulerMaruyama with
            Name = "reverse-diffusion"
            Citation = Citations.song2021 |> Citations.at "Algorithms 2 and 3, without corrector"
            Step = denoised Step.reverseDiffusion
    }

    /// <summary>Ancestral sampling with the posterior's variance over Karras et al.'s noise levels.</summary>
    let ancestral: Sampler = {
        eulerMaruyama with
            Name = "ancestral"
            Citation = Citations.song2021 |> Citations.at "Equation 47"
            DefaultSteps = steps 250
            Step = denoised Step.ancestral
    }

    /// <summary>DDPM's ancestral sampling, with the transition's variance, over Karras et al.'s noise levels.</summary>
    let ddpm: Sampler = {
        eulerMaruyama with
            Name = "ddpm"
            Citation = Citations.ho2020
            Step = denoised Step.ddpm
    }

    /// <summary>Predictor–corrector: one Langevin move by the annealed rule, then reverse diffusion. The corrector's bias is
    /// that of its step, of order 1 in the square of the signal-to-noise ratio, however many steps.</summary>
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

    /// <summary>The adaptive SDE solver to a tolerance; steps are the parts of the way after which progress is told.</summary>
    let adaptiveSde (tolerance: Tolerance) : Sampler = {
        rk45 tolerance with
            Name = "adaptive-sde"
            Citation = Citations.jolicoeur2021
            Order = Order.Stochastic(strong = 1., weak = 2.)
            Step = denoised (AdaptiveSde.step tolerance)
    }

    /// <summary>Annealed Langevin dynamics over noise levels of a process, so many, with a rule for the step size, from
    /// <c>N(0, start²)</c>; the number of steps is that of the moves at each level. The last move is the final denoising.</summary>
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
                let moves = Schedule.staying steps times
                let final = times[times.Length - 1]
                let count = moves.Length + 1

                Array.append moves [| { From = final; To = 0.; Index = moves.Length; Count = count } |]
                |> Array.map (fun timeStep -> { timeStep with Count = count })
        Start = fun sde _ -> start sde
        Step = denoised (Langevin.step convention size)
    }

    /// <summary>Annealed Langevin dynamics over given noise levels with a rule for the step size, from <c>N(0, start²)</c>; the
    /// number of steps is that of the moves at each level. The last move is the final denoising.</summary>
    let annealedLangevin (convention: Convention) (size: float -> float) (levels: float[]) (start: float) : Sampler =
        annealed convention size (fun _ -> levels) levels.Length (fun _ -> start)

    /// <summary>Annealed Langevin dynamics with <c>α_l = σ_l²</c> over so many geometric levels of the process's own range,
    /// from its prior. At a tenth of that, chains are far from each level's distribution after twenty moves.</summary>
    let annealedOver (count: int) : Sampler =
        let levels (sde: Sde) = Levels.geometric (sde.Level 1.) (sde.Level sde.SampleTo) count
        annealed Convention.Half (Langevin.proportional 1.) levels count _.PriorSigma

    /// <summary>The sampler of this project's NCSN recipe: L = 20 levels <c>10^(−1 − 2l/L)</c>, <c>α_l = βσ_l²</c> with β = 0.1, 20 moves a level, from
    /// <c>N(0, I)</c>.</summary>
    let ncsn = annealedLangevin Convention.Half (Langevin.proportional 0.1) (Levels.ncsn 20) 1.

    /// <summary>The sampler of NCSNv2's rules: <c>x + εs + √(2ε) z</c> with <c>ε = Step·σ_l²/σ_L²</c>, so many moves at each of its
    /// levels, from <c>N(0, σ₁²)</c> (Song and Ermon 2020, techniques 1 to 5).</summary>
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

    /// <summary>A sampler as a member of a table, under its own name and source: its settings, and its number of steps with what a
    /// step is.</summary>
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
    let private moves = "moves from noise to data"
    let private parts' = "parts of the way, after each of which progress is told"

    /// <summary>The table of samplers.</summary>
    let table: Table<Sampler> = {
        Kind = "sampler"
        Members = [
            entry "Euler's method on the probability flow" moves (plain euler)
            entry "Heun's method on the probability flow" moves (plain heun)
            entry
                "Heun's method with noise put in before each move"
                moves
                (settings {
                    let! amount = Setting.number "churn" 8. (Range.from 0.) "total amount of noise put in, S_churn"

                    and! low =
                        Setting.number "from" 0. (Range.from 0.) "smallest noise level at which noise is put in, S_min"
                        |> inDataUnits

                    and! high =
                        Setting.number "to" 50. (Range.above 0.) "largest noise level at which noise is put in, S_max"
                        |> inDataUnits
                        |> Setting.optional "no largest"

                    and! noise =
                        Setting.number "noise" 1. (Range.above 0.) "standard deviation of the noise put in, S_noise"

                    return
                        heunChurned {
                            Amount = amount
                            From = low
                            To = Option.defaultValue infinity high
                            Noise = noise
                        }
                })
            entry
                "DDIM: the exponential Euler method, with a share of the ancestral sampler's noise"
                moves
                (settings {
                    let! eta = Setting.number "eta" 0. (Range.between 0. 1.) "share of the ancestral sampler's noise, η"
                    return ddim eta
                })
            entry "DPM-Solver++ (2M): second order from two predictions" moves (plain (dpmSolver 0.))
            entry "DPM-Solver-2: second order from the middle of each move" moves (plain dpmSolver2)
            entry "UniPC-2 with corrector: third order for one evaluation per move" moves (plain uniPc)
            entry
                "Dormand and Prince's method of order 5, with steps as a tolerance asks for"
                parts'
                (settings {
                    // Samples of float32 show no smaller error; at the largest noise, less than 1e-5 of it is below half a grey value.
                    let! tolerance =
                        Setting.number "tolerance" 1e-5 (Range.from 1e-7) "error of a step, absolute and relative"

                    return rk45 { Absolute = tolerance; Relative = tolerance }
                })
            entry "Euler–Maruyama on the reverse-time SDE" moves (plain eulerMaruyama)
            entry "The forward transitions turned round" moves (plain reverseDiffusion)
            entry "Ancestral sampling with the posterior's variance" moves (plain ancestral)
            entry "Ancestral sampling with the transition's variance" moves (plain ddpm)
            entry
                "Reverse diffusion with a Langevin move before each"
                moves
                (settings {
                    let! snr =
                        Setting.number "snr" 0.16 (Range.above 0.) "signal-to-noise ratio of the corrector's move"

                    return predictorCorrector snr
                })
            entry "DPM-Solver++ (2M) with fresh noise" moves (plain (dpmSolver 1.))
            entry
                "Improved Euler method on the reverse-time SDE, with steps as a tolerance asks for"
                parts'
                (settings {
                    let! relative = Setting.number "tolerance" 0.01 (Range.from 1e-5) "error of a step, relative"

                    // Half a grey value of pixels in [−1, 1], whatever the relative tolerance.
                    and! absolute =
                        Setting.number "absolute" 0.0078 (Range.above 0.) "error of a step, absolute" |> inDataUnits

                    return adaptiveSde { Absolute = absolute; Relative = relative }
                })
            entry
                "Annealed Langevin dynamics: moves at each of a ladder of noise levels, then a denoising"
                "moves at each noise level"
                (settings {
                    let! beta = Setting.number "beta" 1. (Range.above 0.) "size of a move at noise level σ, in σ²"
                    and! count = Setting.whole "count" 20 (1, 10_000) "number of noise levels"
                    and! spacing = Levels.spacing

                    and! high =
                        Setting.number "max" 50. (Range.above 0.) "largest noise level"
                        |> inDataUnits
                        |> Setting.optional "the process's largest"

                    and! low =
                        Setting.number "min" 0.01 (Range.above 0.) "smallest noise level"
                        |> inDataUnits
                        |> Setting.optional "that at which the process stops"

                    and! start =
                        Setting.number "start" 1. (Range.above 0.) "standard deviation of the start"
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

    /// <summary>All of them, with nothing said of their settings.</summary>
    let all: Sampler list = table.Members |> List.map Member.standard
