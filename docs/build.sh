#!/usr/bin/env bash
# Builds the site of the documentation into artifacts/site:
#     bash docs/build.sh
# Its pages are docs/*.md and examples/*.fsx, whose code fsdocs runs, and the reference from the XML documentation. A script
# that fails, a warning of fsdocs and a link that leads nowhere end it with exit status 1.
set -eu
root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
me=docs
. "$root/build/prepare.sh"
build_release "the solution" solution ScoreFunctional.sln src tests examples bench ScoreFunctional.sln

# fsdocs takes one folder and keeps a cache beside it. Scripts look for the libraries in ../artifacts.
source=$artifacts/site-source log=$artifacts/log/site.log
rm -rf "$source" "$artifacts/site"
mkdir -p "$source/pages/content" "$artifacts/log"
ln -s .. "$source/artifacts"
cp -r "$root"/docs/*.md "$root/docs/images" "$root"/examples/*.fsx "$root/docs/site/_template.html" "$source/pages"
cp "$root"/docs/site/site.{css,js} "$source/pages/content"

# Two source files as pages, and what a program prints in its place of a page.
{
    printf '# The vocabulary\n\nThe file `src/Core.fs`, in the order of a paper. Each word has its page in the [reference]'
    printf '(reference/scorefunctional.html).\n\n```fsharp\n'
    sed -E 's#</?(summary|c)>##g' "$root/src/Core.fs"
    printf '```\n'
} >"$source/pages/Core.md"
{ printf '# Program.cs\n\n```csharp\n'; cat "$root/examples/CSharpApp/Program.cs"; printf '```\n'; } >"$source/pages/Program.md"
dotnet "$artifacts/bin/CSharpApp/release/CSharpApp.dll" </dev/null | sed 's/^/    /; 1i\    [lang=text]' >"$source/printed"
sed -i -e "/^<!-- CSharpApp: output -->$/{r $source/printed" -e 'd}' "$source/pages/csharp.md"
# Without an empty line the table behind a marker would belong to its comment.
sed -i -E 's/^<!-- .*: begin -->$/&\n/' "$source"/pages/*.md
# The markers of README's lines.
sed -i -E '\#^ *// </?[a-z-]+>#d' "$source"/pages/*.fsx
# In the folder of the site all pages are neighbours.
sed -i -E 's#\]\((\.\./)?((docs|examples|src|CSharpApp)/)*(\w+)\.(md|fsx|fs|cs)([)\#])#](\4.html\6#g' "$source"/pages/*.{md,fsx}

cd "$root"
dotnet tool restore >"$log"
cd "$source"
if ! dotnet fsdocs build --input pages --output "$artifacts/site" --eval --strict \
    --projects "$root"/src/{Core/ScoreFunctional.Core,Runs/ScoreFunctional.Runs,DiffSharp/DiffSharp}.fsproj \
    "$root/src/Host.CSharp/Library/ScoreFunctional.Host.csproj" \
    --properties Configuration=Release FsDocsGenerateLlmsTxt=false \
    --parameters root @root@/ fsdocs-collection-name ScoreFunctional </dev/null >>"$log" 2>&1; then
    tail -n 40 "$log" >&2
    say "fsdocs failed; the full log is ${log#"$root"/}"
    exit 1
fi

# What fsdocs brings for its own template and ours does not use.
cd "$artifacts/site"
rm -rf NuGet.config content/img content/fsdocs-{search,theme,theme-toggle,theme-set-dark,details-toggle,details-set-expanded}.js
dotnet fsi --quiet "$root/docs/site/finish.fsx" "$artifacts/site"
say "the first page is artifacts/site/index.html"
