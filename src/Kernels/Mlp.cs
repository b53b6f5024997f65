using static ScoreFunctional.Kernels.Memory;
using static TorchSharp.torch;

namespace ScoreFunctional.Kernels;

/// <summary>The order of the inputs of an MLP: x [n, i]; weight [o, i] and bias [o] of each hidden layer and of the head, if there is one;
/// then, if it is modulated, the condition c [n, e] and the weight and bias of the map from it to all modulations:
/// h_l = silu((W_l h_{l-1} + b_l)(1 + s_l) + t_l), [s_1, t_1, s_2, …] = W_f c + b_f.</summary>
internal sealed record MlpLayout(int Hidden, bool HasHead, bool Modulated)
{
    public int Layers => Hidden + (HasHead ? 1 : 0);

    public int Condition => 1 + (2 * Layers);

    public static int Weight(int layer) => 1 + (2 * layer);

    public static int Bias(int layer) => 2 + (2 * layer);

    public bool Fits(Tensor[] inputs)
    {
        static bool IsMap(Tensor weight, Tensor bias, long columns) =>
            weight.dim() == 2 && weight.size(1) == columns && HasShape(bias, weight.size(0));

        if (!SupportsKernels(inputs) || inputs[0].dim() != 2)
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

    /// <summary>Scale and shift of each layer, alternating.</summary>
    public Tensor[] Split(Tensor films, ReadOnlySpan<Tensor> z) => films.split(Splits(z), 1);

    /// <summary>The result, z of every hidden layer, and the modulations if there are any, in libtorch's operations.</summary>
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

        var result = HasHead ? nn.functional.linear(h, inputs[Weight(Hidden)]!, inputs[Bias(Hidden)]) : h;
        return [result, .. z, .. films is null ? Array.Empty<Tensor>() : [films]];
    }
}

/// <summary>A multilayer perceptron (MLP) as one function of the graph.</summary>
internal sealed unsafe class Mlp : Function<Mlp>
{
    public static Tensor Apply(Operand[] inputs, MlpLayout layout)
    {
        var tensors = Array.ConvertAll(inputs, input => input.Tensor);
        if (!layout.Fits(tensors))
        {
            return layout.Reference(tensors)[0];
        }

        var operands = Array.ConvertAll(inputs, input => (Operand?)input);
        if (!RequiresGrad(operands))
        {
            return Compute(tensors, layout, false).Result;
        }

        var outputs = Run(layout, operands);
        for (var i = 1; i < outputs.Count; i++)
        {
            outputs[i].Dispose();
        }

        return outputs[0];
    }

    // The outputs are the result and, if x requires a gradient, z of every layer and the modulations: the second derivative goes
    // through them.
    protected override List<Tensor> Forward(ForwardContext context)
    {
        var activations = Compute(Array.ConvertAll(context.Operands, operand => operand!.Value.Tensor), (MlpLayout)context.Settings!, true);
        Tensor[] inner = [.. activations.Z, .. activations.Films is null ? Array.Empty<Tensor>() : [activations.Films]];
        context.Saved = [.. inner, .. activations.H];
        return context.Input(0).requires_grad ? [activations.Result, .. inner] : [activations.Result];
    }

    private sealed record Activations(Tensor Result, Tensor[] Z, Tensor[] H, Tensor? Films);

    private static Activations Compute(Tensor[] inputs, MlpLayout layout, bool keep)
    {
        using var temporaries = new Temporaries();
        var rows = inputs[0].size(0);
        Tensor[] z = new Tensor[layout.Layers], h = new Tensor[layout.Layers];
        var layers = stackalloc LayerArguments[layout.Layers + 1];
        for (var i = 0; i < layout.Layers; i++)
        {
            var weight = inputs[MlpLayout.Weight(i)];
            z[i] = Empty(rows, weight.size(0));
            h[i] = i < layout.Hidden ? Empty(rows, weight.size(0)) : z[i];
            layers[i] = temporaries.Layer(weight, inputs[MlpLayout.Bias(i)], temporary: keep);
            layers[i].Z = Pointer(z[i]);
            layers[i].H = Pointer(h[i]);
        }

        var arguments = new MlpArguments
        {
            Rows = rows,
            Hidden = layout.Hidden,
            Count = layout.Layers,
            Layers = layers,
            X = temporaries.Contiguous(inputs[0]),
        };
        Tensor? films = null;
        if (layout.Modulated)
        {
            var film = layers + layout.Layers;
            films = Empty(rows, inputs[layout.Condition + 1].size(0));
            *film = temporaries.Layer(inputs[layout.Condition + 1], inputs[layout.Condition + 2], temporary: keep);
            film->Z = Pointer(films);
            arguments.Condition = temporaries.Contiguous(inputs[layout.Condition]);
            arguments.Film = film;
        }

        Native.score_mlp(arguments);
        var result = h[^1];
        if (!keep)
        {
            foreach (var tensor in z.Concat(h).Append(films).Where(tensor => tensor is not null && !ReferenceEquals(tensor, result)).Distinct())
            {
                tensor!.Dispose();
            }
        }

        return new Activations(result, z[..layout.Hidden], h[..(layout.Layers - 1)], films);
    }

