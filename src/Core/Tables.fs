namespace ScoreFunctional

open System

/// <summary>A member of a table by name, with values for some of its settings or for all.</summary>
type Choice = {
    /// <summary>Name of the member.</summary>
    Name: string
    /// <summary>Settings by name, each with its value.</summary>
    Settings: (string * Value) list
}

/// <summary>A member of a table: all that help, documentation, files and programs need to know of it, and how it is made.</summary>
type Member<'a> = {
    /// <summary>Name, as a person types it.</summary>
    Name: string
    /// <summary>Earlier names, which are read and never written.</summary>
    Aliases: string list
    /// <summary>What it is, in one phrase.</summary>
    Summary: string
    /// <summary>Where it was published.</summary>
    Citation: Citation
    /// <summary>Its settings, and the value that they make.</summary>
    Settings: Settings<'a>
}

/// <summary>A table of members, one for each way in which an open choice can be made.</summary>
type Table<'a> = {
    /// <summary>Kind of its members, in the singular: <c>sampler</c>.</summary>
    Kind: string
    /// <summary>The members, in the order in which they are listed.</summary>
    Members: Member<'a> list
}

/// <summary>A member without the value that it makes: what is listed, whatever the table.</summary>
type MemberInfo = {
    /// <summary>Name, as a person types it.</summary>
    Name: string
    /// <summary>Earlier names, which are read and never written.</summary>
    Aliases: string list
    /// <summary>What it is, in one phrase.</summary>
    Summary: string
    /// <summary>Where it was published.</summary>
    Citation: Citation
    /// <summary>Its settings.</summary>
    Settings: Setting list
}

/// <summary>A table without the values that its members make.</summary>
type TableInfo = {
    /// <summary>Kind of its members, in the singular.</summary>
    Kind: string
    /// <summary>The members.</summary>
    Members: MemberInfo list
}

/// <summary>Names that a person may have meant.</summary>
module Nearest =

    /// Insertions, deletions, replacements and exchanges of neighbours from one word to the other.
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

    /// <summary>The name that is nearest to a text, if any is near enough to be what was meant.</summary>
    let find (names: string list) (text: string) : string option =
        // What is longer than any name by this much is near none of them, whatever it says.
        if names.IsEmpty || text.Length > 100 then
            None
        else
            let away, name = names |> List.map (fun name -> distance text name, name) |> List.minBy fst
            if away <= max 2 (text.Length / 3) then Some name else None

    /// <summary>One line for a name that is unknown: <c>unknown sampler 'huen': did you mean heun? expected one of …</c>.</summary>
    let unknown (kind: string) (names: string list) (text: string) : string =
        let meant =
            match find names text with
            | Some name -> $" did you mean {name}?"
            | None -> ""

        $"""unknown {kind} '{text}':{meant} expected one of {String.Join(", ", names)}"""

