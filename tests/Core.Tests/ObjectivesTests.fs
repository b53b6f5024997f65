/// Every member of the table of objectives is held to every claim.
module Core.Tests.ObjectivesTests

open System
open DiffSharp
open Expecto
open ScoreFunctional
open Core.Tests.Support
open Core.Tests.PropertyTable

let private minimum = "lowest at the exact score"
let private gradient = "gradient is explicit's"
let private constant = "constant to Fisher"
let private linear = "linear minimiser"
let private rank = "any rank"
let private alone = "batch-free"
let private error = "standard error"

/// A member as it stands, or with a flag turned.
type private Row = { Name: string; Design: ObjectiveDesign }

let private rows = [
    for one in Objectives.table.Members do
        { Name = one.Name; Design = Member.makeDefault one }

        for setting in one.Settings.All do
            match setting.Default with
            | Some(Value.Flag flag) ->
                let turned = { Name = one.Name; Settings = [ setting.Name, Value.Flag(not flag) ] }

                {
                    Name = Choice.print turned
                    Design = Expect.wantOk (Table.make turned Objectives.table) "turned"
                }
            | _ -> ()
]

let private held =
    PropertyTable(
        "objective-properties",
        rows |> List.map _.Name,
        [ minimum; gradient; constant; linear; rank; alone; error ]
    )

/// Samples for a claim about a mean: the explicit one takes a derivative a dimension, so that images get fewer.
let private samples (shape: int[]) = if shape.Length = 1 then 4000 else 400

let private data n shape = Mixture.sample (mixtureOf (Array.fold (*) 1 shape)) Dtype.Float64 (batchOf n shape) key

let private exact sde shape = Mixture.score sde (mixtureOf (Array.fold (*) 1 shape))

let private number (value: float) = dsharp.tensor (value, dtype = Dtype.Float64)

/// σ, √(α² + σ²), Wx/√(α² + σ²) and W, a matrix.
let private mixed (sde: Sde) (x: Tensor) t : struct (Tensor * Tensor * Tensor * Tensor) =
    let d = Batch.dimension x
    let size = Sde.coefficient sde t (fun m -> sqrt (m.Alpha * m.Alpha + m.Sigma * m.Sigma))
    let w = normal64 [| d; d |] "direction" / sqrt (float d)
    struct (Sde.coefficient sde t _.Sigma, size, Batch.divide size ((Batch.rows x).matmul w), w)

/// The judged model: a·s* + c·δ with a change δ of size about 1/σ. An energy has −a·log p − c·Δ
/// with ∇Δ = δ, of which that is the score.
let private judged (row: Row) (sde: Sde) shape (a: Tensor) (c: Tensor) : struct (Score * Objective) =
    let mixture = mixtureOf (Array.fold (*) 1 shape)
    let exact = Mixture.score sde mixture

    match row.Design.Create with
    | ObjectiveOf.Score create ->
        // A smooth change that is no gradient and has no zeros in its Jacobian: tanh(Wx/√(α² + σ²))/σ.
        let change x t =
            let struct (sigma, _, u, _) = mixed sde x t
            Batch.divide sigma ((u.tanh ()).view x.shape)

        struct (Score(fun x t -> Score.apply exact x t * a + change x t * c), create sde)
    | ObjectiveOf.Energy create ->
        // As smooth, and a gradient: that of √(α² + σ²)/σ · Σ ln cosh(Wx/√(α² + σ²)).
        let change x t =
            let struct (sigma, _, u, w) = mixed sde x t
            Batch.divide sigma (((u.tanh ()).matmul(w.transpose ())).view x.shape)

        let energy =
            Energy(fun x t ->
                let struct (sigma, size, u, _) = mixed sde x t
                let cosh: Tensor = ((u.exp () + (-u).exp()) * 0.5).log().sum 1
                logDensityUnder sde mixture x t * -a - cosh * size / sigma * c)

        struct (Score(fun x t -> Score.apply exact x t * a + change x t * c), create sde energy)

let private one, private zero = number 1., number 0.

/// The noised samples that the only term of an objective looks at, its weight there, and σ²: loss/weight · σ² is free of
/// any distribution of times, and of the reduction.
let private looks (objective: Objective) x0 =
    let term = List.exactlyOne objective.Terms
    let t = Times.draw term.Times (Key.label "time" key) (Batch.size x0)
    let noised = term.Perturbation.Draw x0 (Batch.ofArray t) key

    let reduction =
        match term.Reduction with
        | Reduction.Mean -> 1.
        | Reduction.HalfMean -> 0.5
        | Reduction.Sum -> float (Batch.dimension x0)
        | Reduction.HalfSum -> 0.5 * float (Batch.dimension x0)

    let weight = t |> Array.map (fun t -> term.Weighting t * term.Times.ImportanceWeight t * reduction)
    noised, Array.map2 (fun sigma w -> sigma * sigma / w) (Batch.toArray noised.Sigma) weight

let private withLoss loss (objective: Objective) = objective |> Objective.map (fun term -> { term with Loss = loss })

