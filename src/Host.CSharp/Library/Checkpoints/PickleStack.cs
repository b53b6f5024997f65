namespace ScoreFunctional.Host.Checkpoints;

/// <summary>The stack of the pickle reader, with marks that open groups of values.</summary>
/// <param name="path">The file, for messages.</param>
internal sealed class PickleStack(string path)
{
    private static readonly object MarkObject = new();

    private readonly List<object> _items = [];

    /// <summary>Number of values and marks.</summary>
    public int Count => _items.Count;

    /// <summary>Adds a value.</summary>
    /// <param name="value">The value.</param>
    public void Push(object value) => _items.Add(value);

    /// <summary>Opens a group of values.</summary>
    public void Mark() => _items.Add(MarkObject);

    /// <summary>The value on top.</summary>
    /// <exception cref="ScoreException">The open group is empty.</exception>
    public object Peek() => _items.Count > 0 && _items[^1] != MarkObject
        ? _items[^1]
        : throw new ScoreException($"{path}: expected a value on the stack, found none");

    /// <summary>Removes the value on top.</summary>
    /// <exception cref="ScoreException">The open group is empty.</exception>
    public object Pop()
    {
        var top = Peek();
        _items.RemoveAt(_items.Count - 1);
        return top;
    }

    /// <summary>Removes some values; the top one is last in the result.</summary>
    /// <param name="count">Number of values.</param>
    /// <exception cref="ScoreException">The open group has fewer values.</exception>
    public object[] Pop(int count)
    {
        var items = new object[count];
        for (var i = count - 1; i >= 0; i--)
        {
            items[i] = Pop();
        }

        return items;
    }

    /// <summary>Removes the open group and its mark.</summary>
    /// <exception cref="ScoreException">No group is open.</exception>
    public object[] PopToMark()
    {
        var mark = _items.LastIndexOf(MarkObject);
        if (mark < 0)
        {
            throw new ScoreException($"{path}: expected a mark before a group of values, found none");
        }

        var items = _items.GetRange(mark + 1, _items.Count - mark - 1).ToArray();
        _items.RemoveRange(mark, _items.Count - mark);
        return items;
    }
}

/// <summary>The name of an allowed function or class. Only a name: it is never called.</summary>
/// <param name="Name">Module and name, separated by a space.</param>
internal sealed record PickleFunction(string Name);

/// <summary>A tuple with its depth.</summary>
internal sealed class PickleTuple(object[] items)
{
    /// <summary>The elements.</summary>
    public object[] Items { get; } = items;

    /// <summary>Levels of containers, itself included.</summary>
    public int Depth { get; } = 1 + items.Select(DepthOf).DefaultIfEmpty().Max();

    /// <summary>Whether all elements are flags, integers or text.</summary>
    public bool IsFlat { get; } = items.All(item => item is CheckpointInteger or CheckpointText or CheckpointFlag);

    /// <summary>The tuple as a list, made at first use.</summary>
    public CheckpointList? List { get; set; }

    private static int DepthOf(object item) => item switch
    {
        PickleTuple tuple => tuple.Depth,
        CheckpointValue value => value.Depth,
        _ => 0,
    };
}
