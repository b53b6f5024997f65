namespace ScoreFunctional.Runs

open ScoreFunctional

/// How long a run lasts.
type Length =
    /// This many optimiser steps.
    | Steps of count: int
    /// As many steps as this many minutes hold, measured once at the start of the run and then kept.
    | Minutes of minutes: float

/// A researcher's script that adds members to the tables of a run.
type ScriptReference = {
    /// Where the run found it.
    Path: string
    /// The SHA-256 of its text, in hexadecimal: which script it is.
    Sha256: string
}

/// Everything that decides the outcome of a run: names of members and values of their settings. The command line, the API and
/// a checkpoint all speak of a run in it.
type RunSpec = {
    /// The recipe that the run started from.
    Preset: string
    /// What the run learns from.
    Dataset: Choice
    /// The network.
    Network: Choice
    /// The forward process.
    Process: Choice
    /// The meaning of the network's output.
    Model: Choice
    /// The loss.
    Objective: Choice
    /// The optimiser.
    Optimiser: Choice
    /// The course of the learning rate.
    LearningRate: Choice
    /// The average of the weights that samples are drawn from.
    Ema: Choice
    /// How samples are drawn unless the person who samples says otherwise.
    Sampler: Choice
    /// Another schedule than the sampler's own.
    Schedule: Choice option
    /// Samples in one optimiser step.
    BatchSize: int
    /// Length of the run.
    Length: Length
    /// The seed that every random number of the run derives from.
    Seed: int64
    /// The share of labels that training forgets, of a network that is told classes; absent of one that is not.
    LabelDropout: float option
    /// The script that some of its members come from.
    Script: ScriptReference option
}
