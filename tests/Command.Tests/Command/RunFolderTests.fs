/// The folder of a run: who may train there, and what is left of a run that fails.
module Command.Tests.RunFolderTests

open System.IO
open System.Text.Json
open Expecto
open ScoreFunctional.Host.Training
open Command.Tests.CommandsRunner

let private train folder (steps: int) =
    words $"train --dataset two-moons --preset fast --batch-size 16 --steps {steps} --out {folder}"

let private resume folder = [ "train"; "--resume"; "--out"; folder ]

let private stepOf folder =
    let checkpoint = Path.Combine(folder, "checkpoint.pt")

    if File.Exists checkpoint then
        (RunCheckpoint.Load checkpoint).State.Step
    else
        -1

let private rows folder =
    MetricsLog.ReadLosses(RunFolder(folder).Metrics)
    |> Seq.map (fun struct (step, _) -> step)
    |> List.ofSeq

let private runJson folder (name: string) =
    use document = JsonDocument.Parse(File.ReadAllText(RunFolder(folder).RunJson))
    document.RootElement.GetProperty(name).ToString()

/// A loss that is a number for nineteen steps.
let private failing =
    """
open ScoreFunctional
let mutable private calls = 0
let objective (sde: Sde) =
    let broken (loss: Loss) : Loss =
        fun score noised ->
            calls <- calls + 1
            let found = loss score noised
            if calls < 20 then found else { found with Value = found.Value * nan }
    Objective.continuous sde |> Objective.map (fun term -> { term with Loss = broken term.Loss })
"""

[<Tests>]
let tests =
    testSequenced
    <| testList "the folder of a run" [
        testCase "is one program's at a time, and free as soon as that one is gone"
        <| fun () ->
            inFolder (fun folder ->
                let run = Path.Combine(folder, "run")
                let endless = train run 1_000_000

                let others () =
                    stepOf run >= 1
                    && (refuses 1 run endless
                        refuses 1 run (resume run)
                        true)

                let killed = scoreUntil "KILL" others endless
                Expect.equal killed.Status 137 $"the first one was not disturbed: {killed.Errors}"
                let reached = stepOf run
                Expect.equal (List.truncate reached (rows run)) [ 1..reached ] "one program's lines"
                refuses 2 "--resume" endless

                let again = scoreUntil "TERM" (fun () -> stepOf run > reached) (resume run)
                Expect.equal again.Status 143 $"its lock died with it: {again.Errors}"
                Expect.equal (rows run) [ 1 .. stepOf run ] "and the run went on")

        testCase "that has no checkpoint holds no run"
        <| fun () ->
            inFolder (fun folder ->
                let run = Path.Combine(folder, "run")
                // The disk is full at the first checkpoint, which is larger than everything before it.
                let full =
                    shell
                        folder
                        [ "DOTNET_EnableWriteXorExecute", "0" ]
                        ("trap '' XFSZ; ulimit -f 200; score " + String.concat " " (train run 3))

                Expect.equal full.Status 1 full.Errors
                Expect.stringContains full.Errors "checkpoint.pt" "what could not be written"
                Expect.isFalse (File.Exists(RunFolder(run).Checkpoint)) "no checkpoint"
                Expect.equal (runJson run "status") "failed" "status"
                refuses 2 "start again" (resume run)
                scoreWell (train run 3) |> ignore
                Expect.equal (rows run) [ 1..3 ] "a new run")

        testCase "may lack pictures: the run goes on, and each is told of once"
        <| fun () ->
            inFolder (fun folder ->
                let run = Path.Combine(folder, "run")

                for picture in [ "samples.png"; "loss.svg" ] do
                    Directory.CreateDirectory(Path.Combine(run, picture)) |> ignore

                // Long enough for a look at samples on the way.
                let outcome = score (train run 800)
                Expect.equal outcome.Status 1 "the status says that something is missing"

                for picture in [ "samples.png"; "loss.svg" ] do
                    let told = outcome.Errors.Split '\n' |> Array.filter _.Contains(picture)
                    Expect.hasLength told 1 outcome.Errors

                Expect.equal (stepOf run) 800 "the last step"
                Expect.equal (rows run) [ 1..800 ] "every line"
                Expect.equal (runJson run "status") "finished" "status"

                for file in [ "trajectory.png"; "report.html" ] do
                    Expect.isTrue (File.Exists(Path.Combine(run, file))) file)

        testCase "holds every finished step of a run that fails, and says what it failed with"
        <| fun () ->
            inFolder (fun folder ->
                let run, script = Path.Combine(folder, "run"), Path.Combine(folder, "failing.fsx")
                File.WriteAllText(script, failing)
                let outcome = score (train run 40 @ [ "--objective"; script ])
                Expect.equal outcome.Status 1 outcome.Errors
                Expect.equal (rows run) [ 1..19 ] "every finished step"
                Expect.equal (runJson run "status") "failed" "status"
                Expect.equal (runJson run "step") "19" "the last good one"

                for word in [ "step 20"; "loss is NaN" ] do
                    Expect.stringContains (runJson run "failure") word "what happened, and where")
    ]

[<Tests>]
let cacheTests =
    testList "the cache" [
        testCase "is never the current folder"
        <| fun () ->
            inFolder (fun folder ->
                let home variables =
                    shell folder [] $"env -u SCORE_DATA -u XDG_CACHE_HOME {variables} dotnet \"$PROGRAM\" datasets"

                for variables in [ "HOME=/nowhere/at/all"; "HOME="; "HOME=here"; "-u HOME" ] do
                    let outcome = home variables
                    Expect.equal outcome.Status 0 outcome.Errors
                    Expect.isFalse (outcome.Output.Contains " .cache") variables
                    Expect.isFalse (outcome.Output.Contains " here") variables

                let train =
                    "env -u SCORE_DATA -u XDG_CACHE_HOME HOME=/nowhere dotnet \"$PROGRAM\" train --dataset mnist --preset fast --out run"

                let outcome = shell folder [] train
                Expect.equal outcome.Status 1 outcome.Errors
                Expect.stringContains outcome.Errors "--data" "what to do"
                Expect.isEmpty (Directory.GetFileSystemEntries folder) "nothing made")
    ]
