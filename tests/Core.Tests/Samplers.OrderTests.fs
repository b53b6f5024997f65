/// Every sampler of the table is held to the order that it states. The measured slopes go to a file beside the build's
/// results, which the documentation is made of.
module Core.Tests.SamplersOrderTests

open System
open DiffSharp
open Expecto
open FsCheck
open ScoreFunctional
open Core.Tests.Support
open Core.Tests.AffineRun
open Core.Tests.PropertyTable

/// A process that forgets the data and one that drowns them.
let private processes = [ Sde.vp 0.1 20.; Sde.edm 0.002 80. ]

let private counts = [ 32; 64; 128 ]

/// The next term of the error's expansion is still seen at 128 moves: slopes lie within 0.17 of the orders.
let private near: Accuracy = { absolute = 0.2; relative = 0. }

/// Every kind of draw that the steps of the table make; those that a step does not make are found to have no effect.
let private draws: (Key -> Key) list = [ id; Key.label "churn"; Key.label "corrector" >> Key.child 0 ]

/// The slope of the last doubling, the nearest to the limit.
let private slope (errors: float list) =
    match List.rev errors with
    | last :: before :: _ -> log (before / last) / log 2.
    | _ -> failtest "expected two errors"

/// The moves of a sampler's own schedule, without the denoising at its end: that is no step of the method.
let private moves (sampler: Sampler) sde count =
    let timeSteps = sampler.Schedule sde (count + 1)
    Array.truncate (timeSteps.Length - 1) timeSteps

/// A sampler whose steps a tolerance chooses, with steps of fixed proportions in their place.
let private fixedSteps (sampler: Sampler) : Sampler =
    match sampler.Evaluations, sampler.Order with
    | Evaluations.Counted _, _ -> sampler
    | Evaluations.Adaptive _, Order.Deterministic _ -> {
        sampler with
            Schedule = Schedule.logSnr
            // A tolerance that everything meets.
            Step = Step.rk45 { Absolute = 1e30; Relative = 0. }
      }
    | Evaluations.Adaptive _, _ -> { sampler with Schedule = Schedule.levels; Step = Step.improvedEuler }

let private run (sampler: Sampler) kinds sde count =
    let timeSteps = moves sampler sde count
    timeSteps, ofRun kinds (sampler.Step sde (Mixture.score sde data)) timeSteps

let private weak (sampler: Sampler) kinds counts sde =
    counts
    |> List.map (fun count ->
        let timeSteps, affine = run sampler kinds sde count
        weakError sde timeSteps affine)

/// The bias of a chain's stationary distribution, for smaller and smaller moves.
let private biases (sampler: Sampler) (sde: Sde) =
    match sampler.Name with
    | "predictor-corrector" ->
        // More steps make the predictor's error vanish, and the corrector's with its ratio's square.
        counts
        |> List.map (fun count ->
            (weak (Samplers.predictorCorrector (0.64 / sqrt (float count))) draws [ count ] sde).Head)
    | "annealed-langevin" ->
        // Moves at one level: x ← Ax + c + bz has the stationary variance b²/(1 − A²).
        let level = 0.3
        let t = sde.TimeOf level
        let struct (_, variance) = marginal sde t

        [ 0.4; 0.2; 0.1 ]
        |> List.map (fun beta ->
            let sampler = Samplers.annealedLangevin Convention.Half (Langevin.proportional beta) [| level |] 1.
            let timeSteps = sampler.Schedule sde 1 |> Array.truncate 1
            let move = ofRun draws (sampler.Step sde (Mixture.score sde data)) timeSteps
            let b = move.B |> Array.sumBy (Array.sumBy (fun b -> b * b))
            abs (b / (1. - move.A * move.A) / variance - 1.))
    | name -> failtest $"say how the bias of {name} is measured"

/// Kind of order, stated order and measured slope.
let private measure (sampler: Sampler) (sde: Sde) : (string * float * float) list =
    let subject = fixedSteps sampler

    match sampler.Order with
    | Order.Deterministic order -> [ "", float order, slope (weak subject [] counts sde) ]
    | Order.Stationary order -> [ "bias", float order, slope (biases subject sde) ]
    | Order.Stochastic(strong, weak) ->
        let runs = counts |> List.map (run subject draws sde)
        let weakErrors = runs |> List.map (fun (timeSteps, affine) -> weakError sde timeSteps affine)
        let distances = runs |> List.pairwise |> List.map (fun (coarse, fine) -> strongDistance sde coarse fine)
        [ "weak", weak, slope weakErrors; "strong", strong, slope distances ]

