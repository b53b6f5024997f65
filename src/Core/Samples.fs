namespace ScoreFunctional

open DiffSharp

/// <summary>The class of each sample of a batch, counted from zero, or none.</summary>
type Labels = int option[]

/// <summary>Data to learn from, addressed by index: the same index gives the same sample.</summary>
type Samples = {
    /// <summary>The shape of one sample.</summary>
    Shape: int[]
    /// <summary>How many there are; endless samples have no number.</summary>
    Count: int option
    /// <summary>How many classes they have; 0 without labels.</summary>
    Classes: int
    /// <summary>The samples at these indices as float32 <c>[n; …]</c>, made on a device.</summary>
    Batch: Device -> int64[] -> Tensor
    /// <summary>The classes of the samples at these indices.</summary>
    Labels: int64[] -> Labels
}

/// <summary>Samples, and the order in which a run sees them.</summary>
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Samples =

    /// <summary>Bytes that are kept as such, 0 to 255 for −1 to 1: <c>2·(b·(1/255)) − 1</c> in float32.</summary>
    /// <param name="shape">The shape of a sample.</param>
    /// <param name="classes">How many classes there are.</param>
    /// <param name="values">The samples one after another; the array is shared, not copied.</param>
    /// <param name="labels">The class of each sample.</param>
    /// <exception cref="T:System.ArgumentException">Not as many bytes as these samples have.</exception>
    let ofBytes (shape: int[]) (classes: int) (values: byte[]) (labels: byte[]) : Samples =
        let size = Array.fold (*) 1 shape

        if int64 values.Length <> int64 labels.Length * int64 size then
            invalidArg
                (nameof values)
                $"expected {size} bytes for each of {labels.Length} labels, found {values.Length} bytes"

        let all = Primitives.ofBytes (Array.append [| labels.Length |] shape) values

        {
            Shape = shape
            Count = Some labels.Length
            Classes = classes
            // A byte travels to the device as a byte.
            Batch =
                fun device indices ->
                    (Primitives.samplesAt indices all).move(device = device).cast Dtype.Float32 * float (1f / 255f) * 2.
                    - 1.
            Labels = Array.map (fun index -> Some(int labels[int index]))
        }

    /// <summary>Samples that a function makes.</summary>
    /// <param name="shape">The shape of a sample.</param>
    /// <param name="count">How many there are, if not endless.</param>
    /// <param name="classes">How many classes there are; 0 for none.</param>
    /// <param name="values">Indices to the values of these samples, one after another; the array may be used again.</param>
    /// <param name="labels">Indices to classes; not asked where there are none.</param>
    let ofFunction
        (shape: int[])
        (count: int option)
        (classes: int)
        (values: int64[] -> float32[])
        (labels: int64[] -> int[])
        : Samples = {
        Shape = shape
        Count = count
        Classes = classes
        Batch =
            fun device indices ->
                dsharp
                    .tensor(values indices, dtype = Dtype.Float32, device = device)
                    .view(Array.append [| indices.Length |] shape)
        Labels =
            fun indices ->
                if classes = 0 then
                    Array.create indices.Length None
                else
                    labels indices |> Array.map Some
    }

    /// <summary>Endless points of a density in the plane: point i is row i of its draws under a key.</summary>
    let ofDensity (density: Density) (key: Key) : Samples =
        // Neighbours are drawn together.
        let rec draw (indices: int64 list) =
            match indices with
            | [] -> []
            | first :: _ ->
                let together = indices |> List.indexed |> List.takeWhile (fun (i, index) -> index = first + int64 i)

                density.Sample (Key.fromSample first key) together.Length
                :: draw (List.skip together.Length indices)

        {
            Shape = [| 2 |]
            Count = None
            Classes = 0
            Batch = fun device indices -> (dsharp.cat (draw (List.ofArray indices))).move(device = device)
            Labels = fun indices -> Array.create indices.Length None
        }

    /// <summary>Which samples are in the batch of each step, counted from zero. Of so many samples each comes once before any comes
    /// again, in an order that belongs to the key and the epoch; endless samples come in the order of their indices.</summary>
    let order (key: Key) (batch: int) (samples: Samples) : int -> int64[] =
        let cursors step = Array.init batch (fun i -> int64 step * int64 batch + int64 i)

        match samples.Count with
        | None -> cursors
        | Some count ->
            // An epoch's order is the same for all of its steps.
            let known = ref struct (-1, [||])

            let at cursor =
                let epoch = Checked.int (cursor / int64 count)

                match known.Value with
                | struct (last, order) when last = epoch -> int64 order[int (cursor % int64 count)]
                | _ ->
                    let order = key |> Key.atStep epoch |> Key.permutation count
                    known.Value <- struct (epoch, order)
                    int64 order[int (cursor % int64 count)]

            cursors >> Array.map at
