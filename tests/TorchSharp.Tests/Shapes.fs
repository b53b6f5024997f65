/// Creation, conversion, reductions, shapes and indexing.
module TorchSharp.Tests.Shapes

open System
open Expecto
open TorchSharp
open TorchSharp.Tests.Common

/// [[1 2 3] [4 5 6]]
let private matrix () = tensor [ 2L; 3L ] [ 1.0; 2.0; 3.0; 4.0; 5.0; 6.0 ]

let private span (values: int64 list) = List.toArray values

[<Tests>]
let creation =
    testList "creation" [
        for name, dtype, make in
            [
                "float", torch.ScalarType.Float32, (fun () -> torch.tensor [| 1.0f; 2.0f |])
                "double", torch.ScalarType.Float64, (fun () -> torch.tensor [| 1.0; 2.0 |])
                "int", torch.ScalarType.Int32, (fun () -> torch.tensor [| 1; 2 |])
                "long", torch.ScalarType.Int64, (fun () -> torch.tensor [| 1L; 2L |])
                "short", torch.ScalarType.Int16, (fun () -> torch.tensor [| 1s; 2s |])
                "sbyte", torch.ScalarType.Int8, (fun () -> torch.tensor [| 1y; 2y |])
                "byte", torch.ScalarType.Byte, (fun () -> torch.tensor [| 1uy; 2uy |])
            ] do
            testCase $"an array of {name} keeps its type and values" (fun () ->
                let t = make ()
                Expect.equal t.dtype dtype "element type"
                close (values t) [ 1.0; 2.0 ] "values")

        testCase "an array of truth values keeps its type" (fun () ->
            let t = torch.tensor [| true; false |]
            Expect.equal (t.data<bool>().ToArray()) [| true; false |] "values")

        testCase "a tensor does not share memory with its array" (fun () ->
            let array = [| 1.0; 2.0 |]
            let t = torch.tensor array
            array[0] <- 9.0
            close (values t) [ 1.0; 2.0 ] "values")

        testCase "an array of two dimensions keeps its shape" (fun () ->
            let t = torch.tensor (array2D [ [ 1.0; 2.0; 3.0 ]; [ 4.0; 5.0; 6.0 ] ])
            hasShape t [ 2L; 3L ] "tensor"
            close (values t) [ 1.0; 2.0; 3.0; 4.0; 5.0; 6.0 ] "tensor")

        testCase "from_array takes any rank" (fun () ->
            let t = torch.from_array (Array3D.init 2 3 4 (fun i j k -> float32 (100 * i + 10 * j + k)))
            hasShape t [ 2L; 3L; 4L ] "from_array"
            Expect.equal (t[1L, 2L, 3L].item<float32>()) 123.0f "last element")

        testCase "an array that is too short is refused with both sizes" (fun () ->
            let error =
                try
                    tensor [ 2L; 3L ] [ 1.0 ] |> ignore
                    ""
                with :? ArgumentException as e ->
                    e.Message

            Expect.stringContains error "6 vs. 1" "message")

        testCase "factories fill, count and space" (fun () ->
            close (values (torch.zeros (2L, 2L))) [ 0.0; 0.0; 0.0; 0.0 ] "zeros"
            close (values (torch.ones [| 2L |])) [ 1.0; 1.0 ] "ones"
            close (values (torch.full (2L, 2.5))) [ 2.5; 2.5 ] "full"
            close (values (torch.eye 2L)) [ 1.0; 0.0; 0.0; 1.0 ] "eye"
            close (values (torch.arange (1, 7, 2))) [ 1.0; 3.0; 5.0 ] "arange"
            close (values (torch.linspace (0.0, 1.0, 5L))) [ 0.0; 0.25; 0.5; 0.75; 1.0 ] "linspace"
            hasShape (torch.empty (3L, 4L)) [ 3L; 4L ] "empty"
            Expect.equal (torch.arange 3).dtype torch.ScalarType.Int64 "integers count in integers"
            Expect.equal (torch.zeros 3L).dtype torch.ScalarType.Float32 "the default element type")

        testCase "likes keep shape and type" (fun () ->
            let x = matrix ()

            for name, t, value in
                [
                    "zeros_like", torch.zeros_like x, 0.0
                    "ones_like", x.ones_like (), 1.0
                    "full_like", x.full_like 3.0, 3.0
                ] do
                hasShape t [ 2L; 3L ] name
                Expect.equal t.dtype torch.ScalarType.Float64 name
                close (values t) (List.replicate 6 value) name)

        testCase "conversion rounds towards zero and keeps shape" (fun () ->
            let t = (tensor [ 1L; 3L ] [ 1.7; -1.7; 300.0 ]).``to`` torch.ScalarType.Int32
            hasShape t [ 1L; 3L ] "to"
            Expect.equal (t.data<int>().ToArray()) [| 1; -1; 300 |] "to")

        testCase "reading as another type is refused" (fun () ->
            Expect.throwsT<ArgumentException> (fun () -> (matrix ()).data<float32>() |> ignore) "float32 of float64"

            Expect.throwsT<ArgumentException>
                (fun () -> (matrix ()).item<float>() |> ignore)
                "six elements are not one")

        testCase "numbers come out of single elements" (fun () ->
            Expect.equal ((torch.tensor 2.5).ToDouble()) 2.5 "ToDouble"
            Expect.equal ((torch.tensor 7L).ToInt64()) 7L "ToInt64"
            Expect.equal ((torch.tensor 2.5f).item<float32>()) 2.5f "item"
            Expect.isTrue ((torch.tensor true).ToBoolean()) "ToBoolean")

        testCase "elements of a view come out in the view's order" (fun () ->
            let view = (matrix ()).t()
            Expect.isFalse (view.is_contiguous ()) "a transpose is strided"
            close (view.data<float>().ToArray()) [ 1.0; 4.0; 2.0; 5.0; 3.0; 6.0 ] "ToArray"
            close (Seq.toArray (view.data<float>())) [ 1.0; 4.0; 2.0; 5.0; 3.0; 6.0 ] "enumeration"
            Expect.equal ((view.data<float>())[2L, 1L]) 6.0 "by index"
            let target = Array.zeroCreate 4
            view.data<float>().CopyTo(target, 1, 2L)
            close target [ 0.0; 2.0; 5.0; 3.0 ] "CopyTo with offsets")

        testCase "writing through an accessor of a view reaches the tensor" (fun () ->
            let x = matrix ()
            x.t().data<float>().CopyFrom([| 9.0; 8.0 |], 0, 1L)
            close (values x) [ 1.0; 8.0; 3.0; 9.0; 5.0; 6.0 ] "CopyFrom")

        testCase "a tensor describes itself" (fun () ->
            Expect.equal (string (matrix ())) "[2x3], type = Float64, device = cpu" "ToString")
    ]

