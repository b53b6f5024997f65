#!/usr/bin/env bash
# Fills every block between `<!-- NAME: begin -->` and `<!-- NAME: end -->` of README.md and docs/*.md from its source:
# what the tests measured (./test, or Core.Tests alone), what the benchmarks wrote, what `score` says, lines of examples.
set -eu
root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
parts=$(mktemp -d)
trap 'rm -r "$parts"' EXIT

# Tables of the tests and of the benchmarks, and the members of the tables.
for table in artifacts/measured/*.md; do
    if [ -f "$table" ]; then cp "$table" "$parts"; fi
done
for name in speed quality likelihood; do
    sed -n "/^<!-- $name: begin -->\$/,/^<!-- $name: end -->\$/p" bench/RESULTS.md bench/QUALITY.md | sed '1d;$d' >"$parts/$name.md"
done
./score list --overview >"$parts/members.md"
{
    printf '```text\n'
    ./score --help | sed -n '/^SUBCOMMANDS:/,/^ *Use /p' | sed '1,2d;$d' | sed '$d'
    printf '```\n'
} >"$parts/commands.md"

# lines NAME LANGUAGE FILE: the lines between `// <NAME>` and `// </NAME>`, without the indentation of the first marker.
lines() {
    printf '```%s\n' "$2"
    awk -v name="$1" '
        $1 == "//" && $2 == "</" name ">" { inside = 0; parts++ }
        inside { print substr($0, indent + 1) }
        $1 == "//" && $2 == "<" name ">" { if (parts) print ""; inside = 1; indent = index($0, "/") - 1 }
    ' "$3" | cat -s
    printf '```\n'
}
lines compose-an-objective fsharp examples/ComposeAnObjective.fsx >"$parts/compose-an-objective.md"
lines sample-from-csharp csharp examples/CSharpApp/Program.cs >"$parts/sample-from-csharp.md"
lines check-the-mathematics fsharp tests/Core.Tests/SdeTests.fs >"$parts/check-the-mathematics.md"

for page in README.md docs/*.md; do
    for part in "$parts"/*.md; do
        awk -v name="$(basename "$part" .md)" -v part="$part" '
            $0 == "<!-- " name ": end -->" { inside = 0 }
            !inside { print }
            $0 == "<!-- " name ": begin -->" { inside = 1; while ((getline line < part) > 0) print line }
        ' "$page" >"$parts/page"
        cmp -s "$parts/page" "$page" || cp "$parts/page" "$page"
    done
done

for figure in artifacts/measured/*.svg; do
    if [ -f "$figure" ]; then cp "$figure" docs/images/; fi
done
./score list --markdown >docs/tables.md
