namespace ScoreFunctional.Runs

open System
open DiffSharp
open ScoreFunctional

/// What a run knows between two steps, as plain numbers.
type Snapshot = {
    /// Steps done.
    Step: int
    /// Flat parameters.
    Parameters: float32[]
    /// Their moving average, which samples are drawn from.
    Average: float32[]
    /// The optimiser's memory by name.
    Optimiser: (string * float32[])[]
}

/// Samples as plain numbers.
type Drawn = {
    /// The samples, one after another.
    Values: float32[]
    /// Evaluations of the network that each took.
    Nfe: int
    /// The states kept on the way, each as long as `Values`.
    Trace: float32[][]
}

/// How well a model removes noise of one level.
[<Struct>]
type LevelLoss = {
    /// The noise level σ/α in data units.
    Sigma: float
    /// Mean over samples and dimensions of (ε̂ − ε)².
    Loss: float
    /// Norm of the predicted noise over that of the true noise, mean over samples.
    NoiseRatio: float
}

/// Between arrays and tensors; what is made here is freed by the scope around it.
module private Arrays =
    let tensor (Placement device) (shape: int[]) (values: float32[]) : Tensor =
        dsharp.tensor(values, dtype = Dtype.Float32, device = device).view shape

    let vector place (values: float32[]) : Tensor = tensor place [| values.Length |] values

    let values (x: Tensor) : float32[] =
        match x.view([| x.nelement |]).toArray() with
        | :? (float32[]) as values -> values
        | other -> invalidOp $"expected float32 values, found {other.GetType().Name}"

/// A run in training: it owns the state of the core's fold, and takes step after step on its samples. Not for several threads at
/// once.
type TrainingSession(design: RunDesign, horizon: int, place: Placement, samples: Samples) =
    let spec = design.Spec
    let (Placement device) = place
    let shape = Composition.sampleShape design

    do
        if samples.Shape <> shape || (spec.LabelDropout.IsSome && samples.Classes = 0) then
            let wanted = if spec.LabelDropout.IsSome then "with classes" else "with or without classes"

            invalidArg
                (nameof samples)
                $"expected samples of shape %A{List.ofArray shape} {wanted}, found shape %A{List.ofArray samples.Shape} and {samples.Classes} classes"

    let config = Composition.trainConfig design horizon
    let rate = Composition.learningRate design horizon
    let told = Composition.conditional design
    let order = Samples.batchIndices (Composition.key spec.Seed "order") spec.BatchSize samples

    let tensors (state, metrics: Metrics voption) =
        match metrics with
        | ValueSome metrics -> Training.tensors state @ Metrics.tensors metrics
        | ValueNone -> Training.tensors state

    let start () =
        let drawn = Network.init (Composition.network design) (Composition.key spec.Seed "weights")
        Training.start config (drawn.move (device = device)), ValueNone

    let loop = new Loop<TrainState * Metrics voption>(tensors, start)

    // The arrays that the weights were drawn in are larger than the weights: given back before the first step wants memory.
    do GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive)

    let state () = fst loop.State

    let step (state: TrainState, _) =
        let indices = order state.Step

        let config =
            match told, spec.LabelDropout with
            | Some network, Some dropout ->
                Conditional.config
                    network
                    (Composition.lossFunction design)
                    dropout
                    config
                    state.Step
                    (samples.Labels indices)
            | _ -> config

        let next, metrics = Training.step config state (samples.Batch device indices)
        next, ValueSome metrics

    /// A run on the processor.
    new(design, horizon, samples) = new TrainingSession(design, horizon, Placements.cpu, samples)

    /// Steps done.
    member _.Done = (state ()).Step

    /// Steps in all.
    member _.Horizon = horizon

    /// The learning rate of a step, counted from zero.
    member _.LearningRate(step: int) : float = rate step

    /// Makes the next step on the samples whose turn it is. The tensors of the metrics last until the step after it.
    member _.Step() : Metrics =
        loop.Step step

        match snd loop.State with
        | ValueSome metrics -> metrics
        | ValueNone -> invalidOp "expected the metrics of a step, found none"

    /// The average of the parameters, which samples are drawn from.
    member _.Average() : float32[] = Arrays.values (state ()).Average

    /// All that a run needs to go on, as plain numbers.
    member _.Snapshot() : Snapshot =
        let state = state ()

        {
            Step = state.Step
            Parameters = Arrays.values state.Parameters
            Average = Arrays.values state.Average
            Optimiser = state.Optimiser |> Array.map (fun slot -> slot.Name, Arrays.values slot.Value)
        }

    /// Goes back or forward to a snapshot of the same specification.
    member _.Restore(snapshot: Snapshot) : unit =
        loop.Step(fun _ ->
            {
                Step = snapshot.Step
                Parameters = Arrays.vector place snapshot.Parameters
                Average = Arrays.vector place snapshot.Average
                Optimiser =
                    snapshot.Optimiser
                    |> Array.map (fun (name, values) -> { Name = name; Value = Arrays.vector place values })
            },
            ValueNone)

    interface IDisposable with
        member _.Dispose() = (loop :> IDisposable).Dispose()

