using TorchSharp;

namespace ScoreFunctional.Kernels;

/// <summary>Which derivatives a tensor takes part in, as the floor above counts them.</summary>
public interface IDependence
{
    /// <summary>Whether the tensor depends on the variables of the derivative of this tag.</summary>
    bool On(uint tag);
}

/// <summary>An input of an operation.</summary>
/// <param name="Tensor">Its values, on any device and of any type.</param>
/// <param name="Dependence">The derivatives it takes part in; null for a constant, or where nobody knows.</param>
public readonly record struct Operand(torch.Tensor Tensor, IDependence? Dependence = null);

/// <summary>The derivative that the engine is taking. libtorch tells its own operations in which of their inputs a derivative is asked
/// for, but not functions of C#: they would work out those of a network's parameters while only that in x is wanted.</summary>
public static class Differentiation
{
    /// <summary>The tag where only derivatives in a cotangent are asked for, which no tensor of the floor above depends on.</summary>
    public const uint OfCotangent = uint.MaxValue;

    [ThreadStatic]
    private static long _tagAndOne;

    [ThreadStatic]
    private static Exception? _failure;

    /// <summary>Runs a computation in which the engine differentiates in the variables of this tag, and in no others.</summary>
    public static T In<T>(uint tag, Func<T> take)
    {
        ArgumentNullException.ThrowIfNull(take);
        var before = _tagAndOne;
        // Those of derivatives that somebody took without this are nobody's.
        var outer = before == 0 ? null : _failure;
        _tagAndOne = tag + 1L;
        _failure = null;
        try
        {
            var taken = take();
            return _failure is { } failure ? throw new InvalidOperationException(failure.Message, failure) : taken;
        }
        finally
        {
            _tagAndOne = before;
            _failure = outer;
        }
    }

    /// <summary>Keeps an exception of a derivative, which must not pass through the native code that asked for it, for its caller.</summary>
    public static void Fail(Exception failure) => _failure ??= failure;

    /// <summary>Whether a derivative may be asked for in an input that depends on this.</summary>
    public static bool Asks(IDependence? dependence) => _tagAndOne == 0 || dependence is null || dependence.On((uint)(_tagAndOne - 1));
}
