namespace ScoreFunctional.Runs

open ScoreFunctional

/// Length of a run.
type Length =
    /// This many optimiser steps.
    | Steps of count: int
    /// As many steps as fit into this many minutes: measured once, at the start of the run.
    | Minutes of minutes: float

/// A script that adds members to the tables of a run.
type ScriptReference = {
    /// Its path when the run began.
    Path: string
    /// The SHA-256 of its text in hexadecimal, which identifies it.
    Sha256: string
}

/// Everything that decides the outcome of a run, as names of members and values of their settings. The command line, the C#
/// library and checkpoints all describe a run by it.
type RunSpec = {
    /// The preset that the run started from.
    Preset: string
    /// The data set.
    Dataset: Choice
    /// The network.
    Network: Choice
    /// The forward process.
    Process: Choice
    /// The parameterisation or preconditioning of the network.
    Model: Choice
    /// The objective.
    Objective: Choice
    /// The optimiser.
    Optimiser: Choice
    /// The learning-rate schedule.
    LearningRate: Choice
    /// The moving average of the weights, from which samples are drawn.
    Ema: Choice
    /// The default sampler.
    Sampler: Choice
    /// A schedule in place of the sampler's own.
    Schedule: Choice option
    /// Samples per optimiser step.
    BatchSize: int
    /// Length of the run.
    Length: Length
    /// The seed of all random numbers of the run.
    Seed: int64
    /// The probability with which training drops a label; absent for a network without class labels.
    LabelDropout: float option
    /// The script that defines some of its members.
    Script: ScriptReference option
}
