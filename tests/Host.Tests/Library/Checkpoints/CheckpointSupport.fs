/// Values of checkpoints, files of them, and files that pretend to be some.
module Host.Tests.CheckpointSupport

open System
open System.IO
open System.Text
open Expecto
open Host.Tests.Support
open Designs
open ScoreFunctional
open ScoreFunctional.Runs
open ScoreFunctional.Host
open ScoreFunctional.Host.Checkpoints
open ScoreFunctional.Host.Training

let floats (values: float32[]) (shape: int64 list) =
    CheckpointTensor.Of<float32>(ReadOnlyMemory values, ReadOnlySpan(List.toArray shape)) :> CheckpointValue

let entries (pairs: (string * CheckpointValue) list) =
    let dictionary = CheckpointDictionary()

    for key, value in pairs do
        dictionary[key] <- value

    dictionary

let text (value: string) = CheckpointText value :> CheckpointValue
let integer (value: int64) = CheckpointInteger value :> CheckpointValue

let tensor (values: 'T[]) = CheckpointTensor<'T>(ReadOnlyMemory values, [| int64 values.Length |]) :> CheckpointValue

/// Everything that a checkpoint may hold.
let sample () =
    entries [
        "step", integer 12
        "big", integer Int64.MinValue
        "rate", CheckpointNumber 1e-4
        "name", text "Ünet \U0001F600"
        "on", CheckpointFlag true
        "off", CheckpointFlag false
        "none", CheckpointNone.Instance
        "list", CheckpointList [| integer -1; text ""; CheckpointList [||] :> CheckpointValue |]
        "weights",
        entries [
            "matrix", floats [| 1f .. 6f |] [ 2; 3 ]
            "scalar", floats [| 7f |] []
            "empty", floats [||] [ 0; 3 ]
        ]
        "float64", tensor [| Math.PI |]
        "int64", tensor [| Int64.MaxValue; -1L |]
        "int32", tensor [| Int32.MinValue |]
        "uint8", tensor [| 0uy; 255uy |]
    ]

/// A value as text, tensors as their bytes: equal texts are equal values.
let rec show (value: CheckpointValue) : string =
    match value with
    | :? CheckpointNone -> "none"
    | :? CheckpointFlag as flag -> $"{flag.Value}"
    | :? CheckpointInteger as number -> $"{number.Value}"
    | :? CheckpointNumber as number -> $"{BitConverter.DoubleToInt64Bits number.Value:x}n"
    // How a number is written.
    | :? CheckpointTensor<float> as number when number.Shape.Length = 0 ->
        $"{BitConverter.DoubleToInt64Bits number.Data.Span[0]:x}n"
    | :? CheckpointText as text -> $"'{text.Value}'"
    | :? CheckpointList as list -> list.Items |> Seq.map show |> String.concat ", " |> sprintf "[%s]"
    | :? CheckpointDictionary as dictionary ->
        dictionary
        |> Seq.map (fun pair -> $"{pair.Key}: {show pair.Value}")
        |> String.concat ", "
        |> sprintf "{%s}"
    | :? CheckpointTensor as tensor -> $"{tensor.Kind} {Convert.ToHexString tensor.Bytes}"
    | other -> failtest $"expected a kind of value, found {other.Kind}"

let saved (value: CheckpointValue) (body: string -> byte[] -> unit) =
    withFolder (fun folder ->
        let path = Path.Combine(folder, "c.pt")
        CheckpointFile.Save(path, value)
        body path (File.ReadAllBytes path))

/// Loading gives a value or a ScoreException, and nothing else.
let outcome path =
    try
        Ok(CheckpointFile.Load path)
    with :? ScoreException as error ->
        Error error.Message

/// A checkpoint of any pickle and any entries, with right checksums.
let forged (pickle: byte[]) (extra: (string * byte[]) list) (body: string -> unit) =
    withFolder (fun folder ->
        let path = Path.Combine(folder, "forged.pt")

        do
            use stream = File.Create path
            let zip = StoredZipWriter stream
            zip.Add("archive/data.pkl", ReadOnlySpan pickle)

            for name, data in extra do
                zip.Add(name, ReadOnlySpan data)

            zip.Finish()

        body path)

let ascii (text: string) = Encoding.Latin1.GetBytes text
let pickle (parts: string list) = ascii ("\x80\x02" + String.concat "" parts + ".")
let unicode (text: string) = $"X{char text.Length}\000\000\000{text}"

/// A tensor of floats in a storage of so many, seen through an offset, a shape and strides, all as the pickle writes them.
let pickledTensor count offset shape strides =
    String.concat "" [
        "ctorch._utils\n_rebuild_tensor_v2\n(("
        unicode "storage"
        "ctorch\nFloatStorage\n"
        unicode "0"
        unicode "cpu"
        $"{count}tQ{offset}{shape}{strides}\x89ccollections\nOrderedDict\n)RtR"
    ]

/// A tensor of two floats in a storage of `count`.
let view count offset shape strides = pickledTensor $"K{char count}" $"K{char offset}" shape strides

let dictionary (value: string) = pickle [ "}"; unicode "x"; value; "s" ]
let eight = [ "archive/data/0", Array.zeroCreate<byte> 8 ]

/// A run of ten steps after its third, with a network of some hundred numbers.
let runOf (design: RunDesign) : RunCheckpoint =
    let count = Composition.parameters design |> Array.sumBy (fun p -> Array.fold (*) 1 p.Shape)
    let numbers first = Array.init count (fun i -> float32 (first + i))

    let state: Snapshot = {
        Step = 3
        Parameters = numbers 0
        Average = numbers count
        Optimiser = Interop.optimiserStateNames design |> Array.mapi (fun i name -> name, numbers (i * 1000))
    }

    RunCheckpoint(design, 10, state, 1.5)

/// A small run, with other values than the preset's.
let small =
    designOf "--dataset two-moons --network mlp:width=8,layers=2,embedding=4 --batch-size 16 --steps 10"

/// A checkpoint of a run with some of its entries changed, under right checksums.
let rewritten (run: RunCheckpoint) (change: CheckpointDictionary -> unit) (path: string) =
    run.Save path
    let values = CheckpointFile.Load path
    change values
    CheckpointFile.Save(path, values)
