namespace ScoreFunctional.Runs

open System
open System.Text.Json
open System.Text.Json.Nodes
open ScoreFunctional

/// The run specification as JSON. A choice is `{ "name": "heun", "steps": 18 }`, or only its name; unknown keys are refused.
[<RequireQualifiedAccess>]
module SpecJson =
    /// An error in one line.
    exception private Fault of string

    let private fault message = raise (Fault message)

    /// The version that is written. Version 1 is read and converted.
    let version = 2

    /// The largest number of characters of a specification; typical ones have 1,500.
    let longest = 65_536

    let private invariant (value: float) = value.ToString(Globalization.CultureInfo.InvariantCulture)

    let private ofValue (value: Value) : JsonNode | null =
        match value with
        | Value.Number number -> JsonValue.Create number
        | Value.Whole number -> JsonValue.Create number
        | Value.Flag flag -> JsonValue.Create flag
        | Value.Word word -> JsonValue.Create word
        | Value.Wholes numbers -> JsonArray [| for number in numbers -> JsonValue.Create number :> JsonNode | null |]

    let private ofChoice (choice: Choice) : JsonNode =
        let fields = JsonObject()
        fields["name"] <- JsonValue.Create choice.Name

        for name, value in choice.Settings do
            fields[name] <- ofValue value

        fields

    let private node (spec: RunSpec) : JsonObject =
        let fields = JsonObject()
        fields["version"] <- JsonValue.Create version
        fields["preset"] <- JsonValue.Create spec.Preset
        fields["dataset"] <- ofChoice spec.Dataset
        fields["network"] <- ofChoice spec.Network
        fields["process"] <- ofChoice spec.Process
        fields["model"] <- ofChoice spec.Model
        fields["objective"] <- ofChoice spec.Objective
        fields["optimiser"] <- ofChoice spec.Optimiser
        fields["learningRate"] <- ofChoice spec.LearningRate
        fields["ema"] <- ofChoice spec.Ema
        fields["sampler"] <- ofChoice spec.Sampler
        spec.Schedule |> Option.iter (fun schedule -> fields["schedule"] <- ofChoice schedule)
        fields["batchSize"] <- JsonValue.Create spec.BatchSize

        fields["length"] <-
            match spec.Length with
            | Steps count ->
                JsonObject [ Collections.Generic.KeyValuePair("steps", JsonValue.Create count :> JsonNode | null) ]
            | Minutes minutes ->
                JsonObject [ Collections.Generic.KeyValuePair("minutes", JsonValue.Create minutes :> JsonNode | null) ]

        fields["seed"] <- JsonValue.Create spec.Seed
        spec.LabelDropout |> Option.iter (fun share -> fields["labelDropout"] <- JsonValue.Create share)

        spec.Script
        |> Option.iter (fun script ->
            let inner = JsonObject()
            inner["path"] <- JsonValue.Create script.Path
            inner["sha256"] <- JsonValue.Create script.Sha256
            fields["script"] <- inner)

        fields

    let private options = JsonSerializerOptions(WriteIndented = true)

    /// The specification as indented JSON.
    let write (spec: RunSpec) : string = (node spec).ToJsonString options

    let private kind (node: JsonNode | null) =
        match node with
        | null -> JsonValueKind.Null
        | node -> node.GetValueKind()

    let private toValue (place: string) (node: JsonNode | null) : Value =
        let whole (node: JsonNode) = Value.readWhole (node.ToJsonString())

        match node with
        | :? JsonValue as value ->
            match kind value with
            | JsonValueKind.True -> Value.Flag true
            | JsonValueKind.False -> Value.Flag false
            | JsonValueKind.String -> Value.Word(value.GetValue<string>())
            | JsonValueKind.Number ->
                match whole value with
                | Some number -> Value.Whole number
                | None ->
                    let number = value.GetValue<float>()

                    // JSON can write numbers that a float cannot hold: 1e999.
                    if Double.IsFinite number then
                        Value.Number number
                    else
                        fault $"{place}: expected a finite number, found {value.ToJsonString()}"
            | _ -> fault $"{place}: expected a value, found {value.ToJsonString()}"
        | :? JsonArray as items ->
            Value.Wholes [
                for item in items ->
                    match item with
                    | :? JsonValue as value when kind value = JsonValueKind.Number ->
                        whole value |> Option.defaultWith (fun () -> fault $"{place}: expected whole numbers")
                    | _ -> fault $"{place}: expected whole numbers"
            ]
        | _ -> fault $"{place}: expected a value"

    let private text place (node: JsonNode | null) =
        match kind node, node with
        | JsonValueKind.String, (:? JsonValue as value) -> value.GetValue<string>()
        | _ -> fault $"{place}: expected a string"

    let private toChoice (place: string) (node: JsonNode | null) : Choice =
        match node with
        | :? JsonValue as value when kind value = JsonValueKind.String -> Choice.ofName (value.GetValue<string>())
        | :? JsonObject as fields -> {
            Name = text $"{place}.name" fields["name"]
            Settings = [
                for pair in fields do
                    if pair.Key <> "name" then
                        pair.Key, toValue $"{place}.{pair.Key}" pair.Value
            ]
          }
        | _ -> fault $"{place}: expected a name, or an object with a name and settings"

    let private whole place (node: JsonNode | null) =
        match toValue place node with
        | Value.Whole number -> number
        | other -> fault $"{place}: expected a whole number, found {Value.print other}"

    let private number place (node: JsonNode | null) =
        match toValue place node with
        | Value.Whole number -> float number
        | Value.Number number -> number
        | other -> fault $"{place}: expected a number, found {Value.print other}"

    let private small place (node: JsonNode | null) =
        let found = whole place node

        if found >= int64 Int32.MinValue && found <= int64 Int32.MaxValue then
            int found
        else
            fault $"{place}: expected a 32-bit whole number, found {found}"

    let private required = [
        "preset"
        "dataset"
        "network"
        "process"
        "model"
        "objective"
        "optimiser"
        "learningRate"
        "ema"
        "sampler"
        "batchSize"
        "length"
        "seed"
    ]

    let private optional = [ "schedule"; "labelDropout"; "script" ]

    let private only place (known: string list) (fields: JsonObject) =
        for pair in fields do
            if not (List.contains pair.Key known) then
                fault (Nearest.unknown $"key of {place}" known pair.Key)

    let private object place (node: JsonNode | null) =
        match node with
        | :? JsonObject as fields -> fields
        | _ -> fault $"{place}: expected an object"

    let private length (node: JsonNode | null) =
        let fields = object "length" node
        only "length" [ "steps"; "minutes" ] fields

        match fields.ContainsKey "steps", fields.ContainsKey "minutes" with
        | true, false -> Steps(small "length.steps" fields["steps"])
        | false, true -> Minutes(number "length.minutes" fields["minutes"])
        | _ -> fault "length: expected steps or minutes"

    let private script (node: JsonNode | null) =
        let fields = object "script" node
        only "script" [ "path"; "sha256" ] fields

        {
            Path = text "script.path" fields["path"]
            Sha256 = text "script.sha256" fields["sha256"]
        }

    let private spec (fields: JsonObject) : RunSpec =
        only "the run specification" ("version" :: required @ optional) fields

        for key in required do
            if not (fields.ContainsKey key) then
                fault $"missing key '{key}'"

        let choice key = toChoice key fields[key]
        let given key read = if fields.ContainsKey key then Some(read fields[key]) else None

        {
            Preset = text "preset" fields["preset"]
            Dataset = choice "dataset"
            Network = choice "network"
            Process = choice "process"
            Model = choice "model"
            Objective = choice "objective"
            Optimiser = choice "optimiser"
            LearningRate = choice "learningRate"
            Ema = choice "ema"
            Sampler = choice "sampler"
            Schedule = given "schedule" (toChoice "schedule")
            BatchSize = small "batchSize" fields["batchSize"]
            Length = length fields["length"]
            Seed = whole "seed" fields["seed"]
            LabelDropout = given "labelDropout" (number "labelDropout")
            Script = given "script" script
        }

    // Duplicate keys are refused at any depth.
    let private parse (json: string) =
        JsonNode.Parse(json, documentOptions = JsonDocumentOptions(AllowDuplicateProperties = false))

    // A run.json holds the specification under the key "spec".
    let private inner (fields: JsonObject) =
        match fields["spec"] with
        | :? JsonObject as inner when not (fields.ContainsKey "dataset") -> inner
        | _ -> fields

    /// Reads a specification of version 1 or 2, or a run.json that holds one. `Error` is one line: a wrong version, an unknown or
    /// missing key, or a value of the wrong type. Names and settings are not checked here but by `RunDesign.ofSpec`.
    let read (json: string) : Result<RunSpec, string> =
        try
            match (if json.Length > longest then null else parse json) with
            | null -> Error $"the run specification is empty or longer than {longest} characters"
            // The version is checked first: another version may have other keys.
            | :? JsonObject as fields ->
                let fields = inner fields

                match kind fields["version"] with
                | JsonValueKind.Number ->
                    match (string fields["version"]) with
                    | "2" -> Ok(spec fields)
                    | "1" -> Ok(spec (SpecVersion1.convert fields))
                    | found ->
                        Error $"the run specification has version {found}; this program reads versions 1 and {version}"
                | _ -> Error $"the run specification has no version; this program reads versions 1 and {version}"
            | _ -> Error "the run specification is not a JSON object"
        with
        | Fault message
        | SpecVersion1.Fault message -> Error $"the run specification is not valid: {message}"
        | :? JsonException
        | :? InvalidOperationException
        | :? FormatException as e ->
            let message = e.Message.ReplaceLineEndings " "
            Error $"the run specification is not valid: {message}"

    /// The differences between two specifications: path, value in `expected`, value in `found`.
    let differences (expected: RunSpec) (found: RunSpec) : (string * string * string) list =
        let text (node: JsonNode | null) =
            match node with
            | null -> "nothing"
            | node -> node.ToJsonString()

        let rec compare path (left: JsonNode | null) (right: JsonNode | null) =
            match left, right with
            | (:? JsonObject as left), (:? JsonObject as right) -> [
                for pair in left do
                    yield! compare $"{path}{pair.Key}." pair.Value right[pair.Key]
                for pair in right do
                    if not (left.ContainsKey pair.Key) then
                        yield $"{path}{pair.Key}", "nothing", text pair.Value
              ]
            | _ when text left = text right -> []
            | _ -> [ path.TrimEnd '.', text left, text right ]

        compare "" (node expected) (node found)