[<Tests>]
let reductions =
    let rows () = tensor [ 2L; 3L ] [ 3.0; 1.0; 2.0; 6.0; 5.0; 4.0 ]

    testList "reductions" [
        for name, (actual: Tensor), shape, expected in
            [
                "sum", (rows ()).sum(), [], [ 21.0 ]
                "sum over a dimension", (rows ()).sum(1L), [ 2L ], [ 6.0; 15.0 ]
                "sum over dimensions, kept", (rows ()).sum([| 0L; 1L |], keepdim = true), [ 1L; 1L ], [ 21.0 ]
                "mean", (rows ()).mean(), [], [ 3.5 ]
                "mean over a dimension", (rows ()).mean [| 0L |], [ 3L ], [ 4.5; 3.0; 3.0 ]
                "prod", (rows ()).prod(), [], [ 720.0 ]
                "prod over a dimension", (rows ()).prod(1L), [ 2L ], [ 6.0; 120.0 ]
                "var", (rows ()).var(), [], [ 3.5 ]
                "var, biased", (rows ()).var(false), [], [ 17.5 / 6.0 ]
                "var over a dimension", (rows ()).var(1L), [ 2L ], [ 1.0; 1.0 ]
                "std over a dimension, biased", (rows ()).std(1L, false), [ 2L ], [ sqrt (2.0 / 3.0); sqrt (2.0 / 3.0) ]
                "max", (rows ()).max(), [], [ 6.0 ]
                "min", (rows ()).min(), [], [ 1.0 ]
                "amax", (rows ()).amax([| 1L |], true), [ 2L; 1L ], [ 3.0; 6.0 ]
                "amin", (rows ()).amin [| 0L |], [ 3L ], [ 3.0; 1.0; 2.0 ]
                "argmax", (rows ()).argmax(), [], [ 3.0 ]
                "argmax over a dimension", (rows ()).argmax(1L), [ 2L ], [ 0.0; 0.0 ]
                "argmin over a dimension", (rows ()).argmin(1L), [ 2L ], [ 1.0; 2.0 ]
                "cumsum", (rows ()).cumsum(1L), [ 2L; 3L ], [ 3.0; 4.0; 6.0; 6.0; 11.0; 15.0 ]
                "cumprod", (rows ()).cumprod(0L), [ 2L; 3L ], [ 3.0; 1.0; 2.0; 18.0; 5.0; 8.0 ]
                "norm", (rows ()).norm(), [], [ sqrt 91.0 ]
                "norm over a dimension", (rows ()).norm(1, false, 1.0f), [ 2L ], [ 6.0; 15.0 ]
                "logsumexp",
                (rows ()).logsumexp(1L),
                [ 2L ],
                [ log (exp 3.0 + exp 1.0 + exp 2.0); log (exp 6.0 + exp 5.0 + exp 4.0) ]
                "any", (rows ()).gt(number 5.5).any(), [], [ 1.0 ]
                "all over a dimension", (rows ()).gt(number 3.5).all(1L), [ 2L ], [ 0.0; 1.0 ]
                "median", (rows ()).median(), [], [ 3.0 ]
                "argsort", (rows ()).argsort(1L), [ 2L; 3L ], [ 1.0; 2.0; 0.0; 2.0; 1.0; 0.0 ]
            ] do
            testCase name (fun () ->
                hasShape actual shape name
                close (values actual) expected name)

        testCase "max over a dimension gives values and places" (fun () ->
            let struct (greatest, places) = (rows ()).max 1L
            close (values greatest) [ 3.0; 6.0 ] "values"
            Expect.equal (places.data<int64>().ToArray()) [| 0L; 0L |] "places")

        testCase "topk and sort order descending" (fun () ->
            let struct (greatest, places) = (rows ()).topk 2
            close (values greatest) [ 3.0; 2.0; 6.0; 5.0 ] "topk"
            Expect.equal (places.data<int64>().ToArray()) [| 0L; 2L; 0L; 1L |] "topk places"
            let struct (sorted, _) = (rows ()).sort(1L, true)
            close (values sorted) [ 3.0; 2.0; 1.0; 6.0; 5.0; 4.0 ] "sort")
    ]

