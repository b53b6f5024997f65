using TorchSharp;
using static TorchSharp.torch;

namespace ScoreFunctional.Kernels;

/// <summary>Sums and products whose numbers live until libtorch has read them. TorchSharp 0.107.0 hands a number's pointer to native code and
/// forgets its holder, in <c>a + b</c> too (a factor of 1 for b): a collection in that moment frees what is being read.</summary>
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

    /// <summary>b added to a in its place.</summary>
    internal static Tensor Increase(this Tensor a, Tensor b)
    {
        var sum = a.add_(b, One);
        GC.KeepAlive(b);
        return sum;
    }

    /// <summary>The product of b and c added to a in its place.</summary>
    internal static Tensor IncreaseByProduct(this Tensor a, Tensor b, Tensor c) => a.addcmul_(b, c, One);
}
