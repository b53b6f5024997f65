namespace ScoreFunctional.Runs

open System
open ScoreFunctional

/// A preset: from the name of a data set and the data set to the specification of a run.
type Preset = string -> Dataset -> RunSpec

/// The presets that a run can start from.
[<RequireQualifiedAccess>]
module Presets =
    let private choice name (settings: (string * Value) list) : Choice = { Name = name; Settings = settings }

    let private number (name: string) (value: float) = name, Value.Number value
    let private whole (name: string) (value: int) = name, Value.Whole(int64 value)

    /// The probability with which a label is dropped: the best of 0.1, 0.2 and 0.5 in Ho and Salimans 2022.
    let labelDropout = 0.1

    /// Standard deviation of the pixels of MNIST in [−1, 1].
    let private mnistDeviation = 0.6162

    /// The fully connected network in the size for a data set.
    let mlp (images: bool) : Choice =
        choice "mlp" (if images then [ whole "width" 1024; whole "embedding" 128 ] else [])

    /// The standard deviation of the data that a run assumes: that of its model or objective, else that of the data set.
    let sigmaData (spec: RunSpec) (dataset: Dataset) : Value =
        [ spec.Model; spec.Objective ]
        |> List.tryPick (Choice.tryGet "sigma-data")
        |> Option.defaultValue (Value.Number(if Datasets.isImages dataset then mnistDeviation else 1.0))

    // This project's own: the best digits that ten minutes on two cores give.
    let private fast: Preset =
        fun name dataset ->
            let images = Datasets.isImages dataset
            let data = number "sigma-data" (if images then 0.5 else 1.0)

            let adam = [ number "rate" (if images then 4e-3 else 2e-3); number "beta2" 0.99 ]

            {
                Preset = "fast"
                Dataset = Choice.ofName name
                Network =
                    if images then
                        choice "unet" [
                            "widths", Value.Wholes [ 48L; 96L ]
                            whole "dense-channels" 16
                            whole "dense-hidden" 256
                        ]
                    else
                        mlp false
                Process = choice "edm" [ number "sigma-min" (if images then 0.02 else 0.005); number "sigma-max" 40.0 ]
                Model = choice "edm" [ data ]
                Objective =
                    choice "log-normal" [
                        number "mean" (if images then -0.1 else -1.2)
                        number "deviation" (if images then 1.1 else 1.6)
                        data
                    ]
                Optimiser =
                    if images then
                        choice "muon" (adam @ [ number "scale" 0.25; whole "iterations" 3 ])
                    else
                        choice "adamw" adam
                LearningRate = choice "linear" [ whole "warm-up" (if images then 200 else 100) ]
                Ema = Choice.ofName "power"
                Sampler =
                    if images then
                        // The range of the churn is that of the paper's ImageNet settings.
                        choice "heun-churn" [ number "from" 0.05; number "to" 50.0; whole "steps" 24 ]
                    else
                        choice "heun" [ whole "steps" 18 ]
                Schedule = None
                BatchSize = if images then 64 else 256
                Length = if images then Minutes 10.0 else Steps 3000
                Seed = 0L
                LabelDropout = None
                Script = None
            }

    // Like Song and Ermon 2019, with twenty smaller noise levels: σ_l = 10^(−1 − 2 l / L) with l = 1 … L and L = 20, from 10^−1.1 down to 10^−3.
    let private ncsn: Preset =
        fun name dataset ->
            let largest, smallest = Math.Pow(10.0, -1.1), 1e-3
            let ladder = [ whole "count" 20; number "max" largest; number "min" smallest ]

            {
                Preset = "ncsn"
                Dataset = Choice.ofName name
                Network = if Datasets.isImages dataset then Choice.ofName "unet" else mlp false
                Process = choice "ve" [ number "sigma-min" smallest; number "sigma-max" largest ]
                Model = Choice.ofName "over-sigma"
                Objective = choice "levels" ladder
                Optimiser = Choice.ofName "adamw"
                LearningRate = Choice.ofName "constant"
                Ema = Choice.ofName "exponential"
                Sampler =
                    choice "annealed-langevin" ([ number "beta" 0.1; number "start" 1.0; whole "steps" 20 ] @ ladder)
                Schedule = None
                BatchSize = 128
                Length = Steps 40000
                Seed = 0L
                LabelDropout = None
                Script = None
            }

    /// The table of presets.
    let table: Table<Preset> = {
        Kind = "preset"
        Members = [
            Member.create
                "fast"
                "This project's own: the best digits in ten minutes on two cores"
                Citations.karras2022
                (settings { return fast })
            Member.create
                "ncsn"
                "Twenty geometric noise levels, constant learning rate, annealed Langevin dynamics"
                Citations.songErmon2019
                (settings { return ncsn })
            |> Member.formerly [ "founding" ]
        ]
    }

    /// The default preset.
    let standard = table.Members.Head
