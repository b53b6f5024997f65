namespace DiffSharp

open System
open System.Collections
open FSharp.Reflection

/// Flattens nested arrays, sequences and tuples into values and a shape. A tuple counts as a row: <c>[1, 2, 3]</c> means
/// <c>[1; 2; 3]</c>.
module internal DataConverter =
    /// The items of one nesting level, or none for a leaf.
    let private items (value: obj | null) : (obj | null)[] option =
        match value with
        | null -> None
        | :? string -> None
        | :? Tensor -> None
        | :? Array as array when array.Rank > 1 ->
            // The sub-arrays along the first dimension.
            let rank = array.Rank
            let lengths = Array.init (rank - 1) (fun d -> array.GetLength(d + 1))

            let elementType =
                match array.GetType().GetElementType() with
                | null -> typeof<obj>
                | elementType -> elementType

            let part i : obj | null =
                let sub = Array.CreateInstance(elementType, lengths)

                for flat = 0 to sub.Length - 1 do
                    let index = Shape.indexOf lengths flat
                    sub.SetValue(array.GetValue(Array.append [| i |] index), index)

                sub

            Some(Array.init (array.GetLength 0) part)
        | :? IEnumerable as sequence ->
            let items = [| for item in sequence -> item |]

            match items with
            // A sequence of a single tuple counts as the sequence of its fields.
            | [| single |] when not (isNull single) && FSharpType.IsTuple((nonNull single).GetType()) ->
                Some(FSharpValue.GetTupleFields(nonNull single))
            | _ -> Some items
        | tuple when FSharpType.IsTuple(tuple.GetType()) -> Some(FSharpValue.GetTupleFields tuple)
        | _ -> None

    /// The leaves in order, and the shape. Raises ArgumentException if the nesting is ragged.
    let flatten (value: obj) : obj[] * int[] =
        let leaves = ResizeArray<obj>()

        let rec walk (value: obj | null) : int[] =
            match items value with
            | None ->
                match value with
                | null -> failwith "Expecting numbers, booleans or tensors, found null"
                | leaf -> leaves.Add leaf

                [||]
            | Some [||] -> [| 0 |]
            | Some parts ->
                let shapes = parts |> Array.map walk

                match shapes |> Array.tryFind (fun shape -> not (Shape.equal shape shapes.[0])) with
                | Some other ->
                    invalidArg
                        (nameof value)
                        $"Expecting parts of one shape, found {Shape.show shapes.[0]} and {Shape.show other}"
                | None -> Array.append [| parts.Length |] shapes.[0]

        let shape = walk value
        leaves.ToArray(), shape

    /// The default element type for a value: its own, except that double precision, which F# writes without a suffix,
    /// becomes single.
    let private inferred (value: obj) =
        match value with
        | :? float32
        | :? float -> Dtype.Float32
        | :? bool -> Dtype.Bool
        | :? int -> Dtype.Int32
        | :? int64 -> Dtype.Int64
        | :? int16 -> Dtype.Int16
        | :? byte -> Dtype.Byte
        | :? sbyte -> Dtype.Int8
        | other -> failwith $"Cannot convert from a value of type {other.GetType()}"

    /// The values as an engine tensor in main memory, and their default element type.
    let ofLeaves (leaves: obj[]) (shape: int64[]) =
        match leaves |> Array.tryFind (fun leaf -> leaf.GetType() <> leaves.[0].GetType()) with
        | Some leaf ->
            failwith $"Expecting values of one type, found {leaves.[0].GetType().Name} and {leaf.GetType().Name}"
        | None -> ()

        let dtype = inferred leaves.[0]

        let raw =
            match leaves.[0] with
            | :? float32 -> Interop.ofFloat32s (leaves |> Array.map unbox<float32>) shape
            | :? float -> Interop.ofFloat64s (leaves |> Array.map unbox<float>) shape
            | :? bool -> Interop.ofBools (leaves |> Array.map unbox<bool>) shape
            | _ -> Interop.ofInt64s (leaves |> Array.map Convert.ToInt64) shape

        struct (raw, dtype)

    /// The same for flat arrays of common types, without boxing the values.
    let tryFlatArray (value: obj) =
        let flat (raw: int64[] -> TorchSharp.torch.Tensor) (array: Array) (dtype: Dtype) =
            ValueSome(struct (raw [| array.LongLength |], dtype))

        // Types are compared exactly, because a type test accepts an array of unsigned integers as one of signed integers.
        match value.GetType() with
        | t when t = typeof<float32[]> ->
            let array = value :?> float32[]
            flat (Interop.ofFloat32s array) array Dtype.Float32
        | t when t = typeof<float[]> ->
            let array = value :?> float[]
            let dtype = if Dtype.Default = Dtype.Float64 then Dtype.Float64 else Dtype.Float32
            flat (Interop.ofFloat64s array) array dtype
        | t when t = typeof<int64[]> ->
            let array = value :?> int64[]
            flat (Interop.ofInt64s array) array Dtype.Int64
        | t when t = typeof<int[]> ->
            let array = value :?> int[]
            flat (Interop.ofInt64s (Array.ConvertAll(array, Converter int64))) array Dtype.Int32
        | t when t = typeof<byte[]> ->
            let array = value :?> byte[]
            flat (Interop.ofInt64s (Array.ConvertAll(array, Converter int64))) array Dtype.Byte
        | t when t = typeof<bool[]> ->
            let array = value :?> bool[]
            flat (Interop.ofBools array) array Dtype.Bool
        | _ -> ValueNone
