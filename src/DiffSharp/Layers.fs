namespace DiffSharp

open TorchSharp

/// The layers of networks, composed of TorchSharp's public functions: the twin for the real package.
module internal Layers =
    /// x * sigmoid(x).
    let silu (x: torch.Tensor) = torch.nn.functional.silu x

    /// Convolution, plus bias, plus a tensor of the result's shape.
    let convolution
        (x: torch.Tensor)
        (weight: torch.Tensor)
        (bias: torch.Tensor)
        (residual: torch.Tensor option)
        (stride: int)
        (padding: int)
        =
        let twice (size: int) = [| int64 size; int64 size |]
        let y = torch.nn.functional.conv2d (x, weight, bias, strides = twice stride, padding = twice padding)

        match residual with
        | Some residual -> y.add residual
        | None -> y

    /// x [n, i] times the transpose of weight [o, i], plus bias [o].
    let linear (x: torch.Tensor) (weight: torch.Tensor) (bias: torch.Tensor) =
        torch.nn.functional.linear (x, weight, bias)

    /// Group normalisation, then weight and bias [c], then 1 + scale and shift [n, c], then SiLU if asked.
    let normalise
        (x: torch.Tensor)
        (groups: int)
        (weight: torch.Tensor option)
        (bias: torch.Tensor option)
        (scale: torch.Tensor option)
        (shift: torch.Tensor option)
        (eps: float)
        (activate: bool)
        =
        let each (a: torch.Tensor) = a.reshape (Array.append a.shape (Array.create (x.shape.Length - 2) 1L))

        let one = Scalar.op_Implicit 1.0

        let y =
            match weight, bias with
            | Some weight, Some bias -> torch.nn.functional.group_norm (x, int64 groups, weight, bias, eps)
            | _ -> torch.nn.functional.group_norm (x, int64 groups, eps = eps)

        let y =
            match scale with
            | Some scale -> y.mul ((each scale).add one)
            | None -> y

        let y =
            match shift with
            | Some shift -> y.add (each shift)
            | None -> y

        if activate then silu y else y

    let private by (factor: float) (x: torch.Tensor) = x.mul (Scalar.op_Implicit factor)

    /// silu(x (1 + scale) + shift).
    let modulate (x: torch.Tensor) (scale: torch.Tensor) (shift: torch.Tensor) =
        silu ((x.mul (scale.add (Scalar.op_Implicit 1.0))).add shift)

    /// Hidden layers silu((W h + b)(1 + scale) + shift), scales and shifts an affine map of a condition if there is one,
    /// then an affine map if there is one.
    let perceptron
        (x: torch.Tensor)
        (film: (torch.Tensor * torch.Tensor * torch.Tensor) option)
        (layers: (torch.Tensor * torch.Tensor) list)
        (head: (torch.Tensor * torch.Tensor) option)
        =
        let films =
            film
            |> Option.map (fun (condition, weight, bias) ->
                let widths = layers |> List.collect (fun (w, _) -> [ w.shape[0]; w.shape[0] ]) |> Array.ofList
                (linear condition weight bias).split(widths, 1L))

        let step h (i, (weight, bias)) =
            let z = linear h weight bias

            match films with
            | Some films -> modulate z films[2 * i] films[2 * i + 1]
            | None -> silu z

        let h = layers |> List.indexed |> List.fold step x

        match head with
        | Some(weight, bias) -> linear h weight bias
        | None -> h

    /// Each sample of x [n, …] times or divided by its number of a [n].
    let scaleEach (divide: bool) (a: torch.Tensor) (x: torch.Tensor) =
        let a = a.``to``(x).reshape(Array.append [| a.shape[0] |] (Array.create (x.shape.Length - 1) 1L))
        if divide then x.div a else x.mul a

    /// a_k x_k + b_k y_k for every sample k of x and y [n, …].
    let combineEach (a: torch.Tensor) (x: torch.Tensor) (b: torch.Tensor) (y: torch.Tensor) =
        (scaleEach false a x).add(scaleEach false b y)

    /// The cosines, then the sines, of each of x [n] times each rate: [n, 2 rates], in the rates' type.
    let fourier (rates: torch.Tensor) (x: torch.Tensor) =
        let angles = x.``to``(rates).unsqueeze(1L).mul rates
        torch.cat ([| angles.cos (); angles.sin () |], 1L)

    /// The inner product of each pair of samples [n, …].
    let dotEach (a: torch.Tensor) (b: torch.Tensor) = a.mul(b).reshape(a.shape[0], -1L).sum 1L

    /// A vector as tensors of these shapes.
    let parts (shapes: int64[][]) (flat: torch.Tensor) =
        Array.map2
            (fun (part: torch.Tensor) (shape: int64[]) -> part.reshape shape)
            (flat.split (shapes |> Array.map (Array.fold (*) 1L)))
            shapes

    /// The Euclidean norm of all elements.
    let norm (x: torch.Tensor) = x.mul(x).sum().sqrt()

    /// AdamW's change of the parameters, and the two moments after it.
    let adam
        (parameters: torch.Tensor)
        (gradient: torch.Tensor)
        (m: torch.Tensor)
        (v: torch.Tensor)
        (rate: float)
        (beta1: float)
        (beta2: float)
        (epsilon: float)
        (decay: float)
        (correction1: float)
        (correction2: float)
        =
        let first = (by beta1 m).add(by (1.0 - beta1) gradient)
        let second = (by beta2 v).add(by (1.0 - beta2) (gradient.mul gradient))

        let deviation = (by (1.0 / correction2) second).sqrt().add(Scalar.op_Implicit epsilon)

        let direction = by (1.0 / correction1) (first.div deviation)
        [| by -rate (direction.add (by decay parameters)); first; second |]

    /// a x + b y.
    let mix (a: float) (x: torch.Tensor) (b: float) (y: torch.Tensor) = (by a x).add(by b y)

    /// g, or what makes it as long as the limit if it is longer.
    let clip (limit: float) (g: torch.Tensor) =
        let factor = (norm g).add(Scalar.op_Implicit 1e-6).reciprocal().mul(Scalar.op_Implicit limit)
        g.mul (factor.clamp_max (Scalar.op_Implicit 1.0))

    /// x + change, and decay average + (1 - decay) (x + change).
    let advance (decay: float) (x: torch.Tensor) (change: torch.Tensor) (average: torch.Tensor) =
        let next = x.add change
        [| next; (by decay average).add(by (1.0 - decay) next) |]
