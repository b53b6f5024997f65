/// Pictures, arrays, charts, reports and how files are replaced.
module Host.Tests.Pictures

open System
open System.Buffers.Binary
open System.IO
open System.IO.Compression
open System.Text
open System.Xml.Linq
open Expecto
open Host.Tests.Support
open ScoreFunctional.Host
open ScoreFunctional.Host.Charts
open ScoreFunctional.Host.Files
open ScoreFunctional.Host.Images
open ScoreFunctional.Host.Metrics
open ScoreFunctional.Host.Reports

/// The definition, bit by bit.
let private crc (bytes: byte[]) =
    let mutable c = 0xFFFFFFFFu

    for b in bytes do
        c <- c ^^^ uint32 b

        for _ in 1..8 do
            c <- if c &&& 1u = 1u then (c >>> 1) ^^^ 0xEDB88320u else c >>> 1

    ~~~c

/// Chunks of a PNG file, each with a right checksum.
let private chunks (png: byte[]) =
    Expect.sequenceEqual png[..7] [| 137uy; 80uy; 78uy; 71uy; 13uy; 10uy; 26uy; 10uy |] "the signature"

    let rec read at =
        if at = png.Length then
            []
        else
            let length = BinaryPrimitives.ReadInt32BigEndian(ReadOnlySpan(png, at, 4))
            let body = png[at + 4 .. at + 7 + length]
            let sum = BinaryPrimitives.ReadUInt32BigEndian(ReadOnlySpan(png, at + 8 + length, 4))
            Expect.equal sum (crc body) "the checksum of a chunk"
            (Encoding.ASCII.GetString(body, 0, 4), body[4..]) :: read (at + 12 + length)

    read 8

/// Width, height, colour type and unfiltered bytes.
let private decode (png: byte[]) =
    let parts = chunks png
    Expect.sequenceEqual (List.map fst parts) [ "IHDR"; "IDAT"; "IEND" ] "the chunks"
    let header = snd parts[0]
    let width = BinaryPrimitives.ReadInt32BigEndian(ReadOnlySpan(header, 0, 4))
    let height = BinaryPrimitives.ReadInt32BigEndian(ReadOnlySpan(header, 4, 4))
    Expect.sequenceEqual header[10..] [| 0uy; 0uy; 0uy |] "deflate, adaptive filters, not interlaced"
    use target = new MemoryStream()
    use zlib = new ZLibStream(new MemoryStream(snd parts[1]), CompressionMode.Decompress)
    zlib.CopyTo target
    let raw = target.ToArray()
    let stride = raw.Length / height - 1
    let pixels = Array.zeroCreate<byte>(stride * height)

    for y in 0 .. height - 1 do
        let filter = raw[y * (stride + 1)]

        for i in 0 .. stride - 1 do
            let above = if y > 0 then pixels[(y - 1) * stride + i] else 0uy
            let value = raw[y * (stride + 1) + 1 + i]

            pixels[y * stride + i] <-
                match filter with
                | 0uy -> value
                | 2uy -> value + above
                | other -> failtest $"expected filter 0 or 2, found {other}"

    width, height, header[9], pixels

