/// Files that are no good are refused by the program's own exception with the file's name, whatever is wrong, and cheaply.
module Host.Tests.SpoiledFileTests

open System
open System.Diagnostics
open System.IO
open System.IO.Compression
open System.IO.Pipes
open System.Text.RegularExpressions
open Expecto
open Host.Tests.CheckpointSupport
open Host.Tests.Support
open ScoreFunctional
open ScoreFunctional.Runs
open ScoreFunctional.Host.Checkpoints
open ScoreFunctional.Host.Data
open ScoreFunctional.Host.Training

let private load (path: string) () = RunCheckpoint.Load path |> ignore

/// Refused with these words, within two seconds, and with no more than four times the file and 256 MiB asked for in all.
let private refusedCheaply (words: string list) (path: string) (reads: unit -> unit) =
    let allowed = 4L * FileInfo(path).Length + (256L <<< 20)
    let before = GC.GetAllocatedBytesForCurrentThread()
    let clock = Stopwatch.StartNew()
    expectError (path :: words) reads
    Expect.isLessThan clock.Elapsed.TotalSeconds 2. $"seconds of {words}"
    Expect.isLessThan (GC.GetAllocatedBytesForCurrentThread() - before) allowed $"bytes of {words}"

let private withSpec (text: string) (body: string -> unit) =
    withFolder (fun folder ->
        let path = Path.Combine(folder, "run.pt")
        rewritten (runOf small) (fun values -> values["spec"] <- CheckpointText text) path
        body path)

let private written = SpecJson.write small.Spec

[<Tests>]
let specifications =
    testList "spoiled files/specifications" [
        testCase "a run that nothing is wrong with comes back"
        <| fun () ->
            withSpec written (fun path ->
                let run, expected = RunCheckpoint.Load path, runOf small
                Expect.equal run.Spec expected.Spec "specification"
                Expect.equal run.State expected.State "state"
                Expect.equal (run.TotalSteps, run.Seconds) (10, 1.5) "horizon and seconds")

        testCase "keys that stand twice, sizes beyond all bounds and numbers beyond floats are refused"
        <| fun () ->
            let replaced (from: string) (by: string) =
                Expect.stringContains written from "a part of the specification"
                written.Replace(from, by)

            let table = [
                replaced "\"seed\": 0" "\"seed\": 0, \"seed\": 0", [ "seed" ]
                replaced "\"layers\": 2" "\"layers\": 2, \"layers\": 2", [ "layers" ]
                replaced "\"width\": 8" "\"width\": 46341", [ "shape" ]
                replaced "\"width\": 8" "\"width\": 65537", [ "65536"; "65537" ]
                replaced "\"embedding\": 4" "\"embedding\": 1000000000", [ "65536"; "1000000000" ]
                replaced "\"layers\": 2" "\"layers\": 1000", [ "[16000, 4]"; "[32, 4]" ]
                replaced "\"layers\": 2" "\"layers\": 65536", [ "1000"; "65536" ]
                replaced "\"layers\": 2" "\"layers\": 2000000", [ "1000"; "2000000" ]
                Regex.Replace(written, "\"rate\": [^,]+", "\"rate\": 1e999"), [ "optimiser.rate" ]
                written + String(' ', 100_000), [ "65536 characters" ]
                String('[', 60_000), [ "not valid" ]
                "null", [ "empty" ]
                "", [ "not valid" ]
            ]

            for text, words in table do
                withSpec text (fun path -> refusedCheaply words path (load path))

        testCase "a network of more numbers than a vector holds is refused, with the largest sizes that there are"
        <| fun () ->
            let wide = {
                Name = "mlp"
                Settings = [
                    for key, n in [ "width", 65_536L; "layers", 1000L; "embedding", 65_536L ] -> key, Value.Whole n
                ]
            }

            withSpec (SpecJson.write { small.Spec with Network = wide }) (fun path ->
                refusedCheaply [ "shape" ] path (load path))

        testCase "seconds that are no time are refused"
        <| fun () ->
            withFolder (fun folder ->
                let path = Path.Combine(folder, "run.pt")

                for seconds in [ nan; infinity; -infinity; -1. ] do
                    rewritten (runOf small) (fun values -> values["seconds"] <- CheckpointNumber seconds) path
                    expectError [ path; "seconds" ] (load path)

                // As the first version wrote them, or a person might.
                for value in [ integer 90L; CheckpointNumber 90. :> CheckpointValue; tensor [| 90. |] ] do
                    rewritten (runOf small) (fun values -> values["seconds"] <- value) path

                    match value with
                    | :? CheckpointTensor -> expectError [ path; "seconds" ] (load path)
                    | _ -> Expect.equal (RunCheckpoint.Load path).Seconds 90. "a number")

        testCase "what a file says is told in one line that a person can read and a terminal does not obey"
        <| fun () ->
            withFolder (fun folder ->
                let path = Path.Combine(folder, "run.pt")
                let key = "\027[2J\n" + String('k', 100_000) + "\rend"
                rewritten (runOf small) (fun values -> values[key] <- CheckpointNone.Instance) path
                let message = messageOf (load path)
                Expect.stringContains message path "the file"
                Expect.stringEnds message "kk end" "how the key ends"
                Expect.isFalse (String.exists Char.IsControl message) "no escape"
                Expect.isLessThan message.Length 2100 "short")

        testCase "both versions are read, and no other"
        <| fun () ->
            withFolder (fun folder ->
                let path = Path.Combine(folder, "run.pt")

                for version in [ 0L; 1L; 2L; 3L ] do
                    rewritten (runOf small) (fun values -> values["version"] <- CheckpointInteger version) path

                    if version = 1L || version = 2L then
                        load path ()
                    else
                        expectError [ path; "version 1 or 2"; string version ] (load path))
    ]

