/// Every member of every table is held to the same properties: nobody has to write a test for a new one.
module Runs.Tests.TablesTests

open System
open System.IO
open System.Text.Json.Nodes
open FSharp.Reflection
open Expecto
open ScoreFunctional
open ScoreFunctional.Runs

/// Some values inside a range, and some outside of it.
let private examples (range: Range) : Value list * Value list =
    let within least most =
        let low =
            match least with
            | Bound.None -> -3.5
            | Bound.Included value -> value
            | Bound.Excluded value -> value + 0.25

        let high =
            match most with
            | Bound.None -> low + 1.5
            | Bound.Included value -> value
            | Bound.Excluded value -> value - 1e-3

        [ low; 0.5 * (low + high); high ] |> List.map Value.Number

    match range with
    | Range.Numbers(least, most) ->
        within least most,
        [
            Value.Word "many"
            Value.Flag true
            match least with
            | Bound.Included value -> Value.Number(value - 1.0)
            | Bound.Excluded value -> Value.Number value
            | Bound.None -> ()
            match most with
            | Bound.Included value -> Value.Number(value + 1.0)
            | Bound.Excluded value -> Value.Number value
            | Bound.None -> ()
        ]
    | Range.Wholes(least, most) ->
        [ Value.Whole least; Value.Whole most ],
        [
            Value.Whole(least - 1L)
            Value.Whole(most + 1L)
            Value.Number(float least + 0.5)
            Value.Word "one"
        ]
    | Range.Flags -> [ Value.Flag true; Value.Flag false ], [ Value.Whole 1L; Value.Word "yes" ]
    | Range.Words words -> words |> List.map Value.Word, [ Value.Word "no-such-word"; Value.Whole 1L ]
    | Range.Lists(least, most) ->
        [ Value.Wholes [ least ]; Value.Wholes [ most; least; most ] ],
        [ Value.Wholes []; Value.Wholes [ least; most + 1L ]; Value.Word "48" ]

let private oneLine (message: string) = Expect.isFalse (message.Contains '\n') message

