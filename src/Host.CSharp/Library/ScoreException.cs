namespace ScoreFunctional.Host;

/// <summary>The kind of a <see cref="ScoreException"/>, which decides the exit status.</summary>
public enum ScoreErrorKind
{
    /// <summary>The work failed: a file is damaged, a disk is full, a value is out of range.</summary>
    Failure,

    /// <summary>The request was wrong: an unknown option, a missing path, an unknown name.</summary>
    Usage,

    /// <summary>A download failed; the caller may continue with other data.</summary>
    DataUnavailable,
}

/// <summary>
/// The exception type of the library. Its message is one line for a user: what was expected and what was found.
/// </summary>
public sealed class ScoreException : Exception
{
    /// <summary>Creates an error of a given kind.</summary>
    /// <param name="kind">The kind.</param>
    /// <param name="message">One line: what was expected and what was found.</param>
    /// <param name="inner">The cause, shown only with <c>--verbose</c>.</param>
    public ScoreException(ScoreErrorKind kind, string message, Exception? inner = null)
        : base(Line(message), inner) => Kind = kind;

    /// <summary>Creates an error of kind <see cref="ScoreErrorKind.Failure"/>.</summary>
    /// <param name="message">One line: what was expected and what was found.</param>
    /// <param name="inner">The cause, shown only with <c>--verbose</c>.</param>
    public ScoreException(string message, Exception? inner = null)
        : this(ScoreErrorKind.Failure, message, inner)
    {
    }

    /// <summary>The kind of the error.</summary>
    public ScoreErrorKind Kind { get; }

    // A message may quote a file: it is cut to a readable length, and control characters for the terminal are replaced.
    private static string Line(string message)
    {
        const int longest = 2000, end = 200;
        var line = message.Length <= longest ? message : $"{message[..(longest - end)]} … {message[^end..]}";
        return string.Concat(line.ReplaceLineEndings(" ").Trim().Select(c => char.IsControl(c) ? '?' : c));
    }
}
