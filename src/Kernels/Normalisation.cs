using static ScoreFunctional.Kernels.Memory;
using static TorchSharp.torch;

namespace ScoreFunctional.Kernels;

/// <summary>Numbers of a group normalisation.</summary>
internal sealed record NormalisationSettings(long Groups, double Epsilon, bool Activate);

/// <summary>Group normalisation of [n, c, …], with the modulation and activation that follow it, in one pass over memory each way. The
/// inputs are x, then weight and bias [c], then scale and shift [n, c]; all but x may be absent.</summary>
internal static class Normalisations
{
    public static Tensor Apply(Operand x, Operand? weight, Operand? bias, Operand? scale, Operand? shift, NormalisationSettings settings)
    {
        var fits = x.Tensor.dim() is 2 or 4 && settings.Groups >= 1 && x.Tensor.size(1) % settings.Groups == 0 &&
            HasShape(weight?.Tensor, x.Tensor.size(1)) && HasShape(bias?.Tensor, x.Tensor.size(1)) &&
            HasShape(scale?.Tensor, x.Tensor.size(0), x.Tensor.size(1)) && HasShape(shift?.Tensor, x.Tensor.size(0), x.Tensor.size(1)) &&
            OnKernels(x.Tensor, weight?.Tensor, bias?.Tensor, scale?.Tensor, shift?.Tensor);
        if (!fits)
        {
            return Reference(x.Tensor, weight?.Tensor, bias?.Tensor, scale?.Tensor, shift?.Tensor, settings);
        }

        if (Recorded(x, weight, bias, scale, shift))
        {
            return GroupNormalisation.Of(x, weight, bias, scale, shift, settings);
        }

        using var samples = new Samples(x.Tensor, weight?.Tensor, bias?.Tensor, scale?.Tensor, shift?.Tensor, settings);
        using var stats = samples.Stats();
        return samples.Normalise(stats);
    }

    public static Tensor Reference(Tensor x, Tensor? weight, Tensor? bias, Tensor? scale, Tensor? shift, NormalisationSettings settings)
    {
        long[] Each(Tensor a) => [.. a.shape, .. Enumerable.Repeat(1L, (int)x.dim() - 2)];
        var y = nn.functional.group_norm(x, settings.Groups, weight, bias, settings.Epsilon);
        y = scale is null ? y : y * scale.reshape(Each(scale)).Plus(1);
        y = shift is null ? y : y.Plus(shift.reshape(Each(shift)));
        return settings.Activate ? nn.functional.silu(y) : y;
    }

    /// <summary>The derivatives in the parts of z = (w x̂ + b)(1 + scale) + shift, from the sums of dz (first) and dz x̂ (second) of each sample
    /// and channel.</summary>
    public static Tensor?[] OfParts(Tensor first, Tensor second, Tensor?[] parts, ReadOnlySpan<bool> wanted)
    {
        Tensor? weight = parts[0], bias = parts[1], scale = parts[2];
        using var gain = scale is null ? null : scale.Plus(1);

        Tensor Summed(Tensor sums)
        {
            using var modulated = gain is null ? sums.alias() : sums * gain;
            return modulated.sum(dim: 0);
        }

        Tensor? dscale = null;
        if (wanted[2])
        {
            dscale = weight is null ? second.alias() : second * weight;
            dscale = bias is null ? dscale : dscale.IncreaseByProduct(first, bias);
        }

        return [wanted[0] ? Summed(second) : null, wanted[1] ? Summed(first) : null, dscale, wanted[3] ? first.alias() : null];
    }
}

