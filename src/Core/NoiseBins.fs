namespace ScoreFunctional

/// <summary>Mean losses by noise level: samples grouped into bins between given edges.</summary>
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module NoiseBin =

    /// <summary>The bin index of each noise level σ/α: the number of edges at or below it.</summary>
    /// <exception cref="T:System.ArgumentException">The edges do not increase.</exception>
    let indices (edges: float[]) (sigma: float[]) : int[] =
        if edges |> Array.pairwise |> Array.exists (fun (low, high) -> not (low < high)) then
            invalidArg (nameof edges) $"expected increasing noise levels, found %A{edges}"

        sigma
        |> Array.map (fun r ->
            edges |> Array.tryFindIndex (fun edge -> not (r >= edge)) |> Option.defaultValue edges.Length)

    /// <summary>The mean loss and the number of samples of each bin. The bins are: below the first edge, between consecutive edges, and
    /// from the last edge on. The mean of an empty bin is NaN.</summary>
    /// <param name="edges">Noise levels σ/α, increasing.</param>
    /// <param name="sigma">The noise level of each sample.</param>
    /// <param name="losses">The loss of each sample.</param>
    /// <exception cref="T:System.ArgumentException">The edges do not increase.</exception>
    let means (edges: float[]) (sigma: float[]) (losses: float[]) : struct (float * int)[] =
        let sums, counts = Array.zeroCreate<float>(edges.Length + 1), Array.zeroCreate<int>(edges.Length + 1)

        (indices edges sigma, losses)
        ||> Array.iter2 (fun bin loss ->
            sums[bin] <- sums[bin] + loss
            counts[bin] <- counts[bin] + 1)

        Array.map2 (fun sum count -> struct ((if count = 0 then nan else sum / float count), count)) sums counts
