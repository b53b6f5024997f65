/// Creation, printing, comparison and errors of tensors: the parts of the API that are not calculus.
module DiffSharp.Tests.TensorTests

open System
open DiffSharp
open DiffSharp.Compose
open DiffSharp.Tests.Tensors
open Expecto

let private creation =
    testList "creation" [
        testCase "element types come from the values" (fun () ->
            let types = [
                dsharp.tensor [ 1.0f ], Dtype.Float32
                dsharp.tensor [ 1.0 ], Dtype.Float32
                dsharp.tensor [ 1 ], Dtype.Int32
                dsharp.tensor [ 1L ], Dtype.Int64
                dsharp.tensor [ 1s ], Dtype.Int16
                dsharp.tensor [ 1uy ], Dtype.Byte
                dsharp.tensor [ 1y ], Dtype.Int8
                dsharp.tensor [ true ], Dtype.Bool
                dsharp.tensor 2.5, Dtype.Float32
            ]

            for t, expected in types do
                Expect.equal t.dtype expected $"{t}"

            Expect.equal (dsharp.tensor ([ 1; 2 ], dtype = Dtype.Float64)).dtype Dtype.Float64 "given")

        testCase "nested lists, arrays, sequences and tuples give the same tensor" (fun () ->
            let expected = dsharp.tensor [ [ 1; 2; 3 ]; [ 4; 5; 6 ] ]
            Expect.equal (shapeOf expected) [ 2; 3 ] "shape"

            let others: obj list = [
                [| [| 1; 2; 3 |]; [| 4; 5; 6 |] |]
                array2D [ [ 1; 2; 3 ]; [ 4; 5; 6 ] ]
                seq { for i in 0..1 -> seq { for j in 1..3 -> 3 * i + j } }
                [ [ (1, 2, 3) ]; [ (4, 5, 6) ] ]
                [| [ 1; 2; 3 ]; [ 4; 5; 6 ] |]
            ]

            for other in others do
                Expect.equal (dsharp.tensor other) expected (other.GetType().Name))

        testCase "scalar tensors combine, and stay differentiable" (fun () ->
            let f (x: Tensor) = dsharp.tensor [ [ x * 2.0; x * x ]; [ x; dsharp.one () ] ]

            Expect.equal
                (dsharp.diff f (dsharp.tensor 3.0))
                (dsharp.tensor [ [ 2.0; 6.0 ]; [ 1.0; 0.0 ] ])
                "derivative")

        testCase "ragged and mixed values are refused" (fun () ->
            refusesAs<ArgumentException> [ "[2]"; "[1]" ] (fun () -> dsharp.tensor [ [ 1; 2 ]; [ 3 ] ])
            refusesAs<Exception> [ "String" ] (fun () -> dsharp.tensor [ "a" ])
            refusesAs<Exception> [ "stack" ] (fun () -> dsharp.tensor [ dsharp.zeros 2; dsharp.zeros 2 ]))

        testCase "ranges and patterns" (fun () ->
            Expect.equal (dsharp.arange 3.0) (dsharp.tensor [ 0.0; 1.0; 2.0 ]) "arange"
            Expect.equal (dsharp.arange (5, startVal = 1, step = 2)) (dsharp.tensor [ 1; 3 ]) "integers"
            Expect.equal (dsharp.linspace (0.0, 1.0, 3)) (dsharp.tensor [ 0.0; 0.5; 1.0 ]) "linspace"
            Expect.equal (dsharp.logspace (0.0, 2.0, 3)) (dsharp.tensor [ 1.0; 10.0; 100.0 ]) "logspace"
            Expect.equal (dsharp.onehot (3, 1)) (dsharp.tensor [ 0.0; 1.0; 0.0 ]) "onehot"
            Expect.equal (dsharp.eye 2) (dsharp.tensor [ [ 1; 0 ]; [ 0; 1 ] ]) "eye"
            Expect.equal (dsharp.full ([ 2 ], 1.5)) (dsharp.tensor [ 1.5; 1.5 ]) "full"
            Expect.equal (dsharp.zerosLike (dsharp.eye 2, shape = [ 1 ])) (dsharp.tensor [ 0 ]) "zerosLike"
            Expect.equal (dsharp.init 3 (fun i -> i * i)) (dsharp.tensor [ 0; 1; 4 ]) "init")

        testCase "arrays leave as they came" (fun () ->
            let values = Array2D.init 2 3 (fun i j -> float32 (i * 3 + j))
            let t = dsharp.tensor values
            Expect.equal (t.toArray () :?> float32[,]) values "toArray"
            Expect.equal (t.toArray2D<float>()).[1, 2] 5.0 "of another type"
            Expect.equal (float t.[1, 1]) 4.0 "an element"
            Expect.equal (int (dsharp.tensor 3)) 3 "a scalar")

        // The generators are the process's: nothing else may draw beside this.
        testSequenced
        <| testCase "random draws follow the seed and their distribution" (fun () ->
            let draws () =
                dsharp.seed 7
                [ dsharp.rand [ 1000 ]; dsharp.randn [ 1000 ]; dsharp.bernoulli (dsharp.full ([ 1000 ], 0.3)) ]

            let first = draws ()
            Expect.equal (draws ()) first "again"
            let mean (t: Tensor) = float (t.mean ())
            // Five standard errors of 1000 draws: 0.046, 0.16 and 0.072.
            Expect.isLessThan (abs (mean first.[0] - 0.5)) 0.046 "uniform"
            Expect.isLessThan (abs (mean first.[1])) 0.16 "normal"
            Expect.isLessThan (abs (mean first.[2] - 0.3)) 0.072 "Bernoulli"
            let picked = dsharp.multinomial (dsharp.tensor [ 0.0; 1.0; 0.0 ], 20)
            Expect.equal picked (dsharp.tensor (Array.create 20 1)) "a sure outcome")
    ]

