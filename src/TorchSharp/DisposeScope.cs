namespace TorchSharp;

/// <summary>
/// Owns the tensors made on a thread while the scope is the thread's innermost, and disposes them with itself.
/// </summary>
public sealed class DisposeScope : IDisposable
{
    // A tensor knows its slot, so that joining and leaving a scope cost a few instructions and no hashing.
    private readonly List<torch.Tensor> tensors = [];
    private DisposeScopeManager? manager;

    internal DisposeScope(DisposeScopeManager manager)
    {
        this.manager = manager;
        OuterScope = manager.CurrentDisposeScope;
    }

    internal DisposeScope? OuterScope { get; set; }

    /// <summary>What the scope owns now.</summary>
    public IReadOnlyList<IDisposable> DisposablesView => Live().tensors.ToArray<IDisposable>();

    /// <summary>The number of objects that the scope owns now.</summary>
    public int DisposablesCount => Live().tensors.Count;

    /// <summary>Hands an object to the enclosing scope, or to nobody if there is none.</summary>
    public T MoveToOuter<T>(T disposable) where T : IDisposable => MoveToOther(OuterScope, disposable);

    /// <summary>Hands objects to the enclosing scope, or to nobody if there is none.</summary>
    public (T1 first, T2 second) MoveToOuter<T1, T2>(T1 first, T2 second) where T1 : IDisposable where T2 : IDisposable =>
        (MoveToOuter(first), MoveToOuter(second));

    /// <summary>Hands objects to the enclosing scope, or to nobody if there is none.</summary>
    public (T1 first, T2 second, T3 third) MoveToOuter<T1, T2, T3>(T1 first, T2 second, T3 third)
        where T1 : IDisposable where T2 : IDisposable where T3 : IDisposable =>
        (MoveToOuter(first), MoveToOuter(second), MoveToOuter(third));

    /// <summary>Hands objects to the enclosing scope, or to nobody if there is none.</summary>
    public void MoveToOuter(params IDisposable[] disposables) => MoveToOther(OuterScope, disposables);

    /// <summary>Hands objects to the enclosing scope, or to nobody if there is none.</summary>
    public void MoveToOuter(IEnumerable<IDisposable> disposables) => MoveToOther(OuterScope, disposables);

    /// <summary>Hands an object that this scope owns to another scope, or to nobody.</summary>
    public T MoveToOther<T>(DisposeScope? scope, T disposable) where T : IDisposable
    {
        Live().Move(scope, disposable);
        return disposable;
    }

    /// <summary>Hands objects that this scope owns to another scope, or to nobody.</summary>
    public (T1 first, T2 second) MoveToOther<T1, T2>(DisposeScope? scope, T1 first, T2 second)
        where T1 : IDisposable where T2 : IDisposable =>
        (MoveToOther(scope, first), MoveToOther(scope, second));

    /// <summary>Hands objects that this scope owns to another scope, or to nobody.</summary>
    public (T1 first, T2 second, T3 third) MoveToOther<T1, T2, T3>(DisposeScope? scope, T1 first, T2 second, T3 third)
        where T1 : IDisposable where T2 : IDisposable where T3 : IDisposable =>
        (MoveToOther(scope, first), MoveToOther(scope, second), MoveToOther(scope, third));

    /// <summary>Hands objects that this scope owns to another scope, or to nobody.</summary>
    public void MoveToOther(DisposeScope? scope, params IDisposable[] disposables) => MoveToOther(scope, (IEnumerable<IDisposable>)disposables);

    /// <summary>Hands objects that this scope owns to another scope, or to nobody.</summary>
    public void MoveToOther(DisposeScope? scope, IEnumerable<IDisposable> disposables)
    {
        Live();
        foreach (var disposable in disposables)
        {
            Move(scope, disposable);
        }
    }

    /// <summary>Gives up an object without disposing it.</summary>
    public T Detach<T>(T disposable) where T : IDisposable => MoveToOther(null, disposable);

    /// <summary>Gives up objects without disposing them.</summary>
    public (T1 first, T2 second) Detach<T1, T2>(T1 first, T2 second) where T1 : IDisposable where T2 : IDisposable =>
        MoveToOther(null, first, second);

    /// <summary>Gives up objects without disposing them.</summary>
    public (T1 first, T2 second, T3 third) Detach<T1, T2, T3>(T1 first, T2 second, T3 third)
        where T1 : IDisposable where T2 : IDisposable where T3 : IDisposable =>
        MoveToOther(null, first, second, third);

    /// <summary>Gives up objects without disposing them.</summary>
    public void Detach(params IDisposable[] disposables) => MoveToOther(null, (IEnumerable<IDisposable>)disposables);

    /// <summary>Gives up objects without disposing them.</summary>
    public void Detach(IEnumerable<IDisposable> disposables) => MoveToOther(null, disposables);

