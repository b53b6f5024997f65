/// Completion in shells: the scripts run in the shells that are there, and complete what is typed.
module Command.Tests.CompletionTests

open System.Diagnostics
open System.IO
open Expecto
open ScoreFunctional
open ScoreFunctional.Runs
open ScoreFunctional.CommandLine
open Command.Tests.CommandTests
open Host.Tests.Support

let private script shell =
    match command $"completion {shell}" with
    | Command.Print text -> text
    | other -> failtest $"read as {other}"

/// The words of a line as bash breaks them, which it does at colons and equals signs as well.
let private broken (line: string) = [
    for word in line.Split ' ' do
        yield! System.Text.RegularExpressions.Regex.Split(word, "([:=])") |> Seq.filter ((<>) "")

        if word = "" then
            ""
]

/// The candidates that bash offers for each line.
let private offered (lines: string list) : string list list =
    let quoted (word: string) = "'" + word + "'"

    let asked = [
        for line in lines do
            let words = broken line
            $"COMP_LINE={quoted line} COMP_POINT={line.Length}"
            $"COMP_WORDS=({System.String.Join(' ', words |> List.map quoted)}) COMP_CWORD={words.Length - 1}"
            "COMPREPLY=(); _score; echo \"${COMPREPLY[*]}\""
    ]

    let text = System.String.Join("\n", script "bash" :: asked)
    let outcome = ProcessStartInfo("bash", [ "--noprofile"; "--norc"; "-c"; text ]) |> start |> finish
    Expect.equal (outcome.Status, outcome.Errors) (0, "") "bash"

    outcome.Output.TrimEnd('\n').Split '\n'
    |> List.ofArray
    |> List.map (fun line -> List.ofArray (line.Split(' ', System.StringSplitOptions.RemoveEmptyEntries)))

/// Whether a program is installed.
let private isThere program =
    try
        (ProcessStartInfo(program, [ "--version" ]) |> start |> finish).Status = 0
    with :? System.ComponentModel.Win32Exception ->
        false

/// The option of each kind of member, as `score train` has it.
let private options: (string * TableInfo) list =
    let special = Map [ "process", "sde"; "average", "ema" ]

    [
        for table in Tables.list Tables.standard ->
            "--" + (Map.tryFind table.Kind special |> Option.defaultValue table.Kind), table
    ]

[<Tests>]
let tests =
    testList "completion" [
        testCase "bash completes commands, options, every member of every table and each of its settings"
        <| fun () ->
            let cases = [
                "score tra", [ "train" ]
                "score train --samp", [ "--sampler" ]
                "score sample --sampler heun-", [ "heun-churn" ]
                "score sample --sampler heun-churn:chu", [ "churn=" ]
                "score train --objective levels:count=20,spa", [ "levels:count=20,spacing=" ]
                for option, table in options do
                    $"score train {option} ", table.Members |> List.map _.Name

                    for one in table.Members do
                        if not one.Settings.IsEmpty then
                            $"score train {option} {one.Name}:", one.Settings |> List.map (fun s -> s.Name + "=")
            ]

            for (line, expected), found in List.zip cases (offered (List.map fst cases)) do
                // Of a second setting bash asks for what follows the last equals sign.
                let expected = expected |> List.map (fun word -> word.Replace("levels:count=", ""))
                Expect.equal found expected line

        testCase "scripts for zsh and fish have every member and setting, and the shells take them"
        <| fun () ->
            let fish = script "fish"
            Expect.stringContains (script "zsh") (script "bash") "zsh runs bash's function"

            for option, table in options do
                for one in table.Members do
                    Expect.stringContains fish one.Name $"fish: {option}"

                    for setting in one.Settings do
                        Expect.stringContains fish $" {one.Name}:{setting.Name}=" $"fish: {option}"

            let shells = [ "zsh", [ "-n" ]; "fish", [ "--no-execute" ] ] |> List.filter (fst >> isThere)

            withFolder (fun folder ->
                for shell, check in shells do
                    let file = Path.Combine(folder, shell)
                    File.WriteAllText(file, script shell)
                    let outcome = ProcessStartInfo(shell, check @ [ file ]) |> start |> finish
                    Expect.equal (outcome.Status, outcome.Errors) (0, "") shell)

            if shells.IsEmpty then
                skiptest "neither zsh nor fish is on this machine: the scripts were read and not run"
    ]
