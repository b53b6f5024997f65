using ScoreFunctional.Host;
using ScoreFunctional.Host.Plotting;
using Xunit;

namespace Api.Tests;

/// <summary>What a C# application does with the API, on points of the plane, where training takes seconds.</summary>
public sealed class ScoreModelTests : IDisposable
{
    internal static readonly TrainOptions Short = new()
    {
        Dataset = "two-moons",
        Preset = "fast",
        Steps = 40,
        BatchSize = 64,
        Seed = 3,
    };

    private readonly string _folder = Directory.CreateTempSubdirectory("score-api-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Training_reports_every_step_and_gives_a_model_that_knows_itself()
    {
        var seen = new Seen<TrainProgress>();
        var result = ScoreModel.Train(Short, seen, TestContext.Current.CancellationToken);
        using var model = result.Model;

        Assert.Equal(Enumerable.Range(1, 40), seen.Values.Select(progress => progress.Step));
        var last = seen.Values[^1];
        Assert.Equal(40, last.Steps);
        Assert.True(last.Loss > 0 && last.NoiseNormRatio > 0 && last.StepsPerSecond > 0);
        Assert.Equal(TimeSpan.Zero, last.Remaining);

        Assert.Equal(40, result.Steps);
        Assert.Equal(last.Loss, result.Loss);
        Assert.True(result.Elapsed > TimeSpan.Zero);
        Assert.Null(result.RunFolder);

        Assert.Equal("two-moons", model.Dataset);
        Assert.Equal([2], model.SampleShape);
        Assert.Equal(40, model.Step);
        Assert.True(model.ParameterCount > 1000);
        Assert.Contains("\"two-moons\"", model.Specification, StringComparison.Ordinal);
        Assert.Contains(model.Citations, line => line.Contains("Karras", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Samples_are_the_same_for_the_same_seed_in_any_number_and_after_a_round_trip_through_a_file()
    {
        var cancellation = TestContext.Current.CancellationToken;
        var trained = await ScoreModel.TrainAsync(Short, cancellation: cancellation);
        var file = Path.Combine(_folder, "model.pt");
        trained.Model.Save(file);

        using var loaded = await ScoreModel.LoadAsync(file, cancellation);
        using var again = ScoreModel.Load(file);
        var seen = new Seen<SampleProgress>();
        var options = new SampleOptions { Count = 12, Seed = 5, Sampler = "heun", Steps = 8, TrajectoryLength = 4 };
        var few = await loaded.SampleAsync(options, seen, cancellation);
        var many = again.Sample(options with { Count = 30 }, cancellation: cancellation);
        var original = trained.Model.Sample(options, cancellation: cancellation);
        trained.Model.Dispose();

        Assert.Equal(12, few.Count);
        Assert.Equal([12, 2], few.Shape);
        Assert.Equal(15, few.Nfe);
        Assert.True(few.Elapsed > TimeSpan.Zero);
        Assert.Equal(few.Values.ToArray(), original.Values.ToArray());
        Assert.Equal(few.Values.ToArray(), many.Values[..24].ToArray());
        Assert.Equal(few.Values.Span[2..4].ToArray(), few[1].ToArray());
        Assert.Throws<ArgumentOutOfRangeException>(() => few[12].Length);

        Assert.Equal(1, seen.Values[^1].Fraction);
        Assert.Equal((12, 12), (seen.Values[^1].Done, seen.Values[^1].Count));
        Assert.Throws<ObjectDisposedException>(() => trained.Model.Sample(cancellation: cancellation));
    }

    [Fact]
    public void Settings_belong_to_their_samplers()
    {
        var cancellation = TestContext.Current.CancellationToken;
        using var model = ScoreModel.Train(Short, cancellation: cancellation).Model;
        SampleResult Draw(SampleOptions options) => model.Sample(options with { Count = 4 }, cancellation: cancellation);

        var ddim = new SampleOptions { Sampler = "ddim", Steps = 4 };
        var corrected = new SampleOptions { Sampler = "predictor-corrector", Steps = 4 };
        var churned = new SampleOptions { Sampler = "heun-churn", Steps = 4 };
        var adaptive = new SampleOptions { Sampler = "rk45" };
        foreach (var (plain, changed) in ((SampleOptions, SampleOptions)[])
        [
            (ddim, ddim with { Sampler = "ddim:eta=1" }), (corrected, corrected with { Sampler = "predictor-corrector:snr=0.3" }), (churned, churned with { Sampler = "heun-churn:churn=1" }),
            (adaptive, adaptive with { Sampler = "rk45:tolerance=0.01" }),
        ])
        {
            Assert.False(Draw(plain).Values.Span.SequenceEqual(Draw(changed).Values.Span));
        }

        Assert.Equal(Draw(ddim).Values.ToArray(), Draw(ddim with { Sampler = "ddim:eta=0" }).Values.ToArray());
        Assert.True(Draw(adaptive with { Sampler = "rk45:tolerance=0.01" }).Nfe < Draw(adaptive).Nfe);
        Assert.Contains("ddim", Assert.Throws<ScoreException>(() => Draw(adaptive with { Sampler = "rk45:eta=0.5" })).Message, StringComparison.Ordinal);
        Assert.Throws<ScoreException>(() => Draw(ddim with { Sampler = "ddim:eta=2" }));
        Assert.Throws<ScoreException>(() => Draw(adaptive with { Sampler = "rk45:tolerance=0" }));
    }

    [Fact]
    public void Samples_leave_as_pictures_and_as_numbers()
    {
        var cancellation = TestContext.Current.CancellationToken;
        using var model = ScoreModel.Train(Short, cancellation: cancellation).Model;
        var samples = model.Sample(
            new SampleOptions { Count = 3, Steps = 5, TrajectoryLength = 3 }, cancellation: cancellation);
        var (picture, numbers, way) = (In("samples.png"), In("samples.npy"), In("way.png"));
        samples.SavePng(picture);
        samples.SaveNpy(numbers);
        samples.SaveTrajectoryPng(way);

        Assert.Equal(3, samples.TrajectoryLength);
        Assert.Equal("PNG"u8.ToArray(), File.ReadAllBytes(picture)[1..4]);
        Assert.Equal("PNG"u8.ToArray(), File.ReadAllBytes(way)[1..4]);
        Assert.Equal(128 + 3 * 2 * sizeof(float), new FileInfo(numbers).Length);

        var plain = model.Sample(new SampleOptions { Count = 3, Steps = 5 }, cancellation: cancellation);
        Assert.Equal(0, plain.TrajectoryLength);
        Assert.Throws<InvalidOperationException>(() => plain.SaveTrajectoryPng(way));
    }

    [Fact]
    public async Task Evaluation_measures_each_noise_level_and_the_samples()
    {
        var cancellation = TestContext.Current.CancellationToken;
        using var model = ScoreModel.Train(Short, cancellation: cancellation).Model;
        var seen = new Seen<(string Stage, double Fraction)>();
        var options = new EvaluateOptions { Count = 64, Seed = 1, DataFolder = null };
        var result = model.Evaluate(options, seen, cancellation);

        Assert.Equal(64, result.Count);
        Assert.Equal(result.Levels.OrderBy(level => level.Sigma), result.Levels);
        Assert.All(result.Levels, level => Assert.True(level.Loss > 0 && level.NoiseNormRatio > 0));
        // The two moons: a width near one in either direction, whatever the model does.
        Assert.InRange(result.DataVariance, 0.5, 2);
        Assert.InRange(result.DataMean, -0.2, 0.2);
        Assert.True(double.IsFinite(result.Mean) && result.Variance > 0);
        Assert.Null(result.Frechet);
        Assert.Null(result.FrechetFloor);
        Assert.Null(result.NearestDistance);
        Assert.Null(result.TestNearestDistance);
        Assert.Null(result.SmallestDistance);
        Assert.NotEmpty(seen.Values);

        Assert.Equal(result.Mean, (await model.EvaluateAsync(options, cancellation: cancellation)).Mean);
    }

    [Fact]
    public void A_model_that_was_told_classes_samples_one_of_them_with_any_guidance()
    {
        var cancellation = TestContext.Current.CancellationToken;
        using var model = ScoreModel.Train(
            new TrainOptions { Dataset = "strokes", Conditional = true, Steps = 12, BatchSize = 4 },
            cancellation: cancellation).Model;
        Assert.Equal(10, model.Classes);
        Assert.Contains(model.Citations, line => line.Contains("Salimans", StringComparison.Ordinal));

        var any = Draw(new SampleOptions());
        var seven = Draw(new SampleOptions { Class = 7 });
        Assert.Equal(any.Nfe, seven.Nfe);
        Assert.False(seven.Values.Span.SequenceEqual(any.Values.Span));
        Assert.False(seven.Values.Span.SequenceEqual(Draw(new SampleOptions { Class = 2 }).Values.Span));

        // Scale 0 is the model without a class; any scale but 1 asks it twice.
        var none = Draw(new SampleOptions { Class = 7, Guidance = 0 });
        Assert.Equal(2 * any.Nfe, none.Nfe);
        Assert.Equal(any.Values.ToArray(), none.Values.ToArray());
        Assert.False(Draw(new SampleOptions { Class = 7, Guidance = 3 }).Values.Span.SequenceEqual(seven.Values.Span));

        Assert.Throws<ScoreException>(() => Draw(new SampleOptions { Class = 10 }));
        Assert.Throws<ScoreException>(() => Draw(new SampleOptions { Guidance = 2 }));
        using var points = ScoreModel.Train(Short, cancellation: cancellation).Model;
        Assert.Equal(0, points.Classes);
        Assert.Throws<ScoreException>(() => points.Sample(new SampleOptions { Class = 0 }, cancellation: cancellation));

        SampleResult Draw(SampleOptions options) =>
            model.Sample(options with { Count = 1, Steps = 3 }, cancellation: cancellation);
    }

    [Fact]
    public async Task Likelihood_scores_every_image_asked_for_and_tells_its_sources_of_error_apart()
    {
        var cancellation = TestContext.Current.CancellationToken;
        using var model = ScoreModel.Train(
            new TrainOptions { Dataset = "strokes", Steps = 1, BatchSize = 4 }, cancellation: cancellation).Model;
        var seen = new Seen<double>();
        var options = new LikelihoodOptions
        {
            Count = 3,
            Probes = 2,
            NoiseLevel = 0.05,
            Tolerance = 0.5,
            Seed = 1,
            DataFolder = null,
        };
        var result = model.Likelihood(options, seen, cancellation);

        Assert.Equal(3, result.Count);
        Assert.Equal(3, result.Images.Count);
        Assert.Equal(result.BitsPerDimension, result.Images.Average(), 1e-9);
        Assert.True(result.ImagesError > 0 && result.ProbesError > 0 && result.DequantisationError >= 0);
        Assert.True(double.IsFinite(result.SolverError) && double.IsFinite(result.EarlyStop));
        Assert.Equal(0.05, result.NoiseLevel);
        Assert.True(result.Evaluations > 6);
        Assert.Contains("dequantisation", result.Convention, StringComparison.Ordinal);
        Assert.Equal(1, seen.Values.Max());

        Assert.Equal(result.Images, (await model.LikelihoodAsync(options, cancellation: cancellation)).Images);
        Assert.Throws<ScoreException>(() => model.Likelihood(options with { NoiseLevel = 1e6 }, cancellation: cancellation));
        using var points = ScoreModel.Train(Short, cancellation: cancellation).Model;
        Assert.Throws<ScoreException>(() => points.Likelihood(options, cancellation: cancellation));
    }

    [Fact]
    public void The_pictures_of_a_run_are_drawn_by_what_is_handed_in_and_by_nothing_else()
    {
        var cancellation = TestContext.Current.CancellationToken;
        string[] Pictures(string folder) =>
            [.. Directory.GetFiles(folder).Select(Path.GetFileName).OfType<string>().Where(name => Path.GetExtension(name) is ".png" or ".svg" or ".html").Order()];

        var bare = ScoreModel.Train(Short with { RunFolder = In("bare") }, cancellation: cancellation);
        bare.Model.Dispose();
        Assert.Empty(bare.Missing);
        Assert.Empty(Pictures(In("bare")));

        // Long enough for samples on the way.
        var own = new Titles();
        var titled = ScoreModel.Train(
            Short with { RunFolder = In("own"), Steps = 800, Pictures = own }, cancellation: cancellation);
        titled.Model.Dispose();
        Assert.Contains("loss.svg", Assert.Single(titled.Missing), StringComparison.Ordinal);
        Assert.Equal(["report.html", "samples.png", "trajectory.png"], Pictures(In("own")));
        Assert.Equal("2048 points", File.ReadAllText(In("own/samples.png")));
        Assert.True(own.Samples > 1, "samples on the way");

        var drawn = ScoreModel.Train(
            Short with { RunFolder = In("drawn"), Pictures = new RunPictures() }, cancellation: cancellation);
        drawn.Model.Dispose();
        Assert.Empty(drawn.Missing);
        Assert.Equal(["loss.svg", "report.html", "samples.png", "trajectory.png"], Pictures(In("drawn")));
    }

    [Fact]
    public void A_run_folder_is_one_runs_at_a_time_and_may_lack_pictures()
    {
        var cancellation = TestContext.Current.CancellationToken;
        var options = Short with { RunFolder = In("run"), Pictures = new RunPictures() };
        Directory.CreateDirectory(Path.Combine(options.RunFolder, "trajectory.png"));
        var refused = new List<string>();
        var second = new Seen<TrainProgress>(progress =>
        {
            if (progress.Step == 5)
            {
                refused.Add(Assert.Throws<ScoreException>(() => ScoreModel.Train(options, cancellation: cancellation)).Message);
                refused.Add(Assert.Throws<ScoreException>(() => ScoreModel.Train(options with { Resume = true }, cancellation: cancellation)).Message);
            }
        });

        var result = ScoreModel.Train(options, second, cancellation);
        result.Model.Dispose();
        Assert.Equal(2, refused.Count);
        Assert.All(refused, message => Assert.Contains(options.RunFolder, message, StringComparison.Ordinal));
        Assert.Equal(40, result.Steps);
        Assert.Contains("trajectory.png", Assert.Single(result.Missing), StringComparison.Ordinal);

        // Finished, it is free again.
        var again = ScoreModel.Train(options with { Resume = true }, cancellation: cancellation);
        Assert.Equal(40, again.Model.Step);
        again.Model.Dispose();
    }

    [Fact]
    public void Strokes_give_images_and_minutes_give_a_length()
    {
        var cancellation = TestContext.Current.CancellationToken;
        var options = new TrainOptions
        {
            Dataset = "strokes",
            Preset = "fast",
            Network = "mlp",
            Process = "edm",
            Minutes = 0.02,
            BatchSize = 4,
            DataFolder = null,
        };
        using var model = ScoreModel.Train(options, cancellation: cancellation).Model;
        Assert.True(model.Step >= 1);
        Assert.Equal([28, 28], model.SampleShape);
        var samples = model.Sample(
            new SampleOptions { Count = 2, Sampler = "euler", Steps = 3 }, cancellation: cancellation);
        Assert.Equal([2, 28, 28], samples.Shape);
        Assert.All(samples.Values.ToArray(), value => Assert.InRange(value, 0f, 1f));
    }

    [Fact]
    public void A_file_that_is_no_checkpoint_is_refused()
    {
        var file = In("not-a-checkpoint.pt");
        Assert.Equal(ScoreErrorKind.Usage, Assert.Throws<ScoreException>(() => ScoreModel.Load(file)).Kind);
        File.WriteAllText(file, "hello");
        Assert.Equal(ScoreErrorKind.Failure, Assert.Throws<ScoreException>(() => ScoreModel.Load(file)).Kind);
        foreach (var path in (string[])["", "a\0b"])
        {
            Assert.Equal(ScoreErrorKind.Usage, Assert.Throws<ScoreException>(() => ScoreModel.Load(path)).Kind);
        }
    }

    [Fact]
    public void Samples_that_cannot_be_are_refused()
    {
        var cancellation = TestContext.Current.CancellationToken;
        using var model = ScoreModel.Train(Short with { Steps = 2, Process = "vp" }, cancellation: cancellation).Model;
        foreach (var options in (SampleOptions[])
        [
            new() { Count = 0 }, new() { Steps = 0 }, new() { Seed = -1 }, new() { TrajectoryLength = -1 },
            new() { Sampler = "annealed-langevin" }, new() { Sampler = "euler-maruyama", Steps = 1 },
            new() { Count = int.MaxValue }, new() { Steps = int.MaxValue }, new() { TrajectoryLength = int.MaxValue },
            new() { Sampler = "rk45", Steps = int.MaxValue }, new() { Guidance = double.NaN },
            new() { Sampler = "adaptive-sde", Steps = int.MaxValue },
            new() { Sampler = "rk45:tolerance=1e-30" },
            new() { Sampler = "adaptive-sde:tolerance=1e-30" },
        ])
        {
            var error = Assert.Throws<ScoreException>(() => model.Sample(options, cancellation: cancellation));
            Assert.Equal(ScoreErrorKind.Usage, error.Kind);
            Assert.DoesNotContain('\n', error.Message);
        }

        Assert.Throws<ScoreException>(
            () => model.Evaluate(new EvaluateOptions { Count = int.MaxValue }, cancellation: cancellation));
    }

    [Fact]
    public async Task A_model_runs_on_the_device_that_is_asked_for_or_is_refused()
    {
        var cancellation = TestContext.Current.CancellationToken;
        var file = In("model.pt");
        float[] expected;
        using (var trained = ScoreModel.Train(Short with { Steps = 3, Device = ComputeDevice.Cpu }, cancellation: cancellation).Model)
        {
            trained.Save(file);
            expected = Draw(trained);
            Assert.Equal(default, trained.Device);
        }

        using var loaded = ScoreModel.Load(file, ComputeDevice.Cpu);
        Assert.Equal(expected, Draw(loaded));
        using var found = await ScoreModel.LoadAsync(file, ComputeDevice.Auto, cancellation);
        Assert.Contains(found.Device, (ComputeDevice[])[ComputeDevice.Cpu, ComputeDevice.Cuda()]);
        var values = Draw(found);
        Assert.All(expected.Zip(values), pair => Assert.Equal(pair.First, pair.Second, 1e-3));

        Assert.Equal("cpu cuda:0 cuda:3 auto", string.Join(' ', ComputeDevice.Cpu, ComputeDevice.Cuda(), ComputeDevice.Cuda(3), ComputeDevice.Auto));
        foreach (var (device, word) in ((ComputeDevice, string)[])[(ComputeDevice.Cuda(99), "cpu"), (ComputeDevice.Cuda(-1), "cuda:N")])
        {
            var error = Assert.Throws<ScoreException>(() => ScoreModel.Load(file, device));
            Assert.Equal(ScoreErrorKind.Usage, error.Kind);
            Assert.Contains(word, error.Message, StringComparison.Ordinal);
            Assert.Contains(device.ToString(), error.Message, StringComparison.Ordinal);
            Assert.Throws<ScoreException>(
                () => ScoreModel.Train(Short with { Device = device, RunFolder = In("none") }, cancellation: cancellation));
        }

        Assert.False(Directory.Exists(In("none")));

        float[] Draw(ScoreModel model) =>
            model.Sample(new SampleOptions { Count = 4, Steps = 4 }, cancellation: cancellation).Values.ToArray();
    }

    private string In(string name) => Path.Combine(_folder, name);

    /// <summary>Pictures that are words, and one that fails.</summary>
    private sealed class Titles : IRunPictures
    {
        public int Samples { get; private set; }

        public void SaveSamples(SampleResult samples, string path)
        {
            Samples++;
            File.WriteAllText(path, $"{samples.Count} points");
        }

        public void SaveTrajectory(SampleResult samples, string path) => File.WriteAllText(path, $"{samples.TrajectoryLength} states");

        public void SaveLoss(IReadOnlyList<(int Step, double Loss)> losses, string path) =>
            throw new NotSupportedException($"{losses.Count} losses");

        public void SaveReport(ScoreModel model, string runFolder, string path) => File.WriteAllText(path, $"{model.Step} in {runFolder}");
    }
}
