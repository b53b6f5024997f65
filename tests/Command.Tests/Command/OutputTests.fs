/// Outputs of commands: where they go, and where they cannot.
module Command.Tests.OutputTests

open System
open System.IO
open Expecto
open Host.Tests.Support
open Command.Tests.CommandsRunner

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
