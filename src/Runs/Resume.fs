namespace ScoreFunctional.Runs

/// A resumed run against what was asked for.
[<RequireQualifiedAccess>]
module Resume =
    let private networkName choice =
        match choice with
        | Unet _ -> NetworkName.Unet
        | Mlp _ -> NetworkName.Mlp

    let private modelName preconditioning =
        match preconditioning with
        | KarrasEnergy -> ModelName.Energy
        | Karras
        | OverSigma
        | Ncsnv2 -> ModelName.Score

    let private objectiveText choice =
        match choice with
        | Script(path, sha256) -> $"{path} (SHA-256 {sha256[..11]}…)"
        | other -> Names.ofValue other

    // A script is run only where the command line names it: a checkpoint alone runs nothing.
    let private objectives saved asked =
        match saved, asked with
        | Script(_, sha256), Some(ObjectiveRequest.Scripted(_, other)) when sha256 = other -> []
        | Script _, None -> [ "--objective", objectiveText saved, "none" ]
        | _, None -> []
        | _, Some(ObjectiveRequest.Scripted(path, sha256)) -> [
            "--objective", objectiveText saved, objectiveText (Script(path, sha256))
          ]
        | _, Some(ObjectiveRequest.Named name) when Presets.objectiveName saved = Some name -> []
        | _, Some(ObjectiveRequest.Named name) -> [ "--objective", objectiveText saved, Names.ofValue name ]

    let private lengthText length =
        match length with
        | Length.Steps count -> $"{count} steps"
        | Length.Minutes minutes -> $"{minutes} minutes"

    /// The options that were given and that the saved run contradicts: option, value of the run, value asked for.
    let conflicts (saved: RunSpec) (request: TrainRequest) : (string * string * string) list =
        let differ option text saved asked =
            match asked with
            | Some asked when asked <> saved -> [ option, text saved, text asked ]
            | _ -> []

        [
            yield! differ "--dataset" Names.ofValue saved.Dataset request.Dataset
            yield! differ "--preset" Names.ofValue saved.Preset request.Preset
            yield! differ "--network" Names.ofValue (networkName saved.Network) request.Overrides.Network
            yield! differ "--sde" Names.ofValue (Presets.sdeName saved.Sde) request.Overrides.Sde
            yield! objectives saved.Objective request.Overrides.Objective
            yield! differ "--model" Names.ofValue (modelName saved.Preconditioning) request.Overrides.Model
            yield! differ "the length" lengthText saved.Length request.Overrides.Length
            yield! differ "--batch-size" string saved.BatchSize request.Overrides.BatchSize
            yield! differ "--seed" string saved.Seed request.Overrides.Seed
            if request.Overrides.Conditional && saved.Labels.IsNone then
                yield "--conditional", "absent", "present"
        ]

    /// The specification of a saved run with the script where the command line found it.
    let relocated (saved: RunSpec) (request: TrainRequest) : RunSpec =
        match saved.Objective, request.Overrides.Objective with
        | Script(_, sha256), Some(ObjectiveRequest.Scripted(path, _)) -> { saved with Objective = Script(path, sha256) }
        | _ -> saved