let private elements =
    testList "elements" [
        testCase "types widen in arithmetic" (fun () ->
            let i, f = dsharp.tensor [ 1; 2 ], dsharp.tensor [ 0.5; 0.5 ]
            Expect.equal (i + f) (dsharp.tensor [ 1.5; 2.5 ]) "integer and real"
            Expect.equal (i + 1) (dsharp.tensor [ 2; 3 ]) "integer and integer"
            Expect.equal (i + 0.5) (dsharp.tensor [ 1.5; 2.5 ]) "integer and real scalar"
            Expect.equal (i / i) (dsharp.tensor [ 1.0; 1.0 ]) "quotient"
            Expect.equal (i.sum ()).dtype Dtype.Int64 "sum"
            Expect.equal (f + dsharp.tensor ([ 1.0; 1.0 ], dtype = Dtype.Float64)).dtype Dtype.Float64 "precision")

        testCase "booleans beside numbers become what libtorch makes of them" (fun () ->
            let b = dsharp.tensor [ true; false ]

            let expected: (Tensor * Tensor) list = [
                b + 1, dsharp.tensor [ 2L; 1L ]
                3 * b, dsharp.tensor [ 3L; 0L ]
                1 - b, dsharp.tensor [ 0L; 1L ]
                b - 1uy, dsharp.tensor [ 0L; -1L ]
                b * 1.5, dsharp.tensor [ 1.5; 0.0 ]
                b + 0.5f, dsharp.tensor [ 1.5; 0.5 ]
                b / 2, dsharp.tensor [ 0.5; 0.0 ]
                b + true, dsharp.tensor [ true; true ]
                b * true, b
                b + dsharp.tensor [ 1uy; 1uy ], dsharp.tensor [ 2uy; 1uy ]
                b * dsharp.tensor [ 2.0; 2.0 ], dsharp.tensor [ 2.0; 0.0 ]
            ]

            for i, (found, expected) in List.indexed expected do
                Expect.equal found.dtype expected.dtype $"type of row {i}"
                Expect.equal found expected $"row {i}"

            for difference in [ (fun () -> b - true); (fun () -> true - b); (fun () -> b - b) ] do
                refusesAs<InvalidOperationException> [ "-"; "Bool" ] difference)

        testCase "types that do not meet are refused" (fun () ->
            refusesAs<InvalidOperationException> [ "Int8"; "Byte" ] (fun () ->
                dsharp.tensor [ 1y ] + dsharp.tensor [ 1uy ])

            refusesAs<InvalidOperationException> [ "sin"; "Int32" ] (fun () -> dsharp.sin (dsharp.tensor [ 1 ]))

            Expect.throwsT<InvalidOperationException>
                (fun () -> dsharp.tensor [ 1 ] = dsharp.tensor [ 1.0 ] |> ignore)
                "equality")

        testCase "integers multiply as matrices and convolve" (fun () ->
            let a = dsharp.tensor [ [ 1; 2 ]; [ 3; 4 ] ]
            Expect.equal (a.matmul a) (dsharp.tensor [ [ 7; 10 ]; [ 15; 22 ] ]) "matmul"
            let x = dsharp.tensor [ [ [ 1; 2; 3 ] ] ]
            Expect.equal (x.conv1d (dsharp.tensor [ [ [ 1; 1 ] ] ])) (dsharp.tensor [ [ [ 3; 5 ] ] ]) "conv1d")

        testCase "equal tensors are equal and hash alike, others are not" (fun () ->
            let all = [
                dsharp.tensor 1.0
                dsharp.tensor [ 1.0 ]
                dsharp.tensor [ 2.0 ]
                dsharp.tensor [ 1.0; 1.0 ]
                dsharp.tensor [ [ 1.0; 1.0 ] ]
            ]

            for i, a in List.indexed all do
                for j, b in List.indexed all do
                    Expect.equal (a = b) (i = j) $"{a} = {b}"
                    Expect.equal (hash a = hash b) (i = j) $"hashes of {a} and {b}"

            Expect.equal (hash (dsharp.tensor [ 1.0 ])) (hash all.[1]) "made again"
            Expect.isTrue (dsharp.tensor 1.0 < dsharp.tensor 2.0) "order of scalars"
            Expect.throws (fun () -> all.[1] < all.[2] |> ignore) "no order of others")

        testCase "tensors print as nested lists" (fun () ->
            Expect.equal (string (dsharp.tensor [ 1.0; 2.5; -3.0 ])) "tensor([ 1.0000,  2.5000, -3.0000])" "reals"
            Expect.equal (string (dsharp.tensor [ 1.0; 2.0 ])) "tensor([1., 2.])" "whole reals"

            Expect.equal
                (string (dsharp.tensor [ [ 1; 20 ]; [ 3; 4 ] ]))
                "tensor([[ 1, 20],\n        [ 3,  4]],dtype=Int32)"
                "integers"

            Expect.equal (string (dsharp.tensor true)) "tensor( true,dtype=Bool)" "a boolean"
            Expect.equal (string (dsharp.zeros 0)) "tensor([])" "none"
            Expect.stringContains (string (dsharp.zeros 200)) "0., 0., 0., ..., 0., 0., 0." "many"
            Expect.stringEnds (string ((dsharp.tensor 1.0).reverseDiff())) ":rev" "in reverse mode")

        testCase "summaries name the mode, and ancestors the variables" (fun () ->
            let x = (dsharp.tensor [ 1.0; 2.0 ]).reverseDiff(nestingTag = 1u)
            let y = (dsharp.tensor [ 3.0; 4.0 ]).forwardDiff(dsharp.tensor [ 1.0; 0.0 ], nestingTag = 2u)
            let z = (x * y).sum()
            Expect.equal ((dsharp.zeros 3).summary()) "Tensor [|3|]" "a constant"
            Expect.equal ((x * 2).summary()) "TensorR [|2|]" "reverse mode"
            let behind, text = z.ancestors ()
            Expect.equal text "TensorF [||]\n TensorF [|2|]\n  TensorR [|2|]" "text"

            Expect.equal
                (behind |> List.map (fun t -> t.primalDeep))
                [ z.primalDeep; y.primalDeep; x.primalDeep ]
                "tensors")

        testCase "values, arithmetic and elementary functions are members, for reflection and C#" (fun () ->
            let names = [ for m in typeof<Tensor>.GetMembers() -> m.Name ] |> set

            for name in
                [ "shape"; "dtype"; "toArray2D"; "toDouble"; "isReverseDiff"; "add"; "mul"; "exp"; "relu"; "cast" ] do
                Expect.contains names name "member")

        testCase "images become text" (fun () ->
            let text = (dsharp.tensor [ [ 0.0; 1.0 ]; [ 1.0; 0.0 ] ]).toImageString(asciiPalette = ".#")
            Expect.equal (text.Replace("\r", "")) ".#\n#.\n" "text"
            Expect.equal (shapeOf ((dsharp.zeros [ 5; 1; 4; 3 ]).toImage(gridCols = 2))) [ 3; 12; 6 ] "grid")
    ]

