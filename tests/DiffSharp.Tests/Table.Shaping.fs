/// Rows for changes of shape and for linear algebra.
module DiffSharp.Tests.Shaping

open DiffSharp
open DiffSharp.Tests.Operation
open DiffSharp.Tests.Reference

let private range = (-2.0, 2.0)

/// An operation that only moves values: element i of the result is the element of [2; 3] at the index given for it.
let private moved name apply (sizes: int list) (source: int[] -> int[]) =
    row name [ 2; 3 ] range apply (fun v -> build sizes (fun i -> at (grid [ 2; 3 ] v) (source i)))

let private same name apply = row name [ 2; 3 ] range apply id

let private places = dsharp.tensor ([ [ 2; 0; 1 ]; [ 1; 1; 2 ] ], dtype = Dtype.Int64)

let shapes = [
    same "view" (fun x -> dsharp.view (x, [ 3; 2 ]))
    same "view: inferred" (fun x -> dsharp.view (x, -1))
    same "viewAs" (fun x -> dsharp.viewAs (x, dsharp.zeros [ 3; 2 ]))
    same "flatten" (fun x -> dsharp.flatten x)
    same "unflatten" (fun x -> dsharp.unflatten (x, 1, [ 3; 1 ]))
    same "squeeze" (fun x -> dsharp.squeeze (x.view [ 2; 1; 3 ]))
    same "unsqueeze" (fun x -> dsharp.unsqueeze (x, 1))
    same "unsqueezeAs" (fun x -> dsharp.unsqueezeAs (x, dsharp.zeros [ 1; 1; 1; 1 ]))
    moved "expand" (fun x -> dsharp.expand (x, [ 2; 2; 3 ])) [ 2; 2; 3 ] (fun i -> i.[1..])
    moved "expandAs" (fun x -> dsharp.expandAs (x, dsharp.zeros [ 2; 2; 3 ])) [ 2; 2; 3 ] (fun i -> i.[1..])
    moved "repeat" (fun x -> dsharp.repeat (x.unsqueeze 0, 0, 4)) [ 4; 2; 3 ] (fun i -> i.[1..])
    moved "transpose" (fun x -> dsharp.transpose x) [ 3; 2 ] Array.rev
    moved "transpose: dimensions" (fun x -> dsharp.transpose (x, 0, -1)) [ 3; 2 ] Array.rev
    moved "permute" (fun x -> dsharp.permute (x, [ 1; 0 ])) [ 3; 2 ] Array.rev
    moved "flip" (fun x -> dsharp.flip (x, [ 1 ])) [ 2; 3 ] (fun i -> [| i.[0]; 2 - i.[1] |])
    moved "slice" (fun x -> dsharp.slice (x, [ 1 ])) [ 3 ] (fun i -> [| 1; i.[0] |])
    moved "slice: range" (fun x -> x.[*, 1..]) [ 2; 2 ] (fun i -> [| i.[0]; i.[1] + 1 |])
    moved "slice: range and index" (fun x -> x.[0..1, 2]) [ 2 ] (fun i -> [| i.[0]; 2 |])
    moved "gather" (fun x -> dsharp.gather (x, 1, places)) [ 2; 3 ] (fun i -> [|
        i.[0]
        [| [| 2; 0; 1 |]; [| 1; 1; 2 |] |].[i.[0]].[i.[1]]
    |])
    moved "undilate" (fun x -> dsharp.undilate (x, [ 1; 2 ])) [ 2; 2 ] (fun i -> [| i.[0]; 2 * i.[1] |])
    moved "diagonal" (fun x -> dsharp.diagonal x) [ 2 ] (fun i -> [| i.[0]; i.[0] |])
    moved "diagonal: above" (fun x -> dsharp.diagonal (x, offset = 1)) [ 2 ] (fun i -> [| i.[0]; i.[0] + 1 |])
    moved "unstack" (fun x -> (dsharp.unstack (x, 1)).[2]) [ 2 ] (fun i -> [| i.[0]; 2 |])
    moved "split" (fun x -> (dsharp.split (x, [ 1; 2 ], 1)).[1]) [ 2; 2 ] (fun i -> [| i.[0]; i.[1] + 1 |])
    row "trace" [ 2; 3 ] range dsharp.trace (fun v -> [| v.[0] + v.[4] |])
    row
        "scatter"
        [ 2; 3 ]
        range
        (fun x -> dsharp.scatter (x, 1, dsharp.tensor ([ [ 2; 0; 4 ]; [ 1; 3; 2 ] ], dtype = Dtype.Int64), [ 2; 5 ]))
        (fun v -> [| v.[1]; 0.0; v.[0]; 0.0; v.[2]; 0.0; v.[3]; v.[5]; v.[4]; 0.0 |])
    row "dilate" [ 2; 3 ] range (fun x -> dsharp.dilate (x, [ 2; 3 ])) (fun v ->
        build [ 3; 7 ] (fun i ->
            if i.[0] % 2 = 0 && i.[1] % 3 = 0 then
                at (grid [ 2; 3 ] v) [| i.[0] / 2; i.[1] / 3 |]
            else
                0.0))
    row "pad" [ 2; 3 ] range (fun x -> dsharp.pad (x, [ 1; 2 ])) (fun v ->
        build [ 4; 7 ] (fun i ->
            if i.[0] >= 1 && i.[0] < 3 && i.[1] >= 2 && i.[1] < 5 then
                at (grid [ 2; 3 ] v) [| i.[0] - 1; i.[1] - 2 |]
            else
                0.0))
    binary "stack" [ 2; 3 ] [ 2; 3 ] range (fun a b -> dsharp.stack ([ a; b ], 1)) (fun a b ->
        build [ 2; 2; 3 ] (fun i -> at (if i.[1] = 0 then a else b) [| i.[0]; i.[2] |]))
    binary "cat" [ 2; 3 ] [ 2; 1 ] range (fun a b -> dsharp.cat ([ a; b ], 1)) (fun a b ->
        build [ 2; 4 ] (fun i -> if i.[1] < 3 then at a i else at b [| i.[0]; 0 |]))
    binary "addSlice" [ 2; 3 ] [ 2 ] range (fun a b -> a.addSlice ([ 1; 1 ], b)) (fun a b ->
        build [ 2; 3 ] (fun i -> if i.[0] = 1 && i.[1] >= 1 then at a i + at b [| i.[1] - 1 |] else at a i))
    row "toImage" [ 2; 3 ] range (fun x -> dsharp.toImage (x, pixelMin = 0.25, pixelMax = 0.75)) (fun v ->
        build [ 3; 2; 3 ] (fun i -> 0.25 + 0.5 * at (grid [ 2; 3 ] v) i.[1..]))
]

