/// Where the tests were built.
module internal Checkout

open System
open System.IO

/// The folder that holds the solution.
let root =
    let rec climb (folder: DirectoryInfo | null) =
        match folder with
        | null -> failwith "The tests do not run inside the repository."
        | folder when File.Exists(Path.Combine(folder.FullName, "ScoreFunctional.sln")) -> folder.FullName
        | folder -> climb folder.Parent

    climb (DirectoryInfo AppContext.BaseDirectory)
