module Command.Tests.CommandsRunner

open System
open System.Diagnostics
open System.IO
open Expecto
open Host.Tests

// In its own folder, where its native libraries are where it looks for them: bin/NAME/CONFIGURATION, like this one.
let private program =
    let here = DirectoryInfo(AppContext.BaseDirectory.TrimEnd Path.DirectorySeparatorChar)
    Path.Combine(here.FullName, "..", "..", "ScoreFunctional.Command", here.Name, "score.dll")

let private startAs (command: string) (environment: (string * string) list) (arguments: string list) =
    let info = ProcessStartInfo(command, arguments)

    // Threads that wait without spinning: tests share the machine with other tests.
    for name, value in ("CI", "1") :: ("OMP_WAIT_POLICY", "passive") :: environment do
        info.Environment[name] <- value

    Support.start info

let private start environment arguments = startAs "dotnet" environment (program :: arguments)

/// The words of a line of commands.
let words (line: string) = List.ofArray (line.Split ' ')

/// Runs the program to its end.
let score (arguments: string list) = Support.finish (start [] arguments)

/// Runs a line of bash in a folder; `score` is the program there.
let shell (folder: string) (environment: (string * string) list) (line: string) =
    let score = "score() { dotnet \"$PROGRAM\" \"$@\"; }"
    let line = $"cd \"$FOLDER\" || exit 99\n{score}\n{line}"
    Support.finish (startAs "bash" ([ "PROGRAM", program; "FOLDER", folder ] @ environment) [ "-c"; line ])

/// Runs the program to its end and requires success.
let scoreWell (arguments: string list) =
    let outcome = score arguments
    Expect.equal outcome.Status 0 $"{arguments}: {outcome.Errors}"
    outcome

/// Whether this process, and with it what it starts, was told to ignore SIGINT, the second bit of the mask.
let ignoresInterrupts () : bool =
    File.ReadAllLines "/proc/self/status"
    |> Array.exists (fun line -> line.StartsWith "SigIgn:" && Convert.ToUInt64(line[7..].Trim(), 16) &&& 2UL <> 0UL)

/// Runs the program, and signals it as soon as a condition holds.
let scoreUntil (signal: string) (ready: unit -> bool) (arguments: string list) =
    let child = start [ "SCORE_CHECKPOINT_SECONDS", "0" ] arguments
    let clock = Stopwatch.StartNew()

    try
        while not child.HasExited && not (ready ()) && clock.Elapsed < TimeSpan.FromMinutes 3.0 do
            Threading.Thread.Sleep 5
    with _ ->
        child.Kill()
        reraise ()

    if not child.HasExited then
        use kill = Process.Start("kill", [ "-" + signal; string child.Id ])
        kill.WaitForExit()

    Support.finish child

/// Runs with an empty folder that is gone afterwards.
let inFolder = Support.withFolder

/// A refusal: this status, one line on the error stream that contains a word, nothing on the other.
let refuses (status: int) (word: string) (arguments: string list) =
    let outcome = score arguments
    let line = outcome.Errors.TrimEnd '\n'
    Expect.equal outcome.Status status $"status of {arguments}: {outcome.Errors}"
    Expect.isFalse (line.Contains '\n') $"one line: {outcome.Errors}"
    Expect.stringContains line word "the fault is named"
    Expect.equal outcome.Output "" "nothing on the output"

/// The folder with the MNIST files, where this machine has them.
let mnistFolder = Support.mnistFolder.Value
