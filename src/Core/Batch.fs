namespace ScoreFunctional

// Batches [n; …] of any rank, and one number per sample.

open DiffSharp

/// <summary>Counts computed in floating-point arithmetic.</summary>
module internal Count =

    /// The least whole number not below x, where an excess of less than a millionth counts as rounding:
    /// 0.07·100 is 7.000000000000001, and gives 7.
    let ceiling (x: float) : int = int (ceil (x - 1e-6))

/// <summary>Functions of batches <c>[n; …]</c> of any rank, and of one number per sample, <c>[n]</c>. Other files leave broadcasting over
/// a batch to this one.</summary>
module Batch =

    /// <summary>The number of samples of <c>x [n; …]</c>.</summary>
    /// <exception cref="T:System.ArgumentException">x is a scalar.</exception>
    let size (x: Tensor) =
        if x.dim = 0 then
            invalidArg (nameof x) "expected a batch [n; …], found a scalar"

        x.shape[0]

    /// <summary>The number of values of one sample of <c>x [n; …]</c>.</summary>
    let dimension (x: Tensor) = x.nelement / max 1 (size x)

    /// <summary>The same value for each of n samples, float64 <c>[n]</c>.</summary>
    let fill (n: int) (value: float) = dsharp.full ([ n ], value, dtype = Dtype.Float64, device = Device.CPU)

    /// <summary>An array as a float64 tensor <c>[n]</c>.</summary>
    let ofArray (values: float[]) = dsharp.tensor (values, dtype = Dtype.Float64, device = Device.CPU)

    /// <summary>The values of <c>[n]</c> as an array.</summary>
    let toArray (a: Tensor) : float[] =
        match a.cast(Dtype.Float64).toArray() with
        | :? (float[]) as values -> values
        | _ -> invalidArg (nameof a) $"expected one number per sample [n], found a tensor with {a.dim} dimensions"

    /// <summary>The values of a function of one number, such as a marginal's scale, at each of <c>a [n]</c>.</summary>
    /// <exception cref="T:System.ArgumentException">a is not <c>[n]</c>, or is being differentiated: its derivative would be lost.</exception>
    let each (f: float -> 'value) (a: Tensor) : 'value[] =
        if not a.isNoDiff then
            invalidArg
                (nameof a)
                "expected constants, found a tensor that is being differentiated: a function of float has no derivative here"

        let numbers = toArray a
        let values = Array.zeroCreate numbers.Length

        for k in 0 .. numbers.Length - 1 do
            // In sampling all samples share one time; evaluate f once.
            values[k] <- if k > 0 && numbers[k] = numbers[k - 1] then values[k - 1] else f numbers[k]

        values

    /// <summary>A function of one number at each of <c>a [n]</c>: <c>f(a) [n]</c>, float64. Not differentiable in a.</summary>
    /// <exception cref="T:System.ArgumentException">a is not <c>[n]</c>, or is being differentiated: its derivative would be lost.</exception>
    let map (f: float -> float) (a: Tensor) : Tensor = each f a |> ofArray

    /// <summary>A pair of numbers as a function of one, at each of <c>a [n]</c>: <c>[n]</c> each, float64.</summary>
    /// <exception cref="T:System.ArgumentException">a is not <c>[n]</c>, or is being differentiated: its derivative would be lost.</exception>
    let mapPair (f: float -> struct (float * float)) (a: Tensor) : struct (Tensor * Tensor) =
        let pairs = each f a
        let first, second = Array.zeroCreate pairs.Length, Array.zeroCreate pairs.Length

        for k in 0 .. pairs.Length - 1 do
            let struct (u, v) = pairs[k]
            first[k] <- u
            second[k] <- v

        struct (ofArray first, ofArray second)

    let private onePerSample (x: Tensor) (a: Tensor) =
        if a.dim <> 1 || a.shape[0] <> size x then
            invalidArg
                (nameof a)
                $"expected one number for each of {size x} samples, found shape %A{List.ofArray a.shape}"

        a

    /// <summary>One number per sample, <c>a [n]</c>, as <c>[n; 1; …]</c> in the element type and on the device of <c>x [n; …]</c>, so that
    /// it broadcasts over x.</summary>
    /// <exception cref="T:System.ArgumentException">a is not <c>[n]</c>.</exception>
    let over (x: Tensor) (a: Tensor) =
        let a = onePerSample x a
        let a = if a.dtype = x.dtype then a else a.cast x.dtype
        let a = if a.device = x.device then a else a.move (device = x.device)

        if x.dim = 1 then
            a
        else
            a.view (Array.append [| a.shape[0] |] (Array.create (x.dim - 1) 1))

    /// <summary><c>a_k x_k</c> for every sample k: <c>a [n]</c>, <c>x [n; …]</c>.</summary>
    /// <exception cref="T:System.ArgumentException">a is not <c>[n]</c>.</exception>
    let scale (a: Tensor) (x: Tensor) = Primitives.scaleEach (onePerSample x a) x

    /// <summary><c>x_k / a_k</c> for every sample k: <c>a [n]</c>, <c>x [n; …]</c>.</summary>
    /// <exception cref="T:System.ArgumentException">a is not <c>[n]</c>.</exception>
    let divide (a: Tensor) (x: Tensor) = Primitives.divideEach (onePerSample x a) x

    /// <summary><c>a_k x_k + b_k y_k</c> for every sample k: <c>a, b [n]</c>, <c>x, y [n; …]</c> of one shape.</summary>
    /// <exception cref="T:System.ArgumentException">a or b is not <c>[n]</c>.</exception>
    let combine (a: Tensor) (x: Tensor) (b: Tensor) (y: Tensor) =
        Primitives.combineEach (onePerSample x a) x (onePerSample y b) y

    /// <summary>Fourier features of one number per sample, <c>[cos(a_k ω), sin(a_k ω)]</c> for these frequencies ω: <c>a [n]</c> to
    /// <c>[n; 2·rates]</c>, in the element type and on the device of <c>x [n; …]</c>.</summary>
    /// <exception cref="T:System.ArgumentException">a is not <c>[n]</c>.</exception>
    let fourier (rates: float[]) (x: Tensor) (a: Tensor) =
        Primitives.fourier (dsharp.tensor (rates, dtype = x.dtype, device = x.device)) (onePerSample x a)

    /// <summary>Flattens each sample: <c>[n; …]</c> to <c>[n; d]</c>.</summary>
    let rows (x: Tensor) = x.view [| size x; dimension x |]

    /// <summary>Sum over everything but the first dimension: <c>[n; …]</c> to <c>[n]</c>.</summary>
    let sum (x: Tensor) = if x.dim = 1 then x else (rows x).sum 1

    /// <summary>Mean over everything but the first dimension: <c>[n; …]</c> to <c>[n]</c>.</summary>
    let mean (x: Tensor) = if x.dim = 1 then x else (rows x).mean 1

    /// <summary>Inner product of each pair of samples: <c>[n; …]</c> twice to <c>[n]</c>.</summary>
    let dot (a: Tensor) (b: Tensor) = Primitives.dotEach a b

    /// <summary>Mean square over everything but the first dimension: <c>[n; …]</c> to <c>[n]</c>.</summary>
    let meanSquare (x: Tensor) = dot x x / float (dimension x)

    /// <summary>Euclidean norm of each sample: <c>[n; …]</c> to <c>[n]</c>.</summary>
    let norm (x: Tensor) = (dot x x).sqrt()
