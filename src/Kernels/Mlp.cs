using static ScoreFunctional.Kernels.Memory;
using static TorchSharp.torch;

namespace ScoreFunctional.Kernels;

/// <summary>Where the inputs of a perceptron stand: x [n, i]; weight [o, i] and bias [o] of each hidden layer, then of the affine map after
/// the last if there is one; then, if the layers are modulated, the condition c [n, e] and the affine map from it to all modulations:
/// h_l = silu((W_l h_{l-1} + b_l)(1 + s_l) + t_l), [s_1, t_1, s_2, …] = W_f c + b_f.</summary>
internal sealed record MlpLayout(int Hidden, bool Headed, bool Modulated)
{
    public int Layers => Hidden + (Headed ? 1 : 0);

    public int Condition => 1 + (2 * Layers);

    public static int Weight(int layer) => 1 + (2 * layer);

    public static int Bias(int layer) => 2 + (2 * layer);

    public bool Fits(Tensor[] inputs)
    {
        static bool IsMap(Tensor weight, Tensor bias, long columns) =>
            weight.dim() == 2 && weight.size(1) == columns && HasShape(bias, weight.size(0));

        if (!OnKernels(inputs) || inputs[0].dim() != 2)
        {
            return false;
        }

        var (columns, modulations) = (inputs[0].size(1), 0L);
        for (var layer = 0; layer < Layers; layer++)
        {
            if (!IsMap(inputs[Weight(layer)], inputs[Bias(layer)], columns))
            {
                return false;
            }

            columns = inputs[Weight(layer)].size(0);
            modulations += layer < Hidden ? 2 * columns : 0;
        }

        if (!Modulated)
        {
            return true;
        }

        Tensor condition = inputs[Condition], film = inputs[Condition + 1];
        return condition.dim() == 2 && condition.size(0) == inputs[0].size(0) && IsMap(film, inputs[Condition + 2], condition.size(1)) &&
            film.size(0) == modulations;
    }

    private long[] Splits(ReadOnlySpan<Tensor> z)
    {
        var sizes = new long[2 * Hidden];
        for (var i = 0; i < sizes.Length; i++)
        {
            sizes[i] = z[i / 2].size(1);
        }

        return sizes;
    }

    /// <summary>Scale and shift of each layer in turn.</summary>
    public Tensor[] Split(Tensor films, ReadOnlySpan<Tensor> z) => films.split(Splits(z), 1);

    /// <summary>The result, z of every hidden layer, and the modulations if there are any, of libtorch's own operations.</summary>
    public Tensor[] Reference(Tensor?[] inputs)
    {
        var films = Modulated ? nn.functional.linear(inputs[Condition]!, inputs[Condition + 1]!, inputs[Condition + 2]) : null;
        var z = new List<Tensor>();
        var h = inputs[0]!;
        long at = 0;
        for (var layer = 0; layer < Hidden; layer++)
        {
            z.Add(nn.functional.linear(h, inputs[Weight(layer)]!, inputs[Bias(layer)]));
            var width = z[layer].size(1);
            h = nn.functional.silu(films is null ? z[layer] : (z[layer] * films.narrow(1, at, width).Plus(1)).Plus(films.narrow(1, at + width, width)));
            at += 2 * width;
        }

        var result = Headed ? nn.functional.linear(h, inputs[Weight(Hidden)]!, inputs[Bias(Hidden)]) : h;
        return [result, .. z, .. films is null ? Array.Empty<Tensor>() : [films]];
    }
}

/// <summary>A multilayer perceptron as one operation of the graph.</summary>
internal sealed unsafe class Mlp : Operation<Mlp>
{
    public static Tensor Apply(Operand[] inputs, MlpLayout layout)
    {
        var tensors = Array.ConvertAll(inputs, input => input.Tensor);
        if (!layout.Fits(tensors))
        {
            return layout.Reference(tensors)[0];
        }

        var operands = Array.ConvertAll(inputs, input => (Operand?)input);
        if (!Recorded(operands))
        {
            return Compute(tensors, layout, false).Result;
        }

        var made = Run(layout, operands);
        for (var i = 1; i < made.Count; i++)
        {
            made[i].Dispose();
        }

        return made[0];
    }

