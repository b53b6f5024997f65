namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        /// <summary>Sums, broadcast.</summary>
        public Tensor add(Tensor target) => Native.st_add(this, target, One);

        /// <summary>X + alpha y, broadcast.</summary>
        public Tensor add(Tensor target, Scalar alpha) => Native.st_add(this, target, alpha);

        /// <summary>Sums with a number.</summary>
        public Tensor add(Scalar scalar) => Native.st_add_scalar(this, scalar, One);

        /// <summary>X + alpha y with a number y.</summary>
        public Tensor add(Scalar scalar, Scalar alpha) => Native.st_add_scalar(this, scalar, alpha);

        /// <summary>Adds another tensor in place.</summary>
        public Tensor add_(Tensor target) => Done(Native.st_add_(this, target, One));

        /// <summary>Adds alpha times another tensor in place.</summary>
        public Tensor add_(Tensor target, Scalar alpha) => Done(Native.st_add_(this, target, alpha));

        /// <summary>Adds a number in place.</summary>
        public Tensor add_(Scalar scalar) => Done(Native.st_add_scalar_(this, scalar, One));

        /// <summary>Adds alpha times a number in place.</summary>
        public Tensor add_(Scalar scalar, Scalar alpha) => Done(Native.st_add_scalar_(this, scalar, alpha));

        /// <summary>Differences, broadcast.</summary>
        public Tensor sub(Tensor target) => Native.st_sub(this, target);

        /// <summary>Differences from a number.</summary>
        public Tensor sub(Scalar target) => Native.st_sub_scalar(this, target);

        /// <summary>Subtracts another tensor in place.</summary>
        public Tensor sub_(Tensor target) => Done(Native.st_sub_(this, target));

        /// <summary>Subtracts a number in place.</summary>
        public Tensor sub_(Scalar target) => Done(Native.st_sub_scalar_(this, target));

        /// <summary>Differences, broadcast.</summary>
        public Tensor subtract(Tensor target) => sub(target);

        /// <summary>Differences from a number.</summary>
        public Tensor subtract(Scalar target) => sub(target);

        /// <summary>Quotients, broadcast.</summary>
        public Tensor div(Tensor target, RoundingMode rounding_mode = RoundingMode.None) => Native.st_div(this, target, (int)rounding_mode);

        /// <summary>Quotients by a number.</summary>
        public Tensor div(Scalar target, RoundingMode rounding_mode = RoundingMode.None) => Native.st_div_scalar(this, target, (int)rounding_mode);

        /// <summary>Divides by another tensor in place.</summary>
        public Tensor div_(Tensor target, RoundingMode rounding_mode = RoundingMode.None) => Done(Native.st_div_(this, target, (int)rounding_mode));

        /// <summary>Divides by a number in place.</summary>
        public Tensor div_(Scalar target, RoundingMode rounding_mode = RoundingMode.None) => Done(Native.st_div_scalar_(this, target, (int)rounding_mode));

        /// <summary>Quotients, broadcast.</summary>
        public Tensor divide(Tensor target, RoundingMode rounding_mode = RoundingMode.None) => div(target, rounding_mode);

        /// <summary>Quotients by a number.</summary>
        public Tensor divide(Scalar target, RoundingMode rounding_mode = RoundingMode.None) => div(target, rounding_mode);

        /// <summary>Quotients, broadcast.</summary>
        public Tensor true_divide(Tensor other) => div(other);

        /// <summary>Quotients by a number.</summary>
        public Tensor true_divide(Scalar other) => div(other);

        /// <summary>Quotients rounded down, broadcast.</summary>
        public Tensor floor_divide(Tensor other) => div(other, RoundingMode.floor);

        /// <summary>Quotients by a number, rounded down.</summary>
        public Tensor floor_divide(Scalar other) => div(other, RoundingMode.floor);

        /// <summary>Products, broadcast.</summary>
        public Tensor mul(Tensor target) => Native.st_mul(this, target);

        /// <summary>Products, with a number.</summary>
        public Tensor mul(Scalar target) => Native.st_mul_scalar(this, target);

        /// <summary>Products, in place.</summary>
        public Tensor mul_(Tensor target) => Done(Native.st_mul_(this, target));

        /// <summary>Products, with a number, in place.</summary>
        public Tensor mul_(Scalar target) => Done(Native.st_mul_scalar_(this, target));

        /// <summary>Powers, broadcast.</summary>
        public Tensor pow(Tensor exponent) => Native.st_pow(this, exponent);

        /// <summary>Powers, with a number.</summary>
        public Tensor pow(Scalar exponent) => Native.st_pow_scalar(this, exponent);

        /// <summary>Powers, in place.</summary>
        public Tensor pow_(Tensor exponent) => Done(Native.st_pow_(this, exponent));

        /// <summary>Powers, with a number, in place.</summary>
        public Tensor pow_(Scalar exponent) => Done(Native.st_pow_scalar_(this, exponent));

        /// <summary>Remainders with the sign of the dividend, broadcast.</summary>
        public Tensor fmod(Tensor target) => Native.st_fmod(this, target);

        /// <summary>Remainders with the sign of the dividend, with a number.</summary>
        public Tensor fmod(Scalar scalar) => Native.st_fmod_scalar(this, scalar);

        /// <summary>Remainders with the sign of the dividend, in place.</summary>
        public Tensor fmod_(Tensor target) => Done(Native.st_fmod_(this, target));

        /// <summary>Remainders with the sign of the dividend, with a number, in place.</summary>
        public Tensor fmod_(Scalar scalar) => Done(Native.st_fmod_scalar_(this, scalar));

        /// <summary>Remainders with the sign of the divisor, broadcast.</summary>
        public Tensor remainder(Tensor target) => Native.st_remainder(this, target);

        /// <summary>Remainders with the sign of the divisor, with a number.</summary>
        public Tensor remainder(Scalar scalar) => Native.st_remainder_scalar(this, scalar);

        /// <summary>Remainders with the sign of the divisor, in place.</summary>
        public Tensor remainder_(Tensor target) => Done(Native.st_remainder_(this, target));

        /// <summary>Remainders with the sign of the divisor, with a number, in place.</summary>
        public Tensor remainder_(Scalar scalar) => Done(Native.st_remainder_scalar_(this, scalar));

        /// <summary>Whether the elements are equal, broadcast.</summary>
        public Tensor eq(Tensor target) => Native.st_eq(this, target);

        /// <summary>Whether the elements are equal, with a number.</summary>
        public Tensor eq(Scalar target) => Native.st_eq_scalar(this, target);

        /// <summary>Whether the elements are equal, in place.</summary>
        public Tensor eq_(Tensor target) => Done(Native.st_eq_(this, target));

        /// <summary>Whether the elements are equal, with a number, in place.</summary>
        public Tensor eq_(Scalar target) => Done(Native.st_eq_scalar_(this, target));

        /// <summary>Whether the elements differ, broadcast.</summary>
        public Tensor ne(Tensor target) => Native.st_ne(this, target);

        /// <summary>Whether the elements differ, with a number.</summary>
        public Tensor ne(Scalar target) => Native.st_ne_scalar(this, target);

        /// <summary>Whether the elements differ, in place.</summary>
        public Tensor ne_(Tensor target) => Done(Native.st_ne_(this, target));

        /// <summary>Whether the elements differ, with a number, in place.</summary>
        public Tensor ne_(Scalar target) => Done(Native.st_ne_scalar_(this, target));

        /// <summary>Whether the elements are less, broadcast.</summary>
        public Tensor lt(Tensor target) => Native.st_lt(this, target);

        /// <summary>Whether the elements are less, with a number.</summary>
        public Tensor lt(Scalar target) => Native.st_lt_scalar(this, target);

        /// <summary>Whether the elements are less, in place.</summary>
        public Tensor lt_(Tensor target) => Done(Native.st_lt_(this, target));

        /// <summary>Whether the elements are less, with a number, in place.</summary>
        public Tensor lt_(Scalar target) => Done(Native.st_lt_scalar_(this, target));

        /// <summary>Whether the elements are less or equal, broadcast.</summary>
        public Tensor le(Tensor target) => Native.st_le(this, target);

        /// <summary>Whether the elements are less or equal, with a number.</summary>
        public Tensor le(Scalar target) => Native.st_le_scalar(this, target);

        /// <summary>Whether the elements are less or equal, in place.</summary>
        public Tensor le_(Tensor target) => Done(Native.st_le_(this, target));

        /// <summary>Whether the elements are less or equal, with a number, in place.</summary>
        public Tensor le_(Scalar target) => Done(Native.st_le_scalar_(this, target));

        /// <summary>Whether the elements are greater, broadcast.</summary>
        public Tensor gt(Tensor target) => Native.st_gt(this, target);

        /// <summary>Whether the elements are greater, with a number.</summary>
        public Tensor gt(Scalar target) => Native.st_gt_scalar(this, target);

        /// <summary>Whether the elements are greater, in place.</summary>
        public Tensor gt_(Tensor target) => Done(Native.st_gt_(this, target));

        /// <summary>Whether the elements are greater, with a number, in place.</summary>
        public Tensor gt_(Scalar target) => Done(Native.st_gt_scalar_(this, target));

        /// <summary>Whether the elements are greater or equal, broadcast.</summary>
        public Tensor ge(Tensor target) => Native.st_ge(this, target);

        /// <summary>Whether the elements are greater or equal, with a number.</summary>
        public Tensor ge(Scalar target) => Native.st_ge_scalar(this, target);

        /// <summary>Whether the elements are greater or equal, in place.</summary>
        public Tensor ge_(Tensor target) => Done(Native.st_ge_(this, target));

        /// <summary>Whether the elements are greater or equal, with a number, in place.</summary>
        public Tensor ge_(Scalar target) => Done(Native.st_ge_scalar_(this, target));

        /// <summary>Products, broadcast.</summary>
        public Tensor multiply(Tensor target) => mul(target);

        /// <summary>Products with a number.</summary>
        public Tensor multiply(Scalar target) => mul(target);

        /// <summary>Whether the elements are equal, broadcast.</summary>
        public Tensor equal(Tensor target) => eq(target);

        /// <summary>Whether the elements differ, broadcast.</summary>
        public Tensor not_equal(Tensor target) => ne(target);

        /// <summary>Whether the elements are less, broadcast.</summary>
        public Tensor less(Tensor target) => lt(target);

        /// <summary>Whether the elements are less or equal, broadcast.</summary>
        public Tensor less_equal(Tensor target) => le(target);

        /// <summary>Whether the elements are greater, broadcast.</summary>
        public Tensor greater(Tensor target) => gt(target);

        /// <summary>Whether the elements are greater or equal, broadcast.</summary>
        public Tensor greater_equal(Tensor target) => ge(target);

        /// <summary>The greater elements, broadcast.</summary>
        public Tensor maximum(Tensor other) => Native.st_maximum(this, other);

        /// <summary>The lesser elements, broadcast.</summary>
        public Tensor minimum(Tensor other) => Native.st_minimum(this, other);

        /// <summary>The greater elements; a number wins over NaN, broadcast.</summary>
        public Tensor fmax(Tensor other) => Native.st_fmax(this, other);

        /// <summary>The lesser elements; a number wins over NaN, broadcast.</summary>
        public Tensor fmin(Tensor other) => Native.st_fmin(this, other);

        /// <summary>Log(exp(x) + exp(y)), broadcast.</summary>
        public Tensor logaddexp(Tensor other) => Native.st_logaddexp(this, other);

        /// <summary>Sqrt(x² + y²), broadcast.</summary>
        public Tensor hypot(Tensor other) => Native.st_hypot(this, other);

        /// <summary>The angles of the points (y, x), broadcast.</summary>
        public Tensor atan2(Tensor other) => Native.st_atan2(this, other);

        /// <summary>The angles of the points (y, x), in place.</summary>
        public Tensor atan2_(Tensor other) => Done(Native.st_atan2_(this, other));

        /// <summary>Whether both are true, broadcast.</summary>
        public Tensor logical_and(Tensor other) => Native.st_logical_and(this, other);

        /// <summary>Whether both are true, in place.</summary>
        public Tensor logical_and_(Tensor other) => Done(Native.st_logical_and_(this, other));

        /// <summary>Whether either is true, broadcast.</summary>
        public Tensor logical_or(Tensor other) => Native.st_logical_or(this, other);

        /// <summary>Whether either is true, in place.</summary>
        public Tensor logical_or_(Tensor other) => Done(Native.st_logical_or_(this, other));

        /// <summary>Whether one is true, broadcast.</summary>
        public Tensor logical_xor(Tensor other) => Native.st_logical_xor(this, other);

        /// <summary>Whether one is true, in place.</summary>
        public Tensor logical_xor_(Tensor other) => Done(Native.st_logical_xor_(this, other));

        /// <summary>Conjunctions of the bits, broadcast.</summary>
        public Tensor bitwise_and(Tensor other) => Native.st_bitwise_and(this, other);

        /// <summary>Conjunctions of the bits, in place.</summary>
        public Tensor bitwise_and_(Tensor other) => Done(Native.st_bitwise_and_(this, other));

        /// <summary>Disjunctions of the bits, broadcast.</summary>
        public Tensor bitwise_or(Tensor other) => Native.st_bitwise_or(this, other);

        /// <summary>Disjunctions of the bits, in place.</summary>
        public Tensor bitwise_or_(Tensor other) => Done(Native.st_bitwise_or_(this, other));

        /// <summary>Exclusive disjunctions of the bits, broadcast.</summary>
        public Tensor bitwise_xor(Tensor other) => Native.st_bitwise_xor(this, other);

        /// <summary>Exclusive disjunctions of the bits, in place.</summary>
        public Tensor bitwise_xor_(Tensor other) => Done(Native.st_bitwise_xor_(this, other));

        /// <summary>X + value a b.</summary>
        public Tensor addcmul(Tensor tensor1, Tensor tensor2, Scalar value) => Native.st_addcmul(this, tensor1, tensor2, value);

        /// <summary>Adds value a b in place.</summary>
        public Tensor addcmul_(Tensor tensor1, Tensor tensor2, Scalar value) => Done(Native.st_addcmul_(this, tensor1, tensor2, value));

        /// <summary>X + value a / b.</summary>
        public Tensor addcdiv(Tensor tensor1, Tensor tensor2, Scalar value) => Native.st_addcdiv(this, tensor1, tensor2, value);

        /// <summary>X + a / b.</summary>
        public Tensor addcdiv(Tensor tensor1, Tensor tensor2) => addcdiv(tensor1, tensor2, One);

        /// <summary>Adds value a / b in place.</summary>
        public Tensor addcdiv_(Tensor tensor1, Tensor tensor2, Scalar value) => Done(Native.st_addcdiv_(this, tensor1, tensor2, value));

        /// <summary>Adds a / b in place.</summary>
        public Tensor addcdiv_(Tensor tensor1, Tensor tensor2) => addcdiv_(tensor1, tensor2, One);

        /// <summary>X + weight (end - x).</summary>
        public Tensor lerp(Tensor end, Tensor weight) => Native.st_lerp(this, end, weight);

        /// <summary>Moves to x + weight (end - x) in place.</summary>
        public Tensor lerp_(Tensor end, Tensor weight) => Done(Native.st_lerp_(this, end, weight));

        /// <summary>The elements limited to [min, max]; null is no limit.</summary>
        public Tensor clamp(Scalar? min = null, Scalar? max = null) => Native.st_clamp(this, min, max);

        /// <summary>The elements limited to [min, max], broadcast; null is no limit.</summary>
        public Tensor clamp(Tensor? min = null, Tensor? max = null) => Native.st_clamp_tensor(this, min, max);

        /// <summary>Limits the elements to [min, max] in place.</summary>
        public Tensor clamp_(Scalar? min = null, Scalar? max = null) => Done(Native.st_clamp_(this, min, max));

        /// <summary>Limits the elements to [min, max] in place.</summary>
        public Tensor clamp_(Tensor? min = null, Tensor? max = null) => Done(Native.st_clamp_tensor_(this, min, max));

        /// <summary>The elements limited from above.</summary>
        public Tensor clamp_max(Scalar max) => Native.st_clamp(this, null, max);

        /// <summary>The elements limited from below.</summary>
        public Tensor clamp_min(Scalar min) => Native.st_clamp(this, min, null);

        /// <summary>The elements where the condition holds, those of y elsewhere; broadcast.</summary>
        public Tensor where(Tensor condition, Tensor y) => Native.st_where(condition, this, y);

        /// <summary>The elements with NaN and the infinities replaced; null is the largest finite number.</summary>
        public Tensor nan_to_num(double nan = 0d, double? posinf = null, double? neginf = null) => Native.st_nan_to_num(this, nan, posinf is { } high ? [high] : default, neginf is { } low ? [low] : default);

        /// <summary>Whether |x - y| is at most atol + rtol |y|.</summary>
        public Tensor isclose(Tensor other, double rtol = 1e-05, double atol = 1e-08, bool nanEqual = false) => Native.st_isclose(this, other, rtol, atol, nanEqual);

        /// <summary>Whether every |x - y| is at most atol + rtol |y|.</summary>
        public bool allclose(Tensor target, double rtol = 1e-05, double atol = 1e-08, bool equal_nan = false)
        {
            Native.Check(Native.st_allclose(this, target, rtol, atol, equal_nan, out var result));
            return result;
        }

        /// <summary>Whether another tensor has the same shape and the same elements.</summary>
        public bool Equals(Tensor target)
        {
            if (target is null)
            {
                return false;
            }

            Native.Check(Native.st_equal(this, target, out var result));
            return result;
        }

        /// <inheritdoc/>
        public override bool Equals(object? obj) => obj is Tensor tensor && Equals(tensor);

        /// <inheritdoc/>
        public override int GetHashCode() => base.GetHashCode();
    }
}
