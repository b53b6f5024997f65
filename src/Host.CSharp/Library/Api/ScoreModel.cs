using ScoreFunctional.Host.Files;
using ScoreFunctional.Host.Sampling;
using ScoreFunctional.Host.Training;
using ScoreFunctional.Runs;

namespace ScoreFunctional.Host;

/// <summary>
/// A trained score model: load one or train one, then sample. Methods may be called from any thread; calls run one at a
/// time.
/// </summary>
public sealed class ScoreModel : IDisposable
{
    private readonly RunCheckpoint _checkpoint;
    private readonly Lazy<Generator> _generator;
    private readonly Lock _one = new();
    private bool _disposed;

    static ScoreModel() => NativeSettings.Apply();

    internal ScoreModel(RunCheckpoint checkpoint, Placement device)
    {
        _checkpoint = checkpoint;
        _generator = new Lazy<Generator>(() => new Generator(checkpoint.Design, checkpoint.State.Average, device));
        Device = new ComputeDevice(device.ToString());
        Shape = checkpoint.Design.SampleShape();
    }

    /// <summary>Name of the data set of the run.</summary>
    public string Dataset => _checkpoint.Spec.Dataset.Name;

    /// <summary>Shape of a sample: [28, 28] for images, [2] for points.</summary>
    public IReadOnlyList<int> SampleShape => Array.AsReadOnly(Shape.Outward);

    /// <summary>Number of classes that can be sampled; 0 for a model without class labels.</summary>
    public int Classes => _checkpoint.Spec.LabelDropout is null ? 0 : _checkpoint.Design.Dataset.Classes;

    /// <summary>The device of the network; never <see cref="ComputeDevice.Auto"/>.</summary>
    public ComputeDevice Device { get; }

    /// <summary>Number of training steps done.</summary>
    public int Step => _checkpoint.State.Step;

    /// <summary>Number of parameters of the network.</summary>
    public int ParameterCount => _checkpoint.State.Parameters.Length;

    /// <summary>The specification of the run as JSON.</summary>
    public string Specification => SpecJson.write(_checkpoint.Spec);

    /// <summary>The references of the run, one line each.</summary>
    public IReadOnlyList<string> Citations => Array.AsReadOnly(Interop.citations(_checkpoint.Design));

    internal RunSpec Spec => _checkpoint.Spec;

    internal RunDesign Design => _checkpoint.Design;

    internal SampleShape Shape { get; }

    internal double Seconds => _checkpoint.Seconds;

    /// <summary>Whether all steps of the run are done.</summary>
    internal bool IsFinished => _checkpoint.IsFinished;

    /// <summary>Loads a checkpoint.</summary>
    /// <param name="path">A <c>checkpoint.pt</c> of this program, from any device.</param>
    /// <param name="device">The device of the network; by default the CPU.</param>
    /// <param name="tables">The tables in which names are looked up; by default the built-in ones.</param>
    /// <exception cref="ScoreException">The file is missing, damaged or not a checkpoint, or this machine has no such device.</exception>
    public static ScoreModel Load(string path, ComputeDevice device = default, ScoreTables? tables = null)
    {
        var place = RunChoices.Placement(device);
        return new(RunCheckpoint.Load(path, tables?.Tables), place);
    }

