using System.Collections.Immutable;
using System.Reflection;
using System.Text;
using FSharp.Compiler.CodeAnalysis;
using FSharp.Compiler.Diagnostics;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Text;
using Microsoft.FSharp.Control;
using Microsoft.FSharp.Core;

namespace ScoreFunctional.WithoutSdk;

/// <summary>The compilers' libraries, called with the same arguments that the SDK's tasks give to their programs.</summary>
internal static class Compilers
{
    private static readonly Lazy<FSharpChecker> Checker = new(() => FSharpChecker.Create(
        null, null, null, null, null, null, null, null, null, null, null, null, null, null));

    /// <summary>Compiles F#; returns the errors.</summary>
    public static IReadOnlyList<string> FSharp(IEnumerable<string> arguments)
    {
        var compile = Checker.Value.Compile(["fsc", .. arguments], null);
        var (diagnostics, _) = FSharpAsync.RunSynchronously(compile, null, null);
        return [.. diagnostics.Where(d => d.Severity.Equals(FSharpDiagnosticSeverity.Error)).Select(d => d.ToString()!)];
    }

    /// <summary>Compiles C#; returns the errors.</summary>
    /// <remarks>The analyzers' warnings count, as with <c>EnforceCodeStyleInBuild</c> and warnings as errors.</remarks>
    public static IReadOnlyList<string> CSharp(
        IReadOnlyList<string> arguments, string folder, string generators, IEnumerable<string> analyzers)
    {
        var parsed = CSharpCommandLineParser.Default.Parse(arguments, folder, sdkDirectory: null);
        if (parsed.Errors.Length > 0)
        {
            return [.. parsed.Errors.Select(error => error.ToString())];
        }

        var trees = parsed.SourceFiles.AsParallel().AsOrdered().Select(file => CSharpSyntaxTree.ParseText(
            SourceText.From(File.ReadAllBytes(file.Path), File.ReadAllBytes(file.Path).Length, Encoding.UTF8),
            parsed.ParseOptions,
            file.Path));
        var settings = AnalyzerConfigSet.Create(parsed.AnalyzerConfigPaths
            .Select(path => AnalyzerConfig.Parse(File.ReadAllText(path), path)).ToList());
        var references = parsed.MetadataReferences.Select(reference => MetadataReference.CreateFromFile(reference.Reference));
        Compilation compilation = CSharpCompilation.Create(
            parsed.CompilationName,
            trees,
            references,
            parsed.CompilationOptions.WithSyntaxTreeOptionsProvider(new Severities(settings)));
        var analysed = compilation
            .WithAnalyzers([.. Analyzers(analyzers)], new AnalyzerOptions([], new Options(settings)))
            .GetAnalyzerDiagnosticsAsync();
        CSharpGeneratorDriver.Create(Generators(generators), parseOptions: parsed.ParseOptions)
            .RunGeneratorsAndUpdateCompilation(compilation, out compilation, out var said);

        using var assembly = new MemoryStream();
        using var symbols = new MemoryStream();
        using var documentation = new MemoryStream();
        var result = compilation.Emit(assembly, symbols, documentation, options: parsed.EmitOptions.WithDebugInformationFormat(
            Microsoft.CodeAnalysis.Emit.DebugInformationFormat.PortablePdb));
        if (result.Success)
        {
            // The assembly last, and all of it: a build that is cut off leaves nothing that looks up to date.
            var output = parsed.GetOutputFilePath(parsed.OutputFileName!);
            File.WriteAllBytes(Path.ChangeExtension(output, ".pdb"), symbols.ToArray());
            if (parsed.DocumentationPath is { } path)
            {
                File.WriteAllBytes(path, documentation.ToArray());
            }

            File.WriteAllBytes(output + ".partial", assembly.ToArray());
            File.Move(output + ".partial", output, overwrite: true);
        }

        var counted = said.Concat(result.Diagnostics).Where(d => d.Severity == DiagnosticSeverity.Error)
            .Concat(analysed.Result.Where(d => d.Severity >= DiagnosticSeverity.Warning));
        return [.. counted.Where(d => !d.IsSuppressed).Select(d => d.ToString())];
    }

    /// <summary>The framework's own source generators, those of LibraryImport, Regex and JSON.</summary>
    private static IEnumerable<ISourceGenerator> Generators(string folder) =>
        from file in Directory.EnumerateFiles(folder, "*.dll")
        where !file.Contains("JavaScript", StringComparison.Ordinal)
        from type in Loadable(Assembly.LoadFrom(file))
        where !type.IsAbstract && type.GetCustomAttribute<GeneratorAttribute>() is not null
        let instance = Activator.CreateInstance(type)
        select instance as ISourceGenerator ?? ((IIncrementalGenerator)instance!).AsSourceGenerator();

    private static IEnumerable<DiagnosticAnalyzer> Analyzers(IEnumerable<string> files) =>
        from file in files
        from type in Loadable(Assembly.LoadFrom(file))
        let attribute = type.GetCustomAttribute<DiagnosticAnalyzerAttribute>()
        where !type.IsAbstract && attribute is not null && attribute.Languages.Contains(LanguageNames.CSharp)
        select (DiagnosticAnalyzer)Activator.CreateInstance(type)!;

    /// <summary>The types of an assembly but for code fixes, whose base classes belong to an editor.</summary>
    private static IEnumerable<Type> Loadable(Assembly assembly)
    {
        try
        {
            return assembly.GetTypes();
        }
        catch (ReflectionTypeLoadException partly)
        {
            return partly.Types.OfType<Type>();
        }
    }

    /// <summary>The severities that .editorconfig sets.</summary>
    private sealed class Severities(AnalyzerConfigSet set) : SyntaxTreeOptionsProvider
    {
        public override GeneratedKind IsGenerated(SyntaxTree tree, CancellationToken cancellation) => GeneratedKind.Unknown;

        public override bool TryGetDiagnosticValue(
            SyntaxTree tree, string id, CancellationToken cancellation, out ReportDiagnostic severity) =>
            set.GetOptionsForSourcePath(tree.FilePath).TreeOptions.TryGetValue(id, out severity);

        public override bool TryGetGlobalDiagnosticValue(string id, CancellationToken cancellation, out ReportDiagnostic severity) =>
            set.GlobalConfigOptions.TreeOptions.TryGetValue(id, out severity);
    }

    /// <summary>The options that .editorconfig sets.</summary>
    private sealed class Options(AnalyzerConfigSet set) : AnalyzerConfigOptionsProvider
    {
        public override AnalyzerConfigOptions GlobalOptions => new Values(set.GlobalConfigOptions.AnalyzerOptions);

        public override AnalyzerConfigOptions GetOptions(SyntaxTree tree) => Of(tree.FilePath);

        public override AnalyzerConfigOptions GetOptions(AdditionalText file) => Of(file.Path);

        private Values Of(string path) =>
            new(set.GlobalConfigOptions.AnalyzerOptions.SetItems(set.GetOptionsForSourcePath(path).AnalyzerOptions));
    }

    private sealed class Values(ImmutableDictionary<string, string> values) : AnalyzerConfigOptions
    {
        public override IEnumerable<string> Keys => values.Keys;

        public override bool TryGetValue(string key, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out string? value) =>
            values.TryGetValue(key, out value);
    }
}
