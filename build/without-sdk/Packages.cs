using System.IO.Compression;
using System.Text.Json;
using System.Xml.Linq;

namespace ScoreFunctional.WithoutSdk;

/// <summary>
/// NuGet packages, from the source that the user's NuGet configuration names, unpacked into the build's own folder.
/// </summary>
internal sealed class Packages(string folder)
{
    private static readonly string[] Frameworks =
    [
        "net10.0", "net9.0", "net8.0", "net7.0", "net6.0", "net5.0", "netcoreapp3.1", "netcoreapp3.0", "netcoreapp2.1",
        "netcoreapp2.0", "netstandard2.1", "netstandard2.0", "netstandard1.6", "netstandard1.3", "netstandard1.0",
    ];

    private readonly HttpClient _client = new();
    private readonly Lazy<string> _content = new(FindContent);

    /// <summary>The packages that these lead to, each once and in the highest version that anyone asks for.</summary>
    public List<Package> Closure(IEnumerable<(string Id, string Version)> direct)
    {
        var chosen = new Dictionary<string, Package>(StringComparer.OrdinalIgnoreCase);
        var waiting = new Queue<(string Id, string Version)>(direct);
        while (waiting.TryDequeue(out var wanted))
        {
            if (chosen.TryGetValue(wanted.Id, out var known) && Order(known.Version) >= Order(wanted.Version))
            {
                continue;
            }

            var package = Get(wanted.Id, wanted.Version);
            chosen[wanted.Id] = package;
            foreach (var next in package.Dependencies)
            {
                waiting.Enqueue(next);
            }
        }

        return [.. chosen.Values];
    }

    /// <summary>One package, downloaded when it is not there yet.</summary>
    public Package Get(string id, string version)
    {
        var (name, number) = (id.ToLowerInvariant(), version.ToLowerInvariant());
        var target = Path.Combine(folder, name, number);
        if (!Directory.Exists(target))
        {
            var bytes = _client.GetByteArrayAsync($"{_content.Value}{name}/{number}/{name}.{number}.nupkg").Result;
            var partial = target + ".partial";
            if (Directory.Exists(partial))
            {
                Directory.Delete(partial, recursive: true);
            }

            using var archive = new ZipArchive(new MemoryStream(bytes));
            archive.ExtractToDirectory(partial);
            Directory.Move(partial, target);
        }

        return new Package(id, version, target);
    }

    /// <summary>The folder below a package's folder that serves net10.0 best, if there is one.</summary>
    public static string? Best(string parent) =>
        Frameworks.Select(framework => Path.Combine(parent, framework)).FirstOrDefault(Directory.Exists);

    /// <summary>The same choice among the names of a nuspec's dependency groups.</summary>
    public static XElement? Best(IReadOnlyList<XElement> groups) =>
        Frameworks
            .Select(framework => groups.FirstOrDefault(group => Moniker((string?)group.Attribute("targetFramework")) == framework))
            .FirstOrDefault(group => group is not null)
        ?? groups.FirstOrDefault(group => group.Attribute("targetFramework") is null);

    private static string? Moniker(string? framework) =>
        framework?.TrimStart('.').ToLowerInvariant().Replace("netcoreapp5", "net5", StringComparison.Ordinal);

    private static Version Order(string version) => Version.Parse(version.Split('-', '+')[0]);

    private static string FindContent()
    {
        var configuration = Path.Combine(
            Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "NuGet", "NuGet.Config");
        if (!File.Exists(configuration))
        {
            throw new BuildException($"expected NuGet's configuration, found no file {configuration}");
        }

        var index = XDocument.Load(configuration).Descendants("packageSources").Elements("add")
            .Select(source => (string?)source.Attribute("value"))
            .FirstOrDefault(value => value?.EndsWith("index.json", StringComparison.Ordinal) == true)
            ?? throw new BuildException($"{configuration} names no package source of NuGet's third protocol");
        using var client = new HttpClient();
        using var services = JsonDocument.Parse(client.GetStringAsync(index).Result);
        return services.RootElement.GetProperty("resources").EnumerateArray()
            .First(resource => resource.GetProperty("@type").GetString()!.StartsWith("PackageBaseAddress/", StringComparison.Ordinal))
            .GetProperty("@id").GetString()!;
    }
}

/// <summary>An unpacked package.</summary>
internal sealed record Package(string Id, string Version, string Folder)
{
    /// <summary>The packages that its nuspec asks for on net10.0.</summary>
    public IEnumerable<(string Id, string Version)> Dependencies
    {
        get
        {
            var nuspec = XDocument.Load(Directory.EnumerateFiles(Folder, "*.nuspec").Single());
            var all = nuspec.Descendants().FirstOrDefault(element => element.Name.LocalName == "dependencies");
            var groups = all?.Elements().Where(element => element.Name.LocalName == "group").ToList() ?? [];
            var best = groups.Count == 0 ? all : Packages.Best(groups);
            return from element in best?.Elements() ?? []
                   where element.Name.LocalName == "dependency"
                   let include = (string?)element.Attribute("include")
                   where include is null || include.Contains("All", StringComparison.OrdinalIgnoreCase)
                       || include.Contains("Runtime", StringComparison.OrdinalIgnoreCase)
                   select ((string)element.Attribute("id")!, Least((string)element.Attribute("version")!));
        }
    }

    /// <summary>The assemblies to compile against and to run with.</summary>
    public IEnumerable<string> Assemblies =>
        Packages.Best(Path.Combine(Folder, "lib")) is { } lib ? Directory.EnumerateFiles(lib, "*.dll") : [];

    private static string Least(string range) => range.Trim('[', ']', '(', ')').Split(',')[0].Trim();
}

/// <summary>What stops a build, in one line.</summary>
internal sealed class BuildException(string message) : Exception(message);
