namespace DiffSharp.Tests

open DiffSharp

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
    /// Values between low and high that repeat for no length in use and come near no simple number.
    let spread (low: float) (high: float) (count: int) =
        Array.init count (fun i ->
            let fraction = (float (i + 1) * 0.6180339887498949 + 0.137) % 1.0
            low + (high - low) * fraction)

    let row name shape (low, high) apply value = {
        Name = name
        Shape = shape
        Input = spread low high (List.fold (*) 1 shape)
        Apply = apply
        Value = value
    }

    /// An operation on each element alone.
    let elementwise name (low, high) apply (value: float -> float) =
        row name [ 2; 3 ] (low, high) apply (Array.map value)

    /// The parts of a vector in the given shapes, in order.
    let parts (shapes: int list list) (x: Tensor) : Tensor list =
        let sizes = shapes |> List.map (List.fold (*) 1)

        (dsharp.split (x, sizes) |> List.ofArray, shapes) ||> List.map2 (fun part shape -> part.view shape)

    /// The parts of values in the given shapes, in order.
    let grids (shapes: int list list) (values: float[]) =
        shapes
        |> List.mapFold
            (fun start shape ->
                let count = List.fold (*) 1 shape
                Reference.grid shape values.[start .. start + count - 1], start + count)
            0
        |> fst

    /// An operation on tensors of two shapes.
    let binary name (a: int list) (b: int list) (low, high) (apply: Tensor -> Tensor -> Tensor) value =
        let count = List.fold (*) 1 a + List.fold (*) 1 b

        row
            name
            [ count ]
            (low, high)
            (fun x ->
                match parts [ a; b ] x with
                | [ a; b ] -> apply a b
                | _ -> x)
            (fun values ->
                match grids [ a; b ] values with
                | [ a; b ] -> value a b
                | _ -> values)
