using System.Diagnostics;
using System.Reflection;
using System.Text.Json;

namespace ScoreFunctional.WithoutSdk;

/// <summary>Builds the repository's projects into the folders in which the SDK would put them.</summary>
/// <param name="packages">Where packages come from.</param>
/// <param name="tools">
/// Where the framework's reference assemblies (<c>reference</c>) and generators (<c>generators</c>) are, and what was compiled.
/// </param>
internal sealed class Builder(Packages packages, string tools)
{
    private static readonly string[] ImplicitUsings =
    [
        "System", "System.Collections.Generic", "System.IO", "System.Linq", "System.Net.Http", "System.Threading",
        "System.Threading.Tasks",
    ];

    // What the SDK analyses C# with: quality, and the style that .editorconfig asks for.
    private readonly List<Package> _analyzers =
    [
        packages.Get("Microsoft.CodeAnalysis.NetAnalyzers", "10.0.401"), packages.Get("Microsoft.CodeAnalysis.CSharp.CodeStyle", "5.12.0"),
    ];

    private readonly Dictionary<string, Output> _outputs = [];

    /// <summary>What a project gave: its assembly, and everything that has to lie beside it.</summary>
    private sealed record Output(
        List<string> Assemblies,
        List<ProjectFile> Programs,
        List<(string Id, string Version)> Packages,
        List<(string From, string To)> Files);

    /// <summary>Compiles a project, unless it is up to date, and copies what it needs beside it.</summary>
    public bool Build(ProjectFile project)
    {
        if (project["NativeSource"] is { Length: > 0 } source && !Native(source, project["NativeOutput"]))
        {
            return false;
        }

        var referenced = project.Files("ProjectReference").Select(path => _outputs[path]).ToList();
        var direct = Direct(project).Concat(referenced.SelectMany(output => output.Packages)).Distinct().ToList();
        var closure = packages.Closure(direct);
        var name = Path.GetFileNameWithoutExtension(project.Path);
        var objects = Directory.CreateDirectory(Path.Combine(tools, "obj", name)).FullName;
        var assembly = Path.Combine(objects, project.Name + ".dll");
        var others = referenced.SelectMany(output => output.Assemblies).Distinct().ToList();
        var output = new Output(
            [assembly, .. others],
            [.. (ProjectFile[])(project.IsExecutable ? [project] : []), .. referenced.SelectMany(output => output.Programs).Distinct()],
            direct,
            [.. Beside(project).Concat(referenced.SelectMany(reference => reference.Files)).DistinctBy(file => file.To)]);
        _outputs[project.Path] = output;

        var generated = Generate(project, objects, closure);
        var references = Directory.EnumerateFiles(Path.Combine(tools, "reference"), "*.dll")
            .Concat(others).Concat(Needed(closure)).ToList();
        var sources = Sources(project, generated, closure);
        if (!UpToDate(assembly, [.. sources, .. project.Inputs, .. others, typeof(Builder).Assembly.Location]))
        {
            var begun = Stopwatch.StartNew();
            var arguments = Arguments(project, assembly, sources, references, AnalyzerConfigs(project));
            var errors = project.IsFSharp
                ? Compilers.FSharp(arguments)
                : Compilers.CSharp(arguments, project.Folder, Path.Combine(tools, "generators"), _analyzers.SelectMany(Assemblies));
            if (errors.Count > 0)
            {
                File.Delete(assembly);
                foreach (var error in errors.Distinct())
                {
                    Console.WriteLine(error);
                }

                return false;
            }

            Console.WriteLine($"  {project.Name} -> {assembly} ({begun.Elapsed.TotalSeconds:0.0} s)");
        }

        if (project.IsExecutable)
        {
            Assemble(Directory.CreateDirectory(Path.Combine(project["ArtifactsPath"], "bin", name, "release")).FullName, output, closure);
        }

        return true;
    }

