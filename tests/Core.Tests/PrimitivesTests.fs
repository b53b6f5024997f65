/// The primitives of the core against their definitions in Reference.fs.
module Core.Tests.PrimitivesTests

open System
open DiffSharp
open Expecto
open ScoreFunctional
open Core.Tests.Support

/// Value and gradient (with respect to all arguments, joined) of a function of tensors.
let private valueAndGradient (f: Tensor list -> Tensor) (xs: Tensor list) =
    let sizes = xs |> List.map _.nelement
    let flat = dsharp.cat (xs |> List.map (fun x -> x.view [| x.nelement |]))

    let inner (flat: Tensor) =
        List.map2 (fun (x: Tensor) (slice: Tensor) -> slice.view x.shape) xs (flat.split sizes |> List.ofArray)
        |> f

    let value, pull = dsharp.evalReverseDiff inner flat
    let cotangent = Key.normal flat.dtype (batchOf 1 [| value.nelement |]) (Key.label "cotangent" key)
    value, pull (cotangent.view value.shape)

[<Tests>]
let tests =
    testList "primitives" [
        let image = normal64 [| 2; 4; 4; 4 |] "image"
        let weight, bias = normal64 [| 4 |] "weight", normal64 [| 4 |] "bias"
        let filters, offsets = normal64 [| 3; 4; 3; 3 |] "filters", normal64 [| 3 |] "offsets"
        let rows, matrix = normal64 [| 5; 6 |] "rows", normal64 [| 3; 6 |] "matrix"
        let pairs, factors = normal64 [| 2; 4 |] "pairs", normal64 [| 2 |] "factors"
        let mask = image.gt (image.zerosLike ())

        let twin name arguments fast composed call = name, arguments, (call fast: Tensor list -> Tensor), call composed

        let twins = [
            twin "silu" [ image ] Primitives.silu Reference.silu (fun f xs -> f xs[0])
            twin "groupNorm, affine" [ image; weight; bias ] Primitives.groupNorm Reference.groupNorm (fun f xs ->
                f 2 (Some(xs[1], xs[2])) 1e-5 xs[0])
            twin "groupNorm" [ image ] Primitives.groupNorm Reference.groupNorm (fun f xs -> f 2 None 1e-5 xs[0])
            let all = [ image; weight; bias; pairs; pairs * 0.3 ]

            twin "normalise" all Primitives.normalise Reference.normalise (fun f xs ->
                f 2 (Some(xs[1], xs[2])) (Some(xs[3], xs[4])) 1e-5 true xs[0])

            let all = [ image; filters; offsets; normal64 [| 2; 3; 4; 4 |] "residual" ]

            twin "conv2dAdd" all Primitives.conv2dAdd Reference.conv2dAdd (fun f xs -> f 1 1 xs[1] xs[2] xs[3] xs[0])

            twin "norm" [ rows ] Primitives.norm Reference.norm (fun f xs -> f xs[0])

            twin "axpby" [ rows; rows * 2. + 1. ] Primitives.axpby Reference.axpby (fun f xs -> f 0.3 xs[0] -2. xs[1])

            twin "upsampleNearest2x" [ image ] Primitives.upsampleNearest2x Reference.upsampleNearest2x (fun f xs ->
                f xs[0])

            twin "where" [ image; image * 2. ] Primitives.where Reference.where (fun f xs -> f mask xs[0] xs[1])

            twin "conv2d" [ image; filters; offsets ] Primitives.conv2d Reference.conv2d (fun f xs ->
                f 2 1 xs[1] xs[2] xs[0])

            twin "linear" [ rows; matrix; offsets ] Primitives.linear Reference.linear (fun f xs -> f xs[1] xs[2] xs[0])

            let all = [ rows; matrix; offsets; normal64 [| 2; 3 |] "head"; normal64 [| 2 |] "head bias" ]

            twin "mlp" all Primitives.mlp Reference.mlp (fun f xs -> f None [ xs[1], xs[2] ] (Some(xs[3], xs[4])) xs[0])

            let film = [ normal64 [| 5; 4 |] "condition"; normal64 [| 6; 4 |] "film"; normal64 [| 6 |] "films" ]
            let all = [ rows; matrix; offsets ] @ film

            twin "mlp, modulated" all Primitives.mlp Reference.mlp (fun f xs ->
                f (Some(xs[3], xs[4], xs[5])) [ xs[1], xs[2] ] None xs[0])

            twin "scaleEach" [ factors; image ] Primitives.scaleEach Reference.scaleEach (fun f xs -> f xs[0] xs[1])

            twin "divideEach" [ factors; image ] Primitives.divideEach Reference.divideEach (fun f xs -> f xs[0] xs[1])

            let all = [ factors; image; normal64 [| 2 |] "other factors"; image * 0.3 - 0.1 ]

            twin "combineEach" all Primitives.combineEach Reference.combineEach (fun f xs -> f xs[0] xs[1] xs[2] xs[3])

            twin "fourier" [ normal64 [| 6 |] "labels" ] Primitives.fourier Reference.fourier (fun f xs ->
                f (normal64 [| 3 |] "rates") xs[0])

            twin "gradWithAux" [ rows ] Primitives.gradWithAux Reference.gradWithAux (fun f xs ->
                let struct (gradient, beside) = f (fun x -> struct ((x * x * xs[0]).sum(), [ x.noDiff () * 2. ])) rows

                gradient + beside.Head)

            twin "dotEach" [ image; image * 0.3 - 0.1 ] Primitives.dotEach Reference.dotEach (fun f xs -> f xs[0] xs[1])

            twin "unflatten" [ normal64 [| 14 |] "vector" ] Primitives.unflatten Reference.unflatten (fun f xs ->
                let parts = f [| [| 2; 3 |]; [| 4 |]; [| 1; 2; 2 |] |] xs[0]
                (parts[0].sum() * parts[2]).view [| 4 |])

            twin "clip, longer" [ rows ] Primitives.clip Reference.clip (fun f xs -> f 1.5 xs[0])
            twin "clip, shorter" [ rows ] Primitives.clip Reference.clip (fun f xs -> f 1e3 xs[0])

            twin
                "applyUpdates"
                [ rows; rows * 0.1 - 0.2; rows * 0.9 ]
                Primitives.applyUpdates
                Reference.applyUpdates
                (fun f xs ->
                    let struct (next, average) = f 0.8 xs[0] xs[1] xs[2]
                    next * 2. + average)
        ]

        for name, arguments, fast, composed in twins do
            testCase $"{name}: the build's own form and the composed one agree in value and gradient" (fun () ->
                let value, gradient = valueAndGradient fast arguments
                let expected, expectedGradient = valueAndGradient composed arguments
                allClose { absolute = 1e-10; relative = 1e-9 } value expected "value"
                allClose derived64 gradient expectedGradient "gradient")

        testCase "group normalisation gives every group of every sample mean 0 and variance 1" (fun () ->
            let out = values (Primitives.groupNorm 2 None 1e-12 (image * 3. + 5.))

            for group in 0..3 do
                let part = out[group * 32 .. group * 32 + 31]
                Expect.floatClose { absolute = 1e-9; relative = 0. } (mean part) 0. "mean"
                Expect.floatClose { absolute = 1e-6; relative = 0. } (variance part) 1. "variance")

        testCase "space to depth puts pixel (dy, dx) of a block into channel 2·dy + dx, and back" (fun () ->
            let x = (Batch.ofArray [| 0. .. 15. |]).view [| 1; 1; 4; 4 |]
            let packed = Primitives.spaceToDepth 2 x
            Expect.equal packed.shape [| 1; 4; 2; 2 |] "shape"
            let numbers = values packed
            Expect.equal numbers[4..7] [| 1.; 3.; 9.; 11. |] "channel 1"
            Expect.equal (values (Primitives.depthToSpace 2 packed)) [| 0. .. 15. |] "back"
            let colour = normal64 [| 2; 3; 4; 4 |] "colour"
            allClose rounding64 (Primitives.depthToSpace 2 (Primitives.spaceToDepth 2 colour)) colour "colour")
    ]
