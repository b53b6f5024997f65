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
            HasShape(bias.Tensor, filters.size(0)) && SupportsKernels(images, filters, bias.Tensor, residual?.Tensor);
        var size = fits ? filters.size(2) : 0;
        var residualFits = fits && HasShape(residual?.Tensor, images.size(0), filters.size(0), images.size(2), images.size(3));
        if (size == 3 && stride == 1 && padding == 1 && residualFits)
        {
            if (RequiresGrad(x, weight, bias, residual))
            {
                return Convolution.Of(x, weight, bias, residual);
            }

            var packed = PackedWeights.Get(filters, static weight => TransformFilters(weight, false));
            var y = Convolve(images, packed, filters.size(0), bias.Tensor, residual?.Tensor);
            GC.KeepAlive(packed);
            return y;
        }

        Tensor result;
        if (fits && images.size(2) + (2 * padding) >= size && images.size(3) + (2 * padding) >= size)
        {
            var window = new Window(size, stride, padding);
            if (RequiresGrad(x, weight, bias))
            {
                result = UnfoldedConvolution.Of(x, weight, bias, window);
            }
            else
            {
                var packed = PackedWeights.Get(filters, UnfoldedConvolution.PackFilters);
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

    /// <summary>3 x 3 filters in Winograd's transformed domain; transposed for the gradient in the input.</summary>
    public static NativeBuffer TransformFilters(Tensor weight, bool transposed)
    {
        using var w = Dense.Of(weight);
        long outputs = weight.size(0), inputs = weight.size(1);
        var flag = (byte)(transposed ? 1 : 0);
        var packed = new NativeBuffer(Native.score_transformed_filters_size(outputs, inputs, flag));
        Native.score_transform_filters(w.Start, outputs, inputs, flag, packed.Start);
        return packed;
    }

    public static Tensor Convolve(Tensor x, NativeBuffer packed, long outputs, Tensor? bias, Tensor? residual)
    {
        using var from = Dense.ChannelsLast(x);
        using var added = Dense.ChannelsLast(residual);
        using var shift = Dense.Of(bias);
        var shape = Dense.ShapeOf(x);
        var y = EmptyChannelsLast(shape with { Channels = outputs });
        Native.score_convolution(from.Start, shape, packed.Start, outputs, shift.Start, added.Start, Pointer(y));
        return y;
    }

    /// <summary>The gradient of a 3 x 3 convolution in its input: the transposed convolution of dy.</summary>
    public static Tensor InputGradient(Tensor dy, Tensor weight)
    {
        using var packed = TransformFilters(weight, true);
        return Convolve(dy, packed, weight.size(1), null, null);
    }

    public static Tensor WeightGradient(Tensor x, Tensor dy)
    {
        using var input = Dense.ChannelsLast(x);
        using var gradient = Dense.ChannelsLast(dy);
        var outputs = dy.size(1);
        var dw = Empty(outputs, x.size(1), 3, 3);
        Native.score_convolution_weight_gradient(input.Start, Dense.ShapeOf(x), gradient.Start, outputs, Pointer(dw));
        return dw;
    }

    /// <summary>The sums of dy [n, c, h, w] over samples and pixels.</summary>
    public static Tensor BiasGradient(Tensor dy)
    {
        using var from = Dense.ChannelsLast(dy);
        var (n, h, w, c) = Dense.ShapeOf(dy);
        return LinearMap.ColumnSums(from.Start, n * h * w, c);
    }
}

/// <summary>A 3 x 3 convolution with stride 1 and padding 1, plus bias, plus a residual of the result's shape.</summary>
internal sealed class Convolution : Function<Convolution>
{
    public static Tensor Of(Operand x, Operand weight, Operand bias, Operand? residual) => Run(null, x, weight, bias, residual)[0];

    protected override List<Tensor> Forward(ForwardContext context)
    {
        using var packed = Convolutions.TransformFilters(context.Input(1), false);
        return [Convolutions.Convolve(context.Input(0), packed, context.Input(1).size(0), context.Input(2), context.Optional(3))];
    }

    protected override Tensor?[] Backward(BackwardContext context, Tensor?[] gradOutputs)
    {
        Tensor x = context.Inputs[0]!, weight = context.Inputs[1]!, dy = gradOutputs[0]!;
        var graph = is_grad_enabled();
        if (!SupportsKernels(dy) || (graph && (context.NeedsInputGrad[1] || context.NeedsInputGrad[2])))
        {
            return context.ReferenceVjp(
                static inputs =>
                {
                    var y = nn.functional.conv2d(inputs[0]!, inputs[1]!, inputs[2], [1, 1], [1, 1]);
                    return [inputs[3] is { } added ? y.Plus(added) : y];
                },
                gradOutputs);
        }

        var residual = context.NeedsInputGrad[3] ? dy : null;
        if (graph)
        {
            return [context.NeedsInputGrad[0] ? ConvolutionVjp.Of(new Operand(dy), context.Operand(1)!.Value) : null, null, null, residual];
        }

        return
        [
            context.NeedsInputGrad[0] ? Convolutions.InputGradient(dy, weight) : null,
            context.NeedsInputGrad[1] ? Convolutions.WeightGradient(x, dy) : null,
            context.NeedsInputGrad[2] ? Convolutions.BiasGradient(dy) : null,
            residual,
        ];
    }
}

/// <summary>The vector-Jacobian product of a 3 x 3 convolution in its input, as a function of the cotangent and the filters.</summary>
internal sealed class ConvolutionVjp : Function<ConvolutionVjp>
{
    public static Tensor Of(Operand dy, Operand weight) => Run(null, dy, weight)[0];

    protected override List<Tensor> Forward(ForwardContext context) => [Convolutions.InputGradient(context.Input(0), context.Input(1))];

    protected override Tensor?[] Backward(BackwardContext context, Tensor?[] gradOutputs)
    {
        Tensor dy = context.Inputs[0]!, weight = context.Inputs[1]!, c = gradOutputs[0]!;
        if (is_grad_enabled() || !SupportsKernels(c))
        {
            return context.ReferenceVjp(static inputs => [nn.functional.conv_transpose2d(inputs[0]!, inputs[1]!, null, [1, 1], [1, 1])], gradOutputs);
        }

        Tensor? gdy = null;
        if (context.NeedsInputGrad[0])
        {
            using var packed = Convolutions.TransformFilters(weight, false);
            gdy = Convolutions.Convolve(c, packed, weight.size(0), null, null);
        }

        return [gdy, context.NeedsInputGrad[1] ? Convolutions.WeightGradient(c, dy) : null];
    }
}

/// <summary>Any other convolution, by im2col: a row per output pixel, with the inputs of all taps.</summary>
internal sealed unsafe class UnfoldedConvolution : Function<UnfoldedConvolution>
{
    public static Tensor Of(Operand x, Operand weight, Operand bias, Window window) => Run(window, x, weight, bias)[0];

    /// <summary>Filters [o, i, k, k] as a packed matrix [o, k * k * i].</summary>
    public static NativeBuffer PackFilters(Tensor weight)
    {
        using var rows = Dense.ChannelsLast(weight);
        return LinearMap.PackedTranspose(rows.Start, weight.size(0), PatchSize(weight));
    }

    private static long PatchSize(Tensor weight) => weight.size(1) * weight.size(2) * weight.size(3);

    private static ImageShape Outputs(in ImageShape shape, Window window, long channels) =>
        new(shape.Count, window.OutputSize(shape.Height), window.OutputSize(shape.Width), channels);

    // A 1 x 1 convolution: the image is its own unfolding.
    private static bool IsPointwise(Window window) => window is { Size: 1, Stride: 1, Padding: 0 };

    private static NativeBuffer? Unfold(float* x, in ImageShape shape, Window window)
    {
        if (IsPointwise(window))
        {
            return null;
        }

        var columns = new NativeBuffer(shape.Count * window.OutputSize(shape.Height) * window.OutputSize(shape.Width) * window.Size * window.Size * shape.Channels);
        Native.score_unfold(x, shape, window, columns.Start);
        return columns;
    }

    public static Tensor Compute(Tensor x, NativeBuffer packed, long outputs, Tensor bias, Window window)
    {
        using var from = Dense.ChannelsLast(x);
        using var shift = Dense.Of(bias);
        var shape = Dense.ShapeOf(x);
        var outputShape = Outputs(shape, window, outputs);
        using var columns = Unfold(from.Start, shape, window);
        var y = EmptyChannelsLast(outputShape);
        var rows = outputShape.Count * outputShape.Height * outputShape.Width;
        var patchSize = window.Size * window.Size * shape.Channels;
        Native.score_multiply(columns is null ? from.Start : columns.Start, rows, patchSize, packed.Start, 0, outputs, shift.Start, Pointer(y));
        return y;
    }

    protected override List<Tensor> Forward(ForwardContext context)
    {
        using var packed = PackFilters(context.Input(1));
        return [Compute(context.Input(0), packed, context.Input(1).size(0), context.Input(2), (Window)context.Settings!)];
    }

    protected override Tensor?[] Backward(BackwardContext context, Tensor?[] gradOutputs)
    {
        Tensor x = context.Inputs[0]!, weight = context.Inputs[1]!, dy = gradOutputs[0]!;
        var window = (Window)context.Settings!;
        if (is_grad_enabled() || !SupportsKernels(dy))
        {
            return context.ReferenceVjp(
                inputs => [nn.functional.conv2d(inputs[0]!, inputs[1]!, inputs[2], [window.Stride, window.Stride], [window.Padding, window.Padding])],
                gradOutputs);
        }

        using var from = Dense.ChannelsLast(dy);
        var (n, h, w, outputs) = Dense.ShapeOf(dy);
        var rows = n * h * w;
        return
        [
            context.NeedsInputGrad[0] ? InputGradient(from.Start, rows, weight, Dense.ShapeOf(x), window) : null,
            context.NeedsInputGrad[1] ? WeightGradient(from.Start, rows, x, outputs, window) : null,
            context.NeedsInputGrad[2] ? LinearMap.ColumnSums(from.Start, rows, outputs) : null,
        ];
    }

    private static Tensor InputGradient(float* dy, long rows, Tensor weight, in ImageShape shape, Window window)
    {
        using var matrix = Dense.ChannelsLast(weight);
        var patchSize = PatchSize(weight);
        var dx = EmptyChannelsLast(shape);
        if (IsPointwise(window))
        {
            LinearMap.InputGradient(dy, rows, matrix.Start, weight.size(0), patchSize, Pointer(dx));
            return dx;
        }

        using var columns = new NativeBuffer(rows * patchSize);
        LinearMap.InputGradient(dy, rows, matrix.Start, weight.size(0), patchSize, columns.Start);
        Native.score_fold(columns.Start, shape, window, Pointer(dx));
        return dx;
    }

    private static Tensor WeightGradient(float* dy, long rows, Tensor x, long outputs, Window window)
    {
        using var from = Dense.ChannelsLast(x);
        var shape = Dense.ShapeOf(x);
        using var columns = Unfold(from.Start, shape, window);
        var dw = EmptyChannelsLast(new ImageShape(outputs, window.Size, window.Size, shape.Channels));
        var patchSize = window.Size * window.Size * shape.Channels;
        Native.score_outer_sum(dy, columns is null ? from.Start : columns.Start, rows, outputs, patchSize, Pointer(dw));
        return dw;
    }
}
