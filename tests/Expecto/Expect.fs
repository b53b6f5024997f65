namespace Expecto

/// How near is near: |a − b| ≤ absolute + relative · max(|a|, |b|).
type Accuracy = {
    /// Allowed at zero.
    absolute: float
    /// Allowed in proportion to the larger of the two.
    relative: float
}

/// The named accuracies.
module Accuracy =
    /// |a − b|.
    let inline areCloseLhs a b = abs (a - b)

    /// absolute + relative · max(|a|, |b|).
    let inline areCloseRhs (m: Accuracy) a b = m.absolute + m.relative * max (abs a) (abs b)

    /// |a − b| ≤ absolute + relative · max(|a|, |b|); false when either is not a number.
    let inline areClose m a b = areCloseLhs a b <= areCloseRhs m a b

    /// 1e-6 absolute, 1e-3 relative.
    let low = { absolute = 1e-6; relative = 1e-3 }

    /// 1e-8 absolute, 1e-5 relative.
    let medium = { absolute = 1e-8; relative = 1e-5 }

    /// 1e-10 absolute, 1e-7 relative.
    let high = { absolute = 1e-10; relative = 1e-7 }

    /// 1e-12 absolute, 1e-9 relative.
    let veryHigh = { absolute = 1e-12; relative = 1e-9 }

