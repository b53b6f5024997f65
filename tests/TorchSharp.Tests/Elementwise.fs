/// Every elementwise function against .NET's own mathematics and its derivatives against central differences.
module TorchSharp.Tests.Elementwise

open System
open Expecto
open TorchSharp
open TorchSharp.Tests.Common

/// The function, its value by other means, and the interval on which it is tried.
let private unary: (string * (Tensor -> Tensor) * (float -> float) * (float * float)) list = [
    "abs", torch.abs, abs, (0.1, 2.0)
    "neg", torch.neg, (~-), (-2.0, 2.0)
    "square", torch.square, (fun x -> x * x), (-2.0, 2.0)
    "exp", torch.exp, exp, (-2.0, 2.0)
    "exp2", torch.exp2, (fun x -> 2.0 ** x), (-2.0, 2.0)
    "expm1", torch.expm1, (fun x -> exp x - 1.0), (-2.0, 2.0)
    "log", torch.log, log, (0.1, 3.0)
    "log2", torch.log2, Math.Log2, (0.1, 3.0)
    "log10", torch.log10, log10, (0.1, 3.0)
    "log1p", torch.log1p, (fun x -> log (1.0 + x)), (-0.5, 3.0)
    "sqrt", torch.sqrt, sqrt, (0.1, 3.0)
    "rsqrt", torch.rsqrt, (fun x -> 1.0 / sqrt x), (0.1, 3.0)
    "reciprocal", torch.reciprocal, (fun x -> 1.0 / x), (0.1, 3.0)
    "sin", torch.sin, sin, (-2.0, 2.0)
    "cos", torch.cos, cos, (-2.0, 2.0)
    "tan", torch.tan, tan, (-1.0, 1.0)
    "asin", torch.asin, asin, (-0.9, 0.9)
    "acos", torch.acos, acos, (-0.9, 0.9)
    "atan", torch.atan, atan, (-2.0, 2.0)
    "sinh", torch.sinh, sinh, (-2.0, 2.0)
    "cosh", torch.cosh, cosh, (-2.0, 2.0)
    "tanh", torch.tanh, tanh, (-2.0, 2.0)
    "asinh", torch.asinh, Math.Asinh, (-2.0, 2.0)
    "acosh", torch.acosh, Math.Acosh, (1.2, 3.0)
    "atanh", torch.atanh, Math.Atanh, (-0.9, 0.9)
    "sigmoid", torch.sigmoid, (fun x -> 1.0 / (1.0 + exp -x)), (-3.0, 3.0)
    "silu", (fun x -> torch.nn.functional.silu x), (fun x -> x / (1.0 + exp -x)), (-3.0, 3.0)
    "relu", (fun x -> torch.nn.functional.relu x), max 0.0, (-3.1, 2.9)
    "softplus", (fun x -> torch.nn.functional.softplus x), (fun x -> log (1.0 + exp x)), (-3.0, 3.0)
    "log_sigmoid", (fun x -> x.log_sigmoid ()), (fun x -> -log(1.0 + exp -x)), (-3.0, 3.0)
    "leaky_relu", (fun x -> torch.nn.functional.leaky_relu x), (fun x -> max x (0.01 * x)), (-3.1, 2.9)
    "elu",
    (fun x -> torch.nn.functional.elu (x, 0.7)),
    (fun x -> if x > 0.0 then x else 0.7 * (exp x - 1.0)),
    (-3.1, 2.9)
    "clamp", (fun x -> x.clamp (number -1.0, number 0.5)), (fun x -> min 0.5 (max -1.0 x)), (-3.1, 2.9)
    "pow with a number", (fun x -> x.pow (number 3.0)), (fun x -> x ** 3.0), (-2.0, 2.0)
]

/// Functions that are constant between their steps.
let private steps: (string * (Tensor -> Tensor) * (float -> float)) list = [
    "sign", torch.sign, (fun x -> float (sign x))
    "floor", torch.floor, floor
    "ceil", torch.ceil, ceil
    "trunc", torch.trunc, truncate
    "round", (fun x -> torch.round x), round
]

