namespace ScoreFunctional.Interop

open System
open DiffSharp
open ScoreFunctional

/// <summary>A named float32 tensor as plain arrays: what a checkpoint holds.</summary>
[<Sealed; AllowNullLiteral>]
type NamedArray(name: string, shape: int[], values: float32[]) =

    /// <summary>Dotted name.</summary>
    member _.Name = name

    /// <summary>Shape.</summary>
    member _.Shape = shape

    /// <summary>Values, row by row.</summary>
    member _.Values = values

/// <summary>The course of the learning rate after the warm-up.</summary>
type DecayKind =
    /// <summary>It stays.</summary>
    | Constant = 0
    /// <summary>It falls in a straight line to zero at the horizon.</summary>
    | Linear = 1
    /// <summary>It falls along half a cosine to zero at the horizon.</summary>
    | Cosine = 2

/// <summary>How a trainer trains: AdamW, clipping, warm-up, decay, average.</summary>
[<Sealed>]
type TrainerOptions() =

    /// <summary>Largest learning rate.</summary>
    member val LearningRate = 1e-3 with get, set

    /// <summary>Decay of the gradient's mean.</summary>
    member val Beta1 = 0.9 with get, set

    /// <summary>Decay of the squared gradient's mean.</summary>
    member val Beta2 = 0.999 with get, set

    /// <summary>Added to the root of that mean.</summary>
    member val Epsilon = 1e-8 with get, set

    /// <summary>Decoupled weight decay, multiplied by the learning rate.</summary>
    member val WeightDecay = 0.01 with get, set

    /// <summary>Largest global norm of a gradient; 0 for no clipping.</summary>
    member val Clip = 1.0 with get, set

    /// <summary>Steps over which the learning rate rises in a straight line.</summary>
    member val WarmUpSteps = 0 with get, set

    /// <summary>Its course after that.</summary>
    member val Decay = DecayKind.Constant with get, set

    /// <summary>Steps after which the learning rate is zero; 0 for none yet.</summary>
    member val Horizon = 0 with get, set

    /// <summary>Decay of the exponential average of the weights, warmed up as (1 + n)/(10 + n).</summary>
    member val AverageDecay = 0.999 with get, set

    /// <summary>If positive, a power-function average with this γ takes the exponential one's place.</summary>
    member val AveragePower = 0.0 with get, set

    /// <summary>Seed of all of the run's randomness.</summary>
    member val Seed = 0L with get, set

/// <summary>What one step of training measured.</summary>
[<Sealed>]
type StepMetrics(metrics: Metrics, rate: float) =

    /// <summary>Steps done after this one.</summary>
    member _.Step = metrics.Step

    /// <summary>The objective's loss.</summary>
    member _.Loss = metrics.Loss

    /// <summary>Norm of the gradient before clipping.</summary>
    member _.GradientNorm = metrics.GradientNorm

    /// <summary>The learning rate that was used.</summary>
    member _.LearningRate = rate

    /// <summary>Loss of each sample.</summary>
    member _.PerSample = metrics.PerSample

    /// <summary>Noise level of each sample, in data units.</summary>
    member _.Sigma = metrics.Sigma

    /// <summary>Norm of the predicted noise over that of the true, for each sample.</summary>
    member _.NormRatio = metrics.NormRatio

/// <summary>Which samples are wanted.</summary>
[<Sealed>]
type SampleRequest() =

    /// <summary>How many.</summary>
    member val Count = 16 with get, set

    /// <summary>Index of the first: sample k of a seed is the same in any request.</summary>
    member val First = 0L with get, set

    /// <summary>Seed.</summary>
    member val Seed = 0L with get, set

    /// <summary>Steps of the sampler; 0 for its own default.</summary>
    member val Steps = 0 with get, set

    /// <summary>Samples drawn side by side.</summary>
    member val BatchSize = 64 with get, set

    /// <summary>States of the way from noise to sample to keep, the first and the last among them; 0 for none.</summary>
    member val Trace = 0 with get, set

/// <summary>How far a request is.</summary>
[<Struct>]
type SampleProgress = {
    /// <summary>Moves done, over all batches.</summary>
    Done: int
    /// <summary>Moves in all.</summary>
    Total: int
}