    protected override Tensor?[] Backward(BackwardContext context, Tensor?[] gradOutputs)
    {
        var layout = (MlpLayout)context.Settings!;
        if (!is_grad_enabled() && SupportsKernels(gradOutputs))
        {
            return Gradients(context, layout, gradOutputs);
        }

        var onlyResult = gradOutputs[0] is not null && gradOutputs.Skip(1).All(gradient => gradient is null);
        return onlyResult && SupportsKernels(gradOutputs[0]!) && !context.NeedsInputGrad.AsSpan(1).Contains(true)
            ? [context.NeedsInputGrad[0] ? InputVjp(context, layout, gradOutputs[0]!) : null]
            : context.ReferenceVjp(views => layout.Reference(views), gradOutputs);
    }

    // The vector-Jacobian product in x, recorded in the graph, by functions whose backward passes have kernels.
    private static Tensor InputVjp(BackwardContext context, MlpLayout layout, Tensor dy)
    {
        var z = context.Saved[..layout.Hidden];
        var films = layout.Modulated ? layout.Split(context.Saved[layout.Hidden], z) : null;
        var gradient = layout.HasHead ? LinearMap.Vjp(new Operand(dy), context.Operand(MlpLayout.Weight(layout.Hidden))!.Value) : dy;
        for (var layer = layout.Hidden - 1; layer >= 0; layer--)
        {
            gradient = films is null
                ? Silu.Derivative(z[layer]) * gradient
                : ModulationVjp.Of(new Operand(gradient), new Operand(z[layer]), new Operand(films[2 * layer]), new Operand(films[(2 * layer) + 1]));
            gradient = LinearMap.Vjp(new Operand(gradient), context.Operand(MlpLayout.Weight(layer))!.Value);
        }

        return gradient;
    }

    private static Tensor?[] Gradients(BackwardContext context, MlpLayout layout, Tensor?[] gradOutputs)
    {
        using var temporaries = new Temporaries();
        var inputs = context.Inputs;
        var saved = context.Saved;
        var rows = inputs[0]!.size(0);
        var h = saved[(layout.Hidden + (layout.Modulated ? 1 : 0))..];
        var result = new Tensor?[inputs.Length];
        float* GradientOf(int i) => context.NeedsInputGrad[i] ? Pointer(result[i] = EmptyOf(inputs[i]!)) : null;
        Tensor? GradOutput(int output) => output < gradOutputs.Length ? gradOutputs[output] : null;
        float* Scratch(long width) => Pointer(temporaries.Keep(Empty(rows, width)));

        var layers = stackalloc LayerArguments[layout.Layers + 1];
        for (var i = 0; i < layout.Layers; i++)
        {
            int weight = MlpLayout.Weight(i), bias = MlpLayout.Bias(i);
            layers[i] = temporaries.Layer(inputs[weight]!, inputs[bias]!);
            layers[i].Dweight = GradientOf(weight);
            layers[i].Dbias = GradientOf(bias);
            layers[i].H = i < h.Length ? Pointer(h[i]) : null;
            if (i < layout.Hidden)
            {
                layers[i].Z = Pointer(saved[i]);
                layers[i].Dz = Scratch(layers[i].Outputs);
                layers[i].DzExtra = temporaries.Contiguous(GradOutput(1 + i));
            }
        }

        var arguments = new MlpArguments
        {
            Rows = rows,
            Hidden = layout.Hidden,
            Count = layout.Layers,
            Layers = layers,
            X = temporaries.Contiguous(inputs[0]!),
            Dx = GradientOf(0),
            Dy = gradOutputs[0] is { } dy ? temporaries.Contiguous(dy) : Pointer(temporaries.Keep(zeros(rows, layers[layout.Layers - 1].Outputs))),
        };
        if (layout.Modulated)
        {
            var condition = layout.Condition;
            var film = layers + layout.Layers;
            *film = temporaries.Layer(inputs[condition + 1]!, inputs[condition + 2]!);
            film->Z = Pointer(saved[layout.Hidden]);
            film->Dz = Scratch(film->Outputs);
            film->DzExtra = temporaries.Contiguous(GradOutput(1 + layout.Hidden));
            film->Dweight = GradientOf(condition + 1);
            film->Dbias = GradientOf(condition + 2);
            arguments.Condition = temporaries.Contiguous(inputs[condition]!);
            arguments.Dcondition = GradientOf(condition);
            arguments.Film = film;
        }

        Native.score_mlp_backward(arguments);
        return result;
    }

    // Memory that the kernels read during a call, freed after it.
    private sealed class Temporaries : IDisposable
    {
        private readonly List<IDisposable> _items = [];

        public T Keep<T>(T item)
            where T : IDisposable
        {
            _items.Add(item);
            return item;
        }

        public float* Contiguous(Tensor? tensor) =>
            tensor is null ? null : Pointer(tensor.is_contiguous() ? tensor : Keep(tensor.contiguous()));

        public LayerArguments Layer(Tensor weight, Tensor bias) =>
            new() { Outputs = weight.size(0), Inputs = weight.size(1), Weight = Contiguous(weight), Bias = Contiguous(bias) };

        /// <summary>Also packs the transposed weight, for this call alone or into the cache.</summary>
        public LayerArguments Layer(Tensor weight, Tensor bias, bool temporary)
        {
            var layer = Layer(weight, bias);
            var packed = temporary ? Keep(LinearMap.PackedTranspose(weight)) : PackedWeights.Get(weight, LinearMap.PackedTranspose);
            _packed.Add(packed);
            layer.Packed = packed.Start;
            return layer;
        }

        // Kept alive during the call.
        private readonly List<NativeBuffer> _packed = [];

        public void Dispose()
        {
            _items.ForEach(item => item.Dispose());
            GC.KeepAlive(_packed);
        }
    }
}
