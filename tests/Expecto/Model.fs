namespace Expecto

open System
open System.Threading

/// What a decided property reports.
type FsCheckTestData = {
    /// Labels of the failing case.
    Labels: Set<string>
    /// How often the arguments shrank.
    NumberOfShrinks: int
    /// How many cases ran.
    NumberOfTests: int
    /// Classes of cases, each with its share in per cent.
    Stamps: seq<int * list<string>>
}

/// How the values of a property are drawn.
type FsCheckConfig = {
    /// How many cases must hold.
    maxTest: int
    /// Size of the first case.
    startSize: int
    /// Size of the last case; between the two it grows linearly.
    endSize: int
    /// Seed, gamma and size of the case to begin with; a failure prints them.
    replay: (uint64 * uint64 * int option) option
    /// Types whose static members give generators, in order of precedence.
    arbitrary: Type list
    /// Called with the configuration, the test's name, the case's number and its arguments.
    receivedArgs: FsCheckConfig -> string -> int -> obj list -> Async<unit>
    /// Called with the configuration, the test's name and the arguments after each shrink.
    successfulShrink: FsCheckConfig -> string -> obj list -> Async<unit>
    /// Called with the configuration, the test's name and the count of cases when the property is decided.
    finishedTest: FsCheckConfig -> string -> FsCheckTestData -> Async<unit>
} with

    /// 200 cases of sizes 1 to 100, drawn anew in every run.
    static member defaultConfig = {
        maxTest = 200
        startSize = 1
        endSize = 100
        replay = None
        arbitrary = []
        receivedArgs = fun _ _ _ _ -> async.Return()
        successfulShrink = fun _ _ _ -> async.Return()
        finishedTest = fun _ _ _ -> async.Return()
    }

/// What a test does.
type TestCode =
    /// A plain function.
    | Sync of stest: (unit -> unit)
    /// A function that can be told to stop.
    | SyncWithCancel of stest: (CancellationToken -> unit)
    /// An asynchronous computation.
    | Async of atest: Async<unit>
    /// A property, with its configuration in tests and in stress runs.
    | AsyncFsCheck of
        testConfig: FsCheckConfig option *
        stressConfig: FsCheckConfig option *
        test: (FsCheckConfig -> Async<unit>)

/// Whether a test runs: a parent's state is inherited, except that pending wins over everything.
type FocusState =
    /// Runs, unless some test is focused.
    | Normal
    /// Never runs.
    | Pending
    /// Runs, and keeps tests that are not focused from running.
    | Focused

/// What a test may run beside.
type SequenceMethod =
    /// Beside no other test.
    | Synchronous
    /// Beside no test of the same group.
    | SynchronousGroup of string
    /// Beside any test.
    | InParallel

/// A tree of tests is a value.
type Test =
    /// A leaf.
    | TestCase of code: TestCode * state: FocusState
    /// A node.
    | TestList of tests: Test list * state: FocusState
    /// A name for what is below.
    | TestLabel of label: string * test: Test * state: FocusState
    /// An ordering for what is below.
    | Sequenced of SequenceMethod * Test

/// The root of the exceptions that decide a test.
type ExpectoException(msg: string) =
    inherit Exception(msg)

/// An expectation that did not hold.
type AssertException(msg: string) =
    inherit ExpectoException(msg)

/// A failure whose stack trace says nothing.
type FailedException(msg: string) =
    inherit ExpectoException(msg)

/// A test that chose not to run.
type IgnoreException(msg: string) =
    inherit ExpectoException(msg)

/// Marks a value as tests to run.
[<AttributeUsage(AttributeTargets.Method ||| AttributeTargets.Property ||| AttributeTargets.Field)>]
type TestsAttribute() =
    inherit Attribute()

/// Marks a value as tests to skip.
[<AttributeUsage(AttributeTargets.Method ||| AttributeTargets.Property ||| AttributeTargets.Field)>]
type PTestsAttribute() =
    inherit Attribute()

/// Marks a value as tests to run in place of all others.
[<AttributeUsage(AttributeTargets.Method ||| AttributeTargets.Property ||| AttributeTargets.Field)>]
type FTestsAttribute() =
    inherit Attribute()

/// A leaf with what it inherits from the tree above it.
[<ReferenceEquality>]
type FlatTest = {
    /// Labels from the root to the leaf.
    name: string list
    /// What it does.
    test: TestCode
    /// Its state after inheritance.
    state: FocusState
    /// Whether some test of the run is focused.
    focusOn: bool
    /// What it may run beside.
    sequenced: SequenceMethod
} with

    /// The reason for which the test is not run, if it is not.
    member x.shouldSkipEvaluation =
        match x.focusOn, x.state with
        | _, Pending -> Some "The test or one of its parents is marked as Pending"
        | true, Normal -> Some "The test is skipped because other tests are Focused"
        | _ -> None

    /// The labels in one string.
    member x.fullName(joinWith: string) = String.concat joinWith x.name

/// Pure functions on trees of tests.
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Test =
    /// The state of a child under a parent of the given state.
    let computeChildFocusState parentState childState =
        match parentState, childState with
        | Pending, _
        | Focused, Pending -> Pending
        | Focused, _ -> Focused
        | Normal, state -> state

    /// Whether the tree holds a focused test that is not pending.
    let rec isFocused test =
        match test with
        | TestCase(_, state) -> state = Focused
        | TestList(_, Focused)
        | TestLabel(_, _, Focused) -> true
        | TestList(_, Pending)
        | TestLabel(_, _, Pending) -> false
        | TestList(tests, Normal) -> List.exists isFocused tests
        | TestLabel(_, test, Normal)
        | Sequenced(_, test) -> isFocused test

    /// The leaves from left to right.
    let toTestCodeList test =
        let focusOn = isFocused test

        let rec leaves path state sequenced test =
            match test with
            | TestCase(code, own) -> [
                {
                    name = List.rev path
                    test = code
                    state = computeChildFocusState state own
                    focusOn = focusOn
                    sequenced = sequenced
                }
              ]
            | TestList(tests, own) -> List.collect (leaves path (computeChildFocusState state own) sequenced) tests
            | TestLabel(label, test, own) -> leaves (label :: path) (computeChildFocusState state own) sequenced test
            | Sequenced(sequenced, test) -> leaves path state sequenced test

        leaves [] Normal InParallel test

    /// Lays a state over those that the nodes have.
    let rec translateFocusState newFocusState test =
        match test with
        | TestCase(code, state) -> TestCase(code, computeChildFocusState state newFocusState)
        | TestList(tests, state) -> TestList(tests, computeChildFocusState state newFocusState)
        | TestLabel(label, test, state) -> TestLabel(label, test, computeChildFocusState state newFocusState)
        | Sequenced(sequenced, test) -> Sequenced(sequenced, translateFocusState newFocusState test)

    /// The leaves whose path satisfies the predicate, as a flat list of tests.
    let filter joiner (pred: string list -> bool) test =
        let rebuild (flat: FlatTest) =
            let leaf = TestLabel(flat.fullName joiner, TestCase(flat.test, flat.state), flat.state)

            match flat.sequenced with
            | InParallel -> leaf
            | sequenced -> Sequenced(sequenced, leaf)

        TestList(test |> toTestCodeList |> List.filter (fun flat -> pred flat.name) |> List.map rebuild, Normal)
