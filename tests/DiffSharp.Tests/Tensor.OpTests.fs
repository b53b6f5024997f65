/// Operations that a program defines by their values and derivatives, held to the engine's own through three derivatives.
module DiffSharp.Tests.TensorOpTests

open System
open DiffSharp
open DiffSharp.Backends
open DiffSharp.Tests.Tensors
open Expecto

type Tensor with

    member a.ownSin() =
        Tensor.Op
            {
                new UnaryOpElementwise("ownSin") with
                    member _.fRaw(a) = a.SinT()
                    member _.dfda(a, _) = a.ownCos ()
            }
            a

    member a.ownCos() : Tensor =
        Tensor.Op
            {
                new UnaryOpElementwise("ownCos") with
                    member _.fRaw(a) = a.CosT()
                    member _.dfda(a, _) = -a.ownSin()
            }
            a

    /// Its derivative is the value itself.
    member a.ownExp() =
        Tensor.Op
            {
                new UnaryOpElementwise("ownExp") with
                    member _.fRaw(a) = a.ExpT()
                    member _.dfda(_, f) = f
            }
            a

    member a.ownTranspose() =
        Tensor.Op
            {
                new UnaryOp("ownTranspose") with
                    member _.fRaw(a) = a.TransposeT2()
                    member _.ad_dfda(_, ad, _) = ad.ownTranspose ()
                    member _.fd_dfda(_, _, fd) = fd.ownTranspose ()
            }
            a

    member a.ownMul(b: Tensor) =
        Tensor.Op
            {
                new BinaryOpElementwise("ownMul") with
                    member _.fRaw(a, b) = a.MulTT b
                    member _.dfda(_, b, _) = b
                    member _.dfdb(a, _, _) = a
            }
            (a, b)

    member a.ownPow(b: Tensor) =
        Tensor.Op
            {
                new BinaryOpElementwise("ownPow") with
                    member _.fRaw(a, b) = a.PowTT b
                    member _.dfda(a, b, f) = b * f / a
                    member _.dfdb(a, _, f) = f * a.log ()
            }
            (a, b)

    member a.ownMatmul(b: Tensor) =
        Tensor.Op
            {
                new BinaryOp("ownMatmul") with
                    member _.fRaw(a, b) = a.MatMulTT b
                    member _.ad_dfda(_, ad, b, _) = ad.ownMatmul b
                    member _.bd_dfdb(a, _, bd, _) = a.ownMatmul bd
                    member _.fd_dfda(_, b, _, fd) = fd.ownMatmul (b.ownTranspose ())
                    member _.fd_dfdb(a, _, _, fd) = a.ownTranspose().ownMatmul fd
            }
            (a, b)

/// (name, with operations of one's own, with the engine's, the argument's shape).
let private pairs: (string * (Tensor -> Tensor) * (Tensor -> Tensor) * int list) list = [
    "sine", (fun x -> x.ownSin ()), (fun x -> x.sin ()), [ 2; 3 ]
    "a chain", (fun x -> (x.ownSin () * x).ownExp()), (fun x -> (x.sin () * x).exp()), [ 2; 3 ]
    "transpose",
    (fun x -> x.ownTranspose().ownExp() + x.ownTranspose ()),
    (fun x -> x.transpose().exp() + x.transpose ()),
    [ 2; 3 ]
    "product of two", (fun x -> (x.ownMul (x.ownSin ())).ownMul x), (fun x -> x * x.sin () * x), [ 4 ]
    "power", (fun x -> (x + 2.0).ownPow(x.ownSin ())), (fun x -> (x + 2.0).pow(x.sin ())), [ 4 ]
    "broadcast",
    (fun x -> x.ownMul (x.[0..0, 0..1].view([ 1; 2 ]).ownExp())),
    (fun x -> x * x.[0..0, 0..1].view([ 1; 2 ]).exp()),
    [ 3; 2 ]
    "matrices",
    (fun x -> x.ownMatmul(x.ownTranspose ()).ownSin().ownMatmul x),
    (fun x -> x.matmul(x.transpose ()).sin().matmul x),
    [ 2; 3 ]
]

let private tensorOf shape = spreadOver 0.3 1.4 shape

let private along (like: Tensor) = tensorOf (shapeOf like) - 0.8

let private forward (f: Tensor -> Tensor) (x: Tensor) = snd (dsharp.evalForwardDiff f x (along x))

let private reverse (f: Tensor -> Tensor) (x: Tensor) =
    let value, pull = dsharp.evalReverseDiff f x
    pull (along value)

let private modes = [ "forward", forward; "reverse", reverse ]

let private own (name, mine: Tensor -> Tensor, theirs: Tensor -> Tensor, shape) =
    let agree (f: (Tensor -> Tensor) -> Tensor -> Tensor) =
        let x = tensorOf shape
        let expected, actual = f theirs x, f mine x
        Expect.equal (shapeOf actual) (shapeOf expected) "shape"
        Expect.isTrue (actual.allclose (expected, 1e-10, 1e-10)) $"expected {expected}, found {actual}"

    testList name [
        testCase "value" (fun () -> agree id)

        for outer, d3 in modes do
            testCase outer (fun () -> agree d3)

            for middle, d2 in modes do
                testCase $"{outer} over {middle}" (fun () -> agree (d2 >> d3))

                for inner, d1 in modes do
                    testCase $"{outer} over {middle} over {inner}" (fun () -> agree (d1 >> d2 >> d3))
    ]

