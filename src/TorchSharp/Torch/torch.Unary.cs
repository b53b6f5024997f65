namespace TorchSharp;

public static partial class torch
{
    /// <summary>The absolute values.</summary>
    public static Tensor abs(Tensor input) => input.abs();

    /// <summary>The absolute values, in place.</summary>
    public static Tensor abs_(Tensor input) => input.abs_();

    /// <summary>The negatives.</summary>
    public static Tensor neg(Tensor input) => input.neg();

    /// <summary>The negatives, in place.</summary>
    public static Tensor neg_(Tensor input) => input.neg_();

    /// <summary>The signs: -1, 0 or 1.</summary>
    public static Tensor sign(Tensor input) => input.sign();

    /// <summary>The signs: -1, 0 or 1, in place.</summary>
    public static Tensor sign_(Tensor input) => input.sign_();

    /// <summary>The greatest integers below.</summary>
    public static Tensor floor(Tensor input) => input.floor();

    /// <summary>The greatest integers below, in place.</summary>
    public static Tensor floor_(Tensor input) => input.floor_();

    /// <summary>The least integers above.</summary>
    public static Tensor ceil(Tensor input) => input.ceil();

    /// <summary>The least integers above, in place.</summary>
    public static Tensor ceil_(Tensor input) => input.ceil_();

    /// <summary>The integers towards zero.</summary>
    public static Tensor trunc(Tensor input) => input.trunc();

    /// <summary>The integers towards zero, in place.</summary>
    public static Tensor trunc_(Tensor input) => input.trunc_();

    /// <summary>The fractional parts.</summary>
    public static Tensor frac(Tensor input) => input.frac();

    /// <summary>The fractional parts, in place.</summary>
    public static Tensor frac_(Tensor input) => input.frac_();

    /// <summary>E to the power of the elements.</summary>
    public static Tensor exp(Tensor input) => input.exp();

    /// <summary>E to the power of the elements, in place.</summary>
    public static Tensor exp_(Tensor input) => input.exp_();

    /// <summary>2 to the power of the elements.</summary>
    public static Tensor exp2(Tensor input) => input.exp2();

    /// <summary>2 to the power of the elements, in place.</summary>
    public static Tensor exp2_(Tensor input) => input.exp2_();

    /// <summary>Exp(x) - 1 without loss for small x.</summary>
    public static Tensor expm1(Tensor input) => input.expm1();

    /// <summary>Exp(x) - 1 without loss for small x, in place.</summary>
    public static Tensor expm1_(Tensor input) => input.expm1_();

    /// <summary>Natural logarithms.</summary>
    public static Tensor log(Tensor input) => input.log();

    /// <summary>Natural logarithms, in place.</summary>
    public static Tensor log_(Tensor input) => input.log_();

    /// <summary>Logarithms to base 2.</summary>
    public static Tensor log2(Tensor input) => input.log2();

    /// <summary>Logarithms to base 2, in place.</summary>
    public static Tensor log2_(Tensor input) => input.log2_();

    /// <summary>Logarithms to base 10.</summary>
    public static Tensor log10(Tensor input) => input.log10();

    /// <summary>Logarithms to base 10, in place.</summary>
    public static Tensor log10_(Tensor input) => input.log10_();

    /// <summary>Log(1 + x) without loss for small x.</summary>
    public static Tensor log1p(Tensor input) => input.log1p();

    /// <summary>Log(1 + x) without loss for small x, in place.</summary>
    public static Tensor log1p_(Tensor input) => input.log1p_();

    /// <summary>Square roots.</summary>
    public static Tensor sqrt(Tensor input) => input.sqrt();

    /// <summary>Square roots, in place.</summary>
    public static Tensor sqrt_(Tensor input) => input.sqrt_();

    /// <summary>Reciprocals of square roots.</summary>
    public static Tensor rsqrt(Tensor input) => input.rsqrt();

    /// <summary>Reciprocals of square roots, in place.</summary>
    public static Tensor rsqrt_(Tensor input) => input.rsqrt_();

    /// <summary>Reciprocals.</summary>
    public static Tensor reciprocal(Tensor input) => input.reciprocal();

    /// <summary>Reciprocals, in place.</summary>
    public static Tensor reciprocal_(Tensor input) => input.reciprocal_();

    /// <summary>Sines.</summary>
    public static Tensor sin(Tensor input) => input.sin();

    /// <summary>Sines, in place.</summary>
    public static Tensor sin_(Tensor input) => input.sin_();

    /// <summary>Cosines.</summary>
    public static Tensor cos(Tensor input) => input.cos();

    /// <summary>Cosines, in place.</summary>
    public static Tensor cos_(Tensor input) => input.cos_();

    /// <summary>Tangents.</summary>
    public static Tensor tan(Tensor input) => input.tan();