/// Expectations: each fails the running test unless what its name says holds.
module Expect =
    open System
    open System.Text.RegularExpressions

    let private caught (f: unit -> 'a) =
        try
            f () |> ignore
            None
        with error ->
            Some error

    let private shown (items: seq<'a>) = items |> Seq.map (sprintf "%A") |> String.concat ", " |> sprintf "[%s]"

    /// f raises.
    let throws (f: unit -> unit) message =
        if (caught f).IsNone then
            failtestf "%s. Expected f to throw." message

    /// f raises, and the continuation accepts the exception.
    let throwsC (f: unit -> unit) (cont: exn -> 'a) =
        match caught f with
        | Some error -> cont error
        | None -> failtest "Expected f to throw."

    /// f raises exactly a 'texn.
    [<RequiresExplicitTypeArguments>]
    let throwsT<'texn when 'texn :> exn> (f: unit -> unit) message =
        match caught f with
        | None -> failtestf "%s. Expected f to throw an exn of type %s." message typeof<'texn>.FullName
        | Some error when error.GetType() <> typeof<'texn> ->
            failtestf
                "%s. Expected f to throw an exn of type %s, but one of type %s was thrown: %s"
                message
                typeof<'texn>.FullName
                (error.GetType().FullName)
                error.Message
        | Some _ -> ()

    /// The computation raises.
    let throwsAsync (f: unit -> Async<unit>) message =
        async {
            match! Async.Catch(async.Delay f) with
            | Choice1Of2() -> failtestf "%s. Expected f to throw." message
            | Choice2Of2 _ -> ()
        }

    /// The value is None.
    let isNone x message =
        match x with
        | None -> ()
        | Some x -> failtestf "%s. Expected None, was Some(%A)." message x

    /// The value of Some.
    let wantSome x message =
        match x with
        | Some x -> x
        | None -> failtestf "%s. Expected Some _, was None." message

    /// The value is Some.
    let isSome x message = wantSome x message |> ignore

    /// The value of Ok.
    let wantOk x message =
        match x with
        | Ok x -> x
        | Error error -> failtestf "%s. Expected Ok, was Error(%A)." message error

    /// The value is Ok.
    let isOk x message = wantOk x message |> ignore

    /// The value of Error.
    let wantError x message =
        match x with
        | Error error -> error
        | Ok x -> failtestf "%s. Expected Error, was Ok(%A)." message x

    /// The value is Error.
    let isError x message = wantError x message |> ignore

    /// The reference is null.
    let isNull (x: 'a | null) message =
        match x with
        | null -> ()
        | x -> failtestf "%s. Expected null, but was %A." message x

    /// The reference is not null.
    let isNotNull (x: 'a | null) message =
        match x with
        | null -> failtestf "%s. Did not expect to be null." message
        | _ -> ()

    /// a < b.
    let isLessThan a b message =
        if not (a < b) then
            failtestf "%s. Expected a (%A) to be less than b (%A)." message a b

    /// a ≤ b.
    let isLessThanOrEqual a b message =
        if not (a <= b) then
            failtestf "%s. Expected a (%A) to be less than or equal to b (%A)." message a b

    /// a > b.
    let isGreaterThan a b message =
        if not (a > b) then
            failtestf "%s. Expected a (%A) to be greater than b (%A)." message a b

    /// a ≥ b.
    let isGreaterThanOrEqual a b message =
        if not (a >= b) then
            failtestf "%s. Expected a (%A) to be greater than or equal to b (%A)." message a b

    let private bothFinite (actual: float) (expected: float) message =
        if not (Double.IsFinite actual && Double.IsFinite expected) then
            failtestf "%s. Expected finite values, actual was %g and expected %g." message actual expected

    /// |actual − expected| ≤ absolute + relative · max(|actual|, |expected|), both finite.
    let floatClose (accuracy: Accuracy) (actual: float) (expected: float) message =
        bothFinite actual expected message

        if not (Accuracy.areClose accuracy actual expected) then
            failtestf
                "%s. Expected difference to be less than %.20g for accuracy {absolute=%.20g; relative=%.20g}, but was %.20g. actual=%.20g expected=%.20g"
                message
                (Accuracy.areCloseRhs accuracy actual expected)
                accuracy.absolute
                accuracy.relative
                (Accuracy.areCloseLhs actual expected)
                actual
                expected

    /// actual ≤ expected, or close to it.
    let floatLessThanOrClose accuracy (actual: float) (expected: float) message =
        if not (actual <= expected) then
            floatClose accuracy actual expected message

    /// actual ≥ expected, or close to it.
    let floatGreaterThanOrClose accuracy (actual: float) (expected: float) message =
        if not (actual >= expected) then
            floatClose accuracy actual expected message

    /// The value is not a number.
    let isNaN (f: float) message =
        if not (Double.IsNaN f) then
            failtestf "%s. Expected to be NaN, but was %g." message f

    /// The value is a number.
    let isNotNaN (f: float) message =
        if Double.IsNaN f then
            failtestf "%s. Float was the NaN (not a number) value." message

    /// The value is not an infinity.
    let isNotInfinity (actual: float) message =
        if Double.IsInfinity actual then
            failtestf "%s. Float was infinite: %g." message actual

    /// The values are equal; the message names the first difference of two sequences.
    let equal (actual: 'a) (expected: 'a) message =
        if actual <> expected then
            failtestf "%s. Expected %A, actual %A." message expected actual

    /// The values differ.
    let notEqual (actual: 'a) (expected: 'a) message =
        if actual = expected then
            failtestf "%s. Expected the values to differ, but both were %A." message actual

    /// The text matches the pattern.
    let isMatch (actual: string) (pattern: string) message =
        if not (Regex.IsMatch(actual, pattern)) then
            failtestf "%s. Expected %A to match pattern: /%s/" message actual pattern

    /// The text does not match the pattern.
    let isNotMatch (actual: string) (pattern: string) message =
        if Regex.IsMatch(actual, pattern) then
            failtestf "%s. Expected %A not to match pattern: /%s/" message actual pattern

    /// The value is false.
    let isFalse actual message =
        if actual then
            failtestf "%s. Value was not false but true." message

    /// The value is true.
    let isTrue actual message =
        if not actual then
            failtestf "%s. Value was not true but false." message

    /// The sequence has no element.
    let isEmpty (actual: seq<'a>) message =
        if not (Seq.isEmpty actual) then
            failtestf "%s. Should be empty, but was %s." message (shown (Seq.truncate 10 actual))

    /// The sequence has an element.
    let isNonEmpty (actual: seq<'a>) message =
        if Seq.isEmpty actual then
            failtestf "%s. Should not be empty." message

    /// The text has a character.
    let isNotEmpty (actual: string) message =
        if String.IsNullOrEmpty actual then
            failtestf "%s. Should not be empty." message

    /// An element satisfies the predicate.
    let exists (actual: seq<'a>) asserter message =
        if not (Seq.exists asserter actual) then
            failtestf "%s. There isn't any element which satisfies given assertion: %s" message (shown actual)

    /// Every element satisfies the predicate.
    let all (actual: seq<'a>) asserter message =
        match actual |> Seq.indexed |> Seq.tryFind (fun (_, item) -> not (asserter item)) with
        | Some(index, item) ->
            failtestf "%s. Some elements do not satisfy given assertion: element %i was %A." message index item
        | None -> ()

    /// Every element equals the value.
    let allEqual (actual: seq<'a>) equalTo message =
        match actual |> Seq.indexed |> Seq.tryFind (fun (_, item) -> item <> equalTo) with
        | Some(index, item) ->
            failtestf "%s. Expected every element to equal %A, but element %i was %A." message equalTo index item
        | None -> ()

    /// The element is in the sequence.
    let contains (sequence: seq<'a>) element message =
        if not (Seq.contains element sequence) then
            failtestf "%s. Sequence does not contain %A: %s" message element (shown sequence)

    /// Every expected element is in the sequence, as often as expected.
    let containsAll (actual: seq<'a>) (expected: seq<'a>) message =
        let counts = actual |> Seq.countBy id |> dict

        let missing =
            expected
            |> Seq.countBy id
            |> Seq.filter (fun (item, count) -> not (counts.ContainsKey item) || counts[item] < count)
            |> Seq.map fst
            |> List.ofSeq

        if not missing.IsEmpty then
            failtestf "%s. Missing elements: %s in %s" message (shown missing) (shown actual)

    /// The sequences have the same elements in the same order.
    let sequenceEqual (actual: seq<'a>) (expected: seq<'a>) message =
        let actual, expected = Array.ofSeq actual, Array.ofSeq expected
        let shared = min actual.Length expected.Length

        match Seq.tryFind (fun i -> actual[i] <> expected[i]) (seq { 0 .. shared - 1 }) with
        | Some i ->
            failtestf
                "%s. Sequence does not match at position %i. Expected item: %A, but got %A."
                message
                i
                expected[i]
                actual[i]
        | None when actual.Length > shared ->
            failtestf "%s. Sequence actual longer than expected, at pos %i found item %A." message shared actual[shared]
        | None when expected.Length > shared ->
            failtestf
                "%s. Sequence actual shorter than expected, at pos %i expected item %A."
                message
                shared
                expected[shared]
        | None -> ()

    let private ordered relation word (subject: seq<'a>) message =
        match subject |> Seq.pairwise |> Seq.tryFind (fun (a, b) -> not (relation a b)) with
        | Some(a, b) -> failtestf "%s. Sequence is not %s: %A comes before %A." message word a b
        | None -> ()

    /// No element is less than the one before it.
    let isAscending (subject: seq<'a>) message = ordered (<=) "ascending" subject message

    /// No element is greater than the one before it.
    let isDescending (subject: seq<'a>) message = ordered (>=) "descending" subject message

    /// The text contains the other.
    let stringContains (subject: string) (substring: string) message =
        if not (subject.Contains(substring, StringComparison.Ordinal)) then
            failtestf "%s. Expected subject string %A to contain substring %A." message subject substring

    /// The text begins with the other.
    let stringStarts (subject: string) (prefix: string) message =
        if not (subject.StartsWith(prefix, StringComparison.Ordinal)) then
            failtestf "%s. Expected subject string %A to start with %A." message subject prefix

    /// The text ends with the other.
    let stringEnds (subject: string) (suffix: string) message =
        if not (subject.EndsWith(suffix, StringComparison.Ordinal)) then
            failtestf "%s. Expected subject string %A to end with %A." message subject suffix

    /// The text has the length.
    let stringHasLength (subject: string) (length: int) message =
        if subject.Length <> length then
            failtestf
                "%s. Expected subject string %A to have length %i, but was %i."
                message
                subject
                length
                subject.Length

    /// The sequence has the length.
    let hasLength (sequence: seq<'a>) (expectedLength: int) message =
        let length = Seq.length sequence

        if length <> expectedLength then
            failtestf "%s. Expected length %i, but was %i." message expectedLength length