let private taken (sampler: Sampler) =
    match sampler.Order with
    // Under EDM, from 80 to 0.002, its error changes sign among these counts and is at rounding's level at the last: VE, whose
    // flow is the same in the noise level, stands for it, from 50 to 0.01.
    | Order.Deterministic 5 -> [ Sde.vp 0.1 20.; Sde.subVp 0.1 20.; Sde.ve 0.01 50. ]
    | _ -> processes |> List.filter (Sampler.supports sampler)

/// Measured once each, when first asked for.
let private found =
    Samplers.all
    |> List.map (fun sampler -> sampler.Name, lazy (taken sampler |> List.map (fun sde -> sde, measure sampler sde)))
    |> Map.ofList

let private rounded (x: float) = Math.Round(x, 2).ToString("0.00", Globalization.CultureInfo.InvariantCulture)

/// The slopes of a sampler under each process, as the documentation shows them.
let private text (name: string) =
    found[name].Value
    |> List.map (fun (sde, slopes) ->
        let parts = slopes |> List.map (fun (kind, _, slope) -> $"{kind} {rounded slope}".Trim())
        $"""{sde.Name}: {String.Join(", ", parts)}""")
    |> String.concat "; "

let private source (c: Citation) =
    match c.Authors.Split(", ") with
    | [| one |] -> $"{one} {c.Year}, {c.Place}"
    | [| one; other |] -> $"{one} and {other} {c.Year}, {c.Place}"
    | authors -> $"{authors[0]} et al. {c.Year}, {c.Place}"

let private row (sampler: Sampler) = [
    $"`{sampler.Name}`"
    Describe.order sampler.Order
    text sampler.Name
    Describe.evaluations sampler.Evaluations
    Describe.steps sampler
    Describe.requires sampler.Requires
    source sampler.Citation
]

let private header = [
    "sampler"
    "stated order"
    "measured order"
    "evaluations for N steps"
    "N if not said"
    "models"
    "source"
]

/// Error of mean and variance under VP against moves, of every sampler whose error falls with its moves alone.
let private figure () =
    let counts = [ 4; 8; 16; 32; 64; 128 ]
    let sde = Sde.vp 0.1 20.

    let lines = [
        for sampler in Samplers.all do
            match sampler.Order with
            | Order.Deterministic _ -> sampler.Name, weak (fixedSteps sampler) [] counts sde
            | Order.Stochastic _ -> sampler.Name, weak (fixedSteps sampler) draws counts sde
            | Order.Stationary _ -> ()
    ]

    // A change of sign would dip below what rounding leaves.
    let seen = lines |> List.map (fun (name, errors) -> name, errors |> List.map (max 1e-12))

    LogLogFigure.svg
        "Error against moves, for each sampler under VP"
        "error of mean and variance (data units)"
        counts
        seen

/// The cells of a table's row; the measured one apart, as its last digit may differ between machines.
let private cells (row: string) =
    let all = row.Split '|' |> Array.map _.Trim()
    Array.append all[..2] all[4..], all[3]

let private numbers (cell: string) =
    Text.RegularExpressions.Regex.Matches(cell, @"-?\d+\.\d+")
    |> Seq.map (fun number -> Double.Parse(number.Value, Globalization.CultureInfo.InvariantCulture))
    |> List.ofSeq

