namespace DiffSharp

open TorchSharp

/// Slices of engine tensors.
module internal Slicing =
    /// Bounds have one row per dimension: first index, last index (inclusive), and 1 to drop the dimension where both are
    /// equal. Dimensions without a row stay whole.
    let slice (shape: int[]) (bounds: int[,]) (tensor: torch.Tensor) : torch.Tensor =
        let given = bounds.GetLength 0

        if shape.Length = 0 then
            failwith "Cannot slice a scalar tensor"

        if given > shape.Length then
            failwith $"Expecting at most {shape.Length} indices for shape {Shape.show shape}, found {given}"

        let mutable result = tensor
        let mutable dim = 0

        for i = 0 to given - 1 do
            let first, last = bounds.[i, 0], bounds.[i, 1]

            if first < 0 || last >= shape.[i] || last < first - 1 then
                failwith $"Index {first}..{last} of dimension {i} is outside the bounds of shape {Shape.show shape}"

            if bounds.[i, 2] = 1 && first = last then
                result <- result.select (int64 dim, int64 first)
            else
                if first <> 0 || last <> shape.[i] - 1 then
                    result <- result.narrow (int64 dim, int64 first, int64 (last - first + 1))

                dim <- dim + 1

        result

    let item (shape: int[]) (index: int[]) (tensor: torch.Tensor) : torch.Tensor =
        if shape.Length = 0 then
            failwith "Cannot index a scalar tensor"

        if index.Length > shape.Length then
            failwith $"Expecting an index of at most {shape.Length} dimensions, found {index.Length}"

        let mutable result = tensor

        for i = 0 to index.Length - 1 do
            if index.[i] < -shape.[i] || index.[i] >= shape.[i] then
                failwith $"Index {Shape.show index} is outside the bounds of shape {Shape.show shape}"

            result <- result.select (0L, int64 index.[i])

        result
