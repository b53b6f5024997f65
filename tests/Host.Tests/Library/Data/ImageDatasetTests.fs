/// Images as samples of a training run.
module Host.Tests.ImageDatasetTests

open System
open System.IO
open DiffSharp
open Expecto
open Host.Tests.DataSupport
open Host.Tests.Support
open ScoreFunctional.Host
open ScoreFunctional.Host.Data

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
