/// Checkpoints: what is saved is loaded, and damage is refused.
module Host.Tests.CheckpointFileTests

open System
open System.IO
open Expecto
open Host.Tests.CheckpointSupport
open Host.Tests.Support
open ScoreFunctional.Host
open ScoreFunctional.Host.Checkpoints

let rec private shape (values: (string * byte * float * float32[]) list) : CheckpointValue =
    match values with
    | [] -> CheckpointNone.Instance
    | (name, kind, number, data) :: rest ->
        let inner =
            match kind % 6uy with
            | 0uy -> text name
            | 1uy -> integer (BitConverter.DoubleToInt64Bits number)
            | 2uy -> CheckpointNumber number
            | 3uy -> floats data [ int64 data.Length ]
            | 4uy -> CheckpointList [| shape rest; CheckpointFlag(number > 0.) :> CheckpointValue |]
            | _ -> shape rest

        entries [ name, inner; name + "/rest", (if rest.Length > 30 then CheckpointNone.Instance else shape rest) ]

[<Tests>]
let roundTrips =
    testList "checkpoints" [
        testCase "every kind of value comes back"
        <| fun () ->
            saved (sample ()) (fun path _ -> Expect.equal (show (CheckpointFile.Load path)) (show (sample ())) "equal")

        testPropertyWithConfig
            { FsCheckConfig.defaultConfig with maxTest = 60; endSize = 8 }
            "any nesting of values comes back"
        <| fun (values: (string * byte * float * float32[]) list) ->
            let clean =
                values
                |> List.truncate 5
                |> List.map (fun (name, kind, number, data) ->
                    // FsCheck draws null and lone surrogates, which are no text.
                    let name =
                        if isNull (box name) then
                            ""
                        else
                            name |> String.filter (Char.IsSurrogate >> not)

                    name, kind, number, (if isNull (box data) then [||] else data))

            let value = entries [ "root", shape clean ]
            saved value (fun path _ -> Expect.equal (show (CheckpointFile.Load path)) (show value) "equal")

        testCase "equal contents give equal bytes, and tensors begin at multiples of 64"
        <| fun () ->
            saved (sample ()) (fun path first ->
                CheckpointFile.Save(path, sample ())
                Expect.sequenceEqual (File.ReadAllBytes path) first "the bytes"
                let needle = [| 1f .. 6f |] |> Array.collect (fun (value: float32) -> BitConverter.GetBytes value)

                let at =
                    Seq.init (first.Length - needle.Length) id
                    |> Seq.find (fun i -> first.AsSpan(i, needle.Length).SequenceEqual(ReadOnlySpan needle))

                Expect.equal (at % 64) 0 "aligned")

        testCase "a missing or wrong entry is named with its place"
        <| fun () ->
            saved (sample ()) (fun path _ ->
                let loaded = CheckpointFile.Load path
                let weights = loaded.Dictionary "weights"
                let shape (lengths: int64 list) = List.toArray lengths
                expectError [ path; "steps"; "no such entry" ] (fun () -> loaded.Integer "steps" |> ignore)
                expectError [ path; "name"; "an integer"; "text" ] (fun () -> loaded.Integer "name" |> ignore)
                expectError [ path; "weights"; "bias"; "no such entry" ] (fun () -> weights.Tensor "bias" |> ignore)

                expectError [ "weights"; "[3, 2]"; "[2, 3]" ] (fun () ->
                    weights.Floats("matrix", ReadOnlySpan(shape [ 3; 2 ])) |> ignore)

                expectError [ "float32"; "float64" ] (fun () ->
                    loaded.Floats("float64", ReadOnlySpan(shape [ 1 ])) |> ignore)

                expectError [ "matrix"; "scalar" ] (fun () -> weights.RequireOnly [ "scalar"; "empty" ])
                weights.RequireOnly [ "scalar"; "empty"; "matrix" ]
                Expect.equal (loaded.Number "step") 12. "an integer is a number"
                Expect.equal (weights.Floats("matrix", ReadOnlySpan(shape [ 2; 3 ])).Span[5]) 6f "the values")

        testCase "a file that is not there, a folder and other files are one line"
        <| fun () ->
            withFolder (fun folder ->
                expectError [ "nothing.pt" ] (fun () ->
                    CheckpointFile.Load(Path.Combine(folder, "nothing.pt")) |> ignore)

                expectError [ folder ] (fun () -> CheckpointFile.Load folder |> ignore)
                let path = Path.Combine(folder, "text.pt")
                File.WriteAllText(path, "not a zip")
                expectError [ path; "zip" ] (fun () -> CheckpointFile.Load path |> ignore))
    ]

[<Tests>]
let damage =
    testList "damaged checkpoints" [
        testCase "a file cut at any byte is refused"
        <| fun () ->
            saved (sample ()) (fun path bytes ->
                for length in 0 .. bytes.Length - 1 do
                    File.WriteAllBytes(path, bytes[.. length - 1])
                    expectError [ path ] (fun () -> CheckpointFile.Load path |> ignore))

        testCase "one wrong byte anywhere is refused or does no harm"
        <| fun () ->
            saved (sample ()) (fun path bytes ->
                let whole = show (CheckpointFile.Load path)

                for i in 0 .. bytes.Length - 1 do
                    let wrong = Array.copy bytes
                    wrong[i] <- wrong[i] ^^^ 0x41uy
                    File.WriteAllBytes(path, wrong)

                    match outcome path with
                    | Error _ -> ()
                    | Ok value -> Expect.equal (show value) whole $"byte {i} carries no data")

        testCase "many wrong bytes give an error and never another exception"
        <| fun () ->
            saved (sample ()) (fun path bytes ->
                let random = Random 11

                for _ in 1..1500 do
                    let wrong = Array.copy bytes

                    for _ in 0 .. random.Next 8 do
                        let at = random.Next wrong.Length
                        wrong[at] <- byte (random.Next 256)

                    let cut = if random.Next 4 = 0 then random.Next wrong.Length else wrong.Length
                    File.WriteAllBytes(path, wrong[.. cut - 1])
                    outcome path |> ignore)
    ]
