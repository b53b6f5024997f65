/// The repository's files, as the policies read them.
module Repository.Tests.Files

open System
open System.IO

/// The folder that holds the solution.
let root =
    let rec climb (directory: DirectoryInfo | null) =
        match directory with
        | null -> failwith "The tests do not run inside the repository."
        | directory when File.Exists(Path.Combine(directory.FullName, "ScoreFunctional.sln")) -> directory.FullName
        | directory -> climb directory.Parent

    climb (DirectoryInfo AppContext.BaseDirectory)

let private made =
    set [ "artifacts"; ".git"; "bin"; "obj"; "runs"; "data"; "__pycache__"; ".vs"; ".idea"; ".vscode" ]

let rec private below (folder: string) : string list = [
    yield! Directory.GetFiles folder |> Array.sort
    for inner in Directory.GetDirectories folder |> Array.sort do
        if not (made.Contains(DirectoryInfo(inner).Name)) then
            yield! below inner
]

/// A path as it is written in the repository.
let relative (path: string) = Path.GetRelativePath(root, path).Replace('\\', '/')

/// Every file that a person wrote, by its path from the root.
let all = below root |> List.map relative

/// The text of a file, by its path from the root.
let read (path: string) = File.ReadAllText(Path.Combine(root, path))

let private ends (endings: string list) (path: string) =
    endings |> List.exists (fun ending -> path.EndsWith(ending, StringComparison.Ordinal))

/// Project files.
let projects = all |> List.filter (ends [ ".csproj"; ".fsproj" ])

/// Whatever may state a package: projects, what they import, scripts.
let buildFiles = all |> List.filter (ends [ ".csproj"; ".fsproj"; ".props"; ".targets"; ".fsx" ])

/// Source files.
let sources = all |> List.filter (ends [ ".fs"; ".fsx"; ".cs"; ".cpp"; ".h"; ".py"; ".sh" ])

/// Files that are text.
let texts =
    all
    |> List.filter (fun path ->
        ends
            [
                ".fs"
                ".fsx"
                ".cs"
                ".cpp"
                ".h"
                ".py"
                ".sh"
                ".md"
                ".txt"
                ".json"
                ".props"
                ".targets"
                ".sln"
            ]
            path
        || ends [ ".csproj"; ".fsproj"; ".dependencies"; ".editorconfig"; ".gitignore"; ".html"; ".csv" ] path
        || List.contains path [ "score"; "test"; ".ci/run" ])
