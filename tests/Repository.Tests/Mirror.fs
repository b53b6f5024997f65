/// Where tests are: tests/ mirrors src/, so that whoever looks for the tests of a file finds them by its name.
module Repository.Tests.Mirror

open System
open System.IO
open System.Text.RegularExpressions
open Expecto

/// Folders of tests, each with the folders of src that it mirrors, below which both have the same folders.
let private places = [
    "tests/Core.Tests", [ "src/Kernels"; "src/Core" ]
    "tests/DiffSharp.Tests", [ "src/DiffSharp" ]
    "tests/Runs.Tests", [ "src/Runs" ]
    "tests/Host.Tests/Library", [ "src/Host.CSharp/Library" ]
    "tests/Host.Tests/Plotting", [ "src/Host.CSharp/Plotting" ]
    "tests/Command.Tests/Scripting", [ "src/Scripting" ]
    "tests/Command.Tests/CommandLine", [ "src/CommandLine" ]
    "tests/Command.Tests/Command", [ "src/Host.CSharp/Command" ]
    // The public members of the library as C# uses them.
    "tests/Api.Tests", [ "src/Host.CSharp/Library/Api"; "src/Host.CSharp/Scripting" ]
]

/// Tests of more than one file: of whole programs, of every kind of file that is read, of a whole API.
let private whole = [
    "tests/Core.Tests/DeviceTests.fs"
    "tests/DiffSharp.Tests/ProgramTests.fs"
    "tests/Host.Tests/Library/Checkpoints/PyTorchTests.fs"
    "tests/Host.Tests/Library/SpoiledFileTests.fs"
    "tests/Host.Tests/Library/MutationTests.fs"
    "tests/Command.Tests/Command/OutputTests.fs"
    "tests/Command.Tests/Command/RunFolderTests.fs"
    "tests/Command.Tests/Command/LimitTests.fs"
    "tests/Command.Tests/Command/DeviceTests.fs"
    "tests/Api.Tests/CancellationTests.cs"
    "tests/Api.Tests/SurfaceTests.cs"
]

let private folder (path: string) = (Path.GetDirectoryName path |> string).Replace('\\', '/')

let private stem (path: string) = Path.GetFileNameWithoutExtension path |> string

/// `Solvers` of `Solvers.Adaptive`.
let private first (name: string) = (name.Split '.')[0]

/// Every file of tests but those of the repository itself, which is not in src.
let private tests =
    Files.sources
    |> List.filter (fun path ->
        path.StartsWith "tests/"
        && Regex.IsMatch(path, @"Tests\.(fs|cs)$")
        && not (path.StartsWith "tests/Repository.Tests/"))

/// The folders of src that a folder of tests mirrors.
let private mirrored (tests: string) =
    places
    |> List.tryPick (fun (place, sources) ->
        if (tests + "/").StartsWith(place + "/", StringComparison.Ordinal) then
            Some [ for source in sources -> source + tests.Substring place.Length ]
        else
            None)
    |> Option.defaultValue []

/// The names that tests in a folder may have: those of the files and folders of the one that it mirrors, and that one itself.
let private names (source: string) = [
    first (stem source)

    for path in Files.sources do
        if path.StartsWith(source + "/", StringComparison.Ordinal) then
            first (stem (path.Substring(source.Length + 1).Split('/')[0]))
]

/// The subject of a file of tests: `Samplers.Order` of `Samplers.OrderTests.fs`.
let private subject (path: string) = (stem path).Substring(0, (stem path).Length - "Tests".Length)

/// The files of a project, in the order in which they are compiled.
let private compiled (project: string) = [
    for item in Regex.Matches(Files.read project, "<Compile Include=\"([^\"]+)\"") -> item.Groups[1].Value
]

[<Tests>]
let all =
    testList "mirror" [
        testCase "every file of tests is named after a file, a folder or the project that its folder mirrors" (fun () ->
            Expect.isGreaterThan tests.Length 50 "files of tests"
            Expect.isEmpty (List.except tests whole) "named tests that are not there"

            let strangers = [
                for path in List.except whole tests do
                    if mirrored (folder path) |> List.collect names |> List.contains (first (subject path)) |> not then
                        path
            ]

            Expect.isEmpty strangers "rename them, or move them to where their subject is mirrored")

        testCase "every project of src has tests" (fun () ->
            let sources = places |> List.collect snd

            for project in Files.projects |> List.filter _.StartsWith("src/") do
                Expect.contains sources (folder project) $"{project} is mirrored in tests/")

        for project in Files.projects |> List.filter (fun path -> path.StartsWith "tests/" && path.EndsWith ".fsproj") do
            match places |> List.filter (fun (place, _) -> place = folder project) with
            | [ _, sources ] ->
                testCase $"{Path.GetFileName project} has its tests in the order of what they test" (fun () ->
                    let order = [
                        for source in sources do
                            first (stem source)

                            for other in Files.projects |> List.filter (fun path -> folder path = source) do
                                yield! compiled other |> List.map stem
                    ]

                    /// The place of a subject: that of the file of its name, or of the first one that begins as it does.
                    let place name =
                        match List.tryFindIndex ((=) name) order with
                        | Some i -> i
                        | None -> List.findIndex (fun other -> first other = first name) order

                    let found = [
                        for file in compiled project do
                            let path = $"{folder project}/{file}"

                            if file.EndsWith "Tests.fs" && not (List.contains path whole) then
                                subject path
                    ]

                    Expect.equal found (List.sortBy place found) "order")
            | _ -> ()
    ]
