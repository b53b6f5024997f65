using ScoreFunctional.Host.Plotting.Reports;
using ScoreFunctional.Host.Training;

namespace ScoreFunctional.Host.Plotting;

/// <summary>Draws the pictures and the report of <c>score train</c>, for <see cref="TrainOptions.Pictures"/>.</summary>
public sealed class RunPictures : IRunPictures
{
    /// <inheritdoc/>
    public void SaveSamples(SampleResult samples, string path) => samples.SavePng(path);

    /// <inheritdoc/>
    public void SaveTrajectory(SampleResult samples, string path) => samples.SaveTrajectoryPng(path);

    /// <inheritdoc/>
    public void SaveLoss(IReadOnlyList<(int Step, double Loss)> losses, string path) => RunReport.SaveLoss(losses, path);

    /// <inheritdoc/>
    public void SaveReport(ScoreModel model, string runFolder, string path)
    {
        var folder = new RunFolder(runFolder);
        RunReport.Save(folder, model, MetricsLog.ReadLosses(folder.Metrics), null, path);
    }
}
