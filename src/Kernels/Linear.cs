using static ScoreFunctional.Kernels.Memory;
using static TorchSharp.torch;

namespace ScoreFunctional.Kernels;

/// <summary>Matrix products of rows, for linear layers and convolutions.</summary>
internal static unsafe class LinearMap
{
    // The kernels read unpacked rows whose length is a multiple of this (channel_multiple in native/kernels.h).
    private const int ChannelMultiple = 16;

    /// <summary>x [n, i] times the transpose of weight [o, i], plus bias [o].</summary>
    public static Tensor Apply(Operand x, Operand weight, Operand? bias)
    {
        var fits = x.Tensor.dim() == 2 && weight.Tensor.dim() == 2 && x.Tensor.size(1) == weight.Tensor.size(1) &&
            HasShape(bias?.Tensor, weight.Tensor.size(0)) && SupportsKernels(x.Tensor, weight.Tensor, bias?.Tensor);
        if (!fits)
        {
            return nn.functional.linear(x.Tensor, weight.Tensor, bias?.Tensor);
        }

        if (RequiresGrad(x, weight, bias))
        {
            return Linear.Of(x, weight, bias);
        }

        var packed = PackedWeights.Get(weight.Tensor, PackedTranspose);
        var y = Compute(x.Tensor, packed.Start, weight.Tensor.size(0), bias?.Tensor);
        GC.KeepAlive(packed);
        return y;
    }

    public static NativeBuffer PackedTranspose(Tensor weight)
    {
        using var w = Dense.Of(weight);
        return PackedTranspose(w.Start, weight.size(0), weight.size(1));
    }

    public static NativeBuffer PackedTranspose(float* weight, long n, long k)
    {
        var packed = new NativeBuffer(Native.score_packed_size(k, n));
        Native.score_pack(weight, k, n, 1, k, packed.Start);
        return packed;
    }

    public static Tensor Compute(Tensor x, float* packed, long outputs, Tensor? bias)
    {
        using var a = Dense.Of(x);
        using var shift = Dense.Of(bias);
        var y = Empty(x.size(0), outputs);
        Native.score_multiply(a.Start, x.size(0), x.size(1), packed, 0, outputs, shift.Start, Pointer(y));
        return y;
    }

    /// <summary>The gradient in x: dy [n, o] times weight [o, i].</summary>
    public static Tensor InputGradient(Tensor dy, Tensor weight)
    {
        using var from = Dense.Of(dy);
        using var w = Dense.Of(weight);
        var dx = Empty(dy.size(0), weight.size(1));
        InputGradient(from.Start, dy.size(0), w.Start, weight.size(0), weight.size(1), Pointer(dx));
        return dx;
    }

    public static void InputGradient(float* dy, long rows, float* weight, long outputs, long inputs, float* dx)
    {
        if (inputs % ChannelMultiple == 0)
        {
            Native.score_multiply(dy, rows, outputs, weight, inputs, inputs, null, dx);
            return;
        }

        using var packed = new NativeBuffer(Native.score_packed_size(outputs, inputs));
        Native.score_pack(weight, outputs, inputs, inputs, 1, packed.Start);
        Native.score_multiply(dy, rows, outputs, packed.Start, 0, inputs, null, dx);
    }

    /// <summary>The gradient in the weight: dyᵀ x.</summary>
    public static Tensor WeightGradient(Tensor dy, Tensor x)
    {
        using var left = Dense.Of(dy);
        using var right = Dense.Of(x);
        var w = Empty(dy.size(1), x.size(1));
        Native.score_outer_sum(left.Start, right.Start, dy.size(0), dy.size(1), x.size(1), Pointer(w));
        return w;
    }

    /// <summary>The sums of dy [rows, channels] over rows.</summary>
    public static Tensor ColumnSums(Tensor dy)
    {
        using var from = Dense.Of(dy);
        return ColumnSums(from.Start, dy.size(0), dy.size(1));
    }

    public static Tensor ColumnSums(float* dy, long rows, long channels)
    {
        var sum = Empty(channels);
        Native.score_column_sums(dy, rows, channels, Pointer(sum));
        return sum;
    }

    /// <summary>The vector-Jacobian product in x for the cotangent dy [n, o], recorded in the graph.</summary>
    public static Tensor Vjp(Operand dy, Operand weight) =>
        SupportsKernels(dy.Tensor, weight.Tensor) ? LinearVjp.Of(dy, weight) : dy.Tensor.matmul(weight.Tensor);
}

/// <summary>A linear layer as a function of the graph.</summary>
internal sealed class Linear : Function<Linear>
{
    public static Tensor Of(Operand x, Operand weight, Operand? bias) => Run(null, x, weight, bias)[0];

    protected override unsafe List<Tensor> Forward(ForwardContext context)
    {
        var weight = context.Input(1);
        using var packed = LinearMap.PackedTranspose(weight);
        return [LinearMap.Compute(context.Input(0), packed.Start, weight.size(0), context.Optional(2))];
    }

    protected override Tensor?[] Backward(BackwardContext context, Tensor?[] gradOutputs)
    {
        Tensor x = context.Inputs[0]!, weight = context.Inputs[1]!, dy = gradOutputs[0]!;
        if (is_grad_enabled() || !SupportsKernels(dy))
        {
            // These products are recorded in the graph themselves.
            return
            [
                context.NeedsInputGrad[0] ? LinearMap.Vjp(new Operand(dy), context.Operand(1)!.Value) : null,
                context.NeedsInputGrad[1] ? dy.t().matmul(x) : null,
                context.NeedsInputGrad[2] ? dy.sum(dim: 0) : null,
            ];
        }

        return
        [
            context.NeedsInputGrad[0] ? LinearMap.InputGradient(dy, weight) : null,
            context.NeedsInputGrad[1] ? LinearMap.WeightGradient(dy, x) : null,
            context.NeedsInputGrad[2] ? LinearMap.ColumnSums(dy) : null,
        ];
    }
}

/// <summary>The vector-Jacobian product of a linear layer in its input, as a function of the cotangent and the weight.</summary>
internal sealed class LinearVjp : Function<LinearVjp>
{
    public static Tensor Of(Operand dy, Operand weight) => Run(null, dy, weight)[0];

    protected override List<Tensor> Forward(ForwardContext context) => [LinearMap.InputGradient(context.Input(0), context.Input(1))];

    protected override unsafe Tensor?[] Backward(BackwardContext context, Tensor?[] gradOutputs)
    {
        Tensor dy = context.Inputs[0]!, weight = context.Inputs[1]!, c = gradOutputs[0]!;
        if (is_grad_enabled() || !SupportsKernels(c))
        {
            return
            [
                context.NeedsInputGrad[0] ? LinearMap.Apply(new Operand(c, UnknownDependence.Instance), context.Operand(1)!.Value, null) : null,
                context.NeedsInputGrad[1] ? dy.t().matmul(c) : null,
            ];
        }

        Tensor? gdy = null;
        if (context.NeedsInputGrad[0])
        {
            using var packed = LinearMap.PackedTranspose(weight);
            gdy = LinearMap.Compute(c, packed.Start, weight.size(0), null);
        }

        return [gdy, context.NeedsInputGrad[1] ? LinearMap.WeightGradient(dy, c) : null];
    }
}
