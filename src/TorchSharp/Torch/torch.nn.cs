namespace TorchSharp;

/// <summary>How a tensor continues beyond its edges.</summary>
public enum PaddingModes
{
    /// <summary>With zeros.</summary>
    Zeros = 0,

    /// <summary>Mirrored at the edge elements.</summary>
    Reflect = 1,

    /// <summary>With copies of the edge elements.</summary>
    Replicate = 2,

    /// <summary>Periodically.</summary>
    Circular = 3,

    /// <summary>With one given number.</summary>
    Constant = 4,
}

public static partial class torch
{
    /// <summary>How <c>interpolate</c> reads between elements.</summary>
    public enum InterpolationMode
    {
        /// <summary>The nearest element.</summary>
        Nearest = 0,
    }

    /// <summary>Neural networks.</summary>
    public static partial class nn
    {
        /// <summary>How a loss is reduced to a number.</summary>
        public enum Reduction : long
        {
            /// <summary>Not at all.</summary>
            None = 0,

            /// <summary>Its mean.</summary>
            Mean = 1,

            /// <summary>Its sum.</summary>
            Sum = 2,
        }

        /// <summary>Layers as functions of their input and parameters.</summary>
        public static partial class functional
        {
            /// <summary>X sigmoid(x).</summary>
            public static Tensor silu(Tensor x, bool inplace = false) => InPlace(x, x.silu(), inplace);

            /// <summary>Max(x, 0).</summary>
            public static Tensor relu(Tensor x, bool inplace = false) => inplace ? x.relu_() : x.relu();

            /// <summary>1 / (1 + exp(-x)).</summary>
            public static Tensor sigmoid(Tensor x) => x.sigmoid();

            /// <summary>The hyperbolic tangent.</summary>
            public static Tensor tanh(Tensor x, bool inplace = false) => inplace ? x.tanh_() : x.tanh();

            /// <summary>X Phi(x) with the standard normal distribution function Phi.</summary>
            public static Tensor gelu(Tensor x) => x.gelu();

            /// <summary>X where positive, alpha (exp(x) - 1) elsewhere.</summary>
            public static Tensor elu(Tensor x, double alpha, bool inplace = false) => InPlace(x, Native.st_elu(x, alpha), inplace);

            /// <summary>X where positive, negative_slope x elsewhere.</summary>
            public static Tensor leaky_relu(Tensor input, double negative_slope = 0.01, bool inplace = false) => InPlace(input, Native.st_leaky_relu(input, negative_slope), inplace);

            /// <summary>Log(1 + exp(beta x)) / beta; x itself where beta x is above the threshold.</summary>
            public static Tensor softplus(Tensor x, double beta = 1, double threshold = 20) => Native.st_softplus(x, beta, threshold);

            /// <summary>Exp(x) divided by its sum over a dimension.</summary>
            public static Tensor softmax(Tensor input, long dim, ScalarType? dtype = null) => Native.st_softmax(input, dim, Code(dtype));

            /// <summary>X less logsumexp over a dimension.</summary>
            public static Tensor log_softmax(Tensor x, long dim) => Native.st_log_softmax(x, dim, -1);

            /// <summary>(x - mean) / sqrt(var + eps) over the channels of each group and all positions, times weight, plus bias.</summary>
            public static Tensor group_norm(Tensor input, long num_groups, Tensor? weight = null, Tensor? bias = null, double eps = 1e-5) => Native.st_group_norm(input, num_groups, weight, bias, eps);

            /// <summary>X Wᵀ + b.</summary>
            public static Tensor linear(Tensor input, Tensor weights, Tensor? bias = null) => Native.st_linear(input, weights, bias);

            /// <summary>A one at each class's place along a new last dimension.</summary>
            public static Tensor one_hot(Tensor x, long num_classes = -1) => Native.st_one_hot(x, num_classes);

            /// <summary>Sets elements to zero with probability p and divides the others by 1 - p; does nothing unless training.</summary>
            public static Tensor dropout(Tensor input, double p = 0.5, bool training = true, bool inplace = false)
            {
                if (!inplace)
                {
                    return Native.st_dropout(input, p, training);
                }

                Native.Check(Native.st_dropout_(input, p, training));
                return input;
            }

