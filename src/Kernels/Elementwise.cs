using static ScoreFunctional.Kernels.Memory;
using static TorchSharp.torch;

namespace ScoreFunctional.Kernels;

/// <summary>x sigmoid(x), as a function of the graph.</summary>
internal sealed unsafe class Silu : Function<Silu>
{
    public static Tensor Apply(Operand x)
    {
        if (!SupportsKernels(x.Tensor) || !x.Tensor.is_contiguous())
        {
            return nn.functional.silu(x.Tensor);
        }

        return RequiresGrad(x) ? Run(null, x)[0] : Compute(x.Tensor);
    }

    private static Tensor Compute(Tensor x)
    {
        var y = EmptyOf(x);
        Native.score_silu(Pointer(x), x.numel(), Pointer(y));
        return y;
    }

    /// <summary>The derivative, in libtorch's operations.</summary>
    public static Tensor Derivative(Tensor x)
    {
        var gate = x.sigmoid();
        return gate * (x * gate.neg().Plus(1)).Plus(1);
    }

    protected override List<Tensor> Forward(ForwardContext context) => [Compute(context.Input(0))];

    protected override Tensor?[] Backward(BackwardContext context, Tensor?[] gradOutputs)
    {
        Tensor x = context.Inputs[0]!, dy = gradOutputs[0]!;
        if (!context.NeedsInputGrad[0])
        {
            return [null];
        }

        if (is_grad_enabled() || !SupportsKernels(dy))
        {
            return [Derivative(x) * dy];
        }

        using var from = dy.contiguous();
        var dx = EmptyOf(x);
        Native.score_silu_backward(Pointer(x), Pointer(from), x.numel(), Pointer(dx));
        return [dx];
    }
}

/// <summary>The vector-Jacobian product of silu(x (1 + scale) + shift) in x [n, c], as a function of the cotangent, x, scale and
/// shift.</summary>
internal sealed unsafe class ModulationVjp : Function<ModulationVjp>
{
    public static Tensor Of(Operand dy, Operand x, Operand scale, Operand shift) =>
        SupportsKernels(dy.Tensor, x.Tensor, scale.Tensor, shift.Tensor)
            ? Run(null, dy, x, scale, shift)[0]
            : Reference(dy.Tensor, x.Tensor, scale.Tensor, shift.Tensor);

    private static Tensor Reference(Tensor dy, Tensor x, Tensor scale, Tensor shift)
    {
        var gain = scale.Plus(1);
        return Silu.Derivative((x * gain).Plus(shift)) * dy * gain;
    }

    protected override List<Tensor> Forward(ForwardContext context)
    {
        using Tensor dy = context.Input(0).contiguous(), x = context.Input(1).contiguous();
        Tensor scale = AsRows(context.Input(2))!, shift = AsRows(context.Input(3))!;
        var dx = EmptyOf(x);
        Native.score_modulate_vjp(x.size(0), x.size(1), Pointer(x), RowsOf(scale), RowsOf(shift), Pointer(dy), Pointer(dx));
        GC.KeepAlive(scale);
        GC.KeepAlive(shift);
        return [dx];
    }

    protected override Tensor?[] Backward(BackwardContext context, Tensor?[] gradOutputs)
    {
        if (is_grad_enabled() || !SupportsKernels(gradOutputs[0]!))
        {
            return context.ReferenceVjp(static inputs => [Reference(inputs[0]!, inputs[1]!, inputs[2]!, inputs[3]!)], gradOutputs);
        }

        using Tensor dy = context.Inputs[0]!.contiguous(), x = context.Inputs[1]!.contiguous(), c = gradOutputs[0]!.contiguous();
        Tensor scale = AsRows(context.Inputs[2])!, shift = AsRows(context.Inputs[3])!;
        var gradients = Enumerable.Range(0, 4).Select(_ => EmptyOf(x)).ToArray();
        Native.score_modulate_double_backward(x.size(0), x.size(1), Pointer(x), RowsOf(scale), RowsOf(shift), Pointer(dy), Pointer(c), Pointer(gradients[0]), Pointer(gradients[1]), Pointer(gradients[2]), Pointer(gradients[3]));
        GC.KeepAlive(scale);
        GC.KeepAlive(shift);
        return [gradients[3], gradients[0], gradients[1], gradients[2]];
    }
}
