/// Memory of differentiation: it keeps nothing that no enclosing derivative needs.
module DiffSharp.Tests.TensorDifferentiationTests

open DiffSharp
open DiffSharp.Tests.Tensors
open Expecto

let private tensorOf shape = spreadOver -1.0 1.0 shape

let private isFree (t: Tensor) what =
    Expect.isFalse t.raw.requires_grad $"{what} holds no graph"
    Expect.isTrue t.isNoDiff $"{what} is a constant"

/// A small network of the operations a training step uses, from one flat vector of parameters to losses.
let private network (images: Tensor) (parameters: Tensor) =
    match dsharp.split (parameters, [ 36; 4; 4; 4; 32; 2 ]) with
    | [| filters; bias; scale; shift; weight; offset |] ->
        let channels (t: Tensor) = t.view [ 4; 1; 1 ]
        let h = images.conv2d (filters.view [ 4; 1; 3; 3 ], padding = 1) + channels bias
        let h = h * h.sigmoid () * channels scale + channels shift
        let h = (h.avgpool2d 4).view [| images.shape.[0]; -1 |]
        let y = h.[*, ..15].matmul(weight.view [ 16; 2 ]) + offset
        (y * y).mean 1
    | _ -> parameters

let private train (steps: int) =
    let images = tensorOf [ 3; 1; 8; 8 ]
    let mutable parameters = tensorOf [ 82 ]

    for _ in 1..steps do
        parameters <-
            Engine.scope
                (fun () ->
                    let losses, pull = dsharp.evalReverseDiff (network images) parameters
                    parameters - 0.01 * pull (losses.onesLike () / 3.0))
                (fun next -> [ next ])

    parameters

/// The number of native tensors alive once the collector has freed those nobody holds.
let private live () =
    System.GC.Collect()
    System.GC.WaitForPendingFinalizers()
    System.GC.Collect()
    Engine.liveTensors ()

