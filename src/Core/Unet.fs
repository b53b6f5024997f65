namespace ScoreFunctional

// The convolutional encoder–decoder.

open DiffSharp

/// <summary>Sizes of the fully connected layers between the residual blocks at the coarsest resolution.</summary>
type DenseSize = {
    /// <summary>Height and width of the images. Fully connected layers fix the size of the images.</summary>
    Side: int
    /// <summary>Input channels of the layers.</summary>
    Channels: int
    /// <summary>Width of the hidden layer.</summary>
    Hidden: int
}

/// <summary>Sizes of the convolutional encoder–decoder.</summary>
type UnetSize = {
    /// <summary>Channels of an image.</summary>
    Channels: int
    /// <summary>Side of the blocks of pixels that become channels before the first convolution, and pixels again after the last; 1 for
    /// none. The network then runs at 1/Patch of the resolution.</summary>
    Patch: int
    /// <summary>Channels at each resolution, from the finest to the coarsest. Each resolution is half the previous one.</summary>
    Widths: int list
    /// <summary>Residual blocks at each resolution but the coarsest, in the encoder and again in the decoder.</summary>
    Blocks: int
    /// <summary>Residual blocks at the coarsest resolution.</summary>
    Middle: int
    /// <summary>Channels in a group of the group normalisation; divides every width.</summary>
    GroupSize: int
    /// <summary>Width of the embedding of the noise label.</summary>
    Embedding: int
    /// <summary>Fully connected layers between the blocks at the coarsest resolution, or none.</summary>
    Dense: DenseSize option
}

