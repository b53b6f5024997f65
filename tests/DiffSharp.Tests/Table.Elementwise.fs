/// Rows for arithmetic, elementary functions and reductions.
module DiffSharp.Tests.Elementwise

open DiffSharp
open DiffSharp.Tests.Operation
open DiffSharp.Tests.Reference

let private broadcast (f: float -> float -> float) (a: Grid) (b: Grid) =
    // [2; 3] with [3].
    build [ 2; 3 ] (fun i -> f (at a i) (at b [| i.[1] |]))

let functions = [
    elementwise "neg" (-2.0, 2.0) dsharp.neg (~-)
    elementwise "sign" (0.1, 2.0) (fun x -> dsharp.sign (x - 1.0)) (fun v -> float (sign (v - 1.0)))
    elementwise "floor" (-2.0, 2.0) dsharp.floor floor
    elementwise "ceil" (-2.0, 2.0) dsharp.ceil ceil
    elementwise "round" (-2.0, 2.0) dsharp.round round
    elementwise "abs" (-2.0, 2.0) dsharp.abs abs
    elementwise "relu" (-2.0, 2.0) dsharp.relu (max 0.0)
    elementwise "leakyRelu" (-2.0, 2.0) (fun x -> dsharp.leakyRelu (x, 0.1)) (fun v -> if v > 0.0 then v else 0.1 * v)
    elementwise "sigmoid" (-3.0, 3.0) dsharp.sigmoid (fun v -> 1.0 / (1.0 + exp -v))
    elementwise "softplus" (-3.0, 3.0) dsharp.softplus (fun v -> log (1.0 + exp v))
    elementwise "exp" (-2.0, 2.0) dsharp.exp exp
    elementwise "log" (0.2, 3.0) dsharp.log log
    elementwise "safelog" (0.2, 3.0) (fun x -> dsharp.safelog (x, 0.5)) (fun v -> log (max v 0.5))
    elementwise "log10" (0.2, 3.0) dsharp.log10 log10
    elementwise "sqrt" (0.2, 3.0) dsharp.sqrt sqrt
    elementwise "sin" (-3.0, 3.0) dsharp.sin sin
    elementwise "cos" (-3.0, 3.0) dsharp.cos cos
    elementwise "tan" (-1.2, 1.2) dsharp.tan tan
    elementwise "sinh" (-2.0, 2.0) dsharp.sinh sinh
    elementwise "cosh" (-2.0, 2.0) dsharp.cosh cosh
    elementwise "tanh" (-2.0, 2.0) dsharp.tanh tanh
    elementwise "asin" (-0.9, 0.9) dsharp.asin asin
    elementwise "acos" (-0.9, 0.9) dsharp.acos acos
    elementwise "atan" (-2.0, 2.0) dsharp.atan atan
    elementwise "clamp" (-2.0, 2.0) (fun x -> dsharp.clamp (x, low = -1.0, high = 0.5)) (fun v -> min 0.5 (max -1.0 v))
    elementwise "clamp: low" (-2.0, 2.0) (fun x -> dsharp.clamp (x, low = -1.0)) (max -1.0)
    elementwise "clamp: high" (-2.0, 2.0) (fun x -> dsharp.clamp (x, high = 0.5)) (min 0.5)
]

let arithmetic = [
    elementwise "add: scalar" (-2.0, 2.0) (fun x -> x + 1.5) (fun v -> v + 1.5)
    elementwise "add: to a scalar" (-2.0, 2.0) (fun x -> 1.5 + x) (fun v -> 1.5 + v)
    elementwise "sub: scalar" (-2.0, 2.0) (fun x -> x - 1.5) (fun v -> v - 1.5)
    elementwise "sub: from a scalar" (-2.0, 2.0) (fun x -> 1.5 - x) (fun v -> 1.5 - v)
    elementwise "mul: scalar" (-2.0, 2.0) (fun x -> x * 1.5) (fun v -> v * 1.5)
    elementwise "mul: a scalar" (-2.0, 2.0) (fun x -> 1.5 * x) (fun v -> 1.5 * v)
    elementwise "div: by a scalar" (-2.0, 2.0) (fun x -> x / 1.5) (fun v -> v / 1.5)
    elementwise "div: a scalar" (0.5, 2.0) (fun x -> 1.5 / x) (fun v -> 1.5 / v)
    elementwise "pow: to an integer" (-2.0, 2.0) (fun x -> x ** 3) (fun v -> v ** 3.0)
    elementwise "pow: to a scalar" (0.5, 2.0) (fun x -> x ** 1.5) (fun v -> v ** 1.5)
    elementwise "pow: of a scalar" (-2.0, 2.0) (fun x -> Tensor.Pow(1.5, x)) (fun v -> 1.5 ** v)
    binary "add" [ 2; 3 ] [ 3 ] (-2.0, 2.0) (fun a b -> dsharp.add (a, b)) (broadcast (+))
    binary "sub" [ 2; 3 ] [ 3 ] (-2.0, 2.0) (fun a b -> dsharp.sub (a, b)) (broadcast (-))
    binary "mul" [ 2; 3 ] [ 3 ] (-2.0, 2.0) (fun a b -> dsharp.mul (a, b)) (broadcast (*))
    binary "div" [ 2; 3 ] [ 3 ] (0.5, 2.0) (fun a b -> dsharp.div (a, b)) (broadcast (/))
    binary "pow" [ 2; 3 ] [ 3 ] (0.5, 2.0) (fun a b -> dsharp.pow (a, b)) (broadcast ( ** ))
    binary "max: of two" [ 2; 3 ] [ 3 ] (-2.0, 2.0) (fun a b -> dsharp.max (a, b)) (broadcast max)
    binary "min: of two" [ 2; 3 ] [ 3 ] (-2.0, 2.0) (fun a b -> dsharp.min (a, b)) (broadcast min)
]

