namespace ScoreFunctional.Host.Files;

/// <summary>The files that a piece of work leaves: one that cannot be written stops neither the others nor the work.</summary>
/// <param name="say">Told in a line of each file that cannot be written, once.</param>
internal sealed class Outputs(Action<string>? say)
{
    private readonly Dictionary<string, string> _missing = [];
    private readonly HashSet<string> _said = [];

    /// <summary>Why each file is missing that could not be written so far, a line each.</summary>
    public IReadOnlyCollection<string> Missing => _missing.Values;

    /// <summary>Looks whether a file can be written, before the work whose result it will be.</summary>
    /// <param name="path">The file.</param>
    public void Expect(string path) => Try(path, () => OutputPath.Of(path).RequireWritable());

    /// <summary>Writes a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="write">Makes its contents and writes them to the path.</param>
    /// <returns>Whether it is there.</returns>
    public bool Write(string path, Action<string> write) => Try(path, () => write(path));

    // Whatever goes wrong: a picture that cannot be drawn is missing like one that cannot be saved.
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
