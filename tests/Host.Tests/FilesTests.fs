/// What is written, where a path leads elsewhere than to a plain file in a folder of one's own.
module Host.Tests.FilesTests

open System
open System.IO
open System.Threading.Tasks
open Expecto
open ScoreFunctional.Host
open ScoreFunctional.Host.Checkpoints
open ScoreFunctional.Host.Files
open Host.Tests.Support
open Host.Tests.CommandsRunner

let private link (path: string) (target: string) = File.CreateSymbolicLink(path, target) |> ignore

let private targetOf (path: string) = FileInfo(path).LinkTarget

/// A line of bash that makes a device: one like the system's, for the superuser, who could replace the system's own if a test failed.
let private device name (minor: int) =
    if Environment.UserName = "root" then
        $"mknod {name} c 1 {minor}"
    else
        $"ln -s /dev/{name} {name}"

/// A folder and the paths in it, made by a line of bash.
let private prepared line (body: (string -> string) -> unit) =
    withFolder (fun folder ->
        let outcome = shell folder [] line
        Expect.equal outcome.Status 0 outcome.Errors
        body (fun name -> Path.Combine(folder, name)))

let private names folder =
    Directory.GetFileSystemEntries folder |> Array.map Path.GetFileName |> Array.sort |> List.ofArray

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

        testCase "descriptors that the program opened itself are nobody's to write to"
        <| fun () ->
            prepared "echo mine > own" (fun at ->
                use file = File.Open(at "own", FileMode.Open)
                let path = $"/dev/fd/{file.SafeFileHandle.DangerousGetHandle()}"
                expectError [ path ] (fun () -> AtomicFile.WriteText(path, "x"))
                expectError [ "/dev/fd/999" ] (fun () -> AtomicFile.WriteText("/dev/fd/999", "x")))
    ]

/// Draws from a run of three steps, which all these tests share.
let private run =
    lazy
        (let folder = Directory.CreateTempSubdirectory("score-files-").FullName
         AppDomain.CurrentDomain.ProcessExit.Add(fun _ -> Directory.Delete(folder, true))

         words $"train --dataset two-moons --preset fast --batch-size 16 --steps 3 --out {folder}"
         |> scoreWell
         |> ignore

         folder)

/// A line of bash beside that run, whose checkpoint is `$CHECKPOINT`.
let private beside folder line = shell folder [ "CHECKPOINT", Path.Combine(run.Value, "checkpoint.pt") ] line

let private sample = "score sample --checkpoint $CHECKPOINT --count 4"

[<Tests>]
let outputTests =
    testSequenced
    <| testList "outputs of a command" [
        testCase "go into pipes, processes, standard output and through links"
        <| fun () ->
            withFolder (fun folder ->
                let at name = Path.Combine(folder, name)
                let well line = Expect.equal (beside folder line).Status 0 line
                well $"{sample} --npy plain.npy"
                let expected = File.ReadAllBytes(at "plain.npy")
                let same name = Expect.isTrue (File.ReadAllBytes(at name) = expected) name

                well $"mkfifo pipe; timeout 60 cat pipe > piped.npy & {sample} --npy pipe && wait && test -p pipe"
                same "piped.npy"
                well $"{sample} --npy >(cat > given.npy) && for i in 1 2 3 4 5; do [ -s given.npy ] || sleep 1; done"
                same "given.npy"

                well
                    $"ln -s /proc/self/fd/1 out; {sample} --npy out > printed.npy && {sample} --npy out | cat > shown.npy"

                same "printed.npy"
                same "shown.npy"
                well $"echo old > target; ln -s target link; {sample} --npy link && test -L link"
                same "target")

        testCase "that cannot be written are refused before the work"
        <| fun () ->
            withFolder (fun folder ->
                let outcome = beside folder $"touch file; {sample} --npy good.npy --out file/x.png"
                Expect.equal outcome.Status 1 outcome.Errors
                Expect.stringContains outcome.Errors "file/x.png" "which"
                Expect.equal (names folder) [ "file" ] "nothing else is there")

        testCase "that fail do not stop the others, and the status says so"
        <| fun () ->
            withFolder (fun folder ->
                let full = device "full" 7
                let outcome = beside folder $"{full}; {sample} --out full --npy good.npy --trajectory way.png"
                Expect.equal outcome.Status 1 outcome.Errors
                Expect.equal (outcome.Errors.TrimEnd('\n').Split '\n').Length 1 "one line"
                Expect.stringContains outcome.Errors "full" "which"
                Expect.equal (names folder) [ "full"; "good.npy"; "way.png" ] "the others")

        testCase "figures are printed where they cannot be saved, and that is said before the work"
        <| fun () ->
            withFolder (fun folder ->
                let evaluate =
                    "mkdir -p run/evaluation.json run/samplers.json; cp $CHECKPOINT run; score evaluate --count 20 --checkpoint run/checkpoint.pt"

                for more, figure, file in
                    [ "", "variance", "evaluation.json"; " --sampler euler", "euler", "samplers.json" ] do
                    let outcome = beside folder $"{evaluate}{more} 2>&1"
                    Expect.equal outcome.Status 1 "status"
                    let lines = outcome.Output.TrimEnd('\n').Split '\n'
                    Expect.stringContains lines[0] file "first"
                    Expect.hasLength (lines |> Array.filter _.Contains(file)) 1 "once"
                    Expect.isTrue (lines |> Array.exists _.StartsWith(figure: string)) outcome.Output)

        testCase "are all there when standard output is full or closed"
        <| fun () ->
            for redirection, status in
                [
                    ">/dev/full", 1
                    ">&-", 1
                    "<&- >&-", 1
                    "2>/dev/full", 0
                    "2>&-", 0
                    "<&- 2>&-", 0
                    "<&- >&- 2>&-", 1
                ] do
                withFolder (fun folder ->
                    let files = "--out a.png --npy b.npy --trajectory c.png"
                    // Without CI, progress is printed too.
                    let outcome = beside folder $"CI= {sample} {files} {redirection}"
                    Expect.equal outcome.Status status $"{redirection}: {outcome.Errors}"
                    Expect.equal (names folder) [ "a.png"; "b.npy"; "c.png" ] redirection

                    if status = 1 && not (redirection.Contains "2>") then
                        Expect.stringContains outcome.Errors "standard output" redirection)
    ]
