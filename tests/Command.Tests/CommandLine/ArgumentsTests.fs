/// Options: numbers that people write, and help, which says of the tables what the documents say.
module Command.Tests.ArgumentsTests

open System
open System.Globalization
open System.IO
open System.Text.Json.Nodes
open System.Text.RegularExpressions
open Expecto
open ScoreFunctional
open ScoreFunctional.Runs
open ScoreFunctional.CommandLine
open ScoreFunctional.Host.Training
open Host.Tests.Support

let private parse (line: string) = CommandLine.parse (line.Split(' ', StringSplitOptions.RemoveEmptyEntries))

/// Every option that takes a number: the command before it, its name, and a number that it takes.
let private options = [
    "mnist", "--minutes", "0.5"
    "mnist", "--seed", "7"
    "train --dataset rings --preset fast", "--minutes", "1.5e1"
    "train --dataset rings --preset fast", "--steps", "1000000000"
    "train --dataset rings --preset fast", "--batch-size", "32"
    "train --dataset rings --preset fast", "--seed", "9223372036854775807"
    "sample --checkpoint c.pt", "--count", "100000000"
    "sample --checkpoint c.pt", "--steps", "100000"
    "sample --checkpoint c.pt", "--seed", "0"
    "sample --checkpoint c.pt", "--class", "9"
    "sample --checkpoint c.pt --class 3", "--guidance", "-1.5"
    "sample --checkpoint c.pt --sampler ddim", "--eta", "0.5"
    "sample --checkpoint c.pt --sampler predictor-corrector", "--snr", ".16"
    "sample --checkpoint c.pt --sampler rk45", "--tolerance", "1e-4"
    "sample --checkpoint c.pt --sampler heun-churn", "--churn", "+1.5"
    "evaluate --checkpoint c.pt", "--count", "2"
    "evaluate --checkpoint c.pt --bits-per-dim", "--probes", "1000"
    "evaluate --checkpoint c.pt --bits-per-dim", "--noise-level", "0.01"
    "evaluate --checkpoint c.pt --bits-per-dim", "--tolerance", "0.0001"
]

/// Texts that this program reads as no number: with commas, in parts, in digits of other scripts, in other bases, without end.
let private words = [
    "1,5"
    "0,5"
    "1,000"
    "1.000,5"
    "1'000"
    "1_000"
    "1.5.2"
    "٣"
    "３"
    "½"
    "0x10"
    "1e400"
    "1e"
    "NaN"
    "Infinity"
    "-Infinity"
    "∞"
    "(1)"
    "$1"
    "one"
]

/// A culture that writes 1.234,5.
let private withCommas body =
    let before = CultureInfo.CurrentCulture

    match CultureInfo.InvariantCulture.Clone() with
    | :? CultureInfo as culture ->
        culture.NumberFormat.NumberDecimalSeparator <- ","
        culture.NumberFormat.NumberGroupSeparator <- "."
        CultureInfo.CurrentCulture <- culture
    | _ -> failtest "expected a culture"

    try
        body ()
    finally
        CultureInfo.CurrentCulture <- before

