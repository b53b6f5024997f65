namespace ScoreFunctional

/// <summary>A data set: the shape of its samples, how to draw them, and their density where it is known.</summary>
type Dataset = {
    /// <summary>Shape of a sample: <c>[channels; height; width]</c> for images, <c>[2]</c> for points.</summary>
    Shape: int[]
    /// <summary>Number of classes; 0 without labels.</summary>
    Classes: int
    /// <summary>The samples for a key; none if they come from files.</summary>
    Draw: (Key -> Samples) option
    /// <summary>The density of points, where it is known: for pictures and tests.</summary>
    Density: Density option
}

/// <summary>The table of data sets that need no files.</summary>
module Datasets =

    /// <summary>Whether the samples are images, not points.</summary>
    let isImages (dataset: Dataset) : bool = dataset.Shape.Length = 3

    /// <summary>The data set of a two-dimensional density.</summary>
    let ofDensity (density: Density) : Dataset = {
        Shape = [| 2 |]
        Classes = 0
        Draw = Some(Samples.ofDensity density)
        Density = Some density
    }

    let private row (density: Density) (summary: string) (citation: Citation) : Member<Dataset> =
        Member.create density.Name $"Points in the plane: {summary}" citation (settings { return ofDensity density })

    /// <summary>The data sets of two-dimensional densities.</summary>
    let table: Table<Dataset> = {
        Kind = "dataset"
        Members = [
            row Densities.gaussian "one Gaussian" (Citations.hyvarinen2005 |> Citations.at "Section 3.1")
            row Densities.eightGaussians "eight Gaussians on a circle" Citations.grathwohl2019
            row Densities.twoMoons "two interleaved half circles" Citations.grathwohl2019
            row Densities.rings "two concentric rings" Citations.grathwohl2019
            row Densities.swissRoll "a spiral" Citations.grathwohl2019
            row Densities.banana "a bent Gaussian" Citations.haario1999
            row Densities.checkerboard "the dark squares of a checkerboard" Citations.grathwohl2019
        ]
    }
