module Core.Tests.SamplesTests

open System
open DiffSharp
open Expecto
open ScoreFunctional
open Core.Tests.Support

let private at (samples: Samples) (indices: int64 list) = samples.Batch Device.CPU (Array.ofList indices)

let private single32 (x: Tensor) : float32[] =
    match x.view([| x.nelement |]).toArray() with
    | :? (float32[]) as values -> values
    | other -> failtest $"expected float32 values, found {other.GetType()}"

[<Tests>]
let tests =
    testList "samples" [
        testCase "bytes become 2·(b·(1/255)) − 1, to the last bit" (fun () ->
            let bytes = Array.init 256 byte
            let samples = Samples.ofBytes [| 1; 2; 8 |] 10 bytes (Array.init 16 byte)
            let order = [ 3L; 0L; 15L; 3L ]
            let batch = at samples order
            Expect.equal batch.shape [| 4; 1; 2; 8 |] "shape"
            Expect.equal batch.dtype Dtype.Float32 "element type"
            let all = single32 (at samples [ 0L .. 15L ])

            let pixel (b: byte) =
                let p = float32 b * (1f / 255f)
                p * 2f - 1f

            for b in 0..255 do
                Expect.equal
                    (BitConverter.SingleToInt32Bits all[b])
                    (BitConverter.SingleToInt32Bits(pixel (byte b)))
                    $"byte {b}"

            Expect.equal
                (single32 batch)
                (order |> List.toArray |> Array.collect (fun i -> all[16 * int i .. 16 * int i + 15]))
                "by index"

            Expect.equal (samples.Labels [| 3L; 15L; 3L |]) [| Some 3; Some 15; Some 3 |] "labels"
            throwsArgument (fun () -> Samples.ofBytes [| 1; 2; 8 |] 10 bytes (Array.zeroCreate 15)) "a byte too many")

        testCase "a point of a density is the same in any company and order" (fun () ->
            let samples = Samples.ofDensity Densities.twoMoons key
            let expected = single32 (Densities.twoMoons.Sample (Key.fromSample 40L key) 8)
            Expect.equal (single32 (at samples [ 40L .. 47L ])) expected "one after another"

            let mixed = [ 47L; 40L; 41L; 45L; 44L; 1000000000000L ]
            let found = single32 (at samples mixed)

            for i, index in List.indexed (List.take 5 mixed) do
                let k = int index - 40
                Expect.equal found[2 * i .. 2 * i + 1] expected[2 * k .. 2 * k + 1] $"point {index}"

            Expect.equal (samples.Labels [| 4L; 7L |]) [| None; None |] "no classes")

        testCase "an epoch has each sample once, in an order of its own, whatever the batch" (fun () ->
            let samples = Samples.ofBytes [| 1 |] 0 (Array.zeroCreate 10) (Array.zeroCreate 10)
            let key = Key.label "order" key
            // The rule that runs of every version follow: place c is at c mod n of the permutation of epoch c div n.
            let expected cursor =
                let order = Key.permutation 10 (Key.atStep (cursor / 10) key)
                int64 order[cursor % 10]


            for batch in [ 1; 4; 10; 25 ] do
                let order = Samples.batchIndices key batch samples
                let steps = 60 / batch
                let found = [| for step in 0 .. steps - 1 -> order step |] |> Array.concat
                Expect.equal found (Array.init (steps * batch) expected) $"batches of {batch}"
                // Any step on its own, as a run that goes on asks for it.
                Expect.equal (order 1) (Array.init batch (fun i -> expected (batch + i))) $"step 1 of {batch}"

                for epoch in 0 .. found.Length / 10 - 1 do
                    Expect.equal (Array.sort found[10 * epoch .. 10 * epoch + 9]) [| 0L .. 9L |] "each once"

            let order = Samples.batchIndices key 10 samples
            Expect.notEqual (order 0) (order 1) "another order in each epoch")

        testCase "endless samples come one after another" (fun () ->
            let order = Samples.batchIndices key 3 (Samples.ofDensity Densities.rings key)
            Expect.equal (order 0) [| 0L; 1L; 2L |] "first"
            Expect.equal (order 2000000000) [| 6000000000L .. 6000000002L |] "later")
    ]
