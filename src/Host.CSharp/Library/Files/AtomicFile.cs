namespace ScoreFunctional.Host.Files;

/// <summary>
/// Atomic writes: a file is written beside its final place, flushed to disk and renamed over it, so that it is either the old or
/// the new version. Links are followed. Pipes and devices are written directly.
/// </summary>
internal static class AtomicFile
{
    /// <summary>Writes a file atomically; the previous version stays until the new one is complete on disk.</summary>
    /// <param name="path">Path of the file; missing folders are created.</param>
    /// <param name="write">Writes the contents to the stream.</param>
    /// <exception cref="ScoreException">The file cannot be written; an existing regular file is unchanged.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        var place = OutputPath.Of(path);
        try
        {
            if (place.IsReplaced)
            {
                Replace(place, write);
            }
            else
            {
                using var stream = place.Open();
                write(stream);
            }
        }
        catch (Exception error) when (OutputPath.IsRefusal(error))
        {
            throw OutputPath.CannotWrite(path, error);
        }
    }

    /// <summary>Writes bytes atomically.</summary>
    /// <param name="path">Path of the file.</param>
    /// <param name="bytes">The contents.</param>
    /// <exception cref="ScoreException">The file cannot be written.</exception>
    public static void WriteBytes(string path, byte[] bytes) => Write(path, stream => stream.Write(bytes));

    /// <summary>Writes text in UTF-8 without a byte order mark, atomically.</summary>
    /// <param name="path">Path of the file.</param>
    /// <param name="text">The contents.</param>
    /// <exception cref="ScoreException">The file cannot be written.</exception>
    public static void WriteText(string path, string text) => WriteBytes(path, System.Text.Encoding.UTF8.GetBytes(text));

    /// <summary>A message of the system as one line.</summary>
    /// <param name="message">Any text.</param>
    internal static string OneLine(string message) => message.ReplaceLineEndings(" ").Trim();

    private static void Replace(OutputPath place, Action<Stream> write)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(place.Final)!);
        if (new FileInfo(place.Temporary).LinkTarget is not null)
        {
            File.Delete(place.Temporary);
        }

        var options = new FileStreamOptions
        {
            Mode = FileMode.Create,
            Access = FileAccess.ReadWrite,
            Share = FileShare.None,
            BufferSize = 1 << 16,
        };
        if (place.Kind == FileKind.Plain && !OperatingSystem.IsWindows())
        {
            // The new file keeps the permissions of the old one.
            options.UnixCreateMode = File.GetUnixFileMode(place.Final) | UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        // From here on the temporary file exists, and is deleted on failure.
        var stream = new FileStream(place.Temporary, options);
        try
        {
            using (stream)
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }

            File.Move(place.Temporary, place.Final, overwrite: true);
        }
        catch (Exception)
        {
            TryDelete(place.Temporary);
            throw;
        }
    }

    private static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // The first error is the one to report; the next save replaces the temporary file.
        }
    }
}
