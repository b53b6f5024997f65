namespace ScoreFunctional.CommandLine

open System
open Argu
open ScoreFunctional
open ScoreFunctional.Runs
open ScoreFunctional.Scripting

/// The command line.
[<RequireQualifiedAccess>]
module CommandLine =
    /// A usage error, in one line.
    exception private Usage of string

    let private usage message = raise (Usage message)

    let private valid result =
        match result with
        | Ok value -> value
        | Error message -> usage message

    let private whole (quantity: Quantity<int64>) text = valid (Quantities.readWhole $"--{quantity.Name}" quantity text)

    // For quantities whose largest value is an int.
    let private small quantity text = int (whole quantity text)

    let private real (quantity: Quantity<float>) text = valid (Quantities.readReal $"--{quantity.Name}" quantity text)

    let private path option (value: string) =
        if String.IsNullOrWhiteSpace value then
            usage $"{option} needs a path, not an empty text"
        else
            value

    let private device name = valid (Placements.find name)

    let private mnist (arguments: ParseResults<MnistArgument>) =
        let start: MnistRequest = {
            Minutes = Quantities.defaultValue Quantities.minutes
            Data = None
            Out = "runs/mnist"
            Seed = Quantities.defaultValue Quantities.seed
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

    let private read table text = valid (Table.read text table)

    let private isScript (text: string) = text.EndsWith(".fsx", StringComparison.OrdinalIgnoreCase)

    /// The tables with the members of a script, and the script.
    let private scripted (paths: string list) : Tables * ScriptReference option =
        match List.distinct paths with
        | [] -> Tables.standard, None
        | [ path ] ->
            let reference, members = valid (Scripts.load path)
            List.fold Tables.add Tables.standard members, Some reference
        | first :: others -> usage $"expected one script, found {first} and {others.Head}"

    let private train (arguments: ParseResults<TrainArgument>) : TrainRequest =
        let all = arguments.GetAllResults()

        let tables, script =
            scripted [
                for argument in all do
                    match argument with
                    | TrainArgument.Script file -> path "--script" file
                    | TrainArgument.Objective text when isScript text -> text
                    | _ -> ()
            ]

        let start: TrainRequest = {
            Tables = tables
            SpecFile = None
            Dataset = None
            Preset = None
            Overrides = { Overrides.none with Script = script }
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

        let objective text =
            if isScript text then
                read tables.Objectives "script"
            else
                read tables.Objectives text

        (start, all)
        ||> List.fold (fun request argument ->
            match argument with
            | TrainArgument.Dataset text -> { request with Dataset = Some(read tables.Datasets text) }
            | TrainArgument.Preset name -> { request with Preset = Some (valid (Table.find name Presets.table)).Name }
            | TrainArgument.Spec file -> { request with SpecFile = Some(path "--spec" file) }
            | TrainArgument.Network text ->
                request |> ask (fun o -> { o with Network = Some(read tables.Networks text) })
            | TrainArgument.Sde text -> request |> ask (fun o -> { o with Process = Some(read tables.Processes text) })
            | TrainArgument.Model text -> request |> ask (fun o -> { o with Model = Some(read tables.Models text) })
            | TrainArgument.Objective text -> request |> ask (fun o -> { o with Objective = Some(objective text) })
            | TrainArgument.Optimiser text ->
                request |> ask (fun o -> { o with Optimiser = Some(read tables.Optimisers text) })
            | TrainArgument.Learning_Rate text ->
                request |> ask (fun o -> { o with LearningRate = Some(read tables.LearningRates text) })
            | TrainArgument.Ema text -> request |> ask (fun o -> { o with Ema = Some(read tables.Emas text) })
            | TrainArgument.Sampler text ->
                request |> ask (fun o -> { o with Sampler = Some(read tables.Samplers text) })
            | TrainArgument.Schedule text ->
                request |> ask (fun o -> { o with Schedule = Some(read tables.Schedules text) })
            | TrainArgument.Script _ -> request
            | TrainArgument.Steps n -> request |> ask (once (Length.Steps(small Quantities.trainingSteps n)))
            | TrainArgument.Minutes m -> request |> ask (once (Length.Minutes(real Quantities.minutes m)))
            | TrainArgument.Batch_Size b ->
                request |> ask (fun o -> { o with BatchSize = Some(small Quantities.batchSize b) })
            | TrainArgument.Seed seed -> request |> ask (fun o -> { o with Seed = Some(whole Quantities.seed seed) })
            | TrainArgument.Data dir -> { request with Data = Some(path "--data" dir) }
            | TrainArgument.Out dir -> { request with Out = path "--out" dir }
            | TrainArgument.Resume -> { request with Resume = true }
            | TrainArgument.Device name -> { request with Device = device name }
            | TrainArgument.Conditional -> request |> ask (fun o -> { o with Conditional = true }))

    /// Checks a request as far as that needs no file.
    let private checkedRequest (request: TrainRequest) =
        if request.SpecFile.IsNone && request.Dataset.IsSome then
            Requests.spec None request |> Result.bind (RunDesign.ofSpec request.Tables) |> valid |> ignore

        match request.SpecFile, request.Preset with
        | Some _, Some _ -> usage "--spec and --preset exclude each other"
        | _ -> ()

        request

    let private training (arguments: ParseResults<TrainArgument>) =
        let request = checkedRequest (train arguments)
        let preset = defaultArg request.Preset Presets.standard.Name

        match request.Dataset, request.SpecFile, request.Out with
        | None, None, _ when not request.Resume -> usage "train needs --dataset NAME or --spec FILE"
        | Some dataset, None, "" -> { request with Out = $"runs/{dataset.Name}-{preset}" }
        | _, Some file, "" -> { request with Out = $"runs/{IO.Path.GetFileNameWithoutExtension file}" }
        | None, None, "" -> usage "--resume needs --out, the folder of the run"
        | _ -> request
        |> Command.Train

    let private spec (arguments: ParseResults<TrainArgument>) =
        let request = checkedRequest (train arguments)

        if request.Resume || request.Out <> "" then
            usage "--resume and --out are options of score train: score spec only prints"

        if request.Dataset.IsNone && request.SpecFile.IsNone then
            usage "spec needs --dataset NAME or --spec FILE"

        Command.Spec request

    let private sample (arguments: ParseResults<SampleArgument>) =
        let all = arguments.GetAllResults()

        let tables, _ =
            scripted [
                for argument in all do
                    match argument with
                    | SampleArgument.Script file -> path "--script" file
                    | _ -> ()
            ]

        let start: SampleRequest = {
            Checkpoint = ""
            Tables = tables
            Count = int (Quantities.defaultValue Quantities.samples)
            Sampler = { Choice = None; Settings = []; Schedule = None }
            Seed = Quantities.defaultValue Quantities.seed
            Out = None
            Npy = None
            Trajectory = None
            Class = None
            Guidance = Quantities.defaultValue Quantities.guidance
            Device = Placements.cpu
        }

        let ask change (request: SampleRequest) = { request with Sampler = change request.Sampler }

        // Settings of a named sampler are checked before the checkpoint is read.
        let set name text (request: SampleRequest) =
            let value =
                match Value.readNumber text with
                | Some number -> Value.Number number
                | None -> valid (Quantities.readReal $"--{name}" Quantities.number text |> Result.map Value.Number)

            request |> ask (fun asked -> { asked with Settings = asked.Settings @ [ name, value ] })

        let steps text (request: SampleRequest) =
            let count = whole Quantities.samplerSteps text

            request
            |> ask (fun asked -> { asked with Settings = asked.Settings @ [ "steps", Value.Whole count ] })

        let request =
            (start, all)
            ||> List.fold (fun request argument ->
                match argument with
                | SampleArgument.Checkpoint file -> { request with Checkpoint = path "--checkpoint" file }
                | SampleArgument.Count n -> { request with Count = small Quantities.samples n }
                | SampleArgument.Sampler text ->
                    request |> ask (fun asked -> { asked with Choice = Some(read tables.Samplers text) })
                | SampleArgument.Schedule text ->
                    request |> ask (fun asked -> { asked with Schedule = Some(read tables.Schedules text) })
                | SampleArgument.Steps n -> request |> steps n
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
                | SampleArgument.Script _ -> request
                | SampleArgument.Device name -> { request with Device = device name })

        match request.Sampler.Choice with
        | Some choice ->
            let over =
                (choice, request.Sampler.Settings)
                ||> List.fold (fun choice (name, value) -> Choice.set name value choice)

            valid (Table.complete over tables.Samplers) |> ignore
        | None -> ()

        if arguments.Contains SampleArgument.Guidance && request.Class.IsNone then
            usage "--guidance needs --class"

        if request.Checkpoint = "" then
            usage "sample needs --checkpoint FILE"

        Command.Sample request

    /// The samplers to compare, each once; none for all.
    let private comparison (tables: Tables) (texts: string list) : ComparisonRequest =
        let known text =
            if text = "all" then
                None
            else
                match Table.read text tables.Samplers with
                | Ok choice -> Some choice
                | Error message -> usage $"{message}; or all"

        let choices = texts |> List.map known |> List.distinct

        {
            Samplers = (if List.contains None choices then [] else List.choose id choices)
            Npy = None
        }

    let private evaluate (arguments: ParseResults<EvaluateArgument>) =
        let scoring = arguments.Contains EvaluateArgument.Bits_Per_Dim
        let named = arguments.GetResults EvaluateArgument.Sampler
        let tables, _ = scripted (arguments.GetResults EvaluateArgument.Script |> List.map (path "--script"))

        if scoring && not named.IsEmpty then
            usage "--bits-per-dim and --sampler exclude each other"

        let likelihood: LikelihoodRequest = {
            Probes = int (Quantities.defaultValue Quantities.probes)
            Level = None
            Tolerance = Quantities.defaultValue Quantities.likelihoodTolerance
        }

        let start: EvaluateRequest = {
            Checkpoint = ""
            Tables = tables
            Count = int (Quantities.defaultValue Quantities.evaluationSamples)
            Data = None
            Likelihood = if scoring then Some likelihood else None
            Comparison = if named.IsEmpty then None else Some(comparison tables named)
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
                | EvaluateArgument.Count n -> { request with Count = small Quantities.evaluationSamples n }
                | EvaluateArgument.Data dir -> { request with Data = Some(path "--data" dir) }
                | EvaluateArgument.Device name -> { request with Device = device name }
                | EvaluateArgument.Sampler _
                | EvaluateArgument.Script _
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
            usage "evaluate needs --checkpoint FILE"

        Command.Evaluate request

    let private cite (arguments: ParseResults<CiteArgument>) =
        match arguments.GetAllResults() with
        | [] -> CitePreset Presets.standard.Name
        | [ CiteArgument.Checkpoint file ] -> CiteRun(path "--checkpoint" file)
        | [ CiteArgument.Preset name ] -> CitePreset (valid (Table.find name Presets.table)).Name
        | _ -> usage "--checkpoint and --preset exclude each other"
        |> Command.Cite

    let private list (arguments: ParseResults<ListArgument>) =
        let tables, _ = scripted (arguments.GetResults ListArgument.Script |> List.map (path "--script"))
        let all = Tables.list tables

        let wanted =
            match arguments.TryGetResult ListArgument.Kind with
            | None -> all
            | Some kind ->
                // The plural is accepted.
                match
                    all
                    |> List.filter (fun table ->
                        table.Kind = kind || table.Kind + "s" = kind || table.Kind + "es" = kind)
                with
                | [] -> usage (Nearest.unknown "kind" (all |> List.map _.Kind) kind)
                | found -> found

        let forms =
            arguments.GetAllResults()
            |> List.choose (fun argument ->
                match argument with
                | ListArgument.Json -> Some("--json", Listing.json)
                | ListArgument.Markdown -> Some("--markdown", Listing.document)
                | ListArgument.Overview -> Some("--overview", Listing.overview)
                | ListArgument.Kind _
                | ListArgument.Script _ -> None)

        match forms with
        | [] -> String.Join("\n\n", wanted |> List.map Listing.text)
        | [ _, show ] -> show wanted
        | (first, _) :: (second, _) :: _ -> usage $"{first} and {second} exclude each other"
        |> Command.Print

    let private completion (arguments: ParseResults<CompletionArgument>) =
        let tables, _ = scripted (arguments.GetResults CompletionArgument.Script |> List.map (path "--script"))
        valid (Completion.script tables (arguments.GetResult CompletionArgument.Shell)) |> Command.Print

    /// The first line of an error: Argu adds the whole usage below it.
    let private firstLine (message: string) =
        let line = (message.ReplaceLineEndings("\n").Split('\n') |> Array.head).TrimEnd '.'

        if line.StartsWith("ERROR: ", StringComparison.Ordinal) then
            line.Substring 7
        else
            line

    /// Parses the arguments of the program; `Error` is the usage error in one line.
    let parse (arguments: string[]) : Result<Invocation, string> =
        try
            // Help names the members of a script beside the library's; the parser takes its words when it is made.
            match
                Array.tryFindIndex ((=) "--script") arguments
                |> Option.bind (fun i -> Array.tryItem (i + 1) arguments)
            with
            | Some file when Array.contains "--help" arguments -> Help.withTables (fst (scripted [ file ]))
            | _ -> ()

            let parser =
                ArgumentParser.Create<ScoreArgument>(programName = "score", errorHandler = ExceptionExiter())

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
                        | ScoreArgument.Train arguments -> Some(training arguments)
                        | ScoreArgument.Spec arguments -> Some(spec arguments)
                        | ScoreArgument.List arguments -> Some(list arguments)
                        | ScoreArgument.Completion arguments -> Some(completion arguments)
                        | ScoreArgument.Sample arguments -> Some(sample arguments)
                        | ScoreArgument.Evaluate arguments -> Some(evaluate arguments)
                        | ScoreArgument.Datasets arguments ->
                            Some(Command.Datasets(arguments.Contains DatasetsArgument.Names))
                        | ScoreArgument.Cite arguments -> Some(cite arguments)
                        | ScoreArgument.Verbose
                        | ScoreArgument.Version -> None)
                    |> Option.defaultWith (fun () -> Command.Print(parser.PrintUsage()))

            Ok { Command = command; Verbose = verbose }
        with
        | Usage message -> Error message
        | :? ArguParseException as e when e.ErrorCode = ErrorCode.HelpText ->
            Ok { Command = Command.Print e.Message; Verbose = false }
        | :? ArguParseException as e -> Error(firstLine e.Message)
