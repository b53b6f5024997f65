namespace DiffSharp.Util

open System.Threading

/// A counter of nesting levels. Each derivative gets a new number, larger than all earlier ones, so that inner and
/// outer derivatives are never confused.
type NestingLevel() =
    let mutable current = 0

    /// The last number.
    member _.Current
        with get () = uint32 (Volatile.Read &current)
        and set (value: uint32) = Volatile.Write(&current, int value)

    /// Returns the next number.
    member _.Next() = uint32 (Interlocked.Increment &current)

/// The process-wide counter of nesting levels.
type GlobalNestingLevel() =
    static let tagger = NestingLevel()

    /// The last number.
    static member Current = tagger.Current

    /// Returns the next number.
    static member Next() = tagger.Next()

    /// Starts counting from zero again.
    static member Reset() = tagger.Current <- 0u

    /// Continues counting from the given number.
    static member Set(level: uint32) = tagger.Current <- level

/// Random numbers from one process-wide generator in managed code; <c>dsharp.seed</c> seeds it.
type Random() =
    static let mutable generator = System.Random()

    static let chooseIndex (weights: float[]) =
        let mutable remaining = generator.NextDouble() * Array.sum weights
        let mutable index = 0

        while index < weights.Length - 1 && remaining >= weights.[index] do
            remaining <- remaining - weights.[index]
            index <- index + 1

        index

    /// Restarts the generator from a seed.
    static member Seed(seed: int) = generator <- System.Random(seed)

    /// Uniform on [0, 1).
    static member Uniform() = generator.NextDouble()

    /// Uniform on [low, high).
    static member Uniform(low: float, high: float) = low + generator.NextDouble() * (high - low)

    /// Standard normal, by the Box-Muller transform.
    static member Normal() =
        let radius = sqrt (-2.0 * log (1.0 - generator.NextDouble()))
        radius * cos (2.0 * System.Math.PI * generator.NextDouble())

    /// Normal with the given mean and standard deviation.
    static member Normal(mean: float, stddev: float) = mean + Random.Normal() * stddev

    /// Uniform on [0, 1).
    static member Double() = generator.NextDouble()

    /// Uniform on [low, high).
    static member Double(low: float, high: float) =
        if high < low then
            failwith $"Expecting high >= low, found low {low} and high {high}"

        low + generator.NextDouble() * (high - low)

    /// A non-negative integer.
    static member Integer() = generator.Next()

    /// An integer in [low, high).
    static member Integer(low: int, high: int) = generator.Next(low, high)

    /// Draws an index by the given unnormalised probabilities.
    static member ChoiceIndex(probs: float[]) = chooseIndex probs

    /// Draws an element uniformly.
    static member Choice(array: 'T[]) = array.[generator.Next array.Length]

    /// Draws an element by the given unnormalised probabilities.
    static member Choice(array: 'T[], probs: float[]) =
        if array.Length <> probs.Length then
            failwith $"Expecting as many probabilities as items ({array.Length}), found {probs.Length}"

        array.[chooseIndex probs]

    /// Draws indices with replacement.
    static member Multinomial(probs: float[], numSamples: int) = Array.init numSamples (fun _ -> chooseIndex probs)

    /// Draws indices with replacement, one row of samples per row of probabilities.
    static member Multinomial(probs: float[,], numSamples: int) =
        Array2D.init (probs.GetLength 0) numSamples (fun i _ -> chooseIndex probs.[i, *])

    /// 1 with the given probability, else 0.
    static member Bernoulli(prob: float) = if generator.NextDouble() < prob then 1.0 else 0.0

    /// 0 or 1 with equal probability.
    static member Bernoulli() = Random.Bernoulli 0.5

    /// A random identifier in the form of a UUID, from the seeded generator.
    static member UUID() =
        let bytes = Array.zeroCreate 16
        generator.NextBytes bytes
        System.Guid(bytes).ToString()

    /// A shuffled copy of an array (Durstenfeld's algorithm).
    static member Shuffle(array: 'T[]) =
        let shuffled = Array.copy array

        for last = shuffled.Length - 1 downto 1 do
            let other = generator.Next(last + 1)
            let item = shuffled.[other]
            shuffled.[other] <- shuffled.[last]
            shuffled.[last] <- item

        shuffled

/// Shuffling of index ranges.
module Random =
    /// A random permutation of 0 … length-1, as a function of the index.
    let shuffledIndices (length: int) =
        let indices = Random.Shuffle(Array.init length id)
        fun (i: int) -> indices.[i]