/// <summary>Samples as plain numbers.</summary>
[<Sealed>]
type SampleResult(values: float32[], evaluations: int, trace: float32[][]) =

    /// <summary>The samples one after the other, in data units.</summary>
    member _.Values = values

    /// <summary>Evaluations of the network that each sample took.</summary>
    member _.Evaluations = evaluations

    /// <summary>The states that were asked for, each as <c>Values</c>.</summary>
    member _.Trace = trace

module internal Arrays =

    let ofTensor (x: Tensor) : float32[] =
        match x.cast(Dtype.Float32).view([| x.nelement |]).toArray() with
        | :? (float32[]) as values -> values
        | other -> invalidOp $"expected float32 values, found {other.GetType()}"

    let elements (shape: int[]) = Array.fold (*) 1 shape

    let tensor (shape: int[]) (values: float32[]) : Tensor =
        dsharp.tensor(values, dtype = Dtype.Float32, device = Device.CPU).view shape

    /// Values as a batch of samples of a shape.
    let batch (sampleShape: int[]) (values: float32[]) =
        let each = elements sampleShape

        if values.Length = 0 || values.Length % each <> 0 then
            invalidArg (nameof values) $"expected whole samples of {each} numbers, found {values.Length} numbers"

        tensor (Array.append [| values.Length / each |] sampleShape) values

    let key (seed: int64) = Key.ofSeed (uint64 seed)

