/// Every public member of the floors is documented, and every formula says where it is from.
module Repository.Tests.Documentation

open System
open System.Collections.Generic
open System.IO
open System.Reflection
open System.Runtime.CompilerServices
open System.Xml.Linq
open System.Xml.XPath
open Expecto
open FSharp.Reflection

/// Documentation by member name without parameters: an overloaded name has several entries.
let private entries (document: XDocument) =
    let nameOf (id: string) =
        let id = id.Split('(')[0]
        // Generic methods end in ``n, which is not part of the member's name.
        match id.IndexOf "``" with
        | -1 -> id
        | index -> id.Substring(0, index)

    let found = Dictionary<string, string list>()

    for entry in document.Descendants(XName.Get "member") do
        match entry.Attribute(XName.Get "name") with
        | null -> ()
        | id ->
            let name = nameOf id.Value

            let known =
                match found.TryGetValue name with
                | true, texts -> texts
                | _ -> []

            found[name] <- entry.Value.Trim() :: known

    found

let private generated (subject: MemberInfo) =
    subject.IsDefined typeof<CompilerGeneratedAttribute>
    || subject.IsDefined typeof<System.Diagnostics.DebuggerNonUserCodeAttribute>

let private declared =
    BindingFlags.Public ||| BindingFlags.Instance ||| BindingFlags.Static ||| BindingFlags.DeclaredOnly

let private isFSharp (owner: Type) =
    owner.Assembly.GetReferencedAssemblies()
    |> Array.exists (fun reference -> reference.Name = "FSharp.Core")

/// What the compiler derives from a union or a record is documented with its cases and fields.
let private derived (owner: Type) (subject: MemberInfo) =
    isFSharp owner
    && (FSharpType.IsUnion owner
        && (subject.Name.StartsWith "New" || subject.Name.StartsWith "Is" || subject.Name = "Tag")
        || FSharpType.IsUnion owner
           && FSharpType.GetUnionCases owner |> Array.exists (fun case -> case.Name = subject.Name))

/// The names under which the members of a type must be documented, each with the number of its overloads.
let private required (owner: Type) =
    let prefix = (string owner.FullName).Replace('+', '.')

    let kept (subject: MemberInfo) = not (generated subject) && not (derived owner subject)

    let properties = owner.GetProperties declared |> Array.filter kept
    let events = owner.GetEvents declared |> Array.filter kept

    let fields =
        owner.GetFields declared |> Array.filter (fun field -> kept field && not field.IsSpecialName)

    let methods =
        owner.GetMethods declared
        |> Array.filter (fun method ->
            kept method
            // The compiler's own form of an inline function.
            && not (method.Name.EndsWith "$W")
            // Accessors are documented with their property; operators are special and still need words of their own.
            && (not method.IsSpecialName || method.Name.StartsWith "op_")
            && method.GetBaseDefinition().DeclaringType = method.DeclaringType
            && not (method.IsFinal && method.IsVirtual))

    if typeof<Delegate>.IsAssignableFrom owner then
        []
    else
        [
            for property in properties do
                "P:" + prefix + "." + property.Name
            for event in events do
                "E:" + prefix + "." + event.Name
            for field in fields do
                "F:" + prefix + "." + field.Name
            for method in methods do
                "M:" + prefix + "." + method.Name
            // Argu's arguments carry their words in Usage, for --help.
            if isFSharp owner && FSharpType.IsUnion owner && isNull (owner.GetInterface "IArgParserTemplate") then
                // The one case of a wrapper bears the wrapper's name and needs no words beside its own.
                for case in FSharpType.GetUnionCases owner do
                    if case.Name <> owner.Name then
                        "T:" + prefix + "." + case.Name
        ]
    |> List.countBy id

/// The documentation of an assembly, as the compiler wrote it.
let private documentation (name: string) = XDocument.Load(Path.Combine(AppContext.BaseDirectory, name + ".xml"))

/// The public members of an assembly that have no words, or hardly any, in a document.
let private undocumented (name: string) (document: XDocument) =
    let documented = entries document
    let assembly = Assembly.LoadFrom(Path.Combine(AppContext.BaseDirectory, name + ".dll"))

    let texts id =
        match documented.TryGetValue id with
        | true, texts -> texts |> List.filter (fun text -> text.Length >= 5)
        | _ -> []

    [
        for owner in assembly.GetExportedTypes() do
            let isCase =
                match owner.DeclaringType with
                | null -> false
                | parent -> isFSharp owner && (FSharpType.IsUnion parent || owner.Name = "Tags")

            // An entry point's class and what the compiler makes are not for readers.
            if not (generated owner || isCase || owner.Name.StartsWith "<") then
                let id = "T:" + (string owner.FullName).Replace('+', '.')

                if (texts id).IsEmpty then
                    id

                for id, count in required owner do
                    let found = (texts id).Length

                    if found < count then
                        if count = 1 then id else $"{id} ({count - found} of {count} overloads)"
    ]

let private assemblies = [
    "ScoreFunctional.Kernels"
    "DiffSharp"
    "ScoreFunctional.Core"
    "ScoreFunctional.Runs"
    "ScoreFunctional.CommandLine"
    "ScoreFunctional.Host"
    "ScoreFunctional.Host.Plotting"
    "ScoreFunctional.Scripting"
    "ScoreFunctional.Host.Scripting"
]

[<Tests>]
let tests =
    testList "documentation" [
        for name in assemblies do
            testCase $"every public member of {name} is documented" (fun () ->
                match undocumented name (documentation name) with
                | [] -> ()
                | missing ->
                    failtestNoStackf
                        "%i members without documentation:\n%s"
                        missing.Length
                        (missing |> List.truncate 60 |> String.concat "\n"))

        testCase "a member without documentation is found" (fun () ->
            let bare = "T:ScoreFunctional.Metrics"
            let document = documentation "ScoreFunctional.Core"
            document.XPathSelectElements($"//member[@name='{bare}']").Remove()
            Expect.equal (undocumented "ScoreFunctional.Core" document) [ bare ] "undocumented members")
    ]
