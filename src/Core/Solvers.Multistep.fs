namespace ScoreFunctional

open System
open DiffSharp

/// <summary>Multistep methods: they use earlier predictions, in the half log-SNR <c>λ = ln(α/σ)</c>. They integrate the linear part of
/// the equation exactly, and approximate the predicted data x̂₀ as a function of λ.</summary>
module Multistep =

    let private logSnr (sde: Sde) t = -log(sde.Level t)

    let private predict sde score (state: State) t =
        let (DataPrediction mean) = Score.toData sde score
        mean state.X (State.each state t)

    /// The latest prediction at a higher noise level than that of the step's start, and its distance in λ over the length of the step.
    let private before sde (timeStep: TimeStep) (state: State) =
        let now = logSnr sde timeStep.From
        let h = logSnr sde timeStep.To - now

        state.History
        |> List.tryPick (fun past ->
            let r = (now - logSnr sde past.Time) / h
            // A step to zero noise is infinitely long in λ: no extrapolation.
            if r > 0. && Double.IsFinite h then Some struct (past.Data, r) else None)

    /// <summary>DPM-Solver++ (2M) and its SDE form (Lu et al. 2022, algorithm 2), for 0 ≤ η ≤ 1:
    /// <c>x ← (σ₊/σ)e^(−ηh)x + α₊(1 − e^(−(1+η)h))D + σ₊√(1 − e^(−2ηh)) z</c> with <c>D = x̂₀ + (x̂₀ − x̂₀′)/(2r)</c>. x̂₀′ is the
    /// prediction of the previous step, and r the length of that step over this one's. The first step has D = x̂₀. With η = 0:
    /// order 2, no noise. With η = 1: strong order 1, weak order 2.</summary>
    /// <exception cref="T:System.ArgumentException">η is not in [0, 1].</exception>
    let dpmSolver (eta: float) (sde: Sde) (score: Score) : Step =
        if not (eta >= 0. && eta <= 1.) then
            invalidArg (nameof eta) $"expected a number from 0 to 1, found {eta}"

        fun key timeStep state ->
            let m, after = sde.Marginal timeStep.From, sde.Marginal timeStep.To
            let h = logSnr sde timeStep.To - logSnr sde timeStep.From
            let data = predict sde score state timeStep.From

            let extrapolated =
                match before sde timeStep state with
                | Some struct (earlier, r) -> data * (1. + 0.5 / r) - earlier * (0.5 / r)
                | None -> data

            let mean =
                state.X * (after.Sigma / m.Sigma * exp (-eta * h))
                + extrapolated * (after.Alpha * (1. - exp (-(1. + eta) * h)))

            let noise = if eta = 0. then 0. else after.Sigma * sqrt (1. - exp (-2. * eta * h))

            {
                X = if noise = 0. then mean else mean + Key.normalLike state.X key * noise
                Nfe = state.Nfe + 1
                History = [ { Time = timeStep.From; Data = data } ]
            }

    /// φ₁ = e^z − 1, φ₂ = φ₁/z − 1 and φ₃ = φ₂/z − ½, by their series at small z.
    let private phi (z: float) =
        if abs z < 0.1 then
            let series first =
                Seq.unfold (fun (term, k) -> Some(term, (term * z / float k, k + 1))) first |> Seq.take 12

            struct (Seq.sum (series (z, 2)), Seq.sum (series (z / 2., 3)), Seq.sum (series (z / 6., 4)))
        else
            let one = exp z - 1.
            let two = one / z - 1.
            struct (one, two, two / z - 0.5)

    /// <summary>UniPC-2 with corrector and B(h) = e^(−h) − 1 (Zhao et al. 2023): order 3 with one evaluation per step. With the
    /// previous prediction x̂₀′, its distance r′ &lt; 0 in λ over h, and <c>D′ = (x̂₀′ − x̂₀)/r′</c>, the predictor is
    /// <c>(σ₊/σ)x − α₊(e^(−h) − 1)(x̂₀ + ½D′)</c>. The corrector replaces ½D′ by <c>ρ₁D′ + ρ₂(x̂₀₊ − x̂₀)</c>, where x̂₀₊ is the
    /// prediction at the predicted point. The next step reuses that prediction.</summary>
    let uniPc (sde: Sde) (score: Score) : Step =
        fun _ timeStep state ->
            let m, after = sde.Marginal timeStep.From, sde.Marginal timeStep.To
            let h = logSnr sde timeStep.To - logSnr sde timeStep.From

            let struct (data, made) =
                match state.History with
                | latest :: _ when latest.Time = timeStep.From -> struct (latest.Data, 0)
                | _ -> struct (predict sde score state timeStep.From, 1)

            let struct (one, two, three) = phi -h
            let linear = state.X * (after.Sigma / m.Sigma) - data * (after.Alpha * one)
            let plus weight (difference: Tensor) (x: Tensor) = x - difference * (after.Alpha * one * weight)

            let slope =
                before sde timeStep state
                |> Option.map (fun struct (earlier, r) -> struct ((data - earlier) * (1. / r), -r))

            let predicted =
                match slope with
                | Some struct (slope, _) -> linear |> plus 0.5 slope
                | None -> linear

            if after.Sigma = 0. then
                state |> State.moved made predicted
            else
                let dataAfter = predict sde score { state with X = predicted } timeStep.To

                let corrected =
                    match slope with
                    | Some struct (slope, r) ->
                        // ρ₁ + ρ₂ = b₁ and rρ₁ + ρ₂ = b₂, with b₁ = φ₂/B and b₂ = 2φ₃/B.
                        let b1, b2 = two / one, 2. * three / one
                        let first = (b1 - b2) / (1. - r)
                        linear |> plus first slope |> plus (b1 - first) (dataAfter - data)
                    | None -> linear |> plus 0.5 (dataAfter - data)

                {
                    X = corrected
                    Nfe = state.Nfe + made + 1
                    History = [ { Time = timeStep.To; Data = dataAfter }; { Time = timeStep.From; Data = data } ]
                }
