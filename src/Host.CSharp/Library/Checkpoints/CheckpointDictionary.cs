using System.Collections;
using System.Diagnostics.CodeAnalysis;

namespace ScoreFunctional.Host.Checkpoints;

/// <summary>
/// Values by name, in the order in which they were added. The typed accessors turn a missing or wrong value into one
/// line that says what was expected where, and what was found.
/// </summary>
internal sealed class CheckpointDictionary : CheckpointValue, IEnumerable<KeyValuePair<string, CheckpointValue>>
{
    private readonly OrderedDictionary<string, CheckpointValue> _entries = new(StringComparer.Ordinal);
    private int _depth = 1;

    /// <inheritdoc/>
    public override string Kind => "a dictionary";

    /// <inheritdoc/>
    internal override int Depth => _depth;

    /// <summary>Where this dictionary stands, for messages: a file, or a file and the names on the way.</summary>
    public string Place { get; set; } = "checkpoint";

    /// <summary>The number of entries.</summary>
    public int Count => _entries.Count;

    /// <summary>The names in order.</summary>
    public IEnumerable<string> Keys => _entries.Keys;

    /// <summary>Sets an entry to a value, which must be complete.</summary>
    /// <param name="key">The name.</param>
    public CheckpointValue this[string key]
    {
        set
        {
            _entries[key] = value;
            _depth = Math.Max(_depth, value.Depth + 1);
        }
    }

    /// <summary>Looks an entry up.</summary>
    /// <param name="key">The name.</param>
    /// <param name="value">The value, where there is one.</param>
    /// <returns>Whether there is one.</returns>
    public bool TryGet(string key, [NotNullWhen(true)] out CheckpointValue? value) =>
        _entries.TryGetValue(key, out value);

    /// <summary>The dictionary of that name.</summary>
    /// <param name="key">The name.</param>
    /// <exception cref="ScoreException">It is missing or of another kind.</exception>
    public CheckpointDictionary Dictionary(string key)
    {
        var inner = Get<CheckpointDictionary>(key, "a dictionary");
        inner.Place = $"{Place}, {key}";
        return inner;
    }

    /// <summary>The list of that name.</summary>
    /// <param name="key">The name.</param>
    /// <exception cref="ScoreException">It is missing or of another kind.</exception>
    public IReadOnlyList<CheckpointValue> List(string key) => Get<CheckpointList>(key, "a list").Items;

    /// <summary>The text of that name.</summary>
    /// <param name="key">The name.</param>
    /// <exception cref="ScoreException">It is missing or of another kind.</exception>
    public string Text(string key) => Get<CheckpointText>(key, "text").Value;

    /// <summary>The truth value of that name.</summary>
    /// <param name="key">The name.</param>
    /// <exception cref="ScoreException">It is missing or of another kind.</exception>
    public bool Flag(string key) => Get<CheckpointFlag>(key, "a flag").Value;

    /// <summary>The integer of that name.</summary>
    /// <param name="key">The name.</param>
    /// <exception cref="ScoreException">It is missing or of another kind.</exception>
    public long Integer(string key) => Get<CheckpointInteger>(key, "an integer").Value;

    /// <summary>The number of that name; an integer counts as one, and so does a float64 tensor without dimensions.</summary>
    /// <param name="key">The name.</param>
    /// <exception cref="ScoreException">It is missing or of another kind.</exception>
    public double Number(string key) => Get<CheckpointValue>(key, "a number") switch
    {
        CheckpointInteger integer => integer.Value,
        CheckpointTensor<double> { Shape: [] } scalar => scalar.Data.Span[0],
        _ => Get<CheckpointNumber>(key, "a number").Value,
    };

    /// <summary>The tensor of that name.</summary>
    /// <param name="key">The name.</param>
    /// <exception cref="ScoreException">It is missing or of another kind.</exception>
    public CheckpointTensor Tensor(string key) => Get<CheckpointTensor>(key, "a tensor");

    /// <summary>The values of a float32 tensor whose shape is known.</summary>
    /// <param name="key">The name.</param>
    /// <param name="shape">The shape it must have.</param>
    /// <returns>The values in C order.</returns>
    /// <exception cref="ScoreException">It is missing, or of another kind, element type or shape.</exception>
    public ReadOnlyMemory<float> Floats(string key, params ReadOnlySpan<long> shape) => Elements<float>(key, shape);

    /// <summary>The values of a tensor whose element type and shape are known.</summary>
    /// <typeparam name="T">float, double, long, int or byte.</typeparam>
    /// <param name="key">The name.</param>
    /// <param name="shape">The shape it must have.</param>
    /// <returns>The values in C order.</returns>
    /// <exception cref="ScoreException">It is missing, or of another kind, element type or shape.</exception>
    public ReadOnlyMemory<T> Elements<T>(string key, params ReadOnlySpan<long> shape)
        where T : unmanaged => Of<T>(key, shape).Data;

    /// <summary>Copies the values of a float32 tensor whose shape is known, in C order.</summary>
    /// <param name="key">The name.</param>
    /// <param name="target">As many places as the tensor has elements.</param>
    /// <param name="shape">The shape it must have.</param>
    /// <exception cref="ScoreException">It is missing, or of another kind, element type or shape.</exception>
    public void CopyFloats(string key, Span<float> target, params ReadOnlySpan<long> shape) => Of<float>(key, shape).CopyTo(target);

    /// <summary>Refuses a tensor of another element type or shape, without a look at its values.</summary>
    /// <typeparam name="T">float, double, long, int or byte.</typeparam>
    /// <param name="key">The name.</param>
    /// <param name="shape">The shape it must have.</param>
    /// <exception cref="ScoreException">It is missing, or of another kind, element type or shape.</exception>
    public void Require<T>(string key, params ReadOnlySpan<long> shape)
        where T : unmanaged => Of<T>(key, shape);

    private CheckpointTensor<T> Of<T>(string key, ReadOnlySpan<long> shape)
        where T : unmanaged
    {
        var tensor = Tensor(key);
        if (tensor is not CheckpointTensor<T> typed || !shape.SequenceEqual(tensor.Shape))
        {
            throw new ScoreException(
                $"{Place}: expected {CheckpointTensor.Describe(TensorElement.Of<T>(), shape)} as {key}, "
                + $"found {tensor.Kind}");
        }

        return typed;
    }

    /// <summary>Refuses entries that nobody knows.</summary>
    /// <param name="known">All names that may occur.</param>
    /// <exception cref="ScoreException">There is another one.</exception>
    public void RequireOnly(params IEnumerable<string> known)
    {
        var names = known.ToHashSet(StringComparer.Ordinal);
        if (Keys.FirstOrDefault(key => !names.Contains(key)) is { } unknown)
        {
            throw new ScoreException($"{Place}: expected no entries but {string.Join(", ", names)}; found {unknown}");
        }
    }

    /// <inheritdoc/>
    public IEnumerator<KeyValuePair<string, CheckpointValue>> GetEnumerator() => _entries.GetEnumerator();

    /// <inheritdoc/>
    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private T Get<T>(string key, string kind)
        where T : CheckpointValue
    {
        if (!TryGet(key, out var value))
        {
            throw new ScoreException($"{Place}: expected {kind} as {key}, found no such entry");
        }

        return value as T
            ?? throw new ScoreException($"{Place}: expected {kind} as {key}, found {value.Kind}");
    }
}
