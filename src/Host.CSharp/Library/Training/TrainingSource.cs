using ScoreFunctional.Host.Data;
using ScoreFunctional.Runs;

namespace ScoreFunctional.Host.Training;

/// <summary>From a specification to the samples that its run learns from.</summary>
internal static class TrainingSource
{
    /// <summary>The samples of a run.</summary>
    /// <param name="design">What the run is.</param>
    /// <param name="images">The images, for a run on images.</param>
    public static Samples Of(RunDesign design, ImageData? images) =>
        images?.Train.ToSamples(design.Dataset.Classes)
            ?? Plain.samples(design.Dataset, design.Spec.Seed, "data")?.Value
            ?? throw new ScoreException(
                ScoreErrorKind.Usage, $"expected a data set that this program loads or draws, found {design.Spec.Dataset.Name}");
}