let private parts =
    testList "parts" [
        testCase "slices select what arrays of the same slice do" (fun () ->
            let values = Array2D.init 4 5 (fun i j -> 10 * i + j)
            let t = dsharp.tensor values
            Expect.equal t.[1..2, 2..] (dsharp.tensor values.[1..2, 2..]) "ranges"
            Expect.equal t.[*, 3] (dsharp.tensor values.[*, 3]) "a column"
            Expect.equal t.[2, *] (dsharp.tensor values.[2, *]) "a row"
            Expect.equal t.[..1] (dsharp.tensor values.[..1, *]) "rows"
            Expect.equal t.[-1, -2] (dsharp.tensor 33) "from the end"
            Expect.equal (shapeOf t.[1..1, 1..2]) [ 2 ] "a range of one index is one"
            let six = dsharp.zeros [ 2; 3; 2; 3; 2; 3 ]
            Expect.equal (shapeOf six.[0, 1.., 1, *, 0..1, 2]) [ 2; 3; 2 ] "six dimensions")

        testProperty
            "a slice then cat of the parts is the tensor"
            (fun (FsCheck.PositiveInt n) (FsCheck.NonNegativeInt k) ->
                let t = dsharp.arange (float (n + 2))
                let k = k % (n + 1) + 1
                dsharp.cat [ t.[.. k - 1]; t.[k..] ] = t)

        testProperty "flatten and unflatten are inverse" (fun (FsCheck.PositiveInt a) (FsCheck.PositiveInt b) ->
            let a, b = a % 5 + 1, b % 5 + 1
            let t = dsharp.rand [ a; b; 2 ]
            (t.flatten (0, 1)).unflatten(0, [ a; b ]) = t)

        testCase "places of extremes" (fun () ->
            let t = dsharp.tensor [ [ 1.0; 5.0; 2.0 ]; [ 7.0; 0.0; 7.0 ] ]
            Expect.equal (t.argmax ()) [| 1; 0 |] "largest, the first of equals"
            Expect.equal (t.argmin ()) [| 1; 1 |] "smallest"
            Expect.equal (t.argmax 1) (dsharp.tensor [ 1; 0 ]) "of rows"
            Expect.equal (t.argmin (0, keepDim = true)) (dsharp.tensor [ [ 0; 1; 0 ] ]) "of columns")

        testCase "comparisons" (fun () ->
            let a, b = dsharp.tensor [ 1.0; 2.0; 3.0 ], dsharp.tensor [ 2.0; 2.0; 2.0 ]
            Expect.equal (a.lt b) (dsharp.tensor [ true; false; false ]) "lt"
            Expect.equal (a.le b) (dsharp.tensor [ true; true; false ]) "le"
            Expect.equal (a.gt b) (dsharp.tensor [ false; false; true ]) "gt"
            Expect.equal (a.ge b) (dsharp.tensor [ false; true; true ]) "ge"
            Expect.equal (a.eq b) (dsharp.tensor [ false; true; false ]) "eq"
            Expect.equal (a.ne b) (dsharp.tensor [ true; false; true ]) "ne"
            Expect.isTrue ((a / 0.0).hasinf() && not (a.hasinf ())) "infinities"
            Expect.isTrue ((0.0 * (a / 0.0)).hasnan() && not (a.hasinfnan ())) "not numbers")

        testCase "functions compose with the tensor last" (fun () ->
            let f = dsharp.sub (dsharp.tensor 1.0) >> dsharp.relu >> dsharp.sum 0
            Expect.equal (dsharp.tensor [ 0.0; 3.0; 2.0 ] |> f) (dsharp.tensor 3.0) "composed"
            let t = dsharp.tensor [ 0.0; 3.0 ] --> dsharp.exp --> dsharp.log
            Expect.isTrue (t.allclose (dsharp.tensor [ 0.0; 3.0 ], 1e-5, 1e-6)) "chained")

        testCase "unsuitable shapes are refused with what was expected and found" (fun () ->
            let a, b = dsharp.zeros [ 2; 3 ], dsharp.zeros [ 4 ]
            let refused words f = refusesAs<Exception> words f
            refused [ "+"; "[2; 3]"; "[4]" ] (fun () -> a + b)
            refused [ "matmul"; "[2; 3]"; "[4]" ] (fun () -> a.matmul b)
            refused [ "[2; 3]"; "[4; 2]" ] (fun () -> a.view [ 4; 2 ])
            refused [ "[2; 3]"; "[3; 3]" ] (fun () -> a.expand [ 3; 3 ])
            refused [ "[2; 3]"; "5" ] (fun () -> a.[5])
            refused [ "square"; "[2; 3]" ] (fun () -> a.inv ())
            refused [ "conv2d"; "[2; 3]" ] (fun () -> a.conv2d b)
            refused [ "-2 to 1"; "2" ] (fun () -> a.sum 2))

        testCase "tensors that do not join or split are refused as arguments" (fun () ->
            let a, b = dsharp.zeros [ 2; 3 ], dsharp.zeros [ 4 ]
            let refused words f = refusesAs<ArgumentException> words f
            refused [ "stack"; "[2; 3]"; "[4]" ] (fun () -> dsharp.stack [ a; b ])
            refused [ "cat"; "[2; 3]"; "[4]" ] (fun () -> dsharp.cat [ a; b ])
            refused [ "cat"; "[2; 3]"; "[3; 2]" ] (fun () -> dsharp.cat [ a; a.transpose () ])
            refused [ "at least one" ] (fun () -> dsharp.cat [])
            refused [ "-3 to 2"; "3" ] (fun () -> dsharp.stack ([ a; a ], 3))
            refused [ "-2 to 1"; "2" ] (fun () -> dsharp.cat ([ a; a ], 2))
            refused [ "[2; 3]"; "[2; 2]" ] (fun () -> (a.split ([ 2; 2 ], 1)).[0])
            refused [ "-2 to 1"; "2" ] (fun () -> (a.split ([ 3 ], 2)).[0])
            Expect.equal (shapeOf (dsharp.cat ([ a; dsharp.zeros [ 2; 1 ] ], -1))) [ 2; 4 ] "others join")

        // TorchSharp lets what the engine raises in a product of matrices end the process: shapes are looked at before.
        testCase "matrices that do not multiply are refused" (fun () ->
            let shapes = [
                []
                [ 3 ]
                [ 2 ]
                [ 2; 3 ]
                [ 3; 2 ]
                [ 4; 2; 3 ]
                [ 5; 3; 2 ]
                [ 1; 3; 2 ]
                [ 2; 1; 3; 4 ]
            ]

            let product (a: int list) (b: int list) =
                try
                    Some(shapeOf ((dsharp.zeros a).matmul(dsharp.zeros b)))
                with error ->
                    Expect.stringContains error.Message "matmul" $"{a} and {b}"
                    None

            Expect.equal (product [ 2; 3 ] [ 3; 2 ]) (Some [ 2; 2 ]) "matrices"
            Expect.equal (product [ 4; 2; 3 ] [ 1; 3; 2 ]) (Some [ 4; 2; 2 ]) "broadcasting"
            Expect.equal (product [ 3 ] [ 5; 3; 2 ]) (Some [ 5; 2 ]) "a row"
            Expect.equal (product [ 4; 2; 3 ] [ 3 ]) (Some [ 4; 2 ]) "a column"
            Expect.equal (product [ 4; 2; 3 ] [ 2; 1; 3; 4 ]) (Some [ 2; 4; 2; 4 ]) "of more dimensions"
            Expect.equal (product [ 4; 2; 3 ] [ 5; 3; 2 ]) None "batches of two sizes"

            for a, b in List.allPairs shapes shapes do
                match product a b with
                | Some _ ->
                    Expect.equal (List.last a) (if b.Length = 1 then b.[0] else b.[b.Length - 2]) $"{a} and {b}"
                | None -> ())
    ]

[<Tests>]
let tests = testList "behaviour" [ creation; elements; parts ]
