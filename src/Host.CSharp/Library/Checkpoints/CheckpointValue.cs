namespace ScoreFunctional.Host.Checkpoints;

/// <summary>
/// A value in a checkpoint: none, a flag, an integer, a number, text, a list, a dictionary with text keys, or a tensor. There is
/// no other kind: reading a checkpoint never runs code.
/// </summary>
internal abstract class CheckpointValue
{
    /// <summary>The kind, in words for messages.</summary>
    public abstract string Kind { get; }

    /// <summary>Levels of containers below this value; 0 for a value that contains none.</summary>
    internal virtual int Depth => 0;

    /// <summary>Wraps a truth value.</summary>
    public static implicit operator CheckpointValue(bool value) => new CheckpointFlag(value);

    /// <summary>Wraps an integer.</summary>
    public static implicit operator CheckpointValue(long value) => new CheckpointInteger(value);

    /// <summary>Wraps a number.</summary>
    public static implicit operator CheckpointValue(double value) => new CheckpointNumber(value);

    /// <summary>Wraps text.</summary>
    public static implicit operator CheckpointValue(string value) => new CheckpointText(value);
}

/// <summary>Python's <c>None</c>.</summary>
internal sealed class CheckpointNone : CheckpointValue
{
    /// <summary>The only instance.</summary>
    public static CheckpointNone Instance { get; } = new();

    /// <inheritdoc/>
    public override string Kind => "none";
}

/// <summary>A truth value.</summary>
/// <param name="value">The value.</param>
internal sealed class CheckpointFlag(bool value) : CheckpointValue
{
    /// <summary>The value.</summary>
    public bool Value { get; } = value;

    /// <inheritdoc/>
    public override string Kind => "a flag";
}

/// <summary>A 64-bit integer.</summary>
/// <param name="value">The value.</param>
internal sealed class CheckpointInteger(long value) : CheckpointValue
{
    /// <summary>The value.</summary>
    public long Value { get; } = value;

    /// <inheritdoc/>
    public override string Kind => "an integer";
}

/// <summary>A 64-bit floating-point number.</summary>
/// <param name="value">The value.</param>
internal sealed class CheckpointNumber(double value) : CheckpointValue
{
    /// <summary>The value.</summary>
    public double Value { get; } = value;

    /// <inheritdoc/>
    public override string Kind => "a number";
}

/// <summary>Text.</summary>
/// <param name="value">The value.</param>
internal sealed class CheckpointText(string value) : CheckpointValue
{
    /// <summary>The value.</summary>
    public string Value { get; } = value;

    /// <inheritdoc/>
    public override string Kind => "text";
}

/// <summary>A list; Python tuples are read as lists.</summary>
internal sealed class CheckpointList : CheckpointValue
{
    private readonly List<CheckpointValue> _items = [];
    private int _depth = 1;

    /// <summary>Creates a list.</summary>
    /// <param name="items">Its elements.</param>
    public CheckpointList(params IEnumerable<CheckpointValue> items)
    {
        foreach (var item in items)
        {
            Add(item);
        }
    }

    /// <summary>The elements.</summary>
    public IReadOnlyList<CheckpointValue> Items => _items;

    /// <inheritdoc/>
    public override string Kind => "a list";

    /// <inheritdoc/>
    internal override int Depth => _depth;

    /// <summary>Appends an element, which must not be changed afterwards.</summary>
    /// <param name="item">The element.</param>
    public void Add(CheckpointValue item)
    {
        _items.Add(item);
        _depth = Math.Max(_depth, item.Depth + 1);
    }
}
