/// Linear algebra and layers against sums written out.
module TorchSharp.Tests.Layers

open System
open Expecto
open TorchSharp
open TorchSharp.Tests.Common

/// Convolution by its definition: out[n, o, p] = bias[o] + Σ over c and k of x[n, c, p·s + k·d − pad] w[o, c, k].
let private convolution2d (x: Tensor) (w: Tensor) stride padding =
    let x, w' = x.data<float>(), w.data<float>()
    let sx = [| 2; 3; 5; 6 |]
    let sw = [| 4; 3; 3; 2 |]
    let out i = (sx[2 + i] + 2 * padding - sw[2 + i]) / stride + 1

    [
        for n in 0 .. sx[0] - 1 do
            for o in 0 .. sw[0] - 1 do
                for i in 0 .. out 0 - 1 do
                    for j in 0 .. out 1 - 1 do
                        Seq.sum (
                            seq {
                                for c in 0 .. sx[1] - 1 do
                                    for k in 0 .. sw[2] - 1 do
                                        for l in 0 .. sw[3] - 1 do
                                            let a, b = i * stride + k - padding, j * stride + l - padding

                                            if a >= 0 && a < sx[2] && b >= 0 && b < sx[3] then
                                                x[int64 n, int64 c, int64 a, int64 b]
                                                * w'[int64 o, int64 c, int64 k, int64 l]
                            }
                        )
    ]

let private numbers (shape: int64 list) = tensor shape (spread (int (List.fold (*) 1L shape)) -1.0 1.0)

/// Σ a·b, the inner product of two tensors of one shape.
let private inner (a: Tensor) (b: Tensor) = (a * b).sum().item<float>()

