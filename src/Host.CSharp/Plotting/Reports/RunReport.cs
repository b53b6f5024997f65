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
    /// <summary>Writes <c>loss.svg</c> and <c>report.html</c> from the files of the run and an evaluation.</summary>
    /// <param name="folder">The folder of the run.</param>
    /// <param name="model">The model of the run.</param>
    /// <param name="evaluation">The evaluation, if there is one.</param>
    /// <param name="outputs">Writes the files; an error in one does not stop the other.</param>
    public static void Write(RunFolder folder, ScoreModel model, ModelEvaluation? evaluation, Outputs outputs)
    {
        var losses = new Lazy<IReadOnlyList<(int Step, double Loss)>>(() => MetricsLog.ReadLosses(folder.Metrics));
        outputs.Write(folder.LossChart, path => SaveLoss(losses.Value, path));
        outputs.Write(folder.Report, path => Save(folder, model, losses.Value, evaluation, path));
    }

    /// <summary>Writes the loss chart.</summary>
    /// <param name="losses">Steps and their losses, by rising step.</param>
    /// <param name="path">Path of the file.</param>
    /// <exception cref="ScoreException">The file cannot be written.</exception>
    public static void SaveLoss(IReadOnlyList<(int Step, double Loss)> losses, string path)
    {
        using var chart = LossChart.OfSteps(
            [.. losses.Select(entry => (double)entry.Step)], [.. losses.Select(entry => entry.Loss)]);
        AtomicFile.WriteText(path, Chart.Svg(chart));
    }

    /// <summary>Writes the report.</summary>
    /// <param name="folder">The folder of the run; the page shows its pictures.</param>
    /// <param name="model">The model of the run.</param>
    /// <param name="losses">Steps and their losses, by rising step.</param>
    /// <param name="evaluation">The evaluation, if there is one.</param>
    /// <param name="path">Path of the file.</param>
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
            ? "Drawn with the averaged weights, not selected."
            : "Dots are samples from the averaged weights; the shade is the true density.");
        if (evaluation?.Quality is { } quality)
        {
            sections.Add(TableSection.Of(quality));
        }

        if (evaluation is not null)
        {
            sections.Add(Levels(evaluation.Result));
            sections.Add(LevelChart(evaluation.Result));
        }

        AddPicture(sections, model, folder.Trajectory, "From noise to sample", "States of the sampler at equal numbers of steps, scaled to the width of the data.");
        AddPicture(sections, model, folder.LossChart, "Loss", "The loss of each training step.");
        sections.Add(new ListSection("References", "The papers of the methods in this run.", model.Citations));
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
        "Mean squared error of the predicted unit noise on test data (1 for a model that predicts zero), and the norm of the predicted noise divided by that of the true noise.",
        ["noise level σ", "loss", "noise norm ratio"],
        [.. result.Levels.Select(level => (IReadOnlyList<string>)[Number(level.Sigma), Number(level.Loss), Number(level.NoiseNormRatio)])]);

    private static PictureSection LevelChart(EvaluationResult result)
    {
        const string heading = "Loss by noise level, as a chart";
        using var chart = LossChart.OfNoiseLevels(
            "Loss by noise level, test data", "mean squared error of the unit noise",
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
