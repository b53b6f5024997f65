namespace ScoreFunctional.Host.Files;

/// <summary>Opens files for reading. Every error of the path or the system is one line with the name of the file.</summary>
internal static class InputFile
{
    // Small, since readers read large parts at once.
    private const int Buffer = 4096;

    /// <summary>Opens a file and reads from it.</summary>
    /// <typeparam name="T">The type of the result.</typeparam>
    /// <param name="path">The file.</param>
    /// <param name="use">Makes the result from the file, a seekable stream.</param>
    /// <exception cref="ScoreException">
    /// The file is missing (kind <see cref="ScoreErrorKind.Usage"/>), is not a regular file, cannot be read, or
    /// <paramref name="use"/> throws.
    /// </exception>
    public static T Read<T>(string path, Func<FileStream, T> use)
    {
        try
        {
            using var stream = Open(path);
            return use(stream);
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new ScoreException(ScoreErrorKind.Usage, $"no such file: {path}", error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            throw new ScoreException($"cannot read {path}: {error.Message}", error);
        }
    }

    private static FileStream Open(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (path.Length == 0 || path.Contains('\0'))
        {
            throw new ScoreException(ScoreErrorKind.Usage, $"expected the path of a file, found '{path}'");
        }

        return NativeFile.KindOf(path) switch
        {
            FileKind.Folder => throw new ScoreException(ScoreErrorKind.Usage, $"expected a file, found a folder: {path}"),
            // Opening a pipe would block until another program writes to it.
            FileKind.Special => throw new ScoreException($"{path}: expected a regular file, found a pipe or a device"),
            _ => new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, Buffer),
        };
    }
}
