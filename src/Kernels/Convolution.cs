using static ScoreFunctional.Kernels.Memory;
using static TorchSharp.torch;

namespace ScoreFunctional.Kernels;

/// <summary>Convolutions of images [n, i, h, w] with filters [o, i, k, k].</summary>
internal static unsafe class Convolutions
{
    public static ImageShape ShapeOf(Tensor nhwc)
    {
        var s = nhwc.shape;
        return new ImageShape(s[0], s[1], s[2], s[3]);
    }

    public static Tensor Apply(Operand x, Operand weight, Operand bias, Operand? residual, long stride, long padding)
    {
        long[] sizes = x.Tensor.shape, filters = weight.Tensor.shape;
        var fits = sizes.Length == 4 && filters.Length == 4 && sizes[1] == filters[1] && filters[2] == filters[3] &&
            OnKernels(x.Tensor, weight.Tensor, bias.Tensor, residual?.Tensor);
        if (fits && filters[2] == 3 && stride == 1 && padding == 1)
        {
            if (Recorded(x, weight, bias, residual))
            {
                return Convolution.Of(x, weight, bias, residual);
            }

            var packed = Prepared.Once(weight.Tensor, () => Transformed(weight.Tensor, false));
            var y = Convolve(x.Tensor, packed, filters[0], bias.Tensor, residual?.Tensor);
            GC.KeepAlive(packed);
            return y;
        }

        Tensor result;
        if (fits && filters[2] == 1 && stride == 1 && padding == 0)
        {
            using var last = x.Tensor.permute(0, 2, 3, 1);
            using var rows = last.reshape(-1, filters[1]);
            using var matrix = weight.Tensor.reshape(filters[0], filters[1]);
            using var y = AffineMap.Apply(x with { Tensor = rows }, weight with { Tensor = matrix }, bias, weight.Tensor);
            using var images = y.view(sizes[0], sizes[2], sizes[3], filters[0]);
            result = ChannelsFirst(images);
        }
        else if (fits && sizes[2] + (2 * padding) >= filters[2] && sizes[3] + (2 * padding) >= filters[2])
        {
            var window = new Window(filters[2], stride, padding);
            if (Recorded(x, weight, bias))
            {
                result = UnfoldedConvolution.Of(x, weight, bias, window);
            }
            else
            {
                var packed = Prepared.Once(weight.Tensor, () => UnfoldedConvolution.Packed(weight.Tensor));
                result = UnfoldedConvolution.Compute(x.Tensor, packed, filters[0], bias.Tensor, window);
                GC.KeepAlive(packed);
            }
        }
        else
        {
            result = nn.functional.conv2d(x.Tensor, weight.Tensor, bias.Tensor, [stride, stride], [padding, padding]);
        }

        if (residual is not { } added)
        {
            return result;
        }

        using (result)
        {
            return result + added.Tensor;
        }
    }

    /// <summary>Filters of 3 x 3 as the kernels multiply by them; turned, as the derivative in the input does.</summary>
    public static Floats Transformed(Tensor weight, bool turned)
    {
        using var w = weight.contiguous();
        long outputs = w.shape[0], inputs = w.shape[1];
        var flag = (byte)(turned ? 1 : 0);
        var packed = new Floats(Native.score_filters_size(outputs, inputs, flag));
        Native.score_filters(Pointer(w), outputs, inputs, flag, packed.Start);
        return packed;
    }

    public static Tensor Convolve(Tensor x, Floats packed, long outputs, Tensor? bias, Tensor? residual)
    {
        using var from = ChannelsLast(x);
        using var added = residual is null ? null : ChannelsLast(residual);
        using var shift = bias?.contiguous();
        var shape = ShapeOf(from);
        using var y = Empty(shape.Count, shape.Height, shape.Width, outputs);
        Native.score_convolution(Pointer(from), shape, packed.Start, outputs, Pointer(shift), Pointer(added), Pointer(y));
        return ChannelsFirst(y);
    }

    /// <summary>dy convolved back to the input of filters of 3 x 3.</summary>
    public static Tensor Back(Tensor dy, Tensor weight)
    {
        using var packed = Transformed(weight, true);
        return Convolve(dy, packed, weight.shape[1], null, null);
    }

    public static Tensor WeightGradient(Tensor x, Tensor dy)
    {
        using var from = ChannelsLast(x);
        using var slope = ChannelsLast(dy);
        var outputs = slope.shape[3];
        var dw = Empty(outputs, from.shape[3], 3, 3);
        Native.score_convolution_gradient(Pointer(from), ShapeOf(from), Pointer(slope), outputs, Pointer(dw));
        return dw;
    }

    /// <summary>Sums of dy [n, c, h, w] over all but the channels.</summary>
    public static Tensor BiasGradient(Tensor dy)
    {
        using var slope = ChannelsLast(dy);
        using var rows = slope.view(-1, slope.shape[3]);
        return AffineMap.ColumnSums(rows);
    }
}

/// <summary>A convolution of 3 x 3, stride 1 and padding 1, plus bias, plus a tensor of the result's shape.</summary>
internal sealed class Convolution : Operation<Convolution>
{
    public static Tensor Of(Operand x, Operand weight, Operand bias, Operand? residual) => Run(null, x, weight, bias, residual)[0];

    protected override List<Tensor> Value(Call call)
    {
        using var packed = Convolutions.Transformed(call.Input(1), false);
        return [Convolutions.Convolve(call.Input(0), packed, call.Input(1).shape[0], call.Input(2), call.Optional(3))];
    }

