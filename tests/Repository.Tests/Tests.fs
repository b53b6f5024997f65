module Repository.Tests.Policies

open System.IO
open Expecto

let private root =
    let rec climb (directory: DirectoryInfo | null) =
        match directory with
        | null -> failwith "The tests do not run inside the repository."
        | directory when File.Exists(Path.Combine(directory.FullName, "ScoreFunctional.sln")) -> directory.FullName
        | directory -> climb directory.Parent

    climb (DirectoryInfo System.AppContext.BaseDirectory)

let private projects =
    Directory.GetFiles(root, "*.*proj", SearchOption.AllDirectories)
    |> Array.filter (fun path ->
        not (path.Contains $"{Path.DirectorySeparatorChar}artifacts{Path.DirectorySeparatorChar}"))
    |> Array.sort
    |> List.ofArray

[<Tests>]
let tests =
    testList "policy" [
        for project in projects do
            testCase $"{Path.GetFileName project} is in the solution" (fun () ->
                let solution = File.ReadAllText(Path.Combine(root, "ScoreFunctional.sln")).Replace('\\', '/')
                Expect.stringContains solution (Path.GetRelativePath(root, project)) "solution")
    ]
