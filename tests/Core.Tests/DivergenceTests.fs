module Core.Tests.DivergenceTests

open System
open DiffSharp
open Expecto
open ScoreFunctional
open Core.Tests.Support
open Core.Tests.ObjectiveSupport

[<Tests>]
let tests =
    testList "divergence" [
        for shape in shapes do
            testCase $"exact and along unit vectors it is the trace, samples of %A{List.ofArray shape}" (fun () ->
                let d = Array.fold (*) 1 shape
                let field, a = matrixField d
                let x = normal64 (batchOf 3 shape) "x"
                let trace = single (a.trace ())
                let struct (fx, exact) = Divergence.exact field x
                allClose rounding64 fx (field x) "value"

                for found in values exact do
                    Expect.floatClose rounding64 found trace "trace"

                let sum =
                    Seq.init d (fun i -> (let struct (_, e) = Divergence.along field x (Divergence.unit x i) in e))
                    |> Seq.reduce (+)

                allClose rounding64 sum exact "sum over unit vectors")

        for distribution in [ Probe.Rademacher; Probe.Gaussian; Probe.Sphere ] do
            testCase
                $"{distribution} probes have the identity as second moment, and their estimate the trace as mean"
                (fun () ->
                    let n, d = 6000, 3
                    let x = normal64 [| n; d |] "x"
                    let v = values (Divergence.probe distribution x key)

                    for i in 0 .. d - 1 do
                        for j in i .. d - 1 do
                            let products = Array.init n (fun k -> v[k * d + i] * v[k * d + j])
                            meanIs (if i = j then 1. else 0.) products $"E v{i} v{j}"

                    let field, a = matrixField d
                    let struct (_, estimate) = Divergence.hutchinson distribution key field x
                    meanIs (single (a.trace ())) (values estimate) "trace"

                    let alone = Divergence.probe distribution (x.split([ 5; 1; n - 6 ]).[1]) (Key.fromSample 5L key)

                    Expect.equal (values alone) v[5 * d .. 6 * d - 1] "a sample's own")

        testCase "Rademacher probes vary least for a symmetric Jacobian (Hutchinson 1989)" (fun () ->
            let x = normal64 [| 4000; 3 |] "x"
            let _, a = matrixField 3
            let symmetric = a + a.transpose ()

            let spread distribution =
                let struct (_, e) = Divergence.hutchinson distribution key (fun (x: Tensor) -> x.matmul symmetric) x

                variance (values e)

            Expect.isLessThan (spread Probe.Rademacher) (0.9 * spread Probe.Gaussian) "variance")

        testCase "jvp and vjp are products with the Jacobian and its transpose" (fun () ->
            let field, a = matrixField 4
            let x, v = normal64 [| 5; 4 |] "x", normal64 [| 5; 4 |] "v"
            let struct (_, jv) = Divergence.jvp field x v
            let struct (_, pull) = Divergence.vjp field x
            allClose rounding64 jv (v.matmul (a.transpose ())) "Jv"
            allClose rounding64 (pull v) (v.matmul a) "vJ")
    ]
