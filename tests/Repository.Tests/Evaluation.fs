/// What the build makes of its files: asked of MSBuild, which evaluates a project without building it.
module Repository.Tests.Evaluation

open System
open System.Diagnostics
open System.Text.Json
open System.Text.RegularExpressions
open Expecto

/// The items of a project: their names, and one of their metadata.
let private items (project: string) (kind: string) (metadata: string) (properties: string list) =
    let start = ProcessStartInfo("dotnet", WorkingDirectory = Files.root)
    start.RedirectStandardOutput <- true
    start.RedirectStandardError <- true

    // Where there is no SDK, what built this test evaluates too.
    let builder = Environment.GetEnvironmentVariable "WITHOUT_SDK" |> Option.ofObj |> Option.toList

    for argument in [ yield! builder; "msbuild"; project; $"-getItem:{kind}"; "-nodeReuse:false"; yield! properties ] do
        start.ArgumentList.Add argument

    use running =
        match Process.Start start with
        | null -> failwith "dotnet does not start."
        | running -> running

    let errors = running.StandardError.ReadToEndAsync()
    let output = running.StandardOutput.ReadToEnd()
    running.WaitForExit()

    if running.ExitCode <> 0 then
        failtestNoStackf "dotnet msbuild %s failed:\n%s\n%s" project output errors.Result

    use document = JsonDocument.Parse output

    [
        for item in document.RootElement.GetProperty("Items").GetProperty(kind).EnumerateArray() do
            let text (name: string) =
                match item.TryGetProperty name with
                | true, value -> string (value.GetString())
                | _ -> ""

            text "Identity", text metadata
    ]

/// stand-in, a project that refers to it, the packages that take its place
let private swaps = [
    "TorchSharp", "src/DiffSharp/DiffSharp.fsproj", [ "TorchSharp" ]
    "DiffSharp", "src/Core/ScoreFunctional.Core.fsproj", [ "DiffSharp-cuda" ]
    "Expecto", "tests/Expecto.Xunit/Expecto.Xunit.fsproj", [ "Expecto"; "Expecto.FsCheck" ]
]

[<Tests>]
let tests =
    testList "build" [
        testCase "packages have the versions of the manifest" (fun () ->
            let manifest = [
                for line in Regex.Matches(Files.read "paket.dependencies", @"(?m)^\s*nuget\s+(\S+)\s+(\S+)") do
                    line.Groups[1].Value, line.Groups[2].Value
            ]

            let evaluated = items "src/Core/ScoreFunctional.Core.fsproj" "PackageVersion" "Version" []
            Expect.isNonEmpty manifest "packages of the manifest"
            Expect.equal (List.sort evaluated) (List.sort manifest) "PackageVersion items")

        for name, project, packages in swaps do
            testCase $"-p:{name}=package puts the real package in place of the stand-in" (fun () ->
                let swap = [ $"-p:{name}=package" ]
                let standIn = items project "ProjectReference" "Floor" []
                Expect.exists standIn (fun (_, floor) -> floor = name) "the stand-in without the property"

                let references = items project "ProjectReference" "Floor" swap
                Expect.all references (fun (_, floor) -> floor <> name) "no stand-in with the property"

                let named = items project "PackageReference" "Version" swap |> List.map fst
                Expect.containsAll named packages "the packages with the property")
    ]
