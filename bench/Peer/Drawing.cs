using static TorchSharp.torch;

namespace Peer;

/// <summary>Heun's method with churn over EDM's noise levels (Karras et al. 2022, algorithm 2).</summary>
internal sealed class Drawing(Problem problem, Setting setting, Denoiser network, int count, int steps = Drawing.UsualSteps)
{
    /// <summary>Steps of the preset.</summary>
    public const int UsualSteps = 24;

    /// <summary>Samples at a time where large batches are drawn in parts.</summary>
    public const int Part = 64;

    private const double Churn = 8, From = 0.05, To = 50;

    private readonly Denoiser _model = setting.Apply(network);
    private readonly long _part = setting.Has("parts") ? Part : count;

    /// <summary>As a row.</summary>
    public Row Row() => new(_model, 2 * steps - 1, () => Once(), () =>
    {
        using var scope = NewDisposeScope();
        using var unrecorded = setting.Inference();
        Denoise(problem.Samples(count), 1);
    });

    /// <summary>Draws samples, one after another.</summary>
    public float[] Once()
    {
        using var scope = NewDisposeScope();
        using var unrecorded = setting.Inference();
        var sigmas = Levels();
        var x = randn([count, .. problem.Shape]) * sigmas[0];
        for (var i = 0; i < steps; i++)
        {
            using var step = NewDisposeScope();
            x = Move(x, sigmas[i], sigmas[i + 1]).MoveToOuterDisposeScope();
        }

        return x.data<float>().ToArray();
    }

    private Tensor Move(Tensor x, double sigma, double next)
    {
        if (sigma is >= From and <= To && next > 0)
        {
            var raised = Math.Min(sigma * (1 + Math.Min(Churn / steps, Math.Sqrt(2) - 1)), Problem.Largest);
            x = x + Math.Sqrt(raised * raised - sigma * sigma) * randn_like(x);
            sigma = raised;
        }

        var slope = (x - Denoise(x, sigma)) / sigma;
        var euler = x + (next - sigma) * slope;
        if (next == 0)
        {
            return euler;
        }

        var after = (euler - Denoise(euler, next)) / next;
        return x + (next - sigma) * (slope + after) / 2;
    }

    private Tensor Denoise(Tensor x, double sigma) =>
        count <= _part ? Evaluate(x, sigma) : cat([.. x.split(_part).Select(some => Evaluate(some, sigma))]);

    private Tensor Evaluate(Tensor x, double sigma)
    {
        using var scope = NewDisposeScope();
        return _model.forward(x, full(x.shape[0], sigma, dtype: float32)).MoveToOuterDisposeScope();
    }

    private double[] Levels()
    {
        const double rho = 7;
        var (first, last) = (Math.Pow(Problem.Largest, 1 / rho), Math.Pow(problem.Smallest, 1 / rho));
        return [.. Enumerable.Range(0, steps).Select(i => Math.Pow(first + (double)i / Math.Max(1, steps - 1) * (last - first), rho)), 0];
    }
}
