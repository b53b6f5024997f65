namespace ScoreFunctional

// Class labels and guidance: sampling given a class.

open DiffSharp

/// <summary>The class labels of a batch.</summary>
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Labels =

    /// <summary>No class for any of n samples.</summary>
    let none (n: int) : Labels = Array.create n None

    /// <summary>One class for all n samples.</summary>
    let all (label: int) (n: int) : Labels = Array.create n (Some label)

    /// <summary>Label dropout: replaces each label by none with a probability, so that one network learns the conditional and
    /// the unconditional score (Ho and Salimans 2022, algorithm 1). The draw for label k depends only on the key and its index.</summary>
    /// <exception cref="T:System.ArgumentException">A probability outside [0, 1].</exception>
    let drop (probability: float) (key: Key) (labels: Labels) : Labels =
        if not (probability >= 0. && probability <= 1.) then
            invalidArg (nameof probability) $"expected a probability in [0, 1], found {probability}"

        Key.uniform Dtype.Float64 [| labels.Length |] (Key.label "dropout" key)
        |> Batch.toArray
        |> Array.map2 (fun label u -> if u < probability then None else label) labels

/// <summary>The weight of classifier-free guidance, in one of its two published conventions. Strength w equals scale w + 1.</summary>
[<RequireQualifiedAccess>]
type GuidanceWeight =
    /// <summary><c>(1 + w)s_c − w s_∅</c>: w = 0 gives the conditional score (Ho and Salimans 2022, equation 6).</summary>
    | Strength of float
    /// <summary><c>s_∅ + w(s_c − s_∅)</c>: w = 1 gives the conditional score, w = 0 the unconditional one (the guidance scale of Saharia
    /// et al. 2022, and of most programs).</summary>
    | Scale of float

/// <summary>Guided scores.</summary>
module Guidance =

    /// <summary>Classifier-free guidance, from a conditional and an unconditional score. With exact scores and scale w it is
    /// the score of <c>p_t(x)^(1−w) p_t(x | c)^w</c>, the tilted density at each noise level. That is not the tilted density with added
    /// noise.</summary>
    let classifierFree (weight: GuidanceWeight) (conditional: Score) (unconditional: Score) : Score =
        let w =
            match weight with
            | GuidanceWeight.Strength w -> w + 1.
            | GuidanceWeight.Scale w -> w

        if w = 1. then
            conditional
        else
            Score(fun x t ->
                let base' = Score.apply unconditional x t
                base' + (Score.apply conditional x t - base') * w)

    /// <summary>Classifier guidance: <c>s(x, t) + w∇ₓ log p_t(y | x)</c>, with the log-probability of a classifier of noisy points,
    /// <c>x [n; …], t [n] → [n]</c> (Dhariwal and Nichol 2021, algorithm 1; Song et al. 2021, section 5). With the exact
    /// probability and w = 1 it is the conditional score.</summary>
    let classifier (weight: float) (logProbability: Field) (score: Score) : Score =
        Score(fun x t ->
            let value, vjp = dsharp.evalReverseDiff (fun x -> (logProbability x t).sum()) x
            Score.apply score x t + vjp (value.onesLike []) * weight)

/// <summary>Training of class-conditional networks.</summary>
module Conditional =

    /// <summary>The configuration of one training step with the labels of its batch, after label dropout. The objective must evaluate the
    /// score on whole batches, with the samples in their order.</summary>
    let config
        (network: ConditionalNetwork)
        (loss: (Tensor -> Field) -> LossFunction)
        (dropout: float)
        (config: TrainConfig)
        (step: int)
        (labels: Labels)
        : TrainConfig =
        let kept = Labels.drop dropout (config.Key |> Key.label "labels" |> Key.atStep step) labels
        { config with Loss = loss (fun flat -> network.ApplyLabelled flat kept) }
