/// IDX files: what is read, and what is refused.
module Host.Tests.IdxFileTests

open System
open System.IO
open System.Security.Cryptography
open Expecto
open Host.Tests.DataSupport
open Host.Tests.Support
open ScoreFunctional.Host.Data

let private data = Array.init 24 byte
let private good = idx 0x00000803u [ 2; 3; 4 ] data

let private readBytes (bytes: byte[]) (md5: string | null) =
    let mutable result = Unchecked.defaultof<IdxFile>

    withFolder (fun folder ->
        let path = Path.Combine(folder, "x")
        File.WriteAllBytes(path, bytes)
        result <- IdxFile.Read(path, [| 2; 3; 4 |], md5))

    result

[<Tests>]
let idxTests =
    testList "IDX files" [
        testCase "plain and gzip files are read alike"
        <| fun () ->
            for bytes in [ good; zipped good ] do
                let file = readBytes bytes (Convert.ToHexString(MD5.HashData good))
                Expect.sequenceEqual file.Dimensions [ 2; 3; 4 ] "the dimensions"
                Expect.sequenceEqual file.Data data "the data"

        testCase "what is wrong is named with what was expected"
        <| fun () ->
            let table = [
                "wrong magic", idx 0x00000903u [ 2; 3; 4 ] data, [ "0x00000803"; "0x00000903" ]
                "other rank", idx 0x00000801u [ 24 ] data, [ "0x00000803"; "0x00000801" ]
                "no header", good[..9], [ "header of 16 bytes"; "10 bytes" ]
                "empty", [||], [ "header of 16 bytes"; "0 bytes" ]
                "short", good[.. good.Length - 2], [ "24 bytes"; "23" ]
                "long", Array.append good [| 0uy |], [ "24 bytes"; "more" ]
                "zero length", idx 0x00000803u [ 2; 0; 4 ] [||], [ "dimensions 2 × 3 × 4"; "2 × 0 × 4" ]
                "huge", idx 0x00000803u [ -1; -1; -1 ] data, [ "dimensions 2 × 3 × 4"; "4294967295" ]
                "promises gigabytes", idx 0x00000803u [ 1000; 1000; 1000 ] data, [ "1000 × 1000 × 1000" ]
                "cut gzip", (zipped good)[..20], []
            ]

            for name, bytes, words in table do
                expectError ("x" :: words) (fun () -> readBytes bytes null |> ignore)
                Expect.isNotEmpty name "a name"

        testCase "other contents than the checksum's are refused"
        <| fun () ->
            let sum = Convert.ToHexString(MD5.HashData good)
            let other = Array.copy good
            other[20] <- other[20] ^^^ 1uy
            expectError [ sum.ToLowerInvariant(); "MD5" ] (fun () -> readBytes other (sum.ToLowerInvariant()) |> ignore)

        testCase "a missing file is an error in one line"
        <| fun () -> expectError [ "no-such-file" ] (fun () -> IdxFile.Read("no-such-file", [| 3 |]) |> ignore)
    ]
