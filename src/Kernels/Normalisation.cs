using static ScoreFunctional.Kernels.Memory;
using static TorchSharp.torch;

namespace ScoreFunctional.Kernels;

/// <summary>Settings of a group normalisation.</summary>
internal sealed record NormalisationSettings(long Groups, double Epsilon, bool Activate);

/// <summary>Group normalisation of [n, c, …], fused with modulation and activation. The inputs are x, weight and bias [c], scale and
/// shift [n, c]; all but x may be absent.</summary>
internal static class Normalisations
{
    public static Tensor Apply(Operand x, Operand? weight, Operand? bias, Operand? scale, Operand? shift, NormalisationSettings settings)
    {
        var fits = x.Tensor.dim() is 2 or 4 && settings.Groups >= 1 && x.Tensor.size(1) % settings.Groups == 0 &&
            HasShape(weight?.Tensor, x.Tensor.size(1)) && HasShape(bias?.Tensor, x.Tensor.size(1)) &&
            HasShape(scale?.Tensor, x.Tensor.size(0), x.Tensor.size(1)) && HasShape(shift?.Tensor, x.Tensor.size(0), x.Tensor.size(1)) &&
            SupportsKernels(x.Tensor, weight?.Tensor, bias?.Tensor, scale?.Tensor, shift?.Tensor);
        if (!fits)
        {
            return Reference(x.Tensor, weight?.Tensor, bias?.Tensor, scale?.Tensor, shift?.Tensor, settings);
        }

        if (RequiresGrad(x, weight, bias, scale, shift))
        {
            return GroupNorm.Of(x, weight, bias, scale, shift, settings);
        }

        using var norm = new NormalisationInputs(x.Tensor, weight?.Tensor, bias?.Tensor, scale?.Tensor, shift?.Tensor, settings);
        using var stats = norm.Stats();
        return norm.Normalise(stats);
    }

    public static Tensor Reference(Tensor x, Tensor? weight, Tensor? bias, Tensor? scale, Tensor? shift, NormalisationSettings settings)
    {
        long[] Each(Tensor a) => [.. a.shape, .. Enumerable.Repeat(1L, (int)x.dim() - 2)];
        var y = nn.functional.group_norm(x, settings.Groups, weight, bias, settings.Epsilon);
        y = scale is null ? y : y * scale.reshape(Each(scale)).Plus(1);
        y = shift is null ? y : y.Plus(shift.reshape(Each(shift)));
        return settings.Activate ? nn.functional.silu(y) : y;
    }

    /// <summary>The gradients in weight, bias, scale and shift of z = (w x̂ + b)(1 + scale) + shift, from the sums of dz (first) and of
    /// dz x̂ (second) per sample and channel.</summary>
    public static Tensor?[] ParameterGradients(Tensor first, Tensor second, Tensor?[] parameters, ReadOnlySpan<bool> needsGrad)
    {
        Tensor? weight = parameters[0], bias = parameters[1], scale = parameters[2];
        using var gain = scale is null ? null : scale.Plus(1);

        Tensor Summed(Tensor sums)
        {
            using var modulated = gain is null ? sums.alias() : sums * gain;
            return modulated.sum(dim: 0);
        }

        Tensor? dscale = null;
        if (needsGrad[2])
        {
            dscale = weight is null ? second.alias() : second * weight;
            dscale = bias is null ? dscale : dscale.AddProductInPlace(first, bias);
        }

        return [needsGrad[0] ? Summed(second) : null, needsGrad[1] ? Summed(first) : null, dscale, needsGrad[3] ? first.alias() : null];
    }
}

/// <summary>The inputs of a normalisation in the layout of the kernels.</summary>
internal readonly unsafe ref struct NormalisationInputs
{
    private readonly Dense _x, _weight, _bias;
    private readonly Tensor? _scaleRows, _shiftRows;
    private readonly Rows _scale, _shift;
    private readonly NormalisationShape _shape;
    private readonly ImageShape _images;
    private readonly bool _flat;

    public NormalisationInputs(Tensor x, Tensor? weight, Tensor? bias, Tensor? scale, Tensor? shift, NormalisationSettings settings)
    {
        _flat = x.dim() == 2;
        _images = _flat ? new ImageShape(x.size(0), 1, 1, x.size(1)) : Dense.ShapeOf(x);
        _x = Arrange(x);
        _weight = Dense.Of(weight);
        _bias = Dense.Of(bias);
        _scaleRows = AsRows(scale);
        _shiftRows = AsRows(shift);
        _scale = RowsOf(_scaleRows);
        _shift = RowsOf(_shiftRows);
        _shape = new NormalisationShape
        {
            Pixels = _images.Height * _images.Width,
            Channels = _images.Channels,
            Groups = settings.Groups,
            Epsilon = (float)settings.Epsilon,
            Activate = (byte)(settings.Activate ? 1 : 0),
            Weight = _weight.Start,
            Bias = _bias.Start,
        };
    }

    // Images in channels-last order, or rows.
    private Dense Arrange(Tensor x) => _flat ? Dense.Of(x) : Dense.ChannelsLast(x);

    private Tensor Like() => _flat ? Empty(_images.Count, _images.Channels) : EmptyChannelsLast(_images);

    public Tensor Stats() => Empty(_images.Count, _shape.Groups, 2);

    public Tensor PerChannel() => Empty(_images.Count, _shape.Channels);

    public Tensor Normalise(Tensor stats)
    {
        var y = Like();
        Native.score_normalise(_shape, _images.Count, _x.Start, _scale, _shift, Pointer(stats), Pointer(y));
        return y;
    }

    /// <summary>The gradient in x for the cotangent dy. first and second, unless null, receive the sums of dz and dz x̂.</summary>
    public Tensor Backward(Tensor stats, Tensor dy, Tensor? first, Tensor? second)
    {
        using var from = Arrange(dy);
        var dx = Like();
        Native.score_normalise_backward(_shape, _images.Count, _x.Start, _scale, _shift, Pointer(stats), from.Start, Pointer(first), Pointer(second), Pointer(dx));
        return dx;
    }

    /// <summary>The gradients of <see cref="Backward"/> in x and dy for the cotangent c.</summary>
    public (Tensor Gx, Tensor Gdy) DoubleBackward(Tensor stats, Tensor dy, Tensor c, Tensor first, Tensor second)
    {
        using var from = Arrange(dy);
        using var cotangent = Arrange(c);
        Tensor gx = Like(), gdy = Like();
        Native.score_normalise_double_backward(_shape, _images.Count, _x.Start, _scale, _shift, Pointer(stats), from.Start, cotangent.Start, Pointer(first), Pointer(second), Pointer(gx), Pointer(gdy));
        return (gx, gdy);
    }

    public void Dispose()
    {
        _x.Dispose();
        _weight.Dispose();
        _bias.Dispose();
        // The kernels read them until here; a dispose scope frees the copies.
        GC.KeepAlive(_scaleRows);
        GC.KeepAlive(_shiftRows);
    }
}

