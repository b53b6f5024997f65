namespace ScoreFunctional.Host.Files;

/// <summary>
/// Files that are either the old version or the new one, never a part: written beside their final place, flushed to
/// the disk, and renamed over it.
/// </summary>
internal static class AtomicFile
{
    /// <summary>Writes a file; the previous version survives until the new one is complete on the disk.</summary>
    /// <param name="path">Where the file is to be; missing folders are created.</param>
    /// <param name="write">Writes the contents to a seekable stream.</param>
    /// <exception cref="ScoreException">The file cannot be written; whatever stood at the path is unchanged.</exception>
    public static void Write(string path, Action<FileStream> write)
    {
        var full = Path.GetFullPath(path);
        // One fixed name for each target: what an interrupted run left behind is replaced by the next save.
        var temporary = full + ".tmp";
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(full)!);
            using (var stream = new FileStream(
                temporary, FileMode.Create, FileAccess.ReadWrite, FileShare.None, 1 << 16))
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }

            File.Move(temporary, full, overwrite: true);
        }
        catch (Exception error)
        {
            TryDelete(temporary);
            if (error is IOException or UnauthorizedAccessException or NotSupportedException)
            {
                throw new ScoreException($"cannot write {path}: {OneLine(error.Message)}", error);
            }

            throw;
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
