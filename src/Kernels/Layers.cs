using TorchSharp;
using static ScoreFunctional.Kernels.Memory;
using static TorchSharp.torch;

namespace ScoreFunctional.Kernels;

/// <summary>Operations of networks on TorchSharp's tensors: single kernels in float32 on processors with AVX2 or AVX-512, and
/// compositions of libtorch's own operations for other devices, types and machines. All are differentiable to any order, and what
/// the kernels compute for one sample depends neither on those beside it nor on the number of threads.</summary>
public static class Layers
{
    /// <summary>x sigmoid(x), of any shape.</summary>
    public static Tensor Silu(Operand x) => Kernels.Silu.Apply(x);

    /// <summary>Cross-correlation of x [n, i, h, w] with weight [o, i, k, k], plus bias [o], plus a tensor of the result's shape.</summary>
    public static Tensor Convolution(Operand x, Operand weight, Operand bias, Operand? residual, int stride, int padding) =>
        Convolutions.Apply(x, weight, bias, residual, stride, padding);

    /// <summary>x [n, i] times the transpose of weight [o, i], plus bias [o].</summary>
    public static Tensor Linear(Operand x, Operand weight, Operand bias) => AffineMap.Apply(x, weight, bias);

    /// <summary>Group normalisation of x [n, c, …]: each sample's channels in equal groups to mean 0 and (biased) variance 1, then by weight and
    /// bias [c], then by 1 + scale and shift [n, c], then SiLU if asked.</summary>
    public static Tensor Normalise(Operand x, int groups, Operand? weight, Operand? bias, Operand? scale, Operand? shift, double epsilon, bool activate) =>
        Normalisations.Apply(x, weight, bias, scale, shift, new NormalisationSettings(groups, epsilon, activate));

    /// <summary>A multilayer perceptron: x [n, i]; weight [o, i] and bias [o] of each hidden layer, then of the affine map after the last if it
    /// has a head; then, if it is modulated, the condition c [n, e] and the affine map from it to all modulations:
    /// h_l = silu((W_l h_{l-1} + b_l)(1 + s_l) + t_l), [s_1, t_1, s_2, …] = W_f c + b_f.</summary>
    public static Tensor Mlp(Operand[] inputs, int hidden, bool headed, bool modulated) =>
        Kernels.Mlp.Apply(inputs, new MlpLayout(hidden, headed, modulated));

    /// <summary>[cos(x_k w), sin(x_k w)] for the number x_k of each sample and all rates w, which are constant: [n] to [n, 2 rates], in the
    /// rates' type.</summary>
    public static unsafe Tensor Fourier(Operand x, Tensor rates)
    {
        ArgumentNullException.ThrowIfNull(rates);
        var labels = x.Tensor.to(rates.dtype, rates.device);
        if (Recorded(x) || labels.dim() != 1 || rates.dim() != 1 || !OnKernels(labels, rates))
        {
            var angles = labels.unsqueeze(1) * rates;
            return cat([angles.cos(), angles.sin()], 1);
        }

        using var from = Dense.Of(labels);
        using var w = Dense.Of(rates);
        var features = Empty(labels.size(0), 2 * rates.size(0));
        Native.score_fourier(from.Start, labels.size(0), w.Start, rates.size(0), Pointer(features));
        return features;
    }
}
