using ScoreFunctional.Host.Checkpoints;
using ScoreFunctional.Runs;

namespace ScoreFunctional.Host.Training;

/// <summary>A checkpoint of a run: the specification and the state between two steps.</summary>
/// <param name="Design">The design of the run.</param>
/// <param name="TotalSteps">Total number of steps, fixed when the run began.</param>
/// <param name="State">Weights, their average, optimiser state and number of steps done.</param>
/// <param name="Seconds">Seconds of training so far.</param>
internal sealed record RunCheckpoint(RunDesign Design, int TotalSteps, Snapshot State, double Seconds)
{
    /// <summary>The specification of the run.</summary>
    public RunSpec Spec => Design.Spec;

    /// <summary>Whether all steps are done.</summary>
    public bool IsFinished => State.Step >= TotalSteps;

    private const string Format = "scorefunctional";
    private const long Version = 2;

    // Version 1 stored the seconds as a number of the pickle, not as a tensor.
    private const long OldestVersion = 1;

    /// <summary>Writes the checkpoint atomically: the previous one stays until this one is complete.</summary>
    /// <param name="path">Path of the file.</param>
    /// <exception cref="ScoreException">The file cannot be written.</exception>
    public void Save(string path)
    {
        var table = Table(Design);
        CheckpointFile.Save(path, new CheckpointDictionary
        {
            ["format"] = Format,
            ["version"] = Version,
            ["spec"] = SpecJson.write(Spec),
            ["step"] = (long)State.Step,
            ["horizon"] = (long)TotalSteps,
            // The position in the endless order of the samples, and the seed.
            ["cursor"] = (long)State.Step * Spec.BatchSize,
            ["key"] = Spec.Seed,
            ["seconds"] = Seconds,
            ["model"] = Named(table, State.Parameters),
            ["ema"] = Named(table, State.Average),
            ["optimizer"] = OptimiserStates(State),
        });
    }

    /// <summary>Reads only the specification of a checkpoint.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="ScoreException">The file is missing, damaged or not a checkpoint.</exception>
    public static RunSpec LoadSpec(string path) =>
        CheckpointFile.Read(path, root => Require(path, SpecJson.read(root.Text("spec"))));

    /// <summary>Reads a checkpoint and checks it against its own specification.</summary>
    /// <param name="path">The file.</param>
    /// <param name="tables">The tables in which names are looked up; by default the built-in ones.</param>
    /// <exception cref="ScoreException">The file is missing, damaged, of another version or inconsistent.</exception>
    public static RunCheckpoint Load(string path, Tables? tables = null) => Read(path, tables, (design, step, root) =>
    {
        var table = Table(design);
        var model = Weights(table, root.Dictionary("model"));
        var average = Weights(table, root.Dictionary("ema"));
        return new Snapshot(step, model, average, OptimiserStates(design, model.Length, root.Dictionary("optimizer")));
    });

    /// <summary>Reads a checkpoint for sampling: the averaged weights replace the weights, and the optimiser state is left out.</summary>
    /// <param name="path">The file.</param>
    /// <param name="tables">The tables in which names are looked up; by default the built-in ones.</param>
    /// <exception cref="ScoreException">The file is missing, damaged, of another version or inconsistent.</exception>
    public static RunCheckpoint LoadAverage(string path, Tables? tables = null) => Read(path, tables, (design, step, root) =>
    {
        var average = Weights(Table(design), root.Dictionary("ema"));
        return new Snapshot(step, average, average, []);
    });

