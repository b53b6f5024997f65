namespace ScoreFunctional.Runs

open System.Text.Json
open System.Text.Json.Nodes

/// Converts specifications of version 1, from before the tables, to version 2.
[<RequireQualifiedAccess>]
module internal SpecVersion1 =
    /// An error in one line.
    exception Fault of string

    let private fault message = raise (Fault message)

    let private object place (node: JsonNode | null) =
        match node with
        | :? JsonObject as fields -> fields
        | _ -> fault $"{place}: expected an object of version 1"

    let private text place (node: JsonNode | null) =
        match node with
        | :? JsonValue as value when value.GetValueKind() = JsonValueKind.String -> value.GetValue<string>()
        | _ -> fault $"{place}: expected a name"

    /// The case of a union of version 1, and its other fields.
    let private case place (node: JsonNode | null) =
        match node with
        | :? JsonObject as fields -> text $"{place}.kind" fields["kind"], fields
        | _ -> text place node, JsonObject()

    /// A required value of the old file.
    let private value place (fields: JsonObject) (key: string) =
        match fields[key] with
        | null -> fault $"{place}: missing key '{key}'"
        | node -> node.DeepClone()

    /// A choice from a name and pairs of a setting and its old key. Other keys of the old object are refused.
    let private choice place (name: string) (settings: (string * string) list) (fields: JsonObject) =
        let result = JsonObject()
        result["name"] <- JsonValue.Create name

        for setting, key in settings do
            result[setting] <- value place fields key

        for pair in fields do
            if pair.Key <> "kind" && settings |> List.forall (fun (_, key) -> key <> pair.Key) then
                fault $"{place}: unknown key '{pair.Key}'"

        result

    let private set (name: string) (node: JsonNode | null) (fields: JsonObject) =
        fields[name] <- node
        fields

    let private ofNumber (number: float) : JsonNode | null = JsonValue.Create number

    let private network (node: JsonNode | null) =
        let kind, fields = case "network" node

        for pair in fields do
            if pair.Key <> "kind" && pair.Key <> "config" then
                fault $"network: unknown key '{pair.Key}'"

        match kind, object "network.config" fields["config"] with
        | "unet", fields ->
            let dense = fields["dense"]
            fields.Remove "dense" |> ignore

            let result =
                choice
                    "network"
                    "unet"
                    [
                        "patch", "patch"
                        "widths", "widths"
                        "blocks", "blocks"
                        "middle", "middle"
                        "group-size", "groupSize"
                        "embedding", "embedding"
                    ]
                    fields

            match dense with
            | :? JsonObject as dense ->
                result
                |> set "dense-channels" (value "network.dense" dense "channels")
                |> set "dense-hidden" (value "network.dense" dense "hidden")
            | _ -> result
        | "mlp", fields ->
            choice "network" "mlp" [ "width", "width"; "layers", "layers"; "embedding", "embedding" ] fields
        | other, _ -> fault $"network: unknown kind '{other}'"

    let private sde (node: JsonNode | null) =
        match case "sde" node with
        | ("ve" | "edm") as name, fields ->
            choice "sde" name [ "sigma-min", "sigmaMin"; "sigma-max", "sigmaMax" ] fields
        | ("vp" | "sub-vp") as name, fields -> choice "sde" name [ "beta-min", "betaMin"; "beta-max", "betaMax" ] fields
        | other, _ -> fault $"sde: unknown kind '{other}'"

    let private model (sigmaData: JsonNode) (node: JsonNode | null) =
        match text "preconditioning" node with
        | "karras" -> choice "preconditioning" "edm" [] (JsonObject()) |> set "sigma-data" sigmaData
        | "karras-energy" -> choice "preconditioning" "energy" [] (JsonObject()) |> set "sigma-data" sigmaData
        | ("over-sigma" | "ncsnv2") as name -> choice "preconditioning" name [] (JsonObject())
        | other -> fault $"preconditioning: unknown name '{other}'"

    let private levels = [ "count", "count"; "max", "sigmaMax"; "min", "sigmaMin"; "spacing", "spacing" ]

    let private objective (sigmaData: JsonNode) (node: JsonNode | null) =
        match case "objective" node with
        | "levels", fields -> choice "objective" "levels" levels fields
        | "log-normal", fields ->
            choice "objective" "log-normal" [ "mean", "pMean"; "deviation", "pStd"; "stratified", "stratified" ] fields
            |> set "sigma-data" (sigmaData.DeepClone())
        | "min-snr", fields -> choice "objective" "min-snr" [ "gamma", "gamma" ] fields
        | "controlled", fields -> choice "objective" "controlled" [ "below", "below" ] fields
        | ("differences" | "differences-reduced") as name, fields -> choice "objective" name [ "step", "step" ] fields
        | "script", _ -> choice "objective" "script" [] (JsonObject())
        | name, fields -> choice "objective" name [] fields

    let private script (node: JsonNode | null) =
        match node with
        | :? JsonObject as fields when text "objective.kind" fields["kind"] = "script" ->
            let result = JsonObject()
            result["path"] <- value "objective" fields "path"
            result["sha256"] <- value "objective" fields "sha256"
            Some result
        | _ -> None

    let private optimiser (fields: JsonObject) =
        let common = [
            "rate", "learningRate"
            "beta1", "beta1"
            "beta2", "beta2"
            "epsilon", "epsilon"
            "weight-decay", "weightDecay"
            "clip", "clip"
        ]

        let known = "warmUp" :: "decay" :: "average" :: "orthogonal" :: List.map snd common

        for pair in fields do
            if not (List.contains pair.Key known) then
                fault $"optimiser: unknown key '{pair.Key}'"

        let result = JsonObject()

        let orthogonal =
            match fields["orthogonal"] with
            | :? JsonObject as orthogonal -> Some orthogonal
            | _ -> None

        result["name"] <- JsonValue.Create(if orthogonal.IsSome then "muon" else "adamw")

        for setting, key in common do
            result[setting] <- value "optimiser" fields key

        match orthogonal with
        | None -> ()
        | Some orthogonal ->
            for key in [ "momentum"; "scale"; "iterations" ] do
                result[key] <- value "optimiser.orthogonal" orthogonal key

        result

    let private learningRate (fields: JsonObject) =
        choice "optimiser.decay" (text "optimiser.decay" fields["decay"]) [] (JsonObject())
        |> set "warm-up" (value "optimiser" fields "warmUp")

    let private ema (node: JsonNode | null) =
        match case "optimiser.average" node with
        | "exponential", fields -> choice "optimiser.average" "exponential-from-zero" [ "decay", "decay" ] fields
        | "warmed", fields -> choice "optimiser.average" "exponential" [ "decay", "decay" ] fields
        | "power", fields -> choice "optimiser.average" "power" [ "gamma", "gamma" ] fields
        | other, _ -> fault $"optimiser.average: unknown kind '{other}'"

    let private zero (node: JsonNode) = node.ToJsonString() = "0"

    /// Version 1 gave annealed Langevin dynamics the noise levels of the objective, or else twenty geometric ones.
    let private annealed (objective: JsonNode | null) (process': JsonNode | null) (fields: JsonObject) =
        let result =
            choice "sampler" "annealed-langevin" [ "steps", "steps"; "beta", "beta"; "start", "start" ] fields

        match case "objective" objective with
        | "levels", ladder ->
            (result, levels)
            ||> List.fold (fun result (setting, key) -> result |> set setting (value "objective" ladder key))
        | _ ->
            match case "sde" process' with
            | ("ve" | "edm"), range ->
                result |> set "max" (value "sde" range "sigmaMax") |> set "min" (value "sde" range "sigmaMin")
            // Another process is refused later: annealed Langevin dynamics cannot run under it.
            | _ -> result

    let private sampler (objective: JsonNode | null) (process': JsonNode | null) (node: JsonNode | null) =
        match case "sampler" node with
        | "heun", fields when zero (value "sampler" fields "churn") ->
            fields.Remove "churn" |> ignore
            choice "sampler" "heun" [ "steps", "steps" ] fields
        | "heun", fields ->
            // In version 1 the range of the churn was fixed, to that of the paper's ImageNet settings.
            choice "sampler" "heun-churn" [ "steps", "steps"; "churn", "churn" ] fields
            |> set "from" (ofNumber 0.05)
            |> set "to" (ofNumber 50.0)
        | ("euler" | "euler-maruyama") as name, fields -> choice "sampler" name [ "steps", "steps" ] fields
        | "annealed-langevin", fields -> annealed objective process' fields
        | "named", fields ->
            let name = text "sampler.name" fields["name"]
            fields.Remove "name" |> ignore
            choice "sampler" name [ "steps", "steps" ] fields
        | "tuned", fields ->
            let name, setting = text "sampler.name" fields["name"], text "sampler.setting" fields["setting"]

            for key in [ "name"; "setting" ] do
                fields.Remove key |> ignore

            choice "sampler" name [ "steps", "steps"; setting, "value" ] fields
        | other, _ -> fault $"sampler: unknown kind '{other}'"

    let private length (node: JsonNode | null) =
        let kind, fields = case "length" node
        let result = JsonObject()

        match kind with
        | "steps" -> result["steps"] <- value "length" fields "count"
        | "minutes" -> result["minutes"] <- value "length" fields "minutes"
        | other -> fault $"length: unknown kind '{other}'"

        result

    let private known = [
        "version"
        "dataset"
        "preset"
        "network"
        "sde"
        "preconditioning"
        "sigmaData"
        "objective"
        "optimiser"
        "batchSize"
        "length"
        "seed"
        "sampler"
        "labels"
    ]

    /// Converts the fields of version 1 to version 2.
    let convert (old: JsonObject) : JsonObject =
        for pair in old do
            if not (List.contains pair.Key known) then
                fault $"unknown key '{pair.Key}'"

        let take key = value "the run specification" old key
        let sigmaData = take "sigmaData"
        let optimiserFields = object "optimiser" (take "optimiser")
        let fields = JsonObject()
        fields["version"] <- JsonValue.Create 2
        fields["preset"] <- take "preset"
        fields["dataset"] <- take "dataset"
        fields["network"] <- network (take "network")
        fields["process"] <- sde (take "sde")
        fields["model"] <- model (sigmaData.DeepClone()) (take "preconditioning")
        fields["objective"] <- objective sigmaData (take "objective")
        fields["optimiser"] <- optimiser optimiserFields
        fields["learningRate"] <- learningRate optimiserFields
        fields["ema"] <- ema (value "optimiser" optimiserFields "average")
        fields["sampler"] <- sampler (take "objective") (take "sde") (take "sampler")
        fields["batchSize"] <- take "batchSize"
        fields["length"] <- length (take "length")
        fields["seed"] <- take "seed"

        match old["labels"] with
        | :? JsonObject as labels -> fields["labelDropout"] <- value "labels" labels "dropout"
        | _ -> ()

        script (take "objective") |> Option.iter (fun script -> fields["script"] <- script)
        fields
