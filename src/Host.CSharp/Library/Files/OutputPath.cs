namespace ScoreFunctional.Host.Files;

/// <summary>Where writing to a path leads: behind all links, to a file that is replaced whole or to what takes bytes as they come.</summary>
internal sealed class OutputPath
{
    // As many as Linux follows.
    private const int MostLinks = 40;

    private readonly string _given;
    private readonly bool _isDescriptor;

    private OutputPath(string given, string final, FileKind kind)
    {
        (_given, Final, Kind) = (given, final, kind);
        _isDescriptor = IsDescriptors(Path.GetDirectoryName(final));
    }

    /// <summary>The path behind all links.</summary>
    public string Final { get; }

    /// <summary>What stands there.</summary>
    public FileKind Kind { get; }

    /// <summary>Whether a new file takes the place of the old one; pipes, devices and open descriptors are written to as they are.</summary>
    public bool IsReplaced => Kind != FileKind.Special && !_isDescriptor;

    /// <summary>Whether it is this process's own standard output.</summary>
    public bool IsStandardOutput => _isDescriptor && Final == $"/proc/{Environment.ProcessId}/fd/1";

    /// <summary>Where the file is written before it takes its place: one name for each target, so that the next save replaces what an
    /// interrupted one left behind.</summary>
    public string Temporary => Final + ".tmp";

    /// <summary>Finds out where a path leads, as the system would.</summary>
    /// <param name="path">A path, which need not exist.</param>
    /// <exception cref="ScoreException">It leads to a folder, nowhere, or in circles.</exception>
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
            // The runtime has files of its own open, and in them nobody may write.
            return found._isDescriptor && !(int.TryParse(Path.GetFileName(found.Final), out var number) && NativeFile.IsInherited(number))
                ? throw new IOException("no such descriptor was given to this program")
                : found;
        }
        catch (IOException error)
        {
            throw CannotWrite(path, error);
        }
    }

    /// <summary>Makes sure that the file can be written, before the work whose result it will be; nothing is left behind.</summary>
    /// <exception cref="ScoreException">It cannot.</exception>
    public void RequireWritable()
    {
        try
        {
            if (!IsReplaced)
            {
                NativeFile.RequireWriteAccess(Final);
                return;
            }

            // The file's own temporary name, which may be too long where the file's is not; in a folder that is yet to be made, any.
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

    /// <summary>Opens what is written to as it is.</summary>
    public Stream Open() =>
        // A file that stands behind standard output is shared with whoever else writes there, its position too.
        IsStandardOutput && Kind == FileKind.Plain
            ? System.Console.OpenStandardOutput()
            : new FileStream(Final, FileMode.Append, FileAccess.Write, FileShare.ReadWrite, 1 << 16);

    /// <summary>Whether an error is the system's refusal to write. A file beyond the size that it allows is a wrong argument to .NET.</summary>
    /// <param name="error">The error.</param>
    public static bool IsRefusal(Exception error) =>
        error is IOException or UnauthorizedAccessException or NotSupportedException or ArgumentOutOfRangeException { ParamName: "value" };

    /// <summary>The error that says so.</summary>
    /// <param name="path">The path, as it was given.</param>
    /// <param name="error">The reason.</param>
    public static ScoreException CannotWrite(string path, Exception error)
    {
        // .NET adds a path, but that of the temporary file.
        var reason = error is UnauthorizedAccessException ? "access is denied" : AtomicFile.OneLine(error.Message).Split(" : '")[0];
        return new($"cannot write {path}: {reason}", error);
    }

    // Folders first, then the name, as the system goes through a path: dots of a link's target begin where the link really is.
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

    // Links below such a folder are open files, whatever path they show.
    private static bool IsDescriptors(string? folder) =>
        folder is not null && folder.StartsWith("/proc/", StringComparison.Ordinal) && folder.EndsWith("/fd", StringComparison.Ordinal);
}
