using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace TorchSharp;

// What the files of native/ that compute layers and an optimiser's step export.
internal static unsafe partial class Native
{
    [LibraryImport(Library)]
    internal static partial Tensor st_convolution(Tensor? x, Tensor? weight, Tensor? bias, Tensor? residual, long stride, long padding);

    [LibraryImport(Library)]
    internal static partial Tensor st_affine(Tensor? x, Tensor? weight, Tensor? bias);

    [LibraryImport(Library)]
    internal static partial Tensor st_normalise(Tensor? x, long groups, Tensor? weight, Tensor? bias, Tensor? scale, Tensor? shift, double epsilon, [MarshalAs(UnmanagedType.U1)] bool activate);

    [LibraryImport(Library)]
    internal static partial Tensor st_silu_fused(Tensor? x);

    [LibraryImport(Library)]
    internal static partial Tensor st_modulate(Tensor? x, Tensor? scale, Tensor? shift);

    [LibraryImport(Library)]
    internal static partial Tensor st_perceptron(ReadOnlySpan<nint> parts, int count, long hidden);

    [LibraryImport(Library)]
    internal static partial Tensor st_norm_of(Tensor? x);

    [LibraryImport(Library)]
    internal static partial nint st_adam(Tensor? parameters, Tensor? gradient, Tensor? m, Tensor? v, double rate, double beta1, double beta2, double epsilon, double decay, double correction1, double correction2);

    [LibraryImport(Library)]
    internal static partial Tensor st_mix(Tensor? x, Tensor? y, double a, double b);

    [LibraryImport(Library)]
    internal static partial Tensor st_clip(Tensor? g, double limit);

    [LibraryImport(Library)]
    internal static partial nint st_advance(Tensor? x, Tensor? change, Tensor? average, double decay);

    [LibraryImport(Library)]
    internal static partial Tensor st_scale_each(Tensor? a, Tensor? x, [MarshalAs(UnmanagedType.U1)] bool divide);

    [LibraryImport(Library)]
    internal static partial Tensor st_combine_each(Tensor? a, Tensor? x, Tensor? b, Tensor? y);

    [LibraryImport(Library)]
    internal static partial Tensor st_fourier(Tensor? x, Tensor? rates);

    [LibraryImport(Library)]
    internal static partial Tensor st_dot_each(Tensor? a, Tensor? b);

    [LibraryImport(Library)]
    internal static partial nint st_parts(Tensor? flat, ReadOnlySpan<long> ranks, int count, ReadOnlySpan<long> sizes);
}