let private binary: (string * (Tensor * Tensor -> Tensor) * (float -> float -> float)) list = [
    "add", torch.add, (+)
    "sub", torch.sub, (-)
    "mul", torch.mul, (*)
    "div", (fun (x, y) -> torch.div (x, y)), (/)
    "pow", torch.pow, ( ** )
    "fmod", torch.fmod, (fun x y -> x % y)
    "atan2", torch.atan2, atan2
    "maximum", torch.maximum, max
    "minimum", torch.minimum, min
    "hypot", torch.hypot, (fun x y -> sqrt (x * x + y * y))
    "logaddexp", torch.logaddexp, (fun x y -> log (exp x + exp y))
]

let private difference f x = (f (x + 1e-5) - f (x - 1e-5)) / 2e-5

/// The erf function has no counterpart in .NET: values from Abramowitz & Stegun, table 7.1.
let private erfTable = [ 0.0, 0.0; 0.5, 0.5204998778; 1.0, 0.8427007929; 1.5, 0.9661051465; 2.0, 0.9953222650 ]

[<Tests>]
let tests =
    testList "elementwise" [
        for name, operation, expected, (low, high) in unary do
            testCase $"{name}: values" (fun () ->
                let points = spread 11 low high
                close (values (operation (vector points))) (List.map expected points) name)

            testCase $"{name}: first derivative" (fun () ->
                let points = spread 11 low high
                let x = (vector points).requires_grad_()
                let gradient = torch.autograd.grad([| (operation x).sum() |], [| x |])[0]
                closeWith centralDifference (values gradient) (points |> List.map (difference expected)) name)

            testCase $"{name}: second derivative" (fun () ->
                let points = spread 11 low high
                let x = (vector points).requires_grad_()

                let first (x: Tensor) = torch.autograd.grad([| (operation x).sum() |], [| x |], create_graph = true)[0]

                let gradientAt point =
                    let x = (vector [ point ]).requires_grad_()
                    (first x).``double``().item<float>()

                let second =
                    let gradient = first x

                    if gradient.requires_grad then
                        match torch.autograd.grad([| gradient.sum () |], [| x |], allow_unused = true)[0] with
                        | null -> torch.zeros_like x
                        | second -> second
                    else
                        torch.zeros_like x

                closeWith centralDifference (values second) (points |> List.map (difference gradientAt)) name)

        for name, operation, expected in steps do
            testCase $"{name}: values" (fun () ->
                let points = spread 12 -2.6 2.6
                close (values (operation (vector points))) (List.map expected points) name)

        for name, operation, expected in binary do
            testCase $"{name}: values, broadcast" (fun () ->
                let left, right = spread 3 0.3 2.7, spread 4 0.4 1.9
                let result = operation ((vector left).unsqueeze 1, vector right)
                hasShape result [ 3L; 4L ] name

                close
                    (values result)
                    (List.map2 expected (List.collect (List.replicate 4) left) (List.concat (List.replicate 3 right)))
                    name)

        testCase "round takes ties to even" (fun () ->
            close (values (torch.round (vector [ 0.5; 1.5; 2.5; -0.5 ]))) [ 0.0; 2.0; 2.0; 0.0 ] "round")

        testCase "erf matches the published table" (fun () ->
            let points, expected = List.unzip erfTable
            closeWith { absolute = 1e-10; relative = 0.0 } (values (torch.erf (vector points))) expected "erf")

        testCase "erfinv undoes erf" (fun () ->
            let points = spread 9 -1.5 1.5
            closeWith Accuracy.high (values ((torch.erf (vector points)).erfinv())) points "erfinv")

        testCase "operators equal their functions" (fun () ->
            let x, y = vector [ 1.0; -2.0; 3.5 ], vector [ 2.0; 0.5; -1.5 ]

            for name, actual, expected in
                [
                    "x + y", x + y, x.add y
                    "x - y", x - y, x.sub y
                    "x * y", x * y, x.mul y
                    "x / y", x / y, x.div y
                    "x % y", x % y, x.remainder y
                    "2 - x", 2.0 - x, (x.neg ()).add(number 2.0)
                    "2 / x", 2.0 / x, (x.reciprocal ()).mul(number 2.0)
                    "x + 2", x + 2.0, x.add (number 2.0)
                    "2 * x", 2.0 * x, x.mul (number 2.0)
                    "-x", -x, x.neg ()
                ] do
                close (values actual) (values expected) name)

        testCase "remainder has the sign of the divisor, fmod of the dividend" (fun () ->
            let x, y = vector [ 5.0; -5.0; 5.0; -5.0 ], vector [ 3.0; 3.0; -3.0; -3.0 ]
            close (values (x.remainder y)) [ 2.0; 1.0; -1.0; -2.0 ] "remainder"
            close (values (x.fmod y)) [ 2.0; -2.0; 2.0; -2.0 ] "fmod")

        testCase "division rounds as asked" (fun () ->
            let x = vector [ 7.0; -7.0 ]
            close (values (x.div (number 2.0, torch.RoundingMode.trunc))) [ 3.0; -3.0 ] "trunc"
            close (values (x.div (number 2.0, torch.RoundingMode.floor))) [ 3.0; -4.0 ] "floor"
            close (values (torch.floor_divide (x, vector [ 2.0 ]))) [ 3.0; -4.0 ] "floor_divide")

        testCase "comparisons give truth values" (fun () ->
            let x, y = vector [ 1.0; 2.0; 3.0 ], vector [ 2.0; 2.0; 2.0 ]

            for name, result, expected in
                [
                    "eq", x.eq y, [ false; true; false ]
                    "ne", x.ne y, [ true; false; true ]
                    "lt", x.lt y, [ true; false; false ]
                    "le", x.le y, [ true; true; false ]
                    "gt", x.gt y, [ false; false; true ]
                    "ge", x.ge y, [ false; true; true ]
                    "eq with a number", x.eq (number 2.0), [ false; true; false ]
                ] do
                Expect.equal result.dtype torch.ScalarType.Bool name
                Expect.equal (List.ofArray (result.data<bool>().ToArray())) expected name)

        testCase "tests for numbers that are none" (fun () ->
            let x = vector [ 1.0; nan; infinity; -infinity ]
            let truths (t: Tensor) = List.ofArray (t.data<bool>().ToArray())
            Expect.equal (truths (x.isnan ())) [ false; true; false; false ] "isnan"
            Expect.equal (truths (x.isinf ())) [ false; false; true; true ] "isinf"
            Expect.equal (truths (x.isfinite ())) [ true; false; false; false ] "isfinite"
            close (values (x.nan_to_num (0.5, 9.0, -9.0))) [ 1.0; 0.5; 9.0; -9.0 ] "nan_to_num")

        testCase "where, lerp, addcmul and addcdiv" (fun () ->
            let x, y = vector [ 1.0; 2.0; 3.0 ], vector [ 10.0; 20.0; 30.0 ]
            close (values (torch.where (x.gt (number 1.5), x, y))) [ 10.0; 2.0; 3.0 ] "where"
            close (values (torch.lerp (x, y, vector [ 0.5; 0.5; 0.0 ]))) [ 5.5; 11.0; 3.0 ] "lerp"
            close (values (torch.addcmul (x, y, x, 2.0))) [ 21.0; 82.0; 183.0 ] "addcmul"
            close (values (torch.addcdiv (x, y, x, 0.1))) [ 2.0; 3.0; 4.0 ] "addcdiv")

        testCase "in-place operations change the tensor and return it" (fun () ->
            let x = vector [ 1.0; 2.0 ]
            Expect.isTrue (Object.ReferenceEquals(x.add_ (vector [ 1.0; 1.0 ], 3.0), x)) "add_ returns its tensor"
            close (values x) [ 4.0; 5.0 ] "add_"
            x.mul_ (number 2.0) |> ignore
            close (values x) [ 8.0; 10.0 ] "mul_"
            x.addcmul_ (vector [ 1.0; 2.0 ], vector [ 3.0; 4.0 ], 0.5) |> ignore
            close (values x) [ 9.5; 14.0 ] "addcmul_"
            x.addcdiv_ (vector [ 1.0; 2.0 ], vector [ 2.0; 4.0 ], -1.0) |> ignore
            close (values x) [ 9.0; 13.5 ] "addcdiv_"
            x.copy_ (vector [ 3.0 ]) |> ignore
            close (values x) [ 3.0; 3.0 ] "copy_"
            x.fill_ 7.0 |> ignore
            close (values x) [ 7.0; 7.0 ] "fill_"
            x.zero_ () |> ignore
            close (values x) [ 0.0; 0.0 ] "zero_")
    ]
