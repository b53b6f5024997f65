/// Numbers that people write: how they are read, and which of them are taken.
module Command.Tests.ArgumentsTests

open System
open System.Globalization
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

/// What is no number of this program: with commas, in parts, in digits of other scripts, in other bases, without end.
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

        testCase "help states defaults"
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

[<Tests>]
let tests = testList "quantities" [ reading ]
