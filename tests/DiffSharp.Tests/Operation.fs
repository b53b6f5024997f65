namespace DiffSharp.Tests

open DiffSharp
open DiffSharp.Tests.Tensors

/// One row of the table: an operation as a function of one tensor (operands of operations of several are its parts),
/// where to evaluate it, and what it should give, in plain managed code.
type Operation = {
    /// The name of the operation in <c>dsharp</c>, and after a colon which of its uses this is.
    Name: string
    /// The sizes of the argument.
    Shape: int list
    /// The values of the argument, away from kinks.
    Input: float[]
    Apply: Tensor -> Tensor
    /// The values of the result from those of the argument, row by row.
    Value: float[] -> float[]
}

module Operation =
    let row name shape (low, high) apply value = {
        Name = name
        Shape = shape
        Input = spread low high (sizeOf shape)
        Apply = apply
        Value = value
    }

    /// An operation on each element alone.
    let elementwise name (low, high) apply (value: float -> float) =
        row name [ 2; 3 ] (low, high) apply (Array.map value)

    /// The parts of values in the given shapes, in order.
    let grids (shapes: int list list) (values: float[]) =
        shapes
        |> List.mapFold
            (fun start shape ->
                let next = start + sizeOf shape
                Reference.grid shape values.[start .. next - 1], next)
            0
        |> fst

    /// An operation on tensors of two shapes.
    let binary name (a: int list) (b: int list) (low, high) (apply: Tensor -> Tensor -> Tensor) value =
        let pair work =
            function
            | [ a; b ] -> work a b
            | other -> failwith $"Expecting two parts, found {other.Length}"

        row name [ sizeOf a + sizeOf b ] (low, high) (parts [ a; b ] >> pair apply) (grids [ a; b ] >> pair value)
