/// Plots of the plane and of losses.
module Host.Tests.ChartsTests

open System
open System.IO
open System.Text.RegularExpressions
open System.Xml.Linq
open Expecto
open Host.Tests.PlottingSupport
open ScoreFunctional.Host.Plotting.Charts
open ScottPlot
open SkiaSharp

/// The values of a function at points of the plane.
let private at (f: float -> float -> float) =
    Func<_, _>(fun (points: float32[]) ->
        points |> Array.chunkBySize 2 |> Array.map (fun point -> f (float point[0]) (float point[1])))

[<Tests>]
let planeTests =
    testList "plots of the plane" [
        testCase "the density is dark where it is high, and a sample leaves its mark where it lies"
        <| fun () ->
            let peak = at (fun x y -> exp (-((x - 0.5) ** 2. + (y - 0.5) ** 2.) / 0.02))
            let chart = PlaneChart(1., peak)
            let picture (points: float32[]) = decoded (chart.Png([| struct ("a peak", points) |], 726, 1))
            // The square of 640 pixels begins 66 from the left and 40 from the top; y points upwards.
            let pixel (picture: SKBitmap) x y = picture.GetPixel(66 + int ((x + 1.) * 320.), 40 + int ((1. - y) * 320.))
            use empty = picture [||]
            Expect.isLessThan (pixel empty 0.5 0.5).Red 130uy "dark at the peak"
            Expect.equal (pixel empty -0.5 -0.5) SKColors.White "white far from it"
            use marked = picture [| -0.5f; -0.5f; nanf; 0f; 9f; 9f |]
            Expect.isLessThan (pixel marked -0.5 -0.5).Blue 100uy "the sample's dot"
            Expect.equal (pixel marked -0.5 0.5) SKColors.White "nothing where no sample is"

        testCase "a lattice goes row by row from the top"
        <| fun () ->
            Expect.sequenceEqual
                (PlaneChart.Lattice(2., 2))
                [| -1f; 1f; 1f; 1f; -1f; -1f; 1f; -1f |]
                "the centres of four cells"

        testCase "a density that is no number stays white, and frames stand side by side"
        <| fun () ->
            let chart = PlaneChart(1., at (fun x _ -> if x < 0. then nan else 1.))
            let frames = [| for name in [ "a"; "b"; "c" ] -> struct (name, Array.empty<float32>) |]
            use picture = decoded (chart.Png(frames, 320, 2))
            Expect.equal (picture.Width, picture.Height) (640, 640) "two rows of two"

            for left, top in [ 0, 0; 320, 0; 0, 320 ] do
                Expect.equal (picture.GetPixel(left + 100, top + 150)) SKColors.White "no number"
                Expect.isLessThan (picture.GetPixel(left + 250, top + 150)).Red 130uy "the density"

            Expect.equal (picture.GetPixel(570, 470)) SKColors.White "no fourth frame"
    ]

let private ns = XNamespace.Get "http://www.w3.org/2000/svg"

