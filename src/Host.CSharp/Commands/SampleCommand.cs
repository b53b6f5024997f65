using ScoreFunctional.CommandLine;
using ScoreFunctional.Host.Sampling;
using ScoreFunctional.Host.Terminal;

namespace ScoreFunctional.Host.Commands;

/// <summary><c>score sample</c>.</summary>
internal static class SampleCommand
{
    private const int TrajectoryStates = 10;

    /// <summary>Draws samples and writes the files that were asked for.</summary>
    /// <param name="request">What was asked for.</param>
    /// <param name="cancellation">Stops between two moves.</param>
    public static void Run(SampleRequest request, CancellationToken cancellation)
    {
        using var model = ScoreModel.LoadAverage(request.Checkpoint, request.Device);
        var sampler = Choice.Sampler(model.Spec, request.Sampler?.Value, request.Steps?.Value, request.Settings);
        RequireFolders(request);
        var samples = ProgressView.Run("sampling", line => model.Sample(
            sampler,
            request.Class?.Value,
            request.Guidance,
            request.Count,
            request.Seed,
            request.Trajectory is null ? 0 : TrajectoryStates,
            progress => line.Update(progress.Fraction, $"{progress.Done}/{progress.Count}"),
            cancellation).RequireFinite());
        samples.SavePng(request.Out);
        System.Console.Out.WriteLine(Text.Line(
            $"{samples.Count} samples by {Presets.samplerName(sampler)}, {samples.Nfe} evaluations each, in {samples.Elapsed.TotalSeconds:0.00} s: {request.Out}"));
        if (request.Npy?.Value is { } npy)
        {
            samples.SaveNpy(npy);
            System.Console.Out.WriteLine(Text.Line($"numbers, float32 [{string.Join(", ", samples.Shape)}]: {npy}"));
        }

        if (request.Trajectory?.Value is { } trajectory)
        {
            samples.SaveTrajectoryPng(trajectory);
            System.Console.Out.WriteLine($"trajectory: {trajectory}");
        }
    }

    // Sampling can take minutes: a path that cannot be written is better found before it.
    private static void RequireFolders(SampleRequest request)
    {
        foreach (var file in (string?[])[request.Out, request.Npy?.Value, request.Trajectory?.Value])
        {
            if (file is not null && Directory.Exists(file))
            {
                throw new ScoreException(ScoreErrorKind.Usage, $"expected a file to write, found a folder: {file}");
            }

            if (file is not null && Path.GetDirectoryName(Path.GetFullPath(file)) is { } folder && File.Exists(folder))
            {
                throw new ScoreException(ScoreErrorKind.Usage, $"expected a folder to write into, found a file: {folder}");
            }
        }
    }
}
