namespace ScoreFunctional

open DiffSharp

/// <summary>Preconditionings: from a raw network <c>F(x, c)</c> of points and noise labels to a denoiser. A network that takes σ gets EDM's
/// label, <c>c = ¼ ln σ</c>.</summary>
module Preconditioning =

    let private label sigma = 0.25 * log sigma

    /// <summary>EDM (Karras et al. 2022, table 1): <c>D(x; σ) = c_skip x + c_out F(c_in x; ¼ ln σ)</c> with
    /// <c>c_skip = σd²/(σ² + σd²)</c>, <c>c_out = σσd/√(σ² + σd²)</c>, <c>c_in = 1/√(σ² + σd²)</c>; σd is the standard
    /// deviation of the data.</summary>
    /// <exception cref="T:System.ArgumentException">σd is not positive.</exception>
    let edm (sigmaData: float) (raw: Field) : Denoiser =
        if not (sigmaData > 0.) then
            invalidArg (nameof sigmaData) $"expected a positive standard deviation, found {sigmaData}"

        let total sigma = sigma * sigma + sigmaData * sigmaData
        let inputs sigma = struct (1. / sqrt (total sigma), label sigma)
        let outputs sigma = struct (sigmaData * sigmaData / total sigma, sigma * sigmaData / sqrt (total sigma))

        Denoiser(fun x sigma ->
            let struct (into, label) = Batch.mapPair inputs sigma
            let struct (skip, out) = Batch.mapPair outputs sigma
            Batch.combine skip x out (raw (Batch.scale into x) label))

    /// The denoiser whose score is the output of the network over σ.
    let private over label (raw: Field) : Denoiser =
        Denoiser(fun x sigma -> x + Batch.scale sigma (raw x (Batch.map label sigma)))

    /// <summary>Output over σ, with σ as an input: <c>s = F(x; ¼ ln σ)/σ</c>, so <c>D(x; σ) = x + σF(x; ¼ ln σ)</c>. The
    /// form of NCSN++ (Song et al. 2021; the column VE of Karras et al. 2022, table 1), which has the label ln(σ/2).</summary>
    let overSigma (raw: Field) : Denoiser = over label raw

    /// <summary>Output over σ, without σ as an input (NCSNv2, technique 3; Song and Ermon 2020): <c>s = F(x)/σ</c>, so
    /// <c>D(x; σ) = x + σF(x)</c>. The network always gets the label of σ = 1.</summary>
    let ncsnv2 (raw: Field) : Denoiser = over (fun _ -> 0.) raw

    /// <summary>The score, under a process, of a network with EDM's preconditioning.</summary>
    let edmScore (sde: Sde) (sigmaData: float) (network: Network) (parameters: Tensor) : Score =
        network.Apply parameters |> edm sigmaData |> Score.ofDenoiser sde
