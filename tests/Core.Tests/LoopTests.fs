module Core.Tests.LoopTests

open System
open DiffSharp
open Expecto
open ScoreFunctional
open Core.Tests.Support

/// The native tensors that work leaves behind in its scope.
let private left (work: unit -> 'a) =
    Primitives.scope
        (fun () ->
            let before = Primitives.live ()
            work () |> ignore
            Primitives.live () - before)
        (fun _ -> [])

let private sum (state: Tensor) (item: Tensor) =
    let half = item * 0.5
    state + half + half

[<Tests>]
let tests =
    testList "loops" [
        testCase "a fold is Seq.fold, and nothing is left of it but what the last state holds" (fun () ->
            let items = List.init 10 (fun i -> Batch.fill 3 (float i))
            let start = Batch.fill 3 100.
            let found = Loop.fold List.singleton sum start items
            Expect.equal (values found) [| 145.; 145.; 145. |] "sum"
            Expect.equal (left (fun () -> Loop.fold List.singleton sum start items)) 1L "tensors"

            Expect.equal
                (left (fun () -> Loop.fold (fun _ -> []) (fun n (x: Tensor) -> n + single x) 0. items))
                0L
                "none"

            Expect.equal (values start) [| 100.; 100.; 100. |] "the start is the caller's"

            for i, item in List.indexed items do
                Expect.equal (values item) (Array.create 3 (float i)) "and so are the items")

        testCase "a state may hold what a caller gave, or one tensor twice, and go back to it" (fun () ->
            let given = Batch.fill 2 1.

            let step (a: Tensor, b: Tensor) i =
                match i % 3 with
                | 0 -> given, a + b
                | 1 -> b, b
                | _ -> b + 1., given

            let a, b = Loop.fold (fun (a, b) -> [ a; b ]) step (given, given) [ 0..8 ]
            Expect.equal (values a, values b) ([| 7.; 7. |], [| 1.; 1. |]) "state"
            Expect.equal (values given) [| 1.; 1. |] "given"

            Expect.equal
                (left (fun () -> Loop.fold (fun (a, b) -> [ a; b ]) step (given, given) [ 0..8 ]))
                1L
                "one of the two is the caller's")

        testCase "tensors found on the way belong to the caller, also where the state still holds them" (fun () ->
            let step (state: Tensor) (item: Tensor) =
                let next = sum state item
                next, (if single item < 3. then next else item * 2.)

            let run () =
                Loop.mapFold List.singleton List.singleton step (fun () -> Batch.fill 1 0.) [
                    for i in 0..4 -> Batch.fill 1 (float i)
                ]

            let state, found = run ()
            Expect.equal (single state) 10. "state"
            Expect.equal (found |> Array.map single) [| 0.; 1.; 3.; 6.; 8. |] "found"
            // Five items, five findings, the state.
            Expect.equal (left run) 11L "tensors")

        testCase "until: no step where the start is done, and a last change" (fun () ->
            let run limit =
                Loop.until List.singleton (fun x -> single x >= limit) (fun x -> x * 2.) (fun x -> x - 1.) (fun () ->
                    Batch.fill 1 1.)

            Expect.equal (single (run 100.)) 127. "doubled"
            Expect.equal (single (run 0.)) 0. "at once"
            Expect.equal (left (fun () -> run 100.)) 1L "tensors")

        testCase "map keeps the tensors that results hold" (fun () ->
            let run () = [ 1.; 2. ] |> Loop.map List.singleton (fun value -> Batch.fill 2 value * 3. + 1.)
            Expect.equal (run () |> List.map single) [ 4.; 7. ] "results"
            Expect.equal (left run) 2L "tensors")

        testCase "after an exception the state is the one before, and the step's memory is free" (fun () ->
            let tensors =
                left (fun () ->
                    use loop = new Loop<Tensor>(List.singleton, (fun () -> Batch.fill 2 1.))
                    loop.Step(fun x -> x + 1.)

                    Expect.throwsT<InvalidOperationException>
                        (fun () ->
                            loop.Step(fun x ->
                                (x * 5. |> ignore
                                 invalidOp "no")))
                        "the error itself"

                    Expect.equal (values loop.State) [| 2.; 2. |] "state"
                    loop.Step(fun x -> x + 1.)
                    Expect.equal (values loop.State) [| 3.; 3. |] "goes on")

            Expect.equal tensors 0L "tensors after the loop is disposed")

        testCase "layers one after another: an output is freed when the next layer has read it" (fun () ->
            let counts = Collections.Generic.List<int64>()

            let layer (h: Tensor) =
                counts.Add(Primitives.live ())
                (h * 2. + 1.) - 1.

            let x = Batch.fill 4 1.
            Expect.equal (values (Layer.sequential (List.replicate 6 layer) x)) (Array.create 4 64.) "value"
            // The second layer finds x and what the first one made; the last no more than that.
            Expect.equal counts[5] counts[1] $"%A{List.ofSeq counts}"
            Expect.equal (values x) [| 1.; 1.; 1.; 1. |] "x is the caller's"

            let derivative f = dsharp.grad (fun (x: Tensor) -> (f x: Tensor).sum()) x
            let tanh (h: Tensor) = (h * 0.3).tanh()

            allClose
                rounding64
                (derivative (Layer.sequential [ tanh; tanh; tanh ]))
                (derivative (tanh >> tanh >> tanh))
                "the derivative is that of the composition")
    ]
