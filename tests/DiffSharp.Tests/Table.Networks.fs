/// Rows for convolutions, pooling, losses, and the operations fused for neural networks.
module DiffSharp.Tests.Networks

open DiffSharp
open DiffSharp.Tests.Operation
open DiffSharp.Tests.Reference

let private range = (-2.0, 2.0)

let private convolution name x w value apply = binary name x w range apply value

let convolutions = [
    convolution "conv1d" [ 2; 2; 5 ] [ 3; 2; 3 ] (conv 1 0 1) (fun x w -> dsharp.conv1d (x, w))
    convolution "conv1d: strided, padded, dilated" [ 1; 2; 7 ] [ 2; 2; 2 ] (conv 2 1 2) (fun x w ->
        dsharp.conv1d (x, w, stride = 2, padding = 1, dilation = 2))
    convolution "conv2d" [ 1; 2; 4; 5 ] [ 2; 2; 3; 2 ] (conv 1 0 1) (fun x w -> dsharp.conv2d (x, w))
    convolution "conv2d: strided, padded, dilated" [ 1; 1; 5; 5 ] [ 2; 1; 2; 2 ] (conv 2 1 2) (fun x w ->
        dsharp.conv2d (x, w, stride = 2, padding = 1, dilation = 2))
    convolution "conv3d" [ 1; 1; 3; 3; 3 ] [ 2; 1; 2; 2; 2 ] (conv 1 0 1) (fun x w -> dsharp.conv3d (x, w))
    convolution "conv3d: strided, padded" [ 1; 1; 3; 3; 3 ] [ 1; 1; 2; 2; 2 ] (conv 2 1 1) (fun x w ->
        dsharp.conv3d (x, w, strides = [ 2; 2; 2 ], paddings = [ 1; 1; 1 ]))
    convolution "convTranspose1d" [ 1; 2; 4 ] [ 2; 3; 3 ] (convTranspose 2 1 1) (fun x w ->
        dsharp.convTranspose1d (x, w, stride = 2, padding = 1))
    convolution "convTranspose2d" [ 1; 2; 3; 3 ] [ 2; 1; 2; 2 ] (convTranspose 2 0 1) (fun x w ->
        dsharp.convTranspose2d (x, w, stride = 2))
    convolution "convTranspose2d: dilated" [ 1; 1; 3; 3 ] [ 1; 2; 2; 2 ] (convTranspose 1 0 2) (fun x w ->
        dsharp.convTranspose2d (x, w, dilation = 2))
    convolution "convTranspose3d" [ 1; 1; 2; 2; 2 ] [ 1; 2; 2; 2; 2 ] (convTranspose 1 0 1) (fun x w ->
        dsharp.convTranspose3d (x, w))
]

/// A pooling of windows of two on [1; 2; 4; …].
let private pooled name rank apply f =
    let shape = [ 1; 2 ] @ List.replicate rank 4
    row name shape range apply (fun v -> pool 2 f (grid shape v))

/// Maxima taken and put back: values kept where they are the largest of their window of two.
let private unpooled name rank (apply: Tensor -> Tensor) =
    let shape = [ 1; 2 ] @ List.replicate rank 4

    row name shape range apply (fun v ->
        let maxima = grid ([ 1; 2 ] @ List.replicate rank 2) (pool 2 Array.max (grid shape v))

        build shape (fun i ->
            let value = at (grid shape v) i
            let window = Array.append i.[..1] (i.[2..] |> Array.map (fun k -> k / 2))
            if at maxima window = value then value else 0.0))

let pools = [
    pooled "maxpool1d" 1 (fun x -> dsharp.maxpool1d (x, 2)) Array.max
    pooled "maxpool2d" 2 (fun x -> dsharp.maxpool2d (x, 2)) Array.max
    pooled "maxpool3d" 3 (fun x -> dsharp.maxpool3d (x, 2)) Array.max
    pooled "maxpool1di" 1 (fun x -> fst (dsharp.maxpool1di (x, 2))) Array.max
    pooled "maxpool2di" 2 (fun x -> fst (dsharp.maxpool2di (x, 2))) Array.max
    pooled "maxpool3di" 3 (fun x -> fst (dsharp.maxpool3di (x, 2))) Array.max
    pooled "avgpool1d" 1 (fun x -> dsharp.avgpool1d (x, 2)) Array.average
    pooled "avgpool2d" 2 (fun x -> dsharp.avgpool2d (x, 2)) Array.average
    pooled "avgpool3d" 3 (fun x -> dsharp.avgpool3d (x, 2)) Array.average
    unpooled "maxunpool1d" 1 (fun x ->
        let values, places = dsharp.maxpool1di (x, 2)
        dsharp.maxunpool1d (values, places, 2))
    unpooled "maxunpool2d" 2 (fun x ->
        let values, places = dsharp.maxpool2di (x, 2)
        dsharp.maxunpool2d (values, places, 2))
    unpooled "maxunpool3d" 3 (fun x ->
        let values, places = dsharp.maxpool3di (x, 2)
        dsharp.maxunpool3d (values, places, 2))
]

let private target = dsharp.tensor ([ 2; 0 ], dtype = Dtype.Int64)
let private classWeights = dsharp.tensor ([ 0.5; 1.0; 2.0 ], dtype = Dtype.Float64)

let private picked (values: float[]) = [| values.[2]; values.[3] |]

let private squares (a: Grid) (b: Grid) = Array.map2 (fun x y -> (x - y) ** 2.0) a.Data b.Data

let losses = [
    binary "mseLoss" [ 2; 3 ] [ 2; 3 ] range (fun a b -> dsharp.mseLoss (a, b)) (fun a b -> [|
        Array.average (squares a b)
    |])
    binary "mseLoss: not reduced" [ 2; 3 ] [ 2; 3 ] range (fun a b -> dsharp.mseLoss (a, b, reduction = "none")) squares
    binary "bceLoss" [ 2; 3 ] [ 2; 3 ] (0.1, 0.9) (fun p t -> dsharp.bceLoss (p, t)) (fun p t -> [|
        Array.map2 (fun p t -> -(t * log p + (1.0 - t) * log (1.0 - p))) p.Data t.Data |> Array.average
    |])
    row "nllLoss" [ 2; 3 ] range (fun x -> dsharp.nllLoss (x, target)) (fun v -> [| -(picked v |> Array.average) |])
    row "nllLoss: weighted" [ 2; 3 ] range (fun x -> dsharp.nllLoss (x, target, weight = classWeights)) (fun v -> [|
        -(2.0 * v.[2] + 0.5 * v.[3]) / 2.5
    |])
    row "crossEntropyLoss" [ 2; 3 ] range (fun x -> dsharp.crossEntropyLoss (x, target, reduction = "sum")) (fun v -> [|
        -(along 1 (softmax >> Array.map log) (grid [ 2; 3 ] v) |> picked |> Array.sum)
    |])
]

let all = convolutions @ pools @ losses
