using System;
using System.IO;
using System.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

// Compiles the builder with Roslyn, and is itself compiled by Mono's old mcs: OUTPUT REFERENCES SOURCES, of which the
// latter two are folders with a colon between them.
static class Stage0
{
    static int Main(string[] args)
    {
        var parse = CSharpParseOptions.Default.WithLanguageVersion(LanguageVersion.Latest);
        var files = args[2].Split(':').SelectMany(folder => Directory.GetFiles(folder, "*.cs"))
            .Where(file => Path.GetFileName(file) != "Stage0.cs");
        var usings = new[] { "", ".Collections.Generic", ".IO", ".Linq", ".Net.Http", ".Threading", ".Threading.Tasks" };
        var trees = files.Select(file => (SyntaxTree)CSharpSyntaxTree.ParseText(File.ReadAllText(file), parse, file)).Concat(
            usings.Select(name => (SyntaxTree)CSharpSyntaxTree.ParseText("global using System" + name + ";", parse)));
        var references = args[1].Split(':').SelectMany(folder => Directory.GetFiles(folder, "*.dll"))
            .Select(file => (MetadataReference)MetadataReference.CreateFromFile(file));
        var options = new CSharpCompilationOptions(OutputKind.ConsoleApplication)
            .WithOptimizationLevel(OptimizationLevel.Release)
            .WithNullableContextOptions(NullableContextOptions.Enable);
        var result = CSharpCompilation.Create("Builder", trees, references, options).Emit(args[0]);
        foreach (var error in result.Diagnostics.Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error))
        {
            Console.Error.WriteLine(error);
        }

        return result.Success ? 0 : 1;
    }
}
