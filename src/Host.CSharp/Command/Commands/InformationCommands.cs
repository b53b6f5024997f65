using ScoreFunctional.Host.Data;
using ScoreFunctional.Host.Training;
using ScoreFunctional.Runs;

namespace ScoreFunctional.Host.Commands;

/// <summary><c>score datasets</c>.</summary>
internal static class DatasetsCommand
{
    /// <summary>Lists the data sets.</summary>
    /// <param name="namesOnly">Whether to print only the names.</param>
    public static void Run(bool namesOnly)
    {
        foreach (var dataset in TablesModule.standard.Datasets.Members)
        {
            var cache = dataset.Name == "mnist"
                ? $"; from --data DIR, {Mnist.Variable}{(Mnist.CacheDirectory is { } folder ? $", {folder}, or a download" : "")}"
                : "";
            System.Console.Out.WriteLine(namesOnly ? dataset.Name : $"{dataset.Name,-16}{dataset.Summary}{cache}");
        }
    }
}

/// <summary><c>score spec</c>.</summary>
internal static class SpecCommand
{
    /// <summary>Prints a specification.</summary>
    /// <param name="request">The options of the command.</param>
    public static void Run(TrainRequest request) =>
        System.Console.Out.WriteLine(SpecJson.write(TrainingPlan.DesignOf(request).Spec));
}

/// <summary><c>score cite</c>.</summary>
internal static class CiteCommand
{
    /// <summary>Prints references.</summary>
    /// <param name="request">The options of the command.</param>
    public static void Run(CiteRequest request)
    {
        var design = request is CiteRequest.CiteRun run
            ? RunCheckpoint.Load(run.checkpoint).Design
            : TrainingPlan.Of(new TrainOptions { Preset = ((CiteRequest.CitePreset)request).preset, Dataset = "strokes" }).Design;
        foreach (var line in Interop.citations(design))
        {
            System.Console.Out.WriteLine(line);
        }
    }
}
