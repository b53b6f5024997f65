namespace ScoreFunctional

// Tables of named members, such as samplers: listing, choosing by name and settings, and error messages.

open System

/// <summary>A choice of a member of a table: its name, and values for some or all of its settings.</summary>
type Choice = {
    /// <summary>Name of the member.</summary>
    Name: string
    /// <summary>Names and values of settings.</summary>
    Settings: (string * Value) list
}

/// <summary>A member of a table: its description, its settings, and the function that makes its value.</summary>
type Member<'a> = {
    /// <summary>Name, as typed on the command line.</summary>
    Name: string
    /// <summary>Earlier names, accepted on input and never written.</summary>
    Aliases: string list
    /// <summary>A description in one phrase.</summary>
    Summary: string
    /// <summary>The publication that defines it.</summary>
    Citation: Citation
    /// <summary>Its settings, and the function that makes its value.</summary>
    Settings: Settings<'a>
}

/// <summary>A table: the members among which a user chooses, such as samplers. The command line, documentation, files and tests derive
/// from it.</summary>
type Table<'a> = {
    /// <summary>Kind of its members, in the singular: <c>sampler</c>.</summary>
    Kind: string
    /// <summary>The members, in the order of listings.</summary>
    Members: Member<'a> list
}

/// <summary>The description of a member, whatever the type of its value.</summary>
type MemberInfo = {
    /// <summary>Name, as typed on the command line.</summary>
    Name: string
    /// <summary>Earlier names, accepted on input and never written.</summary>
    Aliases: string list
    /// <summary>A description in one phrase.</summary>
    Summary: string
    /// <summary>The publication that defines it.</summary>
    Citation: Citation
    /// <summary>Its settings.</summary>
    Settings: Setting list
}

/// <summary>The description of a table, whatever the type of its values.</summary>
type TableInfo = {
    /// <summary>Kind of its members, in the singular.</summary>
    Kind: string
    /// <summary>The members.</summary>
    Members: MemberInfo list
}

/// <summary>Suggestions for misspelt names.</summary>
module Nearest =

    /// The Damerau–Levenshtein distance of two words, in its optimal-string-alignment form.
    let private distance (a: string) (b: string) =
        let table = Array2D.zeroCreate (a.Length + 1) (b.Length + 1)

        for i in 0 .. a.Length do
            for j in 0 .. b.Length do
                table[i, j] <-
                    if i = 0 || j = 0 then
                        i + j
                    else
                        let replaced = table[i - 1, j - 1] + (if a[i - 1] = b[j - 1] then 0 else 1)
                        let least = min replaced (1 + min table[i - 1, j] table[i, j - 1])

                        if i > 1 && j > 1 && a[i - 1] = b[j - 2] && a[i - 2] = b[j - 1] then
                            min least (1 + table[i - 2, j - 2])
                        else
                            least

        table[a.Length, b.Length]

    /// <summary>The name closest to a text, if one is close enough.</summary>
    let find (names: string list) (text: string) : string option =
        // A text this much longer than every name is close to none.
        if names.IsEmpty || text.Length > 100 then
            None
        else
            // Of two as close, the one that the text begins with.
            let away, name =
                names
                |> List.map (fun name -> distance text name, name)
                |> List.minBy (fun (away, name) -> away, not (text.StartsWith(name, StringComparison.Ordinal)))

            if away <= max 2 (text.Length / 3) then Some name else None

    /// <summary>The message for an unknown name: <c>unknown sampler 'huen': did you mean heun? expected one of …</c>.</summary>
    let unknown (kind: string) (names: string list) (text: string) : string =
        let meant =
            match find names text with
            | Some name -> $" did you mean {name}?"
            | None -> ""

        $"""unknown {kind} '{text}':{meant} expected one of {String.Join(", ", names)}"""

