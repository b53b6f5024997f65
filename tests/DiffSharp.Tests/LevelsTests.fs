/// Derivatives within derivatives, from the literature on perturbation confusion and nested optimisation.
module DiffSharp.Tests.LevelsTests

open DiffSharp
open DiffSharp.Tests.Tensors
open Expecto

let private number (t: Tensor) = t.toDouble ()

let private near (expected: float) (actual: Tensor) what =
    Expect.floatClose { absolute = 1e-9; relative = 1e-9 } (number actual) expected what

/// The derivative in each mode, of functions of a scalar.
let private modes = [
    "forward", (fun (f: Tensor -> Tensor) (x: Tensor) -> snd (dsharp.evalForwardDiff f x (x.onesLike ())))
    "reverse",
    (fun f x ->
        let y, pull = dsharp.evalReverseDiff f x
        pull (y.onesLike ()))
]

let private pairs = List.allPairs modes modes

/// Siskind and Pearlmutter, "Perturbation confusion and referential transparency" (2005), section 1: the derivative of
/// x d/dy (x + y) is 1; a system that mistakes the inner perturbation for the outer one gives 2.
let private confusion =
    pairs
    |> List.map (fun ((outerName, outer), (innerName, inner)) ->
        testCase $"{innerName} in {outerName}" (fun () ->
            let d = outer (fun x -> x * inner (fun y -> x + y) (scalar 1.0)) (scalar 1.0)
            near 1.0 d "d/dx x d/dy (x + y)"
            let d = outer (fun x -> x * inner (fun y -> x * y) (scalar 2.0)) (scalar 3.0)
            near 6.0 d "d/dx x d/dy (x y)"
            let d = outer (fun x -> inner (fun y -> x * x * y * y * y) x) (scalar 2.0)
            near (3.0 * 4.0 * 8.0) d "d/dx (d/dy x² y³ at y = x) = d/dx 3 x⁴"))

let private tanhDerivatives =
    // By repeated differentiation of tanh' = 1 - tanh².
    let t = tanh 0.7
    let s = 1.0 - t * t

    [ t; s; -2.0 * t * s; s * (6.0 * t * t - 2.0); s * t * (16.0 - 24.0 * t * t) ]

let private rosenbrock (x: Tensor) (y: Tensor) = (1. - x) ** 2 + 100. * (y - x ** 2) ** 2

/// Gradient descent, the inner loop of nested optimisation.
let private minimise (rate: float) (steps: int) (f: Tensor -> Tensor) (start: Tensor) =
    let mutable x = start

    for _ in 1..steps do
        x <- x - rate * dsharp.grad f x

    x

