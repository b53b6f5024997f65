/// Helpers that several tests of the host share.
module Host.Tests.Support

open System
open System.Diagnostics
open System.IO
open Expecto
open ScoreFunctional.Host

/// Runs with an empty folder that is gone afterwards.
let withFolder (body: string -> unit) =
    let folder = Directory.CreateTempSubdirectory "score-host-"

    try
        body folder.FullName
    finally
        folder.Delete true

/// The message of the error that must come; it is one line.
let messageOf (body: unit -> unit) =
    try
        body ()
        failtest "expected a ScoreException, found none"
    with :? ScoreException as error ->
        Expect.isFalse (error.Message.Contains '\n') "an error is one line"
        error.Message

/// The error that must come names all of these.
let expectError (words: string list) (body: unit -> unit) =
    let message = messageOf body

    for word in words do
        Expect.stringContains message word "the error names what matters"

/// Exit status and output of a finished process.
type Outcome = { Status: int; Output: string; Errors: string }

/// Starts a process whose output is kept.
let start (info: ProcessStartInfo) =
    info.RedirectStandardOutput <- true
    info.RedirectStandardError <- true
    Process.Start info |> Unchecked.nonNull

/// Waits for its end.
let finish (child: Process) =
    use child = child
    let output = child.StandardOutput.ReadToEndAsync()
    let errors = child.StandardError.ReadToEndAsync()

    if not (child.WaitForExit(TimeSpan.FromMinutes 4.0)) then
        child.Kill()
        failtest $"the process did not end: {errors.Result}"

    { Status = child.ExitCode; Output = output.Result; Errors = errors.Result }

/// Runs a line of bash in a folder.
let bash folder (line: string) = ProcessStartInfo("bash", [ "-c"; line ], WorkingDirectory = folder) |> start |> finish

/// A line of bash that makes a device: one like the system's, for the superuser, who could replace the system's own if a test failed.
let device name (minor: int) =
    if Environment.UserName = "root" then
        $"mknod {name} c 1 {minor}"
    else
        $"ln -s /dev/{name} {name}"

/// The names of what is in a folder, in order.
let names folder = Directory.GetFileSystemEntries folder |> Array.map Path.GetFileName |> Array.sort |> List.ofArray

/// A Python with PyTorch, where the machine has one.
let python: Lazy<string option> =
    lazy
        ([ "/usr/bin/python3"; "python3" ]
         |> List.tryFind (fun name ->
             try
                 (ProcessStartInfo(name, [ "-c"; "import torch, numpy" ]) |> start |> finish).Status = 0
             with :? ComponentModel.Win32Exception ->
                 false))

/// Runs a script in a folder by a Python with PyTorch; the test is skipped where there is none.
let runPython folder (script: string) =
    match python.Value with
    | None -> skiptest "no Python with PyTorch on this machine"
    | Some name ->
        let outcome = ProcessStartInfo(name, [ "-c"; script ], WorkingDirectory = folder) |> start |> finish
        Expect.equal outcome.Status 0 $"the script ends well: {outcome.Errors}"
        outcome.Output.Trim()

/// A folder with the real MNIST: SCORE_DATA, else shared/data/mnist beside the clone.
let mnistFolder: Lazy<string option> =
    lazy
        (let rec beside (folder: DirectoryInfo | null) =
            match folder with
            | null -> None
            | folder ->
                let candidate = Path.Combine(folder.FullName, "shared", "data", "mnist")
                if Directory.Exists candidate then Some candidate else beside folder.Parent

         match Environment.GetEnvironmentVariable "SCORE_DATA" with
         | null
         | "" -> beside (DirectoryInfo AppContext.BaseDirectory)
         | named -> Some named)

/// Standard normal numbers, the same in every run.
let normals seed count =
    let random = Random(seed: int)

    Array.init count (fun _ -> sqrt (-2. * log (1. - random.NextDouble())) * cos (2. * Math.PI * random.NextDouble()))
