/// What several tests of the host need.
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
    let error =
        try
            body ()
            None
        with :? ScoreException as error ->
            Some error.Message

    match error with
    | Some message ->
        Expect.isFalse (message.Contains '\n') "an error is one line"
        message
    | None -> failtest "expected a ScoreException, found none"

/// The error that must come names all of these.
let expectError (words: string list) (body: unit -> unit) =
    let message = messageOf body

    for word in words do
        Expect.stringContains message word "the error names what matters"

/// A Python with PyTorch, where the machine has one.
let python: Lazy<string option> =
    lazy
        ([ "/usr/bin/python3"; "python3" ]
         |> List.tryFind (fun name ->
             try
                 let start = ProcessStartInfo(name, [ "-c"; "import torch, numpy" ])
                 start.RedirectStandardError <- true
                 use running = Process.Start start |> Unchecked.nonNull
                 running.StandardError.ReadToEnd() |> ignore
                 running.WaitForExit()
                 running.ExitCode = 0
             with :? ComponentModel.Win32Exception ->
                 false))

/// Runs a script in a folder by a Python with PyTorch; the test is skipped where there is none.
let runPython folder (script: string) =
    match python.Value with
    | None -> skiptest "no Python with PyTorch on this machine"
    | Some name ->
        let start = ProcessStartInfo(name, [ "-c"; script ])
        start.WorkingDirectory <- folder
        start.RedirectStandardOutput <- true
        start.RedirectStandardError <- true
        use running = Process.Start start |> Unchecked.nonNull
        let errors = running.StandardError.ReadToEndAsync()
        let output = running.StandardOutput.ReadToEnd()
        running.WaitForExit()
        Expect.equal running.ExitCode 0 $"the script ends well: {errors.Result}"
        output.Trim()

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