    protected override Tensor?[] Derivatives(Backward of, Tensor?[] gradients)
    {
        Tensor x = of.Inputs[0]!, weight = of.Inputs[1]!, dy = gradients[0]!;
        var graph = is_grad_enabled();
        if (!OnKernels(dy) || (graph && (of.Wanted[1] || of.Wanted[2])))
        {
            return of.Composed(
                static inputs =>
                {
                    var y = nn.functional.conv2d(inputs[0]!, inputs[1]!, inputs[2], [1, 1], [1, 1]);
                    return [inputs[3] is { } added ? y + added : y];
                },
                gradients);
        }

        var residual = of.Wanted[3] ? dy : null;
        if (graph)
        {
            return [of.Wanted[0] ? ConvolutionSlope.Of(new Operand(dy), of.Operand(1)!.Value) : null, null, null, residual];
        }

        return
        [
            of.Wanted[0] ? Convolutions.Back(dy, weight) : null,
            of.Wanted[1] ? Convolutions.WeightGradient(x, dy) : null,
            of.Wanted[2] ? Convolutions.BiasGradient(dy) : null,
            residual,
        ];
    }
}

/// <summary>The derivative of a convolution of 3 x 3 in its input, as a function of the output's derivative and the filters.</summary>
internal sealed class ConvolutionSlope : Operation<ConvolutionSlope>
{
    public static Tensor Of(Operand dy, Operand weight) => Run(null, dy, weight)[0];

    protected override List<Tensor> Value(Call call) => [Convolutions.Back(call.Input(0), call.Input(1))];

    protected override Tensor?[] Derivatives(Backward of, Tensor?[] gradients)
    {
        Tensor dy = of.Inputs[0]!, weight = of.Inputs[1]!, c = gradients[0]!;
        if (is_grad_enabled() || !OnKernels(c))
        {
            return of.Composed(static inputs => [nn.functional.conv_transpose2d(inputs[0]!, inputs[1]!, null, [1, 1], [1, 1])], gradients);
        }

        Tensor? along = null;
        if (of.Wanted[0])
        {
            using var packed = Convolutions.Transformed(weight, false);
            along = Convolutions.Convolve(c, packed, weight.shape[0], null, null);
        }

        return [along, of.Wanted[1] ? Convolutions.WeightGradient(c, dy) : null];
    }
}

/// <summary>Any other convolution: places of the output as rows, inputs of all taps side by side.</summary>
internal sealed unsafe class UnfoldedConvolution : Operation<UnfoldedConvolution>
{
    public static Tensor Of(Operand x, Operand weight, Operand bias, Window window) => Run(window, x, weight, bias)[0];

    /// <summary>Filters [o, i, k, k] as [o, taps * i].</summary>
    private static Tensor AsRows(Tensor weight)
    {
        using var last = weight.permute(0, 2, 3, 1);
        using var rows = last.reshape(weight.shape[0], -1);
        return rows.contiguous();
    }

    public static Floats Packed(Tensor weight)
    {
        using var rows = AsRows(weight);
        return AffineMap.PackedTranspose(rows);
    }

    private static Tensor Unfold(Tensor nhwc, Window window)
    {
        var shape = Convolutions.ShapeOf(nhwc);
        var columns = Empty(shape.Count * window.Places(shape.Height) * window.Places(shape.Width), window.Size * window.Size * shape.Channels);
        Native.score_unfold(Pointer(nhwc), shape, window, Pointer(columns));
        return columns;
    }

    public static Tensor Compute(Tensor x, Floats packed, long outputs, Tensor bias, Window window)
    {
        using var from = ChannelsLast(x);
        using var columns = Unfold(from, window);
        using var rows = AffineMap.Compute(columns, packed.Start, outputs, bias);
        using var y = rows.view(from.shape[0], window.Places(from.shape[1]), window.Places(from.shape[2]), outputs);
        return ChannelsFirst(y);
    }

    protected override List<Tensor> Value(Call call)
    {
        using var packed = Packed(call.Input(1));
        return [Compute(call.Input(0), packed, call.Input(1).shape[0], call.Input(2), (Window)call.Settings!)];
    }

    protected override Tensor?[] Derivatives(Backward of, Tensor?[] gradients)
    {
        Tensor x = of.Inputs[0]!, weight = of.Inputs[1]!, dy = gradients[0]!;
        var window = (Window)of.Settings!;
        if (is_grad_enabled() || !OnKernels(dy))
        {
            return of.Composed(
                inputs => [nn.functional.conv2d(inputs[0]!, inputs[1]!, inputs[2], [window.Stride, window.Stride], [window.Padding, window.Padding])],
                gradients);
        }

        using var slope = ChannelsLast(dy);
        using var rows = slope.view(-1, slope.shape[3]);
        Tensor? dx = null, dw = null;
        if (of.Wanted[0])
        {
            using var matrix = AsRows(weight);
            using var columns = AffineMap.Times(rows, matrix);
            var sizes = x.shape;
            using var images = Empty(sizes[0], sizes[2], sizes[3], sizes[1]);
            Native.score_fold(Pointer(columns), Convolutions.ShapeOf(images), window, Pointer(images));
            dx = ChannelsFirst(images);
        }

        if (of.Wanted[1])
        {
            using var from = ChannelsLast(x);
            using var columns = Unfold(from, window);
            using var sum = AffineMap.OuterSum(rows, columns);
            using var taps = sum.view(weight.shape[0], window.Size, window.Size, x.shape[1]);
            dw = taps.permute(0, 3, 1, 2);
        }

        return [dx, dw, of.Wanted[2] ? AffineMap.ColumnSums(rows) : null];
    }
}
