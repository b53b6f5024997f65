namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        /// <summary>The sum of all elements.</summary>
        public Tensor sum(ScalarType? type = null) => Native.st_sum(this, Code(type));

        /// <summary>Sums over dimensions.</summary>
        public Tensor sum(long[] dim, bool keepdim = false, ScalarType? type = null) => sum((ReadOnlySpan<long>)dim, keepdim, type);

        /// <summary>Sums over dimensions.</summary>
        public Tensor sum(ReadOnlySpan<long> dim, bool keepdim = false, ScalarType? type = null) => Native.st_sum_dims(this, dim, dim.Length, keepdim, Code(type));

        /// <summary>Sums over a dimension.</summary>
        public Tensor sum(long dim, bool keepdim = false, ScalarType? type = null) => sum((ReadOnlySpan<long>)[dim], keepdim, type);

        /// <summary>Sums over two dimensions.</summary>
        public Tensor sum(long dim0, long dim1, bool keepdim = false, ScalarType? type = null) => sum((ReadOnlySpan<long>)[dim0, dim1], keepdim, type);

        /// <summary>Sums over three dimensions.</summary>
        public Tensor sum(long dim0, long dim1, long dim2, bool keepdim = false, ScalarType? type = null) => sum((ReadOnlySpan<long>)[dim0, dim1, dim2], keepdim, type);

        /// <summary>The mean of all elements.</summary>
        public Tensor mean() => Native.st_mean(this);

        /// <summary>Means over dimensions.</summary>
        public Tensor mean(long[] dimensions, bool keepdim = false, ScalarType? type = null) => Native.st_mean_dims(this, dimensions, dimensions.Length, keepdim, Code(type));

        /// <summary>The product of all elements.</summary>
        public Tensor prod(ScalarType? type = null) => Native.st_prod(this, Code(type));

        /// <summary>Products over a dimension.</summary>
        public Tensor prod(long dim, bool keepdim = false, ScalarType? type = null) => Native.st_prod_dim(this, dim, keepdim, Code(type));

        /// <summary>The standard deviation of all elements, divided by n - 1 or, if biased, n.</summary>
        public Tensor std(bool unbiased = true) => Native.st_std(this, unbiased);

        /// <summary>Standard deviations over dimensions.</summary>
        public Tensor std(ReadOnlySpan<long> dimensions, bool unbiased = true, bool keepdim = false, ScalarType? type = null) => Typed(type).Std(dimensions, unbiased, keepdim);

        /// <summary>Standard deviations over dimensions.</summary>
        public Tensor std(long[] dimensions, bool unbiased = true, bool keepdim = false, ScalarType? type = null) => std((ReadOnlySpan<long>)dimensions, unbiased, keepdim, type);

        /// <summary>Standard deviations over a dimension.</summary>
        public Tensor std(long dim, bool unbiased = true, bool keepdim = false, ScalarType? type = null) => std((ReadOnlySpan<long>)[dim], unbiased, keepdim, type);

        /// <summary>The variance of all elements, divided by n - 1 or, if biased, n.</summary>
        public Tensor var(bool unbiased = true) => Native.st_var(this, unbiased);

        /// <summary>Variances over dimensions.</summary>
        public Tensor var(ReadOnlySpan<long> dimensions, bool unbiased = true, bool keepdim = false, ScalarType? type = null) => Typed(type).Var(dimensions, unbiased, keepdim);

        /// <summary>Variances over dimensions.</summary>
        public Tensor var(long[] dimensions, bool unbiased = true, bool keepdim = false, ScalarType? type = null) => var((ReadOnlySpan<long>)dimensions, unbiased, keepdim, type);

        /// <summary>Variances over a dimension.</summary>
        public Tensor var(long dim, bool unbiased = true, bool keepdim = false, ScalarType? type = null) => var((ReadOnlySpan<long>)[dim], unbiased, keepdim, type);

        /// <summary>The greatest element.</summary>
        public Tensor max() => Native.st_max(this);

        /// <summary>The greater elements, broadcast.</summary>
        public Tensor max(Tensor other) => maximum(other);

        /// <summary>The greatest elements over a dimension and where they are.</summary>
        public (Tensor values, Tensor indexes) max(long dim, bool keepdim = false) => Pair(Native.st_max_dim(this, dim, keepdim));

        /// <summary>The least element.</summary>
        public Tensor min() => Native.st_min(this);

        /// <summary>The lesser elements, broadcast.</summary>
        public Tensor min(Tensor other) => minimum(other);

        /// <summary>The least elements over a dimension and where they are.</summary>
        public (Tensor values, Tensor indexes) min(long dim, bool keepdim = false) => Pair(Native.st_min_dim(this, dim, keepdim));

        /// <summary>The greatest elements over dimensions.</summary>
        public Tensor amax(ReadOnlySpan<long> dims, bool keepdim = false, Tensor? @out = null) => Into(@out, Native.st_amax(this, dims, dims.Length, keepdim));

        /// <summary>The greatest elements over dimensions.</summary>
        public Tensor amax(long[] dims, bool keepdim = false, Tensor? @out = null) => amax((ReadOnlySpan<long>)dims, keepdim, @out);

        /// <summary>The greatest elements over dimensions.</summary>
        public Tensor amax(params long[] dims) => amax((ReadOnlySpan<long>)dims, false, null);

        /// <summary>The least elements over dimensions.</summary>
        public Tensor amin(ReadOnlySpan<long> dims, bool keepdim = false, Tensor? @out = null) => Into(@out, Native.st_amin(this, dims, dims.Length, keepdim));

        /// <summary>The least elements over dimensions.</summary>
        public Tensor amin(long[] dims, bool keepdim = false, Tensor? @out = null) => amin((ReadOnlySpan<long>)dims, keepdim, @out);

        /// <summary>The least elements over dimensions.</summary>
        public Tensor amin(params long[] dims) => amin((ReadOnlySpan<long>)dims, false, null);

        /// <summary>The median of all elements, the lower of two.</summary>
        public Tensor median() => Native.st_median(this);

        /// <summary>Where the greatest element is in row-major order.</summary>
        public Tensor argmax() => Native.st_argmax(this, default, false);

        /// <summary>Where the greatest elements over a dimension are.</summary>
        public Tensor argmax(long dim, bool keepdim = false) => Native.st_argmax(this, [dim], keepdim);

        /// <summary>Where the least element is in row-major order.</summary>
        public Tensor argmin() => Native.st_argmin(this, default, false);

        /// <summary>Where the least elements over a dimension are.</summary>
        public Tensor argmin(long dim, bool keepdim = false) => Native.st_argmin(this, [dim], keepdim);

        /// <summary>The indices that sort a dimension.</summary>
        public Tensor argsort(long dim = -1, bool descending = false) => Native.st_argsort(this, dim, descending);

        /// <summary>Whether all elements are true.</summary>
        public Tensor all() => Native.st_all(this);

        /// <summary>Whether all elements over a dimension are true.</summary>
        public Tensor all(long dim, bool keepdim = false) => Native.st_all_dim(this, dim, keepdim);

        /// <summary>Whether any element is true.</summary>
        public Tensor any() => Native.st_any(this);

        /// <summary>Whether any element over a dimension is true.</summary>
        public Tensor any(long dim, bool keepdim = false) => Native.st_any_dim(this, dim, keepdim);

        /// <summary>Log of the sum of exp over a dimension, without overflow.</summary>
        public Tensor logsumexp(long dim, bool keepdim = false) => Native.st_logsumexp_dim(this, dim, keepdim);

        /// <summary>Running sums along a dimension.</summary>
        public Tensor cumsum(long dim, ScalarType? type = null) => Native.st_cumsum(this, dim, Code(type));

        /// <summary>Running products along a dimension.</summary>
        public Tensor cumprod(long dim, ScalarType? type = null) => Native.st_cumprod(this, dim, Code(type));

        /// <summary>The p-norm of all elements.</summary>
        public Tensor norm(float p = 2.0f) => Native.st_norm(this, p);

        /// <summary>P-norms over a dimension.</summary>
        public Tensor norm(int dim, bool keepdim = false, float p = 2.0f) => Native.st_norm_dim(this, p, dim, keepdim);

        /// <summary>How often each non-negative integer occurs, or the sum of its weights.</summary>
        public Tensor bincount(Tensor? weights, long minlength = 0) => Native.st_bincount(this, weights, minlength);

        /// <summary>A sorted dimension and the indices that sort it.</summary>
        public (Tensor Values, Tensor Indices) sort(long dim = -1, bool descending = false, bool stable = false) => Pair(Native.st_sort(this, dim, descending, stable));

        /// <summary>The k greatest or least elements along a dimension and where they are.</summary>
        public (Tensor values, Tensor indexes) topk(int k, int dim = -1, bool largest = true, bool sorted = true) => Pair(Native.st_topk(this, k, dim, largest, sorted));

        private Tensor Std(ReadOnlySpan<long> dims, bool unbiased, bool keepdim) => Native.st_std_dims(this, dims, dims.Length, unbiased, keepdim);

        private Tensor Var(ReadOnlySpan<long> dims, bool unbiased, bool keepdim) => Native.st_var_dims(this, dims, dims.Length, unbiased, keepdim);

        private Tensor Typed(ScalarType? type) => type is { } given ? to_type(given) : this;

        private static Tensor Into(Tensor? target, Tensor result)
        {
            if (target is null)
            {
                return result;
            }

            target.copy_(result);
            result.Dispose();
            return target;
        }
    }

    /// <summary>The sum of all elements.</summary>
    public static Tensor sum(Tensor input, ScalarType? type = null) => input.sum(type);

    /// <summary>Sums over dimensions.</summary>
    public static Tensor sum(Tensor input, ReadOnlySpan<long> dim, bool keepdim = false, ScalarType? type = null) => input.sum(dim, keepdim, type);

    /// <summary>Sums over a dimension.</summary>
    public static Tensor sum(Tensor input, long dim, bool keepdim = false, ScalarType? type = null) => input.sum(dim, keepdim, type);

    /// <summary>The mean of all elements.</summary>
    public static Tensor mean(Tensor input) => input.mean();

    /// <summary>Means over dimensions.</summary>
    public static Tensor mean(Tensor input, long[] dimensions, bool keepdim = false, ScalarType? type = null) => input.mean(dimensions, keepdim, type);

    /// <summary>The product of all elements.</summary>
    public static Tensor prod(Tensor input, ScalarType? type = null) => input.prod(type);

    /// <summary>Products over a dimension.</summary>
    public static Tensor prod(Tensor input, long dim, bool keepdim = false, ScalarType? type = null) => input.prod(dim, keepdim, type);

    /// <summary>The standard deviation of all elements.</summary>
    public static Tensor std(Tensor input, bool unbiased = true) => input.std(unbiased);

    /// <summary>Standard deviations over dimensions.</summary>
    public static Tensor std(Tensor input, long[] dimensions, bool unbiased = true, bool keepdim = false, ScalarType? type = null) => input.std(dimensions, unbiased, keepdim, type);

    /// <summary>Standard deviations over a dimension.</summary>
    public static Tensor std(Tensor input, long dimensions, bool unbiased = true, bool keepdim = false, ScalarType? type = null) => input.std(dimensions, unbiased, keepdim, type);

    /// <summary>The variance of all elements.</summary>
    public static Tensor var(Tensor input, bool unbiased = true) => input.var(unbiased);

    /// <summary>Variances over dimensions.</summary>
    public static Tensor var(Tensor input, long[] dimensions, bool unbiased = true, bool keepdim = false, ScalarType? type = null) => input.var(dimensions, unbiased, keepdim, type);

    /// <summary>Variances over a dimension.</summary>
    public static Tensor var(Tensor input, long dimensions, bool unbiased = true, bool keepdim = false, ScalarType? type = null) => input.var(dimensions, unbiased, keepdim, type);

    /// <summary>The greatest element.</summary>
    public static Tensor max(Tensor input) => input.max();

    /// <summary>The greater elements, broadcast.</summary>
    public static Tensor max(Tensor input, Tensor other) => input.maximum(other);

    /// <summary>The greatest elements over a dimension and where they are.</summary>
    public static (Tensor values, Tensor indexes) max(Tensor input, long dim, bool keepdim = false) => input.max(dim, keepdim);

    /// <summary>The least element.</summary>
    public static Tensor min(Tensor input) => input.min();

    /// <summary>The lesser elements, broadcast.</summary>
    public static Tensor min(Tensor input, Tensor other) => input.minimum(other);

    /// <summary>The least elements over a dimension and where they are.</summary>
    public static (Tensor values, Tensor indexes) min(Tensor input, long dim, bool keepdim = false) => input.min(dim, keepdim);

    /// <summary>The greatest elements over dimensions.</summary>
    public static Tensor amax(Tensor input, long[] dims, bool keepdim = false, Tensor? @out = null) => input.amax(dims, keepdim, @out);

    /// <summary>The least elements over dimensions.</summary>
    public static Tensor amin(Tensor input, long[] dims, bool keepdim = false, Tensor? @out = null) => input.amin(dims, keepdim, @out);

    /// <summary>The median of all elements, the lower of two.</summary>
    public static Tensor median(Tensor input) => input.median();

    /// <summary>Where the greatest element is in row-major order.</summary>
    public static Tensor argmax(Tensor input) => input.argmax();

    /// <summary>Where the greatest elements over a dimension are.</summary>
    public static Tensor argmax(Tensor input, long dim, bool keepdim = false) => input.argmax(dim, keepdim);

    /// <summary>Where the least element is in row-major order.</summary>
    public static Tensor argmin(Tensor input) => input.argmin();

    /// <summary>Where the least elements over a dimension are.</summary>
    public static Tensor argmin(Tensor input, long dim, bool keepdim = false) => input.argmin(dim, keepdim);

    /// <summary>The indices that sort a dimension.</summary>
    public static Tensor argsort(Tensor input, long dim = -1, bool descending = false) => input.argsort(dim, descending);

    /// <summary>Whether all elements are true.</summary>
    public static Tensor all(Tensor input) => input.all();

    /// <summary>Whether all elements over a dimension are true.</summary>
    public static Tensor all(Tensor input, long dim, bool keepdim = false) => input.all(dim, keepdim);

    /// <summary>Whether any element is true.</summary>
    public static Tensor any(Tensor input) => input.any();

    /// <summary>Whether any element over a dimension is true.</summary>
    public static Tensor any(Tensor input, long dim, bool keepdim = false) => input.any(dim, keepdim);

    /// <summary>Log of the sum of exp over a dimension, without overflow.</summary>
    public static Tensor logsumexp(Tensor input, long dim, bool keepdim = false) => input.logsumexp(dim, keepdim);

    /// <summary>Running sums along a dimension.</summary>
    public static Tensor cumsum(Tensor input, long dim, ScalarType? type = null) => input.cumsum(dim, type);

    /// <summary>Running products along a dimension.</summary>
    public static Tensor cumprod(Tensor input, long dim, ScalarType? dtype = null) => input.cumprod(dim, dtype);

    /// <summary>The Euclidean norm of all elements.</summary>
    public static Tensor norm(Tensor input) => input.norm();

    /// <summary>The p-norm of all elements.</summary>
    public static Tensor norm(Tensor input, float p = 2.0f) => input.norm(p);

    /// <summary>P-norms over a dimension.</summary>
    public static Tensor norm(Tensor input, int dimension, bool keepdim = false, float p = 2.0f) => input.norm(dimension, keepdim, p);

    /// <summary>How often each non-negative integer occurs, or the sum of its weights.</summary>
    public static Tensor bincount(Tensor input, Tensor? weights = null, long minlength = 0) => input.bincount(weights, minlength);

    /// <summary>A sorted dimension and the indices that sort it.</summary>
    public static (Tensor values, Tensor indices) sort(Tensor input, long dim = -1, bool descending = false, bool stable = false) => input.sort(dim, descending, stable);

    /// <summary>The k greatest or least elements along a dimension and where they are.</summary>
    public static (Tensor values, Tensor indices) topk(Tensor tensor, int k, int dim = -1, bool largest = true, bool sorted = true) => tensor.topk(k, dim, largest, sorted);
}