[<Tests>]
let tests =
    testList "layers" [
        testCase "conv2d equals its definition" (fun () ->
            let x, w = numbers [ 2L; 3L; 5L; 6L ], numbers [ 4L; 3L; 3L; 2L ]

            for stride, padding in [ 1, 0; 1, 1; 2, 1 ] do
                let result =
                    torch.nn.functional.conv2d (x, w, strides = [| int64 stride |], padding = [| int64 padding |])

                close (values result) (convolution2d x w stride padding) $"stride {stride}, padding {padding}")

        testCase "a bias is added to its channel" (fun () ->
            let x, w = numbers [ 1L; 1L; 4L ], numbers [ 2L; 1L; 2L ]
            let bias = vector [ 10.0; 20.0 ]
            let plain = torch.nn.functional.conv1d (x, w)
            let shifted = torch.nn.functional.conv1d (x, w, bias)
            close (values (shifted - plain)) [ 10.0; 10.0; 10.0; 20.0; 20.0; 20.0 ] "bias")

        for rank in 1..3 do
            testCase $"conv_transpose{rank}d is the adjoint of conv{rank}d" (fun () ->
                let space n = List.replicate rank n
                let x, w = numbers ([ 2L; 3L ] @ space 5L), numbers ([ 4L; 3L ] @ space 3L)

                let forward, adjoint =
                    match rank with
                    | 1 ->
                        (fun x -> torch.nn.functional.conv1d (x, w, stride = 2L, padding = 1L)),
                        (fun y -> torch.nn.functional.conv_transpose1d (y, w, stride = 2L, padding = 1L))
                    | 2 ->
                        (fun x -> torch.nn.functional.conv2d (x, w, strides = [| 2L; 2L |], padding = [| 1L; 1L |])),
                        (fun y ->
                            torch.nn.functional.conv_transpose2d (
                                y,
                                w,
                                strides = [| 2L; 2L |],
                                padding = [| 1L; 1L |]
                            ))
                    | _ ->
                        (fun x -> torch.nn.functional.conv3d (x, w, strides = [| 2L |], padding = [| 1L |])),
                        (fun y -> torch.nn.functional.conv_transpose3d (y, w, strides = [| 2L |], padding = [| 1L |]))

                let y = numbers (List.ofArray (forward x).shape)
                // ⟨conv x, y⟩ = ⟨x, convᵀ y⟩ for every x and y.
                Expect.floatClose rounding (inner (forward x) y) (inner x (adjoint y)) "inner products")

        testCase "pooling takes the greatest or the mean of each window" (fun () ->
            let x = tensor [ 1L; 1L; 2L; 4L ] [ 1.0; 5.0; 2.0; 0.0; 3.0; 4.0; 8.0; 6.0 ]
            close (values (torch.nn.functional.max_pool2d (x, [| 2L; 2L |]))) [ 5.0; 8.0 ] "max_pool2d"
            close (values (torch.nn.functional.avg_pool2d (x, 2L))) [ 3.25; 4.0 ] "avg_pool2d"
            close (values (torch.nn.functional.avg_pool1d (x.view (1L, 1L, 8L), 4L))) [ 2.0; 5.25 ] "avg_pool1d"
            close (values (torch.nn.functional.max_pool1d (x.view (1L, 1L, 8L), 4L))) [ 5.0; 8.0 ] "max_pool1d"
            let cube = x.view (1L, 1L, 2L, 2L, 2L)
            close (values (torch.nn.functional.max_pool3d (cube, [| 2L |]))) [ 8.0 ] "max_pool3d"
            close (values (torch.nn.functional.avg_pool3d (cube, [| 2L |]))) [ 29.0 / 8.0 ] "avg_pool3d")

        testCase "unpooling puts the greatest back in their places" (fun () ->
            let x = tensor [ 1L; 1L; 2L; 4L ] [ 1.0; 5.0; 2.0; 0.0; 3.0; 4.0; 8.0; 6.0 ]
            let struct (pooled, places) = torch.nn.functional.max_pool2d_with_indices (x, [| 2L; 2L |])
            let back = torch.nn.functional.max_unpool2d (pooled, places, [| 2L; 2L |])
            hasShape back [ 1L; 1L; 2L; 4L ] "max_unpool2d"
            close (values back) [ 0.0; 5.0; 0.0; 0.0; 0.0; 0.0; 8.0; 0.0 ] "max_unpool2d"
            let line = x.view (1L, 1L, 8L)
            let struct (pooled, places) = torch.nn.functional.max_pool1d_with_indices (line, 4L)
            let back = torch.nn.functional.max_unpool1d (pooled, places, 4L)
            close (values back) [ 0.0; 5.0; 0.0; 0.0; 0.0; 0.0; 8.0; 0.0 ] "max_unpool1d"
            let cube = x.view (1L, 1L, 2L, 2L, 2L)
            let struct (pooled, places) = torch.nn.functional.max_pool3d_with_indices (cube, [| 2L |])
            let back = torch.nn.functional.max_unpool3d (pooled, places, [| 2L |])
            close (values back) [ 0.0; 0.0; 0.0; 0.0; 0.0; 0.0; 8.0; 0.0 ] "max_unpool3d")

        testCase "group_norm gives each group mean 0 and variance 1" (fun () ->
            let x = numbers [ 2L; 4L; 3L; 3L ] * 5.0 + 2.0
            let y = torch.nn.functional.group_norm (x, 2L, eps = 0.0)
            let groups = y.view (2L, 2L, -1L)
            closeWith Accuracy.high (values (groups.mean [| 2L |])) [ 0.0; 0.0; 0.0; 0.0 ] "means"
            closeWith Accuracy.high (values (groups.var (2L, false))) [ 1.0; 1.0; 1.0; 1.0 ] "variances"
            let weight, bias = vector [ 1.0; 2.0; 3.0; 4.0 ], vector [ 0.0; 1.0; 2.0; 3.0 ]
            let z = torch.nn.functional.group_norm (x, 2L, weight, bias, 0.0)
            let expected = y * weight.view (1L, 4L, 1L, 1L) + bias.view (1L, 4L, 1L, 1L)
            close (values z) (values expected) "weight and bias")

        testCase "interpolate repeats the nearest" (fun () ->
            let x = tensor [ 1L; 1L; 1L; 2L ] [ 1.0; 2.0 ]
            let y = torch.nn.functional.interpolate (x, scale_factor = [| 2.0; 2.0 |])
            hasShape y [ 1L; 1L; 2L; 4L ] "interpolate"
            close (values y) [ 1.0; 1.0; 2.0; 2.0; 1.0; 1.0; 2.0; 2.0 ] "interpolate"
            let z = torch.nn.functional.interpolate (x, size = [| 1L; 4L |])
            close (values z) [ 1.0; 1.0; 2.0; 2.0 ] "interpolate to a size")

        testCase "softmax sums to one and log_softmax is its logarithm" (fun () ->
            let x = numbers [ 3L; 4L ]
            let p = torch.nn.functional.softmax (x, 1L)
            close (values (p.sum 1L)) [ 1.0; 1.0; 1.0 ] "softmax"
            close (values (torch.nn.functional.log_softmax (x, 1L))) (values (p.log ())) "log_softmax")

        testCase "linear is x Wᵀ + b" (fun () ->
            let x, w, b = numbers [ 3L; 4L ], numbers [ 2L; 4L ], vector [ 1.0; -1.0 ]
            close (values (torch.nn.functional.linear (x, w, b))) (values (x.matmul (w.t ()) + b)) "linear")

        testCase "pad surrounds with a constant or a mirror image" (fun () ->
            let x = tensor [ 1L; 1L; 3L ] [ 1.0; 2.0; 3.0 ]

            close
                (values (torch.nn.functional.pad (x, [| 1L; 2L |], value = 9.0)))
                [ 9.0; 1.0; 2.0; 3.0; 9.0; 9.0 ]
                "constant"

            close
                (values (torch.nn.functional.pad (x, [| 1L; 1L |], PaddingModes.Reflect)))
                [ 2.0; 1.0; 2.0; 3.0; 2.0 ]
                "reflect"

            close
                (values (torch.nn.functional.pad (x, [| 1L; 1L |], PaddingModes.Replicate)))
                [ 1.0; 1.0; 2.0; 3.0; 3.0 ]
                "replicate"

            close
                (values (torch.nn.functional.pad (x, [| 1L; 1L |], PaddingModes.Circular)))
                [ 3.0; 1.0; 2.0; 3.0; 1.0 ]
                "circular")

        testCase "dropout keeps the mean in training and does nothing otherwise" (fun () ->
            torch.manual_seed 3L |> ignore
            let x = torch.ones (100_000L, torch.ScalarType.Float64)
            Expect.isTrue (x.Equals(torch.nn.functional.dropout (x, 0.25, false))) "not training"
            let y = torch.nn.functional.dropout (x, 0.25)
            // The standard error of the mean is sqrt(p / (1 - p) / n) = 0.0018; five of them.
            Expect.floatClose { absolute = 0.009; relative = 0.0 } (y.mean().item<float>()) 1.0 "mean")

        testCase "one_hot marks the class" (fun () ->
            close
                (values (torch.nn.functional.one_hot (torch.tensor [| 2L; 0L |], 3L)))
                [ 0.0; 0.0; 1.0; 1.0; 0.0; 0.0 ]
                "one_hot")
    ]

