namespace ScoreFunctional

// The fully connected network.

open DiffSharp

/// <summary>Sizes of the fully connected network.</summary>
type MlpSize = {
    /// <summary>Dimension of a sample: 2 for points in the plane, 784 for a digit.</summary>
    Dimension: int
    /// <summary>Units of each hidden layer.</summary>
    Width: int
    /// <summary>Hidden layers.</summary>
    Layers: int
    /// <summary>Width of the embedding of the noise label.</summary>
    Embedding: int
}

/// <summary>The fully connected network with FiLM (Perez et al. 2018) on the noise level in every hidden layer, for samples
/// of any rank.</summary>
module Mlp =

    /// <summary>Three hidden layers of 128 units, for points in the plane.</summary>
    let plane: MlpSize = { Dimension = 2; Width = 128; Layers = 3; Embedding = 64 }

    /// The network for an embedding of its condition: the noise label, and a class or nothing.
    let private around (size: MlpSize) (embedding: Layer<'label -> Tensor -> Tensor -> Tensor>) =
        if List.min [ size.Dimension; size.Width; size.Layers; size.Embedding ] < 1 then
            invalidArg (nameof size) $"expected positive sizes, found %A{size}"

        let part: Layer<'label -> Field> =
            layer {
                let! embed = Layer.named "embedding" embedding
                and! film = Layer.named "film" (Layer.affineZero size.Embedding (2 * size.Layers * size.Width))

                and! layers =
                    Layer.list [
                        for i in 0 .. size.Layers - 1 ->
                            Layer.affine (if i = 0 then size.Dimension else size.Width) size.Width
                            |> Layer.named $"layers.{i}"
                    ]

                and! head = Layer.named "head" (Layer.affineZero size.Width size.Dimension)

                return
                    fun label x c ->
                        if Batch.dimension x <> size.Dimension then
                            invalidArg
                                (nameof x)
                                $"expected samples of {size.Dimension} numbers, found shape %A{List.ofArray x.shape}"

                        let weight, bias = film
                        let modulations = Some(embed label x c, weight, bias)
                        (Batch.rows x |> Primitives.mlp modulations layers (Some head)).view x.shape
            }

        part

    /// <summary>The network of these sizes: <c>[n; …]</c> to the same shape. Its last layer and all modulations are initially
    /// zero.</summary>
    /// <exception cref="T:System.ArgumentException">A size that is not positive, or samples of another dimension.</exception>
    let create (size: MlpSize) : Network =
        around size (Layer.embedding size.Embedding |> Layer.map (fun embed () -> embed))
        |> Layer.map (fun field -> field ())
        |> Network.create "mlp" Citations.perez2018

    /// <summary><c>create</c> with one class label per sample. The learned vector of the class is added to the noise embedding.</summary>
    /// <exception cref="T:System.ArgumentException">A size or number of classes that is not positive, or samples of another
    /// dimension.</exception>
    let conditional (classes: int) (size: MlpSize) : ConditionalNetwork =
        around size (Layer.labelled classes size.Embedding)
        |> Network.conditional "mlp" Citations.perez2018 classes
