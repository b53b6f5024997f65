using static ScoreFunctional.Kernels.Memory;
using static TorchSharp.torch;

namespace ScoreFunctional.Kernels;

/// <summary>x sigmoid(x), as an operation of the graph.</summary>
internal sealed unsafe class Silu : Operation<Silu>
{
    public static Tensor Apply(Operand x)
    {
        // Elements in whatever order they lie in memory, if nothing lies between them.
        if (!OnKernels(x.Tensor) || !x.Tensor.is_contiguous())
        {
            return nn.functional.silu(x.Tensor);
        }

        return Recorded(x) ? Run(null, x)[0] : Compute(x.Tensor);
    }

    private static Tensor Compute(Tensor x)
    {
        var y = EmptyOf(x);
        Native.score_silu(Pointer(x), x.numel(), Pointer(y));
        return y;
    }

    /// <summary>The derivative as a composition.</summary>
    public static Tensor Slope(Tensor x)
    {
        var gate = x.sigmoid();
        return gate * (x * gate.neg().Plus(1)).Plus(1);
    }

    protected override List<Tensor> Value(Call call) => [Compute(call.Input(0))];

    protected override Tensor?[] Derivatives(Backward of, Tensor?[] gradients)
    {
        Tensor x = of.Inputs[0]!, dy = gradients[0]!;
        if (!of.Wanted[0])
        {
            return [null];
        }

        if (is_grad_enabled() || !OnKernels(dy))
        {
            return [Slope(x) * dy];
        }

        using var from = dy.contiguous();
        var dx = EmptyOf(x);
        Native.score_silu_gradient(Pointer(x), Pointer(from), x.numel(), Pointer(dx));
        return [dx];
    }
}

/// <summary>The derivative of silu(x (1 + scale) + shift) in x [n, c], as a function of the output's derivative and of all that it
/// depends on.</summary>
internal sealed unsafe class ModulationSlope : Operation<ModulationSlope>
{
    public static Tensor Of(Operand dy, Operand x, Operand scale, Operand shift) =>
        OnKernels(dy.Tensor, x.Tensor, scale.Tensor, shift.Tensor)
            ? Run(null, dy, x, scale, shift)[0]
            : Reference(dy.Tensor, x.Tensor, scale.Tensor, shift.Tensor);

    private static Tensor Reference(Tensor dy, Tensor x, Tensor scale, Tensor shift)
    {
        var gain = scale.Plus(1);
        return Silu.Slope((x * gain).Plus(shift)) * dy * gain;
    }

    protected override List<Tensor> Value(Call call)
    {
        using Tensor dy = call.Input(0).contiguous(), x = call.Input(1).contiguous();
        Tensor scale = AsRows(call.Input(2))!, shift = AsRows(call.Input(3))!;
        var dx = EmptyOf(x);
        Native.score_modulate_slope(x.size(0), x.size(1), Pointer(x), RowsOf(scale), RowsOf(shift), Pointer(dy), Pointer(dx));
        GC.KeepAlive(scale);
        GC.KeepAlive(shift);
        return [dx];
    }

    protected override Tensor?[] Derivatives(Backward of, Tensor?[] gradients)
    {
        if (is_grad_enabled() || !OnKernels(gradients[0]!))
        {
            return of.DerivativesOf(static inputs => [Reference(inputs[0]!, inputs[1]!, inputs[2]!, inputs[3]!)], gradients);
        }

        using Tensor dy = of.Inputs[0]!.contiguous(), x = of.Inputs[1]!.contiguous(), c = gradients[0]!.contiguous();
        Tensor scale = AsRows(of.Inputs[2])!, shift = AsRows(of.Inputs[3])!;
        var made = Enumerable.Range(0, 4).Select(_ => EmptyOf(x)).ToArray();
        Native.score_modulate_slope_gradient(x.size(0), x.size(1), Pointer(x), RowsOf(scale), RowsOf(shift), Pointer(dy), Pointer(c), Pointer(made[0]), Pointer(made[1]), Pointer(made[2]), Pointer(made[3]));
        GC.KeepAlive(scale);
        GC.KeepAlive(shift);
        return [made[3], made[0], made[1], made[2]];
    }
}
