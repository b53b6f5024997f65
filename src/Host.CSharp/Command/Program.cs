using ScoreFunctional.CommandLine;
using ScoreFunctional.Host.Commands;
using ScoreFunctional.Host.Files;
using ScoreFunctional.Host.Terminal;

namespace ScoreFunctional.Host;

/// <summary>The program <c>score</c>.</summary>
internal static class Program
{
    private const int Failure = 1;
    private const int UsageError = 2;

    /// <summary>Runs a command. Every error becomes one line on the error stream and an exit status.</summary>
    /// <param name="arguments">The command line.</param>
    /// <returns>0 for success, 1 for a failure, 2 for a usage error, 130 after Ctrl-C.</returns>
    public static int Main(string[] arguments)
    {
        var output = new CarefulWriter(1, () => System.Console.Out);
        System.Console.SetOut(output);
        System.Console.SetError(new CarefulWriter(2, () => System.Console.Error));
        var status = Run(arguments);
        if (output.Fault is not { } fault)
        {
            return status;
        }

        System.Console.Error.WriteLine($"score: cannot write to standard output: {fault}");
        return status == 0 ? Failure : status;
    }

    private static int Run(string[] arguments)
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
        var outputs = new Outputs(line => ProgressView.Say($"score: {line}"));
        try
        {
            var finished = Act(invocation.Command, outputs, interrupt.Token);
            return !finished ? interrupt.ExitStatus : outputs.Missing.Count > 0 ? Failure : 0;
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

    // Returns whether the command finished; false for a training run that was stopped.
    private static bool Act(Command command, Outputs outputs, CancellationToken cancellation)
    {
        switch (command)
        {
            case Command.Mnist mnist:
                return MnistCommand.Run(mnist.request, outputs, cancellation);
            case Command.Train train:
                return TrainCommand.Run(train.request, outputs, cancellation);
            case Command.Sample sample:
                SampleCommand.Run(sample.request, outputs, cancellation);
                return true;
            case Command.Evaluate evaluate:
                EvaluateCommand.Run(evaluate.request, outputs, cancellation);
                return true;
            case Command.Cite cite:
                CiteCommand.Run(cite.request);
                return true;
            case Command.Print print:
                System.Console.Out.WriteLine(print.text.TrimEnd());
                return true;
            case Command.Spec spec:
                SpecCommand.Run(spec.request);
                return true;
            case Command.Datasets datasets:
                DatasetsCommand.Run(datasets.namesOnly);
                return true;
            case var other when other.IsVersion:
                System.Console.Out.WriteLine($"score {LibraryVersion.Text}");
                return true;
            default:
                throw new InvalidOperationException($"expected a command, found {command}");
        }
    }

    private static void Report(Exception error, bool verbose) =>
        System.Console.Error.WriteLine($"score: {(verbose ? error.ToString() : error.Message.ReplaceLineEndings(" ").Trim())}");
}