/// <summary>A network, the process it is used under and the shape of its samples: what a checkpoint's weights fit. Immutable.</summary>
[<Sealed>]
type Model(network: Network, sde: Sde, sigmaData: float, sampleShape: int[]) =

    let count = Network.count network
    let each = Arrays.elements sampleShape

    let flat (weights: float32[]) =
        if weights.Length <> count then
            invalidArg (nameof weights) $"expected {count} parameters, found {weights.Length}"

        Arrays.tensor [| count |] weights

    let score parameters = Preconditioning.edmScore sde sigmaData network parameters

    /// <summary>The network.</summary>
    member _.Network = network

    /// <summary>The forward process.</summary>
    member _.Process = sde

    /// <summary>Shape of one sample, for instance 1 × 28 × 28.</summary>
    member _.SampleShape = sampleShape

    /// <summary>Number of parameters.</summary>
    member _.ParameterCount = count

    /// <summary>Parameters before training, as one flat array.</summary>
    member _.Initialise(seed: int64) : float32[] =
        Primitives.scope
            (fun () -> Network.init network (Arrays.key seed |> Key.label "parameters") |> Arrays.ofTensor)
            (fun _ -> [])

    /// <summary>A flat array as named tensors.</summary>
    /// <exception cref="T:System.ArgumentException">The array has another length.</exception>
    member _.Name(weights: float32[]) : NamedArray[] =
        if weights.Length <> count then
            invalidArg (nameof weights) $"expected {count} parameters, found {weights.Length}"

        network.Parameters
        |> Array.mapFold
            (fun offset (p: Parameter) ->
                let length = Arrays.elements p.Shape
                NamedArray(p.Name, p.Shape, Array.sub weights offset length), offset + length)
            0
        |> fst

    /// <summary>Named tensors as one flat array, in any order.</summary>
    /// <exception cref="T:System.ArgumentException">A name is missing, unknown or twice, or a shape is another; the
    /// message says which, with what was expected and found.</exception>
    member _.Flatten(tensors: NamedArray[]) : float32[] =
        let print (shape: int[]) = String.Join(" × ", shape)
        let found = tensors |> Array.groupBy _.Name |> Map.ofArray
        let expected = network.Parameters |> Array.map _.Name |> Set.ofArray

        for name in found.Keys do
            if not (Set.contains name expected) then
                invalidArg (nameof tensors) $"the network has no parameter named '{name}'"

        network.Parameters
        |> Array.collect (fun p ->
            match Map.tryFind p.Name found with
            | Some [| tensor |] when tensor.Shape = p.Shape && tensor.Values.Length = Arrays.elements p.Shape ->
                tensor.Values
            | Some [| tensor |] ->
                invalidArg (nameof tensors) $"'{p.Name}': expected shape {print p.Shape}, found {print tensor.Shape}"
            | Some several -> invalidArg (nameof tensors) $"'{p.Name}' stands there {several.Length} times"
            | None -> invalidArg (nameof tensors) $"'{p.Name}' (shape {print p.Shape}) is missing")

    /// <summary>Draws samples. The same seed and index give the same sample in any request.</summary>
    /// <param name="weights">Flat parameters.</param>
    /// <param name="sampler">From <see cref="T:ScoreFunctional.Interop.Build"/> or the table.</param>
    /// <param name="request">Which samples.</param>
    /// <param name="progress">Called after every move; an exception from it (of cancellation, say) ends the drawing.</param>
    member _.Sample
        (weights: float32[], sampler: Sampler, request: SampleRequest, progress: Action<SampleProgress>)
        : SampleResult =
        if request.Count < 1 || request.BatchSize < 1 then
            invalidArg
                (nameof request)
                $"expected at least one sample, found {request.Count} in batches of {request.BatchSize}"

        let steps = if request.Steps > 0 then request.Steps else sampler.DefaultSteps
        let moves = (sampler.Schedule sde steps).Length
        let batches = (request.Count + request.BatchSize - 1) / request.BatchSize

        let drawn =
            Array.init batches (fun i ->
                let first = i * request.BatchSize
                let n = min request.BatchSize (request.Count - first)
                let key = Arrays.key request.Seed |> Key.label "sample" |> Key.fromSample (request.First + int64 first)

                let watch = {
                    Trace = request.Trace
                    Progress =
                        fun span _ -> progress.Invoke { Done = i * moves + span.Index + 1; Total = batches * moves }
                }

                Primitives.scope
                    (fun () ->
                        let shape = Array.append [| n |] sampleShape
                        let result = Sampler.draw sampler sde (score (flat weights)) steps watch shape key
                        struct (Arrays.ofTensor result.X, result.Nfe, result.Trace |> Array.map Arrays.ofTensor))
                    (fun _ -> []))

        let struct (_, evaluations, frames) = drawn[0]

        SampleResult(
            drawn |> Array.collect (fun struct (values, _, _) -> values),
            evaluations,
            Array.init frames.Length (fun i -> drawn |> Array.collect (fun struct (_, _, trace) -> trace[i]))
        )

    /// <summary>The denoising loss <c>E‖σs + z‖²</c> (mean over samples and dimensions, no ½) of weights on data at each of
    /// these noise levels. Sample k's noise depends on the seed, the level's place and k alone.</summary>
    member _.Losses(weights: float32[], data: float32[], levels: float[], seed: int64, batchSize: int) : float[] =
        let samples = data.Length / each
        let key = Arrays.key seed |> Key.label "evaluate"

        levels
        |> Array.mapi (fun index level ->
            let objective = Objective.atLevel sde level

            Seq.init ((samples + batchSize - 1) / batchSize) (fun b ->
                let first = b * batchSize
                let n = min batchSize (samples - first)

                Primitives.scope
                    (fun () ->
                        Primitives.noGrad (fun () ->
                            let batch = Arrays.batch sampleShape (Array.sub data (first * each) (n * each))
                            let key = key |> Key.atStep index |> Key.fromSample (int64 first)
                            (objective.Evaluate (score (flat weights)) batch key).PerSample |> Batch.toArray))
                    (fun _ -> []))
            |> Seq.collect id
            |> Seq.average)

    /// The recipe of a trainer.
    member internal _.Recipe(objective: Objective, options: TrainerOptions) : Recipe * Rate =
        let decay =
            match options.Decay with
            | DecayKind.Constant -> Rate.constant 1.
            | DecayKind.Linear -> Rate.linear options.Horizon
            | DecayKind.Cosine -> Rate.cosine options.Horizon
            | other -> invalidArg (nameof options) $"expected Constant, Linear or Cosine, found {other}"

        let rate =
            Rate.constant options.LearningRate
            |> Rate.times (Rate.warmUp options.WarmUpSteps)
            |> Rate.times decay

        {
            Model = score
            Objective = objective
            Optimiser =
                Optimiser.chain [
                    if options.Clip > 0. then
                        Optimiser.clip options.Clip
                    Optimiser.adamW rate options.Beta1 options.Beta2 options.Epsilon options.WeightDecay
                ]
            Averaging =
                if options.AveragePower > 0. then
                    Averaging.power options.AveragePower
                else
                    Averaging.exponential options.AverageDecay
            Key = Arrays.key options.Seed |> Key.label "training"
        },
        rate

