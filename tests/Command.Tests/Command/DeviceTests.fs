module Command.Tests.DeviceTests

open System.IO
open Expecto
open ScoreFunctional.CommandLine
open Command.Tests.CommandsRunner

/// The commands that run a network, none of which can do what it is asked for.
let private commands folder = [
    words "mnist --data missing --out" @ [ Path.Combine(folder, "run") ]
    words "train --dataset gaussian --preset fast --steps 1 --out" @ [ Path.Combine(folder, "run") ]
    words "sample --checkpoint missing.pt"
    words "evaluate --checkpoint missing.pt"
]

[<Tests>]
let tests =
    testList "device" [
        testCase "the processor is the device by default" (fun () ->
            for command in commands "folder" do
                let parse = Array.ofList >> CommandLine.parse
                Expect.isOk (parse command) command.Head
                Expect.equal (parse (command @ [ "--device"; "cpu" ])) (parse command) command.Head)


        testCase
            "every command that runs a network refuses a device that is not there before it does anything"
            (fun () ->
                inFolder (fun folder ->
                    for command in commands folder do
                        refuses
                            2
                            "no device 'cuda:99' here: expected one of cpu"
                            (command @ [ "--device"; "cuda:99" ])

                        refuses 2 "unknown device 'tpu'" (command @ [ "--device"; "tpu" ])

                    Expect.isEmpty (Directory.GetFileSystemEntries folder) "nothing made"))
    ]
