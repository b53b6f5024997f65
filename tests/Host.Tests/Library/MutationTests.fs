/// Files that chance has spoiled: a thousand of each kind, or as many as SCORE_MUTATIONS says, always the same ones. Each is
/// refused by the program's own exception with the file's name, within its budget; or accepted as what it was before; or accepted
/// as what it says now, which is right for a reason that is checked. There is no other outcome.
module Host.Tests.MutationTests

open System
open System.Diagnostics
open System.IO
open System.IO.Compression
open System.Text.Json.Nodes
open Expecto
open Host.Tests.CheckpointSupport
open Host.Tests.Support
open ScoreFunctional.Runs
open ScoreFunctional.Host
open ScoreFunctional.Host.Checkpoints
open ScoreFunctional.Host.Data
open ScoreFunctional.Host.Training

type private Outcome =
    | Refused
    | Unchanged
    /// With the reason why the change is right.
    | Changed of string
    | Other of string

/// A kind of files.
type private Kind<'value> = {
    Name: string
    /// A spoiled file.
    Spoil: Random -> byte[]
    Load: string -> 'value
    /// Why a value that was loaded of a file's bytes is right, where it is not the one before.
    Judge: byte[] -> 'value -> Outcome
}

let private count =
    match Environment.GetEnvironmentVariable "SCORE_MUTATIONS" with
    | null
    | "" -> 1000
    | number -> int number