    private static IEnumerable<(string Id, string Version)> Direct(ProjectFile project) =>
        from item in project.Items("PackageReference")
        let version = project.Items("PackageVersion").LastOrDefault(v => v.EvaluatedInclude == item.EvaluatedInclude)
            ?? throw new BuildException($"{project.Path}: the manifest has no version of {item.EvaluatedInclude}")
        select (item.EvaluatedInclude, version.GetMetadataValue("Version"));

    private static IEnumerable<(string From, string To)> Beside(ProjectFile project) =>
        from kind in (string[])["None", "Content"]
        from item in project.Items(kind)
        where item.GetMetadataValue("CopyToOutputDirectory") != ""
        let link = item.GetMetadataValue("Link")
        select (Path.GetFullPath(item.EvaluatedInclude, project.Folder), link == "" ? item.EvaluatedInclude : link);

    private static bool UpToDate(string target, IEnumerable<string> inputs) =>
        File.Exists(target) && File.GetLastWriteTimeUtc(target) is var made && inputs.All(input => File.GetLastWriteTimeUtc(input) <= made);

    /// <summary>The native floor, by CMake, as the project's own target does it.</summary>
    private static bool Native(string source, string output)
    {
        var library = Path.Combine(output, "libScoreTorch.so");
        var choice = string.Join('|', ((string[])["TORCH_HOME", "CMAKE_PREFIX_PATH", "Torch_DIR"]).Select(Environment.GetEnvironmentVariable)) + "\n";
        var noted = Path.Combine(Directory.CreateDirectory(output).FullName, "torch.txt");
        if (!File.Exists(noted) || File.ReadAllText(noted) != choice)
        {
            File.WriteAllText(noted, choice);
        }

        if (UpToDate(library, Directory.EnumerateFiles(source, "*", SearchOption.AllDirectories).Append(noted)))
        {
            return true;
        }

        Console.WriteLine("  native floor: compiling against libtorch, a minute or two");
        File.Delete(Path.Combine(output, "CMakeCache.txt"));
        foreach (var arguments in (string[][])[["-S", source, "-B", output, "-DCMAKE_BUILD_TYPE=Release"], ["--build", output, "--parallel"]])
        {
            using var running = Process.Start(new ProcessStartInfo("cmake", arguments) { RedirectStandardOutput = true })!;
            var said = running.StandardOutput.ReadToEnd();
            running.WaitForExit();
            if (running.ExitCode != 0)
            {
                Console.WriteLine(said);
                Console.WriteLine("error: CMake did not build the native floor");
                return false;
            }
        }

        File.SetLastWriteTimeUtc(library, DateTime.UtcNow);
        return true;
    }

    /// <summary>The sources that the SDK and the test runner's package would add.</summary>
    private static List<string> Generate(ProjectFile project, string folder, List<Package> closure)
    {
        var files = new List<string>();
        void Write(string name, IEnumerable<string> lines)
        {
            var path = Path.Combine(folder, name);
            var text = string.Join('\n', lines) + "\n";
            if (!File.Exists(path) || File.ReadAllText(path) != text)
            {
                File.WriteAllText(path, text);
            }

            files.Add(path);
        }

        var attributes = new List<(string Name, string Value)>
        {
            ("System.Reflection.AssemblyVersionAttribute", $"{project["Version"]}.0"),
            ("System.Reflection.AssemblyFileVersionAttribute", $"{project["Version"]}.0"),
            ("System.Reflection.AssemblyInformationalVersionAttribute", project["Version"]),
            ("System.Reflection.AssemblyProductAttribute", project["Product"]),
            ("System.Reflection.AssemblyTitleAttribute", project.Name),
            ("System.Runtime.Versioning.TargetFrameworkAttribute", ".NETCoreApp,Version=v10.0"),
        };
        attributes.AddRange(project.Items("InternalsVisibleTo").Select(item =>
            ("System.Runtime.CompilerServices.InternalsVisibleToAttribute", item.EvaluatedInclude)));
        if (project.IsFSharp)
        {
            Write("AssemblyInfo.fs", [
                $"namespace {project["RootNamespace"].Replace('-', '_')}.Generated", "",
                .. attributes.Select(a => $"[<assembly: {a.Name}(\"{a.Value}\")>]"), "do ()"]);
            if (project.IsTest)
            {
                Write("EntryPoint.fs", [
                    "module internal EntryPoint", "", "[<EntryPoint>]", "let main arguments =",
                    "    Xunit.Runner.InProc.SystemConsole.ConsoleRunner.Run(arguments).GetAwaiter().GetResult()"]);
            }
        }
        else
        {
            Write("AssemblyInfo.cs", [.. attributes.Select(a => $"[assembly: {a.Name}(\"{a.Value}\")]")]);
            if (project["ImplicitUsings"] == "enable")
            {
                Write("Usings.cs", [.. ImplicitUsings.Select(name => $"global using global::{name};")]);
            }

            if (project.IsTest)
            {
                Write("EntryPoint.cs", [
                    "internal static class EntryPoint", "{",
                    "    private static int Main(string[] arguments) =>",
                    "        Xunit.Runner.InProc.SystemConsole.ConsoleRunner.Run(arguments).GetAwaiter().GetResult();", "}"]);
            }
        }

        return files;
    }

