/// Files and drawn digits for tests of data.
module Host.Tests.DataSupport

open System
open System.Buffers.Binary
open System.IO
open System.IO.Compression
open ScoreFunctional.Host.Data

/// The bytes of an IDX file.
let idx (magic: uint32) (dimensions: int list) (data: byte[]) =
    let header = Array.zeroCreate<byte>(4 + 4 * dimensions.Length)
    BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(), magic)

    dimensions
    |> List.iteri (fun i d -> BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4 + 4 * i), d))

    Array.append header data

/// The same compressed by gzip.
let zipped (bytes: byte[]) =
    use target = new MemoryStream()

    do
        use gzip = new GZipStream(target, CompressionLevel.Fastest)
        gzip.Write(bytes, 0, bytes.Length)

    target.ToArray()

/// The randomness of image i for tests of the drawing alone.
let uniforms seed =
    UniformSource(fun index draws ->
        let random = Random(seed * 1_000_003 + index)

        for i in 0 .. draws.Length - 1 do
            draws[i] <- random.NextDouble())

/// So many drawn digits.
let strokes count = StrokeDigits("strokes/test", count, uniforms 1)
