/// Rules that a reviewer would otherwise have to check in every change.
module Repository.Tests.Policies

open System
open System.IO
open System.Text.RegularExpressions
open Expecto

/// Lines that match, as "path:line: text".
let private matches (pattern: string) (paths: string list) = [
    let pattern = Regex(pattern, RegexOptions.CultureInvariant)

    for path in paths do
        for number, line in (Files.read path).Split '\n' |> Seq.indexed do
            if pattern.IsMatch line then
                $"{path}:{number + 1}: {line.Trim()}"
]

let private none (found: string list) message =
    if not found.IsEmpty then
        failtestNoStackf "%s:\n%s" message (String.concat "\n" found)

/// (name, version) of every line of the manifest that names a package.
let private manifest = [
    for line in Regex.Matches(Files.read "paket.dependencies", @"(?m)^\s*nuget\s+(\S+)\s+(\S+)") do
        line.Groups[1].Value, line.Groups[2].Value
]

let private packages =
    testList "packages" [
        testCase "no project names a version of its own" (fun () ->
            let named =
                Files.buildFiles
                |> List.filter ((<>) "Directory.Packages.props")
                |> matches
                    "<Package(Reference|Version|Download)\\b[^>]*\\bVersion\\w*=|<VersionOverride|#r \"nuget:[^\"]*,|<GlobalPackageReference"

            none named "versions belong into paket.dependencies")

        testCase "every package that a project names has its version in the manifest" (fun () ->
            let known = manifest |> List.map fst |> set

            let unknown = [
                for path in Files.buildFiles do
                    for named in Regex.Matches(Files.read path, "<PackageReference Include=\"([^\"$@]+)\"") do
                        for name in named.Groups[1].Value.Split ';' do
                            if not (known.Contains name) then
                                $"{path}: {name}"
            ]

            none unknown "packages without a version")

        testCase "the manifest names every package once, with an exact version" (fun () ->
            Expect.isGreaterThan manifest.Length 5 "packages in the manifest"

            none
                [
                    for name, count in manifest |> List.countBy (fun (name, _) -> name.ToLowerInvariant()) do
                        if count > 1 then
                            $"{name} stands {count} times"
                    for name, version in manifest do
                        if not (Regex.IsMatch(version, @"^\d+(\.\d+)+(-[\w.]+)?$")) then
                            $"{name} {version}"
                ]
                "packages")

        testCase "the manifest says nothing about where packages come from" (fun () ->
            none (matches @"^\s*(source|git|github|gist|http|remote)\b|://" [ "paket.dependencies" ]) "lines")

        testCase "the build takes the versions of the manifest" (fun () ->
            let versions = Evaluation.packageVersions "src/Core/ScoreFunctional.Core.fsproj"
            Expect.equal (List.sort versions) (List.sort manifest) "PackageVersion items")
    ]

let private solution =
    testList "solution" [
        // BenchmarkDotNet is fetched where somebody asks for it: restoring a solution restores all that stands in it.
        for project in Files.projects |> List.except [ "bench/Floors/Floors.fsproj" ] do
            testCase $"{Path.GetFileName project} is in it" (fun () ->
                let solution = (Files.read "ScoreFunctional.sln").Replace('\\', '/')
                Expect.stringContains solution project "ScoreFunctional.sln")
    ]

/// Each project of src, the projects and the packages that it may refer to. FSharp.Core is in every F# project.
let private floors = [
    "src/Kernels/Kernels.csproj", [], [ "TorchSharp"; "$(LibTorchPackage)"; "$(CudaPackage)" ]
    "src/DiffSharp/DiffSharp.fsproj", [ "Kernels" ], []
    "src/Core/ScoreFunctional.Core.fsproj", [ "DiffSharp" ], [ "MathNet.Numerics" ]
    "src/Runs/ScoreFunctional.Runs.fsproj", [ "ScoreFunctional.Core" ], []
    "src/Scripting/ScoreFunctional.Scripting.fsproj", [ "ScoreFunctional.Runs" ], [ "FSharp.Compiler.Service" ]
    "src/CommandLine/ScoreFunctional.CommandLine.fsproj",
    [ "ScoreFunctional.Runs"; "ScoreFunctional.Scripting" ],
    [ "Argu" ]
    "src/Host.CSharp/Library/ScoreFunctional.Host.csproj",
    [ "ScoreFunctional.Core"; "ScoreFunctional.Runs" ],
    [ "MathNet.Numerics"; "System.IO.Hashing" ]
    "src/Host.CSharp/Plotting/ScoreFunctional.Host.Plotting.csproj",
    [ "ScoreFunctional.Host" ],
    [
        "HarfBuzzSharp.NativeAssets.Linux"
        "MathNet.Numerics"
        "ScottPlot"
        "SkiaSharp.HarfBuzz"
        "SkiaSharp.NativeAssets.Linux.NoDependencies"
    ]
    "src/Host.CSharp/Scripting/ScoreFunctional.Host.Scripting.csproj",
    [ "ScoreFunctional.Host"; "ScoreFunctional.Scripting" ],
    []
    "src/Host.CSharp/Command/ScoreFunctional.Command.csproj",
    [ "ScoreFunctional.Host"; "ScoreFunctional.Host.Plotting"; "ScoreFunctional.CommandLine" ],
    [ "Spectre.Console" ]
]

