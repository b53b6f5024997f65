namespace ScoreFunctional

open DiffSharp

/// The definition of every primitive of the core, composed from DiffSharp's functions.
module Reference =

    let silu (x: Tensor) = x * x.sigmoid ()

    let groupNorm (groups: int) (affine: (Tensor * Tensor) option) (eps: float) (x: Tensor) =
        let n, channels = x.shape[0], x.shape[1]
        let rows = x.view [| n; groups; x.nelement / (n * groups) |]
        let centred = rows - rows.mean (2, keepDim = true)
        let variance = (centred * centred).mean(2, keepDim = true)
        let normal = (centred / (variance + eps).sqrt()).view x.shape

        match affine with
        | None -> normal
        | Some(weight, bias) ->
            let each = Array.append [| 1; channels |] (Array.create (x.dim - 2) 1)
            normal * weight.view each + bias.view each

    let normalise
        (groups: int)
        (affine: (Tensor * Tensor) option)
        (film: (Tensor * Tensor) option)
        (eps: float)
        (activate: bool)
        (x: Tensor)
        =
        let each (a: Tensor) = a.view (Array.append a.shape (Array.create (x.dim - 2) 1))
        let normal = groupNorm groups affine eps x

        let modulated =
            match film with
            | Some(scale, shift) -> normal * (each scale + 1.) + each shift
            | None -> normal

        if activate then silu modulated else modulated

    let modulate (scale: Tensor) (shift: Tensor) (x: Tensor) = silu (x * (scale + 1.) + shift)

    let upsampleNearest2x (x: Tensor) =
        let n, c, h, w = x.shape[0], x.shape[1], x.shape[2], x.shape[3]
        x.view([| n; c; h; 1; w; 1 |]).expand([| n; c; h; 2; w; 2 |]).view [| n; c; 2 * h; 2 * w |]

    let where (condition: Tensor) (a: Tensor) (b: Tensor) =
        let mask = condition.cast a.dtype
        mask * a + (1. - mask) * b

    let conv2d (stride: int) (padding: int) (weight: Tensor) (bias: Tensor) (x: Tensor) =
        x.conv2d (weight, stride = stride, padding = padding) + bias.view [| 1; bias.nelement; 1; 1 |]

    let conv2dAdd (stride: int) (padding: int) (weight: Tensor) (bias: Tensor) (residual: Tensor) (x: Tensor) =
        conv2d stride padding weight bias x + residual

    let linear (weight: Tensor) (bias: Tensor) (x: Tensor) = x.matmul (weight.transpose ()) + bias

    let mlp
        (film: (Tensor * Tensor * Tensor) option)
        (layers: (Tensor * Tensor) list)
        (head: (Tensor * Tensor) option)
        (x: Tensor)
        =
        let films =
            film
            |> Option.map (fun (condition, weight, bias) ->
                let widths = layers |> List.collect (fun (w, _) -> [ w.shape[0]; w.shape[0] ])
                (linear weight bias condition).split(Array.ofList widths, dim = 1))

        let step h (i, (weight, bias)) =
            match films with
            | Some films -> linear weight bias h |> modulate films[2 * i] films[2 * i + 1]
            | None -> silu (linear weight bias h)

        let h = layers |> List.indexed |> List.fold step x

        match head with
        | Some(weight, bias) -> linear weight bias h
        | None -> h

    let private over (a: Tensor) (x: Tensor) =
        a.cast(x.dtype).move(device = x.device).view(Array.append [| a.shape[0] |] (Array.create (x.dim - 1) 1))

    let scaleEach (a: Tensor) (x: Tensor) = over a x * x

    let divideEach (a: Tensor) (x: Tensor) = x / over a x

    let combineEach (a: Tensor) (x: Tensor) (b: Tensor) (y: Tensor) = scaleEach a x + scaleEach b y

    let fourier (rates: Tensor) (x: Tensor) =
        let n, count = x.nelement, rates.nelement

        let angles =
            x.cast(rates.dtype).move(device = rates.device).view([| n; 1 |]).expand [ n; count ]
            * rates.view [| 1; count |]

        dsharp.cat ([ angles.cos (); angles.sin () ], dim = 1)

    let dotEach (a: Tensor) (b: Tensor) = (a * b).view([| a.shape[0]; a.nelement / max 1 a.shape[0] |]).sum 1

    let unflatten (shapes: int[][]) (flat: Tensor) =
        Array.map2
            (fun (part: Tensor) (shape: int[]) -> part.view shape)
            (flat.split (shapes |> Array.map (Array.fold (*) 1)))
            shapes

    let gradWithAux (f: Tensor -> struct (Tensor * Tensor list)) (x: Tensor) : struct (Tensor * Tensor list) =
        dsharp.nest ()
        let variable = x.reverseDiff (nestingTag = dsharp.nestLevel ())
        let struct (value, beside) = f variable
        value.reverse ()
        struct (variable.derivative, beside)

    let norm (x: Tensor) = (x * x).sum().sqrt()

    let axpby (a: float) (x: Tensor) (b: float) (y: Tensor) = x * a + y * b

    let clip (limit: float) (gradient: Tensor) = gradient * (limit / (norm gradient + 1e-6)).clamp(high = 1.)

    let applyUpdates (decay: float) (parameters: Tensor) (change: Tensor) (average: Tensor) =
        let next = parameters + change
        struct (next, axpby decay average (1. - decay) next)
