namespace DiffSharp

open DiffSharp.Util

/// Random draws with probabilities from a tensor.
[<AutoOpen>]
module TensorRandom =
    let private requireProbability (p: float) =
        if p < 0.0 || p > 1.0 then
            failwith $"Expecting a probability from 0 to 1, found {p}"

    /// Multiplies by a mask of the given shape that is 0 with probability p.
    let private drop (a: Tensor) (p: float) (shape: int[]) =
        requireProbability p

        if p = 0.0 then
            a
        elif p = 1.0 then
            a * a.zerosLike ()
        else
            let mask = Array.init (Shape.nelement shape) (fun _ -> Random.Bernoulli(1.0 - p))
            a * a.like(mask).view shape

    /// Drops whole channels of [n, c, …].
    let private dropChannels (rank: int) (a: Tensor) (p: float) =
        if a.dim <> rank + 2 then
            failwith $"Expecting [n; c; …] with {rank} spatial dimensions, found shape {Shape.show a.shape}"

        drop a p (Array.append a.shape.[..1] (Array.create rank 1))

    type Tensor with

        /// Draws indices with replacement, by the probabilities in a vector or in each row of a matrix, which gives a
        /// row of indices. Int32 unless a type is given.
        member probs.multinomial
            (numSamples: int, ?normalize: bool, ?device: Device, ?dtype: Dtype, ?backend: Backend)
            : Tensor =
            ignore backend

            if probs.dim < 1 || probs.dim > 2 then
                failwith $"Expecting a vector or a matrix of probabilities, found shape {Shape.show probs.shape}"

            if not probs.dtype.IsFloatingPoint then
                failwith $"Expecting floating-point probabilities, found {probs.dtype}"

            let weights =
                if defaultArg normalize false then
                    probs / probs.sum (-1, keepDim = true)
                else
                    probs

            let device = defaultArg device probs.device
            let dtype = defaultArg dtype Dtype.Int32
            let create (values: obj) = Tensor.create (values, device = device, dtype = dtype)

            if weights.dim = 1 then
                create (Random.Multinomial(weights.noDiff().toArray1D<float>(), numSamples))
            else
                create (Random.Multinomial(weights.noDiff().toArray2D<float>(), numSamples))

        /// 1 with the probability that each element gives, else 0.
        member probs.bernoulli(?device: Device, ?dtype: Dtype, ?backend: Backend) : Tensor =
            ignore backend

            if not probs.dtype.IsFloatingPoint then
                failwith $"Expecting floating-point probabilities, found {probs.dtype}"

            let drawn = Interop.toFloat64s probs.raw |> Array.map Random.Bernoulli

            Tensor.create(drawn, device = defaultArg device probs.device, dtype = defaultArg dtype probs.dtype).view
                probs.shape

        /// Sets each element to 0 with probability p (0.5 by default). The others are not rescaled.
        member a.dropout(?p: double) : Tensor = drop a (defaultArg p 0.5) a.shape

        /// Sets each channel of a tensor [n, c, h, w] to 0 with probability p (0.5 by default).
        member a.dropout2d(?p: double) : Tensor = dropChannels 2 a (defaultArg p 0.5)

        /// Sets each channel of a tensor [n, c, d, h, w] to 0 with probability p (0.5 by default).
        member a.dropout3d(?p: double) : Tensor = dropChannels 3 a (defaultArg p 0.5)
