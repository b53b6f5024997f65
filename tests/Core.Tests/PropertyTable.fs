/// What a table of members was held to: members × properties, in a file that ./test shows when all tests have run.
module Core.Tests.PropertyTable

open System
open System.Collections.Generic
open System.IO

let private folder =
    let rec up (folder: DirectoryInfo | null) =
        match folder with
        | null -> AppContext.BaseDirectory
        | folder when folder.Name = "artifacts" -> Path.Combine(folder.FullName, "tables")
        | folder -> up folder.Parent

    up (DirectoryInfo AppContext.BaseDirectory)

/// A table that is written anew with each result, so that it says what has been shown and no more, in any order of tests.
type PropertyTable(name: string, members: string list, properties: string list) =
    let cells = Dictionary<struct (string * string), string>()

    let render () =
        let cell row column =
            match cells.TryGetValue(struct (row, column)) with
            | true, text -> text
            | _ -> ""

        let rows =
            (name :: properties)
            :: [ for row in members -> row :: [ for column in properties -> cell row column ] ]

        let widths = rows |> List.transpose |> List.map (List.map String.length >> List.max)

        rows
        |> List.map (fun row ->
            (List.map2 (fun (text: string) width -> text.PadRight width) row widths |> String.concat "  ").TrimEnd())

    do
        Directory.CreateDirectory folder |> ignore
        File.Delete(Path.Combine(folder, name + ".txt"))

    /// A member has a property; the text is the figure that shows it.
    member _.Holds (row: string) (property: string) (figure: string) : unit =
        lock cells (fun () ->
            if not (List.contains row members && List.contains property properties) then
                invalidArg (nameof row) $"expected a member and a property of the table, found {row}, {property}"

            cells[struct (row, property)] <- figure
            File.WriteAllLines(Path.Combine(folder, name + ".txt"), render ()))
