namespace ScoreFunctional

// Settings of the members of tables: named values with a range and a default, from which a member is made.

open System
open System.Globalization

/// <summary>The value of a setting, on the command line and in files.</summary>
[<RequireQualifiedAccess>]
type Value =
    /// <summary>A finite number.</summary>
    | Number of float
    /// <summary>A whole number.</summary>
    | Whole of int64
    /// <summary>True or false.</summary>
    | Flag of bool
    /// <summary>One of a few words.</summary>
    | Word of string
    /// <summary>Several whole numbers.</summary>
    | Wholes of int64 list

/// <summary>An end of a range of numbers.</summary>
[<RequireQualifiedAccess>]
type Bound =
    /// <summary>No end.</summary>
    | None
    /// <summary>An end that belongs to the range.</summary>
    | Included of float
    /// <summary>An end that does not belong to the range.</summary>
    | Excluded of float

/// <summary>The values that a setting accepts.</summary>
[<RequireQualifiedAccess>]
type Range =
    /// <summary>Finite numbers between two ends.</summary>
    | Numbers of least: Bound * most: Bound
    /// <summary>Whole numbers between two ends, both included.</summary>
    | Wholes of least: int64 * most: int64
    /// <summary>True or false.</summary>
    | Flags
    /// <summary>One of these words.</summary>
    | Words of string list
    /// <summary>One or more whole numbers between two ends, both included.</summary>
    | Lists of least: int64 * most: int64

/// <summary>A setting of a member of a table: name, range, default and meaning.</summary>
type Setting = {
    /// <summary>Name, as typed on the command line.</summary>
    Name: string
    /// <summary>Meaning, in one phrase.</summary>
    Meaning: string
    /// <summary>Unit; empty for a pure number.</summary>
    Unit: string
    /// <summary>The values that it accepts.</summary>
    Range: Range
    /// <summary>The default value; none where it depends on other choices.</summary>
    Default: Value option
    /// <summary>The default in words.</summary>
    DefaultText: string
}

/// <summary>Printing and parsing of values.</summary>
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Value =

    let private invariant (value: IFormattable) = value.ToString(null, CultureInfo.InvariantCulture)

    /// <summary>The value as typed on the command line: <c>0.5</c>, <c>true</c>, <c>48/96</c>.</summary>
    let print (value: Value) : string =
        match value with
        | Value.Number number -> (invariant number).Replace("E-0", "e-").Replace("E+0", "e+").Replace('E', 'e')
        | Value.Whole number -> invariant number
        | Value.Flag flag -> if flag then "true" else "false"
        | Value.Word word -> word
        | Value.Wholes numbers -> numbers |> List.map invariant |> String.concat "/"

    /// <summary>Parses a number with a decimal point and without thousands separators, whatever the culture.</summary>
    let readNumber (text: string) : float option =
        let styles =
            NumberStyles.AllowLeadingSign ||| NumberStyles.AllowDecimalPoint ||| NumberStyles.AllowExponent

        match Double.TryParse(text, styles, CultureInfo.InvariantCulture) with
        | true, value when Double.IsFinite value -> Some value
        | _ -> None

    /// <summary>Parses a whole number.</summary>
    let readWhole (text: string) : int64 option =
        match Int64.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture) with
        | true, value -> Some value
        | _ -> None

