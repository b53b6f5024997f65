namespace DiffSharp

/// Operations as functions.
[<AutoOpen>]
module DsharpOperations =
    type dsharp with

        /// Element-wise <c>a &lt; b</c>.
        static member lt(a: Tensor, b: Tensor) = a.lt (b)

        /// Element-wise <c>a &gt; b</c>.
        static member gt(a: Tensor, b: Tensor) = a.gt (b)

        /// Element-wise <c>a &lt;= b</c>.
        static member le(a: Tensor, b: Tensor) = a.le (b)

        /// Element-wise <c>a &gt;= b</c>.
        static member ge(a: Tensor, b: Tensor) = a.ge (b)

        /// Element-wise <c>a = b</c>.
        static member eq(a: Tensor, b: Tensor) = a.eq (b)

        /// Element-wise <c>a &lt;&gt; b</c>.
        static member ne(a: Tensor, b: Tensor) = a.ne (b)

        /// Whether each element is infinite.
        static member isinf(input: Tensor) = input.isinf ()

        /// Whether each element is not a number.
        static member isnan(input: Tensor) = input.isnan ()

        /// Whether any element is infinite.
        static member hasinf(input: Tensor) = input.hasinf ()

        /// Whether any element is not a number.
        static member hasnan(input: Tensor) = input.hasnan ()

        /// The index of the largest element; the first of equal elements.
        static member argmax(input: Tensor) = input.argmax ()

        /// The indices (Int32) of the largest elements along a dimension.
        static member argmax(input: Tensor, dim: int, ?keepDim: bool) = input.argmax (dim, ?keepDim = keepDim)

        /// The index of the smallest element; the first of equal elements.
        static member argmin(input: Tensor) = input.argmin ()

        /// The indices (Int32) of the smallest elements along a dimension.
        static member argmin(input: Tensor, dim: int, ?keepDim: bool) = input.argmin (dim, ?keepDim = keepDim)

        /// The largest element. The first of equal elements has the derivative.
        static member max(input: Tensor) = input.max ()

        /// The smallest element. The first of equal elements has the derivative.
        static member min(input: Tensor) = input.min ()

        /// The larger of two elements; shapes broadcast, types widen, and equal elements share the derivative.
        static member max(a: Tensor, b: Tensor) = a.max (b)

        /// The smaller of two elements; shapes broadcast, types widen, and equal elements share the derivative.
        static member min(a: Tensor, b: Tensor) = a.min (b)

        /// The largest elements along a dimension.
        static member max(a: Tensor, dim: int, ?keepDim: bool) = a.max (dim, ?keepDim = keepDim)

        /// The smallest elements along a dimension.
        static member min(a: Tensor, dim: int, ?keepDim: bool) = a.min (dim, ?keepDim = keepDim)

        /// Clamps the elements to [low, high]; the derivative of clamped elements is 0.
        static member clamp(input: Tensor, ?low: scalar, ?high: scalar) = input.clamp (?low = low, ?high = high)

        /// Shifts and scales the values to [0, 1]; zeros if all are equal.
        static member normalize(input: Tensor) = input.normalize ()

        /// Shifts and scales the values to mean 0 and standard deviation 1; zeros if all are equal.
        static member standardize(input: Tensor) = input.standardize ()

        /// Element-wise sum; shapes broadcast, types widen.
        static member add(a: Tensor, b: Tensor) = a.add (b)

        /// Element-wise difference; shapes broadcast, types widen.
        static member sub(a: Tensor, b: Tensor) = a.sub (b)

        /// Element-wise product; shapes broadcast, types widen.
        static member mul(a: Tensor, b: Tensor) = a.mul (b)

        /// Element-wise quotient; shapes broadcast, types widen, and the quotient of integers has the default type.
        static member div(a: Tensor, b: Tensor) = a.div (b)

        /// Element-wise power; shapes broadcast, types widen.
        static member pow(a: Tensor, b: Tensor) = a.pow (b)

        /// Negates every element.
        static member neg(input: Tensor) = input.neg ()

        /// The matrix product of [.., n, k] and [.., k, m], of shape [.., n, m]; leading dimensions broadcast. A vector
        /// counts as a row on the left and as a column on the right; the result lacks its dimension of size 1.
        static member matmul(a: Tensor, b: Tensor) = a.matmul (b)

        /// The inner product of two vectors of one length, a scalar.
        static member dot(a: Tensor, b: Tensor) = a.dot (b)

        /// The matrix products of two batches [b, n, k] and [b, k, m], of shape [b, n, m].
        static member bmm(a: Tensor, b: Tensor) = a.bmm (b)

        /// The outer product of two vectors, or of each pair of rows of two matrices.
        static member outer(a: Tensor, b: Tensor) = a.outer (b)

        /// The determinant of a square matrix [n, n], or of each matrix of a batch [b, n, n].
        static member det(a: Tensor) = a.det ()

        /// The inverse of a square matrix [n, n], or of each matrix of a batch [b, n, n].
        static member inv(a: Tensor) = a.inv ()

        /// The solution x of a x = b, for a [n, n] and b [n] or [n, m], or for batches a [k, n, n] and b [k, n] or [k,
        /// n, m].
        static member solve(a: Tensor, b: Tensor) = a.solve (b)

        /// The norm of all elements or along a dimension, of order 2 by default. Order 0 counts non-zero elements; the
        /// infinities give the largest and smallest magnitude. Floating-point types only; 16-bit types are computed in
        /// Float32.
        static member norm(a: Tensor, ?order: float, ?dim: int, ?keepDim: bool) =
            a.norm (?order = order, ?dim = dim, ?keepDim = keepDim)

        /// The sum of all elements; integers and booleans sum to Int64 unless a type is given.
        static member sum(input: Tensor) = input.sum ()

        /// The sums along a dimension.
        static member sum(input: Tensor, dim: int, ?keepDim: bool) = input.sum (dim, ?keepDim = keepDim)

        /// The mean of all elements.
        static member mean(input: Tensor) = input.mean ()

        /// The means along a dimension.
        static member mean(input: Tensor, dim: int, ?keepDim: bool) = input.mean (dim, ?keepDim = keepDim)

        /// The variance of all elements: the sum of squared deviations over n - 1, or over n if <c>unbiased</c> is
        /// false.
        static member var(input: Tensor, ?unbiased: bool) = input.var (?unbiased = unbiased)

        /// The variances along a dimension.
        static member var(input: Tensor, dim: int, ?keepDim: bool, ?unbiased: bool) =
            input.var (dim, ?keepDim = keepDim, ?unbiased = unbiased)

        /// The square root of the variance of all elements.
        static member std(input: Tensor, ?unbiased: bool) = input.std (?unbiased = unbiased)

        /// The square roots of the variances along a dimension.
        static member std(input: Tensor, dim: int, ?keepDim: bool, ?unbiased: bool) =
            input.std (dim, ?keepDim = keepDim, ?unbiased = unbiased)

        /// The covariance matrix of variables in rows and observations in columns: the sum of products of deviations
        /// over n - correction (1 by default). Observations may have integer frequencies (fweights) and real weights
        /// (aweights).
        static member cov(input: Tensor, ?correction: int64, ?fweights: Tensor, ?aweights: Tensor) =
            input.cov (?correction = correction, ?fweights = fweights, ?aweights = aweights)

        /// The correlation matrix of variables in rows and observations in columns.
        static member corrcoef(input: Tensor) = input.corrcoef ()

        /// -1, 0 or 1 for negative, zero and positive elements; its derivative is 0.
        static member sign(input: Tensor) = input.sign ()

        /// Rounds down; the derivative is 0.
        static member floor(input: Tensor) = input.floor ()

        /// Rounds up; the derivative is 0.
        static member ceil(input: Tensor) = input.ceil ()

        /// Rounds to the nearest integer, halves to even; the derivative is 0.
        static member round(input: Tensor) = input.round ()

        /// The absolute value; its derivative at 0 is 0.
        static member abs(input: Tensor) = input.abs ()

        /// max(a, 0); its derivative at 0 is 0.
        static member relu(input: Tensor) = input.relu ()

        /// a where it is positive, negativeSlope a (0.01 by default) where it is negative.
        static member leakyRelu(input: Tensor, ?negativeSlope: float) = input.leakyRelu (?negativeSlope = negativeSlope)

        /// The logistic function, 1 / (1 + exp(-a)).
        static member sigmoid(input: Tensor) = input.sigmoid ()

        /// log(1 + exp(a)), without overflow.
        static member softplus(input: Tensor) = input.softplus ()

        /// The exponential.
        static member exp(input: Tensor) = input.exp ()

        /// The natural logarithm.
        static member log(input: Tensor) = input.log ()

        /// The natural logarithm of max(a, epsilon); epsilon is 1e-12 by default.
        static member safelog(input: Tensor, ?epsilon: float) = input.safelog (?epsilon = epsilon)

        /// The logarithm to base 10.
        static member log10(input: Tensor) = input.log10 ()

        /// The square root.
        static member sqrt(input: Tensor) = input.sqrt ()

        /// The sine.
        static member sin(input: Tensor) = input.sin ()

        /// The cosine.
        static member cos(input: Tensor) = input.cos ()

        /// The tangent.
        static member tan(input: Tensor) = input.tan ()

        /// The hyperbolic sine.
        static member sinh(input: Tensor) = input.sinh ()

        /// The hyperbolic cosine.
        static member cosh(input: Tensor) = input.cosh ()

        /// The hyperbolic tangent.
        static member tanh(input: Tensor) = input.tanh ()

        /// The inverse sine.
        static member asin(input: Tensor) = input.asin ()

        /// The inverse cosine.
        static member acos(input: Tensor) = input.acos ()

        /// The inverse tangent.
        static member atan(input: Tensor) = input.atan ()

        /// exp(a) over its sum along a dimension.
        static member softmax(input: Tensor, dim: int) = input.softmax (dim)

        /// The logarithm of <c>softmax</c>.
        static member logsoftmax(input: Tensor, dim: int) = input.logsoftmax (dim)

        /// The logarithm of the sum of exp(a) along a dimension.
        static member logsumexp(input: Tensor, dim: int, ?keepDim: bool) = input.logsumexp (dim, ?keepDim = keepDim)

        /// The squared difference of input and target.
        static member mseLoss(input: Tensor, target: Tensor, ?reduction: string) =
            input.mseLoss (target, ?reduction = reduction)

        /// The binary cross-entropy -w (t log p + (1 - t) log(1 - p)) of probabilities, with one weight per item of the
        /// batch. Logarithms are clamped to at least -100.
        static member bceLoss(input: Tensor, target: Tensor, ?weight: Tensor, ?reduction: string) =
            input.bceLoss (target, ?weight = weight, ?reduction = reduction)

        /// The negative log-likelihood -w[t] input[t] of class t, for input [n, c, …] and target [n, …], with one
        /// weight per class. The mean is weighted.
        static member nllLoss(input: Tensor, target: Tensor, ?weight: Tensor, ?reduction: string) =
            input.nllLoss (target, ?weight = weight, ?reduction = reduction)

        /// The negative log-likelihood of the <c>logsoftmax</c> of the input over classes (dimension 1).
        static member crossEntropyLoss(input: Tensor, target: Tensor, ?weight: Tensor, ?reduction: string) =
            input.crossEntropyLoss (target, ?weight = weight, ?reduction = reduction)
