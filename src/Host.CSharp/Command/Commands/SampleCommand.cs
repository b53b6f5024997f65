using ScoreFunctional.Host.Files;
using ScoreFunctional.Host.Plotting;
using ScoreFunctional.Host.Plotting.Images;
using ScoreFunctional.Host.Terminal;
using ScoreFunctional.Runs;

namespace ScoreFunctional.Host.Commands;

/// <summary><c>score sample</c>.</summary>
internal static class SampleCommand
{
    private const int TrajectoryStates = 10;

    /// <summary>Draws samples and writes the requested files.</summary>
    /// <param name="request">The options of the command.</param>
    /// <param name="outputs">Writes the files.</param>
    /// <param name="cancellation">Stops between two steps of the sampler.</param>
    public static void Run(SampleRequest request, Outputs outputs, CancellationToken cancellation)
    {
        using var model = ScoreModel.LoadAverage(request.Checkpoint, request.Device, request.Tables);
        var sampler = RunChoices.Sampler(model.Design, request.Sampler);
        var picture = Picture(request, model);
        var print = PrinterBeside([picture, request.Npy?.Value, request.Trajectory?.Value]);
        var samples = ProgressView.Run("sampling", line => model.Sample(
            sampler,
            request.Class?.Value,
            request.Guidance,
            request.Count,
            request.Seed,
            request.Trajectory is null ? 0 : TrajectoryStates,
            progress => line.Update(progress.Fraction, $"{progress.Done}/{progress.Count}"),
            cancellation).RequireFinite());
        if (picture is null || outputs.Write(picture, samples.SavePng))
        {
            print.WriteLine(Text.Line(
                $"{samples.Count} samples by {sampler.Name}, {samples.Nfe} evaluations each, in {samples.Elapsed.TotalSeconds:0.00} s") +
                (picture is null ? "" : $": {picture}"));
        }

        if (request.Npy?.Value is { } npy && outputs.Write(npy, samples.SaveNpy))
        {
            print.WriteLine(Text.Line($"samples as float32 [{string.Join(", ", samples.Shape)}]: {npy}"));
        }

        if (request.Trajectory?.Value is { } trajectory && outputs.Write(trajectory, samples.SaveTrajectoryPng))
        {
            print.WriteLine($"trajectory: {trajectory}");
        }
    }

    // The path of the picture. With --npy and without --out, too many samples for a picture mean no picture.
    private static string? Picture(SampleRequest request, ScoreModel model)
    {
        if (request.Out is null && request.Npy is not null && request.Count > SamplePicture.Most(model.Shape))
        {
            return null;
        }

        SamplePicture.Require(request.Count, model.Shape);
        return request.Out?.Value ?? "samples.png";
    }

    // Checks all paths before sampling, which can take minutes. If one of them is standard output, messages go to the error stream.
    private static TextWriter PrinterBeside(string?[] files)
    {
        var places = files.OfType<string>().Select(OutputPath.Of).ToList();
        places.ForEach(place => place.RequireWritable());
        return places.Any(place => place.IsStandardOutput) ? System.Console.Error : System.Console.Out;
    }
}
