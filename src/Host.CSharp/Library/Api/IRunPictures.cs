namespace ScoreFunctional.Host;

/// <summary>
/// Draws the pictures in the folder of a training run: <see cref="TrainOptions.Pictures"/>. The package ScoreFunctional.Host.Plotting
/// has one. Whatever a method throws, the run goes on: the file is named in <see cref="TrainResult.Missing"/>.
/// </summary>
public interface IRunPictures
{
    /// <summary>Draws samples: a grid of images, or points over the density that they should follow. Called at the end, and now and then before.</summary>
    /// <param name="samples">The samples, drawn from the averaged weights.</param>
    /// <param name="path">Where to write: <c>samples.png</c> in the run's folder.</param>
    void SaveSamples(SampleResult samples, string path);

    /// <summary>Draws the way from noise to sample. Called at the end of the run.</summary>
    /// <param name="samples">The samples, with their trajectory.</param>
    /// <param name="path">Where to write: <c>trajectory.png</c> in the run's folder.</param>
    void SaveTrajectory(SampleResult samples, string path);

    /// <summary>Draws the loss of every step. Called at the end of the run.</summary>
    /// <param name="losses">Steps in rising order, each with its loss.</param>
    /// <param name="path">Where to write: <c>loss.svg</c> in the run's folder.</param>
    void SaveLoss(IReadOnlyList<(int Step, double Loss)> losses, string path);

    /// <summary>Writes a report of the run on one page. Called at the end of the run, after the other pictures.</summary>
    /// <param name="model">The trained model.</param>
    /// <param name="runFolder">The folder with the run's files.</param>
    /// <param name="path">Where to write: <c>report.html</c> in the run's folder.</param>
    void SaveReport(ScoreModel model, string runFolder, string path);
}
