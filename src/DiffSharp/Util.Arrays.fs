namespace DiffSharp.Util

open System
open System.Collections.Generic
open System.Collections.Specialized

/// Additions to FSharp.Core's functions of arrays.
module Array =
    /// Whether two arrays have one length and <c>|a - b| &lt;= absoluteTolerance + relativeTolerance |b|</c> for all
    /// elements.
    let inline allClose (relativeTolerance: 'T) (absoluteTolerance: 'T) (array1: 'T[]) (array2: 'T[]) =
        array1.Length = array2.Length
        && Array.forall2 (fun a b -> abs (a - b) <= absoluteTolerance + relativeTolerance * abs b) array1 array2

    /// The sums of the first 1, 2, … elements.
    let inline cumulativeSum (a: 'T[]) =
        let sums = Array.scan (+) LanguagePrimitives.GenericZero a
        sums.[1..]

    /// The distinct values and their counts, the most frequent first if sorted, else in order of first occurrence.
    let getUniqueCounts (sorted: bool) (values: 'T[]) =
        let counts = Array.countBy id values

        (if sorted then Array.sortByDescending snd counts else counts) |> Array.unzip

/// Arrays of 4 dimensions.
module Array4D =
    /// Maps the elements by a function.
    let map (mapping: 'a -> 'b) (array: 'a[,,,]) : 'b[,,,] =
        Array4D.init (array.GetLength 0) (array.GetLength 1) (array.GetLength 2) (array.GetLength 3) (fun i j k l ->
            mapping array.[i, j, k, l])

/// Arrays of any number of dimensions.
module ArrayND =
    /// The index of a flat position in row-major order.
    let internal indexOf (shape: int[]) (flat: int) =
        let index = Array.zeroCreate shape.Length
        let mutable rest = flat

        for d = shape.Length - 1 downto 0 do
            index.[d] <- rest % shape.[d]
            rest <- rest / shape.[d]

        index

    /// The indices of an array in row-major order.
    let internal indices (shape: int[]) = Seq.init (Array.fold (*) 1 shape) (indexOf shape)

    /// An array of the given sizes filled with the type's default value; an empty vector for no sizes.
    let zeroCreate<'T> (shape: int[]) : Array =
        Array.CreateInstance(typeof<'T>, (if shape.Length = 0 then [| 0 |] else shape))

    let internal build (shape: int[]) (f: int[] -> 'T) : Array =
        let result = zeroCreate<'T> shape

        for index in indices shape do
            result.SetValue(f index, index)

        result

    /// An array of the given sizes whose elements are a function of their index; the value itself for no sizes.
    let init (shape: int[]) (f: int[] -> 'T) : obj | null = if shape.Length = 0 then box (f [||]) else build shape f

    /// Maps the elements by a function.
    let internal map (mapping: (obj | null) -> 'T) (array: Array) : Array =
        let shape = Array.init array.Rank array.GetLength
        build shape (fun index -> mapping (array.GetValue index))

/// Arrays of 5 dimensions, for which F# has no type.
module Array5D =
    /// An array filled with the type's default value.
    let zeroCreate<'T> (length1: int) length2 length3 length4 length5 : Array =
        ArrayND.zeroCreate<'T> [| length1; length2; length3; length4; length5 |]

    /// The element at an index.
    let get (array: Array) (index1: int) index2 index3 index4 index5 =
        array.GetValue [| index1; index2; index3; index4; index5 |]

    /// Sets the element at an index.
    let set (array: Array) (index1: int) index2 index3 index4 index5 (value: 'T) =
        array.SetValue(value, [| index1; index2; index3; index4; index5 |])

    /// An array whose elements are a function of their index.
    let init<'T> (length1: int) length2 length3 length4 length5 (initializer: int -> int -> int -> int -> int -> 'T) =
        ArrayND.build [| length1; length2; length3; length4; length5 |] (fun i ->
            initializer i.[0] i.[1] i.[2] i.[3] i.[4])

    /// An array that repeats one value.
    let create (length1: int) length2 length3 length4 length5 (initial: 'T) : Array =
        init length1 length2 length3 length4 length5 (fun _ _ _ _ _ -> initial)

    /// Maps the elements by a function.
    let map (mapping: (obj | null) -> 'T) (array: Array) : Array = ArrayND.map mapping array

/// Arrays of 6 dimensions, for which F# has no type.
module Array6D =
    /// An array filled with the type's default value.
    let zeroCreate<'T> (length1: int) length2 length3 length4 length5 length6 : Array =
        ArrayND.zeroCreate<'T> [| length1; length2; length3; length4; length5; length6 |]

    /// The element at an index.
    let get (array: Array) (index1: int) index2 index3 index4 index5 index6 =
        array.GetValue [| index1; index2; index3; index4; index5; index6 |]

    /// Sets the element at an index.
    let set (array: Array) (index1: int) index2 index3 index4 index5 index6 (value: 'T) =
        array.SetValue(value, [| index1; index2; index3; index4; index5; index6 |])

    /// An array whose elements are a function of their index.
    let init<'T>
        (length1: int)
        length2
        length3
        length4
        length5
        length6
        (initializer: int -> int -> int -> int -> int -> int -> 'T)
        =
        ArrayND.build [| length1; length2; length3; length4; length5; length6 |] (fun i ->
            initializer i.[0] i.[1] i.[2] i.[3] i.[4] i.[5])

    /// An array that repeats one value.
    let create (length1: int) length2 length3 length4 length5 length6 (initial: 'T) : Array =
        init length1 length2 length3 length4 length5 length6 (fun _ _ _ _ _ _ -> initial)

    /// Maps the elements by a function.
    let map (mapping: (obj | null) -> 'T) (array: Array) : Array = ArrayND.map mapping array

/// Additions to FSharp.Core's functions of sequences.
module Seq =
    /// The index of the largest element; the first of equal elements.
    let maxIndex (items: seq<'T>) = items |> Seq.indexed |> Seq.maxBy snd |> fst

    /// The index of the smallest element; the first of equal elements.
    let minIndex (items: seq<'T>) = items |> Seq.indexed |> Seq.minBy snd |> fst

    /// Whether all elements are equal.
    let allEqual (items: seq<'T>) = Seq.forall ((=) (Seq.head items)) items

    /// The elements that occur more than once.
    let duplicates (items: seq<'T>) =
        items |> Seq.countBy id |> Seq.filter (fun (_, count) -> count > 1) |> Seq.map fst |> List.ofSeq

    /// Whether an element occurs more than once.
    let hasDuplicates (items: seq<'T>) = not (List.isEmpty (duplicates items))

/// .NET's ordered dictionaries.
module OrderedDictionary =
    /// A copy of the keys.
    let copyKeys (dictionary: OrderedDictionary) : 'T[] = dictionary.Keys |> Seq.cast<'T> |> Seq.toArray

/// .NET's dictionaries.
module Dictionary =
    /// A copy of the keys.
    let copyKeys (dictionary: seq<KeyValuePair<'Key, 'Value>>) = [| for entry in dictionary -> entry.Key |]

    /// A copy of the values.
    let copyValues (dictionary: seq<KeyValuePair<'Key, 'Value>>) = [| for entry in dictionary -> entry.Value |]

/// Arrays from nested sequences, and printing.
[<AutoOpen>]
module ExtensionAutoOpens =
    let private sizes (array: Array) = Array.init array.Rank array.GetLength

    /// The number of parts followed by their common sizes; zeros if there are no parts.
    let private common (rank: int) (parts: Array[]) =
        match Array.tryHead parts with
        | None -> Array.zeroCreate (rank + 1)
        | Some first ->
            parts
            |> Array.iteri (fun i part ->
                if sizes part <> sizes first then
                    invalidArg
                        "data"
                        $"Expecting parts of one shape, found %A{sizes first} and at place {i} %A{sizes part}")

            Array.append [| parts.Length |] (sizes first)

    /// Whether a value is not null.
    let inline notNull (value: 'T) = not (obj.ReferenceEquals(value, null))

    /// An array of 3 dimensions from nested sequences. Raises ArgumentException if their lengths differ.
    let array3D (data: seq<#seq<#seq<'T>>>) : 'T[,,] =
        let parts = data |> Seq.map array2D |> Seq.toArray
        let shape = common 2 (Array.map (fun part -> part :> Array) parts)
        Array3D.init shape.[0] shape.[1] shape.[2] (fun i j k -> parts.[i].[j, k])

    /// An array of 4 dimensions from nested sequences. Raises ArgumentException if their lengths differ.
    let array4D (data: seq<#seq<#seq<#seq<'T>>>>) : 'T[,,,] =
        let parts = data |> Seq.map array3D |> Seq.toArray
        let shape = common 3 (Array.map (fun part -> part :> Array) parts)
        Array4D.init shape.[0] shape.[1] shape.[2] shape.[3] (fun i j k l -> parts.[i].[j, k, l])

    let private stack<'T> (rank: int) (parts: Array[]) : Array =
        let element (index: int[]) = parts.[index.[0]].GetValue index.[1..] |> unbox<'T>

        ArrayND.build (common rank parts) element

    /// An array of 5 dimensions from nested sequences. Raises ArgumentException if their lengths differ.
    let array5D (data: seq<#seq<#seq<#seq<#seq<'T>>>>>) : Array =
        data |> Seq.map (fun part -> array4D part :> Array) |> Seq.toArray |> stack<'T> 4

    /// An array of 6 dimensions from nested sequences. Raises ArgumentException if their lengths differ.
    let array6D (data: seq<#seq<#seq<#seq<#seq<#seq<'T>>>>>>) : Array =
        data |> Seq.map array5D |> Seq.toArray |> stack<'T> 5

    /// Prints a value in the format <c>%A</c> and a newline.
    let print (x: 'T) = printfn $"%A{x}"

/// Small functions and constants.
[<AutoOpen>]
module UtilAutoOpens =
    /// Caches the results of a function by argument. Not thread-safe.
    let memoize (fn: 'a -> 'b) : 'a -> 'b =
        // The wrapper allows null as a key.
        let results = Dictionary<ValueTuple<'a>, 'b>()

        fun x ->
            match results.TryGetValue(ValueTuple<'a> x) with
            | true, result -> result
            | false, _ ->
                let result = fn x
                results.[ValueTuple<'a> x] <- result
                result

    /// log √(2π).
    let logSqrt2Pi = 0.5 * log (2.0 * Math.PI)

    /// log 10.
    let log10Val = log 10.0

    /// Indents every line but the first by the given number of spaces.
    let indentNewLines (str: string) (numSpaces: int) = str.Replace("\n", "\n" + String.replicate numSpaces " ")

    /// Pads the text on the left with spaces to the given length.
    let stringPad (s: string) (width: int) = s.PadLeft width

    /// Pads the text on the left with spaces to the length of another text.
    let stringPadAs (s1: string) (s2: string) = s1.PadLeft s2.Length

    /// An integer with commas between thousands.
    let thousandsInt (x: int) = x.ToString "#,0"

    /// A number with commas between thousands and two decimals.
    let thousandsFloat (x: float) = x.ToString "N"

    /// A number of bytes in the largest binary unit that does not exceed it.
    let bytesReadable (i: int64) =
        let units = [ "EiB", 60; "PiB", 50; "TiB", 40; "GiB", 30; "MiB", 20; "KiB", 10 ]

        match units |> List.tryFind (fun (_, bits) -> abs i >= (1L <<< bits)) with
        | Some(name, bits) -> (float i / float (1L <<< bits)).ToString "0.###" + " " + name
        | None -> $"{i} B"