let private range = (-2.0, 2.0)

let private whole f = fun (values: float[]) -> [| f values |]

let private lines (sizes: int list) (dim: int) f = fun (values: float[]) -> reduce dim f (grid sizes values)

let private covariance (values: float[]) =
    let g = grid [ 2; 4 ] values
    let mean i = Array.average [| for j in 0..3 -> at g [| i; j |] |]

    build [ 2; 2 ] (fun k ->
        Array.sum [| for j in 0..3 -> (at g [| k.[0]; j |] - mean k.[0]) * (at g [| k.[1]; j |] - mean k.[1]) / 3.0 |])

let private correlation (values: float[]) =
    let c = grid [ 2; 2 ] (covariance values)
    build [ 2; 2 ] (fun k -> at c k / sqrt (at c [| k.[0]; k.[0] |] * at c [| k.[1]; k.[1] |]))

let private shape = [ 2; 3; 2 ]

let reductions = [
    row "sum" shape range (fun x -> dsharp.sum x) (whole Array.sum)
    row "sum: dimension" shape range (fun x -> dsharp.sum (x, 1)) (lines shape 1 Array.sum)
    row "sum: kept" shape range (fun x -> dsharp.sum (x, -1, keepDim = true)) (lines shape 2 Array.sum)
    row "mean" shape range (fun x -> dsharp.mean x) (whole Array.average)
    row "mean: dimension" shape range (fun x -> dsharp.mean (x, 1)) (lines shape 1 Array.average)
    row "var" shape range (fun x -> dsharp.var x) (whole (variance 1))
    row "var: biased" shape range (fun x -> dsharp.var (x, unbiased = false)) (whole (variance 0))
    row "var: dimension" shape range (fun x -> dsharp.var (x, 1)) (lines shape 1 (variance 1))
    row "std" shape range (fun x -> dsharp.std x) (whole (variance 1 >> sqrt))
    row "std: dimension" shape range (fun x -> dsharp.std (x, 1, unbiased = false)) (lines shape 1 (variance 0 >> sqrt))
    row "max" shape range (fun x -> dsharp.max x) (whole Array.max)
    row "max: dimension" shape range (fun x -> dsharp.max (x, 1)) (lines shape 1 Array.max)
    row "min" shape range (fun x -> dsharp.min x) (whole Array.min)
    row "min: dimension" shape range (fun x -> dsharp.min (x, 1)) (lines shape 1 Array.min)
    row "normalize" shape range dsharp.normalize (fun v ->
        let low, high = Array.min v, Array.max v
        v |> Array.map (fun x -> (x - low) / (high - low)))
    row "standardize" shape range dsharp.standardize (fun v ->
        let mean, deviation = Array.average v, sqrt (variance 1 v)
        v |> Array.map (fun x -> (x - mean) / deviation))
    row "cov" [ 2; 4 ] range (fun x -> dsharp.cov x) covariance
    row "corrcoef" [ 2; 4 ] range dsharp.corrcoef correlation
    row "norm" [ 2; 3 ] range (fun x -> dsharp.norm x) (whole (Array.sumBy (fun v -> v * v) >> sqrt))
    row
        "norm: order 1 of a dimension"
        [ 2; 3 ]
        range
        (fun x -> dsharp.norm (x, order = 1.0, dim = 1))
        (lines [ 2; 3 ] 1 (Array.sumBy abs))
    row
        "norm: order 3"
        [ 2; 3 ]
        range
        (fun x -> dsharp.norm (x, order = 3.0))
        (whole (fun v -> (v |> Array.sumBy (fun x -> abs x ** 3.0)) ** (1.0 / 3.0)))
    row
        "norm: infinite order"
        [ 2; 3 ]
        range
        (fun x -> dsharp.norm (x, order = infinity))
        (whole (Array.map abs >> Array.max))
    row "softmax" [ 2; 3 ] range (fun x -> dsharp.softmax (x, 1)) (fun v -> along 1 softmax (grid [ 2; 3 ] v))
    row "logsoftmax" [ 2; 3 ] range (fun x -> dsharp.logsoftmax (x, 0)) (fun v ->
        along 0 (softmax >> Array.map log) (grid [ 2; 3 ] v))
    row "logsumexp" [ 2; 3 ] range (fun x -> dsharp.logsumexp (x, 1)) (lines [ 2; 3 ] 1 logsumexp)
]

let all = functions @ arithmetic @ reductions
