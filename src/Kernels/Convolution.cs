using static ScoreFunctional.Kernels.Memory;
using static TorchSharp.torch;

namespace ScoreFunctional.Kernels;

/// <summary>Convolutions of images [n, i, h, w] with filters [o, i, k, k].</summary>
internal static unsafe class Convolutions
{
    public static Tensor Apply(Operand x, Operand weight, Operand bias, Operand? residual, long stride, long padding)
    {
        Tensor images = x.Tensor, filters = weight.Tensor;
        var fits = images.dim() == 4 && filters.dim() == 4 && images.size(1) == filters.size(1) && filters.size(2) == filters.size(3) &&
            HasShape(bias.Tensor, filters.size(0)) && OnKernels(images, filters, bias.Tensor, residual?.Tensor);
        var size = fits ? filters.size(2) : 0;
        var residualFits = fits && HasShape(residual?.Tensor, images.size(0), filters.size(0), images.size(2), images.size(3));
        if (size == 3 && stride == 1 && padding == 1 && residualFits)
        {
            if (Recorded(x, weight, bias, residual))
            {
                return Convolution.Of(x, weight, bias, residual);
            }

            var packed = Prepared.Once(filters, static weight => Transformed(weight, false));
            var y = Convolve(images, packed, filters.size(0), bias.Tensor, residual?.Tensor);
            GC.KeepAlive(packed);
            return y;
        }

        Tensor result;
        if (fits && images.size(2) + (2 * padding) >= size && images.size(3) + (2 * padding) >= size)
        {
            var window = new Window(size, stride, padding);
            if (Recorded(x, weight, bias))
            {
                result = UnfoldedConvolution.Of(x, weight, bias, window);
            }
            else
            {
                var packed = Prepared.Once(filters, UnfoldedConvolution.Packed);
                result = UnfoldedConvolution.Compute(images, packed, filters.size(0), bias.Tensor, window);
                GC.KeepAlive(packed);
            }
        }
        else
        {
            result = nn.functional.conv2d(images, filters, bias.Tensor, [stride, stride], [padding, padding]);
        }

        if (residual is not { } added)
        {
            return result;
        }

        using (result)
        {
            return result.Plus(added.Tensor);
        }
    }

    /// <summary>Filters of 3 x 3 as the kernels multiply by them; turned, as the derivative in the input does.</summary>
    public static Floats Transformed(Tensor weight, bool turned)
    {
        using var w = Dense.Of(weight);
        long outputs = weight.size(0), inputs = weight.size(1);
        var flag = (byte)(turned ? 1 : 0);
        var packed = new Floats(Native.score_filters_size(outputs, inputs, flag));
        Native.score_filters(w.Start, outputs, inputs, flag, packed.Start);
        return packed;
    }

    public static Tensor Convolve(Tensor x, Floats packed, long outputs, Tensor? bias, Tensor? residual)
    {
        using var from = Dense.Images(x);
        using var added = Dense.Images(residual);
        using var shift = Dense.Of(bias);
        var shape = Dense.ShapeOf(x);
        var y = EmptyImages(shape with { Channels = outputs });
        Native.score_convolution(from.Start, shape, packed.Start, outputs, shift.Start, added.Start, Pointer(y));
        return y;
    }

    /// <summary>dy convolved back to the input of filters of 3 x 3.</summary>
    public static Tensor Back(Tensor dy, Tensor weight)
    {
        using var packed = Transformed(weight, true);
        return Convolve(dy, packed, weight.size(1), null, null);
    }

    public static Tensor WeightGradient(Tensor x, Tensor dy)
    {
        using var from = Dense.Images(x);
        using var slope = Dense.Images(dy);
        var outputs = dy.size(1);
        var dw = Empty(outputs, x.size(1), 3, 3);
        Native.score_convolution_gradient(from.Start, Dense.ShapeOf(x), slope.Start, outputs, Pointer(dw));
        return dw;
    }

    /// <summary>Sums of dy [n, c, h, w] over all but the channels.</summary>
    public static Tensor BiasGradient(Tensor dy)
    {
        using var slope = Dense.Images(dy);
        var (n, h, w, c) = Dense.ShapeOf(dy);
        return AffineMap.ColumnSums(slope.Start, n * h * w, c);
    }
}

/// <summary>A convolution of 3 x 3, stride 1 and padding 1, plus bias, plus a tensor of the result's shape.</summary>
internal sealed class Convolution : Operation<Convolution>
{
    public static Tensor Of(Operand x, Operand weight, Operand bias, Operand? residual) => Run(null, x, weight, bias, residual)[0];

    protected override List<Tensor> Value(Call call)
    {
        using var packed = Convolutions.Transformed(call.Input(1), false);
        return [Convolutions.Convolve(call.Input(0), packed, call.Input(1).size(0), call.Input(2), call.Optional(3))];
    }