/// The outcome of one file.
let private tryOut (kind: Kind<'value>) (path: string) (bytes: byte[]) =
    File.WriteAllBytes(path, bytes)
    let before, clock = GC.GetAllocatedBytesForCurrentThread(), Stopwatch.StartNew()

    try
        let value = kind.Load path
        kind.Judge bytes value
    with
    | :? ScoreException as error ->
        let taken = GC.GetAllocatedBytesForCurrentThread() - before

        if not (error.Message.Contains path) || error.Message.Contains '\n' then
            Other $"the message '{error.Message}'"
        elif clock.Elapsed.TotalSeconds > 2. then
            Other $"refused after {clock.Elapsed}"
        elif taken > 4L * int64 bytes.Length + (256L <<< 20) then
            Other $"refused after {taken} bytes of memory"
        else
            Refused
    | error -> Other $"{error.GetType().Name}: {error.Message}"

let private test (kind: Kind<'value>) =
    testCase kind.Name
    <| fun () ->
        withFolder (fun folder ->
            let path = Path.Combine(folder, "spoiled")

            let outcomes =
                List.init count (fun i ->
                    // Each file has a number, and is the same in a run of a thousand and of a million.
                    let outcome = kind.Spoil(Random i) |> tryOut kind path

                    match outcome with
                    | Other fault -> failtest $"{kind.Name} {i}: {fault}"
                    | _ -> outcome)

            let lines = outcomes |> List.countBy id |> List.sortByDescending snd

            let words outcome =
                match outcome with
                | Refused -> "refused"
                | Unchanged -> "accepted as before"
                | Changed why -> $"accepted with {why}"
                | Other _ -> "other"

            let told = String.Join("; ", [ for outcome, number in lines -> $"{number} {words outcome}" ])
            printfn $"mutations of {kind.Name}: {told}; 0 other"
            Expect.isTrue (lines |> List.exists (fun (outcome, _) -> outcome = Refused)) "some are refused")

/// One to four changes of the kinds that disks, networks and people make.
let private spoiled (random: Random) (bytes: byte[]) =
    let change (bytes: byte[]) =
        let at = random.Next(bytes.Length + 1)
        let length = random.Next(min 64 (bytes.Length - at + 1))
        let before, part, after = bytes[.. at - 1], bytes[at .. at + length - 1], bytes[at + length ..]
        let boundary = [| 0uy; 1uy; 0x7Fuy; 0x80uy; 0xFFuy |]

        match random.Next 8 with
        | 0 when at < bytes.Length -> Array.updateAt at (bytes[at] ^^^ (1uy <<< random.Next 8)) bytes
        | 1 when at < bytes.Length -> Array.updateAt at (byte (random.Next 256)) bytes
        | 2 when at < bytes.Length -> Array.updateAt at boundary[random.Next boundary.Length] bytes
        | 3 -> before
        | 4 -> Array.append before after
        | 5 -> Array.concat [ before; part; part; after ]
        | 6 -> Array.concat [ before; Array.map (fun _ -> byte (random.Next 256)) part; after ]
        | _ -> Array.concat [ before; Array.zeroCreate part.Length; after ]

    List.fold (fun bytes _ -> change bytes) bytes [ 1 .. random.Next(1, 5) ]

let private original = runOf small

let private saved (read: string -> 'a) =
    lazy
        (let mutable result = Unchecked.defaultof<'a>

         withFolder (fun folder ->
             let path = Path.Combine(folder, "run.pt")
             original.Save path
             result <- read path)

         result)

let private whole = saved File.ReadAllBytes
let private values = saved CheckpointFile.Load

/// The differences of a checkpoint from the original, each with whether it is right.
let private differences (run: RunCheckpoint) =
    let table = Composition.parameters run.Design

    let composed () =
        try
            Composition.optimiser run.Design run.TotalSteps |> ignore
            Composition.citations run.Design |> ignore

            SpecJson.read (SpecJson.write run.Spec)
            |> Result.bind (RunDesign.ofSpec Tables.standard)
            |> Result.map _.Spec
                =
                Ok run.Spec
            && table = Composition.parameters small
        with _ ->
            false

    // As bits, of which a NaN has the same twice.
    let weights (state: Snapshot) = [
        for name, values in [ "", state.Parameters; "", state.Average; yield! state.Optimiser ] ->
            name, values |> Array.map BitConverter.SingleToInt32Bits
    ]

    let lengths state = weights state |> List.map (fun (name, bits) -> name, bits.Length)

    [
        if run.Spec <> original.Spec then
            "another specification that can run", composed ()
        if run.TotalSteps <> original.TotalSteps then
            "another number of steps in all", run.TotalSteps >= run.State.Step
        if run.Seconds <> original.Seconds then
            "another time that was taken", Double.IsFinite run.Seconds && run.Seconds >= 0.
        if weights run.State <> weights original.State then
            "other weights", lengths run.State = lengths original.State
        if run.State.Step <> original.State.Step then
            "another step", false
    ]

let private judged (run: RunCheckpoint) =
    match differences run with
    | [] -> Unchanged
    | found when found |> List.forall snd -> Changed(String.Join(" and ", List.map fst found))
    | found -> Other $"accepted with %A{found}"

let private checkpoint name spoil judge : Kind<RunCheckpoint> = {
    Name = name
    Spoil = spoil
    Load = RunCheckpoint.Load
    Judge = fun _ run -> judge run
}

/// Checksums cover all that a checkpoint says.
let private sameOnly run =
    match judged run with
    | Changed why -> Other $"accepted with {why}"
    | outcome -> outcome

/// The parts of the original by name, the pickle first.
let private entries =
    lazy
        [
            use archive = new ZipArchive(new MemoryStream(whole.Value))

            for entry in archive.Entries do
                use content = entry.Open()
                use target = new MemoryStream()
                content.CopyTo target
                entry.FullName, target.ToArray()
        ]

/// The original under right checksums again after one of its parts was replaced.
let private repacked chosen (part: byte[]) =
    use target = new MemoryStream()
    let zip = StoredZipWriter target

    for i, (name, data) in List.indexed entries.Value do
        zip.Add(name, ReadOnlySpan(if i = chosen then part else data))

    zip.Finish()
    target.ToArray()

/// The pickle half of the time, and any part otherwise.
let private spoiledPart (random: Random) =
    let chosen = if random.Next 2 = 0 then 0 else random.Next entries.Value.Length
    repacked chosen (spoiled random (snd entries.Value[chosen]))

/// A specification with one to three of its values replaced, left out, doubled or misspelled.
let private respecified (random: Random) =
    let strange = [|
        "0"
        "-1"
        "1"
        "2"
        "46341"
        "65536"
        "2000000"
        "2147483647"
        "2147483648"
        "9223372036854775807"
        "1e-320"
        "1e308"
        "1e999"
        "-0.0"
        "0.5"
        "true"
        "null"
        "\"\""
        "\"nan\""
        "\"ve\""
        "[]"
        "[1]"
        "[null]"
        "{}"
        "{\"kind\":\"mlp\"}"
    |]

    let change (text: string) =
        // A value is what stands between a colon and the end of its line; names and brackets are left to bytes.
        let lines = text.Split '\n'
        let at = random.Next lines.Length
        let line = lines[at]
        let colon = line.IndexOf ':'

        match random.Next 5 with
        | 0 -> Array.removeAt at lines |> String.concat "\n"
        | 1 -> Array.insertAt at line lines |> String.concat "\n"
        | 2 -> Text.Encoding.Latin1.GetString(spoiled random (Text.Encoding.Latin1.GetBytes text))
        | _ when colon > 0 ->
            let ending = if line.EndsWith ',' then "," else ""
            let value = strange[random.Next strange.Length]
            lines |> Array.updateAt at $"{line[..colon]} {value}{ending}" |> String.concat "\n"
        | _ -> lines |> Array.updateAt at (line + strange[random.Next strange.Length]) |> String.concat "\n"

    let text = List.fold (fun text _ -> change text) (SpecJson.write small.Spec) [ 1 .. random.Next(1, 4) ]
    values.Value["spec"] <- CheckpointText text
    let struct (pickle, _) = PickleWriter.Encode values.Value
    repacked 0 pickle

let private dimensions = [| 5; 4; 3 |]
let private pixels = Array.init 60 (fun i -> byte (7 * i))

let private plain =
    Array.concat [
        [| 0uy; 0uy; 8uy; 3uy |]
        (dimensions |> Array.collect (fun n -> [| 0uy; 0uy; 0uy; byte n |]))
        pixels
    ]

let private packed =
    use target = new MemoryStream()

    do
        use gzip = new GZipStream(target, CompressionLevel.Fastest)
        gzip.Write(plain, 0, plain.Length)

    target.ToArray()

/// The contents of a plain or packed file, as far as they can be read.
let private unpacked (bytes: byte[]) =
    if bytes[..1] = [| 0x1Fuy; 0x8Buy |] then
        use gzip = new GZipStream(new MemoryStream(bytes), CompressionMode.Decompress)
        use target = new MemoryStream()
        gzip.CopyTo target
        target.ToArray()
    else
        bytes

let private images name (bytes: byte[]) (md5: string | null) : Kind<IdxFile> = {
    Name = name
    Spoil = fun random -> spoiled random bytes
    Load = fun path -> IdxFile.Read(path, dimensions, md5)
    Judge =
        fun bytes file ->
            if file.Data = pixels then
                Unchanged
            elif isNull md5 && unpacked bytes = Array.append plain[..15] file.Data then
                Changed "the pixels that the file holds"
            else
                Other "accepted with other pixels"
}

[<Tests>]
let tests =
    let md5 = Convert.ToHexString(Security.Cryptography.MD5.HashData plain)

    testList "mutations" [
        test (checkpoint "checkpoints" (fun random -> spoiled random whole.Value) sameOnly)
        test (checkpoint "checkpoints under right checksums" spoiledPart judged)
        test (checkpoint "specifications" respecified judged)
        test (images "IDX files" plain null)
        test (images "IDX files in gzip" packed null)
        test (images "IDX files with a checksum" plain md5)
        test (images "IDX files in gzip with a checksum" packed md5)
    ]
