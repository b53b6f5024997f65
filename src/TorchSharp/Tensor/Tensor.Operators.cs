namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        /// <summary>Sums, broadcast.</summary>
        public static Tensor operator +(Tensor left, Tensor right) => left.add(right);

        /// <summary>Sums with a number.</summary>
        public static Tensor operator +(Tensor left, Scalar right) => left.add(right);

        /// <summary>Sums with a number.</summary>
        public static Tensor operator +(Tensor left, int right) => left.add(right);

        /// <summary>Sums with a number.</summary>
        public static Tensor operator +(Tensor left, long right) => left.add(right);

        /// <summary>Sums with a number.</summary>
        public static Tensor operator +(Tensor left, float right) => left.add(right);

        /// <summary>Sums with a number.</summary>
        public static Tensor operator +(Tensor left, double right) => left.add(right);

        /// <summary>Sums with a number.</summary>
        public static Tensor operator +(Scalar left, Tensor right) => right.add(left);

        /// <summary>Sums with a number.</summary>
        public static Tensor operator +(int left, Tensor right) => right.add(left);

        /// <summary>Sums with a number.</summary>
        public static Tensor operator +(long left, Tensor right) => right.add(left);

        /// <summary>Sums with a number.</summary>
        public static Tensor operator +(float left, Tensor right) => right.add(left);

        /// <summary>Sums with a number.</summary>
        public static Tensor operator +(double left, Tensor right) => right.add(left);

        /// <summary>Products, broadcast.</summary>
        public static Tensor operator *(Tensor left, Tensor right) => left.mul(right);

        /// <summary>Products with a number.</summary>
        public static Tensor operator *(Tensor left, Scalar right) => left.mul(right);

        /// <summary>Products with a number.</summary>
        public static Tensor operator *(Tensor left, int right) => left.mul(right);

        /// <summary>Products with a number.</summary>
        public static Tensor operator *(Tensor left, long right) => left.mul(right);

        /// <summary>Products with a number.</summary>
        public static Tensor operator *(Tensor left, float right) => left.mul(right);

        /// <summary>Products with a number.</summary>
        public static Tensor operator *(Tensor left, double right) => left.mul(right);

        /// <summary>Products with a number.</summary>
        public static Tensor operator *(Scalar left, Tensor right) => right.mul(left);

        /// <summary>Products with a number.</summary>
        public static Tensor operator *(int left, Tensor right) => right.mul(left);

        /// <summary>Products with a number.</summary>
        public static Tensor operator *(long left, Tensor right) => right.mul(left);

        /// <summary>Products with a number.</summary>
        public static Tensor operator *(float left, Tensor right) => right.mul(left);

        /// <summary>Products with a number.</summary>
        public static Tensor operator *(double left, Tensor right) => right.mul(left);

        /// <summary>Differences, broadcast.</summary>
        public static Tensor operator -(Tensor left, Tensor right) => left.sub(right);

        /// <summary>Differences with a number.</summary>
        public static Tensor operator -(Tensor left, Scalar right) => left.sub(right);

        /// <summary>Differences with a number.</summary>
        public static Tensor operator -(Tensor left, int right) => left.sub(right);

        /// <summary>Differences with a number.</summary>
        public static Tensor operator -(Tensor left, long right) => left.sub(right);

        /// <summary>Differences with a number.</summary>
        public static Tensor operator -(Tensor left, float right) => left.sub(right);

        /// <summary>Differences with a number.</summary>
        public static Tensor operator -(Tensor left, double right) => left.sub(right);

        /// <summary>Differences with a number.</summary>
        public static Tensor operator -(Scalar left, Tensor right) => Native.st_rsub_scalar(right, left);

        /// <summary>Differences with a number.</summary>
        public static Tensor operator -(int left, Tensor right) => Native.st_rsub_scalar(right, left);

        /// <summary>Differences with a number.</summary>
        public static Tensor operator -(long left, Tensor right) => Native.st_rsub_scalar(right, left);

        /// <summary>Differences with a number.</summary>
        public static Tensor operator -(float left, Tensor right) => Native.st_rsub_scalar(right, left);

        /// <summary>Differences with a number.</summary>
        public static Tensor operator -(double left, Tensor right) => Native.st_rsub_scalar(right, left);

        /// <summary>Quotients, broadcast.</summary>
        public static Tensor operator /(Tensor left, Tensor right) => left.div(right);

        /// <summary>Quotients with a number.</summary>
        public static Tensor operator /(Tensor left, Scalar right) => left.div(right);

        /// <summary>Quotients with a number.</summary>
        public static Tensor operator /(Tensor left, int right) => left.div(right);

        /// <summary>Quotients with a number.</summary>
        public static Tensor operator /(Tensor left, long right) => left.div(right);

        /// <summary>Quotients with a number.</summary>
        public static Tensor operator /(Tensor left, float right) => left.div(right);

        /// <summary>Quotients with a number.</summary>
        public static Tensor operator /(Tensor left, double right) => left.div(right);

        /// <summary>Quotients with a number.</summary>
        public static Tensor operator /(Scalar left, Tensor right) => right.reciprocal().mul(left);

        /// <summary>Quotients with a number.</summary>
        public static Tensor operator /(int left, Tensor right) => right.reciprocal().mul(left);

        /// <summary>Quotients with a number.</summary>
        public static Tensor operator /(long left, Tensor right) => right.reciprocal().mul(left);

        /// <summary>Quotients with a number.</summary>
        public static Tensor operator /(float left, Tensor right) => right.reciprocal().mul(left);

        /// <summary>Quotients with a number.</summary>
        public static Tensor operator /(double left, Tensor right) => right.reciprocal().mul(left);

        /// <summary>Remainders with the sign of the divisor, broadcast.</summary>
        public static Tensor operator %(Tensor left, Tensor right) => left.remainder(right);

        /// <summary>Remainders with the sign of the divisor with a number.</summary>
        public static Tensor operator %(Tensor left, Scalar right) => left.remainder(right);

        /// <summary>Remainders with the sign of the divisor with a number.</summary>
        public static Tensor operator %(Tensor left, int right) => left.remainder(right);

        /// <summary>Remainders with the sign of the divisor with a number.</summary>
        public static Tensor operator %(Tensor left, long right) => left.remainder(right);

        /// <summary>Remainders with the sign of the divisor with a number.</summary>
        public static Tensor operator %(Tensor left, float right) => left.remainder(right);

        /// <summary>Remainders with the sign of the divisor with a number.</summary>
        public static Tensor operator %(Tensor left, double right) => left.remainder(right);

        /// <summary>The negatives.</summary>
        public static Tensor operator -(Tensor tensor) => tensor.neg();

        /// <summary>Conjunctions of the bits, broadcast.</summary>
        public static Tensor operator &(Tensor left, Tensor right) => left.bitwise_and(right);

        /// <summary>Disjunctions of the bits, broadcast.</summary>
        public static Tensor operator |(Tensor left, Tensor right) => left.bitwise_or(right);

        /// <summary>Exclusive disjunctions of the bits, broadcast.</summary>
        public static Tensor operator ^(Tensor left, Tensor right) => left.bitwise_xor(right);

        /// <summary>Complements of the bits, or of truth values.</summary>
        public static Tensor operator ~(Tensor left) => left.bitwise_not();

        /// <summary>Whether the elements are equal, broadcast.</summary>
        public static Tensor operator ==(Tensor left, Tensor right) => left.eq(right);

        /// <summary>Whether the elements are equal, against a number.</summary>
        public static Tensor operator ==(Tensor left, Scalar right) => left.eq(right);

        /// <summary>Whether the elements are equal, against a number.</summary>
        public static Tensor operator ==(Scalar left, Tensor right) => right.eq(left);

        /// <summary>Whether the elements differ, broadcast.</summary>
        public static Tensor operator !=(Tensor left, Tensor right) => left.ne(right);

        /// <summary>Whether the elements differ, against a number.</summary>
        public static Tensor operator !=(Tensor left, Scalar right) => left.ne(right);

        /// <summary>Whether the elements differ, against a number.</summary>
        public static Tensor operator !=(Scalar left, Tensor right) => right.ne(left);

        /// <summary>Whether the elements are less, broadcast.</summary>
        public static Tensor operator <(Tensor left, Tensor right) => left.lt(right);

        /// <summary>Whether the elements are less, against a number.</summary>
        public static Tensor operator <(Tensor left, Scalar right) => left.lt(right);

        /// <summary>Whether the elements are less, against a number.</summary>
        public static Tensor operator <(Scalar left, Tensor right) => right.gt(left);

        /// <summary>Whether the elements are less or equal, broadcast.</summary>
        public static Tensor operator <=(Tensor left, Tensor right) => left.le(right);

        /// <summary>Whether the elements are less or equal, against a number.</summary>
        public static Tensor operator <=(Tensor left, Scalar right) => left.le(right);

        /// <summary>Whether the elements are less or equal, against a number.</summary>
        public static Tensor operator <=(Scalar left, Tensor right) => right.ge(left);

        /// <summary>Whether the elements are greater, broadcast.</summary>
        public static Tensor operator >(Tensor left, Tensor right) => left.gt(right);

        /// <summary>Whether the elements are greater, against a number.</summary>
        public static Tensor operator >(Tensor left, Scalar right) => left.gt(right);

        /// <summary>Whether the elements are greater, against a number.</summary>
        public static Tensor operator >(Scalar left, Tensor right) => right.lt(left);

        /// <summary>Whether the elements are greater or equal, broadcast.</summary>
        public static Tensor operator >=(Tensor left, Tensor right) => left.ge(right);

        /// <summary>Whether the elements are greater or equal, against a number.</summary>
        public static Tensor operator >=(Tensor left, Scalar right) => left.ge(right);

        /// <summary>Whether the elements are greater or equal, against a number.</summary>
        public static Tensor operator >=(Scalar left, Tensor right) => right.le(left);
    }
}
