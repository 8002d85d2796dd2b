#!/usr/bin/env bash
# Looks at every page in headless Chromium: tests/page/run.sh [options of look.mjs]
#
# Chromium and Node come from Debian's packages where they are missing, the two packages of npm that
# package-lock.json pins from its registry. Ends with 77, and says why, where they cannot be had.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../.."

skip() { echo "skipped: $*"; exit 77; }

missing=()
for program in chromium node npm; do
    command -v "$program" >/dev/null || missing+=("${program/#node/nodejs}")
done
if ((${#missing[@]} > 0)); then
    root=()
    [[ $EUID -eq 0 ]] || root=(sudo -n)
    "${root[@]}" apt-get -qq update && "${root[@]}" apt-get -qq install -y "${missing[@]}" \
        || skip "${missing[*]} could not be installed"
fi

npm --prefix "$here" ci --ignore-scripts --no-audit --no-fund --silent \
    || skip "the packages of tests/page could not be had"
exec node "$here/look.mjs" "$@"
