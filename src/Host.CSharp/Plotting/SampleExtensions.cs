using ScoreFunctional.Host.Files;
using ScoreFunctional.Host.Plotting.Images;

namespace ScoreFunctional.Host.Plotting;

/// <summary>Pictures of samples.</summary>
public static class SampleExtensions
{
    /// <summary>Writes a picture: a grid of images, or a scatter of points.</summary>
    /// <param name="samples">The samples.</param>
    /// <param name="path">Where to write; an existing file is replaced, whole or not at all.</param>
    /// <exception cref="ScoreException">The file cannot be written, or there are more than 10,000 images or 100,000 points.</exception>
    public static void SavePng(this SampleResult samples, string path)
    {
        ArgumentNullException.ThrowIfNull(samples);
        AtomicFile.WriteBytes(path, SamplePicture.Of(samples.Values.Span, samples.SampleShape, samples.Design));
    }

    /// <summary>Writes a picture of the way from noise to sample: a row for each image, or a frame for each state of the points.</summary>
    /// <param name="samples">The samples, drawn with <see cref="SampleOptions.TrajectoryLength"/>.</param>
    /// <param name="path">Where to write; an existing file is replaced, whole or not at all.</param>
    /// <exception cref="InvalidOperationException">No trajectory was asked for.</exception>
    /// <exception cref="ScoreException">The file cannot be written.</exception>
    public static void SaveTrajectoryPng(this SampleResult samples, string path)
    {
        ArgumentNullException.ThrowIfNull(samples);
        if (samples.TrajectoryLength == 0)
        {
            throw new InvalidOperationException("no trajectory was kept: ask for one with SampleOptions.TrajectoryLength");
        }

        AtomicFile.WriteBytes(path, SamplePicture.OfTrajectory(
            samples.Trajectory.Span, samples.SampleShape, samples.Design, samples.TrajectoryLength));
    }
}
