namespace ScoreFunctional.Host;

/// <summary>What kind of trouble a <see cref="ScoreException"/> reports; it decides the exit status.</summary>
public enum ScoreErrorKind
{
    /// <summary>The work could not be done: a file is damaged, a disk is full, a value is out of range.</summary>
    Failure,

    /// <summary>The request itself was wrong: an unknown option, a missing path, a name that does not exist.</summary>
    Usage,

    /// <summary>Data that would have to be downloaded cannot be reached; the caller may go on with other data.</summary>
    DataUnavailable,
}

/// <summary>
/// The one exception type of the host. Its message is a single line for a person: what was expected and what was
/// found, without a stack.
/// </summary>
public sealed class ScoreException : Exception
{
    /// <summary>Creates an error of a given kind.</summary>
    /// <param name="kind">What kind of trouble this is.</param>
    /// <param name="message">One line: what was expected and what was found.</param>
    /// <param name="inner">The error underneath, shown only when details are asked for.</param>
    public ScoreException(ScoreErrorKind kind, string message, Exception? inner = null)
        : base(Line(message), inner) => Kind = kind;

    /// <summary>Creates an error of kind <see cref="ScoreErrorKind.Failure"/>.</summary>
    /// <param name="message">One line: what was expected and what was found.</param>
    /// <param name="inner">The error underneath, shown only when details are asked for.</param>
    public ScoreException(string message, Exception? inner = null)
        : this(ScoreErrorKind.Failure, message, inner)
    {
    }

    /// <summary>What kind of trouble this is.</summary>
    public ScoreErrorKind Kind { get; }

    // What a message quotes may come from a file: it stays one line of a length to be read, and tells the terminal nothing.
    private static string Line(string message)
    {
        const int longest = 2000, end = 200;
        var line = message.Length <= longest ? message : $"{message[..(longest - end)]} … {message[^end..]}";
        return string.Concat(line.ReplaceLineEndings(" ").Trim().Select(c => char.IsControl(c) ? '?' : c));
    }
}