[<Tests>]
let pngTests =
    testList "PNG" [
        testCase "a decoder gets back the pixels of grey and RGB pictures"
        <| fun () ->
            for channels, colour in [ 1, 0uy; 3, 2uy ] do
                let picture = Raster(37, 11, channels)
                Random(5).NextBytes picture.Pixels
                let width, height, kind, pixels = decode (Png.Encode picture)
                Expect.equal (width, height, kind) (37, 11, colour) "the header"
                Expect.sequenceEqual pixels picture.Pixels "the pixels"

        testCase "checksums agree with the definition for all lengths"
        <| fun () ->
            let bytes = Array.zeroCreate<byte> 100
            Random(6).NextBytes bytes

            for length in 0..100 do
                Expect.equal (Crc32.Append(ReadOnlySpan(bytes, 0, length))) (crc bytes[.. length - 1]) "the whole"

            let first = Crc32.Append(ReadOnlySpan(bytes, 0, 41))
            Expect.equal (Crc32.Append(ReadOnlySpan(bytes, 41, 59), first)) (crc bytes) "in two parts"

        testCase "a grid puts each image into its cell"
        <| fun () ->
            // Five images of 2 by 3 pixels, each of its own grey; three columns, every pixel doubled.
            let images = Array.init 30 (fun i -> float32 (i / 6) * 0.2f + 0.1f)
            let picture = ImageGrid.Compose(ReadOnlySpan images, 1, 2, 3, GridLayout(3, 2, 1, 7uy))
            Expect.equal (picture.Width, picture.Height) (3 * 7 + 1, 2 * 5 + 1) "the size"
            let at x y = picture.Pixels[y * picture.Width + x]

            for i in 0..4 do
                let left, top = 1 + i % 3 * 7, 1 + i / 3 * 5
                let grey = byte (images[i * 6] * 255f + 0.5f)

                for x, y in [ left, top; left + 5, top; left, top + 3; left + 5, top + 3 ] do
                    Expect.equal (at x y) grey $"image {i}"

                Expect.equal (at (left - 1) top) 7uy "the padding before it"

            Expect.equal (at 15 6) 7uy "the cell without an image is background"

        testCase "values outside [0, 1] are clipped and NaN is black"
        <| fun () ->
            let images = [| -3f; 2f; nanf; 0.5f |]
            let picture = ImageGrid.Compose(ReadOnlySpan images, 1, 2, 2, GridLayout(1, 1, 0))
            Expect.sequenceEqual picture.Pixels [| 0uy; 255uy; 0uy; 128uy |] "the greys"

        testCase "a number of values that is no whole number of images is refused"
        <| fun () ->
            Expect.throwsT<ArgumentException>
                (fun () -> ImageGrid.Compose(ReadOnlySpan(Array.zeroCreate<float32> 7), 1, 2, 2) |> ignore)
                "7 values"
    ]

[<Tests>]
let planeTests =
    testList "plots of the plane" [
        testCase "a window around samples holds almost all of them and is square"
        <| fun () ->
            let points = normals 3 4000 |> Array.map float32
            let window = PlaneWindow.Around(ReadOnlySpan points)

            let inside =
                Seq.init 2000 id
                |> Seq.filter (fun i ->
                    float points[2 * i] > window.Left
                    && float points[2 * i] < window.Right
                    && float points[2 * i + 1] > window.Bottom
                    && float points[2 * i + 1] < window.Top)

            Expect.isGreaterThan (Seq.length inside) 1900 "inside"
            Expect.floatClose Accuracy.high (window.Right - window.Left) (window.Top - window.Bottom) "square"

        testCase "the density is dark where it is high, and a sample leaves its mark where it lies"
        <| fun () ->
            let window = PlaneWindow(-1., 1., -1., 1.)
            let peak = Func<_, _, _>(fun x y -> exp (-((x - 0.5) ** 2. + (y - 0.5) ** 2.) / 0.02))
            let empty = PlanePlot.Scatter(ReadOnlySpan [||], peak, window)
            // The plotted square begins 56 pixels from the left and 16 from the top; y points upwards.
            let pixel (picture: Raster) x y =
                let column, row = 56 + int ((x + 1.) * 320.), 16 + int ((1. - y) * 320.)
                let first = (row * picture.Width + column) * 3
                picture.Pixels[first], picture.Pixels[first + 2]

            Expect.isLessThan (fst (pixel empty 0.5 0.5)) 130uy "dark at the peak"
            Expect.equal (pixel empty -0.5 -0.5) (255uy, 255uy) "white far from it"
            let marked = PlanePlot.Scatter(ReadOnlySpan [| -0.5f; -0.5f; nanf; 0f; 9f; 9f |], peak, window)
            Expect.isLessThan (snd (pixel marked -0.5 -0.5)) 100uy "the sample's dot"

        testCase "a lattice and its densities fit the picture"
        <| fun () ->
            let window = PlaneWindow(0., 2., 0., 2.)
            let lattice = PlanePlot.Lattice(window, 2)
            Expect.sequenceEqual lattice [| 0.5f; 1.5f; 1.5f; 1.5f; 0.5f; 0.5f; 1.5f; 0.5f |] "rows from the top"
            let plot = PlanePlot(window, 64)
            plot.Density(ReadOnlySpan [| 0.; 1.; 0.; nan |], 2)
            let at x y = plot.Picture.Pixels[(y * plot.Picture.Width + x) * 3]
            Expect.isLessThan (int (at (56 + 48) (16 + 16))) 130 "the upper right cell"
            Expect.equal (at (56 + 16) (16 + 16)) 255uy "the upper left cell"
            Expect.equal (at (56 + 48) (16 + 48)) 255uy "a density that is no number"

        testCase "arrows need as many vectors as positions"
        <| fun () ->
            let plot = PlanePlot(PlaneWindow(-1., 1., -1., 1.), 64)

            Expect.throwsT<ArgumentException>
                (fun () -> plot.Arrows(ReadOnlySpan [| 0f; 0f |], ReadOnlySpan [| 1f |], 0.1))
                "one number"

            let before = Array.copy plot.Picture.Pixels
            plot.Arrows(ReadOnlySpan [| 0f; 0f |], ReadOnlySpan [| 1f; 0f |], 0.5)
            Expect.notEqual plot.Picture.Pixels before "an arrow is drawn"
    ]

