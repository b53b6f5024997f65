using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;
using F = TorchSharp.torch.nn.functional;

namespace Peer;

/// <summary>What both networks make of the noise label.</summary>
internal static class Embedding
{
    private static readonly Tensor Frequencies =
        tensor([.. Enumerable.Range(0, 16).Select(j => (float)(Math.PI / 2 * Math.Pow(2, 4 * j / 15.0)))]).DetachFromDisposeScope();

    /// <summary>The layers after the angles.</summary>
    public static Sequential Layers(long width) =>
        Sequential(Linear(32, width), SiLU(), Linear(width, width), SiLU());

    /// <summary>Labels <c>[n]</c> as cosines and sines <c>[n, 32]</c>.</summary>
    public static Tensor Angles(Tensor label)
    {
        var angles = label.unsqueeze(1) * Frequencies;
        return cat([angles.cos(), angles.sin()], 1);
    }
}

/// <summary>A residual block, scaled and shifted by the noise level.</summary>
internal sealed class Block : Module<Tensor, Tensor, Tensor>
{
    private readonly GroupNorm norm;
    private readonly Conv2d conv1;
    private readonly Conv2d conv2;
    private readonly Module<Tensor, Tensor> skip;
    private readonly long _groups;

    public Block(long inputs, long outputs, long groupSize) : base(nameof(Block))
    {
        _groups = outputs / groupSize;
        norm = GroupNorm(inputs / groupSize, inputs);
        conv1 = Conv2d(inputs, outputs, 3, padding: 1);
        conv2 = Conv2d(outputs, outputs, 3, padding: 1);
        skip = inputs == outputs ? Identity() : Conv2d(inputs, outputs, 1);
        RegisterComponents();
        init.zeros_(conv2.weight);
        init.zeros_(conv2.bias);
    }

    public override Tensor forward(Tensor x, Tensor film)
    {
        using var scope = NewDisposeScope();
        var modulation = film.unsqueeze(-1).unsqueeze(-1).chunk(2, 1);
        var h = conv1.forward(F.silu(norm.forward(x)));
        h = conv2.forward(F.silu(F.group_norm(h, _groups) * (1 + modulation[0]) + modulation[1]));
        return (h + skip.forward(x)).MoveToOuterDisposeScope();
    }
}

/// <summary>Fully connected layers over all places and a few channels.</summary>
internal sealed class Dense : Module<Tensor, Tensor>
{
    private readonly GroupNorm norm;
    private readonly Conv2d squeeze;
    private readonly Linear dense1;
    private readonly Linear dense2;
    private readonly Conv2d expand;

    public Dense(long width, long groupSize, long channels, long places, long hidden) : base(nameof(Dense))
    {
        norm = GroupNorm(width / groupSize, width);
        squeeze = Conv2d(width, channels, 1);
        dense1 = Linear(channels * places, hidden);
        dense2 = Linear(hidden, channels * places);
        expand = Conv2d(channels, width, 1);
        RegisterComponents();
        init.zeros_(expand.weight);
        init.zeros_(expand.bias);
    }

    public override Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        var h = squeeze.forward(norm.forward(x));
        var mixed = dense2.forward(F.silu(dense1.forward(h.flatten(1))));
        return (x + expand.forward(mixed.view(h.shape))).MoveToOuterDisposeScope();
    }
}

/// <summary>The blocks at 7 × 7.</summary>
internal sealed class Coarse : Module<Tensor, Tensor[], Tensor>
{
    private readonly ModuleList<Block> middle = new();
    private readonly ModuleList<Dense> between = new();

    public Coarse(long width, int blocks, long groupSize) : base(nameof(Coarse))
    {
        for (var i = 0; i < blocks; i++)
        {
            middle.Add(new Block(width, width, groupSize));
        }

        for (var i = 0; i < blocks - 1; i++)
        {
            between.Add(new Dense(width, groupSize, channels: 16, places: 49, hidden: 256));
        }

        RegisterComponents();
    }

    public override Tensor forward(Tensor x, Tensor[] films)
    {
        for (var i = 0; i < middle.Count; i++)
        {
            x = middle[i].forward(x, films[i]);
            x = i < between.Count ? between[i].forward(x) : x;
        }

        return x;
    }
}

/// <summary>Down to 7 × 7 and up again.</summary>
internal sealed class Levels : Module<Tensor, Tensor[], Tensor>
{
    private readonly ModuleList<Block> encode;
    private readonly Conv2d down;
    private readonly Coarse inner;
    private readonly Conv2d up;
    private readonly ModuleList<Block> decode;

    public Levels(long fine, long coarse, int blocks, long groupSize) : base(nameof(Levels))
    {
        encode = ModuleList(new Block(fine, fine, groupSize));
        down = Conv2d(fine, coarse, 3, stride: 2, padding: 1);
        inner = new Coarse(coarse, blocks, groupSize);
        up = Conv2d(coarse, fine, 1);
        decode = ModuleList(new Block(2 * fine, fine, groupSize));
        RegisterComponents();
    }

