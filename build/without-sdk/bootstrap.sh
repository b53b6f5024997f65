# Sourced by prepare.sh where no .NET SDK can be had from the distribution: makes a `dotnet` that runs programs, and the
# builder in this folder, of packages from the NuGet source that is configured. Expects $root, $artifacts and say.

# The runtime's package below is for this processor only; an SDK on another is the user's to install.
can_bootstrap() {
    [ "$(uname -sm)" = "Linux x86_64" ] && [ -f "$HOME/.nuget/NuGet/NuGet.Config" ] || return 1
    local tool
    for tool in mcs curl unzip g++; do command -v "$tool" >/dev/null 2>&1 || return 1; done
}

nuget_content() {
    local configuration=$HOME/.nuget/NuGet/NuGet.Config index
    index=$(sed -nE 's/.*value="([^"]+index\.json)".*/\1/p' "$configuration" | head -n 1)
    curl -sfL --max-time 60 "$index" | tr '}' '\n' | grep 'PackageBaseAddress/3' | sed -E 's/.*"@id" *: *"([^"]+)".*/\1/'
}

# fetch_package ID VERSION SHA256 FOLDER
fetch_package() {
    local file=$4.nupkg
    [ -d "$4" ] && return 0
    mkdir -p "${4%/*}"
    curl -sfL --retry 3 --max-time 600 -o "$file" "$content$1/$2/$1.$2.nupkg" || { say "cannot download the package $1 $2"; return 1; }
    printf '%s  %s\n' "$3" "$file" | sha256sum --check --status || { say "the package $1 $2 is not the one expected: its SHA-256 differs"; return 1; }
    rm -rf "$4.partial"
    unzip -q "$file" -d "$4.partial" && mv "$4.partial" "$4" && rm -f "$file"
}

# pinned ID: the folder of a package of packages.txt. The projects may bring another version of it beside.
pinned() {
    local id version rest
    while read -r id version rest; do
        [ "$id" != "$1" ] || { echo "$tools/packages/$id/$version"; return; }
    done <"$source/packages.txt"
}

bootstrap() {
    local source=$root/build/without-sdk tools=$artifacts/without-sdk content id version hash lib runtime
    export WITHOUT_SDK=$tools/builder/Builder.dll
    export DOTNET_ROOT=$tools/dotnet PATH=$tools/dotnet:$PATH
    [ -f "$WITHOUT_SDK" ] && [ -z "$(find "$source" -newer "$WITHOUT_SDK" -print -quit)" ] && return 0

    say "no .NET SDK can be installed here: building with the compilers' NuGet packages"
    content=$(nuget_content) && [ -n "$content" ] || { say "expected a NuGet source in ~/.nuget/NuGet/NuGet.Config, found none that answers"; return 1; }
    mkdir -p "$tools/builder"
    while read -r id version hash lib; do
        [ "$id" != '#' ] || continue
        fetch_package "$id" "$version" "$hash" "$tools/packages/$id/$version" || return 1
        [ -z "$lib" ] || cp "$tools/packages/$id/$version/$lib"/*.dll "$tools/builder/" || return 1
    done <"$source/packages.txt"

    # The runtime, as the SDK's installer would lay it out.
    runtime=$(pinned microsoft.netcore.app.runtime.linux-x64)
    version=${runtime##*/}
    mkdir -p "$tools/dotnet/host/fxr/$version" "$tools/dotnet/shared/Microsoft.NETCore.App/$version" &&
        cp "$runtime"/runtimes/linux-x64/native/libhostfxr.so "$tools/dotnet/host/fxr/$version/" &&
        cp "$runtime"/runtimes/linux-x64/{lib/net10.0,native}/* "$tools/dotnet/shared/Microsoft.NETCore.App/$version/" &&
        g++ -O1 "-DVERSION=\"$version\"" -o "$tools/dotnet/dotnet" "$source/dotnet.cpp" -ldl || return 1

    # What is compiled against, and the generators that run while compiling.
    rm -rf "$tools/reference" "$tools/generators" "$tools/builder/Sdks"
    cp -r "$(pinned microsoft.netcore.app.ref)"/ref/net10.0 "$tools/reference" &&
        cp -r "$(pinned microsoft.netcore.app.ref)"/analyzers/dotnet/cs "$tools/generators" &&
        cp -r "$source/Sdks" "$tools/builder/Sdks" || return 1

    # mcs compiles what compiles the builder.
    local settings='{"runtimeOptions":{"framework":{"name":"Microsoft.NETCore.App","version":"10.0.0"},"configProperties":{"System.Globalization.Invariant":true,"System.GC.Concurrent":false}}}'
    printf '%s\n' "$settings" >"$tools/builder/Stage0.runtimeconfig.json"
    printf '%s\n' "$settings" >"$tools/builder/Builder.runtimeconfig.json"
    mcs -nologo -nostdlib -noconfig -nowarn:1701,1702 "-out:$tools/builder/Stage0.dll" \
        "-r:$tools/reference/netstandard.dll" "-r:$tools/reference/System.Runtime.dll" "-r:$tools/reference/System.Console.dll" \
        "-r:$tools/reference/System.Collections.dll" "-r:$tools/reference/System.Linq.dll" \
        "-r:$(pinned system.collections.immutable)/lib/netstandard2.0/System.Collections.Immutable.dll" \
        "-r:$(pinned microsoft.codeanalysis.common)/lib/netstandard2.0/Microsoft.CodeAnalysis.dll" \
        "-r:$(pinned microsoft.codeanalysis.csharp)/lib/netstandard2.0/Microsoft.CodeAnalysis.CSharp.dll" \
        "$source/Stage0.cs" || return 1
    rm -f "$WITHOUT_SDK"
    mkdir -p "$tools/against" && cp "$tools"/builder/*.dll "$tools/against/" && rm "$tools/against/Stage0.dll" || return 1
    dotnet "$tools/builder/Stage0.dll" "$WITHOUT_SDK" "$tools/reference:$tools/against" "$source" || return 1
    rm -rf "$tools/against"
}
