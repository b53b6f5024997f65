namespace Expecto.Xunit

open System
open System.Collections.Concurrent
open System.Collections.Generic
open System.Reflection
open Expecto
open Xunit.Sdk
open Xunit.v3

/// The words that xunit asks for, of which Expecto's tests have only a class and a name.
[<AutoOpen>]
module internal Metadata =
    let noTraits = Dictionary<string, IReadOnlyCollection<string>>() :> IReadOnlyDictionary<_, _>

    /// Labels are joined as in a path.
    let separator = "/"

    let nameOf (declaring: Type) = declaring.FullName |> Option.ofObj |> Option.defaultValue declaring.Name

    let collectionOf (assembly: ITestAssembly) (name: string) =
        let id = UniqueIDGenerator.ForTestCollection(assembly.UniqueID, name, null)

        {
            new ITestCollection with
                member _.TestAssembly = assembly
                member _.TestCollectionClassName = null
                member _.TestCollectionDisplayName = name
                member _.Traits = noTraits
                member _.UniqueID = id
        }

    let classOf (collection: ITestCollection) (declaring: Type) =
        let fullName = nameOf declaring
        let id = nonNull (UniqueIDGenerator.ForTestClass(collection.UniqueID, fullName))

        {
            new ITestClass with
                member _.TestCollection = collection
                member _.TestClassName = fullName
                member _.TestClassNamespace = declaring.Namespace
                member _.TestClassSimpleName = declaring.Name
                member _.Traits = noTraits
                member _.UniqueID = id
        }

    let methodOf (testClass: ITestClass) (name: string) =
        let id = nonNull (UniqueIDGenerator.ForTestMethod(testClass.UniqueID, name))

        {
            new ITestMethod with
                member _.TestClass = testClass
                member _.MethodArity = Nullable()
                member _.MethodName = name
                member _.Traits = noTraits
                member _.UniqueID = id
        }

/// One leaf of the tree of tests, as xunit sees it: a class (the module that declares it) and a name (its path).
type ExpectoTestCase(testMethod: ITestMethod option, flat: FlatTest option) =
    let mutable testMethod = testMethod
    let mutable flat = flat

    let found () =
        match testMethod with
        | Some testMethod -> testMethod
        | None -> invalidOp "The test case has not been deserialized."

    /// For deserialization only.
    new() = ExpectoTestCase(None, None)

    /// Its class and name.
    member internal _.Method = found ()

    /// The leaf itself.
    member _.Flat =
        match flat with
        | Some flat -> flat
        | None -> invalidOp "The test case has not been deserialized."

    /// The reason for which it is not run, if it is not.
    member case.Skip = case.Flat.shouldSkipEvaluation

    interface ITestCase with
        member _.TestMethod = found ()
        member _.TestClass = found().TestClass
        member _.TestCollection = found().TestClass.TestCollection
        member _.Explicit = false
        member case.SkipReason = case.Skip |> Option.toObj
        member _.SourceFilePath = null
        member _.SourceLineNumber = Nullable()
        member _.TestCaseDisplayName = found().MethodName
        member _.TestClassMetadataToken = Nullable()
        member _.TestClassName = found().TestClass.TestClassName
        member _.TestClassNamespace = found().TestClass.TestClassNamespace
        member _.TestClassSimpleName = found().TestClass.TestClassSimpleName
        member _.TestMethodArity = Nullable()
        member _.TestMethodMetadataToken = Nullable()
        member _.TestMethodName = found().MethodName
        member _.TestMethodParameterTypesVSTest = null
        member _.TestMethodReturnTypeVSTest = null
        member _.Traits = noTraits
        member _.UniqueID = UniqueIDGenerator.ForTestCase(found().UniqueID, null, null)

    interface IXunitSerializable with
        member _.Serialize info =
            let testMethod = found ()
            let assembly = testMethod.TestClass.TestCollection.TestAssembly
            info.AddValue("assembly", assembly.AssemblyPath, typeof<string>)
            info.AddValue("class", testMethod.TestClass.TestClassName, typeof<string>)
            info.AddValue("name", testMethod.MethodName, typeof<string>)

        member _.Deserialize info =
            let text key =
                match info.GetValue key with
                | :? string as value -> value
                | _ -> invalidOp $"The serialized test case has no {key}."

            let case: ExpectoTestCase = Catalogue.find (text "assembly") (text "class") (text "name")

            testMethod <- Some case.Method
            flat <- Some case.Flat

