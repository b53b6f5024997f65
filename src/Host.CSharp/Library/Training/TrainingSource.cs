using ScoreFunctional.Host.Data;
using ScoreFunctional.Runs;

namespace ScoreFunctional.Host.Training;

/// <summary>The training samples of a run.</summary>
internal static class TrainingSource
{
    /// <summary>The samples of a run.</summary>
    /// <param name="design">The design of the run.</param>
    /// <param name="images">The images; <c>null</c> for points.</param>
    public static Samples Of(RunDesign design, ImageData? images) =>
        images?.Train.ToSamples(design.Dataset.Classes)
            ?? Interop.samples(design.Dataset, design.Spec.Seed, "data")?.Value
            ?? throw new ScoreException(
                ScoreErrorKind.Usage, $"expected a data set that this program loads or draws, found {design.Spec.Dataset.Name}");
}
