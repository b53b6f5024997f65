namespace ScoreFunctional

// The counter-based random number generator behind Key.fs: Philox4x32-10, and normal numbers from its words.

open System.Runtime.Intrinsics

/// <summary>A splittable key of a counter-based random number generator (Philox4x32-10, Salmon et al. 2011). The 64-bit Philox
/// key encodes the run and the purpose. The counter holds the step and the sample, so a sample gets the same numbers in any
/// batch.</summary>
[<Struct>]
type Key = {
    /// <summary>Low half of the Philox key.</summary>
    Word0: uint32
    /// <summary>High half of the Philox key.</summary>
    Word1: uint32
    /// <summary>Step of the run: a training step or a sampler's step.</summary>
    Step: uint32
    /// <summary>Index of the first sample of a batch: row <c>k</c> of a draw belongs to sample <c>First + k</c>.</summary>
    First: uint64
}

/// Philox4x32-10 (Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011): a keyed
/// bijection of 128-bit counters. It uses only additions, multiplications and exclusive ors, so the vector form gives the
/// same bits as the scalar form on every machine.
module internal Philox =

    [<Literal>]
    let private Multiplier0 = 0xD2511F53u

    [<Literal>]
    let private Multiplier1 = 0xCD9E8D57u

    [<Literal>]
    let private Weyl0 = 0x9E3779B9u

    [<Literal>]
    let private Weyl1 = 0xBB67AE85u

    /// One block: counter (c0, c1, c2, c3) under key (k0, k1).
    let block (k0: uint32) (k1: uint32) c0 c1 c2 c3 =
        let mutable k0, k1 = k0, k1
        let mutable c0, c1, c2, c3 = c0, c1, c2, c3

        for _ in 1..10 do
            let p0 = uint64 Multiplier0 * uint64 c0
            let p1 = uint64 Multiplier1 * uint64 c2
            c0 <- uint32 (p1 >>> 32) ^^^ c1 ^^^ k0
            c1 <- uint32 p1
            c2 <- uint32 (p0 >>> 32) ^^^ c3 ^^^ k1
            c3 <- uint32 p0
            k0 <- k0 + Weyl0
            k1 <- k1 + Weyl1

        struct (c0, c1, c2, c3)

    /// Rounds up to whole vectors of sixteen.
    let padded count = (count + 15) &&& ~~~15

    /// Eight blocks at once, one 32-bit word in each 64-bit lane.
    let private blocks8
        (key: Key)
        (words: uint64[])
        (block: uint64[])
        (sample: uint64[])
        (into: uint32[])
        plane
        offset
        =
        let low = Vector512.Create 0xFFFFFFFFUL
        let m0 = Vector512.Create(uint64 Multiplier0)
        let m1 = Vector512.Create(uint64 Multiplier1)
        let samples = Vector512.Create(sample, 0)
        let mutable k0, k1 = key.Word0, key.Word1
        let mutable c0 = Vector512.Create(block, 0)
        let mutable c1 = Vector512.Create(uint64 key.Step)
        let mutable c2 = samples &&& low
        let mutable c3 = Vector512.ShiftRightLogical(samples, 32)

        for _ in 1..10 do
            let p0 = m0 * c0
            let p1 = m1 * c2
            c0 <- Vector512.ShiftRightLogical(p1, 32) ^^^ c1 ^^^ Vector512.Create(uint64 k0)
            c1 <- p1 &&& low
            c2 <- Vector512.ShiftRightLogical(p0, 32) ^^^ c3 ^^^ Vector512.Create(uint64 k1)
            c3 <- p0 &&& low
            k0 <- k0 + Weyl0
            k1 <- k1 + Weyl1

        c0.CopyTo(words, 0)
        c1.CopyTo(words, 8)
        c2.CopyTo(words, 16)
        c3.CopyTo(words, 24)

        for word in 0..3 do
            for lane in 0..7 do
                into[word * plane + offset + lane] <- uint32 words[word * 8 + lane]

    /// Fills four planes (word 0 of every block, then word 1, …) with the blocks of consecutive samples, `perSample` blocks
    /// each. The length of a plane, `plane`, is a multiple of sixteen.
    let planes (key: Key) perSample plane (into: uint32[]) =
        let words, block, sample = Array.zeroCreate 32, Array.zeroCreate 8, Array.zeroCreate 8
        let mutable nextBlock, nextSample = 0UL, key.First

        for offset in 0..8 .. plane - 8 do
            for lane in 0..7 do
                block[lane] <- nextBlock
                sample[lane] <- nextSample
                nextBlock <- nextBlock + 1UL

                if nextBlock = uint64 perSample then
                    nextBlock <- 0UL
                    nextSample <- nextSample + 1UL

            blocks8 key words block sample into plane offset

