namespace ScoreFunctional.Scripting

open System
open System.Collections.Concurrent
open System.IO
open System.Security.Cryptography
open FSharp.Compiler.Diagnostics
open FSharp.Compiler.Interactive.Shell
open ScoreFunctional
open ScoreFunctional.Runs

/// Members from F# scripts. A script defines `members: Extension list`, or one objective, `objective: Sde -> Objective`. The
/// compiler is loaded when the first script is. Only the user names scripts: a checkpoint holds the path and the SHA-256 of a
/// script, and never runs it.
[<RequireQualifiedAccess>]
module Scripts =
    /// The name of an objective that a script defines as `objective`.
    let private ownObjective = "script"

    let private wantedMembers = "(members: ScoreFunctional.Runs.Extension list)"
    let private wantedObjective = "(objective: ScoreFunctional.Sde -> ScoreFunctional.Objective)"

    /// Each script is evaluated once per process. Its session is kept, since its functions still use it.
    let private known = ConcurrentDictionary<string, struct (FsiEvaluationSession * Extension list)>()

    let private hash (text: byte[]) = Convert.ToHexStringLower(SHA256.HashData text)

    /// The first error of a compilation as path(line,column): message.
    let private firstFault (path: string) (diagnostics: FSharpDiagnostic[]) =
        diagnostics
        |> Array.tryFind (fun d -> d.Severity = FSharpDiagnosticSeverity.Error)
        |> Option.map (fun d ->
            let message = d.Message.ReplaceLineEndings " "
            $"{path}({d.StartLine},{d.StartColumn + 1}): {message}")

    /// The objective of a script as a member without settings.
    let private ofObjective (objective: Sde -> Objective) : Extension =
        let citation =
            match Processes.all |> List.tryHead with
            | Some sde -> (objective sde).Citation
            | None -> Citations.unpublished ownObjective

        settings {
            return {
                Formula = "defined by the script"
                Distribution = "defined by the script"
                Family = Family.Denoising
                Evaluations = 1
                Vjps = Vjps.None
                Levels = fun _ -> NoiseLevels.OfProcess
                Create = ObjectiveOf.Score objective
            }
        }
        |> Member.create ownObjective "The objective that the script defines" citation
        |> Extension.Objective

    let private value<'T> (session: FsiEvaluationSession) (path: string) (wanted: string) : Result<'T, string> =
        match session.EvalExpressionNonThrowing wanted with
        | Choice1Of2(Some value), _ ->
            match value.ReflectionValue with
            | :? 'T as found -> Ok found
            | _ -> Error $"{path}: expected a value {wanted}, found one of another type"
        | Choice1Of2 None, _ -> Error $"{path}: expected a value {wanted}, found none"
        | Choice2Of2 _, diagnostics ->
            let found = diagnostics |> Array.map (fun d -> d.Message.ReplaceLineEndings " ") |> Array.tryHead
            let because = Option.defaultValue "found none" found
            Error $"{path}: expected a value {wanted}; {because}"

    let private defines (text: string) (name: string) =
        text.Split '\n'
        |> Array.exists (fun line -> line.StartsWith($"let {name}", StringComparison.Ordinal))

    let private evaluate
        (path: string)
        (text: string)
        : Result<struct (FsiEvaluationSession * Extension list), string> =
        // The script uses the assemblies of this process. Its own #r lines are for an editor.
        let references = [
            for word in [ typeof<Extension>; typeof<Objective>; typeof<DiffSharp.Tensor> ] ->
                $"-r:{word.Assembly.Location}"
        ]

        use errors = new StringWriter()

        let session =
            FsiEvaluationSession.Create(
                FsiEvaluationSession.GetDefaultConfiguration(),
                [|
                    "fsi"
                    "--noninteractive"
                    "--quiet"
                    "--nologo"
                    "--optimize+"
                    "--define:SCORE"
                    yield! references
                |],
                TextReader.Null,
                TextWriter.Null,
                errors
            )

        let fault (problem: exn) diagnostics =
            firstFault path diagnostics
            |> Option.defaultWith (fun () -> path + ": " + problem.Message.ReplaceLineEndings " ")

        match session.EvalInteractionNonThrowing(text, path) with
        | Choice2Of2 problem, diagnostics -> Error(fault problem diagnostics)
        | Choice1Of2 _, _ when defines text "members" ->
            value<Extension list> session path wantedMembers
            |> Result.map (fun members -> struct (session, members))
        | Choice1Of2 _, _ ->
            value<Sde -> Objective> session path wantedObjective
            |> Result.map (fun objective -> struct (session, [ ofObjective objective ]))

    /// The members of a script, with its path and hash; `Error` is one line.
    let load (path: string) : Result<ScriptReference * Extension list, string> =
        try
            if not (File.Exists path) then
                Error $"the script {path} does not exist"
            else
                let bytes = File.ReadAllBytes path
                let sha256 = hash bytes
                let reference = { Path = path; Sha256 = sha256 }

                match known.TryGetValue sha256 with
                | true, struct (_, members) -> Ok(reference, members)
                | _ ->
                    evaluate (Path.GetFullPath path) (Text.Encoding.UTF8.GetString bytes)
                    |> Result.map (fun evaluated ->
                        let struct (_, members) = known.GetOrAdd(sha256, evaluated)
                        reference, members)
        with
        | :? IOException
        | :? UnauthorizedAccessException as e -> Error $"the script {path} cannot be read: {e.Message}"