[<Tests>]
let tests =
    testList "sampler order" [
        for sampler in Samplers.all do
            testCase $"{sampler.Name} has the order that it states: {Describe.order sampler.Order}" (fun () ->
                for sde, slopes in found[sampler.Name].Value do
                    for kind, stated, slope in slopes do
                        Expect.floatClose near slope stated $"{kind} order under {sde.Name}")

        for eta in [ 0.3; 1. ] do
            testCase $"DDIM with η = {eta} has weak and strong order 1" (fun () ->
                for sde in processes do
                    for kind, stated, slope in measure (Samplers.ddim eta) sde do
                        Expect.floatClose near slope stated $"{kind} order under {sde.Name}")

        testPropertyWithConfig
            { FsCheckConfig.defaultConfig with maxTest = 12 }
            "on data that are one point, what integrates the linear part exactly is exact, in any number of moves"
            (fun (NormalFloat point) (PositiveInt moves) (choice: int) ->
                let sde = Processes.all[abs (choice % Processes.all.Length)]
                let score = Mixture.score sde (Mixture.gaussian point 0. 1)
                let timeSteps = Schedule.logSnr sde (2 + moves % 12)
                let timeSteps = Array.truncate (timeSteps.Length - 1) timeSteps

                for step in
                    [
                        Step.ddim 0.
                        Step.ddim 0.4
                        Step.ancestral
                        Multistep.dpmSolver 0.
                        Multistep.dpmSolver 1.
                        Multistep.uniPc
                    ] do
                    let run = ofRun draws (step sde score) timeSteps
                    let struct (alpha, sigma) = alphaSigma sde timeSteps[0].From
                    let struct (alphaTo, sigmaTo) = alphaSigma sde (Array.last timeSteps).To
                    let drawn = run.B |> Array.sumBy (Array.sumBy (fun b -> b * b))
                    // A start of 80 in units of which the end is 0.002 leaves ten digits of the mean.
                    let mean = { absolute = 1e-9 * (1. + sigma); relative = 1e-7 }
                    Expect.floatClose mean (run.A * alpha * point + run.C) (alphaTo * point) $"mean under {sde.Name}"
                    let variance = run.A * run.A * sigma * sigma + drawn
                    Expect.floatClose (withinShare 1e-6) variance (sigmaTo * sigmaTo) $"variance under {sde.Name}")

        testCase "DDIM with η = 1 is ancestral sampling" (fun () ->
            for sde in Processes.all do
                let timeSteps = moves Samplers.ancestral sde 8
                let score = Mixture.score sde (mixtureOf 2)

                let run step =
                    (Sampler.fold (step sde score) timeSteps Callbacks.none key (normal64 [| 3; 2 |] "start")).X

                allClose { absolute = 1e-9; relative = 1e-9 } (run (Step.ddim 1.)) (run Step.ancestral) sde.Name)

        testCase
            "the errors are the reference's: Gaussian data of width 0.616, VP, uniform λ from t = 1 to 0.001"
            (fun () ->
                // Measured elsewhere, to two digits, at 10, 20, 40, 80 and 160 moves.
                let references = [
                    Step.ddim 0., [ 0.213; 0.113; 0.058; 0.030; 0.015 ]
                    Multistep.dpmSolver 0., [ 0.034; 0.013; 3.5e-3; 8.9e-4; 2.2e-4 ]
                    Multistep.uniPc, [ 0.040; 8.1e-3; 1.1e-3; 1.4e-4; 1.8e-5 ]
                ]

                let sde = Sde.vp 0.1 20.
                let gaussian = Mixture.gaussian 0. 0.616 1

                for step, errors in references do
                    for count, reference in List.zip [ 10; 20; 40; 80; 160 ] errors do
                        let timeSteps = moves Samplers.uniPc sde count
                        let start = (Batch.fill 1 1.3).view [| 1; 1 |]

                        let result =
                            Sampler.fold (step sde (Mixture.score sde gaussian)) timeSteps Callbacks.none key start

                        let deviation t =
                            let struct (alpha, sigma) = alphaSigma sde t
                            sqrt (alpha * alpha * 0.616 * 0.616 + sigma * sigma)

                        let exact = 1.3 * deviation 0.001 / deviation 1.
                        let error = abs (single result.X - exact) / exact
                        // Two digits, of which the second may be off by one.
                        Expect.floatClose (withinShare 0.06) error reference $"{count} moves")

        testCase "the documentation's table of samplers is this one" (fun () ->
            let table = markdown header [ for sampler in Samplers.all -> row sampler ]
            publish "samplers.md" table
            publish "sampler-orders.svg" (figure ())
            let inDocument = documented "samplers"

            let mend =
                "docs/theory.md differs from the samplers' table: bash docs/update.sh puts the measured one in"

            Expect.equal (inDocument |> List.map (cells >> fst)) (table |> List.map (cells >> fst)) mend

            for written, measured in List.zip inDocument table do
                for a, b in List.zip (numbers (snd (cells written))) (numbers (snd (cells measured))) do
                    Expect.floatClose { absolute = 0.05; relative = 0. } a b mend)
    ]
