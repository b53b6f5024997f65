using System.Runtime.InteropServices;

namespace ScoreFunctional.Host.Terminal;

/// <summary>
/// Ctrl-C and SIGTERM: the first signal stops the work after the current step, the second ends the process at once.
/// </summary>
internal sealed class Interrupt : IDisposable
{
    private readonly CancellationTokenSource _source = new();
    private readonly PosixSignalRegistration[] _registrations;
    private int _signal;

    /// <summary>Registers the signal handlers.</summary>
    public Interrupt() => _registrations =
    [
        PosixSignalRegistration.Create(PosixSignal.SIGINT, context => Handle(context, 2)),
        PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => Handle(context, 15)),
    ];

    /// <summary>Cancelled by the first signal.</summary>
    public CancellationToken Token => _source.Token;

    /// <summary>The exit status of a process that a signal stopped, as shells expect: 130 for Ctrl-C.</summary>
    public int ExitStatus => 128 + _signal;

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var registration in _registrations)
        {
            registration.Dispose();
        }

        _source.Dispose();
    }

    private void Handle(PosixSignalContext context, int signal)
    {
        if (Interlocked.CompareExchange(ref _signal, signal, 0) != 0)
        {
            return; // The default action of the second signal ends the process.
        }

        context.Cancel = true;
        System.Console.Error.WriteLine("stopping after the current step; press Ctrl-C again to stop at once");
        _source.Cancel();
    }
}
