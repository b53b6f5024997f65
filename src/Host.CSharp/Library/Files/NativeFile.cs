using System.Runtime.InteropServices;

namespace ScoreFunctional.Host.Files;

/// <summary>The kind of a path.</summary>
internal enum FileKind
{
    /// <summary>Nothing exists there.</summary>
    None,

    /// <summary>A regular file.</summary>
    Plain,

    /// <summary>A folder.</summary>
    Folder,

    /// <summary>A pipe, a device, a terminal, a socket.</summary>
    Special,
}

/// <summary>Calls of the system for what .NET does not offer: to .NET, everything that exists and is not a folder is a file.</summary>
internal static partial class NativeFile
{
    private const string C = "libc";
    private const int NoSuchFile = 2;
    private const int WriteAccess = 2;
    private const int CurrentFolder = -100;
    private const uint TypeOnly = 1;
    private const int DescriptorFlags = 1;
    private const int CloseOnExec = 1;

    // Bits of the file mode, the same in every Unix.
    private const int TypeBits = 0xF000;
    private const int FolderBits = 0x4000;
    private const int PlainBits = 0x8000;

    /// <summary>The kind of a path; links are followed.</summary>
    /// <param name="path">Any path.</param>
    /// <exception cref="IOException">The path leads through a file, or through a folder without permission.</exception>
    public static FileKind KindOf(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            return Directory.Exists(path) ? FileKind.Folder : File.Exists(path) ? FileKind.Plain : FileKind.None;
        }

        // The mode is at byte 28 in Linux's statx, on all processors, and at byte 4 in macOS's stat.
        Span<byte> found = stackalloc byte[256];
        var (status, mode) = OperatingSystem.IsMacOS()
            ? (stat(path, found), 4)
            : (statx(CurrentFolder, path, 0, TypeOnly, found), 28);
        if (status != 0)
        {
            return Marshal.GetLastPInvokeError() == NoSuchFile
                ? FileKind.None
                : throw new IOException(Marshal.GetLastPInvokeErrorMessage());
        }

        return (BitConverter.ToUInt16(found[mode..]) & TypeBits) switch
        {
            PlainBits => FileKind.Plain,
            FolderBits => FileKind.Folder,
            _ => FileKind.Special,
        };
    }

    /// <summary>A folder's path without links and dots, or <c>null</c> if there is none.</summary>
    /// <param name="folder">Its path.</param>
    public static string? RealPath(string folder) =>
        OperatingSystem.IsWindows() ? Path.GetFullPath(folder) : realpath(folder, 0);

    /// <summary>Checks that this process may write to a path.</summary>
    /// <param name="path">The path.</param>
    /// <exception cref="IOException">Writing is not permitted.</exception>
    public static void RequireWriteAccess(string path)
    {
        if (!OperatingSystem.IsWindows() && access(path, WriteAccess) != 0)
        {
            throw new IOException(Marshal.GetLastPInvokeErrorMessage());
        }
    }

    /// <summary>Whether a descriptor was open when this process started. If not, the runtime may have given its number to a file of its own.</summary>
    /// <param name="descriptor">The number of the descriptor; 1 is standard output.</param>
    public static bool IsInherited(int descriptor)
    {
        // The runtime opens its own files with close-on-exec; an inherited descriptor cannot have that flag.
        var flags = OperatingSystem.IsWindows() ? 0 : fcntl(descriptor, DescriptorFlags);
        return flags >= 0 && (flags & CloseOnExec) == 0;
    }

    [LibraryImport(C)]
    private static partial int fcntl(int descriptor, int command);

    [LibraryImport(C, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int statx(int folder, string path, int flags, uint mask, Span<byte> found);

    [LibraryImport(C, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int stat(string path, Span<byte> found);

    [LibraryImport(C, StringMarshalling = StringMarshalling.Utf8)]
    private static partial string? realpath(string path, nint none);

    [LibraryImport(C, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int access(string path, int wanted);
}
