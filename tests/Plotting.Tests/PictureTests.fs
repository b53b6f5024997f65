/// Pictures of samples, charts and reports.
module Plotting.Tests.Pictures

open System
open System.IO
open System.Text
open System.Text.RegularExpressions
open System.Xml.Linq
open Expecto
open Host.Tests.Support
open ScoreFunctional.Host
open ScoreFunctional.Host.Metrics
open ScoreFunctional.Host.Plotting.Charts
open ScoreFunctional.Host.Plotting.Images
open ScoreFunctional.Host.Plotting.Reports
open ScoreFunctional.Host.Training
open ScoreFunctional.Runs
open ScottPlot
open SkiaSharp

let private decoded (png: byte[]) = SKBitmap.Decode png |> Unchecked.nonNull

[<Tests>]
let gridTests =
    testList "grids of images" [
        testCase "a grid puts each image into its cell, and every pixel is one of an image's"
        <| fun () ->
            // Five images of 2 by 3 pixels, each of its own grey; three columns, every pixel doubled.
            let images = Array.init 30 (fun i -> float32 (i / 6) * 0.2f + 0.1f)
            use picture = decoded (ImageGrid.Png(ReadOnlySpan images, 1, 2, 3, GridLayout(3, 2, 1, 7uy)))
            Expect.equal (picture.Width, picture.Height) (3 * 7 + 1, 2 * 5 + 1) "the size"
            Expect.equal picture.ColorType SKColorType.Gray8 "a grey picture"

            let expected x y =
                let column, row = (x - 1) / 7, (y - 1) / 5
                let image = 3 * row + column

                if x > 0 && y > 0 && (x - 1) % 7 < 6 && (y - 1) % 5 < 4 && image < 5 then
                    byte (images[image * 6] * 255f + 0.5f)
                else
                    7uy

            for x in 0 .. picture.Width - 1 do
                for y in 0 .. picture.Height - 1 do
                    Expect.equal (picture.GetPixel(x, y).Green) (expected x y) $"pixel {x}, {y}"

        testCase "the channels of a coloured image are red, green and blue"
        <| fun () ->
            let images = [| 1f; 0f; 0.2f; 0.4f; 0.6f; 0.8f |]
            use picture = decoded (ImageGrid.Png(ReadOnlySpan images, 3, 1, 2, GridLayout(1, 1, 0)))
            Expect.equal (picture.GetPixel(0, 0)) (SKColor(255uy, 51uy, 153uy)) "the first pixel"
            Expect.equal (picture.GetPixel(1, 0)) (SKColor(0uy, 102uy, 204uy)) "the second"

        testCase "values outside [0, 1] are clipped and NaN is black"
        <| fun () ->
            let images = [| -3f; 2f; nanf; 0.5f |]
            use picture = decoded (ImageGrid.Png(ReadOnlySpan images, 1, 2, 2, GridLayout(1, 1, 0)))
            Expect.sequenceEqual picture.Bytes [| 0uy; 255uy; 0uy; 128uy |] "the greys"

        testCase "a number of values that is no whole number of images is refused"
        <| fun () ->
            for count, channels in [ 7, 1; 8, 2 ] do
                Expect.throwsT<ArgumentException>
                    (fun () -> ImageGrid.Png(ReadOnlySpan(Array.zeroCreate<float32> count), channels, 2, 2) |> ignore)
                    $"{count} values of {channels} channels"
    ]

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

[<Tests>]
let limitTests =
    testList "limits" [
        testCase "one picture shows ten thousand images and a hundred thousand points"
        <| fun () ->
            for shape, most in [ SampleShape.Image, 10_000; SampleShape.Point, 100_000 ] do
                SamplePicture.Require(most, shape)
                expectError [ string most; "--npy" ] (fun () -> SamplePicture.Require(most + 1, shape))

            expectError [ "10000" ] (fun () ->
                SamplePicture.Of(
                    ReadOnlySpan(Array.zeroCreate<float32>(10_001 * 784)),
                    SampleShape.Image,
                    Designs.designOf "--dataset strokes"
                )
                |> ignore)
    ]

let private svg (plot: Plot) =
    use plot = plot
    let text = Chart.Svg plot
    XDocument.Parse text |> ignore
    text

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
            let file = Path.Combine(__SOURCE_DIRECTORY__, "../../src/Host.CSharp/Plotting/Charts/Arimo.ttf")
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

[<Tests>]
let reportTests =
    testList "reports" [
        testCase "a page holds everything, escapes text and loads nothing"
        <| fun () ->
            let quantiles = Quantiles.Of [ 1.; 2. ]
            let pixels = PixelStatistics(0.13, 0.095, 0.8)

            let quality =
                SampleQuality(
                    1000,
                    pixels,
                    pixels,
                    1.25,
                    0.68,
                    0.08,
                    0.186,
                    10000,
                    0.86,
                    quantiles,
                    quantiles,
                    quantiles,
                    quantiles
                )

            let png = ImageGrid.Png(ReadOnlySpan [| 0.5f |], 1, 1, 1)
            let chart = svg (LossChart.OfSteps([| 1. |], [| 2. |])) |> Encoding.UTF8.GetBytes

            let page =
                ReportPage(
                    "<script>alert(1)</script>",
                    "a & b",
                    [| Headline("loss", "0.03", "") |],
                    [|
                        PictureSection("Samples", "", "image/png", ReadOnlyMemory png, "sixteen \"digits\"", true)
                        PictureSection("Loss", "", "image/svg+xml", ReadOnlyMemory chart, "the loss")
                        TableSection.Of quality
                        TextSection("run.json", "", "{ \"a\": \"<b>\" }")
                        ListSection("Sources", "", [| "Vincent (2011)" |])
                    |]
                )

            let html = HtmlReport.Render page
            Expect.isFalse (html.Contains "<script") "no script"
            Expect.isFalse (html.Contains "<b>") "text is escaped"
            Expect.stringContains html (Convert.ToBase64String png) "the picture is inside"
            Expect.stringContains html "PCA Fréchet distance, n = 1,000" "the measures"
            Expect.stringContains html "0.68 ± 0.08" "the floor with its spread"

            Expect.stringContains
                html
                ("data:image/svg+xml;base64," + Convert.ToBase64String chart)
                "the chart is inside"

            Expect.isFalse (html.Contains "http") "no address"

        testCase "a span of time keeps its days"
        <| fun () ->
            for seconds, words in
                [
                    42.0, "42 s"
                    99.4, "99 s"
                    185.0, "3:05"
                    3723.0, "1:02:03"
                    86399.0, "23:59:59"
                    86400.0, "1 d 0:00:00"
                    // 83 hours and more.
                    302303.0, "3 d 11:58:23"
                    400.0 * 86400.0, "400 d 0:00:00"
                ] do
                Expect.equal (Duration.Text(TimeSpan.FromSeconds seconds)) words $"{seconds} s"
    ]
