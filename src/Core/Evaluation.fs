namespace ScoreFunctional

// The results of an objective on a batch: values per sample, reports by noise level, and standard errors.

open DiffSharp

/// <summary>The value of an objective on a batch. The loss is the mean of the per-sample losses.</summary>
type Evaluation = {
    /// <summary>The scalar that training minimises.</summary>
    Loss: Tensor
    /// <summary>The loss of each sample, <c>[n]</c>.</summary>
    PerSample: Tensor
    /// <summary>The noise level of each sample: <c>σ/α [n]</c>, in data units.</summary>
    Sigma: Tensor
    /// <summary>The ratio of the norms of predicted and true noise, <c>‖σs‖/‖z‖ [n]</c>.</summary>
    NormRatio: Tensor
    /// <summary>The sampling design of the times; the standard error depends on it.</summary>
    Design: Design
}

/// <summary>The loss in one interval of noise levels.</summary>
type NoiseBin = {
    /// <summary>Lower end of the bin, σ/α in data units, included.</summary>
    From: float
    /// <summary>Upper end of the bin, excluded.</summary>
    To: float
    /// <summary>The contribution of the bin to the value of the objective.</summary>
    Contribution: float
    /// <summary>Standard error of the contribution.</summary>
    StandardError: float
    /// <summary>Mean loss of the samples in the bin; NaN for an empty bin.</summary>
    Mean: float
    /// <summary>The number of samples in the bin, over all terms.</summary>
    Count: int
}

/// <summary>The value of an objective on a batch as numbers, with standard errors.</summary>
type Report = {
    /// <summary>The name of the objective.</summary>
    Name: string
    /// <summary>The distinct reductions of its terms.</summary>
    Reductions: Reduction list
    /// <summary>The value.</summary>
    Value: float
    /// <summary>Its standard error over data, times, noise and probes.</summary>
    StandardError: float
    /// <summary>The noise bins; their contributions add up to the value.</summary>
    NoiseBins: NoiseBin[]
}

/// <summary>Standard errors of an objective on a batch.</summary>
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Evaluation =

    /// <summary>The standard error of the mean of <c>y</c>, one number per sample, under a sampling design of the times. Independent
    /// designs use single samples, antithetic ones pairs. Stratified ones use successive differences, which give an upper bound
    /// (Cochran 1977, section 8.3).</summary>
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
