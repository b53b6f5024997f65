namespace DiffSharp

open TorchSharp

/// The layers of networks as operations of the engine's own native floor.
module internal Layers =
    type private Native = TorchSharp.Layers

    let private orNull (tensor: torch.Tensor option) : torch.Tensor | null =
        match tensor with
        | Some tensor -> tensor
        | None -> null

    /// x * sigmoid(x).
    let silu (x: torch.Tensor) = Native.Silu x

    /// Convolution, plus bias, plus a tensor of the result's shape.
    let convolution
        (x: torch.Tensor)
        (weight: torch.Tensor)
        (bias: torch.Tensor)
        residual
        (stride: int)
        (padding: int)
        =
        Native.Convolution(x, weight, bias, orNull residual, int64 stride, int64 padding)

    /// x [n, i] times the transpose of weight [o, i], plus bias [o].
    let linear (x: torch.Tensor) (weight: torch.Tensor) (bias: torch.Tensor) = Native.Linear(x, weight, bias)

    /// Group normalisation, then weight and bias [c], then 1 + scale and shift [n, c], then SiLU if asked.
    let normalise (x: torch.Tensor) (groups: int) weight bias scale shift (eps: float) (activate: bool) =
        Native.Normalise(x, int64 groups, orNull weight, orNull bias, orNull scale, orNull shift, eps, activate)

    /// silu(x (1 + scale) + shift).
    let modulate (x: torch.Tensor) (scale: torch.Tensor) (shift: torch.Tensor) = Native.Modulate(x, scale, shift)

    /// Hidden layers silu((W h + b)(1 + scale) + shift), scales and shifts an affine map of a condition if there is one,
    /// then an affine map if there is one.
    let perceptron
        (x: torch.Tensor)
        (film: (torch.Tensor * torch.Tensor * torch.Tensor) option)
        (layers: (torch.Tensor * torch.Tensor) list)
        (head: (torch.Tensor * torch.Tensor) option)
        =
        let pair (weight, bias) = [ weight; bias ]

        let rest =
            match film with
            | Some(condition, weight, bias) -> [ condition; weight; bias ]
            | None -> []

        let parts = x :: List.collect pair (layers @ Option.toList head) @ rest
        Native.Perceptron(Array.ofList parts, int64 layers.Length)

    /// Each sample of x [n, …] times or divided by its number of a [n].
    let scaleEach (divide: bool) (a: torch.Tensor) (x: torch.Tensor) = Native.ScaleEach(a, x, divide)

    /// a_k x_k + b_k y_k for every sample k of x and y [n, …].
    let combineEach (a: torch.Tensor) (x: torch.Tensor) (b: torch.Tensor) (y: torch.Tensor) =
        Native.CombineEach(a, x, b, y)

    /// The cosines, then the sines, of each of x [n] times each rate: [n, 2 rates], in the rates' type.
    let fourier (rates: torch.Tensor) (x: torch.Tensor) = Native.Fourier(x, rates)

    /// The inner product of each pair of samples [n, …].
    let dotEach (a: torch.Tensor) (b: torch.Tensor) = Native.DotEach(a, b)

    /// A vector as tensors of these shapes.
    let parts (shapes: int64[][]) (flat: torch.Tensor) = Native.Parts(flat, shapes)

    /// The Euclidean norm of all elements.
    let norm (x: torch.Tensor) = Native.Norm x

    /// AdamW's change of the parameters, and the two moments after it.
    let adam (parameters: torch.Tensor) gradient m v (rate: float) beta1 beta2 epsilon decay correction1 correction2 =
        Native.Adam(parameters, gradient, m, v, rate, beta1, beta2, epsilon, decay, correction1, correction2)

    /// a x + b y.
    let mix (a: float) (x: torch.Tensor) (b: float) (y: torch.Tensor) = Native.Mix(x, y, a, b)

    /// g, or what makes it as long as the limit if it is longer.
    let clip (limit: float) (g: torch.Tensor) = Native.Clip(g, limit)

    /// x + change, and decay average + (1 - decay) (x + change).
    let advance (decay: float) (x: torch.Tensor) (change: torch.Tensor) (average: torch.Tensor) =
        Native.Advance(x, change, average, decay)
