module Core.Tests.NetworkTests

open System
open DiffSharp
open Expecto
open ScoreFunctional
open Core.Tests.Support

let private tiny: UnetSize = {
    Channels = 1
    Patch = 1
    Widths = [ 4; 8 ]
    Blocks = 1
    Middle = 1
    GroupSize = 2
    Embedding = 6
    Dense = None
}

let networks: (Network * int[]) list = [
    Unet.create tiny, [| 1; 4; 4 |]
    Unet.create { tiny with Patch = 2 }, [| 1; 8; 8 |]
    Unet.create { tiny with Channels = 3; Widths = [ 4 ]; Middle = 2 }, [| 3; 4; 4 |]
    Unet.create { tiny with Widths = [ 4; 8; 8 ]; Blocks = 2 }, [| 1; 8; 8 |]
    Unet.create { tiny with Middle = 2; Dense = Some { Side = 8; Channels = 2; Hidden = 5 } }, [| 1; 8; 8 |]
    Mlp.create { Dimension = 2; Width = 8; Layers = 3; Embedding = 6 }, [| 2 |]
    Mlp.create { Dimension = 64; Width = 8; Layers = 1; Embedding = 6 }, [| 1; 8; 8 |]
    (Unet.conditional 3 tiny).Network, [| 1; 4; 4 |]
    (Mlp.conditional 3 { Dimension = 2; Width = 8; Layers = 2; Embedding = 6 }).Network, [| 2 |]
]

let private conditional: (ConditionalNetwork * Network * int[]) list = [
    Unet.conditional 3 tiny, Unet.create tiny, [| 1; 4; 4 |]
    let size: MlpSize = { Dimension = 48; Width = 8; Layers = 2; Embedding = 6 }
    Mlp.conditional 3 size, Mlp.create size, [| 3; 4; 4 |]
]

/// Parameters none of which is zero, so that every path counts.
let busy (network: Network) dtype =
    (Key.normal dtype [| 1; Network.count network |] (Key.label "busy" key)).view [| Network.count network |]
    * 0.3

let noiseLabel (n: int) = Batch.ofArray (Array.init n (fun i -> 0.25 * log (0.05 * float (i + 1))))

