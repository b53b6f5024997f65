using ScoreFunctional.CommandLine;
using ScoreFunctional.Host.Checkpoints;

namespace ScoreFunctional.Host.Training;

/// <summary>A checkpoint of a run: the specification and everything that training knows between two steps.</summary>
/// <param name="Spec">What the run is.</param>
/// <param name="Horizon">Steps in all, fixed when the run began.</param>
/// <param name="State">Weights, average, optimiser memory and the number of steps done.</param>
/// <param name="Seconds">Time that training has taken so far.</param>
internal sealed record RunCheckpoint(RunSpec Spec, int Horizon, Snapshot State, double Seconds)
{
    /// <summary>Whether all steps are done.</summary>
    public bool IsFinished => State.Step >= Horizon;

    private const string Format = "scorefunctional";
    private const long Version = 1;

    /// <summary>Writes the checkpoint in place of the one before it, which survives until this one is complete.</summary>
    /// <param name="path">Where to write.</param>
    /// <exception cref="ScoreException">The file cannot be written.</exception>
    public void Save(string path)
    {
        var table = Composition.parameters(Spec);
        CheckpointFile.Save(path, new CheckpointDictionary
        {
            ["format"] = Format,
            ["version"] = Version,
            ["spec"] = SpecJson.write(Spec),
            ["step"] = (long)State.Step,
            ["horizon"] = (long)Horizon,
            // The address of the next sample in the endless order of the data, and the key of all random numbers.
            ["cursor"] = (long)State.Step * Spec.BatchSize,
            ["key"] = Spec.Seed,
            ["seconds"] = Seconds,
            ["model"] = Named(table, State.Parameters),
            ["ema"] = Named(table, State.Average),
            ["optimizer"] = Slots(State),
        });
    }

    /// <summary>Reads a checkpoint and checks all of it against its own specification.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="ScoreException">The file is missing, damaged, of another version, or does not fit together.</exception>
    public static RunCheckpoint Load(string path) => Read(path, (spec, step, root) =>
    {
        var table = Composition.parameters(spec);
        var optimizer = root.Dictionary("optimizer");
        var slots = optimizer.Select(pair => Tuple.Create(pair.Key, Flat(optimizer, pair.Key))).ToArray();
        var fault = Plain.slotFault(spec, slots);
        return fault is null
            ? new Snapshot(step, Joined(table, root.Dictionary("model")), Joined(table, root.Dictionary("ema")), slots)
            : throw new ScoreException($"{path}: {fault.Value}");
    });

    /// <summary>Reads a checkpoint to sample from: its average weights stand for the weights, and the optimiser's memory is left out.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="ScoreException">The file is missing, damaged, of another version, or does not fit together.</exception>
    public static RunCheckpoint LoadAverage(string path) => Read(path, (spec, step, root) =>
    {
        var average = Joined(Composition.parameters(spec), root.Dictionary("ema"));
        return new Snapshot(step, average, average, []);
    });

    private static RunCheckpoint Read(string path, Func<RunSpec, int, CheckpointDictionary, Snapshot> state) =>
        CheckpointFile.Read(path, root =>
        {
            root.Place = path;
            if (!root.TryGet("format", out var format) || format is not CheckpointText { Value: Format })
            {
                throw new ScoreException($"{path}: expected a checkpoint of this program, found a file without its mark");
            }

            var version = root.Integer("version");
            if (version != Version)
            {
                throw new ScoreException($"{path}: expected checkpoint version {Version}, found {version}");
            }

            root.RequireOnly(
                "format", "version", "spec", "step", "horizon", "cursor", "key", "seconds", "model", "ema", "optimizer");
            var spec = Require(path, SpecJson.read(root.Text("spec")));
            spec = Require(path, Validation.spec(spec));
            var horizon = Range(path, "horizon", root.Integer("horizon"), 1, int.MaxValue);
            var step = Range(path, "step", root.Integer("step"), 0, horizon);
            Same(path, "cursor", (long)step * spec.BatchSize, root.Integer("cursor"));
            Same(path, "key", spec.Seed, root.Integer("key"));
            return new RunCheckpoint(spec, horizon, state(spec, step, root), root.Number("seconds"));
        });

    private static CheckpointDictionary Named(Parameter[] table, float[] flat)
    {
        var values = new CheckpointDictionary();
        var start = 0;
        foreach (var parameter in table)
        {
            var size = Size(parameter);
            values[parameter.Name] = CheckpointTensor.Of<float>(flat.AsMemory(start, size), Shape(parameter));
            start += size;
        }

        return values;
    }

    private static float[] Joined(Parameter[] table, CheckpointDictionary values)
    {
        values.RequireOnly([.. table.Select(parameter => parameter.Name)]);
        var flat = new float[table.Sum(Size)];
        var start = 0;
        foreach (var parameter in table)
        {
            var size = Size(parameter);
            values.CopyFloats(parameter.Name, flat.AsSpan(start, size), Shape(parameter));
            start += size;
        }

        return flat;
    }

    private static CheckpointDictionary Slots(Snapshot state)
    {
        var values = new CheckpointDictionary();
        foreach (var (name, numbers) in state.Slots)
        {
            values[name] = CheckpointTensor.Of<float>(numbers, numbers.Length);
        }

        return values;
    }

    private static float[] Flat(CheckpointDictionary values, string name)
    {
        var shape = values.Tensor(name).Shape;
        var flat = new float[shape.Aggregate(1L, (product, length) => product * length)];
        values.CopyFloats(name, flat, shape);
        return flat;
    }

    private static int Size(Parameter parameter) => parameter.Shape.Aggregate(1, (product, length) => product * length);

    private static long[] Shape(Parameter parameter) => Array.ConvertAll(parameter.Shape, length => (long)length);

    private static RunSpec Require(string path, Microsoft.FSharp.Core.FSharpResult<RunSpec, string> result) =>
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
