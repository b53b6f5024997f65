namespace ScoreFunctional

open System
open DiffSharp

/// <summary>Random numbers as pure functions of a splittable key. A number depends only on run, purpose, step and sample, so a draw can
/// be repeated or resumed anywhere.</summary>
/// <remarks>Philox4x32-10 (Salmon et al. 2011) with the counter (block within the sample, step, sample low, sample high).</remarks>
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Key =

    /// The high word of a sample index is never all ones, so derived keys use counters that no draw uses.
    [<Literal>]
    let private Derivation = 0xFFFFFFFFu

    [<Literal>]
    let private Labels = 1u

    [<Literal>]
    let private Children = 2u

    let private derive domain (low: uint32) (high: uint32) (key: Key) =
        let struct (w0, w1, _, _) = Philox.block key.Word0 key.Word1 low high domain Derivation
        { key with Word0 = w0; Word1 = w1 }

    /// <summary>The key of a run.</summary>
    let ofSeed (seed: uint64) : Key = { Word0 = uint32 seed; Word1 = uint32 (seed >>> 32); Step = 0u; First = 0UL }

    /// <summary>The key for a purpose within this key, for instance <c>"noise"</c>. Different labels give independent numbers.</summary>
    let label (purpose: string) (key: Key) =
        // FNV-1a, 64 bits, turns the name into a counter.
        let hash =
            (14695981039346656037UL, Text.Encoding.UTF8.GetBytes purpose)
            ||> Array.fold (fun hash letter -> (hash ^^^ uint64 letter) * 1099511628211UL)

        derive Labels (uint32 hash) (uint32 (hash >>> 32)) key

    /// <summary>The i-th child key. Different children give independent numbers.</summary>
    let child (i: int) (key: Key) = derive Children (uint32 i) 0u key

    /// <summary>The same key at a step of the run.</summary>
    /// <exception cref="T:System.ArgumentException">The step is negative.</exception>
    let atStep (step: int) (key: Key) =
        if step < 0 then
            invalidArg (nameof step) $"expected a step from zero on, found {step}"

        { key with Step = uint32 step }

    /// <summary>The same key for a batch whose first row is this sample.</summary>
    /// <exception cref="T:System.ArgumentException">The index is negative.</exception>
    let fromSample (first: int64) (key: Key) =
        if first < 0L then
            invalidArg (nameof first) $"expected a sample index from zero on, found {first}"

        { key with First = uint64 first }

    let private perSample (shape: int[]) =
        if shape.Length = 0 || Array.exists (fun d -> d < 0) shape then
            invalidArg (nameof shape) $"expected a batch shape [n; …], found %A{List.ofArray shape}"

        Array.fold (*) 1 shape[1..]

    /// Draws a batch: `convert` turns the four planes of words into numbers, which are then laid out sample by sample.
    let private draw (shape: int[]) (key: Key) (convert: uint32[] -> int -> 'number[]) : 'number[] =
        let each = perSample shape
        let count = shape[0]
        let blocks = (each + 3) / 4
        let plane = Philox.padded (count * blocks)
        let words = Array.zeroCreate (4 * plane)
        Philox.planes key (max 1 blocks) plane words
        let numbers: 'number[] = convert words plane
        let result = Array.zeroCreate (count * each)

        if each % 4 = 0 then
            for b in 0 .. count * blocks - 1 do
                result[4 * b] <- numbers[b]
                result[4 * b + 1] <- numbers[plane + b]
                result[4 * b + 2] <- numbers[2 * plane + b]
                result[4 * b + 3] <- numbers[3 * plane + b]
        else
            for sample in 0 .. count - 1 do
                for i in 0 .. each - 1 do
                    result[sample * each + i] <- numbers[(i &&& 3) * plane + sample * blocks + (i >>> 2)]

        result

    /// A float64 number needs two words, so a block gives two numbers.
    let private draw64 (shape: int[]) (key: Key) (convert: uint64 -> uint64 -> struct (float * float)) : float[] =
        let each = perSample shape
        let count = shape[0]
        let blocks = (each + 1) / 2
        let result = Array.zeroCreate (count * each)
        let inline join (high: uint32) (low: uint32) = (uint64 high <<< 32) ||| uint64 low

        for sample in 0 .. count - 1 do
            let address = key.First + uint64 sample

            for block in 0 .. blocks - 1 do
                let struct (w0, w1, w2, w3) =
                    Philox.block key.Word0 key.Word1 (uint32 block) key.Step (uint32 address) (uint32 (address >>> 32))

                let struct (a, b) = convert (join w0 w1) (join w2 w3)
                result[sample * each + 2 * block] <- a

                if 2 * block + 1 < each then
                    result[sample * each + 2 * block + 1] <- b

        result

    /// A uniform number in [0, 1) from the high 53 bits of a word.
    let private unit64 (word: uint64) = float (word >>> 11) * 1.1102230246251565e-16

    /// <summary>Standard normal float32 numbers for a batch shape <c>[n; …]</c>, sample after sample.</summary>
    let normalArray (shape: int[]) (key: Key) : float32[] =
        draw shape key (fun words plane ->
            let numbers = Array.zeroCreate words.Length
            Elementary.boxMuller words 0 plane plane numbers
            Elementary.boxMuller words (2 * plane) (3 * plane) plane numbers
            numbers)

    /// <summary>Uniform float32 numbers in [0, 1) (24 bits) for a batch shape <c>[n; …]</c>, sample after sample.</summary>
    let uniformArray (shape: int[]) (key: Key) : float32[] =
        draw shape key (fun words _ -> words |> Array.map (fun word -> float32 (word >>> 8) * 5.9604644775390625e-8f))

    let private normal64 shape key =
        draw64 shape key (fun a b ->
            let radius = sqrt (-2. * log (1. - unit64 a))
            let struct (s, c) = Math.SinCos(2. * Math.PI * unit64 b)
            struct (radius * c, radius * s))

    let private uniform64 shape key = draw64 shape key (fun a b -> struct (unit64 a, unit64 b))

    let private tensor dtype (shape: int[]) single double : Tensor =
        let flat =
            match dtype with
            | Dtype.Float64 -> dsharp.tensor (double (), dtype = Dtype.Float64, device = Device.CPU)
            | Dtype.Float32 -> dsharp.tensor (single (), dtype = Dtype.Float32, device = Device.CPU)
            | other -> invalidArg (nameof dtype) $"expected Float32 or Float64, found {other}"

        flat.view shape

    /// <summary>Independent standard normal numbers of a batch shape <c>[n; …]</c>, float32 or float64.</summary>
    /// <exception cref="T:System.ArgumentException">Another element type, or a shape without a batch dimension.</exception>
    let normal (dtype: Dtype) (shape: int[]) (key: Key) =
        tensor dtype shape (fun () -> normalArray shape key) (fun () -> normal64 shape key)

    /// <summary>Independent uniform numbers in [0, 1) of a batch shape <c>[n; …]</c>, float32 or float64.</summary>
    /// <exception cref="T:System.ArgumentException">Another element type, or a shape without a batch dimension.</exception>
    let uniform (dtype: Dtype) (shape: int[]) (key: Key) =
        tensor dtype shape (fun () -> uniformArray shape key) (fun () -> uniform64 shape key)

    /// <summary>Standard normal numbers of the shape, element type and device of x <c>[n; …]</c>.</summary>
    let normalLike (x: Tensor) (key: Key) =
        let z = normal x.dtype x.shape key
        if z.device = x.device then z else z.move (device = x.device)

    /// <summary>One whole number in [low, high) for each of n samples.</summary>
    /// <exception cref="T:System.ArgumentException">The interval is empty.</exception>
    let integers (low: int) (high: int) (n: int) (key: Key) : int[] =
        if high <= low then
            invalidArg (nameof high) $"expected a bound above {low}, found {high}"

        // 53 random bits for a range of at most 32 bits: the relative bias of an outcome is below 2⁻²¹.
        uniform64 [| n |] key |> Array.map (fun u -> low + int (u * float (int64 high - int64 low)))

    /// <summary>A random permutation of 0 … n − 1 (Fisher and Yates; Durstenfeld 1964).</summary>
    let permutation (n: int) (key: Key) : int[] =
        let order = Array.init n id
        let u = uniform64 [| 1; max 0 (n - 1) |] key

        for i in n - 1 .. -1 .. 1 do
            let j = int (u[i - 1] * float (i + 1))
            let held = order[i]
            order[i] <- order[j]
            order[j] <- held

        order
