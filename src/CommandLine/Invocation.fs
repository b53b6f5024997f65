namespace ScoreFunctional.CommandLine

open ScoreFunctional.Runs

/// A command with its options.
[<RequireQualifiedAccess>]
type Command =
    /// Train on MNIST, sample, evaluate and report.
    | Mnist of request: MnistRequest
    /// Train.
    | Train of request: TrainRequest
    /// Draw samples.
    | Sample of request: SampleRequest
    /// Evaluate a checkpoint.
    | Evaluate of request: EvaluateRequest
    /// Print the specification of a run.
    | Spec of request: TrainRequest
    /// List the data sets, or only their names.
    | Datasets of namesOnly: bool
    /// Print references.
    | Cite of request: CiteRequest
    /// Print a text.
    | Print of text: string
    /// Print the version.
    | Version

/// A parsed command line.
type Invocation = {
    /// The command.
    Command: Command
    /// Whether errors show their stack trace.
    Verbose: bool
}