/// <summary>Ranges of settings: construction, description, validation and parsing.</summary>
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Range =

    /// <summary>Any finite number.</summary>
    let any = Range.Numbers(Bound.None, Bound.None)

    /// <summary>Numbers above a bound.</summary>
    let above (least: float) = Range.Numbers(Bound.Excluded least, Bound.None)

    /// <summary>Numbers from a bound on.</summary>
    let from (least: float) = Range.Numbers(Bound.Included least, Bound.None)

    /// <summary>Numbers from a bound to another, both included.</summary>
    let between (least: float) (most: float) = Range.Numbers(Bound.Included least, Bound.Included most)

    /// <summary>Numbers in [0, 1).</summary>
    let decay = Range.Numbers(Bound.Included 0., Bound.Excluded 1.)

    let private number (value: float) = Value.print (Value.Number value)

    /// <summary>The range in words: <c>a number above 0</c>, <c>a whole number from 1 to 100</c>, <c>one of a, b</c>.</summary>
    let words (range: Range) : string =
        match range with
        | Range.Numbers(least, most) ->
            let low =
                match least with
                | Bound.None -> ""
                | Bound.Included value -> $" from {number value}"
                | Bound.Excluded value -> $" above {number value}"

            let high =
                match least, most with
                | Bound.Included _, Bound.None -> " on"
                | _, Bound.None -> ""
                | Bound.Included _, Bound.Included value -> $" to {number value}"
                | _, Bound.Included value -> $" and up to {number value}"
                | _, Bound.Excluded value -> $" and below {number value}"

            if most = Bound.None && low = "" then "a number" else $"a number{low}{high}"
        | Range.Wholes(least, most) -> $"a whole number from {least} to {most}"
        | Range.Flags -> "true or false"
        | Range.Words words -> $"""one of {String.concat ", " words}"""
        | Range.Lists(least, most) -> $"whole numbers from {least} to {most}, separated by /"

    let private inside least most (value: float) =
        let low =
            match least with
            | Bound.None -> true
            | Bound.Included bound -> value >= bound
            | Bound.Excluded bound -> value > bound

        let high =
            match most with
            | Bound.None -> true
            | Bound.Included bound -> value <= bound
            | Bound.Excluded bound -> value < bound

        low && high && Double.IsFinite value

    /// <summary>The value converted to the type of the range, or none if it lies outside. A whole number converts to a number and to a
    /// list of one.</summary>
    let fit (range: Range) (value: Value) : Value option =
        match range, value with
        | Range.Numbers(least, most), Value.Number number when inside least most number -> Some value
        | Range.Numbers(least, most), Value.Whole number when inside least most (float number) ->
            Some(Value.Number(float number))
        | Range.Wholes(least, most), Value.Whole number when number >= least && number <= most -> Some value
        | Range.Flags, Value.Flag _ -> Some value
        | Range.Words words, Value.Word word when List.contains word words -> Some value
        | Range.Lists(least, most), Value.Wholes numbers when
            not numbers.IsEmpty && numbers |> List.forall (fun n -> n >= least && n <= most)
            ->
            Some value
        | Range.Lists(least, most), Value.Whole number when number >= least && number <= most ->
            Some(Value.Wholes [ number ])
        | _ -> None

    /// <summary>Parses a value of the range; none if the text is not one.</summary>
    let read (range: Range) (text: string) : Value option =
        let value =
            match range with
            | Range.Numbers _ -> Value.readNumber text |> Option.map Value.Number
            | Range.Wholes _ -> Value.readWhole text |> Option.map Value.Whole
            | Range.Flags ->
                match text with
                | "true" -> Some(Value.Flag true)
                | "false" -> Some(Value.Flag false)
                | _ -> None
            | Range.Words _ -> Some(Value.Word text)
            | Range.Lists _ ->
                let numbers = text.Split '/' |> List.ofArray |> List.map Value.readWhole

                if numbers |> List.forall Option.isSome then
                    Some(Value.Wholes(List.choose id numbers))
                else
                    None

        value |> Option.bind (fit range)

/// <summary>The settings of a value, and the function that makes the value from them. Settings combine with
/// <c>settings { let! … and! … return … }</c>, so that help, files and validation can list them without making a value.</summary>
type Settings<'a> = {
    /// <summary>The settings, in order.</summary>
    All: Setting list
    /// <summary>Makes the value from the values of the settings; a missing one takes its default.</summary>
    /// <remarks>Raises <c>ArgumentException</c> where the values contradict each other.</remarks>
    Make: Map<string, Value> -> 'a
}

