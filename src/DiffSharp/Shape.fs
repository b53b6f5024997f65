namespace DiffSharp

/// Rules about shapes. Violations raise System.Exception, as DiffSharp does, and name what was expected and found.
module internal Shape =
    let show (shape: int[]) = "[" + System.String.Join("; ", shape) + "]"

    let create (shape: seq<int>) =
        match shape with
        | :? (int[]) as array -> array
        | _ -> Seq.toArray shape

    let int64s (shape: int[]) =
        let result = Array.zeroCreate<int64> shape.Length

        for i = 0 to shape.Length - 1 do
            result.[i] <- int64 shape.[i]

        result

    let ints (shape: int64[]) =
        let result = Array.zeroCreate<int> shape.Length

        for i = 0 to shape.Length - 1 do
            result.[i] <- int shape.[i]

        result

    let nelement (shape: int[]) =
        let mutable product = 1

        for size in shape do
            product <- product * size

        product

    /// Whether two shapes are the same, without the generic comparison that F# would use for arrays.
    let equal (a: int[]) (b: int[]) =
        System.MemoryExtensions.SequenceEqual(System.ReadOnlySpan a, System.ReadOnlySpan b)

    /// A dimension counted from the end when negative, checked against the rank.
    let completeDim (rank: int) (dim: int) =
        let completed = if dim < 0 then rank + dim else dim

        if dim < -rank || (completed >= rank && not (rank = 0 && dim = 0)) then
            failwith $"Expecting a dimension from {-rank} to {rank - 1}, found {dim}"

        completed

    let completeDimUnsqueeze (rank: int) (dim: int) =
        let completed = if dim < 0 then rank + 1 + dim else dim

        if completed < 0 || completed > rank then
            failwith $"Expecting a dimension from {-rank - 1} to {rank}, found {dim}"

        completed

    /// Fills in the one dimension given as -1, so that the elements number as many as there are.
    let complete (count: int) (shape: int[]) =
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

    /// The shape of an expansion with -1 (keep the size) filled in, checked.
    let expanded (oldShape: int[]) (newShape: int[]) =
        let added = newShape.Length - oldShape.Length

        let completed =
            newShape
            |> Array.mapi (fun i size -> if size = -1 && i >= added then oldShape.[i - added] else size)

        let fits =
            added >= 0
            && Array.forall2 (fun o n -> o = n || o = 1) oldShape completed.[added..]
            && completed |> Array.forall (fun size -> size >= 0)

        if not fits then
            failwith $"Cannot expand a tensor of shape {show oldShape} to shape {show newShape}"

        completed

    /// The shape two shapes broadcast to.
    let broadcast2 (a: int[]) (b: int[]) =
        let rank = max a.Length b.Length

        let size (shape: int[]) i =
            let j = i - (rank - shape.Length)
            if j < 0 then 1 else shape.[j]

        Array.init rank (fun i ->
            match size a i, size b i with
            | m, n when m = n || n = 1 -> m
            | 1, n -> n
            | _ -> failwith $"Expecting shapes that broadcast together, found {show a} and {show b}")

    /// One size a dimension from the pair of optional arguments that convolutions and pools take.
    let resolve (rank: int) (what: string) (fallback: int[]) (one: int option) (many: seq<int> option) =
        match one, many with
        | Some _, Some _ -> failwith $"Expecting only one of {what} and {what}s"
        | Some size, None -> Array.create rank size
        | None, Some sizes ->
            let sizes = create sizes

            if sizes.Length <> rank then
                failwith $"Expecting {what}s to have {rank} items, found {show sizes}"

            sizes
        | None, None -> fallback

    let checkPermutation (rank: int) (permutation: int[]) =
        if Array.sort permutation <> Array.init rank id then
            failwith $"Expecting a permutation of 0 to {rank - 1}, found {show permutation}"

    let checkDistinctDims (rank: int) (dims: int[]) =
        if (Array.distinct dims).Length <> dims.Length || dims |> Array.exists (fun d -> d < 0 || d >= rank) then
            failwith $"Expecting distinct dimensions from 0 to {rank - 1}, found {show dims}"

    /// The flat position of an index, and back.
    let indexOf (shape: int[]) (flat: int) =
        let index = Array.zeroCreate shape.Length
        let mutable rest = flat

        for d = shape.Length - 1 downto 0 do
            index.[d] <- rest % shape.[d]
            rest <- rest / shape.[d]

        index
