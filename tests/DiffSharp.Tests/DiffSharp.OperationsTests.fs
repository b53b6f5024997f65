/// Every operation of the table is held to its value, its first and its second derivative, in every mode.
module DiffSharp.Tests.DiffSharpOperationsTests

open DiffSharp
open DiffSharp.Tests.Operation
open DiffSharp.Tests.Tensors
open Expecto

let table = Elementwise.all @ Shaping.all @ Networks.all

/// Values agree with plain arithmetic to a few rounding errors of sums of tens of terms.
let private valueTolerance = 1e-11

/// Central differences of step 1e-5 are off by about 1e-10 of truncation and 1e-11 of rounding, times derivatives of
/// higher order, which here stay below a thousand.
let private differenceTolerance = 2e-6

let private step = 1e-5

let private tensorOf (shape: int list) (values: float[]) = dsharp.tensor(values, dtype = Dtype.Float64).view shape

let private values (t: Tensor) = t.noDiff().view(-1).toArray1D<float>()

let private expectClose (tolerance: float) (expected: float[]) (actual: float[]) what =
    Expect.equal actual.Length expected.Length $"{what}: count"
    let scale = 1.0 + (expected |> Array.fold (fun m v -> max m (abs v)) 0.0)

    Array.iteri2
        (fun i e a -> Expect.isTrue (abs (e - a) <= tolerance * scale) $"{what}, element {i}: expected {e}, found {a}")
        expected
        actual

/// (f(x + h v) - f(x - h v)) / 2h.
let private central (f: Tensor -> Tensor) (x: Tensor) (v: Tensor) =
    values ((f (x + v * step) - f (x - v * step)) / (2.0 * step))

let private direction (shape: int list) = tensorOf shape (spread -1.0 1.0 (sizeOf shape) |> Array.rev)

let private tests (operation: Operation) =
    let x = tensorOf operation.Shape operation.Input
    let f = operation.Apply
    let v = direction operation.Shape

    /// A cotangent with no zeros, of the shape of the result.
    let w = lazy (direction (shapeOf (f x)) + 1.3)
    let gradient y = snd (dsharp.evalReverseDiff f y) w.Value
    let along y = snd (dsharp.evalForwardDiff f y v)

    testList operation.Name [
        testCase "value" (fun () -> expectClose valueTolerance (operation.Value operation.Input) (values (f x)) "value")

        testCase "first derivative, forward" (fun () ->
            let value, change = dsharp.evalForwardDiff f x v
            expectClose valueTolerance (values (f x)) (values value) "value beside the derivative"
            expectClose differenceTolerance (central f x v) (values change) "derivative"
            Expect.equal (shapeOf change) (shapeOf (f x)) "shape")

        testCase "first derivative, reverse" (fun () ->
            let value, pull = dsharp.evalReverseDiff f x
            expectClose valueTolerance (values (f x)) (values value) "value beside the derivative"
            let g = pull w.Value
            let expected = Array.sum (Array.map2 (*) (central f x v) (values w.Value))
            let actual = Array.sum (Array.map2 (*) (values g) (values v))
            expectClose differenceTolerance [| expected |] [| actual |] "derivative"
            Expect.equal (shapeOf g) operation.Shape "shape")

        testCase "second derivative, forward over reverse" (fun () ->
            let _, change = dsharp.evalForwardDiff gradient x v
            expectClose differenceTolerance (central gradient x v) (values change) "derivative")

        testCase "second derivative, reverse over reverse" (fun () ->
            let _, pull = dsharp.evalReverseDiff gradient x
            expectClose differenceTolerance (central gradient x v) (values (pull v)) "derivative")

        testCase "second derivative, reverse over forward" (fun () ->
            let _, pull = dsharp.evalReverseDiff along x
            expectClose differenceTolerance (central gradient x v) (values (pull w.Value)) "derivative")

        testCase "second derivative, forward over forward" (fun () ->
            let _, change = dsharp.evalForwardDiff along x v
            expectClose differenceTolerance (central along x v) (values change) "derivative")
    ]

/// Operations that libtorch does not compute in 16 bits on the CPU.
let private notInHalf = set [ "det"; "inv"; "solve"; "solve: batch"; "avgpool3d" ]

/// In 16 bits, values agree with plain arithmetic to a few of the type's own roundings, and there are derivatives.
let private halfTests (dtype: Dtype, rounding: float) =
    testList $"in {dtype}" [
        for operation in table do
            testCase operation.Name (fun () ->
                let x = dsharp.tensor(operation.Input, dtype = dtype).view operation.Shape

                let derivatives () =
                    let value, pull = dsharp.evalReverseDiff operation.Apply x
                    let pulled = pull (value.onesLike ())
                    Expect.equal pulled.dtype dtype "type of the derivative"
                    Expect.isFalse (pulled.hasnan ()) "derivative"

                if notInHalf.Contains operation.Name then
                    Expect.throws (fun () -> operation.Apply x |> ignore) "refused by libtorch"
                else
                    let rounded = values (x.cast Dtype.Float64)
                    expectClose (20.0 * rounding) (operation.Value rounded) (values (operation.Apply x)) "value"
                    derivatives ())
    ]

/// Operations whose results are booleans, places or text.
let private notDifferentiable =
    set ("lt gt le ge eq ne isinf isnan hasinf hasnan argmax argmin toImageString".Split ' ')

/// The operations in <c>dsharp</c>: how F# names the extension members of two modules.
let private operations =
    [ "DiffSharp.DsharpOperations"; "DiffSharp.DsharpShaping" ]
    |> List.collect (fun name ->
        match typeof<Tensor>.Assembly.GetType name with
        | null -> failtestNoStackf "Expected a module %s" name
        | found -> [
            for m in found.GetMethods() do
                if m.Name.StartsWith "dsharp." then
                    m.Name.Split('.').[1]
          ])
    |> List.distinct

[<Tests>]
let all =
    testList "operations" [
        testCase "every operation is in the table" (fun () ->
            Expect.isGreaterThan operations.Length 80 "operations found"
            let covered = table |> List.map (fun o -> o.Name.Split(':').[0]) |> set

            let missing =
                operations |> List.filter (fun o -> not (covered.Contains o || notDifferentiable.Contains o))

            Expect.isEmpty missing "operations without a row")
        yield! table |> List.map tests
        // The steps from 1 to the next number.
        yield! [ Dtype.Float16, 1.0 / 1024.0; Dtype.BFloat16, 1.0 / 128.0 ] |> List.map halfTests
    ]
