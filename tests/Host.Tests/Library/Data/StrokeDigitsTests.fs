/// Digits that the program draws.
module Host.Tests.StrokeDigitsTests

open System
open Expecto
open Host.Tests.DataSupport
open ScoreFunctional.Host.Data

/// Part of the images whose nearest reference has the same label.
let private nearestNeighbour (train: ImageDataset) (test: ImageDataset) =
    let reference = [| for i in 0 .. train.Count - 1 -> train.GetRange(i, 1), train.Label i |]

    let right =
        Array.Parallel.init test.Count (fun i ->
            let image = test.GetRange(i, 1)

            let _, label =
                reference
                |> Array.minBy (fun (other, _) ->
                    let mutable sum = 0f

                    for k in 0 .. image.Length - 1 do
                        sum <- sum + (image[k] - other[k]) * (image[k] - other[k])

                    sum)

            if label = test.Label i then 1. else 0.)

    Array.average right

[<Tests>]
let strokeTests =
    testList "drawn digits" [
        testCase "an image depends on its index alone"
        <| fun () ->
            let dataset = strokes 50
            let batch = dataset.GetBatch(ReadOnlySpan [| 3; 49; 3 |])
            Expect.sequenceEqual batch[..783] batch[1568..] "the same index, the same image"
            Expect.sequenceEqual batch[784..1567] ((strokes 60).GetRange(49, 1)) "in any dataset, in any batch"
            Expect.notEqual batch[..783] batch[784..1567] "another index, another image"

            Expect.isGreaterThan
                (Array.sum (dataset.GetBatch(ReadOnlySpan [| 1_000_000 |])))
                5f
                "there is no last image"

        testCase "every image is a digit in its box"
        <| fun () ->
            let images = (strokes 2000).GetRange(0, 2000)
            Expect.all images (fun v -> v >= 0f && v <= 1f) "values in [0, 1]"

            for i in 0..1999 do
                let image = images[i * 784 .. i * 784 + 783]
                let ink = Array.sum image
                // A one of a thin pen has some 20 pixels; half the picture would be no digit.
                Expect.isTrue (ink > 15f && ink < 300f) $"the ink of image {i}: {ink}"
                let centre axis = (Array.sum (Array.mapi (fun k v -> v * float32 (axis k)) image)) / ink
                // Centred on the mass of the line: half a pixel of chance, and strokes that cross count once as ink.
                Expect.isLessThan (abs (centre (fun k -> k % 28) - 13.5f)) 2f "centred across"
                Expect.isLessThan (abs (centre (fun k -> k / 28) - 13.5f)) 2f "centred down"

        testCase "the ten digits come equally often"
        <| fun () ->
            let dataset = strokes 5000
            let counts = Array.zeroCreate<int> 10

            for i in 0..4999 do
                counts[dataset.Label i] <- counts[dataset.Label i] + 1

            // Binomial with mean 500 and standard deviation 21; five of those.
            Expect.all counts (fun count -> abs (count - 500) < 106) $"%A{counts}"

        testCase "labels can be told from the pixels"
        <| fun () ->
            let train, test = StrokeDigits("train", 2000, uniforms 2), StrokeDigits("test", 400, uniforms 3)
            Expect.isGreaterThan (nearestNeighbour train test) 0.9 "the nearest of 2,000 images has the same label"
    ]
