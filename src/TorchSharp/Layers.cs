using static TorchSharp.torch;

namespace TorchSharp;

/// <summary>
/// Layers as single operations of the native floor, beside TorchSharp's public face: for the floor above alone, which
/// composes the same from that face where the real package stands in this one's place.
/// </summary>
internal static class Layers
{
    /// <summary>Convolution of images [n, c, h, w], plus bias, plus a tensor of the result's shape.</summary>
    internal static Tensor Convolution(Tensor x, Tensor weight, Tensor? bias, Tensor? residual, long stride, long padding) =>
        Native.st_convolution(x, weight, bias, residual, stride, padding);

    /// <summary>X times the transpose of weight [o, i], plus bias.</summary>
    internal static Tensor Linear(Tensor x, Tensor weight, Tensor? bias) => Native.st_affine(x, weight, bias);

    /// <summary>Group normalisation of x [n, c, …], times weight and plus bias [c], times 1 + scale and plus shift [n, c], then SiLU if asked.</summary>
    internal static Tensor Normalise(Tensor x, long groups, Tensor? weight, Tensor? bias, Tensor? scale, Tensor? shift, double epsilon, bool activate) =>
        Native.st_normalise(x, groups, weight, bias, scale, shift, epsilon, activate);

    /// <summary>X sigmoid(x).</summary>
    internal static Tensor Silu(Tensor x) => Native.st_silu_fused(x);

    /// <summary>Silu(x (1 + scale) + shift).</summary>
    internal static Tensor Modulate(Tensor x, Tensor scale, Tensor shift) => Native.st_modulate(x, scale, shift);

    /// <summary>
    /// A multilayer perceptron: x, the weight and bias of each of so many hidden layers, then those of the affine map after
    /// them or nothing, then the condition of their modulations with its weight and bias or nothing.
    /// </summary>
    internal static Tensor Perceptron(Tensor[] parts, long hidden)
    {
        var result = Native.st_perceptron(Native.Handles(parts), parts.Length, hidden);
        GC.KeepAlive(parts);
        return result;
    }

    /// <summary>Each sample of x [n, …] times or divided by its number of a [n].</summary>
    internal static Tensor ScaleEach(Tensor a, Tensor x, bool divide) => Native.st_scale_each(a, x, divide);

    /// <summary>A_k x_k + b_k y_k for every sample k of x and y [n, …].</summary>
    internal static Tensor CombineEach(Tensor a, Tensor x, Tensor b, Tensor y) => Native.st_combine_each(a, x, b, y);

    /// <summary>The cosines, then the sines, of each of x [n] times each rate: [n, 2 rates].</summary>
    internal static Tensor Fourier(Tensor x, Tensor rates) => Native.st_fourier(x, rates);

    /// <summary>The inner product of each pair of samples [n, …].</summary>
    internal static Tensor DotEach(Tensor a, Tensor b) => Native.st_dot_each(a, b);

    /// <summary>A vector as tensors of these shapes, views of it.</summary>
    internal static Tensor[] Parts(Tensor flat, long[][] shapes) =>
        Native.Take(Native.st_parts(flat, Array.ConvertAll(shapes, shape => (long)shape.Length), shapes.Length, shapes.SelectMany(shape => shape).ToArray()));

    /// <summary>The Euclidean norm of all elements. Like the rest of this file from here on, a constant.</summary>
    internal static Tensor Norm(Tensor x) => Native.st_norm_of(x);

    /// <summary>AdamW's change of the parameters, and the two moments after it.</summary>
    internal static Tensor[] Adam(Tensor parameters, Tensor gradient, Tensor m, Tensor v, double rate, double beta1, double beta2, double epsilon, double decay, double correction1, double correction2) =>
        Native.Take(Native.st_adam(parameters, gradient, m, v, rate, beta1, beta2, epsilon, decay, correction1, correction2));

    /// <summary>A x + b y.</summary>
    internal static Tensor Mix(Tensor x, Tensor y, double a, double b) => Native.st_mix(x, y, a, b);

    /// <summary>G, or what makes it as long as the limit if it is longer.</summary>
    internal static Tensor Clip(Tensor g, double limit) => Native.st_clip(g, limit);

    /// <summary>X + change, and the average after it.</summary>
    internal static Tensor[] Advance(Tensor x, Tensor change, Tensor average, double decay) => Native.Take(Native.st_advance(x, change, average, decay));
}
