namespace ScoreFunctional.Runs

open System
open System.Text.Json
open System.Text.Json.Nodes
open System.Text.Json.Serialization
open Microsoft.FSharp.Reflection

/// A union in JSON: a case without fields is its name; a case with fields is an object whose `kind` is its name.
type private UnionConverter<'T>() =
    inherit JsonConverter<'T>()

    let cases = FSharpType.GetUnionCases typeof<'T>

    let find (name: string) =
        match cases |> Array.tryFind (fun case -> Names.ofCase case = Names.current name) with
        | Some case -> case
        | None ->
            raise (
                JsonException(
                    $"""'{name}' is not a {typeof<'T>.Name}: expected one of {String.Join(", ", Names.all<'T>())}"""
                )
            )

    override _.Write(writer, value, options) =
        let case, fields = FSharpValue.GetUnionFields(box value, typeof<'T>)

        if fields.Length = 0 then
            writer.WriteStringValue(Names.ofCase case)
        else
            writer.WriteStartObject()
            writer.WriteString("kind", Names.ofCase case)

            for property, field in Array.zip (case.GetFields()) fields do
                writer.WritePropertyName(JsonNamingPolicy.CamelCase.ConvertName property.Name)
                JsonSerializer.Serialize(writer, field, property.PropertyType, options)

            writer.WriteEndObject()

    override _.Read(reader, _, options) =
        match JsonNode.Parse(&reader) with
        | :? JsonValue as name when name.GetValueKind() = JsonValueKind.String ->
            let case = find (name.GetValue<string>())

            if case.GetFields().Length > 0 then
                raise (JsonException $"'{Names.ofCase case}' needs an object with its values")

            FSharpValue.MakeUnion(case, [||]) |> unbox<'T>
        | :? JsonObject as fields ->
            let kind =
                match fields["kind"] with
                | :? JsonValue as kind when kind.GetValueKind() = JsonValueKind.String -> kind.GetValue<string>()
                | _ -> raise (JsonException $"a {typeof<'T>.Name} needs a 'kind'")

            let case = find kind

            let names = [ for property in case.GetFields() -> JsonNamingPolicy.CamelCase.ConvertName property.Name ]

            for pair in fields do
                if pair.Key <> "kind" && not (List.contains pair.Key names) then
                    raise (JsonException $"unknown key '{pair.Key}' in '{kind}'")

            let value (property: Reflection.PropertyInfo) (name: string) =
                match fields[name] with
                | null -> raise (JsonException $"missing key '{name}' in '{kind}'")
                | node ->
                    match node.Deserialize(property.PropertyType, options) with
                    | null -> raise (JsonException $"key '{name}' in '{kind}' is null")
                    | value -> value

            FSharpValue.MakeUnion(case, Array.map2 value (case.GetFields()) (List.toArray names)) |> unbox<'T>
        | _ -> raise (JsonException $"a {typeof<'T>.Name} is a name or an object")

/// Makes the converter of any union of the specification, and leaves lists and options to the serialiser.
type private UnionConverterFactory() =
    inherit JsonConverterFactory()

    override _.CanConvert candidate = candidate.Namespace = typeof<RunSpec>.Namespace && FSharpType.IsUnion candidate

    override _.CreateConverter(candidate, _) =
        typedefof<UnionConverter<_>>.MakeGenericType candidate
        |> Activator.CreateInstance
        |> unbox<JsonConverter>

/// Numbers that JSON can write and a float cannot hold, 1e999, are no numbers.
type private FiniteConverter() =
    inherit JsonConverter<float>()

    override _.Read(reader, _, _) =
        let value = reader.GetDouble()

        if Double.IsFinite value then
            value
        else
            // Without words of its own it is given the path of the value.
            raise (JsonException())

    override _.Write(writer, value, _) = writer.WriteNumberValue value

/// The run specification as JSON: every key is required but those of `optional`, and a key that the record does not have is
/// refused.
[<RequireQualifiedAccess>]
module SpecJson =
    let private options =
        let options =
            JsonSerializerOptions(
                PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
                UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
                RespectRequiredConstructorParameters = true,
                RespectNullableAnnotations = true,
                WriteIndented = true
            )

        options.Converters.Add(UnionConverterFactory())
        options.Converters.Add(FiniteConverter())
        options.MakeReadOnly(populateMissingResolver = true)
        options

    // Ours have some 1,500.
    let private longest = 65_536

    // A key that stands twice is refused wherever it stands.
    let private parse (json: string) =
        JsonNode.Parse(json, documentOptions = JsonDocumentOptions(AllowDuplicateProperties = false))

    // Younger than the first runs, which are written as they were then.
    let private optional = [ None, "labels"; Some "optimiser", "orthogonal" ]

    // Each optional key that may stand in these fields, with the object that it stands in.
    let private optionalIn (fields: JsonObject) = [
        for parent, key in optional do
            match parent |> Option.map (fun parent -> fields[parent]) with
            | None -> fields, key
            | Some(:? JsonObject as inner) -> inner, key
            | Some _ -> ()
    ]

    /// The version of the record that this build writes and reads.
    let version = 1

    /// The specification as indented JSON.
    let write (spec: RunSpec) : string =
        match JsonSerializer.SerializeToNode(spec, options) with
        | :? JsonObject as fields ->
            for inner, key in optionalIn fields do
                if isNull inner[key] then
                    inner.Remove key |> ignore

            fields.ToJsonString options
        | _ -> JsonSerializer.Serialize(spec, options)

    /// Reads what `write` wrote. `Error` is one line: the version, an unknown or missing key, or a value out of place.
    let read (json: string) : Result<RunSpec, string> =
        try
            match (if json.Length > longest then null else parse json) with
            | null -> Error $"the run specification is empty or longer than {longest} characters"
            // The version comes first: another version may well have other keys.
            | :? JsonObject as fields ->
                match fields["version"] with
                | :? JsonValue as found when found.GetValueKind() = JsonValueKind.Number ->
                    if found.ToString() <> string version then
                        Error $"the run specification has version {found}; this program reads version {version}"
                    else
                        for inner, key in optionalIn fields do
                            if not (inner.ContainsKey key) then
                                inner[key] <- null

                        match fields.Deserialize<RunSpec> options |> box with
                        | :? RunSpec as spec -> Ok spec
                        | _ -> Error "the run specification is empty"
                | _ -> Error $"the run specification has no version; this program reads version {version}"
            | _ -> Error "the run specification is not a JSON object"
        with
        | :? JsonException
        | :? InvalidOperationException
        | :? FormatException as e ->
            let message = e.Message.ReplaceLineEndings " "
            Error $"the run specification is not valid: {message}"

    /// The values in which two specifications differ: path, value in `expected`, value in `found`.
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

        compare "" (JsonSerializer.SerializeToNode(expected, options)) (JsonSerializer.SerializeToNode(found, options))