[<Tests>]
let paths =
    testList "spoiled files/paths" [
        testCase "what is no file is refused without waiting"
        <| fun () ->
            withFolder (fun folder ->
                let inside name = Path.Combine(folder, name)
                let fifo, link, empty = inside "fifo", inside "link", inside "empty"
                use made = Process.Start("mkfifo", [ fifo ])
                made.WaitForExit()
                File.CreateSymbolicLink(link, fifo) |> ignore
                File.WriteAllBytes(empty, [||])
                use pipe = new AnonymousPipeServerStream(PipeDirection.Out)
                let handle = $"/dev/fd/{pipe.ClientSafePipeHandle.DangerousGetHandle()}"
                let readers = [ load; (fun path () -> IdxFile.Read(path, [| 3 |]) |> ignore) ]

                for reads in readers do
                    for path in [ fifo; link; empty; handle; "/dev/null"; folder; inside "none"; "none/none" ] do
                        expectError [ path ] (reads path)

                    expectError [ "path of a file" ] (reads "")
                    expectError [ "path of a file"; "a?b" ] (reads "a\000b"))
    ]

/// A flat tensor of so many floats: a view of the whole of a storage.
let private whole (count: int) =
    let number = "J" + String [| for byte in BitConverter.GetBytes count -> char byte |]
    pickledTensor number "K\000" (number + "\x85") "K\001\x85"

[<Tests>]
let budgets =
    testList "spoiled files/budgets" [
        testCase "pickles that make much of little are refused within four times the file and 256 MiB"
        <| fun () ->
            let slots = String.concat "" [ for i in 10_000..29_999 -> unicode (string i) + whole 65_536 ]
            let tuple = "(" + String.replicate 10_000 "K\001" + "tq\000"

            let remembered =
                String.concat "" [
                    for i in 0..999_999 -> $"r{char (i &&& 255)}{char (i >>> 8 &&& 255)}{char (i >>> 16)}\000"
                ]

            let table = [
                "slots", dictionary ("}(" + slots + "u"), [ "with shared values" ]
                "a tuple", dictionary ("](" + tuple + String.replicate 20_000 "h\000" + "e"), [ "another .pt file" ]
                "dictionaries", pickle [ String('}', 20_000_000) ], [ "operations" ]
                "lists", pickle [ String(']', 20_000_000) ], [ "operations" ]
                "marks", pickle [ String('(', 20_000_000) ], [ "operations" ]
                "empty tuples", pickle [ String(')', 20_000_000) ], [ "operations" ]
                "what is remembered", pickle [ "N"; remembered ], [ "operations" ]
                "a long key",
                pickle [ "}X\000\000\048\001"; String('k', 0x300000 + 0x1000000); "Ns" ],
                [ "another .pt file" ]
            ]

            for name, bytes, words in table do
                forged bytes [ "archive/data/0", Array.zeroCreate (4 * 65_536) ] (fun path ->
                    try
                        refusedCheaply words path (load path)
                    with :? AssertException as error ->
                        failtest $"{name}: {error.Message}")

        testCase "an archive of as many entries as there may be is refused as cheaply"
        <| fun () ->
            let names prefix = [ for i in 1..60_000 -> $"{prefix}{i}", [||] ]
            forged (pickle [ "}" ]) (names "") (fun path -> refusedCheaply [ "another .pt file" ] path (load path))
            let slashes = String.replicate 200 "a/"
            forged (pickle [ "}" ]) (names slashes) (fun path -> refusedCheaply [ "another .pt file" ] path (load path))

        testCase "tensors may share their values, as far as two of them go"
        <| fun () ->
            let twice = pickle [ "}("; unicode "a"; whole 65_536; unicode "b"; whole 65_536; "u" ]
            let storage = [ "archive/data/0", Array.zeroCreate<byte>(4 * 65_536) ]

            forged twice storage (fun path ->
                Expect.equal (CheckpointFile.Load path).Count 2 "a checkpoint whose average is its weights")

        testCase "IDX files that unpack to 2 GB are refused at what their header states"
        <| fun () ->
            // A gzip file may have many members: one of 16 MiB of zeros is small, and so is it 128 times.
            let zipped (bytes: byte[]) =
                use target = new MemoryStream()

                do
                    use gzip = new GZipStream(target, CompressionLevel.Fastest)
                    gzip.Write(bytes, 0, bytes.Length)

                target.ToArray()

            let zeros = zipped (Array.zeroCreate (16 <<< 20))

            withFolder (fun folder ->
                let path = Path.Combine(folder, "images.gz")

                for length, words in [ 3uy, [ "3 bytes"; "more" ]; 255uy, [ "dimensions 3"; "255" ] ] do
                    use file = File.Create path
                    let header = zipped [| 0uy; 0uy; 8uy; 1uy; 0uy; 0uy; 0uy; length |]
                    file.Write(header, 0, header.Length)

                    for _ in 1..128 do
                        file.Write(zeros, 0, zeros.Length)

                    file.Close()
                    refusedCheaply words path (fun () -> IdxFile.Read(path, [| 3 |]) |> ignore))
    ]
