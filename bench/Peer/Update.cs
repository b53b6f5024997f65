using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.optim;

namespace Peer;

/// <summary>What follows a loss: gradient, clipping, AdamW and the average of the weights.</summary>
internal interface IUpdate
{
    /// <summary>Lowers a loss by one step.</summary>
    /// <returns>The gradient's norm.</returns>
    double Step(Tensor loss);
}

/// <summary>The constants of both ways.</summary>
internal static class Update
{
    public const double Decay = 0.999;

    /// <summary>The way of a setting.</summary>
    public static IUpdate Of(Setting setting, Denoiser model) =>
        setting.Has("flat") || setting.Bf16 ? new FlatUpdate(model) : new ListUpdate(model);

    public static AdamW Optimiser(IEnumerable<Parameter> parameters) => AdamW(parameters, 1e-4, weight_decay: 0.01);
}

/// <summary>As the documentation begins.</summary>
internal sealed class ListUpdate(Denoiser model) : IUpdate
{
    private readonly Parameter[] _parameters = [.. model.parameters()];
    private readonly Tensor[] _average = [.. model.parameters().Select(p => p.detach().clone())];
    private readonly AdamW _optimiser = Update.Optimiser(model.parameters());

    public double Step(Tensor loss)
    {
        _optimiser.zero_grad();
        loss.backward();
        var norm = nn.utils.clip_grad_norm_(_parameters, 1.0);
        _optimiser.step();
        using var unrecorded = no_grad();
        foreach (var (mean, p) in _average.Zip(_parameters))
        {
            mean.mul_(Update.Decay).add_(p, alpha: 1 - Update.Decay);
        }

        return norm;
    }
}

/// <summary>The same on one vector, of which the parameters and their gradients are views. Where the network is in bfloat16,
/// the vector that AdamW changes is in float32, and the network's a copy of it.</summary>
internal sealed class FlatUpdate : IUpdate
{
    private readonly Tensor _values;
    private readonly Tensor _gradient;
    private readonly Parameter _master;
    private readonly Tensor _average;
    private readonly AdamW _optimiser;

    public FlatUpdate(Denoiser model)
    {
        using var unrecorded = no_grad();
        Parameter[] parameters = [.. model.parameters()];
        var sizes = parameters.Select(p => p.numel()).ToArray();
        _values = empty(sizes.Sum(), dtype: parameters[0].dtype);
        _gradient = zeros_like(_values);
        foreach (var (p, values, gradient) in parameters.Zip(_values.split(sizes), _gradient.split(sizes)))
        {
            p.set_(Like(p, values).copy_(p));
            p.grad = Like(p, gradient);
        }

        var plain = _values.dtype == float32;
        _master = new Parameter(plain ? _values.detach() : _values.to(float32));
        _master.grad = plain ? _gradient : zeros_like(_master);
        _average = _master.detach().clone();
        _optimiser = Update.Optimiser([_master]);
    }

    public double Step(Tensor loss)
    {
        _gradient.zero_();
        loss.backward();
        using var unrecorded = no_grad();
        var plain = _values.dtype == float32;
        if (!plain)
        {
            _master.grad!.copy_(_gradient);
        }

        var norm = nn.utils.clip_grad_norm_([_master], 1.0);
        _optimiser.step();
        if (!plain)
        {
            _values.copy_(_master);
        }

        _average.mul_(Update.Decay).add_(_master, alpha: 1 - Update.Decay);
        return norm;
    }

    // A view keeps the memory format that was chosen.
    private static Tensor Like(Tensor p, Tensor part) => p.dim() == 4 && !p.is_contiguous()
        ? part.view(p.shape[0], p.shape[2], p.shape[3], p.shape[1]).permute(0, 3, 1, 2)
        : part.view(p.shape);
}
