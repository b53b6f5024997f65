namespace ScoreFunctional.CommandLine

open System
open Argu
open ScoreFunctional.Runs

/// What the host does.
[<RequireQualifiedAccess>]
type Command =
    /// Train, sample, evaluate and report on MNIST.
    | Mnist of request: MnistRequest
    /// Train.
    | Train of request: TrainRequest
    /// Draw samples.
    | Sample of request: SampleRequest
    /// Measure a checkpoint.
    | Evaluate of request: EvaluateRequest
    /// List the datasets, or their names alone.
    | Datasets of namesOnly: bool
    /// Print references.
    | Cite of request: CiteRequest
    /// Print this text.
    | Help of text: string
    /// Print the version.
    | Version

/// A command line that was understood.
type Invocation = {
    /// What to do.
    Command: Command
    /// Whether an error shows where it came from.
    Verbose: bool
}

/// The command line.
[<RequireQualifiedAccess>]
module CommandLine =
    /// A usage error, in one line.
    exception private Usage of string

    let private usage message = raise (Usage message)

    let private named<'T> what name =
        match Names.tryParse<'T> what name with
        | Ok value -> value
        | Error message -> usage message

    let private valid result =
        match result with
        | Ok value -> value
        | Error message -> usage message

    let private whole (quantity: Quantity<int64>) text = valid (Quantities.readWhole $"--{quantity.Name}" quantity text)

    // Of a quantity whose largest value is one of these.
    let private small quantity text = int (whole quantity text)

    let private real (quantity: Quantity<float>) text = valid (Quantities.readReal $"--{quantity.Name}" quantity text)

    let private path option (value: string) =
        if String.IsNullOrWhiteSpace value then
            usage $"{option} needs a path"
        else
            value

    let private device name = valid (Placements.find name)

    let private mnist (arguments: ParseResults<MnistArgument>) =
        let start: MnistRequest = {
            Minutes = Quantities.standard Quantities.minutes
            Data = None
            Out = "runs/mnist"
            Seed = Quantities.standard Quantities.seed
            Device = Placements.cpu
        }

        (start, arguments.GetAllResults())
        ||> List.fold (fun request argument ->
            match argument with
            | MnistArgument.Minutes minutes -> { request with Minutes = real Quantities.minutes minutes }
            | MnistArgument.Data dir -> { request with Data = Some(path "--data" dir) }
            | MnistArgument.Out dir -> { request with Out = path "--out" dir }
            | MnistArgument.Seed seed -> { request with Seed = whole Quantities.seed seed }
            | MnistArgument.Device name -> { request with Device = device name })
        |> Command.Mnist

    /// An objective's name, or the path of a script.
    let private objective (text: string) =
        if text.EndsWith(".fsx", StringComparison.OrdinalIgnoreCase) then
            ObjectiveRequest.Scripted(text, valid (Scripts.sha256 text))
        else
            ObjectiveRequest.Named(named "objective" text)

    let private train (arguments: ParseResults<TrainArgument>) =
        let start: TrainRequest = {
            Dataset = None
            Preset = None
            Overrides = Presets.noOverrides
            Data = None
            Out = ""
            Resume = false
            Device = Placements.cpu
        }

        let ask change (request: TrainRequest) = { request with Overrides = change request.Overrides }

        let once length (overrides: Overrides) =
            if overrides.Length.IsSome then
                usage "--steps and --minutes exclude each other"
            else
                { overrides with Length = Some length }

        let request =
            (start, arguments.GetAllResults())
            ||> List.fold (fun request argument ->
                match argument with
                | TrainArgument.Dataset name -> { request with Dataset = Some(named "dataset" name) }
                | TrainArgument.Preset name -> { request with Preset = Some(named "preset" name) }
                | TrainArgument.Network name ->
                    request |> ask (fun o -> { o with Network = Some(named "network" name) })
                | TrainArgument.Sde name -> request |> ask (fun o -> { o with Sde = Some(named "sde" name) })
                | TrainArgument.Objective name -> request |> ask (fun o -> { o with Objective = Some(objective name) })
                | TrainArgument.Model name -> request |> ask (fun o -> { o with Model = Some(named "model" name) })
                | TrainArgument.Steps n -> request |> ask (once (Length.Steps(small Quantities.trainingSteps n)))
                | TrainArgument.Minutes m -> request |> ask (once (Length.Minutes(real Quantities.minutes m)))
                | TrainArgument.Batch_Size b ->
                    request |> ask (fun o -> { o with BatchSize = Some(small Quantities.batchSize b) })
                | TrainArgument.Seed seed ->
                    request |> ask (fun o -> { o with Seed = Some(whole Quantities.seed seed) })
                | TrainArgument.Data dir -> { request with Data = Some(path "--data" dir) }
                | TrainArgument.Out dir -> { request with Out = path "--out" dir }
                | TrainArgument.Resume -> { request with Resume = true }
                | TrainArgument.Device name -> { request with Device = device name }
                | TrainArgument.Conditional -> request |> ask (fun o -> { o with Conditional = true }))

        match request.Dataset, request.Preset with
        | Some dataset, Some preset ->
            Presets.spec preset dataset |> Presets.apply request.Overrides |> Validation.spec |> valid |> ignore
        | _ -> ()

        match request.Dataset, request.Preset, request.Out with
        | None, _, "" when request.Resume -> usage "--resume needs --out, the folder of the run"
        | None, _, _ when not request.Resume -> usage "--dataset is needed"
        | _, None, _ when not request.Resume -> usage "--preset is needed"
        | Some dataset, Some preset, "" -> { request with Out = $"runs/{Names.ofValue dataset}-{Names.ofValue preset}" }
        | Some _, None, "" -> usage "--resume needs --out, the folder of the run"
        | _ -> request
        |> Command.Train

    let private sample (arguments: ParseResults<SampleArgument>) =
        let start: SampleRequest = {
            Checkpoint = ""
            Count = int (Quantities.standard Quantities.samples)
            Sampler = None
            Steps = None
            Settings = []
            Seed = Quantities.standard Quantities.seed
            Out = None
            Npy = None
            Trajectory = None
            Class = None
            Guidance = Quantities.standard Quantities.guidance
            Device = Placements.cpu
        }

        let set name text (request: SampleRequest) = {
            request with
                Settings = request.Settings @ [ name, real (Quantities.setting name) text ]
        }

        let request =
            (start, arguments.GetAllResults())
            ||> List.fold (fun request argument ->
                match argument with
                | SampleArgument.Checkpoint file -> { request with Checkpoint = path "--checkpoint" file }
                | SampleArgument.Count n -> { request with Count = small Quantities.samples n }
                | SampleArgument.Sampler name -> { request with Sampler = Some(valid (SamplerNames.tryParse name)) }
                | SampleArgument.Steps n -> { request with Steps = Some(small Quantities.samplerSteps n) }
                | SampleArgument.Seed seed -> { request with Seed = whole Quantities.seed seed }
                | SampleArgument.Out file -> { request with Out = Some(path "--out" file) }
                | SampleArgument.Npy file -> { request with Npy = Some(path "--npy" file) }
                | SampleArgument.Trajectory file -> { request with Trajectory = Some(path "--trajectory" file) }
                | SampleArgument.Class k -> { request with Class = Some(small Quantities.label k) }
                | SampleArgument.Guidance w -> { request with Guidance = real Quantities.guidance w }
                | SampleArgument.Eta value -> request |> set "eta" value
                | SampleArgument.Snr value -> request |> set "snr" value
                | SampleArgument.Tolerance value -> request |> set "tolerance" value
                | SampleArgument.Churn value -> request |> set "churn" value
                | SampleArgument.Device name -> { request with Device = device name })

        // What a named sampler does not take is known before its checkpoint is read.
        match request.Sampler with
        | Some name -> valid (Presets.withSettings request.Settings (Named(name, 1))) |> ignore
        | None -> ()

        if arguments.Contains SampleArgument.Guidance && request.Class.IsNone then
            usage "--guidance needs --class"

        if request.Checkpoint = "" then
            usage "--checkpoint is needed"

        Command.Sample request

    /// The samplers to compare, each once: those named, or all that there are.
    let private comparison (names: string list) : ComparisonRequest =
        let known name =
            if name = "all" then
                name
            else
                match SamplerNames.tryParse name with
                | Ok name -> name
                | Error message -> usage $"{message}; or all"

        let names = names |> List.map known |> List.distinct
        { Names = (if List.contains "all" names then [] else names); Npy = None }

    let private evaluate (arguments: ParseResults<EvaluateArgument>) =
        let scoring = arguments.Contains EvaluateArgument.Bits_Per_Dim
        let named = arguments.GetResults EvaluateArgument.Sampler

        if scoring && not named.IsEmpty then
            usage "--bits-per-dim and --sampler exclude each other"

        let likelihood: LikelihoodRequest = {
            Probes = int (Quantities.standard Quantities.probes)
            Level = None
            Tolerance = Quantities.standard Quantities.likelihoodTolerance
        }

        let start: EvaluateRequest = {
            Checkpoint = ""
            Count = int (Quantities.standard Quantities.measured)
            Data = None
            Likelihood = if scoring then Some likelihood else None
            Comparison = if named.IsEmpty then None else Some(comparison named)
            Device = Placements.cpu
        }

        let ask option change (request: EvaluateRequest) =
            if scoring then
                { request with Likelihood = request.Likelihood |> Option.map change }
            else
                usage $"{option} needs --bits-per-dim"

        let request =
            (start, arguments.GetAllResults())
            ||> List.fold (fun request argument ->
                match argument with
                | EvaluateArgument.Checkpoint file -> { request with Checkpoint = path "--checkpoint" file }
                | EvaluateArgument.Count n -> { request with Count = small Quantities.measured n }
                | EvaluateArgument.Data dir -> { request with Data = Some(path "--data" dir) }
                | EvaluateArgument.Device name -> { request with Device = device name }
                | EvaluateArgument.Sampler _
                | EvaluateArgument.Bits_Per_Dim -> request
                | EvaluateArgument.Npy dir ->
                    match request.Comparison with
                    | Some asked -> { request with Comparison = Some { asked with Npy = Some(path "--npy" dir) } }
                    | None -> usage "--npy needs --sampler"
                | EvaluateArgument.Probes k ->
                    request |> ask "--probes" (fun asked -> { asked with Probes = small Quantities.probes k })
                | EvaluateArgument.Noise_Level sigma ->
                    request
                    |> ask "--noise-level" (fun asked -> { asked with Level = Some(real Quantities.noiseLevel sigma) })
                | EvaluateArgument.Tolerance e ->
                    request
                    |> ask "--tolerance" (fun asked -> {
                        asked with
                            Tolerance = real Quantities.likelihoodTolerance e
                    }))

        if request.Checkpoint = "" then
            usage "--checkpoint is needed"

        Command.Evaluate request

    let private cite (arguments: ParseResults<CiteArgument>) =
        match arguments.GetAllResults() with
        | [] -> CitePreset Preset.Fast
        | [ CiteArgument.Checkpoint file ] -> CiteRun(path "--checkpoint" file)
        | [ CiteArgument.Preset name ] -> CitePreset(named "preset" name)
        | _ -> usage "--checkpoint and --preset exclude each other"
        |> Command.Cite

    /// Argu reports a fault with the whole usage below it; a person wants the line.
    let private firstLine (message: string) =
        let line = message.ReplaceLineEndings("\n").Split('\n') |> Array.head

        if line.StartsWith("ERROR: ", StringComparison.Ordinal) then
            line.Substring 7
        else
            line

    /// Reads the arguments of the program. `Error` is the usage error, in one line.
    let parse (arguments: string[]) : Result<Invocation, string> =
        let parser =
            ArgumentParser.Create<ScoreArgument>(programName = "score", errorHandler = ExceptionExiter())

        try
            let results = parser.ParseCommandLine(arguments, ignoreMissing = true)
            let commands = results.GetAllResults()
            let verbose = List.contains ScoreArgument.Verbose commands

            let command =
                if List.contains ScoreArgument.Version commands then
                    Command.Version
                else
                    commands
                    |> List.tryPick (fun argument ->
                        match argument with
                        | ScoreArgument.Mnist arguments -> Some(mnist arguments)
                        | ScoreArgument.Train arguments -> Some(train arguments)
                        | ScoreArgument.Sample arguments -> Some(sample arguments)
                        | ScoreArgument.Evaluate arguments -> Some(evaluate arguments)
                        | ScoreArgument.Datasets arguments ->
                            Some(Command.Datasets(arguments.Contains DatasetsArgument.Names))
                        | ScoreArgument.Cite arguments -> Some(cite arguments)
                        | ScoreArgument.Verbose
                        | ScoreArgument.Version -> None)
                    |> Option.defaultWith (fun () -> Command.Help(parser.PrintUsage()))

            Ok { Command = command; Verbose = verbose }
        with
        | Usage message -> Error message
        | :? ArguParseException as e when e.ErrorCode = ErrorCode.HelpText ->
            Ok { Command = Command.Help e.Message; Verbose = false }
        | :? ArguParseException as e -> Error(firstLine e.Message)
