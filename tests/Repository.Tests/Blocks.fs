/// What stands between `<!-- NAME: begin -->` and `<!-- NAME: end -->` in README.md and docs is its source's.
module Repository.Tests.Blocks

open System
open System.Text.RegularExpressions
open Expecto

/// The lines between two lines, which stand once.
let private between first last path =
    let lines = (Files.read path).Split '\n'

    match Array.tryFindIndex ((=) first) lines, Array.tryFindIndex ((=) last) lines with
    | Some a, Some b when a < b -> lines[a + 1 .. b - 1] |> List.ofArray
    | _ -> failtestNoStackf "%s: expected %s and %s" path first last

/// A block of a document.
let private block name path = between $"<!-- {name}: begin -->" $"<!-- {name}: end -->" path

/// The lines of code between `// <NAME>` and `// </NAME>`, part after part, as a block of a document.
let private code language name path =
    let isMarker (tag: string) (line: string) = (line.TrimStart() + " ").StartsWith $"// {tag} "

    let folder (shown, indent) (line: string) =
        if isMarker $"<{name}>" line then
            (if List.isEmpty shown then [] else "" :: shown), Some(line.IndexOf '/')
        elif isMarker $"</{name}>" line then
            shown, None
        else
            match indent with
            | Some columns -> line.Substring(min columns line.Length) :: shown, indent
            | None -> shown, indent

    let shown = (Files.read path).Split '\n' |> Array.fold folder ([], None) |> fst |> List.rev
    Expect.isGreaterThan shown.Length 2 $"lines of {name} in {path}"

    // No two empty lines in a row.
    let shown = "x" :: shown |> List.pairwise |> List.filter (fun pair -> pair <> ("", "")) |> List.map snd

    [ $"```{language}"; yield! shown; "```" ]

/// Blocks that are compared here: document, name and source.
let private sources = [
    "README.md", "compose-an-objective", lazy code "fsharp" "compose-an-objective" "examples/ComposeAnObjective.fsx"
    "README.md", "sample-from-csharp", lazy code "csharp" "sample-from-csharp" "examples/CSharpApp/Program.cs"
    "README.md", "check-the-mathematics", lazy code "fsharp" "check-the-mathematics" "tests/Core.Tests/SdeTests.fs"
    "README.md", "speed", lazy block "speed" "bench/RESULTS.md"
    "README.md", "quality", lazy block "quality" "bench/QUALITY.md"
    "docs/theory.md", "likelihood", lazy block "likelihood" "bench/QUALITY.md"
]

/// Blocks that are compared where their source is at hand: in Command.Tests, and in Core.Tests.
let private elsewhere = [
    "README.md", "members"
    "README.md", "commands"
    "docs/theory.md", "objectives"
    "docs/theory.md", "objective-properties"
    "docs/theory.md", "samplers"
]

[<Tests>]
let tests =
    testList "blocks" [
        for document, name, source in sources do
            testCase $"{name} in {document} is its source's"
            <| fun () ->
                Expect.equal
                    (block name document)
                    (source.Force())
                    $"{document} differs: bash docs/update.sh puts {name} in"

        testCase "every block of a document is compared with its source"
        <| fun () ->
            let found = [
                for path in Files.all |> List.filter (fun path -> path = "README.md" || path.StartsWith "docs/") do
                    if path.EndsWith(".md", StringComparison.Ordinal) then
                        for marker in Regex.Matches(Files.read path, @"(?m)^<!-- (\S+): begin -->$") do
                            path, marker.Groups[1].Value
            ]

            let compared = elsewhere @ (sources |> List.map (fun (document, name, _) -> document, name))
            Expect.equal (List.sort found) (List.sort compared) "blocks"

        testCase "what a benchmark wrote says when, with which commit and on what"
        <| fun () ->
            for name, path in
                [ "speed", "bench/RESULTS.md"; "quality", "bench/QUALITY.md"; "likelihood", "bench/QUALITY.md" ] do
                let last = block name path |> List.last

                Expect.isTrue
                    (Regex.IsMatch(last, @"\d{4}-\d\d-\d\d, .*commit [0-9a-f]{7,}, .*cores"))
                    $"{path}: {last}"
    ]
