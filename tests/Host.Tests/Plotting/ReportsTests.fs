/// Reports of runs.
module Host.Tests.ReportsTests

open System
open System.Text
open Expecto
open Host.Tests.PlottingSupport
open ScoreFunctional.Host.Metrics
open ScoreFunctional.Host.Plotting.Charts
open ScoreFunctional.Host.Plotting.Images
open ScoreFunctional.Host.Plotting.Reports

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
