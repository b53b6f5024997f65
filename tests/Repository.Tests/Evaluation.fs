/// What the build makes of its files: asked of dotnet, as anybody would.
module Repository.Tests.Evaluation

open System.Diagnostics
open System.Text.Json
open Expecto

/// What `dotnet` with these arguments prints in a folder; the test fails where it does.
let dotnet folder (arguments: string list) =
    let start = ProcessStartInfo("dotnet", arguments, WorkingDirectory = folder)
    start.RedirectStandardOutput <- true
    start.RedirectStandardError <- true

    use running =
        match Process.Start start with
        | null -> failwith "dotnet does not start."
        | running -> running

    let errors = running.StandardError.ReadToEndAsync()
    let output = running.StandardOutput.ReadToEnd()
    running.WaitForExit()

    if running.ExitCode <> 0 then
        failtestNoStackf "dotnet %s failed:\n%s\n%s" (String.concat " " arguments) output errors.Result

    output

/// The versions that a project would take, by package.
let packageVersions (project: string) =
    let output = dotnet Checkout.root [ "msbuild"; project; "-getItem:PackageVersion"; "-nodeReuse:false" ]

    use document = JsonDocument.Parse output

    [
        for item in document.RootElement.GetProperty("Items").GetProperty("PackageVersion").EnumerateArray() do
            let text (name: string) = string (item.GetProperty(name).GetString())
            text "Identity", text "Version"
    ]