/// 2×2 matrices well away from singular: 3 I plus the values.
let private matrix (x: Tensor) = x + dsharp.eye (2, dtype = x.dtype) * 3.0

let private plain (values: float[]) = [| values.[0] + 3.0; values.[1]; values.[2]; values.[3] + 3.0 |]

let linear = [
    binary "matmul" [ 2; 3 ] [ 3; 2 ] range (fun a b -> dsharp.matmul (a, b)) matmul
    binary "matmul: batch" [ 2; 2; 3 ] [ 3; 2 ] range (fun a b -> dsharp.matmul (a, b)) (fun a b ->
        a.Data |> Array.chunkBySize 6 |> Array.collect (fun m -> matmul (grid [ 2; 3 ] m) b))
    binary "matmul: vector" [ 2; 3 ] [ 3 ] range (fun a b -> dsharp.matmul (a, b)) (fun a b ->
        matmul a (grid [ 3; 1 ] b.Data))
    binary "dot" [ 4 ] [ 4 ] range (fun a b -> dsharp.dot (a, b)) (fun a b -> [|
        Array.sum (Array.map2 (*) a.Data b.Data)
    |])
    binary "bmm" [ 2; 2; 3 ] [ 2; 3; 2 ] range (fun a b -> dsharp.bmm (a, b)) (fun a b ->
        (Array.chunkBySize 6 a.Data, Array.chunkBySize 6 b.Data)
        ||> Array.map2 (fun m n -> matmul (grid [ 2; 3 ] m) (grid [ 3; 2 ] n))
        |> Array.concat)
    binary "outer" [ 2 ] [ 3 ] range (fun a b -> dsharp.outer (a, b)) (fun a b ->
        build [ 2; 3 ] (fun i -> a.Data.[i.[0]] * b.Data.[i.[1]]))
    binary "outer: batch" [ 2; 2 ] [ 2; 3 ] range (fun a b -> dsharp.outer (a, b)) (fun a b ->
        build [ 2; 2; 3 ] (fun i -> at a [| i.[0]; i.[1] |] * at b [| i.[0]; i.[2] |]))
    row "det" [ 2; 2 ] range (matrix >> dsharp.det) (fun v -> [| det2 (plain v) |])
    row "inv" [ 2; 2 ] range (matrix >> dsharp.inv) (plain >> inv2)
    binary "solve" [ 2; 2 ] [ 2 ] range (fun a b -> dsharp.solve (matrix a, b)) (fun a b ->
        matmul (grid [ 2; 2 ] (inv2 (plain a.Data))) (grid [ 2; 1 ] b.Data))
    binary "solve: batch" [ 2; 2; 2 ] [ 2; 2; 1 ] range (fun a b -> dsharp.solve (matrix a, b)) (fun a b ->
        (Array.chunkBySize 4 a.Data, Array.chunkBySize 2 b.Data)
        ||> Array.map2 (fun m r -> matmul (grid [ 2; 2 ] (inv2 (plain m))) (grid [ 2; 1 ] r))
        |> Array.concat)
    row "map" [ 2; 2 ] range (dsharp.map (fun v -> v * v + 1.0)) (Array.map (fun v -> v * v + 1.0))
]

let all = shapes @ linear
