/// Forged checkpoints: plain dictionaries, numbers, strings and tensors get in, and nothing else.
module Host.Tests.PickleReaderTests

open System
open System.IO
open Expecto
open Host.Tests.CheckpointSupport
open Host.Tests.Support
open ScoreFunctional.Host
open ScoreFunctional.Host.Checkpoints

[<Tests>]
let forgeries =
    testList "forged checkpoints" [
        testCase "the forger's tensor is read when nothing is wrong with it"
        <| fun () ->
            forged (dictionary (view 2 0 "K\002\x85" "K\001\x85")) eight (fun path ->
                Expect.sequenceEqual ((CheckpointFile.Load path).Tensor "x").Shape [ 2L ] "the shape")

        testCase "a floating-point number is read, though it is written as a tensor"
        <| fun () ->
            forged (dictionary "G\063\248\000\000\000\000\000\000") [] (fun path ->
                Expect.equal ((CheckpointFile.Load path).Number "x") 1.5 "the number")

        testCase "everything else is refused by name"
        <| fun () ->
            let nested = String.replicate 5000 "\x85"
            let lists = String.replicate 200 "]" + String.replicate 199 "a"

            let table = [
                "os.system", dictionary ("cos\nsystem\n(" + unicode "id" + "tR"), [], [ "os.system" ]
                "builtins.eval", dictionary ("c__builtin__\neval\n(" + unicode "1" + "tR"), [], [ "__builtin__.eval" ]
                "another torch function", dictionary "ctorch\nload\n", [], [ "torch.load" ]
                "another storage", dictionary "ctorch\nHalfStorage\n", [], [ "torch.HalfStorage" ]
                "INST", dictionary "(ios\nsystem\n", [], [ "opcode 0x69" ]
                "OBJ", dictionary "(o", [], [ "opcode 0x6F" ]
                "NEWOBJ", dictionary ")\x81", [], [ "opcode 0x81" ]
                "STACK_GLOBAL", dictionary (unicode "os" + unicode "system" + "\x93"), [], [ "opcode 0x93" ]
                "EXT1", dictionary "\x82\001", [], [ "opcode 0x82" ]
                "DUP", dictionary "]2", [], [ "opcode 0x32" ]
                "PERSID", dictionary "P0\n", [], [ "opcode 0x50" ]
                "BUILD", dictionary ("}}" + unicode "y" + "K\001sb"), [], [ "state" ]
                "a function as data", dictionary "ccollections\nOrderedDict\n", [], [ "collections.OrderedDict" ]
                "a storage as data",
                dictionary (
                    "(" + unicode "storage" + "ctorch\nFloatStorage\n" + unicode "0" + unicode "cpu" + "K\002tQ"
                ),
                eight,
                [ "a storage" ]
                "a call of data", dictionary "K\001)R", [], [ "an integer" ]
                "an integer as a key", pickle [ "}K\001K\002s" ], [], [ "key" ]
                "nested tuples", dictionary (")" + nested), [], [ "levels" ]
                "nested lists", dictionary lists, [], [ "levels" ]
                "a list in itself", dictionary "]q\000h\000a", [], [ "used again" ]
                "doubling", dictionary "]q\000h\000h\000\x86", [], [ "used again" ]
                "an unknown memo", dictionary "h\007", [], [ "number 7" ]
                "an empty stack", pickle [ "0" ], [], []
                "no value", pickle [ "" ], [], []
                "two values", pickle [ "}}" ], [], []
                "no dictionary", pickle [ "]" ], [], [ "a list" ]
                "another protocol", ascii "\x80\x04}.", [], [ "protocol 2" ]
                "no end", ascii "\x80\x02}", [], [ "end" ]
                "a long text", dictionary "X\255\255\255\127ab", [], [ "end" ]
                "bad UTF-8", dictionary "X\001\000\000\000\255", [], [ "UTF-8" ]
                "128 bits", dictionary ("\x8a\016" + String.replicate 16 "\001"), [], [ "128 bits" ]
                "a missing storage", dictionary (view 2 0 "K\002\x85" "K\001\x85"), [], [ "archive/data/0" ]
                "a short storage", dictionary (view 3 0 "K\002\x85" "K\001\x85"), eight, [ "3 values"; "8 bytes" ]
                "beyond the end", dictionary (view 2 1 "K\002\x85" "K\001\x85"), eight, [ "2 values" ]
                "far strides",
                dictionary (view 2 0 "K\002\x85" "\x8a\008\255\255\255\255\255\255\255\127\x85"),
                eight,
                [ "2 values" ]
                "a huge shape",
                dictionary (view 2 0 "J\255\255\255\127J\255\255\255\127\x86" "K\000K\000\x86"),
                eight,
                [ "2 values" ]
                "an expanded value", dictionary (view 2 0 "K\100\x85" "K\000\x85"), eight, [ "2 values"; "[100]" ]
                "a negative length",
                dictionary (view 2 0 "J\255\255\255\255\x85" "K\001\x85"),
                eight,
                [ "whole numbers" ]
                "no stride", dictionary (view 2 0 "K\002\x85" ")"), eight, [ "stride" ]
                "two data.pkl", pickle [ "}" ], [ "other/data.pkl", [||] ], [ "data.pkl" ]
                "twice the same name", pickle [ "}" ], [ "archive/data.pkl", [||] ], [ "twice" ]
                "a way out", pickle [ "}" ], [ "archive/../../x", [||] ], [ "plain relative names" ]
                "a root", pickle [ "}" ], [ "/etc/x", [||] ], [ "plain relative names" ]
                "big-endian", pickle [ "}" ], [ "archive/byteorder", ascii "big" ], [ "byte order" ]
            ]

            for name, bytes, extra, words in table do
                forged bytes extra (fun path ->
                    try
                        expectError (path :: words) (fun () -> CheckpointFile.Load path |> ignore)
                    with :? AssertException as error ->
                        failtest $"{name}: {error.Message}")

        testCase "any pickle gives a value or an error and never another exception"
        <| fun () ->
            let random = Random 12
            let opcodes = ascii "Nqh}])(tueasRQbcKMJGX.\x80\x85\x86\x87\x88\x89\x8arj"
            let seeds = [ dictionary (view 2 0 "K\002\x85" "K\001\x85"); dictionary "]q\000K\001a" ]

            withFolder (fun folder ->
                let path = Path.Combine(folder, "fuzz.pt")

                for round in 1..1500 do
                    let bytes = Array.copy seeds[round % 2]

                    for _ in 0 .. random.Next 6 do
                        let at = random.Next(2, bytes.Length)

                        bytes[at] <-
                            if random.Next 2 = 0 then
                                opcodes[random.Next opcodes.Length]
                            else
                                byte (random.Next 256)

                    do
                        use stream = File.Create path
                        let zip = StoredZipWriter stream
                        zip.Add("archive/data.pkl", ReadOnlySpan bytes)
                        zip.Add("archive/data/0", ReadOnlySpan(Array.zeroCreate<byte> 8))
                        zip.Finish()

                    outcome path |> ignore)

        testCase "transposed views cannot take more memory than the file has"
        <| fun () ->
            let transposed = view 225 0 "K\015K\015\x86" "K\001K\015\x86"
            let many = pickle [ "}"; unicode "x"; "]("; String.replicate 400 transposed; "es" ]

            forged many [ "archive/data/0", Array.zeroCreate<byte> 900 ] (fun path ->
                // 400 copies of 900 bytes, from a file of some 50 kB.
                match outcome path with
                | Error message -> Expect.stringContains message "with shared values" "the budget"
                | Ok _ -> failtest "expected the copies to be refused")
    ]
