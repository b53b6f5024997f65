module Core.Tests.OdeTests

open System
open DiffSharp
open Expecto
open ScoreFunctional
open Core.Tests.Support

let private tolerance absolute : Tolerance = { Absolute = absolute; Relative = 0. }

/// dx/dt = −x cos t, whose solution is x e^(−sin t).
let private swing: Field = fun x t -> Batch.scale -(t.cos ()) x

let private swung until (x: float) = x * exp -(sin until)

[<Tests>]
let tests =
    testList "ode" [
        for shape in shapes do
            testCase
                $"Dormand and Prince's method solves a linear equation on samples %A{List.ofArray shape}"
                (fun () ->
                    let x = normal64 (batchOf 5 shape) "start"

                    for accuracy in [ 1e-4; 1e-7; 1e-10 ] do
                        let solution = Ode.along (tolerance accuracy) swing 0. 3. x
                        let expected = x * exp -(sin 3.)
                        let worst = values (solution.Y.Head - expected) |> Array.map abs |> Array.max
                        // Errors of about ten steps add, each below the tolerance.
                        Expect.isLessThan worst (20. * accuracy) $"tolerance {accuracy}"
                        Expect.isLessThan (solution.Nfe) 500 "evaluations")

        testCase "one step errs by the sixth power of its length" (fun () ->
            // dx/dt = −x, with a tolerance that accepts any step: a method of order p errs by the power p + 1 in one.
            let errors =
                [ 0.8; 0.4; 0.2; 0.1 ]
                |> List.map (fun h ->
                    let solution =
                        Ode.dormandPrince
                            { Tolerances = [ tolerance 1e6 ]; InitialStep = 1.; MaxSteps = 1 }
                            (fun y _ -> [ -y.Head ])
                            0.
                            h
                            [ Batch.ofArray [| 1. |] ]

                    Expect.equal solution.Nfe 7 "evaluations of one step"
                    abs (single solution.Y.Head - exp -h))

            Expect.floatClose { absolute = 0.2; relative = 0. } (order [ 1; 2; 4; 8 ] errors) 6. $"slope of %A{errors}")

        testCase "forwards and backwards again is where it began" (fun () ->
            let x = normal64 [| 4; 3 |] "start"
            let there = Ode.along (tolerance 1e-10) swing 0. 2. x
            let back = Ode.along (tolerance 1e-10) swing 2. 0. there.Y.Head
            allClose { absolute = 1e-8; relative = 0. } back.Y.Head x "start")

        testCase "a sample does not depend on its batch, and has steps of its own" (fun () ->
            // The slope of each sample is steep in proportion to itself.
            let field: Field = fun x _ -> -(x * x * x)
            let xs = [| 0.5; 20.; 3. |]
            let together = Ode.along (tolerance 1e-8) field 0. 1. (Batch.ofArray xs)
            let ends = values together.Y.Head

            for i, x in Array.indexed xs do
                let alone = Ode.along (tolerance 1e-8) field 0. 1. (Batch.ofArray [| x |])
                Expect.equal ends[i] (single alone.Y.Head) $"sample {i}"
                Expect.equal together.AcceptedSteps[i] alone.AcceptedSteps[0] $"steps of sample {i}"
                Expect.floatClose (within 1e-6) (single alone.Y.Head) (x / sqrt (1. + 2. * x * x)) "value"

            Expect.isGreaterThan together.AcceptedSteps[1] together.AcceptedSteps[0] "a steep sample takes more steps")

        testCase "a tuple of tensors has a tolerance and an error for each" (fun () ->
            let x = normal64 [| 6; 2 |] "start"
            // The second part integrates the first: ∫ x cos t = x₀ − x.
            let slope: OdeFunction = fun y t -> [ swing y[0] t; Batch.sum (Batch.scale (t.cos ()) y[0]) ]

            let solution =
                Ode.dormandPrince
                    {
                        Tolerances = [ tolerance 1e-3; tolerance 1e-8 ]
                        InitialStep = 0.01
                        MaxSteps = 1000
                    }
                    slope
                    0.
                    3.
                    [ x; Batch.fill 6 0. ]

            let expected = Batch.sum x * (1. - exp -(sin 3.))
            let found = values (solution.Y[1] - expected) |> Array.map abs
            let stated = values solution.Error[1]
            Expect.isLessThan (Array.max found) 1e-6 "the second part is as good as its own tolerance"

            Array.iteri
                (fun i error -> Expect.isLessThan error (4. * stated[i] + 1e-12) $"stated error of sample {i}")
                found)

        testCase "float32 stays float32, and nothing is left behind" (fun () ->
            let x = Key.normal Dtype.Float32 [| 8; 4 |] key
            collect ()

            let before =
                Primitives.scope
                    (fun () ->
                        let live = Primitives.live ()
                        let solution = Ode.along (tolerance 1e-4) swing 0. 3. x
                        Expect.equal solution.Y.Head.dtype Dtype.Float32 "element type"
                        // The results: the state and its error.
                        Expect.equal (Primitives.live () - live) 2L "native tensors"
                        live)
                    (fun _ -> [])

            Expect.isLessThanOrEqual (Primitives.live ()) before "native tensors afterwards")

        testCase "a tolerance that no step can meet is refused by name, soon" (fun () ->
            let mutable evaluations = 0

            let counted (field: Field) : Field =
                fun x t ->
                    evaluations <- evaluations + 1
                    field x t

            let unsmooth: Field = fun x _ -> x * nan

            for dtype in [ Dtype.Float32; Dtype.Float64 ] do
                for from, until in [ 0., 3.; 3., 0.; -1., 1.; 1000., 1001. ] do
                    for what, accuracy, field in [ "rounding", 1e-30, swing; "not a number", 1e-3, unsmooth ] do
                        evaluations <- 0
                        let x = Key.normal dtype [| 3; 2 |] key

                        let error =
                            Expect.throwsC
                                (fun () -> Ode.along (tolerance accuracy) (counted field) from until x |> ignore)
                                id

                        Expect.isTrue (error :? InvalidOperationException) $"{what}: {error}"
                        Expect.stringContains error.Message $"absolute {accuracy}" "the tolerance"
                        // A step falls by five at an attempt of six evaluations: from 1e-2 to 1e-12 in fifteen.
                        Expect.isLessThan evaluations 200 $"{what}, %A{dtype}, from {from} to {until}")

        testCase "what cannot be solved is refused" (fun () ->
            let x = Batch.ofArray [| 1. |]
            throwsArgument (fun () -> Ode.along (tolerance 0.) swing 0. 1. x) "no tolerance"

            Expect.throwsT<InvalidOperationException>
                (fun () ->
                    // Grows beyond every bound at t = 1.
                    Ode.dormandPrince
                        { Tolerances = [ tolerance 1e-6 ]; InitialStep = 0.01; MaxSteps = 300 }
                        (fun y _ -> [ y.Head * y.Head ])
                        0.
                        2.
                        [ x ]
                    |> ignore)
                "a solution that ends before the interval does")
    ]
