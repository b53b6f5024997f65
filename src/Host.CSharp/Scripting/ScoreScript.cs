using Microsoft.FSharp.Core;
using ScoreFunctional.Runs;
using ScoreFunctional.Scripting;

namespace ScoreFunctional.Host.Scripting;

/// <summary>F# scripts that add members to the tables.</summary>
public static class ScoreScript
{
    /// <summary>
    /// The built-in tables with the members of a script. The script defines <c>members: Extension list</c>, or one objective,
    /// <c>objective: Sde -&gt; Objective</c>, with the name <c>script</c>. Compiling it takes seconds.
    /// </summary>
    /// <param name="path">The script; resuming a run needs a script with the same text.</param>
    /// <exception cref="ScoreException">The script is missing or does not compile.</exception>
    public static ScoreTables Load(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        var (script, members) = RunChoices.ValueOrThrow(Scripts.load(path));
        return new ScoreTables(
            members.Aggregate(TablesModule.standard, (tables, member) => TablesModule.add(tables, member)),
            FSharpOption<ScriptReference>.Some(script));
    }
}
