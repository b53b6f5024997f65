# Sourced by ./score, ./test and .ci/run: finds or installs what the build needs, and builds.
# Expects $root, the folder of the repository, and $me, the prefix of messages.

artifacts=$root/artifacts
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_CLI_WORKLOAD_UPDATE_NOTIFY_DISABLE=true
export DOTNET_SKIP_FIRST_TIME_EXPERIENCE=1 DOTNET_GENERATE_ASPNET_CERTIFICATE=false
export HOME=${HOME:-$artifacts/home}

# Without ICU the SDK starts only in invariant mode; nothing here depends on a culture.
compgen -G '/usr/lib/*/libicuuc.so.*' >/dev/null || export DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1

say() { printf '%s: %s\n' "$me" "$*" >&2; }

# Finds dotnet, also outside the PATH.
find_dotnet() {
    command -v dotnet >/dev/null 2>&1 && return 0
    local folder
    for folder in "${DOTNET_ROOT:-}" /usr/share/dotnet /usr/lib/dotnet /usr/local/share/dotnet /opt/dotnet "$HOME/.dotnet"; do
        if [ -n "$folder" ] && [ -x "$folder/dotnet" ]; then
            export DOTNET_ROOT=$folder PATH=$folder:$PATH
            return 0
        fi
    done
    return 1
}

has_sdk() { find_dotnet && dotnet --list-sdks 2>/dev/null | grep -q '^10\.'; }

missing_packages() {
    command -v g++ >/dev/null 2>&1 || echo g++
    has_sdk || echo dotnet-sdk-10.0
    # Restoring packages needs a TLS library and certificates, which come together.
    [ -e /etc/ssl/certs/ca-certificates.crt ] || [ -e /etc/pki/tls/certs/ca-bundle.crt ] || [ -n "${SSL_CERT_FILE:-}" ] || echo ca-certificates
}

require_tools() {
    local missing
    mapfile -t missing < <(missing_packages)
    if [ ${#missing[@]} = 0 ]; then
        find_dotnet
        return
    fi

    if ! command -v apt-get >/dev/null 2>&1; then
        say "missing: ${missing[*]} (names of Debian packages). Install them with the package manager of your system, then try again."
        exit 1
    fi
    if [ "$(id -u)" = 0 ]; then
        install_packages "${missing[@]}"
        find_dotnet
        return
    fi

    split_sdk "${missing[@]}"
    say "missing: ${missing[*]}. Install with:"
    [ ${#packages[@]} = 0 ] ||
        printf '    sudo apt-get update && sudo apt-get install -y --no-install-recommends %s\n' "${packages[*]}" >&2
    [ "$sdk_elsewhere" = no ] || sdk_command sudo
    exit 1
}

# Sets $packages to what apt-get can install, and $sdk_elsewhere to yes if the distribution has no package of the .NET SDK.
split_sdk() {
    local package
    packages=() sdk_elsewhere=no
    for package in "$@"; do
        if [ "$package" = dotnet-sdk-10.0 ] && ! apt-cache show "$package" >/dev/null 2>&1; then
            sdk_elsewhere=yes
        else
            packages+=("$package")
        fi
    done
}

sdk_command() {
    local as=${1:+$1 }
    command -v curl >/dev/null 2>&1 ||
        printf '    %sapt-get install -y --no-install-recommends curl ca-certificates\n' "$as" >&2
    printf '    curl -sSL https://dot.net/v1/dotnet-install.sh | %sbash -s -- --channel 10.0 --install-dir /usr/share/dotnet\n' "$as" >&2
    printf '    %sln -sf /usr/share/dotnet/dotnet /usr/local/bin/dotnet\n' "$as" >&2
}

install_packages() {
    local log=$artifacts/log/install.log
    mkdir -p "$artifacts/log"
    export DEBIAN_FRONTEND=noninteractive
    # The old package lists may still suffice if the update fails.
    apt-get update </dev/null >"$log" 2>&1 || true
    split_sdk "$@"
    [ ${#packages[@]} = 0 ] || say "installing ${packages[*]}"
    if [ ${#packages[@]} -gt 0 ] &&
        ! apt-get install -y --no-install-recommends "${packages[@]}" </dev/null >>"$log" 2>&1; then
        grep '^E:' "$log" >&2
        say "installing failed; the full log is $log"
        exit 1
    fi
    if [ "$sdk_elsewhere" = yes ]; then
        say "this distribution has no package dotnet-sdk-10.0. Install the .NET 10 SDK with:"
        sdk_command ""
        exit 1
    fi
}

# up_to_date STAMP PATH...: whether nothing in the paths is newer than the stamp. Folders count, since removing a file changes only
# its folder.
up_to_date() {
    local stamp=$1
    shift
    [ -f "$stamp" ] || return 1
    [ -z "$(find "$@" -newer "$stamp" -print -quit 2>/dev/null)" ]
}

common_inputs=(build Directory.Build.props Directory.Build.targets Directory.Packages.props paket.dependencies global.json)

# build_release NAME STAMP PROJECT INPUT...: builds the project in Release, unless it is up to date.
build_release() {
    local name=$1 stamp=$artifacts/stamp/$2 project=$3
    shift 3
    cd_inputs=("${common_inputs[@]}" "$@")
    (cd "$root" && up_to_date "$stamp" "${cd_inputs[@]}") && { find_dotnet; return 0; }

    require_tools
    mkdir -p "$artifacts/log" "$artifacts/stamp"
    # One build at a time: a second one waits, then finds everything up to date.
    exec 9>"$artifacts/stamp/lock"
    if command -v flock >/dev/null 2>&1; then flock 9; fi
    if (cd "$root" && up_to_date "$stamp" "${cd_inputs[@]}"); then
        exec 9>&-
        return 0
    fi

    local log=$artifacts/log/build.log begun=$SECONDS
    say "building $name in Release (takes minutes the first time); log: ${log#"$root"/}"
    touch "$stamp.begun"
    if (
        cd "$root" || exit 1
        set -o pipefail
        # No build server or node stays after the build.
        dotnet build "$project" -c Release --nologo -v m -tl:off -nodeReuse:false -p:UseSharedCompilation=false \
            -flp:"LogFile=$log;Verbosity=normal" </dev/null 2>&1 |
            awk '/^ *(kernels|libLibTorchSharp.so):/ { print; fflush() } / -> / && !seen[$1]++ { printf "  built %s\n", $1; fflush() }' >&2
    ) 9>&-; then
        # The stamp has the start time of the build, so that files edited during the build are newer.
        mv "$stamp.begun" "$stamp"
        say "built in $((SECONDS - begun)) s"
        exec 9>&-
    else
        # Each error once, without the project at the end of the line.
        grep -E '(: |^)(fatal )?error( [A-Za-z]+[0-9]+)?:' "$log" | sed -E 's/ \[[^]]*proj\]$//; s/^ *[0-9]+>//; s/^ +//' | sort -u | head -n 20 >&2
        say "the build failed; the full log is $log"
        exit 1
    fi
}