let title (network: Network, shape: int[]) = $"{network.Name} on %A{List.ofArray shape}"

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
    testList "network" [
        for (network, shape) as row in networks do
            testList (title row) [
                testCase "keeps the shape of any batch" (fun () ->
                    for n in [ 1; 3 ] do
                        let x = Key.normal Dtype.Float32 (batchOf n shape) key
                        let out = network.Apply (busy network Dtype.Float32) x (noiseLabel n)
                        Expect.equal out.shape x.shape $"batch of {n}")

                testCase "a sample does not depend on its batch-mates" (fun () ->
                    let field = network.Apply(busy network Dtype.Float32)
                    let x = Key.normal Dtype.Float32 (batchOf 4 shape) key
                    let all = values (field x (noiseLabel 4))

                    let alone = values (field (sampleOf x 2) (sampleOf (noiseLabel 4) 2))
                    let d = alone.Length

                    for i in 0 .. d - 1 do
                        Expect.floatClose { absolute = 1e-4; relative = 1e-4 } all[2 * d + i] alone[i] $"value {i}")

                testCase "a score in parts has the same values, and so have its derivatives" (fun () ->
                    let network = network.Apply(busy network Dtype.Float64)
                    let whole = Score(fun x t -> network x t)
                    let x, v = normal64 (batchOf 7 shape) "parts", normal64 (batchOf 7 shape) "direction"

                    let both score = dsharp.evalForwardDiff (fun x -> Score.apply score x (noiseLabel 7)) x v

                    let value, slope = both (Score.inChunks 3 whole)
                    let expected, expectedSlope = both whole
                    allClose rounding64 value expected "value"
                    allClose derived64 slope expectedSlope "derivative")

                testCase "starts with the output zero and finite parameters" (fun () ->
                    let parameters = Network.init network key
                    Expect.isTrue (values parameters |> Array.forall Double.IsFinite) "finite"
                    let out = network.Apply parameters (Key.normal Dtype.Float32 (batchOf 2 shape) key) (noiseLabel 2)
                    Expect.isTrue (values out |> Array.forall ((=) 0.)) "output")

                testCase "the gradient in the parameters is the slope of central differences" (fun () ->
                    let parameters = busy network Dtype.Float64
                    let x = normal64 (batchOf 2 shape) "x"
                    let weights = normal64 (batchOf 2 shape) "weights"
                    let f parameters = (network.Apply parameters x (noiseLabel 2) * weights).sum()
                    let gradient = dsharp.grad f parameters

                    for i in 0..2 do
                        let direction = (Key.normal Dtype.Float64 [| 1; gradient.nelement |] (Key.child i key)).view -1
                        let slope = slopeAlong 1e-6 f parameters direction
                        let found = single ((gradient * direction).sum())
                        Expect.floatClose { absolute = 1e-6; relative = 1e-6 } found slope $"direction {i}")

                testCase "the noise level matters" (fun () ->
                    let field = network.Apply(busy network Dtype.Float32)
                    let x = Key.normal Dtype.Float32 (batchOf 1 shape) key
                    let low, high = field x (Batch.fill 1 -1.), field x (Batch.fill 1 1.)
                    Expect.isGreaterThan (single ((low - high).abs().max())) 1e-3 "difference")

                testCase "names are unique and shapes add up" (fun () ->
                    let names = network.Parameters |> Array.map _.Name
                    Expect.equal (Array.distinct names).Length names.Length "names"
                    Expect.equal (Network.init network key).shape [| Network.count network |] "length")
            ]

        for network, plain, shape in conditional do
            testCase $"{network.Network.Name} is told a class of each sample on %A{List.ofArray shape}" (fun () ->
                Expect.equal
                    [ for p in network.Network.Parameters -> p.Name, p.Shape ]
                    [
                        for p in plain.Parameters do
                            p.Name, p.Shape

                            if p.Name = "embedding.2.bias" then
                                "embedding.class", [| network.Classes + 1; 6 |]
                    ]
                    "the parameters of the plain network, and a vector for each class and for none"

                let parameters = busy network.Network Dtype.Float64
                let x = normal64 (batchOf 1 shape) "conditional"
                let at (label: int option) = network.ApplyLabelled parameters [| label |] x (noiseLabel 1)
                let labels = [ None; Some 0; Some 1; Some 2 ]
                let outputs = labels |> List.map (at >> values)
                Expect.equal (List.distinct outputs).Length 4 "each label has an output of its own"
                allClose rounding64 (network.Network.Apply parameters x (noiseLabel 1)) (at None) "without labels"

                // The same sample four times, each with its own label: rows do not depend on each other.
                let four = x.expand (batchOf 4 shape)
                let c = Batch.ofArray (Array.create 4 (single (noiseLabel 1)))
                let together = network.ApplyLabelled parameters (Array.ofList labels) four c

                Array.zip (values together) (Array.concat outputs)
                |> Array.iter (fun (a, e) -> Expect.floatClose rounding64 a e "in a batch")

                throwsArgument (fun () -> at (Some 3)) "no such class"

                throwsArgument
                    (fun () -> network.ApplyLabelled parameters [| None; None |] x (noiseLabel 1))
                    "two labels")

        testCase "the standard network is the measured config's, to the parameter" (fun () ->
            Expect.equal (Network.count (Unet.create Unet.standard)) 1319236 "parameters")

        testCase "a number of parameters never wraps, and parts may be as many as memory holds" (fun () ->
            let network = Mlp.create { Dimension = 2; Width = 46341; Layers = 2; Embedding = 2 }
            throwsArgument (fun () -> Network.count network) "46,341 squared is beyond 2^31"
            let many = Layer.list [ for _ in 1..500_000 -> Layer.value () ]
            Expect.hasLength (many.Bind [||] 0) 500_000 "no deeper than one part")

        testCase "a tensor's first numbers depend on its name, not on its neighbours" (fun () ->
            let find (network: Network) =
                let parameters = Network.unflatten network.Parameters (Network.init network key)
                values parameters[network.Parameters |> Array.findIndex (fun p -> p.Name = "stem.weight")]

            Expect.equal (find (Unet.create tiny)) (find (Unet.create { tiny with Blocks = 2 })) "stem")

        testCase "initial values are PyTorch's: uniform on ±1/√(fan in)" (fun () ->
            let network = Mlp.create { Dimension = 2; Width = 64; Layers = 2; Embedding = 8 }
            let tensors = Network.unflatten network.Parameters (Network.init network key)

            let weights =
                values tensors[network.Parameters |> Array.findIndex (fun p -> p.Name = "layers.1.weight")]

            Expect.isTrue (weights |> Array.forall (fun w -> abs w <= 0.125)) "bound"
            // A uniform distribution's variance is bound²/3; 4096 values.
            Expect.floatClose { absolute = 0.; relative = 0.06 } (variance weights) (0.125 * 0.125 / 3.) "variance")

        testCase "wrong shapes are refused, with what was expected and found" (fun () ->
            let unet = Unet.create tiny

            let apply shape =
                unet.Apply (Network.init unet key) (Key.normal Dtype.Float32 shape key) (noiseLabel shape[0])

            throwsArgument (fun () -> apply [| 1; 2; 4; 4 |]) "channels"
            throwsArgument (fun () -> apply [| 1; 1; 5; 4 |]) "height"
            throwsArgument (fun () -> apply [| 1; 16 |]) "rank"
            throwsArgument (fun () -> unet.Apply(Batch.fill 3 0.)) "parameters"
            throwsArgument (fun () -> Unet.create { tiny with GroupSize = 3 }) "groups"
            throwsArgument (fun () -> Unet.create { tiny with Widths = [] }) "widths"
            throwsArgument (fun () -> Mlp.create { Dimension = 2; Width = 0; Layers = 1; Embedding = 2 }) "width")

        testCase "EDM's preconditioning is its table: skip, output and input scales" (fun () ->
            let x, sigma = normal64 [| 3; 2 |] "x", [| 0.01; 0.5; 20. |]
            let mutable seen = None

            let (Denoiser denoise) =
                Preconditioning.edm 0.5 (fun x c ->
                    seen <- Some(values x, Batch.toArray c)
                    x.onesLike ())

            let out = values (denoise x (Batch.ofArray sigma))
            let x = values x

            for i in 0..5 do
                let s = sigma[i / 2]
                let total = s * s + 0.25

                match seen with
                | Some(scaled, c) ->
                    Expect.floatClose rounding64 scaled[i] (x[i] / sqrt total) "input"
                    Expect.floatClose rounding64 c[i / 2] (log s / 4.) "label"
                | None -> failtest "the network was not called"

                Expect.floatClose rounding64 out[i] (0.25 / total * x[i] + s * 0.5 / sqrt total) "output")

        for name, form, label in
            [
                "NCSN++'s form tells the network σ", Preconditioning.overSigma, (fun sigma -> log sigma / 4.)
                "NCSNv2's does not", Preconditioning.ncsnv2, (fun _ -> 0.)
            ] do
            testCase $"{name}, and divides its output by σ: s = F/σ" (fun () ->
                let sde = Sde.ve 0.01 50.
                let mutable told = [||]

                let raw: Field =
                    fun x c ->
                        told <- values c
                        (x * 2.).sin() + Batch.scale c x

                let x, t = normal64 [| 3; 2 |] "x", Batch.ofArray [| 0.2; 0.5; 0.9 |]
                let sigma = Sde.coefficient sde t _.Sigma
                let expected = raw x (Batch.ofArray (values sigma |> Array.map label)) |> Batch.divide sigma
                let found = Score.apply (form raw |> Score.ofDenoiser sde) x t
                allClose { absolute = 1e-10; relative = 1e-8 } found expected "score"

                for c, sigma in Array.zip told (values sigma) do
                    Expect.floatClose rounding64 c (label sigma) "what the network is told")

        testList "primitives" [
            let image = normal64 [| 2; 4; 4; 4 |] "image"
            let weight, bias = normal64 [| 4 |] "weight", normal64 [| 4 |] "bias"
            let filters, offsets = normal64 [| 3; 4; 3; 3 |] "filters", normal64 [| 3 |] "offsets"
            let rows, matrix = normal64 [| 5; 6 |] "rows", normal64 [| 3; 6 |] "matrix"
            let pairs, factors = normal64 [| 2; 4 |] "pairs", normal64 [| 2 |] "factors"
            let mask = image.gt (image.zerosLike ())

            let twin name arguments fast composed call =
                name, arguments, (call fast: Tensor list -> Tensor), call composed

            let twins = [
                twin "silu" [ image ] Primitives.silu Reference.silu (fun f xs -> f xs[0])
                twin "groupNorm, affine" [ image; weight; bias ] Primitives.groupNorm Reference.groupNorm (fun f xs ->
                    f 2 (Some(xs[1], xs[2])) 1e-5 xs[0])
                twin "groupNorm" [ image ] Primitives.groupNorm Reference.groupNorm (fun f xs -> f 2 None 1e-5 xs[0])
                let all = [ image; weight; bias; pairs; pairs * 0.3 ]

                twin "normalise" all Primitives.normalise Reference.normalise (fun f xs ->
                    f 2 (Some(xs[1], xs[2])) (Some(xs[3], xs[4])) 1e-5 true xs[0])

                let all = [ image; filters; offsets; normal64 [| 2; 3; 4; 4 |] "residual" ]

                twin "conv2dAdd" all Primitives.conv2dAdd Reference.conv2dAdd (fun f xs ->
                    f 1 1 xs[1] xs[2] xs[3] xs[0])

                twin "norm" [ rows ] Primitives.norm Reference.norm (fun f xs -> f xs[0])

                twin "axpby" [ rows; rows * 2. + 1. ] Primitives.axpby Reference.axpby (fun f xs ->
                    f 0.3 xs[0] -2. xs[1])

                twin "upsampleNearest2x" [ image ] Primitives.upsampleNearest2x Reference.upsampleNearest2x (fun f xs ->
                    f xs[0])

                twin "where" [ image; image * 2. ] Primitives.where Reference.where (fun f xs -> f mask xs[0] xs[1])

                twin "conv2d" [ image; filters; offsets ] Primitives.conv2d Reference.conv2d (fun f xs ->
                    f 2 1 xs[1] xs[2] xs[0])

                twin "linear" [ rows; matrix; offsets ] Primitives.linear Reference.linear (fun f xs ->
                    f xs[1] xs[2] xs[0])

                let all = [ rows; matrix; offsets; normal64 [| 2; 3 |] "head"; normal64 [| 2 |] "head bias" ]

                twin "perceptron" all Primitives.mlp Reference.mlp (fun f xs ->
                    f None [ xs[1], xs[2] ] (Some(xs[3], xs[4])) xs[0])

                let film = [ normal64 [| 5; 4 |] "condition"; normal64 [| 6; 4 |] "film"; normal64 [| 6 |] "films" ]
                let all = [ rows; matrix; offsets ] @ film

                twin "perceptron, modulated" all Primitives.mlp Reference.mlp (fun f xs ->
                    f (Some(xs[3], xs[4], xs[5])) [ xs[1], xs[2] ] None xs[0])

                twin "scaleEach" [ factors; image ] Primitives.scaleEach Reference.scaleEach (fun f xs -> f xs[0] xs[1])

                twin "divideEach" [ factors; image ] Primitives.divideEach Reference.divideEach (fun f xs ->
                    f xs[0] xs[1])

                let all = [ factors; image; normal64 [| 2 |] "other factors"; image * 0.3 - 0.1 ]

                twin "combineEach" all Primitives.combineEach Reference.combineEach (fun f xs ->
                    f xs[0] xs[1] xs[2] xs[3])

                twin "fourier" [ normal64 [| 6 |] "labels" ] Primitives.fourier Reference.fourier (fun f xs ->
                    f (normal64 [| 3 |] "rates") xs[0])

                twin "gradWithAux" [ rows ] Primitives.gradWithAux Reference.gradWithAux (fun f xs ->
                    let struct (gradient, beside) =
                        f (fun x -> struct ((x * x * xs[0]).sum(), [ x.noDiff () * 2. ])) rows

                    gradient + beside.Head)

                twin "dotEach" [ image; image * 0.3 - 0.1 ] Primitives.dotEach Reference.dotEach (fun f xs ->
                    f xs[0] xs[1])

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
    ]