/// <summary>A group normalisation as a function of the graph. It saves the statistics for the backward pass.</summary>
internal sealed class GroupNorm : Function<GroupNorm>
{
    public static Tensor Of(Operand x, Operand? weight, Operand? bias, Operand? scale, Operand? shift, NormalisationSettings settings) =>
        Run(settings, x, weight, bias, scale, shift)[0];

    protected override List<Tensor> Forward(ForwardContext context)
    {
        using var norm = new NormalisationInputs(context.Input(0), context.Optional(1), context.Optional(2), context.Optional(3), context.Optional(4), (NormalisationSettings)context.Settings!);
        var stats = norm.Stats();
        context.Saved = [stats];
        return [norm.Normalise(stats)];
    }

    protected override Tensor?[] Backward(BackwardContext context, Tensor?[] gradOutputs)
    {
        var settings = (NormalisationSettings)context.Settings!;
        var (x, dy, stats) = (context.Inputs[0]!, gradOutputs[0]!, context.Saved[0]);
        var parameters = context.Inputs[1..];
        var graph = is_grad_enabled();
        if (!SupportsKernels(dy) || (graph && context.NeedsInputGrad.AsSpan(1).Contains(true)))
        {
            return context.ReferenceVjp(inputs => [Normalisations.Reference(inputs[0]!, inputs[1], inputs[2], inputs[3], inputs[4], settings)], gradOutputs);
        }

        if (graph)
        {
            return [context.NeedsInputGrad[0] ? GroupNormVjp.Of(dy, context, stats) : null];
        }

        using var norm = new NormalisationInputs(x, parameters[0], parameters[1], parameters[2], parameters[3], settings);
        if (!context.NeedsInputGrad.AsSpan(1).Contains(true))
        {
            return [norm.Backward(stats, dy, null, null)];
        }

        using Tensor first = norm.PerChannel(), second = norm.PerChannel();
        var dx = norm.Backward(stats, dy, first, second);
        return [dx, .. Normalisations.ParameterGradients(first, second, parameters, context.NeedsInputGrad.AsSpan(1))];
    }
}

/// <summary>The vector-Jacobian product of a normalisation in x, as a function of the cotangent and of all inputs.</summary>
internal sealed class GroupNormVjp : Function<GroupNormVjp>
{
    // The inputs are dy, x, weight, bias, scale, shift and the statistics, which are a constant.
    public static Tensor Of(Tensor dy, BackwardContext context, Tensor stats) =>
        Run(context.Settings, new Operand(dy), context.Operand(0), context.Operand(1), context.Operand(2), context.Operand(3), context.Operand(4), new Operand(stats))[0];

    protected override List<Tensor> Forward(ForwardContext context)
    {
        using var norm = new NormalisationInputs(context.Input(1), context.Optional(2), context.Optional(3), context.Optional(4), context.Optional(5), (NormalisationSettings)context.Settings!);
        return [norm.Backward(context.Input(6), context.Input(0), null, null)];
    }

    protected override Tensor?[] Backward(BackwardContext context, Tensor?[] gradOutputs)
    {
        var settings = (NormalisationSettings)context.Settings!;
        var c = gradOutputs[0]!;
        if (is_grad_enabled() || !SupportsKernels(c))
        {
            return context.ReferenceVjp(
                inputs =>
                {
                    var x = inputs[1]!.requires_grad ? inputs[1]!.view_as(inputs[1]!) : inputs[1]!.detach().requires_grad_();
                    var y = Normalisations.Reference(x, inputs[2], inputs[3], inputs[4], inputs[5], settings);
                    return [autograd.grad([y], [x], [inputs[0]!], retain_graph: true, create_graph: true)[0]];
                },
                gradOutputs);
        }

        var parameters = context.Inputs[2..6];
        using var norm = new NormalisationInputs(context.Inputs[1]!, parameters[0], parameters[1], parameters[2], parameters[3], settings);
        using Tensor first = norm.PerChannel(), second = norm.PerChannel();
        var (gx, gdy) = norm.DoubleBackward(context.Inputs[6]!, context.Inputs[0]!, c, first, second);
        return [gdy, gx, .. Normalisations.ParameterGradients(first, second, parameters, context.NeedsInputGrad.AsSpan(2, 4))];
    }
}
