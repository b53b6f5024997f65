/// The layers that have kernels of their own in float32 give what libtorch's operations give in float64, values and
/// derivatives, at the shapes that kernels treat apart: channels that fill no vector, images that fill no tile.
module Core.Tests.KernelsTests

open DiffSharp
open Expecto
open ScoreFunctional
open ScoreFunctional.Kernels
open DiffSharp.Tests.Tensors

/// Sums of up to 9 · 64 float32 products, transformed to tiles of 6 × 6 and back, which loses about one digit.
let private tolerance = 3e-5

/// A layer of several tensors, and their shapes.
type private Layer = { Name: string; Shapes: int list list; Apply: Tensor list -> Tensor }

let private layer name shapes apply = { Name = name; Shapes = shapes; Apply = apply }

let private conv name n inputs outputs height width kernel stride residual =
    let size length = (length + 2 * (kernel / 2) - kernel) / stride + 1

    layer
        name
        [
            [ n; inputs; height; width ]
            [ outputs; inputs; kernel; kernel ]
            [ outputs ]
            if residual then
                [ n; outputs; size height; size width ]
        ]
        (fun parts ->
            match parts with
            | [ x; w; b ] -> Primitives.conv2d stride (kernel / 2) w b x
            | [ x; w; b; added ] -> Primitives.conv2dAdd stride (kernel / 2) w b added x
            | _ -> failwith "a convolution has three parts at least")

let private norm name n channels height groups affine film activate =
    let shape = if height = 0 then [ n; channels ] else [ n; channels; height; height ]
    let pair wanted shape = if wanted then [ shape; shape ] else []

    layer name (shape :: pair affine [ channels ] @ pair film [ n; channels ]) (fun parts ->
        let two =
            function
            | [ a; b ] -> Some(a, b)
            | _ -> None

        let first, second = List.tail parts |> List.splitAt (if affine then 2 else 0)

        Primitives.normalise groups (two first) (two second) 1e-5 activate parts.Head)

let private layers = [
    conv "conv 3 × 3, whole vectors and tiles" 2 16 32 8 8 3 1 false
    conv "conv 3 × 3, neither" 3 5 7 7 5 3 1 false
    conv "conv 3 × 3, residual, several panels" 2 48 96 14 14 3 1 true
    conv "conv 3 × 3, more tiles than fit at once" 9 64 80 14 14 3 1 true
    conv "conv 3 × 3, one pixel" 1 4 4 1 1 3 1 false
    // Tiles of four, three and two outputs in each direction.
    for height, width in [ 9, 6; 11, 10; 2, 3; 4, 7 ] do
        conv $"conv 3 × 3, {height} by {width}" 5 20 9 height width 3 1 false
    conv "conv 3 × 3, stride 2" 2 16 24 6 6 3 2 false
    conv "conv 1 × 1" 3 20 36 7 7 1 1 false
    conv "conv 1 × 1, residual" 2 16 16 5 5 1 1 true
    norm "group norm" 3 32 7 2 true false false
    norm "group norm, FiLM, SiLU" 3 48 5 3 false true true
    norm "group norm, all, part of a vector" 2 20 3 5 true true true
    norm "group norm, plain" 2 12 4 3 false false true
    norm "group norm of rows" 5 24 0 4 true true true
    layer "linear" [ [ 37; 19 ]; [ 45; 19 ]; [ 45 ] ] (function
        | [ x; w; b ] -> Primitives.linear w b x
        | _ -> failwith "three parts")
    for n, inputs, widths, outputs, condition in
        [
            70, 5, [ 24; 16 ], 3, 9
            3, 16, [ 32; 48 ], 0, 0
            33, 7, [ 20 ], 0, 16
            40, 2, [ 16; 8; 33 ], 2, 0
        ] do
        let pair outputs inputs = [ [ outputs; inputs ]; [ outputs ] ]
        let films = 2 * List.sum widths

        let shapes =
            [
                [ n; inputs ]
                if condition > 0 then
                    [ n; condition ]
                    yield! pair films condition
                if outputs > 0 then
                    yield! pair outputs (List.last widths)
            ]
            @ (inputs :: widths |> List.pairwise |> List.collect (fun (i, o) -> pair o i))

        layer $"mlp {n} × {inputs}, {widths}, {outputs}, {condition}" shapes (fun parts ->
            let film, rest =
                match parts.Tail with
                | c :: w :: b :: rest when condition > 0 -> Some(c, w, b), rest
                | rest -> None, rest

            let head, rest =
                match rest with
                | w :: b :: rest when outputs > 0 -> Some(w, b), rest
                | rest -> None, rest

            let layers = rest |> List.chunkBySize 2 |> List.map (fun pair -> pair[0], pair[1])
            Primitives.mlp film layers head parts.Head)
    for count in [ 16; 21 ] do
        layer $"fourier features of {count} rates" [ [ 5 ] ] (fun parts ->
            let rates = dsharp.tensor (spread 0.5 25.0 count, dtype = parts.Head.dtype)
            Primitives.fourier rates parts.Head)
    layer "silu" [ [ 3; 7; 5 ] ] (fun parts -> Primitives.silu parts.Head)
]

