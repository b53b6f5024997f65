namespace DiffSharp

/// Comparisons, whose results are boolean constants, and extremes.
[<AutoOpen>]
module TensorComparison =
    let inline private compare
        (name: string)
        (a: Tensor)
        (b: Tensor)
        ([<InlineIfLambda>] f: TorchSharp.torch.Tensor -> TorchSharp.torch.Tensor -> TorchSharp.torch.Tensor)
        =
        Tensor.constant (Tensor.binary name a b f).raw

    let private indexOf (shape: int[]) (flat: TorchSharp.torch.Tensor) = Shape.indexOf shape (int (flat.item<int64>()))

    /// Indices along a dimension, as constants.
    let private indices (a: Tensor) (found: TorchSharp.torch.Tensor) =
        Tensor.constant (found.detach().to_type TorchSharp.torch.ScalarType.Int32)

    type Tensor with

        /// Element-wise <c>a &lt; b</c>.
        member a.lt(b: Tensor) = compare "lt" a b (fun x y -> x.lt y)
        /// Element-wise <c>a &gt; b</c>.
        member a.gt(b: Tensor) = compare "gt" a b (fun x y -> x.gt y)
        /// Element-wise <c>a &lt;= b</c>.
        member a.le(b: Tensor) = compare "le" a b (fun x y -> x.le y)
        /// Element-wise <c>a &gt;= b</c>.
        member a.ge(b: Tensor) = compare "ge" a b (fun x y -> x.ge y)
        /// Element-wise <c>a = b</c>.
        member a.eq(b: Tensor) = compare "eq" a b (fun x y -> x.eq y)
        /// Element-wise <c>a &lt;&gt; b</c>.
        member a.ne(b: Tensor) = compare "ne" a b (fun x y -> x.ne y)

        /// Whether each element is infinite.
        member a.isinf() = Tensor.constant (a.raw.detach().isinf())
        /// Whether each element is not a number.
        member a.isnan() = Tensor.constant (a.raw.detach().isnan())
        /// Whether any element is infinite.
        member a.hasinf() = a.raw.detach().isinf().any().item<bool>()
        /// Whether any element is not a number.
        member a.hasnan() = a.raw.detach().isnan().any().item<bool>()
        /// Whether any element is infinite or not a number.
        member a.hasinfnan() = a.hasinf () || a.hasnan ()

        /// Whether shapes are equal and <c>|t - tensor| &lt;= absoluteTolerance + relativeTolerance |tensor|</c> for
        /// all elements (1e-8 and 1e-5 by default). Integers and booleans must be equal. Raises
        /// InvalidOperationException if the types differ.
        member t.allclose(tensor: Tensor, ?relativeTolerance: float, ?absoluteTolerance: float) =
            if t.dtype <> tensor.dtype then
                opNotSupported2 "Equals" t.dtype tensor.dtype

            let rtol = defaultArg relativeTolerance 1e-5
            let atol = defaultArg absoluteTolerance 1e-8

            if not t.dtype.IsFloatingPoint then
                t.Equals tensor
            else
                let single = t.dtype = Dtype.Float16 || t.dtype = Dtype.BFloat16
                let a = if single then t.cast Dtype.Float32 else t
                let b = if single then tensor.cast Dtype.Float32 else tensor
                let difference = (a.primalDeep - b.primalDeep).abs().raw
                let allowed = (b.primalDeep.abs () * rtol + atol).raw
                // The difference of equal infinities is NaN, but they are close.
                let close = difference.le(allowed).logical_or(a.raw.detach().eq(b.raw.detach ()))
                close.all().item<bool>()

        /// The index of the largest element; the first of equal elements.
        member a.argmax() : int[] = indexOf a.shape (a.raw.detach().reshape(-1L).max(0L) |> fun (struct (_, i)) -> i)

        /// The index of the smallest element; the first of equal elements.
        member a.argmin() : int[] = indexOf a.shape (a.raw.detach().reshape(-1L).min(0L) |> fun (struct (_, i)) -> i)

        /// The indices (Int32) of the largest elements along a dimension.
        member a.argmax(dim: int, ?keepDim: bool) =
            let dim = Shape.completeDim a.dim dim
            let struct (_, found) = a.raw.detach().max(int64 dim, defaultArg keepDim false)
            indices a found

        /// The indices (Int32) of the smallest elements along a dimension.
        member a.argmin(dim: int, ?keepDim: bool) =
            let dim = Shape.completeDim a.dim dim
            let struct (_, found) = a.raw.detach().min(int64 dim, defaultArg keepDim false)
            indices a found

        /// The largest element. The first of equal elements has the derivative.
        member a.max() : Tensor =
            if a.dim = 0 then
                a
            else
                Tensor.unary "max" a (fun x -> x.reshape(-1L).max(0L) |> fun (struct (values, _)) -> values)

        /// The smallest element. The first of equal elements has the derivative.
        member a.min() : Tensor =
            if a.dim = 0 then
                a
            else
                Tensor.unary "min" a (fun x -> x.reshape(-1L).min(0L) |> fun (struct (values, _)) -> values)

        /// The largest elements along a dimension.
        member a.max(dim: int, ?keepDim: bool) : Tensor =
            let dim = Shape.completeDim a.dim dim
            let keep = defaultArg keepDim false
            Tensor.unary "max" a (fun x -> x.max (int64 dim, keep) |> fun (struct (values, _)) -> values)

        /// The smallest elements along a dimension.
        member a.min(dim: int, ?keepDim: bool) : Tensor =
            let dim = Shape.completeDim a.dim dim
            let keep = defaultArg keepDim false
            Tensor.unary "min" a (fun x -> x.min (int64 dim, keep) |> fun (struct (values, _)) -> values)

        /// The larger of two elements; shapes broadcast, types widen, and equal elements share the derivative.
        member a.max(b: Tensor) : Tensor =
            let struct (a, b) = Tensor.widened ("max", a, b)
            Tensor.binary "max" a b (fun x y -> x.maximum y)

        /// The smaller of two elements; shapes broadcast, types widen, and equal elements share the derivative.
        member a.min(b: Tensor) : Tensor =
            let struct (a, b) = Tensor.widened ("min", a, b)
            Tensor.binary "min" a b (fun x y -> x.minimum y)

        /// Clamps the elements to [low, high]; the derivative of clamped elements is 0.
        member a.clamp(?low: scalar, ?high: scalar) : Tensor =
            if low.IsNone && high.IsNone then
                failwith "Expecting at least one of low and high"

            let bound (value: scalar option) : TorchSharp.Scalar | null =
                match value with
                | Some value -> Interop.toTorchScalar (value.cast a.dtype)
                | None -> null

            Tensor.unary "clamp" a (fun x ->
                use low = bound low
                use high = bound high
                x.clamp (low, high))
