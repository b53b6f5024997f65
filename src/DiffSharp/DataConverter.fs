namespace DiffSharp

open System
open System.Collections
open FSharp.Reflection

/// Flattening of nested arrays, sequences and tuples (a tuple counts as a row: <c>[1, 2, 3]</c> reads like
/// <c>[1; 2; 3]</c>) into values and a shape.
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
            // One tuple alone in a sequence stands for the sequence of its fields.
            | [| single |] when not (isNull single) && FSharpType.IsTuple((nonNull single).GetType()) ->
                Some(FSharpValue.GetTupleFields(nonNull single))
            | _ -> Some items
        | tuple when FSharpType.IsTuple(tuple.GetType()) -> Some(FSharpValue.GetTupleFields tuple)
        | _ -> None

    /// Leaves in order, and the shape; raises where the nesting is ragged.
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
                    failwith $"Expecting parts of one shape, found {Shape.show shapes.[0]} and {Shape.show other}"
                | None -> Array.append [| parts.Length |] shapes.[0]

        let shape = walk value
        leaves.ToArray(), shape

    let private isType<'T> (value: obj) = value.GetType() = typeof<'T>

    /// An engine tensor of the values in main memory, in the type of the values.
    let ofLeaves (leaves: obj[]) (shape: int64[]) =
        let odd = leaves |> Array.tryFind (fun leaf -> leaf.GetType() <> leaves.[0].GetType())

        match odd with
        | Some leaf ->
            failwith $"Expecting values of one type, found {leaves.[0].GetType().Name} and {leaf.GetType().Name}"
        | None -> ()

        match leaves.[0] with
        | :? float32 -> Interop.ofFloat32s (leaves |> Array.map unbox<float32>) shape
        | :? float -> Interop.ofFloat64s (leaves |> Array.map unbox<float>) shape
        | :? bool -> Interop.ofBools (leaves |> Array.map unbox<bool>) shape
        | :? int
        | :? int64
        | :? int16
        | :? byte
        | :? sbyte -> Interop.ofInt64s (leaves |> Array.map Convert.ToInt64) shape
        | other -> failwith $"Cannot convert from a value of type {other.GetType()}"

    /// The same without a visit to each boxed leaf, for flat arrays; null where the value is none.
    let ofFlatArray (value: obj) : TorchSharp.torch.Tensor | null =
        match value with
        | :? (float32[]) as array -> Interop.ofFloat32s array [| array.LongLength |]
        | :? (float[]) as array -> Interop.ofFloat64s array [| array.LongLength |]
        | :? (int64[]) as array when isType<int64[]> value -> Interop.ofInt64s array [| array.LongLength |]
        | :? (bool[]) as array -> Interop.ofBools array [| array.LongLength |]
        | :? (int[]) as array when isType<int[]> value ->
            Interop.ofInt64s (Array.ConvertAll(array, Converter int64)) [| array.LongLength |]
        | :? (byte[]) as array when isType<byte[]> value ->
            Interop.ofInt64s (Array.ConvertAll(array, Converter int64)) [| array.LongLength |]
        | _ -> null