/// Every test of an assembly, found once.
and internal Catalogue private () =
    static let known = ConcurrentDictionary<string, ExpectoTestCase[]>()

    static let statics = BindingFlags.Static ||| BindingFlags.Public ||| BindingFlags.NonPublic

    static let stateOf (marked: MemberInfo) =
        if marked.IsDefined typeof<FTestsAttribute> then Some Focused
        elif marked.IsDefined typeof<TestsAttribute> then Some Normal
        elif marked.IsDefined typeof<PTestsAttribute> then Some Pending
        else None

    static let valueOf (marked: MemberInfo) =
        match marked with
        | :? PropertyInfo as property -> property.GetValue null
        | :? MethodInfo as method -> method.Invoke(null, null)
        | :? FieldInfo as field -> field.GetValue null
        | _ -> null

    // A value that cannot be computed is a test that fails, not a run without tests.
    static let testsOf (declaring: Type) =
        declaring.GetMembers statics
        |> Seq.choose (fun marked ->
            stateOf marked
            |> Option.map (fun state ->
                try
                    match valueOf marked with
                    | :? Test as test -> Test.translateFocusState state test
                    | other -> failwith $"%s{marked.Name} is marked as tests, but is %A{other}"
                with error ->
                    testCase marked.Name (fun () -> raise error)))
        |> List.ofSeq

    static let discover (assembly: Assembly) =
        // The compiler repeats the attribute on the field behind a value, in a class of its own.
        assembly.GetTypes()
        |> Array.filter (fun declaring -> not ((nameOf declaring).StartsWith "<StartupCode$"))
        |> Array.map (fun declaring -> declaring, testsOf declaring)
        |> Array.filter (fun (_, tests) -> not tests.IsEmpty)
        |> Catalogue.Cases assembly

    /// The cases of tests by the class that declares them.
    static member Cases (assembly: Assembly) (byClass: (Type * Test list)[]) =
        // Focus reaches over all tests of the run, not only over those of one value.
        let focusOn = byClass |> Array.exists (fun (_, tests) -> List.exists Test.isFocused tests)

        let testAssembly = XunitTestAssembly(assembly, null, assembly.GetName().Version)

        byClass
        |> Array.collect (fun (declaring, tests) ->
            let collection = collectionOf testAssembly (nameOf declaring)

            let testClass = classOf collection declaring

            let leaves =
                tests |> List.collect Test.toTestCodeList |> List.map (fun flat -> { flat with focusOn = focusOn })

            // Two tests of one name cannot be told apart in a report or a filter.
            let twice = leaves |> List.countBy _.name |> List.filter (fun (_, count) -> count > 1)

            let complaints =
                twice
                |> List.map (fun (name, count) -> {
                    name = name
                    test = Sync(fun () -> failtestf "%i tests have this name; names must be unique." count)
                    state = Focused
                    focusOn = focusOn
                    sequenced = InParallel
                })

            let unique =
                leaves |> List.filter (fun flat -> twice |> List.forall (fun (name, _) -> name <> flat.name))

            unique @ complaints
            |> List.map (fun flat -> ExpectoTestCase(Some(methodOf testClass (flat.fullName separator)), Some flat))
            |> Array.ofList)

    /// All tests of the assembly.
    static member Of(assembly: Assembly) = known.GetOrAdd(assembly.Location, (fun _ -> discover assembly))

    /// The test of the class and name in the assembly at the path.
    static member find (path: string) (className: string) (name: string) =
        let assembly =
            AppDomain.CurrentDomain.GetAssemblies()
            |> Array.tryFind (fun assembly -> not assembly.IsDynamic && assembly.Location = path)
            |> Option.defaultWith (fun () -> Assembly.LoadFrom path)

        Catalogue.Of assembly
        |> Array.tryFind (fun case -> case.Method.TestClass.TestClassName = className && case.Method.MethodName = name)
        |> Option.defaultWith (fun () -> invalidArg (nameof name) $"There is no test {className}/{name} in {path}.")
