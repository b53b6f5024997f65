namespace DiffSharp.Backends

open System
open DiffSharp

/// The values of a tensor, without derivatives: the argument and result of <c>fRaw</c> in a user-defined operation
/// (<c>Tensor.Op</c>). It has the members of DiffSharp's RawTensor that read values or return a new tensor; each names
/// the method of <c>Tensor</c> that documents it. New tensors come from the <c>…Like</c> members. No member changes a
/// tensor in place.
[<Sealed>]
type RawTensor internal (values: Tensor) =
    static let raw (t: Tensor) = RawTensor t

    /// The values of a TorchSharp tensor, detached from its graph and not copied.
    new(tensor: TorchSharp.torch.Tensor) = RawTensor(Tensor.constant (tensor.detach ()))

    member internal _.Values = values

    /// The values as a TorchSharp tensor.
    member _.Handle: obj = values.raw

    /// The size of each dimension.
    member _.Shape: Shape = values.shape

    /// The number of dimensions.
    member _.Dim = values.dim

    /// The number of elements.
    member _.Nelement = values.nelement

    /// The type of the elements.
    member _.Dtype = values.dtype

    /// The device that holds the values.
    member _.Device = values.device

    /// The kind of device that holds the values.
    member _.DeviceType = values.deviceType

    /// The engine that computes, always libtorch.
    member _.Backend = values.backend

    /// <c>tensor(…)</c> with the values, followed by a text.
    member _.Print(?postfix: string) = string values + defaultArg postfix ""

    /// <c>tensor(…)</c> with the values.
    override _.ToString() = string values

    /// Whether the other object is a raw tensor of the same shape and values.
    override _.Equals(other: obj | null) =
        match other with
        | :? RawTensor as other -> values.Equals other.Values
        | _ -> false

    /// A hash of the shape and the values.
    override _.GetHashCode() = values.GetHashCode()

    /// The one element.
    member _.ToScalar() : scalar = values.toScalar ()

    /// The element at an index.
    member _.GetItem([<ParamArray>] indexes: int[]) : scalar = values.[indexes].toScalar()

    /// The values as a .NET array, or the value of a scalar.
    member _.ToValues() : obj = if values.dim = 0 then values.toScalar () else values.toArray ()

    /// Whether the values differ by at most <c>absoluteTolerance + relativeTolerance |t2|</c>.
    member _.AllClose(t2: RawTensor, relativeTolerance: float, absoluteTolerance: float) =
        values.allclose (t2.Values, relativeTolerance, absoluteTolerance)

    /// <c>Tensor.argmax</c> of all elements.
    member _.MaxIndexT() : int[] = values.argmax ()

    /// <c>Tensor.argmin</c> of all elements.
    member _.MinIndexT() : int[] = values.argmin ()

    /// The largest elements along a dimension, and their indices.
    member _.MaxReduceT(dim: int, keepdim: bool) : RawTensor * RawTensor =
        raw (values.max (dim, keepdim)), raw (values.argmax (dim, keepdim))

    /// The smallest elements along a dimension, and their indices.
    member _.MinReduceT(dim: int, keepdim: bool) : RawTensor * RawTensor =
        raw (values.min (dim, keepdim)), raw (values.argmin (dim, keepdim))

    /// <c>Tensor.unstack</c>.
    member _.UnstackT(dim: int) : RawTensor[] = values.unstack dim |> Array.map raw

    /// <c>Tensor.split</c>.
    member _.SplitT(sizes: int[], dim: int) : RawTensor[] = values.split (sizes, dim) |> Array.map raw

    /// <c>Tensor.stack</c> of the tensors.
    member _.StackTs(tensors: RawTensor[], dim: int) = raw (Tensor.stack (tensors |> Array.map _.Values, dim))

    /// <c>Tensor.cat</c> of the tensors.
    member _.CatTs(tensors: RawTensor[], dim: int) = raw (Tensor.cat (tensors |> Array.map _.Values, dim))

    /// <c>Tensor.clamp</c> between two scalar tensors.
    member _.ClampT(low: RawTensor, high: RawTensor) = raw (values.clamp (low.ToScalar(), high.ToScalar()))

    /// <c>Tensor.maxpool1di</c>: the maxima and their indices.
    member _.MaxPool1D(kernelSize: int, stride: int, padding: int) : RawTensor * RawTensor =
        let maxima, indices = values.maxpool1di (kernelSize, stride, padding)
        raw maxima, raw indices

    /// <c>Tensor.avgpool1d</c>.
    member _.AvgPool1D(kernelSize: int, stride: int, padding: int) =
        raw (values.avgpool1d (kernelSize, stride, padding))

    /// <c>Tensor.conv1d</c>.
    member _.Conv1D(kernel: RawTensor, stride: int, padding: int) = raw (values.conv1d (kernel.Values, stride, padding))

    /// <c>Tensor.maxpool2di</c>: the maxima and their indices.
    member _.MaxPool2D(kernelSizes: int[], strides: int[], paddings: int[]) : RawTensor * RawTensor =
        let maxima, indices =
            values.maxpool2di (kernelSizes = kernelSizes, strides = strides, paddings = paddings)

        raw maxima, raw indices

    /// <c>Tensor.avgpool2d</c>.
    member _.AvgPool2D(kernelSizes: int[], strides: int[], paddings: int[]) =
        raw (values.avgpool2d (kernelSizes = kernelSizes, strides = strides, paddings = paddings))

    /// <c>Tensor.conv2d</c>.
    member _.Conv2D(kernel: RawTensor, strides: int[], paddings: int[]) =
        raw (values.conv2d (kernel.Values, strides = strides, paddings = paddings))

    /// <c>Tensor.maxpool3di</c>: the maxima and their indices.
    member _.MaxPool3D(kernelSizes: int[], strides: int[], paddings: int[]) : RawTensor * RawTensor =
        let maxima, indices =
            values.maxpool3di (kernelSizes = kernelSizes, strides = strides, paddings = paddings)

        raw maxima, raw indices

    /// <c>Tensor.avgpool3d</c>.
    member _.AvgPool3D(kernelSizes: int[], strides: int[], paddings: int[]) =
        raw (values.avgpool3d (kernelSizes = kernelSizes, strides = strides, paddings = paddings))

    /// <c>Tensor.conv3d</c>.
    member _.Conv3D(kernel: RawTensor, strides: int[], paddings: int[]) =
        raw (values.conv3d (kernel.Values, strides = strides, paddings = paddings))

    /// <c>Tensor.clone</c>.
    member _.Clone() = raw (values.clone ())

    /// <c>Tensor.cast</c>.
    member _.Cast(dtype: Dtype) = raw (values.cast dtype)

    /// <c>Tensor.move</c>.
    member _.MoveTo(device: Device) = raw (values.move (device: Device))

    /// <c>Tensor.zerosLike</c>.
    member _.ZerosLike(shape: Shape, ?dtype: Dtype, ?device: Device) =
        raw (values.zerosLike (shape, ?dtype = dtype, ?device = device))

    /// <c>Tensor.onesLike</c>.
    member _.OnesLike(shape: Shape, ?dtype: Dtype, ?device: Device) =
        raw (values.onesLike (shape, ?dtype = dtype, ?device = device))

    /// <c>Tensor.fullLike</c>.
    member _.FullLike(shape: Shape, value: scalar, ?dtype: Dtype, ?device: Device) =
        raw (values.fullLike (value, shape, ?dtype = dtype, ?device = device))

    /// <c>Tensor.like</c>.
    member _.CreateLike(data: obj, ?dtype: Dtype, ?device: Device) =
        raw (values.like (data, ?dtype = dtype, ?device = device))

    /// <c>Tensor.expand</c>.
    member _.Expand(newShape: Shape) = raw (values.expand newShape)

    /// <c>Tensor.view</c>.
    member _.ViewT(shape: Shape) = raw (values.view shape)

    /// <c>Tensor.GetSlice</c>.
    member _.GetSlice(fullBounds: int[,]) = raw (values.GetSlice fullBounds)

    /// <c>Tensor.permute</c>.
    member _.PermuteT(permutation: int[]) = raw (values.permute permutation)

    /// <c>Tensor.transpose</c>.
    member _.TransposeT(dim0: int, dim1: int) = raw (values.transpose (dim0, dim1))

    /// <c>Tensor.transpose</c> of a matrix.
    member _.TransposeT2() = raw (values.transpose ())

    /// <c>Tensor.squeeze</c>.
    member _.SqueezeT(dim: int) = raw (values.squeeze dim)

    /// <c>Tensor.unsqueeze</c>.
    member _.UnsqueezeT(dim: int) = raw (values.unsqueeze dim)

    /// <c>Tensor.flip</c>.
    member _.FlipT(dims: int[]) = raw (values.flip dims)

    /// <c>Tensor.dilate</c>.
    member _.DilateT(dilations: int[]) = raw (values.dilate dilations)

    /// <c>Tensor.undilate</c>.
    member _.UndilateT(dilations: int[]) = raw (values.undilate dilations)

    /// <c>Tensor.gather</c>.
    member _.GatherT(dim: int, indices: RawTensor) = raw (values.gather (dim, indices.Values))

    /// <c>Tensor.scatter</c>.
    member _.ScatterT(dim: int, indices: RawTensor, destinationShape: Shape) =
        raw (values.scatter (dim, indices.Values, destinationShape))

    /// <c>Tensor.lt</c>.
    member _.LtTT(t2: RawTensor) = raw (values.lt t2.Values)

    /// <c>Tensor.gt</c>.
    member _.GtTT(t2: RawTensor) = raw (values.gt t2.Values)

    /// <c>Tensor.le</c>.
    member _.LeTT(t2: RawTensor) = raw (values.le t2.Values)

    /// <c>Tensor.ge</c>.
    member _.GeTT(t2: RawTensor) = raw (values.ge t2.Values)

    /// <c>Tensor.eq</c>.
    member _.EqTT(t2: RawTensor) = raw (values.eq t2.Values)

    /// <c>Tensor.ne</c>.
    member _.NeqTT(t2: RawTensor) = raw (values.ne t2.Values)

    /// <c>Tensor.isinf</c>.
    member _.IsInfT() = raw (values.isinf ())

    /// <c>Tensor.isnan</c>.
    member _.IsNaNT() = raw (values.isnan ())

    /// The sum of the tensor and alpha t2; alpha is 1 by default.
    member _.AddTT(t2: RawTensor, ?alpha: scalar) =
        match alpha with
        | Some alpha -> raw (values + alpha * t2.Values)
        | None -> raw (values + t2.Values)

    /// The sum of every element and alpha b; alpha is 1 by default.
    member _.AddTT0(b: scalar, ?alpha: scalar) =
        match alpha with
        | Some alpha when alpha.dtype.IsFloatingPoint || b.dtype.IsFloatingPoint ->
            raw (values + ((alpha.toDouble () * b.toDouble ()) :> scalar))
        | Some alpha -> raw (values + ((alpha.toInt64 () * b.toInt64 ()) :> scalar))
        | None -> raw (values + b)

    /// <c>Tensor.addSlice</c>.
    member _.AddTTSlice(location: int[], t2: RawTensor) = raw (values.addSlice (location, t2.Values))

    /// The difference of the elements.
    member _.SubTT(t2: RawTensor) = raw (values - t2.Values)

    /// The difference of each element and a scalar.
    member _.SubTT0(t2: scalar) = raw (values - t2)

    /// The difference of a scalar and each element.
    member _.SubFromT0T(t1: scalar) = raw (t1 - values)

    /// The product of the elements.
    member _.MulTT(t2: RawTensor) = raw (values * t2.Values)

    /// The product of each element and a scalar.
    member _.MulTT0(t2: scalar) = raw (values * t2)

    /// The quotient of the elements.
    member _.DivTT(t2: RawTensor) = raw (values / t2.Values)

    /// The quotient of each element and a scalar.
    member _.DivTT0(t2: scalar) = raw (values / t2)

    /// The quotient of a scalar and each element.
    member _.DivFromT0T(t1: scalar) = raw (t1 / values)

    /// The power of the elements.
    member _.PowTT(t2: RawTensor) = raw (Tensor.Pow(values, t2.Values))

    /// The power of each element and a scalar.
    member _.PowTT0(t2: scalar) = raw (Tensor.Pow(values, t2))

    /// The power of a scalar and each element.
    member _.PowFromT0T(t1: scalar) = raw (Tensor.Pow(t1, values))

    /// <c>Tensor.matmul</c>.
    member _.MatMulTT(t2: RawTensor) = raw (values.matmul t2.Values)

    /// <c>Tensor.bmm</c>.
    member _.BMMTT(t2: RawTensor) = raw (values.bmm t2.Values)

    /// <c>Tensor.inv</c>.
    member _.InverseT() = raw (values.inv ())

    /// <c>Tensor.det</c>.
    member _.DetT() = raw (values.det ())

    /// <c>Tensor.solve</c>.
    member _.SolveTT(t2: RawTensor) = raw (values.solve t2.Values)

    /// <c>Tensor.sum</c>.
    member _.SumT(?resultType: Dtype) = raw (values.sum (?dtype = resultType))

    /// <c>Tensor.sum</c> along a dimension.
    member _.SumTDim(dim: int, ?resultType: Dtype) = raw (values.sum (dim, ?dtype = resultType))

    /// <c>Tensor.neg</c>.
    member _.NegT() = raw (values.neg ())

    /// <c>Tensor.sign</c>.
    member _.SignT() = raw (values.sign ())

    /// <c>Tensor.floor</c>.
    member _.FloorT() = raw (values.floor ())

    /// <c>Tensor.ceil</c>.
    member _.CeilT() = raw (values.ceil ())

    /// <c>Tensor.round</c>.
    member _.RoundT() = raw (values.round ())

    /// <c>Tensor.abs</c>.
    member _.AbsT() = raw (values.abs ())

    /// <c>Tensor.relu</c>.
    member _.ReluT() = raw (values.relu ())

    /// <c>Tensor.softplus</c>.
    member _.SoftplusT() = raw (values.softplus ())

    /// <c>Tensor.sigmoid</c>.
    member _.SigmoidT() = raw (values.sigmoid ())

    /// <c>Tensor.exp</c>.
    member _.ExpT() = raw (values.exp ())

    /// <c>Tensor.log</c>.
    member _.LogT() = raw (values.log ())

    /// <c>Tensor.log10</c>.
    member _.Log10T() = raw (values.log10 ())

    /// <c>Tensor.sqrt</c>.
    member _.SqrtT() = raw (values.sqrt ())

    /// <c>Tensor.sin</c>.
    member _.SinT() = raw (values.sin ())

    /// <c>Tensor.cos</c>.
    member _.CosT() = raw (values.cos ())

    /// <c>Tensor.tan</c>.
    member _.TanT() = raw (values.tan ())

    /// <c>Tensor.sinh</c>.
    member _.SinhT() = raw (values.sinh ())

    /// <c>Tensor.cosh</c>.
    member _.CoshT() = raw (values.cosh ())

    /// <c>Tensor.tanh</c>.
    member _.TanhT() = raw (values.tanh ())

    /// <c>Tensor.asin</c>.
    member _.AsinT() = raw (values.asin ())

    /// <c>Tensor.acos</c>.
    member _.AcosT() = raw (values.acos ())

    /// <c>Tensor.atan</c>.
    member _.AtanT() = raw (values.atan ())