[<Tests>]
let npyTests =
    testList "NumPy arrays" [
        testProperty "what is saved is loaded"
        <| fun (values: float32[]) ->
            withFolder (fun folder ->
                let path = Path.Combine(folder, "a.npy")
                Npy.Save(path, ReadOnlyMemory values, values.Length, 1)
                let struct (loaded, shape) = Npy.Load path
                let bits (x: float32[]) = Array.map BitConverter.SingleToInt32Bits x
                Expect.sequenceEqual (bits loaded) (bits values) "the values, NaN and signs of zero included"
                Expect.sequenceEqual shape [ values.Length; 1 ] "the shape")

        testCase "damage is one line"
        <| fun () ->
            withFolder (fun folder ->
                let path = Path.Combine(folder, "a.npy")
                Npy.Save(path, ReadOnlyMemory [| 1f; 2f |], 2)
                let bytes = File.ReadAllBytes path
                Expect.equal (bytes.Length % 64) 8 "the header is aligned"

                for length in 0 .. bytes.Length - 1 do
                    File.WriteAllBytes(path, bytes[.. length - 1])
                    expectError [ path ] (fun () -> Npy.Load path |> ignore)

                File.WriteAllText(path, Encoding.Latin1.GetString(bytes).Replace("<f4", "<f8"), Encoding.Latin1)
                expectError [ "float32" ] (fun () -> Npy.Load path |> ignore))

        testCase "NumPy reads ours, and we read NumPy's"
        <| fun () ->
            withFolder (fun folder ->
                Npy.Save(Path.Combine(folder, "a.npy"), ReadOnlyMemory(Array.init 12 float32), 3, 2, 2)

                let printed =
                    runPython
                        folder
                        "import numpy as n; a = n.load('a.npy'); print(a.dtype, a.shape, a[2, 1, 0]); n.save('b.npy', a[:2] + 1)"

                Expect.equal printed "float32 (3, 2, 2) 10.0" "what NumPy sees"
                let struct (values, shape) = Npy.Load(Path.Combine(folder, "b.npy"))
                Expect.sequenceEqual shape [ 2; 2; 2 ] "the shape"
                Expect.sequenceEqual values [| 1f .. 8f |] "the values")
    ]

let private parse (svg: string) = XDocument.Parse svg

