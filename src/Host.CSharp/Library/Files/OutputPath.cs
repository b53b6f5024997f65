namespace ScoreFunctional.Host.Files;

/// <summary>The target of a path for writing, after all links: a file to replace, or a pipe or device to write to.</summary>
internal sealed class OutputPath
{
    // The limit of Linux.
    private const int MostLinks = 40;

    private readonly string _given;
    private readonly bool _isDescriptor;

    private OutputPath(string given, string final, FileKind kind)
    {
        (_given, Final, Kind) = (given, final, kind);
        _isDescriptor = IsDescriptors(Path.GetDirectoryName(final));
    }

    /// <summary>The path after all links.</summary>
    public string Final { get; }

    /// <summary>The kind of the target.</summary>
    public FileKind Kind { get; }

    /// <summary>Whether the target is replaced by a new file; pipes, devices and open descriptors are written directly.</summary>
    public bool IsReplaced => Kind != FileKind.Special && !_isDescriptor;

    /// <summary>Whether the target is the standard output of this process.</summary>
    public bool IsStandardOutput => _isDescriptor && Final == $"/proc/{Environment.ProcessId}/fd/1";

    /// <summary>The temporary file: always the same name for a target, so that the next save replaces the rest of an interrupted
    /// one.</summary>
    public string Temporary => Final + ".tmp";

    /// <summary>Resolves a path as the system does.</summary>
    /// <param name="path">A path, which need not exist.</param>
    /// <exception cref="ScoreException">The path is empty, leads to a folder, or has too many links.</exception>
    public static OutputPath Of(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (path.Length == 0 || path.Contains('\0'))
        {
            throw new ScoreException(ScoreErrorKind.Usage, $"expected a file to write, found the path '{path.Replace('\0', '?')}'");
        }

        try
        {
            var kind = NativeFile.KindOf(path);
            if (kind == FileKind.Folder || Path.EndsInDirectorySeparator(path) || Path.GetFileName(path) is "." or "..")
            {
                throw new ScoreException(ScoreErrorKind.Usage, $"expected a file to write, found a folder: {path}");
            }

            var found = new OutputPath(path, Follow(path), kind);
            // Descriptors that were not inherited are files of the runtime itself.
            return found._isDescriptor && !(int.TryParse(Path.GetFileName(found.Final), out var number) && NativeFile.IsInherited(number))
                ? throw new IOException("no such descriptor was given to this program")
                : found;
        }
        catch (IOException error)
        {
            throw CannotWrite(path, error);
        }
    }

    /// <summary>Checks that the file can be written, before the work for it; no file is left.</summary>
    /// <exception cref="ScoreException">The file cannot be written.</exception>
    public void RequireWritable()
    {
        try
        {
            if (!IsReplaced)
            {
                NativeFile.RequireWriteAccess(Final);
                return;
            }

            // Tries the temporary name, which may be too long although the file's is not. In a missing folder, any name.
            var (folder, probe) = (Path.GetDirectoryName(Final)!, Temporary);
            while (!Directory.Exists(folder))
            {
                folder = Path.GetDirectoryName(folder)!;
                probe = Path.Combine(folder, Path.GetRandomFileName());
            }

            new FileStream(
                probe, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1, FileOptions.DeleteOnClose).Dispose();
        }
        catch (Exception error) when (IsRefusal(error))
        {
            throw CannotWrite(_given, error);
        }
    }

    /// <summary>Opens a target that is written directly.</summary>
    public Stream Open() =>
        // Standard output that goes to a file shares its position with other programs.
        IsStandardOutput && Kind == FileKind.Plain
            ? System.Console.OpenStandardOutput()
            : new FileStream(Final, FileMode.Append, FileAccess.Write, FileShare.ReadWrite, 1 << 16);

    /// <summary>Whether an error means that writing is not possible. For a file beyond the allowed size, .NET throws an ArgumentOutOfRangeException.</summary>
    /// <param name="error">The error.</param>
    public static bool IsRefusal(Exception error) =>
        error is IOException or UnauthorizedAccessException or NotSupportedException or ArgumentOutOfRangeException { ParamName: "value" };

    /// <summary>An error about a file that cannot be written.</summary>
    /// <param name="path">The path as it was given.</param>
    /// <param name="error">The cause.</param>
    public static ScoreException CannotWrite(string path, Exception error)
    {
        // .NET's message ends with the path of the temporary file, which is removed.
        var reason = error is UnauthorizedAccessException ? "access is denied" : AtomicFile.OneLine(error.Message).Split(" : '")[0];
        return new($"cannot write {path}: {reason}", error);
    }

    // Resolves the folder, then the name, as the system does: a relative target starts at the real folder of its link.
    private static string Follow(string path)
    {
        for (var links = 0; links < MostLinks; links++)
        {
            var given = Path.GetDirectoryName(path) is { Length: > 0 } named ? named : ".";
            var folder = NativeFile.RealPath(given) ?? Path.GetFullPath(given);
            path = Path.Combine(folder, Path.GetFileName(path));
            if (IsDescriptors(folder) || new FileInfo(path).LinkTarget is not { } target)
            {
                return path;
            }

            path = Path.Combine(folder, target);
        }

        throw new IOException("too many links");
    }

    // Links in such a folder are open files, whatever their target.
    private static bool IsDescriptors(string? folder) =>
        folder is not null && folder.StartsWith("/proc/", StringComparison.Ordinal) && folder.EndsWith("/fd", StringComparison.Ordinal);
}
