using TorchSharp;
using static ScoreFunctional.Kernels.Memory;
using static TorchSharp.torch;

namespace ScoreFunctional.Kernels;

/// <summary>Network layers on TorchSharp's tensors: single kernels for float32 on processors with AVX2 or AVX-512, libtorch's operations for
/// other types, devices and processors. All are differentiable to any order. A kernel's result for one sample depends neither on the
/// rest of the batch nor on the number of threads.</summary>
public static class Layers
{
    /// <summary>x sigmoid(x), of any shape.</summary>
    public static Tensor Silu(Operand x) => Kernels.Silu.Apply(x);

    /// <summary>Cross-correlation of x [n, i, h, w] with weight [o, i, k, k], plus bias [o], plus a residual of the result's shape, if any.</summary>
    public static Tensor Convolution(Operand x, Operand weight, Operand bias, Operand? residual, int stride, int padding) =>
        Convolutions.Apply(x, weight, bias, residual, stride, padding);

    /// <summary>x [n, i] times the transpose of weight [o, i], plus bias [o].</summary>
    public static Tensor Linear(Operand x, Operand weight, Operand bias) => LinearMap.Apply(x, weight, bias);

    /// <summary>Group normalisation of x [n, c, …]: normalises equal groups of each sample's channels to mean 0 and (biased) variance 1, epsilon
    /// added; then applies x weight + bias [c], x (1 + scale) + shift [n, c] and SiLU, each if given or requested.</summary>
    public static Tensor Normalise(Operand x, int groups, Operand? weight, Operand? bias, Operand? scale, Operand? shift, double epsilon, bool activate) =>
        Normalisations.Apply(x, weight, bias, scale, shift, new NormalisationSettings(groups, epsilon, activate));

    /// <summary>A multilayer perceptron, h_l = silu((W_l h_{l-1} + b_l)(1 + s_l) + t_l), [s_1, t_1, s_2, …] = W_f c + b_f. The inputs are
    /// x [n, i]; weight [o, i] and bias [o] of each hidden layer and of the head, if it has one; then, if it is modulated, the condition
    /// c [n, e], W_f and b_f.</summary>
    public static Tensor Mlp(Operand[] inputs, int hidden, bool hasHead, bool modulated) =>
        Kernels.Mlp.Apply(inputs, new MlpLayout(hidden, hasHead, modulated));

    /// <summary>Fourier features [cos(x_k w), sin(x_k w)] of the number x_k of each sample, for constant rates w: [n] to [n, 2 rates], in the
    /// type of the rates.</summary>
    public static unsafe Tensor Fourier(Operand x, Tensor rates)
    {
        ArgumentNullException.ThrowIfNull(rates);
        var numbers = x.Tensor.to(rates.dtype, rates.device);
        if (RequiresGrad(x) || numbers.dim() != 1 || rates.dim() != 1 || !SupportsKernels(numbers, rates))
        {
            var angles = numbers.unsqueeze(1) * rates;
            return cat([angles.cos(), angles.sin()], 1);
        }

        using var from = Dense.Of(numbers);
        using var w = Dense.Of(rates);
        var features = Empty(numbers.size(0), 2 * rates.size(0));
        Native.score_fourier(from.Start, numbers.size(0), w.Start, rates.size(0), Pointer(features));
        return features;
    }
}
