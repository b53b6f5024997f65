using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using ScoreFunctional.Host.Checkpoints;
using ScoreFunctional.Host.Files;
using ScoreFunctional.Runs;

namespace ScoreFunctional.Host.Training;

/// <summary>The files of a run.</summary>
/// <param name="path">The folder, which need not exist yet.</param>
internal sealed class RunFolder(string path)
{
    // What the systems' refusals of a lock that another process holds are to .NET.
    private const int LinuxWouldBlock = 11;
    private const int MacWouldBlock = 35;
    private const int WindowsSharing = unchecked((int)0x80070020);

    // For people to read, and for no web page.
    private static readonly JsonSerializerOptions Json = new()
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

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

    /// <summary>Keeps others out of the folder, and holds nothing.</summary>
    private string Lock => In("run.lock");

    /// <summary>Makes sure that a new run overwrites nothing; what a run left that never had a checkpoint is nothing.</summary>
    /// <exception cref="ScoreException">The folder holds a run already.</exception>
    public void RequireNew()
    {
        if (File.Exists(Checkpoint))
        {
            throw new ScoreException(
                ScoreErrorKind.Usage, $"{Path} holds a run already ({System.IO.Path.GetFileName(Checkpoint)}): go on with --resume, or choose another --out");
        }
    }

    /// <summary>Makes sure that there is something to resume.</summary>
    /// <exception cref="ScoreException">The folder has no checkpoint.</exception>
    public void RequireCheckpoint()
    {
        if (!File.Exists(Checkpoint))
        {
            throw new ScoreException(
                ScoreErrorKind.Usage,
                File.Exists(RunJson) || File.Exists(Metrics)
                    ? $"expected a checkpoint to resume from, found in {Path} a run that ended before its first one: leave out --resume to start it afresh"
                    : $"expected a checkpoint to resume from, found no file {Checkpoint}");
        }
    }

    /// <summary>Makes sure that nobody trains in the folder at the moment, and that a run's files can be written there.</summary>
    /// <exception cref="ScoreException">Somebody does, or they cannot.</exception>
    public void RequireFree()
    {
        if (File.Exists(Path))
        {
            throw new ScoreException(ScoreErrorKind.Usage, $"expected a folder for the run, found a file: {Path}");
        }

        if (File.Exists(Lock))
        {
            Hold().Dispose();
        }

        foreach (var file in (string[])[Checkpoint, RunJson, Metrics])
        {
            OutputPath.Of(file).RequireWritable();
        }
    }

    /// <summary>Makes the folder this process's own until it is disposed, or the process ends in whatever way.</summary>
    /// <exception cref="ScoreException">Another one trains there, or the folder cannot be written.</exception>
    public IDisposable Hold()
    {
        try
        {
            Directory.CreateDirectory(Path);
            // The file stays: if it went with its owner, one process could hold the old file and another a new one.
            return new FileStream(Lock, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException error) when (error.HResult is LinuxWouldBlock or MacWouldBlock or WindowsSharing)
        {
            throw new ScoreException($"another program is training in {Path}: wait for its end, or choose another folder", error);
        }
        catch (Exception error) when (OutputPath.IsRefusal(error))
        {
            throw OutputPath.CannotWrite(Lock, error);
        }
    }

    /// <summary>Makes sure that the folder, which is held, is still as it was when the run was planned.</summary>
    /// <param name="checkpoint">Where the run goes on; <c>null</c> for a new one.</param>
    /// <exception cref="ScoreException">Another program has trained there in the meantime.</exception>
    public void RequireStill(RunCheckpoint? checkpoint)
    {
        if (checkpoint is null)
        {
            RequireNew();
        }
        else if (CheckpointFile.Read(Checkpoint, root => root.Integer("step")) is var step && step != checkpoint.State.Step)
        {
            throw new ScoreException(
                $"another program has trained in {Path}: expected step {checkpoint.State.Step} in {Checkpoint}, found {step}; resume once more");
        }
    }

    /// <summary>Writes what the run is and how far it is.</summary>
    /// <param name="trainer">The run.</param>
    /// <param name="status">running, stopped, finished or failed.</param>
    /// <param name="seconds">Time that training has taken so far.</param>
    /// <param name="failure">What the run failed with.</param>
    /// <exception cref="ScoreException">The file cannot be written.</exception>
    public void WriteRunJson(Trainer trainer, string status, double seconds, string? failure = null)
    {
        var content = new JsonObject
        {
            ["program"] = $"score {LibraryVersion.Text}",
            ["status"] = status,
            ["step"] = trainer.Finished,
            ["steps"] = trainer.Horizon,
            ["seconds"] = Math.Round(seconds, 3),
            ["spec"] = JsonNode.Parse(SpecJson.write(trainer.Spec)),
        };
        if (failure is not null)
        {
            content.Insert(2, "failure", failure);
        }

        AtomicFile.WriteText(RunJson, content.ToJsonString(Json) + "\n");
    }

    /// <summary>The figures of <c>score evaluate --bits-per-dim</c>.</summary>
    public string Likelihood => In("likelihood.json");

    private string In(string name) => System.IO.Path.Combine(Path, name);
}