/// Vector forms of the elementary functions that the Box-Muller transform needs, in float32, to about one unit in the
/// last place. They use no fused multiply-add, so every machine gives the same bits.
module internal Elementary =

    let inline private constant (value: float32) = Vector512.Create value

    let inline private horner (x: Vector512<float32>) (y: Vector512<float32>) (c: float32) = y * x + constant c

    /// Natural logarithm of numbers in [2⁻³², 1] (the polynomial of Cephes' logf).
    let log (x: Vector512<float32>) =
        let bits = x.AsInt32()
        let half = Vector512.Create 0x3f000000
        let exponent = Vector512.ShiftRightLogical(bits, 23) - Vector512.Create 126
        let mantissa = ((bits &&& Vector512.Create 0x007fffff) ||| half).AsSingle()
        let small = Vector512.LessThan(mantissa, constant 0.70710677f)

        let e =
            Vector512.ConvertToSingle exponent - Vector512.ConditionalSelect(small, constant 1f, constant 0f)

        let m = mantissa + Vector512.ConditionalSelect(small, mantissa, constant 0f) - constant 1f

        let m2 = m * m

        let p =
            horner m (constant 7.0376836292E-2f) -1.1514610310E-1f
            |> fun y -> horner m y 1.1676998740E-1f
            |> fun y -> horner m y -1.2420140846E-1f
            |> fun y -> horner m y 1.4249322787E-1f
            |> fun y -> horner m y -1.6668057665E-1f
            |> fun y -> horner m y 2.0000714765E-1f
            |> fun y -> horner m y -2.4999993993E-1f
            |> fun y -> horner m y 3.3333331174E-1f

        let tail = m * m2 * p - e * constant 2.12194440e-4f - constant 0.5f * m2
        m + tail + e * constant 0.693359375f

    /// Cosine and sine of an angle (q + f)·π/2: the two high bits of a word are q, the other thirty the signed fraction f
    /// in [−½, ½). Uniform words give uniform angles.
    let cosSin (turn: Vector512<uint32>) =
        let quadrant = Vector512.ShiftRightLogical(turn, 30)
        let part = Vector512.ShiftLeft(turn, 2).AsInt32()
        let a = Vector512.ConvertToSingle part * constant 3.657295164e-10f
        let a2 = a * a

        let s =
            horner a2 (constant -1.9515295891E-4f) 8.3321608736E-3f
            |> fun y -> horner a2 y -1.6666654611E-1f
            |> fun y -> y * a2 * a + a

        let c =
            horner a2 (constant 2.443315711809948E-5f) -1.388731625493765E-3f
            |> fun y -> horner a2 y 4.166664568298827E-2f
            |> fun y -> y * a2 * a2 - constant 0.5f * a2 + constant 1f

        let odd = Vector512.Equals(quadrant &&& Vector512.Create 1u, Vector512.Create 1u).AsSingle()

        let flipped bit = Vector512.ShiftLeft(bit &&& Vector512.Create 2u, 30).AsSingle()
        let cosine = Vector512.ConditionalSelect(odd, s, c)
        let sine = Vector512.ConditionalSelect(odd, c, s)
        // cos changes sign in quadrants 1 and 2, sin in quadrants 2 and 3.
        struct (cosine ^^^ flipped (quadrant + Vector512.Create 1u), sine ^^^ flipped quadrant)

    /// Two planes of words to two planes of standard normal numbers (Box and Muller 1958), in place.
    let boxMuller (planes: uint32[]) first second count (into: float32[]) =
        for i in 0..16 .. count - 16 do
            let radius = Vector512.Create(planes, first + i)
            // 31 bits fit the signed conversion that every machine has; the added half avoids zero.
            let u =
                Vector512.ConvertToSingle(Vector512.ShiftRightLogical(radius, 1).AsInt32())
                * constant 4.656612873e-10f
                + constant 2.328306437e-10f

            let r = Vector512.Sqrt(constant -2f * log u)
            let struct (c, s) = cosSin (Vector512.Create(planes, second + i))
            (r * c).CopyTo(into, first + i)
            (r * s).CopyTo(into, second + i)
