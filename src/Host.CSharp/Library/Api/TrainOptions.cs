namespace ScoreFunctional.Host;

/// <summary>Options of training. The preset decides what is left out.</summary>
public sealed record TrainOptions
{
    /// <summary>The data set, by its name in <see cref="ScoreTables"/>; MNIST if neither it nor <see cref="SpecFile"/> is given.</summary>
    public string? Dataset { get; init; }

    /// <summary>The preset; <c>fast</c> by default.</summary>
    public string? Preset { get; init; }

    /// <summary>A file with a specification, in place of a preset: output of <c>score spec</c>, a <c>run.json</c> or a checkpoint.</summary>
    public string? SpecFile { get; init; }

    /// <summary>The network: <c>mlp:width=256,layers=4</c>.</summary>
    public string? Network { get; init; }

    /// <summary>The forward process; the objective, the model and the sampler change with it.</summary>
    public string? Process { get; init; }

    /// <summary>The parameterisation of the network's output: <c>energy</c>.</summary>
    public string? Model { get; init; }

    /// <summary>The objective: <c>levels:count=10</c>.</summary>
    public string? Objective { get; init; }

    /// <summary>The optimiser: <c>adamw:rate=1e-3</c>.</summary>
    public string? Optimiser { get; init; }

    /// <summary>The learning-rate schedule: <c>cosine:warm-up=100</c>.</summary>
    public string? LearningRate { get; init; }

    /// <summary>The moving average of the weights.</summary>
    public string? Ema { get; init; }

    /// <summary>The default sampler of the run.</summary>
    public string? Sampler { get; init; }

    /// <summary>The noise schedule, in place of the sampler's own.</summary>
    public string? Schedule { get; init; }

    /// <summary>The tables in which names are looked up.</summary>
    public ScoreTables Tables { get; init; } = ScoreTables.Standard;

    /// <summary>Whether to train a class-conditional network, for <see cref="SampleOptions.Class"/>.</summary>
    public bool Conditional { get; init; }

    /// <summary>Length of the run in optimiser steps; excludes <see cref="Minutes"/>.</summary>
    public int? Steps { get; init; }

    /// <summary>Length of the run in minutes; the number of steps that fit is measured once, at the start. Excludes <see cref="Steps"/>.</summary>
    public double? Minutes { get; init; }

    /// <summary>Samples per step.</summary>
    public int? BatchSize { get; init; }

    /// <summary>The seed of all random numbers; not negative.</summary>
    public long Seed { get; init; }

    /// <summary>The device of the network and of the trained model; a run may be resumed on another device.</summary>
    public ComputeDevice Device { get; init; }

    /// <summary>Folder with the four MNIST files; by default <c>SCORE_DATA</c>, else the cache, else a download.</summary>
    public string? DataFolder { get; init; }

    /// <summary>Folder for the files of the run; <c>null</c> writes none.</summary>
    public string? RunFolder { get; init; }

    /// <summary>Draws pictures into <see cref="RunFolder"/>; <c>null</c> draws none. The package ScoreFunctional.Host.Plotting has an implementation.</summary>
    public IRunPictures? Pictures { get; init; }

    /// <summary>Whether to continue from the checkpoint in <see cref="RunFolder"/>; other options must agree with it.</summary>
    public bool Resume { get; init; }
}

/// <summary>Progress of a training run.</summary>
public sealed record TrainProgress
{
    /// <summary>Steps done.</summary>
    public required int Step { get; init; }

    /// <summary>Total number of steps.</summary>
    public required int Steps { get; init; }

    /// <summary>Loss, mean of the last hundred steps.</summary>
    public required double Loss { get; init; }

    /// <summary>Norm of the predicted noise divided by that of the true noise, mean of the last hundred steps; near 1 for a good model.</summary>
    public required double NoiseNormRatio { get; init; }

    /// <summary>Steps per second since this process started or resumed the run.</summary>
    public required double StepsPerSecond { get; init; }

    /// <summary>Remaining time at that rate.</summary>
    public required TimeSpan Remaining { get; init; }
}

/// <summary>Result of a training run.</summary>
public sealed record TrainResult
{
    /// <summary>The trained model.</summary>
    public required ScoreModel Model { get; init; }

    /// <summary>Steps done.</summary>
    public required int Steps { get; init; }

    /// <summary>
    /// Loss, mean of the last hundred steps; NaN if the run was already finished and its <c>metrics.csv</c> is missing.
    /// </summary>
    public required double Loss { get; init; }

    /// <summary>Time of this process on the run.</summary>
    public required TimeSpan Elapsed { get; init; }

    /// <summary>Folder of the run, if one was given.</summary>
    public string? RunFolder { get; init; }

    /// <summary>One line for each picture that could not be drawn or written, with the reason; the run itself is complete.</summary>
    public IReadOnlyList<string> Missing { get; init; } = [];
}