/// <summary>A run of training under way: a loop's hold on a state that is itself immutable.</summary>
[<Sealed>]
type Trainer private (model: Model, objective: Objective, options: TrainerOptions, initial: TrainState) =

    let mutable state = initial
    let mutable recipe, rate = model.Recipe(objective, options)

    /// <summary>A new run from these flat parameters.</summary>
    static member Start(model: Model, objective: Objective, options: TrainerOptions, weights: float32[]) : Trainer =
        let recipe, _ = model.Recipe(objective, options)

        if weights.Length <> model.ParameterCount then
            invalidArg (nameof weights) $"expected {model.ParameterCount} parameters, found {weights.Length}"

        let parameters = Arrays.tensor [| weights.Length |] weights
        let state = Training.start recipe parameters
        Primitives.release [ parameters ]
        new Trainer(model, objective, options, state)

    /// <summary>A run as it stood: step, flat parameters, flat average and the optimiser's memory by name.</summary>
    /// <exception cref="T:System.ArgumentException">An array of another length, or another optimiser's memory.</exception>
    static member Resume
        (
            model: Model,
            objective: Objective,
            options: TrainerOptions,
            step: int,
            weights: float32[],
            average: float32[],
            memory: NamedArray[]
        ) : Trainer =
        use fresh = Trainer.Start(model, objective, options, weights)

        if average.Length <> weights.Length then
            invalidArg (nameof average) $"expected {weights.Length} parameters, found {average.Length}"

        if step < 0 then
            invalidArg (nameof step) $"expected a step from zero on, found {step}"

        let slots =
            fresh.Slots
            |> Array.map (fun (slot: Slot) ->
                match memory |> Array.tryFind (fun a -> a.Name = slot.Name) with
                | Some a when a.Values.Length = slot.Value.nelement -> {
                    slot with
                        Value = Arrays.tensor slot.Value.shape a.Values
                  }
                | Some a ->
                    invalidArg
                        (nameof memory)
                        $"'{slot.Name}': expected {slot.Value.nelement} numbers, found {a.Values.Length}"
                | None -> invalidArg (nameof memory) $"'{slot.Name}' is missing")

        let state: TrainState = {
            Step = step
            Parameters = Arrays.tensor [| weights.Length |] weights
            Average = Arrays.tensor [| average.Length |] average
            Optimiser = slots
        }

        new Trainer(model, objective, options, state)

    member private _.Slots = state.Optimiser

    /// <summary>Steps done.</summary>
    member _.Step = state.Step

    /// <summary>The options; <c>Horizon</c> changes through <c>SetHorizon</c>.</summary>
    member _.Options = options

    /// <summary>Fixes the step at which the learning rate reaches zero, once it is known.</summary>
    member _.SetHorizon(steps: int) =
        options.Horizon <- steps
        let newRecipe, newRate = model.Recipe(objective, options)
        recipe <- newRecipe
        rate <- newRate

    /// <summary>One step on samples one after the other, in data units.</summary>
    /// <exception cref="T:System.ArgumentException">Not a whole number of samples.</exception>
    member _.Advance(batch: float32[]) : StepMetrics =
        let learningRate = rate state.Step
        let x = Arrays.batch model.SampleShape batch
        let next, metrics = Training.advance recipe state x
        Primitives.release [ x ]
        state <- next
        StepMetrics(metrics, learningRate)

    /// <summary>The parameters as one flat array.</summary>
    member _.Weights() : float32[] = Arrays.ofTensor state.Parameters

    /// <summary>Their average, which samples are drawn with.</summary>
    member _.Average() : float32[] = Arrays.ofTensor state.Average

    /// <summary>The optimiser's memory by name.</summary>
    member _.Memory() : NamedArray[] =
        state.Optimiser
        |> Array.map (fun slot -> NamedArray(slot.Name, slot.Value.shape, Arrays.ofTensor slot.Value))

    interface IDisposable with
        /// <summary>Frees the state.</summary>
        member _.Dispose() =
            Primitives.release [ state.Parameters; state.Average; yield! state.Optimiser |> Array.map _.Value ]