[<Tests>]
let linearAlgebra =
    let a = tensor [ 3L; 3L ] [ 4.0; 1.0; 0.5; 1.0; 3.0; -0.2; 0.5; -0.2; 2.0 ]
    let identity = [ 1.0; 0.0; 0.0; 0.0; 1.0; 0.0; 0.0; 0.0; 1.0 ]

    testList "linear algebra" [
        testCase "products of matrices and vectors" (fun () ->
            let m, v = tensor [ 2L; 2L ] [ 1.0; 2.0; 3.0; 4.0 ], vector [ 5.0; 6.0 ]
            close (values (m.matmul m)) [ 7.0; 10.0; 15.0; 22.0 ] "matmul"
            close (values (m.mm m)) [ 7.0; 10.0; 15.0; 22.0 ] "mm"
            close (values (m.mv v)) [ 17.0; 39.0 ] "mv"
            close (values (v.dot v)) [ 61.0 ] "dot"
            close (values (v.outer v)) [ 25.0; 30.0; 30.0; 36.0 ] "outer"
            close (values ((m.unsqueeze 0L).bmm(m.unsqueeze 0L))) [ 7.0; 10.0; 15.0; 22.0 ] "bmm"
            close (values (m.addmm (m, m, 2.0f, 0.5f))) [ 5.5; 9.0; 13.5; 19.0 ] "addmm")

        testCase "inverse, solve and determinant agree" (fun () ->
            close (values (a.matmul (torch.linalg.inv a))) identity "inverse"
            let b = tensor [ 3L; 1L ] [ 1.0; 2.0; 3.0 ]
            close (values (a.matmul (torch.linalg.solve (a, b)))) [ 1.0; 2.0; 3.0 ] "solve"
            let struct (sign, logarithm) = torch.linalg.slogdet a
            close (values (sign * logarithm.exp ())) (values (torch.linalg.det a)) "slogdet"

            close
                (values (torch.linalg.det a))
                [ 4.0 * (6.0 - 0.04) - 1.0 * (2.0 + 0.1) + 0.5 * (-0.2 - 1.5) ]
                "det by its expansion")

        testCase "factors multiply back" (fun () ->
            let l = torch.linalg.cholesky a
            close (values (l.matmul (l.t ()))) (values a) "cholesky"
            let struct (q, r) = torch.linalg.qr a
            close (values (q.matmul r)) (values a) "qr"
            close (values (q.matmul (q.t ()))) identity "q is orthogonal"
            let struct (u, s, vh) = torch.linalg.svd a
            close (values ((u * s).matmul vh)) (values a) "svd"
            let struct (w, v) = torch.linalg.eigh a
            close (values ((v * w).matmul(v.t ()))) (values a) "eigh"
            close (values (torch.linalg.eigvalsh a)) (values w) "eigvalsh")
    ]
