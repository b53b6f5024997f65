namespace ScoreFunctional.CommandLine

open System
open Argu
open ScoreFunctional
open ScoreFunctional.Runs

/// Scripts by which shells complete the command line: commands, options, and the names of members and of their settings.
[<RequireQualifiedAccess>]
module internal Completion =
    /// The words that each option takes, each with the settings that may follow it behind a colon.
    let private taken (tables: Tables) : (string * (string * string list) list) list =
        let members (table: Table<'a>) = [ for one in table.Members -> one.Name, one.Settings.All |> List.map _.Name ]

        let plain names = names |> List.map (fun name -> name, [])

        [
            "--dataset", members tables.Datasets
            "--preset", plain (Table.names Presets.table)
            "--network", members tables.Networks
            "--sde", members tables.Processes
            "--model", members tables.Models
            "--objective", members tables.Objectives
            "--optimiser", members tables.Optimisers
            "--learning-rate", members tables.LearningRates
            "--ema", members tables.Emas
            "--sampler", members tables.Samplers
            "--schedule", members tables.Schedules
            "--device", plain [ "cpu"; "cuda"; "auto" ]
        ]

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

    let private join (words: string seq) = String.Join(" ", words)

    // Bash breaks words at colons and equals signs, and wants back what follows the last of them: the whole word is cut out of the
    // line, and what bash does not ask for is taken off again. In zsh, which runs the same function, words are whole.
    let private bash (tables: Tables) =
        let commands = commands ()

        String.Join(
            "\n",
            [
                "# Completion of score; for bash: source <(score completion bash)"
                "_score() {"
                "    local line=${COMP_LINE:0:COMP_POINT} word rest before settings= words="
                "    word=${line##* } rest=${line% *}"
                "    rest=${rest%\"${rest##*[! ]}\"} before=${rest##* }"
                "    case $before$word in"
                for option, members in taken tables do
                    for name, settings in members do
                        if not settings.IsEmpty then
                            $"    {option}{name}:*) settings='{join settings}' ;;"
                "    esac"
                "    if [ -n \"$settings\" ]; then"
                "        local start=${word%\"${word##*[:,]}\"} setting"
                "        for setting in $settings; do words=\"$words $start$setting=\"; done"
                "        compopt -o nospace 2>/dev/null"
                "    else"
                "        case $before in"
                for option, members in taken tables do
                    $"        {option}) words='{join (List.map fst members)}' ;;"
                "        --checkpoint|--data|--out|--npy|--trajectory|--script|--spec)"
                "            COMPREPLY=($(compgen -f -- \"$word\")); return ;;"
                "        *)"
                "            case ${COMP_WORDS[1]} in"
                for name, own in commands do
                    $"            {name}) words='{join own} --help' ;;"
                $"            *) words='{join (List.map fst commands)} --help --version' ;;"
                "            esac ;;"
                "        esac"
                "    fi"
                "    local asked=${COMP_WORDS[COMP_CWORD]} one"
                "    case $asked in :|=) asked= ;; esac"
                "    local known=${word%\"$asked\"}"
                "    COMPREPLY=()"
                "    for one in $(compgen -W \"$words\" -- \"$word\"); do COMPREPLY+=(\"${one#\"$known\"}\"); done"
                "}"
                "complete -F _score score ./score"
            ]
        )

    let private zsh tables = "autoload -U +X bashcompinit && bashcompinit\n" + bash tables

    let private fish (tables: Tables) =
        let taken = Map.ofList (taken tables)

        String.Join(
            "\n",
            [
                "# Completion of score; for fish: score completion fish | source"
                for name, own in commands () do
                    $"complete -c score -n __fish_use_subcommand -a {name}"

                    for option in own do
                        let line =
                            $"complete -c score -n '__fish_seen_subcommand_from {name}' -l {option.TrimStart '-'}"

                        match Map.tryFind option taken with
                        | None -> line
                        | Some members ->
                            let words = [
                                for name, settings in members do
                                    name

                                    for setting in settings do
                                        $"{name}:{setting}="
                            ]

                            $"""{line} -x -a '{join words}'"""
            ]
        )

    /// The script of a shell, which knows the members of these tables; `Error` is one line.
    let script (tables: Tables) (shell: string) : Result<string, string> =
        match shell with
        | "bash" -> Ok(bash tables)
        | "zsh" -> Ok(zsh tables)
        | "fish" -> Ok(fish tables)
        | other -> Error(Nearest.unknown "shell" [ "bash"; "zsh"; "fish" ] other)
