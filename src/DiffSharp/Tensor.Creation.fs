namespace DiffSharp

open TorchSharp

/// Tensors from values, or with the shape, type and device of another tensor.
[<AutoOpen>]
module TensorCreation =
    /// The given type and device, or those of an existing tensor.
    let internal placeLike (like: Tensor) (device: Device option) (dtype: Dtype option) =
        struct (defaultArg dtype like.dtype, defaultArg device like.device)

    /// The given type and device, or the defaults.
    let internal placeDefault (device: Device option) (dtype: Dtype option) =
        struct (defaultArg dtype Dtype.Default, defaultArg device Device.Default)

    let internal filled (shape: int[]) (value: scalar) (struct (dtype, device): struct (Dtype * Device)) =
        try
            Tensor.constant (
                Interop.withScalar (value.cast dtype) (fun value ->
                    torch.full (
                        Shape.int64s shape,
                        value,
                        dtype = Interop.toTorchType dtype,
                        device = Interop.toTorchDevice device
                    ))
            )
        with error ->
            raise (Interop.translate "full" $"shape {Shape.show shape}" error)

    let internal zerosAt (shape: int[]) (struct (dtype, device): struct (Dtype * Device)) =
        Tensor.constant (
            torch.zeros (Shape.int64s shape, dtype = Interop.toTorchType dtype, device = Interop.toTorchDevice device)
        )

    let internal onesAt (shape: int[]) (struct (dtype, device): struct (Dtype * Device)) =
        Tensor.constant (
            torch.ones (Shape.int64s shape, dtype = Interop.toTorchType dtype, device = Interop.toTorchDevice device)
        )

    let internal emptyAt (shape: int[]) (struct (dtype, device): struct (Dtype * Device)) =
        Tensor.constant (
            torch.empty (Shape.int64s shape, dtype = Interop.toTorchType dtype, device = Interop.toTorchDevice device)
        )

    let private requireFloat (name: string) (dtype: Dtype) =
        if not dtype.IsFloatingPoint then
            opNotSupported name dtype

    let internal uniformAt (shape: int[]) (struct (dtype, device): struct (Dtype * Device)) =
        requireFloat "rand" dtype

        Tensor.constant (
            torch.rand (Shape.int64s shape, dtype = Interop.toTorchType dtype, device = Interop.toTorchDevice device)
        )

    let internal normalAt (shape: int[]) (struct (dtype, device): struct (Dtype * Device)) =
        requireFloat "randn" dtype

        Tensor.constant (
            torch.randn (Shape.int64s shape, dtype = Interop.toTorchType dtype, device = Interop.toTorchDevice device)
        )

    let internal integersAt (shape: int[]) (low: int) (high: int) (struct (dtype, device): struct (Dtype * Device)) =
        if high <= low then
            failwith $"Expecting low < high, found low {low} and high {high}"

        let drawn =
            torch.randint (
                int64 low,
                int64 high,
                Shape.int64s shape,
                dtype = torch.ScalarType.Int64,
                device = Interop.toTorchDevice device
            )

        Tensor.constant (Interop.place dtype device drawn)

    /// Scalar tensors as elements of a shape, differentiable in each.
    let private combine (scalars: Tensor[]) (shape: int[]) =
        match scalars |> Array.tryFind (fun t -> t.dim <> 0) with
        | Some t ->
            failwith
                $"Expecting scalar tensors to combine, found shape {Shape.show t.shape}; stack and cat combine others"
        | None -> ()

        let dtype = scalars.[0].dtype
        let level = Tensor.levels scalars
        let stacked = torch.stack (scalars |> Array.map (fun t -> t.cast(dtype).raw))
        Tensor(stacked.reshape (Shape.int64s shape), level)

    type Tensor with

        /// A tensor from a number, or from a nested array, sequence or tuple of numbers, booleans or scalar tensors, in
        /// which it is differentiable. The default element type is that of the values, except that double precision
        /// becomes Float32, unless the values are an array and the default type is Float64.
        static member create(value: obj, ?device: Device, ?dtype: Dtype, ?backend: Backend) : Tensor =
            ignore backend
            let device = defaultArg device Device.Default

            let constant (struct (raw, inferred): struct (torch.Tensor * Dtype)) =
                Tensor.constant (Interop.place (defaultArg dtype inferred) device raw)

            match DataConverter.tryFlatArray value with
            | ValueSome flat -> constant flat
            | ValueNone ->
                match DataConverter.flatten value with
                | [||], shape -> zerosAt shape (struct (defaultArg dtype Dtype.Default, device))
                | leaves, shape when (leaves.[0] :? Tensor) ->
                    combine (leaves |> Array.map (fun leaf -> leaf :?> Tensor)) shape
                | leaves, shape -> constant (DataConverter.ofLeaves leaves (Shape.int64s shape))

        /// The identity matrix with the given numbers of rows and columns (square by default), of type Int32 unless one
        /// is given.
        static member eye(rows: int, ?cols: int, ?device: Device, ?dtype: Dtype, ?backend: Backend) : Tensor =
            ignore backend
            let cols = defaultArg cols rows

            if rows <= 0 || cols <= 0 then
                zerosAt [| 0 |] (placeDefault device dtype)
            else
                let values = Array.init (rows * cols) (fun i -> if i / cols = i % cols then 1L else 0L)
                let raw = Interop.ofInt64s values [| int64 rows; int64 cols |]
                let device = defaultArg device Device.Default
                Tensor.constant (Interop.place (defaultArg dtype Dtype.Int32) device raw)

        /// Zeros with this tensor's shape, type and device, or those given.
        member a.zerosLike(?shape: seq<int>, ?device, ?dtype, ?backend: Backend) =
            ignore backend
            zerosAt (defaultArg (Option.map Shape.create shape) a.shape) (placeLike a device dtype)

        /// Ones with this tensor's shape, type and device, or those given.
        member a.onesLike(?shape: seq<int>, ?device, ?dtype, ?backend: Backend) =
            ignore backend
            onesAt (defaultArg (Option.map Shape.create shape) a.shape) (placeLike a device dtype)

        /// A tensor that repeats one value, with this tensor's shape, type and device, or those given.
        member a.fullLike(value: scalar, ?shape: seq<int>, ?device, ?dtype, ?backend: Backend) =
            ignore backend
            filled (defaultArg (Option.map Shape.create shape) a.shape) value (placeLike a device dtype)

        /// A scalar tensor with this tensor's type and device, or those given.
        member a.scalarLike(scalar: scalar, ?device, ?dtype, ?backend: Backend) =
            ignore backend
            filled [||] scalar (placeLike a device dtype)

        /// The scalar 0 with this tensor's type and device, or those given.
        member a.zeroLike(?device, ?dtype, ?backend: Backend) =
            ignore backend
            zerosAt [||] (placeLike a device dtype)

        /// The scalar 1 with this tensor's type and device, or those given.
        member a.oneLike(?device, ?dtype, ?backend: Backend) =
            ignore backend
            onesAt [||] (placeLike a device dtype)

        /// Uniform random numbers on [0, 1) with this tensor's shape, type and device, or those given.
        member a.randLike(?shape: seq<int>, ?device, ?dtype, ?backend: Backend) =
            ignore backend
            uniformAt (defaultArg (Option.map Shape.create shape) a.shape) (placeLike a device dtype)

        /// Standard normal random numbers with this tensor's shape, type and device, or those given.
        member a.randnLike(?shape: seq<int>, ?device, ?dtype, ?backend: Backend) =
            ignore backend
            normalAt (defaultArg (Option.map Shape.create shape) a.shape) (placeLike a device dtype)

        /// Random integers in [low, high) with this tensor's shape, type and device, or those given.
        member a.randintLike(low: int, high: int, ?shape: seq<int>, ?device, ?dtype, ?backend: Backend) =
            ignore backend
            integersAt (defaultArg (Option.map Shape.create shape) a.shape) low high (placeLike a device dtype)

        /// A tensor of the given values, as in <c>create</c>, with this tensor's type and device, or those given.
        member a.like(value: obj, ?device, ?dtype, ?backend: Backend) =
            ignore backend
            let struct (dtype, device) = placeLike a device dtype
            Tensor.create (value, device = device, dtype = dtype)

        /// A constant copy.
        member a.clone() = Tensor.constant (a.raw.detach().clone())

        /// The numbers startVal, startVal + step, … below endVal.
        member a.arangeLike(endVal: float, ?startVal: float, ?step: float, ?device, ?dtype, ?backend: Backend) =
            ignore backend
            let start = defaultArg startVal 0.0
            let step = defaultArg step 1.0
            let length = (endVal - start) / step |> ceil |> int
            a.like (Array.init length (fun i -> start + float i * step), ?device = device, ?dtype = dtype)

        /// The integers startVal, startVal + step, … below endVal, of type Int32 if none is given.
        member a.arangeLike(endVal: int, ?startVal: int, ?step: int, ?device, ?dtype, ?backend: Backend) =
            ignore backend
            let start = float (defaultArg startVal 0)
            let step = float (defaultArg step 1)

            a.arangeLike (
                endVal = float endVal,
                startVal = start,
                step = step,
                ?device = device,
                dtype = defaultArg dtype Dtype.Int32
            )

        /// Equally spaced numbers from startVal to endVal, both included.
        member a.linspaceLike(startVal: float, endVal: float, steps: int, ?device, ?dtype, ?backend: Backend) =
            ignore backend
            let step = (endVal - startVal) / float (steps - 1)
            a.like (Array.init steps (fun i -> startVal + float i * step), ?device = device, ?dtype = dtype)

        /// Equally spaced numbers from startVal to endVal, both included.
        member a.linspaceLike(startVal: int, endVal: int, steps: int, ?device, ?dtype, ?backend: Backend) =
            ignore backend
            a.linspaceLike (float startVal, float endVal, steps, ?device = device, ?dtype = dtype)

        /// Powers of the base (10 by default) with equally spaced exponents from startVal to endVal.
        member a.logspaceLike
            (startVal: float, endVal: float, steps: int, ?baseVal: float, ?device, ?dtype, ?backend: Backend)
            =
            ignore backend
            let exponents = a.linspaceLike (startVal, endVal, steps, ?device = device, ?dtype = dtype)
            Tensor.powImpl ((defaultArg baseVal 10.0 :> scalar), exponents)

        /// Powers of the base (10 by default) with equally spaced exponents from startVal to endVal.
        member a.logspaceLike
            (startVal: int, endVal: int, steps: int, ?baseVal: int, ?device, ?dtype, ?backend: Backend)
            =
            ignore backend
            let baseVal = float (defaultArg baseVal 10)
            a.logspaceLike (float startVal, float endVal, steps, baseVal, ?device = device, ?dtype = dtype)

        /// A vector of zeros with a one at the given index.
        member a.onehotLike(length: int, hot: int, ?device, ?dtype, ?backend: Backend) =
            ignore backend

            if hot < 0 || hot >= length then
                failwith $"Expecting 0 <= hot < {length}, found {hot}"

            let values = Array.zeroCreate<float> length
            values.[hot] <- 1.0
            a.like (values, ?device = device, ?dtype = dtype)
