using System.Globalization;
using System.Text;
using ScoreFunctional.Host.Files;
using ScoreFunctional.Host.Plotting.Charts;
using ScoreFunctional.Host.Sampling;
using ScoreFunctional.Host.Training;
using ScoreFunctional.Runs;

namespace ScoreFunctional.Host.Plotting.Reports;

/// <summary>The loss chart and the report of a run.</summary>
internal static class RunReport
{
    /// <summary>Writes <c>loss.svg</c> and <c>report.html</c> from what lies in the folder and what was measured.</summary>
    /// <param name="folder">The run.</param>
    /// <param name="model">Its model.</param>
    /// <param name="evaluation">What was measured, if it was.</param>
    /// <param name="outputs">Writes them, each on its own.</param>
    public static void Write(RunFolder folder, ScoreModel model, ModelEvaluation? evaluation, Outputs outputs)
    {
        var losses = new Lazy<IReadOnlyList<(int Step, double Loss)>>(() => MetricsLog.ReadLosses(folder.Metrics));
        outputs.Write(folder.LossChart, path => SaveLoss(losses.Value, path));
        outputs.Write(folder.Report, path => Save(folder, model, losses.Value, evaluation, path));
    }

    /// <summary>Writes the loss chart.</summary>
    /// <param name="losses">Steps in rising order, each with its loss.</param>
    /// <param name="path">Where to write.</param>
    /// <exception cref="ScoreException">The file cannot be written.</exception>
    public static void SaveLoss(IReadOnlyList<(int Step, double Loss)> losses, string path)
    {
        using var chart = LossChart.OfSteps(
            [.. losses.Select(entry => (double)entry.Step)], [.. losses.Select(entry => entry.Loss)]);
        AtomicFile.WriteText(path, Chart.Svg(chart));
    }

    /// <summary>Writes the report.</summary>
    /// <param name="folder">The run, whose pictures the page shows.</param>
    /// <param name="model">Its model.</param>
    /// <param name="losses">Its steps, each with its loss.</param>
    /// <param name="evaluation">What was measured, if it was.</param>
    /// <param name="path">Where to write.</param>
    /// <exception cref="ScoreException">The file cannot be written.</exception>
    public static void Save(
        RunFolder folder, ScoreModel model, IReadOnlyList<(int Step, double Loss)> losses, ModelEvaluation? evaluation,
        string path) => HtmlReport.Save(path, Page(folder, model, losses, evaluation));

    private static ReportPage Page(
        RunFolder folder, ScoreModel model, IReadOnlyList<(int Step, double Loss)> losses, ModelEvaluation? evaluation)
    {
        var spec = model.Spec;
        var sections = new List<ReportSection>();
        AddPicture(sections, model, folder.Samples, "Samples", model.Shape.IsImage
            ? "Drawn from the averaged weights, not selected."
            : "Dots are samples from the averaged weights; the shade is the density that they should follow.");
        if (evaluation?.Quality is { } quality)
        {
            sections.Add(TableSection.Of(quality));
        }

        if (evaluation is not null)
        {
            sections.Add(Levels(evaluation.Result));
            sections.Add(LevelChart(evaluation.Result));
        }

        AddPicture(sections, model, folder.Trajectory, "From noise to sample", "States of the sampler at equal numbers of moves, shown at the width of the data.");
        AddPicture(sections, model, folder.LossChart, "Loss", "The objective of each training step.");
        sections.Add(new ListSection("References", "What this run is made of.", model.Citations));
        sections.Add(new TextSection("Specification", "Everything that decides the outcome of the run.", model.Specification));
        return new ReportPage(
            $"{spec.Dataset.Name}, {spec.Preset}",
            $"{Composition.network(model.Design).Name}, {model.Step.ToString("N0", CultureInfo.InvariantCulture)} steps of batch {spec.BatchSize}, seed {spec.Seed}.",
            Headlines(model, losses, evaluation),
            sections);
    }

    private static List<Headline> Headlines(
        ScoreModel model, IReadOnlyList<(int Step, double Loss)> losses, ModelEvaluation? evaluation)
    {
        var headlines = new List<Headline>
        {
            new("steps", model.Step.ToString("N0", CultureInfo.InvariantCulture)),
            new("loss", Number(losses.Count == 0 ? double.NaN : losses.TakeLast(100).Average(entry => entry.Loss)), "mean of the last 100 steps"),
            new("training time", Duration.Text(TimeSpan.FromSeconds(model.Seconds))),
        };
        if (evaluation is not null)
        {
            headlines.Add(new("variance of samples", Number(evaluation.Result.Variance), $"data {Number(evaluation.Result.DataVariance)}"));
        }

        if (evaluation?.Quality is { } quality)
        {
            headlines.Add(new("PCA-64 Fréchet", Number(quality.Frechet), $"real images {Number(quality.FrechetFloor)}"));
        }

        return headlines;
    }

    private static TableSection Levels(EvaluationResult result) => new(
        "Loss by noise level",
        "Mean squared error of the predicted unit noise on test data (1 for a model that predicts none), and the norm of the predicted noise over that of the true noise.",
        ["noise level σ", "loss", "noise norm"],
        [.. result.Levels.Select(level => (IReadOnlyList<string>)[Number(level.Sigma), Number(level.Loss), Number(level.NoiseNormRatio)])]);

    private static PictureSection LevelChart(EvaluationResult result)
    {
        const string heading = "Loss over noise level";
        using var chart = LossChart.OfNoiseLevels(
            "Loss over noise level, test data", "mean squared error of the unit noise",
            [.. result.Levels.Select(level => level.Sigma)], [.. result.Levels.Select(level => level.Loss)]);
        return new PictureSection(heading, "", "image/svg+xml", Encoding.UTF8.GetBytes(Chart.Svg(chart)), heading);
    }

    private static void AddPicture(List<ReportSection> sections, ScoreModel model, string file, string heading, string note)
    {
        if (File.Exists(file))
        {
            var png = Path.GetExtension(file) == ".png";
            sections.Add(new PictureSection(
                heading, note, png ? "image/png" : "image/svg+xml", File.ReadAllBytes(file), heading, png && model.Shape.IsImage));
        }
    }

    private static string Number(double value) => value.ToString("0.####", CultureInfo.InvariantCulture);
}