/// A trained model that samples and is measured: plain numbers in and out.
type Generator(design: RunDesign, weights: float32[], place: Placement) =
    let shape = Composition.sampleShape design
    let size = Array.fold (*) 1 shape
    let network = Composition.network design
    let told = Composition.conditional design
    let weights = new Loop<Tensor>(List.singleton, (fun () -> Arrays.vector place weights))
    let parameters = weights.State
    let sde = design.Process
    // Beyond so many images at a time nothing becomes faster.
    let score = Composition.model design network parameters |> Score.inChunks 64

    // Likelihoods ask below the smallest level that the run has learned.
    let learned = Score.clampedBelow sde (Composition.smallestLearned design) score

    // A score for a class, at a guidance scale: 1 is the class's own score, and takes one evaluation instead of two.
    let guided (label: int option) (scale: float) (count: int) =
        match label, told with
        | Some k, Some network ->
            let told = network.ApplyLabelled parameters (Labels.all k count) |> Composition.meaning design
            Guidance.classifierFree (GuidanceWeight.Scale scale) told score, (if scale = 1.0 then 1 else 2)
        | Some k, None -> invalidArg (nameof label) $"expected no class, found {k}: the network is not told any"
        | None, _ -> score, 1

    /// A model on the processor.
    new(design, weights) = new Generator(design, weights, Placements.cpu)

    /// Draws samples `first` to `first + count − 1` of a seed, of a class or of any. `keep` states of the way are kept; `progress` is told the
    /// part of the moves that are made, in [0, 1], and may throw to stop.
    member _.Draw
        (
            sampler: Sampler,
            label: int option,
            guidance: float,
            seed: int64,
            first: int64,
            count: int,
            keep: int,
            progress: Action<float>
        ) : Drawn =
        let steps = sampler.DefaultSteps sde

        let callbacks: Callbacks = {
            Trace = keep
            Progress = fun timeStep _ -> progress.Invoke(float (timeStep.Index + 1) / float timeStep.Count)
        }

        Primitives.scope
            (fun () ->
                let key = Composition.key seed "samples" |> Key.fromSample first
                let score, evaluations = guided label guidance count
                let (Placement device) = place
                let batch = Array.append [| count |] shape
                let drawn = Sampler.drawOn device sampler sde score steps callbacks batch key

                {
                    Values = Arrays.values drawn.X
                    Nfe = drawn.Nfe * evaluations
                    Trace = drawn.Trace |> Array.map Arrays.values
                })
            (fun _ -> [])

    /// The denoising loss at one noise level on samples `first`, `first + 1`, … of a data set.
    member _.LossAt(sigma: float, samples: float32[], seed: int64, first: int64) : LevelLoss =
        let batch = Array.append [| samples.Length / size |] shape
        let objective = Objective.atLevel sde sigma

        let work () =
            Primitives.noGrad (fun () ->
                let key = Composition.key seed "evaluation" |> Key.fromSample first
                let found = objective.Evaluate score (Arrays.tensor place batch samples) key

                {
                    Sigma = sigma
                    Loss = Array.average (Batch.toArray found.PerSample)
                    NoiseRatio = Array.average (Batch.toArray found.NormRatio)
                })

        Primitives.scope work (fun _ -> [])

    /// Log-densities in nats of samples `first`, `first + 1`, … of a data set, spread evenly over the cells of its grid, and
    /// the evaluations that they took. Draws and probes are those of a number each: another number draws anew.
    member _.LogDensity
        (samples: float32[], spacing: float, choice: LikelihoodChoice, seed: int64, draw: int, probe: int, first: int64)
        : struct (float[] * int) =
        let key purpose pass = Composition.key seed purpose |> Key.child pass |> Key.fromSample first

        let work () =
            let found =
                Arrays.tensor place (Array.append [| samples.Length / size |] shape) samples
                |> Likelihood.dequantise spacing (key "dequantise" draw)
                |> Likelihood.logDensity (Composition.likelihood choice) sde choice.Level learned (key "probes" probe)

            struct (Batch.toArray found.LogDensity, found.Nfe)

        Primitives.scope work (fun _ -> [])

    interface IDisposable with
        member _.Dispose() = (weights :> IDisposable).Dispose()

