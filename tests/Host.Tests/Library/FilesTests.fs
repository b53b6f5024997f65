/// Files that are written: through links, pipes and devices, whole or not at all, and as arrays of NumPy.
module Host.Tests.FilesTests

open System
open System.IO
open System.Text
open System.Threading.Tasks
open Expecto
open ScoreFunctional.Host
open ScoreFunctional.Host.Checkpoints
open ScoreFunctional.Host.Files
open Host.Tests.Support

let private link (path: string) (target: string) = File.CreateSymbolicLink(path, target) |> ignore

let private targetOf (path: string) = FileInfo(path).LinkTarget

/// A folder and the paths in it, made by a line of bash.
let private prepared line (body: (string -> string) -> unit) =
    withFolder (fun folder ->
        let outcome = bash folder line
        Expect.equal outcome.Status 0 outcome.Errors
        body (fun name -> Path.Combine(folder, name)))

[<Tests>]
let pathTests =
    testList "where a path leads" [
        testCase "links are followed, also to a file that is not there yet, and stay links"
        <| fun () ->
            withFolder (fun folder ->
                let at name = Path.Combine(folder, name)
                Directory.CreateDirectory(at "real/deep") |> ignore
                File.WriteAllText(at "old", "old")
                link (at "first") "second"
                link (at "second") "old"
                link (at "dangling") "new/file"
                // The dots of this one begin in real/deep, wherever the link to that folder stands.
                link (at "short") "real/deep"
                link (at "real/deep/up") "../beside"

                for name in [ "first"; "dangling"; "short/up" ] do
                    AtomicFile.WriteText(at name, name)

                Expect.equal (targetOf (at "first")) "second" "still a link"
                Expect.equal (targetOf (at "second")) "old" "still a link"
                Expect.equal (File.ReadAllText(at "old")) "first" "the file at the end of both"
                Expect.equal (File.ReadAllText(at "new/file")) "dangling" "made, with its folder"
                Expect.equal (File.ReadAllText(at "real/beside")) "short/up" "where the system finds it"
                Expect.isFalse (File.Exists(at "beside")) "and nowhere else"
                link (at "circle") "circle"
                expectError [ "circle" ] (fun () -> AtomicFile.WriteText(at "circle", "x")))

        testCase "a pipe takes the bytes from the first to the last, a checkpoint's too"
        <| fun () ->
            prepared "mkfifo pipe" (fun at ->
                let read = Task.Run(fun () -> File.ReadAllBytes(at "pipe"))
                let value = CheckpointDictionary()

                value["x"] <-
                    CheckpointTensor.Of<float32>(
                        ReadOnlyMemory(Array.init 100_000 float32),
                        ReadOnlySpan [| 100_000L |]
                    )

                CheckpointFile.Save(at "pipe", value)
                CheckpointFile.Save(at "plain", value)
                Expect.isTrue (read.Result = File.ReadAllBytes(at "plain")) "the same bytes"
                Expect.equal (NativeFile.KindOf(at "pipe")) FileKind.Special "still a pipe"
                Expect.isTrue (Seq.contains "x" (CheckpointFile.Load(at "plain")).Keys) "a checkpoint")

        testCase "a device stays a device"
        <| fun () ->
            prepared (device "null" 3) (fun at ->
                AtomicFile.WriteText(at "null", "x")
                Expect.equal (NativeFile.KindOf(at "null")) FileKind.Special "what it was"
                Expect.hasLength (names (at "")) 1 "and nothing beside it")

        testCase "a full device is one line"
        <| fun () ->
            prepared (device "full" 7) (fun at ->
                expectError [ at "full"; "space" ] (fun () -> AtomicFile.WriteText(at "full", "x"))
                Expect.equal (NativeFile.KindOf(at "full")) FileKind.Special "what it was")

        testCase "who could not read the old file cannot read the new one"
        <| fun () ->
            prepared "echo secret > own; chmod 600 own" (fun at ->
                AtomicFile.WriteText(at "own", "new")
                Expect.equal (File.GetUnixFileMode(at "own")) (UnixFileMode.UserRead ||| UnixFileMode.UserWrite) "mode")

        testCase "whether a file can be written is known before, and the look at it leaves nothing"
        <| fun () ->
            prepared "echo x > file; mkdir folder; mkfifo pipe" (fun at ->
                let look path = (OutputPath.Of path).RequireWritable()
                let before = names (at "")
                List.iter (at >> look) [ "new"; "file"; "pipe"; "a/b/c/new" ]
                expectError [ "folder" ] (fun () -> look (at "folder"))
                expectError [ "folder" ] (fun () -> look (at "none/"))
                expectError [ at "file/x" ] (fun () -> look (at "file/x"))
                expectError [ "/proc/none/x" ] (fun () -> look "/proc/none/x")
                expectError [ "name" ] (fun () -> look (at (String('n', 256) + "name")))
                expectError [ "path" ] (fun () -> look "")
                expectError [ "path" ] (fun () -> look "a\000b")
                Expect.equal (names (at "")) before "nothing is left"
                Expect.equal (File.ReadAllText(at "file")) "x\n" "and nothing changed")

        testCase "descriptors that the program itself opened are refused"
        <| fun () ->
            prepared "echo mine > own" (fun at ->
                use file = File.Open(at "own", FileMode.Open)
                let path = $"/dev/fd/{file.SafeFileHandle.DangerousGetHandle()}"
                expectError [ path ] (fun () -> AtomicFile.WriteText(path, "x"))
                expectError [ "/dev/fd/999" ] (fun () -> AtomicFile.WriteText("/dev/fd/999", "x")))
    ]