let private perSample (objective: Objective) score x0 = Batch.toArray (objective.Evaluate score x0 key).PerSample

/// The error allowed to finite differences, in units of the squared predicted noise: the square of their step, 1e-2, times
/// the curvature of the score on the scale of the noise, which is below a quarter here.
let private allowance (row: Row) =
    match row.Design.Family, row.Design.Vjps with
    // Explicit without a derivative: by differences.
    | Family.Explicit, Vjps.None -> 0.25 * 0.1 ** 2.
    | _ -> 0.

/// The objective under a process, for claims that no model has a part in.
let private under sde (row: Row) =
    let struct (_, objective) = judged row sde [| 2 |] one zero
    objective

let private within row name (xs: float[]) =
    let bias = max 0. (abs (mean xs) - allowance row)
    let error = sqrt (variance xs / float xs.Length)
    let found = if error = 0. then 0. else bias / error
    Expect.isLessThan (abs found) standardErrors $"{name}: {mean xs} is {found} standard errors from zero"
    abs found

let private map3 f a b c = Array.map3 f a b c

/// The rise of the loss from the exact score to one changed by cδ, less its expectation c²‖δ‖²/D, normalised; and the rise.
let private rise (row: Row) sde shape c =
    let x0 = data (samples shape) shape
    let struct (truth, objective) = judged row sde shape one zero
    let struct (changed, other) = judged row sde shape one (number c)
    let noised, unit = looks objective x0
    let updates = Score.apply changed noised.X noised.T - Score.apply truth noised.X noised.T
    let expected = Batch.toArray (noised.Sigma * noised.Sigma * Batch.mean (updates * updates))
    let before, after = perSample objective truth x0, perSample other changed x0
    let rise = map3 (fun a b u -> (b - a) * u) before after unit
    Array.map2 (-) rise expected, rise

/// The derivative of each sample's loss, normalised, along δ at 1.2s* + 0.3δ; of the row's loss, or another in its place.
let private slopes (row: Row) change sde shape x0 =
    let loss theta =
        let struct (score, objective) = judged row sde shape (number 1.2) theta
        (Objective.evaluate (change objective) score x0 key).PerSample

    let _, slope = dsharp.evalForwardDiff loss (number 0.3) one
    Array.map2 (*) (Batch.toArray slope) (snd (looks (under sde row) x0))

let private gradientOf (row: Row) sde shape =
    let x0 = data (samples shape) shape
    Array.map2 (-) (slopes row id sde shape x0) (slopes row (withLoss Loss.explicit) sde shape x0)

/// The loss less the Fisher divergence and less the constant of theory, normalised, at 1.2s*.
let private constantOf (row: Row) sde shape =
    let x0 = data (samples shape) shape
    let struct (score, objective) = judged row sde shape (number 1.2) zero
    let noised, unit = looks objective x0

    let loss, fisher =
        perSample objective score x0, perSample (withLoss (Loss.fisher (exact sde shape)) objective) score x0

    let truth = Score.apply (exact sde shape) noised.X noised.T
    let size = Batch.toArray (noised.Sigma * noised.Sigma * Batch.mean (truth * truth))

    let constant =
        match row.Design.Family with
        | Family.Explicit -> size |> Array.map (fun s -> -s)
        | Family.Denoising -> size |> Array.map (fun s -> 1. - s)

    Array.map2 (-) (map3 (fun a b u -> (a - b) * u) loss fisher unit) constant

