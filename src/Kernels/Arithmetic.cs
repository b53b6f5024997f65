using TorchSharp;
using static TorchSharp.torch;

namespace ScoreFunctional.Kernels;

/// <summary>Sums and products that keep their scalars alive until libtorch has read them. TorchSharp 0.107.0 passes the pointer of a Scalar to
/// native code without keeping the Scalar alive, even in <c>a + b</c> (its factor of 1 for b): a garbage collection at that moment frees
/// memory that libtorch is reading.</summary>
public static class Arithmetic
{
    private static readonly Scalar One = 1;

    /// <summary>a + b; shapes broadcast.</summary>
    public static Tensor Plus(this Tensor a, Tensor b)
    {
        ArgumentNullException.ThrowIfNull(a);
        var sum = a.add(b, One);
        GC.KeepAlive(a);
        GC.KeepAlive(b);
        return sum;
    }

    /// <summary>a plus a number.</summary>
    public static Tensor Plus(this Tensor a, Scalar number)
    {
        ArgumentNullException.ThrowIfNull(a);
        var sum = a.add(number, One);
        GC.KeepAlive(number);
        return sum;
    }

    /// <summary>a times a number.</summary>
    public static Tensor Times(this Tensor a, Scalar number)
    {
        ArgumentNullException.ThrowIfNull(a);
        var product = a.mul(number);
        GC.KeepAlive(number);
        return product;
    }

    /// <summary>Adds b to a in place.</summary>
    internal static Tensor AddInPlace(this Tensor a, Tensor b)
    {
        var sum = a.add_(b, One);
        GC.KeepAlive(b);
        return sum;
    }

    /// <summary>Adds b c to a in place.</summary>
    internal static Tensor AddProductInPlace(this Tensor a, Tensor b, Tensor c) => a.addcmul_(b, c, One);
}
