using ScoreFunctional.Host.Data;
using ScoreFunctional.Host.Training;
using ScoreFunctional.Runs;

namespace ScoreFunctional.Host.Commands;

/// <summary><c>score datasets</c>.</summary>
internal static class DatasetsCommand
{
    /// <summary>Lists what there is to learn from.</summary>
    /// <param name="namesOnly">Whether to list the names alone.</param>
    public static void Run(bool namesOnly)
    {
        foreach (var name in Names.all<Dataset>())
        {
            System.Console.Out.WriteLine(
                namesOnly ? name : $"{name,-16}{Describe(Choice.Of<DatasetKind>(name))}");
        }
    }

    private static string Describe(DatasetKind dataset) => dataset switch
    {
        DatasetKind.Mnist =>
            $"60,000 handwritten digits, 28 x 28, and 10,000 to test: --data DIR, {Mnist.Variable}{(Mnist.CacheDirectory is { } cache ? $", {cache}, or a download" : "")}",
        DatasetKind.Strokes => "digits drawn by this program, 28 x 28, in any number: needs no files",
        DatasetKind.Gaussian => "points of the plane: one Gaussian",
        DatasetKind.EightGaussians => "points of the plane: eight Gaussians on a circle",
        DatasetKind.TwoMoons => "points of the plane: two interleaved half circles",
        DatasetKind.Rings => "points of the plane: two concentric rings",
        DatasetKind.SwissRoll => "points of the plane: a spiral",
        DatasetKind.Banana => "points of the plane: a bent Gaussian",
        DatasetKind.Checkerboard => "points of the plane: the dark squares of a board",
        _ => throw new ArgumentOutOfRangeException(nameof(dataset), dataset, "expected a dataset"),
    };
}

/// <summary><c>score cite</c>.</summary>
internal static class CiteCommand
{
    /// <summary>Prints references.</summary>
    /// <param name="request">Whose.</param>
    public static void Run(CiteRequest request)
    {
        var spec = request is CiteRequest.CiteRun run
            ? RunCheckpoint.Load(run.checkpoint).Spec
            : Presets.spec(((CiteRequest.CitePreset)request).preset, Dataset.Mnist);
        foreach (var line in Plain.citations(spec))
        {
            System.Console.Out.WriteLine(line);
        }
    }
}
