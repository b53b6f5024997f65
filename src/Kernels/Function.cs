using TorchSharp;
using static TorchSharp.torch;

namespace ScoreFunctional.Kernels;

/// <summary>The inputs of one call of a function, some absent, and its settings.</summary>
internal sealed record ForwardContext(Operand?[] Operands, object? Settings)
{
    /// <summary>Tensors that the forward pass saves for the backward pass, besides the inputs.</summary>
    public Tensor[] Saved { get; set; } = [];

    public Tensor Input(int i) => Operands[i]!.Value.Tensor;

    public Tensor? Optional(int i) => Operands[i]?.Tensor;
}

/// <summary>Data that a node of the graph keeps besides tensors: the dependence of each input, null for constants, and the settings.</summary>
internal sealed record NodeData(IDependence?[] Dependences, object? Settings);

/// <summary>A function of libtorch's autograd graph in C#, with its forward and backward pass.</summary>
internal abstract class Function<T> : autograd.MultiTensorFunction<T>
    where T : Function<T>, new()
{
    // Inputs and results of the previous backward call. The engine has read them by now, but no scope frees them before the whole
    // derivative is done.
    [ThreadStatic]
    private static List<Tensor?>? _consumed;

    public override string Name => typeof(T).Name;

    /// <summary>Calls the function and records it in the graph.</summary>
    protected static List<Tensor> Run(object? settings, params Operand?[] operands)
    {
        var arguments = new object?[operands.Length + 1];
        for (var i = 0; i < operands.Length; i++)
        {
            arguments[i] = operands[i]?.Tensor;
        }

        arguments[^1] = new ForwardContext(operands, settings);
        return apply(arguments!);
    }

    public sealed override List<Tensor> forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var context = (ForwardContext)vars[^1];
        var outputs = Forward(context);
        ctx.set_materialize_grads(false);
        var operands = context.Operands;
        var saved = new List<Tensor>(operands.Length + context.Saved.Length);
        var dependences = new IDependence?[operands.Length];
        for (var i = 0; i < operands.Length; i++)
        {
            saved.Add(operands[i]?.Tensor!);
            dependences[i] = operands[i] is { Tensor.requires_grad: true } operand ? operand.Dependence ?? UnknownDependence.Instance : null;
        }

        saved.AddRange(context.Saved);
        ctx.save_for_backward(saved);
        ctx.save_data("node", new NodeData(dependences, context.Settings));
        return outputs;
    }

    public sealed override List<Tensor> backward(autograd.AutogradContext ctx, List<Tensor> grad_outputs)
    {
        foreach (var tensor in _consumed ?? [])
        {
            tensor?.Dispose();
        }

        _consumed = null;
        var node = (NodeData)ctx.get_data("node");
        var saved = ctx.get_saved_variables();
        var count = node.Dependences.Length;
        var needsInputGrad = new bool[count];
        for (var i = 0; i < count; i++)
        {
            needsInputGrad[i] = node.Dependences[i] is { } dependence && Differentiation.NeedsGrad(dependence);
        }

        var gradOutputs = new Tensor?[grad_outputs.Count];
        for (var i = 0; i < gradOutputs.Length; i++)
        {
            gradOutputs[i] = grad_outputs[i] is { IsInvalid: false } gradient ? gradient : null;
        }

        // One gradient per argument of forward, the context included.
        var result = new List<Tensor>(count + 1);
        try
        {
            var context = new BackwardContext([.. saved[..count]], node.Dependences, needsInputGrad, [.. saved[count..]], node.Settings);
            result.AddRange(Backward(context, gradOutputs)!);
        }
        catch (Exception failure)
        {
            Differentiation.Report(failure);
            result.Clear();
        }

        while (result.Count <= count)
        {
            result.Add(null!);
        }

        // Nested backward calls have added theirs.
        _consumed ??= [];
        _consumed.AddRange(saved);
        _consumed.AddRange(gradOutputs!);
        _consumed.AddRange(result);
        return result;
    }

    /// <summary>The outputs. Sets <see cref="ForwardContext.Saved"/> to the tensors that the backward pass needs besides the inputs.</summary>
    protected abstract List<Tensor> Forward(ForwardContext context);

    /// <summary>The gradients in the inputs, null for those not needed, from the gradients in the outputs, some null.</summary>
    protected abstract Tensor?[] Backward(BackwardContext context, Tensor?[] gradOutputs);
}

/// <summary>The dependence of an input about which nothing is known: it may depend on any variable.</summary>
internal sealed class UnknownDependence : IDependence
{
    public static readonly UnknownDependence Instance = new();

    public bool DependsOn(uint tag) => true;
}

/// <summary>The inputs of one backward call of a function, and the gradients it has to compute.</summary>
internal sealed record BackwardContext(Tensor?[] Inputs, IDependence?[] Dependences, bool[] NeedsInputGrad, Tensor[] Saved, object? Settings)
{
    public Operand? Operand(int i) => Inputs[i] is { } tensor ? new Operand(tensor, Dependences[i]) : null;

    /// <summary>The vector-Jacobian products of a reference implementation in the inputs that need a gradient, recorded in the graph.</summary>
    /// <param name="reference">Computes the outputs from the inputs.</param>
    /// <param name="gradOutputs">The cotangent of each output, or null.</param>
    public Tensor?[] ReferenceVjp(Func<Tensor?[], Tensor[]> reference, Tensor?[] gradOutputs)
    {
        using var grad = enable_grad();
        // Views have nodes of their own in the graph (aliases do not). The inputs may share one: all parameters are parts of one
        // vector. Every earlier layer leads to its node, so that the engine would differentiate those layers too, and count them twice.
        var views = Inputs.Select(input => input is { requires_grad: true } ? input.view_as(input) : input).ToArray();
        var outputs = reference(views);
        var needed = Enumerable.Range(0, views.Length).Where(i => NeedsInputGrad[i]).ToArray();
        var given = Enumerable.Range(0, gradOutputs.Length).Where(i => gradOutputs[i] is not null && outputs[i].requires_grad).ToArray();
        var result = new Tensor?[Inputs.Length];
        if (needed.Length == 0 || given.Length == 0)
        {
            return result;
        }

        var gradients = autograd.grad(
            [.. given.Select(i => outputs[i])],
            [.. needed.Select(i => views[i]!)],
            [.. given.Select(i => gradOutputs[i]!)],
            retain_graph: true,
            create_graph: true,
            allow_unused: true);
        for (var k = 0; k < needed.Length; k++)
        {
            result[needed[k]] = gradients[k] is { IsInvalid: false } gradient ? gradient : null;
        }

        return result;
    }
}