[<Tests>]
let tests =
    // The count of live tensors is the process's: nothing else may run beside these.
    testSequenced
    <| testList "graphs" [
        testCase "results of a derivative alone hold no graph" (fun () ->
            let x = tensorOf [ 2; 3 ]
            let y, pull = dsharp.evalReverseDiff (fun x -> x * x) x
            isFree y "the value"
            isFree (pull (x.onesLike ())) "the derivative"
            let y, change = dsharp.evalForwardDiff (fun x -> x * x) x x
            isFree y "the value, forward"
            isFree change "the derivative, forward"
            isFree (dsharp.hessian (fun x -> (x * x * x).sum()) (tensorOf [ 3 ])) "a Hessian")

        testCase "results within a derivative belong to it" (fun () ->
            let inside = ResizeArray()

            let f (x: Tensor) =
                let y, pull = dsharp.evalReverseDiff (fun y -> y * y) x
                let g = pull (y.onesLike ())
                inside.Add((y.depth, g.depth))
                (y + g).sum()

            isFree (dsharp.grad f (tensorOf [ 3 ])) "the outer derivative"
            Expect.equal (List.ofSeq inside) [ (1, 1) ] "depths inside")

        testCase "comparisons, places and integers are constants" (fun () ->
            let f (x: Tensor) =
                isFree (x.gt (x.zerosLike ())) "a comparison"
                isFree (x.argmax 0) "places"
                isFree (x.cast Dtype.Int32) "integers"
                isFree (x.clone ()) "a copy"
                isFree (x.onesLike ()) "ones"
                (x * x).sum()

            dsharp.grad f (tensorOf [ 3 ]) |> ignore)

        testCase "evalReverseDiff and evalForwardDiff take any shapes" (fun () ->
            for shape in [ []; [ 3 ]; [ 2; 3 ]; [ 2; 1; 3; 2 ] ] do
                let x = tensorOf shape
                let f (x: Tensor) = dsharp.stack [ x * x; x * 3.0 ]
                let y, pull = dsharp.evalReverseDiff f x
                Expect.equal (shapeOf y) (2 :: shape) "value"
                let g = pull (y.onesLike ())
                Expect.equal (shapeOf g) shape "derivative"
                Expect.isTrue (g.allclose (2.0 * x + 3.0)) "2 x + 3"
                let y, change = dsharp.evalForwardDiff f x (x.onesLike ())
                Expect.equal (shapeOf y) (2 :: shape) "value, forward"
                Expect.isTrue (change.allclose (dsharp.stack [ 2.0 * x; 3.0 * x.onesLike () ])) "2 x and 3")

        testCase "a pullback can be asked again" (fun () ->
            let x = tensorOf [ 4 ]
            let y, pull = dsharp.evalReverseDiff (fun x -> x * x * x) x
            let first = pull (y.onesLike ())
            Expect.equal (pull (y.onesLike ())) first "the same"
            Expect.isTrue ((pull (2.0 * y.onesLike ())).allclose(2.0 * first)) "linear")

        testCase "ten training steps leave as many tensors as a hundred" (fun () ->
            train 3 |> ignore
            let before = live ()
            let few = train 10
            let afterFew = live ()
            let many = train 100
            let afterMany = live ()
            // A local that the compiler keeps a moment longer than needed counts for one or two; a leak counts every step.
            Expect.isLessThanOrEqual (afterFew - before) 2L "what ten steps keep: their parameters"
            Expect.isLessThanOrEqual (afterMany - afterFew) 2L "what a hundred steps keep: their parameters"
            Expect.isFalse (few.hasnan () || many.hasnan ()) "finite")

        testCase "within a step nothing but the graph of the step is alive" (fun () ->
            let images = tensorOf [ 3; 1; 8; 8 ]
            let parameters = tensorOf [ 82 ]
            let before = live ()

            for _ in 1..20 do
                Engine.scope
                    (fun () ->
                        let losses, pull = dsharp.evalReverseDiff (network images) parameters
                        pull (losses.onesLike ()) |> ignore
                        Expect.isLessThan (Engine.liveTensors () - before) 80L "inside")
                    (fun () -> [])

                Expect.equal (Engine.liveTensors ()) before "after")

        testCase "numbers live until libtorch has read them" (fun () ->
            // Were they left to the collector, one of some 30,000 sums would read freed memory beside it.
            let mutable collecting = true

            let collector =
                System.Threading.Thread(fun () ->
                    while System.Threading.Volatile.Read &collecting do
                        System.GC.Collect 0
                        System.GC.WaitForPendingFinalizers())

            let x = dsharp.tensor [| 1.; 2. |]
            let clock = System.Diagnostics.Stopwatch.StartNew()
            collector.Start()

            try
                while clock.Elapsed.TotalSeconds < 3. do
                    let sum = Engine.scope (fun () -> float (x + x + 1.).[1]) (fun _ -> [])
                    Expect.equal sum 5. "2 + 2 + 1"
            finally
                System.Threading.Volatile.Write(&collecting, false)
                collector.Join())

        testCase "a scope frees what was made inside and keeps what it is told to" (fun () ->
            let x = tensorOf [ 3 ]
            let before = live ()

            let kept = Engine.scope (fun () -> [ for i in 1..50 -> x * float i ]) (fun all -> [ all.[9] ])

            Expect.equal (Engine.liveTensors () - before) 1L "one more than before"
            Expect.isTrue (kept.[9].allclose(x * 10.0)) "the one kept")

        testCase "the variables of the imperative interface accumulate" (fun () ->
            let x = (tensorOf [ 3 ]).reverseDiff()
            let y = x * x
            let z = y * 3.0
            z.reverse (z.onesLike ())
            Expect.isTrue (x.derivative.allclose (6.0 * x.primal)) "first"
            Expect.isTrue (y.derivative.allclose (x.primal * 0.0 + 3.0)) "of a result on the way"
            z.reverse (z.onesLike (), zeroDerivatives = false)
            Expect.isTrue (x.derivative.allclose (12.0 * x.primal)) "added"
            z.reverse (z.onesLike ())
            Expect.isTrue (x.derivative.allclose (6.0 * x.primal)) "reset")

        testCase "the imperative interface says what a tensor is" (fun () ->
            let x = tensorOf [ 3 ]
            let forward = x.forwardDiff (x, 7u)
            Expect.isTrue (forward.isForwardDiff && not forward.isReverseDiff) "forward"
            Expect.equal forward.nestingTag 7u "tag"
            Expect.equal (forward * 2.0).depth 1 "depth"
            Expect.isTrue ((forward * 2.0).derivative.allclose(2.0 * x)) "derivative"
            isFree (forward * 2.0).primal "primal"
            let nested = forward.reverseDiff (nestingTag = 8u)
            Expect.isTrue nested.isReverseDiff "reverse"
            Expect.equal (nested * forward).depth 2 "depth of two"
            isFree (nested * forward).primalDeep "primal of both"
            Expect.throws (fun () -> x.derivative |> ignore) "a constant has no derivative")
    ]
