/// Downloads, from mirrors on this machine.
module Host.Tests.MnistDownloadTests

open System
open System.IO
open System.Net
open System.Net.Sockets
open System.Security.Cryptography
open Expecto
open Host.Tests.DataSupport
open Host.Tests.Support
open ScoreFunctional.Host
open ScoreFunctional.Host.Data

/// A mirror on this machine that answers with what the table holds, and the paths it was asked for.
let private withMirror (answers: (string * byte[]) list) (body: string -> (unit -> string list) -> unit) =
    let asked = Collections.Concurrent.ConcurrentQueue<string>()
    let probe = new TcpListener(IPAddress.Loopback, 0)
    probe.Start()
    let port = (probe.LocalEndpoint :?> IPEndPoint).Port
    probe.Stop()
    use listener = new HttpListener()
    let address = $"http://127.0.0.1:{port}/"
    listener.Prefixes.Add address
    listener.Start()

    let serve =
        async {
            try
                while listener.IsListening do
                    let! context = listener.GetContextAsync() |> Async.AwaitTask
                    let path = (Unchecked.nonNull context.Request.Url).AbsolutePath
                    asked.Enqueue path

                    match List.tryFind (fun (name, _) -> name = path) answers with
                    | Some(_, bytes) -> context.Response.OutputStream.Write(bytes, 0, bytes.Length)
                    | None -> context.Response.StatusCode <- 404

                    context.Response.Close()
            with
            | :? HttpListenerException
            | :? ObjectDisposedException -> ()
        }

    Async.Start serve
    body address (fun () -> List.ofSeq asked)

[<Tests>]
let downloadTests =
    let labels = idx 0x00000801u [ 3 ] [| 1uy; 2uy; 3uy |]
    let part = MnistPart("tiny-idx1-ubyte", [| 3 |], Convert.ToHexStringLower(MD5.HashData labels))
    let other = idx 0x00000801u [ 3 ] [| 1uy; 2uy; 4uy |]

    let fetch folder (mirrors: string list) =
        MnistDownload.Fetch(part, folder, null, Threading.CancellationToken.None, List.toArray mirrors)

    testList "downloads" [
        testCase "a mirror with other contents is passed over, and a good copy is not fetched again"
        <| fun () ->
            withMirror
                [
                    "/bad/tiny-idx1-ubyte.gz", zipped other
                    "/cut/tiny-idx1-ubyte.gz", (zipped labels)[..15]
                    "/good/tiny-idx1-ubyte.gz", zipped labels
                ]
                (fun address asked ->
                    withFolder (fun folder ->
                        let cache = Path.Combine(folder, "cache", "mnist")
                        let mirrors = [ for name in [ "none"; "bad"; "cut"; "good" ] -> address + name + "/" ]
                        fetch cache mirrors
                        Expect.hasLength (asked ()) 4 "all four were asked"
                        let path = Path.Combine(cache, "tiny-idx1-ubyte.gz")
                        Expect.sequenceEqual (part.Read path).Data [| 1uy; 2uy; 3uy |] "the contents"
                        Expect.hasLength (Directory.GetFiles cache) 1 "no other file is left"
                        fetch cache mirrors
                        Expect.hasLength (asked ()) 4 "nothing more was asked for"
                        File.WriteAllBytes(path, zipped other)
                        fetch cache mirrors
                        Expect.sequenceEqual (part.Read path).Data [| 1uy; 2uy; 3uy |] "a damaged copy is replaced"))

        testCase "a download that is given up ends at once, whether the mirror is silent or in the middle of its answer"
        <| fun () ->
            for said in [ ""; "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\nhalf" ] do
                withFolder (fun folder ->
                    use listener = new TcpListener(IPAddress.Loopback, 0)
                    listener.Start()
                    use stop = new Threading.CancellationTokenSource()

                    let served =
                        task {
                            use! client = listener.AcceptTcpClientAsync()
                            let stream = client.GetStream()
                            let! _ = stream.ReadAsync(Array.zeroCreate<byte> 4096, 0, 4096)
                            stream.Write(Text.Encoding.ASCII.GetBytes said)
                            do! Threading.Tasks.Task.Delay 200
                            stop.Cancel()
                            // Silent for longer than anybody has the patience for, until the other end hangs up.
                            let! _ = stream.ReadAsync(Array.zeroCreate<byte> 1, 0, 1)
                            return ()
                        }

                    let address = $"http://127.0.0.1:{(listener.LocalEndpoint :?> IPEndPoint).Port}/"
                    let clock = Diagnostics.Stopwatch.StartNew()

                    let error =
                        Expect.throwsC
                            (fun () -> MnistDownload.Fetch(part, folder, null, stop.Token, [| address; address |]))
                            id

                    Expect.isTrue (error :? OperationCanceledException) $"'{said}': {error}"
                    // A mirror is given three minutes otherwise.
                    Expect.isLessThan clock.Elapsed (TimeSpan.FromSeconds 30.0) "at once"
                    Expect.isEmpty (Directory.GetFiles folder) "nothing is left"
                    Threading.Tasks.Task.WaitAny [| served :> Threading.Tasks.Task |] |> ignore)

        testCase "when no mirror helps, the error says what one can do"
        <| fun () ->
            withMirror [ "/bad/tiny-idx1-ubyte.gz", zipped other ] (fun address _ ->
                withFolder (fun folder ->
                    let failing () = fetch folder [ "http://127.0.0.1:1/"; address + "bad/" ]
                    expectError [ "--data"; "SCORE_DATA"; "strokes"; folder ] failing

                    let kind =
                        try
                            failing ()
                            ScoreErrorKind.Failure
                        with :? ScoreException as error ->
                            error.Kind

                    Expect.equal kind ScoreErrorKind.DataUnavailable "the caller may go on with other data"
                    Expect.isEmpty (Directory.GetFiles folder) "nothing is left"))

        testCase "a full cache needs no network"
        <| fun () ->
            match mnistFolder.Value with
            | None -> skiptest "the MNIST files are not on this machine"
            | Some folder ->
                let said = ResizeArray<string>()

                let mnist =
                    Mnist.LoadCached(
                        folder,
                        Action<string>(fun line -> said.Add line),
                        Threading.CancellationToken.None
                    )

                Expect.equal mnist.Test.Count 10000 "loaded"
                Expect.isEmpty said "and silent"
    ]
