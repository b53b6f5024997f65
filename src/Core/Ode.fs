namespace ScoreFunctional

// An adaptive solver of ordinary differential equations on batches.

open System
open DiffSharp

/// <summary>The error tolerance of one step of an adaptive method: <c>|e| ≤ Absolute + Relative·max(|y|, |y′|)</c>, as a root
/// mean square over the values of a sample (<c>atol</c> and <c>rtol</c> elsewhere).</summary>
type Tolerance = {
    /// <summary>Error in the units of the state.</summary>
    Absolute: float
    /// <summary>Error relative to the state.</summary>
    Relative: float
}

/// The error message of adaptive methods.
module internal Tolerance =

    let private words (tolerance: Tolerance) =
        if tolerance.Absolute = 0. then $"relative {tolerance.Relative}"
        elif tolerance.Relative = 0. then $"absolute {tolerance.Absolute}"
        else $"absolute {tolerance.Absolute}, relative {tolerance.Relative}"

    /// Raises the error for a sample that has not reached the end of the interval.
    let missed (tolerances: Tolerance list) sample (time: float) (until: float) (step: float) attempts =
        let tolerances = tolerances |> List.map words |> List.distinct |> String.concat "; "

        invalidOp
            $"sample {sample} cannot keep the tolerance ({tolerances}): at time {time}, before the end {until}, its step is {step} after {attempts} attempts; try a larger tolerance"

/// <summary>The right-hand side of an ordinary differential equation for a state of several tensors, each <c>[n; …]</c>: the
/// state and one float64 time per sample, <c>t [n]</c>, to the derivatives, in the shapes of the state.</summary>
type OdeFunction = Tensor list -> Tensor -> Tensor list

/// <summary>Step-size control of an adaptive method.</summary>
type Adaptive = {
    /// <summary>The tolerance of each tensor of the state.</summary>
    Tolerances: Tolerance list
    /// <summary>The first step to try, as a fraction of the interval.</summary>
    InitialStep: float
    /// <summary>The largest number of attempted steps, accepted or rejected. A sample that needs more is an error.</summary>
    MaxSteps: int
}

/// <summary>The solution of an ordinary differential equation.</summary>
type Solution = {
    /// <summary>The state at the end, in the shapes and element types of the initial state.</summary>
    Y: Tensor list
    /// <summary>Evaluations of the right-hand side, each on the whole batch.</summary>
    Nfe: int
    /// <summary>The number of accepted steps of each sample.</summary>
    AcceptedSteps: int[]
    /// <summary>For each tensor of the state, the sum over steps of each sample's estimated error (root mean square over its
    /// values), <c>[n]</c>. It estimates the error at the end where the equation does not amplify errors.</summary>
    Error: Tensor list
}

