namespace ScoreFunctional

// The adaptive solver of the reverse-time SDE.

open System
open DiffSharp

/// <summary>Brownian paths for adaptive methods. After a rejected step the part of the path already drawn stays fixed. One path per
/// sample, in host memory.</summary>
module internal Brownian =

    /// A length of time and the increment of the path over it.
    type Piece = (struct (float * float[]))

    /// The increment over the next h, and the known pieces after it. If the next known piece is shorter than h, the result is that
    /// piece. Within a known piece of length L the path is a Brownian bridge: mean w·h/L, variance h(L − h)/L.
    let ahead (h: float) (normal: float[]) (known: Piece list) : struct (Piece * Piece list) =
        match known with
        | [] -> struct (struct (h, normal |> Array.map (fun z -> sqrt h * z)), [])
        // A remainder of rounding size counts as none.
        | struct (length, increment) :: later when h < length * (1. - 1e-9) ->
            let deviation = sqrt (h * (length - h) / length)
            let first = Array.map2 (fun w z -> w * (h / length) + deviation * z) increment normal
            let rest = Array.map2 (fun w f -> w - f) increment first
            struct (struct (h, first), struct (length - h, rest) :: later)
        | whole :: later -> struct (whole, later)

/// <summary>An adaptive solver of the reverse-time SDE.</summary>
module AdaptiveSde =

    /// The state of the solver between two attempts.
    type private Place = {
        X: Tensor
        /// The low-order point of the last accepted step, for the tolerance.
        Low: Tensor
        Times: float[]
        /// The next step sizes from the controller.
        Wanted: float[]
        Known: Brownian.Piece list[]
        Attempts: int
        Nfe: int
    }

    let private tensors (place: Place) = [ place.X; place.Low ]

    let private attempt
        (tolerance: Tolerance)
        (sde: Sde)
        (score: Score)
        (until: float)
        (key: Key)
        (place: Place)
        : Place =
        let n, d = place.Times.Length, Batch.dimension place.X
        let normals = Batch.toArray ((Key.normalLike place.X key).view [| n * d |])
        let arrived = place.Times |> Array.map (fun t -> t <= until)

        let steps =
            Array.init n (fun k ->
                if arrived[k] then
                    struct (struct (0., Array.zeroCreate d), place.Known[k])
                else
                    let h = min place.Wanted[k] (place.Times[k] - until)
                    Brownian.ahead h normals[k * d .. (k + 1) * d - 1] place.Known[k])

        let lengths = steps |> Array.map (fun struct (struct (h, _), _) -> h)

        let z =
            (steps
             |> Array.collect (fun struct (struct (h, w), _) ->
                 if h > 0. then w |> Array.map (fun w -> w / sqrt h) else w)
             |> Batch.ofArray)
                .cast(place.X.dtype)
                .move(device = place.X.device)
                .view
                place.X.shape

        let t, h = Batch.ofArray place.Times, Batch.ofArray lengths
        let struct (low, high) = Reverse.improvedEuler sde.Process score place.X t h z
        let before, after = place.Low.abs (), low.abs ()
        let size = Primitives.where (after.gt before) after before
        let scaled = (high - low) / (size * tolerance.Relative).clamp(low = tolerance.Absolute)
        let ratios = Batch.meanSquare scaled |> Batch.toArray |> Array.map sqrt
        let taken = Array.map2 (fun r there -> not there && r <= 1.) ratios arrived

        let choose (after: Tensor) (before: Tensor) =
            let mask = taken |> Array.map (fun yes -> if yes then 1. else 0.) |> Batch.ofArray |> Batch.over before
            let mask = mask.expand before.shape
            Primitives.where (mask.gt (mask.zerosLike ())) after before

        {
            X = choose high place.X
            Low = choose low place.Low
            Times =
                Array.init n (fun k ->
                    if not taken[k] then place.Times[k]
                    // The last step ends exactly at the end, whatever the rounding of the sum.
                    elif place.Times[k] - lengths[k] <= until + 1e-12 then until
                    else place.Times[k] - lengths[k])
            Wanted =
                Array.init n (fun k ->
                    let factor = if Double.IsFinite ratios[k] then 0.9 * ratios[k] ** -0.9 else 0.2
                    if arrived[k] then place.Wanted[k] else lengths[k] * Math.Clamp(factor, 0.2, 5.))
            Known =
                Array.init n (fun k ->
                    let struct (step, later) = steps[k]
                    if arrived[k] || taken[k] then later else step :: later)
            Attempts = place.Attempts + 1
            Nfe = place.Nfe + 2
        }

    // The points of an attempt are rounded to the element type of the state; no tolerance below that can be kept.
    let private representable (tolerance: Tolerance) (x: Tensor) =
        let rounding =
            match x.dtype with
            | Dtype.Float64 -> 2.2e-16
            | Dtype.Float32 -> 1.2e-7
            | Dtype.Float16 -> 9.8e-4
            | _ -> 7.8e-3

        let least = rounding * (Batch.meanSquare x |> Batch.toArray |> Array.max |> sqrt)

        if tolerance.Relative < rounding && tolerance.Absolute < least then
            invalidArg
                (nameof tolerance)
                $"expected a relative tolerance of at least {rounding} or an absolute one of at least {least}, the rounding of {x.dtype}, found relative {tolerance.Relative} and absolute {tolerance.Absolute}"

    /// <summary>The adaptive solver of Jolicoeur-Martineau et al. 2021: improved Euler steps on the reverse-time SDE. The error is the
    /// difference from Euler–Maruyama, <c>E = rms((x″ − x′)/max(absolute, relative·max(|x′|, |x′_prev|)))</c>. A step is accepted
    /// where E ≤ 1, and <c>h ← h·clamp(0.9E^(−0.9), 0.2, 5)</c>. Each sample has its own steps, so it does not depend on the batch. Two
    /// evaluations per attempt. Strong order 1, weak order 2 in the step size.</summary>
    /// <remarks>The paper draws a new z after a rejection, which favours small z. Here the drawn path is kept and bridged (Rackauckas and
    /// Nie 2017), so rejections do not bias the noise.</remarks>
    /// <exception cref="T:System.ArgumentException">A tolerance that is not positive, or below the rounding of the state's
    /// element type.</exception>
    /// <exception cref="T:System.InvalidOperationException">A sample has not reached the end after 100,000 attempts, or its step is
    /// too small to change the time: the tolerance is below rounding, or the score is NaN.</exception>
    let step (tolerance: Tolerance) (sde: Sde) (score: Score) : Step =
        if not (tolerance.Absolute > 0. && tolerance.Relative >= 0.) then
            invalidArg (nameof tolerance) $"expected a positive absolute tolerance, found %A{tolerance}"

        fun key timeStep state ->
            let n = Batch.size state.X
            representable tolerance state.X

            let first () = {
                X = state.X
                Low = state.X
                Times = Array.create n timeStep.From
                Wanted = Array.create n (0.1 * (timeStep.From - timeStep.To))
                Known = Array.create n []
                Attempts = 0
                Nfe = 0
            }

            let arrived place = place.Times |> Array.forall (fun t -> t <= timeStep.To)

            let next place =
                // A step too small to change the time never reaches the end.
                let stuck t h = t > timeStep.To && (place.Attempts = 100000 || t - h = t)

                match Array.map2 stuck place.Times place.Wanted |> Array.tryFindIndex id with
                | Some k -> Tolerance.missed [ tolerance ] k place.Times[k] timeStep.To place.Wanted[k] place.Attempts
                | None -> attempt tolerance sde score timeStep.To (Key.child place.Attempts key) place

            let last place = { place with Low = place.X }
            let final = Loop.until tensors arrived next last first
            state |> State.moved final.Nfe final.X