[<Tests>]
let chartTests =
    testList "charts" [
        testCase "every chart is well-formed, whatever the values"
        <| fun () ->
            let wild = [| nan; infinity; -infinity; 0.; -1.; 1e300; 1e-300; 3. |]
            let x = Array.init wild.Length (fun i -> float (i + 1))

            for values in [ wild; [||]; [| nan |]; [| 1e300; 1e-300 |]; [| 5. |]; [| 0.; 0. |]; [| -3.; -3. |] ] do
                for plot in
                    [
                        LossChart.OfSteps(x[.. values.Length - 1], values)
                        LossChart.OfNoiseLevels("t<&", "y", x[.. values.Length - 1], values)
                    ] do
                    let numbers = Regex.Matches(svg plot, " [dxy]=\"[^\"]*\"") |> Seq.map _.Value |> String.concat ""
                    Expect.isFalse (Regex.IsMatch(numbers, "nan|inf|∞", RegexOptions.IgnoreCase)) "only finite numbers"

        testCase "a long run is a small file, and its extremes are in it"
        <| fun () ->
            let count = 100_000
            let y = Array.init count (fun i -> if i = 77_777 then 50. else 2. + sin (float i))
            use plot = LossChart.OfSteps(Array.init count float, y)
            let text = Chart.Svg plot
            Expect.isLessThan text.Length 60_000 "the file is small"
            let peak = plot.GetPixel(Coordinates(77_777., 50.))

            let highest =
                Regex.Matches(text, @"[ML](-?[\d.]+) (-?[\d.]+)")
                |> Seq.map (fun point -> float point.Groups[2].Value, float point.Groups[1].Value)
                |> Seq.min

            Expect.isLessThan (abs (fst highest - float peak.Y)) 0.2 "as high as the peak"
            Expect.isLessThan (abs (snd highest - float peak.X)) 1.5 "where the peak is"

        testCase "a loss that falls far has a logarithmic axis, and one that does not has not"
        <| fun () ->
            for last, expected in [ 0.001, "0.01"; 0.5, "0.8" ] do
                let plot = LossChart.OfSteps([| 1.; 2.; 3. |], [| 1.; last; last |])
                let labels = XDocument.Parse(svg plot).Descendants(ns + "text") |> Seq.map _.Value.Trim() |> List.ofSeq
                Expect.contains labels expected "a label of the axis"
                Expect.containsAll labels [ "Training loss"; "step"; "loss"; "moving average" ] "title, axes and legend"

        testCase "ticks of decades are round, and lie where they say"
        <| fun () ->
            for low, high, expected in
                [
                    0., 2., [ "1"; "2"; "5"; "10"; "20"; "50"; "100" ]
                    -3., 1., [ "0.001"; "0.01"; "0.1"; "1"; "10" ]
                    -6.5, -3.5, [ "1e-6"; "1e-5"; "1e-4" ]
                    4., 6., [ "10000"; "20000"; "50000"; "1e5"; "2e5"; "5e5"; "1e6" ]
                ] do
                let decades = Chart.Decades(low, high)
                use paint = Paint.NewDisposablePaint()
                decades.Regenerate(CoordinateRange(low, high), Edge.Bottom, PixelLength 400f, paint, LabelStyle())
                let ticks = decades.Ticks |> Array.filter _.IsMajor
                Expect.sequenceEqual (ticks |> Array.map _.Label) expected "the labels"

                for tick in ticks do
                    Expect.floatClose Accuracy.high (10. ** tick.Position) (float tick.Label) "its place"

        testCase "text shows by the font that the program brings, every letter of it"
        <| fun () ->
            use plot = Chart.Create("σ, x₁ and √", "", "")
            let face = Fonts.GetTypeface("Arimo", FontWeight.Normal, FontSlant.Upright, FontSpacing.Normal)
            let file = Path.Combine(__SOURCE_DIRECTORY__, "../../../src/Host.CSharp/Plotting/Charts/Arimo.ttf")
            use stream = (face.OpenStream() |> Unchecked.nonNull)
            Expect.equal stream.Length (int (FileInfo file).Length) "the file of the program"
            Expect.isTrue (face.ContainsGlyphs "σ (standard deviation), x₁ ± √2²") "the letters of its charts"
            // Above the plotted part there is the title's ink and nothing else's.
            plot.Layout.Fixed(PixelPadding 60f)
            use drawn = decoded (plot.GetImageBytes(400, 300, ImageFormat.Png))
            plot.Title ""
            use blank = decoded (plot.GetImageBytes(400, 300, ImageFormat.Png))

            let ink (picture: SKBitmap) =
                Seq.allPairs [ 0..399 ] [ 0..49 ]
                |> Seq.filter (fun (x, y) -> picture.GetPixel(x, y).Red < 128uy)
                |> Seq.length

            Expect.isGreaterThan (ink drawn) 100 "ten letters"
            Expect.equal (ink blank) 0 "none without a title"

        testCase "the moving average follows a constant and forgets the start"
        <| fun () ->
            let smooth = LossChart.Smooth(Array.append (Array.create 20 9.) (Array.create 2000 1.), 50.)
            Expect.floatClose Accuracy.high smooth[19] 9. "while it is constant"
            Expect.floatClose Accuracy.medium smooth[2019] 1. "forty windows later"
    ]