/// <summary>Computation expression for settings: <c>let!</c> with any number of <c>and!</c>, then <c>return</c>.</summary>
type SettingsBuilder() =
    /// <summary>The settings of both.</summary>
    member _.MergeSources(a: Settings<'a>, b: Settings<'b>) : Settings<'a * 'b> = {
        All = a.All @ b.All
        Make = fun values -> a.Make values, b.Make values
    }

    /// <summary>A function of the value.</summary>
    member _.BindReturn(settings: Settings<'a>, f: 'a -> 'b) : Settings<'b> = {
        All = settings.All
        Make = settings.Make >> f
    }

    /// <summary>A value without settings.</summary>
    member _.Return(value: 'a) : Settings<'a> = { All = []; Make = fun _ -> value }

/// <summary>The builder of settings.</summary>
[<AutoOpen>]
module SettingsBuilding =

    /// <summary><c>settings { let! eta = Setting.number "eta" 0. (Range.between 0. 1.) "fraction of noise" in return ddim eta }</c></summary>
    let settings = SettingsBuilder()

/// <summary>Single settings, each with its name, default, range and meaning.</summary>
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Setting =

    let private single name meaning range standard (unpack: Value -> 'a option) : Settings<'a> =
        let setting = {
            Name = name
            Meaning = meaning
            Unit = ""
            Range = range
            Default = Some standard
            DefaultText = Value.print standard
        }

        {
            All = [ setting ]
            Make =
                fun values ->
                    let value = Map.tryFind name values |> Option.defaultValue standard

                    match value |> Range.fit range |> Option.bind unpack with
                    | Some found -> found
                    | None -> invalidArg name $"expected {Range.words range}, found {Value.print value}"
        }

    /// <summary>A number, with its default.</summary>
    let number (name: string) (standard: float) (range: Range) (meaning: string) : Settings<float> =
        single name meaning range (Value.Number standard) (fun value ->
            match value with
            | Value.Number number -> Some number
            | _ -> None)

    /// <summary>A whole number, with its default and its range, both ends included.</summary>
    let whole (name: string) (standard: int) (least: int, most: int) (meaning: string) : Settings<int> =
        single name meaning (Range.Wholes(int64 least, int64 most)) (Value.Whole(int64 standard)) (fun value ->
            match value with
            | Value.Whole number -> Some(int number)
            | _ -> None)

    /// <summary>One or more whole numbers, with their default and their range, both ends included.</summary>
    let wholes (name: string) (standard: int list) (least: int, most: int) (meaning: string) : Settings<int list> =
        single name meaning (Range.Lists(int64 least, int64 most)) (Value.Wholes(List.map int64 standard)) (fun value ->
            match value with
            | Value.Wholes numbers -> Some(List.map int numbers)
            | _ -> None)

    /// <summary>True or false, with the default.</summary>
    let flag (name: string) (standard: bool) (meaning: string) : Settings<bool> =
        single name meaning Range.Flags (Value.Flag standard) (fun value ->
            match value with
            | Value.Flag flag -> Some flag
            | _ -> None)

    /// <summary>One of several words, each with the value that it stands for. The first is the default.</summary>
    let word (name: string) (meaning: string) (words: (string * 'a) list) : Settings<'a> =
        single name meaning (Range.Words(List.map fst words)) (Value.Word(fst words.Head)) (fun value ->
            match value with
            | Value.Word word -> words |> List.tryFind (fun (name, _) -> name = word) |> Option.map snd
            | _ -> None)

    /// <summary>Sets the unit of a setting.</summary>
    let inUnit (unit: string) (one: Settings<'a>) : Settings<'a> = {
        one with
            All = one.All |> List.map (fun setting -> { setting with Unit = unit })
    }

    /// <summary>A setting whose default depends on other choices, as the text describes.</summary>
    let optional (otherwise: string) (one: Settings<'a>) : Settings<'a option> = {
        All = one.All |> List.map (fun setting -> { setting with Default = None; DefaultText = otherwise })
        Make =
            fun values ->
                if one.All |> List.exists (fun setting -> values.ContainsKey setting.Name) then
                    Some(one.Make values)
                else
                    None
    }
