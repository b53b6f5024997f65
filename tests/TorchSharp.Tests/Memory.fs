/// Dispose scopes, and the memory of long runs.
module TorchSharp.Tests.Memory

open System
open System.Diagnostics
open System.Runtime.CompilerServices
open Expecto
open TorchSharp
open TorchSharp.Tests.Common

/// The number of tensors that an action leaves alive. Other tests' tensors must not be finalised meanwhile.
let private survivors (action: unit -> unit) =
    GC.Collect()
    GC.WaitForPendingFinalizers()
    let before = Tensor.TotalCount
    action ()
    Tensor.TotalCount - before

let private resident () =
    use self = Process.GetCurrentProcess()
    float self.WorkingSet64

[<Tests>]
let scopes =
    testList "dispose scopes" [
        testCase "a scope disposes what was made in it, in nested calls too" (fun () ->
            let outside = torch.zeros 2L

            let inside =
                use _ = torch.NewDisposeScope()
                let made = outside + 1.0
                Expect.isFalse made.IsInvalid "alive in the scope"
                made

            Expect.isTrue inside.IsInvalid "made in the scope"
            Expect.isFalse outside.IsInvalid "made outside")

        testCase "the innermost scope owns" (fun () ->
            use outer = torch.NewDisposeScope()
            let a = torch.zeros 2L

            do
                use inner = torch.NewDisposeScope()
                let b = torch.zeros 2L
                Expect.isTrue (outer.Contains a && not (outer.Contains b)) "outer"
                Expect.isTrue (inner.Contains b && not (inner.Contains a)) "inner"
                Expect.equal inner.DisposablesCount 1 "count"
                Expect.isTrue (Object.ReferenceEquals(torch.CurrentDisposeScope, inner)) "current"

            Expect.isTrue (Object.ReferenceEquals(torch.CurrentDisposeScope, outer)) "current afterwards")

        testCase "a tensor moves outwards, to another scope, or out of all scopes" (fun () ->
            use outer = torch.NewDisposeScope()
            let inner = torch.NewDisposeScope()
            let kept = (torch.zeros 2L).MoveToOuterDisposeScope()
            let free = (torch.zeros 2L).DetachFromDisposeScope()
            let pair = (torch.zeros 2L).MoveToOtherDisposeScope kept
            inner.Dispose()
            Expect.isTrue (outer.Contains kept && outer.Contains pair) "moved"
            outer.Dispose()
            Expect.isTrue (kept.IsInvalid && pair.IsInvalid) "disposed with the outer scope"
            Expect.isFalse free.IsInvalid "detached"
            free.Dispose())

        testCase "moving out of the outermost scope detaches" (fun () ->
            onThread (fun () ->
                let kept =
                    use _ = torch.NewDisposeScope()
                    (torch.zeros 2L).MoveToOuterDisposeScope()

                Expect.isFalse kept.IsInvalid "kept"
                kept.Dispose()))

        testCase "attaching takes a tensor over" (fun () ->
            let free = torch.zeros(2L).DetachFromDisposeScope()

            do
                use scope = torch.NewDisposeScope()
                scope.Attach free
                scope.Attach free
                Expect.equal scope.DisposablesCount 1 "attached once"

            Expect.isTrue free.IsInvalid "disposed")

        testCase "disposal by hand leaves the scope" (fun () ->
            use scope = torch.NewDisposeScope()
            let tensors = [ for i in 1..5 -> torch.zeros (int64 i) ]
            tensors[1].Dispose()
            tensors[4].Dispose()
            Expect.equal scope.DisposablesCount 3 "left"
            tensors[0].Dispose()
            tensors[2].Dispose()
            tensors[3].Dispose()
            Expect.equal scope.DisposablesCount 0 "none left")

        testCase "everything but some is disposed on demand" (fun () ->
            use scope = torch.NewDisposeScope()
            let a, b, c = torch.zeros 1L, torch.zeros 1L, torch.zeros 1L
            let struct (keptA, keptC) = scope.DisposeEverythingBut(a, c)
            Expect.isTrue b.IsInvalid "b"
            Expect.isFalse (keptA.IsInvalid || keptC.IsInvalid) "a and c"
            Expect.equal scope.DisposablesCount 2 "kept in the scope"
            scope.DisposeEverything()
            Expect.isTrue (a.IsInvalid && c.IsInvalid) "afterwards")

        testCase "a wrapped expression leaves its value alone" (fun () ->
            let x = torch.ones 3L
            let mutable made = Unchecked.defaultof<Tensor>

            let result =
                torch.WrappedTensorDisposeScope(fun () ->
                    made <- x + 1.0
                    made * 2.0)

            Expect.isTrue made.IsInvalid "the intermediate value"
            close (values result) [ 4.0; 4.0; 4.0 ] "the value")

        testCase "scopes may be disposed out of order" (fun () ->
            let outer = torch.NewDisposeScope()
            let inner = torch.NewDisposeScope()
            let x = torch.zeros 1L
            outer.Dispose()
            Expect.isFalse x.IsInvalid "the inner scope goes on"
            inner.Dispose()
            Expect.isTrue x.IsInvalid "until it is disposed")

        testCase "a disposed scope is refused" (fun () ->
            let scope = torch.NewDisposeScope()
            scope.Dispose()
            scope.Dispose()
            Expect.throwsT<ObjectDisposedException> (fun () -> scope.Attach(torch.zeros 1L)) "attach"
            Expect.throwsT<ObjectDisposedException> (fun () -> scope.DisposeEverything()) "dispose everything")

        testCase "threads have scopes of their own" (fun () ->
            use scope = torch.NewDisposeScope()

            onThread (fun () ->
                Expect.isNull (box torch.CurrentDisposeScope) "no scope on a new thread"
                let x = torch.zeros 1L
                Expect.isFalse (scope.Contains x) "another thread's scope"
                x.Dispose()))

        testCase "statistics count by thread" (fun () ->
            onThread (fun () ->
                let statistics = DisposeScopeManager.Statistics
                statistics.Reset()
                let outside = torch.zeros 1L

                do
                    use scope = torch.NewDisposeScope()
                    let a, b = torch.zeros 1L, torch.zeros 1L
                    scope.Detach a |> ignore
                    scope.Attach outside
                    b.Dispose()
                    a.Dispose()

                Expect.equal
                    (statistics.CreatedOutsideScopeCount,
                     statistics.CreatedInScopeCount,
                     statistics.DisposedInScopeCount,
                     statistics.DisposedOutsideScopeCount,
                     statistics.AttachedToScopeCount,
                     statistics.DetachedFromScopeCount,
                     statistics.ThreadTotalLiveCount)
                    (1L, 2L, 2L, 1L, 1L, 1L, 0L)
                    "counts"))
    ]

