using System.Runtime.InteropServices;

namespace ScoreFunctional.Host;

/// <summary>Settings of the C library that make training and sampling faster. They apply to the whole process, and only if set
/// before libtorch is loaded.</summary>
internal static partial class NativeSettings
{
    private const string C = "libc";

    // glibc's numbers of the parameters (mallopt(3)).
    private const int TrimThreshold = -1;
    private const int TopPad = -2;
    private const int MmapMax = -4;
    private const int ArenaMax = -8;
    private const int MxFast = 1;

    private static bool _applied;

    /// <summary>Applies the settings once. If the environment sets one of the allocator's, none of those is changed.</summary>
    public static void Apply()
    {
        if (_applied || !OperatingSystem.IsLinux())
        {
            return;
        }

        _applied = true;
        static bool Unset(string name) => Environment.GetEnvironmentVariable(name) is null;

        // Idle threads spin for 0.1 ms, then sleep. Waking a thread takes longer than a layer of a small batch; OpenMP's default of
        // several milliseconds takes the processor from other programs.
        if (Unset("GOMP_SPINCOUNT") && Unset("OMP_WAIT_POLICY"))
        {
            _ = setenv("GOMP_SPINCOUNT", "5000", 0);
        }

        // Every step allocates the same large blocks. Returning them to the system costs a page fault per 4 KiB.
        try
        {
            string[] names = ["MALLOC_MMAP_MAX_", "MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_", "MALLOC_TOP_PAD_", "MALLOC_ARENA_MAX", "GLIBC_TUNABLES"];
            if (names.All(Unset))
            {
                _ = mallopt(MmapMax, 0);
                _ = mallopt(TrimThreshold, int.MaxValue);
                _ = mallopt(TopPad, 64 << 20);
                _ = mallopt(ArenaMax, 1);
                // With fast bins, every large request would merge the small free blocks.
                _ = mallopt(MxFast, 0);
            }
        }
        catch (EntryPointNotFoundException)
        {
            // Another C library than glibc, whose allocator has no such settings.
        }
    }

    [LibraryImport(C, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int setenv(string name, string value, int overwrite);

    [LibraryImport(C)]
    private static partial int mallopt(int parameter, int value);
}
