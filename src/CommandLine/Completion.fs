namespace ScoreFunctional.CommandLine

open System
open Argu
open ScoreFunctional
open ScoreFunctional.Runs

/// Completion scripts for shells: commands, options and the names of members.
[<RequireQualifiedAccess>]
module internal Completion =
    /// The names that an option takes.
    let private words (tables: Tables) (option: string) : string list =
        match option with
        | "--dataset" -> Table.names tables.Datasets
        | "--preset" -> Table.names Presets.table
        | "--network" -> Table.names tables.Networks
        | "--sde" -> Table.names tables.Processes
        | "--model" -> Table.names tables.Models
        | "--objective" -> Table.names tables.Objectives
        | "--optimiser" -> Table.names tables.Optimisers
        | "--learning-rate" -> Table.names tables.LearningRates
        | "--ema" -> Table.names tables.Emas
        | "--sampler" -> Table.names tables.Samplers
        | "--schedule" -> Table.names tables.Schedules
        | "--device" -> [ "cpu"; "cuda"; "auto" ]
        | _ -> []

    /// Every command with its options, from Argu.
    let private commands () : (string * string list) list =
        let parser = ArgumentParser.Create<ScoreArgument>(programName = "score")

        let names = [
            for case in parser.GetArgumentCases() do
                if case.ArgumentType = ArgumentType.SubCommand then
                    case.CommandLineNames.Value.Head
        ]

        [
            for name, command in List.zip names (parser.GetSubCommandParsers()) do
                name,
                [
                    for case in command.GetArgumentCases() do
                        yield! case.CommandLineNames.Value |> List.filter _.StartsWith("--")
                ]
        ]

    let private bash () =
        let commands = commands ()
        let tables = Tables.standard
        let options = commands |> List.collect snd |> List.distinct |> List.sort
        let join (words: string seq) = String.Join(" ", words)

        String.Join(
            "\n",
            [
                "# Completion of score; for bash: source <(score completion bash)"
                "_score() {"
                "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} words="
                "    case $before in"
                for option in options do
                    match words tables option with
                    | [] -> ()
                    | names -> $"    {option}) words='{join names}' ;;"
                "    esac"
                "    if [ -z \"$words\" ]; then"
                "        case $before in"
                "        --checkpoint|--data|--out|--npy|--trajectory|--script|--spec)"
                "            COMPREPLY=($(compgen -f -- \"$word\")); return ;;"
                "        esac"
                "        case ${COMP_WORDS[1]} in"
                for name, own in commands do
                    $"        {name}) words='{join own} --help' ;;"
                $"        *) words='{join (List.map fst commands)} --help --version' ;;"
                "        esac"
                "    fi"
                "    COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))"
                "}"
                "complete -F _score score ./score"
            ]
        )

    let private zsh () = "autoload -U +X bashcompinit && bashcompinit\n" + bash ()

    let private fish () =
        let tables = Tables.standard

        String.Join(
            "\n",
            [
                "# Completion of score; for fish: score completion fish | source"
                for name, own in commands () do
                    $"complete -c score -n __fish_use_subcommand -a {name}"

                    for option in own do
                        let line =
                            $"complete -c score -n '__fish_seen_subcommand_from {name}' -l {option.TrimStart '-'}"

                        match words tables option with
                        | [] -> line
                        | names -> $"""{line} -x -a '{String.Join(" ", names)}'"""
            ]
        )

    /// The completion script of a shell; `Error` is one line.
    let script (shell: string) : Result<string, string> =
        match shell with
        | "bash" -> Ok(bash ())
        | "zsh" -> Ok(zsh ())
        | "fish" -> Ok(fish ())
        | other -> Error(Nearest.unknown "shell" [ "bash"; "zsh"; "fish" ] other)
