using Microsoft.FSharp.Core;
using ScoreFunctional.Runs;
using ScoreFunctional.Scripting;

namespace ScoreFunctional.Host.Scripting;

/// <summary>F# scripts that add members of their own to the tables.</summary>
public static class ScoreScript
{
    /// <summary>
    /// The library's tables with the members of a script: a value <c>members: Extension list</c>, or one objective,
    /// <c>objective: Sde -&gt; Objective</c>, whose name is then <c>script</c>. The script is compiled, which takes seconds.
    /// </summary>
    /// <param name="path">The script; resuming a run needs the same text again.</param>
    /// <exception cref="ScoreException">There is no such script, or it does not compile.</exception>
    public static ScoreTables Load(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        var (script, members) = RunChoices.Required(Scripts.load(path));
        return new ScoreTables(
            members.Aggregate(TablesModule.standard, (tables, member) => TablesModule.add(tables, member)),
            FSharpOption<ScriptReference>.Some(script));
    }
}