let private expectClose (expected: Tensor) (actual: Tensor) what =
    let expected = expected.noDiff().view(-1).toArray1D<float>()
    let actual = actual.noDiff().cast(Dtype.Float64).view(-1).toArray1D<float>()
    Expect.equal actual.Length expected.Length $"{what}: count"
    let scale = expected |> Array.fold (fun m v -> max m (abs v)) 1e-3
    let worst = Array.map2 (fun e a -> abs (e - a)) expected actual |> Array.max
    Expect.isLessThan (worst / scale) tolerance $"{what}: largest difference of {scale}"

let private single (t: Tensor) = t.cast Dtype.Float32

let private tests (layer: Layer) =
    let count = List.sumBy sizeOf layer.Shapes
    let input = dsharp.tensor (spread -1.0 1.0 count, dtype = Dtype.Float64)
    let direction = dsharp.tensor (spread -1.0 1.0 count |> Array.rev, dtype = Dtype.Float64)
    let f x = layer.Apply(parts layer.Shapes x)
    let cotangent (y: Tensor) = (spreadOver 0.5 1.5 (shapeOf y)).cast y.dtype

    let gradient x =
        let y, pull = dsharp.evalReverseDiff f x
        pull (cotangent y)

    testList layer.Name [
        testCase "value, alone and as part of a graph" (fun () ->
            let expected = f input
            expectClose expected (f (single input)) "alone"
            expectClose expected (fst (dsharp.evalReverseDiff f (single input))) "in a graph")

        testCase "first derivative" (fun () -> expectClose (gradient input) (gradient (single input)) "derivative")

        testCase "second derivative" (fun () ->
            let along x v = snd (dsharp.evalForwardDiff gradient x v)
            expectClose (along input direction) (along (single input) (single direction)) "derivative")

        testCase "third derivative" (fun () ->
            let along f x v = snd (dsharp.evalForwardDiff f x v)
            let third x v = along (fun y -> along gradient y v) x v
            expectClose (third input direction) (third (single input) (single direction)) "derivative")

        // As an objective does that asks for the derivative of a score in x, and then for that of a loss in the parameters.
        testCase "derivatives of the derivative in the first part alone" (fun () ->
            let inFirst x =
                let all = parts layer.Shapes x
                let y, pull = dsharp.evalReverseDiff (fun first -> layer.Apply(first :: all.Tail)) all.Head
                pull (cotangent y * y)

            let gradient x =
                let y, pull = dsharp.evalReverseDiff inFirst x
                pull (cotangent y)

            expectClose (inFirst input) (inFirst (single input)) "value"
            expectClose (gradient input) (gradient (single input)) "derivative"
            let along x v = snd (dsharp.evalForwardDiff gradient x v)
            expectClose (along input direction) (along (single input) (single direction)) "second derivative")

        testCase "does not depend on the layout of its input" (fun () ->
            let parts = parts layer.Shapes (single input)
            let x = parts.Head

            if x.dim = 4 then
                let turned = x.permute([| 0; 2; 3; 1 |]).clone().permute [| 0; 3; 1; 2 |]
                Expect.equal (layer.Apply(turned :: parts.Tail)) (layer.Apply parts) "turned")
    ]

