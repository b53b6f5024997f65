using static TorchSharp.torch;

namespace Peer;

/// <summary>A network with what it learns from: <c>fast</c>, digits, or <c>plane</c>, points of the plane.</summary>
internal sealed record Problem(long[] Shape, double SigmaData, double LevelMean, double LevelDeviation, double Smallest)
{
    /// <summary>The largest noise level.</summary>
    public const double Largest = 40;

    /// <summary>Numbers of one sample.</summary>
    public long Size => Shape.Aggregate((product, length) => product * length);

    /// <summary>The problem of a name.</summary>
    public static Problem Named(string name) => name switch
    {
        "fast" => new([1, 28, 28], 0.5, -0.1, 1.1, 0.02),
        "plane" => new([2], 1.0, -1.2, 1.6, 0.005),
        _ => throw new ArgumentException($"expected fast or plane, found {name}", nameof(name)),
    };

    /// <summary>A network as it begins.</summary>
    public Denoiser Create() => new(Shape.Length == 1 ? new Mlp() : new Unet(), SigmaData);

    /// <summary>A network with weights that are zero nowhere, the same on both sides.</summary>
    public Denoiser Filled(float scale = 0.05f)
    {
        using var scope = NewDisposeScope();
        using var unrecorded = no_grad();
        var model = Create();
        var count = model.parameters().Sum(p => p.numel());
        foreach (var (p, values) in model.parameters().Zip((scale * Numbers(count)).split([.. model.parameters().Select(p => p.numel())])))
        {
            p.copy_(values.view(p.shape));
        }

        return model;
    }

    /// <summary>Samples of numbers between −1 and 1, the same on both sides.</summary>
    public Tensor Samples(long count) => Numbers(count * Size).view([count, .. Shape]);

    /// <summary>Sixteen values of what a network makes of four samples, for the other side to compare.</summary>
    public float[] Outputs(Denoiser filled)
    {
        using var scope = NewDisposeScope();
        using var unrecorded = no_grad();
        var found = filled.forward(Samples(4), tensor(new[] { 0.05f, 0.2f, 0.8f, 3.2f })).contiguous().data<float>().ToArray();
        return [.. Enumerable.Range(0, 16).Select(i => found[i * (found.Length - 1) / 15])];
    }

    // The fractional parts of i²φ on [−1, 1), which look independent.
    private static Tensor Numbers(long count)
    {
        var values = new float[count];
        for (var i = 0; i < count; i++)
        {
            values[i] = (float)((i + 1.0) * (i + 1.0) * 0.6180339887498949 % 1.0 * 2 - 1);
        }

        return tensor(values);
    }
}
