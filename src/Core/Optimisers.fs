namespace ScoreFunctional

open System

/// <summary>An optimiser before it has a course of its learning rate and parameters.</summary>
type OptimiserDesign = {
    /// <summary>The largest learning rate.</summary>
    Rate: float
    /// <summary>The optimiser for a learning rate at each step and a table of parameters.</summary>
    Create: LearningRate -> Parameter[] -> Optimiser
}

/// <summary>The table of optimisers, and those of what goes with them: courses of the learning rate and averages of the weights.</summary>
module Optimisers =

    let private rate = Setting.number "rate" 1e-4 (Range.above 0.) "largest learning rate"
    let private clip = Setting.number "clip" 1. (Range.above 0.) "largest norm of a gradient"
    let private beta1 = Setting.number "beta1" 0.9 Range.decay "decay of the mean of the gradient"
    let private beta2 = Setting.number "beta2" 0.999 Range.decay "decay of the mean of its square"
    let private epsilon = Setting.number "epsilon" 1e-8 (Range.above 0.) "added to the root of that mean"

    let private decay =
        Setting.number "weight-decay" 0.01 (Range.from 0.) "decoupled weight decay, times the learning rate"

    // The convolutions inside: offset, outputs, and inputs with their taps. Data, noise labels and classes enter through
    // rows of their own, which are no directions of one space, what leaves is the answer itself, and the dense layers are
    // large enough that making them orthogonal costs more time than it saves.
    let private innerConvolutions (parameters: Parameter[]) =
        let inner (p: Parameter) =
            p.Shape.Length = 4
            && not (p.Name.StartsWith("stem", StringComparison.Ordinal))
            && not (p.Name.StartsWith("head", StringComparison.Ordinal))

        let sizes = parameters |> Array.map (fun p -> Array.fold (*) 1 p.Shape)

        Array.zip3 parameters sizes (Array.scan (+) 0 sizes |> Array.truncate sizes.Length)
        |> Array.filter (fun (p, _, _) -> inner p)
        |> Array.map (fun (p, size, offset) -> struct (offset, p.Shape[0], size / p.Shape[0]))

    /// <summary>The optimisers, each after clipping by the global norm of the gradient.</summary>
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
                "Muon for the inner convolutions, AdamW for all else"
                Citations.jordan2024
                (settings {
                    let! rate = rate
                    and! beta1 = beta1
                    and! beta2 = beta2
                    and! epsilon = epsilon
                    and! decay = decay
                    and! clip = clip

                    and! momentum =
                        Setting.number "momentum" 0.95 Range.decay "decay of the convolutions' mean gradient"

                    and! scale =
                        Setting.number "scale" 0.2 (Range.above 0.) "size of a convolution's change; 0.2 is AdamW's"

                    and! iterations = Setting.whole "iterations" 5 (1, 100) "iterations of Newton and Schulz"

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

    /// The steps over which the rate rises never outlast the run.
    let private course (after: int -> LearningRate) : Settings<int -> LearningRate> =
        settings {
            let! warmUp = Setting.whole "warm-up" 0 (0, 1_000_000_000) "steps over which the rate rises from zero"
            return fun horizon -> LearningRate.times (LearningRate.warmUp (min warmUp horizon)) (after horizon)
        }

    /// <summary>Courses of the learning rate over a run of so many steps, as shares of the largest one.</summary>
    let learningRates: Table<int -> LearningRate> = {
        Kind = "learning-rate"
        Members = [
            Member.create
                "constant"
                "Stays where the warm-up ended"
                Citations.goyal2017
                (course (fun _ -> LearningRate.constant 1.))
            Member.create "linear" "Falls in a straight line to zero" Citations.goyal2017 (course LearningRate.linear)
            Member.create
                "cosine"
                "Falls along half a cosine to zero"
                Citations.loshchilov2017
                (course LearningRate.cosine)
        ]
    }

    let private emaDecay = Setting.number "decay" 0.999 Range.decay "largest decay"

    /// <summary>Averages of the weights, which samples are drawn from.</summary>
    let emas: Table<Ema> = {
        Kind = "average"
        Members = [
            Member.create
                "exponential"
                "Exponential, with a warm-up of the decay as (1 + n)/(10 + n), n from 1"
                (Citations.song2021 |> Citations.at "Published code")
                (settings {
                    let! decay = emaDecay
                    return Ema.exponential decay
                })
            Member.create
                "exponential-from-zero"
                "The same with n from 0: the rule of this project's first runs"
                (Citations.song2021 |> Citations.at "Published code, an update behind")
                (settings {
                    let! decay = emaDecay
                    return Ema.exponentialFromZero decay
                })
            Member.create
                "power"
                "As wide at every point of a run, relative to its length"
                Citations.karras2024
                (settings {
                    let! gamma =
                        Setting.number "gamma" 16.97 (Range.above 0.) "exponent γ; 16.97 is a width of 5 % of the run"

                    return Ema.power gamma
                })
        ]
    }