let private held (table: Table<'a>) =
    testList table.Kind [
        testCase "names are unlike each other, those of before included, and can be typed" (fun () ->
            let names = table.Members |> List.collect (fun one -> one.Name :: one.Aliases)
            Expect.equal (List.distinct names) names "once each"

            for name in names do
                Expect.isTrue
                    (name |> Seq.forall (fun c -> Char.IsAsciiLetterLower c || Char.IsDigit c || c = '-'))
                    name)

        for one in table.Members do
            testList one.Name [
                testCase "it says what it is and where it is from" (fun () ->
                    Expect.isGreaterThan one.Summary.Length 10 "summary"
                    Expect.isFalse (one.Summary.EndsWith '.') "a phrase"
                    Expect.stringContains (Citations.print one.Citation) $"({one.Citation.Year})" "source"
                    Expect.isNotEmpty one.Citation.Place "the place in it"

                    for setting in one.Settings.All do
                        Expect.isGreaterThan setting.Meaning.Length 5 setting.Name
                        Expect.isNotEmpty setting.DefaultText setting.Name)

                testCase "it is made without settings, and from its own defaults" (fun () ->
                    Member.makeDefault one |> ignore
                    let complete = Expect.wantOk (Member.complete [] one) "complete"
                    Expect.isOk (Table.make complete table) "made"

                    for setting in one.Settings.All do
                        match setting.Default with
                        | Some value -> Expect.equal (Range.fit setting.Range value) (Some value) "its default fits"
                        | None -> ())

                testCase "every setting takes the values of its range and refuses others in one line" (fun () ->
                    for setting in one.Settings.All do
                        let inside, outside = examples setting.Range

                        for value in inside do
                            let choice = Expect.wantOk (Member.choose [ setting.Name, value ] one) setting.Name
                            let typed = Choice.print choice
                            Expect.equal (Table.read typed table) (Ok choice) typed
                            // A value may not go together with the others, and then says so.
                            match Table.make choice table with
                            | Ok _ -> ()
                            | Error fault -> oneLine fault

                        for value in outside do
                            let fault = Expect.wantError (Member.choose [ setting.Name, value ] one) setting.Name
                            oneLine fault
                            Expect.stringContains fault setting.Name "names the setting"
                            Expect.stringContains fault (Range.words setting.Range) "and its range")

                testCase "a name or a setting that is almost right is told the right one" (fun () ->
                    // One letter too many at the front: at the end it might lead to a longer name as well.
                    if one.Name.Length > 3 then
                        let fault = Expect.wantError (Table.read ("x" + one.Name) table) "almost its name"
                        Expect.stringContains fault $"did you mean {one.Name}?" "nearest"

                    for setting in one.Settings.All do
                        if setting.Name.Length > 3 then
                            let fault =
                                Expect.wantError
                                    (Table.read $"{one.Name}:{setting.Name}x=1" table)
                                    "almost its setting"

                            Expect.stringContains fault $"did you mean {setting.Name}?" "nearest")

                testCase "lists, JSON and documents have it" (fun () ->
                    let info = Tables.list Tables.standard |> List.find (fun found -> found.Kind = table.Kind)
                    let listed = Listing.text info
                    let json = JsonNode.Parse(Listing.json [ info ])
                    let markdown = String.Join("\n", Listing.markdown info)

                    Expect.stringContains markdown $"| `{one.Name}` |" "documents"
                    Expect.stringContains listed $"  {one.Name} " "list"

                    let found =
                        match json with
                        | null -> failtest "no JSON"
                        | json ->
                            match json[table.Kind] with
                            | :? JsonArray as members ->
                                members
                                |> Seq.pick (fun found ->
                                    match found with
                                    | null -> None
                                    | found -> if string found["name"] = one.Name then Some found else None)
                            | _ -> failtest "no members"

                    for setting in one.Settings.All do
                        Expect.stringContains listed (Listing.setting setting) "list"
                        Expect.stringContains markdown $"`{setting.Name}`" "documents"

                        match found["settings"] with
                        | :? JsonObject as settings -> Expect.isTrue (settings.ContainsKey setting.Name) "JSON"
                        | _ -> failtest "no settings")
            ]
    ]

let private derived =
    testList "derived" [
        testCase "the document of the tables is this one" (fun () ->
            let document = Path.Combine(Checkout.root, "docs", "tables.md")

            Expect.equal
                (File.ReadAllText document)
                (Listing.document (Tables.list Tables.standard) + "\n")
                "docs/tables.md differs: bash docs/update.sh writes it")

        testCase "README's members are those of the tables" (fun () ->
            let block =
                File.ReadAllLines(Path.Combine(Checkout.root, "README.md"))
                |> Array.skipWhile (fun line -> line <> "<!-- members: begin -->")
                |> Array.skip 1
                |> Array.takeWhile (fun line -> line <> "<!-- members: end -->")

            Expect.equal
                (String.Join("\n", block))
                (Listing.overview (Tables.list Tables.standard))
                "README.md differs: bash docs/update.sh puts its members in")

        testCase "there is a member to add for each kind that a script may add to" (fun () ->
            let kinds = FSharpType.GetUnionCases typeof<Extension> |> Array.map _.Name

            let added =
                OwnMembers.extensions
                |> List.map (fun one -> (fst (FSharpValue.GetUnionFields(one, one.GetType()))).Name)

            Expect.equal (List.sort added) (List.sort (List.ofArray kinds)) "cases of Extension")

        for table in Tables.list OwnMembers.tables do
            let added = table.Members |> List.filter (fun one -> one.Name.StartsWith "own-")

            for one in added do
                testCase $"a {table.Kind} that is added is in lists, JSON and documents, with its settings" (fun () ->
                    Expect.hasLength added 1 "one of each kind"
                    Expect.stringContains (Listing.text table) $"  {one.Name} " "list"
                    let twist = "twist: how far it turns; a number from 0 to 1; default: 0.5"
                    Expect.stringContains (Listing.text table) twist "its setting"
                    let document = Listing.document [ table ]
                    Expect.stringContains document $"| `{one.Name}` | {one.Summary} |" "document"
                    Expect.stringContains document (twist.Replace("twist:", "`twist`:")) "document: its setting"
                    let json = Listing.json [ table ]
                    Expect.stringContains json $"\"name\": \"{one.Name}\"" "JSON"
                    Expect.stringContains json "\"twist\": {" "JSON: its setting")

        testCase "members that are added can be asked for, train, are saved and read, and are missed by name" (fun () ->
            let tables = OwnMembers.tables

            let typed table =
                Expect.wantOk (Table.read $"own-{(table: Table<'a>).Kind}:twist=0.4" table) "typed" |> Some

            let overrides = {
                Overrides.none with
                    Network = typed tables.Networks
                    Process = typed tables.Processes
                    Model = typed tables.Models
                    Objective = typed tables.Objectives
                    Optimiser = typed tables.Optimisers
                    Sampler = typed tables.Samplers
                    Schedule = typed tables.Schedules
                    BatchSize = Some 8
            }

            let dataset = Option.get (typed tables.Datasets)
            let spec = Expect.wantOk (Overrides.start tables Presets.standard dataset overrides) "described"
            let design = Expect.wantOk (RunDesign.ofSpec tables spec) "can run"
            let saved = SpecJson.read (SpecJson.write design.Spec) |> Result.bind (RunDesign.ofSpec tables)
            Expect.equal (saved |> Result.map _.Spec) (Ok design.Spec) "saved and read"
            use session = new TrainingSession(design, 2, Designs.samplesOf design)
            let losses = [ session.Step().Loss; session.Step().Loss ]
            Expect.isTrue (losses |> List.forall Double.IsFinite) $"losses: {losses}"
            let fault = Expect.wantError (RunDesign.ofSpec Tables.standard design.Spec) "without them"
            Expect.stringContains fault "own-" "one is named")
    ]

[<Tests>]
let tests =
    testList "tables" [
        held Tables.standard.Datasets
        held Tables.standard.Networks
        held Tables.standard.Processes
        held Tables.standard.Models
        held Tables.standard.Objectives
        held Tables.standard.Optimisers
        held Tables.standard.LearningRates
        held Tables.standard.Emas
        held Tables.standard.Samplers
        held Tables.standard.Schedules
        derived
    ]
