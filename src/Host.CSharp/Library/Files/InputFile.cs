namespace ScoreFunctional.Host.Files;

/// <summary>Files that are read, whatever they hold: each fault of the path or the system is one line with the file's name.</summary>
internal static class InputFile
{
    // Readers take what they want in large parts themselves; what is small lies close together.
    private const int Buffer = 4096;

    /// <summary>Opens a file and makes something of it.</summary>
    /// <typeparam name="T">What is made of it.</typeparam>
    /// <param name="path">The file.</param>
    /// <param name="use">Reads what it wants from the file, which has a length and positions.</param>
    /// <exception cref="ScoreException">
    /// There is no such file (kind <see cref="ScoreErrorKind.Usage"/>), it is not a plain file, it cannot be read, or
    /// <paramref name="use"/> says so.
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
            throw new ScoreException(ScoreErrorKind.Usage, $"expected a file, found no file {path}", error);
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

        // Opening a pipe would wait until somebody writes to it.
        return NativeFile.KindOf(path) == FileKind.Special
            ? throw new ScoreException($"{path}: expected a plain file, found a pipe or a device")
            : new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, Buffer);
    }
}
