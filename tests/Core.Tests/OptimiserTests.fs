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
        (fun (parameters: Tensor, slots) step ->
            let gradient = (parameters - 0.3) * weights * 2.
            let change = optimiser.Update step parameters gradient slots
            parameters + change.Delta, change.Slots)
        (start, optimiser.Init start)

let private adamW rate = Optimiser.adamW rate 0.9 0.99 1e-8 0.05

[<Tests>]
let tests =
    testList "optimiser" [
        testCase "clipping and AdamW give PyTorch's numbers" (fun () ->
            // PyTorch 1.13.1, float64: torch.optim.AdamW(lr=0.1, betas=(0.9, 0.99), eps=1e-8, weight_decay=0.05) with
            // clip_grad_norm_(2.0), five steps on the same quadratic from the same start.
            let expected = [| 0.4899820140866855; -1.455310789590689; 0.19102859879525672 |]
            let optimiser = Optimiser.chain [ Optimiser.clip 2.; adamW (Rate.constant 0.1) ]
            let parameters, slots = descend optimiser 5
            Expect.equal (slots |> Array.map _.Name) [| "exp_avg"; "exp_avg_sq" |] "memory"

            for actual, expected in Array.zip (values parameters) expected do
                Expect.floatClose rounding64 actual expected "parameter")

        testCase "the first AdamW step is the rate times the gradient's sign, and the decay" (fun () ->
            let change =
                (adamW (Rate.constant 0.1)).Update
                    0
                    (vector [ 2. ])
                    (vector [ -7. ])
                    ((adamW (Rate.constant 0.1)).Init(vector [ 2. ]))

            Expect.floatClose { absolute = 1e-8; relative = 0. } (single change.Delta) (0.1 - 0.1 * 0.05 * 2.) "change")

        testProperty "clipping bounds the norm and keeps the direction" (fun (NormalFloat a) (NormalFloat b) ->
            let gradient = vector [ a; b ]
            let clipped = (Optimiser.clip 1.).Update 0 gradient gradient [||]
            let x = values clipped.Delta
            let norm = sqrt (a * a + b * b)
            let factor = min 1. (1. / (norm + 1e-6))
            Expect.floatClose rounding64 x[0] (a * factor) "first"
            Expect.floatClose rounding64 x[1] (b * factor) "second")

        testCase "a chain is one after the other, and nothing is nothing" (fun () ->
            let rate = Rate.constant 0.01
            let alone, _ = descend (adamW rate) 4
            let chained, slots = descend (Optimiser.chain [ Optimiser.identity; adamW rate; Optimiser.identity ]) 4
            allClose rounding64 chained alone "identity"
            Expect.equal slots.Length 2 "memory"

            let halved, _ =
                descend (Optimiser.chain [ Optimiser.descent (Rate.constant -0.5); Optimiser.descent rate ]) 3

            let plain, _ = descend (Optimiser.descent (Rate.constant 0.005)) 3
            allClose rounding64 halved plain "product of factors"
            let twice, memory = descend (Optimiser.chain [ adamW rate; adamW rate ]) 3
            Expect.equal memory.Length 4 "two memories"
            Expect.isTrue (values twice |> Array.forall Double.IsFinite) "finite")

        testCase "plain descent on a quadratic is its closed form" (fun () ->
            let parameters, _ = descend (Optimiser.descent (Rate.constant 0.1)) 6
            let at w start = 0.3 + (start - 0.3) * (1. - 0.2 * w) ** 6.
            allClose rounding64 parameters (vector [ at 1. 1.; at 2. -2.; at 3. 0.5 ]) "parameters")

        testCase "courses of the rate: warm-up, line, half cosine, none" (fun () ->
            let close (actual: float) expected = Expect.floatClose Accuracy.high actual expected "rate"
            close (Rate.warmUp 4 0) 0.25
            close (Rate.warmUp 4 3) 1.
            close (Rate.warmUp 4 100) 1.
            close (Rate.warmUp 0 0) 1.
            close (Rate.linear 10 0) 1.
            close (Rate.linear 10 4) 0.6
            close (Rate.linear 10 10) 0.
            close (Rate.linear 10 50) 0.
            close (Rate.linear 0 50) 1.
            close (Rate.cosine 10 0) 1.
            close (Rate.cosine 10 5) 0.5
            close (Rate.cosine 10 10) 0.
            close (Rate.times (Rate.constant 3.) (Rate.linear 10) 4) 1.8)

        testCase "averages: warm-up as published, then the decay; power function" (fun () ->
            let close (actual: float) expected = Expect.floatClose Accuracy.high actual expected "decay"
            close (Averaging.exponential 0.999 0) 0.1
            close (Averaging.exponential 0.999 90) 0.91
            close (Averaging.exponential 0.999 100000) 0.999
            close (Averaging.power 3. 0) 0.
            close (Averaging.power 3. 1) 0.0625

            // The average of 1, 2, …, n under the power function weighs step k by k^γ: its mean is near n(γ + 1)/(γ + 2).
            let n, gamma = 2000, 3.

            let average =
                Seq.init n id
                |> Seq.fold (fun a k -> let d = Averaging.power gamma k in d * a + (1. - d) * float (k + 1)) 0.

            Expect.floatClose { absolute = 0.; relative = 2e-3 } average (float n * (gamma + 1.) / (gamma + 2.)) "mean")

        testCase "impossible settings are refused" (fun () ->
            throwsArgument (fun () -> Optimiser.clip 0.) "clip"
            throwsArgument (fun () -> Optimiser.adamW (Rate.constant 1.) 1. 0.9 1e-8 0.) "β"
            throwsArgument (fun () -> Averaging.exponential 1.) "decay")
    ]
