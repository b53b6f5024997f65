using System.Reflection;
using System.Runtime.CompilerServices;
using ScoreFunctional.Host;
using ScoreFunctional.Host.Plotting;
using Xunit;

namespace Api.Tests;

/// <summary>What the API shows: types of the framework and its own, and nothing that these tests do not use.</summary>
public sealed class SurfaceTests
{
    private static readonly Assembly[] Face = [typeof(ScoreModel).Assembly, typeof(RunPictures).Assembly];

    private static IEnumerable<Type> Types => Face.SelectMany(assembly => assembly.GetExportedTypes());

    private static readonly HashSet<string> Everywhere =
        ["Equals", "GetHashCode", "ToString", "Deconstruct", "<Clone>$", "EqualityContract", "value__"];

    [Fact]
    public void No_public_member_shows_a_type_of_FSharp_or_of_the_floors_below()
    {
        var strangers =
            from type in Types
            from member in type.GetMembers(
                BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly)
            where IsVisible(member)
            from seen in TypesOf(member).SelectMany(Parts)
            where !Face.Contains(seen.Assembly) && !seen.Assembly.GetName().Name!.StartsWith("System.", StringComparison.Ordinal)
            select $"{type.Name}.{member.Name}: {seen.FullName}";
        Assert.Empty(strangers);
        Assert.All(Face, assembly => Assert.NotEmpty(assembly.GetExportedTypes()));
    }

    [Fact]
    public void Every_public_member_is_used_by_a_test_here()
    {
        var source = string.Concat(Directory.GetFiles(Path.GetDirectoryName(Here())!, "*.cs").Select(File.ReadAllText));
        var unused =
            from type in Types
            where !type.IsEnum
            from member in type.GetMembers(BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly)
            where member is PropertyInfo or MethodInfo { IsSpecialName: false }
            where !Everywhere.Contains(member.Name) && member.Name != "Item"
            where !source.Contains(member.Name, StringComparison.Ordinal)
            select $"{type.Name}.{member.Name}";
        Assert.Empty(unused);
    }

    private static bool IsVisible(MemberInfo member) => member switch
    {
        MethodBase method => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly,
        FieldInfo field => field.IsPublic || field.IsFamily || field.IsFamilyOrAssembly,
        PropertyInfo property => property.GetAccessors().Length > 0,
        EventInfo => true,
        _ => false,
    };

    private static IEnumerable<Type> TypesOf(MemberInfo member) => member switch
    {
        MethodInfo method => [method.ReturnType, .. method.GetParameters().Select(parameter => parameter.ParameterType)],
        ConstructorInfo constructor => constructor.GetParameters().Select(parameter => parameter.ParameterType),
        FieldInfo field => [field.FieldType],
        PropertyInfo property => [property.PropertyType],
        _ => [],
    };

    private static IEnumerable<Type> Parts(Type type) =>
        type.HasElementType ? Parts(type.GetElementType()!)
        : type.IsGenericType ? [type.GetGenericTypeDefinition(), .. type.GetGenericArguments().SelectMany(Parts)]
        : type.IsGenericParameter ? []
        : [type];

    private static string Here([CallerFilePath] string path = "") => path;
}
