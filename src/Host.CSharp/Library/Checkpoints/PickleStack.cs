namespace ScoreFunctional.Host.Checkpoints;

/// <summary>The stack of the pickle machine, with the marks that open a group of values.</summary>
/// <param name="path">The file, for messages.</param>
internal sealed class PickleStack(string path)
{
    private static readonly object MarkObject = new();

    private readonly List<object> _items = [];

    /// <summary>Values and marks on the stack.</summary>
    public int Count => _items.Count;

    /// <summary>Adds a value.</summary>
    /// <param name="value">The value.</param>
    public void Push(object value) => _items.Add(value);

    /// <summary>Opens a group of values.</summary>
    public void Mark() => _items.Add(MarkObject);

    /// <summary>The value on top.</summary>
    /// <exception cref="ScoreException">There is none in the open group.</exception>
    public object Peek() => _items.Count > 0 && _items[^1] != MarkObject
        ? _items[^1]
        : throw new ScoreException($"{path}: expected a value on the stack, found none");

    /// <summary>Takes the value on top.</summary>
    /// <exception cref="ScoreException">There is none in the open group.</exception>
    public object Pop()
    {
        var top = Peek();
        _items.RemoveAt(_items.Count - 1);
        return top;
    }

    /// <summary>Takes some values, the top one last.</summary>
    /// <param name="count">How many.</param>
    /// <exception cref="ScoreException">There are fewer in the open group.</exception>
    public object[] PopSome(int count)
    {
        var items = new object[count];
        for (var i = count - 1; i >= 0; i--)
        {
            items[i] = Pop();
        }

        return items;
    }

    /// <summary>Takes the open group and its mark.</summary>
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

/// <summary>The name of a function or a class that may be mentioned; it is never more than a name.</summary>
/// <param name="Name">Module and name with a space between.</param>
internal sealed record PickleFunction(string Name);

/// <summary>A tuple, which knows how deep it is.</summary>
internal sealed class PickleTuple(object[] items)
{
    /// <summary>The elements.</summary>
    public object[] Items { get; } = items;

    /// <summary>Levels of containers, itself included.</summary>
    public int Depth { get; } = 1 + items.Select(DepthOf).DefaultIfEmpty().Max();

    /// <summary>Whether it contains nothing but flags, integers and text.</summary>
    public bool IsFlat { get; } = items.All(item => item is CheckpointInteger or CheckpointText or CheckpointFlag);

    /// <summary>The list that it is read as, once somebody asked for it.</summary>
    public CheckpointList? List { get; set; }

    private static int DepthOf(object item) => item switch
    {
        PickleTuple tuple => tuple.Depth,
        CheckpointValue value => value.Depth,
        _ => 0,
    };
}
