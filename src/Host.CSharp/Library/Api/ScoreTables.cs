using Microsoft.FSharp.Collections;
using Microsoft.FSharp.Core;
using ScoreFunctional.Runs;

namespace ScoreFunctional.Host;

/// <summary>
/// The tables of everything that can be chosen: data sets, networks, processes, models, objectives, optimisers, learning-rate schedules,
/// averages, samplers and noise schedules. An option names a member and, after a colon, its settings: <c>heun-churn:churn=12,steps=36</c>.
/// </summary>
public sealed class ScoreTables
{
    internal ScoreTables(Tables tables, FSharpOption<ScriptReference>? script = null)
    {
        (Tables, Script) = (tables, script);
        All = [.. TablesModule.list(tables).Select(table => new TableListing(
            table.Kind, [.. table.Members.Select(Member)]))];
    }

    /// <summary>The built-in tables.</summary>
    public static ScoreTables Standard { get; } = new(TablesModule.standard);

    /// <summary>Every table with its members.</summary>
    public IReadOnlyList<TableListing> All { get; }

    internal Tables Tables { get; }

    internal FSharpOption<ScriptReference>? Script { get; }

    /// <summary>The members of a kind.</summary>
    /// <param name="kind">The kind, for instance <c>sampler</c>.</param>
    /// <exception cref="ArgumentException">There is no such kind.</exception>
    public IReadOnlyList<MemberListing> this[string kind] =>
        All.FirstOrDefault(table => table.Kind == kind)?.Members
            ?? throw new ArgumentException(Nearest.unknown("kind", ListModule.OfSeq(All.Select(table => table.Kind)), kind), nameof(kind));

    private static MemberListing Member(MemberInfo member) => new(
        member.Name, member.Summary, ScoreFunctional.Citations.print(member.Citation),
        [.. member.Settings.Select(setting => new SettingListing(
            setting.Name, setting.Meaning, setting.Unit, RangeModule.words(setting.Range), setting.DefaultText))]);
}

/// <summary>A table.</summary>
/// <param name="Kind">Kind of its members, in the singular.</param>
/// <param name="Members">The members.</param>
public sealed record TableListing(string Kind, IReadOnlyList<MemberListing> Members);

/// <summary>A member of a table.</summary>
/// <param name="Name">Name, as in options.</param>
/// <param name="Summary">Description, in one phrase.</param>
/// <param name="Source">The publication.</param>
/// <param name="Settings">Its settings.</param>
public sealed record MemberListing(string Name, string Summary, string Source, IReadOnlyList<SettingListing> Settings);

/// <summary>A setting of a member.</summary>
/// <param name="Name">Name, as in options.</param>
/// <param name="Meaning">Meaning, in one phrase.</param>
/// <param name="Unit">Unit; empty for a pure number.</param>
/// <param name="Range">The allowed values, in words.</param>
/// <param name="Default">The default, in words.</param>
public sealed record SettingListing(string Name, string Meaning, string Unit, string Range, string Default);
