namespace ScoreFunctional

open System

/// <summary>A member of the table of optimisers: the optimiser as a function of the learning-rate schedule and the parameters.</summary>
type OptimiserDesign = {
    /// <summary>The peak learning rate.</summary>
    Rate: float
    /// <summary>The optimiser for a learning-rate schedule and the parameters of a network.</summary>
    Create: LearningRate -> Parameter[] -> Optimiser
}

/// <summary>The tables of optimisers, learning-rate schedules and moving averages of the weights.</summary>
module Optimisers =

    let private rate = Setting.number "rate" 1e-4 (Range.above 0.) "peak learning rate"

    let private clip =
        Setting.number "clip" 1. (Range.above 0.) "largest gradient norm, above which gradients are clipped"

    let private beta1 =
        Setting.number "beta1" 0.9 Range.decay "decay of the moving average of the gradient, β₁"

    let private beta2 =
        Setting.number "beta2" 0.999 Range.decay "decay of the moving average of the squared gradient, β₂"

    let private epsilon =
        Setting.number "epsilon" 1e-8 (Range.above 0.) "term added to the denominator for numerical stability, ε"

    let private decay =
        Setting.number "weight-decay" 0.01 (Range.from 0.) "decoupled weight decay, times the learning rate"

    // The offset, rows (outputs) and columns (inputs times kernel size) of every convolution but the first and the last, and of no
    // other layer. Muon suits hidden layers, not those whose inputs or outputs are data, noise labels or classes. In the dense layers
    // orthogonalisation costs more time than it saves.
    let private innerConvolutions (parameters: Parameter[]) =
        let inner (p: Parameter) =
            p.Shape.Length = 4
            && not (p.Name.StartsWith("stem", StringComparison.Ordinal))
            && not (p.Name.StartsWith("head", StringComparison.Ordinal))

        let sizes = parameters |> Array.map (fun p -> Array.fold (*) 1 p.Shape)

        Array.zip3 parameters sizes (Array.scan (+) 0 sizes |> Array.truncate sizes.Length)
        |> Array.filter (fun (p, _, _) -> inner p)
        |> Array.map (fun (p, size, offset) -> struct (offset, p.Shape[0], size / p.Shape[0]))

    /// <summary>The optimisers, each after clipping by global norm.</summary>
    let table: Table<OptimiserDesign> = {
        Kind = "optimiser"
        Members = [
            Member.create
                "adamw"
                "Adam with decoupled weight decay"
                Citations.loshchilov2019
                (settings {
                    let! rate = rate
                    and! beta1 = beta1
                    and! beta2 = beta2
                    and! epsilon = epsilon
                    and! decay = decay
                    and! clip = clip

                    return {
                        Rate = rate
                        Create =
                            fun rate _ ->
                                Optimiser.chain [ Optimiser.clip clip; Optimiser.adamW rate beta1 beta2 epsilon decay ]
                    }
                })
            Member.create
                "muon"
                "Muon for the hidden convolutions, AdamW for all other parameters"
                Citations.jordan2024
                (settings {
                    let! rate = rate
                    and! beta1 = beta1
                    and! beta2 = beta2
                    and! epsilon = epsilon
                    and! decay = decay
                    and! clip = clip

                    and! momentum = Setting.number "momentum" 0.95 Range.decay "momentum of Muon, μ"

                    and! scale =
                        Setting.number "scale" 0.2 (Range.above 0.) "scale of Muon's updates (0.2 matches AdamW's)"

                    and! iterations = Setting.whole "iterations" 5 (1, 100) "number of Newton–Schulz iterations"

                    return {
                        Rate = rate
                        Create =
                            fun rate parameters ->
                                Optimiser.chain [
                                    Optimiser.clip clip
                                    Optimiser.muon
                                        rate
                                        momentum
                                        scale
                                        iterations
                                        decay
                                        (innerConvolutions parameters)
                                        (Optimiser.adamW rate beta1 beta2 epsilon decay)
                                ]
                    }
                })
            Member.create
                "sgd"
                "Stochastic gradient descent"
                Citations.robbinsMonro1951
                (settings {
                    let! rate = rate
                    and! clip = clip

                    return {
                        Rate = rate
                        Create = fun rate _ -> Optimiser.chain [ Optimiser.clip clip; Optimiser.sgd rate ]
                    }
                })
        ]
    }

    /// A schedule with a linear warm-up, at most as long as the run.
    let private withWarmUp (after: int -> LearningRate) : Settings<int -> LearningRate> =
        settings {
            let! warmUp = Setting.whole "warm-up" 0 (0, 1_000_000_000) "steps of linear warm-up"
            return fun horizon -> LearningRate.times (LearningRate.warmUp (min warmUp horizon)) (after horizon)
        }

    /// <summary>Learning-rate schedules as functions of the number of steps of the run, relative to the peak learning rate.</summary>
    let learningRates: Table<int -> LearningRate> = {
        Kind = "learning-rate"
        Members = [
            Member.create
                "constant"
                "Constant after the warm-up"
                Citations.goyal2017
                (withWarmUp (fun _ -> LearningRate.constant 1.))
            Member.create "linear" "Linear decay to zero" Citations.goyal2017 (withWarmUp LearningRate.linear)
            Member.create "cosine" "Cosine decay to zero" Citations.loshchilov2017 (withWarmUp LearningRate.cosine)
        ]
    }

    let private emaDecay = Setting.number "decay" 0.999 Range.decay "largest decay"

    /// <summary>Moving averages of the weights, used for sampling.</summary>
    let emas: Table<Ema> = {
        Kind = "average"
        Members = [
            Member.create
                "exponential"
                "Exponential moving average, with the warm-up (1 + n)/(10 + n) of the decay, n from 1"
                (Citations.song2021 |> Citations.at "Published code")
                (settings {
                    let! decay = emaDecay
                    return Ema.exponential decay
                })
            Member.create
                "exponential-from-zero"
                "As exponential, with n from 0: the rule of this project's first runs"
                (Citations.song2021 |> Citations.at "Published code, with n from 0")
                (settings {
                    let! decay = emaDecay
                    return Ema.exponentialFromZero decay
                })
            Member.create
                "power"
                "Power-function average, whose width is a fixed fraction of the run so far"
                Citations.karras2024
                (settings {
                    let! gamma =
                        Setting.number
                            "gamma"
                            16.97
                            (Range.above 0.)
                            "exponent γ (16.97 gives a width of 5 % of the run)"

                    return Ema.power gamma
                })
        ]
    }