    private static RunCheckpoint Read(
        string path, Tables? tables, Func<RunDesign, int, CheckpointDictionary, Snapshot> state) =>
        CheckpointFile.Read(path, root =>
        {
            root.Place = path;
            if (!root.TryGet("format", out var format) || format is not CheckpointText { Value: Format })
            {
                throw new ScoreException($"{path}: expected a checkpoint of this program, found another .pt file");
            }

            var version = root.Integer("version");
            if (version is < OldestVersion or > Version)
            {
                throw new ScoreException($"{path}: expected checkpoint version {OldestVersion} or {Version}, found {version}");
            }

            root.RequireOnly(
                "format", "version", "spec", "step", "horizon", "cursor", "key", "seconds", "model", "ema", "optimizer");
            var design = Require(
                path, RunDesignModule.ofSpec(tables ?? TablesModule.standard, Require(path, SpecJson.read(root.Text("spec")))));
            var spec = design.Spec;
            var horizon = Range(path, "horizon", root.Integer("horizon"), 1, int.MaxValue);
            var step = Range(path, "step", root.Integer("step"), 0, horizon);
            Same(path, "cursor", (long)step * spec.BatchSize, root.Integer("cursor"));
            Same(path, "key", spec.Seed, root.Integer("key"));
            var seconds = root.Number("seconds");
            return seconds >= 0 && double.IsFinite(seconds)
                ? new RunCheckpoint(design, horizon, state(design, step, root), seconds)
                : throw new ScoreException(FormattableString.Invariant(
                    $"{path}: expected seconds that are finite and not negative, found {seconds}"));
        });

    private static (string Name, long[] Shape)[] Table(RunDesign design) => Array.ConvertAll(
        Composition.parameters(design),
        parameter => (parameter.Name, Array.ConvertAll(parameter.Shape, length => (long)length)));

    private static CheckpointDictionary Named((string Name, long[] Shape)[] table, float[] flat)
    {
        var values = new CheckpointDictionary();
        var start = 0;
        foreach (var (name, shape) in table)
        {
            var size = (int)Size(shape);
            values[name] = CheckpointTensor.Of<float>(flat.AsMemory(start, size), shape);
            start += size;
        }

        return values;
    }

    private static float[] Weights((string Name, long[] Shape)[] table, CheckpointDictionary values)
    {
        values.RequireOnly(table.Select(parameter => parameter.Name));
        return Joined(table, values);
    }

    // Shapes are checked before memory is allocated.
    private static float[] Joined((string Name, long[] Shape)[] table, CheckpointDictionary values)
    {
        foreach (var (name, shape) in table)
        {
            values.Require<float>(name, shape);
        }

        var count = table.Sum(parameter => Size(parameter.Shape));
        if (count > Array.MaxLength)
        {
            throw new ScoreException($"{values.Place}: expected at most {Array.MaxLength} parameters, found {count}");
        }

        var flat = new float[count];
        var start = 0;
        foreach (var (name, shape) in table)
        {
            var size = (int)Size(shape);
            values.CopyFloats(name, flat.AsSpan(start, size), shape);
            start += size;
        }

        return flat;
    }

    private static CheckpointDictionary OptimiserStates(Snapshot state)
    {
        var values = new CheckpointDictionary();
        foreach (var (name, numbers) in state.Optimiser)
        {
            values[name] = CheckpointTensor.Of<float>(numbers, numbers.Length);
        }

        return values;
    }

    // Each state has one value per parameter.
    private static Tuple<string, float[]>[] OptimiserStates(RunDesign design, int count, CheckpointDictionary values)
    {
        var names = Interop.optimiserStateNames(design);
        values.RequireOnly(names);
        return Array.ConvertAll(names, name => Tuple.Create(name, Joined([(name, [count])], values)));
    }

    private static long Size(long[] shape) => shape.Aggregate(1L, (product, length) => product * length);

    private static T Require<T>(string path, Microsoft.FSharp.Core.FSharpResult<T, string> result) =>
        result.IsOk ? result.ResultValue : throw new ScoreException($"{path}: {result.ErrorValue}");

    private static int Range(string path, string name, long value, int least, int most) =>
        value >= least && value <= most
            ? (int)value
            : throw new ScoreException($"{path}: expected {name} from {least} to {most}, found {value}");

    private static void Same(string path, string name, long expected, long found)
    {
        if (expected != found)
        {
            throw new ScoreException($"{path}: expected {name} {expected}, found {found}");
        }
    }
}
