using System.Text.Json;
using System.Text.Json.Nodes;
using ScoreFunctional.CommandLine;
using ScoreFunctional.Host.Files;

namespace ScoreFunctional.Host.Training;

/// <summary>The files of a run.</summary>
/// <param name="path">The folder, which need not exist yet.</param>
internal sealed class RunFolder(string path)
{
    /// <summary>The folder, as it was given.</summary>
    public string Path { get; } = path;

    /// <summary>The specification and how far the run is.</summary>
    public string RunJson => In("run.json");

    /// <summary>One line a step.</summary>
    public string Metrics => In("metrics.csv");

    /// <summary>Everything that the run needs to go on.</summary>
    public string Checkpoint => In("checkpoint.pt");

    /// <summary>Sixteen samples, or a scatter of points over the density.</summary>
    public string Samples => In("samples.png");

    /// <summary>The way from noise to sample.</summary>
    public string Trajectory => In("trajectory.png");

    /// <summary>The loss against the step.</summary>
    public string LossChart => In("loss.svg");

    /// <summary>All of it on a page.</summary>
    public string Report => In("report.html");

    /// <summary>The figures of <c>score evaluate</c>.</summary>
    public string Evaluation => In("evaluation.json");

    /// <summary>The figures of <c>score evaluate --sampler</c>.</summary>
    public string Comparison => In("samplers.json");

    /// <summary>Makes sure that a new run overwrites nothing.</summary>
    /// <exception cref="ScoreException">The folder holds a run already, or the path is not a folder.</exception>
    public void RequireNew()
    {
        if (File.Exists(Path))
        {
            throw new ScoreException(ScoreErrorKind.Usage, $"expected a folder for the run, found a file: {Path}");
        }

        foreach (var file in (string[])[Checkpoint, RunJson, Metrics])
        {
            if (File.Exists(file))
            {
                throw new ScoreException(
                    ScoreErrorKind.Usage, $"{Path} holds a run already ({System.IO.Path.GetFileName(file)}): go on with --resume, or choose another --out");
            }
        }
    }

    /// <summary>Makes sure that there is something to resume.</summary>
    /// <exception cref="ScoreException">The folder has no checkpoint.</exception>
    public void RequireCheckpoint()
    {
        if (!File.Exists(Checkpoint))
        {
            throw new ScoreException(ScoreErrorKind.Usage, $"expected a checkpoint to resume from, found no file {Checkpoint}");
        }
    }

    /// <summary>Writes what the run is and how far it is.</summary>
    /// <param name="trainer">The run.</param>
    /// <param name="status">running, stopped or finished.</param>
    /// <param name="seconds">Time that training has taken so far.</param>
    /// <exception cref="ScoreException">The file cannot be written.</exception>
    public void WriteRunJson(Trainer trainer, string status, double seconds)
    {
        var content = new JsonObject
        {
            ["program"] = $"score {Program.Version}",
            ["status"] = status,
            ["step"] = trainer.Step,
            ["steps"] = trainer.Horizon,
            ["seconds"] = Math.Round(seconds, 3),
            ["spec"] = JsonNode.Parse(SpecJson.write(trainer.Spec)),
        };
        AtomicFile.WriteText(RunJson, content.ToJsonString(new JsonSerializerOptions { WriteIndented = true }) + "\n");
    }

    /// <summary>The figures of <c>score evaluate --bits-per-dim</c>.</summary>
    public string Likelihood => In("likelihood.json");

    private string In(string name) => System.IO.Path.Combine(Path, name);
}
