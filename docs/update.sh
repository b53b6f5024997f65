#!/usr/bin/env bash
# Puts the tables that the tests measured (./test, or Core.Tests alone) into docs/theory.md, each between
# its two markers, and the figures beside it.
set -eu
root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
page=$root/docs/theory.md
for table in "$root"/artifacts/measured/*.md; do
    name=$(basename "$table" .md)
    awk -v name="$name" -v table="$table" '
        $0 == "<!-- " name ": end -->" { inside = 0 }
        !inside { print }
        $0 == "<!-- " name ": begin -->" { inside = 1; while ((getline line < table) > 0) print line }
    ' "$page" >"$page.new"
    mv "$page.new" "$page"
done
cp "$root"/artifacts/measured/*.svg "$root/docs/images/"
"$root"/score list --markdown >"$root/docs/tables.md"
