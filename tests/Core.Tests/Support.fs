/// Helpers that the tests of the core share: keys, tolerances with their reasons, and small helpers.
module Core.Tests.Support

open System
open DiffSharp
open Expecto
open ScoreFunctional

/// The key of every test: a failure replays as it is.
let key = Key.ofSeed 20260101UL

/// Float64 arithmetic of a few operations.
let rounding64 = { absolute = 1e-12; relative = 1e-10 }

/// Float32 arithmetic of a few operations.
let rounding32 = { absolute = 2e-6; relative = 2e-5 }

/// Float64 arithmetic through a derivative, or the score of a process in which it is a difference of larger parts.
let derived64 = { absolute = 1e-9; relative = 1e-8 }

/// Central differences in float64: the step's square and the rounding over the step are both about 1e-9.
let differences = { absolute = 1e-7; relative = 1e-6 }

let within (absolute: float) = { absolute = absolute; relative = 0. }

let withinShare (relative: float) = { absolute = 0.; relative = relative }

/// Four standard errors: one false alarm in 16,000, and the keys are fixed.
let standardErrors = 4.

/// The shapes that every claim about samples is tested on.
let shapes = [ [| 2 |]; [| 1; 8; 8 |]; [| 3; 4; 4 |] ]

/// Frees what earlier tests left to the collector, so that the count of live tensors moves by this test alone.
let collect () =
    GC.Collect()
    GC.WaitForPendingFinalizers()

let values (x: Tensor) : float[] = Batch.toArray (x.view [| x.nelement |])

let single (x: Tensor) = (values x)[0]

let normal64 (shape: int[]) (purpose: string) = Key.normal Dtype.Float64 shape (Key.label purpose key)

/// The slope of a function along a direction, by central differences of a step.
let slopeAlong (h: float) (f: Tensor -> Tensor) (x: Tensor) (v: Tensor) =
    (single (f (x + v * h)) - single (f (x - v * h))) / (2. * h)

let batchOf n (shape: int[]) = Array.append [| n |] shape

let allClose accuracy (actual: Tensor) (expected: Tensor) message =
    Expect.equal actual.shape expected.shape $"{message}: shape"

    Array.zip (values actual) (values expected)
    |> Array.iteri (fun i (a, e) -> Expect.floatClose accuracy a e $"{message}: value {i}")

/// Sample k of a batch, as a batch of one (a slice of one sample loses its first dimension).
let sampleOf (x: Tensor) (k: int) = x.[k..k].view(Array.append [| 1 |] x.shape[1..])

let mean (xs: float[]) = Array.average xs

let variance (xs: float[]) =
    let m = mean xs
    xs |> Array.averageBy (fun x -> (x - m) * (x - m))

/// The mean is within standard errors of the expected value.
let meanIs (expected: float) (xs: float[]) message =
    let error = sqrt (variance xs / float xs.Length)
    let actual = mean xs

    Expect.isTrue
        (abs (actual - expected) <= standardErrors * error + 1e-12)
        $"{message}: expected {expected}, found {actual} with standard error {error}"

/// Least-squares slope of log error against log step count, negated: the measured order.
let order (counts: int list) (errors: float list) =
    let logs xs = xs |> Seq.map log |> Array.ofSeq
    let struct (_, slope) = MathNet.Numerics.Fit.Line(logs (Seq.map float counts), logs errors)
    -slope

/// Every member of a table as it is made when nothing is said, and with each of its settings changed: a number by a quarter, a
/// whole number by one, a flag, each other word. The titles are what a person types. Values that do not go together are left out.
let variants (table: Table<'a>) : (string * 'a) list = [
    for one in table.Members do
        one.Name, Member.makeDefault one

        for setting in one.Settings.All do
            let others =
                match setting.Default, setting.Range with
                | Some(Value.Number 0.), _ -> [ Value.Number 0.25 ]
                | Some(Value.Number number), _ -> [ Value.Number(number * 1.25); Value.Number(number * 0.75) ]
                | Some(Value.Whole number), _ -> [ Value.Whole(number + 1L) ]
                | Some(Value.Flag flag), _ -> [ Value.Flag(not flag) ]
                | Some(Value.Word word), Range.Words words -> words |> List.except [ word ] |> List.map Value.Word
                | _ -> []

            match others |> List.tryFind (fun value -> (Range.fit setting.Range value).IsSome) with
            | None -> ()
            | Some value ->
                let choice = { Name = one.Name; Settings = [ setting.Name, value ] }

                match Table.make choice table with
                | Ok made -> Choice.print choice, made
                | Error _ -> ()
]

/// Two Gaussians in so many coordinates.
let componentsOf (d: int) : Component list = [
    {
        Weight = 0.3
        Mean = Array.init d (fun i -> 0.8 * cos (float i))
        Deviation = Array.init d (fun i -> 0.5 + 0.1 * float (i % 3))
    }
    {
        Weight = 0.7
        Mean = Array.init d (fun i -> -0.5 + 0.2 * sin (float i))
        Deviation = Array.create d 0.7
    }
]

/// Their mixture.
let mixtureOf (d: int) = Mixture.create (componentsOf d)

/// α and σ of a marginal at one time.
let alphaSigma (sde: Sde) (t: float) =
    let m = sde.Marginal t
    struct (m.Alpha, m.Sigma)

/// The log-density of a mixture's marginal at the time of each sample.
let logDensityUnder (sde: Sde) (mixture: Mixture) x t =
    let struct (alpha, sigma) = Sde.alphaSigma sde t
    Mixture.logDensityAt mixture x alpha sigma

/// The energy of which that is the negative.
let energyUnder sde mixture = Energy(fun x t -> -(logDensityUnder sde mixture x t))

/// Points with exactly the moments of x₀ ~ N(0, s²) and z ~ N(0, 1), independent: the loss of a linear score is a quadratic
/// in its slope with the coefficients of the population.
let moments (sde: Sde) s t : NoisedBatch =
    let root = sqrt 2.
    let x0 = (Batch.ofArray [| root * s; -root * s; 0.; 0. |]).view [| 4; 1 |]
    let z = (Batch.ofArray [| 0.; 0.; root; -root |]).view [| 4; 1 |]
    Perturbation.noised sde x0 (Batch.fill 4 t) z key

/// Where the quadratic through the values at −1, 0 and 1 is lowest.
let lowest f =
    let a, b, c = f -1., f 0., f 1.
    (a - c) / (2. * (a - 2. * b + c))

let throwsArgument (work: unit -> 'a) message =
    try
        work () |> ignore
        failtestf "%s: expected an ArgumentException" message
    with :? ArgumentException as error ->
        Expect.isNotEmpty error.Message message

/// Largest distance between the empirical distribution functions of two samples (Kolmogorov and Smirnov).
let twoSample (xs: float[]) (ys: float[]) =
    let xs, ys = Array.sort xs, Array.sort ys

    let rec go i j largest =
        if i = xs.Length || j = ys.Length then
            largest
        else
            let point = min xs[i] ys[j]
            let i = if xs[i] = point then i + 1 else i
            let j = if ys[j] = point then j + 1 else j
            go i j (max largest (abs (float i / float xs.Length - float j / float ys.Length)))

    go 0 0 0.

/// The distance that two samples of one distribution exceed with this probability.
let critical (level: float) (n: int) (m: int) = sqrt (-0.5 * log (level / 2.)) * sqrt (1. / float n + 1. / float m)
