namespace ScoreFunctional

open DiffSharp

/// <summary>The operations of networks that DiffSharp lacks. This twin composes them from its public functions.</summary>
module Primitives =

    /// <summary><c>x·sigmoid(x)</c>, any shape.</summary>
    let silu (x: Tensor) = Composed.silu x

    /// <summary>Group normalisation of <c>x [n; c; …]</c>: each sample's channels in <c>groups</c> equal groups to mean 0 and
    /// (biased) variance 1, ε added to the variance, then <c>weight [c]·x + bias [c]</c> if there is an affine part.
    /// A sample's result never depends on its batch-mates.</summary>
    let groupNorm (groups: int) (affine: (Tensor * Tensor) option) (eps: float) (x: Tensor) =
        Composed.groupNorm groups affine eps x

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
        Composed.normalise groups affine film eps activate x

    /// <summary><c>silu(x·(1 + scale) + shift)</c>, all of one shape: FiLM (Perez et al. 2018), then SiLU.</summary>
    let modulate (scale: Tensor) (shift: Tensor) (x: Tensor) = Composed.modulate scale shift x

    /// <summary>Every pixel twice in each direction: <c>[n; c; h; w] → [n; c; 2h; 2w]</c>.</summary>
    let upsampleNearest2x (x: Tensor) = Composed.upsampleNearest2x x

    /// <summary>a where the condition holds, b elsewhere; the shapes broadcast. Both must be finite.</summary>
    let where (condition: Tensor) (a: Tensor) (b: Tensor) = Composed.where condition a b

    /// <summary>Cross-correlation <c>x [n; i; h; w]</c> with <c>weight [o; i; k; k]</c> plus <c>bias [o]</c>.</summary>
    let conv2d (stride: int) (padding: int) (weight: Tensor) (bias: Tensor) (x: Tensor) =
        Composed.conv2d stride padding weight bias x

    /// <summary><c>conv2d</c> plus a tensor of the result's shape: the end of a residual block.</summary>
    let conv2dAdd (stride: int) (padding: int) (weight: Tensor) (bias: Tensor) (residual: Tensor) (x: Tensor) =
        Composed.conv2d stride padding weight bias x + residual

    /// <summary>Means of size × size blocks: <c>[n; c; h; w] → [n; c; h/size; w/size]</c>.</summary>
    let avgPool2d (size: int) (x: Tensor) = Composed.avgPool2d size x

    /// <summary><c>x [n; i] · weight [o; i]ᵀ + bias [o]</c>.</summary>
    let linear (weight: Tensor) (bias: Tensor) (x: Tensor) = Composed.linear weight bias x

    /// <summary>A multilayer perceptron from <c>x [n; i]</c> on: hidden layers <c>h ← silu((h·Wᵀ + b)·(1 + s) + t)</c> of
    /// <c>weight [o; i]</c> and <c>bias [o]</c>, then an affine map if there is one. The modulations <c>[s₁, t₁, s₂, …]</c>
    /// (FiLM, Perez et al. 2018) are an affine map, condition <c>[n; e]</c>, weight and bias, of twice all widths; without one
    /// they are absent.</summary>
    let perceptron film layers head (x: Tensor) = Composed.perceptron film layers head x

    /// <summary><c>a_k x_k</c> for every sample k: <c>a [n]</c>, <c>x [n; …]</c>.</summary>
    let scaleEach (a: Tensor) (x: Tensor) = Composed.scaleEach a x

    /// <summary><c>x_k / a_k</c> for every sample k: <c>a [n]</c>, <c>x [n; …]</c>.</summary>
    let divideEach (a: Tensor) (x: Tensor) = Composed.divideEach a x

    /// <summary><c>a_k x_k + b_k y_k</c> for every sample k: <c>a, b [n]</c>, <c>x, y [n; …]</c>.</summary>
    let combineEach (a: Tensor) (x: Tensor) (b: Tensor) (y: Tensor) = Composed.combineEach a x b y

    /// <summary>Fourier features of a number a sample, <c>[cos(x_k ω), sin(x_k ω)]</c> for constant rates ω: <c>[n]</c> to
    /// <c>[n; 2·rates]</c>, in the rates' type.</summary>
    let fourier (rates: Tensor) (x: Tensor) = Composed.fourier rates x

    /// <summary>The inner product of each pair of samples: <c>[n; …]</c> twice to <c>[n]</c>.</summary>
    let dotEach (a: Tensor) (b: Tensor) = Composed.dotEach a b

    /// <summary>A vector as tensors of these shapes, whose sizes add up to its length.</summary>
    let parts (shapes: int[][]) (flat: Tensor) : Tensor[] = Composed.parts shapes flat

    /// <summary>Blocks of pixels to channels: <c>[n; c; fh; fw] → [n; f²c; h; w]</c>, channel <c>(f·dy + dx)·c + k</c>.</summary>
    let spaceToDepth (factor: int) (x: Tensor) = Composed.spaceToDepth factor x

    /// <summary>The inverse of <c>spaceToDepth</c>.</summary>
    let depthToSpace (factor: int) (x: Tensor) = Composed.depthToSpace factor x

    /// <summary>The gradient in x of a scalar, and what was found beside it. What of that depends on x still does: take it out
    /// with <c>noDiff</c>.</summary>
    let gradientBeside f (x: Tensor) = Composed.gradientBeside f x

    /// <summary>The Euclidean norm of all elements, a scalar.</summary>
    let norm (x: Tensor) = Composed.norm x

    /// <summary><c>a·x + b·y</c>, of one shape.</summary>
    let mix (a: float) (x: Tensor) (b: float) (y: Tensor) = Composed.mix a x b y

    /// <summary>AdamW (Loshchilov and Hutter 2019): the change of the parameters <c>−rate·(decay·θ + m̂/(√v̂ + ε))</c> for the
    /// step's number from zero, and the moments m and v after it; all of one length.</summary>
    let adam rate (beta1: float, beta2: float) epsilon decay (step: int) (parameters: Tensor) gradient m v =
        let corrections = 1. - beta1 ** float (step + 1), 1. - beta2 ** float (step + 1)

        Composed.adam parameters gradient m v rate (beta1, beta2) epsilon decay corrections

    /// <summary>Clipping by global norm: <c>g·min(1, limit/(‖g‖ + 1e-6))</c>.</summary>
    let clip (limit: float) (gradient: Tensor) = Composed.clip limit gradient

    /// <summary>The parameters after a change, and their moving average, <c>decay·average + (1 − decay)·parameters</c>.</summary>
    let advance (decay: float) (parameters: Tensor) (change: Tensor) (average: Tensor) : struct (Tensor * Tensor) =
        Composed.advance decay parameters change average

    /// <summary>Runs work whose native memory is freed when it ends, but for the tensors that are kept, which move to the
    /// enclosing scope. Without native memory of our own, the collector does this.</summary>
    let scope (work: unit -> 'a) (keep: 'a -> Tensor list) : 'a =
        ignore keep
        work ()

    /// <summary>Runs work that nobody will differentiate.</summary>
    let noGrad (work: unit -> 'a) : 'a = work ()

    /// <summary>Frees tensors that nobody will look at again. Without native memory of our own, the collector does this.</summary>
    let release (tensors: Tensor list) = ignore tensors

    /// Native tensors alive, for the tests of memory (none of our own here).
    let internal live () : int64 = 0L
