module Core.Tests.NetworksTests

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

/// The shapes of the two kinds of samples that a member of the table takes.
let private taken (design: NetworkDesign) = [
    for shape in shapes do
        try
            design.Create shape |> ignore
            shape
        with :? ArgumentException ->
            ()
]

/// Every network of the table, and small ones that differ from it in each of their sizes.
let networks: (Network * int[]) list = [
    for one in Networks.table.Members do
        let design = Member.makeDefault one

        for shape in taken design do
            design.Create shape, shape

            match design.Conditional with
            | Some create -> (create 3 shape).Network, shape
            | None -> ()

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

/// Parameters none of which is zero, so that every path counts, and which keep the size of what passes through.
let busy (network: Network) dtype =
    let count = Network.count network
    let noise = (Key.normal dtype [| 1; count |] (Key.label "busy" key)).view [| count |]
    (Network.init network key).cast dtype + noise * 0.1

let noiseLabel (n: int) = Batch.ofArray (Array.init n (fun i -> 0.25 * log (0.05 * float (i + 1))))

let title (network: Network, shape: int[]) = $"{network.Name} on %A{List.ofArray shape}"

/// A network that is told one of three classes: each has an output of its own, whatever the batch.
let private labelled (network: ConditionalNetwork) shape =
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

    throwsArgument (fun () -> network.ApplyLabelled parameters [| None; None |] x (noiseLabel 1)) "two labels"

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
                        // As long for a large network as for a small one.
                        let direction = direction * (20. / sqrt (float gradient.nelement))
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

        for one in Networks.table.Members do
            let design = Member.makeDefault one

            testCase $"{one.Name} takes samples of some shape, and estimates its memory for them" (fun () ->
                Expect.isNonEmpty (taken design) "shapes"

                for shape in taken design do
                    let activations = design.Activations shape
                    Expect.isTrue (Double.IsFinite activations && activations > 0.) $"%A{List.ofArray shape}")

            match design.Conditional with
            | None -> ()
            | Some create ->
                for shape in taken design do
                    testCase $"{one.Name} is told a class of each sample on %A{List.ofArray shape}" (fun () ->
                        let told, plain = create 3 shape, design.Create shape
                        Expect.equal told.Classes 3 "classes"
                        let known = [ for p in told.Network.Parameters -> p.Name, p.Shape ]
                        Expect.containsAll known [ for p in plain.Parameters -> p.Name, p.Shape ] "the plain network's"
                        labelled told shape)

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

                labelled network shape)

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

    ]
