/// Folding a step over a schedule: traces, progress, limits.
module Core.Tests.SamplingTests

open System
open DiffSharp
open Expecto
open ScoreFunctional
open Core.Tests.Support

/// Standard deviation of the one-dimensional Gaussian that orders are measured on (MNIST's pixels, reference values below).
let private s = 0.616

let private gaussian = Mixture.gaussian 0. s 1

[<Tests>]
let tests =
    testList "sampling" [
        testCase "the trace holds the first state, the last, and as many as asked" (fun () ->
            let sde = Sde.edm 0.002 80.
            let score = Mixture.score sde (mixtureOf 2)

            let run trace =
                Sampler.draw Samplers.heun sde score 10 { Callbacks.none with Trace = trace } [| 3; 2 |] key

            Expect.equal (run 0).Trace.Length 0 "none"
            let kept = run 4
            Expect.equal kept.Trace.Length 4 "four"
            Expect.equal (values kept.Trace[3]) (values kept.X) "last"
            // The start is 80 times a standard normal draw.
            Expect.isGreaterThan (sqrt (variance (values kept.Trace[0]))) 20. "first"
            Expect.equal (values kept.X) (values (run 0).X) "watching changes nothing")

        testCase "progress is told of every move, and an exception from it ends the run" (fun () ->
            let sde = Sde.edm 0.002 80.
            let score = Mixture.score sde (mixtureOf 2)
            let mutable seen = []

            let callbacks = {
                Trace = 0
                Progress =
                    fun timeStep nfe ->
                        seen <- (timeStep.Index, nfe) :: seen

                        if timeStep.Index = 2 then
                            raise (OperationCanceledException())
            }

            Expect.throwsT<OperationCanceledException>
                (fun () -> Sampler.draw Samplers.heun sde score 10 callbacks [| 1; 2 |] key |> ignore)
                "cancelled"

            Expect.equal (List.rev seen) [ 0, 2; 1, 4; 2, 6 ] "moves")

        testCase "impossible runs are refused" (fun () ->
            let sde = Sde.edm 0.002 80.

            throwsArgument
                (fun () -> Sampler.draw Samplers.heun sde (Mixture.score sde gaussian) 0 Callbacks.none [| 1; 1 |] key)
                "no step"

            throwsArgument (fun () -> Schedule.between [| 1. |]) "one time")

        testCase "no sampler takes more moves than a schedule has, however many are asked for" (fun () ->
            let sde = Sde.edm 0.002 80.

            for sampler in Samplers.all do
                for steps in [ Schedule.most + 1; Int32.MaxValue - 1; Int32.MaxValue ] do
                    let error = Expect.throwsC (fun () -> sampler.Schedule sde steps |> ignore) id
                    Expect.isTrue (error :? ArgumentException) $"{sampler.Name}, {steps} steps: {error}"
                    Expect.stringContains error.Message (string Schedule.most) "the most"

            Expect.equal
                (Schedule.repeated 100_000 (Array.create 20 1.)).Length
                Schedule.most
                "as many as there may be"

            throwsArgument (fun () -> Schedule.repeated 100_001 (Array.create 20 1.)) "one more at each"

            throwsArgument
                (fun () -> Schedule.repeated 1_073_741_824 (Array.create 4 1.))
                "a product that wraps to zero"

            throwsArgument (fun () -> Schedule.uniform 0. Int32.MaxValue) "equal steps")

        testCase "a trace keeps no more states than there are" (fun () ->
            let sde = Sde.edm 0.002 80.

            let traced wanted =
                let callbacks = { Callbacks.none with Trace = wanted }
                Sampler.draw Samplers.heun sde (Mixture.score sde gaussian) 5 callbacks [| 2; 1 |] key

            let all, more = traced 6, traced Int32.MaxValue
            Expect.equal all.Trace.Length 6 "the start and five moves"
            Expect.equal more.Trace.Length 6 "and no more"

            for one, other in Array.zip all.Trace more.Trace do
                allClose rounding32 one other "the same states"

            Expect.equal (traced 3).Trace.Length 3 "three of them"
            allClose rounding32 (traced 3).Trace[2] all.X "the last is the sample")
    ]