    /// <summary>Loads only the averaged weights, a quarter of the file, for a model that will not be saved.</summary>
    /// <param name="path">A <c>checkpoint.pt</c> of this program.</param>
    /// <param name="device">The device of the network.</param>
    /// <param name="tables">The tables in which names are looked up; by default the built-in ones.</param>
    /// <exception cref="ScoreException">The file is missing, damaged or not a checkpoint.</exception>
    internal static ScoreModel LoadAverage(string path, Placement device, Tables? tables = null)
    {
        var model = new ScoreModel(RunCheckpoint.LoadAverage(path, tables), device);
        // The memory of reading is returned before the network allocates.
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive);
        return model;
    }

    /// <summary>Loads a checkpoint without blocking the caller.</summary>
    /// <param name="path">A <c>checkpoint.pt</c> of this program, from any device.</param>
    /// <param name="cancellation">Cancels before the reading begins.</param>
    /// <exception cref="ScoreException">The file is missing, damaged or not a checkpoint.</exception>
    public static Task<ScoreModel> LoadAsync(string path, CancellationToken cancellation = default) =>
        LoadAsync(path, ComputeDevice.Cpu, cancellation);

    /// <summary>Loads a checkpoint for a device without blocking the caller.</summary>
    /// <param name="path">A <c>checkpoint.pt</c> of this program, from any device.</param>
    /// <param name="device">The device of the network.</param>
    /// <param name="cancellation">Cancels before the reading begins.</param>
    /// <exception cref="ScoreException">The file is missing, damaged or not a checkpoint, or this machine has no such device.</exception>
    public static Task<ScoreModel> LoadAsync(
        string path, ComputeDevice device, CancellationToken cancellation = default) =>
        Task.Run(() => Load(path, device), cancellation);

    /// <summary>Trains a model.</summary>
    /// <param name="options">The options.</param>
    /// <param name="progress">Receives progress after every step.</param>
    /// <param name="cancellation">
    /// Stops a download, or training after the current step; a run with a folder can be resumed. After the last step it has no
    /// effect: the model is returned.
    /// </param>
    /// <exception cref="ScoreException">The options do not fit together, or data or files are missing or damaged.</exception>
    /// <exception cref="OperationCanceledException">The call was cancelled.</exception>
    public static TrainResult Train(
        TrainOptions options, IProgress<TrainProgress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        var plan = TrainingPlan.Of(options, cancellation);
        var result = TrainingRun.Execute(
            plan, progress is null ? null : progress.Report, null, new Outputs(null), cancellation);
        // A cancellation after the last step does not matter.
        if (!result.Model.IsFinished)
        {
            result.Model.Dispose();
            throw new OperationCanceledException(cancellation);
        }

        return result;
    }

    /// <summary>Trains a model without blocking the caller.</summary>
    /// <param name="options">The options.</param>
    /// <param name="progress">Receives progress after every step.</param>
    /// <param name="cancellation">
    /// Stops a download, or training after the current step; a run with a folder can be resumed. After the last step it has no
    /// effect: the model is returned.
    /// </param>
    /// <exception cref="ScoreException">The options do not fit together, or data or files are missing or damaged.</exception>
    /// <exception cref="OperationCanceledException">The call was cancelled.</exception>
    public static Task<TrainResult> TrainAsync(
        TrainOptions options, IProgress<TrainProgress>? progress = null, CancellationToken cancellation = default) =>
        Task.Run(() => Train(options, progress, cancellation), cancellation);

    /// <summary>Draws samples.</summary>
    /// <param name="options">The options; by default sixteen samples of the run's own sampler.</param>
    /// <param name="progress">Receives progress.</param>
    /// <param name="cancellation">Stops between two steps of the sampler.</param>
    /// <exception cref="ScoreException">The options do not suit the model, or samples diverge.</exception>
    /// <exception cref="OperationCanceledException">The call was cancelled.</exception>
    public SampleResult Sample(
        SampleOptions? options = null, IProgress<SampleProgress>? progress = null,
        CancellationToken cancellation = default)
    {
        options ??= new SampleOptions();
        return Sample(
            SamplerOf(options), options.Class, options.Guidance, options.Count, options.Seed, options.TrajectoryLength,
            progress is null ? null : progress.Report, cancellation).RequireFinite();
    }

    /// <summary>Draws samples without blocking the caller.</summary>
    /// <param name="options">The options; by default sixteen samples of the run's own sampler.</param>
    /// <param name="progress">Receives progress.</param>
    /// <param name="cancellation">Stops between two steps of the sampler.</param>
    /// <exception cref="ScoreException">The options do not suit the model, or samples diverge.</exception>
    /// <exception cref="OperationCanceledException">The call was cancelled.</exception>
    public Task<SampleResult> SampleAsync(
        SampleOptions? options = null, IProgress<SampleProgress>? progress = null,
        CancellationToken cancellation = default) =>
        Task.Run(() => Sample(options, progress, cancellation), cancellation);

    /// <summary>Evaluates the model against its data set.</summary>
    /// <param name="options">The options; by default a thousand samples.</param>
    /// <param name="progress">Receives the current measurement and the fraction done.</param>
    /// <param name="cancellation">Stops between two measurements.</param>
    /// <exception cref="ScoreException">The data are not available.</exception>
    /// <exception cref="OperationCanceledException">The call was cancelled.</exception>
    public EvaluationResult Evaluate(
        EvaluateOptions? options = null, IProgress<(string Stage, double Fraction)>? progress = null,
        CancellationToken cancellation = default)
    {
        options ??= new EvaluateOptions();
        var data = TrainingPlan.LoadImages(Spec, options.DataFolder, null, cancellation);
        return ModelEvaluation.Measure(
            this, data, options, progress is null ? null : (what, part) => progress.Report((what, part)), cancellation).Result;
    }

    /// <summary>Evaluates the model without blocking the caller.</summary>
    /// <param name="options">The options; by default a thousand samples.</param>
    /// <param name="progress">Receives the current measurement and the fraction done.</param>
    /// <param name="cancellation">Stops between two measurements.</param>
    /// <exception cref="ScoreException">The data are not available.</exception>
    /// <exception cref="OperationCanceledException">The call was cancelled.</exception>
    public Task<EvaluationResult> EvaluateAsync(
        EvaluateOptions? options = null, IProgress<(string Stage, double Fraction)>? progress = null,
        CancellationToken cancellation = default) =>
        Task.Run(() => Evaluate(options, progress, cancellation), cancellation);

    /// <summary>Measures the likelihood of test images, in bits per dimension, by the probability flow.</summary>
    /// <param name="options">The options; by default a thousand images.</param>
    /// <param name="progress">Receives the fraction done, in [0, 1].</param>
    /// <param name="cancellation">Stops between two batches.</param>
    /// <exception cref="ScoreException">The model is not one of images, an option is out of range, or the data are not available.</exception>
    /// <exception cref="OperationCanceledException">The call was cancelled.</exception>
    public LikelihoodResult Likelihood(
        LikelihoodOptions? options = null, IProgress<double>? progress = null, CancellationToken cancellation = default)
    {
        options ??= new LikelihoodOptions();
        var data = TrainingPlan.LoadImages(Spec, options.DataFolder, null, cancellation);
        return LikelihoodRun.Measure(
            this, data, options, progress is null ? null : (part, _) => progress.Report(part), cancellation);
    }

    /// <summary>Measures the likelihood of test images without blocking the caller.</summary>
    /// <param name="options">The options; by default a thousand images.</param>
    /// <param name="progress">Receives the fraction done, in [0, 1].</param>
    /// <param name="cancellation">Stops between two batches.</param>
    /// <exception cref="ScoreException">The model is not one of images, an option is out of range, or the data are not available.</exception>
    /// <exception cref="OperationCanceledException">The call was cancelled.</exception>
    public Task<LikelihoodResult> LikelihoodAsync(
        LikelihoodOptions? options = null, IProgress<double>? progress = null, CancellationToken cancellation = default) =>
        Task.Run(() => Likelihood(options, progress, cancellation), cancellation);

    /// <summary>Saves the model as a checkpoint.</summary>
    /// <param name="path">Path of the file; an existing file is replaced atomically.</param>
    /// <exception cref="ScoreException">The file cannot be written.</exception>
    public void Save(string path) => _checkpoint.Save(path);

    /// <summary>Frees the network's memory.</summary>
    public void Dispose()
    {
        lock (_one)
        {
            if (!_disposed && _generator.IsValueCreated)
            {
                ((IDisposable)_generator.Value).Dispose();
            }

            _disposed = true;
        }
    }

    /// <summary>Draws samples with a sampler that suits the model.</summary>
    internal SampleResult Sample(
        Sampler sampler, int? label, double guidance, int count, long seed, int states,
        Action<SampleProgress>? progress, CancellationToken cancellation)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (label is { } k ? k < 0 || k >= Classes : guidance != 1)
        {
            throw new ScoreException(
                ScoreErrorKind.Usage,
                Classes == 0
                    ? "expected no class and no guidance: the model was trained without class labels"
                    : FormattableString.Invariant($"expected a class from 0 to {Classes - 1}, found {(label is { } found ? found : "guidance without a class")}"));
        }

        RunChoices.ValueOrThrow(MemoryBudget.samples(Design, count));
        lock (_one)
        {
            return SampleRun.Draw(
                _generator.Value, Design, sampler, RunChoices.Option(label), guidance, count, seed, states, progress, cancellation);
        }
    }

    /// <summary>The denoising loss at one noise level.</summary>
    internal LevelLoss LossAt(double sigma, float[] samples, long seed, long first)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        lock (_one)
        {
            return _generator.Value.LossAt(sigma, samples, seed, first);
        }
    }

    /// <summary>Log-densities in nats of samples on a grid, and evaluations of the network.</summary>
    internal (double[] Nats, int Evaluations) LogDensity(
        float[] samples, double spacing, LikelihoodChoice choice, long seed, int draw, int probe, long first)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        lock (_one)
        {
            return _generator.Value.LogDensity(samples, spacing, choice, seed, draw, probe, first);
        }
    }

    private Sampler SamplerOf(SampleOptions options)
    {
        RunChoices.Require(Quantities.samples, options.Count);
        RunChoices.Require(Quantities.seed, options.Seed);
        RunChoices.Require(Quantities.guidance, options.Guidance);
        RunChoices.Require(Quantities.trajectory, options.TrajectoryLength);
        return RunChoices.Sampler(Design, options.Sampler, options.Steps, options.Schedule);
    }
}
