namespace ScoreFunctional.Runs

open System
open System.Text.Json
open System.Text.Json.Nodes
open ScoreFunctional

/// The tables as text for people, Markdown for documents, and JSON for programs.
[<RequireQualifiedAccess>]
module Listing =
    let private unit (setting: Setting) = if setting.Unit = "" then "" else $" ({setting.Unit})"

    let private defaultOf (setting: Setting) = $"default: {setting.DefaultText}"

    /// One line for a setting: name, meaning, unit, range and default.
    let setting (setting: Setting) : string =
        $"{setting.Name}: {setting.Meaning}{unit setting}; {Range.words setting.Range}; {defaultOf setting}"

    /// A table for people: one line per member, with its settings below.
    let text (table: TableInfo) : string =
        let width = 1 + (table.Members |> List.map _.Name.Length |> List.max)

        String.Join(
            "\n",
            [
                table.Kind
                for one in table.Members do
                    $"  {one.Name.PadRight width} {one.Summary}"

                    for known in one.Settings do
                        $"  {String(' ', width)}   {setting known}"
            ]
        )

    let private cell (text: string) = text.Replace("|", "\\|")

    let private source (citation: Citation) = $"{citation.Authors} {citation.Year}, {citation.Place}"

    /// A table for documents: name, summary, settings and source of each member.
    let markdown (table: TableInfo) : string list = [
        $"| {table.Kind} | summary | settings | source |"
        "| --- | --- | --- | --- |"
        for one in table.Members do
            let settings =
                one.Settings
                |> List.map (fun known ->
                    $"`{known.Name}`: {known.Meaning}{unit known}; {Range.words known.Range}; {defaultOf known}")

            let settings = String.Join("<br>", settings |> List.map cell)
            $"| `{one.Name}` | {cell one.Summary} | {settings} | {cell (source one.Citation)} |"
    ]

    /// One Markdown table for all kinds: a row per kind, with the names of its members.
    let overview (tables: TableInfo list) : string =
        String.Join(
            "\n",
            [
                "| kind | members |"
                "| --- | --- |"
                for table in tables do
                    let names = table.Members |> List.map (fun one -> $"`{one.Name}`")
                    $"""| {table.Kind} | {String.Join(", ", names)} |"""
            ]
        )

    /// The tables as a Markdown document, each with a heading.
    let document (tables: TableInfo list) : string =
        String.Join(
            "\n",
            [
                "# Tables"
                ""
                "Everything that can be chosen for a run, as `score list --markdown` prints it. An option names a member and, after a"
                "colon, its settings: `score sample --sampler heun-churn:churn=12,steps=36`."
                for table in tables do
                    ""
                    $"## {table.Kind}"
                    ""
                    yield! markdown table
            ]
        )

    let private number (value: float) : JsonNode | null = JsonValue.Create value

    let private ofRange (range: Range) : JsonObject =
        let result = JsonObject()

        let bound (inside: string) (outside: string) bound =
            match bound with
            | Bound.None -> ()
            | Bound.Included value -> result[inside] <- number value
            | Bound.Excluded value -> result[outside] <- number value

        let whole (least: int64) (most: int64) (fields: JsonObject) =
            fields["type"] <- JsonValue.Create "integer"
            fields["minimum"] <- JsonValue.Create least
            fields["maximum"] <- JsonValue.Create most

        match range with
        | Range.Numbers(least, most) ->
            result["type"] <- JsonValue.Create "number"
            bound "minimum" "exclusiveMinimum" least
            bound "maximum" "exclusiveMaximum" most
        | Range.Wholes(least, most) -> whole least most result
        | Range.Flags -> result["type"] <- JsonValue.Create "boolean"
        | Range.Words words ->
            result["type"] <- JsonValue.Create "string"
            result["enum"] <- JsonArray [| for word in words -> JsonValue.Create word :> JsonNode | null |]
        | Range.Lists(least, most) ->
            let items = JsonObject()
            whole least most items
            result["type"] <- JsonValue.Create "array"
            result["items"] <- items

        result

    let private ofValue (value: Value) : JsonNode | null =
        match value with
        | Value.Number number -> JsonValue.Create number
        | Value.Whole number -> JsonValue.Create number
        | Value.Flag flag -> JsonValue.Create flag
        | Value.Word word -> JsonValue.Create word
        | Value.Wholes numbers -> JsonArray [| for number in numbers -> JsonValue.Create number :> JsonNode | null |]

    let private ofSetting (setting: Setting) : JsonNode | null =
        let result = ofRange setting.Range
        result["description"] <- JsonValue.Create setting.Meaning

        if setting.Unit <> "" then
            result["unit"] <- JsonValue.Create setting.Unit

        match setting.Default with
        | Some value -> result["default"] <- ofValue value
        | None -> result["defaultText"] <- JsonValue.Create setting.DefaultText

        result

    let private ofMember (one: MemberInfo) : JsonNode | null =
        let result = JsonObject()
        result["name"] <- JsonValue.Create one.Name
        result["summary"] <- JsonValue.Create one.Summary
        result["source"] <- JsonValue.Create(Citations.print one.Citation)
        let settings = JsonObject()

        for known in one.Settings do
            settings[known.Name] <- ofSetting known

        result["settings"] <- settings
        result

    /// All tables for programs: members by kind. Each setting is a JSON Schema with meaning, unit and default.
    let json (tables: TableInfo list) : string =
        let result = JsonObject()

        for table in tables do
            result[table.Kind] <- JsonArray [| for one in table.Members -> ofMember one |]

        result.ToJsonString(JsonSerializerOptions(WriteIndented = true))
