/// The properties that the members of a table were held to, in a file that ./test shows and docs/update.sh puts into the
/// documentation.
module Core.Tests.PropertyTable

open System
open System.Collections.Generic
open System.IO

let private row (cells: string list) = "| " + String.Join(" | ", cells) + " |"

/// A table in the form of documents.
let markdown (header: string list) (rows: string list list) : string list =
    row header :: row (header |> List.map (fun _ -> "---")) :: List.map row rows

/// Writes a table or a figure where ./test and docs/update.sh look for it.
let publish (file: string) (lines: string list) : unit =
    let folder = Path.Combine(Checkout.root, "artifacts", "measured")
    Directory.CreateDirectory folder |> ignore
    File.WriteAllLines(Path.Combine(folder, file), lines)

/// The lines of a table as they stand in the documentation, between its markers.
let documented (name: string) : string list =
    File.ReadAllLines(Path.Combine(Checkout.root, "docs", "theory.md"))
    |> Array.skipWhile (fun line -> line <> $"<!-- {name}: begin -->")
    |> Array.takeWhile (fun line -> line <> $"<!-- {name}: end -->")
    |> Array.filter _.StartsWith("|")
    |> List.ofArray

/// A table that is written anew with each result, so that it says what has been shown and no more, in any order of tests.
type PropertyTable(name: string, members: string list, properties: string list) =
    let cells = Dictionary<struct (string * string), string>()

    let render () =
        let cell row column =
            match cells.TryGetValue(struct (row, column)) with
            | true, text -> text
            | _ -> ""

        markdown ("held to" :: properties) [
            for row in members -> $"`{row}`" :: [ for column in properties -> cell row column ]
        ]

    /// A member has a property; the text is the figure that shows it.
    member _.Holds (row: string) (property: string) (figure: string) : unit =
        lock cells (fun () ->
            if not (List.contains row members && List.contains property properties) then
                invalidArg (nameof row) $"expected a member and a property of the table, found {row}, {property}"

            cells[struct (row, property)] <- figure
            publish $"{name}.md" (render ()))
