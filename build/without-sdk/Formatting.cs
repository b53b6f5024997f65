using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Formatting;
using Microsoft.CodeAnalysis.Text;

namespace ScoreFunctional.WithoutSdk;

/// <summary>Whether C# is laid out as .editorconfig asks; its style is the compilation's to check.</summary>
internal static class Formatting
{
    public static int Check(IEnumerable<ProjectFile> projects)
    {
        using var workspace = new AdhocWorkspace();
        var wrong = 0;
        foreach (var project in projects.Where(project => !project.IsFSharp))
        {
            var id = ProjectId.CreateNewId();
            var solution = workspace.CurrentSolution
                .AddProject(ProjectInfo.Create(id, default, project.Name, project.Name, LanguageNames.CSharp, project.Path))
                .WithProjectParseOptions(id, new CSharpParseOptions(LanguageVersion.Latest));
            if (Path.Combine(Root(project), ".editorconfig") is var settings && File.Exists(settings))
            {
                solution = solution.AddAnalyzerConfigDocument(
                    DocumentId.CreateNewId(id), ".editorconfig", SourceText.From(File.ReadAllText(settings)), filePath: settings);
            }

            foreach (var file in project.Files("Compile"))
            {
                var text = SourceText.From(File.ReadAllText(file));
                var document = DocumentId.CreateNewId(id);
                solution = solution.AddDocument(document, Path.GetFileName(file), text, filePath: file);
                var formatted = Formatter.FormatAsync(solution.GetDocument(document)!).Result.GetTextAsync().Result;
                foreach (var change in formatted.GetTextChanges(text))
                {
                    var place = text.Lines.GetLinePosition(change.Span.Start);
                    Console.WriteLine($"{file}({place.Line + 1},{place.Character + 1}): error WHITESPACE: fix whitespace formatting");
                    wrong++;
                }
            }
        }

        return wrong == 0 ? 0 : 2;
    }

    private static string Root(ProjectFile project) => project["RepositoryRoot"];
}