    private static List<string> Sources(ProjectFile project, List<string> generated, List<Package> closure)
    {
        var reporters = closure
            .Where(package => project.IsTest && package.Id.StartsWith("xunit.v3.core", StringComparison.OrdinalIgnoreCase))
            .Select(package => Path.Combine(package.Folder, "_content", "DefaultRunnerReporters" + (project.IsFSharp ? ".fs" : ".cs")));
        // In F# the order counts, and the entry point comes last.
        var (last, first) = (generated.Where(file => file.EndsWith("EntryPoint.fs", StringComparison.Ordinal)), generated.Where(file => !file.EndsWith("EntryPoint.fs", StringComparison.Ordinal)));
        return [.. first, .. reporters, .. project.Files("CompileBefore"), .. project.Files("Compile"), .. last];
    }

    private static List<string> Arguments(ProjectFile project, string assembly, List<string> sources, List<string> references, IEnumerable<string> settings)
    {
        List<string> shared =
        [
            $"{(project.IsFSharp ? "--out:" : "/out:")}{assembly}",
            $"{(project.IsFSharp ? "--target:" : "/target:")}{(project.IsExecutable ? "exe" : "library")}",
            .. references.Select(path => (project.IsFSharp ? "-r:" : "/reference:") + path),
        ];
        if (project.Is("GenerateDocumentationFile"))
        {
            shared.Add((project.IsFSharp ? "--doc:" : "/doc:") + Path.ChangeExtension(assembly, ".xml"));
        }

        var quiet = project["NoWarn"].Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (project.IsFSharp)
        {
            return
            [
                .. shared, "--noframework", "--simpleresolution", "--nocopyfsharpcore", "--nowin32manifest", "--targetprofile:netcore", "--debug:portable",
                "--optimize+", "--deterministic+", "--fullpaths", "--flaterrors", "--nologo", "--warn:3", "--warnaserror+",
                "--checknulls+", "--define:NET", "--define:NET10_0", "--define:RELEASE", "--define:TRACE",
                .. quiet.Select(code => "--nowarn:" + code),
                .. project["OtherFlags"].Split(' ', StringSplitOptions.RemoveEmptyEntries),
                .. sources,
            ];
        }

        return
        [
            .. shared, "/nostdlib+", "/nullable:enable", "/langversion:latest", "/unsafe+", "/optimize+", "/deterministic+", "/debug:portable",
            "/warn:10", "/warnaserror+", "/define:NET;NET10_0;NET10_0_OR_GREATER;NET9_0_OR_GREATER;NET8_0_OR_GREATER;RELEASE;TRACE",
            "/nowarn:1701,1702," + string.Join(',', quiet),
            .. settings.Select(path => "/analyzerconfig:" + path),
            .. sources,
        ];
    }

