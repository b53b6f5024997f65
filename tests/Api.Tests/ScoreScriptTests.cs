using System.Runtime.CompilerServices;
using ScoreFunctional.Host;
using ScoreFunctional.Host.Scripting;
using Xunit;

namespace Api.Tests;

/// <summary>Members of one's own, from F# scripts.</summary>
public sealed class ScoreScriptTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("score-script-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_script_adds_members_to_the_tables()
    {
        var cancellation = TestContext.Current.CancellationToken;
        var script = Path.Combine(_folder, "objective.fsx");
        File.WriteAllText(script, "open ScoreFunctional\nlet objective (sde: Sde) = Objective.scale 2. (Objective.continuous sde)\n");
        var tables = ScoreScript.Load(script);
        Assert.Contains(tables["objective"], member => member.Name == "script");
        using var model = ScoreModel.Train(
            ScoreModelTests.Short with { Steps = 2, Objective = "script", Tables = tables }, cancellation: cancellation).Model;
        var samples = model.Sample(new SampleOptions { Count = 2, Steps = 3 }, cancellation: cancellation);
        Assert.All(samples.Values.ToArray(), value => Assert.True(float.IsFinite(value)));
        Assert.Contains("own.fsx", Assert.Throws<ScoreException>(() => ScoreScript.Load("/nowhere/own.fsx")).Message, StringComparison.Ordinal);
        File.WriteAllText(script, "let answer = 42\n");
        Assert.Contains("objective", Assert.Throws<ScoreException>(() => ScoreScript.Load(script)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_members_of_the_example_are_listed_with_their_settings_and_train()
    {
        var cancellation = TestContext.Current.CancellationToken;
        var tables = ScoreScript.Load(Path.Combine(Path.GetDirectoryName(Here())!, "..", "..", "examples", "OwnMembers.fsx"));
        var own = tables.All.ToDictionary(
            table => table.Kind,
            table => table.Members.SingleOrDefault(member => ScoreTables.Standard[table.Kind].All(known => known.Name != member.Name)));
        string[] kinds = ["dataset", "process", "objective", "sampler", "network"];
        Assert.All(kinds, kind => Assert.NotEmpty(own[kind]!.Summary));
        Assert.Contains(kinds, kind => own[kind]!.Settings.Count > 0);
        var options = new TrainOptions
        {
            Tables = tables,
            Dataset = own["dataset"]!.Name,
            Process = own["process"]!.Name,
            Objective = own["objective"]!.Name,
            Sampler = own["sampler"]!.Name,
            Network = own["network"]!.Name,
            Steps = 3,
            BatchSize = 8,
        };
        using var model = ScoreModel.Train(options, cancellation: cancellation).Model;
        Assert.Equal(own["dataset"]!.Name, model.Dataset);
        var samples = model.Sample(new SampleOptions { Count = 2, Steps = 3 }, cancellation: cancellation);
        Assert.All(samples.Values.ToArray(), value => Assert.True(float.IsFinite(value)));
    }

    private static string Here([CallerFilePath] string path = "") => path;
}