[<Tests>]
let tests =
    testList "objective table" [
        testCase "the documentation's table of objectives is this one" (fun () ->
            let table =
                markdown [
                    "objective"
                    "loss of a noised sample"
                    "times and weight"
                    "up to a constant"
                    "evaluations"
                    "reduction"
                    "source"
                ] [
                    for one in Objectives.table.Members ->
                        let row = { Name = one.Name; Design = Member.makeDefault one }
                        let objective = under (Sde.vp 0.1 20.) row
                        let c = one.Citation

                        [
                            $"`{row.Name}`"
                            row.Design.Formula.Replace("|", "\\|")
                            row.Design.Distribution
                            (match row.Design.Family with
                             | Family.Explicit -> "F − E‖s*‖²"
                             | Family.Denoising -> "F + 1/σ² − E‖s*‖²")
                            Objectives.cost row.Design
                            string (List.exactlyOne objective.Terms).Reduction
                            $"{c.Authors} {c.Year}, {c.Place}"
                        ]
                ]

            publish "objectives.md" table

            Expect.equal
                (documented "objectives")
                table
                "docs/theory.md differs: bash docs/update.sh puts the table in"

            Expect.equal (documented "objective-properties" |> List.length) (rows.Length + 2) "properties of each")

        for row in rows do
            testList row.Name [
                testCase "rises from the exact score by the squared change, whatever the process" (fun () ->
                    let deviations = [
                        for sde in Processes.all do
                            for c in [ 0.5; -0.5 ] do
                                let surplus, rise = rise row sde [| 2 |] c
                                within row $"{sde.Name}, {c}" surplus
                                let error = sqrt (variance rise / float rise.Length)

                                Expect.isGreaterThan
                                    (mean rise)
                                    (standardErrors * error)
                                    "higher than at the exact score"
                    ]

                    held.Holds row.Name minimum $"{List.max deviations:F1} se")

                testCase "its expected gradient is explicit score matching's" (fun () ->
                    let deviations = [ for sde in Processes.all -> within row sde.Name (gradientOf row sde [| 2 |]) ]
                    held.Holds row.Name gradient $"{List.max deviations:F1} se")

                testCase "differs from the Fisher divergence by the constant of theory" (fun () ->
                    let deviations = [ for sde in Processes.all -> within row sde.Name (constantOf row sde [| 2 |]) ]
                    held.Holds row.Name constant $"{List.max deviations:F1} se")

                testCase "has the inverse variance, plus noise, as its minimiser among linear scores" (fun () ->
                    let distances = [
                        for sde in Processes.all do
                            for level in [ 0.1; 1. ] do
                                let s, t = 0.8, sde.TimeOf level
                                let noised = moments sde s t

                                let value key (theta: float) =
                                    let objective =
                                        match row.Design.Create with
                                        | ObjectiveOf.Score create -> create sde
                                        | ObjectiveOf.Energy create ->
                                            create sde (Energy(fun x _ -> Batch.dot x x * (0.5 * theta)))

                                    let loss = (List.exactlyOne objective.Terms).Loss
                                    let noised = { noised with Key = key }
                                    single ((loss (Score(fun x _ -> x * -theta)) noised).Value.mean())

                                let struct (alpha, sigma) = alphaSigma sde t
                                let exact = 1. / (alpha * alpha * s * s + sigma * sigma)
                                let off key = lowest (fun u -> value key (u * exact)) - 1.
                                let first = off key

                                // Probes whose second moment is the identity in the mean only.
                                if abs (off (Key.child 0 key) - first) > 1e-6 then
                                    let found = Array.init 200 (fun i -> off (Key.child i key))
                                    meanIs 0. found $"{sde.Name}, σ = {level}: in the mean"
                                else
                                    Expect.isLessThan (abs first) 1e-6 $"{sde.Name}, σ = {level}"
                                    abs first
                    ]

                    held.Holds
                        row.Name
                        linear
                        (if distances.IsEmpty then "in the mean" else $"{List.max distances:e0}"))

                testCase "holds for samples of any rank, and does not depend on it" (fun () ->
                    let sde = Sde.vp 0.1 20.

                    let deviations = [
                        for shape in shapes.Tail do
                            within row "rise" (fst (rise row sde shape 0.5))
                            within row "gradient" (gradientOf row sde shape)
                            within row "constant" (constantOf row sde shape)
                    ]

                    for shape in shapes.Tail do
                        let d = Array.fold (*) 1 shape
                        let x0 = data 6 shape
                        let struct (score, objective) = judged row sde shape one zero
                        let loss = perSample objective score x0
                        let flat = perSample objective score (x0.view [| 6; d |])
                        Array.iter2 (fun a b -> Expect.floatClose rounding64 a b "the same as flat samples") loss flat

                    held.Holds row.Name rank $"{List.max deviations:F1} se")

                testCase "a sample's loss does not depend on its batch" (fun () ->
                    for shape in shapes do
                        let struct (score, objective) = judged row (Sde.vp 0.1 20.) shape one zero
                        let x0 = data 6 shape
                        let batch = perSample objective score x0
                        let fourth = x0.split([ 4; 1; 1 ]).[1]
                        let single = Batch.toArray (objective.Evaluate score fourth (Key.fromSample 4L key)).PerSample

                        match (List.exactlyOne objective.Terms).Times.Design with
                        | Design.Stratified -> held.Holds row.Name alone "a batch is a draw"
                        | Design.Independent
                        | Design.Antithetic ->
                            Expect.floatClose rounding64 batch[4] single[0] "sample 4"
                            held.Holds row.Name alone "yes")

                testCase "its standard error is the spread of its values" (fun () ->
                    let sde, repeats = Sde.edm 0.01 10., 150
                    let struct (score, objective) = judged row sde [| 2 |] one zero

                    let values, errors =
                        [|
                            for i in 0 .. repeats - 1 do
                                let x0 = Mixture.sample (mixtureOf 2) Dtype.Float64 [| 64; 2 |] (Key.child i key)
                                let report = Objective.report [| 0.1; 1. |] objective score x0 (Key.child i key)
                                report.Value, report.StandardError * report.StandardError
                        |]
                        |> Array.unzip

                    let ratio = sqrt (variance values / mean errors)
                    // The spread of 150 values is known to 6 %, more for heavy tails; strata's error is an upper bound.
                    Expect.isLessThan ratio 1.3 "not larger than stated"

                    match (List.exactlyOne objective.Terms).Times.Design with
                    | Design.Stratified -> ()
                    | _ -> Expect.isGreaterThan ratio 0.75 "not smaller than stated"

                    held.Holds row.Name error $"{ratio:F2}")
            ]
    ]
