namespace DiffSharp

/// The sizes of a tensor's dimensions; empty for a scalar.
type Shape = int[]

/// Rules about shapes. Violations raise System.Exception, as in DiffSharp, with the expected and the actual shape.
module Shape =
    /// The shape of a scalar.
    let scalar: Shape = [||]

    let internal show (shape: int[]) = "[" + System.String.Join("; ", shape) + "]"

    /// The sizes as an array. An array is not copied.
    let create (shape: seq<int>) : Shape =
        match shape with
        | :? (int[]) as array -> array
        | _ -> Seq.toArray shape

    let internal int64s (shape: int[]) =
        let result = Array.zeroCreate<int64> shape.Length

        for i = 0 to shape.Length - 1 do
            result.[i] <- int64 shape.[i]

        result

    /// The shape of an engine tensor, read size by size. TorchSharp's <c>shape</c> takes two microseconds, because it creates
    /// a callback for native code.
    let internal ofTorch (tensor: TorchSharp.torch.Tensor) : Shape =
        let result = Array.zeroCreate<int>(int (tensor.dim ()))

        for i = 0 to result.Length - 1 do
            result.[i] <- int (tensor.size i)

        result

    /// The number of elements.
    let nelement (shape: Shape) =
        let mutable product = 1

        for size in shape do
            product <- product * size

        product

    /// Whether two shapes are equal; faster than F#'s generic comparison of arrays.
    let internal equal (a: int[]) (b: int[]) =
        System.MemoryExtensions.SequenceEqual(System.ReadOnlySpan a, System.ReadOnlySpan b)

    /// The index of a dimension, which counts from the end if negative. Checks it against the rank.
    let completeDim (rank: int) (dim: int) =
        let completed = if dim < 0 then rank + dim else dim

        if dim < -rank || (completed >= rank && not (rank = 0 && dim = 0)) then
            failwith $"Expecting a dimension from {-rank} to {rank - 1}, found {dim}"

        completed

    /// The index of a new dimension, which counts from the end if negative. Checks it against the rank.
    let completeDimUnsqueeze (rank: int) (dim: int) =
        let completed = if dim < 0 then rank + 1 + dim else dim

        if completed < 0 || completed > rank then
            failwith $"Expecting a dimension from {-rank - 1} to {rank}, found {dim}"

        completed

    /// Replaces a size of -1 so that the shape has <c>count</c> elements.
    let complete (count: int) (shape: Shape) : Shape =
        let inferred = shape |> Array.filter ((=) -1) |> Array.length

        if inferred > 1 then
            failwith $"Expecting at most one -1 in a shape, found {show shape}"

        let known = shape |> Array.filter ((<>) -1) |> nelement

        if inferred = 0 then
            shape
        elif known = 0 || count % known <> 0 then
            failwith $"Cannot complete shape {show shape} to have {count} elements"
        else
            shape |> Array.map (fun size -> if size = -1 then count / known else size)

    /// Whether a tensor of the first shape can be expanded to the second.
    let canExpand (oldShape: Shape) (newShape: Shape) =
        let added = newShape.Length - oldShape.Length
        added >= 0 && Array.forall2 (fun o n -> o = n || o = 1) oldShape newShape.[added..]

    /// The shape of an expansion, with -1 replaced by the old size. Checks that the expansion exists.
    let internal expanded (oldShape: int[]) (newShape: int[]) =
        let added = newShape.Length - oldShape.Length

        let completed =
            newShape
            |> Array.mapi (fun i size -> if size = -1 && i >= added then oldShape.[i - added] else size)

        if not (canExpand oldShape completed) || Array.exists (fun size -> size < 0) completed then
            failwith $"Cannot expand a tensor of shape {show oldShape} to shape {show newShape}"

        completed

    /// Whether two shapes broadcast together: counted from the last dimension, sizes are equal or one of them is 1.
    let internal canBroadcast (a: int[]) (b: int[]) =
        Seq.forall2 (fun m n -> m = n || m = 1 || n = 1) (Array.rev a) (Array.rev b)

    /// The shape to which two shapes broadcast.
    let broadcast2 (a: Shape) (b: Shape) : Shape =
        let rank = max a.Length b.Length

        let size (shape: int[]) i =
            let j = i - (rank - shape.Length)
            if j < 0 then 1 else shape.[j]

        Array.init rank (fun i ->
            match size a i, size b i with
            | m, n when m = n || n = 1 -> m
            | 1, n -> n
            | _ -> failwith $"Expecting shapes that broadcast together, found {show a} and {show b}")

    /// The shape to which all of these broadcast.
    let broadcastShapes (shapes: Shape[]) : Shape = Array.fold broadcast2 scalar shapes

    /// Whether both shapes have the same rank and each size of the second is at most that of the first.
    let contains (bigShape: Shape) (smallShape: Shape) =
        bigShape.Length = smallShape.Length && Array.forall2 (>=) bigShape smallShape

    /// Removes all dimensions of size 1 (for -1), or the given dimension if its size is 1.
    let squeeze (dim: int) (shape: Shape) : Shape =
        if dim = -1 then Array.filter ((<>) 1) shape
        elif shape.[dim] = 1 then Array.removeAt dim shape
        else shape

    /// Merges dimensions startDim to endDim into one.
    let flatten (startDim: int) (endDim: int) (shape: Shape) : Shape =
        Array.concat [ shape.[.. startDim - 1]; [| nelement shape.[startDim..endDim] |]; shape.[endDim + 1 ..] ]

    /// The shape with dilation - 1 gaps between neighbours along each dimension.
    let dilated (shape: Shape) (dilations: int[]) : Shape =
        Array.map2 (fun size dilation -> (size - 1) * dilation + 1) shape dilations

    /// One size per dimension, from the pair of optional arguments of convolutions and pooling.
    let internal resolve (rank: int) (what: string) (fallback: int[]) (one: int option) (many: seq<int> option) =
        match one, many with
        | Some _, Some _ -> failwith $"Expecting only one of {what} and {what}s"
        | Some size, None -> Array.create rank size
        | None, Some sizes ->
            let sizes = create sizes

            if sizes.Length <> rank then
                failwith $"Expecting {what}s to have {rank} items, found {show sizes}"

            sizes
        | None, None -> fallback

    let private resolveRequired (rank: int) (what: string) (one: int option) (many: seq<int> option) =
        match resolve rank what scalar one many with
        | [||] -> failwith $"Expecting one of {what} and {what}s"
        | sizes -> sizes

    /// The two sizes of a kernel, given as one size for both or as two. Raises if neither or both are given.
    let resolve2dKernelSizes (kernelSize: int option) (kernelSizes: seq<int> option) =
        resolveRequired 2 "kernelSize" kernelSize kernelSizes

    /// The three sizes of a kernel, given as one size for all or as three. Raises if neither or both are given.
    let resolve3dKernelSizes (kernelSize: int option) (kernelSizes: seq<int> option) =
        resolveRequired 3 "kernelSize" kernelSize kernelSizes

    let internal checkPermutation (rank: int) (permutation: int[]) =
        if Array.sort permutation <> Array.init rank id then
            failwith $"Expecting a permutation of 0 to {rank - 1}, found {show permutation}"

    let internal checkDistinctDims (rank: int) (dims: int[]) =
        if (Array.distinct dims).Length <> dims.Length || dims |> Array.exists (fun d -> d < 0 || d >= rank) then
            failwith $"Expecting distinct dimensions from 0 to {rank - 1}, found {show dims}"

    /// The index of a flat position in row-major order.
    let internal indexOf (shape: int[]) (flat: int) = DiffSharp.Util.ArrayND.indexOf shape flat

/// DiffSharp's functions of sizes and indices.
[<AutoOpen>]
module ShapeAutoOpens =
    /// The number of elements of a shape.
    let shapeLength (shape: Shape) = Shape.nelement shape

    /// The flat position of an index in row-major order.
    let indexToFlatIndex (shape: Shape) (index: int[]) =
        if index.Length > shape.Length || Seq.exists2 (fun i size -> i < 0 || i >= size) index shape then
            failwith $"Index {Shape.show index} is outside the bounds of shape {Shape.show shape}"

        let whole = Array.append index (Array.zeroCreate (shape.Length - index.Length))
        Array.fold2 (fun flat size i -> flat * size + i) 0 shape whole

    /// The index of a flat position in row-major order.
    let flatIndexToIndex (shape: Shape) (flatIndex: int) = Shape.indexOf shape flatIndex