/// <summary>The inputs of a normalisation as the kernels see them.</summary>
internal readonly unsafe ref struct Samples
{
    private readonly Dense _x, _weight, _bias;
    private readonly Tensor? _scaleRows, _shiftRows;
    private readonly Rows _scale, _shift;
    private readonly NormalisationShape _shape;
    private readonly ImageShape _images;
    private readonly bool _flat;

    public Samples(Tensor x, Tensor? weight, Tensor? bias, Tensor? scale, Tensor? shift, NormalisationSettings settings)
    {
        _flat = x.dim() == 2;
        _images = _flat ? new ImageShape(x.size(0), 1, 1, x.size(1)) : Dense.ShapeOf(x);
        _x = LaidOut(x);
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

    // Images with their channels innermost, or rows.
    private Dense LaidOut(Tensor x) => _flat ? Dense.Of(x) : Dense.Images(x);

    private Tensor Like() => _flat ? Empty(_images.Count, _images.Channels) : EmptyImages(_images);

    public Tensor Stats() => Empty(_images.Count, _shape.Groups, 2);

    public Tensor PerChannel() => Empty(_images.Count, _shape.Channels);

    public Tensor Normalise(Tensor stats)
    {
        var y = Like();
        Native.score_normalise(_shape, _images.Count, _x.Start, _scale, _shift, Pointer(stats), Pointer(y));
        return y;
    }

    /// <summary>The derivative in x along dy; the sums of dz and dz x̂ go to first and second if they are asked for.</summary>
    public Tensor Gradient(Tensor stats, Tensor dy, Tensor? first, Tensor? second)
    {
        using var from = LaidOut(dy);
        var dx = Like();
        Native.score_normalise_gradient(_shape, _images.Count, _x.Start, _scale, _shift, Pointer(stats), from.Start, Pointer(first), Pointer(second), Pointer(dx));
        return dx;
    }

    /// <summary>The derivatives of that along c, in x and dy.</summary>
    public (Tensor Gx, Tensor Gdy) Bend(Tensor stats, Tensor dy, Tensor c, Tensor first, Tensor second)
    {
        using var from = LaidOut(dy);
        using var along = LaidOut(c);
        Tensor gx = Like(), gdy = Like();
        Native.score_normalise_bend(_shape, _images.Count, _x.Start, _scale, _shift, Pointer(stats), from.Start, along.Start, Pointer(first), Pointer(second), Pointer(gx), Pointer(gdy));
        return (gx, gdy);
    }

    public void Dispose()
    {
        _x.Dispose();
        _weight.Dispose();
        _bias.Dispose();
        // Copies of them, if any, are the scope's; until here the kernels read them.
        GC.KeepAlive(_scaleRows);
        GC.KeepAlive(_shiftRows);
    }
}

/// <summary>A normalisation as an operation of the graph; its statistics are kept for its derivatives.</summary>
internal sealed class GroupNormalisation : Operation<GroupNormalisation>
{
    public static Tensor Of(Operand x, Operand? weight, Operand? bias, Operand? scale, Operand? shift, NormalisationSettings settings) =>
        Run(settings, x, weight, bias, scale, shift)[0];

    protected override List<Tensor> Value(Call call)
    {
        using var samples = new Samples(call.Input(0), call.Optional(1), call.Optional(2), call.Optional(3), call.Optional(4), (NormalisationSettings)call.Settings!);
        var stats = samples.Stats();
        call.Left = [stats];
        return [samples.Normalise(stats)];
    }

    protected override Tensor?[] Derivatives(Backward of, Tensor?[] gradients)
    {
        var settings = (NormalisationSettings)of.Settings!;
        var (x, dy, stats) = (of.Inputs[0]!, gradients[0]!, of.Left[0]);
        var parts = of.Inputs[1..];
        var graph = is_grad_enabled();
        if (!OnKernels(dy) || (graph && of.Wanted.AsSpan(1).Contains(true)))
        {
            return of.DerivativesOf(inputs => [Normalisations.Reference(inputs[0]!, inputs[1], inputs[2], inputs[3], inputs[4], settings)], gradients);
        }

        if (graph)
        {
            return [of.Wanted[0] ? GroupNormalisationSlope.Of(dy, of, stats) : null];
        }

        using var samples = new Samples(x, parts[0], parts[1], parts[2], parts[3], settings);
        if (!of.Wanted.AsSpan(1).Contains(true))
        {
            return [samples.Gradient(stats, dy, null, null)];
        }

        using Tensor first = samples.PerChannel(), second = samples.PerChannel();
        var dx = samples.Gradient(stats, dy, first, second);
        return [dx, .. Normalisations.OfParts(first, second, parts, of.Wanted.AsSpan(1))];
    }
}

/// <summary>The derivative of a normalisation in x, as a function of the output's derivative and of all that it depends on.</summary>
internal sealed class GroupNormalisationSlope : Operation<GroupNormalisationSlope>
{
    // dy, x, weight, bias, scale and shift, then the statistics, a constant.
    public static Tensor Of(Tensor dy, Backward of, Tensor stats) =>
        Run(of.Settings, new Operand(dy), of.Operand(0), of.Operand(1), of.Operand(2), of.Operand(3), of.Operand(4), new Operand(stats))[0];

    protected override List<Tensor> Value(Call call)
    {
        using var samples = new Samples(call.Input(1), call.Optional(2), call.Optional(3), call.Optional(4), call.Optional(5), (NormalisationSettings)call.Settings!);
        return [samples.Gradient(call.Input(6), call.Input(0), null, null)];
    }

    protected override Tensor?[] Derivatives(Backward of, Tensor?[] gradients)
    {
        var settings = (NormalisationSettings)of.Settings!;
        var c = gradients[0]!;
        if (is_grad_enabled() || !OnKernels(c))
        {
            return of.DerivativesOf(
                inputs =>
                {
                    var x = inputs[1]!.requires_grad ? inputs[1]!.view_as(inputs[1]!) : inputs[1]!.detach().requires_grad_();
                    var y = Normalisations.Reference(x, inputs[2], inputs[3], inputs[4], inputs[5], settings);
                    return [autograd.grad([y], [x], [inputs[0]!], retain_graph: true, create_graph: true)[0]];
                },
                gradients);
        }

        var parts = of.Inputs[2..6];
        using var samples = new Samples(of.Inputs[1]!, parts[0], parts[1], parts[2], parts[3], settings);
        using Tensor first = samples.PerChannel(), second = samples.PerChannel();
        var (gx, gdy) = samples.Bend(of.Inputs[6]!, of.Inputs[0]!, c, first, second);
        return [gdy, gx, .. Normalisations.OfParts(first, second, parts, of.Wanted.AsSpan(2, 4))];
    }
}
