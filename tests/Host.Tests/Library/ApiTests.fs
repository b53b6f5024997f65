/// The tables as the C# library lists them. Its other public members are tested from C#, in tests/Api.Tests.
module Host.Tests.ApiTests

open Expecto
open ScoreFunctional
open ScoreFunctional.Runs
open ScoreFunctional.Host

/// The listing has a member as the table has it.
let private isListed (known: MemberListing) (one: MemberInfo) =
    Expect.equal known.Summary one.Summary "summary"
    Expect.equal known.Source (Citations.print one.Citation) "source"

    Expect.equal
        [ for s in known.Settings -> s.Name, s.Meaning, s.Unit, s.Range, s.Default ]
        [ for s in one.Settings -> s.Name, s.Meaning, s.Unit, Range.words s.Range, s.DefaultText ]
        "settings"

[<Tests>]
let tests =
    testList "tables in C#" [
        for name, listing, tables in
            [
                "the library's", ScoreTables.Standard, Tables.standard
                "those with members of somebody's own", ScoreTables(OwnMembers.tables, null), OwnMembers.tables
            ] do
            testCase $"{name} are listed, every kind, member and setting in its order"
            <| fun () ->
                let tables = Tables.list tables
                Expect.equal [ for found in listing.All -> found.Kind ] [ for table in tables -> table.Kind ] "kinds"

                for table in tables do
                    let found = List.ofSeq listing[table.Kind]
                    Expect.equal (found |> List.map _.Name) (table.Members |> List.map _.Name) table.Kind
                    List.iter2 isListed found table.Members
    ]
