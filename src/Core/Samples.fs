namespace ScoreFunctional

// Training data by index, and the order of batches.

open DiffSharp

/// <summary>The class of each sample of a batch, from zero, or none.</summary>
type Labels = int option[]

/// <summary>Training data, addressed by index: an index always gives the same sample.</summary>
type Samples = {
    /// <summary>The shape of one sample.</summary>
    Shape: int[]
    /// <summary>The number of samples; none if they are endless.</summary>
    Count: int option
    /// <summary>The number of classes; 0 without labels.</summary>
    Classes: int
    /// <summary>The samples at these indices as float32 <c>[n; …]</c> on a device.</summary>
    Batch: Device -> int64[] -> Tensor
    /// <summary>The classes of the samples at these indices.</summary>
    Labels: int64[] -> Labels
}

/// <summary>Sources of samples, and the batches of a run.</summary>
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Samples =

    /// <summary>Samples stored as bytes, such as pixels. A batch scales 0 … 255 to −1 … 1 by <c>2·(b·(1/255)) − 1</c> in
    /// float32.</summary>
    /// <param name="shape">The shape of a sample.</param>
    /// <param name="classes">The number of classes.</param>
    /// <param name="values">The samples one after another, without a copy of the array.</param>
    /// <param name="labels">The class of each sample.</param>
    /// <exception cref="T:System.ArgumentException">The number of bytes does not match the shape and the labels.</exception>
    let ofBytes (shape: int[]) (classes: int) (values: byte[]) (labels: byte[]) : Samples =
        let size = Array.fold (*) 1 shape

        if int64 values.Length <> int64 labels.Length * int64 size then
            invalidArg
                (nameof values)
                $"expected {size} bytes per label for {labels.Length} labels, found {values.Length} bytes"

        let all = Primitives.ofBytes (Array.append [| labels.Length |] shape) values

        {
            Shape = shape
            Count = Some labels.Length
            Classes = classes
            // Move bytes, not floats, to the device.
            Batch =
                fun device indices ->
                    (Primitives.samplesAt indices all).move(device = device).cast Dtype.Float32 * float (1f / 255f) * 2.
                    - 1.
            Labels = Array.map (fun index -> Some(int labels[int index]))
        }

    /// <summary>Samples computed by a function.</summary>
    /// <param name="shape">The shape of a sample.</param>
    /// <param name="count">The number of samples; none if they are endless.</param>
    /// <param name="classes">The number of classes; 0 without labels.</param>
    /// <param name="values">Indices to the values of these samples, one after another. The function may reuse the array.</param>
    /// <param name="labels">Indices to classes; never called without classes.</param>
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

    /// <summary>Endless points of a two-dimensional density: point i is row i of its draws with a key.</summary>
    let ofDensity (density: Density) (key: Key) : Samples =
        // One draw per run of consecutive indices.
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

    /// <summary>The indices of the batch of each step, from zero. A finite data set is shuffled in each epoch, with an order that depends
    /// on the key and the epoch. Endless samples come in the order of their indices.</summary>
    let batchIndices (key: Key) (batch: int) (samples: Samples) : int -> int64[] =
        let cursors step = Array.init batch (fun i -> int64 step * int64 batch + int64 i)

        match samples.Count with
        | None -> cursors
        | Some count ->
            // Cache the order of the current epoch.
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
