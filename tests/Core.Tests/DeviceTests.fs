/// Where tensors are made. A device without values, libtorch's meta, shows on every machine that all that training and sampling
/// make is made where the parameters are. The device that SCORE_DEVICE names, where there is one, shows that the numbers
/// are those of the processor.
module Core.Tests.DeviceTests

open System
open DiffSharp
open Expecto
open ScoreFunctional
open Core.Tests.Support

/// Shapes, types and no values. An operation element by element with a tensor of the processor is refused, as it is on an
/// accelerator, and so is the reading of a value.
let private meta = Device(enum<DeviceType> 14, -1)

let private sde = Sde.edm 0.002 80.

let private size: MlpSize = { Dimension = 2; Width = 8; Layers = 2; Embedding = 6 }

let private network = Mlp.create size

let private zeros (length: int) = dsharp.zeros ([ length ], dtype = Dtype.Float32, device = meta)

let private isThere (x: Tensor) message = Expect.equal x.device meta message

let private placement =
    testList "without values" [
        testCase "a tensor left on the processor is noticed" (fun () ->
            Expect.throws (fun () -> zeros 3 + (zeros 3).zerosLike(device = Device.CPU) |> ignore) "a sum"
            Expect.throws (fun () -> Batch.toArray (zeros 3) |> ignore) "a value")

        testList "losses and their gradients" [
            for row in Objectives.table.Members ->
                testCase row.Name (fun () ->
                    let x0 = dsharp.zeros ([ 4; 2 ], dtype = Dtype.Float32, device = meta)

                    let lossFunction parameters =
                        let found =
                            match (Member.makeDefault row).Create with
                            | ObjectiveOf.Score create ->
                                let score = Preconditioning.edmScore sde 0.5 network parameters
                                Objective.evaluate (create sde) score x0 key
                            | ObjectiveOf.Energy create ->
                                let energy = network.Apply parameters |> Energy.edm sde 0.5
                                Objective.evaluate (create sde energy) (Score.ofEnergy energy) x0 key

                        struct (found.Loss, [ found.Loss; found.PerSample; found.NormRatio ])

                    let struct (gradient, found) = Primitives.gradWithAux lossFunction (zeros (Network.count network))
                    isThere gradient "gradient"
                    List.iter2 isThere found [ "loss"; "loss of each sample"; "ratio of norms" ])
        ]

        testCase "an optimiser's change and memory, and the parameters and average after it" (fun () ->
            let adamW = Optimiser.adamW (LearningRate.constant 1e-3) 0.9 0.99 1e-8 0.01
            let matrices = [| struct (2, 3, 4) |]
            let optimiser = Optimiser.muon (LearningRate.constant 1e-3) 0.95 0.2 5 0.01 matrices adamW
            let parameters, gradient = zeros 20, zeros 20
            let change = optimiser.Update 0 parameters gradient (optimiser.Init parameters)
            let struct (next, average) = Primitives.applyUpdates 0.99 parameters change.Updates parameters

            for tensor in [ change.Updates; next; average ] do
                isThere tensor "change, parameters, average"

            for slot in change.State do
                isThere slot.Value slot.Name)

        testList "states of a sampler, of a class with guidance" [
            // Steps that a tolerance chooses depend on values.
            for sampler in Samplers.all |> List.filter _.Evaluations.IsCounted ->
                testCase sampler.Name (fun () ->
                    let told = Mlp.conditional 3 size
                    let parameters = zeros (Network.count told.Network)

                    let score =
                        Guidance.classifierFree
                            (GuidanceWeight.Scale 2.)
                            (told.ApplyLabelled parameters (Labels.all 1 4)
                             |> Preconditioning.edm 0.5
                             |> Score.ofDenoiser sde)
                            (Preconditioning.edmScore sde 0.5 told.Network parameters)

                    let callbacks = { Callbacks.none with Trace = 4 }
                    let drawn = Sampler.drawOn meta sampler sde score 3 callbacks [| 4; 2 |] key
                    Expect.equal drawn.Trace.Length 4 "states"

                    for state in drawn.Trace do
                        isThere state "state")
        ]
    ]

