using ScoreFunctional.Host;
using Xunit;

namespace Api.Tests;

/// <summary>The open choices of a run as a C# application makes them: by name, with settings, and refused.</summary>
public sealed class RunChoicesTests
{
    [Fact]
    public void Everything_is_chosen_by_name_with_its_settings()
    {
        var cancellation = TestContext.Current.CancellationToken;
        TrainOptions[] choices =
        [
            ScoreModelTests.Short with { Steps = 2, Objective = "sliced-reduced", Model = "energy" },
            ScoreModelTests.Short with { Steps = 2, Objective = "levels:count=3,spacing=uniform", Optimiser = "adamw:rate=1e-3", LearningRate = "cosine", Ema = "exponential:decay=0.9", Schedule = "log-snr" },
            ScoreModelTests.Short with { Steps = 2, Preset = null, Sampler = "ddim:eta=0.5" },
        ];
        Assert.All(choices, options =>
        {
            using var model = ScoreModel.Train(options, cancellation: cancellation).Model;
            var samples = model.Sample(new SampleOptions { Count = 2, Steps = 3 }, cancellation: cancellation);
            Assert.All(samples.Values.ToArray(), value => Assert.True(float.IsFinite(value)));
        });
    }

    public static TheoryData<TrainOptions, string> Impossible => new()
    {
        { ScoreModelTests.Short with { Objective = "slyced" }, "did you mean sliced?" },
        { ScoreModelTests.Short with { Sampler = "ddim:etta=1" }, "did you mean eta?" },
        { ScoreModelTests.Short with { Dataset = "two-mons" }, "did you mean two-moons?" },
        { ScoreModelTests.Short with { SpecFile = "/nowhere/run.json", Preset = null }, "run.json" },
        { ScoreModelTests.Short with { Minutes = 1 }, "both" },
        { ScoreModelTests.Short with { Steps = 0 }, "steps" },
        { ScoreModelTests.Short with { BatchSize = 0 }, "batch" },
        { ScoreModelTests.Short with { Seed = -1 }, "seed" },
        { ScoreModelTests.Short with { Steps = int.MaxValue }, "1000000000" },
        { ScoreModelTests.Short with { Minutes = 1e300, Steps = null }, "minutes" },
        { ScoreModelTests.Short with { BatchSize = int.MaxValue }, "100000000" },
        { ScoreModelTests.Short with { Dataset = "strokes", BatchSize = 3_000_000 }, "at most" },
        { ScoreModelTests.Short with { Dataset = "strokes", BatchSize = 100_000, Objective = "explicit" }, "GiB" },
        { ScoreModelTests.Short with { Network = "unet" }, "mlp" },
        { ScoreModelTests.Short with { Resume = true }, "folder" },
        { ScoreModelTests.Short with { Resume = true, RunFolder = "/nowhere" }, "checkpoint" },
        { ScoreModelTests.Short with { Dataset = "cifar" }, "two-moons" },
    };

    [Theory]
    [MemberData(nameof(Impossible), DisableDiscoveryEnumeration = true)]
    public void What_is_impossible_is_refused_in_one_line(TrainOptions options, string word)
    {
        var error = Assert.Throws<ScoreException>(
            () => ScoreModel.Train(options, cancellation: TestContext.Current.CancellationToken));
        Assert.Equal(ScoreErrorKind.Usage, error.Kind);
        Assert.Contains(word, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }
}
