module Core.Tests.KeyTests

open System
open System.Runtime.Intrinsics
open DiffSharp
open Expecto
open FsCheck
open ScoreFunctional
open Core.Tests.Support

/// Known-answer vectors of Random123 (kat_vectors, philox4x32 with 10 rounds): counter, key, result.
let private vectors = [
    [ 0u; 0u; 0u; 0u ], [ 0u; 0u ], [ 0x6627e8d5u; 0xe169c58du; 0xbc57ac4cu; 0x9b00dbd8u ]
    List.replicate 4 0xffffffffu, List.replicate 2 0xffffffffu, [ 0x408f276du; 0x41c83b0eu; 0xa20bc7c6u; 0x6d5451fdu ]
    [ 0x243f6a88u; 0x85a308d3u; 0x13198a2eu; 0x03707344u ],
    [ 0xa4093822u; 0x299f31d0u ],
    [ 0xd16cfe09u; 0x94fdccebu; 0x5001e420u; 0x24126ea1u ]
]

let private block (counter: uint32 list) (key: uint32 list) =
    let struct (a, b, c, d) = Philox.block key[0] key[1] counter[0] counter[1] counter[2] counter[3]

    [ a; b; c; d ]

/// Kolmogorov–Smirnov distance to a distribution function.
let private distance (cdf: float -> float) (xs: float[]) =
    let sorted = Array.sort xs
    let n = float xs.Length

    sorted
    |> Array.mapi (fun i x -> max (abs (cdf x - float i / n)) (abs (cdf x - float (i + 1) / n)))
    |> Array.max

/// Distance that a true sample exceeds once in 10,000 times: √(−½ ln(p/2)/n).
let private allowed n = sqrt (-0.5 * log 0.5e-4 / float n)

let private normalCdf x = MathNet.Numerics.Distributions.Normal.CDF(0., 1., x)

let private correlation (xs: float[]) (ys: float[]) = Array.map2 (*) xs ys |> Array.average