    /// <summary>Takes over an object from its scope, or from nobody.</summary>
    public void Attach(IDisposable disposable) => Attach([disposable]);

    /// <summary>Takes over objects from their scopes, or from nobody.</summary>
    public void Attach(params IDisposable[] disposables) => Attach((IEnumerable<IDisposable>)disposables);

    /// <summary>Takes over objects from their scopes, or from nobody, and returns them.</summary>
    public IReadOnlyList<IDisposable> Attach(IEnumerable<IDisposable> disposables)
    {
        var attached = disposables.ToList();
        foreach (var disposable in attached)
        {
            var tensor = AsTensor(disposable);
            if (tensor.OwningDisposeScope != this)
            {
                tensor.OwningDisposeScope?.Remove(tensor);
                Live().Add(tensor);
                manager!.StatisticsInstance.TensorStatistics.AttachedToScopeCount++;
            }
        }

        return attached;
    }

    /// <summary>Disposes what the scope owns; the scope goes on.</summary>
    public void DisposeEverything() => DisposeEverythingBut(Enumerable.Empty<IDisposable>());

    /// <summary>Disposes what the scope owns but some objects, which stay in the scope.</summary>
    public void DisposeEverythingBut(IEnumerable<IDisposable> inKeep)
    {
        Live();
        var keep = inKeep.ToHashSet(ReferenceEqualityComparer.Instance);
        var owned = tensors.ToArray();
        tensors.Clear();
        foreach (var tensor in owned)
        {
            if (keep.Count > 0 && keep.Contains(tensor))
            {
                Add(tensor);
            }
            else
            {
                tensor.DisposeWithScope();
            }
        }
    }

    /// <summary>Disposes what the scope owns but some objects, which stay in the scope.</summary>
    public void DisposeEverythingBut(params IDisposable[] keep) => DisposeEverythingBut((IEnumerable<IDisposable>)keep);

    /// <summary>Disposes what the scope owns but one object, which stays in the scope.</summary>
    public T DisposeEverythingBut<T>(T keep) where T : IDisposable
    {
        DisposeEverythingBut([keep]);
        return keep;
    }

    /// <summary>Disposes what the scope owns but two objects, which stay in the scope.</summary>
    public (T1 first, T2 second) DisposeEverythingBut<T1, T2>(T1 first, T2 second) where T1 : IDisposable where T2 : IDisposable
    {
        DisposeEverythingBut([first, second]);
        return (first, second);
    }

    /// <summary>Disposes what the scope owns but three objects, which stay in the scope.</summary>
    public (T1 first, T2 second, T3 third) DisposeEverythingBut<T1, T2, T3>(T1 first, T2 second, T3 third)
        where T1 : IDisposable where T2 : IDisposable where T3 : IDisposable
    {
        DisposeEverythingBut([first, second, third]);
        return (first, second, third);
    }

    /// <summary>Disposes what the scope owns and makes the enclosing scope the thread's innermost.</summary>
    public void Dispose()
    {
        if (manager is null)
        {
            return;
        }

        foreach (var tensor in tensors)
        {
            tensor.DisposeWithScope();
        }

        tensors.Clear();
        manager.RemoveDisposeScope(this);
        manager = null;
    }

    /// <summary>Forgets an object that was disposed by other means.</summary>
    public void MarkAsDisposed(IDisposable disposable)
    {
        Live();
        if (Contains(disposable))
        {
            Remove((torch.Tensor)disposable);
        }
    }

    /// <summary>Whether the scope owns an object.</summary>
    public bool Contains(IDisposable disposable) => disposable is torch.Tensor tensor && tensor.OwningDisposeScope == this;

    internal void Add(torch.Tensor tensor)
    {
        tensor.OwningDisposeScope = this;
        tensor.SlotInScope = tensors.Count;
        tensors.Add(tensor);
    }

    internal void Remove(torch.Tensor tensor)
    {
        var last = tensors[^1];
        tensors[tensor.SlotInScope] = last;
        last.SlotInScope = tensor.SlotInScope;
        tensors.RemoveAt(tensors.Count - 1);
        tensor.OwningDisposeScope = null;
    }

    private void Move(DisposeScope? scope, IDisposable disposable)
    {
        if (scope == this || !Contains(disposable))
        {
            return;
        }

        var tensor = (torch.Tensor)disposable;
        Remove(tensor);
        if (scope is null)
        {
            manager!.StatisticsInstance.TensorStatistics.DetachedFromScopeCount++;
        }
        else
        {
            scope.Live().Add(tensor);
        }
    }

    private DisposeScope Live()
    {
        ObjectDisposedException.ThrowIf(manager is null, this);
        return this;
    }

    private static torch.Tensor AsTensor(IDisposable disposable) =>
        disposable as torch.Tensor ?? throw new InvalidOperationException($"A dispose scope owns tensors only, found {disposable.GetType()}.");
}