/// Makes tensors that nothing refers to afterwards.
[<MethodImpl(MethodImplOptions.NoInlining)>]
let private abandon count =
    for i in 1..count do
        (torch.ones (int64 i)).add(number 1.0) |> ignore

/// One step of training: a convolution, a loss, its gradient, an update in place.
let private step (weight: Tensor) (batch: int) =
    use _ = torch.NewDisposeScope()
    let x = torch.randn (int64 batch, 4L, 8L, 8L)
    let hidden = torch.nn.functional.silu (torch.nn.functional.conv2d (x, weight, padding = [| 1L |]))
    let loss = hidden.square().mean()
    let gradient = torch.autograd.grad([| loss |], [| weight |])[0]
    use _ = torch.no_grad ()
    weight.sub_ (gradient * 0.01) |> ignore

[<Tests>]
let longRuns =
    testSequenced
    <| testList "memory" [
        testCase "10,000 steps leave no tensor behind and memory flat" (fun () ->
            // Threads that wait for each other inside a convolution spin: on a busy machine that would be all the test does.
            let threads = torch.get_num_threads ()
            torch.set_num_threads 1
            use weight = (torch.randn (4L, 4L, 3L, 3L)).requires_grad_()
            let mutable early = 0.0

            let left =
                survivors (fun () ->
                    for i in 1..10_000 do
                        // Batches change in size, as the last of an epoch does.
                        step weight (if i % 10 = 0 then 3 else 4)

                        if i = 1_000 then
                            early <- resident ())

            torch.set_num_threads threads
            Expect.equal left 0L "tensors alive"
            Expect.isLessThan (resident ()) (1.05 * early) "resident memory at step 10,000 against step 1,000")

        testCase "tensors that nobody disposes are freed by the collector" (fun () ->
            let left =
                survivors (fun () ->
                    abandon 1_000
                    GC.Collect()
                    GC.WaitForPendingFinalizers())

            Expect.isLessThanOrEqual left 2L "tensors alive")

        testCase "a failed operation leaves nothing behind" (fun () ->
            use x = torch.zeros (2L, 3L)

            let left =
                survivors (fun () ->
                    for _ in 1..100 do
                        libtorchError (fun () -> x.matmul x) |> ignore)

            Expect.equal left 0L "tensors alive")

        testCase "splitting hands out every part once" (fun () ->
            use x = torch.zeros 100L

            let left =
                survivors (fun () ->
                    use _ = torch.NewDisposeScope()
                    Expect.equal (x.split (7L, 0)).Length 15 "parts")

            Expect.equal left 0L "tensors alive")

        testCase "threads may work at once and free each other's tensors" (fun () ->
            let left =
                survivors (fun () ->
                    let made = Collections.Concurrent.ConcurrentBag<Tensor>()

                    let work () =
                        for i in 1..300 do
                            use _ = torch.NewDisposeScope()
                            let x = torch.full (int64 (i % 40 + 1), 2.0)
                            made.Add((x * x).sum().DetachFromDisposeScope())

                    let threads = [ for _ in 1..4 -> Threading.Thread work ]
                    threads |> List.iter (fun thread -> thread.Start())
                    threads |> List.iter (fun thread -> thread.Join())
                    let total = made |> Seq.sumBy (fun t -> t.``double``().item<float>())
                    // Each thread meets every length from 1 to 40 in turn.
                    let expected = 4.0 * Seq.sum [ for i in 1..300 -> 4.0 * float (i % 40 + 1) ]
                    Expect.equal total expected "sum"
                    made |> Seq.iter (fun t -> t.Dispose())
                    GC.Collect()
                    GC.WaitForPendingFinalizers())

            Expect.equal left 0L "tensors alive")

        testCase "threads for one operation can be set" (fun () ->
            let before = torch.get_num_threads ()

            try
                torch.set_num_threads 1
                Expect.equal (torch.get_num_threads ()) 1 "set"
            finally
                torch.set_num_threads before

            if isNull (Environment.GetEnvironmentVariable "OMP_NUM_THREADS") then
                Expect.equal before Environment.ProcessorCount "at first, the cores of this process")
    ]
