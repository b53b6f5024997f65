using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace TorchSharp;

// What native/autograd.cpp exports, in its order.
internal static unsafe partial class Native
{
    [LibraryImport(Library)]
    internal static partial nint st_grad(ReadOnlySpan<nint> outputs, int outputCount, ReadOnlySpan<nint> inputs, int inputCount, ReadOnlySpan<nint> cotangents, int cotangentCount, [MarshalAs(UnmanagedType.U1)] bool retainGraph, [MarshalAs(UnmanagedType.U1)] bool createGraph, [MarshalAs(UnmanagedType.U1)] bool allowUnused);

    [LibraryImport(Library)]
    internal static partial int st_backward(ReadOnlySpan<nint> outputs, int outputCount, ReadOnlySpan<nint> cotangents, int cotangentCount, int retainGraph, [MarshalAs(UnmanagedType.U1)] bool createGraph, ReadOnlySpan<nint> inputs, int inputCount);

    [LibraryImport(Library)]
    [SuppressGCTransition]
    [return: MarshalAs(UnmanagedType.U1)]
    internal static partial bool st_grad_enabled();

    [LibraryImport(Library)]
    [SuppressGCTransition]
    internal static partial void st_set_grad_enabled([MarshalAs(UnmanagedType.U1)] bool enabled);

    [LibraryImport(Library)]
    [SuppressGCTransition]
    [return: MarshalAs(UnmanagedType.U1)]
    internal static partial bool st_inference_mode_enabled();

    [LibraryImport(Library)]
    internal static partial nint st_inference_mode_enter([MarshalAs(UnmanagedType.U1)] bool enabled);

    [LibraryImport(Library)]
    internal static partial void st_inference_mode_leave(nint guard);
}
