namespace ScoreFunctional.Runs

open System
open System.Text
open Microsoft.FSharp.Reflection

/// The words by which a person names a choice: the case's own name in small letters with hyphens.
[<RequireQualifiedAccess>]
module Names =
    /// "TwoMoons" becomes "two-moons".
    let private hyphenate (name: string) =
        let text = StringBuilder()

        for i in 0 .. name.Length - 1 do
            if i > 0 && Char.IsUpper name[i] then
                text.Append '-' |> ignore

            text.Append(Char.ToLowerInvariant name[i]) |> ignore

        text.ToString()

    /// Names of before, which files and people may still use.
    let internal current (name: string) = if name = "founding" then "ncsn" else name

    /// The names of a union's cases, in the order of their declaration.
    let all<'T> () : string list = [ for case in FSharpType.GetUnionCases typeof<'T> -> hyphenate case.Name ]

    /// The name of the case that a value is of.
    let ofValue (value: 'T) : string =
        let case, _ = FSharpValue.GetUnionFields(value, typeof<'T>)
        hyphenate case.Name

    /// The case without fields that bears a name; `Error` lists the names there are.
    let tryParse<'T> (what: string) (name: string) : Result<'T, string> =
        FSharpType.GetUnionCases typeof<'T>
        |> Array.tryFind (fun case -> hyphenate case.Name = current name && case.GetFields().Length = 0)
        |> function
            | Some case -> Ok(FSharpValue.MakeUnion(case, [||]) :?> 'T)
            | None -> Error $"""unknown {what} '{name}': expected one of {String.Join(", ", all<'T>())}"""

    /// The name of a case, as it stands in a file.
    let internal ofCase (case: UnionCaseInfo) : string = hyphenate case.Name
