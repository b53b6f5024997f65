module Core.Tests.OptimiserTests

open System
open DiffSharp
open Expecto
open FsCheck
open ScoreFunctional
open Core.Tests.Support

let private vector (xs: float list) = Batch.ofArray (Array.ofList xs)

/// Parameters after so many steps on the quadratic Σ w(θ − 0.3)².
let private descend (optimiser: Optimiser) steps =
    let weights = vector [ 1.; 2.; 3. ]
    let start = vector [ 1.; -2.; 0.5 ]

    Seq.init steps id
    |> Seq.fold
        (fun (parameters: Tensor, state) step ->
            let gradient = (parameters - 0.3) * weights * 2.
            let change = optimiser.Update step parameters gradient state
            parameters + change.Updates, change.State)
        (start, optimiser.Init start)

let private adamW rate = Optimiser.adamW rate 0.9 0.99 1e-8 0.05

[<Tests>]
let tests =
    testList "optimiser" [
        testCase "clipping and AdamW give PyTorch's numbers" (fun () ->
            // PyTorch 1.13.1, float64: torch.optim.AdamW(lr=0.1, betas=(0.9, 0.99), eps=1e-8, weight_decay=0.05) with
            // clip_grad_norm_(2.0), five steps on the same quadratic from the same start.
            let expected = [| 0.4899820140866855; -1.455310789590689; 0.19102859879525672 |]
            let optimiser = Optimiser.chain [ Optimiser.clip 2.; adamW (LearningRate.constant 0.1) ]
            let parameters, state = descend optimiser 5
            Expect.equal (state |> Array.map _.Name) [| "exp_avg"; "exp_avg_sq" |] "memory"

            for actual, expected in Array.zip (values parameters) expected do
                Expect.floatClose rounding64 actual expected "parameter")

        testCase "the first AdamW step is the rate times the gradient's sign, and the decay" (fun () ->
            let optimiser, parameters = adamW (LearningRate.constant 0.1), vector [ 2. ]
            let change = optimiser.Update 0 parameters (vector [ -7. ]) (optimiser.Init parameters)

            Expect.floatClose
                { absolute = 1e-8; relative = 0. }
                (single change.Updates)
                (0.1 - 0.1 * 0.05 * 2.)
                "change")

        testProperty "clipping bounds the norm and keeps the direction" (fun (NormalFloat a) (NormalFloat b) ->
            let gradient = vector [ a; b ]
            let clipped = (Optimiser.clip 1.).Update 0 gradient gradient [||]
            let x = values clipped.Updates
            let norm = sqrt (a * a + b * b)
            let factor = min 1. (1. / (norm + 1e-6))
            Expect.floatClose rounding64 x[0] (a * factor) "first"
            Expect.floatClose rounding64 x[1] (b * factor) "second")

        testCase "Muon learns every direction of a matrix at one pace" (fun () ->
            // On a diagonal gradient Newton and Schulz's polynomial acts on each singular value by itself.
            let polynomial x = 3.4445 * x - 4.775 * x ** 3. + 2.0315 * x ** 5.
            let turned x = Seq.fold (fun x _ -> polynomial x) x (seq { 1..5 })

            for rows, columns in [ 2, 3; 3, 2 ] do
                let n = rows * columns
                let at i = 1 + i * columns + i

                let outside i = i = 0 || i = n + 1

                let gradient =
                    Batch.ofArray [|
                        for i in 0 .. n + 1 ->
                            if outside i then 5.
                            elif i = at 0 then 3.
                            elif i = at 1 then 4.
                            else 0.
                    |]

                let parameters = Batch.ofArray (Array.init (n + 2) (fun i -> 0.1 * float i))
                let rest = Optimiser.sgd (LearningRate.constant 0.5)

                let muon =
                    Optimiser.muon (LearningRate.constant 0.1) 0.9 0.2 5 0.05 [| struct (1, rows, columns) |] rest

                let change = muon.Update 0 parameters gradient (muon.Init parameters)
                Expect.equal (change.State |> Array.map _.Name) [| "momentum_buffer" |] "memory"

                for i, (actual, parameter) in Seq.zip (values change.Updates) (values parameters) |> Seq.indexed do
                    let share =
                        if i = at 0 then turned 0.6
                        elif i = at 1 then turned 0.8
                        else 0.

                    let inside = -0.1 * (0.05 * parameter + 0.2 * sqrt 3. * share)
                    let expected = if outside i then -0.5 * 5. else inside
                    Expect.floatClose { absolute = 1e-6; relative = 1e-6 } actual expected $"change {i}"

            for start in [ 0.6; 0.8 ] do
                Expect.isTrue (turned start > 0.65 && turned start < 1.25) "a singular value is about 1")

        testCase "Muon's momentum is Nesterov's, and its size does not depend on the gradient's" (fun () ->
            let weights = [| struct (0, 1, 2) |]
            let muon = Optimiser.muon (LearningRate.constant 1.) 0.9 1. 5 0. weights Optimiser.identity
            let zero = vector [ 0.; 0. ]

            let after (gradients: float list list) =
                gradients
                |> List.indexed
                |> List.fold
                    (fun (_, state) (step, gradient) ->
                        let change = muon.Update step zero (vector gradient) state
                        values change.Updates, change.State)
                    ([||], muon.Init zero)
                |> fst

            let small, large = after [ [ 1.; 0. ] ], after [ [ 1e3; 0. ] ]
            Expect.floatClose { absolute = 1e-6; relative = 1e-6 } large[0] small[0] "size"
            // m = 0.9·0.1·(1, 0) + 0.1·(0, 1) and u = 0.9·m + 0.1·(0, 1).
            let both = after [ [ 1.; 0. ]; [ 0.; 1. ] ]
            Expect.floatClose { absolute = 1e-6; relative = 1e-6 } (both[1] / both[0]) (0.19 / 0.081) "direction")

        testCase "a chain applies one after the other, and the identity changes nothing" (fun () ->
            let rate = LearningRate.constant 0.01
            let alone, _ = descend (adamW rate) 4
            let chained, state = descend (Optimiser.chain [ Optimiser.identity; adamW rate; Optimiser.identity ]) 4
            allClose rounding64 chained alone "identity"
            Expect.equal state.Length 2 "memory"

            let halved, _ =
                descend (Optimiser.chain [ Optimiser.sgd (LearningRate.constant -0.5); Optimiser.sgd rate ]) 3

            let plain, _ = descend (Optimiser.sgd (LearningRate.constant 0.005)) 3
            allClose rounding64 halved plain "product of factors"
            let twice, memory = descend (Optimiser.chain [ adamW rate; adamW rate ]) 3
            Expect.equal memory.Length 4 "two memories"
            Expect.isTrue (values twice |> Array.forall Double.IsFinite) "finite")

        testCase "plain descent on a quadratic is its closed form" (fun () ->
            let parameters, _ = descend (Optimiser.sgd (LearningRate.constant 0.1)) 6
            let at w start = 0.3 + (start - 0.3) * (1. - 0.2 * w) ** 6.
            allClose rounding64 parameters (vector [ at 1. 1.; at 2. -2.; at 3. 0.5 ]) "parameters")

        testCase "courses of the rate: warm-up, line, half cosine, none" (fun () ->
            let close (actual: float) expected = Expect.floatClose Accuracy.high actual expected "rate"
            close (LearningRate.warmUp 4 0) 0.25
            close (LearningRate.warmUp 4 3) 1.
            close (LearningRate.warmUp 4 100) 1.
            close (LearningRate.warmUp 0 0) 1.
            close (LearningRate.linear 10 0) 1.
            close (LearningRate.linear 10 4) 0.6
            close (LearningRate.linear 10 10) 0.
            close (LearningRate.linear 10 50) 0.
            close (LearningRate.linear 0 50) 1.
            close (LearningRate.cosine 10 0) 1.
            close (LearningRate.cosine 10 5) 0.5
            close (LearningRate.cosine 10 10) 0.
            close (LearningRate.times (LearningRate.constant 3.) (LearningRate.linear 10) 4) 1.8)

        testCase "averages: warm-up as published, then the decay; power function" (fun () ->
            let close (actual: float) expected = Expect.floatClose Accuracy.high actual expected "decay"
            close (Ema.exponential 0.999 0) (2. / 11.)
            close (Ema.exponential 0.999 1) (3. / 12.)
            close (Ema.exponential 0.999 89) 0.91
            close (Ema.exponential 0.999 100000) 0.999
            close (Ema.exponentialFromZero 0.999 0) 0.1
            close (Ema.exponentialFromZero 0.999 1) (2. / 11.)
            close (Ema.exponentialFromZero 0.999 100000) 0.999
            close (Ema.power 3. 0) 0.
            close (Ema.power 3. 1) 0.0625

            // The average of 1, 2, …, n under the power function weighs step k by k^γ: its mean is near n(γ + 1)/(γ + 2).
            let n, gamma = 2000, 3.

            let average =
                Seq.init n id
                |> Seq.fold (fun a k -> let d = Ema.power gamma k in d * a + (1. - d) * float (k + 1)) 0.

            Expect.floatClose { absolute = 0.; relative = 2e-3 } average (float n * (gamma + 1.) / (gamma + 2.)) "mean")

        testCase "impossible settings are refused" (fun () ->
            throwsArgument (fun () -> Optimiser.clip 0.) "clip"
            throwsArgument (fun () -> Optimiser.adamW (LearningRate.constant 1.) 1. 0.9 1e-8 0.) "β"

            for momentum, second in [ 1., 4; 0.9, 3 ] do
                let matrices = [| struct (0, 2, 2); struct (second, 2, 2) |]

                throwsArgument
                    (fun () -> Optimiser.muon (LearningRate.constant 1.) momentum 0.2 5 0. matrices Optimiser.identity)
                    "Muon"

            throwsArgument (fun () -> Ema.exponential 1.) "decay"
            throwsArgument (fun () -> Ema.exponentialFromZero 1.) "decay")
    ]
