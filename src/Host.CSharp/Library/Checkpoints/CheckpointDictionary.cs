using System.Collections;
using System.Diagnostics.CodeAnalysis;

namespace ScoreFunctional.Host.Checkpoints;

/// <summary>
/// Values by name, in the order in which they were added. If a value is missing or of another kind, the typed accessors throw an
/// error with the place, what was expected and what was found.
/// </summary>
internal sealed class CheckpointDictionary : CheckpointValue, IEnumerable<KeyValuePair<string, CheckpointValue>>
{
    private readonly OrderedDictionary<string, CheckpointValue> _entries = new(StringComparer.Ordinal);
    private int _depth = 1;

    /// <inheritdoc/>
    public override string Kind => "a dictionary";

    /// <inheritdoc/>
    internal override int Depth => _depth;

    /// <summary>The place of this dictionary for messages: the file and the names of the dictionaries around it.</summary>
    public string Place { get; set; } = "checkpoint";

    /// <summary>The number of entries.</summary>
    public int Count => _entries.Count;

    /// <summary>The names in order.</summary>
    public IEnumerable<string> Keys => _entries.Keys;

    /// <summary>Sets an entry. The value must not be changed afterwards.</summary>
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
    /// <param name="value">The value, if the entry exists.</param>
    /// <returns>Whether the entry exists.</returns>
    public bool TryGet(string key, [NotNullWhen(true)] out CheckpointValue? value) =>
        _entries.TryGetValue(key, out value);

    /// <summary>An entry that is a dictionary.</summary>
    /// <param name="key">The name.</param>
    /// <exception cref="ScoreException">The entry is missing or of another kind.</exception>
    public CheckpointDictionary Dictionary(string key)
    {
        var inner = Get<CheckpointDictionary>(key, "a dictionary");
        inner.Place = $"{Place}, {key}";
        return inner;
    }

    /// <summary>An entry that is a list.</summary>
    /// <param name="key">The name.</param>
    /// <exception cref="ScoreException">The entry is missing or of another kind.</exception>
    public IReadOnlyList<CheckpointValue> List(string key) => Get<CheckpointList>(key, "a list").Items;

    /// <summary>An entry that is text.</summary>
    /// <param name="key">The name.</param>
    /// <exception cref="ScoreException">The entry is missing or of another kind.</exception>
    public string Text(string key) => Get<CheckpointText>(key, "text").Value;

    /// <summary>An entry that is a flag.</summary>
    /// <param name="key">The name.</param>
    /// <exception cref="ScoreException">The entry is missing or of another kind.</exception>
    public bool Flag(string key) => Get<CheckpointFlag>(key, "a flag").Value;

    /// <summary>An entry that is an integer.</summary>
    /// <param name="key">The name.</param>
    /// <exception cref="ScoreException">The entry is missing or of another kind.</exception>
    public long Integer(string key) => Get<CheckpointInteger>(key, "an integer").Value;

    /// <summary>An entry that is a number: a number, an integer, or a float64 tensor without dimensions.</summary>
    /// <param name="key">The name.</param>
    /// <exception cref="ScoreException">The entry is missing or of another kind.</exception>
    public double Number(string key) => Get<CheckpointValue>(key, "a number") switch
    {
        CheckpointInteger integer => integer.Value,
        CheckpointTensor<double> { Shape: [] } scalar => scalar.Data.Span[0],
        _ => Get<CheckpointNumber>(key, "a number").Value,
    };

    /// <summary>An entry that is a tensor.</summary>
    /// <param name="key">The name.</param>
    /// <exception cref="ScoreException">The entry is missing or of another kind.</exception>
    public CheckpointTensor Tensor(string key) => Get<CheckpointTensor>(key, "a tensor");

    /// <summary>The values of a float32 tensor of a given shape.</summary>
    /// <param name="key">The name.</param>
    /// <param name="shape">The expected shape.</param>
    /// <returns>The values in C order.</returns>
    /// <exception cref="ScoreException">The entry is missing, or of another kind, element type or shape.</exception>
    public ReadOnlyMemory<float> Floats(string key, params ReadOnlySpan<long> shape) => Elements<float>(key, shape);

    /// <summary>The values of a tensor of a given element type and shape.</summary>
    /// <typeparam name="T">float, double, long, int or byte.</typeparam>
    /// <param name="key">The name.</param>
    /// <param name="shape">The expected shape.</param>
    /// <returns>The values in C order.</returns>
    /// <exception cref="ScoreException">The entry is missing, or of another kind, element type or shape.</exception>
    public ReadOnlyMemory<T> Elements<T>(string key, params ReadOnlySpan<long> shape)
        where T : unmanaged => Of<T>(key, shape).Data;

    /// <summary>Copies the values of a float32 tensor of a given shape, in C order.</summary>
    /// <param name="key">The name.</param>
    /// <param name="target">Receives the values; has the length of the tensor.</param>
    /// <param name="shape">The expected shape.</param>
    /// <exception cref="ScoreException">The entry is missing, or of another kind, element type or shape.</exception>
    public void CopyFloats(string key, Span<float> target, params ReadOnlySpan<long> shape) => Of<float>(key, shape).CopyTo(target);

    /// <summary>Checks the element type and the shape of a tensor without reading its values.</summary>
    /// <typeparam name="T">float, double, long, int or byte.</typeparam>
    /// <param name="key">The name.</param>
    /// <param name="shape">The expected shape.</param>
    /// <exception cref="ScoreException">The entry is missing, or of another kind, element type or shape.</exception>
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

    /// <summary>Refuses unknown entries.</summary>
    /// <param name="known">The allowed names.</param>
    /// <exception cref="ScoreException">The dictionary has another entry.</exception>
    public void RequireOnly(params IEnumerable<string> known)
    {
        var names = known.ToHashSet(StringComparer.Ordinal);
        if (Keys.FirstOrDefault(key => !names.Contains(key)) is { } unknown)
        {
            throw new ScoreException($"{Place}: expected only the entries {string.Join(", ", names)}; found {unknown}");
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
