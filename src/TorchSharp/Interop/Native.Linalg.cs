using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace TorchSharp;

// What native/linalg.cpp exports, in its order.
internal static unsafe partial class Native
{
    [LibraryImport(Library)]
    internal static partial Tensor st_matmul(Tensor? x, Tensor? y);

    [LibraryImport(Library)]
    internal static partial Tensor st_mm(Tensor? x, Tensor? y);

    [LibraryImport(Library)]
    internal static partial Tensor st_mv(Tensor? x, Tensor? y);

    [LibraryImport(Library)]
    internal static partial Tensor st_bmm(Tensor? x, Tensor? y);

    [LibraryImport(Library)]
    internal static partial Tensor st_dot(Tensor? x, Tensor? y);

    [LibraryImport(Library)]
    internal static partial Tensor st_outer(Tensor? x, Tensor? y);

    [LibraryImport(Library)]
    internal static partial Tensor st_trace(Tensor? x);

    [LibraryImport(Library)]
    internal static partial Tensor st_det(Tensor? x);

    [LibraryImport(Library)]
    internal static partial Tensor st_inv(Tensor? x);

    [LibraryImport(Library)]
    internal static partial Tensor st_cholesky(Tensor? x);

    [LibraryImport(Library)]
    internal static partial Tensor st_addmm(Tensor? x, Tensor? a, Tensor? b, double beta, double alpha);

    [LibraryImport(Library)]
    internal static partial Tensor st_baddbmm(Tensor? x, Tensor? a, Tensor? b, double beta, double alpha);

    [LibraryImport(Library)]
    internal static partial Tensor st_solve(Tensor? a, Tensor? b, [MarshalAs(UnmanagedType.U1)] bool left);

    [LibraryImport(Library)]
    internal static partial nint st_slogdet(Tensor? x);

    [LibraryImport(Library)]
    internal static partial nint st_eigh(Tensor? x, [MarshalAs(UnmanagedType.U1)] bool upper);

    [LibraryImport(Library)]
    internal static partial Tensor st_eigvalsh(Tensor? x, [MarshalAs(UnmanagedType.U1)] bool upper);

    [LibraryImport(Library)]
    internal static partial nint st_svd(Tensor? x, [MarshalAs(UnmanagedType.U1)] bool fullMatrices);

    [LibraryImport(Library)]
    internal static partial nint st_qr(Tensor? x, int mode);
}
