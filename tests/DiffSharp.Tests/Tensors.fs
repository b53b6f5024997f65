/// Tensors to test with, and the words that an error has to have.
module DiffSharp.Tests.Tensors

open DiffSharp
open Expecto

let scalar (value: float) = dsharp.tensor (value, dtype = Dtype.Float64)

let vector (values: float list) = dsharp.tensor (values, dtype = Dtype.Float64)

let matrix (values: float list list) = dsharp.tensor (values, dtype = Dtype.Float64)

let shapeOf (t: Tensor) = List.ofArray t.shape

/// The number of elements of a shape.
let sizeOf (shape: int list) = List.fold (*) 1 shape

/// Values between low and high that repeat for no length in use and come near no simple number.
let spread (low: float) (high: float) (count: int) =
    Array.init count (fun i ->
        let fraction = (float (i + 1) * 0.6180339887498949 + 0.137) % 1.0
        low + (high - low) * fraction)

/// Such values in a shape.
let spreadOver (low: float) (high: float) (shape: int list) =
    dsharp.tensor(spread low high (sizeOf shape), dtype = Dtype.Float64).view shape

/// The parts of a vector in the given shapes, in order.
let parts (shapes: int list list) (x: Tensor) : Tensor list =
    (dsharp.split (x, List.map sizeOf shapes) |> List.ofArray, shapes)
    ||> List.map2 (fun part shape -> part.view shape)

let private says (words: string list) (error: exn) =
    for word in words do
        Expect.stringContains error.Message word "message"

/// The error that must come names all of these.
let refuses (words: string list) (work: unit -> 'a) = Expect.throwsC (work >> ignore) (says words)

/// The error that must come is of this very type, and names all of these.
let refusesAs<'e when 'e :> exn> (words: string list) (work: unit -> Tensor) =
    Expect.throwsC (work >> ignore) (fun error ->
        Expect.equal (error.GetType()) typeof<'e> $"kind of '{error.Message}'"
        says words error)