/// The device that SCORE_DEVICE names: cpu, cuda for the first of its kind, or cuda:N; or why there is none.
let private named =
    match Environment.GetEnvironmentVariable "SCORE_DEVICE" with
    | null
    | "" -> Error "SCORE_DEVICE names no device to compare with the processor"
    | name ->
        let title (device: Device) = if device = Device.CPU then "cpu" else $"cuda:{device.DeviceIndex}"
        let wanted = if name = "cuda" then "cuda:0" else name

        match dsharp.devices () |> List.tryFind (fun device -> title device = wanted) with
        | Some device -> Ok device
        | None -> Error $"SCORE_DEVICE names {name}, which is not here"

/// Convolutions of an accelerator may round the factors of their products to eleven bits (TF32), half a thousandth each. In
/// parts of the largest value.
let private tolerance = 5e-3

/// The largest difference is within so many parts of the largest value.
let private agree tolerance (actual: Tensor) (expected: Tensor) message =
    let actual, expected = values actual, values expected
    let scale = expected |> Array.fold (fun most value -> max most (abs value)) 1e-3
    let worst = Array.map2 (fun a e -> abs (a - e)) actual expected |> Array.max
    Expect.isLessThanOrEqual worst (tolerance * scale) message

let private beside (device: Device) : Test =
    testList "beside the processor" [
        for network, shape in NetworksTests.networks do
            testCase
                $"{NetworksTests.title (network, shape)}: values, gradients in parameters and in samples"
                (fun () ->
                    let parameters = NetworksTests.busy network Dtype.Float32
                    let x = Key.normal Dtype.Float32 (batchOf 5 shape) key
                    let weights = Key.normal Dtype.Float32 (batchOf 5 shape) (Key.label "weights" key)

                    let found (device: Device) =
                        let parameters, x = parameters.move (device = device), x.move (device = device)
                        let weights = weights.move (device = device)
                        let apply parameters x = network.Apply parameters x (NetworksTests.noiseLabel 5)
                        let value, ofParameters = dsharp.evalReverseDiff (fun p -> apply p x) parameters
                        let _, ofSamples = dsharp.evalReverseDiff (fun x -> apply parameters x) x
                        [ value; ofParameters weights; ofSamples weights ]

                    List.zip3 [ "values"; "parameters"; "samples" ] (found device) (found Device.CPU)
                    |> List.iter (fun (what, actual, expected) -> agree tolerance actual expected what))

        testCase "twenty steps of training" (fun () ->
            let config = TrainingTests.config 20

            let metrics (device: Device) =
                let start = (Network.init TrainingTests.network key).move(device = device)
                let batch step = (TrainingTests.batch 16 step).move(device = device)
                Training.run config start (Seq.init 20 batch) |> snd

            for actual, expected in Array.zip (metrics device) (metrics Device.CPU) do
                // Differences of rounding grow with each step.
                let close = { absolute = 1e-4; relative = 1e-3 }
                Expect.equal actual.Sigma expected.Sigma $"noise levels of step {actual.Step}"
                Expect.floatClose close actual.Loss expected.Loss $"loss of step {actual.Step}"
                Expect.floatClose close actual.GradientNorm expected.GradientNorm $"gradient of step {actual.Step}")

        for sampler in Samplers.all do
            testCase $"samples by {sampler.Name}" (fun () ->
                let draw device =
                    Sampler.drawOn
                        device
                        sampler
                        sde
                        (Mixture.score sde (mixtureOf 2))
                        8
                        Callbacks.none
                        [| 20; 2 |]
                        key

                // A step that is taken on one device and refused on the other is as far off as its tolerance allows.
                let allowed = if sampler.Evaluations.IsCounted then 1e-3 else 5e-2
                agree allowed (draw device).X (draw Device.CPU).X "samples")

        for settings in [ Likelihood.precise; Likelihood.estimated 2 ] do
            testCase $"log-densities, {settings.Trace}" (fun () ->
                let mixture = mixtureOf 2
                let x = Mixture.sample mixture Dtype.Float64 [| 20; 2 |] key

                let found (device: Device) =
                    Likelihood.logDensity settings sde 0.01 (Mixture.score sde mixture) key (x.move (device = device))

                let actual, expected = found device, found Device.CPU

                for actual, expected in
                    [
                        actual.LogDensity, expected.LogDensity
                        actual.Solver, expected.Solver
                        actual.EarlyStop, expected.EarlyStop
                    ] do
                    agree 1e-4 actual expected "nats")
    ]

[<Tests>]
let tests =
    testList "device" [
        placement
        match named with
        | Ok device -> beside device
        | Error reason -> testCase "beside the processor" (fun () -> skiptest reason)
    ]
