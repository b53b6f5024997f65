namespace ScoreFunctional.Runs

open ScoreFunctional

/// Compares a saved run with the options of `--resume`.
[<RequireQualifiedAccess>]
module Resume =
    /// Whether a saved choice agrees with the option: the same member, and equal values for every setting that was given.
    let private agrees (table: Table<'a>) (saved: Choice) (asked: Choice) =
        match Table.find asked.Name table with
        | Ok one ->
            one.Name = saved.Name
            && asked.Settings |> List.forall (fun (name, value) -> Choice.tryGet name saved = Some value)
        | Error _ -> false

    let private scripts (saved: ScriptReference option) (asked: ScriptReference option) =
        let text (script: ScriptReference) = $"{script.Path} (SHA-256 {script.Sha256[..11]}…)"

        match saved, asked with
        | None, None -> []
        | Some saved, Some asked when saved.Sha256 = asked.Sha256 -> []
        | Some saved, Some asked -> [ "the script", text saved, text asked ]
        // Only a script that the command line names is run; a checkpoint alone runs nothing.
        | Some saved, None -> [ "the script", text saved, "none" ]
        | None, Some asked -> [ "the script", "none", text asked ]

    let private lengthText length =
        match length with
        | Steps count -> $"{count} steps"
        | Minutes minutes -> $"{minutes} minutes"

    /// The options that contradict the saved run: option, saved value, given value.
    let conflicts (saved: RunSpec) (request: TrainRequest) : (string * string * string) list =
        let tables, asked = request.Tables, request.Overrides

        let differ option text saved asked =
            match asked with
            | Some asked when asked <> saved -> [ option, text saved, text asked ]
            | _ -> []

        let choice option table saved asked =
            match asked with
            | Some asked when not (agrees table saved asked) -> [ option, Choice.print saved, Choice.print asked ]
            | _ -> []

        [
            yield! choice "--dataset" tables.Datasets saved.Dataset request.Dataset
            yield!
                choice
                    "--preset"
                    Presets.table
                    (Choice.ofName saved.Preset)
                    (request.Preset |> Option.map Choice.ofName)
            yield! choice "--network" tables.Networks saved.Network asked.Network
            yield! choice "--sde" tables.Processes saved.Process asked.Process
            yield! choice "--objective" tables.Objectives saved.Objective asked.Objective
            yield! choice "--model" tables.Models saved.Model asked.Model
            yield! choice "--optimiser" tables.Optimisers saved.Optimiser asked.Optimiser
            yield! choice "--learning-rate" tables.LearningRates saved.LearningRate asked.LearningRate
            yield! choice "--ema" tables.Emas saved.Ema asked.Ema
            yield! choice "--sampler" tables.Samplers saved.Sampler asked.Sampler
            yield!
                match asked.Schedule, saved.Schedule with
                | Some asked, Some saved -> choice "--schedule" tables.Schedules saved (Some asked)
                | Some asked, None -> [ "--schedule", "the sampler's own", Choice.print asked ]
                | None, _ -> []
            yield! differ "the length" lengthText saved.Length asked.Length
            yield! differ "--batch-size" string saved.BatchSize asked.BatchSize
            yield! differ "--seed" string saved.Seed asked.Seed
            if asked.Conditional && saved.LabelDropout.IsNone then
                yield "--conditional", "absent", "present"
            yield! scripts saved.Script asked.Script
        ]

    /// The specification of a saved run, with the path of the script as given on the command line.
    let withScript (saved: RunSpec) (request: TrainRequest) : RunSpec =
        match saved.Script, request.Overrides.Script with
        | Some saved', Some asked when saved'.Sha256 = asked.Sha256 -> { saved with Script = Some asked }
        | _ -> saved
