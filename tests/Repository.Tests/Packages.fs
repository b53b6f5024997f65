/// What somebody gets who has the packages and nothing else of the repository.
module Repository.Tests.Packages

open System
open System.IO
open System.Text.Json
open System.Text.RegularExpressions
open Expecto

let private project (version: string) =
    """<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup>
    <OutputType>Exe</OutputType>
    <TargetFramework>net10.0</TargetFramework>
    <ImplicitUsings>enable</ImplicitUsings>
  </PropertyGroup>
  <ItemGroup>
    <PackageReference Include="ScoreFunctional.Host" Version="VERSION" />
  </ItemGroup>
</Project>
"""
        .Replace("VERSION", version)

let private program =
    """using ScoreFunctional.Host;

using var model = ScoreModel.Train(new TrainOptions { Dataset = "gaussian", Steps = 100, Seed = 1 }).Model;
var samples = model.Sample(new SampleOptions { Count = 1000, Seed = 7 });
Console.WriteLine($"{samples.Count} samples, {samples.Values.ToArray().Count(float.IsFinite)} numbers");
foreach (var line in File.ReadLines("/proc/self/maps").Select(line => line.Split(' ')[^1]).Distinct())
{
    Console.WriteLine(line);
}
"""

/// Runs with a folder outside the repository that is gone afterwards.
let private withFolder (body: string -> unit) =
    let folder = Directory.CreateTempSubdirectory "score-packages-"

    try
        body folder.FullName
    finally
        folder.Delete true

/// (package, what it depends on) of all packages that a restored project takes.
let private dependencies (assets: string) = [
    use document = JsonDocument.Parse(File.ReadAllText assets)

    for target in document.RootElement.GetProperty("targets").EnumerateObject() do
        for package in target.Value.EnumerateObject() do
            match package.Value.TryGetProperty "dependencies" with
            | true, wanted ->
                (package.Name.Split '/')[0], [ for dependency in wanted.EnumerateObject() -> dependency.Name ]
            | _ -> (package.Name.Split '/')[0], []
]

let private names (words: string list) (text: string) =
    words |> List.exists (fun word -> text.Contains(word, StringComparison.OrdinalIgnoreCase))

[<Tests>]
let tests =
    testList "packages" [
        testCase "a C# program with the library's package trains and samples, without command line, terminal and plots"
        <| fun () ->
            if not (File.Exists(Path.Combine(Checkout.root, "artifacts", "native", "libScoreKernels.so"))) then
                skiptest "there are no kernels to pack: they are compiled for Linux on x86-64 where g++ is"

            if not (Directory.Exists NativeLibraries.cache) then
                skiptest $"no packages at {NativeLibraries.cache}"

            withFolder (fun folder ->
                let at name = Path.Combine(folder, name)
                let source, packages = at "source", at "packages"
                let configuration = DirectoryInfo(AppContext.BaseDirectory.TrimEnd '/').Name

                Evaluation.dotnet Checkout.root [
                    "pack"
                    "ScoreFunctional.sln"
                    "--no-build"
                    $"-p:Configuration={configuration}"
                    "-o"
                    source
                    "-nodeReuse:false"
                ]
                |> ignore

                let version =
                    Directory.GetFiles source
                    |> Array.pick (fun file ->
                        match Regex.Match(file, @"[\\/]ScoreFunctional\.Host\.(\d.*)\.nupkg$") with
                        | found when found.Success -> Some found.Groups[1].Value
                        | _ -> None)

                Directory.CreateDirectory(at "app") |> ignore
                File.WriteAllText(at "app/App.csproj", project version)
                File.WriteAllText(at "app/Program.cs", program)

                // Our packages are restored into the folder, the others stay where they are: the cache never sees a package of ours.
                Evaluation.dotnet (at "app") [
                    "build"
                    "-nodeReuse:false"
                    "-p:UseSharedCompilation=false"
                    $"-p:RestoreAdditionalProjectSources={source}"
                    $"-p:RestorePackagesPath={packages}"
                    "-p:RestoreIgnoreFailedSources=true"
                    $"-p:RestoreFallbackFolders={NativeLibraries.cache}"
                    "-p:CreateSymbolicLinksForCopyLocalIfPossible=true"
                    "-o"
                    at "bin"
                ]
                |> ignore

                let lines = (Evaluation.dotnet folder [ at "bin/App.dll" ]).TrimEnd('\n').Split '\n'
                Expect.equal lines[0] "1000 samples, 2000 numbers" "what the program prints"

                for library in [ "libtorch_cpu.so"; "libLibTorchSharp.so"; "libScoreKernels.so" ] do
                    Expect.exists lines _.EndsWith("/" + library) $"{library} is loaded"

                let unwanted = [
                    "Argu"
                    "Spectre"
                    "ScottPlot"
                    "HarfBuzz"
                    "Plotting"
                    "FSharp.Compiler"
                    "Scripting"
                    "libSkiaSharp.so"
                ]

                for file in Directory.GetFiles(at "bin", "*", SearchOption.AllDirectories) do
                    Expect.isFalse (names unwanted (Path.GetRelativePath(at "bin", file))) file

                // TorchSharp has SkiaSharp's managed half for its own pictures, and nothing else asks for it.
                let taken = dependencies (at "app/obj/project.assets.json")
                Expect.containsAll (List.map fst taken) [ "ScoreFunctional.Kernels"; "TorchSharp" ] "packages taken"

                let drawing = [
                    for package, wanted in taken do
                        if not (package.StartsWith "SkiaSharp") && List.exists (names [ "SkiaSharp" ]) wanted then
                            package
                ]

                Expect.equal drawing [ "TorchSharp" ] "packages that draw")
    ]
