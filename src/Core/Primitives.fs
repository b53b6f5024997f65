namespace ScoreFunctional

open DiffSharp

/// <summary>The operations of networks that DiffSharp lacks. This twin calls the single engine operations that our own
/// floor offers beside DiffSharp's API; <c>Primitives.fs</c> composes the same from that API.</summary>
module Primitives =

    /// <summary><c>x·sigmoid(x)</c>, any shape.</summary>
    let silu (x: Tensor) = Fused.silu x

    /// <summary>Group normalisation of <c>x [n; c; …]</c>: each sample's channels in <c>groups</c> equal groups to mean 0 and
    /// (biased) variance 1, ε added to the variance, then <c>weight [c]·x + bias [c]</c> if there is an affine part.
    /// A sample's result never depends on its batch-mates.</summary>
    let groupNorm (groups: int) (affine: (Tensor * Tensor) option) (eps: float) (x: Tensor) =
        Fused.normalise x groups affine None eps false

    /// <summary><c>groupNorm</c>, then for each sample and channel <c>·(1 + scale) + shift</c> of a modulation <c>[n; c]</c> if
    /// there is one (FiLM, Perez et al. 2018), then SiLU if asked.</summary>
    let normalise
        (groups: int)
        (affine: (Tensor * Tensor) option)
        (film: (Tensor * Tensor) option)
        (eps: float)
        (activate: bool)
        (x: Tensor)
        =
        Fused.normalise x groups affine film eps activate

    /// <summary><c>silu(x·(1 + scale) + shift)</c>, all of one shape: FiLM (Perez et al. 2018), then SiLU.</summary>
    let modulate (scale: Tensor) (shift: Tensor) (x: Tensor) = Fused.modulate x scale shift

    /// <summary>Every pixel twice in each direction: <c>[n; c; h; w] → [n; c; 2h; 2w]</c>.</summary>
    let upsampleNearest2x (x: Tensor) = Fused.upsampleNearest2x x

    /// <summary>a where the condition holds, b elsewhere; the shapes broadcast. Both must be finite.</summary>
    let where (condition: Tensor) (a: Tensor) (b: Tensor) = Fused.where condition a b

    /// <summary>Cross-correlation <c>x [n; i; h; w]</c> with <c>weight [o; i; k; k]</c> plus <c>bias [o]</c>.</summary>
    let conv2d (stride: int) (padding: int) (weight: Tensor) (bias: Tensor) (x: Tensor) =
        Fused.conv2d x weight bias stride padding

    /// <summary><c>conv2d</c> plus a tensor of the result's shape: the end of a residual block.</summary>
    let conv2dAdd (stride: int) (padding: int) (weight: Tensor) (bias: Tensor) (residual: Tensor) (x: Tensor) =
        Fused.conv2dAdd x weight bias (Some residual) stride padding

    /// <summary>Means of size × size blocks: <c>[n; c; h; w] → [n; c; h/size; w/size]</c>.</summary>
    let avgPool2d (size: int) (x: Tensor) = Fused.avgPool2d x size

    /// <summary><c>x [n; i] · weight [o; i]ᵀ + bias [o]</c>.</summary>
    let linear (weight: Tensor) (bias: Tensor) (x: Tensor) = Fused.linear x weight bias

    /// <summary>A multilayer perceptron from <c>x [n; i]</c> on: hidden layers <c>h ← silu((h·Wᵀ + b)·(1 + s) + t)</c> of
    /// <c>weight [o; i]</c> and <c>bias [o]</c>, then an affine map if there is one. The modulations <c>[s₁, t₁, s₂, …]</c>
    /// (FiLM, Perez et al. 2018) are an affine map, condition <c>[n; e]</c>, weight and bias, of twice all widths; without one
    /// they are absent.</summary>
    let perceptron film layers head (x: Tensor) = Fused.perceptron x film layers head

    /// <summary><c>a_k x_k</c> for every sample k: <c>a [n]</c>, <c>x [n; …]</c>.</summary>
    let scaleEach (a: Tensor) (x: Tensor) = Fused.scaleEach false a x

    /// <summary><c>x_k / a_k</c> for every sample k: <c>a [n]</c>, <c>x [n; …]</c>.</summary>
    let divideEach (a: Tensor) (x: Tensor) = Fused.scaleEach true a x

    /// <summary><c>a_k x_k + b_k y_k</c> for every sample k: <c>a, b [n]</c>, <c>x, y [n; …]</c>.</summary>
    let combineEach (a: Tensor) (x: Tensor) (b: Tensor) (y: Tensor) = Fused.combineEach a x b y

    /// <summary>Fourier features of a number a sample, <c>[cos(x_k ω), sin(x_k ω)]</c> for constant rates ω: <c>[n]</c> to
    /// <c>[n; 2·rates]</c>, in the rates' type.</summary>
    let fourier (rates: Tensor) (x: Tensor) = Fused.fourier rates x

    /// <summary>The inner product of each pair of samples: <c>[n; …]</c> twice to <c>[n]</c>.</summary>
    let dotEach (a: Tensor) (b: Tensor) = Fused.dotEach a b

    /// <summary>A vector as tensors of these shapes, whose sizes add up to its length.</summary>
    let parts (shapes: int[][]) (flat: Tensor) : Tensor[] = Fused.parts shapes flat

    /// <summary>Blocks of pixels to channels: <c>[n; c; fh; fw] → [n; f²c; h; w]</c>, channel <c>(f·dy + dx)·c + k</c>.</summary>
    let spaceToDepth (factor: int) (x: Tensor) = Composed.spaceToDepth factor x

    /// <summary>The inverse of <c>spaceToDepth</c>.</summary>
    let depthToSpace (factor: int) (x: Tensor) = Composed.depthToSpace factor x

    /// <summary>The gradient in x of a scalar, and what was found beside it. What of that depends on x still does: take it out
    /// with <c>noDiff</c>.</summary>
    let gradientBeside f (x: Tensor) = Fused.gradientBeside f x

    /// <summary>The Euclidean norm of all elements, a scalar.</summary>
    let norm (x: Tensor) = if Fused.constants [ x ] then Fused.norm x else Composed.norm x

    /// <summary><c>a·x + b·y</c>, of one shape.</summary>
    let mix (a: float) (x: Tensor) (b: float) (y: Tensor) =
        if Fused.constants [ x; y ] then Fused.mix a x b y else Composed.mix a x b y

    /// <summary>AdamW (Loshchilov and Hutter 2019): the change of the parameters <c>−rate·(decay·θ + m̂/(√v̂ + ε))</c> for the
    /// step's number from zero, and the moments m and v after it; all of one length.</summary>
    let adam rate (beta1: float, beta2: float) epsilon decay (step: int) (parameters: Tensor) gradient m v =
        let corrections = 1. - beta1 ** float (step + 1), 1. - beta2 ** float (step + 1)

        if Fused.constants [ parameters; gradient; m; v ] then
            Fused.adam parameters gradient m v rate (beta1, beta2) epsilon decay corrections
        else
            Composed.adam parameters gradient m v rate (beta1, beta2) epsilon decay corrections

    /// <summary>Clipping by global norm: <c>g·min(1, limit/(‖g‖ + 1e-6))</c>.</summary>
    let clip (limit: float) (gradient: Tensor) =
        if Fused.constants [ gradient ] then
            Fused.clip limit gradient
        else
            Composed.clip limit gradient

    /// <summary>The parameters after a change, and their moving average, <c>decay·average + (1 − decay)·parameters</c>.</summary>
    let advance (decay: float) (parameters: Tensor) (change: Tensor) (average: Tensor) : struct (Tensor * Tensor) =
        if Fused.constants [ parameters; change; average ] then
            Fused.advance decay parameters change average
        else
            Composed.advance decay parameters change average

    /// <summary>Runs work whose native memory is freed when it ends, but for the tensors that are kept, which move to the
    /// enclosing scope.</summary>
    let scope (work: unit -> 'a) (keep: 'a -> Tensor list) : 'a = Fused.scope work keep

    /// <summary>Runs work that nobody will differentiate.</summary>
    let noGrad (work: unit -> 'a) : 'a = Fused.noGrad work

    /// <summary>Frees tensors that nobody will look at again.</summary>
    let release (tensors: Tensor list) = Fused.free tensors

    /// Native tensors alive, for the tests of memory.
    let internal live () : int64 = Fused.liveTensors ()
