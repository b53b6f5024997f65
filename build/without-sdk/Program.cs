using System.Diagnostics;
using System.Text.Json;
using System.Text.RegularExpressions;
using FSharp.Compiler.Interactive;
using Microsoft.Build.Evaluation;
using Microsoft.FSharp.Core;
using ScoreFunctional.WithoutSdk;

// The verbs of the SDK's `dotnet` that this repository uses, for a machine that has no SDK:
//     build PROJECT|SOLUTION    test ASSEMBLY    msbuild PROJECT -getItem:KIND    format SOLUTION    fsi SCRIPT
//     tool PACKAGE VERSION ASSEMBLY ARGUMENT...
Environment.SetEnvironmentVariable("MSBUILD_EXE_PATH", typeof(Builder).Assembly.Location);
Environment.SetEnvironmentVariable("MSBuildSDKsPath", Path.Combine(AppContext.BaseDirectory, "Sdks"));
try
{
    return args switch
    {
        ["build", var path, .. var options] => Build(path, options),
        ["test", var assembly, .. var rest] => Test(assembly, rest),
        ["msbuild", var project, .. var options] => Evaluate(project, options),
        ["format", var solution, ..] => Formatting.Check(ProjectFile.InOrder(solution)),
        ["fsi", .. var rest] when rest.FirstOrDefault(word => !word.StartsWith('-')) is { } script => Interactive(script),
        ["tool", var id, var version, var assembly, .. var rest] => Tool(id, version, assembly, rest),
        _ => throw new BuildException($"expected build, test, msbuild, format, fsi or tool, found '{string.Join(' ', args)}'"),
    };
}
catch (BuildException problem)
{
    Console.WriteLine($"error: {problem.Message}");
    return 1;
}

static string Tools() => Path.GetDirectoryName(Path.GetDirectoryName(Path.GetFullPath(Environment.ProcessPath!)))!;

static Packages PackageFolder() => new(Path.Combine(Tools(), "packages"));

// -flp:LogFile=PATH;…: a copy of what is said, as MSBuild's file logger writes it.
static int Build(string path, string[] options)
{
    if (options.Select(option => Regex.Match(option, "^-flp:LogFile=([^;]+)")).FirstOrDefault(found => found.Success) is { } log)
    {
        Console.SetOut(new Both(Console.Out, new StreamWriter(log.Groups[1].Value) { AutoFlush = true }));
    }

    var builder = new Builder(PackageFolder(), Tools());
    return ProjectFile.InOrder(path).All(builder.Build) ? 0 : 1;
}

// Runs a test assembly, which xunit.v3 made a program, and closes with the line that `dotnet test` closes with.
static int Test(string assembly, string[] options)
{
    if (options.Contains("--filter"))
    {
        throw new BuildException("expected no --filter, which only the .NET SDK's test runner knows, found one");
    }

    using var running = Run(assembly, ["-noLogo", "-noColor"], redirect: true);
    var summary = "";
    while (running.StandardOutput.ReadLine() is { } line)
    {
        if (line.Contains("  Total: ", StringComparison.Ordinal))
        {
            summary = line;
        }
        else if (!Regex.IsMatch(line, "^  (Discover|Start|Finish)(ing|ed): |^=== TEST"))
        {
            Console.WriteLine(line);
        }
    }

    running.WaitForExit();
    int Count(string name) => Regex.Match(summary, $@"{name}: (\d+)") is { Success: true } found ? int.Parse(found.Groups[1].Value) : 0;
    var (total, failed, skipped) = (Count("Total"), Count("Failed") + Count("Errors"), Count("Skipped"));
    if (summary != "")
    {
        Console.WriteLine(
            $"{(failed > 0 ? "Failed" : "Passed")}! - Failed: {failed}, Passed: {total - Count("Failed") - skipped}, Skipped: {skipped}, Total: {total}");
    }

    return running.ExitCode == 0 && summary != "" ? 0 : 1;
}

// dotnet msbuild PROJECT -getItem:KIND -p:NAME=VALUE: the items as JSON, with their metadata.
static int Evaluate(string project, string[] options)
{
    string[] Values(string option) => [.. options.Where(o => o.StartsWith(option, StringComparison.Ordinal)).Select(o => o[option.Length..])];
    var properties = Values("-p:").Select(pair => pair.Split('=', 2)).ToDictionary(pair => pair[0], pair => pair[1]);
    using var evaluated = new ProjectCollection(properties);
    var items = new Dictionary<string, List<Dictionary<string, string>>>();
    foreach (var kind in Values("-getItem:"))
    {
        items[kind] = [.. evaluated.LoadProject(Path.GetFullPath(project)).GetItems(kind).Select(item => item.DirectMetadata
            .ToDictionary(metadata => metadata.Name, metadata => metadata.EvaluatedValue)
            .Append(new("Identity", item.EvaluatedInclude)).ToDictionary())];
    }

    Console.WriteLine(JsonSerializer.Serialize(new { Items = items }));
    return 0;
}

static int Interactive(string script)
{
    var path = Path.GetFullPath(script);
    Directory.SetCurrentDirectory(Path.GetDirectoryName(path)!);
    var session = Shell.FsiEvaluationSession.Create(
        Shell.FsiEvaluationSession.GetDefaultConfiguration(),
        ["fsi", "--noninteractive", "--quiet", "--nologo"],
        Console.In, Console.Out, Console.Error, FSharpOption<bool>.None, FSharpOption<FSharp.Compiler.CodeAnalysis.LegacyReferenceResolver>.None);
    var (result, _) = session.EvalScriptNonThrowing(path);
    if (result is FSharpChoice<Unit, Exception>.Choice2Of2 { Item: var problem } && problem is not Shell.FsiCompilationException)
    {
        Console.Error.WriteLine(problem);
    }

    return result.IsChoice1Of2 ? 0 : 1;
}

static int Tool(string id, string version, string assembly, string[] rest)
{
    var package = PackageFolder().Get(id, version);
    var program = Directory.EnumerateFiles(package.Folder, assembly, SearchOption.AllDirectories).First();
    using var running = Run(program, rest, redirect: false);
    running.WaitForExit();
    return running.ExitCode;
}

static Process Run(string assembly, IEnumerable<string> arguments, bool redirect)
{
    var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = redirect };
    foreach (var argument in (string[])["exec", "--roll-forward", "Major", assembly, .. arguments])
    {
        start.ArgumentList.Add(argument);
    }

    return Process.Start(start)!;
}

/// <summary>Writes to two places.</summary>
internal sealed class Both(TextWriter first, TextWriter second) : TextWriter
{
    public override System.Text.Encoding Encoding => first.Encoding;

    public override void Write(char value)
    {
        first.Write(value);
        second.Write(value);
    }

    public override void Write(string? value)
    {
        first.Write(value);
        second.Write(value);
    }

    public override void Flush()
    {
        first.Flush();
        second.Flush();
    }
}
