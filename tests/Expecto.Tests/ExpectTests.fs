/// Every expectation accepts what it says and rejects what it does not.
module Expecto.Tests.Expectations

open System
open Expecto

let private fails (f: unit -> unit) =
    try
        f ()
        false
    with :? AssertException ->
        true

/// name, one use that holds, one use that does not
let private table: (string * (unit -> unit) * (unit -> unit)) list = [
    "throws", (fun () -> Expect.throws (fun () -> failwith "x") ""), (fun () -> Expect.throws ignore "")
    "throwsT",
    (fun () -> Expect.throwsT<ArgumentException> (fun () -> invalidArg "a" "b") ""),
    (fun () -> Expect.throwsT<ArgumentException> (fun () -> invalidOp "b") "")
    "isNone", (fun () -> Expect.isNone None ""), (fun () -> Expect.isNone (Some 1) "")
    "isSome", (fun () -> Expect.isSome (Some 1) ""), (fun () -> Expect.isSome None "")
    "isOk", (fun () -> Expect.isOk (Ok 1) ""), (fun () -> Expect.isOk (Error 1) "")
    "isError", (fun () -> Expect.isError (Error 1) ""), (fun () -> Expect.isError (Ok 1) "")
    "isNull", (fun () -> Expect.isNull (null: string | null) ""), (fun () -> Expect.isNull "a" "")
    "isNotNull", (fun () -> Expect.isNotNull "a" ""), (fun () -> Expect.isNotNull (null: string | null) "")
    "isLessThan", (fun () -> Expect.isLessThan 1 2 ""), (fun () -> Expect.isLessThan 2 2 "")
    "isLessThanOrEqual", (fun () -> Expect.isLessThanOrEqual 2 2 ""), (fun () -> Expect.isLessThanOrEqual nan 2.0 "")
    "isGreaterThan", (fun () -> Expect.isGreaterThan 2 1 ""), (fun () -> Expect.isGreaterThan nan 1.0 "")
    "isGreaterThanOrEqual",
    (fun () -> Expect.isGreaterThanOrEqual 2 2 ""),
    (fun () -> Expect.isGreaterThanOrEqual 1 2 "")
    "floatClose",
    (fun () -> Expect.floatClose Accuracy.medium 1.0 1.000001 ""),
    (fun () -> Expect.floatClose Accuracy.medium 1.0 1.0001 "")
    "floatClose of infinities",
    (fun () -> Expect.floatClose Accuracy.low 0.0 1e-7 ""),
    (fun () -> Expect.floatClose Accuracy.low infinity infinity "")
    "floatLessThanOrClose",
    (fun () -> Expect.floatLessThanOrClose Accuracy.low 1.0 9.0 ""),
    (fun () -> Expect.floatLessThanOrClose Accuracy.low 9.0 1.0 "")
    "floatGreaterThanOrClose",
    (fun () -> Expect.floatGreaterThanOrClose Accuracy.low 9.0 1.0 ""),
    (fun () -> Expect.floatGreaterThanOrClose Accuracy.low nan 1.0 "")
    "isNaN", (fun () -> Expect.isNaN nan ""), (fun () -> Expect.isNaN 1.0 "")
    "isNotNaN", (fun () -> Expect.isNotNaN 1.0 ""), (fun () -> Expect.isNotNaN nan "")
    "isNotInfinity", (fun () -> Expect.isNotInfinity 1.0 ""), (fun () -> Expect.isNotInfinity infinity "")
    "equal", (fun () -> Expect.equal [ 1 ] [ 1 ] ""), (fun () -> Expect.equal [ 1 ] [ 2 ] "")
    "notEqual", (fun () -> Expect.notEqual 1 2 ""), (fun () -> Expect.notEqual 1 1 "")
    "isMatch", (fun () -> Expect.isMatch "ab" "a." ""), (fun () -> Expect.isMatch "b" "a." "")
    "isNotMatch", (fun () -> Expect.isNotMatch "b" "a." ""), (fun () -> Expect.isNotMatch "ab" "a." "")
    "isTrue", (fun () -> Expect.isTrue true ""), (fun () -> Expect.isTrue false "")
    "isFalse", (fun () -> Expect.isFalse false ""), (fun () -> Expect.isFalse true "")
    "isEmpty", (fun () -> Expect.isEmpty [] ""), (fun () -> Expect.isEmpty [ 1 ] "")
    "isNonEmpty", (fun () -> Expect.isNonEmpty [ 1 ] ""), (fun () -> Expect.isNonEmpty [] "")
    "isNotEmpty", (fun () -> Expect.isNotEmpty "a" ""), (fun () -> Expect.isNotEmpty "" "")
    "exists", (fun () -> Expect.exists [ 1; 2 ] ((=) 2) ""), (fun () -> Expect.exists [ 1 ] ((=) 2) "")
    "all", (fun () -> Expect.all [ 2; 2 ] ((=) 2) ""), (fun () -> Expect.all [ 2; 1 ] ((=) 2) "")
    "allEqual", (fun () -> Expect.allEqual [ 2; 2 ] 2 ""), (fun () -> Expect.allEqual [ 2; 1 ] 2 "")
    "contains", (fun () -> Expect.contains [ 1; 2 ] 2 ""), (fun () -> Expect.contains [ 1 ] 2 "")
    "containsAll",
    (fun () -> Expect.containsAll [ 1; 2; 1 ] [ 1; 1 ] ""),
    (fun () -> Expect.containsAll [ 1; 2 ] [ 1; 1 ] "")
    "sequenceEqual",
    (fun () -> Expect.sequenceEqual [ 1; 2 ] [| 1; 2 |] ""),
    (fun () -> Expect.sequenceEqual [ 1 ] [ 2 ] "")
    "sequenceEqual, too long",
    (fun () -> Expect.sequenceEqual [] [] ""),
    (fun () -> Expect.sequenceEqual [ 1; 2 ] [ 1 ] "")
    "sequenceEqual, too short",
    (fun () -> Expect.sequenceEqual [ 1 ] [ 1 ] ""),
    (fun () -> Expect.sequenceEqual [ 1 ] [ 1; 2 ] "")
    "isAscending", (fun () -> Expect.isAscending [ 1; 1; 2 ] ""), (fun () -> Expect.isAscending [ 2; 1 ] "")
    "isDescending", (fun () -> Expect.isDescending [ 2; 1; 1 ] ""), (fun () -> Expect.isDescending [ 1; 2 ] "")
    "stringContains", (fun () -> Expect.stringContains "abc" "b" ""), (fun () -> Expect.stringContains "abc" "d" "")
    "stringStarts", (fun () -> Expect.stringStarts "abc" "ab" ""), (fun () -> Expect.stringStarts "abc" "b" "")
    "stringEnds", (fun () -> Expect.stringEnds "abc" "bc" ""), (fun () -> Expect.stringEnds "abc" "b" "")
    "stringHasLength", (fun () -> Expect.stringHasLength "abc" 3 ""), (fun () -> Expect.stringHasLength "abc" 2 "")
    "hasLength", (fun () -> Expect.hasLength [ 1; 2 ] 2 ""), (fun () -> Expect.hasLength [ 1 ] 2 "")
]

[<Tests>]
let tests =
    testList "expect" [
        for name, holds, broken in table do
            testCase name (fun () ->
                holds ()

                if not (fails broken) then
                    failtestNoStackf "%s accepted what it must reject" name)

        testCase "throwsAsync" (fun () ->
            Expect.throwsAsync (fun () -> async { failwith "x" }) "" |> Async.RunSynchronously
            let broken () = Expect.throwsAsync (fun () -> async.Zero()) "" |> Async.RunSynchronously

            if not (fails broken) then
                failtestNoStack "throwsAsync accepted a computation that ended well")

        testProperty "closeness is symmetric" (fun (a: float) (b: float) ->
            Accuracy.areClose Accuracy.low a b = Accuracy.areClose Accuracy.low b a)

        testCase "a filter keeps leaves by path" (fun () ->
            let tree =
                testList "a" [ testList "b" [ testCase "c" ignore; ptestCase "d" ignore ]; testCase "e" ignore ]

            let kept = tree |> Test.filter "." (List.contains "b") |> Test.toTestCodeList
            Expect.equal (kept |> List.map _.name) [ [ "a.b.c" ]; [ "a.b.d" ] ] "paths"
            Expect.equal (kept |> List.map _.state) [ Normal; Pending ] "states")
    ]
