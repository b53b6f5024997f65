/// The measures of samples, against closed forms, brute force and published figures.
module Host.Tests.MetricsTests

open System
open Expecto
open Host.Tests.Support
open ScoreFunctional.Host.Data
open ScoreFunctional.Host.Metrics

let private images size (values: float32[]) = ImageBlocks.Of(ReadOnlyMemory values, size)

/// Independent normal columns with these means and standard deviations.
let private gaussian seed count (parameters: (float * float) list) =
    let z = normals seed (count * parameters.Length)
    let table = List.toArray parameters

    z
    |> Array.mapi (fun i v -> let mean, deviation = table[i % table.Length] in float32 (mean + deviation * v))

[<Tests>]
let moments =
    testList "moments" [
        testCase "mean and covariance are those of the definition, at sizes that fill no tile"
        <| fun () ->
            for count, size in [ 2, 1; 37, 11; 1100, 5; 9, 32 ] do
                let values = normals (count + size) (count * size) |> Array.map (fun v -> float32 (3. + v))
                let measured = Moments.Of(images size values)
                let at i k = float values[i * size + k]
                let mean k = Seq.averageBy (fun i -> at i k) [ 0 .. count - 1 ]

                for k in 0 .. size - 1 do
                    Expect.floatClose Accuracy.high measured.Mean[k] (mean k) "the mean"

                    for l in 0 .. size - 1 do
                        let exact =
                            Seq.sumBy (fun i -> (at i k - mean k) * (at i l - mean l)) [ 0 .. count - 1 ]
                            / float (count - 1)

                        // Products are summed in float32 over blocks of 512 values near 1.
                        Expect.floatClose
                            { absolute = 1e-5; relative = 1e-5 }
                            measured.Covariance[k, l]
                            exact
                            "the covariance"

        testCase "a single image has no covariance"
        <| fun () ->
            Expect.throwsT<ArgumentException> (fun () -> Moments.Of(images 3 [| 1f; 2f; 3f |]) |> ignore) "n = 1"
    ]

[<Tests>]
let frechet =
    testList "the PCA Fréchet distance" [
        testCase "between Gaussians it is the closed form"
        <| fun () ->
            // For commuting covariances: |m|² + the sum of (a - b)² over standard deviations.
            let reference = PcaFrechet.Fit(images 3 (gaussian 1 40000 [ 0., 3.; 0., 2.; 0., 1. ]), 3)
            let moved = images 3 (gaussian 2 40000 [ 1., 3.; 0., 1.; -2., 1.5 ])
            // 1 + 4 for the means, 0 + 1 + 0.25 for the deviations; the error of n = 40,000 is below 0.1.
            Expect.isLessThan (abs (reference.Distance moved - 6.25)) 0.15 $"{reference.Distance moved}"
            Expect.floatClose Accuracy.high reference.Explained 1. "all components explain all"

        testCase "it is 0 for the reference itself and does not depend on how the axes lie"
        <| fun () ->
            let values = gaussian 3 5000 [ 0., 3.; 1., 2.; 0., 0.5 ]
            let other = gaussian 4 5000 [ 0.5, 2.; 1., 2.5; 0., 0.7 ]

            let rotate (x: float32[]) =
                let s, c = sin 0.7, cos 0.7

                x
                |> Array.chunkBySize 3
                |> Array.collect (fun p ->
                    let a, b = float p[0], float p[1]
                    [| float32 (c * a - s * b); float32 (s * a + c * b); p[2] |])

            let straight = PcaFrechet.Fit(images 3 values, 2)
            let turned = PcaFrechet.Fit(images 3 (rotate values), 2)
            Expect.isLessThan (abs (straight.Distance(images 3 values))) 1e-4 "the same images"
            let a, b = straight.Distance(images 3 other), turned.Distance(images 3 (rotate other))
            Expect.floatClose { absolute = 1e-4; relative = 1e-4 } a b "rotated"
            Expect.isGreaterThan a 0.5 "and they do differ"

        testCase "images of another size are refused"
        <| fun () ->
            let reference = PcaFrechet.Fit(images 2 (gaussian 5 50 [ 0., 1.; 0., 1. ]), 2)

            Expect.throwsT<ArgumentException>
                (fun () -> reference.Distance(images 1 [| 1f; 2f |]) |> ignore)
                "size 1 for 2"

        testCase "on MNIST it gives the published figures"
        <| fun () ->
            match mnistFolder.Value with
            | None -> skiptest "the MNIST files are not on this machine"
            | Some folder ->
                let mnist = Mnist.LoadFrom folder
                let reference = PcaFrechet.Fit(ImageBlocks.Of mnist.Train)
                Expect.isLessThan (abs (reference.Explained - 0.86)) 0.005 "86 % of the variance"
                let all = reference.Distance(ImageBlocks.Of mnist.Test)
                Expect.isLessThan (abs (all - 0.186)) 0.0006 $"60,000 against 10,000: {all}"
                let sets = ImageBlocks.Spread(mnist.Test, 2000)
                let some = sets |> Seq.averageBy reference.Distance
                // One set of 2,000 gave 0.457; sets differ by 0.03 or so, and that one need not be average.
                Expect.isTrue (some > 0.35 && some < 0.48) $"2,000: {some}"
                let pixels = PixelStatistics.Of(ImageBlocks.Of mnist.Train)
                Expect.isLessThan (abs (pixels.Mean - 0.1307)) 5e-5 "the mean"
                Expect.isLessThan (abs (sqrt pixels.Variance - 0.3081)) 5e-5 "the standard deviation"
                Expect.isLessThan (abs (pixels.Zeros - 0.809)) 5e-4 "the black part"
    ]

