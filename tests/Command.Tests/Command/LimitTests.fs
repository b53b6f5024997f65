/// Limits are checked before a run begins.
module Command.Tests.LimitTests

open System.IO
open System.Text.RegularExpressions
open Expecto
open ScoreFunctional.Host.Files
open ScoreFunctional.Host.Training
open Command.Tests.CommandsRunner

[<Tests>]
let tests =
    testSequenced
    <| testList "before the work" [
        testCase "the program draws more points than a picture shows as numbers, and no picture of them"
        <| fun () ->
            inFolder (fun folder ->
                let run, npy = Path.Combine(folder, "run"), Path.Combine(folder, "x.npy")

                scoreWell [ "train"; "--dataset"; "rings"; "--preset"; "fast"; "--steps"; "3"; "--out"; run ]
                |> ignore

                let sample options =
                    [
                        "sample"
                        "--checkpoint"
                        Path.Combine(run, "checkpoint.pt")
                        "--count"
                        "100001"
                        "--sampler"
                        "euler"
                        "--steps"
                        "2"
                    ]
                    @ options

                refuses 2 "--npy" (sample [])
                refuses 2 "100000" (sample [ "--npy"; npy; "--out"; Path.Combine(folder, "x.png") ])
                let drawn = scoreWell (sample [ "--npy"; npy ])
                Expect.isFalse (drawn.Output.Contains ".png") drawn.Output
                let struct (_, shape) = Npy.Load npy
                Expect.equal shape [| 100_001; 2 |] "all of them")

        testCase "a run that was finished says so, with its loss, and is left as it is"
        <| fun () ->
            inFolder (fun folder ->
                let run = Path.Combine(folder, "run")

                let first =
                    scoreWell [ "train"; "--dataset"; "rings"; "--preset"; "fast"; "--steps"; "30"; "--out"; run ]

                let loss = Regex.Match(first.Output, "loss ([0-9.]+)").Groups[1].Value
                let before = RunCheckpoint.Load(Path.Combine(run, "checkpoint.pt")).State
                let again = scoreWell [ "train"; "--resume"; "--out"; run ]
                Expect.stringContains again.Output $"the run was already finished at step 30, loss {loss}" "said"
                Expect.equal (RunCheckpoint.Load(Path.Combine(run, "checkpoint.pt")).State) before "the same"

                File.Delete(Path.Combine(run, "metrics.csv"))
                let bare = scoreWell [ "train"; "--resume"; "--out"; run ]

                Expect.stringContains
                    bare.Output
                    "the run was already finished at step 30\n"
                    "without a loss that nobody knows")
    ]
