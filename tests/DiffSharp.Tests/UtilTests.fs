/// The helpers for arrays, shapes and text that DiffSharp's programs use beside tensors.
module DiffSharp.Tests.UtilTests

open System
open DiffSharp
open DiffSharp.Util
open Expecto

[<Tests>]
let tests =
    testList "arrays and shapes" [
        testCase "arrays of nested sequences" (fun () ->
            let row k = [ k; k + 1 ]
            let block k = [ row k; row (k + 2); row (k + 4) ]
            let three = array3D [ block 0; block 6 ]
            Expect.equal three (Array3D.init 2 3 2 (fun i j k -> 6 * i + 2 * j + k)) "three"
            let four = array4D [ [ block 0; block 6 ] ]
            Expect.equal four (Array4D.init 1 2 3 2 (fun _ i j k -> 6 * i + 2 * j + k)) "four"
            let five = array5D [ [ [ block 0; block 6 ] ] ]
            Expect.equal (five.GetValue [| 0; 0; 1; 2; 1 |]) (box 11) "five"
            let six = array6D [ [ [ [ block 0; block 6 ] ] ] ]
            Expect.equal (six.Rank, six.GetValue [| 0; 0; 0; 1; 0; 1 |]) (6, box 7) "six"
            Expect.equal (dsharp.tensor six) (dsharp.tensor(Array.init 12 id).view [ 1; 1; 1; 2; 3; 2 ]) "as a tensor")

        testCase "ragged sequences are refused" (fun () ->
            let a, b = [ [ 1; 2 ]; [ 3; 4 ] ], [ [ 1; 2; 3 ]; [ 4; 5; 6 ] ]
            let refuses f = Expect.throwsT<ArgumentException> (fun () -> f () |> ignore) "ragged"
            refuses (fun () -> array3D [ a; b ])
            refuses (fun () -> array4D [ [ a ]; [ b ] ])
            refuses (fun () -> array5D [ [ [ a ] ]; [ [ b ] ] ])
            refuses (fun () -> array6D [ [ [ [ a ] ] ]; [ [ [ a ]; [ a ] ] ] ]))

        testCase "arrays by their index" (fun () ->
            let four = Array4D.init 1 2 1 2 (fun i j k l -> i + j + k + l)
            Expect.equal (Array4D.map string four) (Array4D.init 1 2 1 2 (fun i j k l -> string (i + j + k + l))) "map"
            let matrix = ArrayND.init [| 2; 3 |] (fun i -> 10 * i.[0] + i.[1])
            Expect.equal matrix (box (Array2D.init 2 3 (fun i j -> 10 * i + j))) "of two dimensions"
            Expect.equal (ArrayND.init [||] (fun _ -> 5)) (box 5) "of none"
            Expect.equal (ArrayND.zeroCreate<float> [| 2; 1 |]) (Array2D.zeroCreate<float> 2 1 :> Array) "zeros"
            let five = Array5D.init 1 2 1 2 1 (fun _ b _ d _ -> b + d)
            Array5D.set five 0 1 0 1 0 7
            Expect.equal (Array5D.get five 0 1 0 1 0, Array5D.get five 0 1 0 0 0) (box 7, box 1) "of five"
            Expect.equal (Array5D.map string five |> fun t -> Array5D.get t 0 1 0 1 0) (box "7") "mapped"
            Expect.equal ((Array6D.create 1 2 1 2 1 3 true).Length) 12 "of six")

        testCase "what arrays, sequences and dictionaries have in common" (fun () ->
            Expect.equal (Array.cumulativeSum [| 1; 2; 3 |]) [| 1; 3; 6 |] "sums"
            Expect.equal (Array.getUniqueCounts true [| "a"; "b"; "b" |]) ([| "b"; "a" |], [| 2; 1 |]) "counts"
            Expect.isTrue (Array.allClose 0.0 0.1 [| 1.0; 2.0 |] [| 1.05; 2.0 |]) "close"
            Expect.isFalse (Array.allClose 0.0 0.01 [| 1.0; 2.0 |] [| 1.05; 2.0 |]) "not close"
            Expect.equal (Seq.maxIndex [ 3; 7; 7 ], Seq.minIndex [ 3; 1; 1 ]) (1, 1) "places"
            Expect.isTrue (Seq.allEqual [ 2; 2 ] && not (Seq.allEqual [ 2; 3 ])) "equal"
            Expect.equal (Seq.duplicates [ 1; 2; 1 ], Seq.hasDuplicates [ 1; 2 ]) ([ 1 ], false) "duplicates"
            Expect.equal (Dictionary.copyKeys (dict [ "x", 1 ])) [| "x" |] "keys")

        testCase "a function with a memory is computed once for each argument" (fun () ->
            let mutable calls = 0

            let square =
                memoize (fun x ->
                    calls <- calls + 1
                    x * x)

            Expect.equal [ square 3; square 4; square 3 ] [ 9; 16; 9 ] "values"
            Expect.equal calls 2 "calls")

        testCase "numbers and text" (fun () ->
            Expect.floatClose Accuracy.veryHigh logSqrt2Pi 0.91893853320467274 "log √2π"
            Expect.floatClose Accuracy.veryHigh (exp log10Val) 10.0 "log 10"
            Expect.equal (indentNewLines "a\nb" 2) "a\n  b" "indented"
            Expect.equal (stringPadAs "ab" "1234", thousandsInt 1234567) ("  ab", "1,234,567") "padded, with commas"
            Expect.equal (List.map bytesReadable [ 12L; 1536L; 3L <<< 30 ]) [ "12 B"; "1.5 KiB"; "3 GiB" ] "bytes")

        testCase "shapes" (fun () ->
            let shape: Shape = [| 2; 1; 3 |]
            Expect.equal (shapeLength shape, shapeLength Shape.scalar) (6, 1) "elements"
            Expect.equal (Shape.broadcastShapes [| shape; [| 4; 1 |]; [||] |]) [| 2; 4; 3 |] "broadcast"
            Expect.equal (Shape.squeeze -1 shape, Shape.squeeze 1 shape) ([| 2; 3 |], [| 2; 3 |]) "squeezed"
            Expect.equal (Shape.flatten 0 1 shape) [| 2; 3 |] "flattened"
            Expect.isTrue (Shape.canExpand shape [| 5; 2; 4; 3 |] && not (Shape.canExpand shape [| 2; 1 |])) "expanded"
            Expect.equal (Shape.complete 6 [| -1; 2 |]) [| 3; 2 |] "completed"
            Expect.equal (Shape.resolve2dKernelSizes (Some 3) None) [| 3; 3 |] "a kernel"
            Expect.throws (fun () -> Shape.resolve2dKernelSizes None None |> ignore) "no kernel"

            for flat in 0..5 do
                Expect.equal (indexToFlatIndex shape (flatIndexToIndex shape flat)) flat "position"

            Expect.throws (fun () -> indexToFlatIndex shape [| 0; 1; 0 |] |> ignore) "outside")
    ]
