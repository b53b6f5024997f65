using TorchSharp;
using static TorchSharp.torch;

namespace ScoreFunctional.Kernels;

/// <summary>One use of an operation: its inputs, some absent, and numbers of its own.</summary>
internal sealed record Call(Operand?[] Operands, object? Settings)
{
    /// <summary>Tensors that the value's computation leaves for its derivatives.</summary>
    public Tensor[] Left { get; set; } = [];

    public Tensor Input(int i) => Operands[i]!.Value.Tensor;

    public Tensor? Optional(int i) => Operands[i]?.Tensor;
}

/// <summary>What an operation remembers beside tensors: the dependences of its inputs, null for constants, and its numbers.</summary>
internal sealed record Notes(IDependence?[] Dependences, object? Settings);

/// <summary>An operation of libtorch's graph in C#: its value and its derivatives in its inputs.</summary>
internal abstract class Operation<T> : autograd.MultiTensorFunction<T>
    where T : Operation<T>, new()
{
    // What the calls before this one took and gave: native memory that nobody looks at again, but that no scope frees until the
    // whole derivative is done.
    [ThreadStatic]
    private static List<Tensor?>? _passed;

    public override string Name => typeof(T).Name;

    /// <summary>The values, recorded in the graph.</summary>
    protected static List<Tensor> Run(object? settings, params Operand?[] operands)
    {
        var arguments = new object?[operands.Length + 1];
        for (var i = 0; i < operands.Length; i++)
        {
            arguments[i] = operands[i]?.Tensor;
        }

        arguments[^1] = new Call(operands, settings);
        return apply(arguments!);
    }

    public sealed override List<Tensor> forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var call = (Call)vars[^1];
        var values = Value(call);
        ctx.set_materialize_grads(false);
        var operands = call.Operands;
        var saved = new List<Tensor>(operands.Length + call.Left.Length);
        var dependences = new IDependence?[operands.Length];
        for (var i = 0; i < operands.Length; i++)
        {
            saved.Add(operands[i]?.Tensor!);
            dependences[i] = operands[i] is { Tensor.requires_grad: true } given ? given.Dependence ?? Unknown.Instance : null;
        }

        saved.AddRange(call.Left);
        ctx.save_for_backward(saved);
        ctx.save_data("notes", new Notes(dependences, call.Settings));
        return values;
    }

    public sealed override List<Tensor> backward(autograd.AutogradContext ctx, List<Tensor> grad_outputs)
    {
        foreach (var tensor in _passed ?? [])
        {
            tensor?.Dispose();
        }

        _passed = null;
        var notes = (Notes)ctx.get_data("notes");
        var saved = ctx.get_saved_variables();
        var count = notes.Dependences.Length;
        var wanted = new bool[count];
        for (var i = 0; i < count; i++)
        {
            wanted[i] = notes.Dependences[i] is { } dependence && Differentiation.Asks(dependence);
        }

        var gradients = new Tensor?[grad_outputs.Count];
        for (var i = 0; i < gradients.Length; i++)
        {
            gradients[i] = grad_outputs[i] is { IsInvalid: false } gradient ? gradient : null;
        }

        // One more, for the call itself.
        var result = new List<Tensor>(count + 1);
        try
        {
            var of = new Backward([.. saved[..count]], notes.Dependences, wanted, [.. saved[count..]], notes.Settings);
            result.AddRange(Derivatives(of, gradients)!);
        }
        catch (Exception failure)
        {
            Differentiation.Fail(failure);
            result.Clear();
        }

        while (result.Count <= count)
        {
            result.Add(null!);
        }

        // Derivatives taken inside this one have left theirs.
        _passed ??= [];
        _passed.AddRange(saved);
        _passed.AddRange(gradients!);
        _passed.AddRange(result);
        return result;
    }

    /// <summary>The values; what the derivatives need besides goes to <see cref="Call.Left"/>.</summary>
    protected abstract List<Tensor> Value(Call call);

    /// <summary>The derivatives in the inputs, null for those that are not wanted, along those of the values, some null.</summary>
    protected abstract Tensor?[] Derivatives(Backward of, Tensor?[] gradients);
}

/// <summary>An input of which only that is known that it may depend on anything.</summary>
internal sealed class Unknown : IDependence
{
    public static readonly Unknown Instance = new();

    public bool On(uint tag) => true;
}

/// <summary>What derivatives are computed from.</summary>
internal sealed record Backward(Tensor?[] Inputs, IDependence?[] Dependences, bool[] Wanted, Tensor[] Left, object? Settings)
{
    public Operand? Operand(int i) => Inputs[i] is { } tensor ? new Operand(tensor, Dependences[i]) : null;

    /// <summary>The derivatives of a composition in the inputs that are asked for, as part of the graph, along those of its results (null
    /// for none).</summary>
    public Tensor?[] DerivativesOf(Func<Tensor?[], Tensor[]> composition, Tensor?[] along)
    {
        using var graph = enable_grad();
        // Views have nodes of their own in the graph (aliases are the same node again). The inputs themselves need not: all
        // parameters are parts of one vector and come from one node, to which every earlier layer leads: the search for it would run
        // through all of them, and what it found would count twice.
        var views = Inputs.Select(input => input is { requires_grad: true } ? input.view_as(input) : input).ToArray();
        var results = composition(views);
        var places = Enumerable.Range(0, views.Length).Where(i => Wanted[i]).ToArray();
        var given = Enumerable.Range(0, along.Length).Where(i => along[i] is not null && results[i].requires_grad).ToArray();
        var found = new Tensor?[Inputs.Length];
        if (places.Length == 0 || given.Length == 0)
        {
            return found;
        }

        var gradients = autograd.grad(
            [.. given.Select(i => results[i])],
            [.. places.Select(i => views[i]!)],
            [.. given.Select(i => along[i]!)],
            retain_graph: true,
            create_graph: true,
            allow_unused: true);
        for (var k = 0; k < places.Length; k++)
        {
            found[places[k]] = gradients[k] is { IsInvalid: false } gradient ? gradient : null;
        }

        return found;
    }
}
