namespace ScoreFunctional

open System
open DiffSharp
open ScoreFunctional.Kernels

/// <summary>Differentiable tensor operations that DiffSharp lacks. Each runs as one compiled kernel where there is one, and otherwise as
/// a composition of libtorch's operations. No other file of the core refers to the kernels.</summary>
module Primitives =

    let private pair (both: (Tensor * Tensor) option) =
        both |> Option.map (fun (a, b) -> [| a; b |]) |> Option.defaultValue [||]

    /// <summary><c>x·sigmoid(x)</c>, any shape.</summary>
    let silu (x: Tensor) = Engine.apply "silu" [| x |] (fun a -> Layers.Silu a[0])

    /// <summary>Group normalisation of <c>x [n; c; …]</c>, with optional modulation and activation. It normalises each of
    /// <c>groups</c> equal groups of a sample's channels to mean 0 and (biased) variance 1, with ε added to the variance. Then it
    /// applies, where given, <c>weight [c]·x + bias [c]</c>, FiLM <c>x·(1 + scale [n; c]) + shift [n; c]</c> (Perez et al. 2018), and
    /// SiLU. The result of a sample does not depend on the rest of the batch.</summary>
    let normalise
        (groups: int)
        (affine: (Tensor * Tensor) option)
        (film: (Tensor * Tensor) option)
        (eps: float)
        (activate: bool)
        (x: Tensor)
        =
        let first, second = pair affine, pair film

        Engine.apply "normalise" (Array.concat [ [| x |]; first; second ]) (fun a ->
            let nth (parts: Tensor[]) from i = if parts.Length = 0 then Nullable() else Nullable a[from + i]

            let start = 1 + first.Length

            Layers.Normalise(
                a[0],
                groups,
                nth first 1 0,
                nth first 1 1,
                nth second start 0,
                nth second start 1,
                eps,
                activate
            ))

    /// <summary><c>normalise</c> with neither modulation nor activation.</summary>
    let groupNorm (groups: int) (affine: (Tensor * Tensor) option) (eps: float) (x: Tensor) =
        normalise groups affine None eps false x

    /// <summary>Nearest-neighbour upsampling by 2: <c>[n; c; h; w] → [n; c; 2h; 2w]</c>.</summary>
    let upsampleNearest2x (x: Tensor) =
        Engine.apply "upsampleNearest2x" [| x |] (fun a -> Compositions.UpsampleNearest2x a[0].Tensor)

    /// <summary>a where the condition holds, b elsewhere, as PyTorch's <c>where</c>; the shapes broadcast.</summary>
    let where (condition: Tensor) (a: Tensor) (b: Tensor) =
        Engine.apply "where" [| condition; a; b |] (fun x -> Compositions.Where(x[0].Tensor, x[1].Tensor, x[2].Tensor))

    let private convolution stride padding (inputs: Tensor[]) =
        Engine.apply "conv2d" inputs (fun a ->
            let residual = if a.Length > 3 then Nullable a[3] else Nullable()
            Layers.Convolution(a[0], a[1], a[2], residual, stride, padding))

    /// <summary>Cross-correlation <c>x [n; i; h; w]</c> with <c>weight [o; i; k; k]</c> plus <c>bias [o]</c>.</summary>
    let conv2d (stride: int) (padding: int) (weight: Tensor) (bias: Tensor) (x: Tensor) =
        convolution stride padding [| x; weight; bias |]

    /// <summary><c>conv2d</c> plus a tensor of the shape of the result: the end of a residual block.</summary>
    let conv2dAdd (stride: int) (padding: int) (weight: Tensor) (bias: Tensor) (residual: Tensor) (x: Tensor) =
        convolution stride padding [| x; weight; bias; residual |]

    /// <summary><c>x [n; i] · weight [o; i]ᵀ + bias [o]</c>.</summary>
    let linear (weight: Tensor) (bias: Tensor) (x: Tensor) =
        Engine.apply "linear" [| x; weight; bias |] (fun a -> Layers.Linear(a[0], a[1], a[2]))

    /// <summary>A multilayer perceptron on <c>x [n; i]</c>: hidden layers <c>h ← silu((h·Wᵀ + b)·(1 + s) + t)</c> with
    /// <c>weight [o; i]</c> and <c>bias [o]</c>, then an optional affine head. <c>film</c> is a condition <c>[n; e]</c> with the weight
    /// and bias of the affine map from it to all modulations <c>[s₁, t₁, s₂, …]</c> (FiLM, Perez et al. 2018); without it the
    /// modulations are absent.</summary>
    let mlp
        (film: (Tensor * Tensor * Tensor) option)
        (layers: (Tensor * Tensor) list)
        (head: (Tensor * Tensor) option)
        (x: Tensor)
        =
        let maps = layers @ Option.toList head |> List.collect (fun (weight, bias) -> [ weight; bias ])

        let modulations =
            match film with
            | Some(condition, weight, bias) -> [ condition; weight; bias ]
            | None -> []

        Engine.apply "mlp" (Array.ofList (x :: maps @ modulations)) (fun a ->
            Layers.Mlp(a, layers.Length, head.IsSome, film.IsSome))

    let private scaled divide (a: Tensor) (x: Tensor) =
        Engine.apply "scaleEach" [| a; x |] (fun o -> Compositions.ScaleEach(o[0].Tensor, o[1].Tensor, divide))

    /// <summary><c>a_k x_k</c> for every sample k: <c>a [n]</c>, <c>x [n; …]</c>.</summary>
    let scaleEach (a: Tensor) (x: Tensor) = scaled false a x

    /// <summary><c>x_k / a_k</c> for every sample k: <c>a [n]</c>, <c>x [n; …]</c>.</summary>
    let divideEach (a: Tensor) (x: Tensor) = scaled true a x

    /// <summary><c>a_k x_k + b_k y_k</c> for every sample k: <c>a, b [n]</c>, <c>x, y [n; …]</c>.</summary>
    let combineEach (a: Tensor) (x: Tensor) (b: Tensor) (y: Tensor) =
        Engine.apply "combineEach" [| a; x; b; y |] (fun o ->
            Compositions.CombineEach(o[0].Tensor, o[1].Tensor, o[2].Tensor, o[3].Tensor))

    /// <summary>Fourier features of one number per sample, <c>[cos(x_k ω), sin(x_k ω)]</c> for constant frequencies ω: <c>[n]</c> to
    /// <c>[n; 2·rates]</c>, in the element type of the frequencies.</summary>
    let fourier (rates: Tensor) (x: Tensor) =
        Engine.apply "fourier" [| x; rates |] (fun a -> Layers.Fourier(a[0], a[1].Tensor))

    /// <summary>The inner product of each pair of samples: <c>[n; …]</c> twice to <c>[n]</c>.</summary>
    let dotEach (a: Tensor) (b: Tensor) =
        Engine.apply "dotEach" [| a; b |] (fun o -> Compositions.DotEach(o[0].Tensor, o[1].Tensor))

    /// <summary>Splits a vector into tensors of these shapes. Their sizes add up to the length of the vector.</summary>
    let unflatten (shapes: int[][]) (flat: Tensor) : Tensor[] =
        let sizes = shapes |> Array.map (Array.map int64)
        Engine.applyAll "unflatten" [| flat |] (fun a -> Compositions.Unflatten(a[0].Tensor, sizes))

    /// <summary>Moves blocks of f × f pixels into channels (as PyTorch's <c>pixel_unshuffle</c>, in another order of channels):
    /// <c>[n; c; fh; fw] → [n; f²c; h; w]</c>, channel <c>(f·dy + dx)·c + k</c>.</summary>
    let spaceToDepth (factor: int) (x: Tensor) =
        let n, c, h, w = x.shape[0], x.shape[1], x.shape[2] / factor, x.shape[3] / factor

        x.view([| n; c; h; factor; w; factor |]).permute([| 0; 3; 5; 1; 2; 4 |]).view [| n; factor * factor * c; h; w |]

    /// <summary>The inverse of <c>spaceToDepth</c>.</summary>
    let depthToSpace (factor: int) (x: Tensor) =
        let n, c, h, w = x.shape[0], x.shape[1] / (factor * factor), x.shape[2], x.shape[3]

        x.view([| n; factor; factor; c; h; w |]).permute([| 0; 3; 4; 1; 5; 2 |]).view [| n; c; factor * h; factor * w |]

    /// <summary>The gradient in x of a scalar, and auxiliary tensors of the same evaluation (<c>has_aux</c> in JAX). Auxiliary tensors
    /// keep their dependence on x; <c>noDiff</c> removes it.</summary>
    let gradWithAux f (x: Tensor) = Engine.gradWithAux f x

    /// <summary>The Euclidean norm of all elements, a scalar.</summary>
    let norm (x: Tensor) = Engine.apply "norm" [| x |] (fun a -> Compositions.Norm a[0].Tensor)

    /// Formulas over tensors of one shape, element by element.
    let private formulas (wanted: Formula[]) (inputs: Tensor[]) =
        Engine.applyAll "formula" inputs (fun a -> Formula.Evaluate(wanted, a))

    let private input place : Formula = Formula.Input place

    let private root (formula: Formula) : Formula = Formula.Root formula

    /// <summary><c>a·x + b·y</c> for x and y of one shape.</summary>
    let axpby (a: float) (x: Tensor) (b: float) (y: Tensor) = (formulas [| input 0 * a + input 1 * b |] [| x; y |])[0]

    /// <summary>AdamW (Loshchilov and Hutter 2019): the updates <c>−rate·(decay·θ + m̂/(√v̂ + ε))</c> and the next moments m and v, for a
    /// step number from zero. All tensors have one length.</summary>
    let adam rate (beta1: float, beta2: float) epsilon decay (step: int) (parameters: Tensor) gradient m v =
        let theta, g = input 0, input 1
        let first: Formula = input 2 * beta1 + g * (1. - beta1)
        let second: Formula = input 3 * beta2 + g * g * (1. - beta2)
        let correction (beta: float) = 1. / (1. - beta ** float (step + 1))
        let deviation: Formula = root (second * correction beta2) + (epsilon: float)
        let direction: Formula = first / deviation * correction beta1
        let change: Formula = (direction + theta * (decay: float)) * -(rate: float)

        match formulas [| change; first; second |] [| parameters; gradient; m; v |] with
        | [| change; first; second |] -> struct (change, first, second)
        | other -> failwith $"Expecting three tensors, found {other.Length}"

    /// <summary>Clipping by global norm: <c>g·min(1, limit/(‖g‖ + 1e-6))</c>.</summary>
    let clip (limit: float) (gradient: Tensor) =
        let length = norm gradient

        if Engine.constants [ gradient ] then
            let factor = limit / (length.toDouble () + 1e-6)

            if factor >= 1. then
                gradient
            else
                (formulas [| input 0 * factor |] [| gradient |])[0]
        else
            gradient * (limit / (length + 1e-6)).clamp(high = 1.)

    /// <summary>The updated parameters, and their moving average <c>decay·average + (1 − decay)·parameters</c>.</summary>
    let applyUpdates (decay: float) (parameters: Tensor) (change: Tensor) (average: Tensor) : struct (Tensor * Tensor) =
        let next = input 0 + input 1

        match formulas [| next; input 2 * decay + next * (1. - decay) |] [| parameters; change; average |] with
        | [| next; mean |] -> struct (next, mean)
        | other -> failwith $"Expecting two tensors, found {other.Length}"

    /// <summary>Bytes as a tensor of a shape, without a copy of the array.</summary>
    let ofBytes (shape: int[]) (values: byte[]) : Tensor = Engine.ofBytes shape values

    /// <summary>The samples of <c>x [n; …]</c> at these indices.</summary>
    let samplesAt (indices: int64[]) (x: Tensor) : Tensor = Engine.rows indices x

    /// <summary>Runs work in a scope and frees the native memory of its tensors at the end. Tensors in <c>keep</c> move to the
    /// enclosing scope. Formulas need no scope: <c>Loop</c> opens one per step.</summary>
    let scope (work: unit -> 'a) (keep: 'a -> Tensor list) : 'a = Engine.scope work keep

    /// <summary>Runs work without recording derivatives, as PyTorch's <c>no_grad</c>.</summary>
    let noGrad (work: unit -> 'a) : 'a = Engine.noGrad work

    /// The number of live native tensors, for the tests of memory.
    let internal live () : int64 = Engine.liveTensors ()
