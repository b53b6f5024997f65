namespace ScoreFunctional.Runs

open System
open DiffSharp
open ScoreFunctional

/// The state of a run between two steps, as arrays.
type Snapshot = {
    /// Steps done.
    Step: int
    /// Flat parameters.
    Parameters: float32[]
    /// Their moving average, from which samples are drawn.
    Average: float32[]
    /// The optimiser's state by name.
    Optimiser: (string * float32[])[]
}

/// Samples as arrays.
type SampleArrays = {
    /// The samples, one after another.
    Values: float32[]
    /// Evaluations of the network per sample.
    Nfe: int
    /// The states kept along the trajectory, each as long as `Values`.
    Trace: float32[][]
}

/// The denoising loss at one noise level.
[<Struct>]
type LevelLoss = {
    /// The noise level σ/α in data units.
    Sigma: float
    /// Mean over samples and dimensions of (ε̂ − ε)².
    Loss: float
    /// Norm of the predicted noise divided by that of the true noise, mean over samples.
    NoiseRatio: float
}

/// Conversions between arrays and tensors. The tensors are freed by the surrounding scope.
module private Arrays =
    let tensor (Placement device) (shape: int[]) (values: float32[]) : Tensor =
        dsharp.tensor(values, dtype = Dtype.Float32, device = device).view shape

    let vector place (values: float32[]) : Tensor = tensor place [| values.Length |] values

    let values (x: Tensor) : float32[] =
        match x.view([| x.nelement |]).toArray() with
        | :? (float32[]) as values -> values
        | other -> invalidOp $"expected float32 values, found {other.GetType().Name}"

/// A run in training: it owns the training state and takes the steps. Not thread-safe.
type TrainingSession(design: RunDesign, totalSteps: int, place: Placement, samples: Samples) =
    let spec = design.Spec
    let (Placement device) = place
    let shape = Composition.sampleShape design

    do
        if samples.Shape <> shape || (spec.LabelDropout.IsSome && samples.Classes = 0) then
            let wanted = if spec.LabelDropout.IsSome then "with classes" else "with or without classes"

            invalidArg
                (nameof samples)
                $"expected samples of shape %A{List.ofArray shape} {wanted}, found shape %A{List.ofArray samples.Shape} and {samples.Classes} classes"

    let config = Composition.trainConfig design totalSteps
    let rate = Composition.learningRate design totalSteps
    let conditional = Composition.conditional design
    let order = Samples.batchIndices (Composition.key spec.Seed "order") spec.BatchSize samples

    let tensors (state, metrics: Metrics voption) =
        match metrics with
        | ValueSome metrics -> Training.tensors state @ Metrics.tensors metrics
        | ValueNone -> Training.tensors state

    let start () =
        let drawn = Network.init (Composition.network design) (Composition.key spec.Seed "weights")
        Training.start config (drawn.move (device = device)), ValueNone

    let loop = new Loop<TrainState * Metrics voption>(tensors, start)

    // Initialisation used arrays larger than the weights: their memory is returned before the first step.
    do GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive)

    let state () = fst loop.State

    let step (state: TrainState, _) =
        let indices = order state.Step

        let config =
            match conditional, spec.LabelDropout with
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

    /// A run on the CPU.
    new(design, totalSteps, samples) = new TrainingSession(design, totalSteps, Placements.cpu, samples)

    /// Steps done.
    member _.StepsDone = (state ()).Step

    /// Total number of steps.
    member _.TotalSteps = totalSteps

    /// The learning rate of a step, counted from zero.
    member _.LearningRate(step: int) : float = rate step

    /// Takes the next step. The tensors of the metrics are freed at the step after it.
    member _.Step() : Metrics =
        loop.Step step

        match snd loop.State with
        | ValueSome metrics -> metrics
        | ValueNone -> invalidOp "expected the metrics of a step, found none"

    /// The average of the parameters, from which samples are drawn.
    member _.Average() : float32[] = Arrays.values (state ()).Average

    /// The state of the run, as arrays.
    member _.Snapshot() : Snapshot =
        let state = state ()

        {
            Step = state.Step
            Parameters = Arrays.values state.Parameters
            Average = Arrays.values state.Average
            Optimiser = state.Optimiser |> Array.map (fun slot -> slot.Name, Arrays.values slot.Value)
        }

    /// Replaces the state by a snapshot of a run of the same specification.
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

