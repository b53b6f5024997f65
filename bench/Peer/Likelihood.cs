using static TorchSharp.torch;

namespace Peer;

/// <summary>
/// Log-densities by the probability flow in ln σ, with one probe of the divergence (Song et al. 2021, section 4.3). As many
/// evaluations as the other side took: the steps are equal ones, whose errors are estimated all the same.
/// </summary>
internal sealed class Likelihood(Problem problem, Setting setting, int count, int evaluations)
{
    // Dormand and Prince (1980): times of the stages with their weights, and order 5 less order 4.
    private static readonly (double Node, double[] Weights)[] Stages =
    [
        (1.0 / 5, [1.0 / 5]),
        (3.0 / 10, [3.0 / 40, 9.0 / 40]),
        (4.0 / 5, [44.0 / 45, -56.0 / 15, 32.0 / 9]),
        (8.0 / 9, [19372.0 / 6561, -25360.0 / 2187, 64448.0 / 6561, -212.0 / 729]),
        (1, [9017.0 / 3168, -355.0 / 33, 46732.0 / 5247, 49.0 / 176, -5103.0 / 18656]),
        (1, [35.0 / 384, 0, 500.0 / 1113, 125.0 / 192, -2187.0 / 6784, 11.0 / 84]),
    ];

    private static readonly double[] Difference =
        [71.0 / 57600, 0, -71.0 / 16695, 71.0 / 1920, -17253.0 / 339200, 22.0 / 525, -1.0 / 40];

    /// <summary>Below, the network has learned nothing, and stays as it is.</summary>
    private static readonly double Learned = Math.Exp(-3.4);

    private readonly Denoiser _model = Frozen(setting.Apply(problem.Filled()), setting);
    private readonly int _steps = (evaluations - 3) / Stages.Length;
    private readonly double _start = Math.Log(1.0 / 255);

    /// <summary>As a row.</summary>
    public Row Row() => new(_model, Stages.Length * _steps + 3, () => Once(), () =>
    {
        using var scope = NewDisposeScope();
        Slope(problem.Samples(count), ones_like(problem.Samples(count)), 0);
    });

    /// <summary>The log-density of each sample, up to a constant.</summary>
    public double[] Once()
    {
        using var scope = NewDisposeScope();
        using var unrecorded = no_grad();
        var data = problem.Samples(count);
        var probe = randint(2, data.shape, dtype: float32) * 2 - 1;
        var (x, u, h) = (data.to(float64), _start, (Math.Log(Problem.Largest) - _start) / _steps);
        var (density, errors) = (zeros(count, dtype: float64), zeros(count, dtype: float64));
        var slope = Slope(x, probe, u);
        for (var i = 0; i < _steps; i++)
        {
            using var step = NewDisposeScope();
            List<(Tensor Field, Tensor Density)> found = [slope];
            var after = x;
            foreach (var (node, weights) in Stages)
            {
                after = x + h * Sum(weights, found.Select(k => k.Field));
                found.Add(Slope(after, probe, u + node * h));
            }

            var gained = density + h * Sum(Stages[^1].Weights, found.Select(k => k.Density));
            var error = (h * Sum(Difference, found.Select(k => k.Field))).square().flatten(1).mean([1]).sqrt();
            errors = (errors + error).MoveToOuterDisposeScope();
            var taken = errors.isfinite();
            x = where(Denoiser.Each(taken, x), after, x).MoveToOuterDisposeScope();
            density = where(taken, gained, density).MoveToOuterDisposeScope();
            slope = (found[^1].Field.MoveToOuterDisposeScope(), found[^1].Density.MoveToOuterDisposeScope());
            u += h;
        }

        // What an early stop and a bound of it ask for: one more slope and the denoiser itself.
        _ = Slope(data.to(float64), probe, _start);
        _ = _model.forward(data, full(count, Learned, dtype: float32));
        var prior = -0.5 * (x / Problem.Largest).square().flatten(1).sum(1);
        return (density + prior).data<double>().ToArray();
    }

    // The flow's velocity in ln σ and its divergence along the probe.
    private (Tensor Field, Tensor Density) Slope(Tensor x, Tensor probe, double u)
    {
        using var scope = NewDisposeScope();
        using var recorded = enable_grad();
        var input = x.to(float32).detach().requires_grad_();
        var value = _model.forward(input, full(count, Math.Max(Math.Exp(u), Learned), dtype: float32));
        var along = autograd.grad([value], [input], [probe])[0];
        using var unrecorded = no_grad();
        var field = (input - value).detach().to(float64);
        var density = ((probe - along) * probe).flatten(1).sum(1).to(float64);
        return (field.MoveToOuterDisposeScope(), density.MoveToOuterDisposeScope());
    }

    private static Tensor Sum(double[] weights, IEnumerable<Tensor> slopes) =>
        weights.Zip(slopes).Where(term => term.First != 0).Select(term => term.First * term.Second).Aggregate((a, b) => a + b);

    // Its parameters have no gradients: who tunes says so.
    private static Denoiser Frozen(Denoiser model, Setting setting)
    {
        foreach (var p in setting.Stock ? [] : model.parameters())
        {
            p.requires_grad_(false);
        }

        return model;
    }
}