    // The result, then, where a derivative in x may be asked for, z of every layer and the modulations: whoever differentiates
    // that derivative again does so through them.
    protected override List<Tensor> Value(Call call)
    {
        var made = Compute(Array.ConvertAll(call.Operands, operand => operand!.Value.Tensor), (MlpLayout)call.Settings!, true);
        Tensor[] within = [.. made.Z, .. made.Films is null ? Array.Empty<Tensor>() : [made.Films]];
        call.Left = [.. within, .. made.H];
        return call.Input(0).requires_grad ? [made.Result, .. within] : [made.Result];
    }

    private sealed record Made(Tensor Result, Tensor[] Z, Tensor[] H, Tensor? Films);

    private static Made Compute(Tensor[] inputs, MlpLayout layout, bool keep)
    {
        using var hold = new Holder();
        var rows = inputs[0].size(0);
        Tensor[] z = new Tensor[layout.Layers], h = new Tensor[layout.Layers];
        var layers = stackalloc LayerParts[layout.Layers + 1];
        for (var i = 0; i < layout.Layers; i++)
        {
            var weight = inputs[MlpLayout.Weight(i)];
            z[i] = Empty(rows, weight.size(0));
            h[i] = i < layout.Hidden ? Empty(rows, weight.size(0)) : z[i];
            layers[i] = hold.Layer(weight, inputs[MlpLayout.Bias(i)], once: keep);
            layers[i].Z = Pointer(z[i]);
            layers[i].H = Pointer(h[i]);
        }

        var parts = new MlpParts
        {
            Rows = rows,
            Hidden = layout.Hidden,
            Count = layout.Layers,
            Layers = layers,
            X = hold.Contiguous(inputs[0]),
        };
        Tensor? films = null;
        if (layout.Modulated)
        {
            var film = layers + layout.Layers;
            films = Empty(rows, inputs[layout.Condition + 1].size(0));
            *film = hold.Layer(inputs[layout.Condition + 1], inputs[layout.Condition + 2], once: keep);
            film->Z = Pointer(films);
            parts.Condition = hold.Contiguous(inputs[layout.Condition]);
            parts.Film = film;
        }

        Native.score_mlp(parts);
        var result = h[^1];
        if (!keep)
        {
            foreach (var tensor in z.Concat(h).Append(films).Where(tensor => tensor is not null && !ReferenceEquals(tensor, result)).Distinct())
            {
                tensor!.Dispose();
            }
        }

        return new Made(result, z[..layout.Hidden], h[..(layout.Layers - 1)], films);
    }

    protected override Tensor?[] Derivatives(Backward of, Tensor?[] gradients)
    {
        var layout = (MlpLayout)of.Settings!;
        if (!is_grad_enabled() && OnKernels(gradients))
        {
            return Gradient(of, layout, gradients);
        }

        var ofResult = gradients[0] is not null && gradients.Skip(1).All(gradient => gradient is null);
        return ofResult && OnKernels(gradients[0]!) && !of.Wanted.AsSpan(1).Contains(true)
            ? [of.Wanted[0] ? SlopeInX(of, layout, gradients[0]!) : null]
            : of.DerivativesOf(views => layout.Reference(views), gradients);
    }

    // The derivative in x as part of the graph, by the operations that have kernels for its own derivatives.
    private static Tensor SlopeInX(Backward of, MlpLayout layout, Tensor dy)
    {
        var z = of.Left[..layout.Hidden];
        var films = layout.Modulated ? layout.Split(of.Left[layout.Hidden], z) : null;
        var slope = layout.Headed ? AffineMap.Slope(new Operand(dy), of.Operand(MlpLayout.Weight(layout.Hidden))!.Value) : dy;
        for (var layer = layout.Hidden - 1; layer >= 0; layer--)
        {
            slope = films is null
                ? Silu.Slope(z[layer]) * slope
                : ModulationSlope.Of(new Operand(slope), new Operand(z[layer]), new Operand(films[2 * layer]), new Operand(films[(2 * layer) + 1]));
            slope = AffineMap.Slope(new Operand(slope), of.Operand(MlpLayout.Weight(layer))!.Value);
        }

        return slope;
    }