    protected override Tensor?[] Derivatives(Backward of, Tensor?[] gradients)
    {
        Tensor x = of.Inputs[0]!, weight = of.Inputs[1]!, dy = gradients[0]!;
        var graph = is_grad_enabled();
        if (!OnKernels(dy) || (graph && (of.Wanted[1] || of.Wanted[2])))
        {
            return of.DerivativesOf(
                static inputs =>
                {
                    var y = nn.functional.conv2d(inputs[0]!, inputs[1]!, inputs[2], [1, 1], [1, 1]);
                    return [inputs[3] is { } added ? y.Plus(added) : y];
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
            return of.DerivativesOf(static inputs => [nn.functional.conv_transpose2d(inputs[0]!, inputs[1]!, null, [1, 1], [1, 1])], gradients);
        }

        Tensor? along = null;
        if (of.Wanted[0])
        {
            using var packed = Convolutions.Transformed(weight, false);
            along = Convolutions.Convolve(c, packed, weight.size(0), null, null);
        }

        return [along, of.Wanted[1] ? Convolutions.WeightGradient(c, dy) : null];
    }
}

/// <summary>Any other convolution: places of the output as rows, inputs of all taps side by side.</summary>
internal sealed unsafe class UnfoldedConvolution : Operation<UnfoldedConvolution>
{
    public static Tensor Of(Operand x, Operand weight, Operand bias, Window window) => Run(window, x, weight, bias)[0];

    /// <summary>Filters [o, i, k, k] as [o, taps * i], packed.</summary>
    public static Floats Packed(Tensor weight)
    {
        using var rows = Dense.Images(weight);
        return AffineMap.PackedTranspose(rows.Start, weight.size(0), Inside(weight));
    }

    private static long Inside(Tensor weight) => weight.size(1) * weight.size(2) * weight.size(3);

    private static ImageShape Outputs(in ImageShape shape, Window window, long channels) =>
        new(shape.Count, window.Places(shape.Height), window.Places(shape.Width), channels);

    // Of one pixel each, that are all of the image's: the image itself.
    private static bool Same(Window window) => window is { Size: 1, Stride: 1, Padding: 0 };

    private static Floats? Unfold(float* x, in ImageShape shape, Window window)
    {
        if (Same(window))
        {
            return null;
        }

        var columns = new Floats(shape.Count * window.Places(shape.Height) * window.Places(shape.Width) * window.Size * window.Size * shape.Channels);
        Native.score_unfold(x, shape, window, columns.Start);
        return columns;
    }

    public static Tensor Compute(Tensor x, Floats packed, long outputs, Tensor bias, Window window)
    {
        using var from = Dense.Images(x);
        using var shift = Dense.Of(bias);
        var shape = Dense.ShapeOf(x);
        var places = Outputs(shape, window, outputs);
        using var columns = Unfold(from.Start, shape, window);
        var y = EmptyImages(places);
        var rows = places.Count * places.Height * places.Width;
        var inside = window.Size * window.Size * shape.Channels;
        Native.score_multiply(columns is null ? from.Start : columns.Start, rows, inside, packed.Start, 0, outputs, shift.Start, Pointer(y));
        return y;
    }

    protected override List<Tensor> Value(Call call)
    {
        using var packed = Packed(call.Input(1));
        return [Compute(call.Input(0), packed, call.Input(1).size(0), call.Input(2), (Window)call.Settings!)];
    }

    protected override Tensor?[] Derivatives(Backward of, Tensor?[] gradients)
    {
        Tensor x = of.Inputs[0]!, weight = of.Inputs[1]!, dy = gradients[0]!;
        var window = (Window)of.Settings!;
        if (is_grad_enabled() || !OnKernels(dy))
        {
            return of.DerivativesOf(
                inputs => [nn.functional.conv2d(inputs[0]!, inputs[1]!, inputs[2], [window.Stride, window.Stride], [window.Padding, window.Padding])],
                gradients);
        }

        using var slope = Dense.Images(dy);
        var (n, h, w, outputs) = Dense.ShapeOf(dy);
        var rows = n * h * w;
        return
        [
            of.Wanted[0] ? InInput(slope.Start, rows, weight, Dense.ShapeOf(x), window) : null,
            of.Wanted[1] ? InWeight(slope.Start, rows, x, outputs, window) : null,
            of.Wanted[2] ? AffineMap.ColumnSums(slope.Start, rows, outputs) : null,
        ];
    }

    private static Tensor InInput(float* dy, long rows, Tensor weight, in ImageShape shape, Window window)
    {
        using var matrix = Dense.Images(weight);
        var inside = Inside(weight);
        var dx = EmptyImages(shape);
        if (Same(window))
        {
            AffineMap.Times(dy, rows, matrix.Start, weight.size(0), inside, Pointer(dx));
            return dx;
        }

        using var columns = new Floats(rows * inside);
        AffineMap.Times(dy, rows, matrix.Start, weight.size(0), inside, columns.Start);
        Native.score_fold(columns.Start, shape, window, Pointer(dx));
        return dx;
    }

    private static Tensor InWeight(float* dy, long rows, Tensor x, long outputs, Window window)
    {
        using var from = Dense.Images(x);
        var shape = Dense.ShapeOf(x);
        using var columns = Unfold(from.Start, shape, window);
        var dw = EmptyImages(new ImageShape(outputs, window.Size, window.Size, shape.Channels));
        var inside = window.Size * window.Size * shape.Channels;
        Native.score_outer_sum(dy, columns is null ? from.Start : columns.Start, rows, outputs, inside, Pointer(dw));
        return dw;
    }
}