/// <summary>Members of tables.</summary>
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Member =

    /// <summary>A member: name, summary, citation and settings.</summary>
    let create (name: string) (summary: string) (citation: Citation) (settings: Settings<'a>) : Member<'a> = {
        Name = name
        Aliases = []
        Summary = summary
        Citation = citation
        Settings = settings
    }

    /// <summary>The same member, which is also read by earlier names.</summary>
    let formerly (names: string list) (one: Member<'a>) : Member<'a> = { one with Aliases = names }

    /// <summary>The member with another value made of its settings.</summary>
    let map (f: 'a -> 'b) (one: Member<'a>) : Member<'b> = {
        Name = one.Name
        Aliases = one.Aliases
        Summary = one.Summary
        Citation = one.Citation
        Settings = { All = one.Settings.All; Make = one.Settings.Make >> f }
    }

    /// <summary>The value that a member makes when nothing is said of its settings.</summary>
    let standard (one: Member<'a>) : 'a = one.Settings.Make Map.empty

    /// <summary>What is listed of a member.</summary>
    let info (one: Member<'a>) : MemberInfo = {
        Name = one.Name
        Aliases = one.Aliases
        Summary = one.Summary
        Citation = one.Citation
        Settings = one.Settings.All
    }

    /// <summary>Values for settings, each one that the setting takes, in the settings' order and each at most once; <c>Error</c> is one line.</summary>
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

    /// <summary>A choice of this member with the settings that were given, checked; <c>Error</c> is one line.</summary>
    let choose (given: (string * Value) list) (one: Member<'a>) : Result<Choice, string> =
        fitted one.Name one.Settings.All given
        |> Result.map (fun settings -> { Name = one.Name; Settings = settings })

    /// <summary>A choice of this member in which every setting that has a default has a value; <c>Error</c> is one line.</summary>
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

    /// <summary>Reads <c>key=value</c> pairs that commas part; <c>Error</c> is one line.</summary>
    let private readSettings (owner: string) (known: Setting list) (text: string) =
        let read (pair: string) =
            match pair.Split('=', 2) with
            | [| name; value |] ->
                match known |> List.tryFind (fun setting -> setting.Name = name.Trim()) with
                | None -> Ok(name.Trim(), Value.Word value) // Refused with the names that there are.
                | Some setting ->
                    match Range.read setting.Range (value.Trim()) with
                    | Some value -> Ok(setting.Name, value)
                    | None -> Error $"{setting.Name} of {owner} must be {Range.words setting.Range}, not '{value}'"
            | _ -> Error $"expected settings of {owner} as name=value, found '{pair}'"

        (Ok [], text.Split ',')
        ||> Array.fold (fun found pair ->
            found |> Result.bind (fun before -> read pair |> Result.map (fun one -> before @ [ one ])))

    /// <summary>Reads settings of this member as they are typed after the colon: <c>churn=12,steps=36</c>; <c>Error</c> is one line.</summary>
    let read (settings: string) (one: Member<'a>) : Result<Choice, string> =
        readSettings one.Name one.Settings.All settings |> Result.bind (fun given -> choose given one)

/// <summary>Choices of members.</summary>
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Choice =

    /// <summary>A member with nothing said of its settings.</summary>
    let ofName (name: string) : Choice = { Name = name; Settings = [] }

    /// <summary>The choice as a person types it: <c>heun-churn:churn=12,steps=36</c>.</summary>
    let print (choice: Choice) : string =
        match choice.Settings with
        | [] -> choice.Name
        | settings ->
            let pairs = settings |> List.map (fun (name, value) -> $"{name}={Value.print value}")
            $"""{choice.Name}:{String.Join(",", pairs)}"""

    /// <summary>The value of a setting, where the choice has one.</summary>
    let tryGet (name: string) (choice: Choice) : Value option =
        choice.Settings |> List.tryPick (fun (known, value) -> if known = name then Some value else None)

    /// <summary>The choice with a setting at a value, in the place that it had or at the end.</summary>
    let set (name: string) (value: Value) (choice: Choice) : Choice =
        if choice.Settings |> List.exists (fun (known, _) -> known = name) then
            {
                choice with
                    Settings =
                        choice.Settings |> List.map (fun (known, old) -> known, (if known = name then value else old))
            }
        else
            { choice with Settings = choice.Settings @ [ name, value ] }

/// <summary>Tables: finding members, reading choices, and making what they stand for.</summary>
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Table =

    /// <summary>What is listed of a table.</summary>
    let info (table: Table<'a>) : TableInfo = { Kind = table.Kind; Members = table.Members |> List.map Member.info }

    /// <summary>The names, in the table's order.</summary>
    let names (table: Table<'a>) : string list = table.Members |> List.map _.Name

    /// <summary>The member of a name, or of an earlier one; <c>Error</c> is one line with the nearest name.</summary>
    let find (name: string) (table: Table<'a>) : Result<Member<'a>, string> =
        match table.Members |> List.tryFind (fun one -> one.Name = name || List.contains name one.Aliases) with
        | Some found -> Ok found
        | None -> Error(Nearest.unknown table.Kind (names table) name)

    /// <summary>The table with one more member, in place of one of the same name.</summary>
    let add (one: Member<'a>) (table: Table<'a>) : Table<'a> = {
        table with
            Members = (table.Members |> List.filter (fun other -> other.Name <> one.Name)) @ [ one ]
    }

    /// What another member of the table has is said to be its setting.
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

    /// <summary>Reads a choice as it is typed, <c>NAME</c> or <c>NAME:key=value,key=value</c>; <c>Error</c> is one line.</summary>
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

    /// <summary>The choice under its present name, with a value for every setting that has a default; <c>Error</c> is one line.</summary>
    let complete (choice: Choice) (table: Table<'a>) : Result<Choice, string> =
        table
        |> find choice.Name
        |> Result.bind (fun one ->
            owned one choice.Settings table |> Result.bind (fun () -> Member.complete choice.Settings one))

    /// <summary>What was asked for over what stands: settings that were given replace those of the same member, and another
    /// member starts from its own defaults; <c>Error</c> is one line.</summary>
    let over (standing: Choice) (asked: Choice) (table: Table<'a>) : Result<Choice, string> =
        table
        |> find asked.Name
        |> Result.bind (fun one ->
            let kept =
                if one.Name = standing.Name then
                    standing.Settings
                    |> List.filter (fun (name, _) -> asked.Settings |> List.forall (fun (other, _) -> other <> name))
                else
                    []

            owned one asked.Settings table
            |> Result.bind (fun () -> Member.complete (kept @ asked.Settings) one))

    /// <summary>What a choice stands for; <c>Error</c> is one line, where the choice is none or its settings do not go together.</summary>
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
