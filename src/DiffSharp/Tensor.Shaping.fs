namespace DiffSharp

open ScoreFunctional.Kernels
open TorchSharp

/// Changes of shape, and the joining, splitting, gathering and scattering of tensors.
[<AutoOpen>]
module TensorShaping =
    /// The index of a dimension, which counts from the end if negative. Raises ArgumentException if it does not exist.
    let private requireDim (count: int) (dim: int) =
        if dim < -count || dim >= count then
            invalidArg (nameof dim) $"Expecting a dimension from {-count} to {count - 1}, found {dim}"

        if dim < 0 then dim + count else dim

    /// Joins tensors along one of <c>count</c> dimensions. The sizes that <c>shared</c> selects must be equal.
    let private join
        (name: string)
        (tensors: seq<Tensor>)
        (count: Tensor -> int)
        (dim: int option)
        (shared: int -> int[] -> int[])
        (f: torch.Tensor[] * int64 -> torch.Tensor)
        =
        let tensors = Seq.toArray tensors

        if tensors.Length = 0 then
            invalidArg (nameof tensors) $"Expecting at least one tensor to {name}, found none"

        let first = tensors.[0]
        let dim = requireDim (count first) (defaultArg dim 0)

        for t in tensors do
            if t.dim <> first.dim || not (Shape.equal (shared dim t.shape) (shared dim first.shape)) then
                invalidArg
                    (nameof tensors)
                    $"Expecting tensors of matching shapes to {name}, found {Shape.show first.shape} and {Shape.show t.shape}"

            if t.dtype <> first.dtype then
                opNotSupported2 name first.dtype t.dtype

        try
            Tensor(f (tensors |> Array.map (fun t -> t.raw), int64 dim), Tensor.levels tensors)
        with error ->
            let shapes = tensors |> Array.map (fun t -> Shape.show t.shape) |> String.concat ", "
            raise (Interop.translate name $"shapes {shapes}" error)

    let private requireIndices (indices: Tensor) =
        if indices.dtype <> Dtype.Int32 && indices.dtype <> Dtype.Int64 then
            failwith $"Expecting indices of type Int32 or Int64, found {indices.dtype}"

        indices.raw.to_type torch.ScalarType.Int64

    type Tensor with

        /// The elements, in row-major order, in another shape; one size may be -1.
        member a.view(shape: seq<int>) : Tensor =
            let requested = Shape.create shape
            let shape = Shape.complete a.nelement requested

            if Shape.equal a.shape shape then
                a
            elif Shape.nelement shape <> a.nelement then
                failwith
                    $"Expecting to view shape {Shape.show a.shape} as a shape of {a.nelement} elements, found {Shape.show requested}"
            else
                Tensor.unary "view" a (fun x -> x.reshape (Shape.int64s shape))

        /// The elements as a vector; the length is their number, or -1.
        member t.view(shape: int) : Tensor = t.view [| shape |]

        /// The elements in the shape of another tensor.
        member a.viewAs(other: Tensor) : Tensor = a.view other.shape

        /// Merges dimensions startDim to endDim (all by default) into one.
        member a.flatten(?startDim: int, ?endDim: int) : Tensor =
            if a.dim < 2 then
                a
            else
                let first = Shape.completeDim a.dim (defaultArg startDim 0)
                let last = Shape.completeDim a.dim (defaultArg endDim (a.dim - 1))

                if first >= last then
                    failwith $"Expecting startDim < endDim < {a.dim}, found {first} and {last}"

                let size = Shape.nelement a.shape.[first..last]
                a.view (Array.concat [ a.shape.[.. first - 1]; [| size |]; a.shape.[last + 1 ..] ])

        /// Splits one dimension into several.
        member a.unflatten(dim: int, unflattenedShape: seq<int>) : Tensor =
            let dim = Shape.completeDim a.dim dim
            let sizes = Shape.create unflattenedShape

            if Shape.nelement sizes <> a.shape.[dim] then
                failwith $"Expecting a shape of {a.shape.[dim]} elements, found {Shape.show sizes}"

            a.view (Array.concat [ a.shape.[.. dim - 1]; sizes; a.shape.[dim + 1 ..] ])

        /// Repeats the tensor, without a copy, along dimensions of size 1 and new leading ones; -1 keeps a size.
        member a.expand(newShape: seq<int>) : Tensor =
            let newShape = Shape.create newShape

            if Shape.equal a.shape newShape then
                a
            else
                let completed = Shape.expanded a.shape newShape
                Tensor.unary "expand" a (fun x -> x.expand (Shape.int64s completed))

        /// Expands the tensor to the shape of another one.
        member a.expandAs(b: Tensor) : Tensor = a.expand b.shape

        /// Repeats the tensor along a dimension of size 1.
        member a.repeat(dim: int, times: int) : Tensor =
            if dim < 0 || dim >= a.dim || a.shape.[dim] <> 1 then
                failwith $"Expecting dimension {dim} of shape {Shape.show a.shape} to have size 1"

            a.expand (a.shape |> Array.mapi (fun i size -> if i = dim then times else size))

        /// Exchanges two dimensions.
        member a.transpose(dim0: int, dim1: int) : Tensor =
            let dim0 = Shape.completeDim a.dim dim0
            let dim1 = Shape.completeDim a.dim dim1

            if dim0 = dim1 then
                a
            else
                Tensor.unary "transpose" a (fun x -> x.transpose (int64 dim0, int64 dim1))

        /// The transpose of a matrix.
        member a.transpose() : Tensor =
            if a.dim <> 2 then
                failwith $"Expecting a matrix to transpose, found shape {Shape.show a.shape}"

            a.transpose (0, 1)

        /// Reorders the dimensions: dimension i of the result is dimension permutation[i] of the tensor.
        member a.permute(permutation: seq<int>) : Tensor =
            let permutation = Shape.create permutation
            Shape.checkPermutation a.dim permutation
            Tensor.unary "permute" a (fun x -> x.permute (Shape.int64s permutation))

        /// Removes all dimensions of size 1, or the given one if its size is 1.
        member a.squeeze(?dim: int) : Tensor =
            let dim = defaultArg dim -1

            if dim = -1 then
                Tensor.unary "squeeze" a (fun x -> x.squeeze ())
            elif dim >= 0 && dim < a.dim && a.shape.[dim] = 1 then
                Tensor.unary "squeeze" a (fun x -> x.squeeze (int64 dim))
            else
                a

        /// Inserts a dimension of size 1.
        member a.unsqueeze(dim: int) : Tensor =
            let dim = Shape.completeDimUnsqueeze a.dim dim
            Tensor.unary "unsqueeze" a (fun x -> x.unsqueeze (int64 dim))

        /// Appends dimensions of size 1 up to the rank of the other tensor.
        member a.unsqueezeAs(other: Tensor) : Tensor =
            if a.dim >= other.dim then
                a
            else
                a.view (Array.append a.shape (Array.create (other.dim - a.dim) 1))

        /// Reverses the given dimensions.
        member a.flip(dims: seq<int>) : Tensor =
            let dims = Shape.create dims
            Shape.checkDistinctDims a.dim dims
            Tensor.unary "flip" a (fun x -> x.flip (Shape.int64s dims))

        /// Inserts dilation - 1 zeros between neighbours along each dimension.
        member a.dilate(dilations: seq<int>) : Tensor =
            let dilations = Shape.create dilations

            if dilations.Length <> a.dim || dilations |> Array.exists (fun d -> d < 1) then
                failwith $"Expecting {a.dim} positive dilations, found {Shape.show dilations}"

            let dilated (x: torch.Tensor) =
                let mutable result = x

                for d = 0 to dilations.Length - 1 do
                    if dilations.[d] > 1 && a.shape.[d] > 0 then
                        let gap = result.shape
                        gap.[d] <- int64 (a.shape.[d] * (dilations.[d] - 1))
                        let zeros = torch.zeros (gap, dtype = x.dtype, device = x.device)

                        let rows (part: torch.Tensor) (width: int) =
                            let sizes = Array.append part.shape.[..d] part.shape.[d + 1 ..]
                            sizes.[d] <- int64 a.shape.[d]
                            part.reshape (Array.concat [ sizes.[..d]; [| int64 width |]; sizes.[d + 1 ..] ])

                        let spaced = torch.cat ([| rows result 1; rows zeros (dilations.[d] - 1) |], int64 (d + 1))

                        let whole = result.shape
                        whole.[d] <- int64 (a.shape.[d] * dilations.[d])
                        let length = (a.shape.[d] - 1) * dilations.[d] + 1
                        result <- spaced.reshape(whole).narrow(int64 d, 0L, int64 length)

                result

            Tensor.unary "dilate" a dilated

        /// Every dilation-th element along each dimension: the inverse of <c>dilate</c>.
        member a.undilate(dilations: seq<int>) : Tensor =
            let dilations = Shape.create dilations

            let undilated (x: torch.Tensor) =
                let mutable result = x

                for d = 0 to dilations.Length - 1 do
                    result <- result.slice (int64 d, 0L, int64 a.shape.[d], int64 dilations.[d])

                result

            Tensor.unary "undilate" a undilated

        /// The elements at the given indices along a dimension: <c>r[i,j] = a[indices[i,j], j]</c> for dim 0.
        member a.gather(dim: int, indices: Tensor) : Tensor =
            let dim = Shape.completeDim a.dim dim

            if indices.dim <> a.dim then
                failwith
                    $"Expecting indices of {a.dim} dimensions for shape {Shape.show a.shape}, found shape {Shape.show indices.shape}"

            let indices = requireIndices indices
            Tensor.unary "gather" a (fun x -> x.gather (int64 dim, indices))

        /// Writes the elements into zeros of the destination shape, at the given indices along a dimension:
        /// <c>r[indices[i,j], j] = a[i,j]</c> for dim 0. Of elements with the same destination one is kept (in main memory the last), and it
        /// alone has a derivative.
        member a.scatter(dim: int, indices: Tensor, destinationShape: seq<int>) : Tensor =
            let destination = Shape.create destinationShape
            let dim = Shape.completeDim a.dim dim

            if indices.dim <> a.dim || not (Shape.equal indices.shape a.shape) || destination.Length <> a.dim then
                failwith
                    $"Expecting indices of shape {Shape.show a.shape} and a destination of {a.dim} dimensions, found {Shape.show indices.shape} and {Shape.show destination}"

            let indices = requireIndices indices

            let zeros (dtype: torch.ScalarType) =
                torch.zeros (Shape.int64s destination, dtype = dtype, device = a.raw.device)

            Tensor.unary "scatter" a (fun x ->
                if x.requires_grad then
                    // The engine's derivative of scatter assumes that every element is kept. So the elements that are not
                    // kept become zeros, and scatter_add adds them. The indices that tell elements apart are a cumulative sum:
                    // torch.arange does not keep its scalars alive (see Arithmetic in Kernels).
                    let identity =
                        torch.ones([| x.numel () |], dtype = torch.ScalarType.Int64, device = x.device).cumsum(0L).view
                            x.shape

                    let kept =
                        (zeros torch.ScalarType.Int64).scatter(int64 dim, indices, identity).gather(int64 dim, indices)

                    let alone = torch.where (kept.eq identity, x, torch.zeros_like (x.detach ()))
                    (zeros x.dtype).scatter_add(int64 dim, indices, alone)
                else
                    (zeros x.dtype).scatter(int64 dim, indices, x))

        /// Adds another tensor at the given location.
        member a.addSlice(location: seq<int>, b: Tensor) : Tensor =
            let location = Shape.create location

            if location.Length <> a.dim || b.dim > a.dim then
                failwith
                    $"Expecting a location of {a.dim} dimensions and a slice of at most that many, found {Shape.show location} and shape {Shape.show b.shape}"

            let sizes = Array.append (Array.create (a.dim - b.dim) 1) b.shape
            // The engine's order: last dimension first, each with the margin before and the margin after.
            let margins = Array.zeroCreate<int64>(2 * a.dim)

            for d = 0 to a.dim - 1 do
                let after = a.shape.[d] - location.[d] - sizes.[d]

                if location.[d] < 0 || after < 0 then
                    failwith
                        $"Cannot place a slice of shape {Shape.show b.shape} at {Shape.show location} of shape {Shape.show a.shape}"

                let i = 2 * (a.dim - 1 - d)
                margins.[i] <- int64 location.[d]
                margins.[i + 1] <- int64 after

            let struct (a, b) = Tensor.widened ("addSlice", a, b)

            Tensor.binary "addSlice" a b (fun x y ->
                x.Plus(torch.nn.functional.pad (y.reshape (Shape.int64s sizes), margins)))

        /// Pads both sides of each dimension with the given number of zeros.
        member a.pad(paddings: seq<int>) : Tensor =
            let paddings = Shape.create paddings

            if paddings.Length <> a.dim || paddings |> Array.exists (fun p -> p < 0) then
                failwith $"Expecting {a.dim} non-negative paddings, found {Shape.show paddings}"

            let margins = Array.init (2 * a.dim) (fun i -> int64 paddings.[a.dim - 1 - i / 2])

            if Array.forall ((=) 0L) margins then
                a
            else
                Tensor.unary "pad" a (fun x -> torch.nn.functional.pad (x, margins))

        /// Joins tensors of one shape along a new dimension. Raises ArgumentException if shapes differ.
        static member stack(tensors: seq<Tensor>, ?dim: int) : Tensor =
            join "stack" tensors (fun first -> first.dim + 1) dim (fun _ shape -> shape) (fun (raws, dim) ->
                torch.stack (raws, dim))

        /// Joins tensors along an existing dimension. Raises ArgumentException if other dimensions differ.
        static member cat(tensors: seq<Tensor>, ?dim: int) : Tensor =
            join "cat" tensors _.dim dim Array.removeAt (fun (raws, dim) -> torch.cat (raws, dim))

        /// Splits the tensor along a dimension, and removes the dimension.
        member a.unstack(?dim: int) : Tensor[] =
            let dim = defaultArg dim 0

            if dim < 0 || dim >= a.dim then
                failwith $"Expecting a dimension from 0 to {a.dim - 1} to unstack, found {dim}"

            a.raw.unbind (int64 dim) |> Array.map (fun part -> Tensor(part, a.level))

        /// Splits the tensor into parts of the given sizes along a dimension. Raises ArgumentException if they do not
        /// sum to its size.
        member a.split(sizes: seq<int>, ?dim: int) : Tensor[] =
            let sizes = Shape.create sizes
            let dim = requireDim a.dim (defaultArg dim 0)

            if Array.sum sizes <> a.shape.[dim] || sizes |> Array.exists (fun s -> s < 0) then
                invalidArg
                    (nameof sizes)
                    $"Expecting sizes that sum to dimension {dim} of shape {Shape.show a.shape}, found {Shape.show sizes}"

            a.raw.split (Shape.int64s sizes, int64 dim) |> Array.map (fun part -> Tensor(part, a.level))

        /// The diagonal of two dimensions as the first dimension of the result; offset counts diagonals above the main
        /// one.
        member a.diagonal(?offset: int, ?dim1: int, ?dim2: int) : Tensor =
            if a.dim < 2 then
                failwith $"Expecting at least two dimensions, found shape {Shape.show a.shape}"

            let offset = defaultArg offset 0
            let dim1 = defaultArg dim1 0
            let dim2 = defaultArg dim2 1

            let result = Tensor.unary "diagonal" a (fun x -> x.diagonal (int64 offset, int64 dim1, int64 dim2))

            if result.nelement = 0 then
                failwith $"Expecting a diagonal with elements, found none at offset {offset}"

            result.transposeLastToFirst ()

        member internal a.transposeLastToFirst() : Tensor =
            if a.dim < 2 then
                a
            else
                a.permute (Array.append [| a.dim - 1 |] [| 0 .. a.dim - 2 |])

        /// The sum of the main diagonal.
        member a.trace() : Tensor =
            let diagonal = a.diagonal ()
            Tensor.unary "trace" diagonal (fun x -> x.sum ())
