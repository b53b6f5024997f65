namespace DiffSharp

open TorchSharp

/// Convolutions (cross-correlations, as is usual in machine learning) and transposed convolutions.
[<AutoOpen>]
module TensorConvolution =
    let private check (name: string) (rank: int) (a: Tensor) (filters: Tensor) (channelDim: int) =
        if a.dtype <> filters.dtype then
            failwith $"Expecting {name} of input and filters of one type, found {a.dtype} and {filters.dtype}"

        if a.dtype = Dtype.Bool then
            opNotSupported2 name a.dtype filters.dtype

        if a.dim <> rank + 2 || filters.dim <> rank + 2 || a.shape.[1] <> filters.shape.[channelDim] then
            failwith
                $"Expecting {name} of [n; c; …] with {rank} spatial dimensions and filters whose dimension {channelDim} is c, found shapes {Shape.show a.shape} and {Shape.show filters.shape}"

    let private checkSizes (name: string) (strides: int[]) (paddings: int[]) (dilations: int[]) =
        if
            strides |> Array.exists (fun s -> s < 1)
            || dilations |> Array.exists (fun d -> d < 1)
            || paddings |> Array.exists (fun p -> p < 0)
        then
            failwith
                $"Expecting {name} with positive strides and dilations and non-negative paddings, found {Shape.show strides}, {Shape.show dilations} and {Shape.show paddings}"

    /// Convolves integers in double precision, which is exact for integers that fit: the engine has no integer
    /// convolution.
    let private viaFloat (a: Tensor) (filters: Tensor) (f: Tensor -> Tensor -> Tensor) : Tensor =
        if a.dtype.IsFloatingPoint then
            f a filters
        else
            (f (a.cast Dtype.Float64) (filters.cast Dtype.Float64)).round().cast a.dtype

    let private conv (rank: int) (a: Tensor) (filters: Tensor) strides paddings dilations =
        let name = $"conv{rank}d"
        check name rank a filters 1
        checkSizes name strides paddings dilations

        for d = 0 to rank - 1 do
            let extent = (filters.shape.[d + 2] - 1) * dilations.[d] + 1
            let available = a.shape.[d + 2] + 2 * paddings.[d]

            if extent > available then
                failwith $"Expecting {name} filters of at most {available} in dimension {d + 2}, found {extent}"

        let s, p, d = Shape.int64s strides, Shape.int64s paddings, Shape.int64s dilations

        viaFloat a filters (fun a filters ->
            Tensor.binary name a filters (fun x w ->
                match rank with
                | 1 -> torch.nn.functional.conv1d (x, w, stride = s.[0], padding = p.[0], dilation = d.[0])
                | 2 -> torch.nn.functional.conv2d (x, w, strides = s, padding = p, dilation = d)
                | _ -> torch.nn.functional.conv3d (x, w, strides = s, padding = p, dilation = d)))

    let private convTranspose (rank: int) (a: Tensor) (filters: Tensor) strides paddings dilations outputPaddings =
        let name = $"convTranspose{rank}d"
        check name rank a filters 0
        checkSizes name strides paddings dilations

        let s, p, d, o =
            Shape.int64s strides, Shape.int64s paddings, Shape.int64s dilations, Shape.int64s outputPaddings

        viaFloat a filters (fun a filters ->
            Tensor.binary name a filters (fun x w ->
                match rank with
                | 1 ->
                    torch.nn.functional.conv_transpose1d (
                        x,
                        w,
                        stride = s.[0],
                        padding = p.[0],
                        output_padding = o.[0],
                        dilation = d.[0]
                    )
                | 2 ->
                    torch.nn.functional.conv_transpose2d (
                        x,
                        w,
                        strides = s,
                        padding = p,
                        output_padding = o,
                        dilation = d
                    )
                | _ ->
                    torch.nn.functional.conv_transpose3d (
                        x,
                        w,
                        strides = s,
                        padding = p,
                        output_padding = o,
                        dilation = d
                    )))

    let private sizes rank stride strides padding paddings dilation dilations =
        let ones = Array.create rank 1

        struct (Shape.resolve rank "stride" ones stride strides,
                Shape.resolve rank "padding" (Array.zeroCreate rank) padding paddings,
                Shape.resolve rank "dilation" ones dilation dilations)

    type Tensor with

        /// The convolution of [n, c, l] with filters [o, c, k], of shape [n, o, (l + 2 padding - dilation (k - 1) - 1)
        /// / stride + 1].
        member a.conv1d(filters: Tensor, ?stride: int, ?padding: int, ?dilation: int) : Tensor =
            let struct (s, p, d) = sizes 1 stride None padding None dilation None
            conv 1 a filters s p d

        /// The convolution of [n, c, h, w] with filters [o, c, k, l], of shape [n, o, h', w'] with sizes as in
        /// <c>conv1d</c>.
        member a.conv2d
            (
                filters: Tensor,
                ?stride: int,
                ?padding: int,
                ?dilation: int,
                ?strides: seq<int>,
                ?paddings: seq<int>,
                ?dilations: seq<int>
            ) : Tensor =
            let struct (s, p, d) = sizes 2 stride strides padding paddings dilation dilations
            conv 2 a filters s p d

        /// The convolution of [n, c, d, h, w] with filters [o, c, i, j, k], of shape [n, o, d', h', w'] with sizes as
        /// in <c>conv1d</c>.
        member a.conv3d
            (
                filters: Tensor,
                ?stride: int,
                ?padding: int,
                ?dilation: int,
                ?strides: seq<int>,
                ?paddings: seq<int>,
                ?dilations: seq<int>
            ) : Tensor =
            let struct (s, p, d) = sizes 3 stride strides padding paddings dilation dilations
            conv 3 a filters s p d

        /// The transposed convolution of [n, c, l] with filters [c, o, k], of shape [n, o, (l - 1) stride - 2 padding +
        /// dilation (k - 1) + outputPadding + 1]: the vector-Jacobian product of <c>conv1d</c> in its input.
        member a.convTranspose1d
            (filters: Tensor, ?stride: int, ?padding: int, ?dilation: int, ?outputPadding: int)
            : Tensor =
            let struct (s, p, d) = sizes 1 stride None padding None dilation None
            convTranspose 1 a filters s p d [| defaultArg outputPadding 0 |]

        /// The transposed convolution of [n, c, h, w] with filters [c, o, k, l], of shape [n, o, h', w'] with sizes as
        /// in <c>convTranspose1d</c>.
        member a.convTranspose2d
            (
                filters: Tensor,
                ?stride: int,
                ?padding: int,
                ?dilation: int,
                ?outputPadding: int,
                ?strides: seq<int>,
                ?paddings: seq<int>,
                ?dilations: seq<int>,
                ?outputPaddings: seq<int>
            ) : Tensor =
            let struct (s, p, d) = sizes 2 stride strides padding paddings dilation dilations
            let o = Shape.resolve 2 "outputPadding" (Array.zeroCreate 2) outputPadding outputPaddings
            convTranspose 2 a filters s p d o

        /// The transposed convolution of [n, c, d, h, w] with filters [c, o, i, j, k], of shape [n, o, d', h', w'] with
        /// sizes as in <c>convTranspose1d</c>.
        member a.convTranspose3d
            (
                filters: Tensor,
                ?stride: int,
                ?padding: int,
                ?dilation: int,
                ?outputPadding: int,
                ?strides: seq<int>,
                ?paddings: seq<int>,
                ?dilations: seq<int>,
                ?outputPaddings: seq<int>
            ) : Tensor =
            let struct (s, p, d) = sizes 3 stride strides padding paddings dilation dilations
            let o = Shape.resolve 3 "outputPadding" (Array.zeroCreate 3) outputPadding outputPaddings
            convTranspose 3 a filters s p d o
