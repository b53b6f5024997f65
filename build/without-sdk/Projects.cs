using Microsoft.Build.Evaluation;

namespace ScoreFunctional.WithoutSdk;

/// <summary>A project as MSBuild evaluates it: what to compile, and with what.</summary>
internal sealed class ProjectFile
{
    private readonly Project _project;

    private ProjectFile(Project project) => _project = project;

    public string Path => _project.FullPath;

    public string Folder => _project.DirectoryPath;

    public string Name => this["AssemblyName"];

    public bool IsFSharp => Path.EndsWith(".fsproj", StringComparison.Ordinal);

    public bool IsExecutable => this["OutputType"] == "Exe";

    public bool IsTest => Is("IsTestProject");

    public string this[string property] => _project.GetPropertyValue(property);

    public bool Is(string property) => this[property].Equals("true", StringComparison.OrdinalIgnoreCase);

    /// <summary>The items of a kind, in the project's order.</summary>
    public IEnumerable<ProjectItem> Items(string kind) => _project.GetItems(kind);

    /// <summary>The items of a kind that are files, as full paths.</summary>
    public IEnumerable<string> Files(string kind) =>
        Items(kind).Select(item => System.IO.Path.GetFullPath(item.EvaluatedInclude, Folder));

    /// <summary>Every file that the evaluation read.</summary>
    public IEnumerable<string> Inputs => [Path, .. _project.Imports.Select(import => import.ImportedProject.FullPath)];

    public static ProjectFile Load(string path) =>
        new(ProjectCollection.GlobalProjectCollection.LoadProject(System.IO.Path.GetFullPath(path)));

    /// <summary>The projects that a path names, a project or a solution, each after those that it refers to.</summary>
    public static List<ProjectFile> InOrder(string path)
    {
        var ordered = new List<ProjectFile>();
        var seen = new HashSet<string>();

        void Add(string project)
        {
            if (!seen.Add(System.IO.Path.GetFullPath(project)))
            {
                return;
            }

            var file = Load(project);
            foreach (var reference in file.Files("ProjectReference"))
            {
                Add(reference);
            }

            ordered.Add(file);
        }

        if (path.EndsWith(".sln", StringComparison.Ordinal))
        {
            var folder = System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(path))!;
            foreach (var line in File.ReadLines(path).Where(line => line.StartsWith("Project(", StringComparison.Ordinal)))
            {
                var named = line.Split('"')[5].Replace('\\', '/');
                if (named.EndsWith("proj", StringComparison.Ordinal))
                {
                    Add(System.IO.Path.Combine(folder, named));
                }
            }
        }
        else
        {
            Add(path);
        }

        return ordered;
    }
}