            /// <summary>Padding before and after each dimension, the last dimension first.</summary>
            public static Tensor pad(Tensor input, long[] pad, PaddingModes mode = PaddingModes.Constant, double value = 0) => functional.pad(input, (ReadOnlySpan<long>)pad, mode, value);

            /// <summary>Padding before and after each dimension, the last dimension first.</summary>
            public static Tensor pad(Tensor input, ReadOnlySpan<long> pad, PaddingModes mode = PaddingModes.Constant, double value = 0) =>
                Native.st_pad(input, pad, pad.Length, mode is PaddingModes.Constant or PaddingModes.Zeros ? 0 : (int)mode, mode == PaddingModes.Zeros ? 0 : value);

            /// <summary>Resamples the spatial dimensions of [n, c, ...] to a size or by a factor for each.</summary>
            /// <exception cref="ArgumentException">Neither or both of size and scale_factor are given, or a mode other than nearest.</exception>
            public static Tensor interpolate(Tensor x, long[]? size = null, double[]? scale_factor = null, InterpolationMode mode = InterpolationMode.Nearest, bool? align_corners = null, bool recompute_scale_factor = false, bool antialias = false)
            {
                if (mode != InterpolationMode.Nearest || align_corners.HasValue || antialias)
                {
                    throw new ArgumentException($"Expected nearest interpolation without align_corners or antialias, found mode {mode}.", nameof(mode));
                }

                if (size is null == scale_factor is null)
                {
                    throw new ArgumentException("Expected one of size and scale_factor.", nameof(size));
                }

                return Native.st_upsample_nearest(x, size, size?.Length ?? 0, scale_factor, scale_factor?.Length ?? 0);
            }

            /// <summary>Each element of [n, c, l] repeated to a size or by a factor.</summary>
            public static Tensor upsample_nearest1d(Tensor input, long? outputSize, double? scaleFactor) => Native.st_upsample_nearest(input, outputSize is { } size ? [size] : default, outputSize is null ? 0 : 1, scaleFactor is { } scale ? [scale] : default, scaleFactor is null ? 0 : 1);

            /// <summary>Each element of [n, c, h, w] repeated to sizes or by factors.</summary>
            public static Tensor upsample_nearest2d(Tensor input, long[]? outputSizes = null, double[]? scaleFactors = null) => Native.st_upsample_nearest(input, outputSizes, outputSizes?.Length ?? 0, scaleFactors, scaleFactors?.Length ?? 0);

            /// <summary>Each element of [n, c, d, h, w] repeated to sizes or by factors.</summary>
            public static Tensor upsample_nearest3d(Tensor input, long[]? outputSizes = null, double[]? scaleFactors = null) => Native.st_upsample_nearest(input, outputSizes, outputSizes?.Length ?? 0, scaleFactors, scaleFactors?.Length ?? 0);

            /// <summary>Squared differences, reduced.</summary>
            public static Tensor mse_loss(Tensor input, Tensor target, Reduction reduction = Reduction.Mean) => Native.st_mse_loss(input, target, (long)reduction);

            /// <summary>Minus the log-probabilities of the target classes, weighted and reduced.</summary>
            public static Tensor nll_loss(Tensor input, Tensor target, Tensor? weight = null, Reduction reduction = Reduction.Mean) => Native.st_nll_loss(input, target, weight, (long)reduction);

            private static Tensor InPlace(Tensor input, Tensor result, bool inplace)
            {
                if (!inplace)
                {
                    return result;
                }

                input.copy_(result);
                result.Dispose();
                return input;
            }
        }
    }

    /// <summary>Exp(x) divided by its sum over a dimension.</summary>
    public static Tensor softmax(Tensor input, int dim, ScalarType? dtype = null) => nn.functional.softmax(input, dim, dtype);

    public partial class Tensor
    {
        /// <summary>Exp(x) divided by its sum over a dimension.</summary>
        public Tensor softmax(long dim, ScalarType? dtype = null) => Native.st_softmax(this, dim, Code(dtype));

        /// <summary>X less logsumexp over a dimension.</summary>
        public Tensor log_softmax(long dim, ScalarType? dtype = null) => Native.st_log_softmax(this, dim, Code(dtype));

        /// <summary>Log(1 + exp(beta x)) / beta.</summary>
        public Tensor softplus(double beta = 1, double threshold = 20) => Native.st_softplus(this, beta, threshold);
    }
}
