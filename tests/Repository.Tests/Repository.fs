/// The repository's files, as the policies read them.
module Repository.Tests.Files

open System
open System.IO

let private made =
    set [ "artifacts"; ".git"; "bin"; "obj"; "runs"; "data"; "__pycache__"; ".vs"; ".idea"; ".vscode" ]

let rec private below (folder: string) : string list = [
    yield! Directory.GetFiles folder |> Array.sort
    for inner in Directory.GetDirectories folder |> Array.sort do
        if not (made.Contains(DirectoryInfo(inner).Name)) then
            yield! below inner
]

/// A path as it is written in the repository.
let relative (path: string) = Path.GetRelativePath(Checkout.root, path).Replace('\\', '/')

/// Every file that a person wrote, by its path from the root.
let all = below Checkout.root |> List.map relative

/// The text of a file, by its path from the root.
let read (path: string) = File.ReadAllText(Path.Combine(Checkout.root, path))

/// Whether a path has one of these endings, which blanks part.
let private ends (endings: string) (path: string) =
    endings.Split ' ' |> Array.exists (fun ending -> path.EndsWith(ending, StringComparison.Ordinal))

/// Project files.
let projects = all |> List.filter (ends ".csproj .fsproj")

/// Whatever may state a package: projects, what they import, scripts.
let buildFiles = all |> List.filter (ends ".csproj .fsproj .props .targets .fsx")

let private code = ".fs .fsx .cs .cpp .h .py .sh"

/// Source files.
let sources = all |> List.filter (ends code)

/// Files that are text.
let texts =
    let others =
        ".md .txt .json .props .targets .sln .csproj .fsproj .dependencies .editorconfig .gitignore .html .csv"

    all
    |> List.filter (fun path -> ends $"{code} {others}" path || List.contains path [ "score"; "test"; ".ci/run" ])
