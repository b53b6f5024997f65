using System.Reflection;

namespace ScoreFunctional.Host;

/// <summary>The version of this library and of the program.</summary>
internal static class LibraryVersion
{
    /// <summary>The version, as in <c>0.1.0</c>.</summary>
    public static string Text { get; } =
        typeof(LibraryVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "";
}