/// <summary>Functions of members of tables.</summary>
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Member =

    /// <summary>A member without earlier names.</summary>
    let create (name: string) (summary: string) (citation: Citation) (settings: Settings<'a>) : Member<'a> = {
        Name = name
        Aliases = []
        Summary = summary
        Citation = citation
        Settings = settings
    }

    /// <summary>Adds earlier names, which are still accepted.</summary>
    let formerly (names: string list) (one: Member<'a>) : Member<'a> = { one with Aliases = names }

    /// <summary>Applies a function to the value of a member.</summary>
    let map (f: 'a -> 'b) (one: Member<'a>) : Member<'b> = {
        Name = one.Name
        Aliases = one.Aliases
        Summary = one.Summary
        Citation = one.Citation
        Settings = { All = one.Settings.All; Make = one.Settings.Make >> f }
    }

    /// <summary>The value of a member with all settings at their defaults.</summary>
    let makeDefault (one: Member<'a>) : 'a = one.Settings.Make Map.empty

    /// <summary>The description of a member.</summary>
    let info (one: Member<'a>) : MemberInfo = {
        Name = one.Name
        Aliases = one.Aliases
        Summary = one.Summary
        Citation = one.Citation
        Settings = one.Settings.All
    }

    /// Checks values against settings, and converts and orders them; `Error` is one line.
    let private fitted (owner: string) (known: Setting list) (given: (string * Value) list) =
        let names = known |> List.map _.Name

        let fault (name, value) =
            match known |> List.tryFind (fun setting -> setting.Name = name) with
            | None when names.IsEmpty -> Some $"{owner} has no settings, found {name}"
            | None -> Some(Nearest.unknown $"setting of {owner}" names name)
            | Some setting when (Range.fit setting.Range value).IsNone ->
                Some $"{name} of {owner} must be {Range.words setting.Range}, not {Value.print value}"
            | Some _ -> None

        match given |> List.tryPick fault, given |> List.countBy fst |> List.tryFind (fun (_, n) -> n > 1) with
        | Some fault, _ -> Error fault
        | None, Some(name, _) -> Error $"{name} of {owner} is given twice"
        | None, None ->
            let given = Map.ofList given

            Ok [
                for setting in known do
                    match Map.tryFind setting.Name given |> Option.bind (Range.fit setting.Range) with
                    | Some value -> setting.Name, value
                    | None -> ()
            ]

    /// <summary>A choice of this member with the given settings, after validation; <c>Error</c> is one line.</summary>
    let choose (given: (string * Value) list) (one: Member<'a>) : Result<Choice, string> =
        fitted one.Name one.Settings.All given
        |> Result.map (fun settings -> { Name = one.Name; Settings = settings })

    /// <summary>As <c>choose</c>, with the defaults of all other settings filled in; <c>Error</c> is one line.</summary>
    let complete (given: (string * Value) list) (one: Member<'a>) : Result<Choice, string> =
        one
        |> choose given
        |> Result.map (fun choice ->
            let given = Map.ofList choice.Settings

            {
                choice with
                    Settings = [
                        for setting in one.Settings.All do
                            match Map.tryFind setting.Name given |> Option.orElse setting.Default with
                            | Some value -> setting.Name, value
                            | None -> ()
                    ]
            })

    /// Parses comma-separated `key=value` pairs; `Error` is one line.
    let private readSettings (owner: string) (known: Setting list) (text: string) =
        let read (pair: string) =
            match pair.Split('=', 2) with
            | [| name; value |] ->
                match known |> List.tryFind (fun setting -> setting.Name = name.Trim()) with
                | None -> Ok(name.Trim(), Value.Word value) // `choose` refuses it and lists the known names.
                | Some setting ->
                    match Range.read setting.Range (value.Trim()) with
                    | Some value -> Ok(setting.Name, value)
                    | None -> Error $"{setting.Name} of {owner} must be {Range.words setting.Range}, not '{value}'"
            | _ -> Error $"expected settings of {owner} as name=value, found '{pair}'"

        (Ok [], text.Split ',')
        ||> Array.fold (fun found pair ->
            found |> Result.bind (fun before -> read pair |> Result.map (fun one -> before @ [ one ])))

    /// <summary>Parses the settings of this member, such as <c>churn=12,steps=36</c>; <c>Error</c> is one line.</summary>
    let read (settings: string) (one: Member<'a>) : Result<Choice, string> =
        readSettings one.Name one.Settings.All settings |> Result.bind (fun given -> choose given one)

/// <summary>Functions of choices.</summary>
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Choice =

    /// <summary>A choice of a member without any settings.</summary>
    let ofName (name: string) : Choice = { Name = name; Settings = [] }

    /// <summary>The choice as typed on the command line: <c>heun-churn:churn=12,steps=36</c>.</summary>
    let print (choice: Choice) : string =
        match choice.Settings with
        | [] -> choice.Name
        | settings ->
            let pairs = settings |> List.map (fun (name, value) -> $"{name}={Value.print value}")
            $"""{choice.Name}:{String.Join(",", pairs)}"""

    /// <summary>The value of a setting, if the choice has one.</summary>
    let tryGet (name: string) (choice: Choice) : Value option =
        choice.Settings |> List.tryPick (fun (known, value) -> if known = name then Some value else None)

    /// <summary>Replaces the value of a setting, or adds the setting at the end.</summary>
    let set (name: string) (value: Value) (choice: Choice) : Choice =
        if choice.Settings |> List.exists (fun (known, _) -> known = name) then
            {
                choice with
                    Settings =
                        choice.Settings |> List.map (fun (known, old) -> known, (if known = name then value else old))
            }
        else
            { choice with Settings = choice.Settings @ [ name, value ] }

/// <summary>Functions of tables: find members, parse choices, and make their values.</summary>
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Table =

    /// <summary>The description of a table.</summary>
    let info (table: Table<'a>) : TableInfo = { Kind = table.Kind; Members = table.Members |> List.map Member.info }

    /// <summary>The names of the members, in the order of the table.</summary>
    let names (table: Table<'a>) : string list = table.Members |> List.map _.Name

    /// <summary>The member with a name or an earlier name; <c>Error</c> is one line with the nearest name.</summary>
    let find (name: string) (table: Table<'a>) : Result<Member<'a>, string> =
        match table.Members |> List.tryFind (fun one -> one.Name = name || List.contains name one.Aliases) with
        | Some found -> Ok found
        | None -> Error(Nearest.unknown table.Kind (names table) name)

    /// <summary>Adds a member; it replaces a member of the same name.</summary>
    let add (one: Member<'a>) (table: Table<'a>) : Table<'a> = {
        table with
            Members = (table.Members |> List.filter (fun other -> other.Name <> one.Name)) @ [ one ]
    }

    /// An error that names the owners, where a setting belongs to other members of the table.
    let private owned (one: Member<'a>) (given: (string * Value) list) (table: Table<'a>) : Result<unit, string> =
        let has name (other: Member<'a>) = other.Settings.All |> List.exists (fun setting -> setting.Name = name)

        given
        |> List.tryPick (fun (name, _) ->
            match table.Members |> List.filter (has name) with
            | _ when has name one -> None
            | [] -> None
            | owners ->
                let owners = String.Join(" and ", owners |> List.map _.Name)
                Some $"{name} is a setting of {owners}, not of {one.Name}")
        |> function
            | Some fault -> Error fault
            | None -> Ok()

    /// <summary>Parses a choice, <c>NAME</c> or <c>NAME:key=value,key=value</c>; <c>Error</c> is one line.</summary>
    let read (text: string) (table: Table<'a>) : Result<Choice, string> =
        match text.Split(':', 2) with
        | [| name; settings |] ->
            let given = [
                for pair in settings.Split ',' ->
                    let name = (pair.Split '=')[0]
                    name.Trim(), Value.Flag true
            ]

            table
            |> find name
            |> Result.bind (fun one -> owned one given table |> Result.bind (fun () -> Member.read settings one))
        | _ -> table |> find text |> Result.map (fun one -> Choice.ofName one.Name)

    /// <summary>The choice under its current name, with the defaults of missing settings filled in; <c>Error</c> is one line.</summary>
    let complete (choice: Choice) (table: Table<'a>) : Result<Choice, string> =
        table
        |> find choice.Name
        |> Result.bind (fun one ->
            owned one choice.Settings table |> Result.bind (fun () -> Member.complete choice.Settings one))

    /// <summary>Merges a new choice into an existing one. The new settings replace those of the same member; another member starts from
    /// its own defaults. <c>Error</c> is one line.</summary>
    let merge (existing: Choice) (added: Choice) (table: Table<'a>) : Result<Choice, string> =
        table
        |> find added.Name
        |> Result.bind (fun one ->
            let kept =
                if one.Name = existing.Name then
                    existing.Settings
                    |> List.filter (fun (name, _) -> added.Settings |> List.forall (fun (other, _) -> other <> name))
                else
                    []

            owned one added.Settings table
            |> Result.bind (fun () -> Member.complete (kept @ added.Settings) one))

    /// <summary>The value of a choice; <c>Error</c> is one line, for an unknown member or settings that are invalid or contradict each
    /// other.</summary>
    let make (choice: Choice) (table: Table<'a>) : Result<'a, string> =
        table
        |> find choice.Name
        |> Result.bind (fun one ->
            Member.choose choice.Settings one
            |> Result.bind (fun choice ->
                try
                    Ok(one.Settings.Make(Map.ofList choice.Settings))
                with :? ArgumentException as e ->
                    let message = e.Message.ReplaceLineEndings " "
                    Error $"{table.Kind} {one.Name}: {message}"))
