using TorchSharp;
using static TorchSharp.torch;

namespace Peer;

/// <summary>Steps of training: noise, loss, gradient, clipping, AdamW, average, and what a log of the run shows.</summary>
internal static class Training
{
    /// <summary>Denoising at stratified log-normal noise levels, in EDM's weights (Karras et al. 2022).</summary>
    public static Row Denoising(Problem problem, Setting setting, int batch) => Steps(problem, setting, batch, (model, data) =>
    {
        var quantile = (arange(batch) + rand(1)) / batch;
        var sigma = (problem.LevelMean + problem.LevelDeviation * Math.Sqrt(2) * (2 * quantile - 1).erfinv())
            .clamp(max: Math.Log(Problem.Largest)).exp();
        var s = Denoiser.Each(sigma, data);
        var denoised = model.forward(data + s * randn_like(data), sigma);
        var weight = (s * s + problem.SigmaData * problem.SigmaData) / (s * problem.SigmaData).square();
        return (weight * (denoised - data).square()).flatten(1).mean([1]);
    });

    /// <summary>Explicit score matching (Hyvärinen 2005) of uniform noise levels, weighted by σ².</summary>
    public static Row Explicit(Problem problem, Setting setting, int batch) => Matching(problem, setting, batch, (score, x) =>
    {
        var divergence = zeros(batch);
        for (var i = 0; i < problem.Size; i++)
        {
            var gradient = autograd.grad([score.select(1, i).sum()], [x], retain_graph: true, create_graph: true)[0];
            divergence += gradient.flatten(1).select(1, i);
        }

        return score.square().sum(1) + 2 * divergence;
    });

    /// <summary>Sliced score matching (Song, Garg, Shi and Ermon 2019) of uniform noise levels, weighted by σ².</summary>
    public static Row Sliced(Problem problem, Setting setting, int batch) => Matching(problem, setting, batch, (score, x) =>
    {
        var v = randint(2, score.shape, dtype: float32) * 2 - 1;
        var projected = (score * v).sum(1);
        var along = autograd.grad([projected.sum()], [x], retain_graph: true, create_graph: true)[0].flatten(1);
        return projected.square() + 2 * (along * v).sum(1);
    });

    private static Row Matching(Problem problem, Setting setting, int batch, Func<Tensor, Tensor, Tensor> objective) =>
        Steps(problem, setting, batch, (model, data) =>
        {
            var sigma = problem.Smallest + (Problem.Largest - problem.Smallest) * rand(batch);
            var s = Denoiser.Each(sigma, data);
            var x = (data + s * randn_like(data)).requires_grad_();
            var score = ((model.forward(x, sigma) - x) / s.square()).flatten(1);
            return objective(score, x) * sigma.square() / problem.Size;
        });

    // The losses of the samples of a batch are what differs.
    private static Row Steps(Problem problem, Setting setting, int batch, Func<Denoiser, Tensor, Tensor> losses)
    {
        var model = setting.Apply(problem.Create());
        var update = Update.Of(setting, model);
        var data = problem.Samples(batch);
        return new(model, 1, () =>
        {
            using var scope = NewDisposeScope();
            var perSample = losses(model, data);
            var loss = perSample.mean();
            var norm = update.Step(loss);
            Metrics = (loss.item<float>(), norm, perSample.data<float>().ToArray());
        });
    }

    /// <summary>The last step's loss, gradient norm and losses by sample, as numbers.</summary>
    public static (float Loss, double Norm, float[] PerSample) Metrics { get; private set; }
}
