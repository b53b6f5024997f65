using TorchSharp;

namespace ScoreFunctional.Kernels;

/// <summary>The derivatives that a tensor takes part in, as the caller counts them.</summary>
public interface IDependence
{
    /// <summary>Whether the tensor depends on the variables of the derivative with this tag.</summary>
    bool DependsOn(uint tag);
}

/// <summary>An input of an operation.</summary>
/// <param name="Tensor">Its values, on any device and of any type.</param>
/// <param name="Dependence">The derivatives it takes part in; null for a constant, or if unknown.</param>
public readonly record struct Operand(torch.Tensor Tensor, IDependence? Dependence = null);

/// <summary>The derivative that the engine is computing. libtorch tells its own operations which inputs need a gradient, but not functions
/// in C#. Without this class they would compute the gradients of a network's parameters where only the one in x is needed.</summary>
public static class Differentiation
{
    /// <summary>The tag of a derivative in a cotangent, on which no input of an operation depends.</summary>
    public const uint CotangentTag = uint.MaxValue;

    [ThreadStatic]
    private static long _tagPlusOne;

    [ThreadStatic]
    private static Exception? _failure;

    /// <summary>Runs a computation in which the engine differentiates with respect to the variables of this tag only.</summary>
    public static T WithRespectTo<T>(uint tag, Func<T> compute)
    {
        ArgumentNullException.ThrowIfNull(compute);
        var before = _tagPlusOne;
        // A failure in a derivative computed outside this method belongs to no caller of it.
        var outer = before == 0 ? null : _failure;
        _tagPlusOne = tag + 1L;
        _failure = null;
        try
        {
            var result = compute();
            return _failure is { } failure ? throw new InvalidOperationException(failure.Message, failure) : result;
        }
        finally
        {
            _tagPlusOne = before;
            _failure = outer;
        }
    }

    /// <summary>Stores an exception of a backward pass for <see cref="WithRespectTo"/> to throw: it must not cross the native code in
    /// between.</summary>
    public static void Report(Exception failure) => _failure ??= failure;

    /// <summary>Whether an input with this dependence may need a gradient.</summary>
    public static bool NeedsGrad(IDependence? dependence) => _tagPlusOne == 0 || dependence is null || dependence.DependsOn((uint)(_tagPlusOne - 1));
}
