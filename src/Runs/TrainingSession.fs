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

/// A run in training: the state of the core's fold, and plain numbers in and out. Not for several threads at once.
type TrainingSession(spec: RunSpec, horizon: int, place: Placement) =
    let shape = Composition.sampleShape spec
    let size = Array.fold (*) 1 shape
    let recipe = Composition.trainConfig spec horizon
    let rate = Composition.rate spec horizon

    let tensors (state: TrainState) =
        state.Parameters :: state.Average :: (state.Optimiser |> List.ofArray |> List.map _.Value)

    let fresh () =
        let state =
            Primitives.scope
                (fun () ->
                    let (Placement device) = place
                    let drawn = Network.init (Composition.network spec) (Composition.key spec.Seed "weights")
                    let parameters = drawn.move (device = device)
                    // Each tensor of the state is one of its own, so that each can be freed by itself.
                    { Training.start recipe parameters with Average = parameters.clone () })
                tensors

        // The arrays that the weights were drawn in are larger than the weights: given back before the first step wants memory.
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive)
        state

    let mutable state = fresh ()

    /// A run on the processor.
    new(spec, horizon) = new TrainingSession(spec, horizon, Placements.cpu)

    /// Steps done.
    member _.Step = state.Step

    /// Steps in all.
    member _.Horizon = horizon

    /// The learning rate of a step, counted from zero.
    member _.LearningRate(step: int) : float = rate step

    /// Makes one step on a batch of whole samples, one after another, with the class of each if the network is told them.
    member _.Advance(batch: float32[], classes: int[]) : Metrics =
        if batch.Length = 0 || batch.Length % size <> 0 then
            invalidArg (nameof batch) $"expected samples of {size} values, found {batch.Length} values"

        let recipe =
            match Composition.conditional spec, spec.Labels with
            | Some network, Some labels ->
                Conditional.config
                    network
                    (fun told -> told >> Composition.meaning spec)
                    labels.Dropout
                    recipe
                    state.Step
                    (classes |> Array.map Some)
            | _ -> recipe

        let next, metrics =
            Primitives.scope
                (fun () ->
                    let batch = Arrays.tensor place (Array.append [| batch.Length / size |] shape) batch
                    Training.advance recipe state batch)
                (fun (next, _) -> tensors next)

        state <- next
        metrics

    /// All that a run needs to go on, as plain numbers.
    member _.Snapshot() : Snapshot = {
        Step = state.Step
        Parameters = Arrays.values state.Parameters
        Average = Arrays.values state.Average
        Optimiser = state.Optimiser |> Array.map (fun slot -> slot.Name, Arrays.values slot.Value)
    }

    /// Goes back or forward to a snapshot of the same specification.
    member _.Restore(snapshot: Snapshot) : unit =
        let restored: TrainState =
            Primitives.scope
                (fun () -> {
                    Step = snapshot.Step
                    Parameters = Arrays.vector place snapshot.Parameters
                    Average = Arrays.vector place snapshot.Average
                    Optimiser =
                        snapshot.Optimiser
                        |> Array.map (fun (name, values) -> { Name = name; Value = Arrays.vector place values })
                })
                tensors

        Primitives.release (tensors state)
        state <- restored

    interface IDisposable with
        member _.Dispose() = Primitives.release (tensors state)

/// A trained model that samples and is measured: plain numbers in and out.
type Generator(spec: RunSpec, weights: float32[], place: Placement) =
    let shape = Composition.sampleShape spec
    let size = Array.fold (*) 1 shape
    let network = Composition.network spec
    let parameters = Primitives.scope (fun () -> Arrays.vector place weights) List.singleton
    let sde = Composition.sde spec.Sde
    // Beyond so many images at a time nothing becomes faster.
    let score = Composition.model spec network parameters |> Score.inParts 64

    // Likelihoods ask below the smallest level that the run has learned.
    let learned = Score.clampedBelow sde (Composition.smallestLearned spec) score

    // A score for a class, at a guidance scale: 1 is the class's own score, and takes one evaluation instead of two.
    let guided (label: int option) (scale: float) (count: int) =
        match label, Composition.conditional spec with
        | Some k, Some network ->
            let told = network.ApplyLabelled parameters (Labels.all k count) |> Composition.meaning spec
            Guidance.classifierFree (Guided.Scale scale) told score, (if scale = 1.0 then 1 else 2)
        | Some k, None -> invalidArg (nameof label) $"expected no class, found {k}: the network is not told any"
        | None, _ -> score, 1

    /// A model on the processor.
    new(spec, weights) = new Generator(spec, weights, Placements.cpu)

    /// Draws samples `first` to `first + count − 1` of a seed, of a class or of any. `keep` states of the way are kept; `progress` is told the
    /// part of the moves that are made, in [0, 1], and may throw to stop.
    member _.Draw
        (
            sampler: SamplerChoice,
            label: int option,
            guidance: float,
            seed: int64,
            first: int64,
            count: int,
            keep: int,
            progress: Action<float>
        ) : Drawn =
        let struct (sampler, steps) = Composition.sampler spec sampler

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
        member _.Dispose() = Primitives.release [ parameters ]

/// What the host asks of the core beyond training and sampling, in plain numbers.
[<RequireQualifiedAccess>]
module Plain =
    /// The order in which a run goes through n data in an epoch.
    let permutation (seed: int64) (epoch: int) (n: int) : int[] =
        Composition.key seed "order" |> Key.atStep epoch |> Key.permutation n

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
        match Composition.density dataset with
        | Some density -> density
        | None -> invalidArg (nameof dataset) $"expected a two-dimensional density, found {Names.ofValue dataset}"

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
    let citations (spec: RunSpec) : string[] = Composition.citations spec |> List.map Citations.print |> List.toArray

    /// The names of an optimiser's memory for a specification, each of which has a value for each parameter.
    let optimiserStateNames (spec: RunSpec) : string[] =
        let names = (Composition.optimiser spec 1).Init >> Array.map _.Name
        Primitives.scope (fun () -> names (Arrays.vector Placements.cpu [| 0f |])) (fun _ -> [])