[<Tests>]
let shapes =
    let x = matrix

    testList "shapes" [
        for name, (actual: Tensor), shape, expected in
            [
                "view", (x ()).view(3L, 2L), [ 3L; 2L ], [ 1.0; 2.0; 3.0; 4.0; 5.0; 6.0 ]
                "reshape with -1", (x ()).reshape(-1L, 2L), [ 3L; 2L ], [ 1.0; 2.0; 3.0; 4.0; 5.0; 6.0 ]
                "flatten", (x ()).flatten(), [ 6L ], [ 1.0; 2.0; 3.0; 4.0; 5.0; 6.0 ]
                "unflatten", (x ()).unflatten(1L, 3L, 1L), [ 2L; 3L; 1L ], [ 1.0; 2.0; 3.0; 4.0; 5.0; 6.0 ]
                "permute", (x ()).permute(1L, 0L), [ 3L; 2L ], [ 1.0; 4.0; 2.0; 5.0; 3.0; 6.0 ]
                "transpose", (x ()).transpose(0L, 1L), [ 3L; 2L ], [ 1.0; 4.0; 2.0; 5.0; 3.0; 6.0 ]
                "T", (x ()).T, [ 3L; 2L ], [ 1.0; 4.0; 2.0; 5.0; 3.0; 6.0 ]
                "unsqueeze", (x ()).unsqueeze 1L, [ 2L; 1L; 3L ], [ 1.0; 2.0; 3.0; 4.0; 5.0; 6.0 ]
                "squeeze", (x ()).reshape(1L, 6L, 1L).squeeze(), [ 6L ], [ 1.0; 2.0; 3.0; 4.0; 5.0; 6.0 ]
                "expand", (vector [ 1.0; 2.0 ]).unsqueeze(1L).expand(2L, 2L), [ 2L; 2L ], [ 1.0; 1.0; 2.0; 2.0 ]
                "repeat", (vector [ 1.0; 2.0 ]).repeat(2L), [ 4L ], [ 1.0; 2.0; 1.0; 2.0 ]
                "repeat_interleave", (vector [ 1.0; 2.0 ]).repeat_interleave(2L), [ 4L ], [ 1.0; 1.0; 2.0; 2.0 ]
                "flip", (x ()).flip(1L), [ 2L; 3L ], [ 3.0; 2.0; 1.0; 6.0; 5.0; 4.0 ]
                "roll", (x ()).roll(1L, Nullable 1L), [ 2L; 3L ], [ 3.0; 1.0; 2.0; 6.0; 4.0; 5.0 ]
                "tril", (x ()).tril(), [ 2L; 3L ], [ 1.0; 0.0; 0.0; 4.0; 5.0; 0.0 ]
                "triu", (x ()).triu(1L), [ 2L; 3L ], [ 0.0; 2.0; 3.0; 0.0; 0.0; 6.0 ]
                "diag of a vector", (vector [ 1.0; 2.0 ]).diag(), [ 2L; 2L ], [ 1.0; 0.0; 0.0; 2.0 ]
                "diagonal", (x ()).diagonal(1L), [ 2L ], [ 2.0; 6.0 ]
                "trace",
                (let y = x () in y[torch.TensorIndex.Colon, torch.TensorIndex.Slice(0L, 2L)]).trace(),
                [],
                [ 6.0 ]
                "narrow", (x ()).narrow(1L, 1L, 2L), [ 2L; 2L ], [ 2.0; 3.0; 5.0; 6.0 ]
                "slice with a step", (x ()).slice(1L, 0L, 3L, 2L), [ 2L; 2L ], [ 1.0; 3.0; 4.0; 6.0 ]
                "select", (x ()).select(0L, 1L), [ 3L ], [ 4.0; 5.0; 6.0 ]
                "cat",
                torch.cat ([| x (); x () |], 1L),
                [ 2L; 6L ],
                [ 1.0; 2.0; 3.0; 1.0; 2.0; 3.0; 4.0; 5.0; 6.0; 4.0; 5.0; 6.0 ]
                "stack",
                torch.stack ([ vector [ 1.0; 2.0 ]; vector [ 3.0; 4.0 ] ], 1L),
                [ 2L; 2L ],
                [ 1.0; 3.0; 2.0; 4.0 ]
                "gather",
                (x ()).gather(1L, torch.tensor (array2D [ [ 2L; 0L ]; [ 1L; 1L ] ])),
                [ 2L; 2L ],
                [ 3.0; 1.0; 5.0; 5.0 ]
                "index_select", (x ()).index_select(1L, torch.tensor [| 2L; 0L |]), [ 2L; 2L ], [ 3.0; 1.0; 6.0; 4.0 ]
                "masked_fill",
                (x ()).masked_fill((x ()).gt(number 4.0), -1.0),
                [ 2L; 3L ],
                [ 1.0; 2.0; 3.0; 4.0; -1.0; -1.0 ]
                "masked_select", (x ()).masked_select((x ()).gt(number 4.0)), [ 2L ], [ 5.0; 6.0 ]
                "scatter_add",
                (torch.zeros (3L, torch.ScalarType.Float64))
                    .scatter_add(0L, torch.tensor [| 0L; 2L; 0L |], vector [ 1.0; 2.0; 4.0 ]),
                [ 3L ],
                [ 5.0; 0.0; 2.0 ]
                "nonzero", (vector [ 0.0; 3.0; 4.0 ]).nonzero(), [ 2L; 1L ], [ 1.0; 2.0 ]
            ] do
            testCase name (fun () ->
                hasShape actual shape name
                close (values actual) expected name)

        testCase "split takes a size or sizes, chunk a number, unbind all" (fun () ->
            let y = vector [ 1.0 .. 5.0 ]
            let sizes (parts: Tensor[]) = parts |> Array.map (fun part -> part.shape[0]) |> List.ofArray
            Expect.equal (sizes (y.split (2L, 0))) [ 2L; 2L; 1L ] "split by size"
            Expect.equal (sizes (y.split (span [ 1L; 4L ], 0L))) [ 1L; 4L ] "split by sizes"
            Expect.equal (sizes (y.chunk 2L)) [ 3L; 2L ] "chunk"

            Expect.equal
                ((matrix ()).unbind 1L |> Array.map values |> List.ofArray)
                [ [| 1.0; 4.0 |]; [| 2.0; 5.0 |]; [| 3.0; 6.0 |] ]
                "unbind")

        testCase "subscripts select parts, and assign to them" (fun () ->
            let y = matrix ()
            let all, from, none = torch.TensorIndex.Colon, torch.TensorIndex.Slice(1L), torch.TensorIndex.None
            close (values y[1L, 2L]) [ 6.0 ] "two numbers"
            close (values y[1L]) [ 4.0; 5.0; 6.0 ] "one number"
            close (values y[all, from]) [ 2.0; 3.0; 5.0; 6.0 ] "slices"

            hasShape
                y[none, torch.TensorIndex.Ellipsis, torch.TensorIndex.Single -1L]
                [ 1L; 2L ]
                "ellipsis and new axis"

            close (values y[torch.TensorIndex.Tensor(y.gt (number 4.5))]) [ 5.0; 6.0 ] "a mask"
            y[0L] <- vector [ 7.0; 8.0; 9.0 ]
            close (values y) [ 7.0; 8.0; 9.0; 4.0; 5.0; 6.0 ] "assigned row"
            y.index_put_ (number 0.0, all, from) |> ignore
            close (values y) [ 7.0; 0.0; 0.0; 4.0; 0.0; 0.0 ] "assigned number")

        testCase "a view shares memory, a clone does not" (fun () ->
            let y = matrix ()
            let view, copy = y.view 6L, y.clone ()
            y.add_ (number 1.0) |> ignore
            close (values view) [ 2.0; 3.0; 4.0; 5.0; 6.0; 7.0 ] "view"
            close (values copy) [ 1.0; 2.0; 3.0; 4.0; 5.0; 6.0 ] "clone")
    ]