/// A trained model that draws samples and is evaluated, with arrays in and out.
type Generator(design: RunDesign, weights: float32[], place: Placement) =
    let shape = Composition.sampleShape design
    let size = Array.fold (*) 1 shape
    let network = Composition.network design
    let conditional = Composition.conditional design
    let weights = new Loop<Tensor>(List.singleton, (fun () -> Arrays.vector place weights))
    let parameters = weights.State
    let sde = design.Process
    // Larger batches are no faster per sample.
    let score = Composition.model design network parameters |> Score.inChunks 64

    // Likelihoods need the score below the smallest noise level of training.
    let extended = Score.clampedBelow sde (Composition.smallestTrainedLevel design) score

    // The score of a class at a guidance scale, and evaluations per call: scale 1, the class's own score, takes one instead of two.
    let guided (label: int option) (scale: float) (count: int) =
        match label, conditional with
        | Some k, Some network ->
            let ofClass = network.ApplyLabelled parameters (Labels.all k count) |> Composition.score design
            Guidance.classifierFree (GuidanceWeight.Scale scale) ofClass score, (if scale = 1.0 then 1 else 2)
        | Some k, None ->
            invalidArg (nameof label) $"expected no class, found {k}: the network was trained without class labels"
        | None, _ -> score, 1

    /// A model on the CPU.
    new(design, weights) = new Generator(design, weights, Placements.cpu)

    /// Draws samples `first` to `first + count − 1` of a seed, of one class or of any. Keeps `keep` states of the trajectory.
    /// `progress` receives the fraction done, in [0, 1], and may throw to stop.
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
        ) : SampleArrays =
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

    /// The denoising loss at one noise level on samples `first`, `first + 1`, … of a data set; the index addresses the noise.
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

    /// Log-densities in nats of samples `first`, `first + 1`, … of a data set, and the evaluations per batch. The samples lie on a
    /// grid and are dequantised: spread uniformly over its cells. `draw` and `probe` number independent draws of the
    /// dequantisation and of the divergence probes.
    member _.LogDensity
        (samples: float32[], spacing: float, choice: LikelihoodChoice, seed: int64, draw: int, probe: int, first: int64)
        : struct (float[] * int) =
        let key purpose pass = Composition.key seed purpose |> Key.child pass |> Key.fromSample first

        let work () =
            let found =
                Arrays.tensor place (Array.append [| samples.Length / size |] shape) samples
                |> Likelihood.dequantise spacing (key "dequantise" draw)
                |> Likelihood.logDensity (Composition.likelihood choice) sde choice.Level extended (key "probes" probe)

            struct (Batch.toArray found.LogDensity, found.Nfe)

        Primitives.scope work (fun _ -> [])

    interface IDisposable with
        member _.Dispose() = (weights :> IDisposable).Dispose()

/// Functions of the core for C#: arrays in, arrays out.
[<RequireQualifiedAccess>]
module Interop =
    /// Uniform numbers in [0, 1) of a purpose and an index.
    let uniforms (purpose: string) (index: int) (count: int) : float32[] =
        Composition.key 0L purpose |> Key.fromSample (int64 index) |> Key.uniformArray [| 1; count |]

    /// The inner product of each row of `left` with each row of `right`, in C order; rows have the given length.
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

    /// The samples of a data set that the program draws itself, for a seed and a purpose; `None` for a data set of files.
    let samples (dataset: Dataset) (seed: int64) (purpose: string) : Samples option =
        dataset.Draw |> Option.map (fun draw -> draw (Composition.key seed purpose))

    /// Points `first` to `first + count − 1` of a density for a seed and a purpose, in C order.
    let points (dataset: Dataset) (seed: int64) (purpose: string) (first: int64) (count: int) : float32[] =
        Primitives.scope
            (fun () ->
                let key = Composition.key seed purpose |> Key.fromSample first
                Arrays.values ((density dataset).Sample key count))
            (fun _ -> [])

    /// The density at points of the plane in C order; unnormalised where its formula is.
    let densityAt (dataset: Dataset) (points: float32[]) : float[] =
        Primitives.scope
            (fun () ->
                (density dataset).LogDensity(Arrays.tensor Placements.cpu [| points.Length / 2; 2 |] points)
                |> Batch.toArray
                |> Array.map exp)
            (fun _ -> [])

    /// Half the side of the square around the origin in which a density is shown.
    let extent (dataset: Dataset) : float = (density dataset).Extent

    /// The references of a run, one line each.
    let citations (design: RunDesign) : string[] =
        Composition.citations design |> List.map Citations.print |> List.toArray

    /// The names of the optimiser's states; each state has one value per parameter.
    let optimiserStateNames (design: RunDesign) : string[] =
        let names = (Composition.optimiser design 1).Init >> Array.map _.Name
        Primitives.scope (fun () -> names (Arrays.vector Placements.cpu [| 0f |])) (fun _ -> [])
