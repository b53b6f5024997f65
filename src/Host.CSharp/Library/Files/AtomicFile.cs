namespace ScoreFunctional.Host.Files;

/// <summary>
/// Files that are either the old version or the new one, never a part: written beside their final place, flushed to
/// the disk, and renamed over it. Links are followed; what is not a regular file, a pipe or a device, is written to as it is.
/// </summary>
internal static class AtomicFile
{
    /// <summary>Writes a file; the previous version survives until the new one is complete on the disk.</summary>
    /// <param name="path">Where the file is to be; missing folders are created.</param>
    /// <param name="write">Writes the contents from the first byte to the last.</param>
    /// <exception cref="ScoreException">The file cannot be written; a regular file that stood at the path is unchanged.</exception>
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
    /// <param name="path">Where the file is to be.</param>
    /// <param name="bytes">The whole contents.</param>
    /// <exception cref="ScoreException">The file cannot be written.</exception>
    public static void WriteBytes(string path, byte[] bytes) => Write(path, stream => stream.Write(bytes));

    /// <summary>Writes text in UTF-8 without a byte order mark, atomically.</summary>
    /// <param name="path">Where the file is to be.</param>
    /// <param name="text">The whole contents.</param>
    /// <exception cref="ScoreException">The file cannot be written.</exception>
    public static void WriteText(string path, string text) => WriteBytes(path, System.Text.Encoding.UTF8.GetBytes(text));

    /// <summary>Puts a message of the system on one line.</summary>
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
            // Who could not read the old version does not get to read the new one.
            options.UnixCreateMode = File.GetUnixFileMode(place.Final) | UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        // Beyond this line the temporary file is ours to delete.
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
            // The error that brought us here is the one to report; the next save replaces this file anyway.
        }
    }
}
