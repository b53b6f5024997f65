namespace Expecto.Xunit

open System
open System.Collections.Generic
open System.Diagnostics
open System.Threading
open System.Threading.Tasks
open Expecto
open Xunit.Sdk
open Xunit.v3

/// What has been counted so far, in a test, a class or an assembly.
type internal Tally = {
    Total: int
    Failed: int
    Skipped: int
    Time: decimal
} with

    static member Zero = { Total = 0; Failed = 0; Skipped = 0; Time = 0m }

    static member sum(tallies: Tally list) = {
        Total = tallies |> List.sumBy _.Total
        Failed = tallies |> List.sumBy _.Failed
        Skipped = tallies |> List.sumBy _.Skipped
        Time = tallies |> List.sumBy _.Time
    }

/// Runs cases and tells xunit's message sink what happens.
type internal Runner(sink: IMessageSink, cancellation: CancellationToken) =
    let stop = CancellationTokenSource.CreateLinkedTokenSource cancellation
    let gate = obj ()

    // The sink serializes what it writes, but its answer and ours must not interleave between threads.
    let say (message: IMessageSinkMessage) =
        lock gate (fun () ->
            if not (sink.OnMessage message) then
                stop.Cancel())

    let evaluate code =
        async {
            match code with
            | Sync test -> test ()
            | SyncWithCancel test -> test stop.Token
            | Async test -> do! test
            | AsyncFsCheck(config, _, test) -> do! test (defaultArg config FsCheckConfig.defaultConfig)
        }

    let runCase (case: ExpectoTestCase) =
        let meta = case :> ITestCase
        let caseId = meta.UniqueID
        let methodId = case.Method.UniqueID
        let classId = case.Method.TestClass.UniqueID
        let collectionId = meta.TestCollection.UniqueID
        let assemblyId = meta.TestCollection.TestAssembly.UniqueID
        let testId = UniqueIDGenerator.ForTest(caseId, 0)

        say (
            TestCaseStarting(
                AssemblyUniqueID = assemblyId,
                TestCollectionUniqueID = collectionId,
                TestClassUniqueID = classId,
                TestMethodUniqueID = methodId,
                TestCaseUniqueID = caseId,
                Explicit = false,
                SkipReason = meta.SkipReason,
                SourceFilePath = null,
                SourceLineNumber = Nullable(),
                TestCaseDisplayName = meta.TestCaseDisplayName,
                TestClassMetadataToken = Nullable(),
                TestClassName = meta.TestClassName,
                TestClassNamespace = meta.TestClassNamespace,
                TestClassSimpleName = meta.TestClassSimpleName,
                TestMethodArity = Nullable(),
                TestMethodMetadataToken = Nullable(),
                TestMethodName = meta.TestMethodName,
                TestMethodParameterTypesVSTest = null,
                TestMethodReturnTypeVSTest = null,
                Traits = noTraits
            )
        )

        say (
            TestStarting(
                AssemblyUniqueID = assemblyId,
                TestCollectionUniqueID = collectionId,
                TestClassUniqueID = classId,
                TestMethodUniqueID = methodId,
                TestCaseUniqueID = caseId,
                TestUniqueID = testId,
                Explicit = false,
                StartTime = DateTimeOffset.Now,
                TestDisplayName = meta.TestCaseDisplayName,
                Timeout = 0,
                Traits = noTraits
            )
        )

        let clock = Stopwatch.StartNew()

        let outcome =
            match case.Skip with
            | Some reason -> Choice2Of2(IgnoreException reason :> exn)
            | None -> Async.Catch(evaluate case.Flat.test) |> Async.RunSynchronously

        let seconds = decimal clock.Elapsed.TotalSeconds
        let finished = DateTimeOffset.Now

        let tally =
            match outcome with
            | Choice1Of2() ->
                say (
                    TestPassed(
                        AssemblyUniqueID = assemblyId,
                        TestCollectionUniqueID = collectionId,
                        TestClassUniqueID = classId,
                        TestMethodUniqueID = methodId,
                        TestCaseUniqueID = caseId,
                        TestUniqueID = testId,
                        ExecutionTime = seconds,
                        FinishTime = finished,
                        Output = "",
                        Warnings = null
                    )
                )

                { Tally.Zero with Total = 1; Time = seconds }
            | Choice2Of2(:? IgnoreException as skip) ->
                say (
                    TestSkipped(
                        AssemblyUniqueID = assemblyId,
                        TestCollectionUniqueID = collectionId,
                        TestClassUniqueID = classId,
                        TestMethodUniqueID = methodId,
                        TestCaseUniqueID = caseId,
                        TestUniqueID = testId,
                        Reason = skip.Message,
                        ExecutionTime = seconds,
                        FinishTime = finished,
                        Output = "",
                        Warnings = null
                    )
                )

                { Tally.Zero with Total = 1; Skipped = 1; Time = seconds }
            | Choice2Of2 error ->
                say (
                    TestFailed.FromException(
                        error,
                        assemblyId,
                        collectionId,
                        classId,
                        methodId,
                        caseId,
                        testId,
                        seconds,
                        "",
                        null,
                        Nullable finished
                    )
                )

                { Tally.Zero with Total = 1; Failed = 1; Time = seconds }

        say (
            TestFinished(
                AssemblyUniqueID = assemblyId,
                TestCollectionUniqueID = collectionId,
                TestClassUniqueID = classId,
                TestMethodUniqueID = methodId,
                TestCaseUniqueID = caseId,
                TestUniqueID = testId,
                Attachments = Dictionary<string, TestAttachment>(),
                ExecutionTime = seconds,
                FinishTime = finished,
                Output = "",
                Warnings = null
            )
        )

        say (
            TestCaseFinished(
                AssemblyUniqueID = assemblyId,
                TestCollectionUniqueID = collectionId,
                TestClassUniqueID = classId,
                TestMethodUniqueID = methodId,
                TestCaseUniqueID = caseId,
                ExecutionTime = tally.Time,
                TestsFailed = tally.Failed,
                TestsNotRun = 0,
                TestsSkipped = tally.Skipped,
                TestsTotal = tally.Total
            )
        )

        tally

    let runAll workers (cases: ExpectoTestCase list) =
        if workers = 1 then
            [
                for case in cases do
                    if not stop.IsCancellationRequested then
                        runCase case
            ]
        else
            let tallies = Array.create cases.Length Tally.Zero

            let options = ParallelOptions(MaxDegreeOfParallelism = workers, CancellationToken = stop.Token)

            try
                Parallel.ForEach(List.indexed cases, options, fun (index, case) -> tallies[index] <- runCase case)
                |> ignore
            with :? OperationCanceledException ->
                ()

            List.ofArray tallies

    let runClass workers (testClass: ITestClass, cases: ExpectoTestCase list) =
        let collection = testClass.TestCollection
        let assemblyId = collection.TestAssembly.UniqueID

        say (
            TestCollectionStarting(
                AssemblyUniqueID = assemblyId,
                TestCollectionUniqueID = collection.UniqueID,
                TestCollectionClassName = null,
                TestCollectionDisplayName = collection.TestCollectionDisplayName,
                Traits = noTraits
            )
        )

        say (
            TestClassStarting(
                AssemblyUniqueID = assemblyId,
                TestCollectionUniqueID = collection.UniqueID,
                TestClassUniqueID = testClass.UniqueID,
                TestClassName = testClass.TestClassName,
                TestClassNamespace = testClass.TestClassNamespace,
                TestClassSimpleName = testClass.TestClassSimpleName,
                Traits = noTraits
            )
        )

        // What must not run beside others runs after them, alone.
        let beside, alone = cases |> List.partition (fun case -> case.Flat.sequenced = InParallel)

        let tally = Tally.sum (runAll workers beside @ runAll 1 alone)

        say (
            TestClassFinished(
                AssemblyUniqueID = assemblyId,
                TestCollectionUniqueID = collection.UniqueID,
                TestClassUniqueID = testClass.UniqueID,
                ExecutionTime = tally.Time,
                TestsFailed = tally.Failed,
                TestsNotRun = 0,
                TestsSkipped = tally.Skipped,
                TestsTotal = tally.Total
            )
        )

        say (
            TestCollectionFinished(
                AssemblyUniqueID = assemblyId,
                TestCollectionUniqueID = collection.UniqueID,
                ExecutionTime = tally.Time,
                TestsFailed = tally.Failed,
                TestsNotRun = 0,
                TestsSkipped = tally.Skipped,
                TestsTotal = tally.Total
            )
        )

        tally

    /// Runs the cases, those of one class together, with as many workers as asked.
    member _.Run(assembly: ITestAssembly, displayName: string, workers: int, cases: ExpectoTestCase list) =
        say (
            TestAssemblyStarting(
                AssemblyUniqueID = assembly.UniqueID,
                AssemblyName = assembly.AssemblyName,
                AssemblyPath = assembly.AssemblyPath,
                ConfigFilePath = assembly.ConfigFilePath,
                Seed = Nullable(),
                StartTime = DateTimeOffset.Now,
                TargetFramework = null,
                TestEnvironment = $"{IntPtr.Size * 8}-bit .NET {Environment.Version}",
                TestFrameworkDisplayName = displayName,
                Traits = noTraits
            )
        )

        let clock = Stopwatch.StartNew()

        let tally =
            cases
            |> List.groupBy _.Method.TestClass.TestClassName
            |> List.map (fun (_, cases) -> runClass workers (cases.Head.Method.TestClass, cases))
            |> Tally.sum

        say (
            TestAssemblyFinished(
                AssemblyUniqueID = assembly.UniqueID,
                ExecutionTime = decimal clock.Elapsed.TotalSeconds,
                FinishTime = DateTimeOffset.Now,
                TestsFailed = tally.Failed,
                TestsNotRun = 0,
                TestsSkipped = tally.Skipped,
                TestsTotal = tally.Total
            )
        )
