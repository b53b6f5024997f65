/// The adapter is tested by running trees of tests, some of which fail on purpose, into a sink that takes notes.
module Expecto.Tests.Adapter

open System
open System.Collections.Concurrent
open System.Reflection
open System.Text.RegularExpressions
open System.Threading
open Expecto
open Expecto.Xunit
open Xunit.Sdk
open Xunit.v3

type private Demo = class end

/// Runs the tests and returns, in order of reporting, (name, outcome, message).
let private runWith workers (tests: Test list) =
    let names = ConcurrentDictionary<string, string>()
    let outcomes = ConcurrentQueue<string * string * string>()

    let note id outcome message = outcomes.Enqueue(names[id], outcome, message)

    let sink = {
        new IMessageSink with
            member _.OnMessage message =
                match message with
                | :? TestStarting as starting -> names[starting.TestUniqueID] <- starting.TestDisplayName
                | :? TestPassed as passed -> note passed.TestUniqueID "passed" ""
                | :? TestSkipped as skipped -> note skipped.TestUniqueID "skipped" skipped.Reason
                | :? TestFailed as failed -> note failed.TestUniqueID "failed" failed.Messages[0]
                | :? TestAssemblyFinished as finished ->
                    Expect.equal finished.TestsTotal outcomes.Count "every outcome is counted once"
                | _ -> ()

                true
    }

    let assembly = Assembly.GetExecutingAssembly()
    let cases = Catalogue.Cases assembly [| typeof<Demo>, tests |] |> List.ofArray

    Runner(sink, CancellationToken.None).Run(XunitTestAssembly(assembly, null, Version(1, 0)), "demo", workers, cases)

    List.ofSeq outcomes

let private run tests = runWith 1 [ testList "demo" tests ]

let private outcomes tests = run tests |> List.map (fun (name, outcome, _) -> name, outcome)

let private messageOf test =
    match run [ test ] with
    | [ _, "failed", message ] -> message
    | other -> failtestf "expected one failure, found %A" other

[<Tests>]
let tests =
    testList "adapter" [
        testCase "a test is reported under its path" (fun () ->
            let inner = testList "inner" [ testCase "leaf" ignore ]
            Expect.equal (outcomes [ inner ]) [ "demo/inner/leaf", "passed" ] "path")

        testCase "a failed expectation fails, with its message" (fun () ->
            let message = messageOf (testCase "sum" (fun () -> Expect.equal (1 + 1) 3 "the sum"))
            Expect.equal message "the sum. Expected 3, actual 2." "message")

        testCase "an exception fails, with its message" (fun () ->
            let message = messageOf (testCase "raises" (fun () -> invalidOp "broken"))
            Expect.equal message "broken" "message")

        testCase "an asynchronous failure fails" (fun () ->
            let late =
                async {
                    do! Async.Sleep 1
                    failtest "late"
                }

            Expect.equal (messageOf (testCaseAsync "async" late)) "late" "message")

        testCase "a test that skips itself is skipped, with its reason" (fun () ->
            Expect.equal
                (run [ testCase "data" (fun () -> skiptest "no data here") ])
                [ "demo/data", "skipped", "no data here" ]
                "skip")

        testCase "a pending test does not run" (fun () ->
            let mutable ran = false
            let pending = ptestList "later" [ testCase "one" (fun () -> ran <- true) ]
            Expect.equal (outcomes [ pending ]) [ "demo/later/one", "skipped" ] "pending"
            Expect.isFalse ran "the test ran")

        testCase "a focused test keeps the others from running, in other values too" (fun () ->
            let focused = ftestCase "focused" ignore
            let other = testCase "other" (fun () -> failtest "must not run")

            let seen =
                runWith 1 [ testList "a" [ focused ]; testList "b" [ other ] ]
                |> List.map (fun (name, outcome, _) -> name, outcome)

            Expect.equal seen [ "a/focused", "passed"; "b/other", "skipped" ] "focus")

        testCase "two tests of one name fail" (fun () ->
            let seen = outcomes [ testCase "same" ignore; testCase "same" ignore; testCase "own" ignore ]
            Expect.equal seen [ "demo/own", "passed"; "demo/same", "failed" ] "duplicates")

        testCase "a theory is one test a value" (fun () ->
            let theory = testTheory "even" [ 2; 3 ] (fun n -> Expect.equal (n % 2) 0 "remainder")
            Expect.equal (outcomes [ theory ]) [ "demo/even/2", "passed"; "demo/even/3", "failed" ] "theory")

        testCase "sequenced tests never overlap, others may" (fun () ->
            let mutable inside = 0
            let mutable most = 0

            let busy () =
                most <- max most (Interlocked.Increment &inside)
                Thread.Sleep 5
                Interlocked.Decrement &inside |> ignore

            let alone = List.init 8 (fun i -> testCase $"{i}" busy) |> testList "alone" |> testSequenced
            let seen = runWith 4 [ alone; testList "beside" (List.init 8 (fun i -> testCase $"{i}" ignore)) ]
            Expect.hasLength seen 16 "all ran"
            Expect.equal most 1 "most at one time")

        testCase "a failing property prints the seed that replays its last failure" (fun () ->
            let property (n: int) = n < 30
            let message = messageOf (testProperty "small" property)
            let printed = Regex.Match(message, @"etestProperty \((\d+)UL, (\d+)UL, Some (\d+)\) ""small""")
            Expect.isTrue printed.Success $"a seed in: {message}"

            let part (i: int) = printed.Groups[i].Value
            let seed = uint64 (part 1), uint64 (part 2), Some(int (part 3))
            let again = messageOf (etestProperty seed "small" property)
            Expect.stringStarts again "Failed after 1 tests." "the first case of the replay fails"
            Expect.stringContains again (part 1) "the replay prints the same seed")

        testCase "a test case survives being sent to another process" (fun () ->
            let case = Catalogue.Of(Assembly.GetExecutingAssembly())[0]
            let sent = SerializationHelper.Instance.Serialize(case, typeof<ExpectoTestCase>)

            let received =
                match SerializationHelper.Instance.Deserialize sent with
                | :? ExpectoTestCase as received -> received
                | other -> failtestf "expected a test case, found %A" other

            Expect.equal received.Method.MethodName case.Method.MethodName "name"
            Expect.equal (received :> ITestCase).UniqueID (case :> ITestCase).UniqueID "identity")
    ]
