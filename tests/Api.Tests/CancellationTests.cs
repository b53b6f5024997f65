using ScoreFunctional.Host;
using ScoreFunctional.Host.Plotting;
using Xunit;

namespace Api.Tests;

/// <summary>What becomes of work that is stopped.</summary>
public sealed class CancellationTests : IDisposable
{
    private static readonly TrainOptions Short = ScoreModelTests.Short;

    private readonly string _folder = Directory.CreateTempSubdirectory("score-cancelled-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_cancelled_run_with_a_folder_goes_on_from_its_checkpoint_to_the_weights_of_a_whole_one()
    {
        var cancellation = TestContext.Current.CancellationToken;
        var run = In("run");
        using var stop = new CancellationTokenSource();
        var stopper = new Seen<TrainProgress>(progress =>
        {
            if (progress.Step == 17)
            {
                stop.Cancel();
            }
        });
        Assert.Throws<OperationCanceledException>(
            () => ScoreModel.Train(Short with { RunFolder = run }, stopper, stop.Token));
        Assert.Equal(17, stopper.Values[^1].Step);
        using (var halfway = ScoreModel.Load(Path.Combine(run, "checkpoint.pt")))
        {
            Assert.Equal(17, halfway.Step);
        }

        var resumed = ScoreModel.Train(
            Short with { RunFolder = run, Resume = true, Pictures = new RunPictures() }, cancellation: cancellation);
        var whole = ScoreModel.Train(Short, cancellation: cancellation);
        var options = new SampleOptions { Count = 8, Steps = 6 };
        Assert.Equal(run, resumed.RunFolder);
        Assert.Equal(
            whole.Model.Sample(options, cancellation: cancellation).Values.ToArray(),
            resumed.Model.Sample(options, cancellation: cancellation).Values.ToArray());
        Assert.True(File.Exists(Path.Combine(run, "samples.png")));
        resumed.Model.Dispose();
        whole.Model.Dispose();
    }

    [Fact]
    public void A_run_that_is_cancelled_in_its_last_report_is_finished_and_returned()
    {
        using var stop = new CancellationTokenSource();
        var stopper = new Seen<TrainProgress>(progress =>
        {
            if (progress.Step == progress.Steps)
            {
                stop.Cancel();
            }
        });
        var run = In("run");
        var result = ScoreModel.Train(Short with { RunFolder = run, Pictures = new RunPictures() }, stopper, stop.Token);
        using var model = result.Model;
        Assert.True(stop.IsCancellationRequested);
        Assert.Equal(40, result.Steps);
        Assert.Equal(stopper.Values[^1].Loss, result.Loss);
        Assert.Contains("\"finished\"", File.ReadAllText(Path.Combine(run, "run.json")), StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(run, "samples.png")));

        // Resumed, there is nothing left to do, and the loss is that of its last steps.
        var seen = new Seen<TrainProgress>();
        var again = ScoreModel.Train(
            Short with { RunFolder = run, Resume = true }, seen, TestContext.Current.CancellationToken);
        again.Model.Dispose();
        Assert.Empty(seen.Values);
        Assert.Equal(40, again.Steps);
        Assert.Equal(result.Loss, again.Loss, 1e-6);

        // Without its log nobody knows.
        File.Delete(Path.Combine(run, "metrics.csv"));
        var bare = ScoreModel.Train(
            Short with { RunFolder = run, Resume = true }, cancellation: TestContext.Current.CancellationToken);
        bare.Model.Dispose();
        Assert.Equal(double.NaN, bare.Loss);
    }

    [Fact]
    public void A_download_that_is_cancelled_is_no_missing_data()
    {
        string[] names = ["SCORE_DATA", "XDG_CACHE_HOME"];
        var before = names.Select(Environment.GetEnvironmentVariable).ToArray();
        using var stop = new CancellationTokenSource();
        stop.Cancel();
        try
        {
            Environment.SetEnvironmentVariable(names[0], null);
            Environment.SetEnvironmentVariable(names[1], In("cache"));
            Assert.Throws<OperationCanceledException>(
                () => ScoreModel.Train(new TrainOptions { Steps = 1 }, cancellation: stop.Token));
            Assert.False(Directory.Exists(In("cache")));
        }
        finally
        {
            for (var i = 0; i < names.Length; i++)
            {
                Environment.SetEnvironmentVariable(names[i], before[i]);
            }
        }
    }

    [Fact]
    public async Task Cancelled_sampling_stops_between_two_moves()
    {
        using var model = ScoreModel.Train(Short, cancellation: TestContext.Current.CancellationToken).Model;
        using var stop = new CancellationTokenSource();
        var stopper = new Seen<SampleProgress>(_ => stop.Cancel());
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => model.SampleAsync(new SampleOptions { Count = 4 }, stopper, stop.Token));
        Assert.Single(stopper.Values);
    }

    [Fact]
    public void Sampling_that_is_cancelled_in_its_last_report_is_finished_and_returned()
    {
        using var model = ScoreModel.Train(Short, cancellation: TestContext.Current.CancellationToken).Model;
        using var stop = new CancellationTokenSource();
        var stopper = new Seen<SampleProgress>(progress =>
        {
            if (progress.Fraction == 1)
            {
                stop.Cancel();
            }
        });
        var samples = model.Sample(new SampleOptions { Count = 4 }, stopper, stop.Token);
        Assert.True(stop.IsCancellationRequested);
        Assert.Equal(4, samples.Count);
    }

    private string In(string name) => Path.Combine(_folder, name);
}