let private reading =
    testList "reading" [
        testCase "every option with a number takes one with a decimal point, and refuses all else in one line"
        <| fun () ->
            let all () =
                for command, option, good in options do
                    Expect.isOk (parse $"{command} {option} {good}") $"{command} {option} {good}"

                    for word in words do
                        let fault = Expect.wantError (parse $"{command} {option} {word}") $"{command} {option} {word}"
                        Expect.isFalse (fault.Contains '\n') "one line"

                        Expect.stringContains fault option "the option"
                        Expect.stringContains fault word "what was found"

                        if word.Contains ',' then
                            Expect.stringContains fault "decimal point" "what is expected"

            all ()
            withCommas all

            for option in [ "--steps"; "--count"; "--seed" ] do
                for word in [ "99999999999999999999"; "1.5"; "1e3"; "-1" ] do
                    let fault = Expect.wantError (parse $"sample --checkpoint c.pt {option} {word}") word
                    Expect.stringContains fault "a whole number" option

        testCase "a number arrives as it was written"
        <| fun () ->
            let churn text =
                match parse $"sample --checkpoint c.pt --sampler heun-churn --churn {text}" with
                | Ok { Command = Command.Sample request } -> request.Sampler.Settings
                | other -> failtest $"{other}"

            for text, value in [ "1.5", 1.5; "2e1", 20.0; "0.1", 0.1; "12345.5", 12345.5 ] do
                Expect.equal (churn text) [ "churn", Value.Number value ] text
                withCommas (fun () -> Expect.equal (churn text) [ "churn", Value.Number value ] text)

        testCase "the seconds between checkpoints are such a number, or the run does not begin"
        <| fun () ->
            let name = Quantities.checkpointSeconds.Name
            let before = Environment.GetEnvironmentVariable name

            try
                for text, seconds in [ "", 30.0; "0", 0.0; "2.5", 2.5 ] do
                    Environment.SetEnvironmentVariable(name, text)
                    Expect.equal (Trainer.ReadCheckpointEvery()) (TimeSpan.FromSeconds seconds) $"'{text}'"

                for text in [ "0,5"; "1,000"; "-1"; "NaN"; "soon"; "1e9" ] do
                    Environment.SetEnvironmentVariable(name, text)
                    expectError [ name; text ] (fun () -> Trainer.ReadCheckpointEvery() |> ignore)
            finally
                Environment.SetEnvironmentVariable(name, before)

        testCase "help gives the default of a number"
        <| fun () ->
            // The width of the terminal breaks lines anywhere.
            let joined (text: string) =
                String.Join(" ", text.Split([| ' '; '\n'; '\r' |], StringSplitOptions.RemoveEmptyEntries))

            match parse "evaluate --help", parse "mnist --help" with
            | Ok { Command = Command.Print evaluate }, Ok { Command = Command.Print mnist } ->
                for words in [ "(default: 1000)"; "(default: 0.02)"; "(default: 1)" ] do
                    Expect.stringContains (joined evaluate) words "evaluate"

                Expect.stringContains (joined mnist) "(default: 10)" "mnist"
            | other -> failtest $"{other}"
    ]

/// Help without the breaks that the width of a terminal makes.
let private help line =
    match parse line with
    | Ok { Command = Command.Print text } ->
        String.Join(" ", text.Split([| ' '; '\n'; '\r' |], StringSplitOptions.RemoveEmptyEntries))
    | other -> failtest $"{line}: {other}"

let private printed line =
    match parse line with
    | Ok { Command = Command.Print text } -> text.ReplaceLineEndings "\n"
    | other -> failtest $"{line}: {other}"

/// docs/tables.md: for each kind its members, each with summary and settings: name, meaning, range and default, as help has them.
let private documented: (string * (string * string * string list) list) list =
    let plain (cell: string) = cell.Replace("\\|", "|").Replace("`", "").Trim()

    let members (section: string) = [
        for row in section.Split '\n' do
            match Regex.Split(row, @"(?<!\\)\|") with
            | [| _; name; summary; settings; _; _ |] when name.Contains '`' ->
                plain name,
                plain summary,
                [
                    for setting in settings.Split "<br>" do
                        if plain setting <> "" then
                            plain setting
                ]
            | _ -> ()
    ]

    (File.ReadAllText(Path.Combine(Checkout.root, "docs", "tables.md"))).ReplaceLineEndings("\n").Split "\n## "
    |> List.ofArray
    |> List.tail
    |> List.map (fun section -> section.Split('\n')[0], members section)

/// Option, kind and names of the members that the help of a command lists.
let private choices command = [
    let form =
        @"(--[a-z-]+) <[a-z]+> [^:]*: ([a-z0-9-]+(?:, [a-z0-9-]+)*) \(settings: NAME:key=value,…; see score list ([a-z-]+)\)"

    for found in Regex.Matches(help $"{command} --help", form) do
        found.Groups[1].Value, found.Groups[3].Value, List.ofArray (found.Groups[2].Value.Split ", ")
]