[<Tests>]
let chartTests =
    testList "charts" [
        testCase "every chart is well-formed, whatever the values"
        <| fun () ->
            let wild = [| nan; infinity; -infinity; 0.; -1.; 1e300; 1e-300; 3. |]
            let x = Array.init wild.Length float

            for logX in [ false; true ] do
                for logY in [ false; true ] do
                    for series in [ [||]; [| Series("a<&\">", x, wild, SeriesStyle.Dots) |] ] do
                        let chart = LineChart("t<&", "x", "y", series, LogX = logX, LogY = logY)
                        let text = Svg.Render chart
                        parse text |> ignore
                        Expect.isFalse (text.Contains "NaN" || text.Contains "∞") "only finite numbers"

        testCase "a long series is thinned, and its extremes stay"
        <| fun () ->
            let count = 100_000
            let y = Array.init count (fun i -> if i = 77_777 then 50. else sin (float i))
            let text = Svg.Render(LineChart("t", "x", "y", [| Series("s", Array.init count float, y) |]))
            Expect.isLessThan text.Length 60_000 "the file is small"
            // The plot's upper edge is at 58, the axis ends at a tick at or above the peak: 50 lies on it.
            Expect.stringContains text " 58L" "the peak is drawn"

        testCase "ticks are round and inside the axis"
        <| fun () ->
            for log, values, expected in
                [
                    false, [ 0.; 1. ], [ 0.; 0.2; 0.4; 0.6; 0.8; 1. ]
                    false, [ -3.; 47. ], [ -10.; 0.; 10.; 20.; 30.; 40.; 50. ]
                    true, [ 1.; 100. ], [ 1.; 2.; 5.; 10.; 20.; 50.; 100. ]
                    true, [ 1e-3; 10. ], [ 1e-3; 1e-2; 1e-1; 1.; 10. ]
                ] do
                let axis = Axis.For(values, log, 6, true)
                Expect.hasLength axis.Ticks expected.Length $"%A{List.ofSeq axis.Ticks}"

                for tick, wanted in Seq.zip axis.Ticks expected do
                    Expect.floatClose Accuracy.high tick wanted "a tick"
                    Expect.isTrue (axis.Position tick >= -1e-9 && axis.Position tick <= 1. + 1e-9) "inside"

        testCase "labels are short"
        <| fun () ->
            for value, label in [ 0., "0"; 0.30000000000000004, "0.3"; 2000., "2000"; 1e6, "1e6"; 2e-5, "2e-5" ] do
                Expect.equal (Axis.Label value) label "the label"

        testCase "the moving average follows a constant and forgets the start"
        <| fun () ->
            let smooth = LineChart.Smooth(Array.append (Array.create 20 9.) (Array.create 2000 1.), 50.)
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

            let png = Png.Encode(Raster(2, 2, 1))

            let page =
                ReportPage(
                    "<script>alert(1)</script>",
                    "a & b",
                    [| Headline("loss", "0.03", "") |],
                    [|
                        PictureSection("Samples", "", ReadOnlyMemory png, "sixteen \"digits\"")
                        ChartSection("Loss", "", Svg.Render(LineChart.OfLoss([| 1. |], [| 2. |])))
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
            let addresses = html.Split("http").Length - 1
            Expect.equal addresses 1 "the only address is the name space of the chart"
    ]

[<Tests>]
let fileTests =
    testList "files are replaced whole or not at all" [
        testCase "what fails leaves the old file and nothing else"
        <| fun () ->
            withFolder (fun folder ->
                let path = Path.Combine(folder, "a", "b.txt")
                AtomicFile.WriteText(path, "old")

                let failing () =
                    AtomicFile.Write(
                        path,
                        fun stream ->
                            stream.WriteByte 1uy
                            raise (IOException "disk\nfull")
                    )

                expectError [ path; "disk full" ] failing
                Expect.equal (File.ReadAllText path) "old" "the old contents"
                Expect.hasLength (Directory.GetFiles(Path.Combine(folder, "a"))) 1 "no other file"
                File.WriteAllText(path + ".tmp", "left by a run that was killed")
                AtomicFile.WriteText(path, "new")
                Expect.equal (File.ReadAllText path) "new" "the new contents"
                Expect.hasLength (Directory.GetFiles(Path.Combine(folder, "a"))) 1 "what was left is gone")

        testCase "a folder in the way is one line"
        <| fun () ->
            withFolder (fun folder ->
                expectError [ folder ] (fun () -> AtomicFile.WriteText(folder, "x"))
                File.WriteAllText(Path.Combine(folder, "file"), "")
                let below = Path.Combine(folder, "file", "x.txt")
                expectError [ below ] (fun () -> AtomicFile.WriteText(below, "x")))
    ]