    public override Tensor forward(Tensor x, Tensor[] films)
    {
        var skip = encode[0].forward(x, films[0]);
        var h = up.forward(inner.forward(down.forward(skip), films[1..^1]));
        h = cat([F.interpolate(h, scale_factor: [2, 2], mode: InterpolationMode.Nearest), skip], 1);
        return decode[0].forward(h, films[^1]);
    }
}

/// <summary>The network of digits: 28 × 28 pixels at 14 × 14 and 7 × 7.</summary>
internal sealed class Unet : Module<Tensor, Tensor, Tensor>
{
    private readonly Sequential embedding;
    private readonly Linear film;
    private readonly Conv2d stem;
    private readonly Levels levels;
    private readonly GroupNorm norm;
    private readonly Conv2d head;
    private readonly long[] _films;

    public Unet(long fine = 48, long coarse = 96, int blocks = 3, long groupSize = 16, long width = 128) : base(nameof(Unet))
    {
        _films = [2 * fine, .. Enumerable.Repeat(2 * coarse, blocks), 2 * fine];
        embedding = Embedding.Layers(width);
        film = Linear(width, _films.Sum());
        stem = Conv2d(4, fine, 3, padding: 1);
        levels = new Levels(fine, coarse, blocks, groupSize);
        norm = GroupNorm(fine / groupSize, fine);
        head = Conv2d(fine, 4, 3, padding: 1);
        RegisterComponents();
        foreach (var start in new[] { film.weight, film.bias!, head.weight, head.bias! })
        {
            init.zeros_(start);
        }
    }

    public override Tensor forward(Tensor x, Tensor label)
    {
        var films = film.forward(embedding.forward(Embedding.Angles(label).to(x.dtype))).split(_films, 1);
        var h = levels.forward(stem.forward(F.pixel_unshuffle(x, 2)), films);
        return F.pixel_shuffle(head.forward(F.silu(norm.forward(h))), 2);
    }
}

/// <summary>The network of points of the plane.</summary>
internal sealed class Mlp : Module<Tensor, Tensor, Tensor>
{
    private readonly Sequential embedding;
    private readonly Linear film;
    private readonly ModuleList<Linear> layers = new();
    private readonly Linear head;

    public Mlp(long dimension = 2, long units = 128, int count = 3, long width = 64) : base(nameof(Mlp))
    {
        embedding = Embedding.Layers(width);
        film = Linear(width, 2 * count * units);
        for (var i = 0; i < count; i++)
        {
            layers.Add(Linear(i == 0 ? dimension : units, units));
        }

        head = Linear(units, dimension);
        RegisterComponents();
        foreach (var start in new[] { film.weight, film.bias!, head.weight, head.bias! })
        {
            init.zeros_(start);
        }
    }

    public override Tensor forward(Tensor x, Tensor label)
    {
        var films = film.forward(embedding.forward(Embedding.Angles(label).to(x.dtype))).chunk(2 * layers.Count, 1);
        for (var i = 0; i < layers.Count; i++)
        {
            x = F.silu(layers[i].forward(x) * (1 + films[2 * i]) + films[2 * i + 1]);
        }

        return head.forward(x);
    }
}

/// <summary>EDM's preconditioning (Karras et al. 2022, table 1): x and σ to the mean of the data.</summary>
internal sealed class Denoiser : Module<Tensor, Tensor, Tensor>
{
    private readonly Module<Tensor, Tensor, Tensor> network;
    private readonly double _data;

    /// <param name="network">x and ¼ ln σ to the shape of x.</param>
    /// <param name="sigmaData">The data's standard deviation.</param>
    public Denoiser(Module<Tensor, Tensor, Tensor> network, double sigmaData) : base(nameof(Denoiser))
    {
        this.network = network;
        _data = sigmaData;
        RegisterComponents();
    }

    /// <summary>The network inside.</summary>
    public Module<Tensor, Tensor, Tensor> Network => network;

    /// <summary>What the network computes in; around it, everything is float32.</summary>
    public ScalarType Precision { get; set; } = float32;

    public override Tensor forward(Tensor x, Tensor sigma)
    {
        var s = Each(sigma, x);
        var total = s * s + _data * _data;
        var root = total.sqrt();
        var inner = network.forward((x / root).to(Precision), sigma.log() / 4).to(float32);
        return _data * _data / total * x + s * _data / root * inner;
    }

    /// <summary>A number a sample, <c>[n]</c>, in the rank of samples <c>[n, …]</c>.</summary>
    public static Tensor Each(Tensor numbers, Tensor samples) =>
        numbers.view([-1, .. Enumerable.Repeat(1L, (int)samples.dim() - 1)]);
}
