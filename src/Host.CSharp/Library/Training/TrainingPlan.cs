using Microsoft.FSharp.Core;
using ScoreFunctional.Host.Data;
using ScoreFunctional.Runs;

namespace ScoreFunctional.Host.Training;

/// <summary>A run that is known to be possible: everything was checked, and nothing has been written.</summary>
/// <param name="Spec">What the run is.</param>
/// <param name="Checkpoint">Where it goes on, when it is resumed.</param>
/// <param name="Folder">Where its files go; <c>null</c> writes none.</param>
/// <param name="Images">The images that it learns from, if it learns from images.</param>
/// <param name="Device">Where the network runs.</param>
internal sealed record TrainingPlan(
    RunSpec Spec, RunCheckpoint? Checkpoint, RunFolder? Folder, ImageData? Images, Placement Device)
{
    /// <summary>Draws the pictures in the folder; <c>null</c> draws none.</summary>
    public IRunPictures? Pictures { get; init; }

    /// <summary>Checks what a caller of the API asks for.</summary>
    /// <param name="options">The options.</param>
    /// <param name="cancellation">Stops a download.</param>
    /// <exception cref="ScoreException">It is not possible.</exception>
    public static TrainingPlan Of(TrainOptions options, CancellationToken cancellation = default)
    {
        if (options.Steps is not null && options.Minutes is not null)
        {
            throw new ScoreException(ScoreErrorKind.Usage, "expected a number of steps or of minutes, found both");
        }

        var length = options.Steps is { } steps ? Length.NewSteps(steps)
            : options.Minutes is { } minutes ? Length.NewMinutes(minutes)
            : null;
        var overrides = new Overrides(
            Some(options.Network is { } network ? Choice.To<NetworkName>(network) : null),
            Some(options.Sde is { } sde ? Choice.To<SdeName>(sde) : null),
            Some(Objective(options)),
            Some(options.Model is { } model ? Choice.To<ModelName>(model) : null),
            Some(length),
            Choice.Option(options.BatchSize),
            FSharpOption<long>.Some(options.Seed),
            options.Conditional);
        var request = new TrainRequest(
            FSharpOption<Dataset>.Some(Choice.To<Dataset>(options.Dataset)),
            FSharpOption<Preset>.Some(Choice.To<Preset>(options.Preset)),
            overrides,
            Some(options.DataFolder),
            options.RunFolder ?? "",
            options.Resume,
            Choice.Placement(options.Device));
        return Of(request, null, cancellation) with { Pictures = options.Pictures };
    }

    /// <summary>Checks what a command line asks for.</summary>
    /// <param name="request">The request; an empty folder writes no files.</param>
    /// <param name="report">Told in one line what is being fetched.</param>
    /// <param name="cancellation">Stops a download.</param>
    /// <exception cref="ScoreException">It is not possible.</exception>
    public static TrainingPlan Of(TrainRequest request, Action<string>? report, CancellationToken cancellation)
    {
        var folder = request.Out.Length == 0 ? null : new RunFolder(request.Out);
        folder?.RequireFree();
        RunCheckpoint? checkpoint = null;
        RunSpec spec;
        if (request.Resume)
        {
            if (folder is null)
            {
                throw new ScoreException(ScoreErrorKind.Usage, "expected the folder of the run to resume, found none");
            }

            folder.RequireCheckpoint();
            checkpoint = RunCheckpoint.Load(folder.Checkpoint);
            spec = Resume.relocated(checkpoint.Spec, request);
            foreach (var (option, saved, asked) in Resume.conflicts(spec, request))
            {
                throw new ScoreException(
                    ScoreErrorKind.Usage, $"{folder.Checkpoint}: expected {option} {saved} as in the run, found {asked}");
            }
        }
        else
        {
            folder?.RequireNew();
            if (request.Preset is not { Value: var preset } || request.Dataset is not { Value: var dataset })
            {
                throw new ScoreException(ScoreErrorKind.Usage, "expected a dataset and a preset for a new run, found none");
            }

            var valid = Validation.spec(Presets.apply(request.Overrides, Presets.spec(preset, dataset)));
            spec = valid.IsOk ? valid.ResultValue : throw new ScoreException(ScoreErrorKind.Usage, valid.ErrorValue);
        }

        Choice.Required(Needs.training(spec, request.Device));
        _ = Trainer.ReadCheckpointEvery();

        // A script is tried before anything is written.
        if (spec.Objective is ObjectiveChoice.Script script)
        {
            var loaded = Scripts.load(script.path, script.sha256);
            if (loaded.IsError)
            {
                throw new ScoreException(loaded.ErrorValue);
            }
        }

        return new TrainingPlan(
            spec, checkpoint, folder, LoadImages(spec, request.Data?.Value, report, cancellation), request.Device);
    }

    /// <summary>The images of a run, or <c>null</c> for a run on points.</summary>
    /// <param name="spec">What the run is.</param>
    /// <param name="directory">Folder of the MNIST files, if one was given.</param>
    /// <param name="report">Told in one line what is being fetched.</param>
    /// <param name="cancellation">Stops a download.</param>
    /// <exception cref="ScoreException">The data cannot be had.</exception>
    public static ImageData? LoadImages(
        RunSpec spec, string? directory, Action<string>? report, CancellationToken cancellation) =>
        spec.Dataset.IsMnist ? Mnist.Load(directory, report, cancellation)
        : spec.Dataset.IsStrokes ? StrokeDigits.Create(Uniforms("strokes/train"), Uniforms("strokes/test"))
        : null;

    private static ObjectiveRequest? Objective(TrainOptions options)
    {
        switch (options.Objective, options.ObjectiveScript)
        {
            case (null, null):
                return null;
            case ({ } name, null):
                return ObjectiveRequest.NewNamed(Choice.To<ObjectiveName>(name));
            case (null, { } path):
                var hash = Scripts.sha256(path);
                return hash.IsOk
                    ? ObjectiveRequest.NewScripted(path, hash.ResultValue)
                    : throw new ScoreException(ScoreErrorKind.Usage, hash.ErrorValue);
            default:
                throw new ScoreException(ScoreErrorKind.Usage, "expected an objective's name or a script, found both");
        }
    }

    private static UniformSource Uniforms(string purpose) => (index, draws) =>
    {
        var numbers = Plain.uniforms(purpose, index, draws.Length);
        for (var i = 0; i < numbers.Length; i++)
        {
            draws[i] = numbers[i];
        }
    };

    private static FSharpOption<T>? Some<T>(T? value)
        where T : class => value is null ? null : FSharpOption<T>.Some(value);
}