/// <summary>The convolutional encoder–decoder with skip connections (Ronneberger et al. 2015), residual blocks, group
/// normalisation, and FiLM (Perez et al. 2018) on the noise level in every block.</summary>
module Unet =

    /// <summary>The default: 1.3 million parameters for 28 × 28 grey images, at 14 × 14 and 7 × 7.</summary>
    let standard: UnetSize = {
        Channels = 1
        Patch = 2
        Widths = [ 64; 128 ]
        Blocks = 1
        Middle = 3
        GroupSize = 16
        Embedding = 128
        Dense = None
    }

    /// A residual block of x and its scale and shift, [n; width] each.
    let private block groupSize inputs outputs : Layer<Tensor -> Tensor * Tensor -> Tensor> =
        let straight =
            if inputs = outputs then
                Layer.value id
            else
                Layer.named "skip" (Layer.conv 1 1 inputs outputs)

        layer {
            let! norm = Layer.named "norm" (Layer.groupNormSilu (inputs / groupSize) inputs)
            and! first = Layer.named "conv1" (Layer.conv 3 1 inputs outputs)
            and! second = Layer.named "conv2" (Layer.convZeroOnto 3 outputs outputs)
            and! straight = straight

            return
                fun x film ->
                    let modulate = Primitives.normalise (outputs / groupSize) None (Some film) 1e-5 true
                    x |> Layer.sequential [ norm; first; modulate; (fun inner -> second (straight x) inner) ]
        }

    /// A fully connected residual block: x + expand(dense2(silu(dense1(squeeze(norm x))))), with the dense layers over all pixels of a
    /// few channels. Three blocks of convolutions at 7 × 7 model strokes well, but not how they form one digit.
    let private dense groupSize width places (size: DenseSize) : Layer<Tensor -> Tensor> =
        let inside = size.Channels * places

        layer {
            let! norm = Layer.named "norm" (Layer.groupNorm (width / groupSize) width)
            and! squeeze = Layer.named "squeeze" (Layer.conv 1 1 width size.Channels)
            and! first = Layer.named "dense1" (Layer.linear inside size.Hidden)
            and! second = Layer.named "dense2" (Layer.linear size.Hidden inside)
            and! expand = Layer.named "expand" (Layer.convZeroOnto 1 size.Channels width)

            return
                fun x ->
                    let flatten (h: Tensor) = h.view [| -1; inside |]
                    let shape = Array.append [| x.shape[0]; size.Channels |] x.shape[2..]

                    x
                    |> Layer.sequential [
                        norm
                        squeeze
                        flatten
                        first
                        Primitives.silu
                        second
                        (fun h -> h.view shape)
                        expand x
                    ]
        }

    /// The ratio of the side of an image to that at the coarsest resolution.
    let private multiple (size: UnetSize) = size.Patch * pown 2 (size.Widths.Length - 1)

    let private check (size: UnetSize) =
        let demand condition message =
            if not condition then
                invalidArg (nameof size) message

        demand (size.Channels > 0 && size.Patch > 0) "expected a positive number of channels and a positive patch"
        demand (not size.Widths.IsEmpty) "expected at least one width, found none"

        demand
            (size.Blocks > 0 && size.Middle > 0 && size.Embedding > 0)
            "expected positive numbers of blocks and widths"

        demand
            (size.GroupSize > 0 && size.Widths |> List.forall (fun w -> w > 0 && w % size.GroupSize = 0))
            $"expected widths divisible by the group size {size.GroupSize}, found %A{size.Widths}"

        match size.Dense with
        | None -> ()
        | Some dense ->
            demand (dense.Channels > 0 && dense.Hidden > 0) "expected positive numbers of dense channels and units"

            demand
                (dense.Side > 0 && dense.Side % multiple size = 0)
                $"expected dense layers for images of a side divisible by {multiple size}, found {dense.Side}"

    /// Applies blocks one after another, each with its modulation.
    let private run blocks (films: (Tensor * Tensor) list) =
        List.map2 (fun block film -> fun h -> block h film) blocks films |> Layer.sequential

    let private several groupSize count inputs outputs =
        Layer.list [
            for i in 0 .. count - 1 ->
                block groupSize (if i = 0 then inputs else outputs) outputs |> Layer.named (string i)
        ]

    /// The encoder and decoder at one resolution, around all coarser ones. Modulations are in the order of the blocks: encoder, coarser
    /// resolutions, decoder.
    let rec private level size widths : Layer<Tensor -> (Tensor * Tensor) list -> Tensor> * int list =
        match widths with
        | [] -> invalidArg (nameof widths) "expected at least one width, found none"
        | [ width ] ->
            let between =
                Layer.list [
                    match size.Dense with
                    | None -> ()
                    | Some wanted ->
                        let places = pown (wanted.Side / multiple size) 2

                        for i in 0 .. size.Middle - 2 ->
                            dense size.GroupSize width places wanted |> Layer.named (string i)
                ]

            let part =
                layer {
                    let! blocks = Layer.named "middle" (several size.GroupSize size.Middle width width)
                    and! between = Layer.named "between" between

                    return
                        fun x films ->
                            let after i = List.tryItem i between |> Option.defaultValue id

                            let steps =
                                List.mapi2 (fun i block film -> [ (fun h -> block h film); after i ]) blocks films

                            x |> Layer.sequential (List.concat steps)
                }

            part, List.replicate size.Middle width
        | width :: (coarser :: _ as rest) ->
            let inner, innerFilms = level size rest

            let part =
                layer {
                    let! enter = Layer.named "encode" (several size.GroupSize size.Blocks width width)
                    and! down = Layer.named "down" (Layer.conv 3 2 width coarser)
                    and! inner = Layer.named "inner" inner
                    and! up = Layer.named "up" (Layer.conv 1 1 coarser width)
                    and! leave = Layer.named "decode" (several size.GroupSize size.Blocks (2 * width) width)

                    return
                        fun x films ->
                            let before, others = List.splitAt size.Blocks films
                            let within, after = List.splitAt innerFilms.Length others
                            let skip = run enter before x

                            skip
                            |> Layer.sequential [
                                down
                                (fun h -> inner h within)
                                // The 1 × 1 convolution commutes with upsampling; before it, it costs a quarter.
                                up
                                Primitives.upsampleNearest2x
                                (fun risen -> dsharp.cat ([ risen; skip ], dim = 1))
                                run leave after
                            ]
                }

            let own = List.replicate size.Blocks width
            part, own @ innerFilms @ own

    /// The network for an embedding of its condition: the noise label, and a class or nothing.
    let private around (size: UnetSize) (embedding: Layer<'label -> Tensor -> Tensor -> Tensor>) =
        check size
        let inside = size.Channels * size.Patch * size.Patch
        let width = List.head size.Widths
        let multiple = multiple size
        let levels, films = level size size.Widths
        let pack x = if size.Patch = 1 then x else Primitives.spaceToDepth size.Patch x
        let unpack x = if size.Patch = 1 then x else Primitives.depthToSpace size.Patch x

        let part: Layer<'label -> Field> =
            layer {
                let! embed = Layer.named "embedding" embedding
                and! film = Layer.named "film" (Layer.linearZero size.Embedding (2 * List.sum films))
                and! stem = Layer.named "stem" (Layer.conv 3 1 inside width)
                and! levels = Layer.named "levels" levels
                and! norm = Layer.named "norm" (Layer.groupNormSilu (width / size.GroupSize) width)
                and! head = Layer.named "head" (Layer.convZero 3 width inside)

                return
                    fun label x c ->
                        if
                            x.dim <> 4
                            || x.shape[1] <> size.Channels
                            || x.shape[2] % multiple <> 0
                            || x.shape[3] % multiple <> 0
                        then
                            invalidArg
                                (nameof x)
                                $"expected images [n; {size.Channels}; h; w] with h and w divisible by {multiple}, found shape %A{List.ofArray x.shape}"

                        match size.Dense with
                        | Some dense when x.shape[2] <> dense.Side || x.shape[3] <> dense.Side ->
                            invalidArg
                                (nameof x)
                                $"expected images of {dense.Side} × {dense.Side}, found shape %A{List.ofArray x.shape}"
                        | _ -> ()

                        let modulations =
                            (film (embed label x c)).split(films |> List.collect (fun w -> [ w; w ]), dim = 1)
                            |> List.ofArray
                            |> List.chunkBySize 2
                            |> List.map (fun pair -> pair[0], pair[1])

                        x |> Layer.sequential [ pack; stem; (fun h -> levels h modulations); norm; head; unpack ]
            }

        part

    /// <summary>The network of these sizes: images <c>[n; c; h; w]</c> to the same shape, with h and w divisible by
    /// <c>Patch · 2^(number of widths − 1)</c>. The last convolution, the second one of every block and all modulations are
    /// initially zero.</summary>
    /// <exception cref="T:System.ArgumentException">Invalid sizes, or an image with h or w not divisible.</exception>
    let create (size: UnetSize) : Network =
        around size (Layer.embedding size.Embedding |> Layer.map (fun embed () -> embed))
        |> Layer.map (fun field -> field ())
        |> Network.create "unet" Citations.ronneberger2015

    /// <summary><c>create</c> with one class label per sample. The learned vector of the class is added to the noise embedding.</summary>
    /// <exception cref="T:System.ArgumentException">Invalid sizes, fewer than one class, or an image with h or w not
    /// divisible.</exception>
    let conditional (classes: int) (size: UnetSize) : ConditionalNetwork =
        around size (Layer.labelled classes size.Embedding)
        |> Network.conditional "unet" Citations.ronneberger2015 classes