    private static Tensor?[] Gradient(Backward of, MlpLayout layout, Tensor?[] gradients)
    {
        using var hold = new Holder();
        var inputs = of.Inputs;
        var made = of.Left;
        var rows = inputs[0]!.size(0);
        var h = made[(layout.Hidden + (layout.Modulated ? 1 : 0))..];
        var result = new Tensor?[inputs.Length];
        float* Place(int i) => of.Wanted[i] ? Pointer(result[i] = EmptyOf(inputs[i]!)) : null;
        Tensor? Also(int output) => output < gradients.Length ? gradients[output] : null;
        float* Slopes(long width) => Pointer(hold.Keep(Empty(rows, width)));

        var layers = stackalloc LayerParts[layout.Layers + 1];
        for (var i = 0; i < layout.Layers; i++)
        {
            int weight = MlpLayout.Weight(i), bias = MlpLayout.Bias(i);
            layers[i] = hold.Layer(inputs[weight]!, inputs[bias]!);
            layers[i].Dweight = Place(weight);
            layers[i].Dbias = Place(bias);
            layers[i].H = i < h.Length ? Pointer(h[i]) : null;
            if (i < layout.Hidden)
            {
                layers[i].Z = Pointer(made[i]);
                layers[i].Dz = Slopes(layers[i].Width);
                layers[i].DzAlso = hold.Contiguous(Also(1 + i));
            }
        }

        var parts = new MlpParts
        {
            Rows = rows,
            Hidden = layout.Hidden,
            Count = layout.Layers,
            Layers = layers,
            X = hold.Contiguous(inputs[0]!),
            Dx = Place(0),
            Dy = gradients[0] is { } dy ? hold.Contiguous(dy) : Pointer(hold.Keep(zeros(rows, layers[layout.Layers - 1].Width))),
        };
        if (layout.Modulated)
        {
            var condition = layout.Condition;
            var film = layers + layout.Layers;
            *film = hold.Layer(inputs[condition + 1]!, inputs[condition + 2]!);
            film->Z = Pointer(made[layout.Hidden]);
            film->Dz = Slopes(film->Width);
            film->DzAlso = hold.Contiguous(Also(1 + layout.Hidden));
            film->Dweight = Place(condition + 1);
            film->Dbias = Place(condition + 2);
            parts.Condition = hold.Contiguous(inputs[condition]!);
            parts.Dcondition = Place(condition);
            parts.Film = film;
        }

        Native.score_mlp_gradient(parts);
        return result;
    }

    // What a call to the kernels reads and nobody needs after it.
    private sealed class Holder : IDisposable
    {
        private readonly List<IDisposable> _held = [];

        public T Keep<T>(T held)
            where T : IDisposable
        {
            _held.Add(held);
            return held;
        }

        public float* Contiguous(Tensor? tensor) =>
            tensor is null ? null : Pointer(tensor.is_contiguous() ? tensor : Keep(tensor.contiguous()));

        public LayerParts Layer(Tensor weight, Tensor bias) =>
            new() { Width = weight.size(0), Inside = weight.size(1), Weight = Contiguous(weight), Bias = Contiguous(bias) };

        /// <summary>With the weight's transpose packed, for now or for later uses too.</summary>
        public LayerParts Layer(Tensor weight, Tensor bias, bool once)
        {
            var layer = Layer(weight, bias);
            var packed = once ? Keep(AffineMap.PackedTranspose(weight)) : Prepared.Once(weight, AffineMap.PackedTranspose);
            _prepared.Add(packed);
            layer.Packed = packed.Start;
            return layer;
        }

        // Alive until the call is over.
        private readonly List<Floats> _prepared = [];

        public void Dispose()
        {
            _held.ForEach(held => held.Dispose());
            GC.KeepAlive(_prepared);
        }
    }
}
