/// Reading and comparing tensors.
module TorchSharp.Tests.Common

open System
open System.Runtime.InteropServices
open Expecto
open TorchSharp

type Tensor = torch.Tensor

/// Values computed twice in float64: only the rounding of a few operations lies between them.
let rounding = { absolute = 1e-12; relative = 1e-12 }

/// Central differences in float64: the step is 1e-5, so truncation is about 1e-10 of the third derivative.
let centralDifference = { absolute = 1e-7; relative = 1e-6 }

/// The elements in float64, row by row.
let values (t: Tensor) = t.``double``().data<float>().ToArray()

/// A float64 tensor of a shape.
let tensor (shape: int64 list) (elements: float list) =
    torch.tensor (List.toArray elements, ReadOnlySpan(List.toArray shape))

/// A float64 vector.
let vector elements = tensor [ int64 (List.length elements) ] elements

/// A number as a scalar: F# cannot choose between the overloads for scalars and for tensors by itself.
let number (value: float) : Scalar = Scalar.op_Implicit value

/// n numbers spread over (low, high), in no order that an operation could profit from.
let spread n low high = [ for i in 1..n -> low + (high - low) * (float (i * 7 % (n + 1)) / float (n + 1)) ]

let closeWith accuracy (actual: float seq) (expected: float seq) message =
    let actual, expected = Seq.toArray actual, Seq.toArray expected
    Expect.equal actual.Length expected.Length $"{message}: number of elements"
    Array.iteri2 (fun i a e -> Expect.floatClose accuracy a e $"{message}, element {i}") actual expected

let close actual expected message = closeWith rounding actual expected message

let hasShape (t: Tensor) (shape: int64 list) message = Expect.equal (List.ofArray t.shape) shape message

/// The message of the error that libtorch raises.
let libtorchError (action: unit -> 'a) =
    try
        action () |> ignore
        failtest "expected libtorch to raise"
    with :? ExternalException as error ->
        error.Message

/// Fails unless libtorch raises an error whose message has all the parts.
let raisesWith (parts: string list) (action: unit -> 'a) =
    let message = libtorchError action

    for part in parts do
        Expect.stringContains message part "libtorch's message"

/// Runs an action on a new thread and waits for it.
let onThread (action: unit -> unit) =
    let mutable error: exn option = None

    let thread =
        Threading.Thread(fun () ->
            try
                action ()
            with e ->
                error <- Some e)

    thread.Start()
    thread.Join()
    error |> Option.iter raise
