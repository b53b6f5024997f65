using static ScoreFunctional.Kernels.Memory;
using static TorchSharp.torch;

namespace ScoreFunctional.Kernels;

/// <summary>Rows times a matrix: fully connected layers and convolutions of 1 x 1.</summary>
internal static unsafe class AffineMap
{
    // Numbers of a row that the kernels read as it is (granule in native/kernels.h).
    private const int Granule = 16;

    /// <summary>x [n, i] times the transpose of weight [o, i], plus bias [o].</summary>
    public static Tensor Apply(Operand x, Operand weight, Operand? bias)
    {
        var fits = x.Tensor.dim() == 2 && weight.Tensor.dim() == 2 && x.Tensor.size(1) == weight.Tensor.size(1) &&
            HasShape(bias?.Tensor, weight.Tensor.size(0)) && OnKernels(x.Tensor, weight.Tensor, bias?.Tensor);
        if (!fits)
        {
            return nn.functional.linear(x.Tensor, weight.Tensor, bias?.Tensor);
        }

        if (Recorded(x, weight, bias))
        {
            return Affine.Of(x, weight, bias);
        }

        var packed = Prepared.Once(weight.Tensor, PackedTranspose);
        var y = Compute(x.Tensor, packed.Start, weight.Tensor.size(0), bias?.Tensor);
        GC.KeepAlive(packed);
        return y;
    }

    public static Floats PackedTranspose(Tensor weight)
    {
        using var w = Dense.Of(weight);
        return PackedTranspose(w.Start, weight.size(0), weight.size(1));
    }

    public static Floats PackedTranspose(float* weight, long n, long k)
    {
        var packed = new Floats(Native.score_packed_size(k, n));
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

    /// <summary>dy [n, o] times weight [o, i].</summary>
    public static Tensor Times(Tensor dy, Tensor weight)
    {
        using var from = Dense.Of(dy);
        using var w = Dense.Of(weight);
        var dx = Empty(dy.size(0), weight.size(1));
        Times(from.Start, dy.size(0), w.Start, weight.size(0), weight.size(1), Pointer(dx));
        return dx;
    }

    public static void Times(float* dy, long rows, float* weight, long outputs, long inputs, float* dx)
    {
        if (inputs % Granule == 0)
        {
            Native.score_multiply(dy, rows, outputs, weight, inputs, inputs, null, dx);
            return;
        }

        using var packed = new Floats(Native.score_packed_size(outputs, inputs));
        Native.score_pack(weight, outputs, inputs, inputs, 1, packed.Start);
        Native.score_multiply(dy, rows, outputs, packed.Start, 0, inputs, null, dx);
    }

    /// <summary>dyᵀ x over all rows.</summary>
    public static Tensor OuterSum(Tensor dy, Tensor x)
    {
        using var left = Dense.Of(dy);
        using var right = Dense.Of(x);
        var w = Empty(dy.size(1), x.size(1));
        Native.score_outer_sum(left.Start, right.Start, dy.size(0), dy.size(1), x.size(1), Pointer(w));
        return w;
    }

    /// <summary>Sums of dy [rows, channels] over rows.</summary>
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
        var weight = call.Input(1);
        using var packed = AffineMap.PackedTranspose(weight);
        return [AffineMap.Compute(call.Input(0), packed.Start, weight.size(0), call.Optional(2))];
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

    protected override List<Tensor> Value(Call call) => [AffineMap.Times(call.Input(0), call.Input(1))];

    protected override unsafe Tensor?[] Derivatives(Backward of, Tensor?[] gradients)
    {
        Tensor dy = of.Inputs[0]!, weight = of.Inputs[1]!, c = gradients[0]!;
        if (is_grad_enabled() || !OnKernels(c))
        {
            return
            [
                of.Wanted[0] ? AffineMap.Apply(new Operand(c, Unknown.Instance), of.Operand(1)!.Value, null) : null,
                of.Wanted[1] ? dy.t().matmul(c) : null,
            ];
        }

        Tensor? along = null;
        if (of.Wanted[0])
        {
            using var packed = AffineMap.PackedTranspose(weight);
            along = AffineMap.Compute(c, packed.Start, weight.size(0), null);
        }

        return [along, of.Wanted[1] ? AffineMap.OuterSum(dy, c) : null];
    }
}
