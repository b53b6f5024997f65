namespace Expecto

open System
open System.Threading.Tasks

/// The words in which tests are written.
[<AutoOpen>]
module Tests =
    let private leaf state name code = TestLabel(name, TestCase(code, state), state)

    let private node state name tests = TestLabel(name, TestList(tests, state), state)

    // A task is hot: it must not exist before the test runs.
    let private ofTask (test: unit -> Task<unit>) = Async(async { return! Async.AwaitTask(test ()) })

    /// Fails the test.
    let inline failtest msg = raise (AssertException msg)

    /// Fails the test with a formatted message.
    let inline failtestf fmt = Printf.ksprintf failtest fmt

    /// Fails the test; the stack trace is not of interest.
    let inline failtestNoStack msg = raise (FailedException msg)

    /// Fails the test with a formatted message; the stack trace is not of interest.
    let inline failtestNoStackf fmt = Printf.ksprintf failtestNoStack fmt

    /// Ends the test as skipped, with its reason.
    let inline skiptest msg = raise (IgnoreException msg)

    /// Ends the test as skipped, with a formatted reason.
    let inline skiptestf fmt = Printf.ksprintf skiptest fmt

    /// A named list of tests.
    let testList name tests = node Normal name tests

    /// A named list of tests that run in place of all others.
    let ftestList name tests = node Focused name tests

    /// A named list of tests that do not run.
    let ptestList name tests = node Pending name tests

    /// A further name above a test.
    let testLabel name test = TestLabel(name, test, Normal)

    /// A named test.
    let testCase name test = leaf Normal name (Sync test)

    /// A named test that runs in place of all others.
    let ftestCase name test = leaf Focused name (Sync test)

    /// A named test that does not run.
    let ptestCase name test = leaf Pending name (Sync test)

    /// A named test that can be told to stop.
    let testCaseWithCancel name test = leaf Normal name (SyncWithCancel test)

    /// A named test that can be told to stop and runs in place of all others.
    let ftestCaseWithCancel name test = leaf Focused name (SyncWithCancel test)

    /// A named test that can be told to stop and does not run.
    let ptestCaseWithCancel name test = leaf Pending name (SyncWithCancel test)

    /// A named asynchronous test.
    let testCaseAsync name test = leaf Normal name (Async test)

    /// A named asynchronous test that runs in place of all others.
    let ftestCaseAsync name test = leaf Focused name (Async test)

    /// A named asynchronous test that does not run.
    let ptestCaseAsync name test = leaf Pending name (Async test)

    /// A named test that is a task.
    let testCaseTask name test = leaf Normal name (ofTask test)

    /// A named test that is a task and runs in place of all others.
    let ftestCaseTask name test = leaf Focused name (ofTask test)

    /// A named test that is a task and does not run.
    let ptestCaseTask name test = leaf Pending name (ofTask test)

    /// Runs beside no other test.
    let testSequenced test = Sequenced(Synchronous, test)

    /// Runs beside no other test of the group.
    let testSequencedGroup name test = Sequenced(SynchronousGroup name, test)

    /// Tests from named bodies that share a set-up.
    let testFixture setup = Seq.map (fun (name, body) -> testCase name (setup body))

    /// Asynchronous tests from named bodies that share a set-up.
    let testFixtureAsync setupAsync = Seq.map (fun (name, body) -> testCaseAsync name (setupAsync body))

    /// Tests from named bodies that take one value.
    let testParam param = Seq.map (fun (name, body) -> testCase name (body param))

    /// Asynchronous tests from named bodies that take one value.
    let testParamAsync param = Seq.map (fun (name, body) -> testCaseAsync name (body param))

    let private caseName (value: 'T) =
        match box value with
        | null -> "null"
        | :? string as text -> $"\"{text}\""
        | value -> string value

    let private theory state name (cases: seq<'T>) (test: 'T -> 'R) =
        let case value = leaf state (caseName value) (Sync(fun () -> test value |> ignore))

        node state name (cases |> Seq.map case |> List.ofSeq)

    /// One test a value, named after the value.
    let testTheory name cases test = theory Normal name cases test

    /// One test a value, named after the value, in place of all others.
    let ftestTheory name cases test = theory Focused name cases test

    /// One test a value, named after the value, none of which runs.
    let ptestTheory name cases test = theory Pending name cases test

    /// The builder behind `test "name" { … }`.
    type TestCaseBuilder(name: string, focusState: FocusState) =
        member _.TryFinally(body: unit -> unit, compensation: unit -> unit) =
            try
                body ()
            finally
                compensation ()

        member _.TryWith(body: unit -> unit, handler: exn -> unit) =
            try
                body ()
            with error ->
                handler error

        member _.Using(disposable: #IDisposable, body) = using disposable body

        member _.For(sequence: seq<_>, body: _ -> unit) =
            for item in sequence do
                body item

        member _.While(guard: unit -> bool, body: unit -> unit) =
            while guard () do
                body ()

        member _.Combine(first: unit, second: unit -> unit) =
            second ()
            first

        member _.Zero() = ()
        member _.Delay(body: unit -> unit) = body
        member _.Run(body: unit -> unit) = leaf focusState name (Sync body)

    /// A named test, written in braces.
    let test name = TestCaseBuilder(name, Normal)

    /// A named test, written in braces, that runs in place of all others.
    let ftest name = TestCaseBuilder(name, Focused)

    /// A named test, written in braces, that does not run.
    let ptest name = TestCaseBuilder(name, Pending)

    /// The builder behind `testAsync "name" { … }`.
    type TestAsyncBuilder(name: string, focusState: FocusState) =
        member _.Zero() = async.Zero()
        member _.Delay body = async.Delay body
        member _.Return value = async.Return value
        member _.ReturnFrom computation = async.ReturnFrom computation
        member _.Bind(computation, body) = async.Bind(computation, body)
        member _.Using(resource, body) = async.Using(resource, body)
        member _.While(guard, body) = async.While(guard, body)
        member _.For(sequence, body) = async.For(sequence, body)
        member _.Combine(first, second) = async.Combine(first, second)
        member _.TryFinally(body, compensation) = async.TryFinally(body, compensation)
        member _.TryWith(body, handler) = async.TryWith(body, handler)
        member _.Run body = leaf focusState name (Async body)

    /// A named asynchronous test, written in braces.
    let testAsync name = TestAsyncBuilder(name, Normal)

    /// A named asynchronous test, written in braces, that runs in place of all others.
    let ftestAsync name = TestAsyncBuilder(name, Focused)

    /// A named asynchronous test, written in braces, that does not run.
    let ptestAsync name = TestAsyncBuilder(name, Pending)
