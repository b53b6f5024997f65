/// The caching allocator under every CPU tensor.
module TorchSharp.Tests.Allocator

open Expecto
open TorchSharp
open TorchSharp.Tests.Common

/// Live, cached and peak bytes.
let private statistics () =
    let struct (live, cached, peak) = Native.AllocatorStatistics()
    live, cached, peak

[<Tests>]
let tests =
    testSequenced
    <| testList "allocator" [
        testCase "a freed block serves the next request of its size" (fun () ->
            (torch.empty 1_000_003L).Dispose()
            let _, before, _ = statistics ()
            use x = torch.empty 1_000_003L
            let _, after, _ = statistics ()
            Expect.isGreaterThanOrEqual (before - after) 4_000_012L "bytes taken from the cache")

        testCase "rounding up wastes at most an eighth" (fun () ->
            for size in [ 65L; 1_000L; 4_097L; 100_001L; 3_000_017L ] do
                Native.st_allocator_trim () |> ignore
                let before, _, _ = statistics ()
                use x = torch.empty (size, torch.ScalarType.Byte)
                let live, _, _ = statistics ()
                Expect.isLessThanOrEqual (float (live - before)) (1.125 * float size + 8.0) $"{size} bytes")

        testCase "blocks begin at 64 bytes" (fun () ->
            for size in [ 1L; 63L; 65L; 5_000L; 3_000_000L ] do
                use x = torch.empty (size, torch.ScalarType.Byte)
                let mutable data = 0n
                Native.Check(Native.st_data (x, &data))
                Expect.equal (data % 64n) 0n $"{size} bytes")

        testCase "free blocks stay within a quarter of the peak and 32 MiB" (fun () ->
            // Ever larger blocks, none of which fits into an earlier one.
            for megabytes in 1L..4L..120L do
                (torch.empty (megabytes <<< 20, torch.ScalarType.Byte)).Dispose()

            let live, cached, peak = statistics ()
            Expect.isLessThanOrEqual (live + cached) (peak + peak / 4L + (32L <<< 20)) "bytes held")

        testCase "trimming gives every free block back" (fun () ->
            (torch.empty 1_000_000L).Dispose()
            Expect.isGreaterThanOrEqual (Native.st_allocator_trim ()) 4_000_000L "bytes given back"
            let _, cached, _ = statistics ()
            Expect.isLessThan cached 4_000_000L "bytes cached")

        testCase "a request beyond all memory raises and is forgotten" (fun () ->
            let before, _, _ = statistics ()
            raisesWith [ "allocate" ] (fun () -> torch.empty (1L <<< 46, torch.ScalarType.Byte))
            let after, _, _ = statistics ()
            Expect.isLessThan (after - before) (1L <<< 30) "live bytes")
    ]
