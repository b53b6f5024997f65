/// Runs the tests of the project that compiles this file, as every F# project of this folder does.
module internal Program

open System
open Expecto
open Expecto.Impl

let private printer =
    let printer = TestPrinters.defaultPrinter
    TestPrinters.withIgnored (fun path reason -> printer.info $"{path} was skipped: {reason}") printer

let private settings = [
    // Seed, nesting level and the count of live tensors belong to the process: one test at a time.
    Sequenced
    JoinWith "/"
    No_Spinner
    Printer printer
    if Console.IsOutputRedirected then
        Colours 0
]

/// The tests whose path, from the project's name on, contains the text, in either case.
let private containing (text: string) =
    let project = AppDomain.CurrentDomain.FriendlyName

    Test.filter "/" (fun path ->
        (String.concat "/" (project :: path)).Contains(text, StringComparison.OrdinalIgnoreCase))

/// Expecto's options, behind one of our own: --filter-path TEXT.
[<EntryPoint>]
let main arguments =
    match List.ofArray arguments with
    | "--filter-path" :: text :: others ->
        let tests = testFromThisAssembly () |> Option.defaultValue (testList "" [])
        runTestsWithCLIArgs settings (Array.ofList others) (containing text tests)
    | _ -> runTestsInAssemblyWithCLIArgs settings arguments
