/// Every data set that needs no files is held to the same properties.
module Core.Tests.DatasetsTests

open System
open DiffSharp
open Expecto
open ScoreFunctional
open Core.Tests.Support

/// A grid of k × k points on [−extent, extent]², float64 [k²; 2], and the area of a cell.
let private grid extent k =
    let h = 2. * extent / float k
    let at i = -extent + (float i + 0.5) * h

    let points =
        Array.init (2 * k * k) (fun i ->
            let cell = i / 2
            if i % 2 = 0 then at (cell / k) else at (cell % k))

    (Batch.ofArray points).view [| k * k; 2 |], h * h

[<Tests>]
let tests =
    testList "data set" [
        for one in Datasets.table.Members do
            let dataset = Member.makeDefault one

            testList one.Name [
                match dataset.Draw with
                | None -> ()
                | Some draw ->
                    let samples = draw key
                    let some n = samples.Batch Device.CPU (Array.init n int64)

                    testCase "its samples have its shape and classes, and are finite" (fun () ->
                        let n = 500
                        Expect.equal (samples.Shape, samples.Classes) (dataset.Shape, dataset.Classes) "stated"
                        let batch = some n
                        Expect.equal batch.shape (batchOf n dataset.Shape) "shape"
                        Expect.equal batch.dtype Dtype.Float32 "element type"
                        Expect.isTrue (values batch |> Array.forall Double.IsFinite) "finite"

                        for label in samples.Labels(Array.init n int64) do
                            match label with
                            | Some label -> Expect.isTrue (label >= 0 && label < dataset.Classes) $"class {label}"
                            | None -> Expect.equal dataset.Classes 0 "no classes")

                    testCase "its samples belong to the key and to their index, whatever the batch" (fun () ->
                        let batch = values (some 9)
                        let size = Array.fold (*) 1 dataset.Shape
                        Expect.equal (values ((draw key).Batch Device.CPU (Array.init 9 int64))) batch "the same key"
                        let alone = values (samples.Batch Device.CPU [| 4L |])
                        Expect.equal alone batch[4 * size .. 5 * size - 1] "sample 4"
                        let other = (draw (Key.label "other" key)).Batch Device.CPU (Array.init 9 int64)
                        Expect.notEqual (values other) batch "another key")

                match dataset.Density with
                | None -> ()
                | Some density ->
                    testCase "the log-density integrates to one over its extent" (fun () ->
                        let points, area = grid (1.5 * density.Extent) 144
                        let total = values (density.LogDensity points) |> Array.sumBy exp
                        // Cells of 0.06 to 0.08 against curves 0.1 wide and squares whose edges lie on edges of cells.
                        Expect.floatClose { absolute = 0.02; relative = 0. } (total * area) 1. "integral")

                    testCase "samples fill cells as the density says" (fun () ->
                        let n, k = 20000, 8
                        let xs = values (density.Sample key n)
                        let extent = density.Extent
                        let fine = 16
                        let points, area = grid extent (k * fine)
                        let p = values (density.LogDensity points) |> Array.map exp

                        let cell (x: float) (y: float) =
                            let index v = int (floor ((v + extent) / (2. * extent) * float k))
                            let i, j = index x, index y
                            if i >= 0 && i < k && j >= 0 && j < k then Some(i * k + j) else None

                        let expected = Array.zeroCreate (k * k)

                        p
                        |> Array.iteri (fun i value ->
                            let c = (i / (k * fine) / fine) * k + (i % (k * fine)) / fine
                            expected[c] <- expected[c] + value * area)

                        let found = Array.zeroCreate (k * k)

                        for i in 0 .. n - 1 do
                            match cell xs[2 * i] xs[2 * i + 1] with
                            | Some c -> found[c] <- found[c] + 1. / float n
                            | None -> ()

                        for c in 0 .. k * k - 1 do
                            // A binomial share, and the integration error of a cell.
                            let error = standardErrors * sqrt (expected[c] / float n) + 2e-3

                            Expect.isLessThan
                                (abs (found[c] - expected[c]))
                                error
                                $"cell {c}: {found[c]} of {expected[c]}")

                    testCase "point k is the same in any request" (fun () ->
                        let batch = values (density.Sample key 9)
                        let alone = values (density.Sample (Key.fromSample 4L key) 1)
                        Expect.equal batch[8..9] alone "point 4")

                    testCase "nearly all of it lies within its extent" (fun () ->
                        let xs = values (density.Sample key 20000)
                        let outside = xs |> Array.filter (fun x -> abs x > density.Extent)
                        // Of the banana, the points further than √5 deviations: one in forty.
                        Expect.isLessThan outside.Length (xs.Length / 50) "coordinates outside")

                    match density.Mixture with
                    | None -> ()
                    | Some mixture ->
                        testCase "its score is the slope of the log-density, by central differences" (fun () ->
                            let x = (density.Sample key 20).cast Dtype.Float64
                            let v, h = normal64 [| 20; 2 |] "direction", 1e-5
                            let change = density.LogDensity(x + v * h) - density.LogDensity(x - v * h)
                            let score = Mixture.scoreAt mixture x (Batch.fill 20 1.) (Batch.fill 20 0.)
                            allClose differences (change / (2. * h)) (Batch.dot score v) "slope")
            ]
    ]
