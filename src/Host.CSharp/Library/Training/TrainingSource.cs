using ScoreFunctional.Host.Data;
using ScoreFunctional.Runs;

namespace ScoreFunctional.Host.Training;

/// <summary>From a specification to the samples that its run learns from.</summary>
internal static class TrainingSource
{
    /// <summary>The samples of a run.</summary>
    /// <param name="spec">What the run is.</param>
    /// <param name="images">The images, for a run on images.</param>
    public static Samples Of(RunSpec spec, ImageData? images) =>
        images is null ? Plain.samples(spec) : images.Train.ToSamples(Presets.classes(spec.Dataset));
}