let private failing (pull: Tensor -> Tensor) (x: Tensor) =
    Tensor.Op
        {
            new UnaryOp("failing") with
                member _.fRaw(a) = a.ExpT()
                member _.ad_dfda(_, ad, _) = ad
                member _.fd_dfda(_, _, fd) = pull fd
        }
        x

let private refusals =
    let x = tensorOf [ 3 ]

    testList "refusals" [
        testCase "an exception in a derivative is raised by the derivative, and the next one works" (fun () ->
            let f = failing (fun _ -> raise (NotSupportedException "no derivative yet"))
            Expect.isTrue ((f x).allclose(x.exp ())) "value"

            for _, d in modes do
                Expect.throwsC (fun () -> d f x |> ignore) (fun error ->
                    Expect.stringContains error.Message "no derivative yet" "message"
                    Expect.isTrue (error.InnerException :? NotSupportedException) "the exception itself")

            let f (x: Tensor) = x.ownSin ()
            Expect.isTrue ((reverse f x).allclose(x.cos () * along x)) "another operation")

        testCase "a cotangent of an unsuitable shape is refused" (fun () ->
            let f = failing (fun fd -> dsharp.cat [ fd; fd ])
            refuses [ "[3]"; "[6]" ] (fun () -> reverse f x))

        testCase "a value that cannot be computed names the operation and the shapes" (fun () ->
            refuses [ "ownMatmul"; "matmul"; "[3]"; "[2; 2]" ] (fun () -> x.ownMatmul (tensorOf [ 2; 2 ])))
    ]

let private values =
    testList "values" [
        testCase "of constants nothing is recorded, and an operand that is constant has no derivative" (fun () ->
            let x, y = tensorOf [ 3 ], tensorOf [ 3 ] + 1.0
            Expect.isTrue (x.ownSin().isNoDiff) "a constant"
            let r = x.reverseDiff ()
            let product = r.ownMul y
            product.reverse (y)
            Expect.isTrue (product.isReverseDiff && y.isNoDiff) "modes"
            Expect.isTrue (r.derivative.allclose (y * y)) "derivative")

        testCase "a tensor and its raw values" (fun () ->
            let x = (tensorOf [ 2; 3 ]).reverseDiff()
            let raw = x.primalRaw
            Expect.equal (List.ofArray raw.Shape) [ 2; 3 ] "shape"
            Expect.equal (raw.GetItem(1, 2).toDouble()) (float (x.primal.[1, 2])) "an element"
            Expect.equal (Tensor.ofRawTensor raw) x.primal "back"
            Expect.isTrue (Tensor.ofRawTensor(raw).isNoDiff) "a constant"

            match raw.Handle with
            | :? TorchSharp.torch.Tensor as handle ->
                Expect.equal (Tensor.ofRawTensor (RawTensor handle)) x.primal "handle"
            | other -> failtestNoStackf "Expected a tensor of TorchSharp, found %O" other)

        testCase "a multiple of a scalar keeps the type that the scalar alone would" (fun () ->
            let whole = RawTensor(dsharp.tensor ([ 1; 2 ], dtype = Dtype.Int32))
            let sum = Tensor.ofRawTensor (whole.AddTT0(2 :> scalar, alpha = (3 :> scalar)))
            Expect.equal sum (dsharp.tensor ([ 7; 8 ], dtype = Dtype.Int32)) "whole numbers"
            let sum = Tensor.ofRawTensor (whole.AddTT0(0.5 :> scalar, alpha = (3 :> scalar)))
            Expect.equal (sum.dtype, float sum[0]) (Dtype.Default, 2.5) "a fraction")

        testCase "every operation on raw values that has a tensor's name does what the tensor's does" (fun () ->
            let x = tensorOf [ 3; 3 ]
            let raw = x.primalRaw
            let mutable compared = 0

            for m in typeof<RawTensor>.GetMethods() do
                let name = m.Name.ToLowerInvariant()
                let tensor = typeof<Tensor>.GetMethod(name.TrimEnd 't', Type.EmptyTypes)

                match tensor with
                | null -> ()
                | tensor when m.Name.EndsWith "T" && m.GetParameters().Length = 0 ->
                    compared <- compared + 1
                    let found = nonNull (m.Invoke(raw, [||])) :?> RawTensor
                    let expected = nonNull (tensor.Invoke(x, [||])) :?> Tensor
                    Expect.isTrue (Tensor.ofRawTensor(found).Equals expected || expected.hasnan ()) m.Name
                | _ -> ()

            Expect.isGreaterThan compared 15 "operations compared")
    ]

[<Tests>]
let tests = testList "own operations" ((pairs |> List.map own) @ [ refusals; values ])
