/// Tensors in files: every type and shape comes back, and a file that is not what it says is refused.
module DiffSharp.Tests.TensorStorageTests

open System
open System.IO
open System.Text
open DiffSharp
open DiffSharp.Tests.Tensors
open Expecto
open FSharp.Reflection

let withFile (f: string -> 'a) =
    let name = Path.GetTempFileName()

    try
        f name
    finally
        File.Delete name

let private types = [
    for case in FSharpType.GetUnionCases typeof<Dtype> -> FSharpValue.MakeUnion(case, [||]) :?> Dtype
]

let private shapes: int list list = [ []; [ 0 ]; [ 1 ]; [ 5 ]; [ 2; 3 ]; [ 0; 4 ]; [ 2; 1; 3; 2 ] ]

/// A file of the format from its header and its elements, padded as NumPy pads.
let private file (version: byte) (header: string) (elements: byte[]) =
    let length = (10 + header.Length + 64) / 64 * 64 - 10
    let text = header.PadRight(length - 1) + "\n"

    Array.concat [
        [| 0x93uy |]
        "NUMPY"B
        [| version; 0uy; byte (length % 256); byte (length / 256) |]
        Encoding.ASCII.GetBytes text
        elements
    ]

let private describe name shape = $"{{'descr': '{name}', 'fortran_order': False, 'shape': ({shape}), }}"

let private load (bytes: byte[]) =
    withFile (fun name ->
        File.WriteAllBytes(name, bytes)
        Tensor.load name)

let private rejects words (bytes: byte[]) = refusesAs<InvalidDataException> words (fun () -> load bytes)

[<Tests>]
let tests =
    testList "storage" [
        for dtype in types do
            testCase $"{dtype} of any shape comes back" (fun () ->
                for shape in shapes do
                    let t = ((dsharp.rand shape - 0.4) * 10.0).cast dtype

                    withFile (fun name ->
                        t.save name
                        let back = Tensor.load name
                        Expect.equal back.dtype dtype "type"
                        Expect.equal (shapeOf back) shape "shape"
                        Expect.equal back t $"values of shape {shape}"))

        testCase "a file is NumPy's, byte for byte" (fun () ->
            withFile (fun name ->
                (dsharp.tensor [ [ 1.0f; -2.0f ] ]).save name
                let expected = file 1uy (describe "<f4" "1, 2") [| 0uy; 0uy; 0x80uy; 0x3Fuy; 0uy; 0uy; 0uy; 0xC0uy |]
                Expect.sequenceEqual (File.ReadAllBytes name) expected "matrix"
                (dsharp.tensor [ 7y ]).save name
                Expect.sequenceEqual (File.ReadAllBytes name) (file 1uy (describe "|i1" "1,") [| 7uy |]) "vector"
                (dsharp.tensor true).save name
                Expect.sequenceEqual (File.ReadAllBytes name) (file 1uy (describe "|b1" "") [| 1uy |]) "scalar"))

        testCase "parts, variables of differentiation, and columns first" (fun () ->
            let whole = dsharp.tensor [ [ 1.0; 2.0; 3.0 ]; [ 4.0; 5.0; 6.0 ] ]

            withFile (fun name ->
                dsharp.save (whole.[*, 1..].transpose().reverseDiff(), name)
                let back: Tensor = dsharp.load name
                Expect.equal back (dsharp.tensor [ [ 2.0; 5.0 ]; [ 3.0; 6.0 ] ]) "a transposed part"
                Expect.isTrue back.isNoDiff "a constant"
                Expect.equal (Tensor.load (name, dtype = Dtype.Int32)).dtype Dtype.Int32 "in a type that is asked for")

            let header = (describe "|i1" "2, 3").Replace("False", "True")
            let byColumns = load (file 1uy header [| 1uy; 4uy; 2uy; 5uy; 3uy; 6uy |])
            Expect.equal byColumns (whole.cast Dtype.Int8) "columns first")

        testCase "only tensors are saved, and loaded" (fun () ->
            withFile (fun name ->
                Expect.throwsT<ArgumentException> (fun () -> dsharp.save ("text", name)) "a text"
                dsharp.save (dsharp.tensor 1.0, name)
                Expect.throwsT<InvalidCastException> (fun () -> dsharp.load<string> name |> ignore) "as a text"))

        testCase "files that are not what they say are refused" (fun () ->
            let good = file 1uy (describe "<f4" "2, 2") (Array.zeroCreate 16)
            Expect.equal (load good) (dsharp.zeros [ 2; 2 ]) "the good one"
            rejects [ "another kind of file" ] [||]
            rejects [ "another kind of file" ] (Encoding.ASCII.GetBytes "a text that is long enough to hold a header")
            rejects [ "16"; "15" ] good.[.. good.Length - 2]
            rejects [ "16"; "17" ] (Array.append good [| 0uy |])
            rejects [ "header" ] good.[..40]
            rejects [ "version"; "2" ] (file 2uy (describe "<f4" "2, 2") (Array.zeroCreate 16))
            rejects [ ">f4" ] (file 1uy (describe ">f4" "2, 2") (Array.zeroCreate 16))
            rejects [ "|O8" ] (file 1uy (describe "|O8" "2, 2") (Array.zeroCreate 32))
            rejects [ "header" ] (file 1uy (describe "<f4" "2, -2") (Array.zeroCreate 16))
            rejects [ "header" ] (file 1uy (describe "<f4" "2, 2), 'x': __import__('os'") (Array.zeroCreate 16))
            rejects [ "2147483647" ] (file 1uy (describe "<f4" "9999999999, 9999999999") [||])
            // Sizes whose product, and number of bytes, overflow to nothing.
            rejects [ "2147483647" ] (file 1uy (describe "<f4" "4294967296, 4294967296") [||])
            rejects [ "2147483647" ] (file 1uy (describe "|i1" "0, 2147483647, 2147483647, 2147483647") [||])
            rejects [ "4000000000" ] (file 1uy (describe "<f4" "1000000000,") [||])
            let sizes = String.Join(", ", Array.create 65 1)
            rejects [ "64" ] (file 1uy (describe "|i1" sizes) [| 0uy |])
            rejects [ "header" ] (file 1uy (String('1', 60000)) [||]))

        testCase "booleans other than 0 and 1 are true" (fun () ->
            let t = load (file 1uy (describe "|b1" "3,") [| 0uy; 1uy; 200uy |])
            Expect.equal t (dsharp.tensor [ false; true; true ]) "values"
            Expect.equal (t.sum ()) (dsharp.tensor (2L)) "their sum")
    ]
