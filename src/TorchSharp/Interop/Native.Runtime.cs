using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace TorchSharp;

// What native/runtime.cpp exports, in its order.
internal static unsafe partial class Native
{
    [LibraryImport(Library)]
    internal static partial nint st_last_error();

    [LibraryImport(Library)]
    [SuppressGCTransition]
    internal static partial long st_live_tensors();

    [LibraryImport(Library)]
    internal static partial void st_release(nint handle);

    [LibraryImport(Library)]
    internal static partial int st_list_count(nint tensors);

    [LibraryImport(Library)]
    internal static partial nint st_list_take(nint tensors, int index);

    [LibraryImport(Library)]
    internal static partial void st_list_release(nint tensors);

    [LibraryImport(Library)]
    internal static partial int st_get_num_threads();

    [LibraryImport(Library)]
    internal static partial int st_set_num_threads(int count);

    [LibraryImport(Library)]
    internal static partial int st_get_num_interop_threads();

    [LibraryImport(Library)]
    internal static partial int st_set_num_interop_threads(int count);

    [LibraryImport(Library)]
    internal static partial int st_cuda_device_count();

    [LibraryImport(Library)]
    internal static partial int st_cuda_synchronize(int index);

    [LibraryImport(Library)]
    internal static partial nint st_torch_version();
}
