namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        /// <summary>The absolute values.</summary>
        public Tensor abs() => Native.st_abs(this);

        /// <summary>The absolute values, in place.</summary>
        public Tensor abs_() => Done(Native.st_abs_(this));

        /// <summary>The negatives.</summary>
        public Tensor neg() => Native.st_neg(this);

        /// <summary>The negatives, in place.</summary>
        public Tensor neg_() => Done(Native.st_neg_(this));

        /// <summary>The signs: -1, 0 or 1.</summary>
        public Tensor sign() => Native.st_sign(this);

        /// <summary>The signs: -1, 0 or 1, in place.</summary>
        public Tensor sign_() => Done(Native.st_sign_(this));

        /// <summary>The greatest integers below.</summary>
        public Tensor floor() => Native.st_floor(this);

        /// <summary>The greatest integers below, in place.</summary>
        public Tensor floor_() => Done(Native.st_floor_(this));

        /// <summary>The least integers above.</summary>
        public Tensor ceil() => Native.st_ceil(this);

        /// <summary>The least integers above, in place.</summary>
        public Tensor ceil_() => Done(Native.st_ceil_(this));

        /// <summary>The integers towards zero.</summary>
        public Tensor trunc() => Native.st_trunc(this);

        /// <summary>The integers towards zero, in place.</summary>
        public Tensor trunc_() => Done(Native.st_trunc_(this));

        /// <summary>The fractional parts.</summary>
        public Tensor frac() => Native.st_frac(this);

        /// <summary>The fractional parts, in place.</summary>
        public Tensor frac_() => Done(Native.st_frac_(this));

        /// <summary>E to the power of the elements.</summary>
        public Tensor exp() => Native.st_exp(this);

        /// <summary>E to the power of the elements, in place.</summary>
        public Tensor exp_() => Done(Native.st_exp_(this));

        /// <summary>2 to the power of the elements.</summary>
        public Tensor exp2() => Native.st_exp2(this);

        /// <summary>2 to the power of the elements, in place.</summary>
        public Tensor exp2_() => Done(Native.st_exp2_(this));

        /// <summary>Exp(x) - 1 without loss for small x.</summary>
        public Tensor expm1() => Native.st_expm1(this);

        /// <summary>Exp(x) - 1 without loss for small x, in place.</summary>
        public Tensor expm1_() => Done(Native.st_expm1_(this));

        /// <summary>Natural logarithms.</summary>
        public Tensor log() => Native.st_log(this);

        /// <summary>Natural logarithms, in place.</summary>
        public Tensor log_() => Done(Native.st_log_(this));

        /// <summary>Logarithms to base 2.</summary>
        public Tensor log2() => Native.st_log2(this);

        /// <summary>Logarithms to base 2, in place.</summary>
        public Tensor log2_() => Done(Native.st_log2_(this));

        /// <summary>Logarithms to base 10.</summary>
        public Tensor log10() => Native.st_log10(this);

        /// <summary>Logarithms to base 10, in place.</summary>
        public Tensor log10_() => Done(Native.st_log10_(this));

        /// <summary>Log(1 + x) without loss for small x.</summary>
        public Tensor log1p() => Native.st_log1p(this);

        /// <summary>Log(1 + x) without loss for small x, in place.</summary>
        public Tensor log1p_() => Done(Native.st_log1p_(this));

        /// <summary>Square roots.</summary>
        public Tensor sqrt() => Native.st_sqrt(this);

        /// <summary>Square roots, in place.</summary>
        public Tensor sqrt_() => Done(Native.st_sqrt_(this));

        /// <summary>Reciprocals of square roots.</summary>
        public Tensor rsqrt() => Native.st_rsqrt(this);

        /// <summary>Reciprocals of square roots, in place.</summary>
        public Tensor rsqrt_() => Done(Native.st_rsqrt_(this));

        /// <summary>Reciprocals.</summary>
        public Tensor reciprocal() => Native.st_reciprocal(this);

        /// <summary>Reciprocals, in place.</summary>
        public Tensor reciprocal_() => Done(Native.st_reciprocal_(this));

        /// <summary>Sines.</summary>
        public Tensor sin() => Native.st_sin(this);

        /// <summary>Sines, in place.</summary>
        public Tensor sin_() => Done(Native.st_sin_(this));

        /// <summary>Cosines.</summary>
        public Tensor cos() => Native.st_cos(this);

        /// <summary>Cosines, in place.</summary>
        public Tensor cos_() => Done(Native.st_cos_(this));

        /// <summary>Tangents.</summary>
        public Tensor tan() => Native.st_tan(this);

        /// <summary>Tangents, in place.</summary>
        public Tensor tan_() => Done(Native.st_tan_(this));

        /// <summary>Inverse sines.</summary>
        public Tensor asin() => Native.st_asin(this);

        /// <summary>Inverse sines, in place.</summary>
        public Tensor asin_() => Done(Native.st_asin_(this));

        /// <summary>Inverse cosines.</summary>
        public Tensor acos() => Native.st_acos(this);

        /// <summary>Inverse cosines, in place.</summary>
        public Tensor acos_() => Done(Native.st_acos_(this));

        /// <summary>Inverse tangents.</summary>
        public Tensor atan() => Native.st_atan(this);

        /// <summary>Inverse tangents, in place.</summary>
        public Tensor atan_() => Done(Native.st_atan_(this));

        /// <summary>Hyperbolic sines.</summary>
        public Tensor sinh() => Native.st_sinh(this);

        /// <summary>Hyperbolic sines, in place.</summary>
        public Tensor sinh_() => Done(Native.st_sinh_(this));

        /// <summary>Hyperbolic cosines.</summary>
        public Tensor cosh() => Native.st_cosh(this);

        /// <summary>Hyperbolic cosines, in place.</summary>
        public Tensor cosh_() => Done(Native.st_cosh_(this));

        /// <summary>Hyperbolic tangents.</summary>
        public Tensor tanh() => Native.st_tanh(this);

        /// <summary>Hyperbolic tangents, in place.</summary>
        public Tensor tanh_() => Done(Native.st_tanh_(this));

        /// <summary>Inverse hyperbolic sines.</summary>
        public Tensor asinh() => Native.st_asinh(this);

        /// <summary>Inverse hyperbolic sines, in place.</summary>
        public Tensor asinh_() => Done(Native.st_asinh_(this));

        /// <summary>Inverse hyperbolic cosines.</summary>
        public Tensor acosh() => Native.st_acosh(this);

        /// <summary>Inverse hyperbolic cosines, in place.</summary>
        public Tensor acosh_() => Done(Native.st_acosh_(this));

        /// <summary>Inverse hyperbolic tangents.</summary>
        public Tensor atanh() => Native.st_atanh(this);

        /// <summary>Inverse hyperbolic tangents, in place.</summary>
        public Tensor atanh_() => Done(Native.st_atanh_(this));

        /// <summary>The error function.</summary>
        public Tensor erf() => Native.st_erf(this);

        /// <summary>The error function, in place.</summary>
        public Tensor erf_() => Done(Native.st_erf_(this));

        /// <summary>1 - erf(x).</summary>
        public Tensor erfc() => Native.st_erfc(this);

        /// <summary>1 - erf(x), in place.</summary>
        public Tensor erfc_() => Done(Native.st_erfc_(this));

        /// <summary>The inverse of the error function.</summary>
        public Tensor erfinv() => Native.st_erfinv(this);

        /// <summary>The inverse of the error function, in place.</summary>
        public Tensor erfinv_() => Done(Native.st_erfinv_(this));

        /// <summary>Logarithms of the gamma function.</summary>
        public Tensor lgamma() => Native.st_lgamma(this);

        /// <summary>Logarithms of the gamma function, in place.</summary>
        public Tensor lgamma_() => Done(Native.st_lgamma_(this));

        /// <summary>The derivative of lgamma.</summary>
        public Tensor digamma() => Native.st_digamma(this);

        /// <summary>The derivative of lgamma, in place.</summary>
        public Tensor digamma_() => Done(Native.st_digamma_(this));

        /// <summary>1 / (1 + exp(-x)).</summary>
        public Tensor sigmoid() => Native.st_sigmoid(this);

        /// <summary>1 / (1 + exp(-x)), in place.</summary>
        public Tensor sigmoid_() => Done(Native.st_sigmoid_(this));

        /// <summary>Max(x, 0).</summary>
        public Tensor relu() => Native.st_relu(this);

        /// <summary>Max(x, 0), in place.</summary>
        public Tensor relu_() => Done(Native.st_relu_(this));

        /// <summary>Whether the elements are zero.</summary>
        public Tensor logical_not() => Native.st_logical_not(this);

        /// <summary>Whether the elements are zero, in place.</summary>
        public Tensor logical_not_() => Done(Native.st_logical_not_(this));

        /// <summary>Whether the elements are not numbers.</summary>
        public Tensor isnan() => Native.st_isnan(this);

        /// <summary>Whether the elements are infinite.</summary>
        public Tensor isinf() => Native.st_isinf(this);

        /// <summary>Whether the elements are finite.</summary>
        public Tensor isfinite() => Native.st_isfinite(this);

        /// <summary>Whether the elements are positive infinity.</summary>
        public Tensor isposinf() => Native.st_isposinf(this);

        /// <summary>Whether the elements are negative infinity.</summary>
        public Tensor isneginf() => Native.st_isneginf(this);

        /// <summary>X sigmoid(x).</summary>
        public Tensor silu() => Native.st_silu(this);

        /// <summary>Log sigmoid(x).</summary>
        public Tensor log_sigmoid() => Native.st_log_sigmoid(this);

        /// <summary>X Phi(x) with the standard normal distribution function Phi.</summary>
        public Tensor gelu() => Native.st_gelu(this);

        /// <summary>The negatives.</summary>
        public Tensor negative() => neg();

        /// <summary>The absolute values.</summary>
        public Tensor absolute() => abs();

        /// <summary>Squares.</summary>
        public Tensor square() => Native.st_square(this);

        /// <summary>The nearest multiples of a power of ten, ties to even.</summary>
        public Tensor round(long decimals = 0L) => Native.st_round(this, decimals);

        /// <summary>The nearest multiples of a power of ten, in place.</summary>
        public Tensor round_(long decimals = 0L) => Done(Native.st_round_(this, decimals));

        /// <summary>Complements of the bits, or of truth values.</summary>
        public Tensor bitwise_not() => Native.st_bitwise_not(this);
    }
}
