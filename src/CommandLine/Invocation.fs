namespace ScoreFunctional.CommandLine

open ScoreFunctional.Runs

/// What the host does.
[<RequireQualifiedAccess>]
type Command =
    /// Train, sample, evaluate and report on MNIST.
    | Mnist of request: MnistRequest
    /// Train.
    | Train of request: TrainRequest
    /// Draw samples.
    | Sample of request: SampleRequest
    /// Measure a checkpoint.
    | Evaluate of request: EvaluateRequest
    /// Print the specification that options describe.
    | Spec of request: TrainRequest
    /// List the datasets, or their names alone.
    | Datasets of namesOnly: bool
    /// Print references.
    | Cite of request: CiteRequest
    /// Print this text.
    | Print of text: string
    /// Print the version.
    | Version

/// A command line that was understood.
type Invocation = {
    /// What to do.
    Command: Command
    /// Whether an error shows where it came from.
    Verbose: bool
}