/// The output of `score list`: for each kind its members, each with summary and settings.
let private listed = [
    for block in (printed "list").Split "\n\n" do
        let lines = block.Split '\n' |> List.ofArray

        lines.Head,
        ([], lines.Tail)
        ||> List.fold (fun members line ->
            if line.StartsWith "   " then
                match members with
                | (name, summary, settings) :: before -> (name, summary, settings @ [ line.Trim() ]) :: before
                | [] -> failtest $"a setting of nothing: {line}"
            else
                let name = line.Trim().Split(' ')[0]
                (name, line.Trim().Substring(name.Length).Trim(), []) :: members)
        |> List.rev
]

let private agreement =
    testList "documents" [
        testCase "score list says of every member, setting, range and default what docs/tables.md says"
        <| fun () ->
            Expect.isGreaterThan documented.Length 5 "kinds"
            Expect.equal listed documented "the members"

            Expect.stringContains
                (help "list --help")
                (String.Join(", ", List.map fst documented))
                "the kinds in its help"

            for kind, members in documented do
                let text = printed $"list {kind}"
                Expect.equal (text.Split('\n')[0]) kind "one kind"
                Expect.equal (Regex.Matches(text, @"(?m)^  \S").Count) members.Length "its members alone"

        testCase "the help of every command names the members of docs/tables.md, in its order, and no others"
        <| fun () ->
            for command, kinds in
                [
                    "train", documented |> List.map fst
                    "spec", documented |> List.map fst
                    "sample", [ "sampler"; "schedule" ]
                    "evaluate", [ "sampler" ]
                ] do
                let found = choices command
                Expect.equal (found |> List.map (fun (_, kind, _) -> kind) |> List.sort) (List.sort kinds) command

                for option, kind, names in found do
                    let expected = documented |> List.find (fst >> (=) kind) |> snd
                    Expect.equal names (expected |> List.map (fun (name, _, _) -> name)) $"{command} {option}"

        testCase "the help of an option for one setting names its samplers and their defaults as docs/tables.md does"
        <| fun () ->
            let samplers = documented |> List.find (fst >> (=) "sampler") |> snd

            for name in [ "eta"; "snr"; "tolerance"; "churn" ] do
                let having = [
                    for sampler, _, settings in samplers do
                        for setting in settings do
                            if setting.StartsWith $"{name}: " then
                                let standard = setting.Split("; ") |> Array.last
                                $"{sampler} ({standard})"
                ]

                Expect.isNonEmpty having name
                Expect.stringContains (help "sample --help") (", for " + String.Join(" and ", having)) $"--{name}"

        testCase "JSON has the members and settings of docs/tables.md, with the same defaults"
        <| fun () ->
            let json = JsonNode.Parse(printed "list --json") |> Unchecked.nonNull

            for kind, members in documented do
                let found = [
                    for one in (json[kind] |> Unchecked.nonNull).AsArray() do
                        let one = Unchecked.nonNull one

                        string one["name"],
                        [
                            for setting in (one["settings"] |> Unchecked.nonNull).AsObject() do
                                let value = Unchecked.nonNull setting.Value

                                let standard =
                                    if isNull value["default"] then value["defaultText"] else value["default"]

                                setting.Key, standard
                        ]
                ]

                Expect.equal (found |> List.map fst) (members |> List.map (fun (name, _, _) -> name)) kind

                for (name, found), (_, _, settings) in List.zip found members do
                    for (key, standard), written in List.zip found settings do
                        Expect.stringStarts written $"{key}: " name

                        let text =
                            match standard with
                            | :? JsonArray as items -> String.Join("/", items |> Seq.map string)
                            | other -> string other

                        let said = (written.Split("; ") |> Array.last).Replace("default: ", "")

                        match Value.readNumber said, Value.readNumber text with
                        | Some a, Some b -> Expect.equal b a $"{name}: {key}"
                        | _ -> Expect.equal text said $"{name}: {key}"
    ]

[<Tests>]
let tests = testList "arguments" [ reading; agreement ]
