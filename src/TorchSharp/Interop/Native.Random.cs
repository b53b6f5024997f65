using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace TorchSharp;

// What native/random.cpp exports, in its order.
internal static unsafe partial class Native
{
    [LibraryImport(Library)]
    internal static partial nint st_generator_default();

    [LibraryImport(Library)]
    internal static partial nint st_generator_new(ulong seed);

    [LibraryImport(Library)]
    internal static partial void st_generator_release(nint generator);

    [LibraryImport(Library)]
    internal static partial int st_generator_seed(Generator? generator, ulong seed);

    [LibraryImport(Library)]
    internal static partial long st_generator_initial_seed(Generator? generator);

    [LibraryImport(Library)]
    internal static partial Tensor st_generator_get_state(Generator? generator);

    [LibraryImport(Library)]
    internal static partial int st_generator_set_state(Generator? generator, Tensor? state);

    [LibraryImport(Library)]
    internal static partial int st_manual_seed(ulong seed);

    [LibraryImport(Library)]
    internal static partial Tensor st_rand(ReadOnlySpan<long> sizes, int count, int dtype, int deviceType, int deviceIndex, [MarshalAs(UnmanagedType.U1)] bool requiresGrad, Generator? generator);

    [LibraryImport(Library)]
    internal static partial Tensor st_randn(ReadOnlySpan<long> sizes, int count, int dtype, int deviceType, int deviceIndex, [MarshalAs(UnmanagedType.U1)] bool requiresGrad, Generator? generator);

    [LibraryImport(Library)]
    internal static partial Tensor st_randint(long low, long high, ReadOnlySpan<long> sizes, int count, int dtype, int deviceType, int deviceIndex, [MarshalAs(UnmanagedType.U1)] bool requiresGrad, Generator? generator);

    [LibraryImport(Library)]
    internal static partial Tensor st_randperm(long n, int dtype, int deviceType, int deviceIndex, [MarshalAs(UnmanagedType.U1)] bool requiresGrad, Generator? generator);

    [LibraryImport(Library)]
    internal static partial Tensor st_bernoulli(Tensor? x, Generator? generator);

    [LibraryImport(Library)]
    internal static partial Tensor st_multinomial(Tensor? x, long samples, [MarshalAs(UnmanagedType.U1)] bool replacement, Generator? generator);

    [LibraryImport(Library)]
    internal static partial int st_normal_(Tensor? x, double mean, double std, Generator? generator);

    [LibraryImport(Library)]
    internal static partial int st_uniform_(Tensor? x, double from, double to, Generator? generator);
}