[<Tests>]
let all =
    testList "kernels" [
        yield! layers |> List.map tests

        testCase "shapes that do not fit are errors, and nothing beyond a tensor's memory is read" (fun () ->
            let tensor (shape: int list) : Tensor = dsharp.ones (shape, dtype = Dtype.Float32)
            let rows, map, shift = tensor [ 4; 8 ], tensor [ 6; 8 ], tensor [ 6 ]
            let images, filters = tensor [ 2; 8; 5; 5 ], tensor [ 6; 8; 3; 3 ]
            let weight, bias = tensor [ 8 ], tensor [ 8 ]
            let film = tensor [ 12; 3 ], tensor [ 12 ]

            let modulated condition film bias = Primitives.mlp (Some(condition, film, bias)) [ map, shift ] None rows

            for name, work in
                [
                    "linear, inputs", (fun () -> Primitives.linear (tensor [ 6; 7 ]) shift rows)
                    "linear, bias", (fun () -> Primitives.linear map (tensor [ 5 ]) rows)
                    "convolution, inputs", (fun () -> Primitives.conv2d 1 1 (tensor [ 6; 9; 3; 3 ]) shift images)
                    "convolution, bias", (fun () -> Primitives.conv2d 1 1 filters (tensor [ 5 ]) images)
                    "convolution by 1 × 1, bias",
                    (fun () -> Primitives.conv2d 1 0 (tensor [ 6; 8; 1; 1 ]) (tensor [ 5 ]) images)
                    "convolution, residual",
                    (fun () -> Primitives.conv2dAdd 1 1 filters shift (tensor [ 2; 5; 5; 5 ]) images)
                    "normalisation, weight", (fun () -> Primitives.groupNorm 2 (Some(tensor [ 7 ], bias)) 1e-5 images)
                    "normalisation, bias", (fun () -> Primitives.groupNorm 2 (Some(weight, tensor [ 7 ])) 1e-5 images)
                    "normalisation, scale",
                    (fun () -> Primitives.normalise 2 None (Some(tensor [ 3; 8 ], tensor [ 2; 8 ])) 1e-5 true images)
                    "normalisation, shift",
                    (fun () -> Primitives.normalise 2 None (Some(tensor [ 2; 8 ], tensor [ 2; 7 ])) 1e-5 true images)
                    "mlp, bias", (fun () -> Primitives.mlp None [ map, tensor [ 5 ] ] None rows)
                    "mlp, head", (fun () -> Primitives.mlp None [ map, shift ] (Some(map, shift)) rows)
                    "mlp, condition", (fun () -> modulated (tensor [ 3; 3 ]) (fst film) (snd film))
                    "mlp, modulations", (fun () -> modulated (tensor [ 4; 3 ]) (tensor [ 10; 3 ]) (tensor [ 10 ]))
                ] do
                Expect.throws (fun () -> work () |> ignore) name)

        testCase "cosines and sines to within 4e-7 of the exact ones" (fun () ->
            // The angles are products rounded to float32, of many turns and of none.
            let x, rates = spread -60.0 60.0 501 |> Array.map float32, [| 0.0f; 0.01f; 1.0f; 7.5f |]
            let found = Primitives.fourier (dsharp.tensor rates) (dsharp.tensor x)
            Expect.equal found.shape [| 501; 8 |] "shape"
            let values = found.cast(Dtype.Float64).view(-1).toArray1D<float>()

            for i, value in Array.indexed values do
                let angle = float (x[i / 8] * rates[i % 4])
                let exact = if i % 8 < 4 then cos angle else sin angle
                Expect.isLessThan (abs (value - exact)) 4e-7 $"{i % 8} of {angle}")

        testCase "a sample does not depend on those beside it, nor on the number of threads, bit for bit" (fun () ->
            if not KernelSwitch.On then
                skiptest "libtorch's own operations run here, which promise no such thing"

            let threads = TorchSharp.torch.get_num_threads ()
            let dense: DenseSize = { Side = 28; Channels = 3; Hidden = 40 }

            let networks = [
                Unet.create { Unet.standard with Widths = [ 24; 40 ]; GroupSize = 8; Dense = Some dense },
                [| 1; 28; 28 |]
                Unet.create { Unet.standard with Patch = 1; Widths = [ 16 ]; Middle = 1 }, [| 1; 10; 13 |]
                Mlp.create { Mlp.plane with Dimension = 5; Width = 52 }, [| 5 |]
            ]

            try
                for network, shape in networks do
                    let key = Key.ofSeed 3UL
                    let parameters = (Key.normal Dtype.Float32 [| Network.count network |] key) * 0.1
                    let x = Key.normal Dtype.Float32 (Array.append [| 33 |] shape) key
                    let labels = dsharp.tensor (spread -1.5 1.5 33, dtype = Dtype.Float64)
                    let apply = Primitives.noGrad (fun () -> network.Apply parameters)
                    // A slice of one row would lose its first dimension.
                    let rows (t: Tensor) (from: int) (count: int) =
                        let flat: Tensor = t.view [| 33; -1 |]
                        let some: Tensor = flat[from .. from + count - 1, 0..]
                        some.view (Array.append [| count |] t.shape[1..])

                    let samples (from: int) (count: int) : Tensor =
                        Primitives.noGrad (fun () -> apply (rows x from count) (rows labels from count))
                        |> fun y -> y.view [| count; -1 |]

                    TorchSharp.torch.set_num_threads 1
                    let expected = (samples 3 1).toArray2D<float32>()

                    for threads in [ 1; 2 ] do
                        TorchSharp.torch.set_num_threads threads

                        for from, count in [ 3, 1; 2, 3; 0, 16; 0, 33 ] do
                            let all = samples from count
                            let own: Tensor = all[3 - from, 0..]
                            let found = own.view([| 1; -1 |]).toArray2D<float32>()
                            Expect.equal found expected $"{network.Name}, in a batch of {count}, {threads} threads"
            finally
                TorchSharp.torch.set_num_threads threads)

        testCase "the optimiser's passes" (fun () ->
            let vector low count = dsharp.tensor (spread low 1.0 count, dtype = Dtype.Float64)
            // More than one part of a sum, and no whole number of vectors.
            let count = 140003
            let p, g, m, v = vector -1.0 count, vector -0.9 count, vector -0.8 count, vector 0.01 count

            let both f = f id, f single
            let (e: Tensor), (a: Tensor) = both (fun t -> Primitives.norm (t g))
            expectClose e a "norm"
            let e, a = both (fun t -> Primitives.axpby 0.25 (t p) -1.5 (t g))
            expectClose e a "axpby"

            // |g| is some 200.
            for limit in [ 10.0; 1e4 ] do
                let e, a = both (fun t -> Primitives.clip limit (t g))
                expectClose (g * min 1.0 (limit / (float (Primitives.norm g) + 1e-6))) e $"clip {limit}"
                expectClose e a $"clip {limit} in float32"

            let struct (n, mean), struct (n', mean') = both (fun t -> Primitives.applyUpdates 0.9 (t p) (t g) (t m))
            expectClose (p + g) n "updated parameters"
            expectClose (m * 0.9 + n * 0.1) mean "average"
            expectClose n n' "updated parameters in float32"
            expectClose mean mean' "average in float32"

            let struct (d, m1, v1), struct (d', m1', v1') =
                both (fun t -> Primitives.adam 3e-3 (0.9, 0.99) 1e-8 0.01 2 (t p) (t g) (t m) (t v))

            // The definition, and then the kernel against it.
            expectClose (m * 0.9 + g * 0.1) m1 "mean"
            expectClose (v * 0.99 + g * g * 0.01) v1 "mean of squares"
            let direction = m1 / (1.0 - 0.9 ** 3.0) / ((v1 / (1.0 - 0.99 ** 3.0)).sqrt() + 1e-8)
            expectClose ((direction + p * 0.01) * -3e-3) d "change"
            expectClose d d' "change in float32"
            expectClose m1 m1' "mean in float32"
            expectClose v1 v1' "mean of squares in float32")
    ]