    /// <summary>Tangents, in place.</summary>
    public static Tensor tan_(Tensor input) => input.tan_();

    /// <summary>Inverse sines.</summary>
    public static Tensor asin(Tensor input) => input.asin();

    /// <summary>Inverse sines, in place.</summary>
    public static Tensor asin_(Tensor input) => input.asin_();

    /// <summary>Inverse cosines.</summary>
    public static Tensor acos(Tensor input) => input.acos();

    /// <summary>Inverse cosines, in place.</summary>
    public static Tensor acos_(Tensor input) => input.acos_();

    /// <summary>Inverse tangents.</summary>
    public static Tensor atan(Tensor input) => input.atan();

    /// <summary>Inverse tangents, in place.</summary>
    public static Tensor atan_(Tensor input) => input.atan_();

    /// <summary>Hyperbolic sines.</summary>
    public static Tensor sinh(Tensor input) => input.sinh();

    /// <summary>Hyperbolic sines, in place.</summary>
    public static Tensor sinh_(Tensor input) => input.sinh_();

    /// <summary>Hyperbolic cosines.</summary>
    public static Tensor cosh(Tensor input) => input.cosh();

    /// <summary>Hyperbolic cosines, in place.</summary>
    public static Tensor cosh_(Tensor input) => input.cosh_();

    /// <summary>Hyperbolic tangents.</summary>
    public static Tensor tanh(Tensor input) => input.tanh();

    /// <summary>Hyperbolic tangents, in place.</summary>
    public static Tensor tanh_(Tensor input) => input.tanh_();

    /// <summary>Inverse hyperbolic sines.</summary>
    public static Tensor asinh(Tensor input) => input.asinh();

    /// <summary>Inverse hyperbolic sines, in place.</summary>
    public static Tensor asinh_(Tensor input) => input.asinh_();

    /// <summary>Inverse hyperbolic cosines.</summary>
    public static Tensor acosh(Tensor input) => input.acosh();

    /// <summary>Inverse hyperbolic cosines, in place.</summary>
    public static Tensor acosh_(Tensor input) => input.acosh_();

    /// <summary>Inverse hyperbolic tangents.</summary>
    public static Tensor atanh(Tensor input) => input.atanh();

    /// <summary>Inverse hyperbolic tangents, in place.</summary>
    public static Tensor atanh_(Tensor input) => input.atanh_();

    /// <summary>The error function.</summary>
    public static Tensor erf(Tensor input) => input.erf();

    /// <summary>The error function, in place.</summary>
    public static Tensor erf_(Tensor input) => input.erf_();

    /// <summary>1 - erf(x).</summary>
    public static Tensor erfc(Tensor input) => input.erfc();

    /// <summary>1 - erf(x), in place.</summary>
    public static Tensor erfc_(Tensor input) => input.erfc_();

    /// <summary>Logarithms of the gamma function.</summary>
    public static Tensor lgamma(Tensor input) => input.lgamma();

    /// <summary>The derivative of lgamma.</summary>
    public static Tensor digamma(Tensor input) => input.digamma();

    /// <summary>The derivative of lgamma, in place.</summary>
    public static Tensor digamma_(Tensor input) => input.digamma_();

    /// <summary>1 / (1 + exp(-x)).</summary>
    public static Tensor sigmoid(Tensor input) => input.sigmoid();

    /// <summary>1 / (1 + exp(-x)), in place.</summary>
    public static Tensor sigmoid_(Tensor input) => input.sigmoid_();

    /// <summary>Whether the elements are zero.</summary>
    public static Tensor logical_not(Tensor input) => input.logical_not();

    /// <summary>Whether the elements are not numbers.</summary>
    public static Tensor isnan(Tensor input) => input.isnan();

    /// <summary>Whether the elements are infinite.</summary>
    public static Tensor isinf(Tensor tensor) => tensor.isinf();

    /// <summary>Whether the elements are finite.</summary>
    public static Tensor isfinite(Tensor tensor) => tensor.isfinite();

    /// <summary>Whether the elements are positive infinity.</summary>
    public static Tensor isposinf(Tensor tensor) => tensor.isposinf();

    /// <summary>Whether the elements are negative infinity.</summary>
    public static Tensor isneginf(Tensor tensor) => tensor.isneginf();

    /// <summary>The negatives.</summary>
    public static Tensor negative(Tensor input) => input.neg();

    /// <summary>The absolute values.</summary>
    public static Tensor absolute(Tensor input) => input.abs();

    /// <summary>Squares.</summary>
    public static Tensor square(Tensor input) => input.square();

    /// <summary>The nearest multiples of a power of ten, ties to even.</summary>
    public static Tensor round(Tensor input, long decimals = 0L) => input.round(decimals);

    /// <summary>The nearest multiples of a power of ten, in place.</summary>
    public static Tensor round_(Tensor input, long decimals = 0L) => input.round_(decimals);
}
