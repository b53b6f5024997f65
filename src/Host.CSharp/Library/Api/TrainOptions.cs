namespace ScoreFunctional.Host;

/// <summary>What to train. Whatever is left out is as the recipe has it.</summary>
public sealed record TrainOptions
{
    /// <summary>What the model learns from, by its name in <see cref="ScoreTables"/>; MNIST when neither it nor <see cref="SpecFile"/> is given.</summary>
    public string? Dataset { get; init; }

    /// <summary>The recipe to start from; <c>fast</c> when left out.</summary>
    public string? Preset { get; init; }

    /// <summary>A file with the specification to start from instead of a recipe: what <c>score spec</c> prints, a <c>run.json</c>, or a checkpoint.</summary>
    public string? SpecFile { get; init; }

    /// <summary>Another network than the recipe's, or other sizes of it: <c>mlp:width=256,layers=4</c>.</summary>
    public string? Network { get; init; }

    /// <summary>Another forward process than the recipe's, with the objective and the sampler that go with it.</summary>
    public string? Process { get; init; }

    /// <summary>Another meaning of the network's output than the recipe's: <c>energy</c>.</summary>
    public string? Model { get; init; }

    /// <summary>Another objective than the recipe's: <c>levels:count=10</c>.</summary>
    public string? Objective { get; init; }

    /// <summary>Another optimiser than the recipe's: <c>adamw:rate=1e-3</c>.</summary>
    public string? Optimiser { get; init; }

    /// <summary>Another course of the learning rate than the recipe's: <c>cosine:warm-up=100</c>.</summary>
    public string? LearningRate { get; init; }

    /// <summary>Another average of the weights than the recipe's.</summary>
    public string? Ema { get; init; }

    /// <summary>Another sampler of the run than the recipe's.</summary>
    public string? Sampler { get; init; }

    /// <summary>Another schedule than the sampler's own.</summary>
    public string? Schedule { get; init; }

    /// <summary>The tables that names are looked up in.</summary>
    public ScoreTables Tables { get; init; } = ScoreTables.Standard;

    /// <summary>Whether the network is told the class of each image, so that samples of one can be drawn: <see cref="SampleOptions.Class"/>.</summary>
    public bool Conditional { get; init; }

    /// <summary>Length of the run in optimiser steps; excludes <see cref="Minutes"/>.</summary>
    public int? Steps { get; init; }

    /// <summary>Length of the run in minutes; the number of steps that fit is measured once, at the start.</summary>
    public double? Minutes { get; init; }

    /// <summary>Samples in one step.</summary>
    public int? BatchSize { get; init; }

    /// <summary>The seed that every random number of the run derives from; not negative.</summary>
    public long Seed { get; init; }

    /// <summary>Where the network runs, also that of the trained model; a run may be resumed on another device.</summary>
    public ComputeDevice Device { get; init; }

    /// <summary>Folder with the four MNIST files; else <c>SCORE_DATA</c>, the cache, or a download.</summary>
    public string? DataFolder { get; init; }

    /// <summary>Folder for the run's files; nothing is written when it is left out.</summary>
    public string? RunFolder { get; init; }

    /// <summary>Draws pictures into <see cref="RunFolder"/>, as the package ScoreFunctional.Host.Plotting does; none are drawn when it is left out.</summary>
    public IRunPictures? Pictures { get; init; }

    /// <summary>Whether to go on from the checkpoint in <see cref="RunFolder"/>; the options must agree with it.</summary>
    public bool Resume { get; init; }
}

/// <summary>How far a training run is.</summary>
public sealed record TrainProgress
{
    /// <summary>Steps done.</summary>
    public required int Step { get; init; }

    /// <summary>Steps in all.</summary>
    public required int Steps { get; init; }

    /// <summary>Loss, averaged over the last hundred steps or so.</summary>
    public required double Loss { get; init; }

    /// <summary>Norm of the predicted noise over that of the true noise, averaged likewise; near 1 when the network does its job.</summary>
    public required double NoiseNormRatio { get; init; }

    /// <summary>Steps in a second, over this process's part of the run.</summary>
    public required double StepsPerSecond { get; init; }

    /// <summary>Time left at that rate.</summary>
    public required TimeSpan Remaining { get; init; }
}

/// <summary>What a training run came to.</summary>
public sealed record TrainResult
{
    /// <summary>The trained model.</summary>
    public required ScoreModel Model { get; init; }

    /// <summary>Steps done.</summary>
    public required int Steps { get; init; }

    /// <summary>
    /// Loss, averaged over the last hundred steps or so; not a number for a run that was finished before and whose
    /// <c>metrics.csv</c> is gone.
    /// </summary>
    public required double Loss { get; init; }

    /// <summary>Time that this process spent on the run.</summary>
    public required TimeSpan Elapsed { get; init; }

    /// <summary>Folder with the run's files, where one was asked for.</summary>
    public string? RunFolder { get; init; }

    /// <summary>Why pictures are missing in that folder that could not be drawn or written, a line each; the run itself is whole.</summary>
    public IReadOnlyList<string> Missing { get; init; } = [];
}
