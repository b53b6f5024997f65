namespace Expecto.Xunit

open System
open System.Reflection
open System.Threading
open System.Threading.Tasks
open Xunit.Sdk
open Xunit.v3

type internal ExpectoDiscoverer(assembly: Assembly) =
    interface ITestFrameworkDiscoverer with
        member _.TestAssembly = XunitTestAssembly(assembly, null, assembly.GetName().Version)

        member _.Find(callback, _, types, cancellation) =
            let wanted (case: ITestCase) =
                match types with
                | null -> true
                | types -> types |> Array.exists (fun declaring -> declaring.FullName = case.TestClassName)

            let cases = Catalogue.Of assembly |> Seq.cast<ITestCase> |> Seq.filter wanted |> Seq.toArray

            let find =
                task {
                    let mutable next = 0
                    let cancelled () = cancellation.HasValue && cancellation.Value.IsCancellationRequested

                    while next < cases.Length && not (cancelled ()) do
                        let! goOn = callback.Invoke cases[next]
                        next <- if goOn then next + 1 else cases.Length
                }

            ValueTask(find: Task)

type internal ExpectoExecutor(assembly: Assembly, displayName: string) =
    interface ITestFrameworkExecutor with
        member _.RunTestCases(cases, sink, options, cancellation) =
            let workers =
                if options.DisableParallelizationOrDefault() then
                    1
                else
                    match options.MaxParallelThreadsOrDefault() with
                    | limit when limit > 0 -> limit
                    | _ -> Environment.ProcessorCount

            let run () =
                Runner(sink, cancellation.GetValueOrDefault CancellationToken.None)
                    .Run(
                        XunitTestAssembly(assembly, null, assembly.GetName().Version),
                        displayName,
                        workers,
                        cases |> Seq.cast<ExpectoTestCase> |> List.ofSeq
                    )

            // Off the caller's thread: a test blocks, and the caller keeps reading messages.
            ValueTask(Task.Run run)

/// Runs the Expecto tests of an assembly: put it into the attribute TestFramework of the assembly.
type ExpectoFramework() =
    inherit TestFramework()

    /// Named in reports.
    override _.TestFrameworkDisplayName = "Expecto on xunit.v3"

    /// Finds values marked with Tests, FTests or PTests.
    override _.CreateDiscoverer assembly = ExpectoDiscoverer assembly

    /// Runs the cases that were found.
    override framework.CreateExecutor assembly = ExpectoExecutor(assembly, framework.TestFrameworkDisplayName)