/// <summary>An adaptive solver of ordinary differential equations. Each sample of a batch has its own time and step size, so its
/// solution does not depend on the batch.</summary>
module Ode =

    /// The Butcher tableau: the nodes of stages 2 to 7, each with the weights of the stages before it. The last row is the
    /// method of order 5 itself, so its stage is the first of the next step.
    let private stages = [
        1. / 5., [ 1. / 5. ]
        3. / 10., [ 3. / 40.; 9. / 40. ]
        4. / 5., [ 44. / 45.; -56. / 15.; 32. / 9. ]
        8. / 9., [ 19372. / 6561.; -25360. / 2187.; 64448. / 6561.; -212. / 729. ]
        1., [ 9017. / 3168.; -355. / 33.; 46732. / 5247.; 49. / 176.; -5103. / 18656. ]
        1., [ 35. / 384.; 0.; 500. / 1113.; 125. / 192.; -2187. / 6784.; 11. / 84. ]
    ]

    /// The weights of order 5 minus those of order 4.
    let private difference = [ 71. / 57600.; 0.; -71. / 16695.; 71. / 1920.; -17253. / 339200.; 22. / 525.; -1. / 40. ]

    /// h (w₁k₁ + w₂k₂ + …), for each tensor of the state.
    let private combine (h: Tensor) (weights: float list) (slopes: Tensor list list) =
        List.zip weights slopes
        |> List.filter (fun (weight, _) -> weight <> 0.)
        |> List.map (fun (weight, slope) -> slope |> List.map (fun k -> k * weight))
        |> List.reduce (List.map2 (fun a b -> a + b))
        |> List.map (Batch.scale h)

    let private rootMeanSquare (x: Tensor) = (Batch.meanSquare x).sqrt()

    /// Error over tolerance of each sample: the largest over the tensors of the state.
    let private ratio tolerances (before: Tensor list) (after: Tensor list) (error: Tensor list) =
        let each tolerance ((y: Tensor, y': Tensor), (e: Tensor)) =
            let size = Primitives.where (y'.abs().gt(y.abs ())) (y'.abs ()) (y.abs ())
            rootMeanSquare (e / (size * tolerance.Relative + tolerance.Absolute)) |> Batch.toArray

        List.map2 each tolerances (List.zip (List.zip before after) error)
        |> List.reduce (Array.map2 (fun (a: float) b -> if Double.IsNaN a || a > b then a else b))

    /// The state of the solver between two attempts.
    type private Place = {
        Times: float[]
        Steps: float[]
        Y: Tensor list
        Slopes: Tensor list
        Errors: Tensor list
        AcceptedSteps: int[]
        Attempts: int
        Nfe: int
    }

    let private tensors (place: Place) = place.Y @ place.Slopes @ place.Errors

    /// Attempts one step of every sample that has not reached the end. A step with too large an error is rejected, and tried again
    /// with a smaller size. The state is float64.
    let private attempt (adaptive: Adaptive) units (slope: OdeFunction) until (place: Place) : Place =
        let steps =
            Array.map2 (fun (t: float) h -> if abs (until - t) <= abs h then until - t else h) place.Times place.Steps

        let t, h = Batch.ofArray place.Times, Batch.ofArray steps

        let slopes, after =
            (([ place.Slopes ], place.Y), stages)
            ||> Loop.fold (fun (slopes, y) -> List.concat slopes @ y) (fun (slopes, _) (node, weights) ->
                let y = List.map2 (fun a b -> a + b) place.Y (combine h weights slopes)
                slopes @ [ slope y (t + h * node) ], y)

        // From here on in the caller's units at the time of each sample.
        let sizes = units |> List.map (fun size -> place.Times |> Array.map size |> Batch.ofArray)
        let measured = List.map2 Batch.divide sizes
        let error = combine h difference slopes |> measured
        let ratios = ratio adaptive.Tolerances (measured place.Y) (measured after) error
        let arrived = place.Times |> Array.map (fun t -> t = until)
        let accepted = Array.map2 (fun r there -> not there && r <= 1.) ratios arrived
        let mask = accepted |> Array.map (fun a -> if a then 1. else 0.) |> Batch.ofArray

        let choose (after: Tensor) (before: Tensor) =
            let mask = (Batch.over before mask).expand before.shape
            Primitives.where (mask.gt (mask.zerosLike ())) after before

        // Order 5: the local error falls with the fifth power of the step. A NaN rejects the step.
        let factor r = if Double.IsFinite r then Math.Clamp(0.9 * r ** -0.2, 0.2, 8.) else 0.2

        {
            Times =
                Array.map3
                    (fun t h taken ->
                        if not taken then t
                        elif h = until - t then until
                        else t + h)
                    place.Times
                    steps
                    accepted
            Steps = Array.map3 (fun there h r -> if there then h else h * factor r) arrived steps ratios
            Y = List.map2 choose after place.Y
            Slopes = List.map2 choose (List.last slopes) place.Slopes
            Errors = List.map2 (fun sum e -> sum + choose (rootMeanSquare e) (sum.zerosLike ())) place.Errors error
            AcceptedSteps = Array.map2 (fun taken a -> if a then taken + 1 else taken) place.AcceptedSteps accepted
            Attempts = place.Attempts + 1
            Nfe = place.Nfe + stages.Length
        }

    /// <summary>The method of Dormand and Prince (1980) of order 5 with an error estimate of order 4, forwards or backwards in time.
    /// Tolerances and errors are in units given per tensor of the state as functions of time. Each sample has its own step:
    /// <c>h ← h·clamp(0.9 r^(−1/5), 0.2, 8)</c>, where r is the error over the tolerance, and a step is accepted where r ≤ 1. An
    /// attempt takes six evaluations; one more precedes the first. The state is float64; the right-hand side receives it in
    /// the element types of the initial state. The result is not differentiable.</summary>
    /// <exception cref="T:System.ArgumentException">No state, a tolerance that is not positive, or not one per tensor.</exception>
    /// <exception cref="T:System.InvalidOperationException">A sample has not reached the end after <c>MaxSteps</c> attempts, or its step
    /// is below 1e-12 of the interval: the tolerance is below rounding, or the right-hand side is NaN.</exception>
    let dormandPrinceIn
        (units: (float -> float) list)
        (adaptive: Adaptive)
        (slope: OdeFunction)
        (from: float)
        (until: float)
        (start: Tensor list)
        : Solution =
        if start.IsEmpty || adaptive.Tolerances.Length <> start.Length || units.Length <> start.Length then
            invalidArg
                (nameof adaptive)
                $"expected one tolerance per tensor of the state, found {adaptive.Tolerances.Length} for {start.Length} tensors"

        if
            not (adaptive.InitialStep > 0. && adaptive.InitialStep <= 1.)
            || adaptive.Tolerances
               |> List.exists (fun t -> not (t.Absolute >= 0. && t.Relative >= 0. && t.Absolute + t.Relative > 0.))
        then
            invalidArg
                (nameof adaptive)
                $"expected positive tolerances and an initial step in (0, 1], found %A{adaptive}"

        let n = Batch.size start.Head
        let wide (x: Tensor) = x.cast Dtype.Float64
        let narrow = List.map2 (fun (s: Tensor) (x: Tensor) -> x.cast s.dtype) start
        let asked y t = slope (narrow y) t |> List.map wide

        let first () = {
            Times = Array.create n from
            Steps = Array.create n ((until - from) * adaptive.InitialStep)
            Y = start |> List.map wide
            Slopes = asked (start |> List.map wide) (Batch.fill n from)
            Errors = start |> List.map (fun x -> (Batch.fill n 0.).move(device = x.device))
            AcceptedSteps = Array.zeroCreate n
            Attempts = 0
            Nfe = 1
        }

        let arrived place = place.Times |> Array.forall (fun t -> t = until)

        let next place =
            // With a step this small a sample never reaches the end, and rounding soon stops its time.
            let stuck t h = t <> until && (place.Attempts = adaptive.MaxSteps || abs h < 1e-12 * abs (until - from))

            match Array.map2 stuck place.Times place.Steps |> Array.tryFindIndex id with
            | Some k -> Tolerance.missed adaptive.Tolerances k place.Times[k] until place.Steps[k] place.Attempts
            | None -> attempt adaptive units asked until place

        let last place = { place with Y = narrow place.Y; Slopes = [] }
        let final = Primitives.noGrad (fun () -> Loop.until tensors arrived next last first)

        {
            Y = final.Y
            Nfe = final.Nfe
            AcceptedSteps = final.AcceptedSteps
            Error = final.Errors
        }

    /// <summary><c>dormandPrinceIn</c> with tolerances and errors in the units of the state.</summary>
    /// <exception cref="T:System.ArgumentException">No state, a tolerance that is not positive, or not one per tensor.</exception>
    /// <exception cref="T:System.InvalidOperationException">A sample has not reached the end after <c>MaxSteps</c> attempts.</exception>
    let dormandPrince
        (adaptive: Adaptive)
        (slope: OdeFunction)
        (from: float)
        (until: float)
        (start: Tensor list)
        : Solution =
        dormandPrinceIn (start |> List.map (fun _ _ -> 1.)) adaptive slope from until start

    /// <summary><c>dormandPrince</c> for one tensor <c>x [n; …]</c> along a field <c>x, t → dx/dt</c>, such as
    /// <see cref="M:ScoreFunctional.Reverse.flow(ScoreFunctional.Sde,ScoreFunctional.Score)"/>. The first step is a hundredth of the
    /// interval, and the limit is 10,000 attempts.</summary>
    /// <exception cref="T:System.ArgumentException">A tolerance that is not positive.</exception>
    /// <exception cref="T:System.InvalidOperationException">A sample has not reached the end after 10,000 attempts.</exception>
    let along (tolerance: Tolerance) (field: Field) (from: float) (until: float) (x: Tensor) : Solution =
        let slope: OdeFunction = fun y t -> y |> List.map (fun y -> field y t)
        dormandPrince { Tolerances = [ tolerance ]; InitialStep = 0.01; MaxSteps = 10000 } slope from until [ x ]