[<Tests>]
let tests =
    testList "key" [
        for counter, words, expected in vectors do
            testCase $"Philox4x32-10 gives the published result for counter %08x{counter[0]}" (fun () ->
                Expect.equal (block counter words) expected "block")

        testCase "the vector form gives the words of the scalar form" (fun () ->
            let key = { key with Step = 7u; First = 0xFFFFFFFEUL }
            let perSample, plane = 5, Philox.padded 37
            let words = Array.zeroCreate (4 * plane)
            Philox.planes key perSample plane words

            for i in 0 .. plane - 1 do
                let sample = key.First + uint64 (i / perSample)

                let expected =
                    block [ uint32 (i % perSample); key.Step; uint32 sample; uint32 (sample >>> 32) ] [
                        key.Word0
                        key.Word1
                    ]

                let actual = [ for word in 0..3 -> words[word * plane + i] ]
                Expect.equal actual expected $"block {i}")

        testProperty
            "row k of a draw is what sample k draws alone"
            (fun (PositiveInt n) (PositiveInt d) (NonNegativeInt step) (NonNegativeInt first) ->
                let key = key |> Key.atStep step |> Key.fromSample (int64 first)

                for draw in [ Key.normal; Key.uniform ] do
                    for dtype in [ Dtype.Float32; Dtype.Float64 ] do
                        let batch = values (draw dtype [| n; d |] key)

                        for k in 0 .. n - 1 do
                            let alone = values (draw dtype [| 1; d |] (Key.fromSample (int64 (first + k)) key))
                            Expect.equal batch[k * d .. (k + 1) * d - 1] alone $"sample {k}")

        testCase "float32 logarithm, cosine and sine of the generator are right to 3e-7" (fun () ->
            // One float32 unit in the last place is 6e-8 at 1, the logarithm is up to 22.
            let u = Array.init 4096 (fun i -> float32 ((float i + 0.5) / 4096.))

            for i in 0..16..4080 do
                let logs = Elementary.log (Vector512.Create(u, i))

                for lane in 0..15 do
                    let found, exact = float (logs.GetElement lane), log (float u[i + lane])
                    Expect.floatClose { absolute = 1e-7; relative = 3e-7 } found exact $"log {u[i + lane]}"

            for i in 0..4095 do
                let turn = uint32 i * 1048573u
                let struct (c, s) = Elementary.cosSin (Vector512.Create turn)
                let fraction = float (int (turn <<< 2)) / 4294967296.
                let angle = 0.5 * Math.PI * (float (turn >>> 30) + fraction)
                let accuracy = { absolute = 3e-7; relative = 0. }
                Expect.floatClose accuracy (float (c.GetElement 3)) (cos angle) $"cos of {turn}"
                Expect.floatClose accuracy (float (s.GetElement 3)) (sin angle) $"sin of {turn}")

        for dtype in [ Dtype.Float32; Dtype.Float64 ] do
            testCase $"normal draws follow the normal distribution, {dtype}" (fun () ->
                let n = 100000
                let xs = values (Key.normal dtype [| n / 10; 10 |] (Key.label "law" key))
                Expect.isLessThan (distance normalCdf xs[..19999]) (allowed 20000) "Kolmogorov–Smirnov distance"
                meanIs 0. xs "mean"
                meanIs 1. (xs |> Array.map (fun x -> x * x)) "second moment"
                meanIs 0. (xs |> Array.map (fun x -> x ** 3.)) "third moment"
                meanIs 3. (xs |> Array.map (fun x -> x ** 4.)) "fourth moment"
                // 2(1 − Φ(3)) = 0.0026998.
                meanIs 0.0026998 (xs |> Array.map (fun x -> if abs x > 3. then 1. else 0.)) "beyond three")

            testCase $"uniform draws follow the uniform distribution on [0, 1), {dtype}" (fun () ->
                let xs = values (Key.uniform dtype [| 2000; 10 |] (Key.label "law" key))
                Expect.isLessThan (distance id xs) (allowed xs.Length) "Kolmogorov–Smirnov distance"
                Expect.isTrue (xs |> Array.forall (fun x -> x >= 0. && x < 1.)) "range")

        testCase "labels, children, steps, samples and neighbours in a sample are uncorrelated" (fun () ->
            let n = 40000
            let draw key = values (Key.normal Dtype.Float32 [| n; 1 |] key)
            let one = draw key

            for name, other in
                [
                    "label", Key.label "other" key
                    "child", Key.child 0 key
                    "second child", Key.child 1 key
                    "step", Key.atStep 1 key
                    "sample", Key.fromSample (int64 n) key
                    "seed", Key.ofSeed 1UL
                ] do
                Expect.isLessThan (abs (correlation one (draw other))) (standardErrors / sqrt (float n)) name

            let pairs = values (Key.normal Dtype.Float32 [| n; 4 |] key)

            for lag in 1..3 do
                let a = Array.init n (fun i -> pairs[4 * i])
                let b = Array.init n (fun i -> pairs[4 * i + lag])
                Expect.isLessThan (abs (correlation a b)) (standardErrors / sqrt (float n)) $"neighbour {lag}")

        testProperty "a permutation holds every index once" (fun (NonNegativeInt n) ->
            Expect.sequenceEqual (Key.permutation n key |> Array.sort) [| 0 .. n - 1 |] "indices")

        testCase "the six orders of three are equally frequent" (fun () ->
            let trials = 12000

            let counts =
                Array.init trials (fun i -> Key.permutation 3 (Key.atStep i key) |> List.ofArray)
                |> Array.countBy id

            let expected = float trials / 6.
            let chi2 = counts |> Array.sumBy (fun (_, count) -> (float count - expected) ** 2. / expected)
            Expect.equal counts.Length 6 "orders"
            // The 0.9999 quantile of χ² with five degrees of freedom.
            Expect.isLessThan chi2 25.7 "chi squared")

        testCase "whole numbers cover their interval evenly" (fun () ->
            let n = 10000
            let counts = Key.integers -3 7 n key |> Array.countBy id
            let chi2 = counts |> Array.sumBy (fun (_, c) -> (float c - 1000.) ** 2. / 1000.)
            Expect.equal (counts |> Array.map fst |> Array.sort) [| -3 .. 6 |] "values"
            // The 0.9999 quantile of χ² with nine degrees of freedom.
            Expect.isLessThan chi2 33.7 "chi squared")

        testCase "impossible draws are refused" (fun () ->
            throwsArgument (fun () -> Key.integers 3 3 1 key) "empty interval"
            throwsArgument (fun () -> Key.normal Dtype.Int32 [| 1; 1 |] key) "element type"
            throwsArgument (fun () -> Key.normal Dtype.Float32 [||] key) "shape"
            throwsArgument (fun () -> Key.atStep -1 key) "step"
            throwsArgument (fun () -> Key.fromSample -1L key) "sample")
    ]
