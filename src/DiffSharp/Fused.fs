namespace DiffSharp

open TorchSharp

/// What a neural network needs for speed and the shared API lacks: single engine calls in place of compositions, and
/// the lifetime of native memory. Every operation is differentiable to any order.
module internal Fused =
    let private merge3 (a: Tensor) (b: Tensor) (c: Tensor) = Level.merge a.level (Level.merge b.level c.level)

    let private describe (tensors: Tensor list) =
        tensors |> List.map (fun t -> Interop.describe t.raw) |> String.concat " and "

    let private guard (name: string) (tensors: Tensor list) (f: unit -> Tensor) =
        try
            f ()
        with error ->
            raise (Interop.translate name (describe tensors) error)

    let private levels (tensors: Tensor list) =
        tensors |> List.fold (fun level (t: Tensor) -> Level.merge level t.level) null

    let private raw (tensor: Tensor option) = tensor |> Option.map _.raw

    /// a * sigmoid(a).
    let silu (a: Tensor) : Tensor = Tensor.unary "silu" a Layers.silu

    /// Channels [n, c, …] in equal groups moved and scaled to mean 0 and variance 1 per sample, then by weight and bias
    /// [c], then by 1 + scale and shift [n, c], then SiLU if asked.
    let normalise
        (a: Tensor)
        (groups: int)
        (affine: (Tensor * Tensor) option)
        (film: (Tensor * Tensor) option)
        (eps: float)
        (activate: bool)
        : Tensor =
        let weight, bias = Option.map fst affine, Option.map snd affine
        let scale, shift = Option.map fst film, Option.map snd film
        let all = a :: List.choose id [ weight; bias; scale; shift ]

        guard "normalise" all (fun () ->
            Tensor(
                Layers.normalise a.raw groups (raw weight) (raw bias) (raw scale) (raw shift) eps activate,
                levels all
            ))

    /// Channels [n, c, …] in equal groups moved and scaled to mean 0 and variance 1 per sample, then by weight and
    /// bias [c].
    let groupNorm (a: Tensor) (groups: int) (weight: Tensor) (bias: Tensor) (eps: float) : Tensor =
        normalise a groups (Some(weight, bias)) None eps false

    /// Each pixel of [n, c, h, w] made a block of two by two.
    let upsampleNearest2x (a: Tensor) : Tensor =
        Tensor.unary "upsampleNearest2x" a (fun x ->
            torch.nn.functional.interpolate (x, scale_factor = [| 2.0; 2.0 |], mode = torch.InterpolationMode.Nearest))

    /// a where the condition (boolean) holds, elsewhere b; shapes broadcast.
    let where (condition: Tensor) (a: Tensor) (b: Tensor) : Tensor =
        guard "where" [ condition; a; b ] (fun () ->
            Tensor(torch.where (condition.raw, a.raw, b.raw), Level.merge a.level b.level))

    /// [n, c, h, w] convolved with filters [o, c, k, l], plus bias [o], plus a tensor of the result's shape.
    let conv2dAdd
        (a: Tensor)
        (filters: Tensor)
        (bias: Tensor)
        (residual: Tensor option)
        (stride: int)
        (padding: int)
        : Tensor =
        let all = a :: filters :: bias :: Option.toList residual

        guard "conv2d" all (fun () ->
            Tensor(Layers.convolution a.raw filters.raw bias.raw (raw residual) stride padding, levels all))

    /// [n, c, h, w] convolved with filters [o, c, k, l], plus bias [o].
    let conv2d (a: Tensor) (filters: Tensor) (bias: Tensor) (stride: int) (padding: int) : Tensor =
        conv2dAdd a filters bias None stride padding

    /// The means of non-overlapping windows of [n, c, h, w].
    let avgPool2d (a: Tensor) (kernelSize: int) : Tensor =
        Tensor.unary "avgPool2d" a (fun x ->
            torch.nn.functional.avg_pool2d (x, [| int64 kernelSize; int64 kernelSize |]))

    /// a [n, i] times the transpose of weight [o, i], plus bias [o].
    let linear (a: Tensor) (weight: Tensor) (bias: Tensor) : Tensor =
        guard "linear" [ a; weight; bias ] (fun () ->
            Tensor(Layers.linear a.raw weight.raw bias.raw, merge3 a weight bias))

    /// silu(a (1 + scale) + shift).
    let modulate (a: Tensor) (scale: Tensor) (shift: Tensor) : Tensor =
        guard "modulate" [ a; scale; shift ] (fun () ->
            Tensor(Layers.modulate a.raw scale.raw shift.raw, merge3 a scale shift))

    /// Hidden layers silu((W h + b)(1 + scale) + shift) from x [n, i] on, scales and shifts of each in turn an affine map
    /// (condition, weight, bias) if there is one, then an affine map if there is one.
    let perceptron
        (x: Tensor)
        (film: (Tensor * Tensor * Tensor) option)
        (layers: (Tensor * Tensor) list)
        (head: (Tensor * Tensor) option)
        : Tensor =
        let raws (weight: Tensor, bias: Tensor) = weight.raw, bias.raw
        let pair (weight, bias) = [ weight; bias ]

        let conditioning =
            match film with
            | Some(condition, weight, bias) -> [ condition; weight; bias ]
            | None -> []

        let all = x :: conditioning @ List.collect pair (layers @ Option.toList head)

        guard "perceptron" all (fun () ->
            let film = film |> Option.map (fun (c, weight, bias) -> c.raw, weight.raw, bias.raw)
            Tensor(Layers.perceptron x.raw film (List.map raws layers) (Option.map raws head), levels all))

    /// Each sample of x [n, …] times or divided by its number of a [n].
    let scaleEach (divide: bool) (a: Tensor) (x: Tensor) : Tensor =
        guard "scaleEach" [ a; x ] (fun () -> Tensor(Layers.scaleEach divide a.raw x.raw, Level.merge a.level x.level))

    /// a_k x_k + b_k y_k for every sample k of x and y [n, …].
    let combineEach (a: Tensor) (x: Tensor) (b: Tensor) (y: Tensor) : Tensor =
        guard "combineEach" [ a; x; b; y ] (fun () ->
            Tensor(Layers.combineEach a.raw x.raw b.raw y.raw, levels [ a; x; b; y ]))

    /// The cosines, then the sines, of each of x [n] times each rate, a constant: [n, 2 rates], in the rates' type.
    let fourier (rates: Tensor) (x: Tensor) : Tensor = Tensor.unary "fourier" x (Layers.fourier rates.raw)

    /// The inner product of each pair of samples [n, …].
    let dotEach (a: Tensor) (b: Tensor) : Tensor =
        guard "dotEach" [ a; b ] (fun () -> Tensor(Layers.dotEach a.raw b.raw, Level.merge a.level b.level))

    /// A vector as tensors of these shapes.
    let parts (shapes: int[][]) (flat: Tensor) : Tensor[] =
        Layers.parts (shapes |> Array.map (Array.map int64)) flat.raw
        |> Array.map (fun part -> Tensor(part, flat.level))

    /// Whether none of these takes part in a derivative.
    let constants (tensors: Tensor list) = tensors |> List.forall (fun t -> isNull t.level)

    /// The Euclidean norm of all elements of a constant, a scalar.
    let norm (a: Tensor) : Tensor = Tensor.unary "norm" a Layers.norm

    /// AdamW's change of the parameters and the two moments after it, of constants of one length.
    let adam
        (parameters: Tensor)
        (gradient: Tensor)
        (m: Tensor)
        (v: Tensor)
        rate
        (beta1, beta2)
        epsilon
        decay
        corrections
        =
        let correction1, correction2 = corrections

        match
            Layers.adam parameters.raw gradient.raw m.raw v.raw rate beta1 beta2 epsilon decay correction1 correction2
            |> Array.map Tensor.constant
        with
        | [| delta; first; second |] -> struct (delta, first, second)
        | other -> failwith $"Expecting three tensors from adam, found {other.Length}"

    /// a x + b y, of constants.
    let mix (a: float) (x: Tensor) (b: float) (y: Tensor) : Tensor =
        guard "mix" [ x; y ] (fun () -> Tensor.constant (Layers.mix a x.raw b y.raw))

    /// A constant, or what makes it as long as the limit if it is longer.
    let clip (limit: float) (gradient: Tensor) : Tensor =
        guard "clip" [ gradient ] (fun () -> Tensor.constant (Layers.clip limit gradient.raw))

    /// x + change, and decay average + (1 - decay) (x + change), of constants.
    let advance (decay: float) (x: Tensor) (change: Tensor) (average: Tensor) : struct (Tensor * Tensor) =
        match Layers.advance decay x.raw change.raw average.raw |> Array.map Tensor.constant with
        | [| next; mean |] -> struct (next, mean)
        | other -> failwith $"Expecting two tensors from advance, found {other.Length}"

    /// Runs a computation and frees all native memory it made, except that of the tensors kept, which passes to the
    /// enclosing scope.
    let scope (f: unit -> 'a) (keep: 'a -> Tensor list) : 'a =
        use scope = torch.NewDisposeScope()
        let result = f ()

        for tensor in keep result do
            scope.MoveToOuter tensor.raw |> ignore

        result

    /// Runs a computation of which no derivative is taken from outside; the engine records nothing. Derivatives taken
    /// inside are unaffected.
    let noGrad (f: unit -> 'a) : 'a =
        use _grad = torch.no_grad ()
        f ()

    /// The gradient of a scalar in x, and what was found beside it.
    let gradientBeside (f: Tensor -> struct (Tensor * 'a)) (x: Tensor) : struct (Tensor * 'a) =
        use _grad = torch.enable_grad ()
        let tag = DiffSharp.Util.GlobalNestingLevel.Next()
        let variable = x.reverseDiff (nestingTag = tag)
        let struct (value, beside) = f variable
        struct (pullback tag value variable (value.onesLike ()), beside)

    /// The number of native tensors alive in the process.
    let liveTensors () : int64 = torch.Tensor.TotalCount

    /// Frees tensors that nobody will use again, before their scope ends.
    let free (tensors: Tensor list) =
        for tensor in tensors do
            tensor.raw.Dispose()
