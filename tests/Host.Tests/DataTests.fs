/// IDX files and drawn digits.
module Host.Tests.Data

open System
open System.Buffers.Binary
open System.IO
open System.IO.Compression
open System.Net
open System.Net.Sockets
open System.Security.Cryptography
open DiffSharp
open Expecto
open Host.Tests.Support
open ScoreFunctional.Host
open ScoreFunctional.Host.Data

let private idx (magic: uint32) (dimensions: int list) (data: byte[]) =
    let header = Array.zeroCreate<byte>(4 + 4 * dimensions.Length)
    BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(), magic)

    dimensions
    |> List.iteri (fun i d -> BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4 + 4 * i), d))

    Array.append header data

let private zipped (bytes: byte[]) =
    use target = new MemoryStream()

    do
        use gzip = new GZipStream(target, CompressionLevel.Fastest)
        gzip.Write(bytes, 0, bytes.Length)

    target.ToArray()

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

/// The randomness of image i for tests of the drawing alone.
let private uniforms seed =
    UniformSource(fun index draws ->
        let random = Random(seed * 1_000_003 + index)

        for i in 0 .. draws.Length - 1 do
            draws[i] <- random.NextDouble())

let private strokes count = StrokeDigits("strokes/test", count, uniforms 1)

/// Part of the images whose nearest reference has the same label.
let private nearestNeighbour (train: ImageDataset) (test: ImageDataset) =
    let reference = [| for i in 0 .. train.Count - 1 -> train.GetRange(i, 1), train.Label i |]

    let right =
        Array.Parallel.init test.Count (fun i ->
            let image = test.GetRange(i, 1)

            let _, label =
                reference
                |> Array.minBy (fun (other, _) ->
                    let mutable sum = 0f

                    for k in 0 .. image.Length - 1 do
                        sum <- sum + (image[k] - other[k]) * (image[k] - other[k])

                    sum)

            if label = test.Label i then 1. else 0.)

    Array.average right

[<Tests>]
let strokeTests =
    testList "drawn digits" [
        testCase "an image depends on its index alone"
        <| fun () ->
            let dataset = strokes 50
            let batch = dataset.GetBatch(ReadOnlySpan [| 3; 49; 3 |])
            Expect.sequenceEqual batch[..783] batch[1568..] "the same index, the same image"
            Expect.sequenceEqual batch[784..1567] ((strokes 60).GetRange(49, 1)) "in any dataset, in any batch"
            Expect.notEqual batch[..783] batch[784..1567] "another index, another image"

            Expect.isGreaterThan
                (Array.sum (dataset.GetBatch(ReadOnlySpan [| 1_000_000 |])))
                5f
                "there is no last image"

        testCase "every image is a digit in its box"
        <| fun () ->
            let images = (strokes 2000).GetRange(0, 2000)
            Expect.all images (fun v -> v >= 0f && v <= 1f) "values in [0, 1]"

            for i in 0..1999 do
                let image = images[i * 784 .. i * 784 + 783]
                let ink = Array.sum image
                // A one of a thin pen has some 20 pixels; half the picture would be no digit.
                Expect.isTrue (ink > 15f && ink < 300f) $"the ink of image {i}: {ink}"
                let centre axis = (Array.sum (Array.mapi (fun k v -> v * float32 (axis k)) image)) / ink
                // Centred on the mass of the line: half a pixel of chance, and strokes that cross count once as ink.
                Expect.isLessThan (abs (centre (fun k -> k % 28) - 13.5f)) 2f "centred across"
                Expect.isLessThan (abs (centre (fun k -> k / 28) - 13.5f)) 2f "centred down"

        testCase "the ten digits come equally often"
        <| fun () ->
            let dataset = strokes 5000
            let counts = Array.zeroCreate<int> 10

            for i in 0..4999 do
                counts[dataset.Label i] <- counts[dataset.Label i] + 1

            // Binomial with mean 500 and standard deviation 21; five of those.
            Expect.all counts (fun count -> abs (count - 500) < 106) $"%A{counts}"

        testCase "labels can be told from the pixels"
        <| fun () ->
            let train, test = StrokeDigits("train", 2000, uniforms 2), StrokeDigits("test", 400, uniforms 3)
            Expect.isGreaterThan (nearestNeighbour train test) 0.9 "the nearest of 2,000 images has the same label"
    ]

[<Tests>]
let samplesTests =
    testList "samples of images" [
        let random = Random 5
        let pixels = Array.zeroCreate<byte>(30 * 28 * 28)
        random.NextBytes pixels

        let file (magic: uint32) (dimensions: int list) bytes =
            let mutable found = Unchecked.defaultof<IdxFile>

            withFolder (fun folder ->
                let path = Path.Combine(folder, "x")
                File.WriteAllBytes(path, idx magic dimensions bytes)
                found <- IdxFile.Read(path, Array.ofList dimensions, null))

            found

        let bytes: ImageDataset =
            ByteImages(
                "bytes",
                file 0x00000803u [ 30; 28; 28 ] pixels,
                file 0x00000801u [ 30 ] (Array.init 30 (fun i -> byte (i % 10)))
            )

        for images in [ bytes; strokes 30 ] do
            testCase $"{images.Name}: a batch is the images at its indices, on [−1, 1], to the last bit"
            <| fun () ->
                let samples = images.ToSamples 10

                Expect.equal
                    (samples.Shape, samples.Count, samples.Classes)
                    ([| 1; 28; 28 |], Some 30, 10)
                    "what they are"

                // The second batch is as long as the first, the third is not.
                for indices in [ [| 7L; 0L; 29L; 7L |]; [| 1L; 2L; 3L; 4L |]; [| 12L |] ] do
                    let expected = images.GetBatch(ReadOnlySpan(Array.map int indices))
                    Training.PixelScale.ToModel(expected.AsSpan())
                    let batch = samples.Batch Device.CPU indices
                    Expect.equal batch.shape [| indices.Length; 1; 28; 28 |] "shape"

                    match batch.view([| batch.nelement |]).toArray() with
                    | :? (float32[]) as found ->
                        Expect.sequenceEqual
                            (found |> Array.map BitConverter.SingleToInt32Bits)
                            (expected |> Array.map BitConverter.SingleToInt32Bits)
                            "values"
                    | other -> failtest $"expected float32 values, found {other.GetType()}"

                    Expect.equal
                        (samples.Labels indices)
                        (indices |> Array.map (fun i -> Some(images.Label(int i))))
                        "labels"
    ]
