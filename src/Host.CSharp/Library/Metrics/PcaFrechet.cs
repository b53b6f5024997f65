using MathNet.Numerics.LinearAlgebra;

namespace ScoreFunctional.Host.Metrics;

/// <summary>
/// The Fréchet distance between Gaussians fitted to images in the space of the leading principal components of a
/// reference set: |m|² + tr(Λ + S − 2 (Λ^½ S Λ^½)^½), where the reference has mean 0 and covariance Λ in that space
/// and the images have mean m and covariance S (Dowson and Landau 1982; like the FID of Heusel et al. 2017, with principal
/// components of the pixels as features). The value depends on the number of images n: compare only values of equal n, and with
/// the floor, the value of n real images.
/// </summary>
internal sealed class PcaFrechet
{
    /// <summary>The default number of components.</summary>
    public const int DefaultComponents = 64;

    private readonly double[] _mean;
    private readonly double[][] _basis;
    private readonly double[] _variances;

    private PcaFrechet(double[] mean, double[][] basis, double[] variances, double explained) =>
        (_mean, _basis, _variances, Explained) = (mean, basis, variances, explained);

    /// <summary>The number of components.</summary>
    public int Components => _basis.Length;

    /// <summary>The fraction of the reference's variance in the components, in [0, 1].</summary>
    public double Explained { get; }

    /// <summary>Fits the components to reference images, usually the whole training set.</summary>
    /// <param name="reference">The reference images.</param>
    /// <param name="components">Number of components, at most the number of pixels.</param>
    /// <exception cref="ArgumentException">There are fewer than two images, or too many components.</exception>
    public static PcaFrechet Fit(ImageBlocks reference, int components = DefaultComponents)
    {
        if (components < 1 || components > reference.Size)
        {
            throw new ArgumentException(
                $"expected 1 to {reference.Size} components, found {components}", nameof(components));
        }

        var moments = Moments.Of(reference);
        var spectrum = Matrix<double>.Build.DenseOfArray(moments.Covariance).Evd(Symmetricity.Symmetric);
        // Eigenvalues come in rising order.
        var chosen = Enumerable.Range(0, components).Select(i => reference.Size - 1 - i).ToArray();
        var variances = Array.ConvertAll(chosen, i => Math.Max(0, spectrum.EigenValues[i].Real));
        var basis = Array.ConvertAll(chosen, i => spectrum.EigenVectors.Column(i).ToArray());
        var total = spectrum.EigenValues.Sum(value => value.Real);
        return new PcaFrechet(moments.Mean, basis, variances, total > 0 ? variances.Sum() / total : 1);
    }

    /// <summary>The distance of images from the reference, squared as usual for this measure.</summary>
    /// <param name="images">At least two images of the size of the reference's.</param>
    /// <exception cref="ArgumentException">The images have another size, or there are fewer than two.</exception>
    public double Distance(ImageBlocks images)
    {
        if (images.Size != _mean.Length)
        {
            throw new ArgumentException(
                $"expected images of {_mean.Length} values, found {images.Size}", nameof(images));
        }

        var moments = Moments.Of(ImageBlocks.Of(Project(images), Components));
        var roots = Array.ConvertAll(_variances, Math.Sqrt);
        var middle = Matrix<double>.Build.Dense(
            Components, Components, (i, j) => roots[i] * moments.Covariance[i, j] * roots[j]);
        var cross = middle.Evd(Symmetricity.Symmetric).EigenValues.Sum(value => Math.Sqrt(Math.Max(0, value.Real)));
        var trace = Enumerable.Range(0, Components).Sum(i => moments.Covariance[i, i] + _variances[i]);
        return moments.Mean.Sum(value => value * value) + trace - 2 * cross;
    }

    private float[] Project(ImageBlocks images)
    {
        var projected = new float[images.Count * Components];
        foreach (var (start, count, block) in images.Blocks())
        {
            Parallel.For(0, count, i =>
            {
                var image = block.Span.Slice(i * images.Size, images.Size);
                for (var c = 0; c < Components; c++)
                {
                    var axis = _basis[c];
                    var sum = 0.0;
                    for (var k = 0; k < axis.Length; k++)
                    {
                        sum += axis[k] * (image[k] - _mean[k]);
                    }

                    projected[(start + i) * Components + c] = (float)sum;
                }
            });
        }

        return projected;
    }
}
