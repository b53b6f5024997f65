namespace ScoreFunctional

open System
open DiffSharp

/// <summary>What one step of an adaptive method may err by: <c>|e| ≤ Absolute + Relative·max(|y|, |y′|)</c>, as a root mean
/// square over the values of a sample.</summary>
type Tolerance = {
    /// <summary>Error in the units of the state.</summary>
    Absolute: float
    /// <summary>Error relative to the state.</summary>
    Relative: float
}

/// What adaptive methods say of a tolerance.
module internal Tolerance =

    let private words (tolerance: Tolerance) =
        if tolerance.Absolute = 0. then $"relative {tolerance.Relative}"
        elif tolerance.Relative = 0. then $"absolute {tolerance.Absolute}"
        else $"absolute {tolerance.Absolute}, relative {tolerance.Relative}"

    /// The error of a sample that has not arrived.
    let missed (tolerances: Tolerance list) sample (time: float) (until: float) (step: float) attempts =
        let tolerances = tolerances |> List.map words |> List.distinct |> String.concat "; "

        invalidOp
            $"sample {sample} cannot keep the tolerance ({tolerances}): at time {time} on the way to {until} its step is {step} after {attempts} attempts; a larger tolerance may do"

/// <summary>The right-hand side of an ordinary differential equation for a state of several tensors, each <c>[n; …]</c>:
/// the state and one time a sample, <c>t [n]</c> (float64), to the slopes, of the shapes of the state.</summary>
type OdeFunction = Tensor list -> Tensor -> Tensor list

/// <summary>How an adaptive method goes.</summary>
type Adaptive = {
    /// <summary>The tolerance of each tensor of the state.</summary>
    Tolerances: Tolerance list
    /// <summary>The first step to try, as a share of the whole interval.</summary>
    InitialStep: float
    /// <summary>Steps, taken or refused, after which a sample that has not arrived is an error.</summary>
    MaxSteps: int
}

/// <summary>Where an equation arrived.</summary>
type Solution = {
    /// <summary>The state at the end, in the shapes and element types of the start.</summary>
    Y: Tensor list
    /// <summary>Evaluations of the slope, each on the whole batch.</summary>
    Nfe: int
    /// <summary>Steps that each sample took.</summary>
    AcceptedSteps: int[]
    /// <summary>For each tensor of the state the sum over steps of the estimated error of each sample, root mean square over
    /// its values, <c>[n]</c>: an estimate of the error at the end where the equation does not amplify it.</summary>
    Error: Tensor list
}

