/// MNIST's files.
module Host.Tests.MnistTests

open System
open System.IO
open Expecto
open Host.Tests.DataSupport
open Host.Tests.Support
open ScoreFunctional.Host.Data

[<Tests>]
let mnistTests =
    testList "MNIST" [
        testCase "a folder that was named is never replaced by another source"
        <| fun () ->
            withFolder (fun folder ->
                let missing = Path.Combine(folder, "none")
                expectError [ missing ] (fun () -> Mnist.Load missing |> ignore)
                expectError [ "train-images-idx3-ubyte"; "an empty folder" ] (fun () -> Mnist.Load folder |> ignore)
                File.WriteAllText(Path.Combine(folder, "notes.txt"), "")
                expectError [ "train-images-idx3-ubyte"; "notes.txt" ] (fun () -> Mnist.Load folder |> ignore))

        testCase "files of the right names and other dimensions or contents are refused"
        <| fun () ->
            withFolder (fun folder ->
                let write train test =
                    for name, (n: int) in [ "train", train; "t10k", test ] do
                        let files = [ "images-idx3", 0x00000803u, [ n; 28; 28 ]; "labels-idx1", 0x00000801u, [ n ] ]

                        for part, magic, dimensions in files do
                            let data = Array.zeroCreate (List.reduce (*) dimensions)
                            let bytes = zipped (idx magic dimensions data)
                            File.WriteAllBytes(Path.Combine(folder, $"{name}-{part}-ubyte.gz"), bytes)

                write 2 3
                expectError [ "0000"; "dimensions"; "-ubyte.gz" ] (fun () -> Mnist.Load folder |> ignore)
                write 60000 10000
                expectError [ "MD5"; "-ubyte.gz" ] (fun () -> Mnist.Load folder |> ignore))

        testCase "the real files give 60,000 and 10,000 labelled images in [0, 1]"
        <| fun () ->
            match mnistFolder.Value with
            | None -> skiptest "the MNIST files are not on this machine"
            | Some folder ->
                let mnist = Mnist.LoadFrom folder
                Expect.equal (mnist.Train.Count, mnist.Test.Count) (60000, 10000) "the counts"
                Expect.equal mnist.Train.Size 784 "the size"

                Expect.sequenceEqual
                    [ for i in 0..9 -> mnist.Train.Label i ]
                    [ 5; 0; 4; 1; 9; 2; 1; 3; 1; 4 ]
                    "the labels"

                let batch = mnist.Train.GetBatch(ReadOnlySpan [| 7; 7 |])
                Expect.sequenceEqual batch[..783] batch[784..] "the same image twice"
                Expect.equal (Array.max batch) 1f "white"
                Expect.equal (Array.min batch) 0f "black"

                Expect.throwsT<ArgumentOutOfRangeException>
                    (fun () -> mnist.Test.Label 10000 |> ignore)
                    "beyond the end"
    ]
