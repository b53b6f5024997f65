using ScoreFunctional.Host.Files;
using ScoreFunctional.Host.Plotting.Images;

namespace ScoreFunctional.Host.Plotting;

/// <summary>Pictures of samples.</summary>
public static class SampleExtensions
{
    /// <summary>Writes a PNG file: a grid of images, or a scatter of points over their density.</summary>
    /// <param name="samples">The samples.</param>
    /// <param name="path">Path of the file; an existing file is replaced atomically.</param>
    /// <exception cref="ScoreException">The file cannot be written, or there are more than 10,000 images or 100,000 points.</exception>
    public static void SavePng(this SampleResult samples, string path)
    {
        ArgumentNullException.ThrowIfNull(samples);
        AtomicFile.WriteBytes(path, SamplePicture.Of(samples.Values.Span, samples.SampleShape, samples.Design));
    }

    /// <summary>Writes a PNG file of the trajectory from noise to sample: a row per image, or a frame per state of the points.</summary>
    /// <param name="samples">The samples, drawn with <see cref="SampleOptions.TrajectoryLength"/>.</param>
    /// <param name="path">Path of the file; an existing file is replaced atomically.</param>
    /// <exception cref="InvalidOperationException">The samples have no trajectory.</exception>
    /// <exception cref="ScoreException">The file cannot be written.</exception>
    public static void SaveTrajectoryPng(this SampleResult samples, string path)
    {
        ArgumentNullException.ThrowIfNull(samples);
        if (samples.TrajectoryLength == 0)
        {
            throw new InvalidOperationException("the samples have no trajectory: set SampleOptions.TrajectoryLength");
        }

        AtomicFile.WriteBytes(path, SamplePicture.OfTrajectory(
            samples.Trajectory.Span, samples.SampleShape, samples.Design, samples.TrajectoryLength));
    }
}
