using System.Reflection;
using ScoreFunctional.CommandLine;
using ScoreFunctional.Host.Commands;
using ScoreFunctional.Host.Terminal;

namespace ScoreFunctional.Host;

/// <summary>The command line program.</summary>
internal static class Program
{
    private const int Failure = 1;
    private const int UsageError = 2;

    /// <summary>Reads the command line, acts on it, and turns every error into one line and a status.</summary>
    /// <param name="arguments">The command line.</param>
    /// <returns>0; 1 for a failure, 2 for a usage error, 130 after Ctrl-C.</returns>
    public static int Main(string[] arguments)
    {
        NativeSettings.Apply();
        var parsed = CommandLine.CommandLine.parse(arguments);
        if (parsed.IsError)
        {
            System.Console.Error.WriteLine($"score: {parsed.ErrorValue}; see score --help");
            return UsageError;
        }

        var invocation = parsed.ResultValue;
        using var interrupt = new Interrupt();
        try
        {
            var finished = Act(invocation.Command, interrupt.Token);
            return finished ? 0 : interrupt.ExitStatus;
        }
        catch (OperationCanceledException) when (interrupt.Token.IsCancellationRequested)
        {
            return interrupt.ExitStatus;
        }
        catch (ScoreException error)
        {
            Report(error, invocation.Verbose);
            return error.Kind == ScoreErrorKind.Usage ? UsageError : Failure;
        }
        catch (Exception error)
        {
            Report(error, invocation.Verbose);
            return Failure;
        }
    }

    // Whether the command came to its end; a training run that was stopped did not.
    private static bool Act(Command command, CancellationToken cancellation)
    {
        switch (command)
        {
            case Command.Mnist mnist:
                return MnistCommand.Run(mnist.request, cancellation);
            case Command.Train train:
                return TrainCommand.Run(train.request, cancellation);
            case Command.Sample sample:
                SampleCommand.Run(sample.request, cancellation);
                return true;
            case Command.Evaluate evaluate:
                EvaluateCommand.Run(evaluate.request, cancellation);
                return true;
            case Command.Cite cite:
                CiteCommand.Run(cite.request);
                return true;
            case Command.Help help:
                System.Console.Out.WriteLine(help.text.TrimEnd());
                return true;
            case Command.Datasets datasets:
                DatasetsCommand.Run(datasets.namesOnly);
                return true;
            case var other when other.IsVersion:
                System.Console.Out.WriteLine($"score {Version}");
                return true;
            default:
                throw new InvalidOperationException($"expected a command, found {command}");
        }
    }

    /// <summary>The version of the program.</summary>
    internal static string Version { get; } =
        typeof(Program).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "";

    private static void Report(Exception error, bool verbose) =>
        System.Console.Error.WriteLine($"score: {(verbose ? error.ToString() : error.Message.ReplaceLineEndings(" ").Trim())}");
}
