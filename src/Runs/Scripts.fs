namespace ScoreFunctional.Runs

open System
open System.Collections.Concurrent
open System.IO
open System.Security.Cryptography
open FSharp.Compiler.Diagnostics
open FSharp.Compiler.Interactive.Shell
open ScoreFunctional

/// An objective of a researcher's own: an F# script with a value `objective: Sde -> Objective`. The compiler is loaded when
/// a script is named and not before, and nothing but a command line names one: a checkpoint only remembers its path and
/// the SHA-256 of its text.
[<RequireQualifiedAccess>]
module Scripts =
    /// What a script must define.
    let private wanted = "(objective: ScoreFunctional.Sde -> ScoreFunctional.Objective)"

    /// A script is evaluated once in a process, and its session stays: the code in it finds its other parts through it.
    let private known = ConcurrentDictionary<string, struct (FsiEvaluationSession * (Sde -> Objective))>()

    let private hash (text: byte[]) = Convert.ToHexStringLower(SHA256.HashData text)

    /// The SHA-256 of a script's text, in hexadecimal; `Error` is one line.
    let sha256 (path: string) : Result<string, string> =
        try
            if File.Exists path then
                Ok(hash (File.ReadAllBytes path))
            else
                Error $"the script {path} does not exist"
        with
        | :? IOException
        | :? UnauthorizedAccessException as e -> Error $"the script {path} cannot be read: {e.Message}"

    /// The first error of a compilation, in the form of compilers.
    let private firstFault (path: string) (diagnostics: FSharpDiagnostic[]) =
        diagnostics
        |> Array.tryFind (fun d -> d.Severity = FSharpDiagnosticSeverity.Error)
        |> Option.map (fun d ->
            let message = d.Message.ReplaceLineEndings " "
            $"{path}({d.StartLine},{d.StartColumn + 1}): {message}")

    let private evaluate
        (path: string)
        (text: string)
        : Result<struct (FsiEvaluationSession * (Sde -> Objective)), string> =
        // The words that the script speaks are those of this very process, wherever its own #r lines lead an editor.
        let references = [
            for word in [ typeof<Objective>; typeof<DiffSharp.Tensor> ] -> $"-r:{word.Assembly.Location}"
        ]

        use said = new StringWriter()

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
                said
            )

        let fault (problem: exn) diagnostics =
            firstFault path diagnostics
            |> Option.defaultWith (fun () -> path + ": " + problem.Message.ReplaceLineEndings " ")

        match session.EvalInteractionNonThrowing(text, path) with
        | Choice2Of2 problem, diagnostics -> Error(fault problem diagnostics)
        | Choice1Of2 _, _ ->
            match session.EvalExpressionNonThrowing wanted with
            | Choice1Of2(Some value), _ ->
                match value.ReflectionValue with
                | :? (Sde -> Objective) as objective -> Ok(struct (session, objective))
                | _ -> Error $"{path}: expected a value objective: Sde -> Objective, found another"
            | Choice1Of2 None, _ -> Error $"{path}: expected a value objective: Sde -> Objective, found none"
            | Choice2Of2 _, diagnostics ->
                let found = diagnostics |> Array.map (fun d -> d.Message.ReplaceLineEndings " ") |> Array.tryHead
                let because = Option.defaultValue "found none" found
                Error $"{path}: expected a value objective: Sde -> Objective; {because}"

    /// The objective of a script whose text has this SHA-256; `Error` is one line.
    let load (path: string) (sha256: string) : Result<Sde -> Objective, string> =
        match known.TryGetValue sha256 with
        | true, struct (_, objective) -> Ok objective
        | _ ->
            try
                let bytes = File.ReadAllBytes path
                let found = hash bytes

                if found <> sha256 then
                    Error $"{path}: expected the script with SHA-256 {sha256}, found {found}"
                else
                    evaluate (Path.GetFullPath path) (Text.Encoding.UTF8.GetString bytes)
                    |> Result.map (fun evaluated ->
                        let struct (_, objective) = known.GetOrAdd(sha256, evaluated)
                        objective)
            with
            | :? IOException
            | :? UnauthorizedAccessException as e -> Error $"the script {path} cannot be read: {e.Message}"

    /// The objective of a script under a process.
    /// <exception cref="T:System.InvalidOperationException">The script is not that one, or does not evaluate to an objective.</exception>
    let objective (path: string) (sha256: string) (sde: Sde) : Objective =
        match load path sha256 with
        | Ok objective -> objective sde
        | Error fault -> invalidOp fault

    /// The objective of a script that this process has evaluated already.
    let internal evaluated (sha256: string) (sde: Sde) : Objective option =
        match known.TryGetValue sha256 with
        | true, struct (_, objective) -> Some(objective sde)
        | _ -> None
