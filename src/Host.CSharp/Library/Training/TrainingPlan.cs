using Microsoft.FSharp.Core;
using ScoreFunctional.Host.Data;
using ScoreFunctional.Host.Files;
using ScoreFunctional.Runs;

namespace ScoreFunctional.Host.Training;

/// <summary>A checked run: everything is known to be possible, and nothing has been written.</summary>
/// <param name="Design">The design of the run.</param>
/// <param name="Checkpoint">The checkpoint of a resumed run.</param>
/// <param name="Folder">The folder of the run; <c>null</c> writes no files.</param>
/// <param name="Images">The images of the run; <c>null</c> for points.</param>
/// <param name="Device">The device of the network.</param>
internal sealed record TrainingPlan(
    RunDesign Design, RunCheckpoint? Checkpoint, RunFolder? Folder, ImageData? Images, Placement Device)
{
    /// <summary>The specification of the run.</summary>
    public RunSpec Spec => Design.Spec;

    /// <summary>Draws the pictures of the run; <c>null</c> draws none.</summary>
    public IRunPictures? Pictures { get; init; }

    /// <summary>Plans a run from the options of the API.</summary>
    /// <param name="options">The options.</param>
    /// <param name="cancellation">Stops a download.</param>
    /// <exception cref="ScoreException">The run is not possible.</exception>
    public static TrainingPlan Of(TrainOptions options, CancellationToken cancellation = default) =>
        Of(options, RunChoices.Placement(options.Device), null, cancellation);

    /// <summary>Plans a run from the options of the API, on a device of this machine.</summary>
    /// <param name="options">The options; their device is ignored.</param>
    /// <param name="device">The device of the network.</param>
    /// <param name="report">Receives one line per download.</param>
    /// <param name="cancellation">Stops a download.</param>
    /// <exception cref="ScoreException">The run is not possible.</exception>
    public static TrainingPlan Of(
        TrainOptions options, Placement device, Action<string>? report, CancellationToken cancellation)
    {
        if (options.Steps is not null && options.Minutes is not null)
        {
            throw new ScoreException(ScoreErrorKind.Usage, "expected either steps or minutes, found both");
        }

        var length = options.Steps is { } steps ? Length.NewSteps(steps)
            : options.Minutes is { } minutes ? Length.NewMinutes(minutes)
            : null;
        var tables = options.Tables.Tables;
        var overrides = new Overrides(
            RunChoices.Read(tables.Networks, options.Network),
            RunChoices.Read(tables.Processes, options.Process),
            RunChoices.Read(tables.Models, options.Model),
            RunChoices.Read(tables.Objectives, options.Objective),
            RunChoices.Read(tables.Optimisers, options.Optimiser),
            RunChoices.Read(tables.LearningRates, options.LearningRate),
            RunChoices.Read(tables.Emas, options.Ema),
            RunChoices.Read(tables.Samplers, options.Sampler),
            RunChoices.Read(tables.Schedules, options.Schedule),
            Some(length),
            RunChoices.Option(options.BatchSize),
            FSharpOption<long>.Some(options.Seed),
            options.Conditional,
            options.Tables.Script);
        var request = new TrainRequest(
            tables,
            Some(options.SpecFile),
            RunChoices.Read(tables.Datasets, options.Dataset ?? (options.SpecFile is null && !options.Resume ? Mnist.Name : null)),
            Some(options.Preset),
            overrides,
            Some(options.DataFolder),
            options.RunFolder ?? "",
            options.Resume,
            device);
        return Of(request, report, cancellation) with { Pictures = options.Pictures };
    }

    /// <summary>The design of a new run.</summary>
    /// <param name="request">The request.</param>
    /// <exception cref="ScoreException">The run is not possible.</exception>
    public static RunDesign DesignOf(TrainRequest request)
    {
        var start = request.SpecFile is { Value: var file } ? FSharpOption<RunSpec>.Some(SpecOf(file)) : null;
        return RunChoices.ValueOrThrow(RunDesignModule.ofSpec(
            request.Tables, RunChoices.ValueOrThrow(Requests.spec(start, request))));
    }

    /// <summary>Plans a run from a request.</summary>
    /// <param name="request">The request; an empty folder writes no files.</param>
    /// <param name="report">Receives one line per download.</param>
    /// <param name="cancellation">Stops a download.</param>
    /// <exception cref="ScoreException">The run is not possible.</exception>
    public static TrainingPlan Of(TrainRequest request, Action<string>? report, CancellationToken cancellation)
    {
        var folder = request.Out.Length == 0 ? null : new RunFolder(request.Out);
        folder?.RequireUsable();
        RunCheckpoint? checkpoint = null;
        RunDesign design;
        if (request.Resume)
        {
            if (folder is null)
            {
                throw new ScoreException(ScoreErrorKind.Usage, "expected the folder of the run to resume, found none");
            }

            folder.RequireCheckpoint();
            checkpoint = RunCheckpoint.Load(folder.Checkpoint, request.Tables);
            design = checkpoint.Design;
            foreach (var (option, saved, asked) in Resume.conflicts(design.Spec, request))
            {
                throw new ScoreException(
                    ScoreErrorKind.Usage, $"{folder.Checkpoint}: expected {option} {saved}, as in the run, found {asked}");
            }

            design = RunChoices.ValueOrThrow(RunDesignModule.ofSpec(request.Tables, Resume.withScript(design.Spec, request)));
            checkpoint = checkpoint with { Design = design };
        }
        else
        {
            folder?.RequireNew();
            design = DesignOf(request);
        }

        RunChoices.ValueOrThrow(MemoryBudget.training(design, request.Device));
        _ = Trainer.ReadCheckpointEvery();

        return new TrainingPlan(
            design, checkpoint, folder, LoadImages(design.Spec, request.Data?.Value, report, cancellation), request.Device);
    }

    /// <summary>The images of a run, or <c>null</c> for a run on points.</summary>
    /// <param name="spec">The specification of the run.</param>
    /// <param name="directory">Folder of the MNIST files, if one was given.</param>
    /// <param name="report">Receives one line per download.</param>
    /// <param name="cancellation">Stops a download.</param>
    /// <exception cref="ScoreException">The data are not available.</exception>
    public static ImageData? LoadImages(
        RunSpec spec, string? directory, Action<string>? report, CancellationToken cancellation) =>
        spec.Dataset.Name == Mnist.Name ? Mnist.Load(directory, report, cancellation)
        : spec.Dataset.Name == StrokeDigits.CollectionName ? StrokeDigits.Create(Uniforms("strokes/train"), Uniforms("strokes/test"))
        : null;

    // A checkpoint is a zip archive, which starts with PK; anything else is JSON.
    private static RunSpec SpecOf(string file)
    {
        if (InputFile.Read(file, stream => stream.ReadByte() == 'P' && stream.ReadByte() == 'K'))
        {
            return RunCheckpoint.LoadSpec(file);
        }

        var found = SpecJson.read(InputFile.Read(file, stream =>
        {
            if (stream.Length > SpecJson.longest)
            {
                throw new ScoreException(
                    ScoreErrorKind.Usage, $"{file}: expected a specification of at most {SpecJson.longest} bytes, found {stream.Length}");
            }

            using var reader = new StreamReader(stream);
            return reader.ReadToEnd();
        }));
        return found.IsOk ? found.ResultValue : throw new ScoreException(ScoreErrorKind.Usage, $"{file}: {found.ErrorValue}");
    }

    private static UniformSource Uniforms(string purpose) => (index, draws) =>
    {
        var numbers = Interop.uniforms(purpose, index, draws.Length);
        for (var i = 0; i < numbers.Length; i++)
        {
            draws[i] = numbers[i];
        }
    };

    private static FSharpOption<T>? Some<T>(T? value)
        where T : class => value is null ? null : FSharpOption<T>.Some(value);
}
