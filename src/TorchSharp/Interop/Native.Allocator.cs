using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace TorchSharp;

// What native/allocator.cpp exports, in its order.
internal static unsafe partial class Native
{
    [LibraryImport(Library)]
    internal static partial long st_allocator_trim();

    [LibraryImport(Library)]
    internal static partial void st_allocator_statistics(long* live, long* cached, long* peak);
}
