namespace ScoreFunctional.Host.Files;

/// <summary>The output files of a command. A file that cannot be written stops neither the others nor the work.</summary>
/// <param name="say">Receives one line for each file that cannot be written.</param>
internal sealed class Outputs(Action<string>? say)
{
    private readonly Dictionary<string, string> _missing = [];
    private readonly HashSet<string> _said = [];

    /// <summary>One line for each file that could not be written, with the reason.</summary>
    public IReadOnlyCollection<string> Missing => _missing.Values;

    /// <summary>Checks that a file can be written, before the work for it.</summary>
    /// <param name="path">The file.</param>
    public void Expect(string path) => Try(path, () => OutputPath.Of(path).RequireWritable());

    /// <summary>Writes a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="write">Writes the file to the path.</param>
    /// <returns>Whether it was written.</returns>
    public bool Write(string path, Action<string> write) => Try(path, () => write(path));

    // Catches every error: a picture that cannot be drawn is missing like one that cannot be saved.
    private bool Try(string path, Action act)
    {
        try
        {
            act();
            _missing.Remove(path);
            return true;
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            var line = AtomicFile.OneLine(error.Message);
            _missing[path] = line.Contains(path, StringComparison.Ordinal) ? line : $"cannot write {path}: {line}";
            if (_said.Add(path))
            {
                say?.Invoke(_missing[path]);
            }

            return false;
        }
    }
}