/// <summary>Ordinary differential equations, each sample of a batch with a time and a step of its own, so that its solution
/// does not depend on its batch.</summary>
module Ode =

    /// The times of stages 2 to 7 within a step, and the weights of the stages before each. The last row is the method of
    /// order 5 itself, so that its slope is the first of the next step.
    let private stages = [
        1. / 5., [ 1. / 5. ]
        3. / 10., [ 3. / 40.; 9. / 40. ]
        4. / 5., [ 44. / 45.; -56. / 15.; 32. / 9. ]
        8. / 9., [ 19372. / 6561.; -25360. / 2187.; 64448. / 6561.; -212. / 729. ]
        1., [ 9017. / 3168.; -355. / 33.; 46732. / 5247.; 49. / 176.; -5103. / 18656. ]
        1., [ 35. / 384.; 0.; 500. / 1113.; 125. / 192.; -2187. / 6784.; 11. / 84. ]
    ]

    /// Weights of order 5 less those of order 4.
    let private difference = [ 71. / 57600.; 0.; -71. / 16695.; 71. / 1920.; -17253. / 339200.; 22. / 525.; -1. / 40. ]

    /// h (w₁k₁ + w₂k₂ + …), part by part.
    let private combine (h: Tensor) (weights: float list) (slopes: Tensor list list) =
        List.zip weights slopes
        |> List.filter (fun (weight, _) -> weight <> 0.)
        |> List.map (fun (weight, slope) -> slope |> List.map (fun k -> k * weight))
        |> List.reduce (List.map2 (fun a b -> a + b))
        |> List.map (Batch.scale h)

    let private rootMeanSquare (x: Tensor) = (Batch.meanSquare x).sqrt()

    /// Error over tolerance of each sample, the largest of the parts'.
    let private ratio tolerances (before: Tensor list) (after: Tensor list) (error: Tensor list) =
        let each tolerance ((y: Tensor, y': Tensor), (e: Tensor)) =
            let size = Primitives.where (y'.abs().gt(y.abs ())) (y'.abs ()) (y.abs ())
            rootMeanSquare (e / (size * tolerance.Relative + tolerance.Absolute)) |> Batch.toArray

        List.map2 each tolerances (List.zip (List.zip before after) error)
        |> List.reduce (Array.map2 (fun (a: float) b -> if Double.IsNaN a || a > b then a else b))

    /// Where each sample stands between two steps.
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

    /// One step of every sample that has not arrived: taken where its error allows, else to be tried again with a smaller
    /// one. The state is float64; the caller's function sees it in the types of the start.
    let private attempt (adaptive: Adaptive) units (slope: OdeFunction) until (place: Place) : Place =
        let steps =
            Array.map2 (fun (t: float) h -> if abs (until - t) <= abs h then until - t else h) place.Times place.Steps

        let t, h = Batch.ofArray place.Times, Batch.ofArray steps

        let slopes, after =
            (([ place.Slopes ], place.Y), stages)
            ||> Loop.fold (fun (slopes, y) -> List.concat slopes @ y) (fun (slopes, _) (node, weights) ->
                let y = List.map2 (fun a b -> a + b) place.Y (combine h weights slopes)
                slopes @ [ slope y (t + h * node) ], y)

        // From here on in units of what the caller measures each part in at each sample's time.
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

        // Order 5: the error falls with the fifth power of the step. A value that is not a number refuses the step.
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

    /// <summary>The method of Dormand and Prince (1980) of order 5 with an error estimate of order 4, from one time to
    /// another, forwards or backwards, with a unit for each tensor of the state that changes with time: tolerances and errors
    /// are in these. Each sample has steps of its own:
    /// <c>h ← h·clamp(0.9 r^(−1/5), 0.2, 8)</c>, r the error over the tolerance, and a step is taken where r ≤ 1. Six
    /// evaluations an attempt, one before the first. The sum runs in float64; the slope is asked in the element types of
    /// the start. Nothing is differentiable through it.</summary>
    /// <exception cref="T:System.ArgumentException">No state, a tolerance that is not positive, or not one for each tensor.</exception>
    /// <exception cref="T:System.InvalidOperationException">A sample has not arrived after so many attempts, or its step has become
    /// less than 1e-12 of the way: the tolerance is below what the numbers allow, or the slope is not a number.</exception>
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
                $"expected a tolerance for each tensor of a state, found {adaptive.Tolerances.Length} for {start.Length}"

        if
            not (adaptive.InitialStep > 0. && adaptive.InitialStep <= 1.)
            || adaptive.Tolerances
               |> List.exists (fun t -> not (t.Absolute >= 0. && t.Relative >= 0. && t.Absolute + t.Relative > 0.))
        then
            invalidArg (nameof adaptive) $"expected positive tolerances and a first share in (0, 1], found %A{adaptive}"

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
            // In parts so small of a way nobody arrives, and time itself is soon lost in rounding.
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
    /// <exception cref="T:System.ArgumentException">No state, a tolerance that is not positive, or not one for each tensor.</exception>
    /// <exception cref="T:System.InvalidOperationException">A sample has not arrived after so many attempts.</exception>
    let dormandPrince
        (adaptive: Adaptive)
        (slope: OdeFunction)
        (from: float)
        (until: float)
        (start: Tensor list)
        : Solution =
        dormandPrinceIn (start |> List.map (fun _ _ -> 1.)) adaptive slope from until start

    /// <summary><c>dormandPrince</c> for one tensor <c>x [n; …]</c> along a field <c>x, t → dx/dt</c>, such as
    /// <see cref="M:ScoreFunctional.Reverse.flow(ScoreFunctional.Sde,ScoreFunctional.Score)"/>, with a first step of a hundredth
    /// of the interval and at most 10,000 attempts.</summary>
    /// <exception cref="T:System.ArgumentException">A tolerance that is not positive.</exception>
    /// <exception cref="T:System.InvalidOperationException">A sample has not arrived after so many attempts.</exception>
    let along (tolerance: Tolerance) (field: Field) (from: float) (until: float) (x: Tensor) : Solution =
        let slope: OdeFunction = fun y t -> y |> List.map (fun y -> field y t)
        dormandPrince { Tolerances = [ tolerance ]; InitialStep = 0.01; MaxSteps = 10000 } slope from until [ x ]
