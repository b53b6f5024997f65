namespace ScoreFunctional.Host;

/// <summary>
/// Draws the pictures of a training run, for <see cref="TrainOptions.Pictures"/>; the package ScoreFunctional.Host.Plotting
/// implements it. If a method throws, the run continues and <see cref="TrainResult.Missing"/> names the file.
/// </summary>
public interface IRunPictures
{
    /// <summary>Draws samples: a grid of images, or points over their density. Called a few times during the run and at its end.</summary>
    /// <param name="samples">The samples, drawn from the averaged weights.</param>
    /// <param name="path">Path of <c>samples.png</c> in the folder of the run.</param>
    void SaveSamples(SampleResult samples, string path);

    /// <summary>Draws the trajectory from noise to sample. Called at the end of the run.</summary>
    /// <param name="samples">The samples, with their trajectory.</param>
    /// <param name="path">Path of <c>trajectory.png</c> in the folder of the run.</param>
    void SaveTrajectory(SampleResult samples, string path);

    /// <summary>Draws the loss of every step. Called at the end of the run.</summary>
    /// <param name="losses">Steps and their losses, by rising step.</param>
    /// <param name="path">Path of <c>loss.svg</c> in the folder of the run.</param>
    void SaveLoss(IReadOnlyList<(int Step, double Loss)> losses, string path);

    /// <summary>Writes a one-page report of the run. Called at the end of the run, after the pictures.</summary>
    /// <param name="model">The trained model.</param>
    /// <param name="runFolder">The folder of the run.</param>
    /// <param name="path">Path of <c>report.html</c> in the folder of the run.</param>
    void SaveReport(ScoreModel model, string runFolder, string path);
}