/// What a project names in elements of a kind.
let private named (kind: string) project = [
    for element in Regex.Matches(Files.read project, $"<{kind} Include=\"([^\"]+)\"") -> element.Groups[1].Value
]

/// What a project shows its inside to, other than tests; between the projects of the host's floor, and to the benchmark, that is allowed.
let private friends (project: string) =
    let own =
        if project.StartsWith "src/Host.CSharp/" then
            [
                "ScoreFunctional.Host.Plotting"
                "ScoreFunctional.Host.Scripting"
                "score"
                "ScoreFunctional.Bench"
            ]
        else
            []

    named "InternalsVisibleTo" project
    |> List.filter (fun name -> not (name.EndsWith ".Tests"))
    |> List.except own

let private core =
    Files.sources |> List.filter (fun path -> path = "src/Core.fs" || path.StartsWith "src/Core/")

let private house =
    testList "floors" [
        testCase "each project of src has its place" (fun () ->
            Expect.equal
                (floors |> List.map (fun (project, _, _) -> project) |> List.sort)
                (Files.projects |> List.filter _.StartsWith("src/") |> List.sort)
                "projects")

        for project, projects, packages in floors do
            testCase $"{Path.GetFileName project} refers to what its place allows" (fun () ->
                let referred = [
                    for path in named "ProjectReference" project -> Path.GetFileNameWithoutExtension path |> string
                ]

                none (referred |> List.except projects) $"{project} must not refer to"
                none (named "PackageReference" project |> List.except packages) $"{project} must not need"
                none (friends project) $"{project} must not show its inside to")

        testCase "the core does not know libtorch" (fun () ->
            none (matches @"^\s*open TorchSharp|\btorch\.[A-Za-z]" core) "lines of the core")

        testCase "formulas own no memory: loops do" (fun () ->
            none
                (core
                 |> List.except [ "src/Core/Primitives.fs"; "src/Core/Loop.fs" ]
                 |> matches @"\bPrimitives\.scope\b|\bReferenceEquals\b|\bDispose\b|\bEngine\.")
                "lines")

        testCase "the core uses no randomness or setting of the process" (fun () ->
            none
                (matches @"\bdsharp\.(seed|config|randn?|randint|randnLike|randLike|bernoulli|dropout)\b" core)
                "lines")

        testCase "the core has no effects: no files, clocks, consoles or environment" (fun () ->
            none
                (matches
                    @"\bSystem\.IO\b|\bFile\.(Read|Write|Open|Exists)|\bDateTime(Offset)?\.(Utc)?Now|\bStopwatch\b|\bConsole\.|\bprintfn?\b|\bEnvironment\.|System\.Random"
                    core)
                "lines")
    ]

let private text =
    testList "text" [
        testCase "nothing is left undone" (fun () ->
            // A class of one letter keeps this line from finding itself.
            none
                (matches "NotImplemented[E]xception|\\bTOD[O]\\b|\\bFIXM[E]\\b|\\bTB[D]\\b|\\bHAC[K]\\b" Files.sources)
                "lines")

        testCase "no file names a package registry or a folder of some machine" (fun () ->
            none
                (Files.texts
                 |> matches "https?://[a-z0-9.-]*(nuget|npmjs|debian|pypi)|(?<![\\w.])/(work|root|farm|home)/\\w")
                "lines")

        testCase "no source file is longer than 450 lines" (fun () ->
            none
                [
                    for path in Files.sources do
                        let lines = (Files.read path).Split('\n').Length

                        if lines > 450 then
                            $"{path}: {lines} lines"
                ]
                "long files")

        testCase "links between documents lead somewhere" (fun () ->
            none
                [
                    for path in Files.all |> List.filter _.EndsWith(".md") do
                        for link in Regex.Matches(Files.read path, @"\]\(([^)#:\s]+)(#[^)]*)?\)") do
                            let folder = Path.GetDirectoryName path |> string
                            let target = Path.Combine(Checkout.root, folder, link.Groups[1].Value)

                            if not (File.Exists target || Directory.Exists target) then
                                $"{path}: {link.Groups[1].Value}"
                ]
                "broken links")

        for page, language, program in
            [
                "docs/csharp.md", "csharp", "examples/CSharpApp/Program.cs"
                "docs/index.md", "fsharp", "examples/ComposeAnObjective.fsx"
            ] do
            testCase $"the code of {page} is that of {program}, which runs" (fun () ->
                let lines (text: string) = [
                    for line in text.Split '\n' do
                        if line.Trim() <> "" then
                            line.Trim()
                ]

                let code = Regex.Matches(Files.read page, $"(?s)```{language}\n(.*?)```") |> Seq.map _.Groups[1].Value
                Expect.isNonEmpty code "pieces of code"

                none
                    (code |> Seq.toList |> List.collect lines |> List.except (lines (Files.read program)))
                    $"lines of {page} that {program} has not")

        testCase "the scripts can be executed" (fun () ->
            if not (OperatingSystem.IsWindows()) then
                for script in [ "score"; "test"; ".ci/run" ] do
                    let mode = File.GetUnixFileMode(Path.Combine(Checkout.root, script))
                    Expect.isTrue (mode.HasFlag UnixFileMode.UserExecute) script)
    ]

[<Tests>]
let tests = testList "policy" [ packages; solution; house; text ]