[<Tests>]
let fileTests =
    testList "files are replaced whole or not at all" [
        testCase "what fails leaves the old file and nothing else"
        <| fun () ->
            withFolder (fun folder ->
                let path = Path.Combine(folder, "a", "b.txt")
                AtomicFile.WriteText(path, "old")

                let failing () =
                    AtomicFile.Write(
                        path,
                        fun stream ->
                            stream.WriteByte 1uy
                            raise (IOException "disk\nfull")
                    )

                expectError [ path; "disk full" ] failing
                Expect.equal (File.ReadAllText path) "old" "the old contents"
                Expect.hasLength (Directory.GetFiles(Path.Combine(folder, "a"))) 1 "no other file"
                File.WriteAllText(path + ".tmp", "left by a run that was killed")
                AtomicFile.WriteText(path, "new")
                Expect.equal (File.ReadAllText path) "new" "the new contents"
                Expect.hasLength (Directory.GetFiles(Path.Combine(folder, "a"))) 1 "what was left is gone")

        testCase "a folder in the way is one line"
        <| fun () ->
            withFolder (fun folder ->
                expectError [ folder ] (fun () -> AtomicFile.WriteText(folder, "x"))
                File.WriteAllText(Path.Combine(folder, "file"), "")
                let below = Path.Combine(folder, "file", "x.txt")
                expectError [ below ] (fun () -> AtomicFile.WriteText(below, "x")))
    ]

[<Tests>]
let npyTests =
    testList "NumPy arrays" [
        testProperty "what is saved is loaded"
        <| fun (values: float32[]) ->
            withFolder (fun folder ->
                let path = Path.Combine(folder, "a.npy")
                Npy.Save(path, ReadOnlyMemory values, values.Length, 1)
                let struct (loaded, shape) = Npy.Load path
                let bits (x: float32[]) = Array.map BitConverter.SingleToInt32Bits x
                Expect.sequenceEqual (bits loaded) (bits values) "the values, NaN and signs of zero included"
                Expect.sequenceEqual shape [ values.Length; 1 ] "the shape")

        testCase "damage is one line"
        <| fun () ->
            withFolder (fun folder ->
                let path = Path.Combine(folder, "a.npy")
                Npy.Save(path, ReadOnlyMemory [| 1f; 2f |], 2)
                let bytes = File.ReadAllBytes path
                Expect.equal (bytes.Length % 64) 8 "the header is aligned"

                for length in 0 .. bytes.Length - 1 do
                    File.WriteAllBytes(path, bytes[.. length - 1])
                    expectError [ path ] (fun () -> Npy.Load path |> ignore)

                File.WriteAllText(path, Encoding.Latin1.GetString(bytes).Replace("<f4", "<f8"), Encoding.Latin1)
                expectError [ "float32" ] (fun () -> Npy.Load path |> ignore))

        testCase "NumPy reads ours, and we read NumPy's"
        <| fun () ->
            withFolder (fun folder ->
                Npy.Save(Path.Combine(folder, "a.npy"), ReadOnlyMemory(Array.init 12 float32), 3, 2, 2)

                let printed =
                    runPython
                        folder
                        "import numpy as n; a = n.load('a.npy'); print(a.dtype, a.shape, a[2, 1, 0]); n.save('b.npy', a[:2] + 1)"

                Expect.equal printed "float32 (3, 2, 2) 10.0" "what NumPy sees"
                let struct (values, shape) = Npy.Load(Path.Combine(folder, "b.npy"))
                Expect.sequenceEqual shape [ 2; 2; 2 ] "the shape"
                Expect.sequenceEqual values [| 1f .. 8f |] "the values")
    ]
