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
