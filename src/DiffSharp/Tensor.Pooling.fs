namespace DiffSharp

open TorchSharp

/// Max pooling, average pooling, and max unpooling.
[<AutoOpen>]
module TensorPooling =
    let private check (name: string) (rank: int) (a: Tensor) (kernel: int[]) (strides: int[]) (paddings: int[]) =
        if not a.dtype.IsFloatingPoint then
            opNotSupported name a.dtype

        if a.dim <> rank + 2 then
            failwith $"Expecting {name} of [n; c; …] with {rank} spatial dimensions, found shape {Shape.show a.shape}"

        for d = 0 to rank - 1 do
            let k, s, p = kernel.[d], strides.[d], paddings.[d]

            if k < 1 || s < 1 || p < 0 || 2 * p > k || k > a.shape.[d + 2] + 2 * p then
                failwith
                    $"Expecting {name} windows that fit shape {Shape.show a.shape}, found size {k}, stride {s}, padding {p}"

    let private sizes rank kernelSize kernelSizes stride strides padding paddings =
        let kernel = Shape.resolve rank "kernelSize" [||] kernelSize kernelSizes

        if kernel.Length = 0 then
            failwith "Expecting kernelSize or kernelSizes"

        struct (kernel,
                Shape.resolve rank "stride" kernel stride strides,
                Shape.resolve rank "padding" (Array.zeroCreate rank) padding paddings)

    let private maxpool (rank: int) (a: Tensor) (kernel: int[]) (strides: int[]) (paddings: int[]) =
        let name = $"maxpool{rank}d"
        check name rank a kernel strides paddings
        let k, s, p = Shape.int64s kernel, Shape.int64s strides, Shape.int64s paddings

        let struct (values, indices) =
            match rank with
            | 3 -> torch.nn.functional.max_pool3d_with_indices (a.raw, k, strides = s, padding = p)
            | _ -> torch.nn.functional.max_pool2d_with_indices (a.raw, k, strides = s, padding = p)

        Tensor(values, a.level), Tensor.constant (indices.to_type torch.ScalarType.Int32)

    /// Puts the values at their indices, and zeros elsewhere.
    let private unpool (rank: int) (a: Tensor) (indices: Tensor) (outputShape: int[]) =
        let name = $"maxunpool{rank}d"

        if not a.dtype.IsFloatingPoint then
            opNotSupported name a.dtype

        if indices.dtype <> Dtype.Int32 && indices.dtype <> Dtype.Int64 then
            failwith $"Expecting indices of type Int32 or Int64, found {indices.dtype}"

        if
            a.dim <> rank + 2
            || not (Shape.equal a.shape indices.shape)
            || outputShape.Length <> rank + 2
            || outputShape.[0] <> a.shape.[0]
            || outputShape.[1] <> a.shape.[1]
        then
            failwith
                $"Expecting {name} of values and indices of one shape [n; c; …] to [n; c; …], found {Shape.show a.shape} and {Shape.show indices.shape} to {Shape.show outputShape}"

        let flat = [| a.shape.[0]; a.shape.[1]; Shape.nelement outputShape.[2..] |]

        a
            .view([| a.shape.[0]; a.shape.[1]; -1 |])
            .scatter(2, indices.view [| a.shape.[0]; a.shape.[1]; -1 |], flat)
            .view
            outputShape

    let private unpooledShape
        (a: Tensor)
        (outputSize: seq<int> option)
        (kernel: int[])
        (strides: int[])
        (paddings: int[])
        =
        match outputSize with
        | Some size -> Shape.create size
        | None ->
            Array.append
                a.shape.[..1]
                (Array.init kernel.Length (fun d -> (a.shape.[d + 2] - 1) * strides.[d] - 2 * paddings.[d] + kernel.[d]))

    let private avgpool (rank: int) (a: Tensor) (kernel: int[]) (strides: int[]) (paddings: int[]) : Tensor =
        let name = $"avgpool{rank}d"
        check name rank a kernel strides paddings
        let k, s, p = Shape.int64s kernel, Shape.int64s strides, Shape.int64s paddings

        Tensor.unary name a (fun x ->
            match rank with
            | 3 -> torch.nn.functional.avg_pool3d (x, k, stride = s, padding = p)
            | _ -> torch.nn.functional.avg_pool2d (x, k, stride = s, padding = p))

    type Tensor with

        /// Max pooling of a tensor [n, c, l], and the indices (Int32) of the maxima in l. The stride is the window's
        /// size by default.
        member a.maxpool1di(kernelSize: int, ?stride: int, ?padding: int) : Tensor * Tensor =
            let stride = defaultArg stride kernelSize
            let padding = defaultArg padding 0
            check "maxpool1d" 1 a [| kernelSize |] [| stride |] [| padding |]
            let values, indices = maxpool 2 (a.unsqueeze 2) [| 1; kernelSize |] [| 1; stride |] [| 0; padding |]
            values.squeeze 2, indices.squeeze 2

        /// Max pooling of a tensor [n, c, l].
        member a.maxpool1d(kernelSize: int, ?stride: int, ?padding: int) : Tensor =
            fst (a.maxpool1di (kernelSize, ?stride = stride, ?padding = padding))

        /// The inverse of <c>maxpool1di</c>: puts the maxima at their indices, and zeros elsewhere.
        member a.maxunpool1d
            (indices: Tensor, kernelSize: int, ?stride: int, ?padding: int, ?outputSize: seq<int>)
            : Tensor =
            let stride = defaultArg stride kernelSize
            let padding = defaultArg padding 0
            unpool 1 a indices (unpooledShape a outputSize [| kernelSize |] [| stride |] [| padding |])

        /// Max pooling of a tensor [n, c, h, w], and the flat indices (Int32) of the maxima in h w.
        member a.maxpool2di
            (
                ?kernelSize: int,
                ?stride: int,
                ?padding: int,
                ?kernelSizes: seq<int>,
                ?strides: seq<int>,
                ?paddings: seq<int>
            ) : Tensor * Tensor =
            let struct (k, s, p) = sizes 2 kernelSize kernelSizes stride strides padding paddings
            maxpool 2 a k s p

        /// Max pooling of a tensor [n, c, h, w].
        member a.maxpool2d
            (
                ?kernelSize: int,
                ?stride: int,
                ?padding: int,
                ?kernelSizes: seq<int>,
                ?strides: seq<int>,
                ?paddings: seq<int>
            ) : Tensor =
            let struct (k, s, p) = sizes 2 kernelSize kernelSizes stride strides padding paddings
            fst (maxpool 2 a k s p)

        /// The inverse of <c>maxpool2di</c>: puts the maxima at their indices, and zeros elsewhere.
        member a.maxunpool2d
            (
                indices: Tensor,
                ?kernelSize: int,
                ?stride: int,
                ?padding: int,
                ?kernelSizes: seq<int>,
                ?strides: seq<int>,
                ?paddings: seq<int>,
                ?outputSize: seq<int>
            ) : Tensor =
            let struct (k, s, p) = sizes 2 kernelSize kernelSizes stride strides padding paddings
            unpool 2 a indices (unpooledShape a outputSize k s p)

        /// Max pooling of a tensor [n, c, d, h, w], and the flat indices (Int32) of the maxima in d h w.
        member a.maxpool3di
            (
                ?kernelSize: int,
                ?stride: int,
                ?padding: int,
                ?kernelSizes: seq<int>,
                ?strides: seq<int>,
                ?paddings: seq<int>
            ) : Tensor * Tensor =
            let struct (k, s, p) = sizes 3 kernelSize kernelSizes stride strides padding paddings
            maxpool 3 a k s p

        /// Max pooling of a tensor [n, c, d, h, w].
        member a.maxpool3d
            (
                ?kernelSize: int,
                ?stride: int,
                ?padding: int,
                ?kernelSizes: seq<int>,
                ?strides: seq<int>,
                ?paddings: seq<int>
            ) : Tensor =
            let struct (k, s, p) = sizes 3 kernelSize kernelSizes stride strides padding paddings
            fst (maxpool 3 a k s p)

        /// The inverse of <c>maxpool3di</c>: puts the maxima at their indices, and zeros elsewhere.
        member a.maxunpool3d
            (
                indices: Tensor,
                ?kernelSize: int,
                ?stride: int,
                ?padding: int,
                ?kernelSizes: seq<int>,
                ?strides: seq<int>,
                ?paddings: seq<int>,
                ?outputSize: seq<int>
            ) : Tensor =
            let struct (k, s, p) = sizes 3 kernelSize kernelSizes stride strides padding paddings
            unpool 3 a indices (unpooledShape a outputSize k s p)

        /// Average pooling of a tensor [n, c, l]; padding counts as zeros. The stride is the window's size by default.
        member a.avgpool1d(kernelSize: int, ?stride: int, ?padding: int) : Tensor =
            let stride = defaultArg stride kernelSize
            let padding = defaultArg padding 0
            check "avgpool1d" 1 a [| kernelSize |] [| stride |] [| padding |]
            (avgpool 2 (a.unsqueeze 2) [| 1; kernelSize |] [| 1; stride |] [| 0; padding |]).squeeze 2

        /// Average pooling of a tensor [n, c, h, w]; padding counts as zeros.
        member a.avgpool2d
            (
                ?kernelSize: int,
                ?stride: int,
                ?padding: int,
                ?kernelSizes: seq<int>,
                ?strides: seq<int>,
                ?paddings: seq<int>
            ) : Tensor =
            let struct (k, s, p) = sizes 2 kernelSize kernelSizes stride strides padding paddings
            avgpool 2 a k s p

        /// Average pooling of a tensor [n, c, d, h, w]; padding counts as zeros.
        member a.avgpool3d
            (
                ?kernelSize: int,
                ?stride: int,
                ?padding: int,
                ?kernelSizes: seq<int>,
                ?strides: seq<int>,
                ?paddings: seq<int>
            ) : Tensor =
            let struct (k, s, p) = sizes 3 kernelSize kernelSizes stride strides padding paddings
            avgpool 3 a k s p
