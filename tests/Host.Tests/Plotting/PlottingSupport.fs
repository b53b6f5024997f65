/// Pictures and charts as tests read them.
module Host.Tests.PlottingSupport

open System.Xml.Linq
open ScoreFunctional.Host.Plotting.Charts
open ScottPlot
open SkiaSharp

/// The pixels of a PNG file.
let decoded (png: byte[]) = SKBitmap.Decode png |> Unchecked.nonNull

/// A plot as SVG, which is well-formed XML.
let svg (plot: Plot) =
    use plot = plot
    let text = Chart.Svg plot
    XDocument.Parse text |> ignore
    text
