using static ScoreFunctional.Kernels.Memory;
using static TorchSharp.torch;

namespace ScoreFunctional.Kernels;

/// <summary>Rows times a matrix: fully connected layers and convolutions of 1 x 1.</summary>
internal static unsafe class AffineMap
{
    /// <summary>x [n, i] times the transpose of weight [o, i], plus bias [o]. What is prepared from weights that are used again is
    /// kept under the key, those that `weight` is a view of.</summary>
    public static Tensor Apply(Operand x, Operand weight, Operand? bias, Tensor key)
    {
        if (!OnKernels(x.Tensor, weight.Tensor, bias?.Tensor))
        {
            return nn.functional.linear(x.Tensor, weight.Tensor, bias?.Tensor);
        }

        if (Recorded(x, weight, bias))
        {
            return Affine.Of(x, weight, bias);
        }

        var packed = Prepared.Once(key, () => PackedTranspose(weight.Tensor));
        var y = Compute(x.Tensor, packed.Start, weight.Tensor.shape[0], bias?.Tensor);
        GC.KeepAlive(packed);
        return y;
    }

    public static Floats PackedTranspose(Tensor weight)
    {
        using var w = weight.contiguous();
        long n = w.shape[0], k = w.shape[1];
        var packed = new Floats(Native.score_packed_size(k, n));
        Native.score_pack(Pointer(w), k, n, 1, k, packed.Start);
        return packed;
    }

    public static Tensor Compute(Tensor x, float* packed, long outputs, Tensor? bias)
    {
        using var a = x.contiguous();
        using var shift = bias?.contiguous();
        var y = Empty(a.shape[0], outputs);
        Native.score_multiply(Pointer(a), a.shape[0], a.shape[1], packed, 0, outputs, Pointer(shift), Pointer(y));
        return y;
    }

    /// <summary>dy [n, o] times weight [o, i].</summary>
    public static Tensor Times(Tensor dy, Tensor weight)
    {
        using var from = dy.contiguous();
        using var w = weight.contiguous();
        long outputs = w.shape[0], inputs = w.shape[1];
        var dx = Empty(from.shape[0], inputs);
        if (inputs % 16 == 0)
        {
            Native.score_multiply(Pointer(from), from.shape[0], outputs, Pointer(w), inputs, inputs, null, Pointer(dx));
            return dx;
        }

        using var packed = new Floats(Native.score_packed_size(outputs, inputs));
        Native.score_pack(Pointer(w), outputs, inputs, inputs, 1, packed.Start);
        Native.score_multiply(Pointer(from), from.shape[0], outputs, packed.Start, 0, inputs, null, Pointer(dx));
        return dx;
    }

    /// <summary>dyᵀ x over all rows.</summary>
    public static Tensor OuterSum(Tensor dy, Tensor x)
    {
        using var left = dy.contiguous();
        using var right = x.contiguous();
        var w = Empty(left.shape[1], right.shape[1]);
        Native.score_outer_sum(Pointer(left), Pointer(right), left.shape[0], left.shape[1], right.shape[1], Pointer(w));
        return w;
    }

    /// <summary>Sums of dy [rows, channels] over rows.</summary>
    public static Tensor ColumnSums(Tensor dy)
    {
        using var from = dy.contiguous();
        var sum = Empty(from.shape[1]);
        Native.score_column_sums(Pointer(from), from.shape[0], from.shape[1], Pointer(sum));
        return sum;
    }

    /// <summary>The derivative of the map in x along dy [n, o], as part of the graph.</summary>
    public static Tensor Slope(Operand dy, Operand weight) =>
        OnKernels(dy.Tensor, weight.Tensor) ? AffineSlope.Of(dy, weight) : dy.Tensor.matmul(weight.Tensor);
}

/// <summary>An affine map as an operation of the graph.</summary>
internal sealed class Affine : Operation<Affine>
{
    public static Tensor Of(Operand x, Operand weight, Operand? bias) => Run(null, x, weight, bias)[0];

    protected override unsafe List<Tensor> Value(Call call)
    {
        var weight = call.Operands[1]!.Value.Tensor;
        using var packed = AffineMap.PackedTranspose(weight);
        return [AffineMap.Compute(call.Operands[0]!.Value.Tensor, packed.Start, weight.shape[0], call.Operands[2]?.Tensor)];
    }

    protected override Tensor?[] Derivatives(Backward of, Tensor?[] gradients)
    {
        Tensor x = of.Inputs[0]!, weight = of.Inputs[1]!, dy = gradients[0]!;
        if (is_grad_enabled() || !OnKernels(dy))
        {
            // Products of the same kind, part of the graph themselves.
            return
            [
                of.Wanted[0] ? AffineMap.Slope(new Operand(dy), of.Operand(1)!.Value) : null,
                of.Wanted[1] ? dy.t().matmul(x) : null,
                of.Wanted[2] ? dy.sum(dim: 0) : null,
            ];
        }

        return
        [
            of.Wanted[0] ? AffineMap.Times(dy, weight) : null,
            of.Wanted[1] ? AffineMap.OuterSum(dy, x) : null,
            of.Wanted[2] ? AffineMap.ColumnSums(dy) : null,
        ];
    }
}

/// <summary>The derivative of an affine map in its input, as a function of the output's derivative and the weight.</summary>
internal sealed class AffineSlope : Operation<AffineSlope>
{
    public static Tensor Of(Operand dy, Operand weight) => Run(null, dy, weight)[0];

    protected override List<Tensor> Value(Call call) => [AffineMap.Times(call.Operands[0]!.Value.Tensor, call.Operands[1]!.Value.Tensor)];

    protected override unsafe Tensor?[] Derivatives(Backward of, Tensor?[] gradients)
    {
        Tensor dy = of.Inputs[0]!, weight = of.Inputs[1]!, c = gradients[0]!;
        if (is_grad_enabled() || !OnKernels(c))
        {
            return
            [
                of.Wanted[0] ? AffineMap.Apply(new Operand(c, Unknown.Instance), of.Operand(1)!.Value, null, weight) : null,
                of.Wanted[1] ? dy.t().matmul(c) : null,
            ];
        }

        Tensor? along = null;
        if (of.Wanted[0])
        {
            using var packed = AffineMap.PackedTranspose(weight);
            along = AffineMap.Compute(c, packed.Start, weight.shape[0], null);
        }

        return [along, of.Wanted[1] ? AffineMap.OuterSum(dy, c) : null];
    }
}
