module Host.Tests.CommandsRunner

open System
open System.Diagnostics
open System.IO
open Expecto

/// What a finished process left.
type Outcome = { Status: int; Output: string; Errors: string }

let private start (environment: (string * string) list) (arguments: string list) =
    let program = Path.Combine(AppContext.BaseDirectory, "ScoreFunctional.Host.dll")

    let info = ProcessStartInfo("dotnet", RedirectStandardOutput = true, RedirectStandardError = true)

    for argument in program :: arguments do
        info.ArgumentList.Add argument

    // Threads that wait without spinning: tests share the machine with other tests.
    for name, value in ("CI", "1") :: ("OMP_WAIT_POLICY", "passive") :: environment do
        info.Environment[name] <- value

    match Process.Start info with
    | null -> failtest "dotnet did not start"
    | child -> child

let private finish (child: Process) =
    use child = child
    let output = child.StandardOutput.ReadToEndAsync()
    let errors = child.StandardError.ReadToEndAsync()

    if not (child.WaitForExit(TimeSpan.FromMinutes 4.0)) then
        child.Kill()
        failtest $"the process did not end: {errors.Result}"

    { Status = child.ExitCode; Output = output.Result; Errors = errors.Result }

/// Runs the program to its end.
let score (arguments: string list) : Outcome = finish (start [] arguments)

/// Runs the program to its end and requires success.
let scoreWell (arguments: string list) : Outcome =
    let outcome = score arguments
    Expect.equal outcome.Status 0 $"{arguments}: {outcome.Errors}"
    outcome

/// Whether this process, and with it what it starts, was told to ignore SIGINT, the second bit of the mask.
let ignoresInterrupts () : bool =
    File.ReadAllLines "/proc/self/status"
    |> Array.exists (fun line -> line.StartsWith "SigIgn:" && Convert.ToUInt64(line[7..].Trim(), 16) &&& 2UL <> 0UL)

/// Runs the program, and signals it as soon as a condition holds.
let scoreUntil (signal: string) (ready: unit -> bool) (arguments: string list) : Outcome =
    let child = start [ "SCORE_CHECKPOINT_SECONDS", "0" ] arguments
    let clock = Stopwatch.StartNew()

    while not child.HasExited && not (ready ()) && clock.Elapsed < TimeSpan.FromMinutes 3.0 do
        Threading.Thread.Sleep 5

    if not child.HasExited then
        use kill = Process.Start("kill", [ "-" + signal; string child.Id ])
        kill.WaitForExit()

    finish child

/// A folder that is gone afterwards.
let inFolder (work: string -> unit) =
    let folder = Directory.CreateTempSubdirectory "score-commands-"

    try
        work folder.FullName
    finally
        folder.Delete true

/// A refusal: this status, one line on the error stream that contains a word, nothing on the other.
let refuses (status: int) (word: string) (arguments: string list) =
    let outcome = score arguments
    let line = outcome.Errors.TrimEnd '\n'
    Expect.equal outcome.Status status $"status of {arguments}: {outcome.Errors}"
    Expect.isFalse (line.Contains '\n') $"one line: {outcome.Errors}"
    Expect.stringContains line word "the fault is named"
    Expect.equal outcome.Output "" "nothing on the output"

/// The folder with the MNIST files, where this machine has them.
let mnistFolder: string option =
    let rec above (folder: DirectoryInfo | null) = [
        match folder with
        | null -> ()
        | folder ->
            yield Path.Combine(folder.FullName, "shared", "data", "mnist")
            yield! above folder.Parent
    ]

    [
        match Environment.GetEnvironmentVariable "SCORE_DATA" with
        | null
        | "" -> ()
        | folder -> folder
        yield! above (DirectoryInfo AppContext.BaseDirectory)
    ]
    |> List.tryFind (fun folder ->
        Directory.Exists folder && Directory.GetFiles(folder, "train-images-idx3-ubyte*").Length > 0)