/// What the host asks of the core beyond training and sampling, in plain numbers.
[<RequireQualifiedAccess>]
module Plain =
    /// Uniform numbers in [0, 1) that belong to a purpose and an index.
    let uniforms (purpose: string) (index: int) (count: int) : float32[] =
        Composition.key 0L purpose |> Key.fromSample (int64 index) |> Key.uniformArray [| 1; count |]

    /// The inner product of each row of a matrix, one after another, with each row of another; rows have this length.
    let products (length: int) (left: float32[]) (right: float32[]) : float32[] =
        Primitives.scope
            (fun () ->
                let rows (values: float32[]) = Arrays.tensor Placements.cpu [| values.Length / length; length |] values
                Arrays.values ((rows left).matmul((rows right).transpose())))
            (fun _ -> [])

    let private density (dataset: Dataset) =
        match dataset.Density with
        | Some density -> density
        | None ->
            invalidArg (nameof dataset) $"expected a density, found samples of shape %A{List.ofArray dataset.Shape}"

    /// The samples that the program draws itself for a purpose under a seed, where the data set is one of those.
    let samples (dataset: Dataset) (seed: int64) (purpose: string) : Samples option =
        dataset.Draw |> Option.map (fun draw -> draw (Composition.key seed purpose))

    /// Points `first` to `first + count − 1` of a density under a seed and a purpose, one after another.
    let points (dataset: Dataset) (seed: int64) (purpose: string) (first: int64) (count: int) : float32[] =
        Primitives.scope
            (fun () ->
                let key = Composition.key seed purpose |> Key.fromSample first
                Arrays.values ((density dataset).Sample key count))
            (fun _ -> [])

    /// The density at points of the plane, one after another, up to the factor that its own formula has.
    let densityAt (dataset: Dataset) (points: float32[]) : float[] =
        Primitives.scope
            (fun () ->
                (density dataset).LogDensity(Arrays.tensor Placements.cpu [| points.Length / 2; 2 |] points)
                |> Batch.toArray
                |> Array.map exp)
            (fun _ -> [])

    /// Half the side of the square around the origin that shows a density.
    let extent (dataset: Dataset) : float = (density dataset).Extent

    /// The references of a run, a line each.
    let citations (design: RunDesign) : string[] =
        Composition.citations design |> List.map Citations.print |> List.toArray

    /// The names of an optimiser's memory for a specification, each of which has a value for each parameter.
    let optimiserStateNames (design: RunDesign) : string[] =
        let names = (Composition.optimiser design 1).Init >> Array.map _.Name
        Primitives.scope (fun () -> names (Arrays.vector Placements.cpu [| 0f |])) (fun _ -> [])
