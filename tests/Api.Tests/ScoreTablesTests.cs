using ScoreFunctional.Host;
using Xunit;

namespace Api.Tests;

/// <summary>The tables of what can be chosen, as a C# application reads them.</summary>
public sealed class ScoreTablesTests
{
    [Fact]
    public void Every_member_of_the_tables_can_be_asked_for()
    {
        var cancellation = TestContext.Current.CancellationToken;
        var tables = ScoreTables.Standard;
        Assert.Equal(10, tables.All.Count);
        Assert.Contains("did you mean sampler?", Assert.Throws<ArgumentException>(() => tables["samplr"]).Message, StringComparison.Ordinal);
        using var model = ScoreModel.Train(
            new TrainOptions { Dataset = "gaussian", Steps = 1, BatchSize = 4 }, cancellation: cancellation).Model;
        foreach (var sampler in tables["sampler"])
        {
            Assert.NotEmpty(sampler.Summary);
            Assert.NotEmpty(sampler.Source);
            Assert.All(sampler.Settings, setting => Assert.All(
                (string[])[setting.Name, setting.Meaning, setting.Range, setting.Default], Assert.NotEmpty));
            var samples = model.Sample(
                new SampleOptions { Count = 1, Steps = 2, Sampler = sampler.Name }, cancellation: cancellation);
            Assert.Equal(1, samples.Count);
        }

        Assert.Contains(tables.All, table => table.Kind == "process" && table.Members.Any(member => member.Settings.Any(setting => setting.Unit == "data units")));
        var images = new[] { "mnist", "strokes" };
        foreach (var dataset in tables["dataset"].Select(member => member.Name).Except(images))
        {
            foreach (var process in tables["process"])
            {
                foreach (var preset in (string[])["fast", "ncsn"])
                {
                    using var other = ScoreModel.Train(
                        new TrainOptions { Dataset = dataset, Process = process.Name, Preset = preset, Steps = 1, BatchSize = 2 },
                        cancellation: cancellation).Model;
                    Assert.Equal(dataset, other.Dataset);
                }
            }
        }
    }
}