[<Tests>]
let tests =
    testList "nesting" [
        testList "perturbation confusion" confusion

        testCase "a derivative does not see a variable captured from outside" (fun () ->
            for name, d in modes do
                let result = d (fun x -> d (fun (_: Tensor) -> x * x) (scalar 5.0)) (scalar 3.0)
                near 0.0 result name)

        testCase "a derivative of a constant is zero, of the shape of the argument" (fun () ->
            let x = vector [ 1.0; 2.0 ]
            let _, pull = dsharp.evalReverseDiff (fun _ -> vector [ 3.0 ]) x
            Expect.equal (pull (vector [ 1.0 ])) (vector [ 0.0; 0.0 ]) "reverse"
            let _, change = dsharp.evalForwardDiff (fun _ -> vector [ 3.0 ]) x x
            Expect.equal change (vector [ 0.0 ]) "forward")

        testCase "the fourth derivative of tanh in every nesting of modes" (fun () ->
            let rec orders n =
                if n = 0 then
                    [ ("", id) ]
                else
                    [
                        for name, d in modes do
                            for names, rest in orders (n - 1) -> name + " " + names, (fun f -> d (rest f))
                    ]

            for n in 0..4 do
                for name, d in orders n do
                    near tanhDerivatives.[n] (d dsharp.tanh (scalar 0.7)) $"{name} order {n}")

        testCase "evalForwardDiffs gives all orders at once" (fun () ->
            let x = scalar 0.7
            let all = dsharp.evalForwardDiffs dsharp.tanh x (Array.create 4 (x.onesLike ()))
            Expect.equal all.Length 5 "count"
            List.iteri (fun n expected -> near expected all.[n] $"order {n}") tanhDerivatives)

        testCase "evalForwardDiffs takes a direction of its own for each order" (fun () ->
            // f = x₀² x₁; along e₀ then e₁: 2 x₀.
            let f (x: Tensor) = x.[0] * x.[0] * x.[1]
            let all = dsharp.evalForwardDiffs f (vector [ 3.0; 5.0 ]) [| vector [ 1.0; 0.0 ]; vector [ 0.0; 1.0 ] |]
            near 45.0 all.[0] "f"
            near 30.0 all.[1] "first"
            near 6.0 all.[2] "second")

        testCase "the minimum over x of the maximum over y of a saddle" (fun () ->
            // Siskind and Pearlmutter (2008), section 3, pose nested optimisation with derivatives at both levels.
            // x² + x y - y² + 2 x: the inner maximum is at y = x / 2, leaving 5/4 x² + 2 x, least at x = -0.8.
            let inner (x: Tensor) = minimise 0.4 60 (fun y -> -(x * x + x * y - y * y + 2. * x)) (scalar 0.0)

            let outer (x: Tensor) =
                let y = inner x
                x * x + x * y - y * y + 2. * x

            let best = minimise 0.3 60 outer (scalar 1.0)
            Expect.floatClose { absolute = 1e-6; relative = 0.0 } (number best) -0.8 "x"
            Expect.floatClose { absolute = 1e-6; relative = 0.0 } (number (inner best)) -0.4 "y")

        testCase "the derivative of an optimum follows the parameter" (fun () ->
            // argmin over y of (y - p²)² is p²; its derivative is 2 p.
            let argmin (p: Tensor) = minimise 0.25 60 (fun y -> (y - p * p) ** 2) (scalar 0.0)

            for name, d in modes do
                Expect.floatClose { absolute = 1e-8; relative = 0.0 } (number (d argmin (scalar 1.5))) 3.0 name)

        testCase "Newton's method on the Rosenbrock function through its own derivatives" (fun () ->
            let f (x: Tensor) = rosenbrock x.[0] x.[1]
            let mutable x = vector [ -1.2; 1.0 ]

            for _ in 1..8 do
                let g, h = dsharp.gradhessian f x
                x <- x - dsharp.solve (h, g)

            near 1.0 x.[0] "x"
            near 1.0 x.[1] "y")

        testCase "a cotangent that depends on the outer variable is differentiated" (fun () ->
            // d/dx (x² · cotangent x) = d/dx 2 y x at y = 4, that is 8.
            for name, d in modes do
                let result =
                    d
                        (fun x ->
                            let _, pull = dsharp.evalReverseDiff (fun y -> y * y) (scalar 4.0)
                            pull x)
                        (scalar 3.0)

                near 8.0 result name)

        testCase "a direction that depends on the outer variable is differentiated" (fun () ->
            for name, d in modes do
                let result =
                    d (fun x -> snd (dsharp.evalForwardDiff (fun y -> y * y * y) (scalar 2.0) (x * x))) (scalar 3.0)

                near 72.0 result name)

        testCase "differentiation works where recording is switched off around it" (fun () ->
            let result = Engine.noGrad (fun () -> dsharp.grad (fun x -> (x * x).sum()) (vector [ 1.0; 2.0 ]))
            Expect.equal result (vector [ 2.0; 4.0 ]) "gradient"
            let result = Engine.noGrad (fun () -> dsharp.diff2 (fun x -> x * x * x) (scalar 2.0))
            near 12.0 result "second derivative")
    ]
