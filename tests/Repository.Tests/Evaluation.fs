/// What the build makes of its files: asked of MSBuild, which evaluates a project without building it.
module Repository.Tests.Evaluation

open System.Diagnostics
open System.Text.Json
open Expecto

/// The versions that a project would take, by package.
let packageVersions (project: string) =
    let start = ProcessStartInfo("dotnet", WorkingDirectory = Checkout.root)
    start.RedirectStandardOutput <- true
    start.RedirectStandardError <- true

    for argument in [ "msbuild"; project; "-getItem:PackageVersion"; "-nodeReuse:false" ] do
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
        for item in document.RootElement.GetProperty("Items").GetProperty("PackageVersion").EnumerateArray() do
            let text (name: string) = string (item.GetProperty(name).GetString())
            text "Identity", text "Version"
    ]
