using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using ScoreFunctional.Host.Checkpoints;
using ScoreFunctional.Host.Files;
using ScoreFunctional.Runs;

namespace ScoreFunctional.Host.Training;

/// <summary>The folder of a run and its files.</summary>
/// <param name="path">The folder, which need not exist.</param>
internal sealed class RunFolder(string path)
{
    // The error codes of .NET for a lock that another process holds.
    private const int LinuxWouldBlock = 11;
    private const int MacWouldBlock = 35;
    private const int WindowsSharing = unchecked((int)0x80070020);

    // Escapes only what JSON requires: the file is for people, not for HTML.
    private static readonly JsonSerializerOptions Json = new()
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>The folder, as it was given.</summary>
    public string Path { get; } = path;

    /// <summary>The specification, the status and the progress of the run.</summary>
    public string RunJson => FileAt("run.json");

    /// <summary>Metrics, one line per step.</summary>
    public string Metrics => FileAt("metrics.csv");

    /// <summary>Everything that a resumed run needs.</summary>
    public string Checkpoint => FileAt("checkpoint.pt");

    /// <summary>A grid of samples, or a scatter of points over their density.</summary>
    public string Samples => FileAt("samples.png");

    /// <summary>The trajectory from noise to sample.</summary>
    public string Trajectory => FileAt("trajectory.png");

    /// <summary>The loss over the steps.</summary>
    public string LossChart => FileAt("loss.svg");

    /// <summary>The report.</summary>
    public string Report => FileAt("report.html");

    /// <summary>The results of <c>score evaluate</c>.</summary>
    public string Evaluation => FileAt("evaluation.json");

    /// <summary>The results of <c>score evaluate --sampler</c>.</summary>
    public string Comparison => FileAt("samplers.json");

    /// <summary>An empty file that a training process locks.</summary>
    private string Lock => FileAt("run.lock");

    /// <summary>Checks that the folder has no checkpoint, which a new run would overwrite.</summary>
    /// <exception cref="ScoreException">The folder has a checkpoint.</exception>
    public void RequireNew()
    {
        if (File.Exists(Checkpoint))
        {
            throw new ScoreException(
                ScoreErrorKind.Usage, $"{Path} already holds a run ({System.IO.Path.GetFileName(Checkpoint)}): continue it with --resume, or choose another --out");
        }
    }

    /// <summary>Checks that the folder has a checkpoint.</summary>
    /// <exception cref="ScoreException">The folder has no checkpoint.</exception>
    public void RequireCheckpoint()
    {
        if (!File.Exists(Checkpoint))
        {
            throw new ScoreException(
                ScoreErrorKind.Usage,
                File.Exists(RunJson) || File.Exists(Metrics)
                    ? $"expected a checkpoint to resume from, found a run in {Path} that ended before its first one: leave out --resume to start again"
                    : $"expected a checkpoint to resume from, found no file {Checkpoint}");
        }
    }

    /// <summary>Checks that no other process trains in the folder, and that the files of a run can be written.</summary>
    /// <exception cref="ScoreException">Another process trains there, or a file cannot be written.</exception>
    public void RequireUsable()
    {
        if (File.Exists(Path))
        {
            throw new ScoreException(ScoreErrorKind.Usage, $"expected a folder for the run, found a file: {Path}");
        }

        if (File.Exists(Lock))
        {
            Acquire().Dispose();
        }

        foreach (var file in (string[])[Checkpoint, RunJson, Metrics])
        {
            OutputPath.Of(file).RequireWritable();
        }
    }

    /// <summary>Locks the folder until the result is disposed or the process ends.</summary>
    /// <exception cref="ScoreException">Another process trains there, or the folder cannot be written.</exception>
    public IDisposable Acquire()
    {
        try
        {
            Directory.CreateDirectory(Path);
            // The file is never deleted: otherwise one process could lock the old file and another a new one.
            return new FileStream(Lock, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException error) when (error.HResult is LinuxWouldBlock or MacWouldBlock or WindowsSharing)
        {
            throw new ScoreException($"another program is training in {Path}: wait until it ends, or choose another folder", error);
        }
        catch (Exception error) when (OutputPath.IsRefusal(error))
        {
            throw OutputPath.CannotWrite(Lock, error);
        }
    }

    /// <summary>Checks, after locking, that the folder has not changed since the run was planned.</summary>
    /// <param name="checkpoint">The checkpoint to resume from; <c>null</c> for a new run.</param>
    /// <exception cref="ScoreException">Another process trained there in the meantime.</exception>
    public void RequireUnchanged(RunCheckpoint? checkpoint)
    {
        if (checkpoint is null)
        {
            RequireNew();
        }
        else if (CheckpointFile.Read(Checkpoint, root => root.Integer("step"), verify: false) is var step && step != checkpoint.State.Step)
        {
            throw new ScoreException(
                $"another program has trained in {Path}: expected step {checkpoint.State.Step} in {Checkpoint}, found {step}; run --resume again");
        }
    }

    /// <summary>Writes <c>run.json</c>.</summary>
    /// <param name="trainer">The run.</param>
    /// <param name="status">running, stopped, finished or failed.</param>
    /// <param name="seconds">Seconds of training so far.</param>
    /// <param name="failure">The error of a failed run.</param>
    /// <exception cref="ScoreException">The file cannot be written.</exception>
    public void WriteRunJson(Trainer trainer, string status, double seconds, string? failure = null)
    {
        var content = new JsonObject
        {
            ["program"] = $"score {LibraryVersion.Text}",
            ["status"] = status,
            ["step"] = trainer.RecordedSteps,
            ["steps"] = trainer.TotalSteps,
            ["seconds"] = Math.Round(seconds, 3),
            ["spec"] = JsonNode.Parse(SpecJson.write(trainer.Spec)),
        };
        if (failure is not null)
        {
            content.Insert(2, "failure", failure);
        }

        AtomicFile.WriteText(RunJson, content.ToJsonString(Json) + "\n");
    }

    /// <summary>The results of <c>score evaluate --bits-per-dim</c>.</summary>
    public string Likelihood => FileAt("likelihood.json");

    private string FileAt(string name) => System.IO.Path.Combine(Path, name);
}
