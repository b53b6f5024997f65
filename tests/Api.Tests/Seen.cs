namespace Api.Tests;

/// <summary>Remembers reports, on the thread that makes them.</summary>
internal sealed class Seen<T>(Action<T>? also = null) : IProgress<T>
{
    public List<T> Values { get; } = [];

    public void Report(T value)
    {
        Values.Add(value);
        also?.Invoke(value);
    }
}