    private static IEnumerable<string> Assemblies(Package analyzers) =>
        Directory.EnumerateFiles(Path.Combine(analyzers.Folder, "analyzers"), "*.dll", SearchOption.AllDirectories)
            .Where(file => !file.EndsWith(".resources.dll", StringComparison.Ordinal)
                && !file.Contains("VisualBasic", StringComparison.Ordinal)
                && !file.Contains("CodeFixes", StringComparison.Ordinal));

    private IEnumerable<string> AnalyzerConfigs(ProjectFile project)
    {
        foreach (var package in _analyzers)
        {
            foreach (var name in (string[])["analysislevel_10_default.globalconfig", "analysislevelstyle_default.globalconfig"])
            {
                foreach (var path in Directory.EnumerateFiles(package.Folder, name, SearchOption.AllDirectories))
                {
                    yield return path;
                }
            }
        }

        for (var folder = new DirectoryInfo(project.Folder); folder is not null; folder = folder.Parent)
        {
            if (Path.Combine(folder.FullName, ".editorconfig") is var path && File.Exists(path))
            {
                yield return path;
            }
        }
    }

    /// <summary>The packages' assemblies but for those that the framework has in the same version or a later one.</summary>
    private IEnumerable<string> Needed(List<Package> closure)
    {
        static Version VersionOf(string assembly) => AssemblyName.GetAssemblyName(assembly).Version ?? new Version();
        return
            from file in closure.SelectMany(package => package.Assemblies)
            let framework = Path.Combine(tools, "reference", Path.GetFileName(file))
            where !File.Exists(framework) || VersionOf(framework) < VersionOf(file)
            select file;
    }

    /// <summary>Makes the folder from which a program runs.</summary>
    private void Assemble(string folder, Output output, List<Package> closure)
    {
        foreach (var assembly in output.Assemblies)
        {
            foreach (var file in (string[])[assembly, Path.ChangeExtension(assembly, ".pdb"), Path.ChangeExtension(assembly, ".xml")])
            {
                Copy(file, Path.Combine(folder, Path.GetFileName(file)));
            }
        }

        foreach (var assembly in Needed(closure))
        {
            Copy(assembly, Path.Combine(folder, Path.GetFileName(assembly)));
        }

        foreach (var (from, to) in output.Files)
        {
            Copy(from, Path.Combine(folder, to));
        }

        // A test that starts the host runs it from its own folder.
        foreach (var program in output.Programs)
        {
            Runtime(program, Path.Combine(folder, program.Name + ".runtimeconfig.json"));
        }
    }

    private static void Runtime(ProjectFile project, string path)
    {
        var properties = new Dictionary<string, object>
        {
            ["System.Globalization.Invariant"] = project.Is("InvariantGlobalization"),
            ["System.Globalization.PredefinedCulturesOnly"] = true,
            ["System.GC.Concurrent"] = project.Is("ConcurrentGarbageCollection"),
            ["System.GC.Server"] = project.Is("ServerGarbageCollector"),
            ["System.Runtime.Serialization.EnableUnsafeBinaryFormatterSerialization"] = false,
        };
        foreach (var option in project.Items("RuntimeHostConfigurationOption"))
        {
            var value = option.GetMetadataValue("Value");
            properties[option.EvaluatedInclude] = long.TryParse(value, out var number) ? number : value;
        }

        var options = new { tfm = "net10.0", framework = new { name = "Microsoft.NETCore.App", version = "10.0.0" }, configProperties = properties };
        File.WriteAllText(path, JsonSerializer.Serialize(new { runtimeOptions = options }));
    }

    private static void Copy(string from, string to)
    {
        if (File.Exists(from) && (!File.Exists(to) || File.GetLastWriteTimeUtc(to) != File.GetLastWriteTimeUtc(from)))
        {
            Directory.CreateDirectory(Path.GetDirectoryName(to)!);
            File.Copy(from, to, overwrite: true);
            File.SetLastWriteTimeUtc(to, File.GetLastWriteTimeUtc(from));
        }
    }
}
