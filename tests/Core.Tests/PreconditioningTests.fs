module Core.Tests.PreconditioningTests

open System
open DiffSharp
open Expecto
open ScoreFunctional
open Core.Tests.Support

[<Tests>]
let tests =
    testList "preconditioning" [
        testCase "EDM's preconditioning is its table: skip, output and input scales" (fun () ->
            let x, sigma = normal64 [| 3; 2 |] "x", [| 0.01; 0.5; 20. |]
            let mutable seen = None

            let (Denoiser denoise) =
                Preconditioning.edm 0.5 (fun x c ->
                    seen <- Some(values x, Batch.toArray c)
                    x.onesLike ())

            let out = values (denoise x (Batch.ofArray sigma))
            let x = values x

            for i in 0..5 do
                let s = sigma[i / 2]
                let total = s * s + 0.25

                match seen with
                | Some(scaled, c) ->
                    Expect.floatClose rounding64 scaled[i] (x[i] / sqrt total) "input"
                    Expect.floatClose rounding64 c[i / 2] (log s / 4.) "label"
                | None -> failtest "the network was not called"

                Expect.floatClose rounding64 out[i] (0.25 / total * x[i] + s * 0.5 / sqrt total) "output")

        for name, form, label in
            [
                "NCSN++'s form tells the network σ", Preconditioning.overSigma, (fun sigma -> log sigma / 4.)
                "NCSNv2's does not", Preconditioning.ncsnv2, (fun _ -> 0.)
            ] do
            testCase $"{name}, and divides its output by σ: s = F/σ" (fun () ->
                let sde = Sde.ve 0.01 50.
                let mutable told = [||]

                let raw: Field =
                    fun x c ->
                        told <- values c
                        (x * 2.).sin() + Batch.scale c x

                let x, t = normal64 [| 3; 2 |] "x", Batch.ofArray [| 0.2; 0.5; 0.9 |]
                let sigma = Sde.coefficient sde t _.Sigma
                let expected = raw x (Batch.ofArray (values sigma |> Array.map label)) |> Batch.divide sigma
                let found = Score.apply (form raw |> Score.ofDenoiser sde) x t
                allClose { absolute = 1e-10; relative = 1e-8 } found expected "score"

                for c, sigma in Array.zip told (values sigma) do
                    Expect.floatClose rounding64 c (label sigma) "what the network is told")
    ]
