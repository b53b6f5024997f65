module Host.Tests.CommandsRunner

open System
open System.Diagnostics
open System.IO
open Expecto

let private start (environment: (string * string) list) (arguments: string list) =
    let program = Path.Combine(AppContext.BaseDirectory, "ScoreFunctional.Host.dll")
    let info = ProcessStartInfo("dotnet", program :: arguments)

    // Threads that wait without spinning: tests share the machine with other tests.
    for name, value in ("CI", "1") :: ("OMP_WAIT_POLICY", "passive") :: environment do
        info.Environment[name] <- value

    Support.start info

/// The words of a line of commands.
let words (line: string) = List.ofArray (line.Split ' ')

/// Runs the program to its end.
let score (arguments: string list) = Support.finish (start [] arguments)

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

    while not child.HasExited && not (ready ()) && clock.Elapsed < TimeSpan.FromMinutes 3.0 do
        Threading.Thread.Sleep 5

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
