namespace ScoreFunctional

open System
open DiffSharp
open ScoreFunctional.Kernels

/// <summary>The operations of networks and optimisers that DiffSharp lacks. This is the one place of the core that names those of the
/// kernels; each is a single kernel where there is one, and a composition of the engine's own operations elsewhere.</summary>
module Primitives =

    let private pair (both: (Tensor * Tensor) option) =
        both |> Option.map (fun (a, b) -> [| a; b |]) |> Option.defaultValue [||]

    /// <summary><c>x·sigmoid(x)</c>, any shape.</summary>
    let silu (x: Tensor) = Engine.apply "silu" [| x |] (fun a -> Layers.Silu a[0])

    /// <summary>Group normalisation of <c>x [n; c; …]</c>: each sample's channels in <c>groups</c> equal groups to mean 0 and
    /// (biased) variance 1, ε added to the variance, then <c>weight [c]·x + bias [c]</c> if there is an affine part, then for each
    /// sample and channel <c>·(1 + scale) + shift</c> of a modulation <c>[n; c]</c> if there is one (FiLM, Perez et al. 2018), then
    /// SiLU if asked. A sample's result never depends on its batch-mates.</summary>
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

    /// <summary>Every pixel twice in each direction: <c>[n; c; h; w] → [n; c; 2h; 2w]</c>.</summary>
    let upsampleNearest2x (x: Tensor) =
        Engine.apply "upsampleNearest2x" [| x |] (fun a -> Compositions.UpsampleNearest2x a[0].Tensor)

    /// <summary>a where the condition holds, b elsewhere; the shapes broadcast.</summary>
    let where (condition: Tensor) (a: Tensor) (b: Tensor) =
        Engine.apply "where" [| condition; a; b |] (fun x -> Compositions.Where(x[0].Tensor, x[1].Tensor, x[2].Tensor))

    let private convolution stride padding (inputs: Tensor[]) =
        Engine.apply "conv2d" inputs (fun a ->
            let residual = if a.Length > 3 then Nullable a[3] else Nullable()
            Layers.Convolution(a[0], a[1], a[2], residual, stride, padding))

    /// <summary>Cross-correlation <c>x [n; i; h; w]</c> with <c>weight [o; i; k; k]</c> plus <c>bias [o]</c>.</summary>
    let conv2d (stride: int) (padding: int) (weight: Tensor) (bias: Tensor) (x: Tensor) =
        convolution stride padding [| x; weight; bias |]

    /// <summary><c>conv2d</c> plus a tensor of the result's shape: the end of a residual block.</summary>
    let conv2dAdd (stride: int) (padding: int) (weight: Tensor) (bias: Tensor) (residual: Tensor) (x: Tensor) =
        convolution stride padding [| x; weight; bias; residual |]

    /// <summary><c>x [n; i] · weight [o; i]ᵀ + bias [o]</c>.</summary>
    let linear (weight: Tensor) (bias: Tensor) (x: Tensor) =
        Engine.apply "linear" [| x; weight; bias |] (fun a -> Layers.Linear(a[0], a[1], a[2]))

    /// <summary>A multilayer perceptron from <c>x [n; i]</c> on: hidden layers <c>h ← silu((h·Wᵀ + b)·(1 + s) + t)</c> of
    /// <c>weight [o; i]</c> and <c>bias [o]</c>, then an affine map if there is one. The modulations <c>[s₁, t₁, s₂, …]</c>
    /// (FiLM, Perez et al. 2018) are an affine map, condition <c>[n; e]</c>, weight and bias, of twice all widths; without one
    /// they are absent.</summary>
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

    /// <summary>Fourier features of one number per sample, <c>[cos(x_k ω), sin(x_k ω)]</c> for constant rates ω: <c>[n]</c> to
    /// <c>[n; 2·rates]</c>, in the rates' type.</summary>
    let fourier (rates: Tensor) (x: Tensor) =
        Engine.apply "fourier" [| x; rates |] (fun a -> Layers.Fourier(a[0], a[1].Tensor))

    /// <summary>The inner product of each pair of samples: <c>[n; …]</c> twice to <c>[n]</c>.</summary>
    let dotEach (a: Tensor) (b: Tensor) =
        Engine.apply "dotEach" [| a; b |] (fun o -> Compositions.DotEach(o[0].Tensor, o[1].Tensor))

    /// <summary>A vector as tensors of these shapes, whose sizes add up to its length.</summary>
    let unflatten (shapes: int[][]) (flat: Tensor) : Tensor[] =
        let sizes = shapes |> Array.map (Array.map int64)
        Engine.applyAll "unflatten" [| flat |] (fun a -> Compositions.Unflatten(a[0].Tensor, sizes))

    /// <summary>Blocks of pixels to channels: <c>[n; c; fh; fw] → [n; f²c; h; w]</c>, channel <c>(f·dy + dx)·c + k</c>.</summary>
    let spaceToDepth (factor: int) (x: Tensor) =
        let n, c, h, w = x.shape[0], x.shape[1], x.shape[2] / factor, x.shape[3] / factor

        x.view([| n; c; h; factor; w; factor |]).permute([| 0; 3; 5; 1; 2; 4 |]).view [| n; factor * factor * c; h; w |]

    /// <summary>The inverse of <c>spaceToDepth</c>.</summary>
    let depthToSpace (factor: int) (x: Tensor) =
        let n, c, h, w = x.shape[0], x.shape[1] / (factor * factor), x.shape[2], x.shape[3]

        x.view([| n; factor; factor; c; h; w |]).permute([| 0; 3; 4; 1; 5; 2 |]).view [| n; c; factor * h; factor * w |]

    /// <summary>The gradient in x of a scalar, and tensors that were found beside it. What of them depends on x still does: take it
    /// out with <c>noDiff</c>.</summary>
    let gradWithAux f (x: Tensor) = Engine.gradWithAux f x

    /// <summary>The Euclidean norm of all elements, a scalar.</summary>
    let norm (x: Tensor) = Engine.apply "norm" [| x |] (fun a -> Compositions.Norm a[0].Tensor)

    /// Formulas over tensors of one shape, element by element.
    let private formulas (wanted: Formula[]) (inputs: Tensor[]) =
        Engine.applyAll "formula" inputs (fun a -> Formula.Evaluate(wanted, a))

    let private input place : Formula = Formula.Input place

    let private root (formula: Formula) : Formula = Formula.Root formula

    /// <summary><c>a·x + b·y</c>, of one shape.</summary>
    let axpby (a: float) (x: Tensor) (b: float) (y: Tensor) = (formulas [| input 0 * a + input 1 * b |] [| x; y |])[0]

    /// <summary>AdamW (Loshchilov and Hutter 2019): the change of the parameters <c>−rate·(decay·θ + m̂/(√v̂ + ε))</c> for the
    /// step's number from zero, and the moments m and v after it; all of one length.</summary>
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

    /// <summary>The parameters after a change, and their moving average, <c>decay·average + (1 − decay)·parameters</c>.</summary>
    let applyUpdates (decay: float) (parameters: Tensor) (change: Tensor) (average: Tensor) : struct (Tensor * Tensor) =
        let next = input 0 + input 1

        match formulas [| next; input 2 * decay + next * (1. - decay) |] [| parameters; change; average |] with
        | [| next; mean |] -> struct (next, mean)
        | other -> failwith $"Expecting two tensors, found {other.Length}"

    /// <summary>Bytes as a tensor of a shape; the array is shared, not copied.</summary>
    let ofBytes (shape: int[]) (values: byte[]) : Tensor = Engine.ofBytes shape values

    /// <summary>The samples of <c>x [n; …]</c> at these indices.</summary>
    let samplesAt (indices: int64[]) (x: Tensor) : Tensor = Engine.rows indices x

    /// <summary>Runs work whose native memory is freed when it ends, but for the tensors that are kept, which move to the
    /// enclosing scope. Formulas need none: loops do this for them (<c>Loop</c>).</summary>
    let scope (work: unit -> 'a) (keep: 'a -> Tensor list) : 'a = Engine.scope work keep

    /// <summary>Runs work that nobody will differentiate.</summary>
    let noGrad (work: unit -> 'a) : 'a = Engine.noGrad work

    /// Native tensors alive, for the tests of memory.
    let internal live () : int64 = Engine.liveTensors ()
