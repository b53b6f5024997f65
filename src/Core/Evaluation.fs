namespace ScoreFunctional

open DiffSharp

/// <summary>An objective on a batch. The loss is the mean of the per-sample losses.</summary>
type Evaluation = {
    /// <summary>The scalar that training minimises.</summary>
    Loss: Tensor
    /// <summary>The loss of each sample, <c>[n]</c>.</summary>
    PerSample: Tensor
    /// <summary>The noise level at which each sample was looked at: <c>σ/α [n]</c>, in data units.</summary>
    Sigma: Tensor
    /// <summary>Norm of the predicted noise over that of the true, <c>‖σs‖/‖z‖ [n]</c>.</summary>
    NormRatio: Tensor
    /// <summary>How the times were drawn, which decides the standard error.</summary>
    Design: Design
}

/// <summary>An objective's share of a band of noise levels.</summary>
type NoiseBin = {
    /// <summary>Lower end of the band, σ/α in data units.</summary>
    From: float
    /// <summary>Upper end, which belongs to the next band.</summary>
    To: float
    /// <summary>The band's part of the objective's value.</summary>
    Contribution: float
    /// <summary>Standard error of the share.</summary>
    StandardError: float
    /// <summary>Mean loss of the samples in the band; NaN where there is none.</summary>
    Mean: float
    /// <summary>Samples in the band, over all terms.</summary>
    Count: int
}

/// <summary>An objective's value on a batch, as numbers.</summary>
type Report = {
    /// <summary>The objective's name.</summary>
    Name: string
    /// <summary>The scalings of its terms, each once.</summary>
    Scaling: Scaling list
    /// <summary>The value.</summary>
    Value: float
    /// <summary>Its standard error over data, times, noise and probes.</summary>
    StandardError: float
    /// <summary>The shares of the bands of noise levels; they add up to the value.</summary>
    NoiseBins: NoiseBin[]
}

/// <summary>Standard errors of an objective on a batch.</summary>
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Evaluation =

    /// <summary>The standard error of the mean of <c>y</c>, one number per sample, whose times were drawn in a design: of
    /// independent samples; of pairs; and of strata by successive differences, which is an upper bound (Cochran 1977,
    /// section 8.3).</summary>
    let standardErrorOf (design: Design) (y: float[]) : float =
        let ofMeans (means: float[]) =
            let n, centre = float means.Length, Array.average means
            sqrt ((means |> Array.sumBy (fun m -> (m - centre) * (m - centre))) / (n * (n - 1.)))

        if y.Length < 2 then
            nan
        else
            match design with
            | Design.Independent -> ofMeans y
            | Design.Antithetic -> y |> Array.chunkBySize 2 |> Array.map Array.average |> ofMeans
            | Design.Stratified ->
                let n = float y.Length
                let changes = y |> Array.pairwise |> Array.sumBy (fun (a, b) -> (b - a) * (b - a))
                sqrt (changes / (2. * n * (n - 1.)))

    /// <summary>The standard error of the loss over data, times, noise and probes.</summary>
    let standardError (evaluation: Evaluation) : float =
        standardErrorOf evaluation.Design (Batch.toArray (evaluation.PerSample.noDiff ()))
