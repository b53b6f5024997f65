/// A picture of errors that fall with the number of moves, as the documentation shows it: both axes logarithmic, a line for
/// each method with its name at the end.
module Core.Tests.LogLogFigure

open System
open System.Globalization

/// Eight colours that stay apart for most eyes (Okabe and Ito).
let private colours = [ "#0072B2"; "#D55E00"; "#009E73"; "#CC79A7"; "#56B4E9"; "#E69F00"; "#7A5C00"; "#555555" ]

let private width, private height = 760., 460.
let private left, private right, private top, private bottom = 80., 590., 44., 410.

let private at (x: float) = x.ToString("0.#", CultureInfo.InvariantCulture)

/// Names in increasing order of where they want to be, each at least a line below the one before.
let private apart (wanted: float list) =
    wanted |> List.scan (fun before y -> max y (before + 14.)) Double.NegativeInfinity |> List.tail

/// <summary>The picture as lines of SVG.</summary>
/// <param name="title">What is shown.</param>
/// <param name="errorLabel">What is wrong by how much: the vertical axis.</param>
/// <param name="counts">Numbers of moves, in increasing order.</param>
/// <param name="lines">Name and positive errors, one for each number of moves.</param>
let svg (title: string) (errorLabel: string) (counts: int list) (lines: (string * float list) list) : string list =
    let errors = lines |> List.collect snd
    let lowest, highest = floor (log10 (List.min errors)), ceil (log10 (List.max errors))
    let first, last = log (float counts.Head), log (float (List.last counts))
    let x (count: int) = left + (right - left) * (log (float count) - first) / (last - first)
    let y (error: float) = bottom - (bottom - top) * (log10 error - lowest) / (highest - lowest)

    let text (anchor: string) (px: float) (py: float) (colour: string) (words: string) =
        $"""<text x="{at px}" y="{at py}" text-anchor="{anchor}" fill="{colour}">{words}</text>"""

    let rule (x1: float) y1 x2 y2 = $"""<line x1="{at x1}" y1="{at y1}" x2="{at x2}" y2="{at y2}" stroke="#DDDDDD"/>"""

    let grid = [
        for count in counts do
            rule (x count) top (x count) bottom
            text "middle" (x count) (bottom + 18.) "#333333" (string count)
        for power in int lowest .. int highest do
            let py = y (10. ** float power)
            rule left py right py

            text "end" (left - 8.) (py + 4.) "#333333" $"""10<tspan dy="-5" font-size="9">{power}</tspan>"""
    ]

    let drawn =
        lines
        |> List.sortBy (fun (_, errors) -> y (List.last errors))
        |> List.indexed
        |> List.map (fun (i, line) -> colours[i % colours.Length], i / colours.Length, line)

    let names = drawn |> List.map (fun (_, _, (_, errors)) -> y (List.last errors)) |> apart

    let paths = [
        for (colour, round, (name, errors)), place in List.zip drawn names do
            let points = List.map2 (fun count error -> $"{at (x count)},{at (y error)}") counts errors
            // A colour comes twice: dashed the second time.
            let dashes = if round = 0 then "" else " stroke-dasharray=\"5 3\""
            let joined = String.concat " " points
            $"""<polyline points="{joined}" fill="none" stroke="{colour}" stroke-width="1.6"{dashes}/>"""
            text "start" (right + 8.) (place + 4.) colour name
    ]

    [
        $"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {at width} {at height}" font-family="sans-serif" font-size="12">"""
        $"<title>{title}</title>"
        $"""<rect width="{at width}" height="{at height}" fill="white"/>"""
        yield! grid
        yield! paths
        text "middle" ((left + right) / 2.) (height - 12.) "#333333" "moves"
        $"""<g transform="translate(20 {at ((top + bottom) / 2.)}) rotate(-90)">{text "middle" 0. 0. "#333333" errorLabel}</g>"""
        $"""<g font-size="15">{text "middle" ((left + right) / 2.) 26. "#333333" title}</g>"""
        "</svg>"
    ]
