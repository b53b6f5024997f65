#!/usr/bin/env bash
# Takes the picture of the site's first page, docs/images/site.png, with Chromium: bash docs/build.sh, then this.
set -eu
root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
profile=$(mktemp -d)
trap 'rm -rf "$profile"' EXIT
chromium --headless --no-sandbox --disable-gpu --hide-scrollbars --window-size=1280,960 --force-device-scale-factor=0.75 --user-data-dir="$profile" \
    --screenshot="$root/docs/images/site.png" "file://$root/artifacts/site/index.html"