[<Tests>]
let nearest =
    testList "nearest images" [
        testCase "they are those of a search through all pairs"
        <| fun () ->
            let size = 19
            let reference = normals 6 (700 * size) |> Array.map float32
            let queries = normals 7 (13 * size) |> Array.map float32
            // Two exact copies and a near one.
            Array.blit reference (650 * size) queries 0 size
            Array.blit reference (3 * size) queries (5 * size) size
            Array.blit reference (100 * size) queries (9 * size) size
            queries[9 * size] <- queries[9 * size] + 1e-3f
            let found = NearestImages.Find(images size queries, images size reference)

            for i in 0..12 do
                let distances =
                    Array.init 700 (fun j ->
                        Seq.sumBy (fun k -> (float queries[i * size + k] - float reference[j * size + k]) ** 2.) [
                            0 .. size - 1
                        ]
                        |> sqrt)

                let sorted = Array.sort distances
                Expect.equal found.Indices[i] (Array.findIndex ((=) sorted[0]) distances) "the index"
                Expect.floatClose Accuracy.high found.Distances[i] sorted[0] "the distance"
                Expect.floatClose Accuracy.high found.Ratios[i] (sorted[0] / sorted[1]) "the ratio"

            Expect.equal (found.Distances[0], found.Ratios[0]) (0., 0.) "a copy is at distance 0"

        testCase "a search can be stopped"
        <| fun () ->
            use source = new Threading.CancellationTokenSource()
            source.Cancel()
            let some = images 1 [| 1f; 2f; 3f |]

            Expect.throwsT<OperationCanceledException>
                (fun () -> NearestImages.Find(some, some, null, source.Token) |> ignore)
                "stopped"

        testCase "quantiles are interpolated"
        <| fun () ->
            let quantiles = Quantiles.Of [ for i in 100.  .. -1.  .. 0. -> i ]

            Expect.equal
                (quantiles.Minimum, quantiles.P1, quantiles.P5, quantiles.Median, quantiles.P95, quantiles.P99)
                (0., 1., 5., 50., 95., 99.)
                "0 to 100"

            Expect.equal (Quantiles.Of [ 1.; 2. ]).Median 1.5 "between two"
            Expect.throwsT<ArgumentException> (fun () -> Quantiles.Of [] |> ignore) "none"
    ]

[<Tests>]
let quality =
    testList "samples against data" [
        testCase "real images are at the floor, copies and noise are told apart"
        <| fun () ->
            let set seed count =
                let source =
                    UniformSource(fun index draws ->
                        let random = Random(HashCode.Combine(seed, index))

                        for i in 0 .. draws.Length - 1 do
                            draws[i] <- random.NextDouble())

                StrokeDigits("strokes", count, source)

            let train = set 21 1500
            let data = ImageData("strokes", train, set 22 600)
            let measure (values: float32[]) = SampleQuality.Measure(ReadOnlyMemory values, data)
            let fresh = measure ((set 23 300).GetRange(0, 300))
            let copies = measure (train.GetRange(0, 300))
            let noise = normals 8 (300 * 784) |> Array.map (fun v -> float32 (max 0. (min 1. (0.13 + 0.3 * v))))
            let noisy = measure noise
            Expect.equal fresh.Count 300 "the count"

            Expect.isLessThan
                (abs (fresh.Frechet - fresh.FrechetFloor))
                (0.35 * fresh.FrechetFloor)
                "fresh ones are at the floor"

            Expect.isLessThan (abs (fresh.Pixels.Variance / fresh.TrainPixels.Variance - 1.)) 0.1 "of the same variance"
            Expect.isGreaterThan fresh.NearestRatio.Median 0.85 "and copies of none"
            Expect.equal copies.NearestDistance.P99 0. "copies are found"
            Expect.isGreaterThan noisy.Frechet (5. * noisy.FrechetFloor) "noise is far away"

        testCase "the sets of a floor are disjoint and spread"
        <| fun () ->
            let ramp = Array.init 103 float32

            let dataset = {
                new ImageDataset() with
                    member _.Name = "ramp"
                    member _.Count = ramp.Length
                    member _.Shape = struct (1, 1, 1)
                    member _.Label _ = 0
                    member _.Read(index, pixels) = pixels[0] <- ramp[index]
            }

            for count in [ 1; 10; 25; 51; 60; 103; 500 ] do
                let sets = ImageBlocks.Spread(dataset, count)
                let values = [ for set in sets -> set.Read.Invoke(0, set.Count).ToArray() ]
                let all = Seq.concat values |> Seq.toList
                Expect.equal (List.distinct all).Length all.Length "disjoint"
                Expect.all values (fun set -> set.Length = min count 103) "as many as asked for"

                if count <= 60 && count >= 10 then
                    // The middle of a set that is spread over 0 .. 102 is near 51.
                    Expect.all values (fun set -> abs (Seq.averageBy float set - 51.) < 6.) $"{count} spread"
    ]
