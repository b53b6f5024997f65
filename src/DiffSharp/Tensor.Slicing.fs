namespace DiffSharp

/// F# slices of tensors of up to six dimensions: <c>t.[1..3, 0, *]</c>. Each dimension has a range or an index. The
/// ends of a range are inclusive and optional. An index drops its dimension, and so does a range with two equal ends.
/// F# finds slices by their signature, so each combination has a member.
[<AutoOpen>]
module TensorSlicing =
    /// The row of bounds for a range of dimension <c>dim</c>.
    let inline private range (t: Tensor) (dim: int) (first: int option) (last: int option) =
        struct (defaultArg first 0,
                (match last with
                 | Some last -> last
                 | None when dim < t.dim -> t.shape.[dim] - 1
                 | None -> 0),
                (if first.IsSome && last.IsSome then 1 else 0))

    let inline private at (index: int) = struct (index, index, 1)

    let private take (t: Tensor) (rows: struct (int * int * int)[]) =
        let bounds = Array2D.zeroCreate rows.Length 3

        for i = 0 to rows.Length - 1 do
            let struct (first, last, drop) = rows.[i]
            bounds.[i, 0] <- first
            bounds.[i, 1] <- last
            bounds.[i, 2] <- drop

        t.GetSlice bounds

    type Tensor with
        /// The part at range.
        member t.GetSlice(i0min: int option, i0max: int option) = take t [| range t 0 i0min i0max |]
        /// The part at index.
        member t.GetSlice(i0: int) = take t [| at i0 |]
        /// The part at range, range.
        member t.GetSlice(i0min: int option, i0max: int option, i1min: int option, i1max: int option) = take t [| range t 0 i0min i0max; range t 1 i1min i1max |]
        /// The part at range, index.
        member t.GetSlice(i0min: int option, i0max: int option, i1: int) = take t [| range t 0 i0min i0max; at i1 |]
        /// The part at index, range.
        member t.GetSlice(i0: int, i1min: int option, i1max: int option) = take t [| at i0; range t 1 i1min i1max |]
        /// The part at index, index.
        member t.GetSlice(i0: int, i1: int) = take t [| at i0; at i1 |]
        /// The part at range, range, range.
        member t.GetSlice(i0min: int option, i0max: int option, i1min: int option, i1max: int option, i2min: int option, i2max: int option) = take t [| range t 0 i0min i0max; range t 1 i1min i1max; range t 2 i2min i2max |]
        /// The part at range, range, index.
        member t.GetSlice(i0min: int option, i0max: int option, i1min: int option, i1max: int option, i2: int) = take t [| range t 0 i0min i0max; range t 1 i1min i1max; at i2 |]
        /// The part at range, index, range.
        member t.GetSlice(i0min: int option, i0max: int option, i1: int, i2min: int option, i2max: int option) = take t [| range t 0 i0min i0max; at i1; range t 2 i2min i2max |]
        /// The part at range, index, index.
        member t.GetSlice(i0min: int option, i0max: int option, i1: int, i2: int) = take t [| range t 0 i0min i0max; at i1; at i2 |]
        /// The part at index, range, range.
        member t.GetSlice(i0: int, i1min: int option, i1max: int option, i2min: int option, i2max: int option) = take t [| at i0; range t 1 i1min i1max; range t 2 i2min i2max |]
        /// The part at index, range, index.
        member t.GetSlice(i0: int, i1min: int option, i1max: int option, i2: int) = take t [| at i0; range t 1 i1min i1max; at i2 |]
        /// The part at index, index, range.
        member t.GetSlice(i0: int, i1: int, i2min: int option, i2max: int option) = take t [| at i0; at i1; range t 2 i2min i2max |]
        /// The part at index, index, index.
        member t.GetSlice(i0: int, i1: int, i2: int) = take t [| at i0; at i1; at i2 |]
        /// The part at range, range, range, range.
        member t.GetSlice(i0min: int option, i0max: int option, i1min: int option, i1max: int option, i2min: int option, i2max: int option, i3min: int option, i3max: int option) = take t [| range t 0 i0min i0max; range t 1 i1min i1max; range t 2 i2min i2max; range t 3 i3min i3max |]
        /// The part at range, range, range, index.
        member t.GetSlice(i0min: int option, i0max: int option, i1min: int option, i1max: int option, i2min: int option, i2max: int option, i3: int) = take t [| range t 0 i0min i0max; range t 1 i1min i1max; range t 2 i2min i2max; at i3 |]
        /// The part at range, range, index, range.
        member t.GetSlice(i0min: int option, i0max: int option, i1min: int option, i1max: int option, i2: int, i3min: int option, i3max: int option) = take t [| range t 0 i0min i0max; range t 1 i1min i1max; at i2; range t 3 i3min i3max |]
        /// The part at range, range, index, index.
        member t.GetSlice(i0min: int option, i0max: int option, i1min: int option, i1max: int option, i2: int, i3: int) = take t [| range t 0 i0min i0max; range t 1 i1min i1max; at i2; at i3 |]
        /// The part at range, index, range, range.
        member t.GetSlice(i0min: int option, i0max: int option, i1: int, i2min: int option, i2max: int option, i3min: int option, i3max: int option) = take t [| range t 0 i0min i0max; at i1; range t 2 i2min i2max; range t 3 i3min i3max |]
        /// The part at range, index, range, index.
        member t.GetSlice(i0min: int option, i0max: int option, i1: int, i2min: int option, i2max: int option, i3: int) = take t [| range t 0 i0min i0max; at i1; range t 2 i2min i2max; at i3 |]
        /// The part at range, index, index, range.
        member t.GetSlice(i0min: int option, i0max: int option, i1: int, i2: int, i3min: int option, i3max: int option) = take t [| range t 0 i0min i0max; at i1; at i2; range t 3 i3min i3max |]
        /// The part at range, index, index, index.
        member t.GetSlice(i0min: int option, i0max: int option, i1: int, i2: int, i3: int) = take t [| range t 0 i0min i0max; at i1; at i2; at i3 |]
        /// The part at index, range, range, range.
        member t.GetSlice(i0: int, i1min: int option, i1max: int option, i2min: int option, i2max: int option, i3min: int option, i3max: int option) = take t [| at i0; range t 1 i1min i1max; range t 2 i2min i2max; range t 3 i3min i3max |]
        /// The part at index, range, range, index.
        member t.GetSlice(i0: int, i1min: int option, i1max: int option, i2min: int option, i2max: int option, i3: int) = take t [| at i0; range t 1 i1min i1max; range t 2 i2min i2max; at i3 |]
        /// The part at index, range, index, range.
        member t.GetSlice(i0: int, i1min: int option, i1max: int option, i2: int, i3min: int option, i3max: int option) = take t [| at i0; range t 1 i1min i1max; at i2; range t 3 i3min i3max |]
        /// The part at index, range, index, index.
        member t.GetSlice(i0: int, i1min: int option, i1max: int option, i2: int, i3: int) = take t [| at i0; range t 1 i1min i1max; at i2; at i3 |]
        /// The part at index, index, range, range.
        member t.GetSlice(i0: int, i1: int, i2min: int option, i2max: int option, i3min: int option, i3max: int option) = take t [| at i0; at i1; range t 2 i2min i2max; range t 3 i3min i3max |]
        /// The part at index, index, range, index.
        member t.GetSlice(i0: int, i1: int, i2min: int option, i2max: int option, i3: int) = take t [| at i0; at i1; range t 2 i2min i2max; at i3 |]
        /// The part at index, index, index, range.
        member t.GetSlice(i0: int, i1: int, i2: int, i3min: int option, i3max: int option) = take t [| at i0; at i1; at i2; range t 3 i3min i3max |]
        /// The part at index, index, index, index.
        member t.GetSlice(i0: int, i1: int, i2: int, i3: int) = take t [| at i0; at i1; at i2; at i3 |]
        /// The part at range, range, range, range, range.
        member t.GetSlice(i0min: int option, i0max: int option, i1min: int option, i1max: int option, i2min: int option, i2max: int option, i3min: int option, i3max: int option, i4min: int option, i4max: int option) = take t [| range t 0 i0min i0max; range t 1 i1min i1max; range t 2 i2min i2max; range t 3 i3min i3max; range t 4 i4min i4max |]
        /// The part at range, range, range, range, index.
        member t.GetSlice(i0min: int option, i0max: int option, i1min: int option, i1max: int option, i2min: int option, i2max: int option, i3min: int option, i3max: int option, i4: int) = take t [| range t 0 i0min i0max; range t 1 i1min i1max; range t 2 i2min i2max; range t 3 i3min i3max; at i4 |]
        /// The part at range, range, range, index, range.
        member t.GetSlice(i0min: int option, i0max: int option, i1min: int option, i1max: int option, i2min: int option, i2max: int option, i3: int, i4min: int option, i4max: int option) = take t [| range t 0 i0min i0max; range t 1 i1min i1max; range t 2 i2min i2max; at i3; range t 4 i4min i4max |]
        /// The part at range, range, range, index, index.
        member t.GetSlice(i0min: int option, i0max: int option, i1min: int option, i1max: int option, i2min: int option, i2max: int option, i3: int, i4: int) = take t [| range t 0 i0min i0max; range t 1 i1min i1max; range t 2 i2min i2max; at i3; at i4 |]
        /// The part at range, range, index, range, range.
        member t.GetSlice(i0min: int option, i0max: int option, i1min: int option, i1max: int option, i2: int, i3min: int option, i3max: int option, i4min: int option, i4max: int option) = take t [| range t 0 i0min i0max; range t 1 i1min i1max; at i2; range t 3 i3min i3max; range t 4 i4min i4max |]
        /// The part at range, range, index, range, index.
        member t.GetSlice(i0min: int option, i0max: int option, i1min: int option, i1max: int option, i2: int, i3min: int option, i3max: int option, i4: int) = take t [| range t 0 i0min i0max; range t 1 i1min i1max; at i2; range t 3 i3min i3max; at i4 |]
        /// The part at range, range, index, index, range.
        member t.GetSlice(i0min: int option, i0max: int option, i1min: int option, i1max: int option, i2: int, i3: int, i4min: int option, i4max: int option) = take t [| range t 0 i0min i0max; range t 1 i1min i1max; at i2; at i3; range t 4 i4min i4max |]
        /// The part at range, range, index, index, index.
        member t.GetSlice(i0min: int option, i0max: int option, i1min: int option, i1max: int option, i2: int, i3: int, i4: int) = take t [| range t 0 i0min i0max; range t 1 i1min i1max; at i2; at i3; at i4 |]
        /// The part at range, index, range, range, range.
        member t.GetSlice(i0min: int option, i0max: int option, i1: int, i2min: int option, i2max: int option, i3min: int option, i3max: int option, i4min: int option, i4max: int option) = take t [| range t 0 i0min i0max; at i1; range t 2 i2min i2max; range t 3 i3min i3max; range t 4 i4min i4max |]
        /// The part at range, index, range, range, index.
        member t.GetSlice(i0min: int option, i0max: int option, i1: int, i2min: int option, i2max: int option, i3min: int option, i3max: int option, i4: int) = take t [| range t 0 i0min i0max; at i1; range t 2 i2min i2max; range t 3 i3min i3max; at i4 |]
        /// The part at range, index, range, index, range.
        member t.GetSlice(i0min: int option, i0max: int option, i1: int, i2min: int option, i2max: int option, i3: int, i4min: int option, i4max: int option) = take t [| range t 0 i0min i0max; at i1; range t 2 i2min i2max; at i3; range t 4 i4min i4max |]
        /// The part at range, index, range, index, index.
        member t.GetSlice(i0min: int option, i0max: int option, i1: int, i2min: int option, i2max: int option, i3: int, i4: int) = take t [| range t 0 i0min i0max; at i1; range t 2 i2min i2max; at i3; at i4 |]
        /// The part at range, index, index, range, range.
        member t.GetSlice(i0min: int option, i0max: int option, i1: int, i2: int, i3min: int option, i3max: int option, i4min: int option, i4max: int option) = take t [| range t 0 i0min i0max; at i1; at i2; range t 3 i3min i3max; range t 4 i4min i4max |]
        /// The part at range, index, index, range, index.
        member t.GetSlice(i0min: int option, i0max: int option, i1: int, i2: int, i3min: int option, i3max: int option, i4: int) = take t [| range t 0 i0min i0max; at i1; at i2; range t 3 i3min i3max; at i4 |]
        /// The part at range, index, index, index, range.
        member t.GetSlice(i0min: int option, i0max: int option, i1: int, i2: int, i3: int, i4min: int option, i4max: int option) = take t [| range t 0 i0min i0max; at i1; at i2; at i3; range t 4 i4min i4max |]
        /// The part at range, index, index, index, index.
        member t.GetSlice(i0min: int option, i0max: int option, i1: int, i2: int, i3: int, i4: int) = take t [| range t 0 i0min i0max; at i1; at i2; at i3; at i4 |]
        /// The part at index, range, range, range, range.
        member t.GetSlice(i0: int, i1min: int option, i1max: int option, i2min: int option, i2max: int option, i3min: int option, i3max: int option, i4min: int option, i4max: int option) = take t [| at i0; range t 1 i1min i1max; range t 2 i2min i2max; range t 3 i3min i3max; range t 4 i4min i4max |]
        /// The part at index, range, range, range, index.
        member t.GetSlice(i0: int, i1min: int option, i1max: int option, i2min: int option, i2max: int option, i3min: int option, i3max: int option, i4: int) = take t [| at i0; range t 1 i1min i1max; range t 2 i2min i2max; range t 3 i3min i3max; at i4 |]
        /// The part at index, range, range, index, range.
        member t.GetSlice(i0: int, i1min: int option, i1max: int option, i2min: int option, i2max: int option, i3: int, i4min: int option, i4max: int option) = take t [| at i0; range t 1 i1min i1max; range t 2 i2min i2max; at i3; range t 4 i4min i4max |]
        /// The part at index, range, range, index, index.
        member t.GetSlice(i0: int, i1min: int option, i1max: int option, i2min: int option, i2max: int option, i3: int, i4: int) = take t [| at i0; range t 1 i1min i1max; range t 2 i2min i2max; at i3; at i4 |]
        /// The part at index, range, index, range, range.
        member t.GetSlice(i0: int, i1min: int option, i1max: int option, i2: int, i3min: int option, i3max: int option, i4min: int option, i4max: int option) = take t [| at i0; range t 1 i1min i1max; at i2; range t 3 i3min i3max; range t 4 i4min i4max |]
        /// The part at index, range, index, range, index.
        member t.GetSlice(i0: int, i1min: int option, i1max: int option, i2: int, i3min: int option, i3max: int option, i4: int) = take t [| at i0; range t 1 i1min i1max; at i2; range t 3 i3min i3max; at i4 |]
        /// The part at index, range, index, index, range.
        member t.GetSlice(i0: int, i1min: int option, i1max: int option, i2: int, i3: int, i4min: int option, i4max: int option) = take t [| at i0; range t 1 i1min i1max; at i2; at i3; range t 4 i4min i4max |]
        /// The part at index, range, index, index, index.
        member t.GetSlice(i0: int, i1min: int option, i1max: int option, i2: int, i3: int, i4: int) = take t [| at i0; range t 1 i1min i1max; at i2; at i3; at i4 |]
        /// The part at index, index, range, range, range.
        member t.GetSlice(i0: int, i1: int, i2min: int option, i2max: int option, i3min: int option, i3max: int option, i4min: int option, i4max: int option) = take t [| at i0; at i1; range t 2 i2min i2max; range t 3 i3min i3max; range t 4 i4min i4max |]
        /// The part at index, index, range, range, index.
        member t.GetSlice(i0: int, i1: int, i2min: int option, i2max: int option, i3min: int option, i3max: int option, i4: int) = take t [| at i0; at i1; range t 2 i2min i2max; range t 3 i3min i3max; at i4 |]
        /// The part at index, index, range, index, range.
        member t.GetSlice(i0: int, i1: int, i2min: int option, i2max: int option, i3: int, i4min: int option, i4max: int option) = take t [| at i0; at i1; range t 2 i2min i2max; at i3; range t 4 i4min i4max |]
        /// The part at index, index, range, index, index.
        member t.GetSlice(i0: int, i1: int, i2min: int option, i2max: int option, i3: int, i4: int) = take t [| at i0; at i1; range t 2 i2min i2max; at i3; at i4 |]
        /// The part at index, index, index, range, range.
        member t.GetSlice(i0: int, i1: int, i2: int, i3min: int option, i3max: int option, i4min: int option, i4max: int option) = take t [| at i0; at i1; at i2; range t 3 i3min i3max; range t 4 i4min i4max |]
        /// The part at index, index, index, range, index.
        member t.GetSlice(i0: int, i1: int, i2: int, i3min: int option, i3max: int option, i4: int) = take t [| at i0; at i1; at i2; range t 3 i3min i3max; at i4 |]
        /// The part at index, index, index, index, range.
        member t.GetSlice(i0: int, i1: int, i2: int, i3: int, i4min: int option, i4max: int option) = take t [| at i0; at i1; at i2; at i3; range t 4 i4min i4max |]
        /// The part at index, index, index, index, index.
        member t.GetSlice(i0: int, i1: int, i2: int, i3: int, i4: int) = take t [| at i0; at i1; at i2; at i3; at i4 |]
        /// The part at range, range, range, range, range, range.
        member t.GetSlice(i0min: int option, i0max: int option, i1min: int option, i1max: int option, i2min: int option, i2max: int option, i3min: int option, i3max: int option, i4min: int option, i4max: int option, i5min: int option, i5max: int option) = take t [| range t 0 i0min i0max; range t 1 i1min i1max; range t 2 i2min i2max; range t 3 i3min i3max; range t 4 i4min i4max; range t 5 i5min i5max |]
        /// The part at range, range, range, range, range, index.
        member t.GetSlice(i0min: int option, i0max: int option, i1min: int option, i1max: int option, i2min: int option, i2max: int option, i3min: int option, i3max: int option, i4min: int option, i4max: int option, i5: int) = take t [| range t 0 i0min i0max; range t 1 i1min i1max; range t 2 i2min i2max; range t 3 i3min i3max; range t 4 i4min i4max; at i5 |]
        /// The part at range, range, range, range, index, range.
        member t.GetSlice(i0min: int option, i0max: int option, i1min: int option, i1max: int option, i2min: int option, i2max: int option, i3min: int option, i3max: int option, i4: int, i5min: int option, i5max: int option) = take t [| range t 0 i0min i0max; range t 1 i1min i1max; range t 2 i2min i2max; range t 3 i3min i3max; at i4; range t 5 i5min i5max |]
        /// The part at range, range, range, range, index, index.
        member t.GetSlice(i0min: int option, i0max: int option, i1min: int option, i1max: int option, i2min: int option, i2max: int option, i3min: int option, i3max: int option, i4: int, i5: int) = take t [| range t 0 i0min i0max; range t 1 i1min i1max; range t 2 i2min i2max; range t 3 i3min i3max; at i4; at i5 |]
        /// The part at range, range, range, index, range, range.
        member t.GetSlice(i0min: int option, i0max: int option, i1min: int option, i1max: int option, i2min: int option, i2max: int option, i3: int, i4min: int option, i4max: int option, i5min: int option, i5max: int option) = take t [| range t 0 i0min i0max; range t 1 i1min i1max; range t 2 i2min i2max; at i3; range t 4 i4min i4max; range t 5 i5min i5max |]
        /// The part at range, range, range, index, range, index.
        member t.GetSlice(i0min: int option, i0max: int option, i1min: int option, i1max: int option, i2min: int option, i2max: int option, i3: int, i4min: int option, i4max: int option, i5: int) = take t [| range t 0 i0min i0max; range t 1 i1min i1max; range t 2 i2min i2max; at i3; range t 4 i4min i4max; at i5 |]
        /// The part at range, range, range, index, index, range.
        member t.GetSlice(i0min: int option, i0max: int option, i1min: int option, i1max: int option, i2min: int option, i2max: int option, i3: int, i4: int, i5min: int option, i5max: int option) = take t [| range t 0 i0min i0max; range t 1 i1min i1max; range t 2 i2min i2max; at i3; at i4; range t 5 i5min i5max |]
        /// The part at range, range, range, index, index, index.
        member t.GetSlice(i0min: int option, i0max: int option, i1min: int option, i1max: int option, i2min: int option, i2max: int option, i3: int, i4: int, i5: int) = take t [| range t 0 i0min i0max; range t 1 i1min i1max; range t 2 i2min i2max; at i3; at i4; at i5 |]
        /// The part at range, range, index, range, range, range.
        member t.GetSlice(i0min: int option, i0max: int option, i1min: int option, i1max: int option, i2: int, i3min: int option, i3max: int option, i4min: int option, i4max: int option, i5min: int option, i5max: int option) = take t [| range t 0 i0min i0max; range t 1 i1min i1max; at i2; range t 3 i3min i3max; range t 4 i4min i4max; range t 5 i5min i5max |]
        /// The part at range, range, index, range, range, index.
        member t.GetSlice(i0min: int option, i0max: int option, i1min: int option, i1max: int option, i2: int, i3min: int option, i3max: int option, i4min: int option, i4max: int option, i5: int) = take t [| range t 0 i0min i0max; range t 1 i1min i1max; at i2; range t 3 i3min i3max; range t 4 i4min i4max; at i5 |]
        /// The part at range, range, index, range, index, range.
        member t.GetSlice(i0min: int option, i0max: int option, i1min: int option, i1max: int option, i2: int, i3min: int option, i3max: int option, i4: int, i5min: int option, i5max: int option) = take t [| range t 0 i0min i0max; range t 1 i1min i1max; at i2; range t 3 i3min i3max; at i4; range t 5 i5min i5max |]
        /// The part at range, range, index, range, index, index.
        member t.GetSlice(i0min: int option, i0max: int option, i1min: int option, i1max: int option, i2: int, i3min: int option, i3max: int option, i4: int, i5: int) = take t [| range t 0 i0min i0max; range t 1 i1min i1max; at i2; range t 3 i3min i3max; at i4; at i5 |]
        /// The part at range, range, index, index, range, range.
        member t.GetSlice(i0min: int option, i0max: int option, i1min: int option, i1max: int option, i2: int, i3: int, i4min: int option, i4max: int option, i5min: int option, i5max: int option) = take t [| range t 0 i0min i0max; range t 1 i1min i1max; at i2; at i3; range t 4 i4min i4max; range t 5 i5min i5max |]
        /// The part at range, range, index, index, range, index.
        member t.GetSlice(i0min: int option, i0max: int option, i1min: int option, i1max: int option, i2: int, i3: int, i4min: int option, i4max: int option, i5: int) = take t [| range t 0 i0min i0max; range t 1 i1min i1max; at i2; at i3; range t 4 i4min i4max; at i5 |]
        /// The part at range, range, index, index, index, range.
        member t.GetSlice(i0min: int option, i0max: int option, i1min: int option, i1max: int option, i2: int, i3: int, i4: int, i5min: int option, i5max: int option) = take t [| range t 0 i0min i0max; range t 1 i1min i1max; at i2; at i3; at i4; range t 5 i5min i5max |]
        /// The part at range, range, index, index, index, index.
        member t.GetSlice(i0min: int option, i0max: int option, i1min: int option, i1max: int option, i2: int, i3: int, i4: int, i5: int) = take t [| range t 0 i0min i0max; range t 1 i1min i1max; at i2; at i3; at i4; at i5 |]
        /// The part at range, index, range, range, range, range.
        member t.GetSlice(i0min: int option, i0max: int option, i1: int, i2min: int option, i2max: int option, i3min: int option, i3max: int option, i4min: int option, i4max: int option, i5min: int option, i5max: int option) = take t [| range t 0 i0min i0max; at i1; range t 2 i2min i2max; range t 3 i3min i3max; range t 4 i4min i4max; range t 5 i5min i5max |]
        /// The part at range, index, range, range, range, index.
        member t.GetSlice(i0min: int option, i0max: int option, i1: int, i2min: int option, i2max: int option, i3min: int option, i3max: int option, i4min: int option, i4max: int option, i5: int) = take t [| range t 0 i0min i0max; at i1; range t 2 i2min i2max; range t 3 i3min i3max; range t 4 i4min i4max; at i5 |]
        /// The part at range, index, range, range, index, range.
        member t.GetSlice(i0min: int option, i0max: int option, i1: int, i2min: int option, i2max: int option, i3min: int option, i3max: int option, i4: int, i5min: int option, i5max: int option) = take t [| range t 0 i0min i0max; at i1; range t 2 i2min i2max; range t 3 i3min i3max; at i4; range t 5 i5min i5max |]
        /// The part at range, index, range, range, index, index.
        member t.GetSlice(i0min: int option, i0max: int option, i1: int, i2min: int option, i2max: int option, i3min: int option, i3max: int option, i4: int, i5: int) = take t [| range t 0 i0min i0max; at i1; range t 2 i2min i2max; range t 3 i3min i3max; at i4; at i5 |]
        /// The part at range, index, range, index, range, range.
        member t.GetSlice(i0min: int option, i0max: int option, i1: int, i2min: int option, i2max: int option, i3: int, i4min: int option, i4max: int option, i5min: int option, i5max: int option) = take t [| range t 0 i0min i0max; at i1; range t 2 i2min i2max; at i3; range t 4 i4min i4max; range t 5 i5min i5max |]
        /// The part at range, index, range, index, range, index.
        member t.GetSlice(i0min: int option, i0max: int option, i1: int, i2min: int option, i2max: int option, i3: int, i4min: int option, i4max: int option, i5: int) = take t [| range t 0 i0min i0max; at i1; range t 2 i2min i2max; at i3; range t 4 i4min i4max; at i5 |]
        /// The part at range, index, range, index, index, range.
        member t.GetSlice(i0min: int option, i0max: int option, i1: int, i2min: int option, i2max: int option, i3: int, i4: int, i5min: int option, i5max: int option) = take t [| range t 0 i0min i0max; at i1; range t 2 i2min i2max; at i3; at i4; range t 5 i5min i5max |]
        /// The part at range, index, range, index, index, index.
        member t.GetSlice(i0min: int option, i0max: int option, i1: int, i2min: int option, i2max: int option, i3: int, i4: int, i5: int) = take t [| range t 0 i0min i0max; at i1; range t 2 i2min i2max; at i3; at i4; at i5 |]
        /// The part at range, index, index, range, range, range.
        member t.GetSlice(i0min: int option, i0max: int option, i1: int, i2: int, i3min: int option, i3max: int option, i4min: int option, i4max: int option, i5min: int option, i5max: int option) = take t [| range t 0 i0min i0max; at i1; at i2; range t 3 i3min i3max; range t 4 i4min i4max; range t 5 i5min i5max |]
        /// The part at range, index, index, range, range, index.
        member t.GetSlice(i0min: int option, i0max: int option, i1: int, i2: int, i3min: int option, i3max: int option, i4min: int option, i4max: int option, i5: int) = take t [| range t 0 i0min i0max; at i1; at i2; range t 3 i3min i3max; range t 4 i4min i4max; at i5 |]
        /// The part at range, index, index, range, index, range.
        member t.GetSlice(i0min: int option, i0max: int option, i1: int, i2: int, i3min: int option, i3max: int option, i4: int, i5min: int option, i5max: int option) = take t [| range t 0 i0min i0max; at i1; at i2; range t 3 i3min i3max; at i4; range t 5 i5min i5max |]
        /// The part at range, index, index, range, index, index.
        member t.GetSlice(i0min: int option, i0max: int option, i1: int, i2: int, i3min: int option, i3max: int option, i4: int, i5: int) = take t [| range t 0 i0min i0max; at i1; at i2; range t 3 i3min i3max; at i4; at i5 |]
        /// The part at range, index, index, index, range, range.
        member t.GetSlice(i0min: int option, i0max: int option, i1: int, i2: int, i3: int, i4min: int option, i4max: int option, i5min: int option, i5max: int option) = take t [| range t 0 i0min i0max; at i1; at i2; at i3; range t 4 i4min i4max; range t 5 i5min i5max |]
        /// The part at range, index, index, index, range, index.
        member t.GetSlice(i0min: int option, i0max: int option, i1: int, i2: int, i3: int, i4min: int option, i4max: int option, i5: int) = take t [| range t 0 i0min i0max; at i1; at i2; at i3; range t 4 i4min i4max; at i5 |]
        /// The part at range, index, index, index, index, range.
        member t.GetSlice(i0min: int option, i0max: int option, i1: int, i2: int, i3: int, i4: int, i5min: int option, i5max: int option) = take t [| range t 0 i0min i0max; at i1; at i2; at i3; at i4; range t 5 i5min i5max |]
        /// The part at range, index, index, index, index, index.
        member t.GetSlice(i0min: int option, i0max: int option, i1: int, i2: int, i3: int, i4: int, i5: int) = take t [| range t 0 i0min i0max; at i1; at i2; at i3; at i4; at i5 |]
        /// The part at index, range, range, range, range, range.
        member t.GetSlice(i0: int, i1min: int option, i1max: int option, i2min: int option, i2max: int option, i3min: int option, i3max: int option, i4min: int option, i4max: int option, i5min: int option, i5max: int option) = take t [| at i0; range t 1 i1min i1max; range t 2 i2min i2max; range t 3 i3min i3max; range t 4 i4min i4max; range t 5 i5min i5max |]
        /// The part at index, range, range, range, range, index.
        member t.GetSlice(i0: int, i1min: int option, i1max: int option, i2min: int option, i2max: int option, i3min: int option, i3max: int option, i4min: int option, i4max: int option, i5: int) = take t [| at i0; range t 1 i1min i1max; range t 2 i2min i2max; range t 3 i3min i3max; range t 4 i4min i4max; at i5 |]
        /// The part at index, range, range, range, index, range.
        member t.GetSlice(i0: int, i1min: int option, i1max: int option, i2min: int option, i2max: int option, i3min: int option, i3max: int option, i4: int, i5min: int option, i5max: int option) = take t [| at i0; range t 1 i1min i1max; range t 2 i2min i2max; range t 3 i3min i3max; at i4; range t 5 i5min i5max |]
        /// The part at index, range, range, range, index, index.
        member t.GetSlice(i0: int, i1min: int option, i1max: int option, i2min: int option, i2max: int option, i3min: int option, i3max: int option, i4: int, i5: int) = take t [| at i0; range t 1 i1min i1max; range t 2 i2min i2max; range t 3 i3min i3max; at i4; at i5 |]
        /// The part at index, range, range, index, range, range.
        member t.GetSlice(i0: int, i1min: int option, i1max: int option, i2min: int option, i2max: int option, i3: int, i4min: int option, i4max: int option, i5min: int option, i5max: int option) = take t [| at i0; range t 1 i1min i1max; range t 2 i2min i2max; at i3; range t 4 i4min i4max; range t 5 i5min i5max |]
        /// The part at index, range, range, index, range, index.
        member t.GetSlice(i0: int, i1min: int option, i1max: int option, i2min: int option, i2max: int option, i3: int, i4min: int option, i4max: int option, i5: int) = take t [| at i0; range t 1 i1min i1max; range t 2 i2min i2max; at i3; range t 4 i4min i4max; at i5 |]
        /// The part at index, range, range, index, index, range.
        member t.GetSlice(i0: int, i1min: int option, i1max: int option, i2min: int option, i2max: int option, i3: int, i4: int, i5min: int option, i5max: int option) = take t [| at i0; range t 1 i1min i1max; range t 2 i2min i2max; at i3; at i4; range t 5 i5min i5max |]
        /// The part at index, range, range, index, index, index.
        member t.GetSlice(i0: int, i1min: int option, i1max: int option, i2min: int option, i2max: int option, i3: int, i4: int, i5: int) = take t [| at i0; range t 1 i1min i1max; range t 2 i2min i2max; at i3; at i4; at i5 |]
        /// The part at index, range, index, range, range, range.
        member t.GetSlice(i0: int, i1min: int option, i1max: int option, i2: int, i3min: int option, i3max: int option, i4min: int option, i4max: int option, i5min: int option, i5max: int option) = take t [| at i0; range t 1 i1min i1max; at i2; range t 3 i3min i3max; range t 4 i4min i4max; range t 5 i5min i5max |]
        /// The part at index, range, index, range, range, index.
        member t.GetSlice(i0: int, i1min: int option, i1max: int option, i2: int, i3min: int option, i3max: int option, i4min: int option, i4max: int option, i5: int) = take t [| at i0; range t 1 i1min i1max; at i2; range t 3 i3min i3max; range t 4 i4min i4max; at i5 |]
        /// The part at index, range, index, range, index, range.
        member t.GetSlice(i0: int, i1min: int option, i1max: int option, i2: int, i3min: int option, i3max: int option, i4: int, i5min: int option, i5max: int option) = take t [| at i0; range t 1 i1min i1max; at i2; range t 3 i3min i3max; at i4; range t 5 i5min i5max |]
        /// The part at index, range, index, range, index, index.
        member t.GetSlice(i0: int, i1min: int option, i1max: int option, i2: int, i3min: int option, i3max: int option, i4: int, i5: int) = take t [| at i0; range t 1 i1min i1max; at i2; range t 3 i3min i3max; at i4; at i5 |]
        /// The part at index, range, index, index, range, range.
        member t.GetSlice(i0: int, i1min: int option, i1max: int option, i2: int, i3: int, i4min: int option, i4max: int option, i5min: int option, i5max: int option) = take t [| at i0; range t 1 i1min i1max; at i2; at i3; range t 4 i4min i4max; range t 5 i5min i5max |]
        /// The part at index, range, index, index, range, index.
        member t.GetSlice(i0: int, i1min: int option, i1max: int option, i2: int, i3: int, i4min: int option, i4max: int option, i5: int) = take t [| at i0; range t 1 i1min i1max; at i2; at i3; range t 4 i4min i4max; at i5 |]
        /// The part at index, range, index, index, index, range.
        member t.GetSlice(i0: int, i1min: int option, i1max: int option, i2: int, i3: int, i4: int, i5min: int option, i5max: int option) = take t [| at i0; range t 1 i1min i1max; at i2; at i3; at i4; range t 5 i5min i5max |]
        /// The part at index, range, index, index, index, index.
        member t.GetSlice(i0: int, i1min: int option, i1max: int option, i2: int, i3: int, i4: int, i5: int) = take t [| at i0; range t 1 i1min i1max; at i2; at i3; at i4; at i5 |]
        /// The part at index, index, range, range, range, range.
        member t.GetSlice(i0: int, i1: int, i2min: int option, i2max: int option, i3min: int option, i3max: int option, i4min: int option, i4max: int option, i5min: int option, i5max: int option) = take t [| at i0; at i1; range t 2 i2min i2max; range t 3 i3min i3max; range t 4 i4min i4max; range t 5 i5min i5max |]
        /// The part at index, index, range, range, range, index.
        member t.GetSlice(i0: int, i1: int, i2min: int option, i2max: int option, i3min: int option, i3max: int option, i4min: int option, i4max: int option, i5: int) = take t [| at i0; at i1; range t 2 i2min i2max; range t 3 i3min i3max; range t 4 i4min i4max; at i5 |]
        /// The part at index, index, range, range, index, range.
        member t.GetSlice(i0: int, i1: int, i2min: int option, i2max: int option, i3min: int option, i3max: int option, i4: int, i5min: int option, i5max: int option) = take t [| at i0; at i1; range t 2 i2min i2max; range t 3 i3min i3max; at i4; range t 5 i5min i5max |]
        /// The part at index, index, range, range, index, index.
        member t.GetSlice(i0: int, i1: int, i2min: int option, i2max: int option, i3min: int option, i3max: int option, i4: int, i5: int) = take t [| at i0; at i1; range t 2 i2min i2max; range t 3 i3min i3max; at i4; at i5 |]
        /// The part at index, index, range, index, range, range.
        member t.GetSlice(i0: int, i1: int, i2min: int option, i2max: int option, i3: int, i4min: int option, i4max: int option, i5min: int option, i5max: int option) = take t [| at i0; at i1; range t 2 i2min i2max; at i3; range t 4 i4min i4max; range t 5 i5min i5max |]
        /// The part at index, index, range, index, range, index.
        member t.GetSlice(i0: int, i1: int, i2min: int option, i2max: int option, i3: int, i4min: int option, i4max: int option, i5: int) = take t [| at i0; at i1; range t 2 i2min i2max; at i3; range t 4 i4min i4max; at i5 |]
        /// The part at index, index, range, index, index, range.
        member t.GetSlice(i0: int, i1: int, i2min: int option, i2max: int option, i3: int, i4: int, i5min: int option, i5max: int option) = take t [| at i0; at i1; range t 2 i2min i2max; at i3; at i4; range t 5 i5min i5max |]
        /// The part at index, index, range, index, index, index.
        member t.GetSlice(i0: int, i1: int, i2min: int option, i2max: int option, i3: int, i4: int, i5: int) = take t [| at i0; at i1; range t 2 i2min i2max; at i3; at i4; at i5 |]
        /// The part at index, index, index, range, range, range.
        member t.GetSlice(i0: int, i1: int, i2: int, i3min: int option, i3max: int option, i4min: int option, i4max: int option, i5min: int option, i5max: int option) = take t [| at i0; at i1; at i2; range t 3 i3min i3max; range t 4 i4min i4max; range t 5 i5min i5max |]
        /// The part at index, index, index, range, range, index.
        member t.GetSlice(i0: int, i1: int, i2: int, i3min: int option, i3max: int option, i4min: int option, i4max: int option, i5: int) = take t [| at i0; at i1; at i2; range t 3 i3min i3max; range t 4 i4min i4max; at i5 |]
        /// The part at index, index, index, range, index, range.
        member t.GetSlice(i0: int, i1: int, i2: int, i3min: int option, i3max: int option, i4: int, i5min: int option, i5max: int option) = take t [| at i0; at i1; at i2; range t 3 i3min i3max; at i4; range t 5 i5min i5max |]
        /// The part at index, index, index, range, index, index.
        member t.GetSlice(i0: int, i1: int, i2: int, i3min: int option, i3max: int option, i4: int, i5: int) = take t [| at i0; at i1; at i2; range t 3 i3min i3max; at i4; at i5 |]
        /// The part at index, index, index, index, range, range.
        member t.GetSlice(i0: int, i1: int, i2: int, i3: int, i4min: int option, i4max: int option, i5min: int option, i5max: int option) = take t [| at i0; at i1; at i2; at i3; range t 4 i4min i4max; range t 5 i5min i5max |]
        /// The part at index, index, index, index, range, index.
        member t.GetSlice(i0: int, i1: int, i2: int, i3: int, i4min: int option, i4max: int option, i5: int) = take t [| at i0; at i1; at i2; at i3; range t 4 i4min i4max; at i5 |]
        /// The part at index, index, index, index, index, range.
        member t.GetSlice(i0: int, i1: int, i2: int, i3: int, i4: int, i5min: int option, i5max: int option) = take t [| at i0; at i1; at i2; at i3; at i4; range t 5 i5min i5max |]
        /// The part at index, index, index, index, index, index.
        member t.GetSlice(i0: int, i1: int, i2: int, i3: int, i4: int, i5: int) = take t [| at i0; at i1; at i2; at i3; at i4; at i5 |]
