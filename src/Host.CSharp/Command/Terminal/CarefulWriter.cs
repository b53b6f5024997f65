using System.Text;
using ScoreFunctional.Host.Files;

namespace ScoreFunctional.Host.Terminal;

/// <summary>A standard stream that may be closed or full. An error loses the rest of its text and stops nothing else.</summary>
internal sealed class CarefulWriter : TextWriter
{
    private TextWriter _stream = Null;

    /// <summary>Wraps a standard stream.</summary>
    /// <param name="descriptor">The descriptor: 1 for output, 2 for errors.</param>
    /// <param name="open">Opens the stream.</param>
    public CarefulWriter(int descriptor, Func<TextWriter> open) => Try(_ => _stream = NativeFile.IsInherited(descriptor)
        ? open()
        : throw new IOException("it is closed"));

    /// <summary>The first error in one line; <c>null</c> if there was none.</summary>
    public string? Fault { get; private set; }

    /// <inheritdoc/>
    public override Encoding Encoding => Encoding.UTF8;

    /// <inheritdoc/>
    public override void Write(char value) => Try(stream => stream.Write(value));

    /// <inheritdoc/>
    public override void Write(char[] buffer, int index, int count) => Try(stream => stream.Write(buffer, index, count));

    /// <inheritdoc/>
    public override void Write(string? value) => Try(stream => stream.Write(value));

    /// <inheritdoc/>
    public override void WriteLine(string? value) => Try(stream => stream.WriteLine(value));

    /// <inheritdoc/>
    public override void Flush() => Try(stream => stream.Flush());

    // Nothing is written after the first error: a text with a gap is of no use.
    private void Try(Action<TextWriter> act)
    {
        if (Fault is not null)
        {
            return;
        }

        try
        {
            act(_stream);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ObjectDisposedException)
        {
            Fault = AtomicFile.OneLine(error.Message);
        }
    }
}
