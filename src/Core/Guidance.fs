namespace ScoreFunctional

open DiffSharp

/// <summary>Labels of a batch.</summary>
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Labels =

    /// <summary>No class for any of n samples.</summary>
    let none (n: int) : Labels = Array.create n None

    /// <summary>One class for all n samples.</summary>
    let all (label: int) (n: int) : Labels = Array.create n (Some label)

    /// <summary>Labels of which each is forgotten with a probability: training with it teaches one network the conditional and
    /// the unconditional score (Ho and Salimans 2022, algorithm 1). Label k depends on the key and on its own index alone.</summary>
    /// <exception cref="T:System.ArgumentException">A probability outside of [0, 1].</exception>
    let drop (probability: float) (key: Key) (labels: Labels) : Labels =
        if not (probability >= 0. && probability <= 1.) then
            invalidArg (nameof probability) $"expected a probability in [0, 1], found {probability}"

        Key.uniform Dtype.Float64 [| labels.Length |] (Key.label "dropout" key)
        |> Batch.toArray
        |> Array.map2 (fun label u -> if u < probability then None else label) labels

/// <summary>The two published conventions for the weight of classifier-free guidance; w in one is w + 1 in the other.</summary>
[<RequireQualifiedAccess>]
type Guided =
    /// <summary><c>(1 + w)s_c − w s_∅</c>: 0 is the conditional score (Ho and Salimans 2022, equation 6).</summary>
    | Strength of float
    /// <summary><c>s_∅ + w(s_c − s_∅)</c>: 1 is the conditional score, 0 the unconditional one (the guidance scale of Saharia et
    /// al. 2022, and of most programs).</summary>
    | Scale of float

/// <summary>Guidance: from scores to the score of a tilted density.</summary>
module Guidance =

    /// <summary>Classifier-free guidance from the score of a condition and the score without it. With exact scores it is
    /// the score of <c>p_t(x)^(1−w) p_t(x | c)^w</c> (w the scale): the tilted density of every noise level, which is not
    /// the noised tilted density.</summary>
    let classifierFree (weight: Guided) (conditional: Score) (unconditional: Score) : Score =
        let w =
            match weight with
            | Guided.Strength w -> w + 1.
            | Guided.Scale w -> w

        if w = 1. then
            conditional
        else
            Score(fun x t ->
                let base' = Score.apply unconditional x t
                base' + (Score.apply conditional x t - base') * w)

    /// <summary>Classifier guidance: <c>s(x, t) + w∇ₓ log p_t(y | x)</c> for a log-probability <c>x [n; …], t [n] → [n]</c> of noisy
    /// points (Dhariwal and Nichol 2021, algorithm 1; Song et al. 2021, section 5). At w = 1 and with the exact
    /// probability it is the score of the condition.</summary>
    let classifier (weight: float) (logProbability: Field) (score: Score) : Score =
        Score(fun x t ->
            let value, vjp = dsharp.evalReverseDiff (fun x -> (logProbability x t).sum()) x
            Score.apply score x t + vjp (value.onesLike []) * weight)

/// <summary>Training a network that is told classes, with the training step of any other.</summary>
module Conditional =

    /// <summary>The configuration of one step, for the labels of its batch: each is forgotten with a probability, and the model is told
    /// the rest. The objective must look at each sample of the batch once, in its place.</summary>
    let config
        (network: ConditionalNetwork)
        (loss: (Tensor -> Field) -> LossFunction)
        (dropout: float)
        (config: TrainConfig)
        (step: int)
        (labels: Labels)
        : TrainConfig =
        let told = Labels.drop dropout (config.Key |> Key.label "labels" |> Key.atStep step) labels
        { config with Loss = loss (fun flat -> network.ApplyLabelled flat told) }
